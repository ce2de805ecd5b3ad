package autograd

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// ValueAndGrad returns f(at) and the gradient of f there, for a function f of a vector with a scalar result. It builds
// a graph of its own.
func ValueAndGrad(f func(x graph.Value) graph.Value, at []float64) (v float64, dv []float64) {
	const op = "autograd.ValueAndGrad"
	_, x, y := record(op, f, at)
	grads := backward(y, settings{op: op})
	return y.Item(), grads.Tensor(x).Float64s()
}

// record evaluates f at a vector on a new graph.
func record(op string, f func(x graph.Value) graph.Value, at []float64) (g *graph.Graph, x, y graph.Value) {
	if f == nil {
		panic(noFunction(op))
	}
	g = graph.New()
	x = g.VarTensor(tensor.Of(at, len(at)))
	y = f(x)
	checkResult(op, g, y)
	return g, x, y
}

func noFunction(op string) *graph.Error {
	return graph.Errorf(op, graph.ErrUsage, "got a nil function: pass the function to differentiate")
}

// checkResult panics unless a function that was given values of g returned one too.
func checkResult(op string, g *graph.Graph, y graph.Value) {
	switch y.Graph() {
	case g:
		y.Check(op)
	case nil:
		panic(graph.Errorf(op, graph.ErrUsage, "the function returned the zero graph.Value: return the value that it computes"))
	default:
		panic(graph.Errorf(op, graph.ErrForeign, "the function returned a value of another graph: compute the result from the values that it is called with"))
	}
}

// JVP returns y = f(at) and its derivative dy in direction dir, the product of the Jacobian with dir. Both have the
// shape of f's result. It differentiates the backward sweep, which is linear in its seed, by that seed.
func JVP(f func(x graph.Value) graph.Value, at, dir []float64) (y, dy *tensor.Tensor) {
	const op = "autograd.JVP"
	checkDirection(op, at, dir)
	g, x, v := record(op, f, at)
	seed := g.VarTensor(tensor.New(tensor.Float64, v.Dims()...))
	back := vjp(op, v, seed, []graph.Value{x}, 0)[0]
	along := ops.Sum(ops.Mul(back, g.ConstTensor(tensor.Of(dir, len(dir)))))
	return v.Tensor(), backward(along, settings{op: op}).Tensor(seed)
}

func checkDirection(op string, at, dir []float64) {
	if len(at) != len(dir) {
		panic(graph.Errorf(op, graph.ErrShape, "a direction of %d numbers at a point of %d: give one for each", len(dir), len(at)))
	}
}

// Jacobian returns the m × n matrix of ∂fᵢ/∂xⱼ at a point of n numbers, for a function whose result has m elements,
// taken in row-major order. It makes one backward sweep for each row.
func Jacobian(f func(x graph.Value) graph.Value, at []float64) *tensor.Tensor {
	const op = "autograd.Jacobian"
	_, x, y := record(op, f, at)
	return rows(op, y, x)
}

// rows returns the matrix of derivatives of y's elements by x's.
func rows(op string, y, x graph.Value) *tensor.Tensor {
	seed := tensor.New(tensor.Float64, y.Dims()...)
	m, n := seed.Len(), len(x.Node().Data().Float64s())
	out := tensor.New(tensor.Float64, m, n)
	for i := range m {
		seed.SetFlat(1, i)
		grads := backward(y, settings{op: op, seed: seed})
		copy(out.Float64s()[i*n:], grads.Tensor(x).Float64s())
		grads.Release()
		seed.SetFlat(0, i)
	}
	return out
}

// Hessian returns the n × n matrix of second derivatives ∂²f/∂xᵢ∂xⱼ at a point of n numbers, for a function with a
// scalar result. It records the gradient and makes one backward sweep for each of its rows.
func Hessian(f func(x graph.Value) graph.Value, at []float64) *tensor.Tensor {
	const op = "autograd.Hessian"
	_, x, y := record(op, f, at)
	return rows(op, gradient(op, y, x), x)
}

// HVP returns the product of the Hessian of f at a point with a direction, at a small multiple of the cost of f and
// without the Hessian (Pearlmutter, 1994). f has a scalar result.
func HVP(f func(x graph.Value) graph.Value, at, dir []float64) []float64 {
	const op = "autograd.HVP"
	checkDirection(op, at, dir)
	g, x, y := record(op, f, at)
	along := ops.Sum(ops.Mul(gradient(op, y, x), g.ConstTensor(tensor.Of(dir, len(dir)))))
	return backward(along, settings{op: op}).Tensor(x).Float64s()
}

// gradient is Grad for one value, with another function's name for messages.
func gradient(op string, y, x graph.Value) graph.Value { return gradients(op, y, []graph.Value{x})[0] }
