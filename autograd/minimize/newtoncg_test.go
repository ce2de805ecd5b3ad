package minimize_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// rosenbrock is Rosenbrock's function on a tensor.
func rosenbrock(x value) value {
	n := x.Len()
	a, b := ops.Slice(x, 0, 0, n-1), ops.Slice(x, 0, 1, n)
	valley := ops.Sum(ops.Square(ops.Sub(b, ops.Square(a))))
	return ops.Add(ops.MulScalar(valley, 100), ops.Sum(ops.Square(ops.AddScalar(a, -1))))
}

// wells has two minima for each unknown, between which its curvature is negative, and holds neighbours together.
func wells(x value) value {
	n := x.Len()
	apart := ops.Sub(ops.Slice(x, 0, 1, n), ops.Slice(x, 0, 0, n-1))
	return ops.Add(ops.Sum(ops.Square(ops.AddScalar(ops.Square(x), -1))), ops.MulScalar(ops.Sum(ops.Square(apart)), 0.5))
}

// TestNewtonCGGonum minimizes gonum's test functions, and holds that the point is a minimum as they have it.
func TestNewtonCGGonum(t *testing.T) {
	for _, test := range gonums {
		t.Run(test.name, func(t *testing.T) {
			start := test.at
			if known, ok := minima[test.name]; ok {
				start = known.start
			}
			p, product := minimize.ProblemAndProduct(sumSquares(test.f))
			m := &minimize.NewtonCG{Product: product}
			before := test.want.Func(start)
			r, err := optimize.Minimize(p, start, &optimize.Settings{Converger: optimize.NeverTerminate{}, MajorIterations: 2000}, m)
			// Where the minimum is not 0, rounding ends the line search before the gradient is below 1e-12.
			if err != nil && !errors.Is(err, optimize.ErrLinesearcherFailure) && !errors.Is(err, optimize.ErrNoProgress) {
				t.Fatal(err)
			}
			if r.F > before {
				t.Errorf("from %v to %v", before, r.F)
			}
			if g := floats.Norm(r.Gradient, math.Inf(1)); g > 1e-5*max(1, r.F) {
				t.Errorf("a gradient of %g after %d steps, at a value of %g", g, r.MajorIterations, r.F)
			}
		})
	}
}

// TestProduct holds products against the Hessian, for functions of scalars and of tensors, linear and constant ones too.
func TestProduct(t *testing.T) {
	type test struct {
		name string
		at   []float64
		f    func(x value) value
	}
	tests := []test{
		{"rosenbrock", []float64{-1.2, 1, 0.5, 2}, rosenbrock},
		{"linear", []float64{1, 2}, ops1(ops.Sum)},
		{"constant", []float64{1, 2}, func(x value) value { return x.Graph().Const(3) }},
		{"empty", nil, ops1(ops.Sum)},
	}
	for _, g := range gonums {
		tests = append(tests, test{g.name, g.at, sumSquares(g.f)})
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, test := range tests {
		n := len(test.at)
		p, product := minimize.ProblemAndProduct(test.f)
		dir, got, want := make([]float64, n), make([]float64, n), make([]float64, n)
		if n > 0 {
			hess := mat.NewSymDense(n, nil)
			p.Hess(hess, test.at)
			for i := range dir {
				dir[i] = rng.NormFloat64()
			}
			mat.NewVecDense(n, want).MulVec(hess, mat.NewVecDense(n, dir))
		}
		product(got, test.at, dir)
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", test.name, diff)
		}
	}
}

func ops1(f func(x value, axes ...int) value) func(x value) value {
	return func(x value) value { return f(x) }
}

