package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"golang.org/x/exp/constraints"
)

var opFloor, opCeil, opRound, opTrunc, opClamp, opSign graph.Op

func init() {
	step := func(op *graph.Op, name string, f any, doc, formula string, kink float64,
		round func(float64) float64, kernel kernel.MapOp) {
		register(op, constantPieces(graph.Row{
			Name: name, Func: f, Params: "x",
			Doc:        doc,
			Formula:    formula,
			Derivative: "0",
			Value:      name + "(x)",
			Slopes:     []string{"0"},
			Unary:      func(x float64) (float64, float64) { return round(x), 0 },
			Selects:    []int{0},
			Forward:    mapped(kernel),
			VJP:        zeroVJP,
			At:         graph.Specials{NaN: at(nan, 0), Inf: at(inf, 0), NegInf: at(-inf, 0), Zero: at(0, 0), NegZero: at(negZero, 0)},
			Kinks:      []graph.Kink{{At: kink, Chosen: 0, Why: "constant on both sides of every jump"}},
			Source:     "IEEE 754 roundToIntegral",
		}))
	}
	step(&opFloor, "floor", Floor, "largest integer that is not above x", "⌊x⌋", 1,
		math.Floor, kernel.MapFloor)
	step(&opCeil, "ceil", Ceil, "smallest integer that is not below x", "⌈x⌉", 1,
		math.Ceil, kernel.MapCeil)
	step(&opRound, "round", Round, "nearest integer, the even one where two are as near", "round(x)", 0.5,
		math.RoundToEven, kernel.MapRound)
	step(&opTrunc, "trunc", Trunc, "integer part: rounded towards 0", "sign(x)·⌊|x|⌋", 1,
		math.Trunc, kernel.MapTrunc)
	register(&opClamp, clampBackward(graph.Row{
		Name: "clamp", Func: Clamp, Params: "x, lo, hi",
		Doc:        "x held between two bounds",
		Formula:    "min(max(x, lo), hi)",
		Derivative: "1 for lo ≤ x ≤ hi, else 0",
		Value:      "minimum(maximum(x, lo), hi)",
		Slopes:     []string{"where(lt(x, lo)+gt(x, hi)+isnan(lo)+isnan(hi), 0, 1)"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			return min(max(x, p[0]), p[1]), inside(x, p[0], p[1])
		},
		Selects: []int{0},
		Forward: clampForward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x, g := n.Input(0), n.Graph()
			lo, hi, zero := n.Float(0), n.Float(1), g.Const(0)
			if lo != lo || hi != hi {
				return zeroVJP(n, 0, ct)
			}
			return Where(Lt(x, g.Const(lo)), zero, Where(Gt(x, g.Const(hi)), zero, ct))
		},
		Try: []string{"() -1 0.5", "(2,3) -0.5 1", "(3) 1 -1", "(0) 0 1"},
		Kinks: []graph.Kink{
			{At: -1, Chosen: 1, Why: "at a bound x is still free to move inside"},
			{At: 0.5, Chosen: 1, Why: "at a bound x is still free to move inside"},
		},
		Source: "definition",
	}))
	register(&opSign, constantPieces(graph.Row{
		Name: "sign", Func: Sign, Params: "x",
		Doc:        "sign: -1, 0 or 1",
		Formula:    "x/|x|",
		Derivative: "0",
		Value:      "sign(x)",
		Slopes:     []string{"0"},
		Unary:      func(x float64) (float64, float64) { return specfun.Sign(x), 0 },
		Selects:    []int{0},
		Forward:    mapped(kernel.MapSign),
		VJP:        zeroVJP,
		Kinks:      []graph.Kink{{At: 0, Chosen: 0, Why: "constant on both sides"}},
		At:         graph.Specials{NaN: at(nan, 0), Inf: at(1, 0), NegInf: at(-1, 0), Zero: at(0, 0), NegZero: at(0, 0)},
		Source:     "sign(0) = 0, as in NumPy and PyTorch",
	}))
}

