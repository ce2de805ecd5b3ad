package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/ops"
)

// Forward returns the derivative of y as each of xs moves along the direction that dirs has for it: the sum of the
// products of the Jacobians ∂y/∂x with the directions, of y's shape. It is one sweep over what was recorded between xs and
// y, in the order in which it was recorded, and leaves no trace on the tape. y may have any shape; the derivative by one of
// xs that y does not depend on is 0, and one that is given twice moves along both of its directions.
//
// A function that is called again for a backward sweep, as that of [Checkpoint], [Loop], [FixedPoint] and [Root], is called
// again for this one too. The sweep passes an operation of [Custom] by differentiating its VJP, one of [CustomWith] by its
// Tangent.
//
// A tangent of exactly 0 contributes 0, whatever the local derivative, and nothing comes from an operand that an operation
// did not select: as in [Backward], but a column and a row of a Jacobian do not meet the same zeros.
//
// It panics with a [*graph.Error] if the directions are not as many as xs, one of them has another shape than its x, or
// the values belong to different recordings, and like [Backward] if a leaf was changed after it had been used.
func Forward(y graph.Value, xs []graph.Value, dirs []*tensor.Tensor) *tensor.Tensor {
	const op = "autograd.Forward"
	y.Check(op)
	if len(xs) != len(dirs) {
		panic(graph.Errorf(op, graph.ErrShape, "%d directions for %d values: give one for each", len(dirs), len(xs)))
	}
	checkLoud(op, y)
	for i, x := range xs {
		x.CheckIn(op, y.Graph())
		if dirs[i] == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "direction %d is a nil tensor: give one of shape %s, of zeros for a value that does not move", i, tensor.FormatShape(x.Dims())))
		}
		if !slices.Equal(x.Dims(), dirs[i].Dims()) {
			panic(graph.Errorf(op, graph.ErrShape, "direction %d has shape %s, value %s has %s: give a direction of the value's shape", i, tensor.FormatShape(dirs[i].Dims()), x.Node().Label(), tensor.FormatShape(x.Dims())))
		}
	}
	t := y.Graph().NewTangents(1, y, xs...)
	defer t.Release()
	seed(t, xs, dirs)
	push(op, t)
	dy := tensor.New(y.Graph().DType(), y.Dims()...)
	if _, scalar := y.Node().Scalar(); scalar {
		dy.SetFlat(t.Scalar(y.Node())[0], 0)
	} else if v := t.Tensor(y.Node()); v != nil {
		dy.Copy(v)
	}
	return dy
}

// seed makes each of xs move along its direction, and one that is there several times along the sum of its directions.
func seed(t *graph.Tangents, xs []graph.Value, dirs []*tensor.Tensor) {
	sums := make(map[int]*tensor.Tensor, len(xs))
	for i, x := range xs {
		sum, again := dirs[i], sums[x.ID()]
		if again != nil {
			sum = again.To(tensor.Float64)
			for k := range sum.Len() {
				sum.SetFlat(sum.AtFlat(k)+dirs[i].AtFlat(k), k)
			}
		}
		sums[x.ID()] = sum
		t.Seed(x, sum.Reshape(1, sum.Len()))
	}
}

// fewDirections is how many directions a sweep goes in at once.
const fewDirections = 16

// eachDirection makes forward sweeps from x, a vector, to y in k directions, some at a time. dir sets row to direction r. f
// gets the derivatives of y in now directions from the first on, one behind the other, which are good until f returns.
func eachDirection(op string, y, x graph.Value, k int, dir func(r int, row []float64), f func(first, now int, dys []float64)) {
	g, n := y.Graph(), x.Len()
	for first := 0; first < k; {
		now := min(k-first, fewDirections)
		t := g.NewTangents(now, y, x)
		rows := g.Temp(now, n)
		for ; first+now <= k; first += now {
			for r := range now {
				dir(first+r, rows.Float64s()[r*n:][:n])
			}
			t.Seed(x, rows)
			push(op, t)
			switch v := t.Tensor(y.Node()); {
			case y.Rank() == 0:
				f(first, now, t.Scalar(y.Node()))
			case v == nil:
				f(first, now, make([]float64, now*y.Len()))
			default:
				f(first, now, v.Float64s())
			}
			t.Clear()
		}
		g.FreeTemp(rows)
		t.Release()
	}
}

