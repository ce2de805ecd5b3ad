package main

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// An equation is a differential equation for a function u on a box, with conditions at its borders.
type equation struct {
	name   string
	text   []string
	inputs []string  // names of what u depends on
	lo, hi []float64 // the box
	points int       // at which a step looks
	waves  float64   // by how much the inputs are stretched before they enter sines

	// trial makes a function that fulfils the conditions of any network n, for inputs x of shape (points, inputs) and
	// n of shape (points, 1).
	trial func(x, n graph.Value) graph.Value

	// residual is what u leaves over in the equation, 0 everywhere for the solution. u has been made of x.
	residual func(u, x graph.Value) graph.Value

	solution func(x []float64) float64
	shown    [][]float64 // inputs for which u is printed
}

// derivative returns the derivatives of u, of shape (points, 1), by its own row of x, each in the column of its input.
// A row of u depends on no other row of x, so the gradient of the sum has all of them.
func derivative(u, x graph.Value) graph.Value { return autograd.Grad(ops.Sum(u), x)[0] }

// column returns column i of x, of shape (points, 1).
func column(x graph.Value, i int) graph.Value { return ops.Slice(x, 1, i, i+1) }

// oscillator is a mass on a spring, with friction, that begins at 1 and at rest.
func oscillator() equation {
	const (
		end     = 5
		omega   = 3.0 // without friction
		damping = 0.1
	)
	return equation{
		name:   "Damped oscillator",
		text:   []string{"u″ + 2ζω·u′ + ω²·u = 0 with ω = 3, ζ = 0.1", "u(0) = 1, u′(0) = 0, for 0 ≤ t ≤ 5"},
		inputs: []string{"t"}, lo: []float64{0}, hi: []float64{end},
		points: 64, waves: 10,
		trial: func(t, n graph.Value) graph.Value {
			begin := ops.Neg(ops.Expm1(ops.Neg(ops.Square(t)))) // 1-e^(-t²): it and its slope are 0 at t = 0
			return ops.AddScalar(ops.Mul(begin, n), 1)
		},
		residual: func(u, t graph.Value) graph.Value { // of the equation divided by ω²
			v := derivative(u, t)
			a := derivative(v, t)
			return ops.Add(u, ops.Add(ops.MulScalar(v, 2*damping/omega), ops.MulScalar(a, 1/(omega*omega))))
		},
		solution: func(x []float64) float64 {
			const decay = damping * omega
			w := omega * math.Sqrt(1-damping*damping)
			return math.Exp(-decay*x[0]) * (math.Cos(w*x[0]) + decay/w*math.Sin(w*x[0]))
		},
		shown: [][]float64{{0}, {1}, {2}, {3}, {4}, {5}},
	}
}

// heat is the temperature of a rod whose ends are kept at 0.
func heat() equation {
	const diffusivity = 0.1
	modes := []struct{ n, amplitude float64 }{{1, 1}, {3, 0.5}} // of the temperature in the beginning
	return equation{
		name:   "Heat in a rod",
		text:   []string{"∂u/∂t = 0.1·∂²u/∂x²", "u(x,0) = sin πx + ½·sin 3πx, u(0,t) = u(1,t) = 0, for 0 ≤ x,t ≤ 1"},
		inputs: []string{"x", "t"}, lo: []float64{0, 0}, hi: []float64{1, 1},
		points: 128, waves: 3,
		trial: func(in, n graph.Value) graph.Value {
			x, t := column(in, 0), column(in, 1)
			u := ops.Mul(ops.Mul(t, n), ops.Mul(x, ops.AddScalar(ops.Neg(x), 1))) // t·x·(1-x)·n
			for _, m := range modes {
				u = ops.Add(u, ops.MulScalar(ops.Sin(ops.MulScalar(x, m.n*math.Pi)), m.amplitude))
			}
			return u
		},
		residual: func(u, in graph.Value) graph.Value {
			d := derivative(u, in)
			ux, ut := column(d, 0), column(d, 1)
			uxx := column(derivative(ux, in), 0)
			return ops.Sub(ut, ops.MulScalar(uxx, diffusivity))
		},
		solution: func(in []float64) float64 {
			var u float64
			for _, m := range modes {
				k := m.n * math.Pi
				u += m.amplitude * math.Exp(-diffusivity*k*k*in[1]) * math.Sin(k*in[0])
			}
			return u
		},
		shown: [][]float64{{0.25, 0}, {0.25, 0.25}, {0.25, 0.5}, {0.25, 1}, {0.5, 0}, {0.5, 0.25}, {0.5, 0.5}, {0.5, 1}},
	}
}
