package kernel_test

import (
	"math"
	"math/big"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// This file computes functions in 300 bits, from their series.

const precision = 300

var (
	bigPi, _  = new(big.Float).SetPrec(precision + 64).SetString("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651328230664709384460955058223172535940812848111745")
	bigLn2, _ = new(big.Float).SetPrec(precision).SetString("0.693147180559945309417232121458176568075500134360255254120680009493393621969694715605863326996418687542147932140170819150614827022")
)

func num(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func add(x, y *big.Float) *big.Float { return num(0).Add(x, y) }
func sub(x, y *big.Float) *big.Float { return num(0).Sub(x, y) }
func mul(x, y *big.Float) *big.Float { return num(0).Mul(x, y) }
func div(x, y *big.Float) *big.Float { return num(0).Quo(x, y) }

// taylor sums first·Σ Π next(i) until the terms no longer count.
func taylor(first *big.Float, next func(term *big.Float, i int) *big.Float) *big.Float {
	sum, term := num(0).Set(first), first
	for i := 1; term.Sign() != 0 && (sum.Sign() == 0 || term.MantExp(nil) > sum.MantExp(nil)-precision || i < 5); i++ {
		term = next(term, i)
		sum = add(sum, term)
	}
	return sum
}

func bigExp(x *big.Float) *big.Float {
	n, _ := div(x, bigLn2).Float64()
	n = math.Round(n)
	r := sub(x, mul(num(n), bigLn2))
	r.SetMantExp(r, -8)
	y := taylor(num(1), func(t *big.Float, i int) *big.Float { return div(mul(t, r), num(float64(i))) })
	for range 8 {
		y = mul(y, y)
	}
	return y.SetMantExp(y, int(n))
}

// bigLog improves an approximation of ln x by Halley's method.
func bigLog(x *big.Float) *big.Float {
	if x.Cmp(num(1)) == 0 {
		return num(0)
	}
	f := new(big.Float)
	e := x.MantExp(f)
	m, _ := f.Float64()
	y := add(num(math.Log(m)), mul(num(float64(e)), bigLn2))
	for range 2 {
		z := bigExp(y)
		y = add(y, mul(num(2), div(sub(x, z), add(x, z))))
	}
	return y
}

func bigTanh(x *big.Float) *big.Float {
	e := bigExp(mul(num(2), x))
	return div(sub(e, num(1)), add(e, num(1)))
}

func bigSigmoid(x *big.Float) *big.Float { return div(num(1), add(num(1), bigExp(num(0).Neg(x)))) }

// bigSigmoidSlope returns the derivative of sigmoid, s·(1-s).
func bigSigmoidSlope(x *big.Float) *big.Float {
	return mul(bigSigmoid(x), bigSigmoid(num(0).Neg(x)))
}

// bigTanhSlope returns the derivative of tanh, which is 4·s·(1-s) with s = sigmoid(2x).
func bigTanhSlope(x *big.Float) *big.Float { return mul(num(4), bigSigmoidSlope(mul(num(2), x))) }

func bigSoftplus(x *big.Float) *big.Float {
	u := bigExp(x)
	if u.MantExp(nil) < -40 {
		return sub(add(u, div(mul(u, mul(u, u)), num(3))), div(mul(u, u), num(2)))
	}
	return bigLog(add(num(1), u))
}

func bigErf(x *big.Float) *big.Float {
	if v, _ := x.Float64(); math.Abs(v) > 7 {
		return num(math.Copysign(1, v))
	}
	s := mul(x, x)
	power := num(0).Set(x) // (-1)^i x^(2i+1) / i!
	y := taylor(x, func(_ *big.Float, i int) *big.Float {
		power = div(mul(num(0).Neg(power), s), num(float64(i)))
		return div(power, num(float64(2*i+1)))
	})
	return div(mul(num(2), y), num(0).Sqrt(bigPi))
}

func bigSinh(x *big.Float) *big.Float {
	return div(sub(bigExp(x), bigExp(num(0).Neg(x))), num(2))
}

func bigCosh(x *big.Float) *big.Float {
	return div(add(bigExp(x), bigExp(num(0).Neg(x))), num(2))
}

// bigAtan improves an approximation of arctan x by Newton's method for the sine and the cosine.
func bigAtan(x *big.Float) *big.Float {
	v, _ := x.Float64()
	y := num(math.Atan(v))
	for range 4 {
		s, c := bigSin(y), bigCos(y)
		y = add(y, mul(sub(mul(x, c), s), c))
	}
	return y
}

// bigErfc returns 1 - erf x, for large x by its continued fraction.
func bigErfc(x *big.Float) *big.Float {
	if v, _ := x.Float64(); v < 4 {
		return sub(num(1), bigErf(x))
	}
	s := num(0)
	for k := 300; k > 0; k-- {
		s = div(num(float64(k)/2), add(x, s))
	}
	return div(bigExp(num(0).Neg(mul(x, x))), mul(num(0).Sqrt(bigPi), add(x, s)))
}

func bigSin(x *big.Float) *big.Float {
	turns, _ := div(x, mul(num(2), bigPi)).Int(nil)
	r := new(big.Float).SetPrec(precision + 64).SetInt(turns)
	r.Mul(r, bigPi).Mul(r, num(2)).Sub(num(0).Set(x), r)
	s := mul(r, r)
	return taylor(r, func(t *big.Float, i int) *big.Float { return div(mul(num(0).Neg(t), s), num(float64(2*i*(2*i+1)))) })
}

func bigCos(x *big.Float) *big.Float { return bigSin(add(x, div(bigPi, num(2)))) }

// ulps returns the distance of got from want in units in the last place of a T near want.
func ulps[T kernel.Float](got T, want *big.Float) float64 {
	w, _ := want.Float64()
	g := float64(got)
	least, digits, most := -1074, 53, math.MaxFloat64
	if dtype[T]() == "float32" {
		least, digits, most = -149, 24, math.MaxFloat32
	}
	if math.IsInf(g, 0) && math.Abs(w) >= most && (w > 0) == (g > 0) {
		return 0
	}
	if math.IsInf(g, 0) || math.IsNaN(g) {
		return math.Inf(1)
	}
	if want.Sign() == 0 && g == 0 {
		return 0
	}
	ulp := max(want.MantExp(nil)-digits, least)
	d := sub(num(g), want)
	d.SetMantExp(d, -ulp)
	u, _ := d.Float64()
	return math.Abs(u)
}

// sqrt rounds once: the double-precision root of a single-precision number is right after a second rounding too.
func sqrt[T kernel.Float](x T) T { return T(math.Sqrt(float64(x))) }
