package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// elementwise expands an elementwise operation by the slopes that its row says.
func (w *expansion) elementwise(n graph.Node, p *plan) {
	dims := n.Dims()
	w.take(n, dims)
	degree := w.e.prepare(p, n)
	w.e.finish(w.set(n, degree))
}

// loss expands a loss, which is the mean of an elementwise function with the given slopes.
func (w *expansion) loss(n graph.Node, p *plan) {
	dims := n.InputNode(0).Dims()
	for i := range n.NumInputs() {
		dims, _ = array.BroadcastShapes(nil, dims, n.InputNode(i).Dims())
	}
	size := w.take(n, dims)
	degree := w.e.prepare(p, n)
	parts := w.e.take((degree + 1) * size)
	clear(parts[:size]) // no slope of a loss looks at its value
	w.e.finish(parts)
	out := w.set(n, degree)
	for j := 1; j <= degree; j++ {
		out[j] = 0
		for _, v := range parts[j*size:][:size] {
			out[j] += v / float64(size)
		}
	}
}

// take makes the operands of a node those of the next plan, stretched to the given shape, and returns how many elements
// that has.
func (w *expansion) take(n graph.Node, dims []int) int {
	size, _ := tensor.Size(dims)
	w.e.begin(size)
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		if _, scalar := in.Scalar(); scalar {
			w.e.operands[i] = w.number(in.ID())
		} else if c, degree := w.of(in.ID()); c != nil {
			w.e.operands[i] = power{c: c, degree: degree, done: degree + 1}
		} else {
			w.e.operands[i] = power{c: in.Data().Float64s(), done: 1}
		}
		if !slices.Equal(in.Dims(), dims) {
			w.stretch(&w.e.operands[i], in, dims, size)
		}
	}
	return size
}

// stretch replaces the series of operand in by one of the given shape.
func (w *expansion) stretch(v *power, in graph.Node, dims []int, size int) {
	full := w.lend(w.g.Temp((v.degree + 1) * size))
	for j := range v.degree + 1 {
		if in.Value().Len() == 1 {
			fill(full.Float64s()[j*size:][:size], v.c[j])
			continue
		}
		dst := w.lend(w.g.TempView(full, j*size, dims...))
		array.Broadcast(dst, w.coefficient(in, j))
	}
	v.c = full.Float64s()
}

// linear expands an operation that is linear where it is smooth: it treats every coefficient as it does a tangent.
func (w *expansion) linear(n graph.Node) {
	degree := 0
	for i := range n.NumInputs() {
		_, d := w.of(n.InputNode(i).ID())
		degree = max(degree, d)
	}
	out := w.set(n, degree)
	size := len(out) / (degree + 1)
	if n.Row().Class == graph.Linear && n.Row().Arity() == 1 {
		w.mapped(n, out, size)
		return
	}
	clear(out[size:])
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		from, passes := n.Passes(i)
		for j := 1; j <= degree; j++ {
			c := w.coefficient(in, j)
			switch {
			case c == nil:
			case passes:
				dst := out[j*size+from:][:c.Len()]
				kernel.AddTo(dst, c.Float64s())
			default:
				w.addTangent(n, j, i, c)
			}
		}
	}
}

// mapped sets out to the series of a linear operation of one operand, of so many elements, which is its own tangent.
func (w *expansion) mapped(n graph.Node, out []float64, size int) {
	in := n.InputNode(0)
	c, degree := w.of(in.ID())
	width := len(c) / (degree + 1)
	if from, ok := n.View(); ok {
		for j := 1; j <= degree; j++ {
			copy(out[j*size:][:size], c[j*width+from:])
		}
		return
	}
	_, one := n.Scalar()
	for j := 1; j <= degree; j++ {
		src := w.coefficient(in, j)
		if !one {
			n.Apply(w.coefficient(n, j), src)
			continue
		}
		dst := w.lend(w.g.Temp())
		n.Apply(dst, src)
		out[j] = dst.AtFlat(0)
	}
}

// addTangent adds to the coefficients of order j of n what its Tangent makes of those of operand i.
func (w *expansion) addTangent(n graph.Node, j, i int, c *tensor.Tensor) {
	w.addTangentOf(n, n, j, i, c)
}

// addTangentOf is addTangent for the Tangent of the same operation on other operands.
func (w *expansion) addTangentOf(n, m graph.Node, j, i int, c *tensor.Tensor) {
	w.g.Scratch(func() {
		d := exact(n.Row().Tangent(m, i, w.g.Lend(c)))
		if _, scalar := n.Scalar(); scalar {
			out, _ := w.of(n.ID())
			out[j] += d.AtFlat(0)
			return
		}
		addStretched(w.coefficient(n, j), d)
	})
}

// bilinear are the operations that are linear in each of two operands, and in a third one by itself that is added.
var bilinear = map[string]bool{
	"matmul": true, "outer": true, "dot": true, "linear": true,
	"conv1d": true, "conv1d_bias": true, "conv1d_input": true, "conv1d_weight": true,
	"conv2d": true, "conv2d_bias": true, "conv2d_input": true, "conv2d_weight": true,
}

// piecewise are the operations that are not linear but go on, away from their kinks, as their Tangent does.
var piecewise = map[string]bool{
	"max": true, "min": true, "sort": true, "topk": true, "cummax": true, "cummin": true, "max_pool2d": true,
	"take_along": true, "put_along": true, "gather_at": true, "scatter_at": true, "max_pool2d_input": true, "max_pool2d_select": true,
	"on_gradient": true,
}

// bilinear expands a product: the coefficient of order k is the sum of the products of those of orders j and k-j.
func (w *expansion) bilinear(n graph.Node) {
	x, y := n.InputNode(0), n.InputNode(1)
	_, a := w.of(x.ID())
	_, b := w.of(y.ID())
	degree := min(a+b, w.order)
	third := n.NumInputs() > 2
	if third {
		_, c := w.of(n.InputNode(2).ID())
		degree = max(degree, c)
	}
	out := w.set(n, degree)
	clear(out[len(out)/(degree+1):])
	for k := 1; k <= degree; k++ {
		for j := max(0, k-b); j <= min(k, a); j++ {
			switch {
			case j == 0:
				w.addTangent(n, k, 1, w.coefficient(y, k))
			case j == k: // so that a 0 of x wins over an infinite number of the other operand
				w.addTangent(n, k, 0, w.coefficient(x, k))
			default:
				w.g.Scratch(func() { // the product of other numbers
					operands := n.Value().Inputs()
					operands[0] = w.g.Lend(w.coefficient(x, j))
					w.addTangentOf(n, n.Again(operands...).Node(), k, 1, w.coefficient(y, k-j))
				})
			}
		}
		if third {
			if c := w.coefficient(n.InputNode(2), k); c != nil {
				w.addTangent(n, k, 2, c)
			}
		}
	}
}

// byDefinition expands an operation through what it is made of.
func (w *expansion) byDefinition(n graph.Node) {
	w.g.Scratch(func() {
		w.g.Loudly(func() {
			first := w.g.Len() + 1
			y := expansions[n.Row().Name](n)
			w.walk(first, y, n.Value().Inputs()...)
			if c, degree := w.of(y.ID()); c != nil {
				size := len(c) / (degree + 1)
				out := w.set(n, degree)
				c, _ = w.of(y.ID())
				copy(out[size:], c[size:])
			}
			for id := first; id <= w.g.Len(); id++ {
				w.forget(id)
				w.last[id] = 0
			}
		})
	})
}
