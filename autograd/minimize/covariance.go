package minimize

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"gonum.org/v1/gonum/mat"
)

// mostCovariance is how many numbers the matrix may have that Covariance factors.
const mostCovariance = 1 << 27

// Covariance returns the covariance of the unknowns of a fit, s²·(JᵀJ)⁻¹ with s² = Sum/(m - n) for m residuals and n
// unknowns, whose diagonal has the squares of their standard errors. It holds for residuals that are independent errors
// of one variance, to the first order.
//
// The error says that there are not more residuals than unknowns, or that they do not determine the unknowns: then columns
// of the Jacobian depend on each other. It panics with a [*graph.Error] for a fit without a Jacobian, and if that has
// more than 2²⁷ elements, zeros too.
func (f Fit) Covariance() (*mat.SymDense, error) {
	const op = "minimize.Fit.Covariance"
	if f.Jacobian == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "the fit has no Jacobian: use what minimize.LeastSquares returned"))
	}
	checkEntries(op, f.Jacobian)
	m, n := f.Jacobian.M, f.Jacobian.N
	if m <= n || n == 0 {
		return nil, fmt.Errorf("minimize: Covariance: %d residuals for %d unknowns: there have to be more residuals than unknowns, and one unknown at least", m, n)
	}
	if m > mostCovariance/n {
		panic(graph.Errorf(op, graph.ErrLimit, "the matrix of %d residuals by %d unknowns takes %.3g bytes: hold some unknowns fast, or factorize the product of the Jacobian with itself", m, n, 8*float64(m)*float64(n)))
	}
	scale := make([]float64, n) // the norms of the columns
	for k, v := range f.Jacobian.Value {
		scale[f.Jacobian.Col[k]] = math.Hypot(scale[f.Jacobian.Col[k]], v)
	}
	a := mat.NewDense(m, n, nil)
	for k, v := range f.Jacobian.Value {
		if v != 0 {
			a.Set(f.Jacobian.Row[k], f.Jacobian.Col[k], v/scale[f.Jacobian.Col[k]])
		}
	}
	var qr mat.QR
	qr.Factorize(a)
	var factor mat.Dense
	qr.RTo(&factor)
	r := mat.NewTriDense(n, mat.Upper, nil)
	for i := range n {
		for j := i; j < n; j++ {
			r.SetTri(i, j, factor.At(i, j))
		}
	}
	var inverse mat.TriDense
	if err := inverse.InverseTri(r); err != nil { // it is singular, or nearly
		return nil, fmt.Errorf("minimize: Covariance: the residuals do not determine the unknowns: %w", err)
	}
	var product mat.SymDense
	product.SymOuterK(f.Sum/float64(m-n), &inverse)
	for i := range n {
		for j := i; j < n; j++ {
			product.SetSym(i, j, product.At(i, j)/scale[i]/scale[j])
		}
	}
	return &product, nil
}
