package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opMaximum, opMinimum, opWhere graph.Op

func init() {
	register(&opMaximum, slopedPairs(extremeSlope(kernel.SlopeMax), graph.Row{
		Name: "maximum", Func: Maximum, Params: "a, b",
		Doc:        "larger of two, element by element",
		Formula:    "max(a, b)",
		Derivative: "1 for the larger, ½ each where equal",
		Value:      "maximum(a, b)",
		Slopes:     []string{"(eq(a, y)+isnan(a))*(1-0.5*(eq(b, y)+isnan(b)))", "(eq(b, y)+isnan(b))*(1-0.5*(eq(a, y)+isnan(a)))"},
		Binary: func(a, b float64) (float64, float64, float64) {
			y := max(a, b)
			da := preference(a, b, y)
			return y, da, 1 - da
		},
		Selects: []int{0, 1},
		Forward: mappedPairs(kernel.MapMax),
		VJP:     extremeOfTwoVJP,
		Kinks:   []graph.Kink{{At: 0, Chosen: 0.5, Why: "at a - b = 0 half to each: the middle of the subgradients, as in JAX"}},
		Source:  "IEEE 754-2019 maximum: NaN wins",
	}))
	register(&opMinimum, slopedPairs(extremeSlope(kernel.SlopeMin), graph.Row{
		Name: "minimum", Func: Minimum, Params: "a, b",
		Doc:        "smaller of two, element by element",
		Formula:    "min(a, b)",
		Derivative: "1 for the smaller, ½ each where equal",
		Value:      "minimum(a, b)",
		Slopes:     []string{"(eq(a, y)+isnan(a))*(1-0.5*(eq(b, y)+isnan(b)))", "(eq(b, y)+isnan(b))*(1-0.5*(eq(a, y)+isnan(a)))"},
		Binary: func(a, b float64) (float64, float64, float64) {
			y := min(a, b)
			da := preference(a, b, y)
			return y, da, 1 - da
		},
		Selects: []int{0, 1},
		Forward: mappedPairs(kernel.MapMin),
		VJP:     extremeOfTwoVJP,
		Kinks:   []graph.Kink{{At: 0, Chosen: 0.5, Why: "at a - b = 0 half to each: the middle of the subgradients, as in JAX"}},
		Source:  "IEEE 754-2019 minimum: NaN wins",
	}))
	register(&opWhere, graph.Row{
		Name: "where", Func: Where, Params: "cond, a, b",
		Doc:        "a where cond is not 0, else b",
		Formula:    "cond ? a : b",
		Derivative: "1 for the branch taken, 0 for the other",
		Value:      "where(cond, a, b)",
		Slopes:     []string{"0", "where(cond, 1, 0)", "where(cond, 0, 1)"},
		Class:      graph.Elementwise,
		Selects:    []int{1, 2},
		Forward:    whereForward,
		Backward:   whereBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			zero := ct.Graph().Const(0)
			switch i {
			case 1:
				return Where(n.Input(0), ct, zero)
			case 2:
				return Where(n.Input(0), zero, ct)
			}
			return zeroVJP(n, i, ct)
		},
		Try:    []string{"() () ()", "(2,3) (2,3) (2,3)", "(3) (2,1) ()", "(2,1) () (1,3)", "(0) (1) (0)"},
		Source: "piecewise definition",
	})
}

// extremeOfTwoVJP is the rule of Maximum and Minimum: the cotangent goes to the operand that is the result, in halves if
// both are.
func extremeOfTwoVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	y, zero := n.Value(), n.Graph().Const(0)
	half := Where(isResult(n.Input(1-i), y), MulScalar(ct, 0.5), ct)
	return Where(isResult(n.Input(i), y), half, zero)
}

// isResult returns 1 where x is the y that was selected among x and others, else 0. Where y is NaN, one of them is.
func isResult(x, y graph.Value) graph.Value { return Add(Eq(x, y), IsNaN(x)) }

// preference returns the derivative of y, the larger or the smaller of a and b, by a.
func preference[T constraints.Float](a, b, y T) T {
	mine, other := oneIf[T](a == y || a != a), oneIf[T](b == y || b != b)
	return mine - 0.5*mine*other
}

// Maximum returns the larger of a and b, element by element, NaN if either is NaN. Shapes broadcast as in NumPy.
//
// Derivative: 1 for the larger operand, 0 for the other, ½ for each where they are equal. NaN counts as larger than all
// numbers here: the operand that is NaN has the derivative 1.
func Maximum(a, b graph.Value) graph.Value { return graph.Binary(opMaximum, a, b) }

// Minimum returns the smaller of a and b, element by element, NaN if either is NaN. Shapes broadcast as in NumPy.
//
// Derivative: 1 for the smaller operand, 0 for the other, ½ for each where they are equal. NaN counts as smaller than all
// numbers here: the operand that is NaN has the derivative 1.
func Minimum(a, b graph.Value) graph.Value { return graph.Binary(opMinimum, a, b) }

