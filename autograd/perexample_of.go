package autograd

import (
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// PerExampleOf returns the gradients of the elements of losses, a vector with the loss of each of n examples, by each of
// xs, one for each example and not their sum: for each of xs a tensor with one axis more in front, along which the
// examples lie. It is [PerExample] for a batch that has been recorded as a whole:
//
//	errors := ops.Sub(ops.MatMul(inputs, w), targets) // of shape (n, outputs)
//	rows := autograd.PerExampleOf(ops.Sum(ops.Square(errors), 1), w)[0]
//
// The result is the Jacobian of losses by each of xs, whatever the losses are made of. Where the tape shows that every
// row of what is computed belongs to one example, one backward sweep serves all examples, and only what they contribute
// to values that they share, such as weights, is computed for each: elementwise operations, products of rows with a
// matrix, [github.com/seed366ff29f/chainrule/ops.Linear], and reductions, softmax and the like along later axes are
// known to keep rows apart. Elsewhere there is a sweep for each example.
//
// Both ways give the same numbers but for rounding. The result takes n times the memory of xs, and so do values made of
// them that the examples share while they are passed.
//
// It panics with a [*graph.Error] if losses is no vector, there are no xs, the values belong to different recordings, a
// result has 2³¹ elements or more or takes more than the limit of the Go runtime (GOMEMLIMIT), or like [Backward].
func PerExampleOf(losses graph.Value, xs ...graph.Value) []*tensor.Tensor {
	const op = "autograd.PerExampleOf"
	losses.Check(op)
	if shape := losses.Dims(); len(shape) != 1 {
		panic(graph.Errorf(op, graph.ErrShape, "the losses have shape %s, not that of a vector: give one loss for each example, such as ops.Mean over all axes but the first", tensor.FormatShape(shape)))
	}
	checkLoud(op, losses)
	checkSome(op, xs)
	n := losses.Len()
	out := newRows(op, losses.Graph(), n, xs)
	if b := newBatch(losses, xs); b != nil && b.gradients(op, losses, xs, out) {
		return out
	}
	s := settings{op: op, leavesOnly: onlyLeaves(xs), seed: tensor.New(losses.Graph().DType(), n)}
	for i := range n {
		s.seed.SetFlat(1, i)
		grads := backward(losses, s)
		for k, x := range xs {
			setRow(out[k], i, grads, x)
		}
		grads.Release()
		s.seed.SetFlat(0, i)
	}
	return out
}

// A batch is what was recorded between some values, which all examples share, and their losses. A node either has a row
// for each example, which is made of no rows of others, or is shared.
type batch struct {
	g    *graph.Graph
	n    int           // examples
	on   graph.NodeSet // the nodes on the way
	rows graph.NodeSet // those of them that have a row for each example
}

// newBatch returns the batch of losses, nil if it cannot be seen that its examples keep apart, or nothing would be won.
func newBatch(losses graph.Value, xs []graph.Value) *batch {
	g := losses.Graph()
	b := &batch{g: g, n: losses.Len(), on: g.Between(graph.GradEdges, losses, xs...)}
	if b.n < 2 || g.Changed() || g.Profile() != nil {
		return nil
	}
	for id := range b.on.All {
		n := g.Value(id).Node()
		rows, ok := false, true
		if n.NumInputs() > 0 {
			rows, ok = b.apart(n)
		}
		if !ok || rows && slices.ContainsFunc(xs, func(x graph.Value) bool { return x.ID() == id }) {
			return nil
		}
		if rows {
			b.rows.Add(id)
		}
	}
	if !b.rows.Has(losses.ID()) {
		return nil
	}
	return b
}

// apart reports whether a node has a row for each example, and false for ok if it mixes their rows or is not known to
// keep them apart.
func (b *batch) apart(n graph.Node) (rows, ok bool) {
	some := false // of the operands have rows of examples
	for i := range n.NumInputs() {
		some = some || b.rows.Has(n.InputNode(i).ID())
	}
	row, dims := n.Row(), n.Dims()
	if len(dims) == 0 || dims[0] != b.n || !strings.HasPrefix(row.GoName(), "ops.") {
		return false, !some
	}
	along := func(in graph.Node) bool { d := in.Dims(); return len(d) == len(dims) && d[0] == b.n }
	switch first := n.InputNode(0); {
	case row.Class == graph.Elementwise:
		shared, given := false, false // operands that lie along the examples
		for i := range n.NumInputs() {
			switch in := n.InputNode(i); {
			case b.rows.Has(in.ID()):
				if !along(in) {
					return false, false
				}
			case b.on.Has(in.ID()):
				shared = shared || along(in)
			default:
				given = given || along(in)
			}
		}
		return (some || given) && !shared, !some || !shared
	case row.Name == "matmul" || row.Name == "linear":
		for i := 1; i < n.NumInputs(); i++ {
			if b.rows.Has(n.InputNode(i).ID()) {
				return false, false
			}
		}
		rows = along(first) && len(n.InputNode(1).Dims()) == 2 && (some || !b.on.Has(first.ID()))
		return rows, rows || !some
	case !some:
		return false, true
	case slices.Contains(reductions, row.Name):
		return true, n.Int(0) > 0
	case slices.Contains(normalizers, row.Name):
		return true, n.Int(0) > 0
	case slices.Contains(shapings, row.Name):
		return true, first.Dims()[0] == b.n
	case row.Name == "take_along":
		return true, n.Int(0) > 0 && !b.rows.Has(n.InputNode(1).ID())
	}
	return false, false
}

// Operations that keep rows apart. The integer attributes of reductions are axes in ascending order, and the first one
// of normalizers is an axis; shapings leave the elements in their order.
var (
	reductions  = []string{"sum", "mean", "max", "min", "logsumexp", "norm", "variance", "std", "prod"}
	normalizers = []string{"softmax", "log_softmax", "safe_softmax", "slice"}
	shapings    = []string{"reshape", "squeeze", "unsqueeze"}
)

// shares are the adjoints of shared nodes, a row for each example.
type shares struct {
	*batch
	of      map[int]*tensor.Tensor // by node
	reached graph.NodeSet          // those that something was passed to
	lent    []*tensor.Tensor       // of the graph's pool
}

// gradients sets out, which is all 0, to the gradients of the losses by xs. It returns false where an operation leaves
// that to its rule, which does not know of rows, and then has set out to zeros again.
func (b *batch) gradients(op string, losses graph.Value, xs []graph.Value, out []*tensor.Tensor) (ok bool) {
	s := &shares{batch: b, of: make(map[int]*tensor.Tensor)}
	for k, x := range xs {
		if s.of[x.ID()] == nil {
			s.of[x.ID()] = out[k]
		}
	}
	seed := tensor.New(b.g.DType(), b.n)
	seed.Fill(1)
	first := losses.ID()
	for id := range b.rows.All {
		first = id
		break
	}
	grads := backward(losses, settings{op: op, seed: seed, from: first})
	defer kernel.FlushSubnormals(kernel.FlushSubnormals(b.g.FlushesToZero()))
	ok = true
	for id := range b.on.Down {
		switch n := b.g.Value(id).Node(); {
		case b.rows.Has(id):
			if ct := grads.a.Tensor(n); ct != nil {
				ok = ok && s.passRows(n, ct)
			}
		case s.reached.Has(id) && n.NumInputs() > 0:
			s.pass(n, s.of[id])
		}
	}
	grads.Release()
	for k, x := range xs {
		if t := s.of[x.ID()]; !ok {
			out[k].Zero()
		} else if t != out[k] { // the same value once more
			out[k].Copy(t)
		}
	}
	for _, t := range s.lent {
		b.g.FreeTemp(t)
	}
	return ok
}

// at returns the adjoints of a shared node, zeros if something is to be passed to it for the first time.
func (s *shares) at(n graph.Node) (t *tensor.Tensor, fresh bool) {
	id := n.ID()
	if s.of[id] == nil {
		s.of[id] = s.g.Temp(slices.Concat([]int{s.n}, n.Dims())...)
		s.lent = append(s.lent, s.of[id])
	}
	fresh = !s.reached.Has(id)
	s.reached.Add(id)
	return s.of[id], fresh
}

// passRows passes the adjoint ct of a node that has a row for each example to its operands that are shared. It returns
// false if it cannot.
func (s *shares) passRows(n graph.Node, ct *tensor.Tensor) bool {
	row := n.Row()
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		if !s.on.Has(in.ID()) || s.rows.Has(in.ID()) {
			continue
		}
		if row.Backward == nil {
			return false
		}
		pass := s.passProducts
		if row.Class == graph.Elementwise {
			pass = s.passElements
		}
		if dst, fresh := s.at(in); !pass(n, i, ct, dst, fresh) {
			return false
		}
	}
	return true
}

