package autograd_test

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A function of a matrix and a vector as one of a point: its parts are taken out of one vector.
func ExampleHVP_parameters() {
	loss := func(p graph.Value) graph.Value {
		w, b := ops.Reshape(ops.Slice(p, 0, 0, 4), 2, 2), ops.Slice(p, 0, 4, 6)
		x := p.Graph().ConstTensor(tensor.Of([]float64{1, 2}, 2))
		return ops.Sum(ops.Square(ops.Add(ops.MatMul(w, x), b)))
	}
	at := []float64{1, 0, 0, 1, 0.5, -0.5} // w by rows, then b
	value, gradient := autograd.ValueAndGrad(loss, at)
	fmt.Println(value, gradient)
	fmt.Println(autograd.HVP(loss, at, []float64{0, 0, 0, 0, 1, 0})) // as the first element of b moves
	// Output:
	// 4.5 [3 6 3 6 3 3]
	// [2 4 0 0 2 0]
}

// The gradient by a value on the way, as by a leaf: of Backward, and as a value.
func ExampleGrad_intermediate() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	h := ops.Square(x)
	y := ops.Sum(ops.Square(h))
	fmt.Println(autograd.Backward(y).Tensor(h), autograd.Grad(y, h)[0].Tensor())
	// Output: [2 8] [2 8]
}

// A derivative through a step of training: that of the loss after the step by the rate and the weight before it.
func ExampleGrad_step() {
	g := graph.New()
	rate, w := g.Var(0.1), g.Var(3)
	loss := func(w graph.Value) graph.Value { return ops.Square(ops.AddScalar(w, -1)) }
	next := ops.Sub(w, ops.Mul(rate, autograd.Grad(loss(w), w)[0]))
	grads := autograd.Backward(loss(next))
	fmt.Printf("%.4g %.4g\n", grads.Scalar(rate), grads.Scalar(w))
	// Output: -12.8 2.56
}

// A differential equation inside a loss: u″ of u = tanh(w·x) by the inputs x, and the gradient of the residual by w.
func ExampleGrad_inputs() {
	g := graph.New()
	w, x := g.Var(0.7), g.VarTensor(tensor.Of([]float64{0.5, 1}, 2))
	u := ops.Tanh(ops.Mul(w, x))
	slope := autograd.Grad(ops.Sum(u), x)[0] // no element of u depends on another one's x
	bend := autograd.Grad(ops.Sum(slope), x)[0]
	residual := ops.Mean(ops.Square(ops.Add(bend, u)))
	fmt.Printf("%.6f %.6f\n", residual.Item(), autograd.Backward(residual).Scalar(w))
	// Output: 0.027058 -0.116647
}

// Each row of the Jacobian, or a sum of rows, is a sweep from a result that is no scalar.
func ExampleWithSeed() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, 3}, 3))
	y := ops.CumSum(ops.Square(x), 0)
	grads := autograd.Backward(y, autograd.WithSeed(tensor.Of([]float64{0, 1, 0}, 3)))
	fmt.Println(grads.Tensor(x))
	// Output: [2 4 0]
}

// Steps of order 12 of u′ = u·(1 - u): the coefficient of tʲ in the right-hand side, of the series so far, gives the next
// one of u.
func ExampleTaylor_equation() {
	const order, step = 12, 0.25
	u := 0.1
	for range 8 {
		c := []float64{u}
		for j := range order {
			slope := autograd.Taylor(func(x graph.Value) graph.Value {
				t, u := ops.Index(x, 0), x.Graph().Const(0)
				for k := len(c) - 1; k >= 0; k-- {
					u = ops.AddScalar(ops.Mul(u, t), c[k])
				}
				return ops.Mul(u, ops.AddScalar(ops.Neg(u), 1))
			}, []float64{0}, []float64{1}, j)
			c = append(c, slope[j]/float64(j+1))
		}
		u = 0
		for k := order; k >= 0; k-- {
			u = u*step + c[k]
		}
	}
	fmt.Printf("%.10f, and by the formula %.10f\n", u, 1/(1+9*math.Exp(-2)))
	// Output: 0.4508530604, and by the formula 0.4508530604
}

// A fixed point of less accuracy, in fewer steps than are usual. Where they do not settle, the error names the last change.
func ExampleFixedPointWith() {
	g := graph.New()
	cosine := func(x graph.Value, _ ...graph.Value) graph.Value { return ops.Cos(x) }
	x := autograd.FixedPointWith(autograd.SolveConfig{Tolerance: 1e-4, Steps: 50}, cosine, g.Const(1))
	fmt.Printf("%.3f\n", x.Item())
	err := graph.Try(func() { autograd.FixedPointWith(autograd.SolveConfig{Steps: 3}, cosine, g.Const(1)) })
	fmt.Println(err)
	// Output:
	// 0.739
	// autograd.FixedPointWith: no solution after 3 steps: the last one changed x, now 0.65429, by 0.203, want 1.65e-12 at most: begin nearer to the solution, or allow more steps or a larger tolerance
}
