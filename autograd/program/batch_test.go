package program

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
)

// randomPoints returns n rows of numbers, of which some end rules.
func randomPoints(rng *rand.Rand, n, inputs int, special bool) []float64 {
	points := make([]float64, n*inputs)
	for i := range points {
		points[i] = rng.NormFloat64()
		if special && rng.IntN(6) == 0 {
			points[i] = specials[rng.IntN(len(specials))]
		}
	}
	return points
}

// laneCodes are random codes of the opcodes whose result is rounded once, so that lanes must give the same bits.
func laneCodes(rng *rand.Rand, n int) (plain, careful *code) {
	exact := []opcode{
		opAdd, opSub, opMul, opDiv, opNeg, opAbs, opSqrt, opFloor, opCeil, opRound, opTrunc, opSign, opMaximum, opMinimum,
		opGt, opGe, opLt, opLe, opEq, opNe, opIsNaN, opIsFinite, opWhere, opSquare, opReciprocal, opChain, opSelect, opHypot, opErfinv,
	}
	return randomCode(rng, exact, 5, n), randomCode(rng, exact, 5, n/2+1)
}

// evalAll runs a batch with gradients and without, and compares the two.
func evalAll(t *testing.T, l *lanePrograms, points []float64) (ys, grads []float64) {
	t.Helper()
	n := len(points) / l.inputs
	ys, grads = make([]float64, n), make([]float64, len(points))
	var b batch
	b.eval(l, ys, grads, points)
	alone := make([]float64, n)
	b.eval(l, alone, nil, points)
	for i := range ys {
		if !sameNumber(ys[i], alone[i]) {
			t.Fatalf("input %d of %d: the value alone is %v, beside its gradient %v", i, n, alone[i], ys[i])
		}
	}
	return ys, grads
}

func TestBatchRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, length := range []int{2, 5, 20, 60, 200, 2000} {
		for round := range 3 {
			plain, careful := laneCodes(rng, length)
			if round == 2 {
				careful = plain
			}
			want := interpret(plain, careful)
			b := newLanePrograms(plain, 1, func() *code { return careful })
			for _, n := range []int{1, 3, 32, 64, 65, 200} {
				points := randomPoints(rng, n, 5, true)
				ys, grads := evalAll(t, b, points)
				grad := make([]float64, 5)
				for i := range n {
					at := points[5*i : 5*i+5]
					y := want(at, grad)
					if !sameNumber(ys[i], y) {
						t.Fatalf("%d instructions, input %d of %d at %v: value %v, want %v", length, i, n, at, ys[i], y)
					}
					for k, d := range grad {
						if got := grads[5*i+k]; !sameNumber(got, d) {
							t.Fatalf("%d instructions, input %d of %d at %v: derivative %d is %v, want %v", length, i, n, at, k, got, d)
						}
					}
				}
			}
		}
	}
}

// Each opcode alone, with operands of all kinds: the value may differ by the errors of two ways to compute it.
func TestBatchOpcodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for op := opInvalid + 1; op < opMulAdd; op++ {
		o := operations[op]
		for variant := range 1 << o.arity {
			c := &code{inputs: 3, consts: []float64{0.375, 2, -1.5}, value: 1, outs: []int32{6, 6, 0, 3}}
			in := instruction{op: op}
			for k := range o.arity {
				in.args[k] = int32(k + 3*(variant>>k&1))
			}
			if op == opPolygamma || op == opErfcxDerivative || op == opSincDerivative {
				in.args[0] = 4 // the order is a whole number
			}
			c.ins = []instruction{in}
			b := newLanePrograms(c, 1, func() *code { return c })
			points := randomPoints(rng, 100, 3, true)
			ys, grads := evalAll(t, b, points)
			for i, y := range ys {
				v := append(append([]float64(nil), points[3*i:3*i+3]...), c.consts...)
				want := o.f(v[in.args[0]], v[in.args[1]], v[in.args[2]])
				ulps := float64(batchUlps)
				if op == opPow {
					ulps = powUlps
				}
				if !nearly(y, want, ulps) || !sameNumber(grads[3*i], y+0) || !sameNumber(grads[3*i+1], v[0]+0) || grads[3*i+2] != 0.375 {
					t.Errorf("%s of %v: %v and derivatives %v, want %v", o.name, v, y, grads[3*i:3*i+3], want)
				}
			}
		}
	}
}

// batchUlps is how far one instruction on lanes may be from the same in Go, in units in the last place: the error of either.
const batchUlps = 4

// powUlps is how far a power may be: math.Pow has such errors at large ones.
const powUlps = 600

// nearly reports whether got is want up to some units in the last place.
func nearly(got, want, ulps float64) bool {
	if math.IsInf(got, 0) || math.IsInf(want, 0) {
		return got == want
	}
	return sameNumber(got, want) || got == want || math.Abs(got-want) <= ulps*0x1p-52*math.Abs(want)+ulps*0x1p-1074
}

