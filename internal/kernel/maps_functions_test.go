package kernel_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// one1 is the reference of a mapping of one number.
func one1(f func(float64) float64) func(a, b, p, q float64) float64 {
	return func(a, _, _, _ float64) float64 { return f(a) }
}

// two2 is that of a mapping of two.
func two2(f func(a, b float64) float64) func(a, b, p, q float64) float64 {
	return func(a, b, _, _ float64) float64 { return f(a, b) }
}

func gelu(x float64) float64 { y, _ := kernel.GELUOf(x); return y }
func silu(x float64) float64 { y, _ := kernel.SiLUOf(x); return y }

func geluSlope(x float64) float64 { _, d := kernel.GELUOf(x); return d }
func siluSlope(x float64) float64 { _, d := kernel.SiLUOf(x); return d }

func elu(a, _, p, _ float64) float64 {
	if a > 0 {
		return a
	}
	return p * math.Expm1(a)
}

func eluSlope(a, _, p, _ float64) float64 {
	if a > 0 {
		return 1
	}
	return p * specfun.Exp(a)
}

func logAddExp(a, b float64) float64 {
	m := max(a, b)
	if math.IsInf(m, 0) {
		return m
	}
	return m + math.Log1p(math.Exp(-math.Abs(a-b)))
}

func xlogy(l func(float64) float64) func(a, b float64) float64 {
	return func(a, b float64) float64 {
		if a == 0 && b == b {
			return 0
		}
		return a * l(b)
	}
}

