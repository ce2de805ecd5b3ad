package minimize_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/functions"
)

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
	{"BiggsEXP2", functions.BiggsEXP2{}, []float64{1, 2}, func(x []value) (out []value) {
		for i := 1; i <= 10; i++ {
			z := float64(i) / 10
			out = append(out, linear(5*math.Exp(-10*z)-math.Exp(-z), []float64{1, -5}, expOf(-z, x[0]), expOf(-z, x[1])))
		}
		return out
	}},
	{"BiggsEXP3", functions.BiggsEXP3{}, []float64{1, 2, 1}, func(x []value) (out []value) {
		for i := 1; i <= 10; i++ {
			z := float64(i) / 10
			out = append(out, linear(5*math.Exp(-10*z)-math.Exp(-z), []float64{1, -1}, expOf(-z, x[0]), ops.Mul(x[2], expOf(-z, x[1]))))
		}
		return out
	}},
	{"BiggsEXP4", functions.BiggsEXP4{}, []float64{1, 2, 1, 1}, func(x []value) (out []value) {
		for i := 1; i <= 10; i++ {
			z := float64(i) / 10
			out = append(out, linear(5*math.Exp(-10*z)-math.Exp(-z), []float64{1, -1}, ops.Mul(x[2], expOf(-z, x[0])), ops.Mul(x[3], expOf(-z, x[1]))))
		}
		return out
	}},
	{"BiggsEXP5", functions.BiggsEXP5{}, []float64{1, 2, 1, 1, 1}, func(x []value) (out []value) {
		for i := 1; i <= 11; i++ {
			z := float64(i) / 10
			y := math.Exp(-z) - 5*math.Exp(-10*z) + 3*math.Exp(-4*z)
			out = append(out, linear(-y, []float64{1, -1, 3}, ops.Mul(x[2], expOf(-z, x[0])), ops.Mul(x[3], expOf(-z, x[1])), expOf(-z, x[4])))
		}
		return out
	}},
	{"Gaussian", functions.Gaussian{}, []float64{0.4, 1, 0}, func(x []value) (out []value) {
		ys := []float64{0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989}
		for i := 1; i <= 15; i++ {
			e := ops.Exp(ops.MulScalar(ops.Mul(x[1], ops.Square(less(0.5*float64(8-i), x[2]))), -0.5))
			out = append(out, ops.AddScalar(ops.Mul(x[0], e), -ys[min(i, 16-i)-1]))
		}
		return out
	}},
	{"GulfResearchAndDevelopment", functions.GulfResearchAndDevelopment{}, []float64{5, 2.5, 0.15}, func(x []value) (out []value) {
		for i := 1; i <= 99; i++ {
			arg := float64(i) / 100
			r := less(math.Pow(-50*math.Log(arg), 2./3)+25, x[1])
			out = append(out, ops.AddScalar(expOf(-1, ops.Div(ops.Pow(ops.Abs(r), x[2]), x[0])), -arg))
		}
		return out
	}},
	{"PenaltyII", functions.PenaltyII{}, []float64{0.5, 0.5, 0.5, 0.5}, func(x []value) (out []value) {
		small := math.Sqrt(1e-5)
		s := x[0].Graph().Const(-1)
		for i, v := range x {
			s = ops.Add(s, ops.MulScalar(ops.Square(v), float64(len(x)-i)))
			if i > 0 {
				y := math.Exp(float64(i+1)/10) + math.Exp(float64(i)/10)
				out = append(out, linear(-small*y, []float64{small, small}, expOf(0.1, v), expOf(0.1, x[i-1])), linear(-small*math.Exp(-0.1), []float64{small}, expOf(0.1, v)))
			}
		}
		return append(out, ops.AddScalar(x[0], -0.2), s)
	}},
	{"Sphere", functions.Sphere{}, []float64{1, -2, 3}, func(x []value) []value { return x }},
}

// A returning is a function of gonum's whose gradient is a result too.
type returning struct {
	f interface {
		Func(x []float64) float64
		Grad(grad, x []float64) []float64
	}
}

func (r returning) Func(x []float64) float64 { return r.f.Func(x) }
func (r returning) Grad(grad, x []float64)   { r.f.Grad(grad, x) }

type function struct {
	name string
	want written
	at   []float64
	f    func(x value) value
}

