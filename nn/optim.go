package nn

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// An Optimizer changes parameters by their gradients, at a learning rate. Step takes them from a backward sweep, in
// place; Apply takes those of [Gradients], which may come from several sweeps or have been clipped, and leaves them as
// they are. Either changes all of the parameters or, if it returns an error, none. A parameter that is listed twice is
// changed once.
//
// It is an error that names the parameter if a gradient is not finite, [*GradientError], if the step would make a number
// of the parameter infinite or NaN, [*OverflowError], or if the loss does not depend on a parameter at all,
// [*UnreachedError]: most often a layer that was left out by mistake. Pass only the parameters that are to be trained. A
// parameter that the loss depends on with a derivative of 0 is no error.
//
// The formulas of an optimizer hold wherever its results can be written down: a step whose squares, velocities or
// settings are too large or too small for a parameter's precision is worked out in double precision, where it takes
// some ten times as long.
//
// Both panic with a [*graph.Error] if a parameter is nil or has no numbers, if two that are new to the optimizer have
// the same tensor, or if the gradients are those of a sweep whose graph has been Reset. An optimizer serves one
// goroutine at a time.
//
// SetLR changes the learning rate for the steps to come; a [Schedule] says to what. 0 is allowed, as schedules end
// there: a step then changes what the optimizer remembers of the gradients, and no parameter. SetLR panics with a
// [*graph.Error] if the rate is negative or not finite.
type Optimizer interface {
	Step(params []*Param, grads autograd.Gradients) error
	Apply(grads *Gradients) error
	LR() float64
	SetLR(lr float64)
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

// An OverflowError reports a number of a parameter that a step would have made infinite or NaN.
type OverflowError struct {
	Optimizer string // such as "nn.SGD"
	Param     string // the parameter's name
	Index     int    // of the first element in question, in row-major order
	Value     float64
}

// Error names the parameter, the element and what would have become of it.
func (e *OverflowError) Error() string {
	return fmt.Sprintf("%s: the step would make parameter %q %g at element %d: the parameters stay as they are; a smaller learning rate may help", e.Optimizer, e.Param, e.Value, e.Index)
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
	return t, t != nil || grads.Reaches(leaf)
}
