package autograd_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// brokenRule is what the VJP of the operation broken does: nothing wrong if nil.
var (
	brokenRule func(n graph.Node, ct graph.Value) graph.Value
	opBroken   graph.Op
)

func init() {
	opBroken = graph.Register(graph.Row{
		Name: "broken", Func: broken,
		Forward: func(n graph.Node) { n.Out().Copy(n.In(0)) },
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			if brokenRule != nil {
				return brokenRule(n, ct)
			}
			return ct
		},
	})
}

func broken(x graph.Value) graph.Value {
	c := graph.Begin(opBroken, x)
	return c.Record(c.Dims(0)...)
}

// alone takes tangents in one direction and says that it takes more.
func alone(x graph.Value) graph.Value {
	c := graph.Begin(opAlone, x)
	return c.Record(c.Dims(0)...)
}

var opAlone graph.Op

func init() {
	opAlone = graph.Register(graph.Row{
		Name: "alone", Func: alone,
		Forward: func(n graph.Node) { n.Out().Copy(n.In(0)) },
		VJP:     func(_ graph.Node, _ int, ct graph.Value) graph.Value { return ct },
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value { return ops.SumTo(t, n.Dims()...) },
		Stacks:  func(graph.Node, int) bool { return true },
	})
}

// TestTangentsThatDoNotStack holds that a rule which takes fewer directions than its row says is reported.
func TestTangentsThatDoNotStack(t *testing.T) {
	at := []float64{1, 2, 3}
	if _, dy := autograd.JVP(alone, at, at); dy.AtFlat(2) != 3 {
		t.Errorf("in one direction: got %v", dy)
	}
	const want = "autograd_test.alone: the Tangent of operand 0 returned shape (3) for tangents in 2 directions, want (2,3): leave Row.Stacks out unless it takes them"
	if err := graph.Try(func() { autograd.JVPs(alone, at, at, at) }); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// TestBrokenRules holds that a user's own rule that panics, or returns what is no cotangent, is reported with the
// operation's name by both sweeps, and that the graph and its memory serve the next sweep as if nothing had happened.
func TestBrokenRules(t *testing.T) {
	tests := []struct {
		name string
		rule func(n graph.Node, ct graph.Value) graph.Value
		want string
	}{
		{"panic", func(n graph.Node, ct graph.Value) graph.Value {
			ops.Sin(ct)
			panic(n.Errorf(graph.ErrValue, "no derivative here"))
		}, "autograd_test.broken: no derivative here"},
		{"zero value", func(graph.Node, graph.Value) graph.Value { return graph.Value{} },
			"autograd_test.broken: the VJP of operand 0 returned the zero graph.Value: return the operand's cotangent"},
		{"another graph's value", func(graph.Node, graph.Value) graph.Value { return graph.New().Const(1) },
			"autograd_test.broken: the VJP of operand 0 returned a value of another graph: make the cotangent of the operands and of the cotangent that it is given"},
		{"shape", func(_ graph.Node, ct graph.Value) graph.Value { return ops.Concat(0, ct, ct) },
			"autograd_test.broken: the VJP of operand 0 returned shape (6), to which the operand's shape (3) does not stretch: return a cotangent of the operand's shape"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			defer func() { brokenRule = nil }()
			g := graph.New(graph.WithMemoryLimit(4096)) // less than the sweeps below would leave behind
			x := g.VarTensor(vector(1, 2, 3))
			y := ops.Sum(ops.Square(broken(x)))
			n := g.Len()
			sweep := func(f func()) {
				t.Helper()
				brokenRule = test.rule
				err := graph.Try(f)
				brokenRule = nil
				if err == nil || err.Error() != test.want {
					t.Errorf("got error %v, want %s", err, test.want)
				}
			}
			for range 100 {
				sweep(func() { autograd.Backward(y) })
				if g.Len() != n {
					t.Fatalf("the tape has %d nodes after the panic, was %d", g.Len(), n)
				}
				grads := autograd.Backward(y)
				if diff := cmp.Diff([]float64{2, 4, 6}, grads.Tensor(x).Float64s()); diff != "" {
					t.Errorf("the next sweep: mismatch (-want +got):\n%s", diff)
				}
				grads.Release()
			}
			ops.Exp(x) // there is memory left
			sweep(func() { autograd.Grad(y, x) })
		})
	}
}

// TestRuleMayDifferentiate lets the rule of a registered operation differentiate what it records.
func TestRuleMayDifferentiate(t *testing.T) {
	defer func() { brokenRule = nil }()
	brokenRule = func(n graph.Node, ct graph.Value) graph.Value {
		x := n.Input(0)
		return ops.Mul(ct, autograd.Grad(ops.Sum(ops.Square(x)), x)[0])
	}
	g := graph.New()
	x := g.VarTensor(vector(1, 2))
	y := ops.Sum(broken(x))
	length := g.Len()
	if diff := cmp.Diff([]float64{2, 4}, autograd.Backward(y).Tensor(x).Float64s()); diff != "" {
		t.Errorf("Backward: mismatch (-want +got):\n%s", diff)
	}
	if g.Len() != length {
		t.Errorf("Backward left %d nodes on the tape", g.Len()-length)
	}
	d := autograd.Grad(y, x)[0]
	if diff := cmp.Diff([]float64{2, 4}, d.Tensor().Float64s()); diff != "" {
		t.Errorf("Grad: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{2, 2}, autograd.Backward(ops.Sum(d)).Tensor(x).Float64s()); diff != "" {
		t.Errorf("Backward of Grad: mismatch (-want +got):\n%s", diff)
	}
}
