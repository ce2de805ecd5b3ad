package main

import (
	"context"
	"math"
	"strconv"

	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"gonum.org/v1/gonum/optimize"
)

// rosenbrock is the valley as a function of a vector.
func rosenbrock(x graph.Value) graph.Value {
	n := x.Len()
	a, b := ops.Slice(x, 0, 0, n-1), ops.Slice(x, 0, 1, n)
	steep := ops.Sum(ops.Square(ops.Sub(b, ops.Square(a))))
	return ops.Add(ops.MulScalar(steep, 100), ops.Sum(ops.Square(ops.AddScalar(a, -1))))
}

// rosenbrockResiduals are what the valley is the sum of the squares of.
func rosenbrockResiduals(x []graph.Value) []graph.Value {
	out := make([]graph.Value, 0, 2*len(x))
	for i := range len(x) - 1 {
		out = append(out, ops.MulScalar(ops.Sub(x[i+1], ops.Square(x[i])), 10), ops.AddScalar(x[i], -1))
	}
	return out
}

// valley minimizes Rosenbrock's function from its usual start, (-1.2, 1, -1.2, 1, …).
func valley(ctx context.Context, out *command.Output, n int) error {
	start := make([]float64, n)
	for i := range start {
		start[i] = []float64{-1.2, 1}[i%2]
	}
	p, product := minimize.ProblemAndProduct(rosenbrock)
	p.Status = func() (optimize.Status, error) { return optimize.NotTerminated, ctx.Err() }
	newton := &minimize.NewtonCG{Product: product}
	out.Printf("Rosenbrock's valley in %d dimensions\n\n", n)
	out.Printf("                     steps  values gradients products   minimum   |x - 1|\n")
	for _, m := range []struct {
		name   string
		method optimize.Method
	}{{"conjugate gradients", &optimize.CG{}}, {"limited-memory BFGS", &optimize.LBFGS{}}, {"Newton by products", newton}} {
		r, err := optimize.Minimize(p, start, &optimize.Settings{GradientThreshold: 1e-8, Converger: optimize.NeverTerminate{}}, m.method)
		if err != nil {
			return err
		}
		products := ""
		if m.method == newton {
			products = strconv.Itoa(newton.Products())
		}
		out.Printf("%-19s %6d %7d %9d %8s %9.1e %9.1e\n", m.name, r.MajorIterations, r.FuncEvaluations, r.GradEvaluations, products, r.F, farthest(r.X))
	}
	fit, err := minimize.LeastSquares(rosenbrockResiduals, start, minimize.LeastSquaresConfig{
		Iterations: 20 * n,
		Progress:   func(minimize.Fit) error { return ctx.Err() },
	})
	if err != nil {
		return err
	}
	out.Printf("%-19s %6d %26s %9.1e %9.1e\n", "least squares", fit.Steps, "", fit.Sum, farthest(fit.X))
	out.Printf("\nThe Jacobian of the %d residuals has %d entries, %.2g of all.\n", fit.Jacobian.M, len(fit.Jacobian.Value),
		float64(len(fit.Jacobian.Value))/float64(fit.Jacobian.M)/float64(n))
	return ctx.Err()
}

// farthest returns how far an element lies from the minimum at most.
func farthest(x []float64) (d float64) {
	for _, v := range x {
		d = max(d, math.Abs(v-1))
	}
	return d
}
