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

// An Optimizer changes parameters by their gradients. Step changes all of the parameters or, if it returns an error,
// none.
//
// It is an error that names the parameter if a gradient is not finite, [*GradientError], or if the loss does not
// depend on a parameter at all, [*UnreachedError]: most often a layer that was left out by mistake. Pass only the
// parameters that are to be trained.
type Optimizer interface {
	Step(params []*Param, grads autograd.Gradients) error
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
	return fmt.Sprintf("%s.Step: the gradient of parameter %q is %g at element %d: the parameters stay as they are; a smaller learning rate may help", e.Optimizer, e.Param, e.Value, e.Index)
}

// An UnreachedError reports a parameter that the loss does not depend on.
type UnreachedError struct {
	Optimizer string // such as "nn.SGD"
	Param     string // the parameter's name
}

// Error names the parameter.
func (e *UnreachedError) Error() string {
	return fmt.Sprintf("%s.Step: the loss does not depend on parameter %q: use its layer in the forward pass, or pass only the parameters that are trained", e.Optimizer, e.Param)
}

// gradient returns the gradient of a parameter, in place if it is a tensor, or nil if it is zero.
func (m *slot) gradient(optimizer string, p *Param, grads autograd.Gradients) (*tensor.Tensor, error) {
	leaf, ok := grads.Graph().Bound(p.Data)
	if !ok {
		return nil, &UnreachedError{optimizer, p.Name}
	}
	t := grads.View(leaf)
	if p.Data.Rank() == 0 && grads.Reaches(leaf) {
		t = state(&m.scalar, p)
		t.SetFlat(grads.Scalar(leaf), 0)
	}
	switch {
	case t == nil && !dependsOn(grads.Loss(), leaf):
		return nil, &UnreachedError{optimizer, p.Name}
	case t == nil || finite(t):
		return t, nil
	}
	e := &GradientError{Optimizer: optimizer, Param: p.Name}
	for e.Index = range t.Len() {
		if e.Value = t.AtFlat(e.Index); math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
			break
		}
	}
	return nil, e
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
	steps  int            // taken so far
	m, v   *tensor.Tensor // moments, nil before the first step
	grad   *tensor.Tensor // of the step under way, nil if it is zero
	scalar *tensor.Tensor // holds the gradient of a parameter of shape ()
	done   bool           // in the step under way: a parameter that is listed twice is changed once
}

// slots is the memory of an optimizer.
type slots map[*Param]*slot

// step looks up the gradients of all parameters and then changes each by f. If a gradient is missing or not finite it
// returns an error, and nothing has changed.
func (s slots) step(optimizer string, params []*Param, grads autograd.Gradients, f32, f64 func(p *Param, m *slot)) error {
	for _, p := range params {
		m := s[p]
		if m == nil {
			m = &slot{}
			s[p] = m
		}
		var err error
		if m.grad, err = m.gradient(optimizer, p, grads); err != nil {
			return err
		}
		m.done = false
	}
	for _, p := range params {
		m := s[p]
		if m.done {
			continue
		}
		m.steps++
		if p.Data.DType() == tensor.Float32 {
			f32(p, m)
		} else {
			f64(p, m)
		}
		p.Data.MarkChanged()
		m.grad, m.done = nil, true
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
		return tensor.New(p.Data.DType(), p.Data.Dims()...)
	}
	return m.grad
}
