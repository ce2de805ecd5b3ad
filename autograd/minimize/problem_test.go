package minimize_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/optimize/functions"
)

type value = graph.Value

// sumSquares returns a function of a vector: the sum of the squares of what f makes of its elements.
func sumSquares(f func(x []value) []value) func(x value) value {
	return func(x value) value {
		sum := x.Graph().Const(0)
		for _, r := range f(ops.Unstack(x, 0)) {
			sum = ops.Add(sum, ops.Square(r))
		}
		return sum
	}
}

// linear returns c + Σ cᵢ·xᵢ.
func linear(c float64, cs []float64, xs ...value) value {
	sum := xs[0].Graph().Const(c)
	for i, x := range xs {
		sum = ops.Add(sum, ops.MulScalar(x, cs[i]))
	}
	return sum
}

func less(c float64, x value) value { return ops.AddScalar(ops.Neg(x), c) } // c - x

func expOf(c float64, x value) value { return ops.Exp(ops.MulScalar(x, c)) }

// A written is a function of gonum's, which gives the gradient, and perhaps the Hessian, by formulas.
type written interface {
	Func(x []float64) float64
	Grad(grad, x []float64)
}

// gonums are gonum's test functions as their authors define them: sums of squares.
var gonums = []struct {
	name string
	want written
	at   []float64
	f    func(x []value) (residuals []value)
}{
	{"Beale", functions.Beale{}, []float64{1, 4}, func(x []value) (out []value) {
		for i, c := range []float64{1.5, 2.25, 2.625} {
			out = append(out, less(c, ops.Mul(x[0], less(1, ops.PowScalar(x[1], float64(i+1))))))
		}
		return out
	}},
	{"BiggsEXP6", functions.BiggsEXP6{}, []float64{1, 2, 1, 1, 1, 1}, func(x []value) (out []value) {
		for i := 1; i <= 13; i++ {
			z := float64(i) / 10
			y := math.Exp(-z) - 5*math.Exp(-10*z) + 3*math.Exp(-4*z)
			terms := []value{ops.Mul(x[2], expOf(-z, x[0])), ops.Mul(x[3], expOf(-z, x[1])), ops.Mul(x[5], expOf(-z, x[4]))}
			out = append(out, linear(-y, []float64{1, -1, 1}, terms...))
		}
		return out
	}},
	{"Box3D", functions.Box3D{}, []float64{0, 10, 20}, func(x []value) (out []value) {
		for i := 1; i <= 10; i++ {
			c := -float64(i) / 10
			out = append(out, linear(0, []float64{1, -1, math.Exp(10*c) - math.Exp(c)}, expOf(c, x[0]), expOf(c, x[1]), x[2]))
		}
		return out
	}},
	{"BrownBadlyScaled", functions.BrownBadlyScaled{}, []float64{1, 1}, func(x []value) []value {
		return []value{ops.AddScalar(x[0], -1e6), ops.AddScalar(x[1], -2e-6), ops.AddScalar(ops.Mul(x[0], x[1]), -2)}
	}},
	{"BrownAndDennis", functions.BrownAndDennis{}, []float64{25, 5, -5, -1}, func(x []value) (out []value) {
		for i := 1; i <= 20; i++ {
			c := float64(i) / 5
			f1 := linear(-math.Exp(c), []float64{1, c}, x[0], x[1])
			f2 := linear(-math.Cos(c), []float64{1, math.Sin(c)}, x[2], x[3])
			out = append(out, ops.Add(ops.Square(f1), ops.Square(f2)))
		}
		return out
	}},
	{"ExtendedPowellSingular", functions.ExtendedPowellSingular{}, []float64{3, -1, 0, 3, 3, -1, 0, 3}, func(x []value) (out []value) {
		for ; len(x) > 0; x = x[4:] {
			out = append(out, linear(0, []float64{1, 10}, x[0], x[1]), ops.MulScalar(ops.Sub(x[2], x[3]), math.Sqrt(5)),
				ops.Square(linear(0, []float64{1, -2}, x[1], x[2])), ops.MulScalar(ops.Square(ops.Sub(x[0], x[3])), math.Sqrt(10)))
		}
		return out
	}},
	{"ExtendedRosenbrock", functions.ExtendedRosenbrock{}, []float64{-1.2, 1, -1.2, 1}, func(x []value) (out []value) {
		for i := range x[1:] {
			out = append(out, less(1, x[i]), ops.MulScalar(ops.Sub(x[i+1], ops.Square(x[i])), 10))
		}
		return out
	}},
	{"HelicalValley", functions.HelicalValley{}, []float64{-1, 0, 0}, func(x []value) []value {
		theta := ops.MulScalar(ops.Atan(ops.Div(x[1], x[0])), 0.5/math.Pi)
		if x[0].Item() < 0 {
			theta = ops.AddScalar(theta, 0.5)
		}
		return []value{linear(0, []float64{10, -100}, x[2], theta), linear(-10, []float64{10}, ops.Hypot(x[0], x[1])), x[2]}
	}},
	{"PenaltyI", functions.PenaltyI{}, []float64{1, 2, 3, 4}, func(x []value) (out []value) {
		s := x[0].Graph().Const(-0.25)
		for _, v := range x {
			out = append(out, ops.MulScalar(ops.AddScalar(v, -1), math.Sqrt(1e-5)))
			s = ops.Add(s, ops.Square(v))
		}
		return append(out, s)
	}},
	{"PowellBadlyScaled", functions.PowellBadlyScaled{}, []float64{0.1, 1}, func(x []value) []value {
		return []value{ops.AddScalar(ops.MulScalar(ops.Mul(x[0], x[1]), 1e4), -1), linear(-1.0001, []float64{1, 1}, expOf(-1, x[0]), expOf(-1, x[1]))}
	}},
	{"Trigonometric", functions.Trigonometric{}, []float64{.2, .2, .2, .3, .1}, func(x []value) (out []value) {
		s := x[0].Graph().Const(0)
		for _, v := range x {
			s = ops.Add(s, ops.Cos(v))
		}
		for i, v := range x {
			out = append(out, linear(float64(len(x)+i+1), []float64{-float64(i + 1), -1, -1}, ops.Cos(v), ops.Sin(v), s))
		}
		return out
	}},
	{"VariablyDimensioned", functions.VariablyDimensioned{}, []float64{.9, .8, .7, .6}, func(x []value) (out []value) {
		s := x[0].Graph().Const(0)
		for i, v := range x {
			out = append(out, ops.AddScalar(v, -1))
			s = ops.Add(s, ops.MulScalar(ops.AddScalar(v, -1), float64(i+1)))
		}
		return append(out, s, ops.Square(s))
	}},
	{"Watson", functions.Watson{}, []float64{.1, -.2, .3, .4, .5, -.6}, func(x []value) (out []value) {
		for i := 1; i <= 29; i++ {
			d := float64(i) / 29
			s1, s2 := x[0].Graph().Const(0), x[0].Graph().Const(0)
			for j, v := range x {
				if j > 0 {
					s1 = ops.Add(s1, ops.MulScalar(v, float64(j)*math.Pow(d, float64(j-1))))
				}
				s2 = ops.Add(s2, ops.MulScalar(v, math.Pow(d, float64(j))))
			}
			out = append(out, linear(-1, []float64{1, -1}, s1, ops.Square(s2)))
		}
		return append(out, x[0], linear(-1, []float64{1, -1}, x[1], ops.Square(x[0])))
	}},
	{"Wood", functions.Wood{}, []float64{-3, -1, -3, -1}, func(x []value) []value {
		return []value{
			ops.MulScalar(ops.Sub(x[1], ops.Square(x[0])), 10), less(1, x[0]),
			ops.MulScalar(ops.Sub(x[3], ops.Square(x[2])), math.Sqrt(90)), less(1, x[2]),
			linear(-2*math.Sqrt(10), []float64{math.Sqrt(10), math.Sqrt(10)}, x[1], x[3]), ops.MulScalar(ops.Sub(x[1], x[3]), math.Sqrt(.1)),
		}
	}},
}

