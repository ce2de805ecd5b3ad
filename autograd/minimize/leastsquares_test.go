package minimize_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// minima are those of gonum's test functions that are 0 and near the start.
var minima = map[string]struct{ start, want []float64 }{
	"Beale":               {[]float64{1, 1}, []float64{3, 0.5}},
	"Box3D":               {[]float64{0, 10, 20}, []float64{1, 10, 1}},
	"BrownBadlyScaled":    {[]float64{1, 1}, []float64{1e6, 2e-6}},
	"HelicalValley":       {[]float64{-1, 0, 0}, []float64{1, 0, 0}},
	"VariablyDimensioned": {[]float64{.9, .8, .7, .6}, []float64{1, 1, 1, 1}},
	"Wood":                {[]float64{-3, -1, -3, -1}, []float64{1, 1, 1, 1}},
}

// TestLeastSquaresGonum minimizes those functions as sums of squares.
func TestLeastSquaresGonum(t *testing.T) {
	for _, test := range gonums {
		m, ok := minima[test.name]
		if !ok {
			continue
		}
		fit, err := minimize.LeastSquares(test.f, m.start, minimize.LeastSquaresConfig{})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff(m.want, fit.X, cmpopts.EquateApprox(1e-6, 1e-9)); diff != "" {
			t.Errorf("%s, %d steps: mismatch (-want +got):\n%s", test.name, fit.Steps, diff)
		}
		if v := test.want.Func(fit.X); math.Abs(v-fit.Sum) > 1e-12*max(1, v) {
			t.Errorf("%s: a sum of squares of %v, gonum has %v", test.name, fit.Sum, v)
		}
	}
}

// TestLeastSquaresScaled holds that the units of the unknowns do not matter.
func TestLeastSquaresScaled(t *testing.T) {
	model := func(unit []float64) func(x []value) []value {
		return func(x []value) (out []value) {
			for i := range 20 {
				z := float64(i) / 10
				y := 2*math.Exp(-1.5*z) + 0.5
				out = append(out, linear(-y, []float64{1, unit[2]}, ops.Mul(ops.MulScalar(x[0], unit[0]), expOf(-z*unit[1], x[1])), x[2]))
			}
			return out
		}
	}
	steps := 0
	for _, unit := range [][]float64{{1, 1, 1}, {0x1p-20, 0x1p20, 1}, {0x1p30, 1, 0x1p-30}} {
		fit, err := minimize.LeastSquares(model(unit), []float64{1 / unit[0], 1 / unit[1], 0}, minimize.LeastSquaresConfig{})
		if err != nil {
			t.Errorf("units %v: %v", unit, err)
			continue
		}
		got := []float64{fit.X[0] * unit[0], fit.X[1] * unit[1], fit.X[2] * unit[2]}
		if diff := cmp.Diff([]float64{2, 1.5, 0.5}, got, cmpopts.EquateApprox(1e-8, 0)); diff != "" {
			t.Errorf("units %v: mismatch (-want +got):\n%s", unit, diff)
		}
		if steps == 0 {
			steps = fit.Steps
		}
		if fit.Steps != steps {
			t.Errorf("units %v: %d steps, want %d", unit, fit.Steps, steps)
		}
	}
}

// TestLeastSquaresBanded solves Rosenbrock's function of many unknowns, by the normal equations, and holds that they do
// what QR does where both can.
func TestLeastSquaresBanded(t *testing.T) {
	rosenbrock := gonums[6].f
	for _, n := range []int{3, 100, 101, 2000} {
		at, want := make([]float64, n), make([]float64, n)
		for i := range at {
			at[i], want[i] = 1.2-0.4*float64(i%2), 1
		}
		fit, err := minimize.LeastSquares(rosenbrock, at, minimize.LeastSquaresConfig{})
		if err != nil {
			t.Fatalf("n = %d: %v", n, err)
		}
		if diff := cmp.Diff(want, fit.X, cmpopts.EquateApprox(0, 1e-7)); diff != "" {
			t.Errorf("n = %d, %d steps: mismatch (-want +got):\n%s", n, fit.Steps, diff)
		}
	}
}

