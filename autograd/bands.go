package autograd

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// A span is a range of elements of a vector x that some number depends on. It holds len(x) less the first of them in low,
// and the last of them plus one in high, so that 0 stands for none, and the union of two is the larger of each.
type span struct{ low, high float64 }

func (s span) union(t span) span { return span{math.Max(s.low, t.low), math.Max(s.high, t.high)} }

// spans are those of the elements of a node.
type spans struct{ low, high *tensor.Tensor }

// A reach finds out which elements of x the elements of later nodes depend on, whatever the numbers: a range for each. It
// follows elements through operations that are elementwise or move them; the result of any other depends on all that its
// operands do.
type reach struct {
	g       *graph.Graph
	on      graph.NodeSet
	scalars []span // by node
	tensors map[int]spans
	lent    []*tensor.Tensor // by the graph's pool
}

// bands returns, for each element of y, a range of elements of x outside of which it depends on none, and the width of the
// widest. Two columns of the Jacobian that are as far apart or farther have no row in common.
func bands(y, x graph.Value) (of []span, width int) {
	g, n := y.Graph(), x.Len()
	on := g.Between(graph.GradEdges, y, x)
	r := &reach{g: g, on: on, scalars: make([]span, y.ID()+1), tensors: make(map[int]spans)}
	defer r.free()
	for id := range on.All {
		node := g.Value(id).Node()
		_, scalar := node.Scalar()
		switch {
		case id == x.ID():
			s := r.zeros(x.Dims())
			for j := range n {
				s.low.SetFlat(float64(n-j), j)
				s.high.SetFlat(float64(j+1), j)
			}
			r.tensors[id] = s
		case scalar:
			r.scalars[id] = r.all(node)
		default:
			r.tensors[id] = r.of(node)
		}
	}
	last := r.at(y.Node())
	low, high := last.low.Float64s(), last.high.Float64s()
	of = make([]span, len(low))
	for i := range of {
		of[i] = span{low[i], high[i]}
		width = max(width, int(high[i]+low[i])-n)
	}
	return of, width
}

// zeros returns the spans of elements that depend on nothing.
func (r *reach) zeros(dims []int) spans { return spans{r.temp(dims), r.temp(dims)} }

// temp returns a tensor of zeros that lives as long as the walk.
func (r *reach) temp(dims []int) *tensor.Tensor {
	t := r.g.Temp(dims...)
	r.lent = append(r.lent, t)
	return t
}

func (r *reach) free() {
	for _, t := range r.lent {
		r.g.FreeTemp(t)
	}
}

// at returns the spans of a node that the walk has passed, zeros if it did not.
func (r *reach) at(n graph.Node) spans {
	if s, ok := r.tensors[n.ID()]; ok {
		return s
	}
	s := r.zeros(n.Dims())
	if _, scalar := n.Scalar(); scalar {
		s.low.SetFlat(r.scalars[n.ID()].low, 0)
		s.high.SetFlat(r.scalars[n.ID()].high, 0)
	}
	return s
}

// all returns the union of the spans of everything that n is made of.
func (r *reach) all(n graph.Node) span {
	var sum span
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		s, ok := r.tensors[in.ID()]
		if !ok {
			sum = sum.union(r.scalars[in.ID()])
			continue
		}
		low, high := s.low.Float64s(), s.high.Float64s()
		for k := range low {
			sum = sum.union(span{low[k], high[k]})
		}
	}
	return sum
}

// of returns the spans of a tensor node.
func (r *reach) of(n graph.Node) spans {
	row, dims := n.Row(), n.Dims()
	if row.Class == graph.Elementwise {
		if s, ok := r.only(n); ok {
			return s
		}
	}
	out := r.zeros(dims)
	if row.Class != graph.Elementwise && !row.Moves {
		s := r.all(n)
		out.low.Fill(s.low)
		out.high.Fill(s.high)
		return out
	}
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		if !r.on.Has(in.ID()) {
			continue
		}
		s := r.at(in)
		if from, ok := n.Passes(i); ok {
			uniteNumbers(out.low.Float64s()[from:], s.low.Float64s())
			uniteNumbers(out.high.Float64s()[from:], s.high.Float64s())
			continue
		}
		if row.Moves {
			s = spans{r.moved(n, i, s.low), r.moved(n, i, s.high)}
		}
		r.unite(out.low, s.low)
		r.unite(out.high, s.high)
	}
	return out
}

// only returns the spans of the operand of an elementwise operation, which are those of the result too, if there is one that
// depends on x and has the result's shape.
func (r *reach) only(n graph.Node) (s spans, ok bool) {
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		if !r.on.Has(in.ID()) {
			continue
		}
		if ok || !slices.Equal(in.Dims(), n.Dims()) {
			return spans{}, false
		}
		s, ok = r.at(in), true
	}
	return s, ok
}

// unite sets the elements of dst to those of src, stretched to its shape, where these are larger.
func (r *reach) unite(dst, src *tensor.Tensor) {
	if src.Len() != dst.Len() {
		full := r.temp(dst.Dims())
		array.Broadcast(full, src)
		src = full
	}
	uniteNumbers(dst.Float64s(), src.Float64s())
}

func uniteNumbers(dst, src []float64) {
	dst = dst[:len(src)]
	for k, v := range src {
		if v > dst[k] {
			dst[k] = v
		}
	}
}

// moved returns what an operation that moves elements makes of numbers in place of operand i and zeros in place of others.
func (r *reach) moved(n graph.Node, i int, numbers *tensor.Tensor) *tensor.Tensor {
	out := r.temp(n.Dims())
	if n.Row().Arity() == 1 {
		n.Apply(out, numbers)
		return out
	}
	r.g.Scratch(func() {
		v := n.Row().Tangent(n, i, r.g.Lend(numbers))
		checkTangent(n, i, v)
		addStretched(out, exact(v))
	})
	return out
}
