package ops

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var opLgamma, opDigamma, opPolygamma graph.Op

func init() {
	register(&opLgamma, withSpecial(kernel.SpecialLgamma, specfun.Lgamma, specfun.Digamma, graph.Row{
		Name: "lgamma", Func: Lgamma, Params: "x",
		Doc:        "logarithm of the absolute value of the gamma function",
		Formula:    "ln |Γ(x)|",
		Derivative: "digamma(x)",
		Value:      "lgamma(x)",
		Slopes:     []string{"digamma(x)"},
		Unary:      func(x float64) (float64, float64) { return specfun.Lgamma(x), specfun.Digamma(x) },
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Digamma(n.Input(0))) },
		Domain:     []graph.Interval{{Lo: 0.4, Hi: 4}},
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(inf, nan), Zero: at(inf, -inf), NegZero: at(inf, inf)},
		Source:     "FreeBSD e_lgamma_r.c, via Go math.Lgamma",
	}))
	register(&opDigamma, graph.Row{
		Name: "digamma", Func: Digamma, Params: "x",
		Doc:        "derivative of lgamma",
		Formula:    "ψ(x) = Γ'(x)/Γ(x)",
		Derivative: "polygamma(1, x)",
		Value:      "digamma(x)",
		Slopes:     []string{"polygamma(1, x)"},
		Unary:      func(x float64) (float64, float64) { return specfun.Digamma(x), polygamma(1, x) },
		Forward:    specialForward(kernel.SpecialDigamma, specfun.Digamma),
		Backward:   polygammaBackward(func(graph.Node) int { return 1 }),
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Polygamma(1, n.Input(0))) },
		Domain:     []graph.Interval{{Lo: 0.4, Hi: 4}},
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(-inf, inf), NegZero: at(inf, inf)},
		Source:     "DLMF 5.5.2, 5.5.4, 5.11.2, 5.15.1",
	})
	register(&opPolygamma, graph.Row{
		Name: "polygamma", Func: Polygamma, Params: "n, x",
		Doc:        "n-th derivative of digamma",
		Formula:    "ψ⁽ⁿ⁾(x)",
		Derivative: "polygamma(n+1, x)",
		Value:      "polygamma(n, x)",
		Slopes:     []string{"polygamma(n+1, x)"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			return polygamma(int(p[0]), x), polygamma(int(p[0])+1, x)
		},
		Forward:  polygammaForward,
		Backward: polygammaBackward(func(n graph.Node) int { return int(n.Float(0)) + 1 }),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Polygamma(int(n.Float(0))+1, n.Input(0)))
		},
		Domain: []graph.Interval{{Lo: 0.8, Hi: 4}},
		Try:    []string{"0 ()", "1 ()", "1 (2,3)", "2 (3)", "3 (0)"},
		Source: "DLMF 5.15.1, 5.15.6, 25.11; the Hurwitz zeta function as in Cephes zeta.c",
	})
}

// maxPolygamma is the largest order for which n! is a float64.
const maxPolygamma = 170

// polygamma returns the n-th derivative of digamma.
func polygamma(n int, x float64) float64 {
	switch {
	case n == 0:
		return specfun.Digamma(x)
	case n > maxPolygamma, math.IsNaN(x), math.IsInf(x, -1):
		return math.NaN()
	case math.IsInf(x, 1):
		return 0
	case x <= 0 && x == math.Floor(x):
		if n%2 == 1 {
			return math.Inf(1) // an even pole
		}
		if x == 0 {
			return math.Copysign(math.Inf(1), -x)
		}
		return math.NaN()
	case x < 0: // reflection, DLMF 5.15.6
		y := polygamma(n, 1-x)
		if n%2 == 1 {
			y = -y
		}
		return y - math.Pow(math.Pi, float64(n+1))*cotDerivative(n, specfun.CotPi(x))
	}
	y := math.Gamma(float64(n+1)) * hurwitz(n+1, x) // DLMF 5.15.1 and 25.11.12
	if n%2 == 0 {
		y = -y
	}
	return y
}

// zetaTail are (2k)!/B₂ₖ for k = 1, 2, ... of the Euler-Maclaurin sum of the zeta function.
var zetaTail = [...]float64{
	12, -720, 30240, -1209600, 47900160, -1.8924375803183791606e9, 7.47242496e10, -2.950130727918164224e12,
	1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17, -7.1661652561756670113e18,
}

// hurwitz returns the Hurwitz zeta function Σ 1/(q+k)ˢ for whole s > 1 and q > 0: the sum up to q+k > 9, and the
// Euler-Maclaurin formula for the rest, DLMF 25.11.5, as in Cephes' zeta.c. Powers are products where s is small.
func hurwitz(s int, q float64) float64 {
	power := func(x float64) float64 {
		if s > 8 {
			return math.Pow(x, -float64(s))
		}
		p := x
		for range s - 1 {
			p *= x
		}
		return 1 / p
	}
	if q > 1e8 {
		return (1/float64(s-1) + 0.5/q) * math.Pow(q, float64(1-s)) // DLMF 25.11.43
	}
	const nothing = 0x1p-53
	sum, last, w := power(q), 0.0, q
	for k := 0; k < 9 || w <= 9; k++ {
		w++
		last = power(w)
		sum += last
		if last < nothing*sum {
			return sum
		}
	}
	x := float64(s)
	sum += last*w/(x-1) - 0.5*last
	a, k := 1.0, 0.0
	for _, c := range zetaTail {
		a *= x + k
		last /= w
		t := a * last / c
		sum += t
		if math.Abs(t) < nothing*sum {
			break
		}
		k++
		a *= x + k
		last /= w
		k++
	}
	return sum
}

