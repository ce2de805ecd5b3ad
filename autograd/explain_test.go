package autograd_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/ops"
)

// lectureNetwork returns the error E of the 2-2-2 network in section 12.2.1 of the lecture, and its weights w1 to w8
// and biases b1, b2.
func lectureNetwork() (e graph.Value, w, b []graph.Value) {
	g := graph.New()
	i1, i2 := g.Const(0.05).Named("i1"), g.Const(0.10).Named("i2")
	t1, t2 := g.Const(0.01).Named("t1"), g.Const(0.99).Named("t2")
	w = g.Vars([]float64{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55})
	for k := range w {
		w[k].Named("w" + string(rune('1'+k)))
	}
	b = g.Vars([]float64{0.35, 0.60})
	b[0].Named("b1")
	b[1].Named("b2")
	unit := func(name string, wa, a, wb, b, bias graph.Value) graph.Value {
		net := ops.Add(ops.Add(ops.Mul(wa, a), ops.Mul(wb, b)), bias).Named("net_" + name)
		return ops.Sigmoid(net).Named("out_" + name)
	}
	h1, h2 := unit("h1", w[0], i1, w[1], i2, b[0]), unit("h2", w[2], i1, w[3], i2, b[0])
	o1, o2 := unit("o1", w[4], h1, w[5], h2, b[1]), unit("o2", w[6], h1, w[7], h2, b[1])
	e1 := ops.MulScalar(ops.Square(ops.Sub(t1, o1)), 0.5)
	e2 := ops.MulScalar(ops.Square(ops.Sub(t2, o2)), 0.5)
	return ops.Add(e1, e2).Named("E"), w, b
}

// explanations are the cases of the golden tests: what ∂y/∂x is explained.
var explanations = []struct {
	name string
	of   func() (y, x graph.Value)
}{
	{"w5", func() (y, x graph.Value) {
		e, w, _ := lectureNetwork()
		return e, w[4]
	}},
	{"w1", func() (y, x graph.Value) {
		e, w, _ := lectureNetwork()
		return e, w[0]
	}},
	{"b2", func() (y, x graph.Value) {
		e, _, b := lectureNetwork()
		return e, b[1]
	}},
	{"square", func() (y, x graph.Value) {
		x = graph.New().Var(3).Named("x")
		return ops.Mul(x, x).Named("y"), x
	}},
	{"same", func() (y, x graph.Value) {
		x = graph.New().Var(3).Named("x")
		return x, x
	}},
	{"unreachable", func() (y, x graph.Value) {
		g := graph.New()
		x = g.Var(3).Named("x")
		return ops.Exp(g.Var(1)).Named("y"), x
	}},
	{"later", func() (y, x graph.Value) {
		g := graph.New()
		y = ops.Exp(g.Var(1)).Named("y")
		return y, ops.Exp(y).Named("x")
	}},
	{"constant", func() (y, x graph.Value) {
		g := graph.New()
		x = g.Const(3).Named("k")
		return ops.Mul(x, g.Var(2)).Named("y"), x
	}},
	{"stopped", func() (y, x graph.Value) {
		g := graph.New()
		x = g.Var(3).Named("x")
		return ops.Mul(g.Var(2), ops.StopGradient(ops.Square(x))).Named("y"), x
	}},
	{"branch", func() (y, x graph.Value) { // x where x > 0, else x + √x: the branch taken is the first
		g := graph.New()
		x = g.Var(-1).Named("x")
		return ops.Where(ops.Gt(x, g.Const(0)), ops.Sqrt(x).Named("root"), x).Named("y"), x
	}},
	{"chain", func() (y, x graph.Value) { // 100,000 operations
		g := graph.New()
		x = g.Var(0.5)
		y = x
		for range 50000 {
			y = ops.AddScalar(ops.MulScalar(y, 0.9999), 1e-6)
		}
		return y, x
	}},
	{"diamonds", func() (y, x graph.Value) { // 2⁶⁰ paths
		g := graph.New()
		x = g.Var(0.5).Named("x")
		y = x
		for range 60 {
			y = ops.MulScalar(ops.Add(ops.Sin(y), ops.Cos(y)), 0.5)
		}
		return y.Named("y"), x
	}},
	{"cancelled", func() (y, x graph.Value) { // what comes through a and b cancels, and √ has slope +Inf behind it
		g := graph.New()
		x = g.Var(2).Named("x")
		r := ops.Sqrt(ops.MulScalar(x, 0)).Named("r")
		a, b := ops.MulScalar(r, 3).Named("a"), ops.MulScalar(r, -3).Named("b")
		return ops.Add(ops.Add(a, b), x).Named("y"), x
	}},
	{"wide", func() (y, x graph.Value) { // x is used 1,000 times, y is a sum of 1,000
		g := graph.New()
		x = g.Var(2).Named("x")
		y = g.Const(0)
		for k := range 1000 {
			y = ops.Add(y, ops.MulScalar(x, float64(k)))
		}
		return y.Named("y"), x
	}},
	{"network", func() (y, x graph.Value) { // 27 paths between values with names
		g := graph.New()
		x = g.Var(0.5).Named("x")
		layer := []graph.Value{x}
		for depth := range 3 {
			next := make([]graph.Value, 3)
			for k := range next {
				sum := g.Const(0)
				for j, h := range layer {
					sum = ops.Add(sum, ops.MulScalar(h, float64(k-depth)/2+float64(j)/4))
				}
				next[k] = ops.Tanh(sum).Named(fmt.Sprintf("h%d%d", depth+1, k+1))
			}
			layer = next
		}
		return ops.Add(ops.Add(layer[0], layer[1]), layer[2]).Named("y"), x
	}},
	{"power", func() (y, x graph.Value) {
		g := graph.New()
		x = g.Var(3).Named("x")
		z := ops.Div(ops.Pow(x, g.Var(2).Named("p")), ops.ReLU(x)).Named("z")
		return ops.PowScalar(ops.Log(z), 3).Named("y"), x
	}},
	{"names", func() (y, x graph.Value) { // hostile ones, and one that is given twice
		g := graph.New()
		x = g.Var(0.5).Named("a\nb\x00\xff")
		h := ops.Tanh(ops.Tanh(x).Named("h")).Named("h")
		return ops.Exp(ops.Neg(h)).Named("v7"), x
	}},
	{"tensors", func() (y, x graph.Value) {
		g := graph.New()
		in := g.ConstTensor(tensor.Of([]float64{0.5, -1}, 2, 1)).Named("x")
		t := g.Const(1).Named("t")
		w1 := g.VarTensor(tensor.Of([]float64{0.1, -0.2, 0.3, 0.4, -0.5, 0.6}, 3, 2)).Named("w(1)")
		w2 := g.VarTensor(tensor.Of([]float64{0.7, -0.8, 0.9}, 1, 3)).Named("w(2)")
		a := ops.Sigmoid(ops.MatMul(w1, in).Named("z(1)")).Named("a(1)")
		p := ops.Sigmoid(ops.Reshape(ops.MatMul(w2, a).Named("z(2)"))).Named("ŷ")
		return ops.MulScalar(ops.Square(ops.Sub(t, p)), 0.5).Named("l"), w1
	}},
	{"tensor_step", func() (y, x graph.Value) {
		x = graph.New().VarTensor(tensor.Of([]float64{2, 3}, 2)).Named("x")
		return ops.Sum(x), x
	}},
}

