package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var opXLogY, opXLog1pY, opEntr graph.Op

func init() {
	register(&opXLogY, timesLogBackward(kernel.SlopeLog, 0, graph.Row{
		Name: "xlogy", Func: XLogY, Params: "x, y",
		Doc:        "x·ln y, and 0 where x is 0",
		Formula:    "x·ln y",
		Derivative: "ln y, x/y",
		Value:      "where(eq(x, 0)*eq(y, y), 0, x*log(y))",
		Slopes:     []string{"log(y)", "where(eq(x, 0)*eq(y, y), 0, x/where(lt(y, 0), sqrt(y), abs(y)))"},
		Binary:     func(x, y float64) (float64, float64, float64) { return timesLog(x, y, specfun.Log(y)) },
		Forward:    mappedPairs(kernel.MapXLogY),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			x, y := n.Input(0), n.Input(1)
			if i == 0 {
				return Chain(ct, Log(y))
			}
			return Chain(ct, timesLogSlope(x, y))
		},
		Domain: []graph.Interval{{Lo: -2, Hi: 2}, {Lo: 0.2, Hi: 3}},
		Source: "a weight of 0 wins over the logarithm, as in SciPy's xlogy",
	}))
	register(&opXLog1pY, timesLogBackward(kernel.SlopeLog1p, 1, graph.Row{
		Name: "xlog1py", Func: XLog1pY, Params: "x, y",
		Doc:        "x·ln(1+y), and 0 where x is 0; accurate for small y",
		Formula:    "x·ln(1+y)",
		Derivative: "ln(1+y), x/(1+y)",
		Value:      "where(eq(x, 0)*eq(y, y), 0, x*log1p(y))",
		Slopes:     []string{"log1p(y)", "where(eq(x, 0)*eq(y, y), 0, x/where(lt(y, -1), sqrt(y), 1+y))"},
		Binary:     func(x, y float64) (float64, float64, float64) { return timesLog(x, 1+y, math.Log1p(y)) },
		Forward:    mappedPairs(kernel.MapXLog1pY),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			x, y := n.Input(0), n.Input(1)
			if i == 0 {
				return Chain(ct, Log1p(y))
			}
			return Chain(ct, timesLogSlope(x, AddScalar(y, 1)))
		},
		Domain: []graph.Interval{{Lo: -2, Hi: 2}, {Lo: -0.7, Hi: 3}},
		Source: "a weight of 0 wins over the logarithm, as in SciPy's xlog1py",
	}))
	register(&opEntr, slopedBy(kernel.SlopeEntr, ofOperand, 0, 0, graph.Row{
		Name: "entr", Func: Entr, Params: "x",
		Doc:        "what a probability contributes to an entropy",
		Formula:    "-x·ln x",
		Derivative: "-ln x - 1",
		Value:      "where(lt(x, 0), log(0), where(eq(x, 0), 0, -x*log(x)))",
		Slopes:     []string{"where(lt(abs(x-0.36787944117144233), 0.15), -log1p((x-0.36787944117144233)/0.36787944117144233)-3.3784855259134224e-17, -log(x)-1)"},
		Unary:      func(x float64) (float64, float64) { return specfun.Entr(x), specfun.EntrSlope(x) },
		Forward:    mapped(kernel.MapEntr),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x, g := n.Input(0), n.Graph()
			d := AddScalar(x, -oneOverE)
			far := AddScalar(Neg(Log(x)), -1)
			near := AddScalar(Neg(Log1p(MulScalar(d, 1/oneOverE))), -onePlusLog)
			return Chain(ct, Where(Lt(Abs(d), g.Const(nearRoot)), near, far))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 3}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(-inf, -inf), NegInf: at(-inf, nan), Zero: at(0, inf), NegZero: at(0, inf)},
		Source: "Shannon (1948); special values of SciPy's entr",
	}))
}

// timesLogBackward gives a row the Backward of x·ln(y+q), of which l is the logarithm.
func timesLogBackward(l kernel.SlopeOp, q float64, row graph.Row) graph.Row {
	return slopedPairs(func(n graph.Node, i int) slopeOf {
		if i == 0 {
			return slopeOf{op: l, a: n.In(1)}
		}
		return slopeOf{op: kernel.SlopeXLogY, a: n.In(0), b: n.In(1), q: q}
	}, row)
}

// timesLog returns x·l for the logarithm l of u, and its derivatives by x and by u. A weight x of 0 wins unless u is
// NaN.
func timesLog(x, u, l float64) (y, dx, du float64) {
	switch {
	case x == 0 && u == u:
		return 0, l, 0
	case u < 0:
		u = math.NaN()
	}
	return x * l, l, x / (u + 0) // the limit from the right at -0 too
}

// timesLogSlope returns the derivative x/u of x·ln u by u as timesLog has it.
func timesLogSlope(x, u graph.Value) graph.Value {
	g := x.Graph()
	zero, undefined := g.Const(0), g.Const(math.NaN())
	// Where x is 0 the quotient is written as a product, so that its derivative by x is 1/u there too.
	atZero := Where(IsNaN(u), undefined, Chain(x, Reciprocal(u)))
	return Where(Eq(x, zero), atZero, Div(x, AddScalar(Where(Lt(u, zero), undefined, u), 0)))
}

// The derivative of entr is 0 at 1/e, and -1 - ln x would lose its digits near there.
const (
	oneOverE   = 0.36787944117144233    // 1/e as a float64
	onePlusLog = 3.3784855259134224e-17 // 1 + ln of it
	nearRoot   = 0.15                   // how far from it the derivative is taken by the distance
)

// XLogY returns x·ln y, element by element, and 0 where x is 0 and y not NaN: the weighted logarithm of entropies and
// likelihoods. Shapes broadcast as in NumPy.
//
// Derivative: ln y by x, x/y by y.
//
// Special cases are:
//
//	XLogY(±0, y) = 0, with derivative ln y by x and 0 by y, for every y but NaN
//	XLogY(x, ±0) = -Inf for x > 0, with derivative -Inf by x and +Inf by y
//	XLogY(x, y) = NaN for x ≠ 0 and y < 0, with derivative NaN
//	XLogY(x, NaN) = NaN, with derivative NaN
func XLogY(x, y graph.Value) graph.Value { return graph.Binary(opXLogY, x, y) }

// XLog1pY returns x·ln(1+y), element by element, and 0 where x is 0 and y not NaN, with full relative precision for
// small y. Shapes broadcast as in NumPy.
//
// Derivative: ln(1+y) by x, x/(1+y) by y.
//
// Special cases are:
//
//	XLog1pY(±0, y) = 0, with derivative ln(1+y) by x and 0 by y, for every y but NaN
//	XLog1pY(x, -1) = -Inf for x > 0, with derivative -Inf by x and +Inf by y
//	XLog1pY(x, y) = NaN for x ≠ 0 and y < -1, with derivative NaN
//	XLog1pY(x, NaN) = NaN, with derivative NaN
func XLog1pY(x, y graph.Value) graph.Value { return graph.Binary(opXLog1pY, x, y) }

// Entr returns -x·ln x, element by element: the sum over the probabilities of a distribution is its entropy.
//
// Derivative: -ln x - 1, with full relative precision near its root 1/e.
//
// Special cases are:
//
//	Entr(±0) = 0, with derivative +Inf
//	Entr(x < 0) = -Inf, with derivative NaN
//	Entr(+Inf) = -Inf, with derivative -Inf
func Entr(x graph.Value) graph.Value { return graph.Unary(opEntr, x) }
