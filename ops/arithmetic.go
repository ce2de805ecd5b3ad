package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"golang.org/x/exp/constraints"
)

var opAdd, opSub, opMul, opDiv, opNeg, opAddScalar, opMulScalar, opAbs graph.Op

func init() {
	register(&opAdd, graph.Row{
		Name: "add", Func: Add, Params: "a, b",
		Doc:        "sum",
		Formula:    "a + b",
		Derivative: "1, 1",
		Value:      "a + b",
		Slopes:     []string{"1", "1"},
		Binary:     func(a, b float64) (float64, float64, float64) { return a + b, 1, 1 },
		Forward:    arithmetic(kernel.Add[float64], kernel.AddScalar[float64], kernel.Add[float32], kernel.AddScalar[float32]),
		Backward:   addBackward,
		Passes:     sameElements,
		VJP:        func(_ graph.Node, _ int, ct graph.Value) graph.Value { return ct },
		Source:     "linearity of the derivative",
	})
	register(&opSub, graph.Row{
		Name: "sub", Func: Sub, Params: "a, b",
		Doc:        "difference",
		Formula:    "a - b",
		Derivative: "1, -1",
		Value:      "a - b",
		Slopes:     []string{"1", "-1"},
		Binary:     func(a, b float64) (float64, float64, float64) { return a - b, 1, -1 },
		Forward:    mappedPairs(kernel.MapSub),
		Backward:   subBackward,
		Passes:     func(n graph.Node, i int) (int, bool) { return 0, i == 0 && sameLen(n, 0) },
		VJP: func(_ graph.Node, i int, ct graph.Value) graph.Value {
			if i == 0 {
				return ct
			}
			return Neg(ct)
		},
		Source: "linearity of the derivative",
	})
	register(&opMul, graph.Row{
		Name: "mul", Func: Mul, Params: "a, b",
		Doc:        "product, element by element",
		Formula:    "a·b",
		Derivative: "b, a",
		Value:      "a*b",
		Slopes:     []string{"b", "a"},
		Binary:     func(a, b float64) (float64, float64, float64) { return a * b, b, a },
		Forward:    arithmetic(kernel.Mul[float64], kernel.MulScalar[float64], kernel.Mul[float32], kernel.MulScalar[float32]),
		Backward:   mulBackward,
		VJP:        func(n graph.Node, i int, ct graph.Value) graph.Value { return Chain(ct, n.Input(1-i)) },
		Source:     "product rule",
	})
	register(&opDiv, slopedPairs(divSlope, graph.Row{
		Name: "div", Func: Div, Params: "a, b",
		Doc:        "quotient, element by element",
		Formula:    "a / b",
		Derivative: "1/b, -a/b²",
		Value:      "a/b",
		Slopes:     []string{"1/b", "-y/b"},
		Binary:     divide,
		Forward:    mappedPairs(kernel.MapDiv),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 0 {
				return Chain(ct, Reciprocal(n.Input(1)))
			}
			return Chain(ct, Neg(Div(n.Value(), n.Input(1))))
		},
		Domain: []graph.Interval{{Lo: -2, Hi: 2}, {Lo: 0.5, Hi: 2}},
		Source: "quotient rule",
	}))
	register(&opNeg, graph.Row{
		Name: "neg", Func: Neg, Params: "x",
		Doc:        "negative",
		Formula:    "-x",
		Derivative: "-1",
		Value:      "-x",
		Slopes:     []string{"-1"},
		Unary:      func(x float64) (float64, float64) { return -x, -1 },
		Forward:    kernel1(kernel.Neg[float64], kernel.Neg[float32]),
		Backward: func(_ graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			return addScaled(dst, -1, ct, fresh)
		},
		VJP:    func(_ graph.Node, _ int, ct graph.Value) graph.Value { return Neg(ct) },
		At:     graph.Specials{NaN: at(nan, -1), Inf: at(-inf, -1), NegInf: at(inf, -1), Zero: at(negZero, -1), NegZero: at(0, -1)},
		Source: "linearity of the derivative",
	})
	register(&opAddScalar, graph.Row{
		Name: "add_scalar", Func: AddScalar, Params: "x, c",
		Doc:        "sum with a constant number",
		Formula:    "x + c",
		Derivative: "1",
		Value:      "x + c",
		Slopes:     []string{"1"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) { return x + p[0], 1 },
		Forward:    withScalar(kernel.AddScalar[float64], kernel.AddScalar[float32]),
		Passes:     sameElements,
		VJP:        func(_ graph.Node, _ int, ct graph.Value) graph.Value { return ct },
		Try:        []string{"() 1.5", "(2,3) -0.5"},
		Source:     "linearity of the derivative",
	})
	register(&opMulScalar, graph.Row{
		Name: "mul_scalar", Func: MulScalar, Params: "x, c",
		Doc:        "product with a constant number",
		Formula:    "c·x",
		Derivative: "c",
		Value:      "c*x",
		Slopes:     []string{"c"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) { return x * p[0], p[0] },
		Forward:    withScalar(kernel.MulScalar[float64], kernel.MulScalar[float32]),
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			c := rounded(n.Float(0), dst.DType())
			return c != 0 && finite(c) && addScaled(dst, c, ct, fresh) // the VJP knows what 0·Inf is
		},
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return timesConst(ct, n.Float(0)) },
		Try:    []string{"() 1.5", "(2,3) -0.5"},
		Source: "linearity of the derivative",
	})
	register(&opAbs, slopedBy(kernel.SlopeSign, ofOperand, 0, 0, graph.Row{
		Name: "abs", Func: Abs, Params: "x",
		Doc:        "absolute value",
		Formula:    "|x|",
		Derivative: "sign(x)",
		Value:      "abs(x)",
		Slopes:     []string{"sign(x)"},
		Unary:      func(x float64) (float64, float64) { return math.Abs(x), specfun.Sign(x) },
		Forward:    kernel1(kernel.Abs[float64], kernel.Abs[float32]),
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Sign(n.Input(0))) },
		Kinks:      []graph.Kink{{At: 0, Chosen: 0, Why: "the middle of the subgradients, as in PyTorch"}},
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, 1), NegInf: at(inf, -1), Zero: at(0, 0), NegZero: at(0, 0)},
		Source:     "IEEE 754 abs",
	}))
}

