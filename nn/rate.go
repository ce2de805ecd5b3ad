package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// setLR changes the learning rate.
func (o *memory) setLR(op string, lr float64) {
	mustBeRate(op, lr)
	o.lr = lr
}

// mustBeRate panics unless a learning rate is one that SetLR takes.
func mustBeRate(op string, lr float64) {
	if !(lr >= 0) || math.IsInf(lr, 0) {
		panic(graph.Errorf(op, graph.ErrValue, "LR = %g: want a finite number, 0 or more", lr))
	}
}
