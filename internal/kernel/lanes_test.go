package kernel_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// A laneOp is an operation of lanes with what it has to compute.
type laneOp struct {
	op    kernel.LaneOp
	arity int
	want  func(a, b, c float64) float64
	ulps  float64 // the error of the result, and of want, that is allowed
}

func lane1(op kernel.LaneOp, ulps float64, f func(a float64) float64) laneOp {
	return laneOp{op, 1, func(a, _, _ float64) float64 { return f(a) }, ulps}
}

func lane2(op kernel.LaneOp, f func(a, b float64) float64) laneOp {
	return laneOp{op, 2, func(a, b, _ float64) float64 { return f(a, b) }, 0}
}

func oneIf(c bool) float64 {
	if c {
		return 1
	}
	return 0
}

func laneOps() []laneOp {
	return []laneOp{
		lane2(kernel.LaneAdd, func(a, b float64) float64 { return a + b }),
		lane2(kernel.LaneSub, func(a, b float64) float64 { return a - b }),
		lane2(kernel.LaneMul, func(a, b float64) float64 { return a * b }),
		lane2(kernel.LaneDiv, func(a, b float64) float64 { return a / b }),
		lane1(kernel.LaneSquare, 0, func(a float64) float64 { return a * a }),
		lane1(kernel.LaneCopy, 0, func(a float64) float64 { return a }),
		lane1(kernel.LaneNeg, 0, func(a float64) float64 { return -a }),
		lane1(kernel.LaneAbs, 0, math.Abs),
		lane1(kernel.LaneSqrt, 0, math.Sqrt),
		lane1(kernel.LaneFloor, 0, math.Floor),
		lane1(kernel.LaneCeil, 0, math.Ceil),
		lane1(kernel.LaneRound, 0, math.RoundToEven),
		lane1(kernel.LaneTrunc, 0, math.Trunc),
		lane1(kernel.LaneSign, 0, func(a float64) float64 {
			switch {
			case a == 0:
				return 0
			case a != a:
				return a
			}
			return math.Copysign(1, a)
		}),
		lane1(kernel.LaneIsNaN, 0, func(a float64) float64 { return oneIf(math.IsNaN(a)) }),
		lane1(kernel.LaneIsFinite, 0, func(a float64) float64 { return oneIf(!math.IsNaN(a) && !math.IsInf(a, 0)) }),
		lane2(kernel.LaneMax, func(a, b float64) float64 { return max(a, b) }),
		lane2(kernel.LaneMin, func(a, b float64) float64 { return min(a, b) }),
		lane2(kernel.LaneGt, func(a, b float64) float64 { return oneIf(a > b) }),
		lane2(kernel.LaneGe, func(a, b float64) float64 { return oneIf(a >= b) }),
		lane2(kernel.LaneEq, func(a, b float64) float64 { return oneIf(a == b) }),
		lane2(kernel.LaneNe, func(a, b float64) float64 { return oneIf(a != b) }),
		{kernel.LaneWhere, 3, func(a, b, c float64) float64 {
			if a != 0 {
				return b
			}
			return c
		}, 0},
		lane2(kernel.LaneChain, func(a, b float64) float64 {
			if a == 0 {
				return 0
			}
			return a * b
		}),
		lane2(kernel.LaneSelect, func(a, b float64) float64 {
			if a == 0 || b == 0 {
				return 0
			}
			return a * b
		}),
		lane1(kernel.LaneExp, maxUlps64, specfun.Exp),
		lane1(kernel.LaneLog, maxUlps64, specfun.Log),
		lane1(kernel.LaneTanh, maxUlps64, math.Tanh),
		lane1(kernel.LaneErf, maxUlps64, math.Erf),
		lane1(kernel.LaneErfc, maxUlpsErfc, math.Erfc),
		lane1(kernel.LaneLog1p, maxUlps64, math.Log1p),
		lane1(kernel.LaneExpm1, maxUlps64, math.Expm1),
		lane1(kernel.LaneSinh, maxUlps64, specfun.Sinh),
		lane1(kernel.LaneCosh, maxUlps64, specfun.Cosh),
		lane1(kernel.LaneAtan, maxUlps64, math.Atan),
		{kernel.LaneAtan2, 2, func(a, b, _ float64) float64 { return specfun.Atan2(a, b) }, maxUlps64},
		{kernel.LanePow, 2, func(a, b, _ float64) float64 { return specfun.Pow(a, b) }, 600}, // that of math.Pow
		{kernel.LaneHypot, 2, func(a, b, _ float64) float64 { return math.Hypot(a, b) }, maxUlps64},
		lane1(kernel.LaneSin, maxUlps64, specfun.Sin),
		lane1(kernel.LaneCos, maxUlps64, specfun.Cos),
	}
}

