package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// PerExample returns the gradients of the losses of n examples by each of xs, one for each example and not their sum:
// for each of xs a tensor with one axis more in front, along which the examples lie. loss records the loss of example
// i, a scalar, on the graph of xs; what it records is taken away again by [graph.Graph.Rewind] before the next example.
//
//	rows := autograd.PerExample(len(xs), func(i int) graph.Value { return loss(w, xs[i], ys[i]) }, w)[0]
//
// Where the loss of a batch is the mean of these losses, its gradient is the mean of these gradients. That is so only
// if no example has a part in what is computed for another: with batch normalization in training, or with a term that
// looks at the whole batch, the loss of an example alone is another function. A penalty on weights belongs to every
// example as it does to the mean.
//
// It costs n times the gradient of one example, and the memory of one beside the result. Where the losses of all examples
// can be recorded at once, [PerExampleOf] costs less.
//
// It panics with a [*graph.Error] if n is negative, there are no xs, a result has 2³¹ elements or more or takes more
// than the limit of the Go runtime (GOMEMLIMIT), or like [Backward] for a loss.
func PerExample(n int, loss func(i int) graph.Value, xs ...graph.Value) []*tensor.Tensor {
	const op = "autograd.PerExample"
	switch {
	case loss == nil:
		panic(noFunction(op))
	case n < 0:
		panic(graph.Errorf(op, graph.ErrUsage, "%d examples: give 0 or more", n))
	}
	checkSome(op, xs)
	g := xs[0].Graph()
	out := newRows(op, g, n, xs)
	s := settings{op: op, leavesOnly: onlyLeaves(xs)}
	start := g.Mark()
	for i := range n {
		y := loss(i)
		if other := y.Graph(); other != nil && other != g {
			panic(graph.Errorf(op, graph.ErrForeign, "the loss of example %d is a value of another graph: record it on that of the values to differentiate by", i))
		}
		checkResult(op, g, y)
		for _, x := range xs {
			x.Check(op)
		}
		grads := backward(y, s)
		for k, x := range xs {
			setRow(out[k], i, grads, x)
		}
		g.Rewind(start)
	}
	return out
}

func checkSome(op string, xs []graph.Value) {
	if len(xs) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "no values to differentiate by: give one or more, such as the weights"))
	}
}

func onlyLeaves(xs []graph.Value) bool {
	return !slices.ContainsFunc(xs, func(x graph.Value) bool { return !x.IsLeaf() })
}

// newRows returns tensors of zeros for the gradients of n examples by each of xs.
func newRows(op string, g *graph.Graph, n int, xs []graph.Value) []*tensor.Tensor {
	out := make([]*tensor.Tensor, len(xs))
	for k, x := range xs {
		x.CheckIn(op, g)
		if size := max(x.Len(), 1); n > mostNumbers()/size {
			panic(graph.Errorf(op, graph.ErrLimit, "%d examples of %d elements take %.3g bytes: take fewer at a time", n, x.Len(), float64(n)*float64(x.Len())*float64(g.DType().Bytes())))
		}
		out[k] = tensor.New(g.DType(), slices.Concat([]int{n}, x.Dims())...)
	}
	return out
}

// setRow sets row i of t to the gradient by x.
func setRow(t *tensor.Tensor, i int, grads Gradients, x graph.Value) {
	if x.Rank() == 0 {
		t.SetFlat(grads.Scalar(x), i)
		return
	}
	d := grads.View(x)
	switch {
	case d == nil:
	case t.DType() == tensor.Float32:
		copy(t.Float32s()[i*d.Len():], d.Float32s())
	default:
		copy(t.Float64s()[i*d.Len():], d.Float64s())
	}
}
