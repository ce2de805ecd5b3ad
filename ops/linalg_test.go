package ops_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// linalgExact bounds the error of a factorization of a few rows, relative to numbers near 1: some roundings of 1.1e-16.
const linalgExact = 1e-13

// closeTo reports a difference between numbers computed in float64 and their exact values.
func closeTo(t *testing.T, what string, want, got []float64) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(linalgExact, linalgExact), cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: mismatch (-want +got):\n%s", what, diff)
	}
}

// misuse is a call that must panic with exactly one message.
type misuse struct {
	name   string
	shapes [][]int // operands of zeros
	call   func(xs []graph.Value) graph.Value
	want   string
}

func testMisuse(t *testing.T, tests []misuse) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			var xs []graph.Value
			for _, s := range tt.shapes {
				xs = append(xs, g.VarTensor(tensor.New(tensor.Float64, s...)))
			}
			err := graph.Try(func() { tt.call(xs) })
			if err == nil {
				t.Fatalf("no error, want %q", tt.want)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinalgMisuse(t *testing.T) {
	testMisuse(t, []misuse{
		{"dot of matrices", [][]int{{2, 2}, {2}}, func(xs []graph.Value) graph.Value { return ops.Dot(xs[0], xs[1]) },
			"ops.Dot: shapes (2,2) and (2): both must be vectors; use ops.MatMul for matrices, or ops.Sum(ops.Mul(a, b)) for all elements"},
		{"dot of other lengths", [][]int{{2}, {3}}, func(xs []graph.Value) graph.Value { return ops.Dot(xs[0], xs[1]) },
			"ops.Dot: lengths differ: (2) and (3): give vectors of one length"},
		{"outer of a matrix", [][]int{{2}, {2, 3}}, func(xs []graph.Value) graph.Value { return ops.Outer(xs[0], xs[1]) },
			"ops.Outer: shapes (2) and (2,3): both must be vectors; flatten them with ops.Reshape(x, -1)"},
		{"trace of a vector", [][]int{{2}}, func(xs []graph.Value) graph.Value { return ops.Trace(xs[0]) },
			"ops.Trace: shape (2) is not a matrix: the last two axes are its rows and columns"},
		{"diagonal of a scalar", [][]int{{}}, func(xs []graph.Value) graph.Value { return ops.Diagonal(xs[0]) },
			"ops.Diagonal: shape () is not a matrix: the last two axes are its rows and columns"},
		{"diagonal matrix of a scalar", [][]int{{}}, func(xs []graph.Value) graph.Value { return ops.DiagonalMatrix(xs[0]) },
			"ops.DiagonalMatrix: got a scalar: give a vector, such as ops.Reshape(x, 1)"},
		{"solve with a wide matrix", [][]int{{2, 3}, {3}}, func(xs []graph.Value) graph.Value { return ops.Solve(xs[0], xs[1]) },
			"ops.Solve: shape (2,3) is not square: the last two axes must be equal"},
		{"solve for a scalar", [][]int{{2, 2}, {}}, func(xs []graph.Value) graph.Value { return ops.Solve(xs[0], xs[1]) },
			"ops.Solve: the right side is a scalar, the matrix has shape (2,2): give a vector of length 2"},
		{"solve with other rows", [][]int{{2, 2}, {3, 1}}, func(xs []graph.Value) graph.Value { return ops.Solve(xs[0], xs[1]) },
			"ops.Solve: the matrix has shape (2,2), the right side (3,1): it must have 2 rows"},
		{"solve with other batches", [][]int{{4, 2, 2}, {3, 2, 1}}, func(xs []graph.Value) graph.Value { return ops.Solve(xs[0], xs[1]) },
			"ops.Solve: batch axes differ: the matrix has shape (4,2,2), the right side (3,2,1): before the last two axes, lengths must be equal or one of them 1"},
		{"solve a singular matrix", [][]int{{2, 2}, {2}}, func(xs []graph.Value) graph.Value { return ops.Solve(xs[0], xs[1]) },
			"ops.Solve: the matrix of shape (2,2) is singular: pivot 0 of its LU factorization is 0: some row is a combination of others; add a multiple of the identity to it"},
		{"invert a singular matrix in a batch", [][]int{{2, 3, 2, 2}}, func(xs []graph.Value) graph.Value {
			one := tensor.Of([]float64{1, 2, 2, 4}, 2, 2)
			return ops.Inv(ops.Add(xs[0], xs[0].Graph().ConstTensor(one)))
		}, "ops.Inv: matrix (0,0) of the batch (2,3,2,2) is singular: pivot 1 of its LU factorization is 0: some row is a combination of others; add a multiple of the identity to it"},
		{"inv of a vector", [][]int{{2}}, func(xs []graph.Value) graph.Value { return ops.Inv(xs[0]) },
			"ops.Inv: shape (2) is not a matrix: the last two axes are its rows and columns"},
		{"lower triangle with a zero", [][]int{{1, 1}, {1}}, func(xs []graph.Value) graph.Value { return ops.SolveLower(xs[0], xs[1]) },
			"ops.SolveLower: the matrix of shape (1,1) is singular: element (0,0) of its diagonal is 0"},
		{"det of a wide matrix", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Det(xs[0]) },
			"ops.Det: shape (2,3) is not square: the last two axes must be equal"},
		{"logdet of zero", [][]int{{2, 2}}, func(xs []graph.Value) graph.Value { return ops.LogDet(xs[0]) },
			"ops.LogDet: the matrix of shape (2,2) has determinant 0: pivot 0 of its LU factorization is 0: the determinant must be positive"},
		{"logdet of a negative determinant", [][]int{{2, 2}}, func(xs []graph.Value) graph.Value {
			return ops.LogDet(ops.Add(xs[0], xs[0].Graph().ConstTensor(tensor.Of([]float64{0, 1, 2, 0}, 2, 2))))
		}, "ops.LogDet: the matrix of shape (2,2) has determinant -2: it must be positive; use ops.Log(ops.Abs(ops.Det(a))) for the logarithm of its size"},
	})
}

