package autograd

import (
	"iter"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// An Option is a setting of [Backward]. The order of options does not matter.
type Option func(settings) settings

// settings are passed by value, so that they stay on the stack.
type settings struct {
	op         string // the function that was called, for messages
	seed       *tensor.Tensor
	leavesOnly bool
	from       int // the node that the sweep goes down to, 0 for the leaves
}

// WithSeed starts the sweep from the cotangent ct of the loss, of the loss's shape, in place of ∂l/∂l = 1. The loss
// need not be a scalar then: the result is the product of ct with the Jacobian. ct is not copied, unless it has another
// precision than the graph: it must stay as it is while the [Gradients] are in use. It panics with a [*graph.Error] if
// ct is nil.
func WithSeed(ct *tensor.Tensor) Option {
	checkSeed(ct)
	return func(s settings) settings {
		s.seed = ct
		return s
	}
}

// checkSeed is not a part of [WithSeed], so that the compiler inlines that: the option lives on the caller's stack.
func checkSeed(ct *tensor.Tensor) {
	if ct == nil {
		panic(graph.Errorf("autograd.WithSeed", graph.ErrUsage, "got a nil tensor: leave the option out to start from 1"))
	}
}

// LeavesOnly gives the adjoint of every tensor back to the graph's pool as soon as it has been passed on, unless the
// tensor is a leaf. Training saves memory with it; [Gradients] reads zero for those tensors then.
func LeavesOnly() Option {
	return func(s settings) settings {
		s.leavesOnly = true
		return s
	}
}

// Backward runs the backward sweep from the loss l down to the leaves and returns ∂l/∂v for every value v that l
// depends on. Each call gives a fresh result: nothing accumulates from one to the next, and nothing changes on the tape.
//
// The sweep visits the nodes in the reverse of their recording order, which is a reverse topological one, and adds to
// each operand u of each node v the product ∂l/∂v · ∂v/∂u. An adjoint of exactly 0 contributes 0, even where the local
// derivative is infinite or undefined: the branch of a [github.com/seed366ff29f/chainrule/ops.Where] that was not taken
// never turns a gradient into NaN.
//
// It panics with a [*graph.Error] if the loss is not a scalar and there is no [WithSeed], if it is no longer on the
// tape, if a leaf on the way was changed after it had been used, or if the loss was recorded without gradients by the
// [graph.Graph.Quietly] that is running.
//
// It costs at most a small multiple of the forward pass, whatever the number of leaves (Baur and Strassen, 1983). On a
// tape that goes on without Reset or Rewind from loss to loss, it costs what the loss reaches; but the tape grows, and so
// do the results of sweeps that are not given back with [Gradients.Release].
func Backward(loss graph.Value, options ...Option) Gradients {
	s := settings{op: "autograd.Backward"}
	for i, o := range options {
		if o == nil {
			panic(graph.Errorf(s.op, graph.ErrUsage, "option %d is nil: leave it out", i+1))
		}
		s = o(s)
	}
	return backward(loss, s)
}

func backward(loss graph.Value, s settings) Gradients {
	loss.Check(s.op)
	g := loss.Graph()
	if shape := loss.Dims(); s.seed == nil && len(shape) > 0 {
		panic(graph.Errorf(s.op, graph.ErrShape, "the loss has shape %s, not a scalar: reduce it with ops.Sum or ops.Mean, or give a cotangent with autograd.WithSeed", tensor.FormatShape(shape)))
	} else if s.seed != nil && !slices.Equal(shape, s.seed.Dims()) {
		panic(graph.Errorf(s.op, graph.ErrShape, "the loss has shape %s, the seed has %s: give a cotangent of the loss's shape", tensor.FormatShape(shape), tensor.FormatShape(s.seed.Dims())))
	}
	checkLoud(s.op, loss)
	changed := g.Changed()
	a := g.NewAdjoints(loss)
	done := false
	defer func() {
		if !done { // a rule panicked
			a.Release()
		}
	}()
	root := loss.Node()
	switch {
	case !root.WantsGrad():
	case len(loss.Dims()) > 0:
		if s.seed.DType() != g.DType() {
			s.seed = s.seed.To(g.DType())
		}
		a.Seed(s.seed)
	case s.seed != nil:
		a.SeedScalar(s.seed.AtFlat(0))
	default:
		a.SeedScalar(1) // ∂l/∂l
	}
	sweep(a, s.from, s.leavesOnly)
	if changed {
		checkUnchanged(a.Nodes(), s.op)
	}
	done = true
	return Gradients{a, a.Serial()}
}

// sweep passes the adjoints down from the root to the leaves, or to node from.
func sweep(a *graph.Adjoints, from int, leavesOnly bool) {
	defer kernel.FlushSubnormals(kernel.FlushSubnormals(a.Graph().FlushesToZero()))
	measured := a.Graph().Profile() != nil
	for n := range a.Sweep(from) {
		if measured {
			passMeasured(n, a, leavesOnly)
		} else {
			passTensor(n, a, leavesOnly)
		}
	}
}

// passMeasured is passTensor for a graph with a profile.
func passMeasured(n graph.Node, a *graph.Adjoints, leavesOnly bool) {
	m, elements := n.MeasureBackward(), 0
	for i := range n.NumInputs() {
		if n.Wants(i) {
			elements += n.In(i).Len()
		}
	}
	defer func() { m.Done(elements * n.DType().Bytes()) }()
	passTensor(n, a, leavesOnly)
}

// passTensor passes the adjoint of a node that has tensors to its operands.
func passTensor(n graph.Node, a *graph.Adjoints, leavesOnly bool) {
	ct := a.Tensor(n)
	_, one := n.Scalar()
	if one {
		if offset, in, ok := elementOf(n); ok && n.DType() == tensor.Float64 {
			addElement(a, in, offset, a.Scalar(n))
			return
		}
		ct = n.Temp()
		ct.SetFlat(a.Scalar(n), 0)
		defer n.FreeTemp(ct)
	}
	row := n.Row()
	if leavesOnly && row.InPlace && passInPlace(n, a) {
		return
	}
	prepare(n, ct)
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		if !in.WantsGrad() {
			continue
		}
		if _, scalar := in.Scalar(); scalar {
			dst := n.Temp()
			passPrepared(n, i, ct, dst, false)
			a.AddScalar(in, dst.AtFlat(0))
			n.FreeTemp(dst)
			continue
		}
		if row.Passes != nil && !one {
			if from, ok := row.Passes(n, i); ok {
				a.Pass(n, in, from)
				continue
			}
		}
		dst, fresh := a.Touch(in)
		passPrepared(n, i, ct, dst, fresh)
	}
	if leavesOnly {
		a.Drop(n)
	}
}

