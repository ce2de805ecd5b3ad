package adbench

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// ode solves y₀' = x₀, yᵢ' = xᵢ·yᵢ₋₁ from y(0) = 0 to time 2 by the classical method of Runge and Kutta; the derivative is
// the gradient of the last y by x.
func ode() *Task {
	return &Task{
		Name: "ode", About: "Runge and Kutta's method for a chain of equations; the gradient of the last",
		Names: []string{"equations", "steps"}, Sizes: []int{20, 1000},
		Make: func(sizes []int) Work {
			n, steps := sizes[0], sizes[1]
			rng := programs.Draws(7)
			x := rng.Fill(n, 0.5, 1.5)
			h := 2 / float64(steps)
			return Work{
				Inputs: n, Point: x, Plain: func() float64 { return integrate(x, steps, h) },
				Derivative: gradientOnScalars(x, func(xs []graph.Value) graph.Value { return integrateOnGraph(xs, steps, h) }),
			}
		},
	}
}

// integrateOnGraph returns the last y at time steps·h, on scalars: vectors of some dozen numbers are too short for tensors.
func integrateOnGraph(x []graph.Value, steps int, h float64) graph.Value {
	g := x[0].Graph()
	f := func(y []graph.Value) []graph.Value {
		dy := []graph.Value{x[0]}
		for i, v := range y[:len(y)-1] {
			dy = append(dy, ops.Mul(x[i+1], v))
		}
		return dy
	}
	along := func(y, dy []graph.Value, h float64) []graph.Value {
		var out []graph.Value
		for i := range y {
			out = append(out, ops.Add(y[i], ops.MulScalar(dy[i], h)))
		}
		return out
	}
	var y []graph.Value
	for range x {
		y = append(y, g.Const(0))
	}
	for range steps {
		k1 := f(y)
		k2 := f(along(y, k1, h/2))
		k3 := f(along(y, k2, h/2))
		k4 := f(along(y, k3, h))
		for i := range y {
			sum := ops.Add(ops.Add(k1[i], k4[i]), ops.MulScalar(ops.Add(k2[i], k3[i]), 2))
			y[i] = ops.Add(y[i], ops.MulScalar(sum, h/6))
		}
	}
	return y[len(y)-1]
}

// integrate is the plain function.
func integrate(x []float64, steps int, h float64) float64 {
	n := len(x)
	y, at := make([]float64, n), make([]float64, n)
	var k [4][]float64
	for i := range k {
		k[i] = make([]float64, n)
	}
	f := func(dst, y []float64) {
		dst[0] = x[0]
		for i := 1; i < n; i++ {
			dst[i] = x[i] * y[i-1]
		}
	}
	for range steps {
		f(k[0], y)
		for i, c := range []float64{h / 2, h / 2, h} {
			for j := range at {
				at[j] = y[j] + c*k[i][j]
			}
			f(k[i+1], at)
		}
		for j := range y {
			y[j] += h / 6 * (k[0][j] + k[3][j] + 2*(k[1][j]+k[2][j]))
		}
	}
	return y[n-1]
}
