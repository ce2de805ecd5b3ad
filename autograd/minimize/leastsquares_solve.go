package minimize

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"gonum.org/v1/gonum/mat"
)

// A problem is solved by QR if it has as few unknowns and its matrix as few elements.
const (
	fewUnknowns = 100
	fewElements = 1 << 24
)

// mostNormal is how many numbers the normal equations may have.
const mostNormal = 1 << 28

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

// solveNormal solves the problem by its normal equations.
func (s *search) solveNormal(damping float64, gradient []float64) (step []float64, ok bool) {
	n := len(s.X)
	if n == 0 {
		return nil, true
	}
	width := bandwidth(s.Jacobian)
	if width+1 > mostNormal/n {
		panic(graph.Errorf("minimize.LeastSquares", graph.ErrLimit, "the normal equations of %d unknowns have a band of %d numbers each, more than %d in all: number the unknowns so that those of one residual lie closer together", n, width+1, mostNormal))
	}
	a, b := mat.NewSymBandDense(n, width, nil), mat.NewVecDense(n, nil)
	addProducts(a, s.Jacobian, s.scale)
	for j := range n {
		a.SetSymBand(j, j, a.At(j, j)+damping)
		b.SetVec(j, -gradient[j]/s.scale[j])
	}
	var chol mat.BandCholesky
	if !chol.Factorize(a) {
		return nil, false
	}
	var x mat.VecDense
	if err := chol.SolveVecTo(&x, b); err != nil {
		return nil, false
	}
	step = x.RawVector().Data
	for j := range step {
		step[j] /= s.scale[j]
	}
	return step, allFinite(step)
}

// eachRow calls f with the columns and values of each row that has entries.
func eachRow(s *autograd.Sparse, f func(columns []int, values []float64)) {
	for k := 0; k < len(s.Row); {
		end := k + 1
		for end < len(s.Row) && s.Row[end] == s.Row[k] {
			end++
		}
		f(s.Col[k:end], s.Value[k:end])
		k = end
	}
}

// bandwidth returns how far apart the first and the last entry of a row are at most.
func bandwidth(s *autograd.Sparse) (width int) {
	eachRow(s, func(columns []int, _ []float64) {
		width = max(width, columns[len(columns)-1]-columns[0])
	})
	return width
}

// addProducts adds the product of the transpose with the matrix, each column divided by its scale, to a.
func addProducts(a *mat.SymBandDense, s *autograd.Sparse, scale []float64) {
	raw := a.RawSymBand() // row i has the columns i to i + K
	eachRow(s, func(columns []int, values []float64) {
		for k, i := range columns {
			v := values[k] / scale[i]
			for l, j := range columns[k:] {
				raw.Data[i*raw.Stride+j-i] += v * (values[k+l] / scale[j])
			}
		}
	})
}
