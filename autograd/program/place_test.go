package program_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// An order is the attribute of an operation of this package: where the elements of the result come from, -1 for 0.
type order []int

// opPicked moves elements, as a row from outside of package ops may do; opDoubled says that it does.
var opPicked, opDoubled graph.Op

func init() {
	row := graph.Row{
		Name: "test_picked", Func: picked, Params: "x",
		Class: graph.Linear, Moves: true,
		Forward: func(n graph.Node) {
			for i, k := range n.Aux().(order) {
				v := 0.0
				if k >= 0 {
					v = n.In(0).AtFlat(k)
				}
				n.Out().SetFlat(v, i)
			}
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			sum := ops.Broadcast(ct.Graph().Const(0), n.InputNode(0).Dims()...)
			for i, k := range n.Aux().(order) {
				if k >= 0 {
					sum = ops.Add(sum, ops.Scatter(ops.Slice(ct, 0, i, i+1), 0, sum.Len(), k))
				}
			}
			return sum
		},
	}
	opPicked = graph.Register(row)
	row.Name, row.Func = "test_doubled", doubled
	row.Forward = func(n graph.Node) {
		for i := range n.Out().Len() {
			n.Out().SetFlat(n.In(0).AtFlat(i)*2, i)
		}
	}
	row.VJP = func(_ graph.Node, _ int, ct graph.Value) graph.Value { return ops.MulScalar(ct, 2) }
	opDoubled = graph.Register(row)
}

func picked(x graph.Value, from order) graph.Value {
	return graph.Begin(opPicked, x).Aux(from).Record(len(from))
}

func doubled(x graph.Value) graph.Value { return graph.Begin(opDoubled, x).Record(x.Dims()...) }

// TestMovesOfOtherPackages compiles an operation that no table knows: that it moves elements is all that is needed.
func TestMovesOfOtherPackages(t *testing.T) {
	f := func(x graph.Value) graph.Value {
		return ops.Sum(ops.Square(ops.Square(picked(ops.Sin(x), order{2, -1, 0, 0}))))
	}
	at := []float64{0.5, 2, -1}
	g := graph.New(graph.Traced())
	x := g.VarTensor(tensor.Of(at, 3))
	p, err := program.Compile(f(x), x)
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float64, 3)
	got := p.Eval(at, grad)
	want, wantGrad := autograd.ValueAndGrad(f, at)
	if diff := cmp.Diff(append(wantGrad, want), append(grad, got)); diff != "" {
		t.Errorf("mismatch (-tape +program):\n%s", diff)
	}
}

// TestMovesOnlyInName compiles an operation whose row says that it moves elements, which it does not.
func TestMovesOnlyInName(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	_, err := program.Compile(ops.Sum(doubled(x)), x)
	if err == nil || !strings.Contains(err.Error(), "is to move elements, but made 4 of whole numbers from 1 to 2: leave Row.Moves out") {
		t.Errorf("got error %v", err)
	}
}
