package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

var opCholesky graph.Op

func init() {
	register(&opCholesky, graph.Row{
		Name: "cholesky", Func: Cholesky, Params: "a",
		Doc:        "lower triangular factor of a positive definite matrix, of every matrix in a batch",
		Formula:    "l·lᵀ = (a + aᵀ)/2",
		Derivative: "l⁻ᵀ·φ(lᵀ·ct)·l⁻¹ made symmetric, φ the lower triangle with half the diagonal",
		Forward:    choleskyForward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			l := n.Value()
			lt := Transpose(l)
			phi := matmul(lt, Tril(ct, 0), rightCotangent)
			phi = Chain(mask(phi, func(i, j int) float64 { return indicator(i > j) + indicator(i == j)/2 }), phi)
			half := SolveUpper(lt, symmetric(phi))
			return symmetric(SolveUpper(lt, Transpose(half)))
		},
		Prepare: wellConditioned,
		Try:     []string{"(3,3)", "(2,2)", "(1,1)", "(2,2,2)", "(0,0)", "(0,2,2)"},
		Source:  "Murray (2016), Differentiation of the Cholesky decomposition, equation 10; LAPACK's potrf",
	})
}

// Cholesky returns the lower triangular matrix l with positive diagonal for which l·lᵀ = a, for a symmetric positive
// definite matrix, or for every matrix in a batch. It reads the symmetric part (a + aᵀ)/2 of a, so that its gradient is
// symmetric, as in JAX. A matrix with an element that is infinite or NaN gives NaN.
//
// Derivative: for the cotangent ct of the result, l⁻ᵀ·φ(lᵀ·ct)·l⁻¹ made symmetric, where φ takes the lower triangle with
// half of the diagonal.
//
// It panics with a [*graph.Error] if a matrix is not square or not positive definite.
func Cholesky(a graph.Value) graph.Value {
	c := graph.Begin(opCholesky, a)
	return c.Record(mustSquare(c, 0)...)
}

func choleskyForward(n graph.Node) {
	l := []float64(nil)
	eachSquare(n, func(m int, a []float64, f *lu) {
		k := f.n
		if l == nil {
			l = make([]float64, k*k)
		}
		symmetricPart(l, a, k)
		switch _, ok := lapack64.Potrf(blas64.Symmetric{Uplo: blas.Lower, N: k, Stride: k, Data: l}); {
		case ok:
			for i := range k {
				clear(l[i*k+i+1 : (i+1)*k])
			}
		case !kernel.AllFinite(a):
			kernel.Fill(l, math.NaN())
		default:
			symmetricPart(l, a, k)
			pivot, v := failingPivot(l, k)
			panic(n.Errorf(graph.ErrValue, "%s is not positive definite: pivot %d is %.6g: every pivot must be positive; add a multiple of the identity", whichMatrix(n, 0, m), pivot, v))
		}
		fromFloat64(n.Out(), m*k*k, l)
	})
}

// symmetricPart sets s to (a + aᵀ)/2 for an n×n matrix a.
func symmetricPart(s, a []float64, n int) {
	for i := range n {
		for j := range n {
			s[i*n+j] = a[i*n+j]/2 + a[j*n+i]/2
		}
	}
}

// failingPivot goes through the factorization of a matrix that is not positive definite, which it overwrites, and
// returns the number of the first pivot that is not positive, and its value.
func failingPivot(a []float64, n int) (int, float64) {
	for k := range n {
		row := a[k*n : k*n+k]
		pivot := a[k*n+k] - kernel.Dot(row, row)
		if !(pivot > 0) || k == n-1 {
			return k, pivot
		}
		root := math.Sqrt(pivot)
		for i := k + 1; i < n; i++ {
			a[i*n+k] = (a[i*n+k] - kernel.Dot(a[i*n:i*n+k], row)) / root
		}
	}
	return 0, 0
}
