package program_test

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"weak"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// Programs agree with what records and sweeps, bit for bit in their values.
func TestPrograms(t *testing.T) {
	for _, p := range programs.All() {
		if p.Operations > 1_000_000 || testing.Short() && p.Operations > 300_000 {
			continue
		}
		g := graph.New(graph.Traced())
		xs, y := p.Tape(g, nil, p.At)
		want := autograd.Backward(y).Scalars(nil, xs)
		c, err := program.CompileWith(allowReads, y, xs...)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		grad := make([]float64, len(xs))
		if v := c.Eval(p.At, grad); v != y.Item() {
			t.Errorf("%s: value %v, want %v", p.Name, v, y.Item())
		}
		for i, d := range grad {
			if !(math.Abs(d-want[i]) <= 1e-13*math.Abs(want[i])) {
				t.Errorf("%s: derivative %d is %v, want %v", p.Name, i, d, want[i])
				break
			}
		}
		if v := c.Eval(p.At, nil); v != y.Item() {
			t.Errorf("%s: value alone %v, want %v", p.Name, v, y.Item())
		}
	}
}

// Forks serve several goroutines at once, the first careful evaluation too.
func TestFork(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.Var(1)
	p, err := program.Compile(ops.Sqrt(ops.Where(ops.Gt(x, g.Const(0)), x, g.Const(0))), x)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 4 {
		q := p.Fork()
		all.Go(func() {
			grad := make([]float64, 1)
			for k := range 100 {
				at := float64((i + k) % 3)
				want := 0.0
				if at > 0 {
					want = 0.5 / math.Sqrt(at)
				}
				if v := q.Eval([]float64{at}, grad); v != math.Sqrt(at) || grad[0] != want {
					t.Errorf("at %v: %v and derivative %v", at, v, grad[0])
				}
			}
		})
	}
	all.Wait()
}

// The gradient may take the place of the point, for the version that looks at zeros too.
func TestGradientInPlace(t *testing.T) {
	g := graph.New(graph.Traced())
	x, y := g.Var(1), g.Var(1)
	p, err := program.Compile(ops.Add(ops.Square(ops.Sqrt(x)), ops.Square(y)), x, y)
	if err != nil {
		t.Fatal(err)
	}
	at := []float64{0, 5}
	if v := p.Eval(at, at); v != 25 || at[0] != 0 || at[1] != 10 {
		t.Errorf("value %v and derivatives %v, want 25 and [0 10]", v, at)
	}
	at = []float64{0, 5}
	if err := graph.Try(func() { p.EvalBatch([]float64{0}, at, at) }); err == nil {
		t.Error("EvalBatch has overwritten the points that it reads again")
	}
}

// A program does not keep the graph that it was made of.
func TestProgramLetsGoOfTheGraph(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.VarTensor(tensor.Of([]float64{1, 0}, 2))
	p, err := program.Compile(ops.Sum(ops.CumSum(ops.Square(ops.Sqrt(ops.Flip(x, 0))), 0)), x)
	if err != nil {
		t.Fatal(err)
	}
	kept := weak.Make(g)
	g, x = nil, graph.Value{}
	runtime.GC()
	if kept.Value() != nil {
		t.Error("the graph is still there")
	}
	grad := make([]float64, 2)
	if v := p.Eval([]float64{1, 0}, grad); v != 1 || grad[0] != 1 || grad[1] != 0 { // the careful version
		t.Errorf("value %v and derivatives %v, want 1 and [1 0]", v, grad)
	}
}