// push runs the sweep of t, in the directions that it was seeded with. It panics with a [*graph.Error] if a leaf was
// changed.
func push(op string, t *graph.Tangents) {
	g := t.Graph()
	if g.Changed() {
		checkUnchanged(func(yield func(graph.Node) bool) {
			for id := range t.Nodes().Down {
				if !yield(g.Value(id).Node()) {
					return
				}
			}
		}, op)
	}
	inner := new(storage)
	defer inner.release()
	run(t, inner)
}

// run is push for what was recorded just now, with the storage of sweeps on the way.
func run(t *graph.Tangents, inner *storage) {
	defer kernel.FlushSubnormals(kernel.FlushSubnormals(t.Graph().FlushesToZero()))
	for n := range t.Sweep() {
		p := pusher{t: t, n: n, inner: inner}
		p.push()
	}
}

// A pusher computes the tangents of one operation that has tensors.
type pusher struct {
	t     *graph.Tangents
	inner *storage // of sweeps on the way
	n     graph.Node
	out   *tensor.Tensor // nil until something contributes
	fresh bool           // out is not set yet
}

func (p *pusher) push() {
	n, g := p.n, p.t.Graph()
	if offset, in, ok := elementOf(n); ok {
		p.byElement(offset, in)
		return
	}
	if m := moverOf(n); m != nil {
		p.byFunction(m)
	} else {
		p.byOperands()
	}
	if p.out == nil {
		return
	}
	if _, scalar := n.Scalar(); scalar {
		for r, s := range p.t.Scalar(n) {
			p.t.Scalar(n)[r] = s + p.out.AtFlat(r)
		}
		g.FreeTemp(p.out)
		return
	}
	p.t.Set(n, p.out)
}

// byElement computes the tangents of a scalar that was read out of a tensor.
func (p *pusher) byElement(offset int, in graph.Node) {
	u := p.t.Tensor(in)
	if u == nil {
		return
	}
	width := u.Len() / p.t.Directions()
	out := p.t.Scalar(p.n)
	for r := range out {
		out[r] += u.AtFlat(r*width + offset)
	}
}

// byOperands adds up what the operands contribute one by one.
func (p *pusher) byOperands() {
	n, on := p.n, p.t.Nodes()
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		if !on.Has(in.ID()) {
			continue
		}
		u, lent := p.tangents(in, n.DType())
		if u == nil {
			continue
		}
		if p.out == nil {
			p.out, p.fresh = p.t.New(n, n.DType()), true
		}
		p.contribute(i, in, u)
		if lent {
			p.t.Graph().FreeTemp(u)
		}
	}
}

// tangents returns those of an operand, nil if there are none, and whether they are to be freed after use, as those of a
// scalar are: they are in the given precision.
func (p *pusher) tangents(in graph.Node, dtype tensor.DType) (u *tensor.Tensor, lent bool) {
	if _, scalar := in.Scalar(); !scalar {
		return p.t.Tensor(in), false
	}
	numbers := p.t.Scalar(in)
	if !slices.ContainsFunc(numbers, moves) {
		return nil, false
	}
	u = p.t.New(in, dtype)
	for r, v := range numbers {
		u.SetFlat(v, r)
	}
	return u, true
}

// eachRow calls f for every direction, with the tangent of operand in, seen in its shape, and what is to become that of the
// result, in the result's. It stops and returns false where f does.
func (p *pusher) eachRow(in graph.Node, u *tensor.Tensor, f func(dst, w *tensor.Tensor) bool) bool {
	k, g := p.t.Directions(), p.t.Graph()
	if k == 1 {
		return f(p.out, u)
	}
	from, dims, width, size := in.Dims(), p.n.Dims(), u.Len()/k, p.out.Len()/k
	ok := true
	for r := 0; r < k && ok; r++ {
		w, dst := g.TempView(u, r*width, from...), g.TempView(p.out, r*size, dims...)
		ok = f(dst, w)
		g.FreeTemp(dst)
		g.FreeTemp(w)
	}
	return ok
}

