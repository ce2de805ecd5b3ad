package minimize

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/cholesky"
	"gonum.org/v1/gonum/floats"
)

// A LeastSquaresConfig holds the settings of [LeastSquares]. The zero value has the defaults.
type LeastSquaresConfig struct {
	// Iterations is how many steps may be tried. 0 stands for 500.
	Iterations int
	// Tolerance is how small the step has to be, relative to the point, or the cosine of the angle between the residuals
	// and each column of the Jacobian, for the search to end. 0 stands for 1e-12.
	Tolerance float64
	// Progress, unless it is nil, is called at the start and after every step that is taken, with where the search is. The
	// slices are the search's own. An error ends the search, which returns an error that wraps it.
	Progress func(Fit) error
}

// A Fit is where [LeastSquares] ended.
type Fit struct {
	X         []float64        // the point
	Residuals []float64        // of f there
	Jacobian  *autograd.Sparse // of f there
	Sum       float64          // of the squares of the residuals
	Steps     int              // that were tried
	Factor    int              // how many numbers the factor of the normal equations has; 0 if QR solves the problem
}

// ErrNotConverged is what the error of [LeastSquares] wraps where it has not found a minimum.
var ErrNotConverged = errors.New("not converged")

// LeastSquares minimizes the sum of the squares of f's results, the residuals, from the point x on, by the method of
// Levenberg (1944) and Marquardt (1963): each step solves the linear problem of the Jacobian with a damping that grows
// where a step fails and shrinks where it does what was foreseen (Nielsen, 1999). Unknowns are scaled by the largest norms
// that their columns of the Jacobian have had, as in MINPACK (Moré, 1978), so that their units do not matter.
//
// The Jacobian is that of [autograd.SparseJacobian]. Small problems are solved by gonum's QR factorization, which does not
// square the condition number; beyond 100 unknowns it is a sparse Cholesky factorization of the normal equations. That puts
// the unknowns into an order of its own, for which the factor has few numbers: time and memory are near linear for unknowns
// of which each meets few others, or all of them the same few, whatever their order.
//
// The search ends, without an error, when the point hardly changes, or every column of the Jacobian is orthogonal to the
// residuals, to the tolerance. Near a minimum where the sum is not 0, rounding hides its changes long before the point is
// exact: there steps go on as long as they make the gradient smaller. The error wraps [ErrNotConverged] if no step is left
// before, or if residuals or derivatives at the start are not finite; a point where they are not is not gone to. The Fit is
// the best point in any case.
//
// It panics with a [*graph.Error] if f is nil or returns something else than values of its graph, or another number of
// residuals than before, and if the factor of the normal equations is too large: more than 2²⁸ numbers, or than the
// limit of the Go runtime (GOMEMLIMIT) lets have.
func LeastSquares(f func(x []graph.Value) []graph.Value, x []float64, cfg LeastSquaresConfig) (Fit, error) {
	const op = "minimize.LeastSquares"
	if f == nil {
		panic(noFunction(op))
	}
	return leastSquares(op, recorded(op, f), x, cfg)
}

func leastSquares(op string, r Residuals, x []float64, cfg LeastSquaresConfig) (Fit, error) {
	if cfg.Iterations < 0 || !(cfg.Tolerance >= 0 && cfg.Tolerance < 1) {
		panic(graph.Errorf(op, graph.ErrValue, "%d iterations and a tolerance of %v: want neither below 0, and a tolerance below 1", cfg.Iterations, cfg.Tolerance))
	}
	if cfg.Iterations == 0 {
		cfg.Iterations = 500
	}
	if cfg.Tolerance == 0 {
		cfg.Tolerance = 1e-12
	}
	s := &search{op: op, model: r, cfg: cfg}
	s.X = slices.Clone(x)
	s.Residuals = r.Func(nil, s.X)
	s.Sum = floats.Dot(s.Residuals, s.Residuals)
	s.Jacobian, s.spareJacobian = s.jacobian(s.X), nil
	if !finite(s.Sum) || !allFinite(s.Jacobian.Value) {
		return s.Fit, fmt.Errorf("minimize: LeastSquares: residuals or derivatives at the start are infinite or NaN: start elsewhere: %w", ErrNotConverged)
	}
	err := s.run()
	return s.Fit, err
}

