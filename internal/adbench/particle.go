package adbench

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// particle finds the place w of a charge for which a particle hits the ground nearest to the origin. It falls in the field
// of two charges, step by step with Euler's method, as the gradient of the potential at each step says: a derivative
// within a function that is differentiated itself. The result is w.
func particle() *Task {
	return particleTask("particle", "where a charge must be for a particle to hit a mark: gradients within a gradient descent", func() slopeOfMiss {
		g := graph.New()
		return func(w float64) (miss, slope float64) {
			g.Reset()
			x := g.Var(w)
			y := fallOnGraph(x)
			return y.Item(), autograd.Backward(y).Scalar(x)
		}
	})
}

// particleCompiled is particle by a program of one step, compiled once: the derivatives of its results by what it begins
// from carry those by w from step to step.
func particleCompiled() *Task {
	return particleTask("particle-compiled", "the same, a step of the fall compiled", func() slopeOfMiss {
		step, ground := compiledStep(), compiledGround()
		var at, d, grad [5]float64 // x, y, their speeds, w; the derivatives by w
		var next [4]float64
		var jacobian [4 * 5]float64
		return func(w float64) (miss, slope float64) {
			at, d = [5]float64{0, startY, speedX, 0, w}, [5]float64{4: 1}
			for {
				step.Jacobian(at[:], next[:], jacobian[:])
				if next[1] <= 0 {
					miss = ground.Eval(at[:], grad[:])
					return miss, along(grad[:], d)
				}
				copy(at[:], next[:])
				var moved [5]float64
				for i := range next {
					moved[i] = along(jacobian[5*i:], d)
				}
				moved[4] = 1
				d = moved
			}
		}
	})
}

// along returns the derivative of a number in direction d, from those by what it depends on.
func along(gradient []float64, d [5]float64) float64 {
	gradient = gradient[:len(d)]
	sum := 0.0
	for i, v := range d {
		sum += gradient[i] * v
	}
	return sum
}

// A slopeOfMiss returns the square of where the particle hits the ground, and its derivative by w.
type slopeOfMiss func(w float64) (miss, slope float64)

func particleTask(name, about string, build func() slopeOfMiss) *Task {
	return &Task{
		Name: name, About: about,
		Names: []string{"runs"}, Sizes: []int{1}, Most: 1000,
		Make: func(sizes []int) Work {
			runs, f := sizes[0], build()
			repeated := func(f slopeOfMiss) (w float64) {
				for range runs {
					w = descend(0, f)
				}
				return w
			}
			return Work{
				Inputs: 1, Tolerance: 1e-7,
				Plain: func() float64 { return repeated(fall) },
				Derivative: func() (float64, []float64) {
					w := repeated(f)
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
	at := [4]graph.Value{g.Var(0), g.Var(startY), g.Const(speedX), g.Const(0)}
	for {
		next := stepOnGraph(at, w)
		if next[1].Item() <= 0 {
			return groundOnGraph(at)
		}
		at = next
	}
}

// stepOnGraph returns the place and the speed of the particle after a step.
func stepOnGraph(at [4]graph.Value, w graph.Value) [4]graph.Value {
	x, y, vx, vy := at[0], at[1], at[2], at[3]
	inverse := func(chargeY graph.Value) graph.Value {
		return ops.Rsqrt(ops.Add(ops.Square(ops.AddScalar(x, -chargeX)), ops.Square(ops.Sub(y, chargeY))))
	}
	potential := ops.Add(inverse(ops.AddScalar(ops.Neg(w), 10)), inverse(w.Graph().Const(0)))
	force := autograd.Grad(potential, x, y)
	return [4]graph.Value{
		ops.Add(x, ops.MulScalar(vx, timeStep)), ops.Add(y, ops.MulScalar(vy, timeStep)),
		ops.Sub(vx, ops.MulScalar(force[0], timeStep)), ops.Sub(vy, ops.MulScalar(force[1], timeStep)),
	}
}

// groundOnGraph returns the square of where the particle hits the ground from a place just above it.
func groundOnGraph(at [4]graph.Value) graph.Value {
	left := ops.Neg(ops.Div(at[1], at[3])) // the time to the ground
	return ops.Square(ops.Add(at[0], ops.Mul(left, at[2])))
}

// compiledStep returns stepOnGraph as a program.
func compiledStep() *program.Program {
	xs := graph.New(graph.Traced()).Vars([]float64{0, startY, speedX, 0, 0})
	next := stepOnGraph([4]graph.Value(xs), xs[4])
	return compiledFrom(ops.Stack(0, next[:]...), xs)
}

// compiledGround returns groundOnGraph as a program, which has the inputs of that of a step.
func compiledGround() *program.Program {
	xs := graph.New(graph.Traced()).Vars([]float64{0, startY, speedX, -1, 0})
	return compiledFrom(groundOnGraph([4]graph.Value(xs)), xs)
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