// contribute adds what the tangents u of operand i, in, contribute to out, or sets out to it if it is fresh.
func (p *pusher) contribute(i int, in graph.Node, u *tensor.Tensor) {
	row, from, passes := p.n.Row(), 0, false
	if row.Passes != nil {
		from, passes = row.Passes(p.n, i)
	}
	switch {
	case passes:
		p.byPassing(from, u)
	case row.Class == graph.Elementwise && row.Backward != nil && p.bySlope(i, in, u):
	case p.out.Len() == p.t.Directions() && u.Len() > p.out.Len() && row.Class != graph.Linear && !hasHooks(p.n) && allFinite(u):
		p.byGradient(i, in, u)
	case row.Class == graph.Linear && row.Arity() == 1:
		if offset, ok := p.n.View(); ok {
			p.byView(offset, u)
			break
		}
		p.eachRow(in, u, func(dst, w *tensor.Tensor) bool {
			p.n.Apply(dst, w) // it is its own Jacobian
			return true
		})
	default:
		p.byRule(i, in, u)
	}
	p.fresh = false
}

// bySlope is contribute for an elementwise operation, by the kernel of its backward sweep: the Jacobian is diagonal, and so
// its own transpose. It returns false to leave the work to the rule, and then has added nothing.
func (p *pusher) bySlope(i int, in graph.Node, u *tensor.Tensor) bool {
	n, g, k := p.n, p.t.Graph(), p.t.Directions()
	if !slices.Equal(in.Dims(), n.Dims()) {
		full := p.t.New(n, n.DType())
		defer g.FreeTemp(full)
		(&pusher{t: p.t, n: n, out: full}).eachRow(in, u, func(dst, w *tensor.Tensor) bool {
			array.Broadcast(dst, w)
			return true
		})
		u = full
	}
	if k > 2 && allFinite(u) {
		return p.byDiagonal(i, u)
	}
	backward := n.Row().Backward
	return p.eachRow(n, u, func(dst, w *tensor.Tensor) bool { return backward(n, i, w, dst, p.fresh) })
}

// byDiagonal is bySlope for many directions, which share the diagonal. The tangents must be finite: a derivative of 0
// does not tell whether the operation multiplies with it or passes nothing on.
func (p *pusher) byDiagonal(i int, u *tensor.Tensor) bool {
	n, g := p.n, p.n.Graph()
	one, d := n.Buffer(n.Dims()...), n.Buffer(n.Dims()...)
	defer g.FreeTemp(one)
	defer g.FreeTemp(d)
	one.Fill(1)
	if !n.Row().Backward(n, i, one, d, true) {
		return false
	}
	if d.DType() == tensor.Float32 {
		mulRows(p.out.Float32s(), u.Float32s(), d.Float32s(), p.fresh)
	} else {
		mulRows(p.out.Float64s(), u.Float64s(), d.Float64s(), p.fresh)
	}
	return true
}

// mulRows adds to the rows of out the products of the rows of u with d, or sets them to those. A 0 of u wins.
func mulRows[T float32 | float64](out, u, d []T, fresh bool) {
	for ; len(u) > 0 && len(d) > 0; u, out = u[len(d):], out[len(d):] {
		if fresh {
			kernel.MulZeroWins(out[:len(d)], u[:len(d)], d)
		} else {
			kernel.MulAddTo(out[:len(d)], u[:len(d)], d)
		}
	}
}

