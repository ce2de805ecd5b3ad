package minimize

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"gonum.org/v1/gonum/floats"
)

// A LeastSquaresConfig holds the settings of [LeastSquares]. The zero value has the defaults.
type LeastSquaresConfig struct {
	// Iterations is how many steps may be tried. 0 stands for 500.
	Iterations int
	// Tolerance is how small the step has to be, relative to the point, or the cosine of the angle between the residuals
	// and each column of the Jacobian, for the search to end. 0 stands for 1e-12.
	Tolerance float64
}

// A Fit is where [LeastSquares] ended.
type Fit struct {
	X         []float64        // the point
	Residuals []float64        // of f there
	Jacobian  *autograd.Sparse // of f there
	Sum       float64          // of the squares of the residuals
	Steps     int              // that were tried
}

// ErrNotConverged is what the error of [LeastSquares] wraps where it has not found a minimum.
var ErrNotConverged = errors.New("not converged")

// LeastSquares minimizes the sum of the squares of f's results, the residuals, from the point x on, by the method of
// Levenberg (1944) and Marquardt (1963): each step solves the linear problem of the Jacobian with a damping that grows
// where a step fails and shrinks where it does what was foreseen (Nielsen, 1999). Unknowns are scaled by the largest norms
// that their columns of the Jacobian have had, as in MINPACK (Moré, 1978), so that their units do not matter.
//
// The Jacobian is that of [autograd.SparseJacobian]. Small problems are solved by gonum's QR factorization, which does not
// square the condition number; beyond 100 unknowns it is the banded Cholesky factorization of the normal equations, whose
// time and memory grow with the bandwidth: number the unknowns so that those of one residual lie close together.
//
// The search ends, without an error, when the point hardly changes, or every column of the Jacobian is orthogonal to the
// residuals, to the tolerance. Near a minimum where the sum is not 0, rounding hides its changes long before the point is
// exact: there steps go on as long as they make the gradient smaller. The error wraps [ErrNotConverged] if no step is left before, or if
// residuals or derivatives at the start are not finite; a point where they are not is not gone to. The Fit is the best point
// in any case.
//
// It panics with a [*graph.Error] if f is nil or returns something else than values of its graph, or another number of
// residuals than before, and if the normal equations are too large.
func LeastSquares(f func(x []graph.Value) []graph.Value, x []float64, cfg LeastSquaresConfig) (Fit, error) {
	const op = "minimize.LeastSquares"
	if f == nil {
		panic(noFunction(op))
	}
	if cfg.Iterations < 0 || !(cfg.Tolerance >= 0 && cfg.Tolerance < 1) {
		panic(graph.Errorf(op, graph.ErrValue, "%d iterations and a tolerance of %v: want neither below 0, and a tolerance below 1", cfg.Iterations, cfg.Tolerance))
	}
	if cfg.Iterations == 0 {
		cfg.Iterations = 500
	}
	if cfg.Tolerance == 0 {
		cfg.Tolerance = 1e-12
	}
	s := &search{f: f, g: graph.New(), cfg: cfg}
	s.X = slices.Clone(x)
	s.Residuals = s.residuals(s.X)
	s.Sum = floats.Dot(s.Residuals, s.Residuals)
	s.Jacobian = autograd.SparseJacobian(f, s.X)
	if !finite(s.Sum) || !allFinite(s.Jacobian.Value) {
		return s.Fit, fmt.Errorf("minimize: LeastSquares: residuals or derivatives at the start are infinite or NaN: start elsewhere: %w", ErrNotConverged)
	}
	return s.Fit, s.run()
}

// A search is a run of LeastSquares.
type search struct {
	Fit
	f   func(x []graph.Value) []graph.Value
	g   *graph.Graph
	cfg LeastSquaresConfig

	scale []float64 // of the unknowns
	xs    []graph.Value
}

// residuals returns the results of f at a point.
func (s *search) residuals(x []float64) []float64 {
	const op = "minimize.LeastSquares"
	s.g.Reset()
	s.xs = s.g.AppendVars(s.xs[:0], x)
	var r []float64
	for i, y := range s.f(s.xs) {
		if y.Graph() != s.g {
			panic(graph.Errorf(op, graph.ErrForeign, "residual %d is not a value of the graph that the function is called with: compute it from x", i))
		}
		y.Check(op)
		if v, scalar := y.Node().Scalar(); scalar {
			r = append(r, v)
		} else {
			r = append(r, y.Node().Data().Float64s()...)
		}
	}
	if s.Jacobian != nil && len(r) != s.Jacobian.M {
		panic(graph.Errorf(op, graph.ErrShape, "the function returned %d residuals, and %d at another point: return as many at every point", len(r), s.Jacobian.M))
	}
	return r
}

