package autograd

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// ValueAndGrad returns f(at) and the gradient of f there, for a function f of a vector with a scalar result. It builds
// a graph of its own.
func ValueAndGrad(f func(x graph.Value) graph.Value, at []float64) (v float64, dv []float64) {
	const op = "autograd.ValueAndGrad"
	x, y := record(op, f, at)
	grads := backward(y, settings{op: op})
	return y.Item(), grads.Tensor(x).Float64s()
}

// record evaluates f at a vector on a new graph.
func record(op string, f func(x graph.Value) graph.Value, at []float64) (x, y graph.Value) {
	if f == nil {
		panic(noFunction(op))
	}
	g := graph.New()
	x = g.VarTensor(tensor.Of(at, len(at)))
	y = f(x)
	checkResult(op, g, y)
	return x, y
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

// VJP returns v = f(at) and dv, the product of the cotangent ct of v with the Jacobian of f: the gradient of the sum of
// v's elements, each times the number that ct has for it. The elements are taken in row-major order. It panics with a
// [*graph.Error] if ct has not as many numbers as v has elements.
func VJP(f func(x graph.Value) graph.Value, at, ct []float64) (v *tensor.Tensor, dv []float64) {
	const op = "autograd.VJP"
	x, y := record(op, f, at)
	v = y.Tensor()
	if len(ct) != v.Len() {
		panic(graph.Errorf(op, graph.ErrShape, "a cotangent of %d numbers for a result of shape %s: give one for each of its %d elements", len(ct), tensor.FormatShape(v.Shape()), v.Len()))
	}
	grads := backward(y, settings{op: op, seed: tensor.Of(ct, v.Shape()...)})
	return v, grads.Tensor(x).Float64s()
}

// JVP returns y = f(at) and its derivative dy in direction dir, the product of the Jacobian with dir. Both have the
// shape of f's result. It costs a forward sweep, about as much as f; see [Forward].
func JVP(f func(x graph.Value) graph.Value, at, dir []float64) (y, dy *tensor.Tensor) {
	const op = "autograd.JVP"
	y, dys := jvps(op, f, at, dir)
	return y, dys[0]
}

// JVPs is [JVP] in several directions at once: it returns f(at) and its derivative in each direction. All of them take one
// evaluation of f and one sweep.
func JVPs(f func(x graph.Value) graph.Value, at []float64, dirs ...[]float64) (y *tensor.Tensor, dys []*tensor.Tensor) {
	return jvps("autograd.JVPs", f, at, dirs...)
}

func jvps(op string, f func(x graph.Value) graph.Value, at []float64, dirs ...[]float64) (y *tensor.Tensor, dys []*tensor.Tensor) {
	for _, dir := range dirs {
		checkDirection(op, at, dir)
	}
	x, v := record(op, f, at)
	dys = make([]*tensor.Tensor, len(dirs))
	t := x.Graph().NewTangents(len(dirs), v, x)
	defer t.Release()
	rows := tensor.New(tensor.Float64, len(dirs), len(at))
	for r, dir := range dirs {
		copy(rows.Float64s()[r*len(at):], dir)
	}
	t.Seed(x, rows)
	push(op, t)
	for r := range dys {
		dys[r] = tangentOf(t, v, r)
	}
	return v.Tensor(), dys
}

// transposed records the backward sweep from y to x for a cotangent of y that is a leaf, seed: back is its product with
// the Jacobian, a linear function, so that the product of a direction with the Jacobian of back by seed is that of the
// Jacobian of y with the direction.
func transposed(op string, y, x graph.Value) (back, seed graph.Value) {
	seed = y.Graph().VarTensor(tensor.New(tensor.Float64, y.Dims()...))
	return vjp(op, y, seed, []graph.Value{x}, 0)[0], seed
}

func checkDirection(op string, at, dir []float64) {
	if len(at) != len(dir) {
		panic(graph.Errorf(op, graph.ErrShape, "a direction of %d numbers at a point of %d: give one for each", len(dir), len(at)))
	}
}

// Jacobian returns the m × n matrix of ∂fᵢ/∂xⱼ at a point of n numbers, for a function whose result has m elements,
// taken in row-major order. It makes one backward sweep for each row or, where the columns are far fewer, records the
// sweep and makes one through that for each column, as [JVP] does.
//
// Both ways give the same numbers but for rounding, and where derivatives on the way are infinite or NaN: an adjoint of
// exactly 0 contributes 0 on both, but a row and a column do not meet the same zeros.
func Jacobian(f func(x graph.Value) graph.Value, at []float64) *tensor.Tensor {
	const op = "autograd.Jacobian"
	x, y := record(op, f, at)
	if m := y.Len(); m > columnCost*(len(at)+1) {
		return columns(op, y, x)
	}
	return rows(op, y, x)
}

// columnCost is about how many rows cost as much as a column, whose sweep is through more operations. Recording them
// costs as much as one column more.
const columnCost = 3

// rows returns the matrix of derivatives of y's elements by those of x, a vector, with a sweep for each row.
func rows(op string, y, x graph.Value) *tensor.Tensor {
	m, n := y.Len(), x.Len()
	out := tensor.New(tensor.Float64, m, n)
	eachProduct(op, y, x, func(i int, row []float64) { copy(out.Float64s()[i*n:], row) })
	return out
}

// columns is rows with a sweep for each column.
func columns(op string, y, x graph.Value) *tensor.Tensor {
	m, n := y.Len(), x.Len()
	out := tensor.New(tensor.Float64, m, n)
	back, seed := transposed(op, y, x)
	eachProduct(op, back, seed, func(j int, column []float64) {
		for i, d := range column {
			out.Float64s()[i*n+j] = d
		}
	})
	return out
}

// eachProduct calls f for every element of y with its derivatives by the elements of x, unless those are none or all 0.
func eachProduct(op string, y, x graph.Value, f func(i int, dx []float64)) {
	seed := tensor.New(tensor.Float64, y.Dims()...)
	if x.Len() == 0 {
		return
	}
	for i := range seed.Len() {
		seed.SetFlat(1, i)
		grads := backward(y, settings{op: op, seed: seed})
		if d := grads.View(x); d != nil {
			f(i, d.Float64s())
		} else if x.Rank() == 0 {
			f(i, []float64{grads.Scalar(x)})
		}
		grads.Release()
		seed.SetFlat(0, i)
	}
}

// Hessian returns the n × n matrix of second derivatives ∂²f/∂xᵢ∂xⱼ at a point of n numbers, for a function with a
// scalar result. It records the gradient and makes one backward sweep for each of its rows.
func Hessian(f func(x graph.Value) graph.Value, at []float64) *tensor.Tensor {
	const op = "autograd.Hessian"
	x, y := record(op, f, at)
	return rows(op, gradient(op, y, x), x)
}

// HVP returns the product of the Hessian of f at a point with a direction, at a small multiple of the cost of f and
// without the Hessian (Pearlmutter, 1994). f has a scalar result.
func HVP(f func(x graph.Value) graph.Value, at, dir []float64) []float64 {
	const op = "autograd.HVP"
	checkDirection(op, at, dir)
	x, y := record(op, f, at)
	d := gradient(op, y, x)
	return backward(d, settings{op: op, seed: tensor.Of(dir, len(dir))}).Tensor(x).Float64s()
}

// gradient is Grad for one value, with another function's name for messages.
func gradient(op string, y, x graph.Value) graph.Value { return gradients(op, y, []graph.Value{x})[0] }
