package autograd_test

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func ExampleBackward() {
	g := graph.New()
	x, y := g.Var(2), g.Var(3)
	l := ops.Add(ops.Mul(x, y), ops.Square(x)) // l = x·y + x²
	grads := autograd.Backward(l)
	fmt.Println(l.Item(), grads.Scalar(x), grads.Scalar(y))
	// Output: 10 7 2
}

func ExampleGrad() {
	g := graph.New()
	x := g.Var(2)
	y := ops.PowScalar(x, 3)
	dy := autograd.Grad(y, x)[0]
	d2y := autograd.Grad(dy, x)[0]
	fmt.Println(y.Item(), dy.Item(), d2y.Item())
	// Output: 8 12 12
}

func ExampleValueAndGrad() {
	norm := func(x graph.Value) graph.Value { return ops.Sqrt(ops.Sum(ops.Square(x))) }
	fmt.Println(autograd.ValueAndGrad(norm, []float64{3, 4}))
	// Output: 5 [0.6000000000000001 0.8]
}

func ExampleVJP() {
	polar := func(x graph.Value) graph.Value { // (r, φ) to (r·cos φ, r·sin φ)
		r, phi := ops.Slice(x, 0, 0, 1), ops.Slice(x, 0, 1, 2)
		return ops.Concat(0, ops.Mul(r, ops.Cos(phi)), ops.Mul(r, ops.Sin(phi)))
	}
	v, dv := autograd.VJP(polar, []float64{2, 0}, []float64{0, 1}) // the second row of the Jacobian
	fmt.Println(v, dv)
	// Output: [2 0] [0 2]
}

func ExampleJacobian() {
	polar := func(x graph.Value) graph.Value { // (r, φ) to (r·cos φ, r·sin φ)
		r, phi := ops.Slice(x, 0, 0, 1), ops.Slice(x, 0, 1, 2)
		return ops.Add(ops.Pad(ops.Mul(r, ops.Cos(phi)), 0, 0, 1), ops.Pad(ops.Mul(r, ops.Sin(phi)), 0, 1, 0))
	}
	fmt.Println(autograd.Jacobian(polar, []float64{2, 0}))
	// Output: [[1 0] [0 2]]
}

func ExampleSparseJacobian() {
	products := func(x []graph.Value) []graph.Value { // of neighbours
		out := make([]graph.Value, len(x)-1)
		for i := range out {
			out[i] = ops.Mul(x[i], x[i+1])
		}
		return out
	}
	j := autograd.SparseJacobian(products, []float64{1, 2, 3, 4})
	for k, v := range j.Value {
		fmt.Printf("(%d, %d) %v\n", j.Row[k], j.Col[k], v)
	}
	fmt.Println(j.MulVec(nil, []float64{1, 0, 0, 1}))
	// Output:
	// (0, 0) 2
	// (0, 1) 1
	// (1, 1) 3
	// (1, 2) 2
	// (2, 2) 4
	// (2, 3) 3
	// [2 0 3]
}

func ExampleSparseHessian() {
	f := func(x []graph.Value) graph.Value { // x₀² + x₀·x₂ + x₁: linear in x₁
		return ops.Add(ops.Add(ops.Square(x[0]), ops.Mul(x[0], x[2])), x[1])
	}
	h := autograd.SparseHessian(f, []float64{1, 2, 3})
	fmt.Println(h.Row, h.Col, h.Value)
	fmt.Println(h.Dense())
	// Output:
	// [0 0 2] [0 2 0] [2 1 1]
	// [[2 0 1] [0 0 0] [1 0 0]]
}

func ExampleHVP() {
	f := func(x graph.Value) graph.Value { return ops.Sum(ops.PowScalar(x, 3)) } // Hessian 6·diag(x)
	fmt.Println(autograd.HVP(f, []float64{1, 2}, []float64{1, 10}))
	// Output: [6 120]
}

func ExampleCheck() {
	f := func(xs ...graph.Value) graph.Value { return ops.Sum(ops.Mul(ops.Exp(xs[0]), xs[1])) }
	fmt.Println(autograd.Check(f, tensor.Of([]float64{0, 1}, 2), tensor.Of([]float64{2, 3}, 2)))
	// Output: <nil>
}

// The mass on a spring, and how its place after 10,000 steps depends on the spring.
func ExampleLoop() {
	g := graph.New()
	k := g.Var(2)
	const dt = 1e-3
	step := func(i int, s graph.Value) graph.Value { // semi-implicit Euler
		x, v := ops.Index(s, 0), ops.Index(s, 1)
		v = ops.Sub(v, ops.MulScalar(ops.Mul(k, x), dt))
		return ops.Stack(0, ops.Add(x, ops.MulScalar(v, dt)), v)
	}
	start := g.ConstTensor(tensor.Of([]float64{1, 0}, 2))
	x := ops.Index(autograd.Loop(10000, step, start, autograd.Snapshots(20)), 0)
	dk := autograd.Backward(x).Scalar(k)
	w, t := math.Sqrt(2), 10.0 // x = cos(√k·t)
	fmt.Printf("%.3f %.3f\n", x.Item(), math.Cos(w*t))
	fmt.Printf("%.2f %.2f\n", dk, -t/(2*w)*math.Sin(w*t))
	fmt.Println(g.Len(), "nodes on the tape")
	// Output:
	// -0.006 -0.005
	// -3.54 -3.54
	// 4 nodes on the tape
}