// Add returns a + b, element by element. Shapes broadcast as in NumPy.
//
// Derivative: 1 by a, 1 by b.
func Add(a, b graph.Value) graph.Value {
	if x, y, f, ok := graph.Scalars(a, b); ok {
		return graph.Record2(opAdd, f, a, b, x+y, 1, 1)
	}
	return graph.Binary(opAdd, a, b)
}

// Sub returns a - b, element by element. Shapes broadcast as in NumPy.
//
// Derivative: 1 by a, -1 by b.
func Sub(a, b graph.Value) graph.Value {
	if x, y, f, ok := graph.Scalars(a, b); ok {
		return graph.Record2(opSub, f, a, b, x-y, 1, -1)
	}
	return graph.Binary(opSub, a, b)
}

// Mul returns a·b, element by element; see [MatMul] for the product of matrices. Shapes broadcast as in NumPy.
//
// Derivative: b by a, a by b.
func Mul(a, b graph.Value) graph.Value {
	if x, y, f, ok := graph.Scalars(a, b); ok {
		return graph.Record2(opMul, f, a, b, x*y, y, x)
	}
	return graph.Binary(opMul, a, b)
}

// Div returns a / b, element by element. Shapes broadcast as in NumPy.
//
// Derivative: 1/b by a, -a/b² by b.
//
// Special cases are those of IEEE 754:
//
//	Div(x, ±0) = ±Inf for x ≠ 0
//	Div(±0, ±0) = NaN
func Div(a, b graph.Value) graph.Value {
	if x, y, f, ok := graph.Scalars(a, b); ok {
		z, da, db := divide(x, y)
		return graph.Record2(opDiv, f, a, b, z, da, db)
	}
	return graph.Binary(opDiv, a, b)
}

func divide(a, b float64) (z, da, db float64) {
	z = a / b
	return z, 1 / b, -z / b
}

// Neg returns -x, element by element.
//
// Derivative: -1.
func Neg(x graph.Value) graph.Value {
	if v, f, ok := graph.Scalar(x); ok {
		return graph.Record1(opNeg, f, x, -v, -1)
	}
	return graph.Unary(opNeg, x)
}

// AddScalar returns x + c for a constant number c, without a node for c.
//
// Derivative: 1.
func AddScalar(x graph.Value, c float64) graph.Value {
	if v, f, ok := graph.Scalar(x); ok {
		return graph.Record1Param(opAddScalar, f, x, c, v+c, 1)
	}
	return graph.UnaryParam(opAddScalar, x, c)
}

// MulScalar returns c·x for a constant number c, without a node for c.
//
// Derivative: c.
func MulScalar(x graph.Value, c float64) graph.Value {
	if v, f, ok := graph.Scalar(x); ok {
		return graph.Record1Param(opMulScalar, f, x, c, v*c, c)
	}
	return graph.UnaryParam(opMulScalar, x, c)
}

// arithmetic makes the Forward of a binary operation from its kernels: of two arrays, and of an array and a number
// for operations where the order does not matter.
func arithmetic(vv64 func(dst, a, b []float64), vs64 func(dst, a []float64, c float64), vv32 func(dst, a, b []float32), vs32 func(dst, a []float32, c float32)) func(graph.Node) {
	return func(n graph.Node) {
		if n.DType() == tensor.Float32 {
			arithmeticOf(n, vv32, vs32)
		} else {
			arithmeticOf(n, vv64, vs64)
		}
	}
}

func arithmeticOf[T constraints.Float](n graph.Node, vv func(dst, a, b []T), vs func(dst, a []T, c T)) {
	out, a, b := n.Out(), n.In(0), n.In(1)
	o := tensor.Data[T](out)
	eachRun(n, array.Pair(out.Dims(), a.Dims(), b.Dims()), tensor.Data[T](a), tensor.Data[T](b), func(lo, hi int, x, y []T) {
		dst := o[lo:hi]
		switch {
		case len(x) == len(y) && len(x) == len(dst):
			vv(dst, x, y)
		case len(x) == len(dst):
			vs(dst, x, y[0])
		default:
			vs(dst, y, x[0])
		}
	})
}

