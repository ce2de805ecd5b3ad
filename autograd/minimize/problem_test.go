package minimize_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

type value = graph.Value

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

// TestNestedProblem holds that a function may ask the problem it belongs to for values and derivatives elsewhere.
func TestNestedProblem(t *testing.T) {
	var p optimize.Problem
	var product func(dst, x, dir []float64)
	f := func(x value) value { // x⁴ and, above 0, its own value at x - 1
		at := x.Tensor().Float64s()
		y := ops.Square(ops.Square(ops.Index(x, 0)))
		if at[0] <= 0 {
			return y
		}
		at[0]--
		grad, hess, hd := make([]float64, 1), mat.NewSymDense(1, nil), make([]float64, 1)
		v := p.Func(at)
		p.Grad(grad, at)
		p.Hess(hess, at)
		product(hd, at, []float64{1})
		second := 12 * square(at[0])
		if diff := cmp.Diff([]float64{4 * at[0] * square(at[0]), second, second}, []float64{grad[0], hess.At(0, 0), hd[0]}); diff != "" {
			t.Errorf("inside, at %v: mismatch (-want +got):\n%s", at, diff)
		}
		return ops.AddScalar(y, v)
	}
	p, product = minimize.ProblemAndProduct(f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		grad := make([]float64, 1)
		for _, test := range []struct{ x, want float64 }{{3, 81 + 16 + 1}, {1, 1}, {3, 81 + 16 + 1}, {0.5, 0.125}} {
			at := []float64{test.x}
			p.Grad(grad, at)
			if v := p.Func(at); v != test.want || grad[0] != 4*test.x*square(test.x) {
				t.Errorf("at %v: %v, want %v; gradient %v", test.x, v, test.want, grad[0])
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the function waits for itself")
	}
}

// TestMeetingProblem holds that two calls can be in the function at the same time.
func TestMeetingProblem(t *testing.T) {
	here := make(chan struct{})
	p := minimize.Problem(func(x value) value {
		select {
		case here <- struct{}{}:
		case <-here:
		case <-time.After(30 * time.Second):
			t.Error("no other call came")
		}
		return ops.Sum(ops.Square(x))
	})
	var wg sync.WaitGroup
	for k := range 2 {
		wg.Go(func() {
			if v, want := p.Func([]float64{float64(k + 2)}), square(float64(k+2)); v != want {
				t.Errorf("got %v, want %v", v, want)
			}
		})
	}
	wg.Wait()
}

// TestNestedAllocations holds that a function which asks its problem at another point does not have a graph made each time.
func TestNestedAllocations(t *testing.T) {
	count := func(nested bool) float64 {
		var p optimize.Problem
		inner, inside := []float64{0, 0}, false
		p = minimize.Problem(func(x value) value {
			if nested && !inside {
				inside = true
				inner[0]++
				p.Func(inner)
				inside = false
			}
			return ops.Sum(ops.Square(x))
		})
		at := []float64{1, 2}
		return testing.AllocsPerRun(100, func() { at[0]++; p.Func(at) })
	}
	if plain, nested := count(false), count(true); nested > 2*plain {
		t.Errorf("a point allocates %v times, and with another one in it %v times", plain, nested)
	}
}

func square(x float64) float64 { return x * x }

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
		{"minimize.Problem: value %1 was recorded before the graph's Reset: record it again, or keep its numbers with Value.Tensor before Reset", at(func(x value) value {
			g := x.Graph()
			g.Reset()
			return ops.Sin(g.Var(1))
		})},
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
