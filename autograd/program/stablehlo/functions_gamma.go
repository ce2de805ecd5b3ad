package stablehlo

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var _ = addPrimitives(map[string]primitiveForm{
	"lgamma":  wide1(func(e *emitter, x value) value { return e.lgamma(x) }),
	"digamma": wide1(func(e *emitter, x value) value { return e.digamma(x) }),
	"polygamma": ordered(func(e *emitter, n int, x value) value {
		if n == 0 {
			return e.digamma(x)
		}
		return e.polygamma(n, x)
	}),
	"lbeta":              wide2(func(e *emitter, a, b value) value { return e.lbeta(a, b) }),
	"digamma_difference": wide2(func(e *emitter, a, b value) value { return e.digammaDifference(a, b) }),
})

// wide2 is wide1 for two operands.
func wide2(f func(e *emitter, a, b value) value) primitiveForm {
	return function2(func(e *emitter, a, b value) value {
		return e.convert(f(e, e.convert(a, f64), e.convert(b, f64)), a.elem)
	})
}

// large is from where on asymptotic series are used. Smaller arguments are raised by recurrences, as many steps for all.
const large = 10

// stirlingTail are B₂ₖ/(2k·(2k-1)) for k = 1, 2, ..., of ln Γ, DLMF 5.11.1, and digammaTail B₂ₖ/2k, of ψ, DLMF 5.11.2.
var (
	stirlingTail = []float64{1. / 12, -1. / 360, 1. / 1260, -1. / 1680, 1. / 1188, -691. / 360360, 1. / 156, -3617. / 122400}
	digammaTail  = []float64{1. / 12, -1. / 120, 1. / 252, -1. / 240, 1. / 132, -691. / 32760, 1. / 12, -3617. / 8160}
)

// zetaTail are B₂ₖ/(2k)! for k = 1, 2, ...
var zetaTail = []float64{1. / 12, -1. / 720, 1. / 30240, -1. / 1209600, 1. / 47900160, -691. / 1307674368e3, 1. / 747242496e2, -3617. / 1067062284288e4}

// zeta returns the sum of (q+k)⁻ˢ over k = 0, 1, ..., for q > 0, by Euler's and Maclaurin's formula, DLMF 25.11.43.
func zeta(s int, q float64) float64 {
	var sum float64
	for ; q < float64(large+s); q++ {
		sum += math.Pow(q, -float64(s))
	}
	t := math.Pow(q, 1-float64(s))
	sum += t/float64(s-1) + 0.5*t/q
	t *= float64(s) / q / q
	for k, b := range zetaTail {
		sum += b * t
		t *= float64(s+2*k+1) / q * float64(s+2*k+2) / q
	}
	return sum
}

// The positive root of digamma as a float64, and digamma there, which is not quite 0, as in SciPy's _digamma.h.
const (
	digammaRoot   = 1.4616321449683623
	digammaAtRoot = -9.2412655217294275e-17
)

// lgamma returns ln |Γ(x)|: Stirling's series from 10 on, the series about 2, DLMF 5.7.3, below, and reflection, DLMF 5.5.3,
// for x < 0. Between them Γ(x+1) = x·Γ(x).
func (e *emitter) lgamma(x value) value {
	c := e.calculate(x.typ)
	c.give("x", x)
	c.let("a", "abs(x)")
	c.let("b", "where(lt(a, 2.5), 2.5, a)")
	c.let("p", "1")
	for range large - 2 {
		c.let("lower", "where(lt(b, %d), gt(b, 2.5), 0)", large)
		c.let("next", "b - 1")
		c.let("p", "where(lower, p*next, p)")
		c.let("b", "where(lower, next, b)")
	}
	c.let("z", "where(lt(a, 0.5), a, where(lt(a, 1.5), a - 1, where(lt(a, 2.5), a - 2, b - 2)))")
	series := []float64{0, 0.42278433509846714} // (-1)ᵏ·(ζ(k)-1)/k from k = 2 on
	for k := 2; k < 30; k++ {
		series = append(series, math.Pow(-1, float64(k))*zeta(k, 2)/float64(k))
	}
	c.let("y", "%s", polynomial("z", series...))
	c.let("y", "y + where(lt(a, 0.5), -log(a) - log1p(a), where(lt(a, 1.5), -log1p(z), log(p)))")
	c.stirlingRest("rest", "a")
	c.let("far", "(a - 0.5)*log(a) - a + (%s + rest)", number(0.5*math.Log(2*math.Pi)))
	c.let("y", "where(lt(a, %d), y, far)", large)
	c.sincosPi("a")
	c.let("y", "where(lt(x, 0), log(%s/abs(a*sin)) - y, y)", number(math.Pi))
	c.let("y", "where(lt(a, 1e-18), -log(a), y)")
	c.let("y", "where(le(x, 0), where(eq(x, floor(x)), 1/0, y), y)")
	c.let("y", "where(lt(a, 1/0), y, a)")
	return c.value("y")
}