// passElements is passRows for an elementwise operation: what comes to operand i, stretched to all rows, is not summed
// over the rows.
func (s *shares) passElements(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if dst.Len() == ct.Len() {
		full := s.g.TempView(dst, 0, ct.Dims()...)
		defer s.g.FreeTemp(full)
		return n.Row().Backward(n, i, ct, full, fresh)
	}
	full := n.Buffer(ct.Dims()...)
	defer s.g.FreeTemp(full)
	if !n.Row().Backward(n, i, ct, full, true) {
		return false
	}
	dims := slices.Repeat([]int{1}, ct.Rank())
	dims[0] = s.n
	in := n.InputNode(i).Dims()
	copy(dims[max(len(dims)-len(in), 1):], in[max(len(in)-len(dims)+1, 0):]) // but for a first axis of length 1
	sums := s.g.TempView(dst, 0, dims...)
	array.AddReduced(sums, full)
	s.g.FreeTemp(sums)
	return true
}

// passProducts is passRows for a product of rows with a matrix: the row of one example is a batch of its own.
func (s *shares) passProducts(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) (ok bool) {
	x, w := n.In(0), n.InputNode(i).Dims()
	if n.Row().Name == "matmul" {
		// What comes to a factor does not depend on it: where it is dst, there are as many of it as examples.
		stack := func(t *tensor.Tensor, columns int) *tensor.Tensor {
			return s.g.TempView(t, 0, s.n, t.Len()/max(s.n*columns, 1), columns)
		}
		rows, cts, dsts := stack(x, w[0]), stack(ct, w[1]), s.g.TempView(dst, 0, s.n, w[0], w[1])
		n.With(0, rows, func() { n.With(1, dsts, func() { ok = n.Row().Backward(n, i, cts, dsts, fresh) }) })
		s.g.FreeTemp(dsts)
		s.g.FreeTemp(cts)
		s.g.FreeTemp(rows)
		return ok
	}
	one := func(t *tensor.Tensor) []int { return append([]int{1}, t.Dims()[1:]...) }
	xDims, ctDims := one(x), one(ct)
	width, size, share := x.Len()/s.n, ct.Len()/s.n, dst.Len()/s.n
	for r := range s.n {
		xr, cr, dr := s.g.TempView(x, r*width, xDims...), s.g.TempView(ct, r*size, ctDims...), s.g.TempView(dst, r*share, w...)
		n.With(0, xr, func() { ok = n.Row().Backward(n, i, cr, dr, fresh) })
		s.g.FreeTemp(dr)
		s.g.FreeTemp(cr)
		s.g.FreeTemp(xr)
		if !ok {
			return false
		}
	}
	return true
}

// pass passes the adjoints of a shared node to its operands, one example after the other.
func (s *shares) pass(n graph.Node, cts *tensor.Tensor) {
	_, scalar := n.Scalar()
	size := cts.Len() / s.n
	for r := range s.n {
		ct := s.g.TempView(cts, r*size, n.Dims()...)
		for i := range n.NumInputs() {
			in := n.InputNode(i)
			if !s.on.Has(in.ID()) {
				continue
			}
			dst, _ := s.at(in)
			if scalar {
				if v, ok := n.Contribution(i, ct.AtFlat(0)); ok {
					dst.SetFlat(dst.AtFlat(r)+v, r)
					continue
				}
			}
			width := dst.Len() / s.n
			part := s.g.TempView(dst, r*width, in.Dims()...)
			pass(n, i, ct, part, false)
			s.g.FreeTemp(part)
		}
		s.g.FreeTemp(ct)
	}
}
