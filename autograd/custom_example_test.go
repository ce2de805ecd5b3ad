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

// A running mean has a Jacobian that is as cheap to apply from the right as from the left: the tangent of the result is the
// running mean of the tangent. With that rule a forward sweep records nothing of the vjp. Check compares the two.
func ExampleCustomWith() {
	mean := func(x graph.Value) graph.Value { // of an element and the one before it
		return ops.MulScalar(ops.Add(x, ops.Pad(ops.Slice(x, 0, 0, x.Len()-1), 0, 1, 0)), 0.5)
	}
	smooth := autograd.CustomWith(autograd.CustomConfig{
		Tangent: func(_ graph.Value, _ int, t graph.Value, _ ...graph.Value) graph.Value { return mean(t) },
	}, "smooth", func(xs ...*tensor.Tensor) *tensor.Tensor {
		y := xs[0].Clone()
		for i := y.Len() - 1; i >= 0; i-- {
			before := 0.0
			if i > 0 {
				before = y.AtFlat(i - 1)
			}
			y.SetFlat((y.AtFlat(i)+before)/2, i)
		}
		return y
	}, func(_, ct graph.Value, _ ...graph.Value) []graph.Value {
		return []graph.Value{ops.Flip(mean(ops.Flip(ct, 0)), 0)}
	})
	y, dy := autograd.JVP(func(x graph.Value) graph.Value { return smooth(x) }, []float64{1, 3, 7}, []float64{1, 0, 0})
	fmt.Println(y.Float64s(), dy.Float64s())
	fmt.Println(autograd.Check(func(xs ...graph.Value) graph.Value { return ops.Sum(ops.Square(smooth(xs...))) }, tensor.Of([]float64{1, 3, 7}, 3)))
	// Output:
	// [0.5 2 5] [0.5 0.5 0]
	// <nil>
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