func init() {
	mapTests = append(mapTests, []mapTest{
		{"Cube", kernel.MapCube, 0, false, noParams, 1, one1(func(x float64) float64 { return x * x * x }), nil},
		{"FourthPower", kernel.MapFourthPower, 0, false, noParams, 1.5, one1(func(x float64) float64 { return x * x * (x * x) }), nil},
		{"InverseSquare", kernel.MapInverseSquare, 0, false, noParams, 2, one1(func(x float64) float64 { return 1 / x * (1 / x) }), nil},
		{"PowHalf", kernel.MapPowHalf, 0, false, noParams, 0, one1(func(x float64) float64 { return math.Pow(x, 0.5) }), nil},
		{"Expm1", kernel.MapExpm1, 0, false, noParams, 3, one1(math.Expm1), nil},
		{"Log1p", kernel.MapLog1p, 0, false, noParams, 3, one1(math.Log1p), nil},
		{"Log2", kernel.MapLog2, 0, false, noParams, 3, one1(specfun.Log2), nil},
		{"Log10", kernel.MapLog10, 0, false, noParams, 3, one1(specfun.Log10), nil},
		{"Asin", kernel.MapAsin, 0, false, noParams, 3, one1(specfun.Asin), nil},
		{"Acos", kernel.MapAcos, 0, false, noParams, 3, one1(specfun.Acos), nil},
		{"Atan", kernel.MapAtan, 0, false, noParams, 3, one1(math.Atan), nil},
		{"Sinh", kernel.MapSinh, 0, false, noParams, 4, one1(specfun.Sinh), nil},
		{"Cosh", kernel.MapCosh, 0, false, noParams, 4, one1(specfun.Cosh), nil},
		{"Asinh", kernel.MapAsinh, 0, false, noParams, 4, one1(math.Asinh), nil},
		{"Acosh", kernel.MapAcosh, 0, false, noParams, 4, one1(math.Acosh), nil},
		{"Atanh", kernel.MapAtanh, 0, false, noParams, 4, one1(math.Atanh), nil},
		{"Erfc", kernel.MapErfc, 0, false, noParams, 4, one1(math.Erfc), nil},
		{"GELU", kernel.MapGELU, 0, false, noParams, 5, one1(gelu), nil},
		{"SiLU", kernel.MapSiLU, 0, false, noParams, 5, one1(silu), nil},
		{"ELU", kernel.MapELU, 0, false, [][2]float64{{1, 0}, {0.3, 0}}, 4, elu, nil},
		{"LogSigmoid", kernel.MapLogSigmoid, 0, false, noParams, 4, one1(func(x float64) float64 { return min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))) }), nil},
		{"LogAddExp", kernel.MapLogAddExp, 0, true, noParams, 3, two2(logAddExp), nil},
		{"LogitEntropy", kernel.MapLogitEntropy, 0, true, noParams, 4, two2(kernel.LogitEntropyOf), nil},
		{"LogitError", kernel.MapLogitError, 0, true, [][2]float64{{1, 0}, {-0.25, 0}}, 4, func(z, t, p, _ float64) float64 {
			d := kernel.SigmoidOf(z) - t
			if z >= 0 {
				d = 1 - t - kernel.SigmoidOf(-z)
			}
			return p * d
		}, nil},
		{"Logit", kernel.MapLogit, 0, false, noParams, 4, one1(specfun.Logit), nil},
		{"Entr", kernel.MapEntr, 0, false, noParams, 4, one1(specfun.Entr), nil},
		{"XLogY", kernel.MapXLogY, 0, true, noParams, 4, two2(xlogy(specfun.Log)), nil},
		{"XLog1pY", kernel.MapXLog1pY, 0, true, noParams, 4, two2(xlogy(math.Log1p)), nil},
		{"Atan2", kernel.MapAtan2, 0, true, noParams, 4, two2(specfun.Atan2), nil},
		{"Hypot", kernel.MapHypot, 0, true, noParams, 3, two2(math.Hypot), nil},
		{"Pow", kernel.MapPow, 0, true, noParams, 600, two2(specfun.Pow), nil},

		{"Exp slope", -1, kernel.SlopeExp, false, noParams, 4, one1(specfun.Exp), nil},
		{"Log slope", -1, kernel.SlopeLog, false, noParams, 4, one1(specfun.Log), nil},
		{"Log1p slope", -1, kernel.SlopeLog1p, false, noParams, 4, one1(math.Log1p), nil},
		{"Gauss slope", -1, kernel.SlopeGauss, false, [][2]float64{{2 / math.SqrtPi, 0}, {-1, 0}}, 5, func(a, _, p, _ float64) float64 { return p * specfun.Gauss(a) }, nil},
		{"Asin slope", -1, kernel.SlopeAsin, false, [][2]float64{{1, 0}, {-1, 0}}, 5, func(a, _, p, _ float64) float64 { return p / math.Sqrt((1-a)*(1+a)) }, nil},
		{"Atan slope", -1, kernel.SlopeAtan, false, noParams, 4, one1(func(a float64) float64 { return 1 / (1 + a*a) }), nil},
		{"Atanh slope", -1, kernel.SlopeAtanh, false, noParams, 5, one1(func(a float64) float64 {
			if math.Abs(a) > 1 {
				return math.NaN()
			}
			return 1 / ((1 - a) * (1 + a))
		}), nil},
		{"Asinh slope", -1, kernel.SlopeAsinh, false, noParams, 4, one1(func(a float64) float64 { return 1 / math.Hypot(1, a) }), nil},
		{"Acosh slope", -1, kernel.SlopeAcosh, false, noParams, 5, one1(func(a float64) float64 { return 1 / math.Sqrt(a-1) / math.Sqrt(a+1) }), nil},
		{"Sinh slope", -1, kernel.SlopeSinh, false, noParams, 5, one1(specfun.Sinh), nil},
		{"Cosh slope", -1, kernel.SlopeCosh, false, noParams, 5, one1(specfun.Cosh), nil},
		{"GELU slope", -1, kernel.SlopeGELU, false, noParams, 12, one1(geluSlope), nil},
		{"SiLU slope", -1, kernel.SlopeSiLU, false, noParams, 5, one1(siluSlope), nil},
		{"ELU slope", -1, kernel.SlopeELU, false, [][2]float64{{1, 0}, {0.3, 0}}, 5, eluSlope, nil},
		{"Logit slope", -1, kernel.SlopeLogit, false, noParams, 5, one1(specfun.LogitSlope), nil},
		{"Entr slope", -1, kernel.SlopeEntr, false, noParams, 5, one1(specfun.EntrSlope), nil},
		{"LogAddExp slope", -1, kernel.SlopeLogAddExp, true, noParams, 24, two2(func(a, b float64) float64 {
			if math.IsInf(a, -1) {
				return 0
			}
			return kernel.SigmoidOf(a - b)
		}), nil},
		{"XLogY slope", -1, kernel.SlopeXLogY, true, [][2]float64{{0, 0}, {0, 1}}, 4, func(a, b, _, q float64) float64 {
			switch u := b + q; {
			case a == 0 && b == b:
				return 0
			case u < 0:
				return math.NaN()
			default:
				return a / u
			}
		}, nil},
		{"Angle slope", -1, kernel.SlopeAngle, true, [][2]float64{{1, 0}, {-1, 0}}, 5, func(a, b, p, _ float64) float64 {
			r := math.Hypot(a, b)
			if r == 0 || math.IsInf(r, 1) {
				return 0
			}
			return p * (a / r / r)
		}, nil},
		{"PowExponent slope", -1, kernel.SlopePowExponent, true, noParams, 5, two2(func(a, b float64) float64 {
			switch {
			case a < 0:
				return math.NaN()
			case b == 0, a == 0 && b == 1:
				return 0
			}
			return b * specfun.Log(a)
		}), nil},
		{"PowBase slope", -1, kernel.SlopePowBase, true, [][2]float64{{0, 0}, {1, 0}}, 600, nil, func(ct, a, b, p, _ float64) float64 {
			d := b * specfun.Pow(a, b-1)
			if b == 0 {
				if d = 0; p != 0 {
					return 0
				}
			}
			return specfun.Chain(ct, d)
		}},
	}...)
}

