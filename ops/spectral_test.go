package ops_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func randomMatrices(seed uint64, shape ...int) *tensor.Tensor {
	rng := rand.New(rand.NewPCG(seed, 7))
	t := tensor.New(tensor.Float64, shape...)
	for i := range t.Len() {
		t.SetFlat(rng.NormFloat64(), i)
	}
	return t
}

// columnProducts returns the products of x's columns with each other, which is the identity for orthonormal ones.
func columnProducts(x graph.Value) graph.Value { return ops.MatMul(ops.Transpose(x), x) }

func identity(batch, n int) []float64 {
	out := make([]float64, batch*n*n)
	for b := range batch {
		for i := range n {
			out[(b*n+i)*n+i] = 1
		}
	}
	return out
}

// TestDecompositionsMultiplyBack holds that the factors have their structure and that their product is the matrix.
func TestDecompositionsMultiplyBack(t *testing.T) {
	g := graph.New()
	for _, s := range [][2]int{{1, 1}, {2, 2}, {5, 5}, {7, 4}, {4, 7}, {40, 40}} {
		m, n := s[0], s[1]
		k := min(m, n)
		a := g.VarTensor(randomMatrices(uint64(m*100+n), 2, m, n))
		all := a.Tensor().Float64s()

		u, sv, vt := ops.SVD(a)
		closeTo(t, "svd: u·s·vt", all, ops.MatMul(ops.Mul(u, ops.Unsqueeze(sv, -2)), vt).Tensor().Float64s())
		closeTo(t, "svd: uᵀ·u", identity(2, k), columnProducts(u).Tensor().Float64s())
		closeTo(t, "svd: vᵀ·v", identity(2, k), columnProducts(ops.Transpose(vt)).Tensor().Float64s())
		for i, v := range sv.Tensor().Float64s() {
			if v < 0 || i%k > 0 && v > sv.Tensor().AtFlat(i-1) {
				t.Errorf("singular values %v are not descending", sv.Tensor())
			}
		}
		if m >= n {
			q, r := ops.QR(a)
			closeTo(t, "qr: q·r", all, ops.MatMul(q, r).Tensor().Float64s())
			closeTo(t, "qr: qᵀ·q", identity(2, n), columnProducts(q).Tensor().Float64s())
			closeTo(t, "qr: r is triangular", ops.Triu(r, 0).Tensor().Float64s(), r.Tensor().Float64s())
		}
		if m == n {
			sum := ops.MulScalar(ops.Add(a, ops.Transpose(a)), 0.5)
			w, v := ops.Eigh(a)
			closeTo(t, "eigh: v·w·vᵀ", sum.Tensor().Float64s(), ops.MatMul(ops.Mul(v, ops.Unsqueeze(w, -2)), ops.Transpose(v)).Tensor().Float64s())
			closeTo(t, "eigh: vᵀ·v", identity(2, n), columnProducts(v).Tensor().Float64s())

			positive := ops.Add(columnProducts(a), ops.DiagonalMatrix(ops.Broadcast(g.Const(1), n)))
			l := ops.Cholesky(positive)
			// Of numbers as large as n.
			closeTo(t, "cholesky: l·lᵀ", ops.MulScalar(positive, 1/float64(n)).Tensor().Float64s(), ops.MulScalar(ops.MatMul(l, ops.Transpose(l)), 1/float64(n)).Tensor().Float64s())
			closeTo(t, "cholesky: l is triangular", ops.Tril(l, 0).Tensor().Float64s(), l.Tensor().Float64s())
		}
	}
}

// TestEqualEigenvalues holds that losses of eigenvalues and singular values alone have their gradient where some are
// equal: the sum of all eigenvalues is the trace, that of the singular values of a rotation is 1 for each.
func TestEqualEigenvalues(t *testing.T) {
	g := graph.New()
	a := g.VarTensor(tensor.Of(identity(1, 3), 3, 3))
	w, _ := ops.Eigh(a)
	loss := ops.Sum(w)
	closeTo(t, "eigh, Backward", identity(1, 3), autograd.Backward(loss).Tensor(a).Float64s())
	closeTo(t, "eigh, Grad", identity(1, 3), autograd.Grad(loss, a)[0].Tensor().Float64s())
	_, s, _ := ops.SVD(a)
	loss = ops.Sum(s)
	closeTo(t, "svd, Backward", identity(1, 3), autograd.Backward(loss).Tensor(a).Float64s())
	closeTo(t, "svd, Grad", identity(1, 3), autograd.Grad(loss, a)[0].Tensor().Float64s())
	// Of a wide matrix of rank 1: the singular value 0 is not used.
	b := g.VarTensor(tensor.Of([]float64{3, 0, 0, 0, 0, 0}, 2, 3))
	_, s, _ = ops.SVD(b)
	loss = ops.Sum(ops.Slice(s, 0, 0, 1))
	closeTo(t, "svd of rank 1", []float64{1, 0, 0, 0, 0, 0}, autograd.Backward(loss).Tensor(b).Float64s())
}