// TestGonumFunctions holds that gonum's test functions have the gradients and Hessians that gonum writes by hand.
func TestGonumFunctions(t *testing.T) {
	for _, test := range gonums {
		t.Run(test.name, func(t *testing.T) {
			p := minimize.Problem(sumSquares(test.f))
			n := len(test.at)
			rng := rand.New(rand.NewPCG(1, 2))
			for range 10 {
				at := make([]float64, n)
				for i, v := range test.at {
					at[i] = v + 0.3*rng.NormFloat64()
				}
				near := cmpopts.EquateApprox(1e-9, 1e-9)
				if diff := cmp.Diff(test.want.Func(at), p.Func(at), near); diff != "" {
					t.Errorf("value: mismatch (-want +got):\n%s", diff)
				}
				got, want := make([]float64, n), make([]float64, n)
				p.Grad(got, at)
				test.want.Grad(want, at)
				if diff := cmp.Diff(want, got, near); diff != "" {
					t.Errorf("gradient: mismatch (-want +got):\n%s", diff)
				}
				hess := mat.NewSymDense(n, nil)
				p.Hess(hess, at)
				checkHessian(t, test.want, at, hess)
			}
		})
	}
}

// checkHessian holds a Hessian against the one that gonum writes by hand, or where it does not against differences of the
// gradient that it does write. Beale's Hessian of gonum's 0.17 has x₁ where its Func has x₀.
func checkHessian(t *testing.T, f written, at []float64, got *mat.SymDense) {
	t.Helper()
	n, tolerance := len(at), 1e-9
	want := mat.NewSymDense(n, nil)
	if h, ok := f.(interface {
		Hess(dst *mat.SymDense, x []float64)
	}); ok && f != (functions.Beale{}) {
		h.Hess(want, at)
	} else {
		tolerance = 1e-5
		lo, hi := make([]float64, n), make([]float64, n)
		for i, v := range at {
			const step = 1e-6
			at[i] = v - step
			f.Grad(lo, at)
			at[i] = v + step
			f.Grad(hi, at)
			at[i] = v
			for j := range i + 1 {
				want.SetSym(i, j, (hi[j]-lo[j])/(2*step))
			}
		}
	}
	if !mat.EqualApprox(want, got, tolerance) {
		t.Errorf("Hessian: got\n%v, want\n%v", mat.Formatted(got), mat.Formatted(want))
	}
}

