package viz_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

// Forward mode in a picture: x moves at speed 1, and so y moves at x·1 + x·1.
func ExampleWithTangents() {
	g := graph.New()
	x := g.Var(3).Named("x")
	y := ops.Mul(x, x).Named("y")
	along := viz.WithTangents([]graph.Value{x}, []*tensor.Tensor{tensor.Of([]float64{1})})
	p := viz.NewPicture(y, along, viz.WithContributions(), viz.Legend())
	for _, n := range p.Nodes {
		fmt.Println(n.Name, "=", n.Value, "with", n.Tangent)
	}
	for _, e := range p.Edges {
		fmt.Println(p.Nodes[e.From].Name, "→", p.Nodes[e.To].Name, "derivative", e.Derivative, "passes on", e.Passed)
	}
	fmt.Println(p.Legend[0])
	// Output:
	// x = 3 with τ = 1
	// y = 9 with τ = 3 + 3 = 6
	// x → y derivative 3 passes on 1 · 3 = 3
	// x → y derivative 3 passes on 1 · 3 = 3
	// in a node v: its value, and τ = the speed of v as x moves by 1
}

// TestTangents holds what pictures of random graphs show to forward sweeps, whole, folded and collapsed ones.
func TestTangents(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 60 {
		root := randomGraph(rng, 5+rng.IntN(40))
		g := root.Graph()
		x := g.Value(1)
		dirs := []*tensor.Tensor{tensor.Of([]float64{rng.NormFloat64()})}
		options := []viz.Option{viz.WithTangents([]graph.Value{x}, dirs), viz.WithContributions(), viz.Precision(17)}
		switch round % 3 {
		case 1:
			options = append(options, viz.FoldUnnamed())
		case 2:
			options = append(options, viz.MaxNodes(5))
		}
		p := viz.NewPicture(root, options...)
		incoming := make([]float64, len(p.Nodes))
		shown := make([]int, len(p.Nodes)) // edges with what they pass on
		for _, e := range p.Edges {
			if _, result, ok := strings.Cut(e.Passed, " = "); ok {
				v, err := strconv.ParseFloat(result, 64)
				if err != nil {
					t.Fatalf("an edge passes on %q", e.Passed)
				}
				incoming[e.To] += v
				shown[e.To]++
			}
		}
		want := map[string]float64{}
		for id := 1; id <= root.ID(); id++ {
			v := g.Value(id)
			label := v.Name()
			if label == "" {
				label = "v" + strconv.Itoa(id)
			}
			want[label] = autograd.Forward(v, []graph.Value{x}, dirs).At()
		}
		for k, n := range p.Nodes {
			if n.Kind == viz.More || n.Kind == viz.Constant {
				if n.Tangent != "" {
					t.Errorf("%s has %q", n.Label, n.Tangent)
				}
				continue
			}
			if n.Tangent == "" {
				if want[n.Label] != 0 {
					t.Errorf("%s has no tangent, want %v", n.Label, want[n.Label])
				}
				continue
			}
			parts := strings.Split(strings.TrimPrefix(n.Tangent, "τ = "), " = ")
			got, err := strconv.ParseFloat(parts[len(parts)-1], 64)
			if err != nil {
				t.Fatalf("%s has %q", n.Label, n.Tangent)
			}
			if w := want[n.Label]; got != w {
				t.Errorf("%s has %q, want %v", n.Label, n.Tangent, w)
			}
			if many := len(parts) > 1; round%3 < 2 && many != (shown[k] > 1) {
				t.Errorf("%s has %q, and %d edges lead to it", n.Label, n.Tangent, shown[k])
			}
			if diff := incoming[k] - got; shown[k] > 0 && round%3 < 2 && (diff > 1e-12 || diff < -1e-12) {
				t.Errorf("%s has %q, and its edges bring %v", n.Label, n.Tangent, incoming[k])
			}
		}
	}
}

// TestTangentsOfTensors draws vectors that move, with the adjoints beside.
func TestTangentsOfTensors(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2}, 2)).Named("x")
	k := g.ConstTensor(tensor.Of([]float64{5, 7}, 2)).Named("k")
	y := ops.Sum(ops.Mul(ops.Square(x).Named("s"), k).Named("m")).Named("y")
	n := g.Len()
	p := viz.NewPicture(y, viz.WithTangents([]graph.Value{x}, []*tensor.Tensor{tensor.Of([]float64{1, -1}, 2)}), viz.WithGradients(autograd.Backward(y)), viz.WithContributions(), viz.Legend())
	got := map[string]string{}
	for _, n := range p.Nodes {
		got[n.Name] = n.Tangent
	}
	for name, want := range map[string]string{"x": "τ = [1 -1]", "k": "", "s": "τ = [2 -4]", "m": "τ = [10 -28]", "y": "τ = -18"} {
		if got[name] != want {
			t.Errorf("%s has %q, want %q", name, got[name], want)
		}
	}
	if want := "in a node v: its value, and τ = the speed of v as x moves by [1 -1], and δ = ∂y/∂v"; p.Legend[0] != want {
		t.Errorf("the legend says %q, want %q", p.Legend[0], want)
	}
	if g.Len() != n {
		t.Errorf("the tape has %d nodes afterwards, want %d as before", g.Len(), n)
	}
}

func TestTangentsMisuse(t *testing.T) {
	g := graph.New()
	x := g.Var(1).Named("x")
	y := ops.Square(x)
	one := tensor.Of([]float64{1})
	for _, c := range []struct {
		options []viz.Option
		want    string
	}{
		{[]viz.Option{viz.WithTangents(nil, nil)}, "viz.NewPicture: viz.WithTangents of no value: give those that move, and a direction for each"},
		{[]viz.Option{viz.WithTangents([]graph.Value{x}, nil)}, "autograd.Forward: 0 directions for 1 values: give one for each"},
		{[]viz.Option{viz.WithTangents([]graph.Value{x}, []*tensor.Tensor{nil})}, "autograd.Forward: direction 0 is a nil tensor: give one of shape (), of zeros for a value that does not move"},
		{[]viz.Option{viz.WithTangents([]graph.Value{x}, []*tensor.Tensor{tensor.Of([]float64{1, 2}, 2)})}, "autograd.Forward: direction 0 has shape (2), value \"x\" (%1) has (): give a direction of the value's shape"},
		{[]viz.Option{viz.ShapesOnly(), viz.WithTangents([]graph.Value{x}, []*tensor.Tensor{one})}, "viz.NewPicture: viz.ShapesOnly with tangents, which are numbers: leave out viz.WithTangents, or use viz.HideValues"},
	} {
		err := graph.Try(func() { viz.NewPicture(y, c.options...) })
		if err == nil || err.Error() != c.want {
			t.Errorf("got error %v, want %s", err, c.want)
		}
	}
	if err := graph.Try(func() {
		viz.NewPicture(y, viz.WithTangents([]graph.Value{graph.New().Var(1)}, []*tensor.Tensor{one}))
	}); err == nil {
		t.Error("a value of another graph is no error")
	}
}
