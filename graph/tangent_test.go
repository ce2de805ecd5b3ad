package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestTangentsAim goes through parts of a tape of scalars and tensors with one storage, from values that stand before the
// part too, and through parts that were taken from the tape in between.
func TestTangentsAim(t *testing.T) {
	g := graph.New()
	a := g.Var(3)
	b := ops.Square(a) // 9, and moves by itself where it is told to
	v := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	w := ops.MulScalar(v, 5)
	rows := func(width int, numbers ...float64) *tensor.Tensor { return tensor.Of(numbers, 2, width) }
	storage := g.NewTangents(2, a)
	defer storage.Release()
	sweep := func(first int, y graph.Value, seeds map[graph.Value]*tensor.Tensor) []float64 {
		var xs []graph.Value
		for x := range seeds {
			xs = append(xs, x)
		}
		storage.Aim(first, y, xs...)
		for x, s := range seeds {
			storage.Seed(x, s)
		}
		for n := range storage.Sweep() { // an operation with tensors, a product or a sum
			if n.ID() < first {
				t.Errorf("the sweep comes to %s, which stands before node %d", n.Label(), first)
			}
			u := storage.Tensor(n.InputNode(0))
			out := storage.New(n, tensor.Float64)
			for i := range u.Len() {
				out.SetFlat(u.AtFlat(i)*5, i)
			}
			storage.Set(n, out)
		}
		if y.Rank() == 0 {
			return append([]float64(nil), storage.Scalar(y.Node())...)
		}
		if u := storage.Tensor(y.Node()); u != nil {
			return append([]float64(nil), u.Float64s()...)
		}
		return nil
	}
	same := func(what string, want, got []float64) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", what, diff)
		}
	}
	for range 3 {
		g.Scratch(func() {
			first := g.Len() + 1
			x := g.Var(2)
			y := ops.Mul(ops.Mul(x, a), b) // 54
			same("a scalar leaf", []float64{27, 54}, sweep(first, y, map[graph.Value]*tensor.Tensor{x: rows(1, 1, 2)}))
			same("what b is made of", []float64{18, 0}, sweep(first, y, map[graph.Value]*tensor.Tensor{a: rows(1, 1, 0)}))
			same("both", []float64{18, 6}, sweep(first, y, map[graph.Value]*tensor.Tensor{a: rows(1, 1, 0), b: rows(1, 0, 1)}))
			same("the whole tape", []float64{18 + 36, 0}, sweep(0, y, map[graph.Value]*tensor.Tensor{a: rows(1, 1, 0)}))
		})
		g.Scratch(func() {
			first := g.Len() + 1
			y := ops.MulScalar(w, 5)
			same("a tensor before the part", []float64{5, 10, 0, 5}, sweep(first, y, map[graph.Value]*tensor.Tensor{w: rows(2, 1, 2, 0, 1)}))
			same("what that is made of", nil, sweep(first, y, map[graph.Value]*tensor.Tensor{v: rows(2, 1, 2, 0, 1)}))
			same("the whole tape", []float64{25, 50, 0, 25}, sweep(0, y, map[graph.Value]*tensor.Tensor{v: rows(2, 1, 2, 0, 1)}))
		})
		first := g.Len() + 1
		same("a result before the part", []float64{1, 2, 3, 4}, sweep(first, w, map[graph.Value]*tensor.Tensor{w: rows(2, 1, 2, 3, 4)}))
		same("a leaf as the result", []float64{1, 2, 3, 4}, sweep(0, v, map[graph.Value]*tensor.Tensor{v: rows(2, 1, 2, 3, 4)}))
		same("a scalar result before the part", []float64{1, 2}, sweep(first, b, map[graph.Value]*tensor.Tensor{b: rows(1, 1, 2), a: rows(1, 5, 5)}))
		same("another result before the part", []float64{0, 0}, sweep(first, b, map[graph.Value]*tensor.Tensor{a: rows(1, 1, 2)}))
	}
}
