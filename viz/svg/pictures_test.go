package svg_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/svg"
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

// layer returns the loss of a layer with a tensor of weights, and its backward pass, δz and δw.
func layer() (loss graph.Value, deltas []graph.Value) {
	g := graph.New()
	x := g.ConstTensor(tensor.Of([]float64{0.5, -1}, 2)).Named("x")
	w := g.VarTensor(tensor.Of([]float64{0.1, -0.2, 0.3, 0.4, -0.5, 0.6}, 3, 2)).Named("w")
	z := ops.MatMul(w, x).Named("z")
	loss = ops.Sum(ops.Square(ops.Tanh(z))).Named("l")
	deltas = autograd.Grad(loss, z, w)
	deltas[0].Named("δz")
	deltas[1].Named("δw")
	return loss, deltas
}

// recurrent returns the last state of a network that is unrolled in time, with a scope for each step.
func recurrent(steps int) graph.Value {
	g := graph.New()
	w, u := g.Var(0.5).Named("w"), g.Var(-0.3).Named("u")
	h := g.Const(0).Named("h0")
	for t := range steps {
		done := g.Scope("step " + string(rune('1'+t)))
		h = ops.Tanh(ops.Add(ops.Mul(w, g.Const(float64(t))), ops.Mul(u, h)))
		done()
	}
	return h.Named("h")
}

// hostile are names that break a careless writer of XML.
var hostile = []string{
	`"`, `'`, `\`, "line\nbreak\r\n", "tab\there", "null\x00", "bell\a, escape\x1b[31m", "<b>", "</text>", "</title></svg><script>alert(1)</script>",
	`" onload="alert(1)`, "a > b && c < d", "&amp;", "&#0;", "&lt;", "<!-- -->", "--", "<![CDATA[", "]]>", "<?xml?>", "<!DOCTYPE svg>", "url(#a)",
	"\xff\xfe\xc3", "\ufffe\uffff", "\u202eabc", "\u200f", "\u200b", "\u2028", " ", "  two  spaces  ", "\u00a0", "ŷ δ ∂ 日本語 🎓", "e\u0301", "مرحبا",
	strings.Repeat("long ", 100), strings.Repeat("&", 100), strings.Repeat("W", 1<<20), strings.Repeat("﷽", 50),
}

// pictures are what most tests draw.
var pictures = []struct {
	name   string
	golden bool // its bytes are held too
	draw   func(w io.Writer) error
}{
	{"lecture", false, func(w io.Writer) error {
		e := lecture()
		return svg.Write(w, e, viz.WithGradients(autograd.Backward(e)), viz.WithContributions(), viz.Title("The 2-2-2 network"), viz.Legend(), viz.Direction(viz.TopToBottom))
	}},
	{"lecture_folded", true, func(w io.Writer) error {
		e := lecture()
		return svg.Write(w, e, viz.WithGradients(autograd.Backward(e)), viz.WithContributions(), viz.Title("The 2-2-2 network"), viz.Legend(), viz.FoldUnnamed())
	}},
	{"backward", true, func(w io.Writer) error {
		l, deltas := layer()
		return svg.Write(w, l, viz.WithBackward(deltas...), viz.Legend(), viz.FoldUnnamed())
	}},
	{"tensors", false, func(w io.Writer) error {
		l, _ := layer()
		return svg.Write(w, l, viz.WithGradients(autograd.Backward(l)), viz.WithContributions(), viz.Direction(viz.RightToLeft))
	}},
	{"recurrent", false, func(w io.Writer) error {
		h := recurrent(6)
		return svg.Write(w, h, viz.WithGradients(autograd.Backward(h)))
	}},
	{"recurrent_collapsed", true, func(w io.Writer) error { return svg.Write(w, recurrent(6), viz.MaxNodes(8), viz.Legend()) }},
	{"number", true, func(w io.Writer) error { return svg.Write(w, graph.New().Const(3)) }},
	{"nothing", false, func(w io.Writer) error { return svg.Write(w, graph.New().Const(3), viz.HideConstants()) }},
	{"chain", false, func(w io.Writer) error { return svg.Write(w, chain(40)) }},
	{"conv", false, func(w io.Writer) error {
		l := convolution()
		return svg.Write(w, l, viz.WithGradients(autograd.Backward(l)), viz.WithContributions(), viz.Legend())
	}},
	{"wide", false, func(w io.Writer) error {
		g := graph.New()
		var xs []graph.Value
		for k := range 200 {
			xs = append(xs, g.Var(float64(k)))
		}
		return svg.Write(w, ops.Sum(ops.Stack(0, xs...)), viz.MaxNodes(250))
	}},
	{"parallel", false, func(w io.Writer) error {
		x := graph.New().Var(0.5).Named("x")
		return svg.Write(w, ops.Sum(ops.Stack(0, slices.Repeat([]graph.Value{x}, 20_000)...)))
	}},
	{"large", false, func(w io.Writer) error { return svg.Write(w, chain(100_000)) }},
	{"names", false, func(w io.Writer) error {
		g := graph.New()
		y := g.Const(0).Named("")
		for _, name := range hostile {
			done := g.Scope(name)
			y = ops.Add(y, g.Var(1).Named(name))
			done()
		}
		return svg.Write(w, y, viz.Title(strings.Join(hostile[:12], " ")), viz.FoldUnnamed(), viz.WithGradients(autograd.Backward(y.Named(hostile[9]))), viz.Legend())
	}},
}

func chain(n int) graph.Value {
	x := graph.New().Var(0.5).Named("x")
	for range n {
		x = ops.Sin(x)
	}
	return x
}

func convolution() graph.Value {
	g := graph.New()
	x := g.ConstTensor(tensor.New(tensor.Float64, 1, 1, 6, 6)).Named("image")
	k := g.VarTensor(tensor.Of([]float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}, 1, 1, 3, 3)).Named("kernel")
	return ops.Sum(ops.ReLU(ops.Conv2D(x, k, 1, 0))).Named("l")
}

// drawn returns the bytes of a picture.
func drawn(t *testing.T, draw func(w io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
