package main

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// An orbit is an ellipse with the semi-major axis 1 about a sun whose pull is 1/r², and its integration.
type orbit struct {
	eccentricity float64
	revolutions  int
	steps        int
}

// start returns the place and the speed at the point nearest to the sun: (r, 0) and (0, v).
func (o orbit) start() (r, v float64) {
	return 1 - o.eccentricity, math.Sqrt((1 + o.eccentricity) / (1 - o.eccentricity))
}

// state returns the state at the start: x, y and the two components of the speed.
func (o orbit) state() *tensor.Tensor {
	r, v := o.start()
	return tensor.Of([]float64{r, 0, 0, v}, 4)
}

// step returns the state a step after s.
func (o orbit) step(_ int, s graph.Value) graph.Value {
	h := 2 * math.Pi * float64(o.revolutions) / float64(o.steps)
	x, y, vx, vy := ops.Index(s, 0), ops.Index(s, 1), ops.Index(s, 2), ops.Index(s, 3)
	vx, vy = pull(x, y, vx, vy, h/2)
	x, y = ops.Add(x, ops.MulScalar(vx, h)), ops.Add(y, ops.MulScalar(vy, h))
	vx, vy = pull(x, y, vx, vy, h/2)
	return ops.Stack(0, x, y, vx, vy)
}

// pull returns the speed (vx, vy) after the time h of the sun's pull at the place (x, y).
func pull(x, y, vx, vy graph.Value, h float64) (graph.Value, graph.Value) {
	square := ops.Add(ops.Square(x), ops.Square(y))
	near := ops.Rsqrt(square)
	f := ops.MulScalar(ops.Mul(near, ops.Square(near)), -h) // -h/|r|³
	return ops.Add(vx, ops.Mul(f, x)), ops.Add(vy, ops.Mul(f, y))
}

// exact returns the derivatives of the last y by the start, of the comet that stays on its ellipse.
func (o orbit) exact() [4]float64 {
	r, v := o.start()
	delay := 6 * math.Pi * float64(o.revolutions)
	return [4]float64{-delay * v / (r * r), 1, 0, -delay * v * v}
}