// elementOf returns the tensor that a scalar was read out of, and where it stands there.
func elementOf(n graph.Node) (offset int, in graph.Node, ok bool) {
	offset, ok = n.View()
	if ok {
		in = n.InputNode(0)
		ok = len(n.Dims()) == 0 && len(in.Dims()) > 0 && n.Row().Class == graph.Linear
	}
	return offset, in, ok
}

// addElement adds v to an element of the adjoint of a tensor.
func addElement(a *graph.Adjoints, in graph.Node, offset int, v float64) {
	dst, fresh := a.Touch(in)
	if fresh {
		dst.Zero()
	}
	dst.Float64s()[offset] += v
}

// passInPlace makes the adjoint of a node that of its operand, if it can, and reports whether it did so.
func passInPlace(n graph.Node, a *graph.Adjoints) bool {
	in, ct := n.InputNode(0), a.Tensor(n)
	if _, scalar := in.Scalar(); scalar || !in.WantsGrad() || !a.Hand(n, in) {
		return false
	}
	passPrepared(n, 0, ct, ct, true)
	return true
}

// pass adds to dst what the cotangent ct of node n contributes to operand i: by the operation's kernel, or by its rule
// on the graph, whose records are taken away again. The numbers of a fresh dst are undefined.
func pass(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) {
	defer kernel.FlushSubnormals(kernel.FlushSubnormals(n.Graph().FlushesToZero()))
	prepare(n, ct)
	passPrepared(n, i, ct, dst, fresh)
}

// prepare computes what the kernel of node n has in common for all operands.
func prepare(n graph.Node, ct *tensor.Tensor) {
	if f := n.Row().Common; f != nil {
		f(n, ct)
	}
}

// passPrepared is pass for a cotangent that has been prepared.
func passPrepared(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) {
	row := n.Row()
	if row.Passes != nil {
		if from, ok := n.Passes(i); ok {
			addStretch(dst, ct, from, fresh)
			return
		}
	}
	if row.Backward != nil && row.Backward(n, i, ct, dst, fresh) {
		return
	}
	if fresh {
		dst.Zero()
	}
	passByRule(n, i, ct, dst)
}

