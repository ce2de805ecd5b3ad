package autograd_test

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// mapped returns a function that applies f to each element of its only argument.
func mapped(f func(x float64) float64) func(xs ...*tensor.Tensor) *tensor.Tensor {
	return func(xs ...*tensor.Tensor) *tensor.Tensor {
		y := tensor.New(xs[0].DType(), xs[0].Shape()...)
		for i := range y.Len() {
			y.SetFlat(f(xs[0].AtFlat(i)), i)
		}
		return y
	}
}

// lambertW is the function with w·eʷ = x, for x ≥ 0. Its value comes from Newton's iteration, its derivative from the
// equation: dw/dx = w/(x·(1+w)) = 1/(x + eʷ).
var lambertW = autograd.Custom("lambert_w",
	mapped(func(x float64) float64 {
		w := math.Log1p(x)
		for range 20 {
			e := math.Exp(w)
			w -= (w*e - x) / (e * (1 + w))
		}
		return w
	}),
	func(y, ct graph.Value, xs ...graph.Value) []graph.Value {
		return []graph.Value{ops.Chain(ct, ops.Reciprocal(ops.Add(xs[0], ops.Exp(y))))}
	})

// Lambert's W function, with derivatives of any order: its rule is made of operations, and uses the result.
func ExampleCustom() {
	g := graph.New()
	x := g.Var(1).Named("x")
	w := lambertW(x)
	dw := autograd.Grad(w, x)[0]
	d2w := autograd.Grad(dw, x)[0]
	fmt.Println(w)
	fmt.Printf("W = %.6f  W′ = %.6f  W″ = %.6f\n", w.Item(), dw.Item(), d2w.Item())
	// Output:
	// %2 = lambert_w = 0.5671432904097838
	// W = 0.567143  W′ = 0.361896  W″ = -0.214541
}

// The solution of x = cos(θ·x) as a function of θ. The iterations are not recorded: by the implicit function theorem,
// the derivative of the solution of x = f(x, θ) is ∂f/∂θ / (1 - ∂f/∂x), whatever way led there.
func ExampleCustom_fixedPoint() {
	solve := autograd.Custom("fixed_point",
		mapped(func(theta float64) float64 {
			x := 0.5
			for range 200 {
				x = math.Cos(theta * x)
			}
			return x
		}),
		func(x, ct graph.Value, in ...graph.Value) []graph.Value {
			theta := in[0]
			slope := ops.Neg(ops.Sin(ops.Mul(theta, x))) // of the cosine
			byX, byTheta := ops.Mul(theta, slope), ops.Mul(x, slope)
			return []graph.Value{ops.Mul(ct, ops.Div(byTheta, ops.AddScalar(ops.Neg(byX), 1)))}
		})
	g := graph.New()
	theta := g.Var(1)
	x := solve(theta)
	d := autograd.Grad(x, theta)[0]
	fmt.Printf("x = %.6f  dx/dθ = %.6f  d²x/dθ² = %.6f  nodes: %d\n", x.Item(), d.Item(), autograd.Grad(d, theta)[0].Item(), x.ID())
	// Output: x = 0.739085  dx/dθ = -0.297474  d²x/dθ² = 0.153338  nodes: 2
}

// The straight-through estimator: weights are rounded for the result, and learn as if they were not.
func ExampleCustom_straightThrough() {
	round := autograd.Custom("round_through", mapped(math.Round),
		func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct} })
	g := graph.New()
	w := g.VarTensor(tensor.Of([]float64{0.2, 0.7, 1.6}, 3))
	y := ops.Sum(ops.Square(round(w)))
	fmt.Println(y.Item(), autograd.Backward(y).Tensor(w))
	// Output: 5 [0 2 4]
}
