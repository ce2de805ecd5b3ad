package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"golang.org/x/exp/constraints"
)

var opGt, opGe, opLt, opLe, opEq, opNe, opIsNaN, opIsFinite graph.Op

func init() {
	comparison := func(op *graph.Op, name string, f any, doc, formula string, holds func(a, b float64) bool, f64 runFunc[float64], f32 runFunc[float32]) {
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
			Forward: forwardRuns(f64, f32),
			Source:  "IEEE 754 comparison: false where an operand is NaN, but for ne",
		})
	}
	comparison(&opGt, "gt", Gt, "1 where a > b, else 0", "a > b", func(a, b float64) bool { return a > b }, gtValue[float64], gtValue[float32])
	comparison(&opGe, "ge", Ge, "1 where a ≥ b, else 0", "a ≥ b", func(a, b float64) bool { return a >= b }, geValue[float64], geValue[float32])
	comparison(&opLt, "lt", Lt, "1 where a < b, else 0", "a < b", func(a, b float64) bool { return a < b }, ltValue[float64], ltValue[float32])
	comparison(&opLe, "le", Le, "1 where a ≤ b, else 0", "a ≤ b", func(a, b float64) bool { return a <= b }, leValue[float64], leValue[float32])
	comparison(&opEq, "eq", Eq, "1 where a = b, else 0", "a = b", func(a, b float64) bool { return a == b }, eqValue[float64], eqValue[float32])
	comparison(&opNe, "ne", Ne, "1 where a ≠ b, else 0", "a ≠ b", func(a, b float64) bool { return a != b }, neValue[float64], neValue[float32])

	predicate := func(op *graph.Op, name string, f any, doc, formula string, edges graph.Specials,
		holds func(float64) bool, f64 blockFunc[float64], f32 blockFunc[float32]) {
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
			Forward: forwardBlocks(f64, f32),
			At:      edges,
			Source:  "IEEE 754 classification",
		})
	}
	predicate(&opIsNaN, "isnan", IsNaN, "1 where x is not a number, else 0", "x ≠ x",
		graph.Specials{NaN: at(1, 0), Inf: at(0, 0), NegInf: at(0, 0), Zero: at(0, 0), NegZero: at(0, 0)},
		func(x float64) bool { return x != x }, isNaNValue[float64], isNaNValue[float32])
	predicate(&opIsFinite, "isfinite", IsFinite, "1 where x is neither infinite nor NaN, else 0", "|x| < ∞",
		graph.Specials{NaN: at(0, 0), Inf: at(0, 0), NegInf: at(0, 0), Zero: at(1, 0), NegZero: at(1, 0)},
		finite, isFiniteValue[float64], isFiniteValue[float32])
}

func gtValue[T constraints.Float](r run[T]) {
	for i := range r.y {
		r.y[i] = oneIf[T](r.a[i*r.stepA] > r.b[i*r.stepB])
	}
}

func geValue[T constraints.Float](r run[T]) {
	for i := range r.y {
		r.y[i] = oneIf[T](r.a[i*r.stepA] >= r.b[i*r.stepB])
	}
}

func ltValue[T constraints.Float](r run[T]) { gtValue(r.swapped()) }

func leValue[T constraints.Float](r run[T]) { geValue(r.swapped()) }

func eqValue[T constraints.Float](r run[T]) {
	for i := range r.y {
		r.y[i] = oneIf[T](r.a[i*r.stepA] == r.b[i*r.stepB])
	}
}

func neValue[T constraints.Float](r run[T]) {
	for i := range r.y {
		r.y[i] = oneIf[T](r.a[i*r.stepA] != r.b[i*r.stepB])
	}
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

func isNaNValue[T constraints.Float](b block[T]) {
	for i, v := range b.x {
		b.y[i] = oneIf[T](v != v)
	}
}

func isFiniteValue[T constraints.Float](b block[T]) {
	for i, v := range b.x {
		b.y[i] = oneIf[T](v-v == 0)
	}
}

// IsNaN returns 1 where x is not a number and 0 elsewhere. The result is a constant.
func IsNaN(x graph.Value) graph.Value { return graph.Unary(opIsNaN, x) }

// IsFinite returns 1 where x is neither infinite nor NaN and 0 elsewhere. The result is a constant.
func IsFinite(x graph.Value) graph.Value { return graph.Unary(opIsFinite, x) }
