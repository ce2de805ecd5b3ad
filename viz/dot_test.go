package viz_test

import (
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

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

// unrolled returns the loss of a recurrent network that is unrolled over three steps.
func unrolled() graph.Value {
	g := graph.New()
	vector := func(v ...float64) graph.Value { return g.ConstTensor(tensor.Of(v, len(v))) }
	u := g.VarTensor(tensor.Of([]float64{0.1, -0.2, 0.3, 0.4}, 2, 2)).Named("u")
	w := g.VarTensor(tensor.Of([]float64{0.5, 0.1, -0.3, 0.2}, 2, 2)).Named("w")
	v := g.VarTensor(tensor.Of([]float64{0.7, -0.6}, 2)).Named("v")
	h := vector(0, 0).Named("h0")
	var loss graph.Value
	for t, x := range [][]float64{{1, 0}, {0, 1}, {1, 1}} {
		number := strconv.Itoa(t + 1)
		done := g.Scope("step " + number)
		h = ops.Tanh(ops.Add(ops.MatMul(u, vector(x...).Named("x"+number)), ops.MatMul(w, h))).Named("h" + number)
		l := ops.Square(ops.AddScalar(ops.Dot(v, h), -0.5)).Named("l" + number)
		done()
		if t == 0 {
			loss = l
		} else {
			loss = ops.Add(loss, l)
		}
	}
	return loss.Named("l")
}

// hostile are names that break a careless writer of DOT.
var hostile = []string{
	`"`, `\`, `\N`, `\G\L\E\T\H`, `ends in \`, `\"`, "line\nbreak\r\n", "tab\there", "null\x00", "bell\a, escape\x1b[31m",
	"<B>", "</TABLE>", "a > b && c < d", "&amp;", "&#0;", "<!-- -->", "<![CDATA[", "]]>", "];}", "n0 -> n1", "subgraph cluster0 {",
	"//", "/*", "#", "\xff\xfe\xc3", "\ufffe\uffff", "\u202eabc", "\u200f\u2067abc\u2069\u061c\u200e", "\u200b", "\u2028\u2029\u0085",
	"שלום (1) مرحبا", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "</svg></text>", "url(#x)", "'", "%s %n {{.}}", " ", "  two  spaces  ", "\u00a0", "ŷ δ ∂ 日本語 🎓", "e\u0301",
	strings.Repeat("long ", 100), strings.Repeat("&", 100), strings.Repeat("<", 1<<20), strings.Repeat("\u202e\xff", 1<<19),
}

// steps records n operations on x in a row.
func steps(x graph.Value, n int) graph.Value {
	for range n {
		x = ops.Tanh(x)
	}
	return x
}

// pictures are the cases of the golden tests.
var pictures = []struct {
	name string
	dot  func(w io.Writer) error
}{
	{"lecture", func(w io.Writer) error {
		e := lecture()
		return viz.DOT(w, e, viz.WithGradients(autograd.Backward(e)), viz.WithContributions(), viz.Title("The 2-2-2 network"), viz.Legend(),
			viz.Direction(viz.TopToBottom))
	}},
	{"lecture_folded", func(w io.Writer) error {
		e := lecture()
		return viz.DOT(w, e, viz.WithGradients(autograd.Backward(e)), viz.WithContributions(), viz.Title("The 2-2-2 network"), viz.Legend(),
			viz.FoldUnnamed())
	}},
	{"lecture_plain", func(w io.Writer) error {
		return viz.DOT(w, lecture(), viz.HideConstants(), viz.Precision(9))
	}},
	{"square", func(w io.Writer) error {
		x := graph.New().Var(3).Named("x")
		y := ops.Mul(x, x).Named("y")
		return viz.DOT(w, y, viz.WithGradients(autograd.Backward(y)), viz.WithContributions())
	}},
	{"backward", func(w io.Writer) error {
		l, deltas := twoLayers()
		return viz.DOT(w, l, viz.WithBackward(deltas...), viz.Direction(viz.TopToBottom), viz.Legend())
	}},
	{"backward_folded", func(w io.Writer) error {
		l, deltas := twoLayers()
		return viz.DOT(w, l, viz.WithBackward(deltas...), viz.FoldUnnamed(), viz.Legend(), viz.Title("Section 12.3, forward and backward"))
	}},
	{"tensors", func(w io.Writer) error {
		l, _ := twoLayers()
		return viz.DOT(w, l, viz.WithGradients(autograd.Backward(l)), viz.WithContributions(), viz.HideConstants(), viz.Legend())
	}},
	{"scopes", func(w io.Writer) error {
		g := graph.New()
		x := g.Var(0.5).Named("x")
		outer := g.Scope("encoder")
		h := ops.Tanh(x)
		inner := g.Scope("block 1")
		h = ops.Exp(h)
		innermost := g.Scope("gate")
		h = ops.Sigmoid(h)
		innermost()
		inner()
		inner = g.Scope("block 2")
		h = ops.Sin(h)
		inner()
		g.Scope("empty")()
		outer()
		return viz.DOT(w, ops.Square(h).Named("y"))
	}},
	{"unrolled", func(w io.Writer) error {
		return viz.DOT(w, unrolled(), viz.FoldUnnamed())
	}},
	{"shapes", func(w io.Writer) error {
		return viz.DOT(w, unrolled(), viz.FoldUnnamed(), viz.ShapesOnly(), viz.HideEdgeLabels(), viz.Legend(), viz.Direction(viz.TopToBottom))
	}},
	{"layers", func(w io.Writer) error {
		e := lecture()
		return viz.DOT(w, e, viz.FoldScopes(), viz.HideConstants(), viz.WithGradients(autograd.Backward(e)), viz.Legend())
	}},
	{"quiet", func(w io.Writer) error { // the structure, and δ
		e := lecture()
		return viz.DOT(w, e, viz.FoldUnnamed(), viz.HideValues(), viz.HideEdgeLabels(), viz.WithGradients(autograd.Backward(e)), viz.WithContributions(),
			viz.Legend())
	}},
	{"convolution", func(w io.Writer) error {
		g := graph.New()
		x := g.ConstTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 1, 1, 4, 4)).Named("image")
		k := g.VarTensor(tensor.Of([]float64{0.1, -0.2, 0.3, 0.4}, 1, 1, 2, 2)).Named("kernel")
		b := g.VarTensor(tensor.Of([]float64{0.5}, 1)).Named("bias")
		y := ops.ReLU(ops.Conv2DBias(ops.Tanh(x).Named("x"), k, b, 1, 0).Named("maps"))
		y = ops.Conv2D(y, g.VarTensor(tensor.Of([]float64{1, 0, 0, -1}, 1, 1, 2, 2)).Named("kernel 2"), 1, 0)
		l := ops.Mean(y).Named("l")
		return viz.DOT(w, l, viz.WithGradients(autograd.Backward(l)), viz.WithContributions(), viz.Legend())
	}},
	{"names", func(w io.Writer) error {
		g := graph.New()
		y := g.Const(0).Named("")
		for _, name := range hostile {
			done := g.Scope(name)
			y = ops.Add(y, g.Var(1).Named(name))
			done()
		}
		return viz.DOT(w, y, viz.Title(strings.Join(hostile[:9], " ")), viz.FoldUnnamed(), viz.WithGradients(autograd.Backward(y.Named(hostile[3]))), viz.Legend())
	}},
	{"limit_scopes", func(w io.Writer) error { // 1,236 operations: two scopes collapse, the last is opened
		g := graph.New()
		x := g.Var(0.5).Named("x")
		for _, layer := range []struct {
			name string
			n    int
		}{{"layer 1", 1234}, {"layer 2", 20}, {"layer 3", 2}} {
			done := g.Scope(layer.name)
			x = steps(x, layer.n)
			done()
		}
		return viz.DOT(w, ops.Square(x).Named("y"), viz.MaxNodes(8))
	}},
	{"limit_depth", func(w io.Writer) error { // no scopes: what is far from y is one node
		g := graph.New()
		x := g.Var(0.5).Named("x")
		y := ops.Add(steps(x, 1000), ops.Mul(x, steps(x, 100)))
		return viz.DOT(w, y.Named("y"), viz.MaxNodes(8), viz.WithGradients(autograd.Backward(y)), viz.WithContributions())
	}},
	{"branch", func(w io.Writer) error { // the slope of √x at -1 is NaN and counts for nothing
		g := graph.New()
		x := g.Var(-1).Named("x")
		y := ops.Where(ops.Gt(x, g.Const(0)), ops.Sqrt(x), ops.AddScalar(x, 2)).Named("y")
		return viz.DOT(w, y, viz.WithGradients(autograd.Backward(y)), viz.WithContributions())
	}},
	{"roots", func(w io.Writer) error {
		g := graph.New()
		x := g.Var(2).Named("x")
		y, z := ops.Square(x).Named("y"), ops.Sin(x).Named("z")
		return viz.DOT(w, y, viz.Roots(z), viz.Direction(viz.BottomToTop))
	}},
	{"constant", func(w io.Writer) error {
		return viz.DOT(w, graph.New().Const(3), viz.HideConstants())
	}},
}

func TestGolden(t *testing.T) {
	for _, c := range pictures {
		t.Run(c.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := c.dot(&got); err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, filepath.Join("testdata", c.name+".dot"), got.String())
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
