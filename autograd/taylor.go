package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/rowform"
	"github.com/seed366ff29f/chainrule/ops"
)

// Taylor returns the coefficients of f(at + t·dir) as a power series in t: element j is the j-th derivative in the
// direction at the point, divided by j!, for j from 0 to k. f has a scalar result. One walk along the recorded graph
// carries the series of every value: the arithmetic is about k² times that of f, where differentiating k times over
// takes 2ᵏ or more (Griewank and Walther, Evaluating Derivatives, 2008, chapter 13). Some microseconds for each
// operation come on top, which count where f works on scalars or short vectors.
//
// It knows elementwise operations whose row has Slopes, linear ones, products of matrices and their like, sums, means,
// products and other reductions, norms, softmax, and operations that move elements or choose among them. Others it
// refuses by name. At a kink the first derivative is what is promised there, and the series goes on with it. A
// coefficient that is 0 contributes 0, whatever it is multiplied with.
//
// It panics with a [*graph.Error] if k is negative, the direction has another length than the point, f's result is no
// scalar, or f uses an operation that Taylor does not know and that the point has a part in.
func Taylor(f func(x graph.Value) graph.Value, at, dir []float64, k int) []float64 {
	const op = "autograd.Taylor"
	if k < 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "order %d: ask for 0 or more", k))
	}
	if k > mostOrder {
		panic(graph.Errorf(op, graph.ErrLimit, "order %d: ask for %d at most", k, mostOrder))
	}
	checkDirection(op, at, dir)
	x, y := record(op, f, at)
	if shape := y.Dims(); len(shape) > 0 {
		panic(graph.Errorf(op, graph.ErrShape, "the result has shape %s, not a scalar: reduce it with ops.Sum or ops.Mean", tensor.FormatShape(shape)))
	}
	w := &expansion{op: op, g: y.Graph(), order: k, of: make(map[int][]*tensor.Tensor)}
	w.of[x.ID()] = []*tensor.Tensor{nil, tensor.Of(dir, len(dir))}
	out := make([]float64, k+1)
	out[0] = y.Item()
	if k > 0 && y.WantsGrad() {
		w.walk(0, y, x)
		for j := 1; j <= k; j++ {
			if c := w.coefficient(y.Node(), j); c != nil {
				out[j] = c.AtFlat(0)
			}
		}
	}
	discard(x)
	return out
}

// mostOrder bounds the order of a series: factorials end there.
const mostOrder = 170

// An expansion holds the series of nodes.
type expansion struct {
	op    string
	g     *graph.Graph
	order int
	lent  []*tensor.Tensor         // of the graph's pool, while a node is expanded
	of    map[int][]*tensor.Tensor // by node and order, from 1 on; nil where all are 0, and missing for a constant
}

// coefficient returns those of order j of a node's elements, nil if they are 0. Those of order 0 are its numbers.
func (w *expansion) coefficient(n graph.Node, j int) *tensor.Tensor {
	if j == 0 {
		return exact(n.Value())
	}
	if c := w.of[n.ID()]; j < len(c) {
		return c[j]
	}
	return nil
}

// walk finds the series of the nodes from floor on that lie between xs, whose own are known, and y. It forgets those
// that no later node uses. What lies before floor belongs to another walk, what xs are made of too.
func (w *expansion) walk(floor int, y graph.Value, xs ...graph.Value) {
	on := w.g.Between(graph.GradEdges, y, xs...)
	last := make(map[int]int)
	mine := func(id int) bool {
		return id >= floor && !slices.ContainsFunc(xs, func(x graph.Value) bool { return x.ID() == id })
	}
	for id := range on.All {
		for i, n := 0, w.g.Value(id).Node(); i < n.NumInputs(); i++ {
			last[n.InputNode(i).ID()] = id
		}
	}
	for id := range on.All {
		if !mine(id) {
			continue
		}
		n := w.g.Value(id).Node()
		w.of[id] = w.expand(n)
		for i := range n.NumInputs() {
			if in := n.InputNode(i).ID(); last[in] == id && mine(in) {
				delete(w.of, in)
			}
		}
	}
}

// expand returns the series of a node whose operands' are known.
func (w *expansion) expand(n graph.Node) []*tensor.Tensor {
	row := n.Row()
	moving := false
	for i := range n.NumInputs() {
		moving = moving || w.of[n.InputNode(i).ID()] != nil
	}
	switch {
	case !moving || row.Class == graph.NoGrad:
		return nil
	case row.Class == graph.Elementwise && formOf(row) != nil && len(row.Slopes) > 0:
		return w.elementwise(n)
	case bilinear[row.Name]:
		return w.bilinear(n)
	case row.Tangent != nil && (row.Class == graph.Linear || piecewise[row.Name]):
		return w.linear(n)
	case expansions[row.Name] != nil:
		return w.byDefinition(n)
	}
	if form, err := rowform.MeanOf(row); err == nil {
		return w.loss(n, form)
	}
	panic(graph.Errorf(w.op, graph.ErrUsage, "%s has no Taylor series here: elementwise, linear and product operations and reductions have; use autograd.Grad over and over for derivatives of low order", n.Label()))
}

// elementwise expands an elementwise operation by the slopes that its row says.
func (w *expansion) elementwise(n graph.Node) []*tensor.Tensor {
	return w.slopes(n, formOf(n.Row()), n.Dims(), numbersOf(exact(n.Value())))
}