// mapAccuracy says how far a mapping may be from the right result between two numbers.
var mapAccuracy = []struct {
	name           string
	op             kernel.MapOp
	slope          kernel.SlopeOp
	b, p           float64
	exact          func(x *big.Float) *big.Float
	lo, hi         float64
	ulps32, ulps64 float64
}{
	{"Expm1", kernel.MapExpm1, 0, 0, 0, bigExpm1, -3, 3, maxUlps32, maxUlps64},
	{"Expm1", kernel.MapExpm1, 0, 0, 0, bigExpm1, -50, 80, maxUlps32, maxUlps64},
	{"Log1p", kernel.MapLog1p, 0, 0, 0, bigLog1p, -0.999, 3, maxUlps32, maxUlps64},
	{"Log1p", kernel.MapLog1p, 0, 0, 0, bigLog1p, 0, 1e30, maxUlps32, maxUlps64},
	{"Log2", kernel.MapLog2, 0, 0, 0, bigLogTo(2), 0, 3, maxUlps32, maxUlps64},
	{"Log2", kernel.MapLog2, 0, 0, 0, bigLogTo(2), 0, 1e30, maxUlps32, maxUlps64},
	{"Log10", kernel.MapLog10, 0, 0, 0, bigLogTo(10), 0, 3, maxUlps32, maxUlps64},
	{"Log10", kernel.MapLog10, 0, 0, 0, bigLogTo(10), 0, 1e30, maxUlps32, maxUlps64},
	{"Asin", kernel.MapAsin, 0, 0, 0, bigAsin, -1, 1, maxUlps32, maxUlps64},
	{"Acos", kernel.MapAcos, 0, 0, 0, bigAcos, -1, 1, maxUlps32, maxUlps64},
	{"Atan", kernel.MapAtan, 0, 0, 0, bigAtan, -3, 3, maxUlps32, maxUlps64},
	{"Atan", kernel.MapAtan, 0, 0, 0, bigAtan, -1e3, 1e9, maxUlps32, maxUlps64},
	{"Sinh", kernel.MapSinh, 0, 0, 0, bigSinh, -3, 3, maxUlps32, 2.5},
	{"Sinh", kernel.MapSinh, 0, 0, 0, bigSinh, -80, 89, maxUlps32, 2.5},
	{"Cosh", kernel.MapCosh, 0, 0, 0, bigCosh, -80, 89, maxUlps32, maxUlps64},
	{"Asinh", kernel.MapAsinh, 0, 0, 0, bigAsinh, -3, 3, maxUlps32, maxUlps64},
	{"Asinh", kernel.MapAsinh, 0, 0, 0, bigAsinh, -1e30, 1e30, maxUlps32, maxUlps64},
	{"Acosh", kernel.MapAcosh, 0, 0, 0, bigAcosh, 1, 3, 3, 3},
	{"Acosh", kernel.MapAcosh, 0, 0, 0, bigAcosh, 1, 1e30, 3, 3},
	{"Atanh", kernel.MapAtanh, 0, 0, 0, bigAtanh, -1, 1, 3, 3},
	{"Erfc", kernel.MapErfc, 0, 0, 0, bigErfc, -3, 3, 3, 3},
	{"Erfc", kernel.MapErfc, 0, 0, 0, bigErfc, 0, 9, 3, 3},
	{"GELU", kernel.MapGELU, 0, 0, 0, bigGELU, -12, 3, 4, 300}, // x/√2 is rounded
	{"SiLU", kernel.MapSiLU, 0, 0, 0, bigSiLU, -80, 5, 4, 4},
	{"LogSigmoid", kernel.MapLogSigmoid, 0, 0, 0, bigLogSigmoid, -30, 80, 3, 3},
	{"Logit", kernel.MapLogit, 0, 0, 0, bigLogit, 0, 1, 0.6, 3},
	{"Entr", kernel.MapEntr, 0, 0, 0, func(x *big.Float) *big.Float { return num(0).Neg(mul(x, bigLog(x))) }, 0, 3, 3, 3},
	{"Logit slope", -1, kernel.SlopeLogit, 0, 0, func(x *big.Float) *big.Float { return div(num(1), mul(x, sub(num(1), x))) }, 0, 1, 1.5, 1.5},
	{"Entr slope", -1, kernel.SlopeEntr, 0, 0, func(x *big.Float) *big.Float { return sub(num(-1), bigLog(x)) }, 0.25, 0.5, 0.6, 4},
	{"Atan2", kernel.MapAtan2, 0, 0.75, 0, func(y *big.Float) *big.Float { return bigAtan(div(y, num(0.75))) }, -3, 3, 2.5, 2.5},
	{"Atan2", kernel.MapAtan2, 0, -0.75, 0, func(y *big.Float) *big.Float { return add(bigPi, bigAtan(div(y, num(-0.75)))) }, 0, 3, 2.5, 2.5},
	{"Hypot", kernel.MapHypot, 0, 0.75, 0, func(x *big.Float) *big.Float { return num(0).Sqrt(add(mul(x, x), num(0.5625))) }, -3, 3, maxUlps32, maxUlps64},
	{"Pow", kernel.MapPow, 0, 2.5, 0, bigPow(2.5), 0, 10, maxUlps32, maxUlps64},
	{"Pow", kernel.MapPow, 0, -0.25, 0, bigPow(-0.25), 0, 1e30, maxUlps32, maxUlps64},
	{"Pow", kernel.MapPow, 0, 30, 0, bigPow(30), 0.25, 4, maxUlps32, maxUlps64},
	{"Pow", kernel.MapPow, 0, 1e5, 0, bigPow(1e5), 1 - 1.0/2048, 1 + 1.0/2048, maxUlps32, maxUlps64},
	{"Gauss", -1, kernel.SlopeGauss, 0, 1, func(x *big.Float) *big.Float { return bigExp(num(0).Neg(mul(x, x))) }, -9, 9, 4, 4},
	{"Asinh slope", -1, kernel.SlopeAsinh, 0, 0, func(x *big.Float) *big.Float { return div(num(1), num(0).Sqrt(add(mul(x, x), num(1)))) }, -3, 3, 4, 4},
	{"PowBase", -1, kernel.SlopePowBase, 2.5, 0, func(x *big.Float) *big.Float { return mul(num(2.5), bigPow(1.5)(x)) }, 0, 10, 4, 4},
	{"PowBase", -1, kernel.SlopePowBase, 0.125, 0, func(x *big.Float) *big.Float { return mul(num(0.125), bigPow(-0.875)(x)) }, 0, 1e30, 4, 4},
}