// The errors that the doc comment of [kernel.Lanes] promises for erfc, and for powers that are very large or small.
const (
	maxUlpsErfc = 3
	maxUlpsPow  = 16
)

// TestLaneAccuracy holds the functions that only lanes have against 300 bits.
func TestLaneAccuracy(t *testing.T) {
	n := 200
	if testing.Short() {
		n = 40
	}
	power := func(y float64) func(x *big.Float) *big.Float {
		return func(x *big.Float) *big.Float { return bigExp(mul(num(y), bigLog(x))) }
	}
	for _, f := range []struct {
		op     kernel.LaneOp
		second float64 // operand
		exact  func(x *big.Float) *big.Float
		lo, hi float64
		ulps   float64
	}{
		{kernel.LaneLog1p, 0, func(x *big.Float) *big.Float { return bigLog(add(num(1), x)) }, -1, 4, maxUlps64},
		{kernel.LaneLog1p, 0, func(x *big.Float) *big.Float { return bigLog(add(num(1), x)) }, 0, 1e18, maxUlps64},
		{kernel.LaneExpm1, 0, func(x *big.Float) *big.Float { return sub(bigExp(x), num(1)) }, -45, 3, maxUlps64},
		{kernel.LaneExpm1, 0, func(x *big.Float) *big.Float { return sub(bigExp(x), num(1)) }, -1, 709.78, maxUlps64},
		{kernel.LaneErfc, 0, bigErfc, -6.5, 27.3, maxUlpsErfc},
		{kernel.LaneErfc, 0, bigErfc, -1, 1, maxUlpsErfc},
		{kernel.LaneSinh, 0, bigSinh, -3, 3, maxUlps64},
		{kernel.LaneSinh, 0, bigSinh, -20, 708.9, maxUlps64},
		{kernel.LaneCosh, 0, bigCosh, -3, 708.9, maxUlps64},
		{kernel.LaneAtan, 0, bigAtan, -3, 3, maxUlps64},
		{kernel.LaneAtan, 0, bigAtan, -1e3, 1e9, maxUlps64},
		{kernel.LaneAtan2, 0.75, func(y *big.Float) *big.Float { return bigAtan(div(y, num(0.75))) }, -3, 3, maxUlps64},
		{kernel.LaneAtan2, -0.75, func(y *big.Float) *big.Float { return add(bigPi, bigAtan(div(y, num(-0.75)))) }, 0, 3, maxUlps64},
		{kernel.LanePow, 1.5, power(1.5), 0, 10, maxUlps64},
		{kernel.LanePow, -0.3, power(-0.3), 0, 1e300, maxUlps64},
		{kernel.LanePow, 30, power(30), 0.25, 4, maxUlps64},
		{kernel.LanePow, 700, power(700), 0.5, 2.7, maxUlpsPow},
		{kernel.LanePow, -1000.25, power(-1000.25), 0.5, 2, maxUlpsPow},
		{kernel.LanePow, 1e9, power(1e9), 1 - 5e-7, 1 + 5e-7, maxUlps64},
	} {
		rng := rand.New(rand.NewPCG(15, 16))
		var x []float64
		for i := range n {
			x = append(x, f.lo+(f.hi-f.lo)*float64(i)/float64(n), f.lo+(f.hi-f.lo)*rng.Float64())
			e := math.Ldexp(1+rng.Float64(), -rng.IntN(100))
			x = append(x, f.hi*e/2, f.lo*e/2)
		}
		if f.op == kernel.LanePow || f.op == kernel.LaneAtan2 {
			x = slices.DeleteFunc(x, func(v float64) bool { return v == 0 }) // which Go computes
		}
		want := make([]*big.Float, len(x))
		for i, v := range x {
			if f.op != kernel.LaneLog1p || v > -1 {
				want[i] = f.exact(num(v))
			}
		}
		forEach(t, func(t *testing.T) {
			t.Helper()
			if kernel.LanesInGo() {
				t.Skip("is package math")
			}
			l := kernel.NewLanes([]kernel.LaneStep{{Op: f.op, Dst: 1, A: 0, B: -1}}, []float64{f.second}, 2)
			worst, at := 0.0, 0
			for i := 0; i < len(x); i += l.Width() {
				got := runLanes(l, [][]float64{x[i:min(len(x), i+l.Width())]})[l.Width():]
				for k, w := range want[i:min(len(x), i+l.Width())] {
					if w == nil {
						continue
					}
					if u := ulps(got[k], w); u > worst {
						worst, at = u, i+k
					}
				}
			}
			if worst > f.ulps {
				t.Errorf("%v: error of %.3f ulp at %v, want at most %v", f.op, worst, x[at], f.ulps)
			}
			t.Logf("%v: largest error %.3f ulp, at %v", f.op, worst, x[at])
		})
	}
}