// TestSolveShapes holds the rule that says what the right side is.
func TestSolveShapes(t *testing.T) {
	tests := []struct {
		name       string
		a, b, want []int
	}{
		{"vector", []int{2, 2}, []int{2}, []int{2}},
		{"matrix", []int{2, 2}, []int{2, 3}, []int{2, 3}},
		{"vectors by shape", []int{5, 3, 3}, []int{5, 3}, []int{5, 3}},
		{"one vector for all", []int{5, 3, 3}, []int{3}, []int{5, 3}},
		{"one matrix for all", []int{5, 3, 3}, []int{3, 2}, []int{5, 3, 2}},
		{"one system for all", []int{2, 2}, []int{4, 2, 1}, []int{4, 2, 1}},
		{"both stretched", []int{4, 1, 2, 2}, []int{3, 2, 1}, []int{4, 3, 2, 1}},
		{"no unknowns", []int{0, 0}, []int{0}, []int{0}},
		{"no systems", []int{0, 2, 2}, []int{2}, []int{0, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			size := tt.a[len(tt.a)-1]
			ones := tensor.New(tensor.Float64, size)
			ones.Fill(2)
			a := ops.Broadcast(ops.DiagonalMatrix(g.ConstTensor(ones)), tt.a...)
			b := tensor.New(tensor.Float64, tt.b...)
			b.Fill(3)
			for _, f := range []func(a, b graph.Value) graph.Value{ops.Solve, ops.SolveLower, ops.SolveUpper} {
				y := f(a, g.VarTensor(b))
				if diff := cmp.Diff(tt.want, y.Shape()); diff != "" {
					t.Errorf("shape mismatch (-want +got):\n%s", diff)
				}
				for _, v := range y.Tensor().Float64s() {
					if v != 1.5 {
						t.Errorf("got %v, want 1.5", v)
					}
				}
			}
		})
	}
}

