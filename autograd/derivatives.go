package autograd

import (
	"math"
	"runtime/debug"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// ValueAndGrad returns f(at) and the gradient of f there, for a function f of a vector with a scalar result.
//
// Like all functions of this package that take a point as numbers, it records f on a graph of its own, which is emptied and
// used again when it returns: f must not keep values of it, nor the graph.
func ValueAndGrad(f func(x graph.Value) graph.Value, at []float64) (v float64, dv []float64) {
	const op = "autograd.ValueAndGrad"
	x, y := record(op, f, at)
	grads := backward(y, settings{op: op})
	v, dv = y.Item(), grads.Tensor(x).Float64s()
	discard(x)
	return v, dv
}

// recycled are graphs without records, whose memory is there. The collector frees those that nothing uses, and one that is
// used gives up what small calls have not needed for a while: see [graph.Graph.Recycle].
var recycled = sync.Pool{New: func() any { return graph.New() }}

// mostRecycled bounds the tape of a graph that is kept.
const mostRecycled = 1 << 16

// record evaluates f at a vector on a graph that no one else has.
func record(op string, f func(x graph.Value) graph.Value, at []float64) (x, y graph.Value) {
	if f == nil {
		panic(noFunction(op))
	}
	g := recycled.Get().(*graph.Graph)
	x = g.VarTensor(tensor.Of(at, len(at)))
	y = f(x)
	checkResult(op, g, y)
	x.Check(op)
	return x, y
}

// discard gives the graph of x back, for the next record. Handles of its values that f has kept are stale from here on.
// It is not called where something has panicked: then the graph is left to whoever looks into it.
func discard(x graph.Value) {
	g := x.Graph()
	if g.Len() > mostRecycled {
		return
	}
	g.Recycle()
	recycled.Put(g)
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
	dv = grads.Tensor(x).Float64s()
	discard(x)
	return v, dv
}

// JVP returns y = f(at) and its derivative dy in direction dir, the product of the Jacobian with dir. Both have the
// shape of f's result. It costs a forward sweep, about as much as f; see [Forward].
func JVP(f func(x graph.Value) graph.Value, at, dir []float64) (y, dy *tensor.Tensor) {
	const op = "autograd.JVP"
	y, dys := jvps(op, f, at, dir)
	return y, dys[0]
}

// JVPs is [JVP] in several directions at once: it returns f(at) and its derivative in each direction. All of them take
// one evaluation of f and one sweep. It panics with a [*graph.Error] if a direction has another length than the point,
// and if the derivatives have 2³¹ elements or more or take more than the limit of the Go runtime (GOMEMLIMIT).
func JVPs(f func(x graph.Value) graph.Value, at []float64, dirs ...[]float64) (y *tensor.Tensor, dys []*tensor.Tensor) {
	return jvps("autograd.JVPs", f, at, dirs...)
}

func jvps(op string, f func(x graph.Value) graph.Value, at []float64, dirs ...[]float64) (y *tensor.Tensor, dys []*tensor.Tensor) {
	for _, dir := range dirs {
		checkDirection(op, at, dir)
	}
	x, v := record(op, f, at)
	if m := v.Len(); m > 0 && len(dirs) > mostNumbers()/m {
		panic(graph.Errorf(op, graph.ErrLimit, "%d derivatives of %d elements take %.3g bytes: give fewer directions at a time", len(dirs), m, 8*float64(len(dirs))*float64(m)))
	}
	dys = make([]*tensor.Tensor, len(dirs))
	eachDirection(op, v, x, len(dirs), func(r int, row []float64) { copy(row, dirs[r]) }, func(first, now int, rows []float64) {
		for r := range now {
			dys[first+r] = tensor.New(tensor.Float64, v.Dims()...)
			copy(dys[first+r].Float64s(), rows[r*v.Len():])
		}
	})
	y = v.Tensor()
	discard(x)
	return y, dys
}

func checkDirection(op string, at, dir []float64) {
	if len(at) != len(dir) {
		panic(graph.Errorf(op, graph.ErrShape, "a direction of %d numbers at a point of %d: give one for each", len(dir), len(at)))
	}
}

// Jacobian returns the m × n matrix of ∂fᵢ/∂xⱼ at a point of n numbers, for a function whose result has m elements,
// taken in row-major order. It makes one backward sweep for each row or, where that is cheaper, a forward sweep for
// some columns at a time. Where it can be seen that every row has few elements in a row that are not 0, whatever the
// numbers, a direction serves many columns.
//
// Both ways give the same numbers but for rounding, and where derivatives on the way are infinite or NaN: an adjoint or a
// tangent of exactly 0 contributes 0, but a row and a column do not meet the same zeros.
//
// It panics with a [*graph.Error] if the matrix has 2³¹ elements or more, or takes more than the limit of the Go runtime
// (GOMEMLIMIT).
func Jacobian(f func(x graph.Value) graph.Value, at []float64) *tensor.Tensor {
	const op = "autograd.Jacobian"
	x, y := record(op, f, at)
	out := newMatrix(op, y.Len(), len(at))
	derivatives(op, y, x, out)
	discard(x)
	return out
}

// derivatives sets out, which is all 0, to the matrix of derivatives of y's elements by those of x, a vector, in the
// cheaper way.
func derivatives(op string, y, x graph.Value, out *tensor.Tensor) {
	m, n := y.Len(), x.Len()
	row, column := costs(y, x)
	if min(m, n) > fewDirections && !math.IsInf(column, 1) {
		if of, width := bands(y, x); width <= n/2 && width <= m {
			bandedColumns(op, y, x, of, width, out)
			return
		}
	}
	if column*float64(n) < row*float64(m) {
		columns(op, y, x, out)
		return
	}
	eachProduct(op, y, x, func(i int, row []float64) { copy(out.Float64s()[i*n:], row) })
}

// costs returns about how many nanoseconds a row and a column of derivatives of y by x take, where there are many: the
// sweeps differ in what they spend on an operation with tensors. What a forward sweep has a kernel for it does for many
// columns together; what it has to record, it records for each. Where there are hooks, only backward sweeps will do.
func costs(y, x graph.Value) (row, column float64) {
	const (
		scalar    = 8   // of either sweep, for an operation on scalars
		kernel    = 150 // of a backward sweep, for one on tensors
		shared    = 50  // of a forward sweep, for one with a kernel
		recorded  = 2500
		undefined = 8000  // for one without a Tangent
		again     = 10000 // for a function that is called again; a forward sweep does so for many columns together
		element   = 0.3
	)
	g := y.Graph()
	for id := range g.Between(graph.GradEdges, y, x).All {
		n := g.Value(id).Node()
		if n.NumInputs() == 0 {
			continue
		}
		if _, ok := n.Partial(0); ok {
			row, column = row+scalar, column+scalar
			continue
		}
		if hasHooks(n) {
			column = math.Inf(1)
		}
		r := n.Row()
		size := element * float64(max(n.Value().Len(), n.InputNode(0).Value().Len()))
		row += kernel + size
		if moverOf(n) != nil {
			row, column = row+again, column+again/fewDirections+size
			continue
		}
		switch {
		case r.Class == graph.Elementwise && r.Backward != nil, r.Class == graph.Linear && r.Arity() == 1, n.Value().Len() == 1:
			column += shared + size
		case r.Stacks != nil:
			column += recorded/fewDirections + size
		case hasTangent(n):
			column += recorded + size
		default:
			column += undefined + size
		}
	}
	return row, column
}

// mostNumbers returns how many numbers the results of this package may have: 2³¹ - 1, or as many as the limit of the Go
// runtime (GOMEMLIMIT) or the address space has room for.
func mostNumbers() int {
	return int(min(1<<31-1, math.MaxInt/16, debug.SetMemoryLimit(-1)/8))
}

// newMatrix returns an m × n matrix, unless it is larger than memories are.
func newMatrix(op string, m, n int) *tensor.Tensor {
	checkMatrix(op, m, n)
	return tensor.New(tensor.Float64, m, n)
}

// checkMatrix panics with a [*graph.Error] if an m × n matrix is larger than memories are.
func checkMatrix(op string, m, n int) {
	if n > 0 && m > mostNumbers()/n {
		panic(graph.Errorf(op, graph.ErrLimit, "a matrix of %d × %d elements takes %.3g bytes: use autograd.JVP, autograd.VJP or autograd.HVP for its products with vectors, or autograd.SparseJacobian or autograd.SparseHessian if most of it is 0", m, n, 8*float64(m)*float64(n)))
	}
}

// columns is derivatives by forward sweeps.
func columns(op string, y, x graph.Value, out *tensor.Tensor) {
	m, n, matrix := y.Len(), x.Len(), out.Float64s()
	eachDirection(op, y, x, n, unit, func(first, now int, d []float64) {
		for i := range m {
			row := matrix[i*n+first:][:now]
			for r := range row {
				row[r] = d[r*m+i]
			}
		}
	})
}

// bandedColumns is derivatives for a matrix whose rows have so few elements in a row that are not 0, and where they
// are: a direction serves all columns that are so far apart (Curtis, Powell and Reid, 1974).
func bandedColumns(op string, y, x graph.Value, of []span, width int, out *tensor.Tensor) {
	m, n, matrix := y.Len(), x.Len(), out.Float64s()
	comb := func(r int, row []float64) {
		clear(row)
		for j := r; j < n; j += width {
			row[j] = 1
		}
	}
	eachDirection(op, y, x, width, comb, func(first, now int, d []float64) {
		for i := range m {
			for j := n - int(of[i].low); j < int(of[i].high); j++ {
				if r := j%width - first; r >= 0 && r < now {
					matrix[i*n+j] = d[r*m+i]
				}
			}
		}
	})
}

// unit sets row to the direction of variable j.
func unit(j int, row []float64) {
	clear(row)
	row[j] = 1
}

// eachProduct calls f for every element of y with its derivatives by the elements of x, unless those are none or all 0.
// It looks at nothing that was recorded before x.
func eachProduct(op string, y, x graph.Value, f func(i int, dx []float64)) {
	seed := tensor.New(tensor.Float64, y.Dims()...)
	if x.Len() == 0 {
		return
	}
	for i := range seed.Len() {
		seed.SetFlat(1, i)
		grads := backward(y, settings{op: op, seed: seed, from: x.ID()})
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
// scalar result: it records the gradient and takes its [Jacobian]. It panics with a [*graph.Error] if the matrix is too
// large for that, before it is asked for.
func Hessian(f func(x graph.Value) graph.Value, at []float64) *tensor.Tensor {
	const op = "autograd.Hessian"
	x, y := record(op, f, at)
	out := newMatrix(op, len(at), len(at))
	derivatives(op, gradient(op, y, x), x, out)
	discard(x)
	return out
}

// HVP returns the product of the Hessian of f at a point with a direction, at a small multiple of the cost of f and
// without the Hessian (Pearlmutter, 1994): it records the gradient and makes one forward sweep through it. Where f is
// made of operations on scalars, it finds the same numbers without the record, by a forward and a backward sweep
// through f. f has a scalar result.
func HVP(f func(x graph.Value) graph.Value, at, dir []float64) []float64 {
	const op = "autograd.HVP"
	checkDirection(op, at, dir)
	x, y := record(op, f, at)
	hv := make([]float64, len(at))
	if hvpOfScalars(y, x, dir, hv) {
		discard(x)
		return hv
	}
	eachDirection(op, gradient(op, y, x), x, 1, func(_ int, row []float64) { copy(row, dir) }, func(_, _ int, dy []float64) { copy(hv, dy) })
	discard(x)
	return hv
}

// gradient is Grad for one value, with another function's name for messages.
func gradient(op string, y, x graph.Value) graph.Value { return gradients(op, y, []graph.Value{x})[0] }
