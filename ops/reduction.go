package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opSum, opMean, opMax, opMin, opLogSumExp graph.Op

// reductionTries are the calls that the tests of every reduction make.
var reductionTries = []string{"()", "(3)", "(2,3)", "(2,3) 0", "(2,3) 1", "(2,3) -1", "(2,3,4) 0 2", "(2,3,4) 1", "(1,3) 0", "(3,1) 1"}

func init() {
	register(&opSum, graph.Row{
		Name: "sum", Func: Sum, Params: "x, axes", Doc: "sum over everything, or over the axes given", Formula: "Σ x", Derivative: "1",
		Class: graph.Linear,
		Forward: func(n graph.Node) {
			sumLines(n)
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			addSpread(n, dst, ct, 1, fresh)
			return true
		},
		Passes: sameElements,
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return spread(n, ct) },
		Try:    append([]string{"(0)", "(0,3) 0", "(0,3) 1"}, reductionTries...),
		Source: "linearity of the derivative; pairwise summation, Higham (1993)",
	})
	register(&opMean, graph.Row{
		Name: "mean", Func: Mean, Params: "x, axes", Doc: "mean over everything, or over the axes given", Formula: "Σ x / n", Derivative: "1/n",
		Class: graph.Linear,
		Forward: func(n graph.Node) {
			sumLines(n)
			scale(n.Out(), 1/float64(reducedLen(n)))
			if !allFinite(n.Out()) { // the sum may have overflowed
				reduceRows(n, meanRow[float64], meanRow[float32])
			}
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			addSpread(n, dst, ct, 1/float64(reducedLen(n)), fresh)
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return spread(n, MulScalar(ct, 1/float64(reducedLen(n))))
		},
		Try:    append([]string{"(0,3) 1"}, reductionTries...),
		Source: "linearity of the derivative; pairwise summation, Higham (1993)",
	})
	register(&opMax, graph.Row{
		Name: "max", Func: Max, Params: "x, axes", Doc: "largest element, of everything or over the axes given", Formula: "max x", Derivative: "1 for the largest, split evenly among ties",
		Selects:  []int{0},
		Forward:  func(n graph.Node) { reduceLines(n, kernel.MaxLines[float64], kernel.MaxLines[float32]) },
		Backward: extremeBackward,
		VJP:      extremeVJP,
		Tangent:  reducedTangent,
		Kinks:    []graph.Kink{{At: 0, Chosen: 0.5, Why: "ties share evenly, as in JAX"}},
		Try:      reductionTries,
		Source:   "Danskin's theorem; NaN wins, as in NumPy",
	})
	register(&opMin, graph.Row{
		Name: "min", Func: Min, Params: "x, axes", Doc: "smallest element, of everything or over the axes given", Formula: "min x", Derivative: "1 for the smallest, split evenly among ties",
		Selects:  []int{0},
		Forward:  func(n graph.Node) { reduceLines(n, kernel.MinLines[float64], kernel.MinLines[float32]) },
		Backward: extremeBackward,
		VJP:      extremeVJP,
		Tangent:  reducedTangent,
		Kinks:    []graph.Kink{{At: 0, Chosen: 0.5, Why: "ties share evenly, as in JAX"}},
		Try:      reductionTries,
		Source:   "Danskin's theorem; NaN wins, as in NumPy",
	})
	register(&opLogSumExp, graph.Row{
		Name: "logsumexp", Func: LogSumExp, Params: "x, axes", Doc: "logarithm of the sum of exponentials, without overflow", Formula: "ln Σ eˣ", Derivative: "softmax(x)",
		Forward: func(n graph.Node) {
			reduceLines(n, kernel.LogSumExpLines[float64], kernel.LogSumExpLines[float32])
		},
		Backward: logSumExpBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			// Not e^(x - value): where the logits are large the value has no room for ln 2.
			p := overReduced(n, func(rows graph.Value) graph.Value { return SafeSoftmax(rows, -1) })
			return unmasked(n.Input(0), Chain(spread(n, ct), p))
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			p := overReduced(n, func(rows graph.Value) graph.Value { return SafeSoftmax(rows, -1) })
			return Sum(unmasked(n.Input(0), Chain(t, p)), n.Ints()...)
		},
		Try:    reductionTries,
		Source: "Blanchard, Higham and Higham (2021), shifted by the maximum",
	})
}

// Sum returns the sum of x over everything, or over the axes given, which disappear. Negative axes count from the end.
// The sum of nothing is 0.
//
// Derivative: 1.
func Sum(x graph.Value, axes ...int) graph.Value { return reduction(opSum, x, axes, true) }

// Mean returns the mean of x over everything, or over the axes given, which disappear. It does not overflow on the way. The
// mean of nothing is NaN.
//
// Derivative: 1/n for n elements.
func Mean(x graph.Value, axes ...int) graph.Value { return reduction(opMean, x, axes, true) }

// Max returns the largest element of x, of everything or over the axes given, which disappear. It is NaN if one of
// them is. It panics with a [*graph.Error] if there is no element.
//
// Derivative: 1 for the largest element, 0 for the others; k equal largest ones get 1/k each. NaN counts as larger than
// all numbers here: if there are elements that are NaN, they share the derivative.
func Max(x graph.Value, axes ...int) graph.Value { return reduction(opMax, x, axes, false) }

