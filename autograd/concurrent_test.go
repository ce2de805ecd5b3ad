package autograd_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestConcurrentCalls calls the functions that record on graphs of their own from several goroutines at once, between
// calls that end in a panic, and holds that each returns what it returns alone. It is for the race detector, too.
func TestConcurrentCalls(t *testing.T) {
	f := func(x graph.Value) graph.Value {
		if v, dv := autograd.ValueAndGrad(func(u graph.Value) graph.Value { return ops.Sum(ops.Square(u)) }, []float64{1, 2}); v != 5 || dv[1] != 4 {
			panic("the inner gradient is another one")
		}
		return ops.Sum(ops.Exp(ops.Sin(x)))
	}
	at, dir := []float64{0.3, -0.7, 1.1}, []float64{1, 2, -1}
	scalars := func(x []graph.Value) graph.Value { return f(ops.Stack(0, x...)) }
	step := func(_ int, s graph.Value) graph.Value { return ops.Sin(s) }
	calls := map[string]func() string{
		"ValueAndGrad": func() string { return fmt.Sprint(autograd.ValueAndGrad(f, at)) },
		"JVP":          func() string { return fmt.Sprint(autograd.JVP(f, at, dir)) },
		"VJP":          func() string { return fmt.Sprint(autograd.VJP(ops.Sin, at, dir)) },
		"Jacobian":     func() string { return fmt.Sprint(autograd.Jacobian(ops.Sin, at)) },
		"Hessian":      func() string { return fmt.Sprint(autograd.Hessian(f, at)) },
		"HVP":          func() string { return fmt.Sprint(autograd.HVP(f, at, dir)) },
		"Taylor":       func() string { return fmt.Sprint(autograd.Taylor(f, at, dir, 4)) },
		"SparseHessian": func() string {
			return fmt.Sprint(*autograd.SparseHessian(scalars, at))
		},
		"Check": func() string {
			return fmt.Sprint(autograd.Check(func(xs ...graph.Value) graph.Value { return f(xs[0]) }, tensor.Of(at, 3)))
		},
		"on one graph": func() string {
			g := graph.New()
			x := g.VarTensor(tensor.Of(at, 3))
			y := autograd.Loop(20, step, x, autograd.Snapshots(3))
			y = autograd.FixedPoint(func(u graph.Value, ps ...graph.Value) graph.Value {
				return ops.Add(ps[0], ops.MulScalar(ops.Cos(u), 0.2))
			}, x, y)
			l := f(autograd.OnGradient(y, func(ct graph.Value) graph.Value { return ops.MulScalar(ct, 2) }))
			return fmt.Sprint(autograd.Backward(l).Tensor(x), autograd.Forward(l, []graph.Value{x}, []*tensor.Tensor{tensor.Of(dir, 3)}))
		},
	}
	want := make(map[string]string)
	for name, call := range calls {
		want[name] = call()
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 4 {
				for name, call := range calls {
					if got := call(); got != want[name] {
						t.Errorf("%s: got %s, want %s", name, got, want[name])
					}
					err := graph.Try(func() {
						autograd.Jacobian(func(x graph.Value) graph.Value {
							return ops.MatMul(ops.Sin(x), x.Graph().ConstTensor(tensor.Of(at, 1, 3)))
						}, at)
					})
					if err == nil {
						t.Error("a function that panics: no error")
					}
				}
			}
		})
	}
	wg.Wait()
}
