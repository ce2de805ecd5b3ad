package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/dense"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"gonum.org/v1/gonum/blas/blas64"
)

var opDet, opLogDet, opCofactor graph.Op

func init() {
	matrices := []string{"(3,3)", "(2,2)", "(1,1)", "(2,2,2)", "(4,4)", "(0,0)", "(0,2,2)"}
	register(&opDet, graph.Row{
		Name: "det", Func: Det, Params: "a",
		Doc:        "determinant of a square matrix, of every matrix in a batch",
		Formula:    "|a|",
		Derivative: "cofactor(a)",
		Forward:    detForward,
		Backward:   detBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(perMatrix(ct), Cofactor(n.Input(0)))
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			return Sum(Chain(t, Cofactor(n.Input(0))), -2, -1)
		},
		Try:    matrices,
		Source: "Jacobi's formula, with the cofactors themselves in place of |a|·a⁻ᵀ; LAPACK's getrf",
	})
	register(&opLogDet, graph.Row{
		Name: "logdet", Func: LogDet, Params: "a",
		Doc:        "logarithm of a positive determinant, without overflow",
		Formula:    "ln |a|",
		Derivative: "a⁻ᵀ",
		Forward:    logDetForward,
		Backward:   logDetBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(perMatrix(ct), Transpose(Inv(n.Input(0))))
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			return Sum(Chain(t, Transpose(Inv(n.Input(0)))), -2, -1)
		},
		Prepare: wellConditioned,
		Try:     matrices,
		Source:  "Giles (2008), Collected matrix derivative results, 2.2.4; LAPACK's getrf",
	})
	register(&opCofactor, graph.Row{
		Name: "cofactor", Func: Cofactor, Params: "a",
		Doc:        "cofactors of a square matrix: the gradient of its determinant",
		Formula:    "(-1)^(i+j)·|a without row i and column j|, |a|·a⁻ᵀ",
		Derivative: "the cofactor's own derivative in the direction ct",
		Forward: func(n graph.Node) {
			k := n.Out().Rank()
			size := n.Out().Dims()[k-1]
			var room dense.Workspace
			defer room.Free()
			c := room.Floats(size * size)
			eachSquare(n, func(m int, a []float64, f *lu) {
				cofactors(c, a, f)
				fromFloat64(n.Out(), m*size*size, c)
			})
		},
		VJP:     cofactorVJP,
		Tangent: cofactorVJP, // the determinant's Hessian is symmetric
		Try:     matrices,
		Source:  "complete pivoting: Golub and Van Loan (2013), Matrix Computations, 3.4.8; derivative: the determinant's Hessian is symmetric",
	})
}

// Det returns the determinant of a square matrix, or of every matrix in a batch: shape (...,n,n) gives (...). That of
// no elements is 1. For matrices of up to three rows whose elements are small integers it is exact. That of a matrix with
// an element that is infinite or NaN is NaN, and so is its gradient.
//
// Derivative: the matrix of cofactors, see [Cofactor], which is right for singular matrices too.
//
// It panics with a [*graph.Error] if a matrix is not square.
func Det(a graph.Value) graph.Value {
	c := graph.Begin(opDet, a)
	dims := mustSquare(c, 0)
	return c.Record(dims[:len(dims)-2]...)
}

// LogDet returns the logarithm of the determinant of a square matrix, or of every matrix in a batch: shape (...,n,n)
// gives (...). It neither overflows nor underflows where the determinant does. That of a matrix with an element that is
// infinite or NaN is NaN, and so is its gradient.
//
// Derivative: a⁻ᵀ.
//
// It panics with a [*graph.Error] if a matrix is not square or its determinant is not positive.
func LogDet(a graph.Value) graph.Value {
	c := graph.Begin(opLogDet, a)
	dims := mustSquare(c, 0)
	return c.Record(dims[:len(dims)-2]...)
}

// Cofactor returns the matrix of the cofactors of a square matrix, or of every matrix in a batch: element (i,j) is
// (-1)^(i+j) times the determinant of a without row i and column j. It is |a|·a⁻ᵀ where a is not singular, and defined
// where it is: for a matrix of rank n-1 it has rank 1, for one of lower rank it is 0. Its transpose is the adjugate. A
// matrix with an element that is infinite or NaN gives NaN, and so does its gradient from three rows on: that of fewer
// does not depend on a.
//
// Derivative: for the cotangent ct of the result, the derivative of Cofactor(a + t·ct) by t at 0.
//
// It panics with a [*graph.Error] if a matrix is not square.
func Cofactor(a graph.Value) graph.Value {
	c := graph.Begin(opCofactor, a)
	return c.Record(mustSquare(c, 0)...)
}

