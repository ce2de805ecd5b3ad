package graph_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// here returns the line that it is called from.
func here() int {
	_, _, line, _ := runtime.Caller(1)
	return line
}

func TestCaller(t *testing.T) {
	g := graph.New(graph.WithCallers())
	check := func(what string, v graph.Value, line int) {
		t.Helper()
		file, got, ok := v.Node().Caller()
		if !ok || filepath.Base(file) != "caller_test.go" || got != line {
			t.Errorf("%s %v was recorded at %s:%d (%v), want line %d of this file", what, v, file, got, ok, line)
		}
	}
	x, at := g.Var(0.5), here()
	check("a leaf", x, at)
	k, at := g.Const(3), here()
	check("a constant", k, at)
	start := g.Mark()
	for turn := range 3 {
		y, at := ops.Add(x, k), here()
		check("a scalar sum", y, at)
		if turn == 1 {
			z, at := ops.Sin(x), here() // other lines take the places of those before
			check("a scalar function", z, at)
		}
		m := ops.Mul(
			y, y)
		check("a product over two lines", m, here()-2)
		p, at := ops.PowScalar(m, 3), here()
		check("a power", p, at)
		c, at := ops.Clamp(m, 0, 1), here()
		check("a scalar operation of the long path", c, at)
		w, at := g.VarTensor(tensor.Of([]float64{1, 2}, 2)), here()
		check("a tensor leaf", w, at)
		b, at := g.Bind(tensor.Of([]float64{1, 2}, 2)), here()
		check("a bound leaf", b, at)
		u, at := ops.Mul(w, ops.Exp(b)), here()
		check("a tensor product", u, at)
		check("its operand", u.Inputs()[1], at)
		r, at := ops.Reshape(u, 2, 1), here()
		check("a view", r, at)
		s, at := ops.Sum(r), here()
		check("a sum", s, at)
		l, at := nn.MSE(u, w), here()
		check("a loss", l, at)
		d, at := autograd.Grad(s, w)[0], here()
		check("a derivative", d, at)
		function := func(v graph.Value) graph.Value {
			return ops.Neg(v)
		}
		apply, at := autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return function(xs[0]) }, s), here()
		check("a checkpoint", apply, at)
		row, _ := ops.Lookup("neg")
		n, at := ops.Apply(row, x), here()
		check("an operation by its name", n, at)
		if autograd.Backward(s); g.Len() != n.ID() {
			t.Errorf("Backward left %d nodes", g.Len()-n.ID())
		}
		g.Rewind(start)
	}
	g.Reset()
	vs, at := g.Vars(make([]float64, 3*graph.ChunkLen)), here()
	for _, i := range []int{0, 1, graph.ChunkLen - 2, graph.ChunkLen - 1, graph.ChunkLen, 3*graph.ChunkLen - 1} {
		check("one of many", vs[i], at)
		if vs[i].ID() != i+1 {
			t.Errorf("variable %d has number %d", i, vs[i].ID())
		}
	}
	x = vs[0]
	for range 2 * graph.ChunkLen {
		x, at = ops.Sin(x), here()
		check("in a chain", x, at)
	}
	if err := graph.Try(func() { ops.Add(x, graph.New().Var(1)) }); err == nil {
		t.Error("a value of another graph must be refused")
	}
	x, at = ops.Neg(x), here()
	check("after one that failed", x, at)
}

// A program that does not ask for callers has none.
func TestCallerIsOff(t *testing.T) {
	if file, line, ok := graph.New().Var(1).Node().Caller(); ok || file != "" || line != 0 {
		t.Errorf("got %s:%d, %v", file, line, ok)
	}
}

// TestCallersChangeNothing holds that a recording is the same with callers and without.
func TestCallersChangeNothing(t *testing.T) {
	var texts [2]string
	for i, options := range [][]graph.Option{nil, {graph.WithCallers()}} {
		g := graph.New(options...)
		x := g.Var(0.5)
		y := x
		for range graph.ChunkLen {
			y = ops.Sin(ops.AddScalar(ops.Mul(y, x), 1))
		}
		w := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2))
		dy := autograd.Grad(ops.Add(y, ops.Sum(ops.MatMul(w, w))), x, w)
		autograd.Backward(dy[0])
		var b strings.Builder
		if err := g.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		texts[i] = b.String()
	}
	if texts[0] != texts[1] {
		t.Error("the tape differs with callers")
	}
}