// TestBatchRewrites holds the forms that lanes have instead of others against those.
func TestBatchRewrites(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for name, c := range map[string]*code{
		"tan(x)*sin(x)": {inputs: 1, ins: []instruction{
			{opSin, [3]int32{0}}, {opTan, [3]int32{0}}, {opMul, [3]int32{2, 1}},
		}, value: 3, outs: []int32{3, 3}},
		"1/cosh(x)/cosh(x)": {inputs: 1, ins: []instruction{
			{opCosh, [3]int32{0}}, {opReciprocal, [3]int32{1}}, {opDiv, [3]int32{2, 1}},
		}, value: 3, outs: []int32{3, 3}},
	} {
		want := interpret(c, c)
		b := newLanePrograms(c, 1, func() *code { return c })
		points := randomPoints(rng, 200, 1, true)
		for i := range 60 {
			points[i] *= math.Ldexp(1, i/6)
		}
		ys, _ := evalAll(t, b, points)
		grad := make([]float64, 1)
		for i, x := range points {
			if y := want([]float64{x}, grad); !nearly(ys[i], y, 2*batchUlps) {
				t.Errorf("%s at %v = %v, want %v", name, x, ys[i], y)
			}
		}
	}
}

// Results do not depend on the number of processors, and a call in steady state allocates nothing.
func TestBatchProcessors(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	all := []opcode{opAdd, opMul, opSub, opExp, opSin, opTanh, opLog, opWhere, opGt, opSqrt}
	plain, careful := randomCode(rng, all, 4, 300), randomCode(rng, all, 4, 300)
	b := newLanePrograms(plain, 1, func() *code { return careful })
	const n = 20_000
	points := randomPoints(rng, n, 4, true)
	var first []float64
	for _, processors := range []int{1, 2, 3, 2} {
		old := runtime.GOMAXPROCS(processors)
		ys, grads := evalAll(t, b, points)
		runtime.GOMAXPROCS(old)
		got := append(ys, grads...)
		if first == nil {
			first = got
		}
		for i := range got {
			if !sameNumber(got[i], first[i]) {
				t.Fatalf("number %d is %v on %d processors, %v on one", i, got[i], processors, first[i])
			}
		}
	}
	ys, grads := make([]float64, n), make([]float64, 4*n)
	var job batch
	if a := testing.AllocsPerRun(3, func() { job.eval(b, ys, grads, points) }); a > 0 {
		t.Errorf("%v allocations", a)
	}
}

func TestBatchMisuse(t *testing.T) {
	for _, test := range []struct {
		ys, grads, points int
		want              string
	}{
		{3, 6, 5, "program.Program.EvalBatch: the points have 5 numbers, and 3 points of 2 inputs have 6: give a row of inputs for each value"},
		{3, 5, 6, "program.Program.EvalBatch: the gradients have room for 5 derivatives, and 3 points of 2 inputs have 6: give a row for each value, or nil"},
		{0, 0, 0, ""},
		{3, 6, 6, ""},
	} {
		err := graph.Try(func() {
			checkBatch(2, make([]float64, test.ys), make([]float64, test.grads), make([]float64, test.points))
		})
		if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want || !errors.Is(err, graph.ErrShape)) {
			t.Errorf("%+v: error %v", test, err)
		}
	}
}

// What goes wrong at a point is an error for the caller, whichever goroutine has evaluated it.
func TestBatchPointsErrors(t *testing.T) {
	p := compiledSquare(t)
	p.once.Do(func() {}) // as if the careful version were too long
	const n = 3000
	ys, grads, points := make([]float64, n), make([]float64, n), make([]float64, n)
	for _, at := range []float64{math.NaN(), 1} {
		for i := range points {
			points[i] = at
		}
		err := graph.Try(func() { p.points.eval(p, ys, grads, points) })
		if at == 1 && (err != nil || grads[n-1] != 2) || at != 1 && !errors.Is(err, graph.ErrLimit) {
			t.Errorf("at %v: error %v", at, err)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	cheap := []opcode{opAdd, opSub, opMul, opMul, opMul, opAdd, opSquare, opNeg, opAbs}
	for _, length := range []int{50, 500, 5000, 40_000} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			plain := randomCode(rng, cheap, 4, length)
			p := newLanePrograms(plain, 1, func() *code { return plain })
			n := min(10_000, 10_000_000/length)
			points := randomPoints(rng, n, 4, false)
			ys, grads := make([]float64, n), make([]float64, 4*n)
			var job batch
			job.eval(p, ys, grads, points)
			for b.Loop() {
				job.eval(p, ys, grads, points)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*p.gradient().Steps()), "ns/step")
			b.ReportMetric(float64(p.gradient().Steps()), "steps")
			b.ReportMetric(float64(p.gradient().Size()/p.gradient().Width()), "slots")
		})
	}
}