// Kepler's equation M = E - e·sin E, solved for E, and how E depends on the orbit.
func ExampleRoot() {
	g := graph.New()
	e, m := g.Var(0.6), g.Var(1)
	anomaly := autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value {
		return ops.Sub(ops.Sub(x, ops.Mul(ps[0], ops.Sin(x))), ps[1])
	}, g.Const(1), e, m)
	d := autograd.Grad(anomaly, e, m)
	fmt.Printf("E = %.6f, ∂E/∂e = %.6f, ∂E/∂M = %.6f\n", anomaly.Item(), d[0].Item(), d[1].Item())
	fmt.Printf("∂²E/∂M² = %.6f\n", autograd.Backward(d[1]).Scalar(m))
	x := anomaly.Item() // by hand
	fmt.Printf("%.6f %.6f\n", math.Sin(x)/(1-0.6*math.Cos(x)), 1/(1-0.6*math.Cos(x)))
	// Output:
	// E = 1.599749, ∂E/∂e = 0.982516, ∂E/∂M = 0.982928
	// ∂²E/∂M² = -0.569553
	// 0.982516 0.982928
}

func ExampleCheckpoint() {
	g := graph.New()
	x := g.Var(0.5)
	block := func(xs ...graph.Value) graph.Value {
		y := xs[0]
		for range 1000 {
			y = ops.MulScalar(ops.Sin(y), 1.01)
		}
		return y
	}
	y := autograd.Checkpoint(block, x)
	fmt.Println(g.Len(), autograd.Backward(y).Scalar(x) == autograd.Backward(block(x)).Scalar(x))
	// Output: 2 true
}

func ExampleForward() {
	g := graph.New()
	x, w := g.Var(2), g.VarTensor(tensor.Of([]float64{1, 3}, 2))
	y := ops.Mul(x, ops.Square(w))
	along := []*tensor.Tensor{tensor.Of([]float64{1}), tensor.Of([]float64{0, 1}, 2)} // x and the second element of w move
	fmt.Println(autograd.Forward(y, []graph.Value{x, w}, along))
	// Output: [1 21]
}

func ExampleJVP() {
	turned := func(x graph.Value) graph.Value { // by an angle
		return ops.Stack(0, ops.Cos(ops.Index(x, 0)), ops.Sin(ops.Index(x, 0)))
	}
	y, dy := autograd.JVP(turned, []float64{0}, []float64{1})
	fmt.Println(y, dy)
	// Output: [1 0] [0 1]
}

func ExampleJVPs() {
	square := func(x graph.Value) graph.Value { return ops.Square(x) }
	y, dys := autograd.JVPs(square, []float64{1, 2, 3}, []float64{1, 0, 0}, []float64{1, 1, 1})
	fmt.Println(y, dys[0], dys[1])
	// Output: [1 4 9] [2 0 0] [2 4 6]
}

func ExampleHessian() {
	f := func(x graph.Value) graph.Value { return ops.Prod(x) } // x₀·x₁·x₂
	fmt.Println(autograd.Hessian(f, []float64{1, 2, 3}))
	// Output: [[0 3 2] [3 0 1] [2 1 0]]
}

func ExampleSparse() {
	neighbours := func(x []graph.Value) graph.Value { // x₀·x₁ + x₁·x₂ + …
		sum := x[0].Graph().Const(0)
		for i := range x[1:] {
			sum = ops.Add(sum, ops.Mul(x[i], x[i+1]))
		}
		return sum
	}
	h := autograd.SparseHessian(neighbours, []float64{1, 2, 3, 4})
	fmt.Println(len(h.Value), "entries of", h.M*h.N)
	fmt.Println(h.MulVec(nil, []float64{1, 0, 0, 10}))
	// Output:
	// 6 entries of 16
	// [0 1 10 0]
}

// The solution of x = cos(p·x) changes with p by what the equation demands, however many steps it took to find.
func ExampleFixedPoint() {
	g := graph.New()
	p := g.Var(1)
	x := autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Cos(ops.Mul(ps[0], x)) }, g.Const(0), p)
	fmt.Printf("%.6f %.6f\n", x.Item(), autograd.Backward(x).Scalar(p))
	s := math.Sin(x.Item())
	fmt.Printf("%.6f by hand\n", -s*x.Item()/(1+s))
	// Output:
	// 0.739085 -0.297474
	// -0.297474 by hand
}

// A hook sees gradients as they pass.
func ExampleOnGradient() {
	g := graph.New()
	x := g.Var(3)
	y := autograd.OnGradient(ops.Square(x), func(ct graph.Value) graph.Value {
		fmt.Println("∂l/∂y is", ct.Item())
		return ct
	})
	l := ops.MulScalar(y, 5)
	fmt.Println("∂l/∂x is", autograd.Backward(l).Scalar(x))
	// Output:
	// ∂l/∂y is 5
	// ∂l/∂x is 30
}

func ExampleClipGradient() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, 3}, 3))
	l := ops.Sum(ops.Square(autograd.ClipGradient(x, 3)))
	fmt.Println(autograd.Backward(l).Tensor(x)) // not [2 4 6]
	// Output: [2 3 3]
}

// With a factor below 0 what lies before learns the opposite of what lies behind.
func ExampleScaleGradient() {
	g := graph.New()
	x := g.Var(3)
	l := ops.Square(autograd.ScaleGradient(x, -0.1))
	fmt.Printf("%v %.1f\n", l.Item(), autograd.Backward(l).Scalar(x))
	// Output: 9 -0.6
}

func ExampleSnapshots() {
	g := graph.New()
	rate := g.Var(0.5)
	decay := func(_ int, s graph.Value) graph.Value { return ops.Sub(s, ops.MulScalar(ops.Mul(rate, s), 0.001)) }
	s := autograd.Loop(1000, decay, g.Const(1), autograd.Snapshots(10)) // 10 states are kept, not 1000
	fmt.Printf("%.4f %.4f\n", s.Item(), autograd.Backward(s).Scalar(rate))
	// Output: 0.6065 -0.6068
}