func TestMapAccuracy(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		for i, m := range mapAccuracy {
			if i > 0 && mapAccuracy[i-1].name == m.name && testing.Short() {
				continue
			}
			testMapAccuracy[float32](t, i, m.ulps32)
			testMapAccuracy[float64](t, i, m.ulps64)
		}
	})
}

func testMapAccuracy[T kernel.Float](t *testing.T, i int, most float64) {
	t.Helper()
	if kernel.MapsInGo() {
		most = max(most, 8) // that of package math
		switch name := mapAccuracy[i].name; {
		case strings.HasPrefix(name, "Pow"):
			most = 1e5 // that of math.Pow
		case name == "GELU":
			most = 300
		}
	}
	m := mapAccuracy[i]
	rng := rand.New(rand.NewPCG(31, uint64(i)))
	n := 50
	x := make([]T, 0, 2*n)
	for k := range n {
		u := (float64(k) + rng.Float64()) / float64(n)
		x = append(x, T(m.lo+(m.hi-m.lo)*u))
		if m.lo <= 0 && m.hi >= 0 { // of every magnitude
			x = append(x, T(m.hi*math.Ldexp(1+rng.Float64(), -1-rng.IntN(60))))
		} else {
			x = append(x, T(m.lo+(m.hi-m.lo)*math.Ldexp(1+rng.Float64(), -1-rng.IntN(40))))
		}
	}
	test := mapTest{op: m.op, slope: m.slope, binary: m.b != 0}
	b, ones, got := make([]T, len(x)), make([]T, len(x)), make([]T, len(x))
	for k := range x {
		b[k], ones[k] = T(m.b), 1
	}
	runMap(test, got, ones, x, b, T(m.p), 0, true)
	worst, at := 0.0, 0
	for k := range x {
		if v := float64(x[k]); v < m.lo || v > m.hi || v == 0 && m.lo == 0 {
			continue
		}
		if u := ulps(got[k], m.exact(num(float64(x[k])))); u > worst {
			worst, at = u, k
		}
	}
	if worst > most {
		t.Errorf("%s/dtype=%s: error of %.3f ulp at %v: got %v, want at most %v ulp", m.name, dtype[T](), worst, x[at], got[at], most)
	}
	t.Logf("%s/dtype=%s: largest error %.3f ulp, at %v", m.name, dtype[T](), worst, x[at])
}