// addStretch adds to dst as many elements of ct as it has, from the given one on, or sets a fresh dst to them.
func addStretch(dst, ct *tensor.Tensor, from int, fresh bool) {
	if dst.DType() == tensor.Float32 {
		addNumbers(dst.Float32s(), ct.Float32s()[from:], fresh)
	} else {
		addNumbers(dst.Float64s(), ct.Float64s()[from:], fresh)
	}
}

func addNumbers[T constraints.Float](dst, src []T, fresh bool) {
	if src = src[:len(dst)]; fresh {
		kernel.Copy(dst, src)
	} else {
		kernel.AddTo(dst, src)
	}
}

// passByRule is pass by the operation's rule alone, which scalar operations have too.
func passByRule(n graph.Node, i int, ct, dst *tensor.Tensor) {
	g := n.Graph()
	// With gradients on: a rule may differentiate what it records.
	g.Scratch(func() { g.Loudly(func() { addReduced(dst, exact(cotangent(n, i, g.Lend(ct)))) }) })
}

// addReduced adds src to dst, summed over the axes along which dst stretches to it.
func addReduced(dst, src *tensor.Tensor) {
	if src.DType() != dst.DType() {
		src = src.To(dst.DType())
	}
	array.AddReduced(dst, src)
}

// exact returns the numbers of a value, which must not be changed: a scalar's in float64 whatever the graph's precision.
func exact(v graph.Value) *tensor.Tensor {
	if x, scalar := v.Node().Scalar(); scalar {
		return tensor.Of([]float64{x})
	}
	return v.Node().Data()
}

// cotangent returns what the operation's rule makes of the cotangent ct of node n for operand i, of a shape that the
// operand stretches to.
func cotangent(n graph.Node, i int, ct graph.Value) graph.Value {
	v := n.Row().VJP(n, i, ct)
	checkCotangent(n, i, v)
	return v
}

// checkCotangent panics unless a rule may return v as the cotangent of operand i of node n.
func checkCotangent(n graph.Node, i int, v graph.Value) {
	if v.Graph() == nil {
		panic(n.Errorf(graph.ErrUsage, "the VJP of operand %d returned the zero graph.Value: return the operand's cotangent", i))
	}
	if v.Graph() != n.Graph() {
		panic(n.Errorf(graph.ErrForeign, "the VJP of operand %d returned a value of another graph: make the cotangent of the operands and of the cotangent that it is given", i))
	}
	if shape := n.InputNode(i).Dims(); !array.BroadcastsTo(shape, v.Dims()) {
		panic(n.Errorf(graph.ErrShape, "the VJP of operand %d returned shape %s, to which the operand's shape %s does not stretch: return a cotangent of the operand's shape", i, tensor.FormatShape(v.Dims()), tensor.FormatShape(shape)))
	}
}

// checkLoud panics if y is a constant for no other reason than that gradients are off: its derivatives are not 0.
func checkLoud(op string, y graph.Value) {
	if y.Graph().Quiet() && !y.WantsGrad() && !y.IsLeaf() {
		panic(graph.Errorf(op, graph.ErrUsage, "value %s was recorded with gradients off, in Graph.Quietly, and has no derivatives: record it and differentiate it outside", y.Node().Label()))
	}
}

// checkUnchanged panics if one of the nodes that a sweep came to, in its order, had used a leaf before it was changed.
func checkUnchanged(swept iter.Seq[graph.Node], op string) {
	for n := range swept {
		if leaf, changed := n.ChangedOperand(); changed {
			panic(graph.Errorf(op, graph.ErrChanged, "leaf %s was changed after %s had used it: the gradient would mix old and new numbers; call Backward before the change, or Rewind and record again", leaf.Label(), n.Label()))
		}
	}
}

// Gradients is the result of one backward sweep: ∂l/∂v for every value v. It is a small value, good until the graph's
// Reset or a Rewind past the loss.
type Gradients struct {
	a      *graph.Adjoints
	serial uint64
}

func (g Gradients) check(op string) {
	if g.a == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got the zero Gradients: get one from autograd.Backward"))
	}
	if g.a.Serial() != g.serial {
		panic(graph.Errorf(op, graph.ErrStale, "these gradients are from before the graph's Reset or Rewind, or their Release: read them first, or copy them out with Gradients.Tensor"))
	}
}

func (g Gradients) node(op string, v graph.Value) graph.Node {
	g.check(op)
	v.CheckIn(op, g.a.Graph())
	return v.Node()
}

// has reports whether the sweep can have reached n.
func (g Gradients) has(n graph.Node) bool { return n.WantsGrad() && g.a.Covers(n) }

