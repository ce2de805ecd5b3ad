package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

var opGt, opGe, opLt, opLe, opEq, opNe, opIsNaN, opIsFinite graph.Op

func init() {
	comparison := func(op *graph.Op, name string, f any, doc, formula string, holds func(a, b float64) bool, forward func(graph.Node)) {
		register(op, graph.Row{
			Name: name, Func: f, Params: "a, b",
			Doc:        doc,
			Formula:    formula,
			Derivative: "none",
			Value:      name + "(a, b)",
			Class:      graph.NoGrad,
			Binary: func(a, b float64) (float64, float64, float64) {
				if holds(a, b) {
					return 1, 0, 0
				}
				return 0, 0, 0
			},
			Forward: forward,
			Source:  "IEEE 754 comparison: false where an operand is NaN, but for ne",
		})
	}
	comparison(&opGt, "gt", Gt, "1 where a > b, else 0", "a > b", func(a, b float64) bool { return a > b }, mappedPairs(kernel.MapGt))
	comparison(&opGe, "ge", Ge, "1 where a ≥ b, else 0", "a ≥ b", func(a, b float64) bool { return a >= b }, mappedPairs(kernel.MapGe))
	comparison(&opLt, "lt", Lt, "1 where a < b, else 0", "a < b", func(a, b float64) bool { return a < b }, mappedSwapped(kernel.MapGt))
	comparison(&opLe, "le", Le, "1 where a ≤ b, else 0", "a ≤ b", func(a, b float64) bool { return a <= b }, mappedSwapped(kernel.MapGe))
	comparison(&opEq, "eq", Eq, "1 where a = b, else 0", "a = b", func(a, b float64) bool { return a == b }, mappedPairs(kernel.MapEq))
	comparison(&opNe, "ne", Ne, "1 where a ≠ b, else 0", "a ≠ b", func(a, b float64) bool { return a != b }, mappedPairs(kernel.MapNe))

	predicate := func(op *graph.Op, name string, f any, doc, formula string, edges graph.Specials,
		holds func(float64) bool, forward func(graph.Node)) {
		register(op, graph.Row{
			Name: name, Func: f, Params: "x",
			Doc:        doc,
			Formula:    formula,
			Derivative: "none",
			Value:      name + "(x)",
			Class:      graph.NoGrad,
			Unary: func(x float64) (float64, float64) {
				if holds(x) {
					return 1, 0
				}
				return 0, 0
			},
			Forward: forward,
			At:      edges,
			Source:  "IEEE 754 classification",
		})
	}
	predicate(&opIsNaN, "isnan", IsNaN, "1 where x is not a number, else 0", "x ≠ x",
		graph.Specials{NaN: at(1, 0), Inf: at(0, 0), NegInf: at(0, 0), Zero: at(0, 0), NegZero: at(0, 0)},
		func(x float64) bool { return x != x }, mapped(kernel.MapIsNaN))
	predicate(&opIsFinite, "isfinite", IsFinite, "1 where x is neither infinite nor NaN, else 0", "|x| < ∞",
		graph.Specials{NaN: at(0, 0), Inf: at(0, 0), NegInf: at(0, 0), Zero: at(1, 0), NegZero: at(1, 0)},
		finite, mapped(kernel.MapIsFinite))
}

// Gt returns 1 where a > b, else 0, element by element. Shapes broadcast. The result is a constant.
func Gt(a, b graph.Value) graph.Value { return graph.Binary(opGt, a, b) }

// Ge returns 1 where a ≥ b, else 0, element by element. Shapes broadcast. The result is a constant.
func Ge(a, b graph.Value) graph.Value { return graph.Binary(opGe, a, b) }

// Lt returns 1 where a < b, else 0, element by element. Shapes broadcast. The result is a constant.
func Lt(a, b graph.Value) graph.Value { return graph.Binary(opLt, a, b) }

// Le returns 1 where a ≤ b, else 0, element by element. Shapes broadcast. The result is a constant.
func Le(a, b graph.Value) graph.Value { return graph.Binary(opLe, a, b) }

// Eq returns 1 where a = b, else 0, element by element. Shapes broadcast. The result is a constant.
func Eq(a, b graph.Value) graph.Value { return graph.Binary(opEq, a, b) }

// Ne returns 1 where a ≠ b, else 0, element by element. Shapes broadcast. The result is a constant.
func Ne(a, b graph.Value) graph.Value { return graph.Binary(opNe, a, b) }

// IsNaN returns 1 where x is not a number and 0 elsewhere. The result is a constant.
func IsNaN(x graph.Value) graph.Value { return graph.Unary(opIsNaN, x) }

// IsFinite returns 1 where x is neither infinite nor NaN and 0 elsewhere. The result is a constant.
func IsFinite(x graph.Value) graph.Value { return graph.Unary(opIsFinite, x) }

// mappedSwapped is mappedPairs with the operands exchanged.
func mappedSwapped(op kernel.MapOp) func(graph.Node) {
	return func(n graph.Node) {
		if n.DType() == tensor.Float32 {
			mapPairs[float32](op, n, n.Out(), n.In(1), n.In(0))
		} else {
			mapPairs[float64](op, n, n.Out(), n.In(1), n.In(0))
		}
	}
}
