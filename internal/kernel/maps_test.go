package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// A mapTest says what a mapping computes, for numbers that are computed in double precision.
type mapTest struct {
	name   string
	op     kernel.MapOp
	slope  kernel.SlopeOp
	binary bool
	params [][2]float64 // p and q
	ulps   float64      // the error that it may have, 0 for one that is exact
	want   func(a, b, p, q float64) float64
	passed func(ct, a, b, p, q float64) float64 // of a slope that selects, in place of want
}

var noParams = [][2]float64{{}}

var mapTests = []mapTest{
	{"Sub", kernel.MapSub, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return a - b }, nil},
	{"Div", kernel.MapDiv, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return a / b }, nil},
	{"MulZeroWins", kernel.MapMulZeroWins, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return specfun.Select(a, b) }, nil},
	{"Max", kernel.MapMax, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return max(a, b) }, nil},
	{"Min", kernel.MapMin, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return min(a, b) }, nil},
	{"Gt", kernel.MapGt, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return oneIf(a > b) }, nil},
	{"Ge", kernel.MapGe, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return oneIf(a >= b) }, nil},
	{"Eq", kernel.MapEq, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return oneIf(a == b) }, nil},
	{"Ne", kernel.MapNe, 0, true, noParams, 0, func(a, b, _, _ float64) float64 { return oneIf(a != b) }, nil},
	{"Clamp", kernel.MapClamp, 0, false, [][2]float64{{-1, 0.5}, {0, 2}, {1, -1}, {math.Inf(-1), 0.25}}, 0, func(a, _, p, q float64) float64 { return min(max(a, p), q) }, nil},
	{"Sign", kernel.MapSign, 0, false, noParams, 0, func(a, _, _, _ float64) float64 { return specfun.Sign(a) }, nil},
	{"Floor", kernel.MapFloor, 0, false, noParams, 0, func(a, _, _, _ float64) float64 { return math.Floor(a) }, nil},
	{"Ceil", kernel.MapCeil, 0, false, noParams, 0, func(a, _, _, _ float64) float64 { return math.Ceil(a) }, nil},
	{"Round", kernel.MapRound, 0, false, noParams, 0, func(a, _, _, _ float64) float64 { return math.RoundToEven(a) }, nil},
	{"Trunc", kernel.MapTrunc, 0, false, noParams, 0, func(a, _, _, _ float64) float64 { return math.Trunc(a) }, nil},
	{"IsNaN", kernel.MapIsNaN, 0, false, noParams, 0, func(a, _, _, _ float64) float64 { return oneIf(a != a) }, nil},
	{"IsFinite", kernel.MapIsFinite, 0, false, noParams, 0, func(a, _, _, _ float64) float64 { return oneIf(a-a == 0) }, nil},
	{"Reciprocal", kernel.MapReciprocal, 0, false, noParams, 0, func(a, _, _, _ float64) float64 { return 1 / a }, nil},
	{"ReciprocalPositive", kernel.MapReciprocalPositive, 0, false, [][2]float64{{1, 0}, {1 / math.Ln2, 0}, {0.5, 0.25}}, 2, reciprocalPositive, nil},
	{"Rsqrt", kernel.MapRsqrt, 0, false, noParams, 1, func(a, _, _, _ float64) float64 { return 1 / math.Sqrt(a) }, nil},
	{"Softsign", kernel.MapSoftsign, 0, false, noParams, 1.5, func(a, _, _, _ float64) float64 {
		if math.IsInf(a, 0) {
			return math.Copysign(1, a)
		}
		return a / (1 + math.Abs(a))
	}, nil},
	{"LeakyReLU", kernel.MapLeakyReLU, 0, false, [][2]float64{{0.01, 0}, {-2, 0}}, 1, func(a, _, p, _ float64) float64 {
		if a <= 0 {
			return p * a
		}
		return a
	}, nil},

	{"Sign slope", -1, kernel.SlopeSign, false, noParams, 0, func(a, _, _, _ float64) float64 { return specfun.Sign(a) }, nil},
	{"Value slope", -1, kernel.SlopeValue, false, noParams, 0, func(a, _, _, _ float64) float64 { return a }, nil},
	{"Scale slope", -1, kernel.SlopeScale, false, [][2]float64{{2, 0}, {-3, 0}}, 1, func(a, _, p, _ float64) float64 { return p * a }, nil},
	{"Square slope", -1, kernel.SlopeSquare, false, [][2]float64{{1, 1}, {-1, math.Copysign(0, -1)}}, 2, func(a, _, p, q float64) float64 { return p*(a*a) + q }, nil},
	{"Inverse slope", -1, kernel.SlopeInverse, false, [][2]float64{{1, math.Copysign(0, -1)}, {0.5, 0}}, 2, func(a, _, p, q float64) float64 { return p / (a + q) }, nil},
	{"ReciprocalPositive slope", -1, kernel.SlopeReciprocalPositive, false, [][2]float64{{1, 0}, {1, 0.25}}, 2.5, reciprocalPositive, nil},
	{"Quotient slope", -1, kernel.SlopeQuotient, true, [][2]float64{{-1, 0}, {-0.5, 0}}, 2, func(a, b, p, _ float64) float64 { return p * (a / b) }, nil},
	{"QuotientOrZero slope", -1, kernel.SlopeQuotientOrZero, true, noParams, 2, func(a, b, _, _ float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	}, nil},
	{"Softsign slope", -1, kernel.SlopeSoftsign, false, noParams, 4, func(a, _, _, _ float64) float64 { return 1 / (1 + math.Abs(a)) / (1 + math.Abs(a)) }, nil},
	{"LeakyReLU slope", -1, kernel.SlopeLeakyReLU, false, [][2]float64{{0.01, 0}, {math.Inf(1), 0}}, 1, nil, func(ct, a, _, p, _ float64) float64 {
		if a <= 0 {
			return specfun.Chain(ct, p)
		}
		return ct
	}},
	{"Clamp slope", -1, kernel.SlopeClamp, false, [][2]float64{{-1, 0.5}, {0, 2}, {1, -1}}, 0, nil, func(ct, a, _, p, q float64) float64 {
		if a < p || a > q {
			return 0
		}
		return ct
	}},
	{"Max slope", -1, kernel.SlopeMax, true, noParams, 0, nil, func(ct, a, b, _, _ float64) float64 {
		y := max(a, b)
		return halfIf(ct, same(a, y), same(b, y))
	}},
	{"Min slope", -1, kernel.SlopeMin, true, noParams, 0, nil, func(ct, a, b, _, _ float64) float64 {
		y := min(a, b)
		return halfIf(ct, same(a, y), same(b, y))
	}},
}