// runLanes returns what steps on the slots make of them, which are filled with the numbers given, and of a buffer full of others.
func runLanes(l *kernel.Lanes, slots [][]float64) []float64 {
	buffer := make([]float64, l.Size())
	for i := range buffer {
		buffer[i] = guard
	}
	s := l.Slots(buffer)
	for i, v := range slots {
		copy(s[i*l.Width():], v)
	}
	l.Run(s)
	return s
}

// sameLane reports whether got is want up to some units in the last place. Zeros have the sign that they should have, unless the
// result may be inexact.
func sameLane(got, want, ulps float64) bool {
	switch {
	case got == want:
		return ulps > 0 || math.Signbit(got) == math.Signbit(want)
	case math.IsInf(got, 0) || math.IsInf(want, 0):
		return false
	case got != got || want != want:
		return got != got && want != want
	case math.Abs(want) < 0x1p-1022: // subnormal, and math.Exp may be 0 there
		return ulps > 0 && math.Abs(got) < 0x1p-1022
	}
	return math.Abs(got-want) <= (ulps+1)*0x1p-52*math.Abs(want) && ulps > 0
}

// TestLaneOperations runs each operation on slots, on constants and on what the step before computed, kept or not.
func TestLaneOperations(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		rng := rand.New(rand.NewPCG(5, 6))
		const copies = 3 // slots 3, 4, 5 hold what steps before compute
		for _, o := range laneOps() {
			for variant := range 1 << (2 * o.arity) { // two bits for each operand: slot, constant, result of the last step
				kind := func(i int) int { return variant >> (2 * i) & 3 }
				for _, once := range []bool{false, true} {
					consts := mixed[float64](rng, 3)
					step := kernel.LaneStep{Op: o.op, Dst: 6}
					operands := []*int32{&step.A, &step.B, &step.C}
					last := 0
					for i := range o.arity {
						switch kind(i) {
						case 0:
							*operands[i] = int32(i)
						case 1:
							*operands[i] = int32(-1 - i)
						case 2:
							*operands[i] = copies
							last++
						case 3: // the result of the last step, in place
							*operands[i], step.Dst = copies, copies
							last++
						}
					}
					before := kernel.LaneStep{Op: kernel.LaneAdd, Dst: copies, A: 0, B: 1, Once: once && last > 0}
					l := kernel.NewLanes([]kernel.LaneStep{before, step}, consts, 7)
					in := [][]float64{mixed[float64](rng, l.Width()), mixed[float64](rng, l.Width()), mixed[float64](rng, l.Width())}
					out := runLanes(l, in)[int(step.Dst)*l.Width():]
					for lane := range l.Width() {
						var v [3]float64
						for i := range o.arity {
							switch kind(i) {
							case 0:
								v[i] = in[i][lane]
							case 1:
								v[i] = consts[i]
							default:
								v[i] = in[0][lane] + in[1][lane]
							}
						}
						if want := o.want(v[0], v[1], v[2]); !sameLane(out[lane], want, o.ulps) {
							t.Fatalf("%v of operands %b, once %v, lane %d: %v of %v is %v, want %v", o.op, variant, once, lane, o.op, v[:o.arity], out[lane], want)
						}
					}
				}
			}
		}
	})
}