// stirlingRest calculates ln Γ(x) - [(x-½)·ln x - x + ½·ln 2π] for x ≥ 10.
func (c *calculation) stirlingRest(name, x string) {
	c.let("w", "1/(%s)", x)
	c.let("v", "w*w")
	c.let(name, "w*(%s)", polynomial("v", stirlingTail...))
}

// digamma returns ψ(x): the series about its root, DLMF 5.15.1, the asymptotic one, raised by DLMF 5.5.2, and reflection, DLMF
// 5.5.4, for x < 0.
func (e *emitter) digamma(x value) value {
	c := e.calculate(x.typ)
	c.give("x", x)
	c.let("b", "where(lt(x, 0), 1 - x, x)")
	series := []float64{digammaAtRoot}
	for k := range 24 {
		series = append(series, math.Pow(-1, float64(k))*zeta(k+2, digammaRoot))
	}
	c.let("d", "b - %s", number(digammaRoot))
	c.let("near", "%s", polynomial("d", series...))
	c.let("y", "0")
	for range large {
		c.let("low", "lt(b, %d)", large)
		c.let("y", "where(low, y - 1/b, y)")
		c.let("b", "where(low, b + 1, b)")
	}
	c.let("w", "1/(b*b)")
	c.let("y", "y + (log(b) - 0.5/b - w*(%s))", polynomial("w", digammaTail...))
	c.let("y", "where(lt(abs(d), 0.3), near, y)")
	c.cotPi()
	c.let("y", "where(lt(x, 0), y - %s*cot, y)", number(math.Pi))
	c.let("pole", "where(eq(x, 0), -1/x, 0/0)")
	c.let("y", "where(le(x, 0), where(eq(x, floor(x)), pole, y), y)")
	return c.value("y")
}

// cotPi calculates cot πx for x < 0, with its relative precision at half-integers too.
func (c *calculation) cotPi() {
	c.let("r", "x - trunc(x)")
	c.let("r", "where(lt(r, -0.5), r + 1, r)")
	c.let("size", "abs(r)")
	c.let("flank", "tan(%s*(0.5 - size))", number(math.Pi))
	c.let("cot", "where(gt(size, 0.25), where(lt(r, 0), -flank, flank), 1/tan(%s*r))", number(math.Pi))
}

// polygamma returns the n-th derivative of digamma for n ≥ 1: (-1)ⁿ⁺¹·n!·ζ(n+1, x), DLMF 5.15.1, and reflection, DLMF 5.15.6, for
// x < 0.
func (e *emitter) polygamma(n int, x value) value {
	c := e.calculate(x.typ)
	c.give("x", x)
	c.let("q", "where(lt(x, 0), 1 - x, x)")
	s := n + 1
	c.let("sum", "0")
	for range large + s {
		c.let("low", "lt(q, %d)", large+s)
		c.let("sum", "where(low, sum + %s, sum)", inversePower("q", s))
		c.let("q", "where(low, q + 1, q)")
	}
	c.let("w", "1/(q*q)")
	// t·(1/(s-1) + ½/q + ...) with t = q¹⁻ˢ
	tail, factor := make([]float64, len(zetaTail)), float64(s)
	for k, b := range zetaTail {
		tail[k] = b * factor
		factor *= float64(s+2*k+1) * float64(s+2*k+2)
	}
	c.let("sum", "sum + %s*(%s + 0.5/q + w*(%s))", inversePower("q", s-1), number(1/float64(s-1)), polynomial("w", tail...))
	factorial := 1.0
	for k := 2; k <= n; k++ {
		factorial *= float64(k)
	}
	c.let("y", "%s*sum", number(math.Pow(-1, float64(n+1))*factorial))
	c.cotPi()
	c.let("below", "%s*y - %s*(%s)", number(math.Pow(-1, float64(n))), number(math.Pow(math.Pi, float64(n+1))), polynomial("cot", specfun.CotDerivative(n)...))
	c.let("y", "where(lt(x, 0), below, y)")
	pole := "1/0" // with one sign on both sides
	if n%2 == 0 {
		pole = "where(eq(x, 0), -1/x, 0/0)"
	}
	c.let("y", "where(le(x, 0), where(eq(x, floor(x)), where(gt(x, -1/0), %s, 0/0), y), y)", pole)
	c.let("y", "where(lt(x, 1/0), y, where(eq(x, x), 0, x))")
	return c.value("y")
}