// hidden is the part of the sum of squares below which rounding hides a change of it.
const hidden = 1e-12

// run steps on until the search ends.
func (s *search) run() error {
	n := len(s.X)
	s.scale = make([]float64, n)
	damping, growth := 1e-3, 2.0
	gradient, trial := make([]float64, n), make([]float64, n)
	s.look(gradient)
	for s.Steps < s.cfg.Iterations {
		angle := s.cosine(gradient)
		if angle <= s.cfg.Tolerance {
			return nil
		}
		s.Steps++
		if step, ok := s.solve(damping, gradient); ok {
			if s.norm(step) <= s.cfg.Tolerance*s.norm(s.X) {
				return nil
			}
			floats.AddTo(trial, s.X, step)
			foreseen := -floats.Dot(step, gradient)
			for j, d := range step {
				foreseen += damping * (s.scale[j] * d) * (s.scale[j] * d)
			}
			r := s.residuals(trial)
			sum := floats.Dot(r, r)
			gain, rounding := s.Sum-sum, hidden*s.Sum
			if foreseen <= rounding && math.Abs(gain) <= rounding {
				before := s.Fit
				before.X = slices.Clone(s.X)
				if !s.accept(trial, r, sum, gradient) || s.cosine(gradient) > 0.9*angle {
					s.Fit = before
					return nil
				}
				continue
			}
			if gain > 0 && s.accept(trial, r, sum, gradient) {
				quality := 2*gain/foreseen - 1
				damping, growth = damping*max(1./3, 1-quality*quality*quality), 2
				continue
			}
		}
		damping *= growth
		growth *= 2
		if math.IsInf(damping, 0) {
			return fmt.Errorf("minimize: LeastSquares: no step from a sum of squares of %.6g makes it smaller: %w", s.Sum, ErrNotConverged)
		}
	}
	return fmt.Errorf("minimize: LeastSquares: a sum of squares of %.6g after %d steps: allow more, or start nearer to the minimum: %w", s.Sum, s.Steps, ErrNotConverged)
}

// accept goes to a point, unless a derivative there is infinite or NaN, and reports whether it did so.
func (s *search) accept(x, residuals []float64, sum float64, gradient []float64) bool {
	jacobian := autograd.SparseJacobian(s.f, x)
	if !allFinite(jacobian.Value) {
		return false
	}
	copy(s.X, x)
	s.Residuals, s.Sum, s.Jacobian = residuals, sum, jacobian
	s.look(gradient)
	return true
}

// look computes half the gradient of the sum of squares and the scale of the unknowns from the Jacobian.
func (s *search) look(gradient []float64) {
	s.Jacobian.MulTransVec(gradient, s.Residuals)
	for j, v := range s.columnNorms() {
		s.scale[j] = max(s.scale[j], v)
		if s.scale[j] == 0 {
			s.scale[j] = math.SmallestNonzeroFloat64 // until the unknown matters
		}
	}
}

// columnNorms returns the norms of the columns of the Jacobian.
func (s *search) columnNorms() []float64 {
	norms := make([]float64, len(s.X))
	for k, v := range s.Jacobian.Value {
		norms[s.Jacobian.Col[k]] = math.Hypot(norms[s.Jacobian.Col[k]], v)
	}
	return norms
}

// norm returns the norm of a scaled vector.
func (s *search) norm(x []float64) float64 {
	sum := 0.0
	for j, v := range x {
		sum = math.Hypot(sum, s.scale[j]*v)
	}
	return sum
}

// cosine returns the largest cosine of an angle between the residuals and a column of the Jacobian, 0 if the residuals
// are 0.
func (s *search) cosine(gradient []float64) (largest float64) {
	norm := math.Sqrt(s.Sum)
	for j, v := range s.columnNorms() {
		if gradient[j] != 0 {
			largest = max(largest, math.Abs(gradient[j])/v/norm)
		}
	}
	return largest
}

func finite(x float64) bool { return x-x == 0 }

func allFinite(xs []float64) bool {
	return !slices.ContainsFunc(xs, func(x float64) bool { return !finite(x) })
}
