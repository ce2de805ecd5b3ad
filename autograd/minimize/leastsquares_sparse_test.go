package minimize_test

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestLeastSquaresOrder fits unknowns of which each meets one or two that all meet, in orders whose band is as wide as the
// matrix: these come first or last, and the others as they are or interleaved.
func TestLeastSquaresOrder(t *testing.T) {
	const n = 20_000
	step := func(i int) int { return (i*7919 + 7) % n } // it visits all
	orders := map[string]func(i int) int{
		"head first": func(i int) int { return (i + 2) % (n + 2) },
		"head last":  func(i int) int { return i },
		"interleaved": func(i int) int {
			if i >= n {
				return i
			}
			return step(i)
		},
	}
	for name, place := range orders {
		a, b := place(n), place(n+1)
		residuals := func(x []value) []value { // unknown i is exp(a)·t + b, and measured as 4·t + 1
			out := make([]value, 0, 2*n)
			slope := ops.Exp(x[a])
			for i := range n {
				t := float64(i) / n
				out = append(out, linear(0, []float64{1, -t, -1}, x[place(i)], slope, x[b]), ops.AddScalar(x[place(i)], -4*t-1))
			}
			return out
		}
		fit, err := minimize.LeastSquares(residuals, make([]float64, n+2), minimize.LeastSquaresConfig{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := []float64{fit.X[a], fit.X[b], fit.X[place(n-1)]}
		if diff := cmp.Diff([]float64{math.Log(4), 1, 1 + 4*float64(n-1)/n}, got, cmpopts.EquateApprox(1e-6, 0)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
		if fit.Factor < n || fit.Factor > 4*n {
			t.Errorf("%s: a factor of %d numbers", name, fit.Factor)
		}
	}
}

// TestLeastSquaresPattern solves a problem whose residuals depend on other unknowns at other points.
func TestLeastSquaresPattern(t *testing.T) {
	const n = 150
	residuals := func(x []value) []value {
		out := make([]value, 0, n)
		for i, v := range x {
			r := ops.AddScalar(v, -2)
			if v.Item() < 1 {
				r = ops.Sub(r, ops.MulScalar(x[(i+1)%n], 0.25))
			}
			out = append(out, r)
		}
		return out
	}
	at := make([]float64, n)
	for i := range at {
		at[i] = float64(i%3) - 0.5
	}
	fit, err := minimize.LeastSquares(residuals, at, minimize.LeastSquaresConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Repeat([]float64{2}, n), fit.X, cmpopts.EquateApprox(0, 1e-8)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestLeastSquaresRank solves problems beyond QR whose residuals do not determine the unknowns.
func TestLeastSquaresRank(t *testing.T) {
	const n = 120
	for _, extra := range []int{0, 1, 40} { // unknowns that do not matter
		residuals := func(x []value) (out []value) {
			for i := range n - 1 {
				out = append(out, linear(-1, []float64{-1, 1}, x[i], x[i+1]))
			}
			return out
		}
		fit, err := minimize.LeastSquares(residuals, make([]float64, n+extra), minimize.LeastSquaresConfig{})
		if err != nil || fit.Sum > 1e-20 {
			t.Errorf("%d more: %v, a sum of squares of %g", extra, err, fit.Sum)
		}
		if want := make([]float64, extra); extra > 0 && !slices.Equal(want, fit.X[n:]) {
			t.Errorf("%d more: unknowns that do not matter went to %v", extra, fit.X[n:])
		}
	}
}

// TestLeastSquaresTooLarge holds that a factor is refused that is too large for the memory there is.
func TestLeastSquaresTooLarge(t *testing.T) {
	all := func(x []value) []value { return []value{ops.AddScalar(ops.Sum(ops.Stack(0, x...)), -1)} }
	const want = "minimize.LeastSquares: the factor of the normal equations of %d unknowns has more than %d numbers: there are too many unknowns for residuals that depend on so many others each; minimize.NewtonCG needs no factor"
	for _, test := range []struct {
		n      int
		limit  int64
		factor int
	}{{25_000, math.MaxInt64, min(1<<28, math.MaxInt/16)}, {3000, 36 << 20, 3 << 20}} {
		before := debug.SetMemoryLimit(test.limit)
		got := message(func() { _, _ = minimize.LeastSquares(all, make([]float64, test.n), minimize.LeastSquaresConfig{}) })
		debug.SetMemoryLimit(before)
		if diff := cmp.Diff(fmt.Sprintf(want, test.n, test.factor), got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

// TestProgress holds that a search tells each step that it takes, and ends where it is told to.
func TestProgress(t *testing.T) {
	rosenbrock := gonums[6].f
	for _, n := range []int{2, 150} {
		at := slices.Repeat([]float64{-1.2, 1}, n/2)
		sums := []float64{}
		cfg := minimize.LeastSquaresConfig{Progress: func(f minimize.Fit) error {
			sums = append(sums, f.Sum)
			if len(f.X) != n || len(f.Residuals) != f.Jacobian.M {
				t.Errorf("%d unknowns and %d residuals, want %d and %d", len(f.X), len(f.Residuals), n, f.Jacobian.M)
			}
			return nil
		}}
		fit, err := minimize.LeastSquares(rosenbrock, at, cfg)
		if err != nil {
			t.Fatal(err)
		}
		falls := slices.IsSortedFunc(sums, func(a, b float64) int {
			return -strings.Compare(fmt.Sprintf("%030.20f", a), fmt.Sprintf("%030.20f", b))
		})
		if !falls || sums[len(sums)-1] != fit.Sum || len(sums) > fit.Steps+1 {
			t.Errorf("n = %d: sums %v in %d steps to %v", n, sums, fit.Steps, fit.Sum)
		}
		stop, calls := errors.New("enough"), 0
		cfg.Progress = func(f minimize.Fit) error {
			if calls++; calls > 2 {
				return stop
			}
			return nil
		}
		fit, err = minimize.LeastSquares(rosenbrock, at, cfg)
		if !errors.Is(err, stop) || errors.Is(err, minimize.ErrNotConverged) || fit.Sum != sums[2] {
			t.Errorf("n = %d: stopped with %v at a sum of %v, want %v", n, err, fit.Sum, sums[2])
		}
	}
}

// lines are residuals by hand: a straight line through points.
func lines(xs, ys []float64) minimize.Residuals {
	return minimize.Residuals{
		Func: func(dst, b []float64) []float64 {
			dst = dst[:0]
			for i, x := range xs {
				dst = append(dst, b[0]+b[1]*x-ys[i])
			}
			return dst
		},
		Jacobian: func(dst *autograd.Sparse, b []float64) *autograd.Sparse {
			if dst == nil {
				dst = &autograd.Sparse{M: len(xs), N: 2}
				for i := range xs {
					dst.Row, dst.Col = append(dst.Row, i, i), append(dst.Col, 0, 1)
				}
			}
			dst.Value = dst.Value[:0]
			for _, x := range xs {
				dst.Value = append(dst.Value, 1, x)
			}
			return dst
		},
	}
}

func TestLeastSquaresOf(t *testing.T) {
	fit, err := minimize.LeastSquaresOf(lines([]float64{0, 1, 2, 3}, []float64{1, 3, 5, 7}), []float64{0, 0}, minimize.LeastSquaresConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{1, 2}, fit.X, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestLeastSquaresOfErrors(t *testing.T) {
	line := lines([]float64{0, 1, 2}, []float64{1, 3, 5})
	with := func(j *autograd.Sparse) minimize.Residuals {
		return minimize.Residuals{Func: line.Func, Jacobian: func(*autograd.Sparse, []float64) *autograd.Sparse { return j }}
	}
	tests := []struct {
		want string
		r    minimize.Residuals
	}{
		{"minimize.LeastSquaresOf: got a nil function: set both Func and Jacobian of minimize.Residuals", minimize.Residuals{Func: line.Func}},
		{"minimize.LeastSquaresOf: got a nil function: set both Func and Jacobian of minimize.Residuals", minimize.Residuals{Jacobian: line.Jacobian}},
		{"minimize.LeastSquaresOf: got a nil *autograd.Sparse: make one with autograd.SparseJacobian or autograd.SparseHessian", with(nil)},
		{"minimize.LeastSquaresOf: a Jacobian of 2 × 2 for 3 residuals and 2 unknowns: give it a row for each residual and a column for each unknown", with(&autograd.Sparse{M: 2, N: 2})},
		{"minimize.LeastSquaresOf: a Jacobian of 3 × 4 for 3 residuals and 2 unknowns: give it a row for each residual and a column for each unknown", with(&autograd.Sparse{M: 3, N: 4})},
		{"minimize.LeastSquaresOf: a matrix of 3 × 2 with 1 rows, 0 columns and 0 values: give each entry one of each", with(&autograd.Sparse{M: 3, N: 2, Row: []int{0}})},
		{"minimize.LeastSquaresOf: entry 0 is in row 3 and column 0 of a matrix of 3 × 2: both are counted from 0", with(&autograd.Sparse{M: 3, N: 2, Row: []int{3}, Col: []int{0}, Value: []float64{1}})},
	}
	for _, test := range tests {
		got := message(func() { _, _ = minimize.LeastSquaresOf(test.r, []float64{0, 0}, minimize.LeastSquaresConfig{}) })
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	calls := 0
	more := minimize.Residuals{Jacobian: line.Jacobian, Func: func(dst, b []float64) []float64 {
		if calls++; calls > 1 {
			return make([]float64, 4)
		}
		return line.Func(dst, b)
	}}
	got := message(func() { _, _ = minimize.LeastSquaresOf(more, []float64{0, 0}, minimize.LeastSquaresConfig{}) })
	if want := "minimize.LeastSquaresOf: the function returned 4 residuals, and 3 at another call: return as many at every point"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	kept, matrix := make([]float64, 3), line.Jacobian(nil, nil)
	again := minimize.Residuals{Func: func(_, b []float64) []float64 { return line.Func(kept, b) }, Jacobian: line.Jacobian}
	got = message(func() { _, _ = minimize.LeastSquaresOf(again, []float64{0, 0}, minimize.LeastSquaresConfig{}) })
	if want := "minimize.LeastSquaresOf: the function returned its last residuals, changed: fill and return dst, or a new slice"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	same := minimize.Residuals{Func: line.Func, Jacobian: func(*autograd.Sparse, []float64) *autograd.Sparse { return matrix }}
	if fit, err := minimize.LeastSquaresOf(same, []float64{0, 0}, minimize.LeastSquaresConfig{}); err != nil || math.Abs(fit.X[1]-2) > 1e-9 {
		t.Errorf("one matrix: %v, %v", fit.X, err)
	}
	asked := 0
	spoilt := minimize.Residuals{Func: line.Func, Jacobian: func(*autograd.Sparse, []float64) *autograd.Sparse {
		if asked++; asked > 1 {
			matrix.Value[0] = math.NaN()
		}
		return matrix
	}}
	got = message(func() { _, _ = minimize.LeastSquaresOf(spoilt, []float64{0, 0}, minimize.LeastSquaresConfig{}) })
	if want := "minimize.LeastSquaresOf: the function put infinite or NaN derivatives into the Jacobian that it returned last, to which the search goes back: fill and return dst, or a new matrix"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	large := minimize.Fit{Jacobian: &autograd.Sparse{M: 20_000, N: 10_000}}
	var e *graph.Error
	if err := graph.Try(func() { _, _ = large.Covariance() }); !errors.As(err, &e) || !errors.Is(err, graph.ErrLimit) {
		t.Errorf("a covariance of 10 000 unknowns: got %v", err)
	}
}