// TestSharedGradient holds that value, gradient, Hessian and all products of one point record the function once, and that
// products follow the point.
func TestSharedGradient(t *testing.T) {
	calls := 0
	p, product := minimize.ProblemAndProduct(func(x value) value {
		calls++
		return ops.Sum(ops.Mul(x, ops.Square(x)))
	})
	at, got, hess := []float64{2, 4}, make([]float64, 2), mat.NewSymDense(2, nil)
	for range 3 {
		p.Func(at)
		product(got, at, []float64{1, -1})
		if diff := cmp.Diff([]float64{12, -24}, got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
		p.Grad(got, at)
		if diff := cmp.Diff([]float64{12, 48}, got); diff != "" {
			t.Errorf("gradient: mismatch (-want +got):\n%s", diff)
		}
		p.Hess(hess, at)
	}
	if calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
	product(got, []float64{1, 1}, []float64{1, -1})
	if diff := cmp.Diff([]float64{6, -6}, got); diff != "" || calls != 2 {
		t.Errorf("at another point, %d calls: mismatch (-want +got):\n%s", calls, diff)
	}
}

// TestNewtonCGLarge minimizes functions whose Hessian would not fit into memory.
func TestNewtonCGLarge(t *testing.T) {
	const n = 100_000
	rng := rand.New(rand.NewPCG(5, 6))
	near, apart := make([]float64, n), make([]float64, n)
	for i := range n {
		near[i], apart[i] = 1+0.05*rng.NormFloat64(), rng.NormFloat64()
	}
	for _, test := range []struct {
		name  string
		f     func(x value) value
		start []float64
	}{{"rosenbrock", rosenbrock, near}, {"wells", wells, apart[:n/5]}} {
		p, product := minimize.ProblemAndProduct(test.f)
		m := &minimize.NewtonCG{Product: product}
		r, err := optimize.Minimize(p, test.start, &optimize.Settings{GradientThreshold: 1e-6, Converger: optimize.NeverTerminate{}, MajorIterations: 200}, m)
		if err != nil || r.Status != optimize.GradientThreshold {
			t.Errorf("%s: %v, %v after %d steps and %d products", test.name, err, r.Status, r.MajorIterations, m.Products())
		}
	}
}

// TestNewtonCGSaddle starts where the curvature is negative in the first direction, and in a later one.
func TestNewtonCGSaddle(t *testing.T) {
	saddle := func(x value) value { // (x² - 1)² + 3·y², with its minima at (±1, 0)
		a, b := ops.Index(x, 0), ops.Index(x, 1)
		return ops.Add(ops.Square(ops.AddScalar(ops.Square(a), -1)), ops.MulScalar(ops.Square(b), 3))
	}
	for _, start := range [][]float64{{0.1, 0}, {0.1, 1}, {-0.01, 0.3}} {
		p, product := minimize.ProblemAndProduct(saddle)
		m := &minimize.NewtonCG{Product: product}
		for range 2 { // a method may be used again
			r, err := optimize.Minimize(p, start, nil, m)
			if err != nil {
				t.Fatalf("from %v: %v", start, err)
			}
			got := []float64{math.Abs(r.X[0]), r.X[1]}
			if diff := cmp.Diff([]float64{1, 0}, got, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
				t.Errorf("from %v: mismatch (-want +got):\n%s", start, diff)
			}
		}
	}
}

// TestNewtonCGQuadratic holds that a direction takes no more products than it is allowed, and that Newton's equations are
// solved in as many as the Hessian has eigenvalues.
func TestNewtonCGQuadratic(t *testing.T) {
	f := func(x value) value { // eigenvalues 2 and 20
		return ops.Add(ops.Sum(ops.Square(x)), ops.MulScalar(ops.Sum(ops.Square(ops.Slice(x, 0, 0, 3))), 9))
	}
	start := []float64{1, 2, 3, 4, 5, 6}
	for _, most := range []int{0, 1, 2} {
		p, product := minimize.ProblemAndProduct(f)
		m := &minimize.NewtonCG{Product: product, MostProducts: most}
		r, err := optimize.Minimize(p, start, &optimize.Settings{Converger: optimize.NeverTerminate{}, GradientThreshold: 1e-9, MajorIterations: 500}, m)
		if err != nil || r.Status != optimize.GradientThreshold {
			t.Errorf("at most %d: %v, %v", most, err, r.Status)
		}
		if directions := r.MajorIterations; most > 0 && m.Products() > most*directions || m.Products() > 2*directions {
			t.Errorf("at most %d: %d products for %d directions", most, m.Products(), directions)
		}
	}
}

// TestNewtonCGEnds holds how a run ends.
func TestNewtonCGEnds(t *testing.T) {
	p, product := minimize.ProblemAndProduct(rosenbrock)
	wrong := graph.Errorf("test", graph.ErrUsage, "no product")
	tests := []struct {
		name     string
		product  func(dst, x, dir []float64)
		settings optimize.Settings
		start    []float64
		status   optimize.Status
		err      error
	}{
		{"at the minimum", product, optimize.Settings{}, []float64{1, 1}, optimize.GradientThreshold, nil},
		{"small gradient", product, optimize.Settings{Converger: optimize.NeverTerminate{}}, []float64{1.1, 1}, optimize.GradientThreshold, nil},
		{"steps", product, optimize.Settings{MajorIterations: 3}, []float64{-1.2, 1}, optimize.IterationLimit, nil},
		{"evaluations", product, optimize.Settings{FuncEvaluations: 1}, []float64{-1.2, 1}, optimize.FunctionEvaluationLimit, nil},
		{"products of NaN", func(dst, _, _ []float64) { dst[0], dst[1] = math.NaN(), 1 }, optimize.Settings{MajorIterations: 3}, []float64{-1.2, 1}, optimize.IterationLimit, nil},
		{"products of 0", func(dst, _, _ []float64) { clear(dst) }, optimize.Settings{MajorIterations: 3}, []float64{-1.2, 1}, optimize.IterationLimit, nil},
		{"no product", func(_, _, _ []float64) { panic(wrong) }, optimize.Settings{}, []float64{-1.2, 1}, optimize.Failure, wrong},
		{"an infinite value", product, optimize.Settings{}, []float64{1e200, 1}, optimize.Failure, optimize.ErrFunc(math.Inf(1))},
	}
	for _, test := range tests {
		r, err := optimize.Minimize(p, test.start, &test.settings, &minimize.NewtonCG{Product: test.product})
		if r.Status != test.status || !errors.Is(err, test.err) {
			t.Errorf("%s: got %v, %v, want %v, %v", test.name, r.Status, err, test.status, test.err)
		}
	}
	// Values that are known at the start are not asked for again.
	gradient := make([]float64, 2)
	p.Grad(gradient, []float64{-1.2, 1})
	known := &optimize.Location{F: p.Func([]float64{-1.2, 1}), Gradient: gradient}
	r, err := optimize.Minimize(p, []float64{-1.2, 1}, &optimize.Settings{InitValues: known, MajorIterations: 1}, &minimize.NewtonCG{Product: product})
	if err != nil || r.FuncEvaluations != 0 || r.GradEvaluations != 0 {
		t.Errorf("%v after %d evaluations and %d gradients, want none", err, r.FuncEvaluations, r.GradEvaluations)
	}
}

func TestNewtonCGErrors(t *testing.T) {
	p, product := minimize.ProblemAndProduct(rosenbrock)
	run := func(m minimize.NewtonCG) func() {
		return func() { _, _ = optimize.Minimize(p, []float64{1, 2}, nil, &m) }
	}
	direction := func(unknowns, gradient, room int) func() {
		return func() {
			m := &minimize.NewtonCG{Product: product}
			m.Init(unknowns, 1)
			m.InitDirection(&optimize.Location{X: make([]float64, 2), Gradient: make([]float64, gradient)}, make([]float64, room))
		}
	}
	tests := []struct {
		want string
		f    func()
	}{
		{"minimize.ProblemAndProduct: got a nil function: pass the function to minimize", func() { minimize.ProblemAndProduct(nil) }},
		{"minimize.NewtonCG: Product is nil: set it to the second result of minimize.ProblemAndProduct, or to a function of your own", run(minimize.NewtonCG{})},
		{"minimize.NewtonCG: Product is nil: set it to the second result of minimize.ProblemAndProduct, or to a function of your own", func() { _, _ = (*minimize.NewtonCG)(nil).Uses(optimize.Available{Grad: true}) }},
		{"minimize.NewtonCG: got a nil *minimize.NewtonCG: give one with Product set", func() { (*minimize.NewtonCG)(nil).Products() }},
		{"minimize.NewtonCG: got a nil *minimize.NewtonCG: give one with Product set", func() { (*minimize.NewtonCG)(nil).Status() }},
		{"minimize.NewtonCG.Init: -1 unknowns: give how many there are", func() { new(minimize.NewtonCG).Init(-1, 1) }},
		{"minimize.NewtonCG.NextDirection: a point of 2 numbers, a gradient of 2 and room for a direction of 2 in a run for 0 unknowns: begin the run with NewtonCG.Init, or leave it to optimize.Minimize", direction(0, 2, 2)},
		{"minimize.NewtonCG.NextDirection: a point of 2 numbers, a gradient of 1 and room for a direction of 2 in a run for 2 unknowns: begin the run with NewtonCG.Init, or leave it to optimize.Minimize", direction(2, 1, 2)},
		{"minimize.NewtonCG.NextDirection: a point of 2 numbers, a gradient of 2 and room for a direction of 3 in a run for 2 unknowns: begin the run with NewtonCG.Init, or leave it to optimize.Minimize", direction(2, 2, 3)},
		{"minimize.NewtonCG: -1 products at most and a gradient threshold of 0: want neither below 0", run(minimize.NewtonCG{Product: product, MostProducts: -1})},
		{"minimize.ProblemAndProduct: a direction of 1 numbers and room for a product of 2 at a point of 2: give one for each", func() { product(make([]float64, 2), make([]float64, 2), make([]float64, 1)) }},
		{"minimize.ProblemAndProduct: a direction of 2 numbers and room for a product of 0 at a point of 2: give one for each", func() { product(nil, make([]float64, 2), make([]float64, 2)) }},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, message(test.f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	if _, err := (&minimize.NewtonCG{Product: product}).Uses(optimize.Available{}); err != optimize.ErrMissingGrad {
		t.Errorf("without a gradient: got %v, want %v", err, optimize.ErrMissingGrad)
	}
}