func TestLeastSquaresEnds(t *testing.T) {
	root := func(x []value) []value { return []value{ops.AddScalar(ops.Square(x[0]), -2)} }
	tests := []struct {
		name string
		f    func(x []value) []value
		at   []float64
		cfg  minimize.LeastSquaresConfig
		want string // of the error
		x    []float64
	}{
		{name: "a root", f: root, at: []float64{1}, x: []float64{math.Sqrt2}},
		{name: "no unknowns", f: func([]value) []value { return nil }, x: nil},
		{name: "no residuals", f: func([]value) []value { return nil }, at: []float64{1, 2}, x: []float64{1, 2}},
		{name: "at the minimum", f: func(x []value) []value { return []value{x[0], ops.Sub(x[0], x[1])} }, at: []float64{0, 0}, x: []float64{0, 0}},
		{name: "an unknown that does not matter", f: func(x []value) []value { return []value{ops.AddScalar(x[0], -3)} }, at: []float64{1, 7}, x: []float64{3, 7}},
		{name: "residuals that are a tensor", f: func(x []value) []value { return []value{ops.AddScalar(ops.Stack(0, x...), -3)} }, at: []float64{1, 7}, x: []float64{3, 3}},
		{name: "too few residuals", f: func(x []value) []value { return []value{ops.AddScalar(ops.Add(x[0], x[1]), -4)} }, at: []float64{1, 1}, x: []float64{2, 2}},
		{name: "a minimum above 0", f: func(x []value) []value { return []value{ops.AddScalar(x[0], -1), ops.AddScalar(x[0], -2)} }, at: []float64{9}, x: []float64{1.5}},
		{name: "a bad region on the way", f: func(x []value) []value { return []value{ops.AddScalar(ops.Log(x[0]), 3)} }, at: []float64{9}, x: []float64{math.Exp(-3)}},
		{name: "NaN at the start", f: func(x []value) []value { return []value{ops.Log(x[0])} }, at: []float64{-1}, x: []float64{-1},
			want: "minimize: LeastSquares: residuals or derivatives at the start are infinite or NaN: start elsewhere: not converged"},
		{name: "too few steps", f: root, at: []float64{100}, cfg: minimize.LeastSquaresConfig{Iterations: 1}, x: nil,
			want: "minimize: LeastSquares: a sum of squares of 6.27e+06 after 1 steps: allow more, or start nearer to the minimum: not converged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := append([]float64(nil), test.at...)
			fit, err := minimize.LeastSquares(test.f, at, test.cfg)
			got := ""
			if err != nil {
				got = err.Error()
				if !errors.Is(err, minimize.ErrNotConverged) {
					t.Errorf("error %v does not wrap ErrNotConverged", err)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("error: mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.x, fit.X, cmpopts.EquateApprox(1e-7, 1e-9), cmpopts.EquateEmpty()); diff != "" && (test.x != nil || err == nil) {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.at, at); diff != "" {
				t.Errorf("the start was changed: mismatch (-want +got):\n%s", diff)
			}
			if fit.Jacobian.M != len(fit.Residuals) || fit.Jacobian.N != len(fit.X) {
				t.Errorf("a Jacobian of %d × %d for %d residuals and %d unknowns", fit.Jacobian.M, fit.Jacobian.N, len(fit.Residuals), len(fit.X))
			}
		})
	}
}

func TestLeastSquaresErrors(t *testing.T) {
	foreign := graph.New().Var(1)
	fit := func(f func(x []value) []value, cfg minimize.LeastSquaresConfig) func() {
		return func() { _, _ = minimize.LeastSquares(f, []float64{1, 2}, cfg) }
	}
	calls := 0
	tests := []struct {
		want string
		f    func()
	}{
		{"minimize.LeastSquares: got a nil function: pass the function to minimize", fit(nil, minimize.LeastSquaresConfig{})},
		{"minimize.LeastSquares: -1 iterations and a tolerance of 0: want neither below 0, and a tolerance below 1", fit(func(x []value) []value { return x }, minimize.LeastSquaresConfig{Iterations: -1})},
		{"minimize.LeastSquares: 0 iterations and a tolerance of NaN: want neither below 0, and a tolerance below 1", fit(func(x []value) []value { return x }, minimize.LeastSquaresConfig{Tolerance: math.NaN()})},
		{"minimize.LeastSquares: residual 1 is not a value of the graph that the function is called with: compute it from x", fit(func(x []value) []value { return []value{x[0], foreign} }, minimize.LeastSquaresConfig{})},
		{"minimize.LeastSquares: residual 0 is not a value of the graph that the function is called with: compute it from x", fit(func(x []value) []value { return []value{{}} }, minimize.LeastSquaresConfig{})},
		{"minimize.LeastSquares: the function returned 3 residuals, and 2 at another call: return as many at every point", fit(func(x []value) []value {
			if calls++; calls > 2 {
				return []value{x[0], x[1], x[0]}
			}
			return x
		}, minimize.LeastSquaresConfig{})},
	}
	for call := 2; call <= 4; call++ { // for residuals and for a Jacobian in turn
		calls := 0
		tests = append(tests, struct {
			want string
			f    func()
		}{"minimize.LeastSquares: the function returned 1 residuals, and 2 at another call: return as many at every point", fit(func(x []value) []value {
			if calls++; calls >= call {
				return x[:1]
			}
			return []value{ops.AddScalar(ops.Square(x[0]), 1), x[1]}
		}, minimize.LeastSquaresConfig{})})
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, message(test.f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

// TestResidualsThatChange gives the search functions that do something else at one of their calls, whichever it is:
// with a message that names the search, or a fit that fits together.
func TestResidualsThatChange(t *testing.T) {
	usual := func(x []value) []value {
		return []value{ops.AddScalar(x[0], -3), ops.Mul(x[0], x[1]), ops.AddScalar(ops.Exp(x[1]), -2)}
	}
	changes := map[string]func(x []value) []value{
		"more":          func(x []value) []value { return append(usual(x), x[0]) },
		"fewer":         func(x []value) []value { return usual(x)[:2] },
		"none":          func([]value) []value { return nil },
		"as a tensor":   func(x []value) []value { return []value{ops.Stack(0, usual(x)...)} },
		"NaN":           func(x []value) []value { return []value{x[0], ops.MulScalar(x[1], math.NaN()), x[0]} },
		"others":        func(x []value) []value { return []value{x[1], x[0], ops.Sin(x[0])} },
		"constants":     func(x []value) []value { c := x[0].Graph().Const(1); return []value{c, c, c} },
		"zero values":   func([]value) []value { return make([]value, 3) },
		"another graph": func([]value) []value { return usual(graph.New().Vars([]float64{1, 2})) },
		"emptied":       func(x []value) []value { g := x[0].Graph(); g.Reset(); return g.Vars([]float64{1, 2, 3}) },
		"its own search": func(x []value) []value {
			_, _ = minimize.LeastSquares(usual, []float64{1, 1}, minimize.LeastSquaresConfig{})
			return usual(x)
		},
	}
	for name, change := range changes {
		for at := 1; at <= 6; at++ {
			calls := 0
			var fit minimize.Fit
			err := graph.Try(func() {
				fit, _ = minimize.LeastSquares(func(x []value) []value {
					if calls++; calls == at {
						return change(x)
					}
					return usual(x)
				}, []float64{1, 1}, minimize.LeastSquaresConfig{Iterations: 50})
			})
			switch {
			case err != nil && !strings.HasPrefix(err.Error(), "minimize.LeastSquares: ") && !strings.HasPrefix(err.Error(), "autograd.SparseJacobian: "):
				t.Errorf("%s at call %d: %v", name, at, err)
			case err == nil && (fit.Jacobian.M != len(fit.Residuals) || fit.Jacobian.N != len(fit.X)):
				t.Errorf("%s at call %d: a Jacobian of %d × %d for %d residuals and %d unknowns", name, at, fit.Jacobian.M, fit.Jacobian.N, len(fit.Residuals), len(fit.X))
			}
		}
	}
}

// TestCovariance holds the covariance of a straight line's coefficients against the formulas of linear regression.
func TestCovariance(t *testing.T) {
	xs, ys := []float64{1, 2, 3, 4, 5}, []float64{1.1, 1.9, 3.2, 3.9, 5.1}
	fit, err := minimize.LeastSquares(func(b []value) (out []value) {
		for i, x := range xs {
			out = append(out, linear(-ys[i], []float64{1, x}, b[0], b[1]))
		}
		return out
	}, []float64{0, 0}, minimize.LeastSquaresConfig{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := fit.Covariance()
	if err != nil {
		t.Fatal(err)
	}
	const mean, squares, deviations = 3.0, 55.0, 10.0 // of xs: Σx², Σ(x - mean)²
	s2 := fit.Sum / 3
	want := []float64{s2 * squares / 5 / deviations, -s2 * mean / deviations, -s2 * mean / deviations, s2 / deviations}
	got := []float64{c.At(0, 0), c.At(0, 1), c.At(1, 0), c.At(1, 1)}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestCovarianceErrors(t *testing.T) {
	x := func(row, col []int, v []float64) *autograd.Sparse {
		return &autograd.Sparse{M: 3, N: 2, Row: row, Col: col, Value: v}
	}
	tests := []struct {
		name string
		j    *autograd.Sparse
		want string
	}{
		{"as many residuals", &autograd.Sparse{M: 2, N: 2}, "minimize: Covariance: 2 residuals for 2 unknowns: there have to be more residuals than unknowns, and one unknown at least"},
		{"no unknowns", &autograd.Sparse{M: 2}, "minimize: Covariance: 2 residuals for 0 unknowns: there have to be more residuals than unknowns, and one unknown at least"},
		{"an unknown that does not matter", x([]int{0, 1, 2, 2}, []int{0, 0, 0, 1}, []float64{1, 2, 3, 0}), "minimize: Covariance: the residuals do not determine the unknowns: matrix singular or near-singular with condition number +Inf"},
	}
	for _, test := range tests {
		got := ""
		if _, err := (minimize.Fit{Jacobian: test.j, Sum: 1}).Covariance(); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", test.name, diff)
		}
	}
	for want, j := range map[string]*autograd.Sparse{
		"minimize.Fit.Covariance: the fit has no Jacobian: use what minimize.LeastSquares returned":                                                                                     nil,
		"minimize.Fit.Covariance: entry 0 is in row 7 and column 0 of a matrix of 3 × 2: both are counted from 0":                                                                       x([]int{7}, []int{0}, []float64{1}),
		"minimize.Fit.Covariance: a matrix of 3 × 2 with 1 rows, 0 columns and 0 values: give each entry one of each":                                                                   x([]int{0}, nil, nil),
		"minimize.Fit.Covariance: a matrix of 3 × -2 with 0 rows, 0 columns and 0 values: give each entry one of each":                                                                  {M: 3, N: -2},
		"minimize.Fit.Covariance: the matrix of 300000 residuals by 100000 unknowns takes 2.4e+11 bytes: hold some unknowns fast, or factorize the product of the Jacobian with itself": {M: 300_000, N: 100_000},
	} {
		if diff := cmp.Diff(want, message(func() { _, _ = minimize.Fit{Jacobian: j}.Covariance() })); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}