// TestDetSingular holds value and gradient of the determinant where it vanishes. Integer matrices are exact up to three
// rows; a larger one has cofactors within a few roundings.
func TestDetSingular(t *testing.T) {
	tests := []struct {
		name    string
		a       []float64
		n       int
		det     float64
		grad    []float64
		rounded bool
	}{
		{"1×1", []float64{0}, 1, 0, []float64{1}, false},
		{"rank 1 of 2", []float64{1, 2, 2, 4}, 2, 0, []float64{4, -2, -2, 1}, false},
		{"rank 0 of 2", []float64{0, 0, 0, 0}, 2, 0, []float64{0, 0, 0, 0}, false},
		{"rank 2 of 3", []float64{1, 2, 3, 2, 4, 6, 1, 0, 1}, 3, 0, []float64{4, 4, -4, -2, -2, 2, 0, 0, 0}, false},
		{"rank 1 of 3", []float64{1, 2, 3, 2, 4, 6, 3, 6, 9}, 3, 0, make([]float64, 9), false},
		{"exchange", []float64{0, 1, 1, 0}, 2, -1, []float64{0, -1, -1, 0}, false},
		{"rank 3 of 4", []float64{2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0}, 4, 0, []float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30}, false},
		{"rank 3 of 4, full", []float64{1, 2, 3, 4, 2, 1, 1, 0, 0, 1, 3, 1, 3, 4, 7, 5}, 4, 0,
			[]float64{7, -19, 5, 4, 7, -19, 5, 4, 7, -19, 5, 4, -7, 19, -5, -4}, true},
		{"rank 2 of 4", []float64{1, 2, 3, 4, 2, 1, 1, 0, 3, 3, 4, 4, 4, 5, 7, 8}, 4, 0, make([]float64, 16), true},
		{"scaled apart", []float64{1e200, 0, 0, 0, 1e200, 0, 0, 0, 1e-300}, 3, 1e100, []float64{1e-100, 0, 0, 0, 1e-100, 0, 0, 0, math.Inf(1)}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			a := g.VarTensor(tensor.Of(tt.a, tt.n, tt.n))
			y := ops.Det(a)
			exact := cmpopts.EquateApprox(0, 0)
			if tt.rounded {
				exact = cmpopts.EquateApprox(linalgExact, linalgExact)
			}
			if diff := cmp.Diff(tt.det, y.Item(), exact); diff != "" {
				t.Errorf("determinant: mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.grad, autograd.Backward(y).Tensor(a).Float64s(), exact); diff != "" {
				t.Errorf("Backward: mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.grad, autograd.Grad(y, a)[0].Tensor().Float64s(), exact); diff != "" {
				t.Errorf("Grad: mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDetHessianSingular differentiates the determinant twice at singular matrices: ∂²|a|/∂a₀₀∂a₁₁ and its like are
// minors of the remaining rows, here 1 in every case.
func TestDetHessianSingular(t *testing.T) {
	for n := 2; n <= 7; n++ {
		g := graph.New()
		// Ones on the diagonal but for the first two: rank n-2.
		d := tensor.New(tensor.Float64, n)
		d.Fill(1)
		d.SetAt(0, 0)
		d.SetAt(0, 1)
		a := g.VarTensor(ops.DiagonalMatrix(g.ConstTensor(d)).Tensor())
		first := autograd.Grad(ops.Det(a), a)[0]
		corner := ops.Sum(ops.Slice(ops.Slice(first, 0, 0, 1), 1, 0, 1))
		want := make([]float64, n*n)
		want[n+1] = 1
		closeTo(t, "second derivative", want, autograd.Backward(corner).Tensor(a).Float64s())
	}
}

// TestDetOfManyRows holds that a·cof(a)ᵀ is the determinant times the identity, for gradients and cofactors of matrices
// with and without an inverse, of which the former are found from the factors of the determinant.
func TestDetOfManyRows(t *testing.T) {
	for _, n := range []int{4, 15, 16, 17, 40} {
		for name, last := range map[string]float64{"regular": 1, "near a singular one": 1e-9, "singular": 0} {
			g := graph.New()
			x := randomMatrices(uint64(n), 2, n, n)
			for b := range 2 {
				for i := range n {
					for j := range n {
						v := x.At(b, i, j) / math.Sqrt(float64(n))
						if b == 1 && i == n-1 { // nearly the row above
							v = x.At(b, n-2, j)*(1-last) + v*last
						}
						x.SetAt(v, b, i, j)
					}
				}
			}
			a := g.VarTensor(x)
			det := ops.Det(a)
			ct := g.ConstTensor(tensor.Of([]float64{2, -3}, 2))
			loss := ops.Sum(ops.Mul(det, ct))
			want := ops.Mul(ops.Cofactor(a), ops.Reshape(ct, 2, 1, 1)).Tensor()
			scale := math.Abs(ops.Max(ops.Abs(ops.Cofactor(a))).Item())
			for what, got := range map[string]*tensor.Tensor{"Backward": autograd.Backward(loss).Tensor(a), "Grad": autograd.Grad(loss, a)[0].Tensor()} {
				if diff := cmp.Diff(want.Float64s(), got.Float64s(), cmpopts.EquateApprox(1e-10, 1e-11*scale)); diff != "" {
					t.Errorf("%s, %d rows, %s: mismatch (-want +got):\n%s", name, n, what, diff)
				}
			}
			product := ops.MatMul(a, ops.Transpose(ops.Cofactor(a))).Tensor()
			for i := range product.Len() {
				want := 0.0
				if i%(n*n)%(n+1) == 0 {
					want = det.Tensor().AtFlat(i / (n * n))
				}
				if d := math.Abs(product.AtFlat(i) - want); d > 1e-11*scale {
					t.Fatalf("%s, %d rows: element %d of a·cofᵀ is %v, want %v", name, n, i, product.AtFlat(i), want)
				}
			}
		}
	}
}

func TestLogDetScale(t *testing.T) {
	tests := []struct {
		name     string
		diagonal []float64
		want     float64
		exact    bool
	}{
		{"overflow", []float64{1e200, 1e200}, 921.0340371976183, false},
		{"underflow", []float64{1e-200, 1e-200}, -921.0340371976183, false},
		{"cancellation", []float64{0x1p600, 0x1p-600}, 0, true},
		{"one", []float64{1}, 0, true},
		{"nothing", nil, 0, true},
		{"NaN", []float64{1, math.NaN()}, math.NaN(), true},
		{"infinite", []float64{1, math.Inf(1)}, math.NaN(), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			d := g.VarTensor(tensor.Of(tt.diagonal, len(tt.diagonal)))
			y := ops.LogDet(ops.DiagonalMatrix(d))
			tolerance := cmpopts.EquateApprox(linalgExact, 0)
			if tt.exact {
				tolerance = cmpopts.EquateApprox(0, 0)
			}
			if diff := cmp.Diff(tt.want, y.Item(), tolerance, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if tt.name == "NaN" || tt.name == "infinite" {
				return
			}
			var want []float64
			for _, v := range tt.diagonal {
				want = append(want, 1/v)
			}
			closeTo(t, "gradient", want, autograd.Backward(y).Tensor(d).Float64s())
		})
	}
}

// TestLinalgNotFinite holds that NaN and infinities are values, which come out as NaN and end no loop.
func TestLinalgNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for n := 2; n <= 5; n++ {
			g := graph.New()
			x := tensor.New(tensor.Float64, n, n)
			for i := range n * n {
				x.SetFlat(float64((i*7)%11)+1, i)
			}
			x.SetAt(bad, 1, 0)
			a := g.VarTensor(x)
			for name, f := range map[string]func(graph.Value) graph.Value{"det": ops.Det, "cofactor": ops.Cofactor, "trace": ops.Trace} {
				y := ops.Sum(f(a))
				autograd.Backward(y)
				if name == "cofactor" && !math.IsNaN(y.Item()) && !math.IsInf(y.Item(), 0) {
					t.Errorf("%s of a matrix with %v: %v", name, bad, y.Item())
				}
			}
		}
	}
}

// TestSolveZeroWins holds that right sides which nothing depends on pass nothing to a matrix of NaN.
func TestSolveZeroWins(t *testing.T) {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{math.NaN(), 1, 1, 1}, 2, 2))
	b := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	y := ops.Sum(ops.Where(g.Const(0), ops.Solve(a, b), ops.Mul(b, b)))
	grads := autograd.Backward(y)
	closeTo(t, "b", []float64{2, 4}, grads.Tensor(b).Float64s())
	closeTo(t, "a", make([]float64, 4), grads.Tensor(a).Float64s())
	recorded := autograd.Grad(y, a, b)
	closeTo(t, "a, recorded", make([]float64, 4), recorded[0].Tensor().Float64s())
	closeTo(t, "b, recorded", []float64{2, 4}, recorded[1].Tensor().Float64s())
}
