package graph_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

// place returns the place in the program that it is called from, a number of lines above.
func place(above int) string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, line-above)
}

// readsOf returns what a test looks at of the reads of a graph.
func readsOf(g *graph.Graph) []string {
	var out []string
	for _, r := range g.Reads() {
		out = append(out, fmt.Sprint(r.Value.ID(), " ", r.Len, " ", r.Caller))
	}
	return out
}

func wantReads(t *testing.T, g *graph.Graph, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, readsOf(g)); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
}

// TestReads holds that every way to the numbers of a result is noted, with its place in the program, and that nothing
// else is.
func TestReads(t *testing.T) {
	for _, reader := range []struct {
		name  string
		read  func(y, x graph.Value)
		where string
	}{
		{"Item", func(y, _ graph.Value) { y.Item() }, place(0)},
		{"Tensor", func(y, _ graph.Value) { y.Tensor() }, place(0)},
		{"Gradients.Scalar", func(y, x graph.Value) { autograd.Backward(y).Scalar(x) }, place(0)},
		{"Gradients.Scalars", func(y, x graph.Value) { autograd.Backward(y).Scalars(nil, []graph.Value{x}) }, place(0)},
		{"Gradients.Tensor", func(y, x graph.Value) { autograd.Backward(y).Tensor(x) }, place(0)},
		{"Gradients.View", func(y, x graph.Value) { autograd.Backward(y).View(x) }, place(0)},
	} {
		g := graph.New(graph.Traced())
		x := g.Var(2)
		y := ops.Sin(x)
		reader.read(y, x)
		t.Run(reader.name, func(t *testing.T) { wantReads(t, g, "2 2 "+reader.where) })

		g = graph.New()
		x = g.Var(2)
		reader.read(ops.Sin(x), x)
		t.Run(reader.name+" untraced", func(t *testing.T) { wantReads(t, g) })
	}

	g := graph.New(graph.Traced())
	x, w := g.Var(2), g.VarTensor(tensor.Of([]float64{1, 2, 3}, 3))
	x.Item()
	w.Tensor()
	twice := autograd.Custom("twice", func(xs ...*tensor.Tensor) *tensor.Tensor {
		return tensor.Of([]float64{2 * xs[0].At()})
	}, func(y, ct graph.Value, xs ...graph.Value) []graph.Value {
		if xs[0].Item(); y.Item() > 0 { // of no consequence in a sweep that leaves no trace
			return []graph.Value{ops.MulScalar(ct, 2)}
		}
		return []graph.Value{ops.MulScalar(ct, 2)}
	})
	y := ops.Where(ops.Gt(x, g.Const(0)), ops.PowLog(x, ops.StopGradient(x), 1), x)
	y = ops.Add(twice(y), ops.Sum(ops.Interp(w, w, w)))
	autograd.Backward(y)
	autograd.Explain(new(text), y, x)
	if err := autograd.Diagnose(y); err != nil {
		t.Error(err)
	}
	if err := viz.DOT(new(text), y, viz.WithGradients(autograd.Backward(y))); err != nil {
		t.Error(err)
	}
	if err := g.WriteText(new(text)); err != nil {
		t.Error(err)
	}
	_ = y.String()
	wantReads(t, g)
	autograd.Grad(y, x) // records the rule, which reads
	if len(g.Reads()) == 0 {
		t.Error("what a rule of the program's own reads while it is recorded is not noted")
	}
}

type text struct{}

func (*text) Write(p []byte) (int, error) { return len(p), nil }

// TestReadsAreBounded holds that reads that tell no more than earlier ones are left out, and that there are never many.
func TestReadsAreBounded(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.Var(1)
	var ys []graph.Value
	for range 1000 {
		ys = append(ys, ops.Sin(x))
	}
	for _, y := range ys {
		y.Item()
	}
	wantReads(t, g, "2 1001 "+place(2))

	g.Reset()
	wantReads(t, g)
	x, ys = g.Var(1), nil
	for range 1000 {
		ys = append(ys, ops.Sin(x))
	}
	for k := range ys { // down the tape, each further up than the one before
		ys[len(ys)-1-k].Item()
		ops.Exp(x)
	}
	reads := g.Reads()
	if len(reads) > 100 || reads[0].Len != 1001 || reads[len(reads)-1].Value.ID() != 2 {
		t.Errorf("%d reads, the first at %d, the last of %%%d", len(reads), reads[0].Len, reads[len(reads)-1].Value.ID())
	}
}

// TestReadsAfterRewind holds that Rewind forgets reads of what it takes away, and that others stay in force.
func TestReadsAfterRewind(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.Var(1)
	y := ops.Sin(x)
	m := g.Mark()
	z := ops.Cos(y)
	z.Item()
	wantReads(t, g, "3 3 "+place(1))
	ops.Exp(z)
	y.Item()
	wantReads(t, g, "3 3 "+place(4), "2 4 "+place(1))
	g.Rewind(m)
	wantReads(t, g, "2 2 "+place(3))
	ops.Cos(y)
	wantReads(t, g, "2 2 "+place(5))
	g.Scratch(func() { ops.Exp(x).Item() })
	wantReads(t, g, "2 2 "+place(7))
	g.Reset()
	wantReads(t, g)
	g.Scratch(func() { ops.Exp(g.Var(1)).Item() })
	wantReads(t, g)
}

// TestView holds that a node knows whether it is a view, and of what place in its operand.
func TestView(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 3, 2))
	for _, test := range []struct {
		v      graph.Value
		offset int
		view   bool
	}{
		{x, -1, false},
		{ops.Reshape(x, 6), 0, true},
		{ops.Slice(x, 0, 1, 2), 2, true},
		{ops.Slice(x, 1, 1, 2), -1, false},
		{ops.Index(x, 2), 4, true},
		{ops.Index(x, 2, 1), 5, true},
		{ops.Exp(x), -1, false},
		{ops.Exp(g.Var(1)), -1, false},
	} {
		if offset, view := test.v.Node().View(); offset != test.offset || view != test.view {
			t.Errorf("%v: got %d, %v, want %d, %v", test.v, offset, view, test.offset, test.view)
		}
	}
}