// byGradient is contribute for an operation whose result is one number: the products of the tangents with its gradient,
// which serves all directions. The tangents must be finite: a derivative of 0 does not tell an element that was not
// selected from others.
func (p *pusher) byGradient(i int, in graph.Node, u *tensor.Tensor) {
	n, g := p.n, p.t.Graph()
	one, d := n.Buffer(n.Dims()...), n.Buffer(in.Dims()...)
	defer g.FreeTemp(one)
	defer g.FreeTemp(d)
	one.Fill(1)
	forget(n)
	pass(n, i, one, d, true)
	forget(n)
	for r := range p.t.Directions() {
		s := 0.0
		if !p.fresh {
			s = p.out.AtFlat(r)
		}
		if d.DType() == tensor.Float32 {
			s += product(u.Float32s()[r*d.Len():], d.Float32s())
		} else {
			s += product(u.Float64s()[r*d.Len():], d.Float64s())
		}
		p.out.SetFlat(s, r)
	}
}

// product returns the product of tangents with a gradient, in which a tangent of 0 wins.
func product[T float32 | float64](u, d []T) float64 {
	if kernel.AllFinite(d) {
		return float64(kernel.Dot(u[:len(d)], d))
	}
	s := 0.0
	for j, v := range d {
		if u[j] != 0 {
			s += float64(u[j]) * float64(v)
		}
	}
	return s
}

// byPassing is contribute for an operand that is a stretch of the result as it is, from element from on.
func (p *pusher) byPassing(from int, u *tensor.Tensor) {
	k := p.t.Directions()
	if u.Len() == p.out.Len() {
		addStretch(p.out, u, 0, p.fresh)
		return
	}
	if p.fresh {
		p.out.Zero()
	}
	if u.DType() == tensor.Float32 {
		addParts(p.out.Float32s(), u.Float32s(), k, from)
	} else {
		addParts(p.out.Float64s(), u.Float64s(), k, from)
	}
}

func addParts[T float32 | float64](out, u []T, k, from int) {
	size, width := len(out)/k, len(u)/k
	if width == 1 { // a scalar, one of many as a rule
		for r, v := range u {
			out[r*size+from] += v
		}
		return
	}
	for r := range k {
		kernel.AddTo(out[r*size+from:][:width], u[r*width:][:width])
	}
}

// byView is contribute for a node whose numbers are those of its operand from offset on.
func (p *pusher) byView(offset int, u *tensor.Tensor) {
	k := p.t.Directions()
	if u.DType() == tensor.Float32 {
		copyParts(p.out.Float32s(), u.Float32s(), k, offset)
	} else {
		copyParts(p.out.Float64s(), u.Float64s(), k, offset)
	}
}

func copyParts[T float32 | float64](out, u []T, k, offset int) {
	size, width := len(out)/k, len(u)/k
	for r := range k {
		copy(out[r*size:][:size], u[r*width+offset:])
	}
}

// byRule is contribute by the operation's Tangent or, if it has none, by its VJP: that is linear in the cotangent, and
// its product with the tangent, differentiated by the cotangent, is what the tangent contributes. What either records is
// taken away again. A tangent of zeros contributes nothing, whatever the rule would make of it.
func (p *pusher) byRule(i int, in graph.Node, u *tensor.Tensor) {
	n, g := p.n, p.t.Graph()
	if p.t.Directions() > 1 && max(in.Value().Rank(), n.Value().Rank()) < tensor.MaxRank && n.Row().Stacks != nil && n.Row().Stacks(n, i) {
		p.byStack(i, in, u)
		return
	}
	if p.fresh {
		p.out.Zero()
	}
	p.eachRow(in, u, func(dst, w *tensor.Tensor) bool {
		if still(w) {
			return true
		}
		g.Scratch(func() {
			g.Loudly(func() {
				if f := n.Row().Tangent; f != nil {
					v := f(n, i, g.Lend(w))
					checkTangent(n, i, v)
					addStretched(dst, exact(v))
					return
				}
				addReduced(dst, exact(transposedTangent(n, i, w)))
			})
		})
		return true
	})
}