// TestLaneHardOperands runs each operation where results begin to be denormal or infinite, and where a form of it might
// overflow on the way.
func TestLaneHardOperands(t *testing.T) {
	hard := []float64{
		5e-324, 1e-323, 1e-310, 0x1p-1022, 1e-160, 0x1p-55, 0.3, 1, math.Nextafter(1, 0), math.Nextafter(-1, 0), math.Pi / 2, math.Pi, 355,
		1e5 * math.Pi, 22, 40, 708.5, 709, 709.5, 709.78, 710, 710.2, 710.4, 710.6, 744.4, 746, 1e9, 0x1p53, 1e154, 0x1p1021, 0x1p1022, 1.2e308, 1.7e308, math.MaxFloat64,
	}
	for _, x := range slices.Clone(hard) {
		hard = append(hard, -x)
	}
	forEach(t, func(t *testing.T) {
		t.Helper()
		for _, o := range laneOps() {
			l := kernel.NewLanes([]kernel.LaneStep{{Op: o.op, Dst: 3, A: 0, B: 1, C: 2}}, nil, 4)
			w := l.Width()
			in := [][]float64{make([]float64, w), make([]float64, w), make([]float64, w)}
			seconds := hard
			if o.arity == 1 {
				seconds = hard[:1]
			}
			for _, b := range seconds {
				for first := 0; first < len(hard); first += w {
					for i := range w {
						in[0][i], in[1][i], in[2][i] = hard[min(first+i, len(hard)-1)], b, 1
					}
					out := runLanes(l, in)[3*w:]
					for i := range min(w, len(hard)-first) {
						if want := o.want(in[0][i], b, 1); !sameLane(out[i], want, o.ulps) {
							t.Errorf("%v of %v is %v, want %v", o.op, []float64{in[0][i], b, 1}[:o.arity], out[i], want)
						}
					}
				}
			}
		}
	})
}

// What a lane holds does not depend on the others, nor on where it stands.
func TestLanesAlone(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		rng := rand.New(rand.NewPCG(17, 18))
		for _, o := range laneOps() {
			l := kernel.NewLanes([]kernel.LaneStep{{Op: o.op, Dst: 0, A: 0, B: 1, C: 2}}, nil, 3)
			w := l.Width()
			in := [][]float64{mixed[float64](rng, w), mixed[float64](rng, w), mixed[float64](rng, w)}
			together := slices.Clone(runLanes(l, in)[:w])
			for lane := range w {
				alone := make([][]float64, len(in))
				for i := range in {
					alone[i] = slices.Repeat([]float64{0.75}, w)
					alone[i][w-1-lane] = in[i][lane]
				}
				if got := runLanes(l, alone)[w-1-lane]; !same(got, together[lane]) {
					t.Errorf("%v of %v, %v, %v is %v alone and %v among others", o.op, in[0][lane], in[1][lane], in[2][lane], got, together[lane])
				}
			}
		}
	})
}

// TestLaneChains compares random programs with what the operations say, one by one.
func TestLaneChains(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		rng := rand.New(rand.NewPCG(7, 8))
		all := laneOps()
		var exact []laneOp
		for _, o := range all {
			if o.ulps == 0 {
				exact = append(exact, o)
			}
		}
		const slots, steps = 9, 40
		for range 40 {
			consts := mixed[float64](rng, 4)
			var program []kernel.LaneStep
			var ops []laneOp
			place := func() int32 { return int32(rng.IntN(slots+len(consts)) - len(consts)) }
			for len(program) < steps {
				o := exact[rng.IntN(len(exact))]
				s := kernel.LaneStep{Op: o.op, Dst: int32(rng.IntN(slots)), A: place(), B: place(), C: place()}
				if n := len(program); n > 0 && rng.IntN(2) == 0 {
					s.A = program[n-1].Dst
				}
				if rng.IntN(10) == 0 {
					s.Op, s.F = kernel.LaneCall, o.want
				}
				program, ops = append(program, s), append(ops, o)
			}
			for i := range program[:steps-1] {
				program[i].Once = readOnce(program, ops, i)
			}
			l := kernel.NewLanes(program, consts, slots)
			in := make([][]float64, slots)
			for i := range in {
				in[i] = mixed[float64](rng, l.Width())
			}
			got := runLanes(l, in)
			for i, s := range program {
				at := func(v int32, lane int) float64 {
					if v < 0 {
						return consts[-1-v]
					}
					return in[v][lane]
				}
				dst := make([]float64, l.Width())
				for lane := range dst {
					dst[lane] = ops[i].want(at(s.A, lane), at(s.B, lane), at(s.C, lane))
				}
				in[s.Dst] = dst
			}
			for s := range slots {
				if kept(program, ops, s) {
					if msg := diff(in[s], got[s*l.Width():][:l.Width()]); msg != "" {
						t.Fatalf("slot %d mismatch (-want +got):\n%s", s, msg)
					}
				}
			}
		}
	})
}

