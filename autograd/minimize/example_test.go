package minimize_test

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

func ExampleProblem() {
	rosenbrock := func(x graph.Value) graph.Value {
		n := x.Len()
		a, b := ops.Slice(x, 0, 0, n-1), ops.Slice(x, 0, 1, n)
		valley := ops.Sum(ops.Square(ops.Sub(b, ops.Square(a))))
		return ops.Add(ops.MulScalar(valley, 100), ops.Sum(ops.Square(ops.AddScalar(a, -1))))
	}
	r, err := optimize.Minimize(minimize.Problem(rosenbrock), []float64{-1.2, 1, -1.2, 1}, nil, &optimize.Newton{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f\n", r.X)
	// Output: [1.000000 1.000000 1.000000 1.000000]
}

func ExampleNewtonCG() {
	// A chain of 10 000 unknowns, without its matrix of second derivatives.
	chain := func(x graph.Value) graph.Value {
		n := x.Len()
		apart := ops.Sub(ops.Slice(x, 0, 1, n), ops.Slice(x, 0, 0, n-1))
		return ops.Add(ops.Sum(ops.Square(apart)), ops.Sum(ops.Square(ops.Square(ops.AddScalar(x, -2)))))
	}
	p, product := minimize.ProblemAndProduct(chain)
	r, err := optimize.Minimize(p, make([]float64, 10_000), &optimize.Settings{GradientThreshold: 1e-9}, &minimize.NewtonCG{Product: product})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %.2f ... %.2f\n", r.X[0], r.X[1], r.X[len(r.X)-1])
	// Output: 2.00 2.00 ... 2.00
}

func ExampleLeastSquares() {
	// A decay y = a·exp(-b·t), measured at t = 0, 1, 2, 3.
	measured := []float64{4.0, 2.0, 1.0, 0.5}
	residuals := func(x []graph.Value) []graph.Value {
		out := make([]graph.Value, len(measured))
		for t, y := range measured {
			out[t] = ops.AddScalar(ops.Mul(x[0], ops.Exp(ops.MulScalar(x[1], -float64(t)))), -y)
		}
		return out
	}
	fit, err := minimize.LeastSquares(residuals, []float64{1, 1}, minimize.LeastSquaresConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f, half-life %.6f\n", fit.X, math.Ln2/fit.X[1])
	// Output: [4.000000 0.693147], half-life 1.000000
}

func ExampleProgramResiduals() {
	// Heights of 4 stations, of which differences were measured, and the first: a program for one measurement.
	g := graph.New(graph.Traced())
	from, to, measured := g.Var(0), g.Var(0), g.Var(0)
	p, err := program.Compile(ops.Sub(ops.Sub(to, from), measured), from, to, measured)
	if err != nil {
		fmt.Println(err)
		return
	}
	known := []float64{0, 12, 5, -7, 10.2, -5} // numbers 4 to 9, after the 4 unknowns
	index := []int{4, 0, 5, 0, 1, 6, 1, 2, 7, 0, 3, 8, 3, 1, 9}
	fit, err := minimize.LeastSquaresOf(minimize.ProgramResiduals(p, index, known), make([]float64, 4), minimize.LeastSquaresConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", fit.X)
	// Output: [12.00 17.07 10.07 22.13]
}

func ExampleMatrix() {
	f := func(x []graph.Value) []graph.Value {
		return []graph.Value{ops.Mul(x[0], x[1]), ops.Square(x[2])}
	}
	j := minimize.Matrix(autograd.SparseJacobian(f, []float64{1, 2, 3}))
	fmt.Println(mat.Formatted(j))
	// Output:
	// ⎡2  1  0⎤
	// ⎣0  0  6⎦
}
