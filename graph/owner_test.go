package graph_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// opPause is an operation whose Forward calls a function that stands beside the node.
var opPause graph.Op

func init() {
	opPause = graph.Register(graph.Row{
		Name: "pause_in_graph_test", Func: pause, Params: "x, meanwhile", Class: graph.NoGrad,
		Forward: func(n graph.Node) { n.Aux().(func())() },
	})
}

func pause(x graph.Value, meanwhile func()) graph.Value {
	return graph.Begin(opPause, x).Aux(meanwhile).Record()
}

// TestTwoGoroutines holds that a goroutine which comes with work while another one is in the middle of a tensor operation
// is told so, whatever it comes with, and that the other one's work is not disturbed.
func TestTwoGoroutines(t *testing.T) {
	g := graph.New()
	x, y := g.Var(2), g.Var(3)
	w := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	bound, free := tensor.Of([]float64{1, 2}, 2), tensor.Of([]float64{3, 4}, 2)
	g.Bind(bound)
	loss := ops.Sum(ops.Mul(w, x))
	mark := g.Mark()
	length := g.Len()
	calls := map[string]func(){
		"a scalar leaf":      func() { g.Var(1) },
		"a constant":         func() { g.Const(1) },
		"scalar leaves":      func() { g.Vars([]float64{1, 2}) },
		"a tensor leaf":      func() { g.VarTensor(free) },
		"a constant tensor":  func() { g.ConstTensor(free) },
		"a bound leaf":       func() { g.Bind(free) },
		"a lent leaf":        func() { g.Lend(free) },
		"a scalar operation": func() { ops.Mul(x, y) },
		"a scalar function":  func() { ops.Sin(x) },
		"with a parameter":   func() { ops.AddScalar(x, 1) },
		"of three operands":  func() { ops.Where(x, x, y) },
		"a tensor operation": func() { ops.Exp(w) },
		"a view":             func() { ops.Reshape(w, 2, 1) },
		"a sweep":            func() { autograd.Backward(loss) },
		"a recorded sweep":   func() { autograd.Grad(loss, x) },
		"Reset":              func() { g.Reset() },
		"Rewind":             func() { g.Rewind(mark) },
		"Scratch":            func() { g.Scratch(func() {}) },
		"other work":         func() { g.Enter("graph_test.TestTwoGoroutines") },
		"the same operation": func() { pause(x, func() {}) },
	}
	errs := make(map[string]error)
	started, done := make(chan bool), make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		<-started
		for name, call := range calls {
			errs[name] = graph.Try(call)
		}
		close(done)
	})
	z := pause(y, func() {
		close(started)
		<-done
	})
	wg.Wait()
	for name, err := range errs {
		if !errors.Is(err, graph.ErrUsage) || !strings.Contains(err.Error(), "a Graph serves one goroutine at a time") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	if g.Len() != length+1 || z.ID() != g.Len() || !loss.Valid() {
		t.Errorf("the tape has %d nodes, want %d", g.Len(), length+1)
	}
	for name, call := range calls {
		if name == "Reset" || name == "Rewind" || name == "other work" {
			continue
		}
		if err := graph.Try(call); err != nil {
			t.Errorf("%s after the other goroutine is done: %v", name, err)
		}
	}
	if got := autograd.Backward(loss).Scalar(x); got != 3 {
		t.Errorf("∂loss/∂x is %v, want 3", got)
	}
}

// TestOneGoroutineAfterTheOther holds that goroutines may use a graph in turn.
func TestOneGoroutineAfterTheOther(t *testing.T) {
	g := graph.New()
	x := g.Var(1)
	sum := x
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				mu.Lock()
				sum = ops.Add(sum, ops.Sum(ops.Broadcast(x, 2)))
				if got := autograd.Backward(sum).Scalar(x); got != sum.Item() {
					t.Errorf("the derivative is %v, want %v", got, sum.Item())
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if got := sum.Item(); got != 321 {
		t.Errorf("the sum is %v, want 321", got)
	}
}

// A Forward that panics leaves the graph free for others.
func TestFailedForwardLeaves(t *testing.T) {
	g := graph.New()
	x := g.Var(1)
	failure := graph.Errorf("f", graph.ErrValue, "no")
	for range 2 {
		if err := graph.Try(func() { pause(x, func() { panic(failure) }) }); !errors.Is(err, graph.ErrValue) {
			t.Fatalf("got error %v", err)
		}
	}
	if y := ops.Add(x, x); y.ID() != 2 || y.Item() != 2 {
		t.Errorf("got %v", y)
	}
	if err := graph.Try(func() { pause(x, func() { ops.Add(x, x) }) }); !errors.Is(err, graph.ErrUsage) {
		t.Errorf("a Forward that records: got error %v", err)
	}
}

// A Call that another one has taken the place of is refused: its operands are gone.
func TestCallsDoNotMix(t *testing.T) {
	g := graph.New()
	w := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	for name, record := range map[string]func(c graph.Call){
		"Record":       func(c graph.Call) { c.Record() },
		"RecordView":   func(c graph.Call) { c.RecordView(0, 2) },
		"RecordScalar": func(c graph.Call) { c.RecordScalar(1, graph.Term{}, graph.Term{}) },
		"RecordConst":  func(c graph.Call) { c.RecordConst(1) },
	} {
		first := graph.Begin(opPause, w).Aux(func() {})
		second := graph.Begin(opPause, w).Aux(func() {})
		if err := graph.Try(func() { record(first) }); !errors.Is(err, graph.ErrUsage) {
			t.Errorf("%s: got error %v", name, err)
		}
		if v := second.Record(); v.ID() != g.Len() {
			t.Errorf("%s: the second operation has number %d of %d", name, v.ID(), g.Len())
		}
	}
}
