package minimize

import (
	"math"
	"runtime/debug"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/cholesky"
	"gonum.org/v1/gonum/mat"
)

// A problem is solved by QR if it has as few unknowns and its matrix as few elements.
const (
	fewUnknowns = 100
	fewElements = 1 << 24
)

// mostNormal is how many numbers the factor of the normal equations may have.
const mostNormal = min(1<<28, math.MaxInt/16)

// bytesOfNumber is what a number of the factor takes at most: itself, and where it is.
const bytesOfNumber = 8 + 4

// solve returns the step that minimizes |J·step + residuals|² + damping·|D·step|², with the scale of the unknowns for D,
// and whether there is one.
func (s *search) solve(damping float64, gradient []float64) (step []float64, ok bool) {
	if n := len(s.X); n > 0 && n <= fewUnknowns && s.Jacobian.M+n <= fewElements/n {
		return s.solveQR(damping)
	}
	return s.solveNormal(damping, gradient)
}

// solveQR solves the problem as one of least squares: the rows of the damping come after those of the Jacobian. It is
// solved in scaled unknowns.
func (s *search) solveQR(damping float64) (step []float64, ok bool) {
	m, n := s.Jacobian.M, len(s.X)
	a, b := mat.NewDense(m+n, n, nil), mat.NewVecDense(m+n, nil)
	for k, v := range s.Jacobian.Value {
		j := s.Jacobian.Col[k]
		a.Set(s.Jacobian.Row[k], j, v/s.scale[j])
	}
	for j := range n {
		a.Set(m+j, j, math.Sqrt(damping))
	}
	for i, r := range s.Residuals {
		b.SetVec(i, -r)
	}
	var qr mat.QR
	qr.Factorize(a)
	var x mat.VecDense
	if err := qr.SolveVecTo(&x, false, b); err != nil {
		return nil, false
	}
	step = x.RawVector().Data
	for j := range step {
		step[j] /= s.scale[j]
	}
	return step, allFinite(step)
}

// solveNormal solves the problem by its normal equations, in scaled unknowns.
func (s *search) solveNormal(damping float64, gradient []float64) (step []float64, ok bool) {
	j, n := s.Jacobian, len(s.X)
	if s.factor == nil || !s.factor.Fits(j.N, j.Row, j.Col) {
		s.factor = nil
		most := int(min(mostNormal, debug.SetMemoryLimit(-1)/bytesOfNumber))
		if s.factor, _ = cholesky.Analyze(j.N, j.Row, j.Col, most); s.factor == nil {
			panic(graph.Errorf(s.op, graph.ErrLimit, "the factor of the normal equations of %d unknowns has more than %d numbers: there are too many unknowns for residuals that depend on so many others each; minimize.NewtonCG needs no factor", n, most))
		}
		s.Factor = s.factor.Len()
	}
	s.scaled = append(s.scaled[:0], j.Value...)
	for k := range s.scaled {
		s.scaled[k] /= s.scale[j.Col[k]]
	}
	if !s.factor.Factorize(s.scaled, damping) {
		return nil, false
	}
	step = make([]float64, n)
	for i := range step {
		step[i] = -gradient[i] / s.scale[i]
	}
	s.factor.Solve(step)
	for i := range step {
		step[i] /= s.scale[i]
	}
	return step, allFinite(step)
}