// readOnce reports whether the step behind step i reads its result and no other does.
func readOnce(program []kernel.LaneStep, ops []laneOp, i int) bool {
	reads := func(j int) bool {
		s := program[j]
		for k, v := range []int32{s.A, s.B, s.C} {
			if v == program[i].Dst && (k < ops[j].arity || s.F != nil) {
				return true
			}
		}
		return false
	}
	if !reads(i + 1) {
		return false
	}
	if program[i+1].Dst == program[i].Dst {
		return true
	}
	for j := i + 2; j < len(program); j++ {
		if reads(j) {
			return false
		}
		if program[j].Dst == program[i].Dst {
			return true
		}
	}
	return true
}

// kept reports whether the last result in a slot is one that is kept.
func kept(program []kernel.LaneStep, _ []laneOp, slot int) bool {
	for i := len(program) - 1; i >= 0; i-- {
		if int(program[i].Dst) == slot {
			return !program[i].Once
		}
	}
	return true
}

// TestLaneRows checks the way of rows into slots and back, for every number of rows.
func TestLaneRows(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		rng := rand.New(rand.NewPCG(9, 10))
		for cols := range 12 {
			steps := []kernel.LaneStep{}
			for c := range cols {
				steps = append(steps, kernel.LaneStep{Op: kernel.LaneNeg, Dst: int32(2 + cols + c), A: int32(1 + c)})
			}
			l := kernel.NewLanes(steps, nil, 2*cols+2)
			for n := 1; n <= l.Width(); n++ {
				if n > 5 && n < l.Width()-2 {
					continue
				}
				in, out := boxOf(random[float64](rng, n*cols, 3), n%5), newBox[float64](n*cols, 3)
				if cols > 1 {
					in.s[rng.IntN(len(in.s))] = 0
				}
				want := make([]float64, len(in.s))
				for i, v := range in.s {
					want[i] = -v + 0
				}
				for _, nan := range []bool{false, true} {
					if nan && cols > 0 {
						i := rng.IntN(len(in.s))
						in.s[i], want[i] = math.NaN(), math.NaN()
					}
					slots := l.Slots(make([]float64, l.Size()))
					l.Load(slots, 1, cols, in.s)
					l.Run(slots)
					found := l.Store(out.s, slots, 2+cols, cols)
					if found != (nan && cols > 0) {
						t.Fatalf("%d rows of %d: found NaN: %v, want %v", n, cols, found, nan)
					}
					if msg := diff(want, out.s); msg != "" {
						t.Fatalf("%d rows of %d: mismatch (-want +got):\n%s", n, cols, msg)
					}
					for i, v := range out.s {
						if v == 0 && math.Signbit(v) {
							t.Fatalf("%d rows of %d: element %d is -0", n, cols, i)
						}
					}
					in.check(t)
					out.check(t)
				}
			}
		}
	})
}

// TestLanesLong runs more steps than are done in one go, with a call and a large argument of sin at any place.
func TestLanesLong(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		const n = 3 * 4096
		for _, special := range []int{0, 1, 4094, 4095, 4096, 4097, n - 1} {
			steps := make([]kernel.LaneStep, n)
			for i := range steps {
				steps[i] = kernel.LaneStep{Op: kernel.LaneAdd, A: 0, B: 1, Once: i < n-1}
			}
			steps[special] = kernel.LaneStep{Op: kernel.LaneCall, A: 0, B: 1, C: -1, F: func(a, b, c float64) float64 { return a + b + c }}
			if special > 1 {
				steps[special-1] = kernel.LaneStep{Op: kernel.LaneSin, A: 2, Dst: 3}
				steps[special-2].Once = false
			}
			l := kernel.NewLanes(steps, []float64{1000}, 4)
			lanes := make([]float64, l.Width())
			ones := make([]float64, l.Width())
			large := make([]float64, l.Width())
			want := 1000.0 + n
			for i := range lanes {
				ones[i] = float64(i)
				large[i] = math.Ldexp(1, i)
			}
			out := runLanes(l, [][]float64{lanes, ones, large})
			for i := range lanes {
				want = 1000 + float64(n*i)
				if special > 1 {
					want = 1000 + float64((n-1)*i)
					if s, _ := specfun.Sincos(large[i]); !sameLane(out[3*l.Width()+i], s, maxUlps64) {
						t.Fatalf("sin(%v) = %v, want %v", large[i], out[3*l.Width()+i], s)
					}
				}
				if out[i] != want {
					t.Fatalf("special step %d: lane %d is %v, want %v", special, i, out[i], want)
				}
			}
		}
	})
}