// loss expands a loss, which is the mean of an elementwise function with the given slopes.
func (w *expansion) loss(n graph.Node, form *rowform.Form) []*tensor.Tensor {
	dims := n.InputNode(0).Dims()
	for i := range n.NumInputs() {
		dims, _ = array.BroadcastShapes(nil, dims, n.InputNode(i).Dims())
	}
	size, _ := tensor.Size(dims)
	out := w.slopes(n, form, dims, make([]float64, size)) // no slope of a loss looks at its value
	for j, c := range out {
		if c != nil {
			mean := 0.0
			for _, v := range c.Float64s() {
				mean += v / float64(size)
			}
			out[j] = tensor.Of([]float64{mean})
		}
	}
	return out
}

// slopes expands a function of elements of the given shape by its slopes. values are its numbers.
func (w *expansion) slopes(n graph.Node, form *rowform.Form, dims []int, values []float64) []*tensor.Tensor {
	e := newExpander(w.g, &w.lent, len(values), w.order)
	defer e.free()
	params := parametersOf(n.Row())
	constants, k := rowform.Constants(n), 0
	var args []*series
	for _, p := range params {
		if p.Kind == ops.ValueArg {
			args = append(args, w.series(e, n.InputNode(k), dims))
			k++
		} else {
			args = append(args, e.number(constants[len(args)-k]))
		}
	}
	var v *series
	if hasRecurrence[n.Row().Name] {
		v = e.compute(n.Row().Name, args)
	} else {
		v = e.function(n.Row(), form, args, values)
	}
	out := make([]*tensor.Tensor, w.order+1)
	for j := 1; j <= w.order; j++ {
		out[j] = tensor.New(tensor.Float64, dims...)
		copy(out[j].Float64s(), v.at(j))
	}
	return out
}

// hasRecurrence are the operations whose coefficients follow from those of the operands without a slope.
var hasRecurrence = map[string]bool{"add": true, "sub": true, "neg": true, "mul": true}

// numbersOf returns the elements of a tensor in double precision, which must not be changed.
func numbersOf(t *tensor.Tensor) []float64 {
	if t.DType() != tensor.Float64 {
		t = t.To(tensor.Float64)
	}
	return t.Float64s()
}

// series returns the series of a node, stretched to the given shape.
func (w *expansion) series(e *expander, n graph.Node, dims []int) *series {
	s := &series{zeros: e.zeros}
	for j := range max(len(w.of[n.ID()]), 1) {
		c := w.coefficient(n, j)
		switch {
		case c == nil:
			s.c = append(s.c, e.zeros)
		case slices.Equal(c.Dims(), dims):
			s.c = append(s.c, numbersOf(c))
		default:
			full := tensor.New(tensor.Float64, dims...)
			array.Broadcast(full, c.To(tensor.Float64))
			s.c = append(s.c, full.Float64s())
		}
	}
	return s
}

// linear expands an operation that is linear where it is smooth: it treats every coefficient as it does a tangent.
func (w *expansion) linear(n graph.Node) []*tensor.Tensor {
	out := make([]*tensor.Tensor, w.order+1)
	for j := 1; j <= w.order; j++ {
		for i := range n.NumInputs() {
			c := w.coefficient(n.InputNode(i), j)
			if c == nil {
				continue
			}
			if out[j] == nil {
				out[j] = tensor.New(tensor.Float64, n.Dims()...)
			}
			w.g.Scratch(func() { addStretched(out[j], exact(n.Row().Tangent(n, i, w.g.Lend(c)))) })
		}
	}
	return out
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
func (w *expansion) bilinear(n graph.Node) []*tensor.Tensor {
	out := make([]*tensor.Tensor, w.order+1)
	for k := 1; k <= w.order; k++ {
		out[k] = tensor.New(tensor.Float64, n.Dims()...)
		add := func(i int, t *tensor.Tensor, xs ...*tensor.Tensor) {
			w.g.Scratch(func() {
				m := n
				if len(xs) > 0 { // the product of other numbers
					operands := n.Value().Inputs()
					operands[0] = w.g.Lend(xs[0])
					m = n.Again(operands...).Node()
				}
				addStretched(out[k], exact(n.Row().Tangent(m, i, w.g.Lend(t))))
			})
		}
		for j := 0; j <= k; j++ {
			a, b := w.coefficient(n.InputNode(0), j), w.coefficient(n.InputNode(1), k-j)
			switch {
			case a == nil || b == nil:
			case j == 0:
				add(1, b)
			case j == k: // so that a 0 of a wins over an infinite number of the other operand
				add(0, a)
			default:
				add(1, b, a)
			}
		}
		if n.NumInputs() > 2 {
			if c := w.coefficient(n.InputNode(2), k); c != nil {
				add(2, c)
			}
		}
	}
	return out
}

// byDefinition expands an operation through what it is made of.
func (w *expansion) byDefinition(n graph.Node) (out []*tensor.Tensor) {
	w.g.Scratch(func() {
		w.g.Loudly(func() {
			first := w.g.Len() + 1
			y := expansions[n.Row().Name](n)
			w.walk(first, y, n.Value().Inputs()...)
			out = w.of[y.ID()]
			for id := first; id <= w.g.Len(); id++ {
				delete(w.of, id)
			}
		})
	})
	return out
}
