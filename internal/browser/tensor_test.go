package browser_test

import (
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/browser"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// A graph of tensors has its steps too, with all numbers of every tensor, and no sliders; the page says why.
func TestTensorSteps(t *testing.T) {
	t.Parallel()
	g := graph.New()
	x := g.ConstTensor(tensor.Of([]float64{1, 2}, 2, 1)).Named("x")
	w := g.VarTensor(tensor.Of([]float64{0.1, 0.4, -0.3, 0.2, 0.5, -0.6}, 3, 2)).Named("w")
	c := g.VarTensor(tensor.Of([]float64{0.1, 0.2, 0.3}, 3, 1)).Named("b")
	z := ops.Add(ops.MatMul(w, x), c).Named("z")
	root := ops.Mean(ops.Square(ops.Tanh(z).Named("a"))).Named("l")
	grads := autograd.Backward(root)
	for _, cfg := range []stepper.Config{{Fold: true}, {}} {
		b := browser.Open(t)
		b.Goto(publish(t, page.Lesson{Title: "tensors", Root: root, Stepper: cfg}))
		walk(t, b)
		nodes := b.Nodes()
		for _, v := range []graph.Value{x, w, c, z, root} {
			n := nodes[v.Name()]
			compareNumbers(t, "the value of "+v.Name(), n.Values(t), v.Tensor().Float64s())
			if v.WantsGrad() {
				compareNumbers(t, "the δ of "+v.Name(), n.Deltas(t), grads.Tensor(v).Float64s())
			} else if n.Delta != "" {
				t.Errorf("the constant %s has the δ %q", v.Name(), n.Delta)
			}
		}
		if n := b.Count("input[type=range][data-leaf]"); n != 0 {
			t.Errorf("there are %d sliders for leaves", n)
		}
		if text := b.Text("body"); !strings.Contains(text, "no sliders") {
			t.Error("nothing says that there are no sliders")
		}
		b.Resize(browser.Phone)
		b.NoSideways()
		b.Accessible()
	}
}

func compareNumbers(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s is %v, want %v", what, got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s is %v, want %v to the last bit", what, got, want)
			return
		}
	}
}