// perMatrix reshapes one number for each matrix so that it broadcasts over the matrix.
func perMatrix(v graph.Value) graph.Value { return Reshape(v, append(v.Shape(), 1, 1)...) }

// eachSquare calls f for every matrix of operand 0: its number, a copy of its elements, and room for its factors.
func eachSquare(n graph.Node, f func(m int, a []float64, room *lu)) {
	dims := n.In(0).Dims()
	k := dims[len(dims)-1]
	if n.Out().Len() == 0 {
		return
	}
	room := newLU(k)
	defer room.free()
	a := room.room.Floats(k * k)
	for m := range batchLen(dims) {
		toFloat64(a, n.In(0), m*k*k)
		f(m, a, room)
	}
}

func detForward(n graph.Node) {
	dims := n.In(0).Dims()
	saved := savedLU{}
	if dims[len(dims)-1] >= wellPivotedRows {
		saved = saveLU(n, batchLen(dims), dims[len(dims)-1])
	}
	eachSquare(n, func(m int, a []float64, f *lu) {
		n.Out().SetFlat(determinant(a, f), m)
		saved.keep(m, f)
	})
}

// detBackward adds ct·|a|·a⁻ᵀ to dst, or sets it, if no matrix is near a singular one.
func detBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	dims := dst.Dims()
	k := dims[len(dims)-1]
	if k < wellPivotedRows || dst.Len() == 0 {
		return false
	}
	f := newLU(k)
	defer f.free()
	saved := saveLU(n, batchLen(dims), k)
	for m := range batchLen(dims) {
		det := n.Out().AtFlat(m)
		if saved.restore(m, f); !f.wellPivoted() || !isNormal(det, n.DType()) || ct.AtFlat(m) != 0 && !isNormal(det*ct.AtFlat(m), n.DType()) {
			return false
		}
	}
	inv, transposed := f.room.Floats(k*k), f.room.Floats(k*k)
	for m := range batchLen(dims) {
		saved.restore(m, f)
		f.invert(inv)
		kernel.Transpose(transposed, k, inv, k, k, k)
		addRounded(dst, m*k*k, n.Out().AtFlat(m)*ct.AtFlat(m), transposed, fresh)
	}
	return true
}

// isNormal reports whether x has all of its digits and is finite.
func isNormal(x float64, dtype tensor.DType) bool {
	least, most := 0x1p-1022, math.MaxFloat64
	if dtype == tensor.Float32 {
		least, most = 0x1p-126, math.MaxFloat32
	}
	return least <= math.Abs(x) && math.Abs(x) <= most
}

// determinant returns the determinant of a.
func determinant(a []float64, f *lu) float64 {
	if f.n <= 3 {
		// Expanding along the first row is exact for small integers. If it overflows, the product of pivots may not.
		if d := smallDeterminant(a, f.n); finite(d) {
			return d // and so is every element
		}
	}
	fraction, exponent := scaledDeterminant(a, f)
	return math.Ldexp(fraction, exponent)
}

func smallDeterminant(a []float64, n int) float64 {
	switch n {
	case 0:
		return 1
	case 1:
		return a[0]
	case 2:
		return minor(a[0], a[1], a[2], a[3])
	}
	return a[0]*minor(a[4], a[5], a[7], a[8]) - a[1]*minor(a[3], a[5], a[6], a[8]) + a[2]*minor(a[3], a[4], a[6], a[7])
}

// minor returns a·d - b·c with an error of at most 1.5 ulp (Kahan; Jeannerod, Louvet and Muller, 2013).
func minor(a, b, c, d float64) float64 {
	p := b * c
	e := math.FMA(-b, c, p) // the rounding error of p
	return math.FMA(a, d, -p) + e
}

// scaledDeterminant returns the determinant of a as fraction·2^exponent, with ½ ≤ |fraction| < 1, or 0. It is NaN if an
// element is infinite or NaN.
func scaledDeterminant(a []float64, f *lu) (fraction float64, exponent int) {
	if f.n == 0 {
		return 0.5, 1
	}
	copy(f.data, a)
	f.factorData()
	fraction = f.sign()
	for i := range f.n {
		var e int
		fraction, e = math.Frexp(fraction * f.data[i*(f.n+1)])
		exponent += e
	}
	return fraction, exponent
}

