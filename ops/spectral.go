package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/dense"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// An operation has one result. Those of this file put their factors one above the other into one matrix, and the public
// function cuts it up again.
var opEigh, opSVD, opQR graph.Op

func init() {
	register(&opEigh, graph.Row{
		Name: "eigh", Func: eigh, Params: "a",
		Doc:        "eigenvalues of a symmetric matrix, ascending, as a row above the matrix whose columns are the eigenvectors",
		Formula:    "(a + aᵀ)/2 = v·diag(w)·vᵀ",
		Derivative: "v·(diag(ctw) + f∘(vᵀ·ctv))·vᵀ made symmetric, f = 1/(wⱼ - wᵢ), 0 on the diagonal",
		Forward:    eighForward,
		VJP:        eighVJP,
		Tangent:    eighTangent,
		Stacks:     func(graph.Node, int) bool { return true }, // as of a batch with another axis
		Prepare:    wellSeparated,
		Try:        []string{"(3,3)", "(2,2)", "(1,1)", "(2,2,2)", "(0,0)", "(2,0,0)"},
		Source:     "Giles (2008), Collected matrix derivative results, 3.1; LAPACK's syev",
	})
	register(&opSVD, graph.Row{
		Name: "svd", Func: svd, Params: "a",
		Doc:        "thin singular value decomposition: u above the row of singular values, descending, above v",
		Formula:    "a = u·diag(s)·vᵀ",
		Derivative: "u·(diag(cts) + (f∘uᵀctu, symmetric)·s + s·(f∘vᵀctv, symmetric))·vᵀ and what lies outside u and v, f = 1/(sⱼ² - sᵢ²)",
		Forward:    svdForward,
		VJP:        svdVJP,
		Tangent:    svdTangent,
		Stacks:     func(graph.Node, int) bool { return true }, // as of a batch with another axis
		Prepare:    wellSeparated,
		Try:        []string{"(2,2)", "(3,2)", "(2,3)", "(1,1)", "(1,3)", "(2,2,2)", "(0,2)", "(2,0,3)"},
		Source:     "Townsend (2016), Differentiating the singular value decomposition; LAPACK's gesvd",
	})
	register(&opQR, graph.Row{
		Name: "qr", Func: qr, Params: "a",
		Doc:        "thin QR decomposition: q with orthonormal columns above r, upper triangular with a diagonal that is not negative",
		Formula:    "a = q·r",
		Derivative: "(ctq + q·m)·r⁻ᵀ, m the lower triangle of r·ctrᵀ - ctqᵀ·q, mirrored",
		Forward:    qrForward,
		VJP:        qrVJP,
		Tangent:    qrTangent,
		Prepare:    wellSeparated,
		Try:        []string{"(2,2)", "(3,2)", "(3,3)", "(1,1)", "(3,1)", "(2,2,2)", "(2,0)"},
		Source:     "Walter and Lehmann (2018), Algorithmic differentiation of linear algebra functions, 3.2; LAPACK's geqrf and orgqr",
	})
}

// Eigh returns the eigenvalues w of a symmetric matrix in ascending order, and the matrix v whose columns are the
// eigenvectors, of length 1: a = v·diag(w)·vᵀ. For a batch of shape (...,n,n) the shapes are (...,n) and (...,n,n).
// Like [Cholesky] it reads the symmetric part of a, and its gradient is symmetric. The largest component of every
// eigenvector is positive, the first of several that are equally large; so the result is determined. A matrix with an
// element that is infinite or NaN gives NaN, and so does its gradient.
//
// Derivative: for cotangents ctw and ctv, v·(diag(ctw) + f∘(vᵀ·ctv))·vᵀ made symmetric, where f is 1/(wⱼ - wᵢ) off the
// diagonal and 0 on it.
//
// Eigenvectors of equal eigenvalues have no derivative: the gradient is infinite or NaN if they are used. A loss that
// uses only the eigenvalues has its gradient there too. The gradient by eigenvectors is inaccurate where eigenvalues are
// close to each other.
//
// It panics with a [*graph.Error] if a matrix is not square.
func Eigh(a graph.Value) (w, v graph.Value) {
	return cutEigh(eigh(a))
}

// eigh records the row of Eigh: shape (...,n,n) gives (...,n+1,n).
func eigh(a graph.Value) graph.Value {
	c := graph.Begin(opEigh, a)
	mustSquareOf("ops.Eigh", c)
	return c.Record(taller(c.Dims(0), 1, 0)...)
}

