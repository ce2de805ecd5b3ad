package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/dense"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

var opCholesky graph.Op

func init() {
	register(&opCholesky, graph.Row{
		Name: "cholesky", Func: Cholesky, Params: "a",
		Doc:        "lower triangular factor of a positive definite matrix, of every matrix in a batch",
		Formula:    "l·lᵀ = (a + aᵀ)/2",
		Derivative: "l⁻ᵀ·φ(lᵀ·ct)·l⁻¹ made symmetric, φ the lower triangle with half the diagonal",
		Forward:    choleskyForward,
		Backward:   choleskyBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			l := n.Value()
			lt := Transpose(l)
			phi := matmul(lt, Tril(ct, 0), rightCotangent)
			half := triangularSystem(opSolveUpper, lt, symmetric(lowerHalf(phi)), rightCotangent)
			return symmetric(triangularSystem(opSolveUpper, lt, Transpose(half), rightCotangent))
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			l := n.Value()
			half := triangularSystem(opSolveLower, l, symmetric(t), rightCotangent)
			return Tril(matmul(l, lowerHalf(triangularSystem(opSolveLower, l, Transpose(half), rightCotangent)), rightCotangent), 0)
		},
		Prepare: wellConditioned,
		Try:     []string{"(3,3)", "(2,2)", "(1,1)", "(2,2,2)", "(0,0)", "(0,2,2)"},
		Source:  "Murray (2016), Differentiation of the Cholesky decomposition, equation 10; LAPACK's potrf",
	})
}

// Cholesky returns the lower triangular matrix l with positive diagonal for which l·lᵀ = a, for a symmetric positive
// definite matrix, or for every matrix in a batch. It reads the symmetric part (a + aᵀ)/2 of a, so that its gradient is
// symmetric, as in JAX. A matrix with an element that is infinite or NaN gives NaN, and so does its gradient.
//
// Derivative: for the cotangent ct of the result, l⁻ᵀ·φ(lᵀ·ct)·l⁻¹ made symmetric, where φ takes the lower triangle with
// half of the diagonal.
//
// It panics with a [*graph.Error] if a matrix is not square or not positive definite.
func Cholesky(a graph.Value) graph.Value {
	c := graph.Begin(opCholesky, a)
	return c.Record(mustSquare(c, 0)...)
}

// lowerHalf returns the lower triangles of matrices, with half of their diagonals.
func lowerHalf(x graph.Value) graph.Value {
	return Chain(mask(x, func(i, j int) float64 { return indicator(i > j) + indicator(i == j)/2 }), x)
}

func choleskyForward(n graph.Node) {
	u := []float64(nil)
	eachSquare(n, func(m int, a []float64, f *lu) {
		k := f.n
		if u == nil {
			u = f.room.Floats(k * k)
		}
		symmetricPart(u, a, k)
		switch {
		case !kernel.AllFinite(a):
			clear(a)
			for i := range k {
				kernel.Fill(a[i*k:i*k+i+1], math.NaN())
			}
		case dense.Cholesky(k, u, k):
			for i := range k {
				clear(u[i*k : i*k+i])
			}
			kernel.Transpose(a, k, u, k, k, k)
		default:
			symmetricPart(u, a, k)
			pivot, v := failingPivot(u, k)
			panic(n.Errorf(graph.ErrValue, "%s is not positive definite: pivot %d is %.6g: every pivot must be positive; add a multiple of the identity", whichMatrix(n, 0, m), pivot, v))
		}
		fromFloat64(n.Out(), m*k*k, a)
	})
}

// choleskyBackward adds l⁻ᵀ·φ(lᵀ·ct)·l⁻¹ made symmetric to dst, or sets it.
func choleskyBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	dims := n.Dims()
	k := dims[len(dims)-1]
	var room dense.Workspace
	defer room.Free()
	l, w, x, y := room.Floats(k*k), room.Floats(k*k), room.Floats(k*k), room.Floats(k*k)
	lower := dense.Triangle{N: k, Data: l, LD: k}
	for m := 0; m < dst.Len(); m += k * k {
		toFloat64(w, ct, m)
		for i := range k {
			clear(w[i*k+i+1 : (i+1)*k])
		}
		toFloat64(l, n.Out(), m)
		finite := kernel.AllFinite(l)
		if !finite && kernel.MaxAbs(w) == 0 {
			addRounded(dst, m, 0, w, fresh)
			continue
		}
		if !finite { // zeros of the cotangent win
			settle(rightCotangent, l, w, x, false, func(win int) { gemm(win, true, false, k, k, k, l, k, w, k, x, k, false) })
		}
		// Of lᵀ·ct only what φ leaves, by blocks of rows, whose terms begin at the diagonal.
		const block = 64
		for i := 0; i < k; i += block {
			h := min(block, k-i)
			if finite {
				kernel.Gemm(true, false, h, i+h, k-i, l[i*k+i:], k, w[i*k:], k, x[i*k:], k, false)
			}
			for r := i; r < i+h; r++ {
				x[r*(k+1)] /= 2
				clear(x[r*k+r+1 : (r+1)*k])
			}
		}
		symmetricPart(y, x, k)
		lower.T().Solve(y, k, k)
		kernel.Transpose(x, k, y, k, k, k)
		lower.T().Solve(x, k, k)
		symmetricPart(y, x, k)
		addRounded(dst, m, 1, y, fresh)
	}
	return true
}

// symmetricPart sets s to (a + aᵀ)/2 for an n×n matrix a.
func symmetricPart(s, a []float64, n int) {
	const block = 16 // rows and columns that the cache holds
	for i0 := 0; i0 < n; i0 += block {
		for j0 := 0; j0 <= i0; j0 += block {
			for i := i0; i < min(i0+block, n); i++ {
				for j := j0; j < min(j0+block, i+1); j++ {
					v := a[i*n+j]/2 + a[j*n+i]/2
					s[i*n+j], s[j*n+i] = v, v
				}
			}
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