func logDetForward(n graph.Node) {
	dims := n.In(0).Dims()
	saved := saveLU(n, batchLen(dims), dims[len(dims)-1])
	eachSquare(n, func(m int, a []float64, f *lu) {
		fraction, exponent := scaledDeterminant(a, f)
		switch {
		case fraction == 0:
			panic(n.Errorf(graph.ErrValue, "%s has determinant 0: pivot %d of its LU factorization is 0: the determinant must be positive", whichMatrix(n, 0, m), f.zeroPivot()))
		case fraction < 0:
			panic(n.Errorf(graph.ErrValue, "%s has determinant %.6g: it must be positive; use ops.Log(ops.Abs(ops.Det(a))) for the logarithm of its size", whichMatrix(n, 0, m), math.Ldexp(fraction, exponent)))
		case fraction < math.Sqrt2/2:
			fraction, exponent = 2*fraction, exponent-1 // both logarithms have one sign then, or the first is near 0
		}
		n.Out().SetFlat(math.Log(fraction)+float64(exponent)*math.Ln2, m)
		saved.keep(m, f)
	})
}

// logDetBackward adds ct·a⁻ᵀ to dst, or sets it.
func logDetBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	dims := dst.Dims()
	if dst.Len() == 0 {
		return true
	}
	f := newLU(dims[len(dims)-1])
	defer f.free()
	saved := saveLU(n, batchLen(dims), f.n)
	inv, transposed := f.room.Floats(f.n*f.n), f.room.Floats(f.n*f.n)
	for m := range batchLen(dims) {
		saved.restore(m, f)
		f.invert(inv)
		kernel.Transpose(transposed, f.n, inv, f.n, f.n, f.n)
		addRounded(dst, m*f.n*f.n, ct.AtFlat(m), transposed, fresh)
	}
	return true
}

// addRounded adds c·x, x rounded to the precision of dst, to the numbers of dst from offset on, or sets them. A zero of
// c wins.
func addRounded(dst *tensor.Tensor, offset int, c float64, x []float64, fresh bool) {
	if dst.DType() == tensor.Float64 {
		addMultiple(dst.Float64s()[offset:offset+len(x)], c, x, fresh)
		return
	}
	d := dst.Float32s()[offset : offset+len(x)]
	for i, v := range x {
		switch {
		case fresh && c == 0:
			d[i] = 0
		case fresh:
			d[i] = float32(c) * float32(v)
		case c != 0:
			d[i] += float32(c) * float32(v)
		}
	}
}

// cofactors sets c to the cofactors of the matrix a, with room for its factors.
func cofactors(c, a []float64, f *lu) {
	n := f.n
	switch {
	case !kernel.AllFinite(a):
		kernel.Fill(c, math.NaN())
	case n == 1:
		c[0] = 1
	case n == 2:
		c[0], c[1], c[2], c[3] = a[3], -a[2], -a[1], a[0]
	case n == 3:
		for i := range 3 {
			p, q := (i+1)%3*3, (i+2)%3*3
			for j := range 3 {
				r, s := (j+1)%3, (j+2)%3
				c[i*3+j] = minor(a[p+r], a[p+s], a[q+r], a[q+s])
			}
		}
	default:
		if n >= wellPivotedRows {
			if det := determinant(a, f); f.wellPivoted() && isNormal(det, tensor.Float64) {
				inv := f.room.Floats(n * n)
				f.invert(inv)
				kernel.Transpose(c, n, inv, n, n, n)
				kernel.MulScalar(c, c, det)
				return
			}
		}
		cofactorsByPivoting(c, a, n)
	}
}

// cofactorsByPivoting factors a with exchanges of rows and columns, so that the pivots of a singular matrix that
// vanish come last, and then takes cofactors of the factors: cof(L·U) = cof(L)·cof(U), where cof(L) = L⁻ᵀ. With
// U = (V u; 0 d) the cofactors of U are |V|·(d·V⁻ᵀ 0; -(V⁻¹u)ᵀ 1), which does not divide by the last pivot d.
func cofactorsByPivoting(c, a []float64, n int) {
	f := completePivoting(a, n)
	if f.rank < n-1 {
		clear(c)
		return
	}
	k := n - 1
	// v is V⁻¹, and u the last column above d turned into -V⁻¹u.
	v, u := make([]float64, k*k), make([]float64, k)
	scale, exponent := f.sign, 0
	for i := range k {
		v[i*(k+1)] = 1
		u[i] = -f.data[i*n+k]
		var e int
		scale, e = math.Frexp(scale * f.data[i*(n+1)])
		exponent += e
	}
	upper := dense.Triangle{N: k, Data: f.data, LD: n, Upper: true}
	upper.Solve(v, k, k)
	upper.Solve(u, 1, 1)
	w, d := make([]float64, n*n), f.data[n*n-1]
	for i := range k {
		for j := range i + 1 {
			w[i*n+j] = d * v[j*k+i]
		}
		w[k*n+i] = u[i]
	}
	w[n*n-1] = 1
	dense.Triangle{N: n, Data: f.data, LD: n, Unit: true}.T().Solve(w, n, n)
	for i := range n {
		for j := range n {
			c[f.rows[i]*n+f.cols[j]] = math.Ldexp(scale*w[i*n+j], exponent)
		}
	}
}