// withScalar makes the Forward of an operation with a constant parameter from its kernels.
func withScalar(f64 func(dst, x []float64, c float64), f32 func(dst, x []float32, c float32)) func(graph.Node) {
	return func(n graph.Node) {
		if n.DType() == tensor.Float32 {
			f32(n.Out().Float32s(), n.In(0).Float32s(), float32(n.Float(0)))
		} else {
			f64(n.Out().Float64s(), n.In(0).Float64s(), n.Float(0))
		}
	}
}

// addBackward adds the cotangent to an operand that was stretched.
func addBackward(_ graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	if fresh {
		dst.Zero()
	}
	array.AddReduced(dst, ct)
	return true
}

func subBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if i == 0 {
		return addBackward(n, i, ct, dst, fresh)
	}
	n.Unstretched(ct, dst, fresh, func(dst *tensor.Tensor, fresh bool) { addScaled(dst, -1, ct, fresh) })
	return true
}

// addScaled adds c·src to dst, of the same number of elements, or sets dst to it if dst is fresh. A zero c wins over
// whatever src holds. It returns true.
func addScaled(dst *tensor.Tensor, c float64, src *tensor.Tensor, fresh bool) bool {
	if dst.DType() == tensor.Float32 {
		addMultiple(dst.Float32s(), float32(c), src.Float32s(), fresh)
	} else {
		addMultiple(dst.Float64s(), c, src.Float64s(), fresh)
	}
	return true
}

func addMultiple[T constraints.Float](dst []T, c T, src []T, fresh bool) {
	switch {
	case !fresh:
		kernel.Axpy(dst, c, src)
	case c == 1:
		kernel.Copy(dst, src)
	case c == 0: // zero wins, as in Axpy
		clear(dst)
	default:
		kernel.MulScalar(dst, src, c)
	}
}

// addChain adds ct·d to dst, or sets dst to it. A zero of ct wins, and of d too if the operation selects.
func addChain[T constraints.Float](dst, ct, d []T, fresh, selects bool) {
	if !selects || kernel.AllFinite(ct) { // then a zero of d wins by itself
		productChain[T]().run(dst, ct, d, fresh)
		return
	}
	for i, w := range ct {
		if fresh {
			dst[i] = 0
		}
		if w != 0 && d[i] != 0 {
			dst[i] += w * d[i]
		}
	}
}

// rounded returns a number in the given precision.
func rounded(v float64, dtype tensor.DType) float64 {
	if dtype == tensor.Float32 {
		return float64(float32(v))
	}
	return v
}

// timesConst returns c·ct for a cotangent ct, whose zeros win.
func timesConst(ct graph.Value, c float64) graph.Value {
	if !finite(rounded(c, ct.Graph().DType())) {
		return Chain(ct, ct.Graph().Const(c))
	}
	return MulScalar(ct, c)
}

// productChain are the kernels that multiply the cotangent by a derivative that is there already.
func productChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.MulAddTo[T], kernel.MulZeroWins[T]}
}

// mulBackward adds ct times the other operand.
func mulBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	n.Unstretched(ct, dst, fresh, func(dst *tensor.Tensor, fresh bool) {
		array.Instance(dst.DType(), addProduct[float64], addProduct[float32])(n, dst, ct, n.In(1-i), fresh, n.Row().SelectsOperand(i))
	})
	return true
}

// addProduct adds ct·d to dst, with d broadcast to their shape, or sets dst to it. A zero of ct wins, and of d too if the
// operation selects.
func addProduct[T constraints.Float](n graph.Node, dst, ct, d *tensor.Tensor, fresh, selects bool) {
	o, w, x := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](d)
	if len(x) == len(w) { // nothing is broadcast
		addChain(o, w, x, fresh, selects)
		return
	}
	eachRun(n, array.Pair(ct.Dims(), ct.Dims(), d.Dims()), w, x, func(lo, hi int, w, x []T) {
		o := o[lo:hi]
		switch {
		case len(x) == len(o):
			addChain(o, w, x, fresh, selects)
		case selects && x[0] == 0:
			if fresh {
				clear(o)
			}
		default:
			kernel.Slope(kernel.SlopeValue, o, w, x, nil, 0, 0, fresh)
		}
	})
}

// Abs returns |x|, element by element.
//
// Derivative: sign(x), 0 at the kink x = 0.
func Abs(x graph.Value) graph.Value { return graph.Unary(opAbs, x) }

func divSlope(n graph.Node, i int) slopeOf {
	if i == 0 {
		return slopeOf{op: kernel.SlopeInverse, a: n.In(1), p: 1, q: negZero} // 1/b: -0 is what leaves b as it is
	}
	return slopeOf{op: kernel.SlopeQuotient, a: n.Out(), b: n.In(1), p: -1}
}
