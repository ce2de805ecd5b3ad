package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opGt, opGe, opLt, opLe, opEq, opNe, opSign, opMaximum, opMinimum, opWhere graph.Op

func init() {
	comparison := func(op *graph.Op, name string, f any, doc, formula string, holds func(a, b float64) bool, f64 runFunc[float64], f32 runFunc[float32]) {
		register(op, graph.Row{
			Name: name, Func: f, Params: "a, b", Doc: doc, Formula: formula, Derivative: "none",
			Class: graph.NoGrad,
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

	register(&opSign, constantPieces(graph.Row{
		Name: "sign", Func: Sign, Params: "x", Doc: "sign: -1, 0 or 1", Formula: "x/|x|", Derivative: "0",
		Unary:   func(x float64) (float64, float64) { return sign(x), 0 },
		Forward: forwardBlocks(signValue[float64], signValue[float32]),
		VJP:     zeroVJP,
		Kinks:   []graph.Kink{{At: 0, Chosen: 0, Why: "constant on both sides"}},
		At:      graph.Edges{NaN: at(nan, 0), Inf: at(1, 0), NegInf: at(-1, 0), Zero: at(0, 0), NegZero: at(0, 0)},
		Source:  "sign(0) = 0, as in NumPy and PyTorch",
	}))
	register(&opMaximum, withSlopes(maximumSlope[float64], maximumSlope[float32], graph.Row{
		Name: "maximum", Func: Maximum, Params: "a, b", Doc: "larger of two, element by element", Formula: "max(a, b)", Derivative: "1 for the larger, ½ each where equal",
		Binary: func(a, b float64) (float64, float64, float64) {
			switch {
			case a > b:
				return a, 1, 0
			case a < b:
				return b, 0, 1
			}
			return max(a, b), 0.5, 0.5
		},
		Forward: forwardRuns(maximumValue[float64], maximumValue[float32]),
		VJP:     func(n graph.Node, i int, ct graph.Value) graph.Value { return Mul(ct, preferred(n, i, Gt)) },
		Kinks:   []graph.Kink{{At: 0, Chosen: 0.5, Why: "at a - b = 0 half to each: the middle of the subgradients, as in JAX"}},
		Source:  "IEEE 754-2019 maximum: NaN wins",
	}))
	register(&opMinimum, withSlopes(minimumSlope[float64], minimumSlope[float32], graph.Row{
		Name: "minimum", Func: Minimum, Params: "a, b", Doc: "smaller of two, element by element", Formula: "min(a, b)", Derivative: "1 for the smaller, ½ each where equal",
		Binary: func(a, b float64) (float64, float64, float64) {
			switch {
			case a < b:
				return a, 1, 0
			case a > b:
				return b, 0, 1
			}
			return min(a, b), 0.5, 0.5
		},
		Forward: forwardRuns(minimumValue[float64], minimumValue[float32]),
		VJP:     func(n graph.Node, i int, ct graph.Value) graph.Value { return Mul(ct, preferred(n, i, Lt)) },
		Kinks:   []graph.Kink{{At: 0, Chosen: 0.5, Why: "at a - b = 0 half to each: the middle of the subgradients, as in JAX"}},
		Source:  "IEEE 754-2019 minimum: NaN wins",
	}))
	register(&opWhere, graph.Row{
		Name: "where", Func: Where, Params: "cond, a, b", Doc: "a where cond is not 0, else b", Formula: "cond ? a : b", Derivative: "1 for the branch taken, 0 for the other",
		Class:    graph.Elementwise,
		Forward:  whereForward,
		Backward: whereBackward,
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

// zeroVJP is the rule of functions that are constant on every piece.
func zeroVJP(n graph.Node, i int, _ graph.Value) graph.Value {
	return Broadcast(n.Graph().Const(0), n.InputNode(i).Dims()...)
}

// preferred returns 1 where operand i of a maximum or minimum is the one taken, and ½ where both are equal. Where an
// operand is NaN it is ½ too: the result is NaN whichever changes.
func preferred(n graph.Node, i int, better func(a, b graph.Value) graph.Value) graph.Value {
	a, b := n.Input(i), n.Input(1-i)
	return AddScalar(MulScalar(Sub(better(a, b), better(b, a)), 0.5), 0.5)
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	case x == 0:
		return 0
	}
	return x
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

func maximumValue[T constraints.Float](r run[T]) {
	for i := range r.y {
		r.y[i] = max(r.a[i*r.stepA], r.b[i*r.stepB])
	}
}

func minimumValue[T constraints.Float](r run[T]) {
	for i := range r.y {
		r.y[i] = min(r.a[i*r.stepA], r.b[i*r.stepB])
	}
}

// maximumSlope sets d to 1 where operand i is the larger, to ½ where neither is.
func maximumSlope[T constraints.Float](r run[T], i int) {
	if i == 1 {
		r = r.swapped()
	}
	for k := range r.d {
		a, b := r.a[k*r.stepA], r.b[k*r.stepB]
		r.d[k] = 0.5 + 0.5*(oneIf[T](a > b)-oneIf[T](a < b))
	}
}

// minimumSlope sets d to 1 where operand i is the smaller, to ½ where neither is.
func minimumSlope[T constraints.Float](r run[T], i int) { maximumSlope(r, 1-i) }

func signValue[T constraints.Float](b block[T]) {
	for i, v := range b.x {
		b.y[i] = signOf(v)
	}
}

// signOf is [sign] without a branch.
func signOf[T constraints.Float](x T) T { return choose(x == x, oneIf[T](x > 0)-oneIf[T](x < 0), x) }

// Gt returns 1 where a > b, else 0, element by element. Shapes broadcast. The result is a constant.
func Gt(a, b graph.Value) graph.Value { return compare(opGt, a, b) }

// Ge returns 1 where a ≥ b, else 0, element by element. Shapes broadcast. The result is a constant.
func Ge(a, b graph.Value) graph.Value { return compare(opGe, a, b) }

// Lt returns 1 where a < b, else 0, element by element. Shapes broadcast. The result is a constant.
func Lt(a, b graph.Value) graph.Value { return compare(opLt, a, b) }

// Le returns 1 where a ≤ b, else 0, element by element. Shapes broadcast. The result is a constant.
func Le(a, b graph.Value) graph.Value { return compare(opLe, a, b) }

// Eq returns 1 where a = b, else 0, element by element. Shapes broadcast. The result is a constant.
func Eq(a, b graph.Value) graph.Value { return compare(opEq, a, b) }

// Ne returns 1 where a ≠ b, else 0, element by element. Shapes broadcast. The result is a constant.
func Ne(a, b graph.Value) graph.Value { return compare(opNe, a, b) }

// compare records a comparison, whose result is a constant whatever its operands want.
func compare(op graph.Op, a, b graph.Value) graph.Value {
	c := graph.Begin(op, a, b)
	var buf [tensor.MaxRank]int
	shape := broadcastShape(c, buf[:0], 0, 1)
	if c.AllScalar() {
		y, _, _ := op.Row().Binary(a.Item(), b.Item())
		return c.RecordConst(y)
	}
	return c.Record(shape...)
}

// Sign returns -1, 0 or 1 as x is negative, zero or positive, and NaN for NaN, element by element.
//
// Derivative: 0, also at the jump x = 0.
func Sign(x graph.Value) graph.Value { return unary(opSign, x) }

// Maximum returns the larger of a and b, element by element, NaN if either is NaN. Shapes broadcast as in NumPy.
//
// Derivative: 1 for the larger operand, 0 for the other, ½ for each where they are equal.
func Maximum(a, b graph.Value) graph.Value { return binary(opMaximum, a, b) }

// Minimum returns the smaller of a and b, element by element, NaN if either is NaN. Shapes broadcast as in NumPy.
//
// Derivative: 1 for the smaller operand, 0 for the other, ½ for each where they are equal.
func Minimum(a, b graph.Value) graph.Value { return binary(opMinimum, a, b) }

// Where returns a where cond is not 0 and b where it is, element by element. Shapes broadcast as in NumPy. A condition
// is usually made by [Gt] and its like; NaN counts as not 0.
//
// Derivative: 1 for the operand that was taken, 0 for the other and for cond. The branch that was not taken never
// makes a gradient NaN, even if it was computed outside its domain.
func Where(cond, a, b graph.Value) graph.Value {
	c := graph.Begin(opWhere, cond, a, b)
	if c.AllScalar() {
		if cond.Item() != 0 {
			return c.RecordScalar(a.Item(), graph.Term{Input: 1, D: 1}, graph.Term{Input: 2})
		}
		return c.RecordScalar(b.Item(), graph.Term{Input: 1}, graph.Term{Input: 2, D: 1})
	}
	var ab, all [tensor.MaxRank]int
	shape := broadcastShape(c, ab[:0], 1, 2)
	return c.Record(broadcastDims(c, all[:0], c.Dims(0), shape)...)
}

func whereForward(n graph.Node) {
	if n.Graph().DType() == tensor.Float32 {
		selectBranches[float32](n)
	} else {
		selectBranches[float64](n)
	}
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
	for branch := 1; branch <= 2; branch++ {
		x := tensor.Data[T](n.In(branch))
		p := tensor.Pair(out.Dims(), cond.Dims(), n.In(branch).Dims())
		for r := range p.Runs {
			for i := range r.N {
				taken := (c[r.A+i*r.StepA] != 0) == (branch == 1)
				o[r.Out+i] = choose(taken, x[r.B+i*r.StepB], o[r.Out+i])
			}
		}
	}
}

func whereBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	full := unreduced(n, ct, dst, &fresh)
	if fresh {
		full.Zero()
	}
	if i == 0 { // a condition has no derivative
		reduce(n, dst, full)
		return true
	}
	if dst.DType() == tensor.Float32 {
		addBranch[float32](n, i, ct, full)
	} else {
		addBranch[float64](n, i, ct, full)
	}
	reduce(n, dst, full)
	return true
}

func addBranch[T constraints.Float](n graph.Node, branch int, ct, dst *tensor.Tensor) {
	p := tensor.Pair(ct.Dims(), n.In(0).Dims(), ct.Dims())
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
