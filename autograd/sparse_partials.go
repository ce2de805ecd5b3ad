package autograd

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/ops"
)

// partials are the derivatives of the elements of a tensor operation by those of its operands.
//
// The rule of the operation says what they are. It is recorded once, for a cotangent that is a leaf, and so shows
// whether the cotangent reaches the operand at all, and whether the derivatives are constants: then no operand that wants
// a gradient is used. An elementwise operation has one derivative for each element. A linear map with constant
// coefficients that gives each element of one side at most one of the other, as a slice, a transposition or a sum does,
// is known by what it makes of a few vectors. Any other operation is asked row by row.
type partials struct {
	n      graph.Node
	list   []partial
	counts []int32 // by element of the result, one further on: how many it has in list

	end    int         // of the tape, before what the rules record
	ones   graph.Value // the cotangent
	probes [3]*tensor.Tensor
}

// newPartials returns partials of n without any. What it records is in the way: it is for a scratch.
func newPartials(n graph.Node) *partials {
	g := n.Graph()
	p := &partials{n: n, counts: make([]int32, n.Value().Len()+1), end: g.Len()}
	for k := range p.probes {
		p.probes[k] = tensor.Of(probe(k, n.Value().Len()), n.Dims()...)
	}
	p.ones = g.VarTensor(p.probes[0])
	return p
}

// A partial is an edge from element from of the result.
type partial struct {
	from int32
	edge
}

func (p *partials) put(from, to int, d float64, selects bool) {
	p.list = append(p.list, partial{int32(from), edge{int32(to), selects, d}})
	p.counts[from+1]++
}

// operand finds the derivatives by operand i.
func (p *partials) operand(el *elementTape, i int) {
	n, g := p.n, p.n.Graph()
	in := n.InputNode(i).Value()
	first, size, results := el.first(in.ID()), in.Len(), len(p.counts)-1
	room := func(edges int) { el.reserve(n, len(p.list), edges) }
	before := g.Len()
	forget(n)
	v := cotangent(n, i, p.ones)
	passes, constant := p.uses(before, v)
	if !passes {
		return // whatever the cotangent, nothing
	}
	if n.Row().Class == graph.Elementwise && slices.Equal(v.Dims(), n.Dims()) {
		room(results)
		p.elementwise(i, first, exact(v))
		return
	}
	if constant {
		if to, c, ok := oneEach(results, size, func(k int, dst []float64) { p.contribute(i, p.probes[k], dst) }); ok {
			room(size)
			for u, from := range to {
				if from >= 0 {
					p.put(from, first+u, c[u], false)
				}
			}
			return
		}
		if !slices.Equal(v.Dims(), in.Dims()) {
			v = ops.SumTo(v, in.Dims()...)
		}
		if to, c, ok := oneEach(size, results, func(k int, dst []float64) {
			grads := backward(v, settings{op: el.op, seed: tensor.Of(probe(k, size), in.Dims()...)})
			copy(dst, grads.exact(p.ones).Float64s())
			grads.Release()
		}); ok {
			room(results)
			for from, u := range to {
				if u >= 0 {
					p.put(from, first+u, c[from], false)
				}
			}
			return
		}
	}
	room(boundedProduct(results, size))
	p.rows(i, first, size, constant)
}

// elementwise adds the derivatives d of an elementwise operation, one for each element of the result.
func (p *partials) elementwise(i, first int, d *tensor.Tensor) {
	selects, in := p.n.Row().SelectsOperand(i), p.n.InputNode(i).Dims()
	pairing := array.Pair(p.n.Dims(), in, in)
	for r := range pairing.Runs {
		for k := range r.N {
			p.put(r.Out+k, first+r.A+k*r.StepA, d.AtFlat(r.Out+k), selects)
		}
	}
}

// rows adds the derivatives of each element of the result by all of the operand, or if they are constant by those for
// which they are not 0.
func (p *partials) rows(i, first, size int, constant bool) {
	ct, dst := tensor.New(tensor.Float64, p.n.Dims()...), make([]float64, size)
	for from := range ct.Len() {
		ct.SetFlat(1, from)
		p.contribute(i, ct, dst)
		ct.SetFlat(0, from)
		for u, d := range dst {
			if !constant || d != 0 {
				p.put(from, first+u, d, false)
			}
		}
	}
}

// boundedProduct returns m·n, or the largest number if that is larger.
func boundedProduct(m, n int) int {
	if n > 0 && m > math.MaxInt/n {
		return math.MaxInt
	}
	return m * n
}

// contribute sets dst to what the cotangent ct contributes to operand i.
func (p *partials) contribute(i int, ct *tensor.Tensor, dst []float64) {
	forget(p.n)
	pass(p.n, i, ct, tensor.Of(dst, p.n.InputNode(i).Dims()...), true)
}

// uses reports whether v, which a rule made of the cotangent after the given node, depends on it, and whether the rule
// used no other value that wants a gradient: then what it does is the same for all operands.
func (p *partials) uses(last int, v graph.Value) (cotangent, nothingElse bool) {
	g := p.n.Graph()
	of := make([]bool, g.Len()-last) // by node from last + 1 on: it depends on the cotangent
	nothingElse = true
	for k := range of {
		for _, in := range g.Value(last + 1 + k).Inputs() {
			switch id := in.ID(); {
			case id > last:
				of[k] = of[k] || of[id-last-1]
			case id == p.ones.ID():
				of[k] = true
			case id <= p.end && in.WantsGrad():
				nothingElse = false
			}
		}
	}
	return v == p.ones || v.ID() > last && of[v.ID()-last-1], nothingElse
}

// oneEach looks at a linear map from vectors of m numbers to vectors of n and reports whether each element of the result
// is a multiple of one element of the operand at most: of element from[u], -1 for none, and c[u] times it. f sets dst to
// the map's product with probe k.
func oneEach(m, n int, f func(k int, dst []float64)) (from []int, c []float64, ok bool) {
	var products [3][]float64
	for k := range products {
		products[k] = make([]float64, n)
		f(k, products[k])
	}
	from, c = make([]int, n), products[0]
	for u, d := range c {
		if d == 0 {
			if from[u] = -1; products[1][u] != 0 || products[2][u] != 0 {
				return nil, nil, false
			}
			continue
		}
		k := math.Round(products[1][u]/d) - 1
		if !(k >= 0 && k < float64(m)) {
			return nil, nil, false
		}
		if from[u] = int(k); !(math.Abs(products[2][u]-d*patternless(int(k))) <= 1e-12*math.Abs(d)) {
			return nil, nil, false
		}
	}
	return from, c, true
}

// probe returns n numbers: ones, of which a map that oneEach looks for makes the multiples; 1, 2, 3, …, of which it makes
// the places; or numbers without a pattern, which tell a sum of several elements from a multiple of one.
func probe(k, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		switch k {
		case 0:
			x[i] = 1
		case 1:
			x[i] = float64(i + 1)
		default:
			x[i] = patternless(i)
		}
	}
	return x
}

// patternless returns a number between 1 and 2 that is made of the fractional part of a multiple of an irrational one.
func patternless(i int) float64 {
	_, part := math.Modf(float64(i+1) * (math.Phi * math.Sqrt2))
	return 1 + part*part
}
