package autograd

import (
	"errors"
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/dense"
	"github.com/seed366ff29f/chainrule/ops"
)

// Root is [RootWith] with the usual tolerance and number of steps.
func Root(f func(x graph.Value, ps ...graph.Value) graph.Value, x graph.Value, ps ...graph.Value) graph.Value {
	return root("autograd.Root", SolveConfig{}, f, x, ps)
}

// RootWith returns the solution of f(x, ps...) = 0 to which Newton's method leads from the given x, where f returns as
// many numbers as x has, in the same shape. The steps are not recorded: the derivatives of the solution by ps, of any
// order, are those that the equation demands,
//
//	∂x/∂p = -(∂f/∂x)⁻¹ · ∂f/∂p
//
// A step that does not make the largest element of f smaller is halved, up to ten times. Each computes ∂f/∂x, a matrix,
// by forward sweeps for some columns at a time, and its factors; a sweep through the solution does so once. The solution
// does not depend on where the steps begin, so x gets no gradient. f may use other values of the graph and bind tensors;
// the gradient reaches those too.
//
// It panics with a [*graph.Error] that names the last change if the steps do not settle, if they lead to numbers that
// are not finite, as where ∂f/∂x is singular, if that matrix is too large, and on a graph made with [graph.Traced]. A
// sweep does if ∂f/∂x is singular at the solution.
func RootWith(c SolveConfig, f func(x graph.Value, ps ...graph.Value) graph.Value, x graph.Value, ps ...graph.Value) graph.Value {
	return root("autograd.RootWith", c, f, x, ps)
}

func root(op string, c SolveConfig, f func(x graph.Value, ps ...graph.Value) graph.Value, x graph.Value, ps []graph.Value) graph.Value {
	checkEquation(op, c, f == nil, x, ps)
	c.scale = 1
	m := &implicit{op: op, what: "x", advice: "begin nearer to the solution", name: "root", f: f, weights: (*implicit).newtonWeights, tangents: (*implicit).newtonTangents}
	return m.solve(c, x, ps, func(x, y graph.Value, at *tensor.Tensor) (change float64) { return m.newton(x, y, at, ps) })
}

// newton replaces the numbers of x by those that a step of Newton's method leads to, and returns how far that was.
func (m *implicit) newton(x, y graph.Value, at *tensor.Tensor, ps []graph.Value) (change float64) {
	n := at.Len()
	step := make([]float64, n)
	residual := 0.0
	for i := range step {
		step[i] = exact(y).AtFlat(i)
		residual = max(residual, math.Abs(step[i]))
	}
	if residual == 0 {
		return 0
	}
	checkMatrix(m.op, n, n)
	matrix, pivots := make([]float64, n*n), make([]int, n)
	jacobian(matrix, x, y)
	dense.LU(n, matrix, n, pivots)
	dense.SolveLU(false, n, matrix, n, pivots, step, 1, 1)
	from := at.Clone()
	for halves := 0; ; halves++ {
		change = 0
		for i, d := range step {
			d = math.Ldexp(d, -halves)
			at.SetFlat(from.AtFlat(i)-d, i)
			change = max(change, math.Abs(d))
		}
		if halves == 10 || math.IsNaN(change) || math.IsInf(change, 0) {
			return change
		}
		less := false
		x.Graph().Scratch(func() { less = size(exact(m.evaluate(leafOf(x.Graph(), at), ps))) < residual })
		if less {
			return change
		}
	}
}

// jacobian sets matrix, which is all 0, to the derivatives of y by x, a leaf, which y was recorded after.
func jacobian(matrix []float64, x, y graph.Value) {
	n := x.Len()
	m := motion{k: min(n, fewDirections), storage: new(storage)}
	defer m.release()
	dirs, columns := tensor.New(tensor.Float64, m.k, n), tensor.New(tensor.Float64, m.k, n)
	for from := 0; from < n; from += m.k {
		now := min(m.k, n-from)
		dirs.Zero()
		for r := range now {
			dirs.SetFlat(1, r*n+from+r)
		}
		if !m.carry(columns, x.ID(), y, x, dirs) {
			continue
		}
		for r := range now {
			for i := range n {
				matrix[i*n+from+r] = columns.AtFlat(r*n + i)
			}
		}
	}
}

// newtonWeights solves (∂f/∂x)ᵀ·w = -ct.
func (m *implicit) newtonWeights(x, ct graph.Value, ps []graph.Value) graph.Value {
	g := x.Graph()
	floor := g.Len() + 1
	y := m.evaluate(x, ps)
	row := func(ct graph.Value) graph.Value { return vjp(m.op, y, ct, []graph.Value{x}, floor)[0] }
	n := x.Len()
	switch {
	case x.Rank() == 0:
		d := row(g.Const(1))
		if d.Item() == 0 {
			panic(m.singular())
		}
		return ops.Neg(ops.Div(ct, d))
	case n == 0:
		return ct
	}
	checkMatrix(m.op, n, n)
	rows := make([]graph.Value, n)
	for i := range rows {
		one := tensor.New(g.DType(), x.Dims()...)
		one.SetFlat(1, i)
		rows[i] = ops.Reshape(row(g.ConstTensor(one)), n)
	}
	var w graph.Value
	if err := graph.Try(func() { w = ops.Solve(ops.Transpose(ops.Stack(0, rows...)), ops.Reshape(ct, n)) }); err != nil {
		if errors.Is(err, graph.ErrValue) {
			err = m.singular()
		}
		panic(err)
	}
	return ops.Neg(ops.Reshape(w, x.Dims()...))
}

// newtonTangents solves ∂f/∂x·dx = -∂f/∂p·dp for all directions at once. A right side of 0 gives 0, whatever ∂f/∂x.
func (m *implicit) newtonTangents(how *motion, x, y graph.Value, out *tensor.Tensor) bool {
	if !how.carry(out, x.ID(), y, graph.Value{}, nil) {
		return false
	}
	width := x.Len()
	var moving []int // directions
	for r := range how.k {
		for i := range width {
			if out.AtFlat(r*width+i) != 0 {
				moving = append(moving, r)
				break
			}
		}
	}
	if len(moving) == 0 {
		return true
	}
	checkMatrix(m.op, width, width)
	matrix, pivots := make([]float64, width*width), make([]int, width)
	jacobian(matrix, x, y)
	dense.LU(width, matrix, width, pivots)
	for i := range width {
		if matrix[i*(width+1)] == 0 {
			panic(m.singular())
		}
	}
	sides := make([]float64, width*len(moving)) // a column for each
	for c, r := range moving {
		for i := range width {
			sides[i*len(moving)+c] = -out.AtFlat(r*width + i)
		}
	}
	dense.SolveLU(false, width, matrix, width, pivots, sides, len(moving), len(moving))
	for c, r := range moving {
		for i := range width {
			out.SetFlat(sides[i*len(moving)+c], r*width+i)
		}
	}
	return true
}

// singular is the error of a sweep through a solution that has no derivatives.
func (m *implicit) singular() *graph.Error {
	return graph.Errorf(m.op, graph.ErrValue, "∂f/∂x is singular at the solution, where the equation says nothing of how it changes: write f so that it has a simple root there, or take the solution as a constant with ops.StopGradient")
}
