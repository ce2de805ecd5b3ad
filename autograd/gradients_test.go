package autograd_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestGradientsOfEverything reads the gradients of every kind of value: on the way to the loss, beside it, constant, and
// recorded after it.
func TestGradientsOfEverything(t *testing.T) {
	g := graph.New()
	x, beside, c := g.Var(2), g.Var(5), g.Const(3)
	w, k := g.VarTensor(vector(1, 2)), g.ConstTensor(vector(3, 4))
	p := g.Bind(tensor.Of([]float64{7}))
	product := ops.Mul(w, k)
	loss := ops.Add(ops.Mul(ops.Sum(product), ops.Mul(x, c)), p) // 11·3x + p
	late, lateTensor := ops.Square(x), ops.Square(w)
	grads := autograd.Backward(loss)

	if grads.Graph() != g || grads.Loss() != loss {
		t.Errorf("the sweep's graph and loss are %p and %v, want %p and %v", grads.Graph(), grads.Loss(), g, loss)
	}
	tests := []struct {
		name    string
		v       graph.Value
		want    []float64
		reached bool
		view    bool // there is storage to read in place
	}{
		{"loss", loss, []float64{1}, true, false},
		{"variable", x, []float64{33}, true, false},
		{"bound scalar", p, []float64{1}, true, false},
		{"variable beside the loss", beside, []float64{0}, false, false},
		{"constant", c, []float64{0}, false, false},
		{"after the loss", late, []float64{0}, false, false},
		{"tensor", w, []float64{18, 24}, true, true},
		{"inner tensor", product, []float64{6, 6}, true, true},
		{"constant tensor", k, []float64{0, 0}, false, false},
		{"tensor after the loss", lateTensor, []float64{0, 0}, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, grads.Tensor(test.v).Float64s()); diff != "" {
				t.Errorf("Tensor: mismatch (-want +got):\n%s", diff)
			}
			if got := grads.Reaches(test.v); got != test.reached {
				t.Errorf("Reaches: got %v, want %v", got, test.reached)
			}
			view := grads.View(test.v)
			if (view != nil) != test.view {
				t.Fatalf("View: got %v, want one: %v", view, test.view)
			}
			if view != nil {
				if diff := cmp.Diff(test.want, view.Float64s()); diff != "" {
					t.Errorf("View: mismatch (-want +got):\n%s", diff)
				}
			}
			if test.v.Rank() > 0 {
				return
			}
			if got := grads.Scalar(test.v); got != test.want[0] {
				t.Errorf("Scalar: got %v, want %v", got, test.want[0])
			}
			// A list of plain scalars is read in one go, from the first that is not, one by one.
			if diff := cmp.Diff([]float64{33, test.want[0], 33}, grads.Scalars(nil, []graph.Value{x, test.v, x})); diff != "" {
				t.Errorf("Scalars: mismatch (-want +got):\n%s", diff)
			}
		})
	}
	if err := graph.Try(func() { grads.Scalars(make([]float64, 1), []graph.Value{x, c}) }); !errors.Is(err, graph.ErrShape) {
		t.Errorf("Scalars into a slice of another length: got error %v, want one of kind %v", err, graph.ErrShape)
	}
	if err := graph.Try(func() { grads.Scalars(nil, []graph.Value{x, w}) }); !errors.Is(err, graph.ErrShape) {
		t.Errorf("Scalars of a tensor: got error %v, want one of kind %v", err, graph.ErrShape)
	}
}

// TestGradientsJustAfterTheLoss holds that the value after the loss, the nearest that a sweep knows nothing of, has no gradient.
func TestGradientsJustAfterTheLoss(t *testing.T) {
	g := graph.New()
	x := g.Var(2)
	loss := ops.Square(x)
	next := ops.Sin(x)
	grads := autograd.Backward(loss)
	if diff := cmp.Diff([]float64{0, 4}, grads.Scalars(nil, []graph.Value{next, x})); diff != "" {
		t.Errorf("Scalars: mismatch (-want +got):\n%s", diff)
	}
	if grads.Scalar(next) != 0 || grads.Reaches(next) {
		t.Errorf("a value after the loss has gradient %v, reached: %v", grads.Scalar(next), grads.Reaches(next))
	}
}

// TestReleaseInAnyOrder holds that several sweeps of one recording are independent: whichever is released, the others
// keep their numbers, also while new sweeps use the memory.
func TestReleaseInAnyOrder(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(1, 2, 3))
	loss := ops.Sum(ops.Square(x))
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
		var all [3]autograd.Gradients
		for i := range all {
			all[i] = autograd.Backward(ops.MulScalar(loss, float64(i+1)))
		}
		alive := map[int]bool{0: true, 1: true, 2: true}
		for _, i := range order {
			all[i].Release()
			delete(alive, i)
			other := autograd.Backward(ops.Neg(loss))
			for k := range alive {
				s := float64(k + 1)
				if diff := cmp.Diff([]float64{2 * s, 4 * s, 6 * s}, all[k].Tensor(x).Float64s()); diff != "" {
					t.Errorf("order %v, after the release of %d: mismatch (-want +got):\n%s", order, i, diff)
				}
			}
			other.Release()
			for name, use := range map[string]func(){
				"Tensor":  func() { all[i].Tensor(x) },
				"Graph":   func() { all[i].Graph() },
				"Loss":    func() { all[i].Loss() },
				"Release": func() { all[i].Release() },
			} {
				if err := graph.Try(use); !errors.Is(err, graph.ErrStale) {
					t.Errorf("order %v: %s of released gradients: got error %v, want one of kind %v", order, name, err, graph.ErrStale)
				}
			}
		}
	}
}