// TestEqualEigenvectors holds that the derivative of eigenvectors that have none is not a number that looks like one.
func TestEqualEigenvectors(t *testing.T) {
	g := graph.New()
	a := g.VarTensor(tensor.Of(identity(1, 2), 2, 2))
	_, v := ops.Eigh(a)
	loss := ops.Sum(ops.Mul(v, g.ConstTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2))))
	if d := autograd.Backward(loss).Tensor(a).At(0, 1); !math.IsNaN(d) && !math.IsInf(d, 0) {
		t.Errorf("the gradient by an undefined eigenvector is %v, want NaN or an infinity", d)
	}
}

// TestEqualTangents holds what forward sweeps say where eigenvalues or singular values are equal: the derivatives of the
// values are there, those of the vectors are no numbers that look like one unless nothing moves them, and a tangent of 0
// gives 0.
func TestEqualTangents(t *testing.T) {
	eye, zero := identity(1, 2), make([]float64, 4)
	for _, test := range []struct {
		name    string
		a, dir  []float64
		w, s    []float64 // of the eigenvalues and the singular values
		defined bool      // vectors have a derivative, which is 0
	}{
		{"nothing moves", eye, zero, []float64{0, 0}, []float64{0, 0}, true},
		{"the values move together", eye, []float64{3, 0, 0, 3}, []float64{3, 3}, []float64{3, 3}, true},
		{"the values move apart", eye, []float64{1, 0, 0, 2}, []float64{1, 2}, []float64{1, 2}, true},
		{"the vectors turn", eye, []float64{0, 1, 1, 0}, []float64{0, 0}, []float64{0, 0}, false},
		{"nothing moves a matrix of zeros", zero, zero, []float64{0, 0}, []float64{0, 0}, true},
		{"away from zeros", zero, []float64{0, 1, 1, 0}, []float64{0, 0}, []float64{0, 0}, false},
	} {
		g := graph.New()
		a, dir := g.VarTensor(tensor.Of(test.a, 2, 2)), tensor.Of(test.dir, 2, 2)
		along := func(y graph.Value) []float64 {
			return autograd.Forward(y, []graph.Value{a}, []*tensor.Tensor{dir}).Float64s()
		}
		w, v := ops.Eigh(a)
		u, s, vt := ops.SVD(a)
		closeTo(t, test.name+": eigenvalues", test.w, along(w))
		closeTo(t, test.name+": singular values", test.s, along(s))
		for name, y := range map[string]graph.Value{"eigenvectors": v, "u": u, "vt": vt} {
			d := along(y)
			if test.defined {
				closeTo(t, test.name+": "+name, zero, d)
			} else if !slices.ContainsFunc(d, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }) {
				t.Errorf("%s: the derivative of %s is %v, want NaN or an infinity in it", test.name, name, d)
			}
		}
	}
	// In several directions at once, each is as it is alone.
	_, dvs := autograd.JVPs(func(x graph.Value) graph.Value {
		_, v := ops.Eigh(ops.Reshape(x, 2, 2))
		return v
	}, eye, []float64{0, 1, 1, 0}, zero, []float64{1, 0, 0, 2})
	if !math.IsNaN(dvs[0].AtFlat(0)) && !math.IsInf(dvs[0].AtFlat(0), 0) {
		t.Errorf("the first of three directions, in which vectors turn: %v", dvs[0])
	}
	closeTo(t, "the second of three directions", zero, dvs[1].Float64s())
	closeTo(t, "the third of three directions", zero, dvs[2].Float64s())
	// Outside of the spaces that u and v span, of a matrix of rank 1.
	g := graph.New()
	for _, a := range []graph.Value{g.VarTensor(tensor.Of([]float64{3, 0, 0, 0, 0, 0}, 2, 3)), g.VarTensor(tensor.Of([]float64{3, 0, 0, 0, 0, 0}, 3, 2))} {
		_, s, _ := ops.SVD(a)
		dir := tensor.New(tensor.Float64, a.Shape()...)
		dir.Fill(1)
		closeTo(t, "svd of rank 1", []float64{1}, autograd.Forward(ops.Slice(s, 0, 0, 1), []graph.Value{a}, []*tensor.Tensor{dir}).Float64s())
	}
	singular := g.VarTensor(tensor.Of([]float64{1, 0, 1, 0}, 2, 2))
	q, _ := ops.QR(singular)
	err := graph.Try(func() {
		autograd.Forward(q, []graph.Value{singular}, []*tensor.Tensor{tensor.Of([]float64{1, 0, 0, 0}, 2, 2)})
	})
	if err == nil || !strings.Contains(err.Error(), "is singular") {
		t.Errorf("qr of rank 1: got error %v", err)
	}
}

func TestDecompositionsNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		g := graph.New()
		x := randomMatrices(1, 4, 4)
		x.SetAt(bad, 2, 1)
		a := g.VarTensor(x)
		w, v := ops.Eigh(a)
		u, s, vt := ops.SVD(a)
		for _, y := range []graph.Value{w, v, u, s, vt, ops.Cholesky(a)} {
			if got := ops.Sum(y).Item(); !math.IsNaN(got) {
				t.Errorf("sum of %v for a matrix with %v is %v, want NaN", y, bad, got)
			}
		}
		q, r := ops.QR(a)
		autograd.Backward(ops.Add(ops.Sum(q), ops.Sum(r))) // must end
	}
}

func TestDecompositionMisuse(t *testing.T) {
	plus := func(x graph.Value, v ...float64) graph.Value {
		d := x.Dims()
		return ops.Add(x, x.Graph().ConstTensor(tensor.Of(v, d[len(d)-2:]...)))
	}
	testMisuse(t, []misuse{
		{"cholesky of a wide matrix", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Cholesky(xs[0]) },
			"ops.Cholesky: shape (2,3) is not square: the last two axes must be equal"},
		{"cholesky of an indefinite matrix", [][]int{{3, 3}}, func(xs []graph.Value) graph.Value {
			return ops.Cholesky(plus(xs[0], 4, 2, 0, 2, 1, 0, 0, 0, 1))
		}, "ops.Cholesky: the matrix of shape (3,3) is not positive definite: pivot 1 is 0: every pivot must be positive; add a multiple of the identity"},
		{"cholesky in a batch", [][]int{{2, 2, 2}}, func(xs []graph.Value) graph.Value { return ops.Cholesky(plus(xs[0], 1, 2, 2, 1)) },
			"ops.Cholesky: matrix (0) of the batch (2,2,2) is not positive definite: pivot 1 is -3: every pivot must be positive; add a multiple of the identity"},
		{"eigh of a wide matrix", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { w, _ := ops.Eigh(xs[0]); return w },
			"ops.Eigh: shape (2,3) is not square: the last two axes must be equal"},
		{"eigh of a vector", [][]int{{2}}, func(xs []graph.Value) graph.Value { w, _ := ops.Eigh(xs[0]); return w },
			"ops.Eigh: shape (2) is not a matrix: the last two axes are its rows and columns"},
		{"svd of a scalar", [][]int{{}}, func(xs []graph.Value) graph.Value { _, s, _ := ops.SVD(xs[0]); return s },
			"ops.SVD: shape () is not a matrix: the last two axes are its rows and columns"},
		{"qr of a wide matrix", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { q, _ := ops.QR(xs[0]); return q },
			"ops.QR: shape (2,3) has more columns than rows: decompose ops.Transpose(a)"},
	})
}

// TestCholeskyGradientIsSymmetric holds it to the last bit, for a matrix that is not.
func TestCholeskyGradientIsSymmetric(t *testing.T) {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{4, 1, 0.5, 2, 5, 0.25, 1, 0, 6}, 3, 3))
	w := g.ConstTensor(randomMatrices(3, 3, 3))
	d := autograd.Backward(ops.Sum(ops.Mul(ops.Cholesky(a), w))).Tensor(a)
	for i := range 3 {
		for j := range i {
			if diff := cmp.Diff(d.At(i, j), d.At(j, i)); diff != "" {
				t.Errorf("(%d,%d): mismatch:\n%s", i, j, diff)
			}
		}
	}
}

