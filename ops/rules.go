package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// The numbers that rows describe their operations at.
var (
	nan     = math.NaN()
	inf     = math.Inf(1)
	negZero = math.Copysign(0, -1)
)

// at returns the value and the derivative of an operation at one of these numbers.
func at(value, derivative float64) graph.Point {
	return graph.Point{Value: value, Derivative: derivative}
}

// The rules of operations are recorded for the numbers at hand, as a program is. So a rule needs to write a special
// case into the graph only where one of its numbers is special, and the graph of a gradient stays as plain as the
// formula. The helpers below look at the numbers.

// has reports whether the condition holds for an element of x.
func has(x graph.Value, condition func(float64) bool) bool {
	if v, ok := x.Node().Scalar(); ok {
		return condition(v)
	}
	t := x.Node().Data()
	for i := range t.Len() {
		if condition(t.AtFlat(i)) {
			return true
		}
	}
	return false
}

// nanBelow returns d, but NaN where x < lo: a derivative whose formula goes on where the function ends.
func nanBelow(x graph.Value, lo float64, d graph.Value) graph.Value {
	if !has(x, func(v float64) bool { return v < lo }) {
		return d
	}
	g := x.Graph()
	return Where(Lt(x, g.Const(lo)), g.Const(math.NaN()), d)
}

// positiveZero returns x with +0 in place of -0, as the sum with 0 has it: a derivative at 0 that is the limit from the
// right is +Inf at either zero.
func positiveZero(x graph.Value) graph.Value {
	if !has(x, func(v float64) bool { return v == 0 && math.Signbit(v) }) {
		return x
	}
	return AddScalar(x, 0)
}

// divOrZero returns a/b, but 0 where b is 0: the derivative that a length has at the origin.
func divOrZero(a, b graph.Value) graph.Value {
	d := Div(a, b)
	if !has(b, func(v float64) bool { return v == 0 }) {
		return d
	}
	zero := b.Graph().Const(0)
	return Where(Eq(b, zero), zero, d)
}
