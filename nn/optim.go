package nn

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// An Optimizer changes parameters by their gradients. Step takes them from a backward sweep, in place; Apply takes those
// of [Gradients], which may come from several sweeps or have been clipped, and leaves them as they are. Either changes
// all of the parameters or, if it returns an error, none. A parameter that is listed twice is changed once.
//
// It is an error that names the parameter if a gradient is not finite, [*GradientError], or if the loss does not
// depend on a parameter at all, [*UnreachedError]: most often a layer that was left out by mistake. Pass only the
// parameters that are to be trained. A parameter that the loss depends on with a derivative of 0 is no error.
//
// Both panic with a [*graph.Error] if a parameter is nil or has no numbers, or the gradients are those of a sweep whose
// graph has been Reset.
type Optimizer interface {
	Step(params []*Param, grads autograd.Gradients) error
	Apply(grads *Gradients) error
}

// A GradientError reports a gradient that is not finite.
type GradientError struct {
	Optimizer string // such as "nn.SGD"
	Param     string // the parameter's name
	Index     int    // of the first element in question, in row-major order
	Value     float64
}

// Error names the parameter, the element and its value.
func (e *GradientError) Error() string {
	return fmt.Sprintf("%s: the gradient of parameter %q is %g at element %d: the parameters stay as they are; a smaller learning rate may help", e.Optimizer, e.Param, e.Value, e.Index)
}

// An UnreachedError reports a parameter that the loss does not depend on.
type UnreachedError struct {
	Optimizer string // such as "nn.SGD"
	Param     string // the parameter's name
}

// Error names the parameter.
func (e *UnreachedError) Error() string {
	return fmt.Sprintf("%s: the loss does not depend on parameter %q: use its layer in the forward pass, or pass only the parameters that are trained", e.Optimizer, e.Param)
}

// gradientOf returns the gradient of a parameter, in place if it is a tensor and nil if it is zero, and whether the loss
// depends on the parameter.
func gradientOf(p *Param, scalar **tensor.Tensor, grads autograd.Gradients) (t *tensor.Tensor, reached bool) {
	leaf, ok := grads.Graph().Bound(p.Data)
	if !ok {
		return nil, false
	}
	if p.Data.Rank() > 0 {
		t = grads.View(leaf)
	} else if grads.Reaches(leaf) {
		t = state(scalar, p)
		t.SetFlat(grads.Scalar(leaf), 0)
	}
	return t, t != nil || dependsOn(grads.Loss(), leaf)
}

// mustBeFinite returns an error that names the first element of a gradient that is not finite.
func mustBeFinite(optimizer string, p *Param, t *tensor.Tensor) error {
	if t == nil || finite(t) {
		return nil
	}
	e := &GradientError{Optimizer: optimizer, Param: p.Name}
	for e.Index = range t.Len() {
		if e.Value = t.AtFlat(e.Index); math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
			break
		}
	}
	return e
}

func finite(t *tensor.Tensor) bool {
	if t.DType() == tensor.Float32 {
		return kernel.AllFinite(t.Float32s())
	}
	return kernel.AllFinite(t.Float64s())
}

// dependsOn reports whether a value was computed from a leaf, whatever numbers flowed. It is asked only where a
// gradient is missing.
func dependsOn(y, leaf graph.Value) bool {
	g := y.Graph()
	reached := make([]bool, y.ID()+1)
	reached[y.ID()] = true
	for id := y.ID(); id > leaf.ID(); id-- {
		n := g.Value(id).Node()
		if !reached[id] || !n.WantsGrad() {
			continue
		}
		for i := range n.NumInputs() {
			reached[n.InputNode(i).ID()] = true
		}
	}
	return leaf.ID() < len(reached) && reached[leaf.ID()]
}

// A slot holds what an optimizer remembers of one parameter.
type slot struct {
	steps   int            // taken so far
	m, v    *tensor.Tensor // moments, nil before the first step
	grad    *tensor.Tensor // of the step under way, nil if it is zero
	zeros   *tensor.Tensor // stands for a gradient of zero
	scalar  *tensor.Tensor // holds the gradient of a parameter of shape ()
	planned int            // the last call that looked up the gradient: a parameter that is listed twice is changed once
	done    int            // the last call that changed the parameter
}

// A memory is what an optimizer remembers.
type memory struct {
	optimizer string // its type, such as "nn.SGD"
	slots     map[*Param]*slot
	calls     int // of Step and Apply
}

func newMemory(optimizer string) memory {
	return memory{optimizer: optimizer, slots: map[*Param]*slot{}}
}

// A rule says how an optimizer changes one parameter by the gradient in its slot.
type rule interface {
	step(p *Param, m *slot)
}

// step changes parameters by the gradients of a sweep.
func (o *memory) step(op string, r rule, params []*Param, grads autograd.Gradients) error {
	return o.walk(op, r, params, func(p *Param, m *slot) (*tensor.Tensor, bool) { return gradientOf(p, &m.scalar, grads) })
}

// apply changes parameters by gradients that were added up.
func (o *memory) apply(op string, r rule, a *Gradients) error {
	a.check(op)
	return o.walk(op, r, a.params, func(p *Param, _ *slot) (*tensor.Tensor, bool) { return a.gradient(op, p) })
}

// walk looks up the gradients of all parameters and then changes each by the rule. If a gradient is missing or not
// finite it returns an error, and nothing has changed.
func (o *memory) walk(op string, r rule, params []*Param, gradient func(*Param, *slot) (t *tensor.Tensor, reached bool)) error {
	mustHaveNumbers(op, params)
	o.calls++
	for _, p := range params {
		m := o.slots[p]
		if m == nil {
			m = &slot{}
			o.slots[p] = m
		}
		if m.planned == o.calls {
			continue
		}
		m.planned = o.calls
		t, reached := gradient(p, m)
		if !reached {
			return &UnreachedError{o.optimizer, p.Name}
		}
		if err := mustBeFinite(o.optimizer, p, t); err != nil {
			return err
		}
		m.grad = t
	}
	for _, p := range params {
		m := o.slots[p]
		if m.done == o.calls {
			continue
		}
		m.done = o.calls
		m.steps++
		r.step(p, m)
		p.Data.MarkChanged()
		m.grad = nil
	}
	return nil
}

// state returns the tensor at which dst points, made of zeros if there is none of the parameter's shape and converted
// if the parameter's precision has changed.
func state(dst **tensor.Tensor, p *Param) *tensor.Tensor {
	switch {
	case *dst == nil || !slices.Equal((*dst).Dims(), p.Data.Dims()):
		*dst = tensor.New(p.Data.DType(), p.Data.Dims()...)
	case (*dst).DType() != p.Data.DType():
		*dst = (*dst).To(p.Data.DType())
	}
	return *dst
}

// positive panics unless a setting is a finite number above 0.
func positive(op, name string, v float64) {
	if !(v > 0) || math.IsInf(v, 0) {
		panic(graph.Errorf(op, graph.ErrValue, "%s = %g: want a finite number above 0", name, v))
	}
}

// between panics unless lo ≤ v < hi.
func between(op, name string, v, lo, hi float64) {
	if !(v >= lo && v < hi) {
		panic(graph.Errorf(op, graph.ErrValue, "%s = %g: want %g ≤ %s < %g", name, v, lo, name, hi))
	}
}

// orZeros returns the gradient of the step under way, as zeros if there is none: moments go on without it.
func (m *slot) orZeros(p *Param) *tensor.Tensor {
	if m.grad == nil {
		return state(&m.zeros, p)
	}
	return m.grad
}