func TestExplain(t *testing.T) {
	for _, c := range explanations {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "diamonds" && strconv.IntSize == 32 {
				t.Skip("there are more paths than an int of 32 bits counts")
			}
			y, x := c.of()
			before := y.Graph().Len()
			var got bytes.Buffer
			if err := autograd.Explain(&got, y, x); err != nil {
				t.Fatal(err)
			}
			if n := y.Graph().Len(); n != before {
				t.Errorf("the tape has %d nodes afterwards, want %d as before", n, before)
			}
			testkit.Golden(t, filepath.Join("testdata", "explain_"+c.name+".txt"), got.String())
			if d, scalar := x.Node().Scalar(); scalar && d == d {
				line := fmt.Sprintf("%.6g", autograd.Backward(y).Scalar(x))
				if !strings.Contains(got.String(), strings.TrimRight(line, "0")) {
					t.Errorf("the explanation does not have the result %s of Backward", line)
				}
			}
		})
	}
}

func TestExplainMisuse(t *testing.T) {
	g := graph.New()
	x, v := g.Var(1).Named("x"), g.VarTensor(tensor.Of([]float64{1, 2}, 2)).Named("v")
	changed := ops.Square(x)
	for _, c := range []struct {
		name string
		call func()
		want string
	}{
		{"not a scalar", func() { autograd.Explain(io.Discard, ops.Exp(v), x) },
			"autograd.Explain: the value to explain has shape (2), not a scalar: reduce it with ops.Sum or ops.Mean"},
		{"zero value", func() { autograd.Explain(io.Discard, graph.Value{}, x) },
			"autograd.Explain: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"another graph", func() { autograd.Explain(io.Discard, ops.Square(x), graph.New().Var(1)) },
			"autograd.Explain: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"changed leaf", func() {
			x.Set(2)
			autograd.Explain(io.Discard, changed, x)
		}, `autograd.Explain: leaf "x" (%1) was changed after %3 = square had used it: the gradient would mix old and new numbers; call Backward before the change, or Rewind and record again`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := graph.Try(c.call)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// failAfter is a writer that fails after n bytes.
type failAfter struct{ n int }

var errFull = errors.New("disk full")

func (w *failAfter) Write(p []byte) (int, error) {
	if len(p) > w.n {
		return w.n, errFull
	}
	w.n -= len(p)
	return len(p), nil
}

func TestExplainWriteError(t *testing.T) {
	e, w, _ := lectureNetwork()
	for _, n := range []int{0, 10, 1000} {
		if err := autograd.Explain(&failAfter{n}, e, w[0]); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: got %v, want %v", n, err, errFull)
		}
	}
}

// TestExplainOfMorePathsThanCounted explains a value to which more paths lead than an int can count.
func TestExplainOfMorePathsThanCounted(t *testing.T) {
	x := graph.New().Var(1).Named("x")
	before, y := x, ops.Exp(x).Named("y")
	for i := range 2 * strconv.IntSize { // as Fibonacci's numbers grow
		before, y = y, ops.Add(before, y).Named("y"+strconv.Itoa(i))
	}
	want := "More than " + map[int]string{32: "2·10⁹", 64: "9·10¹⁸"}[strconv.IntSize] + " paths lead from "
	var text strings.Builder
	if err := autograd.Explain(&text, y, x); err != nil || !strings.Contains(text.String(), want) {
		t.Errorf("error %v, want %q in:\n%.300s", err, want, text.String())
	}
}
