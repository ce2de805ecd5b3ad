package nn

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Gradients is a gradient for each of some parameters as numbers of its own, apart from any graph. It adds up the
// results of backward sweeps, and can be scaled and clipped before an optimizer applies it.
//
// Accumulation, a step on a batch that comes in n parts:
//
//	acc.Zero()
//	for _, part := range parts { acc.Add(autograd.Backward(loss(g, part))); g.Reset() }
//	acc.Scale(1 / float64(len(parts))); err := opt.Apply(acc)
//
// Clipping:
//
//	acc.Add(autograd.Backward(loss))
//	norm := acc.ClipNorm(1)
//	err := opt.Apply(acc)
//
// Data parallelism, where each worker has a graph of its own that binds the same parameters. Sums of rounded numbers
// depend on their order, so one goroutine adds them, always in the same order:
//
//	for i := range workers { wg.Go(func() { grads[i] = autograd.Backward(loss(graphs[i], parts[i])) }) }
//	wg.Wait()
//	for i := range workers { acc.Add(grads[i]) }
//
// A Gradients serves one goroutine at a time. Sums have the precision of their parameter; if [To] changes that in
// between, they go over to the new one. After the first [Gradients.Add] nothing allocates.
type Gradients struct {
	params []*Param // each once
	sums   map[*Param]*gradientSum
	views  []*tensor.Tensor // those sums that are not empty, for the norm

	// Of the graphs that sweeps were run on which were added since Zero: whether one takes subnormal numbers as zeros, and
	// the last one's profile.
	flush   bool
	profile *graph.Profile
}

// A gradientSum is the sum of the gradients of a parameter.
type gradientSum struct {
	total   *tensor.Tensor // nil before the first Add
	scalar  *tensor.Tensor // holds what is added to a parameter of shape ()
	empty   bool           // the sum is zero, whatever total holds
	reached bool           // by a loss that was added since Zero
}

// NewGradients returns gradients of zero for the given parameters. A parameter that is listed twice counts once. It
// panics with a [*graph.Error] if a parameter is nil or has no numbers.
func NewGradients(params ...*Param) *Gradients {
	mustHaveNumbers("nn.NewGradients", params)
	a := &Gradients{sums: make(map[*Param]*gradientSum, len(params))}
	for _, p := range params {
		if a.sums[p] == nil {
			a.sums[p] = &gradientSum{empty: true}
			a.params = append(a.params, p)
		}
	}
	return a
}

// Add adds the gradients of a sweep. A parameter that its loss does not depend on, or that is not bound to its graph,
// gets nothing added; [Optimizer].Apply reports it if no Add has reached it since [Gradients.Zero]. Numbers that are not
// finite are added like all others, for Apply to report. Add panics with a [*graph.Error] if the graph has been Reset
// since the sweep, or a parameter has changed its shape since the last Add.
func (a *Gradients) Add(grads autograd.Gradients) {
	const op = "nn.Gradients.Add"
	a.check(op)
	g := grads.Graph()
	a.flush, a.profile = a.flush || g.FlushesToZero(), g.Profile()
	defer kernel.FlushSubnormals(kernel.FlushSubnormals(a.flush))
	for _, p := range a.params {
		s := a.sums[p]
		total := s.fit(op, p)
		t, reached := gradientOf(p, &s.scalar, grads)
		s.reached = s.reached || reached
		switch {
		case t == nil:
		case s.empty:
			total.Copy(t)
			s.empty = false
		case total.DType() == tensor.Float32:
			kernel.AddTo(total.Float32s(), t.Float32s())
		default:
			kernel.AddTo(total.Float64s(), t.Float64s())
		}
	}
}

// Scale multiplies every number by c. It panics with a [*graph.Error] if c is not finite.
func (a *Gradients) Scale(c float64) {
	const op = "nn.Gradients.Scale"
	a.check(op)
	if isNotFinite(c) {
		panic(graph.Errorf(op, graph.ErrValue, "factor %g: want a finite number", c))
	}
	for _, t := range a.full() {
		scale(t, c)
	}
}