// still reports whether nothing moves: all tangents are 0.
func still(t *tensor.Tensor) bool {
	if t.DType() == tensor.Float32 {
		return !slices.ContainsFunc(t.Float32s(), moves)
	}
	return !slices.ContainsFunc(t.Float64s(), moves)
}

func moves[T float32 | float64](v T) bool { return v != 0 }

// byStack is byRule for a Tangent that takes all directions at once.
func (p *pusher) byStack(i int, in graph.Node, u *tensor.Tensor) {
	n, g, k := p.n, p.t.Graph(), p.t.Directions()
	var buf [tensor.MaxRank]int
	w := g.TempView(u, 0, append(append(buf[:0], k), in.Dims()...)...)
	dst := g.TempView(p.out, 0, append(append(buf[:0], k), n.Dims()...)...)
	g.Scratch(func() {
		g.Loudly(func() {
			v := n.Row().Tangent(n, i, g.Lend(w))
			checkStack(n, i, v, dst.Dims())
			d := exact(v)
			if !allFinite(d) { // a direction of zeros contributes nothing, whatever the rule makes of it
				d = d.Clone()
				(&pusher{t: p.t, n: n, out: d}).eachRow(in, u, func(dst, w *tensor.Tensor) bool {
					if still(w) {
						dst.Zero()
					}
					return true
				})
			}
			if p.fresh {
				dst.Copy(d)
			} else {
				addReduced(dst, d)
			}
		})
	})
	g.FreeTemp(dst)
	g.FreeTemp(w)
}

// checkStack panics unless a rule may return v as what operand i contributes to tangents of n, of the given shape.
func checkStack(n graph.Node, i int, v graph.Value, shape []int) {
	if v.Graph() != n.Graph() || !slices.Equal(v.Dims(), shape) {
		checkTangent(n, i, v)
		panic(n.Errorf(graph.ErrShape, "the Tangent of operand %d returned shape %s for tangents in %d directions, want %s: leave Row.Stacks out unless it takes them", i, tensor.FormatShape(v.Dims()), shape[0], tensor.FormatShape(shape)))
	}
}

// transposedTangent differentiates the VJP of n for operand i by its cotangent, along w.
func transposedTangent(n graph.Node, i int, w *tensor.Tensor) graph.Value {
	const op = "autograd.Forward"
	g := n.Graph()
	seed := g.VarTensor(tensor.New(g.DType(), n.Dims()...))
	forget(n)
	defer forget(n)
	v := cotangent(n, i, seed)
	if from := n.InputNode(i).Dims(); !slices.Equal(v.Dims(), from) {
		v = ops.SumTo(v, from...)
	}
	grads := backward(v, settings{op: op, seed: w})
	return g.ConstTensor(grads.exact(seed))
}

// checkTangent panics unless a rule may return v as what operand i contributes to the tangent of n.
func checkTangent(n graph.Node, i int, v graph.Value) {
	if v.Graph() == nil {
		panic(n.Errorf(graph.ErrUsage, "the Tangent of operand %d returned the zero graph.Value: return what the operand contributes", i))
	}
	if v.Graph() != n.Graph() {
		panic(n.Errorf(graph.ErrForeign, "the Tangent of operand %d returned a value of another graph: make it of the operands and of the tangent that it is given", i))
	}
	if !array.BroadcastsTo(v.Dims(), n.Dims()) {
		panic(n.Errorf(graph.ErrShape, "the Tangent of operand %d returned shape %s, which does not stretch to the result's shape %s: return a tangent of the result", i, tensor.FormatShape(v.Dims()), tensor.FormatShape(n.Dims())))
	}
}

// addStretched adds src, stretched to dst's shape, to dst.
func addStretched(dst, src *tensor.Tensor) {
	if src.DType() != dst.DType() {
		src = src.To(dst.DType())
	}
	if !slices.Equal(src.Dims(), dst.Dims()) {
		full := tensor.New(dst.DType(), dst.Dims()...)
		array.Broadcast(full, src)
		src = full
	}
	array.AddReduced(dst, src)
}