// A search is a run of LeastSquares.
type search struct {
	Fit
	op    string
	model Residuals
	cfg   LeastSquaresConfig

	norms  []float64 // of the columns of the Jacobian
	scale  []float64 // of the unknowns: the largest norms so far
	factor *cholesky.Factor
	scaled []float64 // values of the Jacobian, for the factor

	spare         []float64        // residuals
	spareJacobian *autograd.Sparse // of another point
}

// residuals returns the residuals at a point.
func (s *search) residuals(x []float64) []float64 {
	r := s.model.Func(s.spare, x)
	if len(r) != len(s.Residuals) {
		panic(otherCount(s.op, len(r), len(s.Residuals)))
	}
	if len(r) > 0 && &r[0] == &s.Residuals[0] {
		panic(graph.Errorf(s.op, graph.ErrUsage, "the function returned its last residuals, changed: fill and return dst, or a new slice"))
	}
	s.spare = r
	return r
}

// jacobian returns the Jacobian at a point.
func (s *search) jacobian(x []float64) *autograd.Sparse {
	j := s.model.Jacobian(s.spareJacobian, x)
	checkEntries(s.op, j)
	if j.M != len(s.Residuals) || j.N != len(x) {
		panic(graph.Errorf(s.op, graph.ErrShape, "a Jacobian of %d × %d for %d residuals and %d unknowns: give it a row for each residual and a column for each unknown", j.M, j.N, len(s.Residuals), len(x)))
	}
	s.spareJacobian = j
	return j
}

// hidden is the part of the sum of squares below which rounding hides a change of it.
const hidden = 1e-12

// run steps on until the search ends.
func (s *search) run() error {
	n := len(s.X)
	s.norms, s.scale = make([]float64, n), make([]float64, n)
	damping, growth := 1e-3, 2.0
	gradient, trial := make([]float64, n), make([]float64, n)
	s.look(gradient)
	if err := s.progress(); err != nil {
		return err
	}
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
				if err := s.progress(); err != nil {
					return err
				}
				continue
			}
			if gain > 0 && s.accept(trial, r, sum, gradient) {
				quality := 2*gain/foreseen - 1
				damping, growth = damping*max(1./3, 1-quality*quality*quality), 2
				if err := s.progress(); err != nil {
					return err
				}
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

// progress tells the caller where the search is.
func (s *search) progress() error {
	if s.cfg.Progress == nil {
		return nil
	}
	if err := s.cfg.Progress(s.Fit); err != nil {
		return fmt.Errorf("minimize: LeastSquares: ended after %d steps: %w", s.Steps, err)
	}
	return nil
}

// accept goes to a point, unless a derivative there is infinite or NaN, and reports whether it did so.
func (s *search) accept(x, residuals []float64, sum float64, gradient []float64) bool {
	jacobian := s.jacobian(x)
	if !allFinite(jacobian.Value) {
		if !allFinite(s.Jacobian.Value) {
			panic(graph.Errorf(s.op, graph.ErrUsage, "the function put infinite or NaN derivatives into the Jacobian that it returned last, to which the search goes back: fill and return dst, or a new matrix"))
		}
		return false
	}
	copy(s.X, x)
	s.spare, s.spareJacobian = s.Residuals, s.Jacobian
	s.Residuals, s.Sum, s.Jacobian = residuals, sum, jacobian
	s.look(gradient)
	return true
}

// look computes half the gradient of the sum of squares, the norms of the columns of the Jacobian and the scale of the
// unknowns.
func (s *search) look(gradient []float64) {
	s.Jacobian.MulTransVec(gradient, s.Residuals)
	clear(s.norms)
	for k, v := range s.Jacobian.Value {
		s.norms[s.Jacobian.Col[k]] = math.Hypot(s.norms[s.Jacobian.Col[k]], v)
	}
	for j, v := range s.norms {
		s.scale[j] = max(s.scale[j], v)
		if s.scale[j] == 0 {
			s.scale[j] = math.SmallestNonzeroFloat64 // until the unknown matters
		}
	}
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
	for j, v := range s.norms {
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
