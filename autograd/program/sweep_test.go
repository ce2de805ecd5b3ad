package program_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// manyResults records n results at a point of three numbers, each of a few operations of its own and some that all have.
// Those with i%7 == 0 have a factor that is 0 where x₁·x₂ is.
func manyResults(g *graph.Graph, at []float64, n int) (xs, ys []graph.Value) {
	xs = g.Vars(at)
	root := ops.Sqrt(xs[0])
	for i := range n {
		ys = append(ys, ops.Mul(root, ops.AddScalar(ops.Mul(xs[1], xs[2]), float64(i%7))))
	}
	return xs, ys
}

// Where a derivative is NaN, the program that looks at zeros is compiled, for all results: like the plain one, in a time
// that grows as the program does.
func TestManyResultsWithNaN(t *testing.T) {
	const n = 20_000
	xs, ys := manyResults(graph.New(graph.Traced()), []float64{1, 2, 3}, n)
	p, err := program.Compile(ops.Stack(0, ys...), xs...)
	if err != nil {
		t.Fatal(err)
	}
	at := []float64{0, 0, 5} // the derivative of the root is infinite
	got, jacobian := make([]float64, n), make([]float64, n*len(at))
	p.Jacobian(at, got, jacobian)
	xs, ys = manyResults(graph.New(), at, 7)
	want := make([][]float64, len(ys))
	for i, y := range ys {
		want[i] = autograd.Backward(y).Scalars(nil, xs)
	}
	for i := range n {
		for k := range at {
			if v := jacobian[i*len(at)+k]; v != want[i%7][k] {
				t.Fatalf("∂y%d/∂x%d is %v, want %v", i, k, v, want[i%7][k])
			}
		}
	}
}