// TestMinimize runs gonum's methods on Rosenbrock's function.
func TestMinimize(t *testing.T) {
	rosenbrock := gonums[6]
	for name, method := range map[string]optimize.Method{"BFGS": &optimize.BFGS{}, "LBFGS": &optimize.LBFGS{}, "CG": &optimize.CG{}, "Newton": &optimize.Newton{}} {
		r, err := optimize.Minimize(minimize.Problem(sumSquares(rosenbrock.f)), []float64{-1.2, 1, -1.2, 1}, &optimize.Settings{GradientThreshold: 1e-8}, method)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff([]float64{1, 1, 1, 1}, r.X, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
}

// TestSharedRecording holds that value, gradient and Hessian of one point record the function once, and that another
// point is told from it, -0 from 0 too.
func TestSharedRecording(t *testing.T) {
	calls := 0
	p := minimize.Problem(func(x value) value {
		calls++
		return ops.Sum(ops.Div(x.Graph().Const(1), x))
	})
	at, grad, hess := []float64{2, 4}, make([]float64, 2), mat.NewSymDense(2, nil)
	for range 2 {
		if v := p.Func(at); v != 0.75 {
			t.Errorf("value %v, want 0.75", v)
		}
		p.Grad(grad, at)
		p.Hess(hess, at)
		p.Grad(grad, at)
		if diff := cmp.Diff([]float64{-0.25, -0.0625}, grad); diff != "" {
			t.Errorf("gradient: mismatch (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]float64{0.25, 0, 0, 0.03125}, mat.DenseCopyOf(hess).RawMatrix().Data); diff != "" {
			t.Errorf("Hessian: mismatch (-want +got):\n%s", diff)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
	at[0] = 1 // in place
	if v := p.Func(at); v != 1.25 || calls != 2 {
		t.Errorf("at another point: value %v after %d calls, want 1.25 after 2", v, calls)
	}
	zero, negative := p.Func([]float64{0, 1}), p.Func([]float64{math.Copysign(0, -1), 1})
	if !math.IsInf(zero, 1) || !math.IsInf(negative, -1) {
		t.Errorf("at 0 and -0: got %v and %v", zero, negative)
	}
	if v := p.Func([]float64{math.NaN(), 1}); v == v {
		t.Errorf("at NaN: got %v", v)
	}
}

// TestConcurrentProblem calls a problem from several goroutines, as gonum's concurrent methods do.
func TestConcurrentProblem(t *testing.T) {
	p := minimize.Problem(func(x value) value { return ops.Sum(ops.Square(x)) })
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			at, grad := []float64{float64(k)}, make([]float64, 1)
			for range 50 {
				v := p.Func(at)
				p.Grad(grad, at)
				if v != at[0]*at[0] || grad[0] != 2*at[0] {
					t.Errorf("at %v: value %v, gradient %v", at[0], v, grad[0])
				}
			}
		})
	}
	wg.Wait()
}

func message(f func()) string {
	if err := graph.Try(f); err != nil {
		return err.Error()
	}
	return ""
}

func TestProblemErrors(t *testing.T) {
	foreign := graph.New().Var(1)
	at := func(f func(x value) value) func() {
		return func() { minimize.Problem(f).Func([]float64{1, 2}) }
	}
	square := minimize.Problem(func(x value) value { return ops.Sum(ops.Square(x)) })
	tests := []struct {
		want string
		f    func()
	}{
		{"minimize.Problem: got a nil function: pass the function to minimize", func() { minimize.Problem(nil) }},
		{"minimize.Problem: the function returned the zero graph.Value: return the value that it computes", at(func(value) value { return value{} })},
		{"minimize.Problem: the function returned a value of another graph: compute the result from the value that it is called with", at(func(value) value { return foreign })},
		{"minimize.Problem: the function returned a value of shape (2), not a scalar: reduce it with ops.Sum or ops.Mean", at(func(x value) value { return x })},
		{"minimize.Problem: a gradient of 1 numbers at a point of 2: give one for each", func() { square.Grad(make([]float64, 1), make([]float64, 2)) }},
		{"minimize.Problem: a Hessian of another size than the point of 2 numbers: make it with mat.NewSymDense(2, nil)", func() { square.Hess(mat.NewSymDense(3, nil), make([]float64, 2)) }},
		{"minimize.Problem: a Hessian of another size than the point of 2 numbers: make it with mat.NewSymDense(2, nil)", func() { square.Hess(nil, make([]float64, 2)) }},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, message(test.f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

// TestAfterAPanic holds that a function that panics at one point does not spoil the next.
func TestAfterAPanic(t *testing.T) {
	p := minimize.Problem(func(x value) value {
		if x.Tensor().At(0) < 0 {
			return ops.MatMul(x, ops.Reshape(x, 1, 2))
		}
		return ops.Sum(x)
	})
	for range 2 {
		if err := graph.Try(func() { p.Func([]float64{-1, 1}) }); err == nil {
			t.Error("no error")
		}
		if v := p.Func([]float64{1, 2}); v != 3 {
			t.Errorf("got %v, want 3", v)
		}
	}
}