// others are those of gonum's functions with a gradient that are no sums of squares.
var others = []function{
	{"Linear", returning{functions.Linear{}}, []float64{1, 2, 3}, func(x value) value { return ops.Sum(x) }},
	{"ConcaveRight", functions.ConcaveRight{}, []float64{1}, func(x value) value {
		return ops.Sum(ops.Neg(ops.Div(x, ops.AddScalar(ops.Square(x), 2))))
	}},
	{"ConcaveLeft", functions.ConcaveLeft{}, []float64{1}, func(x value) value {
		return ops.Sum(ops.Mul(ops.PowScalar(ops.AddScalar(x, 0.004), 4), ops.AddScalar(x, -1.996)))
	}},
	{"Plassmann", functions.Plassmann{L: 39, Beta: 0.25}, []float64{1}, func(x value) value {
		const beta, l = 0.25, 39
		wave := ops.MulScalar(ops.Sin(ops.MulScalar(x, l*math.Pi/2)), 2*(1-beta)/l/math.Pi)
		d := ops.AddScalar(x, -1)
		bowl := ops.AddScalar(ops.MulScalar(ops.Square(d), 0.5/beta), 0.5*beta)
		near := ops.Le(ops.Abs(d), x.Graph().Const(beta))
		return ops.Sum(ops.Add(wave, ops.Where(near, bowl, ops.Abs(d))))
	}},
	{"YanaiOzawaKaneko", functions.YanaiOzawaKaneko{Beta1: 0.1, Beta2: 0.3}, []float64{0.5}, func(x value) value {
		const b1, b2 = 0.1, 0.3
		root := func(d value, b float64) value { return ops.Sqrt(ops.AddScalar(ops.Square(d), b*b)) }
		g := func(b float64) float64 { return math.Sqrt(1+b*b) - b }
		return ops.Sum(ops.Add(ops.MulScalar(root(ops.AddScalar(x, -1), b2), g(b1)), ops.MulScalar(root(x, b1), g(b2))))
	}},
	{"MinimalSurface", returning{surface}, surface.InitX(), func(x value) value {
		nx, ny := surface.Dims()
		hx, hy := surface.Steps()
		at := func(i, j int) float64 { return surface.ExactSolution(float64(i)*hx-0.5, float64(j)*hy-0.5) }
		line := func(j int) value { // a whole one at the edge
			line := tensor.New(tensor.Float64, 1, nx)
			for i := range nx {
				line.SetAt(at(i, j), 0, i)
			}
			return x.Graph().ConstTensor(line)
		}
		side := func(i int) value {
			side := tensor.New(tensor.Float64, ny-2, 1)
			for j := range ny - 2 {
				side.SetAt(at(i, j+1), j, 0)
			}
			return x.Graph().ConstTensor(side)
		}
		v := ops.Concat(0, line(0), ops.Concat(1, side(0), ops.Reshape(x, ny-2, nx-2), side(nx-1)), line(ny-1))
		dx := ops.MulScalar(ops.Sub(ops.Slice(v, 1, 1, nx), ops.Slice(v, 1, 0, nx-1)), 1/hx)
		dy := ops.MulScalar(ops.Sub(ops.Slice(v, 0, 1, ny), ops.Slice(v, 0, 0, ny-1)), 1/hy)
		area := func(dx, dy value) value {
			return ops.Sum(ops.Sqrt(ops.AddScalar(ops.Add(ops.Square(dx), ops.Square(dy)), 1)))
		}
		lower := area(ops.Slice(dx, 0, 0, ny-1), ops.Slice(dy, 1, 0, nx-1))
		upper := area(ops.Slice(dx, 0, 1, ny), ops.Slice(dy, 1, 1, nx))
		return ops.MulScalar(ops.Add(lower, upper), 0.5*hx*hy)
	}},
}

var surface = functions.NewMinimalSurface(5, 6)

// TestGonumFunctions holds that gonum's test functions, all that have a gradient, have the gradients and Hessians that
// gonum writes by hand.
func TestGonumFunctions(t *testing.T) {
	tests := slices.Clone(others)
	for _, g := range gonums {
		tests = append(tests, function{g.name, g.want, g.at, sumSquares(g.f)})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := minimize.Problem(test.f)
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
