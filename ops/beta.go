package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

var opLBeta, opDigammaDifference graph.Op

func init() {
	register(&opLBeta, graph.Row{
		Name: "lbeta", Func: LBeta, Params: "a, b",
		Doc:        "logarithm of the beta function, without cancellation for large arguments",
		Formula:    "ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a+b)",
		Derivative: "-digamma_difference(a, b), -digamma_difference(b, a)",
		Value:      "lbeta(a, b)",
		Slopes:     []string{"-digamma_difference(a, b)", "-digamma_difference(b, a)"},
		Binary: func(a, b float64) (float64, float64, float64) {
			return lbeta(a, b), -digammaDifference(a, b), -digammaDifference(b, a)
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			return Chain(ct, Neg(DigammaDifference(n.Input(i), n.Input(1-i))))
		},
		Domain: []graph.Interval{{Lo: 0.4, Hi: 4}},
		Source: "DLMF 5.12.1; corrections of Stirling's formula, DLMF 5.11.1, as in Didonato and Morris (1992), TOMS 708",
	})
	register(&opDigammaDifference, graph.Row{
		Name: "digamma_difference", Func: DigammaDifference, Params: "a, b",
		Doc:        "difference of digamma from a to a+b, without cancellation for small b",
		Formula:    "ψ(a+b) - ψ(a)",
		Derivative: "polygamma(1, a+b) - polygamma(1, a), polygamma(1, a+b)",
		Value:      "digamma_difference(a, b)",
		Slopes:     []string{"where(lt(minimum(a, b), 0), y, polygamma(1, a+b)-polygamma(1, a))", "where(lt(minimum(a, b), 0), y, polygamma(1, a+b))"},
		Binary: func(a, b float64) (float64, float64, float64) {
			y := digammaDifference(a, b)
			if a < 0 || b < 0 {
				return y, y, y
			}
			d := polygamma(1, a+b)
			return y, d - polygamma(1, a), d
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			a, b := nanBelowZero(n.Input(0)), nanBelowZero(n.Input(1))
			d := Polygamma(1, Add(a, b))
			if i == 0 {
				d = Sub(d, Polygamma(1, a))
			}
			return Chain(ct, d)
		},
		Domain: []graph.Interval{{Lo: 0.4, Hi: 4}},
		Source: "DLMF 5.5.2 and 5.11.2, the differences of their terms taken one by one",
	})
}

// nanBelowZero returns x, but NaN where it is negative: a formula goes on where a function ends.
func nanBelowZero(x graph.Value) graph.Value {
	g := x.Graph()
	return Where(Lt(x, g.Const(0)), g.Const(math.NaN()), x)
}

// stirling is from where on [stirlingRest] is used.
const stirling = 10

// stirlingTail are B₂ₖ/(2k·(2k-1)) for k = 1, 2, ... of Stirling's series, DLMF 5.11.1.
var stirlingTail = [...]float64{1. / 12, -1. / 360, 1. / 1260, -1. / 1680, 1. / 1188, -691. / 360360, 1. / 156, -3617. / 122400}

// stirlingRest returns ln Γ(x) - [(x-½)·ln x - x + ½·ln 2π] for x ≥ stirling.
func stirlingRest(x float64) float64 {
	w := 1 / x
	y := 0.0
	for i := len(stirlingTail) - 1; i >= 0; i-- {
		y = y*(w*w) + stirlingTail[i]
	}
	return y * w
}

// lbeta returns ln B(a, b). The large terms of ln Γ(b) and ln Γ(a+b) are subtracted by hand: the logarithm of their
// quotient is what log1p returns. The error is some units in the last place of the larger of |ln B| and 1.
func lbeta(a, b float64) float64 {
	if a > b {
		a, b = b, a
	}
	switch {
	case math.IsNaN(a + b), a < 0:
		return math.NaN()
	case a == 0 && math.IsInf(b, 1):
		return math.NaN() // B(a, b) goes anywhere
	case a == 0:
		return math.Inf(1)
	case math.IsInf(b, 1):
		return math.Inf(-1)
	}
	if b < stirling {
		return lbetaSmall(a, b)
	}
	r := a / b
	rise := math.Log1p(r) // ln((a+b)/b)
	shift := b * rise     // a little less than a
	if r < 1e-20 {
		shift = a
	}
	sum := stirlingRest(b)
	if c := a + b; !math.IsInf(c, 1) {
		sum -= stirlingRest(c)
	}
	if a < stirling {
		// ln Γ(b) - ln Γ(a+b) = -a·ln(a+b) + a - (b-½)·ln((a+b)/b) + sum
		return lgamma(a) - a*(math.Log(b)+rise) + (a - shift) + (0.5*rise + sum)
	}
	fall := math.Log(r) - rise // ln(a/(a+b))
	if r < 1e-290 {
		fall = math.Log(a) - math.Log(b)
	}
	return (a-0.5)*fall - shift - 0.5*math.Log(b) + (0.5*math.Log(2*math.Pi) + stirlingRest(a) + sum)
}