// inversePower returns the expression of x⁻ⁿ for n ≥ 1.
func inversePower(x string, n int) string {
	switch n {
	case 1:
		return "1/" + x
	case 2:
		return "1/(" + x + "*" + x + ")"
	}
	return "pow(" + x + ", " + number(-float64(n)) + ")"
}

// lbeta returns ln B(a, b) for a, b ≥ 0. The large terms of ln Γ(b) and ln Γ(a+b) are subtracted by hand, as in Didonato and
// Morris (1992), TOMS 708; the larger argument is raised by B(a, b) = B(a, b+1)·(a+b)/b, DLMF 5.12.1.
func (e *emitter) lbeta(a, b value) value {
	c := e.calculate(a.typ)
	c.give("first", a)
	c.give("second", b)
	c.let("a", "minimum(first, second)")
	c.let("b", "maximum(first, second)")
	c.let("p", "1")
	for range large {
		c.let("low", "lt(b, %d)", large)
		c.let("p", "where(low, p*(1 + a/b), p)")
		c.let("b", "where(low, b + 1, b)")
	}
	c.let("r", "a/b")
	c.let("rise", "log1p(r)") // ln((a+b)/b)
	c.let("shift", "where(lt(r, 1e-20), a, b*rise)")
	c.stirlingRest("sum", "b")
	c.stirlingRest("other", "a + b")
	c.let("sum", "sum - other + log(p)")
	c.give("gamma", e.lgamma(c.value("a")))
	c.let("small", "gamma - a*(log(b) + rise) + (a - shift) + (0.5*rise + sum)")
	c.let("fall", "where(lt(r, 1e-290), log(a) - log(b), log(r) - rise)") // ln(a/(a+b))
	c.stirlingRest("rest", "a")
	c.let("y", "(a - 0.5)*fall - shift - 0.5*log(b) + (%s + rest + sum)", number(0.5*math.Log(2*math.Pi)))
	c.let("y", "where(lt(a, %d), small, y)", large)
	c.let("y", "where(eq(a, 0), where(lt(b, 1/0), 1/0, 0/0), where(lt(b, 1/0), y, -1/0))")
	c.let("y", "where(ge(a, 0), y, 0/0)")
	return c.value("y")
}

// digammaDifference returns ψ(a+b) - ψ(a) for a, b ≥ 0: the differences of the terms of DLMF 5.5.2 and 5.11.2, all positive.
func (e *emitter) digammaDifference(a, b value) value {
	c := e.calculate(a.typ)
	c.give("first", a)
	c.give("a", a)
	c.give("b", b)
	c.let("y", "0")
	for range large {
		c.let("low", "lt(a, %d)", large)
		c.let("y", "where(low, y + b/(a + b)/a, y)")
		c.let("a", "where(low, a + 1, a)")
	}
	// With w = 1/a² and v = 1/c² the terms are wᵏ - vᵏ = w·(wᵏ⁻¹ - vᵏ⁻¹) + vᵏ⁻¹·(w - v).
	c.let("c", "a + b")
	c.let("difference", "b/c/a") // 1/a - 1/c
	c.let("w", "1/(a*a)")
	c.let("v", "1/(c*c)")
	c.let("d", "difference*(1/a + 1/c)")
	c.let("tail", "0")
	c.let("power", "d")
	c.let("vk", "1")
	for _, t := range digammaTail {
		c.let("tail", "tail + %s*power", number(t))
		c.let("vk", "vk*v")
		c.let("power", "w*power + vk*d")
	}
	c.let("y", "y + (log1p(b/a) + 0.5*difference + tail)")
	c.let("a", "first")
	c.let("y", "where(eq(b, 1/0), where(eq(a, 1/0), 0/0, 1/0), where(eq(a, 0), where(eq(b, 0), 0/0, 1/0), where(eq(a, 1/0)+eq(b, 0), 0, y)))")
	c.let("y", "where(ge(a, 0)*ge(b, 0), y, 0/0)")
	return c.value("y")
}