// Where returns a where cond is not 0 and b where it is, element by element. Shapes broadcast as in NumPy. A condition
// is usually made by [Gt] and its like; NaN counts as not 0.
//
// Derivative: 1 for the operand that was taken, 0 for the other and for cond. The branch that was not taken never
// makes a gradient NaN, even if it was computed outside its domain.
func Where(cond, a, b graph.Value) graph.Value {
	c := graph.Begin(opWhere, cond, a, b)
	if c.AllScalar() {
		if is, _ := cond.Node().Scalar(); is != 0 {
			v, _ := a.Node().Scalar()
			return c.RecordScalar(v, graph.Term{Input: 1, D: 1}, graph.Term{Input: 2, Unselected: true})
		}
		v, _ := b.Node().Scalar()
		return c.RecordScalar(v, graph.Term{Input: 1, Unselected: true}, graph.Term{Input: 2, D: 1})
	}
	var ab, all [tensor.MaxRank]int
	shape := c.Broadcast(ab[:0], c.Dims(1), c.Dims(2))
	return c.Record(c.Broadcast(all[:0], c.Dims(0), shape)...)
}

func whereForward(n graph.Node) {
	array.Instance(n.DType(), selectBranches[float64], selectBranches[float32])(n)
}

func selectBranches[T constraints.Float](n graph.Node) {
	out, cond := n.Out(), n.In(0)
	o, c := tensor.Data[T](out), tensor.Data[T](cond)
	if len(c) == len(o) && n.In(1).Len() == len(o) && n.In(2).Len() == len(o) {
		a, b := tensor.Data[T](n.In(1))[:len(o)], tensor.Data[T](n.In(2))[:len(o)]
		for i, v := range c {
			o[i] = choose(v != 0, a[i], b[i])
		}
		return
	}
	array.Broadcast(out, n.In(2))
	x := tensor.Data[T](n.In(1))
	p := array.Pair(out.Dims(), cond.Dims(), n.In(1).Dims())
	for r := range p.Runs {
		o, x := o[r.Out:][:r.N], x[r.B:]
		switch {
		case r.StepA == 0 && c[r.A] == 0:
		case r.StepA == 0 && r.StepB == 1:
			copy(o, x)
		case r.StepA == 0:
			kernel.Fill(o, x[0])
		case r.StepB == 1:
			x = x[:len(o)]
			for i, v := range c[r.A:][:len(o)] {
				o[i] = choose(v != 0, x[i], o[i])
			}
		default:
			for i, v := range c[r.A:][:len(o)] {
				o[i] = choose(v != 0, x[0], o[i])
			}
		}
	}
}

func whereBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	n.Unstretched(ct, dst, fresh, func(dst *tensor.Tensor, fresh bool) {
		if fresh {
			dst.Zero()
		}
		switch {
		case i == 0: // a condition has no derivative
		case dst.DType() == tensor.Float32:
			addBranch[float32](n, i, ct, dst)
		default:
			addBranch[float64](n, i, ct, dst)
		}
	})
	return true
}

func addBranch[T constraints.Float](n graph.Node, branch int, ct, dst *tensor.Tensor) {
	p := array.Pair(ct.Dims(), n.In(0).Dims(), ct.Dims())
	for r := range p.Runs {
		d, w := tensor.Data[T](dst)[r.Out:][:r.N], tensor.Data[T](ct)[r.Out:][:r.N]
		c := tensor.Data[T](n.In(0))[r.A:]
		switch {
		case r.StepA == 0:
			if (c[0] != 0) == (branch == 1) {
				kernel.AddTo(d, w)
			}
		case branch == 1:
			for i, v := range c[:r.N] {
				d[i] += choose(v != 0, w[i], 0)
			}
		default:
			for i, v := range c[:r.N] {
				d[i] += choose(v != 0, 0, w[i])
			}
		}
	}
}

// MaskedFill returns x with the number v where mask is not 0: [Where](mask, v, x). The masks of [Tril] and of
// comparisons serve. Shapes broadcast as in NumPy.
//
// Derivative: 1 where mask is 0, else 0; a filled element never makes a gradient NaN.
func MaskedFill(x, mask graph.Value, v float64) graph.Value {
	mask.Check("ops.MaskedFill")
	return Where(mask, mask.Graph().Const(v), x)
}

// Lerp returns (1-w)·a + w·b, element by element: the way from a to b in proportion w. For finite a and b it is exactly
// a at w = 0 and b at w = 1. Shapes broadcast as in NumPy.
//
// Derivative: 1-w by a, w by b, b-a by w.
func Lerp(a, b, w graph.Value) graph.Value {
	return Add(Mul(oneMinus(w), a), Mul(w, b))
}

// extremeSlope is the derivative of the larger or the smaller of two.
func extremeSlope(op kernel.SlopeOp) func(n graph.Node, i int) slopeOf {
	return func(n graph.Node, i int) slopeOf { return slopeOf{op: op, a: n.In(i), b: n.In(1 - i)} }
}