// lbetaSmall is lbeta for arguments below stirling. The larger one is raised by the recurrence
// B(a, b) = B(a, b+1)·(a+b)/b, DLMF 5.12.1 and 5.5.1.
func lbetaSmall(a, b float64) float64 {
	p := 1.0
	c := b
	for ; c < stirling; c++ {
		p *= 1 + a/c
	}
	return lbeta(a, c) + math.Log(p)
}

// digammaDifference returns ψ(a+b) - ψ(a) for a, b ≥ 0. All terms are positive: nothing cancels.
func digammaDifference(a, b float64) float64 {
	switch {
	case !(a >= 0 && b >= 0), a == b && (a == 0 || math.IsInf(a, 1)):
		return math.NaN()
	case math.IsInf(b, 1), a == 0 && b > 0:
		return math.Inf(1)
	case math.IsInf(a, 1), b == 0:
		return 0
	}
	y := 0.0
	for ; a < stirling; a++ { // recurrence, DLMF 5.5.2
		y += b / (a + b) / a
	}
	c := a + b
	// With w = 1/a² and v = 1/c² the terms of the series DLMF 5.11.2 are wᵏ - vᵏ = w·(wᵏ⁻¹ - vᵏ⁻¹) + vᵏ⁻¹·(w - v).
	first := b / c / a // 1/a - 1/c
	w, v := 1/(a*a), 1/(c*c)
	d := first * (1/a + 1/c)
	tail, power, vk := 0.0, d, 1.0
	for _, t := range digammaTail {
		tail += t * power
		vk *= v
		power = w*power + vk*d
	}
	return y + (math.Log1p(b/a) + 0.5*first + tail)
}

// LBeta returns ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a+b), the logarithm of the beta function, element by element, for
// a, b ≥ 0. Large terms do not cancel: the error is some units in the last place of the larger of |ln B| and 1. Shapes
// broadcast as in NumPy.
//
// Derivative: ψ(a) - ψ(a+b) by a, ψ(b) - ψ(a+b) by b, with full relative precision; see [DigammaDifference].
//
// Special cases are:
//
//	LBeta(±0, b) = +Inf for finite b, with derivative -Inf by a and 0 by b, for b > 0
//	LBeta(a, +Inf) = -Inf for a > 0, with derivative -Inf by a and 0 by b, for finite a
//	LBeta(0, +Inf) = NaN
//	LBeta(a, b) = NaN for a < 0 or b < 0, with derivative NaN
func LBeta(a, b graph.Value) graph.Value { return graph.Binary(opLBeta, a, b) }

// DigammaDifference returns ψ(a+b) - ψ(a) for a, b ≥ 0, element by element, with full relative precision also where b is
// much smaller than a: the derivative of ln Γ(a+b) - ln Γ(a) by a. Shapes broadcast as in NumPy.
//
// Derivative: polygamma(1, a+b) - polygamma(1, a) by a, which loses digits where b is much smaller than a, and
// polygamma(1, a+b) by b.
//
// Special cases are:
//
//	DigammaDifference(a, 0) = 0 for a > 0
//	DigammaDifference(±0, b) = +Inf for b > 0
//	DigammaDifference(a, +Inf) = +Inf for finite a
//	DigammaDifference(+Inf, b) = 0 for finite b
//	DigammaDifference(0, 0) = DigammaDifference(+Inf, +Inf) = NaN
//	DigammaDifference(a, b) = NaN for a < 0 or b < 0, with derivative NaN
func DigammaDifference(a, b graph.Value) graph.Value { return graph.Binary(opDigammaDifference, a, b) }