// Min returns the smallest element of x, of everything or over the axes given, which disappear. It is NaN if one of
// them is. It panics with a [*graph.Error] if there is no element.
//
// Derivative: 1 for the smallest element, 0 for the others; k equal smallest ones get 1/k each. NaN counts as smaller
// than all numbers here: if there are elements that are NaN, they share the derivative.
func Min(x graph.Value, axes ...int) graph.Value { return reduction(opMin, x, axes, false) }

// LogSumExp returns ln Σ eˣ over everything, or over the axes given, which disappear. It does not overflow. It panics
// with a [*graph.Error] if there is no element.
//
// Derivative: the softmax of x over those axes.
//
// Special cases are:
//
//	LogSumExp with a -Inf: it is a mask, as though it were not there, and the derivative by it 0
//	LogSumExp of only -Inf = -Inf, with derivative 0
//	LogSumExp with a +Inf = +Inf, with derivative NaN by what is not -Inf
//	LogSumExp of (1e20, 1e20) = 1e20, with derivative ½ by each
func LogSumExp(x graph.Value, axes ...int) graph.Value { return reduction(opLogSumExp, x, axes, false) }

// reduction records a reduction over the axes, all of them if none is given. Its attributes are the axes, in order.
func reduction(op graph.Op, x graph.Value, axes []int, emptyOK bool) graph.Value {
	c := graph.Begin(op, x)
	var list, out [tensor.MaxRank]int
	nlist, nout := reducedAxes(c, axes, emptyOK, &list, &out)
	return c.Ints(list[:nlist]...).Record(out[:nout]...)
}

// reducedAxes lists the axes that a reduction of operand 0 reduces, in ascending order, and the lengths of the others.
func reducedAxes(c graph.Call, axes []int, emptyOK bool, list, out *[tensor.MaxRank]int) (nlist, nout int) {
	shape := c.Dims(0)
	var reduced [tensor.MaxRank]bool
	for _, a := range axes {
		k := c.Axis(a, 0)
		if reduced[k] {
			panic(c.Errorf(graph.ErrAxis, "axis %d of shape %s is given twice: give every axis once", a, tensor.FormatShape(shape)))
		}
		reduced[k] = true
	}
	for i, d := range shape {
		if len(axes) > 0 && !reduced[i] {
			out[nout] = d
			nout++
			continue
		}
		if d == 0 && !emptyOK {
			panic(c.Errorf(graph.ErrShape, "no elements along axis %d of shape %s: the reduction of nothing is not defined", i, tensor.FormatShape(shape)))
		}
		list[nlist] = i
		nlist++
	}
	return nlist, nout
}

// keptDims appends to kept the shape of a reduction's result with the reduced axes kept at length 1.
func keptDims(n graph.Node, kept []int) []int {
	axes := n.Ints()
	for i, d := range n.InputNode(0).Dims() {
		if slices.Contains(axes, i) {
			d = 1
		}
		kept = append(kept, d)
	}
	return kept
}

// reducedLen returns how many elements make one element of a reduction's result.
func reducedLen(n graph.Node) int {
	k, dims := 1, n.InputNode(0).Dims()
	for _, a := range n.Ints() {
		k *= dims[a]
	}
	return k
}

// spread stretches a reduction's result, or its cotangent, to the shape of the operand.
func spread(n graph.Node, v graph.Value) graph.Value {
	return Broadcast(Reshape(v, keptDims(n, nil)...), n.InputNode(0).Dims()...)
}

// addSpread adds c·ct to dst, stretched along the reduced axes. For a fresh dst it sets it.
func addSpread(n graph.Node, dst, ct *tensor.Tensor, c float64, fresh bool) {
	var buf [tensor.MaxRank]int
	kept := keptDims(n, buf[:0])
	switch {
	case fresh && c == 1:
		array.BroadcastAs(dst, ct, kept)
	case fresh && ct.Len() != 1:
		scaled := n.Buffer(n.Dims()...)
		addScaled(scaled, c, ct, true)
		array.BroadcastAs(dst, scaled, kept)
		n.FreeTemp(scaled)
	case fresh && dst.DType() == tensor.Float32:
		kernel.Fill(dst.Float32s(), float32(c)*ct.Float32s()[0])
	case fresh:
		kernel.Fill(dst.Float64s(), c*ct.Float64s()[0])
	case dst.DType() == tensor.Float32:
		addSpreadOf(dst.Float32s(), dst.Dims(), ct.Float32s(), kept, float32(c))
	default:
		addSpreadOf(dst.Float64s(), dst.Dims(), ct.Float64s(), kept, c)
	}
}

func addSpreadOf[T constraints.Float](dst []T, dims []int, ct []T, kept []int, c T) {
	p := array.Pair(dims, kept, dims)
	for r := range p.Runs {
		d := dst[r.Out : r.Out+r.N]
		if r.StepA == 1 {
			kernel.Axpy(d, c, ct[r.A:r.A+r.N])
		} else {
			kernel.AddScalarTo(d, c*ct[r.A])
		}
	}
}