func polygammaForward(n graph.Node) {
	k := int(n.Float(0))
	if n.DType() == tensor.Float32 {
		y := n.Out().Float32s()
		for i, v := range n.In(0).Float32s() {
			y[i] = float32(polygammaSingle(k, v))
		}
		return
	}
	eachValue[float64](n, func(x, _ float64) float64 { return polygamma(k, x) })
}

// polygammaBackward makes a Backward that multiplies with polygamma of the given order.
func polygammaBackward(order func(n graph.Node) int) func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	return func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
		k := order(n)
		if n.DType() == tensor.Float32 {
			addEachSlope[float32](n, ct, dst, fresh, func(x, _ float64) float64 { return polygammaSingle(k, float32(x)) })
		} else {
			addEachSlope[float64](n, ct, dst, fresh, func(x, _ float64) float64 { return polygamma(k, x) })
		}
		return true
	}
}

// polygammaSingle is polygamma for a number in single precision.
func polygammaSingle(n int, x float32) float64 {
	if n == 1 {
		return trigammaSingle(x)
	}
	return polygamma(n, float64(x))
}

// trigammaSingle returns polygamma(1, x) for a number in single precision.
func trigammaSingle(v float32) float64 {
	if !(v > 0 && v <= math.MaxFloat32) {
		return polygamma(1, float64(v))
	}
	// As in the digamma function of package kernel: Stirling's series for x+6, and six steps back from there.
	x := float64(v)
	h, t := 2*x+5, x*(x+5)
	// The sum of 1/a² and 1/b² is (h² - 2ab)/(ab)² with h = a+b, which is the same for the first and the last, the second
	// and the last but one, and those between them.
	u, v4, v6 := 1/t, 1/(t+4), 1/(t+6)
	back := h*h*(u*u+v4*v4+v6*v6) - 2*(u+v4+v6)
	r := 1 / (x + 6)
	w := r * r
	return back + r + w*(0.5+r*(1./6-w*(1./30-w*(1./42-w*(1./30-w*(5./66-w*(691./2730)))))))
}

// cotDerivative returns the n-th derivative of cot t as a function of c = cot t. All terms of the polynomial have one sign
// for c > 0, so that nothing cancels.
func cotDerivative(n int, c float64) float64 {
	y := 0.0
	for _, a := range slices.Backward(specfun.CotDerivative(n)) {
		y = y*c + a
	}
	return y
}

// Lgamma returns ln |Γ(x)|, element by element.
//
// Derivative: digamma(x).
//
// Special cases are:
//
//	Lgamma(1) = Lgamma(2) = 0
//	Lgamma(±0) = +Inf, with derivative ∓Inf
//	Lgamma(x) = +Inf with derivative NaN for a negative integer x
//	Lgamma(+Inf) = +Inf, with derivative +Inf
//	Lgamma(-Inf) = +Inf, with derivative NaN
func Lgamma(x graph.Value) graph.Value { return graph.Unary(opLgamma, x) }

// Digamma returns ψ(x), the derivative of ln |Γ(x)|, element by element.
//
// Derivative: [Polygamma](1, x).
//
// Special cases are:
//
//	Digamma(±0) = ∓Inf, with derivative +Inf
//	Digamma(x) = NaN with derivative +Inf for a negative integer x
//	Digamma(+Inf) = +Inf, with derivative 0
//	Digamma(-Inf) = NaN, with derivative NaN
func Digamma(x graph.Value) graph.Value { return graph.Unary(opDigamma, x) }

// Polygamma returns the n-th derivative of [Digamma] at x, element by element: the trigamma function for n = 1, digamma
// itself for n = 0. It panics with a [*graph.Error] unless 0 ≤ n ≤ 170.
//
// Derivative: Polygamma(n+1, x).
//
// Special cases are, for n > 0:
//
//	Polygamma(n, x) = +Inf for odd n if x is 0 or a negative integer
//	Polygamma(n, ±0) = ∓Inf for even n
//	Polygamma(n, x) = NaN for even n if x is a negative integer
//	Polygamma(n, +Inf) = 0, with derivative 0
//	Polygamma(n, -Inf) = NaN
func Polygamma(n int, x graph.Value) graph.Value {
	if n < 0 || n > maxPolygamma {
		panic(graph.Errorf("ops.Polygamma", graph.ErrUsage, "order %d: it must be from 0 to %d", n, maxPolygamma))
	}
	return graph.UnaryParam(opPolygamma, x, float64(n))
}