func cutEigh(y graph.Value) (w, v graph.Value) {
	n := y.Dims()[y.Rank()-1]
	return squeezeRow(Slice(y, -2, 0, 1)), Slice(y, -2, 1, n+1)
}

// SVD returns the thin singular value decomposition a = u·diag(s)·vt of a matrix, or of every matrix in a batch. With
// k = min(m,n), shape (...,m,n) gives u of shape (...,m,k) with orthonormal columns, the singular values s of shape
// (...,k) in descending order, and vt of shape (...,k,n) with orthonormal rows. The largest component of every column of
// u is positive, the first of several that are equally large; so the result is determined. A matrix with an element that
// is infinite or NaN gives NaN, and so does its gradient.
//
// Derivative: that by the singular values is u·diag(cts)·vt; the whole is in the source.
//
// Singular vectors of equal singular values, and those of a singular value 0, have no derivative: the gradient is
// infinite or NaN if they are used. A loss that uses only the singular values has its gradient there too. The gradient
// by singular vectors is inaccurate where singular values are close to each other.
//
// It panics with a [*graph.Error] if a has fewer than two axes.
func SVD(a graph.Value) (u, s, vt graph.Value) {
	y := svd(a)
	u, s, v := cutSVD(y, a.Dims()[a.Rank()-2])
	return u, s, Transpose(v)
}

// svd records the row of SVD: shape (...,m,n) gives (...,m+1+n,k), u above s above v.
func svd(a graph.Value) graph.Value {
	c := graph.Begin(opSVD, a)
	dims := mustMatricesOf("ops.SVD", c)
	m, n := dims[len(dims)-2], dims[len(dims)-1]
	return c.Record(taller(dims, n+1, min(m, n)-n)...)
}

func cutSVD(y graph.Value, m int) (u, s, v graph.Value) {
	rows := y.Dims()[y.Rank()-2]
	return Slice(y, -2, 0, m), squeezeRow(Slice(y, -2, m, m+1)), Slice(y, -2, m+1, rows)
}

// QR returns the thin QR decomposition a = q·r of a matrix with at least as many rows as columns, or of every matrix in
// a batch: shape (...,m,n) gives q of shape (...,m,n) with orthonormal columns, and r of shape (...,n,n), upper
// triangular. The diagonal of r is not negative; so the result is determined. A matrix with an element that is infinite
// or NaN gives NaN, and so does its gradient.
//
// Derivative: for cotangents ctq and ctr, (ctq + q·m)·r⁻ᵀ, where m is the lower triangle of r·ctrᵀ - ctqᵀ·q mirrored at
// the diagonal. There is none if a has not full rank: a sweep panics with a [*graph.Error] then.
//
// It panics with a [*graph.Error] if a has fewer rows than columns.
func QR(a graph.Value) (q, r graph.Value) {
	return cutQR(qr(a), a.Dims()[a.Rank()-2])
}

func cutQR(y graph.Value, m int) (q, r graph.Value) {
	return Slice(y, -2, 0, m), Slice(y, -2, m, y.Dims()[y.Rank()-2])
}

// qr records the row of QR: shape (...,m,n) gives (...,m+n,n), q above r.
func qr(a graph.Value) graph.Value {
	c := graph.Begin(opQR, a)
	dims := mustMatricesOf("ops.QR", c)
	m, n := dims[len(dims)-2], dims[len(dims)-1]
	if m < n {
		panic(graph.Errorf("ops.QR", graph.ErrShape, "shape %s has more columns than rows: decompose ops.Transpose(a)", tensor.FormatShape(dims)))
	}
	return c.Record(taller(dims, n, 0)...)
}

// mustMatricesOf is [mustMatrices] for a row whose public function has another name.
func mustMatricesOf(op string, c graph.Call) []int {
	dims := c.Dims(0)
	if len(dims) < 2 {
		panic(graph.Errorf(op, graph.ErrShape, "shape %s is not a matrix: the last two axes are its rows and columns", tensor.FormatShape(dims)))
	}
	return dims
}