// halfIf returns ct if a was taken, half of it if b was too.
func halfIf(ct float64, mine, other bool) float64 {
	switch {
	case !mine:
		return 0
	case other:
		return ct / 2
	}
	return ct
}

func reciprocalPositive(a, _, p, q float64) float64 {
	if a+q < 0 {
		return math.NaN()
	}
	return p * (1 / (a + q))
}

// run calls the mapping.
func runMap[T kernel.Float](m mapTest, dst, ct, a, b []T, p, q T, set bool) {
	if !m.binary {
		b = nil
	}
	if m.op >= 0 {
		kernel.Map(m.op, dst, a, b, p, q)
	} else {
		kernel.Slope(m.slope, dst, ct, a, b, p, q, set)
	}
}

func TestMaps(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		for _, m := range mapTests {
			testMap[float32](t, m)
			testMap[float64](t, m)
		}
	})
}

// testMap looks at all lengths, with operands that are numbers, special and not, each somewhere in memory.
func testMap[T kernel.Float](t *testing.T, m mapTest) {
	t.Helper()
	rng := rand.New(rand.NewPCG(21, 22))
	for n := range maxLength + 1 {
		for form := range 4 { // which of the operands are numbers
			if form > 0 && (!m.binary || n%7 > 1) {
				continue
			}
			param := m.params[(n+form)%len(m.params)]
			p, q := T(param[0]), T(param[1])
			operand := func(number bool, off int) box[T] {
				if number {
					return boxOf(mixed[T](rng, 1), off)
				}
				return boxOf(mixed[T](rng, n), off)
			}
			a, b, ct := operand(form&1 != 0, n%5), operand(form&2 != 0, n%3), boxOf(mixed[T](rng, n), n%4)
			for i := range ct.s {
				if rng.IntN(4) == 0 {
					ct.s[i] = 0
				}
			}
			for _, set := range []bool{true, false} {
				if m.op >= 0 && !set {
					continue
				}
				dst := boxOf(random[T](rng, n, 3), n%6)
				before := append([]T(nil), dst.s...)
				runMap(m, dst.s, ct.s, a.s, b.s, p, q, set)
				for i, got := range dst.s {
					x, y, w := a.s[i%len(a.s)], b.s[i%len(b.s)], ct.s[i]
					first := T(0)
					if !set {
						first = before[i]
					}
					if want, most := m.result(float64(x), float64(y), float64(w), float64(p), float64(q), float64(first), func(v float64) float64 { return float64(T(v)) }); !within(got, T(want), most, m.ulps > 0) && !(m.op < 0 && (m.passed == nil || m.ulps > 1) && (extreme(x) || extreme(y) || extreme(want/float64(w)) || math.IsInf(float64(w), 0))) {
						t.Fatalf("%s/dtype=%s n=%d form=%d set=%v: of %v and %v with %v, p=%v q=%v, to %v, got %v, want %v", m.name, dtype[T](), n, form, set, x, y, w, p, q, first, got, want)
					}
					// What stands beside an element has no influence on it.
					alone := []T{first}
					runMap(m, alone, []T{w}, []T{x}, []T{y}, p, q, set)
					if !same(alone[0], got) {
						t.Fatalf("%s/dtype=%s n=%d form=%d set=%v: of %v and %v with %v, got %v, alone %v", m.name, dtype[T](), n, form, set, x, y, w, got, alone[0])
					}
				}
				for _, s := range []box[T]{a, b, ct, dst} {
					s.check(t)
				}
			}
		}
	}
}

