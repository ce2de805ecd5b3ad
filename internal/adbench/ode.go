package adbench

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// ode solves y₀' = x₀, yᵢ' = xᵢ·yᵢ₋₁ from y(0) = 0 to time 2 by the classical method of Runge and Kutta; the derivative is
// the gradient of the last y by x.
func ode() *Task {
	return odeTask("ode", "Runge and Kutta's method for a chain of equations; the gradient of the last", 1000, func(x []float64, steps int, h float64) func() (float64, []float64) {
		return gradientOnScalars(x, func(xs []graph.Value) graph.Value { return integrateOnGraph(xs, steps, h) })
	})
}

// odeCompiled is ode as a program of vectors: too short for tensors that are recorded, but not for a program's.
func odeCompiled() *Task {
	return odeTask("ode-compiled", "the same, compiled", 8000, func(x []float64, steps int, h float64) func() (float64, []float64) {
		leaf := graph.New(graph.Traced()).VarTensor(tensor.Of(x, len(x)))
		p := compiledFrom(integrateOnTensors(leaf, steps, h), []graph.Value{leaf})
		gradient := make([]float64, len(x))
		return func() (float64, []float64) { return p.Eval(x, gradient), gradient }
	})
}

func odeTask(name, about string, bytes int, build func(x []float64, steps int, h float64) func() (float64, []float64)) *Task {
	return &Task{
		Name: name, About: about,
		Names: []string{"equations", "steps"}, Sizes: []int{20, 1000}, Bytes: bytes,
		Make: func(sizes []int) Work {
			n, steps := sizes[0], sizes[1]
			rng := programs.Draws(7)
			x := rng.Fill(n, 0.5, 1.5)
			h := 2 / float64(steps)
			return Work{
				Inputs: n, Point: x, Plain: func() float64 { return integrate(x, steps, h) },
				Derivative: build(x, steps, h),
			}
		},
	}
}

// integrateOnGraph returns the last y at time steps·h, on scalars.
func integrateOnGraph(x []graph.Value, steps int, h float64) graph.Value {
	n, g := len(x), x[0].Graph()
	y, at := make([]graph.Value, n), make([]graph.Value, n)
	for i := range y {
		y[i] = g.Const(0)
	}
	var k [4][]graph.Value
	for i := range k {
		k[i] = make([]graph.Value, n)
	}
	f := func(dst, y []graph.Value) {
		dst[0] = x[0]
		for i := 1; i < n; i++ {
			dst[i] = ops.Mul(x[i], y[i-1])
		}
	}
	for range steps {
		f(k[0], y)
		for i, c := range []float64{h / 2, h / 2, h} {
			for j := range at {
				at[j] = ops.Add(y[j], ops.MulScalar(k[i][j], c))
			}
			f(k[i+1], at)
		}
		for j := range y {
			sum := ops.Add(ops.Add(k[0][j], k[3][j]), ops.MulScalar(ops.Add(k[1][j], k[2][j]), 2))
			y[j] = ops.Add(y[j], ops.MulScalar(sum, h/6))
		}
	}
	return y[n-1]
}

// integrateOnTensors is integrateOnGraph on vectors of an element for each equation.
func integrateOnTensors(x graph.Value, steps int, h float64) graph.Value {
	n, g := x.Len(), x.Graph()
	one := g.ConstTensor(tensor.Of([]float64{1}, 1))
	f := func(y graph.Value) graph.Value { return ops.Mul(x, ops.Concat(0, one, ops.Slice(y, 0, 0, n-1))) }
	y := g.ConstTensor(tensor.New(tensor.Float64, n))
	for range steps {
		k := [4]graph.Value{f(y)}
		for i, c := range []float64{h / 2, h / 2, h} {
			k[i+1] = f(ops.Add(y, ops.MulScalar(k[i], c)))
		}
		sum := ops.Add(ops.Add(k[0], k[3]), ops.MulScalar(ops.Add(k[1], k[2]), 2))
		y = ops.Add(y, ops.MulScalar(sum, h/6))
	}
	return ops.Index(y, n-1)
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