// ClipNorm divides all numbers by as much as it takes for their Euclidean norm to be at most max, and returns the norm
// that they had before. One norm counts for all parameters together, so that the direction stays. Squares neither
// overflow nor underflow on the way; a norm that is itself above the largest float64 is returned as +Inf, and the
// numbers are clipped. If one of them is NaN or infinite, that is the norm, and all stay as they are, for Apply to
// report. ClipNorm(+Inf) measures only. It panics with a [*graph.Error] if max is NaN, zero or negative.
//
// Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (2013), algorithm 1.
func (a *Gradients) ClipNorm(max float64) (norm float64) {
	const op = "nn.Gradients.ClipNorm"
	a.check(op)
	mustBeLimit(op, max)
	views := a.full()
	n := normOf(views)
	norm = n.value()
	if !(norm > max) || math.IsInf(n.largest, 0) {
		return norm
	}
	for _, t := range views {
		if least, _, _ := rangeOf(t.DType()); max/norm >= least {
			scale(t, max/norm)
			continue
		}
		for i := range t.Len() {
			t.SetFlat(t.AtFlat(i)/n.largest*(max/n.ratio), i)
		}
	}
	return norm
}

// ClipValue brings every number into the range from -max to max. NaN and infinities stay as they are, for Apply to
// report. It panics with a [*graph.Error] if max is NaN, zero or negative.
func (a *Gradients) ClipValue(max float64) {
	const op = "nn.Gradients.ClipValue"
	a.check(op)
	mustBeLimit(op, max)
	for _, t := range a.full() {
		if t.DType() == tensor.Float32 {
			clip(t.Float32s(), float32(min(max, math.MaxFloat32)))
		} else {
			clip(t.Float64s(), max)
		}
	}
}

// Zero makes every number 0, for the next step.
func (a *Gradients) Zero() {
	a.check("nn.Gradients.Zero")
	a.flush, a.profile = false, nil
	for _, s := range a.sums {
		s.empty, s.reached = true, false
	}
}

// check panics if there are no gradients.
func (a *Gradients) check(op string) {
	if a == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *nn.Gradients: make one with nn.NewGradients(model.Params()...)"))
	}
}

// full returns the sums that are not empty.
func (a *Gradients) full() []*tensor.Tensor {
	a.views = a.views[:0]
	for _, p := range a.params {
		if s := a.sums[p]; !s.empty {
			a.views = append(a.views, s.total)
		}
	}
	return a.views
}

// fit returns the tensor of a sum, in the shape and precision of its parameter.
func (s *gradientSum) fit(op string, p *Param) *tensor.Tensor {
	p.mustHaveNumbers(op)
	if s.total != nil && !slices.Equal(s.total.Dims(), p.Data.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "the gradient of parameter %q has shape %s, the parameter now %s: make new gradients with nn.NewGradients",
			p.Name, tensor.FormatShape(s.total.Dims()), tensor.FormatShape(p.Data.Dims())))
	}
	return state(&s.total, p)
}

// gradient returns the sum for a parameter, nil if it is zero, and whether a loss has reached the parameter.
func (a *Gradients) gradient(op string, p *Param) (t *tensor.Tensor, reached bool) {
	s := a.sums[p]
	if !s.empty {
		t = s.fit(op, p)
	}
	return t, s.reached
}

// mustBeLimit panics unless max is above 0.
func mustBeLimit(op string, max float64) {
	if !(max > 0) {
		panic(graph.Errorf(op, graph.ErrValue, "limit %g: want a number above 0", max))
	}
}

// scale multiplies a tensor by c, in double precision if c is too small or too large for the tensor's own.
func scale(t *tensor.Tensor, c float64) {
	least, _, _ := rangeOf(t.DType())
	switch {
	case t.DType() == tensor.Float64:
		kernel.MulScalar(t.Float64s(), t.Float64s(), c)
	case c == 0 || math.Abs(c) >= least && math.Abs(c) <= math.MaxFloat32:
		kernel.MulScalar(t.Float32s(), t.Float32s(), float32(c))
	default:
		for i, v := range t.Float32s() {
			t.SetFlat(float64(v)*c, i)
		}
	}
}

// clip brings the finite numbers of x into the range from -max to max.
func clip[T kernel.Float](x []T, max T) {
	for i, v := range x {
		if v > max && !math.IsInf(float64(v), 1) {
			x[i] = max
		} else if v < -max && !math.IsInf(float64(v), -1) {
			x[i] = -max
		}
	}
}