// mustSquareOf is [mustSquare] for a row whose public function has another name.
func mustSquareOf(op string, c graph.Call) {
	dims := mustMatricesOf(op, c)
	if k := len(dims); dims[k-1] != dims[k-2] {
		panic(graph.Errorf(op, graph.ErrShape, "shape %s is not square: the last two axes must be equal", tensor.FormatShape(dims)))
	}
}

// taller returns the shape of matrices with more rows and columns.
func taller(dims []int, rows, columns int) []int {
	out := append(make([]int, 0, tensor.MaxRank), dims...)
	k := len(out)
	out[k-2] += rows
	out[k-1] += columns
	return out
}

// squeezeRow drops the second last axis, of length 1.
func squeezeRow(x graph.Value) graph.Value { return Squeeze(x, -2) }

// wellSeparated makes matrices whose eigenvalues and singular values are well apart from each other and from 0.
func wellSeparated(_ int, x graph.Value) graph.Value {
	return Add(MulScalar(x, 0.25), mask(x, func(i, j int) float64 { return float64(3*i+2) * indicator(i == j) }))
}

func eighForward(n graph.Node) {
	var room dense.Workspace
	defer room.Free()
	var s, h, v []float64
	eachSquare(n, func(m int, a []float64, f *lu) {
		k := f.n
		if s == nil {
			s, h, v = room.Floats((k+1)*k), room.Floats(k*k), room.Floats(k*k)
		}
		symmetricPart(h, a, k)
		if kernel.AllFinite(h) {
			if !dense.Eigen(k, h, k, s[:k], v, k) {
				panic(graph.Errorf("ops.Eigh", graph.ErrValue, "the eigenvalues of %s were not found: the QR iteration did not converge; scale the matrix", whichMatrix(n, 0, m)))
			}
			for j := range k {
				if row := v[j*k : (j+1)*k]; negative(row) {
					kernel.Neg(row, row)
				}
			}
			kernel.Transpose(s[k:], k, v, k, k, k)
		} else {
			kernel.Fill(s, math.NaN())
		}
		fromFloat64(n.Out(), m*len(s), s)
	})
}

// negative reports whether the largest number in x is negative: the first of several that are equally large but for
// rounding.
func negative(x []float64) bool {
	const equal = 1 - 1e-12 // rounding must not decide between components that are equal
	at := 0
	for i, v := range x {
		if math.Abs(v)*equal > math.Abs(x[at]) {
			at = i
		}
	}
	return len(x) > 0 && x[at] < 0
}

func eighVJP(n graph.Node, _ int, ct graph.Value) graph.Value {
	w, v := cutEigh(n.Value())
	ctw, ctv := cutEigh(ct)
	vt := Transpose(v)
	scale := sizeOf(w)
	inner := Add(DiagonalMatrix(ctw), Div(Chain(matmul(vt, ctv, rightCotangent), gaps(Div(w, scale))), Unsqueeze(scale, -1)))
	return symmetric(matmul(matmul(v, inner, rightCotangent), vt, leftCotangent))
}

// eighTangent is Giles's forward rule: with e = vᵀ·t·v, diag(e) for the eigenvalues and v·(f∘e) for the eigenvectors.
func eighTangent(n graph.Node, _ int, t graph.Value) graph.Value {
	w, v := cutEigh(n.Value())
	scale := sizeOf(w)
	e := matmul(matmul(Transpose(v), symmetric(t), rightCotangent), v, leftCotangent)
	inner := Div(Chain(e, gaps(Div(w, scale))), Unsqueeze(scale, -1))
	return Concat(-2, asRow(Diagonal(e)), matmul(v, inner, rightCotangent))
}

// sizeOf returns the size of the largest of the eigenvalues or singular values of every matrix, with one element in place
// of them. Rules divide by it before differences are inverted, so that the squares in their derivatives neither overflow
// nor vanish, and again afterwards. It is a constant: it cancels.
func sizeOf(w graph.Value) graph.Value {
	if w.Dims()[w.Rank()-1] == 0 {
		return Unsqueeze(Sum(w, -1), -1) // of the right shape, and of no consequence
	}
	return notZero(StopGradient(Unsqueeze(Max(Abs(w), -1), -1)))
}

// notZero returns x with ones in place of zeros, and of numbers that are not finite: what is divided by it may be a zero
// that wins.
func notZero(x graph.Value) graph.Value {
	g := x.Graph()
	return Where(Mul(Ne(x, g.Const(0)), IsFinite(x)), x, g.Const(1))
}