// result returns what a mapping computes, added to first if it is a slope, and the error that is allowed, in units of eps. A derivative is
// rounded before it is multiplied.
func (m mapTest) result(a, b, ct, p, q, first float64, round func(float64) float64) (want, most float64) {
	switch {
	case m.op >= 0:
		want = m.want(a, b, p, q)
		size := math.Abs(want)
		switch m.op { // sums
		case kernel.MapLogAddExp:
			size = max(math.Abs(a), math.Abs(b), 1)
		case kernel.MapLogitEntropy:
			size = max(size, math.Abs(a*b), math.Abs(a*(1-b)), 1)
		case kernel.MapLogitError:
			size = math.Abs(p) * max(1, math.Abs(b))
		}
		return want, m.ulps * size
	case m.passed != nil:
		want = m.passed(ct, a, b, p, q)
	default:
		want = specfun.Chain(ct, round(m.want(a, b, p, q)))
	}
	want = round(want)
	size := math.Abs(want)
	switch m.slope { // sums, with a root
	case kernel.SlopeGELU:
		size = max(size, math.Abs(ct)*math.Erfc(-a/math.Sqrt2)/2)
	case kernel.SlopeSiLU:
		size = max(size, math.Abs(ct)*kernel.SigmoidOf(a))
	}
	return first + want, (m.ulps+1)*size + math.Abs(first+want)
}

// extreme reports whether a number is so large or small that the parts of a derivative may over- or underflow.
func extreme[T kernel.Float](x T) bool {
	a := math.Abs(float64(x))
	return a > 1e15 && !math.IsInf(a, 1) || a < 1e-15 && a != 0
}

// within reports whether two numbers are the same, or differ by no more than most, in units of eps; inexact ones may be off by more where
// they are denormal.
func within[T kernel.Float](got, want T, most float64, inexact bool) bool {
	most *= eps[T]()
	d := math.Abs(float64(got) - float64(want))
	least := math.SmallestNonzeroFloat64
	big := math.MaxFloat64
	if dtype[T]() == "float32" {
		least, big = math.SmallestNonzeroFloat32, math.MaxFloat32
	}
	if same(got, want) || d <= most || inexact && d <= 128*least {
		return true
	}
	// One of them may have overflowed already.
	return inexact && math.IsInf(float64(got), 0) != math.IsInf(float64(want), 0) && min(math.Abs(float64(got)), math.Abs(float64(want))) > big*(1-1e-5)
}

func BenchmarkMaps(b *testing.B) {
	for _, m := range mapTests {
		b.Run(m.name, func(b *testing.B) {
			b.Run("dtype=float32", func(b *testing.B) { benchmarkMap[float32](b, m) })
			b.Run("dtype=float64", func(b *testing.B) { benchmarkMap[float64](b, m) })
		})
	}
}

func benchmarkMap[T kernel.Float](b *testing.B, m mapTest) {
	const n = 10000
	rng := rand.New(rand.NewPCG(1, 2))
	x, y, ct, dst := make([]T, n), make([]T, n), random[T](rng, n, 1), make([]T, n)
	for i := range x {
		x[i], y[i] = T(0.1+0.8*rng.Float64()), T(0.1+2*rng.Float64())
	}
	for b.Loop() {
		runMap(m, dst, ct, x, y, T(m.params[0][0]), T(m.params[0][1]), true)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
}