// A pivoted factorization L·U is of the matrix whose element (i,j) is element (rows[i],cols[j]) of the original.
type pivoted struct {
	data       []float64 // L below the diagonal, U on and above it
	rows, cols []int
	sign       float64 // of the exchanges
	rank       int     // pivots that are not 0
}

// completePivoting factors a by Gaussian elimination with the largest element left as the next pivot.
func completePivoting(a []float64, n int) pivoted {
	f := pivoted{data: append([]float64(nil), a...), rows: make([]int, n), cols: make([]int, n), sign: 1}
	for i := range n {
		f.rows[i], f.cols[i] = i, i
	}
	x := f.data
	for k := range n {
		p, q := k, k
		for i := k; i < n; i++ {
			for j := k; j < n; j++ {
				if math.Abs(x[i*n+j]) > math.Abs(x[p*n+q]) {
					p, q = i, j
				}
			}
		}
		if x[p*n+q] == 0 {
			return f
		}
		f.rank++
		if p != k {
			blas64.Swap(blas64.Vector{N: n, Inc: 1, Data: x[k*n:]}, blas64.Vector{N: n, Inc: 1, Data: x[p*n:]})
			f.rows[k], f.rows[p] = f.rows[p], f.rows[k]
			f.sign = -f.sign
		}
		if q != k {
			blas64.Swap(blas64.Vector{N: n, Inc: n, Data: x[k:]}, blas64.Vector{N: n, Inc: n, Data: x[q:]})
			f.cols[k], f.cols[q] = f.cols[q], f.cols[k]
			f.sign = -f.sign
		}
		for i := k + 1; i < n; i++ {
			l := x[i*n+k] / x[k*n+k]
			x[i*n+k] = l
			kernel.Axpy(x[i*n+k+1:i*n+n], -l, x[k*n+k+1:k*n+n])
		}
	}
	return f
}

// cofactorVJP returns the derivative of the cofactors of a in the direction of the cotangent. The cofactors are the
// gradient of the determinant, so their Jacobian is symmetric, and the product with it from either side is the same.
//
// p(t) = cofactor(a + t·ct) is a polynomial of degree n-1, whose derivative at 0 follows without error of truncation
// from n or n-1 of its values: with s = t², (p(t) - p(-t))/2t is a polynomial in s, and its value at s = 0 is asked for.
func cofactorVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	a := n.Input(0)
	size := n.Dims()[len(n.Dims())-1]
	switch size {
	case 0, 1:
		return zeroVJP(n, i, ct)
	case 2:
		// Linear: the elements change places, and two of them the sign.
		return Mul(Flip(Flip(ct, -2), -1), mask(ct, func(i, j int) float64 { return 2*indicator(i == j) - 1 }))
	}
	// Steps are sized so that a + t·ct is no larger than a small multiple of a.
	nodes := size / 2
	sizeA, sizeCt := largestOf(a), largestOf(ct)
	unit := Mul(Div(ct, sizeCt), sizeA)
	var sum graph.Value
	for k := range nodes {
		t, weight := chebyshev(k, nodes)
		t /= float64(size - 1)
		shift := MulScalar(unit, t)
		d := MulScalar(Sub(Cofactor(Add(a, shift)), Cofactor(Sub(a, shift))), weight/(2*t))
		if k > 0 {
			d = Add(sum, d)
		}
		sum = d
	}
	return Mul(Div(sum, sizeA), sizeCt)
}

// chebyshev returns the k-th positive Chebyshev node t, the largest scaled to 1, and the weight with which a polynomial
// in t² of degree nodes-1 at that node enters its value at 0.
func chebyshev(k, nodes int) (t, weight float64) {
	node := func(k int) float64 {
		return math.Cos(float64(2*k+1)*math.Pi/float64(4*nodes)) / math.Cos(math.Pi/float64(4*nodes))
	}
	t, weight = node(k), 1
	for j := range nodes {
		if j != k {
			s := node(j)
			weight *= s * s / ((s - t) * (s + t))
		}
	}
	return t, weight
}

// largestOf returns the size of the largest element of every matrix in x, or 1 if that is 0. It is a constant: the steps
// that it scales cancel.
func largestOf(x graph.Value) graph.Value {
	return notZero(StopGradient(perMatrix(Max(Abs(x), -2, -1))))
}