// constantPieces gives a row the Backward of a function that is constant on every piece.
func constantPieces(row graph.Row) graph.Row {
	return constantWhere(func(graph.Node, int) bool { return true }, row)
}

// constantWhere gives a row a Backward that passes nothing on to an operand on which the node does not depend.
func constantWhere(constant func(n graph.Node, i int) bool, row graph.Row) graph.Row {
	backward := row.Backward
	row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		if !constant(n, i) {
			return backward(n, i, ct, dst, fresh)
		}
		if fresh {
			dst.Zero()
		}
		return true
	}
	return row
}

// inside returns the derivative of a clamped x: 0 if a bound was taken, else 1.
func inside[T constraints.Float](x, lo, hi T) T {
	return 1 - oneIf[T](x < lo || x > hi || lo != lo || hi != hi)
}

// Floor returns the largest integer that is not above x, element by element.
//
// Derivative: 0, also at the jumps.
//
// Special cases are: ±0, ±Inf and NaN are their own floor.
func Floor(x graph.Value) graph.Value { return graph.Unary(opFloor, x) }

// Ceil returns the smallest integer that is not below x, element by element.
//
// Derivative: 0, also at the jumps.
//
// Special cases are: ±0, ±Inf and NaN are their own ceiling; Ceil(-0.5) = -0.
func Ceil(x graph.Value) graph.Value { return graph.Unary(opCeil, x) }

// Round returns the integer nearest to x, and of two that are as near the even one, element by element: Round(2.5) is 2.
//
// Derivative: 0, also at the jumps.
//
// Special cases are: ±0, ±Inf and NaN stay what they are.
func Round(x graph.Value) graph.Value { return graph.Unary(opRound, x) }

// Trunc returns the integer part of x, rounded towards 0, element by element.
//
// Derivative: 0, also at the jumps.
//
// Special cases are: ±0, ±Inf and NaN stay what they are.
func Trunc(x graph.Value) graph.Value { return graph.Unary(opTrunc, x) }

// Clamp returns x held between lo and hi: min(max(x, lo), hi), element by element. A bound may be infinite. Where
// lo > hi the result is hi.
//
// Derivative: 1 for lo ≤ x ≤ hi, both bounds included, else 0.
//
// Special cases are:
//
//	Clamp(NaN, lo, hi) = NaN, with derivative 1: x was taken
//	Clamp with a bound NaN = NaN, with derivative 0
func Clamp(x graph.Value, lo, hi float64) graph.Value { return graph.UnaryParam(opClamp, x, lo, hi) }

// zeroVJP is the rule of functions that are constant on every piece.
func zeroVJP(n graph.Node, i int, _ graph.Value) graph.Value {
	return Broadcast(n.Graph().Const(0), n.InputNode(i).Dims()...)
}

// signOf is [specfun.Sign] without a branch.
func signOf[T constraints.Float](x T) T { return choose(x == x, oneIf[T](x > 0)-oneIf[T](x < 0), x) }

// Sign returns -1, 0 or 1 as x is negative, zero or positive, and NaN for NaN, element by element.
//
// Derivative: 0, also at the jump x = 0.
func Sign(x graph.Value) graph.Value { return graph.Unary(opSign, x) }

func clampForward(n graph.Node) {
	lo, hi := n.Float(0), n.Float(1)
	if lo != lo || hi != hi {
		n.Out().Fill(math.NaN())
		return
	}
	mapTo(kernel.MapClamp, n, lo, hi)
}

// clampBackward gives a row the Backward of Clamp: with a bound that is NaN, the result does not depend on the operand.
func clampBackward(row graph.Row) graph.Row {
	undefined := func(n graph.Node, _ int) bool { return n.Float(0) != n.Float(0) || n.Float(1) != n.Float(1) }
	return constantWhere(undefined, sloped(func(n graph.Node) slopeOf {
		return slopeOf{op: kernel.SlopeClamp, a: n.In(0), p: n.Float(0), q: n.Float(1)}
	}, row))
}