func scale(t *tensor.Tensor, c float64) {
	if t.DType() == tensor.Float32 {
		kernel.MulScalar(t.Float32s(), t.Float32s(), float32(c))
	} else {
		kernel.MulScalar(t.Float64s(), t.Float64s(), c)
	}
}

func allFinite(t *tensor.Tensor) bool {
	if t.DType() == tensor.Float32 {
		return kernel.AllFinite(t.Float32s())
	}
	return kernel.AllFinite(t.Float64s())
}

// extremeVJP is the rule of Max and Min: the cotangent goes to the elements that equal the result, in even parts.
func extremeVJP(n graph.Node, _ int, ct graph.Value) graph.Value {
	x := n.Input(0)
	taken := isResult(x, spread(n, n.Value()))
	count := taken
	if len(n.Ints()) > 0 {
		count = Sum(taken, n.Ints()...)
	}
	return Where(taken, spread(n, Div(ct, count)), n.Graph().Const(0))
}

// reduceRows sets the result of a reduction to f of the elements that are reduced to each of its elements.
func reduceRows(n graph.Node, f64 func([]float64) float64, f32 func([]float32) float32) {
	rows, done := reducedLast(n)
	defer done()
	if n.DType() == tensor.Float32 {
		mapRows(n.Out().Float32s(), rows.Float32s(), f32)
	} else {
		mapRows(n.Out().Float64s(), rows.Float64s(), f64)
	}
}

func mapRows[T constraints.Float](dst, rows []T, f func([]T) T) {
	k := 0
	if len(dst) > 0 {
		k = len(rows) / len(dst)
	}
	for i := range dst {
		dst[i] = f(rows[i*k : (i+1)*k])
	}
}

// logSumExpBackward leaves to the rule what does not lie in lines, and cotangents that are not finite, which must not reach what
// is masked.
func logSumExpBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	inner, ok := innerLines(n)
	if !ok || dst.Len() == 0 {
		return false
	}
	if dst.DType() == tensor.Float32 {
		return addSoftmaxMultiples[float32](n, ct, dst, inner, fresh)
	}
	return addSoftmaxMultiples[float64](n, ct, dst, inner, fresh)
}

func addSoftmaxMultiples[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, inner int, fresh bool) bool {
	w := tensor.Data[T](ct)
	if !kernel.AllFinite(w) {
		return false
	}
	k, d := reducedLen(n), tensor.Data[T](dst)
	p := d
	if !fresh {
		buffer := n.Buffer(dst.Dims()...)
		defer n.FreeTemp(buffer)
		p = tensor.Data[T](buffer)
	}
	kernel.SafeSoftmaxLines(p, tensor.Data[T](n.In(0)), k, inner)
	width := inner
	if inner == 1 {
		width = k
	}
	for i := 0; i < len(w); i += inner {
		for r := 0; r < k*inner; r += width {
			to, from := d[:width], p[:width]
			d, p = d[width:], p[width:]
			switch {
			case inner == 1:
				addMultiple(to, w[i], from, fresh)
			case fresh:
				kernel.MulZeroWins(to, w[i:i+inner], from)
			default:
				kernel.MulAddTo(to, w[i:i+inner], from)
			}
		}
	}
	return true
}

// reducedLast returns the operand with the reduced axes behind the others, so that what is reduced to one element lies
// together, and a function that ends its use.
func reducedLast(n graph.Node) (rows *tensor.Tensor, done func()) {
	x := n.In(0)
	var list [tensor.MaxRank]int
	order, last := axesLast(list[:0], n.Ints(), x.Rank())
	if last {
		return x, func() {}
	}
	return permuted(n.Graph(), x, order)
}

// overReduced applies f, as graph operations, to the operand of a reduction seen as a matrix whose rows hold what is
// reduced to one element, and returns its result, of the matrix's shape, in the operand's shape.
func overReduced(n graph.Node, f func(rows graph.Value) graph.Value) graph.Value {
	x := n.Input(0)
	dims := slices.Clone(n.InputNode(0).Dims())
	order, last := axesLast(nil, n.Ints(), len(dims))
	if !last {
		x = Permute(x, order...)
	}
	permutedDims := x.Shape()
	k := reducedLen(n)
	y := f(Reshape(x, product(permutedDims[:len(dims)-len(n.Ints())]), k))
	y = Reshape(y, permutedDims...)
	if !last {
		y = Permute(y, array.InversePermutation(nil, order)...)
	}
	return y
}

func product(lengths []int) int {
	k := 1
	for _, d := range lengths {
		k *= d
	}
	return k
}

// permuted returns a temporary tensor with x's axes in the given order, and the function that frees it.
func permuted(g *graph.Graph, x *tensor.Tensor, order []int) (t *tensor.Tensor, free func()) {
	var dims [tensor.MaxRank]int
	for i, a := range order {
		dims[i] = x.Dims()[a]
	}
	t = g.Temp(dims[:len(order)]...)
	array.Permute(t, x, order)
	return t, func() { g.FreeTemp(t) }
}