func TestLanesMisuse(t *testing.T) {
	l := kernel.NewLanes([]kernel.LaneStep{{Op: kernel.LaneNeg, Dst: 1, A: 0}}, nil, 2)
	w := l.Width()
	slots := l.Slots(make([]float64, l.Size()))
	tests := []struct {
		run  func()
		want string
	}{
		{func() { kernel.NewLanes([]kernel.LaneStep{{Op: kernel.LaneNeg, Dst: 2}}, nil, 2) }, "kernel: NewLanes: step 0 sets slot 2 of 2 by Neg"},
		{func() { kernel.NewLanes([]kernel.LaneStep{{Op: kernel.LaneAdd, B: 2}}, nil, 2) }, "kernel: NewLanes: step 0 reads 2 of 2 slots and 0 constants"},
		{func() { kernel.NewLanes([]kernel.LaneStep{{Op: kernel.LaneAdd, B: -2}}, []float64{1}, 2) }, "kernel: NewLanes: step 0 reads -2 of 2 slots and 1 constants"},
		{func() { kernel.NewLanes([]kernel.LaneStep{{Op: kernel.LaneFill, A: 1}}, []float64{1}, 2) }, "kernel: NewLanes: step 0 fills with slot 1, not with a constant"},
		{func() { kernel.NewLanes([]kernel.LaneStep{{Op: kernel.LaneCall}}, nil, 2) }, "kernel: NewLanes: step 0, Call, has no function"},
		{func() { kernel.NewLanes([]kernel.LaneStep{{Op: kernel.LaneAdd, F: math.FMA}}, nil, 2) }, "kernel: NewLanes: step 0, Add, has a function"},
		{func() { kernel.NewLanes([]kernel.LaneStep{{Op: 255}}, nil, 2) }, "kernel: NewLanes: step 0 has the unknown operation 255"},
		{func() { kernel.NewLanes(nil, nil, kernel.MaxLaneSlots+1) }, "kernel: NewLanes: 4194305 slots, want at most 4194304"},
		{func() { l.Slots(make([]float64, 3)) }, fmt.Sprintf("kernel: Lanes.Slots: len(buffer) is 3, want %d", l.Size())},
		{func() { l.Run(slots[1:]) }, fmt.Sprintf("kernel: Lanes.Run: len(slots) is %d, want %d", 2*w-1, 2*w)},
		{func() { l.Load(slots, 0, 1, make([]float64, w+1)) }, fmt.Sprintf("kernel: Lanes.Load: %d rows of 1 in slots from 0, and there are %d lanes and 2 slots", w+1, w)},
		{func() { l.Load(slots, 1, 2, make([]float64, 2)) }, fmt.Sprintf("kernel: Lanes.Load: 1 rows of 2 in slots from 1, and there are %d lanes and 2 slots", w)},
		{func() { l.Store(make([]float64, 3), slots, 0, 2) }, "kernel: Lanes.Store: len(rows) is 3, not a multiple of the row length 2"},
	}
	for _, tt := range tests {
		func() {
			defer func() {
				if got := recover(); got != tt.want {
					t.Errorf("panic %v, want %s", got, tt.want)
				}
			}()
			tt.run()
		}()
	}
}

func BenchmarkLanes(b *testing.B) {
	for _, op := range []kernel.LaneOp{kernel.LaneAdd, kernel.LaneDiv, kernel.LaneExp, kernel.LaneLog, kernel.LaneTanh, kernel.LaneTanhSlope, kernel.LaneErfc, kernel.LaneLog1p, kernel.LaneExpm1, kernel.LaneSqrt, kernel.LaneWhere, kernel.LaneSin} {
		b.Run(fmt.Sprint(op), func(b *testing.B) {
			steps := make([]kernel.LaneStep, 100)
			for i := range steps {
				steps[i] = kernel.LaneStep{Op: op, Dst: int32(2 + i%20), A: 0, B: 1}
			}
			l := kernel.NewLanes(steps, nil, 22)
			slots := l.Slots(make([]float64, l.Size()))
			for i := range slots {
				slots[i] = 0.5 + float64(i%7)
			}
			for b.Loop() {
				l.Run(slots)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*l.Width()*len(steps)), "ns/lane")
		})
	}
}
