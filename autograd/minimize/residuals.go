package minimize

import (
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
)

// Residuals are those of a model, with their Jacobian, that are computed otherwise than by recording all of them: see
// [ProgramResiduals].
type Residuals struct {
	// Func returns the residuals at x, which it must not change, as many at every point. dst is what it returned at another
	// point, and may be used again, or nil. What it returned last is still needed.
	Func func(dst, x []float64) []float64
	// Jacobian returns their derivatives at x, a row for each residual and a column for each unknown, in row-major
	// order. dst is what it returned at another point, and may be used again, or nil. What it returned last is still
	// needed; where the derivatives are always the same, it may be the same matrix.
	Jacobian func(dst *autograd.Sparse, x []float64) *autograd.Sparse
}

// LeastSquaresOf is [LeastSquares] for residuals whose Jacobian the caller computes. It panics with a [*graph.Error]
// also if a function of r is nil, or the Jacobian is no such matrix.
func LeastSquaresOf(r Residuals, x []float64, cfg LeastSquaresConfig) (Fit, error) {
	const op = "minimize.LeastSquaresOf"
	if r.Func == nil || r.Jacobian == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil function: set both Func and Jacobian of minimize.Residuals"))
	}
	return leastSquares(op, r, x, cfg)
}

// recorded returns the residuals that f records.
func recorded(op string, f func(x []graph.Value) []graph.Value) Residuals {
	g := graph.New()
	var xs []graph.Value
	count := 0 // of the residuals
	residuals := func(dst, x []float64) []float64 {
		g.Reset()
		xs = g.AppendVars(xs[:0], x)
		dst = dst[:0]
		ys := f(slices.Clone(xs))
		if len(xs) > 0 {
			xs[0].Check(op)
		}
		for i, y := range ys {
			if y.Graph() != g {
				panic(graph.Errorf(op, graph.ErrForeign, "residual %d is not a value of the graph that the function is called with: compute it from x", i))
			}
			y.Check(op)
			if v, scalar := y.Node().Scalar(); scalar {
				dst = append(dst, v)
			} else {
				dst = append(dst, y.Node().Data().Float64s()...)
			}
		}
		if len(xs) > 0 {
			xs[0].Check(op) // f has not emptied the graph
		}
		count = len(dst)
		return dst
	}
	return Residuals{residuals, func(_ *autograd.Sparse, x []float64) *autograd.Sparse {
		j := autograd.SparseJacobian(f, x)
		if j.M != count {
			panic(otherCount(op, j.M, count))
		}
		return j
	}}
}

// otherCount is the error of a function that returns another number of residuals than before.
func otherCount(op string, is, was int) *graph.Error {
	return graph.Errorf(op, graph.ErrShape, "the function returned %d residuals, and %d at another call: return as many at every point", is, was)
}

// ProgramResiduals are the results of a compiled program at many points, whose inputs are a few of many unknowns each:
// input k of point i is number index[i·Inputs()+k] of the unknowns followed by what is known, measurements, say. The
// Jacobian is that of [program.Program.SparseJacobian]: the residuals of all observations of a kind take one program
// and no recording.
//
// It panics with a [*graph.Error] if p is nil or the indices are not as many as points have inputs; the functions do so for
// an index of a number that there is not.
func ProgramResiduals(p *program.Program, index []int, known []float64) Residuals {
	const op = "minimize.ProgramResiduals"
	if p == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil program: compile one with program.Compile"))
	}
	inputs := p.Inputs()
	if inputs == 0 || len(index)%inputs != 0 {
		panic(graph.Errorf(op, graph.ErrShape, "%d indices for points of %d inputs: give one for each input of each point", len(index), inputs))
	}
	var at, points []float64
	values := make([]float64, len(index)/inputs*p.Results())
	place := func(x []float64) { at = append(append(at[:0], x...), known...) }
	return Residuals{
		Func: func(dst, x []float64) []float64 {
			if dst == nil {
				dst = make([]float64, len(values))
			}
			place(x)
			points = points[:0]
			for k, i := range index {
				if uint(i) >= uint(len(at)) {
					panic(graph.Errorf(op, graph.ErrIndex, "input %d of point %d is number %d of %d unknowns and %d known numbers: they are counted from 0", k%inputs, k/inputs, i, len(x), len(known)))
				}
				points = append(points, at[i])
			}
			p.JacobianBatch(dst, nil, points)
			return dst
		},
		Jacobian: func(dst *autograd.Sparse, x []float64) *autograd.Sparse {
			place(x)
			return p.SparseJacobian(dst, values, at, index, len(x))
		},
	}
}
