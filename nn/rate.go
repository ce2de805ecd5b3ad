package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// A rate is the learning rate of an optimizer, which embeds it.
type rate struct{ lr float64 }

// LR returns the learning rate.
func (r *rate) LR() float64 { return r.lr }

// SetLR changes the learning rate for the steps to come. 0 is allowed, as schedules end there: a step then changes what
// the optimizer remembers of the gradients, and no parameter. SetLR panics with a [*graph.Error] if the rate is negative
// or not finite.
func (r *rate) SetLR(lr float64) {
	if !(lr >= 0) || math.IsInf(lr, 0) {
		panic(graph.Errorf("nn.SetLR", graph.ErrValue, "LR = %g: want a finite number, 0 or more", lr))
	}
	r.lr = lr
}
