package adbench

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// particle finds the place w of a charge for which a particle hits the ground nearest to the origin. It falls in the field
// of two charges, step by step with Euler's method, as the gradient of the potential at each step says: a derivative
// within a function that is differentiated itself. The result is w.
func particle() *Task {
	return &Task{
		Name: "particle", About: "where a charge must be for a particle to hit a mark: gradients within a gradient descent",
		Names: []string{"runs"}, Sizes: []int{1}, Most: 1000,
		Make: func(sizes []int) Work {
			runs := sizes[0]
			return Work{
				Inputs: 1, Tolerance: 1e-7,
				Plain: func() (w float64) {
					for range runs {
						w = descend(0, fall)
					}
					return w
				},
				Derivative: func() (float64, []float64) {
					g := graph.New()
					w := 0.0
					for range runs {
						w = descend(0, func(w float64) (miss, slope float64) {
							g.Reset()
							x := g.Var(w)
							y := fallOnGraph(x)
							return y.Item(), autograd.Backward(y).Scalar(x)
						})
					}
					return w, []float64{w}
				},
			}
		},
	}
}

// descend goes down the slope of f from w on, with steps that grow where they succeed ten times, and are halved where they
// fail.
func descend(w float64, f func(w float64) (value, slope float64)) float64 {
	const close = 1e-5
	value, slope := f(w)
	for rate, successes := 1e-5, 0; math.Abs(slope) > close; {
		if successes == 10 {
			rate, successes = 2*rate, 0
			continue
		}
		next := w - rate*slope
		if math.Abs(next-w) <= close {
			return w
		}
		if v, s := f(next); v < value {
			w, value, slope = next, v, s
			successes++
		} else {
			rate, successes = rate/2, 0
		}
	}
	return w
}

const (
	timeStep = 0.1
	startY   = 8.0
	speedX   = 0.75
	chargeX  = 10.0
)

// fallOnGraph returns the square of where the particle hits the ground.
func fallOnGraph(w graph.Value) graph.Value {
	g := w.Graph()
	above := ops.AddScalar(ops.Neg(w), 10)
	x, y := g.Var(0), g.Var(startY)
	vx, vy := g.Const(speedX), g.Const(0)
	inverse := func(x, y, chargeY graph.Value) graph.Value {
		return ops.Reciprocal(ops.Hypot(ops.AddScalar(x, -chargeX), ops.Sub(y, chargeY)))
	}
	for {
		potential := ops.Add(inverse(x, y, above), inverse(x, y, g.Const(0)))
		force := autograd.Grad(potential, x, y)
		nextX, nextY := ops.Add(x, ops.MulScalar(vx, timeStep)), ops.Add(y, ops.MulScalar(vy, timeStep))
		if nextY.Item() <= 0 {
			left := ops.Neg(ops.Div(y, vy)) // the time to the ground
			return ops.Square(ops.Add(x, ops.Mul(left, vx)))
		}
		x, y = nextX, nextY
		vx, vy = ops.Sub(vx, ops.MulScalar(force[0], timeStep)), ops.Sub(vy, ops.MulScalar(force[1], timeStep))
	}
}

// fall is fallOnGraph in plain Go, with its derivative written by hand: every number carries its own by w.
func fall(w float64) (value, slope float64) {
	type dual struct{ v, d float64 }
	x, y := dual{}, dual{v: startY}
	vx, vy := dual{v: speedX}, dual{}
	charges := [2]dual{{10 - w, -1}, {}}
	for {
		var fx, fy dual // minus the gradient of the potential: Σ offset/distance³
		for _, c := range charges {
			ox, oy := dual{x.v - chargeX, x.d}, dual{y.v - c.v, y.d - c.d}
			square := ox.v*ox.v + oy.v*oy.v
			cube := 1 / (square * math.Sqrt(square))
			change := -3 * cube / square * (ox.v*ox.d + oy.v*oy.d)
			fx = dual{fx.v + ox.v*cube, fx.d + ox.d*cube + ox.v*change}
			fy = dual{fy.v + oy.v*cube, fy.d + oy.d*cube + oy.v*change}
		}
		if y.v+timeStep*vy.v <= 0 {
			left := dual{-y.v / vy.v, (y.v*vy.d - y.d*vy.v) / (vy.v * vy.v)}
			hit := dual{x.v + left.v*vx.v, x.d + left.d*vx.v + left.v*vx.d}
			return hit.v * hit.v, 2 * hit.v * hit.d
		}
		x, y = dual{x.v + timeStep*vx.v, x.d + timeStep*vx.d}, dual{y.v + timeStep*vy.v, y.d + timeStep*vy.d}
		vx, vy = dual{vx.v + timeStep*fx.v, vx.d + timeStep*fx.d}, dual{vy.v + timeStep*fy.v, vy.d + timeStep*fy.d}
	}
}