// Graph returns the graph that the sweep was run on.
func (g Gradients) Graph() *graph.Graph {
	g.check("autograd.Gradients.Graph")
	return g.a.Graph()
}

// Loss returns the value that the sweep started from.
func (g Gradients) Loss() graph.Value {
	g.check("autograd.Gradients.Loss")
	return g.a.Root()
}

// Scalar returns ∂l/∂x for a scalar x: 0 if l does not depend on x, or x is a constant. It panics with a
// [*graph.Error] if x is not a scalar or belongs to another recording.
func (g Gradients) Scalar(x graph.Value) float64 {
	const op = "autograd.Gradients.Scalar"
	n := g.node(op, x)
	if _, scalar := n.Scalar(); !scalar {
		panic(graph.Errorf(op, graph.ErrShape, "value %s has shape %s, not a scalar: use Gradients.Tensor", n.Label(), tensor.FormatShape(n.Dims())))
	}
	if !g.has(n) {
		return 0
	}
	g.a.Root().NoteRead()
	return g.a.Scalar(n)
}

// Scalars fills dst with ∂l/∂x for each of the scalars xs and returns it; a nil dst is made. It panics with a
// [*graph.Error] if dst has another length than xs.
func (g Gradients) Scalars(dst []float64, xs []graph.Value) []float64 {
	if dst == nil {
		dst = make([]float64, len(xs))
	}
	if len(dst) != len(xs) {
		panic(graph.Errorf("autograd.Gradients.Scalars", graph.ErrShape, "dst has %d elements for %d values: give one for each, or nil", len(dst), len(xs)))
	}
	g.check("autograd.Gradients.Scalars")
	g.a.Root().NoteRead()
	for i := g.a.Read(dst, xs); i < len(xs); i++ {
		dst[i] = g.Scalar(xs[i])
	}
	return dst
}

// Tensor returns a copy of ∂l/∂w in w's shape and the graph's precision: zeros if l does not depend on w, or w is a
// constant. It panics with a [*graph.Error] if w belongs to another recording.
func (g Gradients) Tensor(w graph.Value) *tensor.Tensor {
	n := g.node("autograd.Gradients.Tensor", w)
	if !g.has(n) {
		return tensor.New(g.a.Graph().DType(), n.Dims()...)
	}
	g.a.Root().NoteRead()
	return copied(g.a, n)
}

// copied returns a copy of what a sweep has for a node, in the graph's precision.
func copied(a *graph.Adjoints, n graph.Node) *tensor.Tensor {
	t := tensor.New(a.Graph().DType(), n.Dims()...)
	if _, scalar := n.Scalar(); scalar {
		t.SetFlat(a.Scalar(n), 0)
	} else if v := a.Tensor(n); v != nil {
		t.Copy(v)
	}
	return t
}

// exact is Tensor without rounding of scalars: they are in float64.
func (g Gradients) exact(v graph.Value) *tensor.Tensor {
	if _, scalar := v.Node().Scalar(); scalar {
		return tensor.Of([]float64{g.Scalar(v)})
	}
	return g.Tensor(v)
}

// View returns the storage of ∂l/∂w for a tensor w, which must not be changed, since other values and the seed may share
// it, and lives as long as the Gradients, or nil if it is zero because l does not depend on w. Optimizers read it in place.
func (g Gradients) View(w graph.Value) *tensor.Tensor {
	n := g.node("autograd.Gradients.View", w)
	if !g.a.Covers(n) {
		return nil
	}
	g.a.Root().NoteRead()
	return g.a.Tensor(n) // of scalars and constants nil too
}

// Kept reports whether the adjoint of v is there to be read: it is not if [LeavesOnly] gave it back.
func (g Gradients) Kept(v graph.Value) bool {
	n := g.node("autograd.Gradients.Kept", v)
	_, scalar := n.Scalar()
	return scalar || !g.has(n) || !g.a.Reached(n) || g.a.Tensor(n) != nil
}

// Reaches reports whether the loss depends on v through operations that pass gradients on, whatever numbers flowed: it
// is true for x - x, whose derivative is 0. It is false for a constant.
func (g Gradients) Reaches(v graph.Value) bool {
	n := g.node("autograd.Gradients.Reaches", v)
	if !g.has(n) {
		return false
	}
	return g.a.Reached(n) || g.a.Graph().Ancestors(graph.GradEdges, g.a.Root()).Has(n.ID())
}

// Release gives the memory of the sweep back to the graph before Reset or Rewind would. The Gradients must not be used
// afterwards.
func (g Gradients) Release() {
	g.check("autograd.Gradients.Release")
	g.a.Release()
}