// TestMatricesOfAnySize holds that functions of a matrix which is multiplied with a power of two, and their derivatives,
// are multiplied with what follows from their degree: what is squared on the way must neither overflow nor vanish.
func TestMatricesOfAnySize(t *testing.T) {
	tall := tensor.Of([]float64{3, 1, -1, 2, 0.5, 1}, 3, 2)
	square := tensor.Of([]float64{4, 1, -0.5, 0.25, 3, 1, 0.5, -1, 7}, 3, 3)
	for _, c := range []struct {
		name      string
		a         *tensor.Tensor
		f         func(a graph.Value) graph.Value
		degree    float64 // of the result: f(c·a) = c^degree·f(a)
		exponents []int
	}{
		{"svd, u", tall, func(a graph.Value) graph.Value { u, _, _ := ops.SVD(a); return u }, 0, []int{530, 900, -530, -900}},
		{"svd, s", tall, func(a graph.Value) graph.Value { _, s, _ := ops.SVD(a); return s }, 1, []int{530, 900, -530, -900}},
		{"svd, v", tall, func(a graph.Value) graph.Value { _, _, vt := ops.SVD(a); return vt }, 0, []int{530, 900, -530, -900}},
		{"svd, u of a wide matrix", tall, func(a graph.Value) graph.Value { u, _, _ := ops.SVD(ops.Transpose(a)); return u }, 0, []int{530, 900, -530, -900}},
		{"eigh, w", square, func(a graph.Value) graph.Value { w, _ := ops.Eigh(a); return w }, 1, []int{530, 900, -530, -900}},
		{"eigh, v", square, func(a graph.Value) graph.Value { _, v := ops.Eigh(a); return v }, 0, []int{530, 900, -530, -900}},
		{"qr, q", tall, func(a graph.Value) graph.Value { q, _ := ops.QR(a); return q }, 0, []int{530, 900, -530, -900}},
		{"qr, r", tall, func(a graph.Value) graph.Value { _, r := ops.QR(a); return r }, 1, []int{530, 900, -530, -900}},
		{"cholesky", square, ops.Cholesky, 0.5, []int{530, 900, -530, -900}},
		{"inv", square, ops.Inv, -1, []int{500, -500}},
		{"solve", square, func(a graph.Value) graph.Value {
			return ops.Solve(a, a.Graph().ConstTensor(tensor.Of([]float64{1, 2, 3}, 3)))
		}, -1, []int{500, -500}},
		{"solve_lower", square, func(a graph.Value) graph.Value {
			return ops.SolveLower(a, a.Graph().ConstTensor(tensor.Of([]float64{1, 2, 3}, 3)))
		}, -1, []int{500, -500}},
		{"det", square, ops.Det, 3, []int{330, -330}},
		{"det of more rows", randomMatrices(1, 5, 5), ops.Det, 5, []int{190, -190}},
		{"cofactor", square, ops.Cofactor, 2, []int{500, -500}},
		{"cofactor of more rows", randomMatrices(1, 5, 5), ops.Cofactor, 4, []int{240, -240}},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := func(dtype tensor.DType, exponent int) (out [][]float64) {
				factor := math.Ldexp(1, exponent)
				g := graph.New(graph.WithDType(dtype))
				a := g.VarTensor(c.a)
				scaled := g.VarTensor(ops.MulScalar(a, factor).Tensor())
				y := c.f(scaled)
				loss := weighted(y)
				grad := autograd.Grad(loss, scaled)[0]
				next := weighted(ops.MulScalar(grad, math.Pow(factor, 1-c.degree))) // of degree 0
				for _, part := range []struct {
					x      *tensor.Tensor
					degree float64
				}{
					{y.Tensor(), c.degree}, {autograd.Backward(loss).Tensor(scaled), c.degree - 1}, {grad.Tensor(), c.degree - 1},
					{autograd.Backward(next).Tensor(scaled), -1}, {autograd.Grad(next, scaled)[0].Tensor(), -1},
				} {
					var list []float64
					for _, v := range numbers(part.x) {
						list = append(list, v*math.Pow(factor, -part.degree))
					}
					out = append(out, list)
				}
				return out
			}
			for dtype, tolerance := range map[tensor.DType]float64{tensor.Float64: 1e-10, tensor.Float32: 1e-3} {
				want := at(dtype, 0)
				for _, e := range c.exponents {
					if dtype == tensor.Float32 {
						e /= 9 // its exponents go up to 127, not 1023
					}
					if diff := cmp.Diff(want, at(dtype, e), cmpopts.EquateApprox(tolerance, tolerance/100)); diff != "" {
						t.Errorf("%v, times 2^%d: mismatch (-want +got):\n%s", dtype, e, diff)
					}
				}
			}
		})
	}
}
