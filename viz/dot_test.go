package viz_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

var update = flag.Bool("update", false, "write the golden files under testdata")

// lecture returns the error E of the 2-2-2 network in section 12.2.1 of the lecture.
func lecture() graph.Value {
	g := graph.New()
	i1, i2 := g.Const(0.05).Named("i1"), g.Const(0.10).Named("i2")
	t1, t2 := g.Const(0.01).Named("t1"), g.Const(0.99).Named("t2")
	w := g.Vars([]float64{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55})
	for k := range w {
		w[k].Named("w" + string(rune('1'+k)))
	}
	b1, b2 := g.Var(0.35).Named("b1"), g.Var(0.60).Named("b2")
	unit := func(name string, wa, a, wb, b, bias graph.Value) graph.Value {
		net := ops.Add(ops.Add(ops.Mul(wa, a), ops.Mul(wb, b)), bias).Named("net_" + name)
		return ops.Sigmoid(net).Named("out_" + name)
	}
	done := g.Scope("hidden layer")
	h1, h2 := unit("h1", w[0], i1, w[1], i2, b1), unit("h2", w[2], i1, w[3], i2, b1)
	done()
	done = g.Scope("output layer")
	o1, o2 := unit("o1", w[4], h1, w[5], h2, b2), unit("o2", w[6], h1, w[7], h2, b2)
	done()
	defer g.Scope("error")()
	e1 := ops.MulScalar(ops.Square(ops.Sub(t1, o1)), 0.5)
	e2 := ops.MulScalar(ops.Square(ops.Sub(t2, o2)), 0.5)
	return ops.Add(e1, e2).Named("E")
}

// twoLayers returns the loss of the network in section 12.3 of the lecture, and what its backward pass computes: δŷ,
// δz(2), δw(2), δz(1), δw(1).
func twoLayers() (loss graph.Value, deltas []graph.Value) {
	g := graph.New()
	x := g.ConstTensor(tensor.Of([]float64{0.5, -1}, 2)).Named("x")
	y := g.Const(1).Named("y")
	w1 := g.VarTensor(tensor.Of([]float64{0.1, -0.2, 0.3, 0.4, -0.5, 0.6}, 3, 2)).Named("w(1)")
	b1 := g.VarTensor(tensor.Of([]float64{0.1, 0.2, 0.3}, 3)).Named("b(1)")
	w2 := g.VarTensor(tensor.Of([]float64{0.7, -0.8, 0.9}, 3)).Named("w(2)")
	b2 := g.Var(0.1).Named("b(2)")
	z1 := ops.Add(ops.MatMul(w1, x), b1).Named("z(1)")
	a1 := ops.Sigmoid(z1).Named("a(1)")
	z2 := ops.Add(ops.MatMul(w2, a1), b2).Named("z(2)")
	p := ops.Sigmoid(z2).Named("ŷ")
	one := ops.Mul(y, ops.Log(p))
	other := ops.Mul(ops.AddScalar(ops.Neg(y), 1), ops.Log(ops.AddScalar(ops.Neg(p), 1)))
	loss = ops.Neg(ops.Add(one, other)).Named("l")
	deltas = autograd.Grad(loss, p, z2, w2, z1, w1)
	for k, name := range []string{"δŷ", "δz(2)", "δw(2)", "δz(1)", "δw(1)"} {
		deltas[k].Named(name)
	}
	return loss, deltas
}

// pictures are the cases of the golden tests.
var pictures = []struct {
	name string
	dot  func(*bytes.Buffer) error
}{
	{"lecture", func(b *bytes.Buffer) error {
		e := lecture()
		return viz.DOT(b, e, viz.WithGradients(autograd.Backward(e)), viz.WithContributions(), viz.Title("The 2-2-2 network"), viz.Legend())
	}},
	{"square", func(b *bytes.Buffer) error {
		x := graph.New().Var(3).Named("x")
		y := ops.Mul(x, x).Named("y")
		return viz.DOT(b, y, viz.WithGradients(autograd.Backward(y)), viz.WithContributions())
	}},
	{"backward", func(b *bytes.Buffer) error {
		l, deltas := twoLayers()
		return viz.DOT(b, l, viz.WithBackward(deltas...), viz.Direction(viz.TopToBottom), viz.Legend())
	}},
	{"tensors", func(b *bytes.Buffer) error {
		l, _ := twoLayers()
		return viz.DOT(b, l, viz.WithGradients(autograd.Backward(l)), viz.WithContributions(), viz.HideConstants())
	}},
}

func TestGolden(t *testing.T) {
	for _, c := range pictures {
		t.Run(c.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := c.dot(&got); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", c.name+".dot")
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("mismatch (-want +got), rewrite with -update if it is right:\n%s", diff)
			}
			graphviz(t, got.Bytes())
		})
	}
}

// graphviz runs Graphviz over a picture, whose complaints fail the test.
func graphviz(t *testing.T, dot []byte) {
	t.Helper()
	path, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz is not installed: apt-get install graphviz")
	}
	for _, format := range []string{"-Tcanon", "-Tsvg"} {
		cmd := exec.Command(path, format)
		cmd.Stdin = bytes.NewReader(dot)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil || stderr.Len() > 0 {
			t.Errorf("dot %s: %v\n%s", format, err, stderr.String())
		}
	}
}