// Logarithms of powers of the base are whole numbers, and in single precision the nearest numbers to them.
func TestMapLogarithmsExact(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		for e := -22; e <= 22; e++ {
			checkLog(t, kernel.MapLog10, math.Pow10(e), float64(e))
		}
		for e := -1074; e < 1024; e++ {
			checkLog(t, kernel.MapLog2, math.Ldexp(1, e), float64(e))
		}
	})
}

func checkLog(t *testing.T, op kernel.MapOp, x, want float64) {
	t.Helper()
	y := []float64{0}
	kernel.Map(op, y, []float64{x}, nil, 0, 0)
	if y[0] != want {
		t.Errorf("%d of %v is %v, want %v", op, x, y[0], want)
	}
	if z := float32(x); z > 0 && !math.IsInf(float64(z), 0) {
		y := []float32{0}
		kernel.Map(op, y, []float32{z}, nil, 0, 0)
		if y[0] != float32(want) {
			t.Errorf("%d of float32 %v is %v, want %v", op, z, y[0], want)
		}
	}
}

func bigExpm1(x *big.Float) *big.Float { return sub(bigExp(x), num(1)) }
func bigLog1p(x *big.Float) *big.Float { return bigLog(add(num(1), x)) }

func bigLogTo(base float64) func(x *big.Float) *big.Float {
	l := bigLog(num(base))
	return func(x *big.Float) *big.Float { return div(bigLog(x), l) }
}

func bigAsin(x *big.Float) *big.Float {
	c := num(0).Sqrt(mul(sub(num(1), x), add(num(1), x)))
	if c.Sign() == 0 {
		return mul(x, div(bigPi, num(2)))
	}
	return bigAtan(div(x, c))
}

func bigAcos(x *big.Float) *big.Float {
	s := num(0).Sqrt(div(sub(num(1), x), add(num(1), x)))
	return mul(num(2), bigAtan(s))
}

func bigAsinh(x *big.Float) *big.Float {
	y := bigLog(add(num(0).Abs(x), num(0).Sqrt(add(mul(x, x), num(1)))))
	if x.Sign() < 0 {
		y.Neg(y)
	}
	return y
}

func bigAcosh(x *big.Float) *big.Float {
	return bigLog(add(x, num(0).Sqrt(mul(sub(x, num(1)), add(x, num(1))))))
}

func bigAtanh(x *big.Float) *big.Float {
	return div(bigLog(div(add(num(1), x), sub(num(1), x))), num(2))
}

func bigGELU(x *big.Float) *big.Float {
	return div(mul(x, bigErfc(div(num(0).Neg(x), num(0).Sqrt(num(2))))), num(2))
}

func bigLogit(x *big.Float) *big.Float { return bigLog(div(x, sub(num(1), x))) }

func bigSiLU(x *big.Float) *big.Float       { return mul(x, bigSigmoid(x)) }
func bigLogSigmoid(x *big.Float) *big.Float { return num(0).Neg(bigSoftplus(num(0).Neg(x))) }

func bigPow(y float64) func(x *big.Float) *big.Float {
	return func(x *big.Float) *big.Float { return bigExp(mul(num(y), bigLog(x))) }
}