// gaps returns the matrix 1/(wⱼ - wᵢ) with zeros on its diagonal.
func gaps(w graph.Value) graph.Value { return offDiagonal(Sub(asRow(w), asColumn(w))) }

// offDiagonal returns 1/d off the diagonal and 0 on it, where d is 0.
func offDiagonal(d graph.Value) graph.Value {
	one := mask(d, func(i, j int) float64 { return indicator(i == j) })
	return Chain(mask(d, func(i, j int) float64 { return indicator(i != j) }), Reciprocal(Add(d, one)))
}

func asRow(w graph.Value) graph.Value    { return Unsqueeze(w, -2) }
func asColumn(w graph.Value) graph.Value { return Unsqueeze(w, -1) }

func svdForward(n graph.Node) {
	dims := n.In(0).Dims()
	rows, cols := dims[len(dims)-2], dims[len(dims)-1]
	k := min(rows, cols)
	if n.Out().Len() == 0 {
		return
	}
	var room dense.Workspace
	defer room.Free()
	a, y := room.Floats(rows*cols), room.Floats((rows+1+cols)*k)
	u, v := room.Floats(k*rows), room.Floats(k*cols) // their rows are the vectors
	tall := a
	if rows < cols {
		tall = room.Floats(rows * cols)
	}
	for m := range batchLen(dims) {
		toFloat64(a, n.In(0), m*rows*cols)
		if kernel.AllFinite(a) {
			s, left, right := y[rows*k:(rows+1)*k], u, v
			if rows < cols {
				kernel.Transpose(tall, rows, a, cols, rows, cols)
				left, right = v, u
			}
			if !dense.SVD(max(rows, cols), k, tall, k, s, left, right) {
				panic(graph.Errorf("ops.SVD", graph.ErrValue, "the singular values of %s were not found: the QR iteration did not converge; scale the matrix", whichMatrix(n, 0, m)))
			}
			for j := range k {
				if u, v := u[j*rows:(j+1)*rows], v[j*cols:(j+1)*cols]; negative(u) {
					kernel.Neg(u, u)
					kernel.Neg(v, v)
				}
			}
			kernel.Transpose(y[:rows*k], k, u, rows, k, rows)
			kernel.Transpose(y[(rows+1)*k:], k, v, cols, k, cols)
		} else {
			kernel.Fill(y, math.NaN())
		}
		fromFloat64(n.Out(), m*len(y), y)
	}
}

func svdVJP(n graph.Node, _ int, ct graph.Value) graph.Value {
	dims := n.InputNode(0).Dims()
	rows, cols := dims[len(dims)-2], dims[len(dims)-1]
	u, s, v := cutSVD(n.Value(), rows)
	ctu, cts, ctv := cutSVD(ct, rows)
	ut, vt := Transpose(u), Transpose(v)
	uu, vv := matmul(ut, ctu, rightCotangent), matmul(vt, ctv, rightCotangent)
	size := sizeOf(s)
	s, size = Div(s, size), Unsqueeze(size, -1)
	// f·s as s/(sⱼ + sᵢ)/(sⱼ - sᵢ), which squares nothing.
	f, total := gaps(s), Add(asRow(s), asColumn(s))
	difference := func(x graph.Value) graph.Value { return Chain(Sub(x, Transpose(x)), f) }
	inner := Add(DiagonalMatrix(cts), Div(Add(
		Chain(difference(uu), Div(asRow(s), total)),
		Chain(difference(vv), Div(asColumn(s), total))), size))
	sum := matmul(matmul(u, inner, rightCotangent), vt, leftCotangent)
	// What the cotangents hold outside of the spaces that u and v span.
	if rows > cols {
		rest := Chain(Sub(ctu, matmul(u, uu, rightCotangent)), asRow(Reciprocal(s)))
		sum = Add(sum, matmul(Div(rest, size), vt, leftCotangent))
	}
	if cols > rows {
		rest := Chain(Sub(ctv, matmul(v, vv, rightCotangent)), asRow(Reciprocal(s)))
		sum = Add(sum, matmul(u, Transpose(Div(rest, size)), rightCotangent))
	}
	return sum
}

// svdTangent is Townsend's forward rule. With p = uᵀ·t·v it is diag(p) for the singular values, u·(f∘(p·s + s·pᵀ)) for u
// and v·(f∘(s·p + pᵀ·s)) for v, f = 1/(sⱼ² - sᵢ²), and what t has outside of u and v.
func svdTangent(n graph.Node, _ int, t graph.Value) graph.Value {
	dims := n.InputNode(0).Dims()
	rows, cols := dims[len(dims)-2], dims[len(dims)-1]
	u, s, v := cutSVD(n.Value(), rows)
	byV, byU := matmul(t, v, leftCotangent), matmul(Transpose(t), u, leftCotangent)
	p := matmul(Transpose(u), byV, rightCotangent)
	pt := Transpose(p)
	size := sizeOf(s)
	s, size = Div(s, size), Unsqueeze(size, -1)
	// As in svdVJP.
	f, total := gaps(s), Add(asRow(s), asColumn(s))
	left, right := Div(asColumn(s), total), Div(asRow(s), total)
	mixed := func(a, b graph.Value) graph.Value { return Chain(Add(Chain(a, right), Chain(b, left)), f) }
	du, dv := matmul(u, mixed(p, pt), rightCotangent), matmul(v, mixed(pt, p), rightCotangent)
	if rows > cols {
		du = Add(du, Chain(Sub(byV, matmul(u, p, rightCotangent)), asRow(Reciprocal(s))))
	}
	if cols > rows {
		dv = Add(dv, Chain(Sub(byU, matmul(v, pt, rightCotangent)), asRow(Reciprocal(s))))
	}
	return Concat(-2, Div(du, size), asRow(Diagonal(p)), Div(dv, size))
}

func qrForward(n graph.Node) {
	dims := n.In(0).Dims()
	rows, cols := dims[len(dims)-2], dims[len(dims)-1]
	if n.Out().Len() == 0 {
		return
	}
	var room dense.Workspace
	defer room.Free()
	a, y := room.Floats(rows*cols), room.Floats((rows+cols)*cols)
	for m := range batchLen(dims) {
		toFloat64(a, n.In(0), m*rows*cols)
		if !kernel.AllFinite(a) {
			kernel.Fill(y, math.NaN())
			for i := range cols {
				clear(y[(rows+i)*cols : (rows+i)*cols+i])
			}
			fromFloat64(n.Out(), m*len(y), y)
			continue
		}
		q, r := y[:rows*cols], y[rows*cols:]
		dense.QR(rows, cols, a, cols, q, cols, r, cols)
		for j := range cols {
			if r[j*(cols+1)] < 0 {
				for i := j; i < len(q); i += cols {
					q[i] = -q[i]
				}
				kernel.Neg(r[j*cols:(j+1)*cols], r[j*cols:(j+1)*cols])
			}
		}
		fromFloat64(n.Out(), m*len(y), y)
	}
}

func qrVJP(n graph.Node, _ int, ct graph.Value) graph.Value {
	rows := n.InputNode(0).Dims()[len(n.Dims())-2]
	q, r := cutQR(n.Value(), rows)
	ctq, ctr := cutQR(ct, rows)
	m := Sub(matmul(r, Transpose(Triu(ctr, 0)), rightCotangent), matmul(Transpose(ctq), q, leftCotangent))
	mirrored := Add(Tril(m, 0), Transpose(Tril(m, -1)))
	// x·r⁻ᵀ = (r⁻¹·xᵀ)ᵀ
	return Transpose(triangularSystem(opSolveUpper, r, Transpose(Add(ctq, matmul(q, mirrored, rightCotangent))), rightCotangent))
}

// qrTangent is Walter and Lehmann's forward rule. With x = t·r⁻¹ and m the upper triangle of qᵀ·x, to which what stands
// below the diagonal is mirrored, it is x - q·m for q and m·r for r.
func qrTangent(n graph.Node, _ int, t graph.Value) graph.Value {
	q, r := cutQR(n.Value(), n.InputNode(0).Dims()[len(n.Dims())-2])
	x := Transpose(triangularSystem(opSolveLower, Transpose(r), Transpose(t), rightCotangent)) // x·r = t as rᵀ·xᵀ = tᵀ
	inner := matmul(Transpose(q), x, rightCotangent)
	m := Add(Triu(inner, 0), Transpose(Tril(inner, -1)))
	return Concat(-2, Sub(x, matmul(q, m, rightCotangent)), Triu(matmul(m, r, leftCotangent), 0))
}
