package network_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/examples/playground/network"
	"github.com/seed366ff29f/chainrule/graph"
)

// named returns the values of a graph by name.
func named(g *graph.Graph) map[string]graph.Value {
	m := make(map[string]graph.Value)
	for v := range g.Nodes() {
		if v.Name() != "" {
			m[v.Name()] = v
		}
	}
	return m
}

// The graph of neurons and the training itself find the same gradient, for every kind of problem and activation.
func TestNeurons(t *testing.T) {
	for _, kind := range []string{"moons", "arms", "waves"} {
		for _, f := range network.Activations() {
			for _, hidden := range [][]int{{3}, {2, 2}, nil} {
				t.Run(fmt.Sprint(kind, f, hidden), func(t *testing.T) {
					n := with(t, func(s *network.Settings) { s.Data.Kind, s.Activation, s.Hidden, s.L2 = kind, f, hidden, 0.01 })
					n.Train(30, forever)
					for i := range 3 {
						u, err := n.Look(i)
						if err != nil || !u.Neurons || !u.Penalty || u.Point.Valid {
							t.Fatalf("%v, %v", u, err)
						}
						sweep, values := autograd.Backward(u.Loss), named(u.Loss.Graph())
						for _, c := range u.Changes {
							v, ok := values[c.Name]
							if !ok || v.Item() != c.Before {
								t.Fatalf("%s is not %g in the graph", c.Name, c.Before)
							}
							got := sweep.Scalar(v) + c.Penalty
							if math.Abs(got-c.Gradient) > 1e-9*(1+math.Abs(c.Gradient)) {
								t.Errorf("∂l/∂%s (%s) is %g with the penalty, training has %g", c.Name, c.Place, got, c.Gradient)
							}
						}
					}
				})
			}
		}
	}
}

// Looking at an update changes nothing, and what it says is what the optimizer does.
func TestLook(t *testing.T) {
	for _, optimizer := range network.Optimizers() {
		t.Run(optimizer, func(t *testing.T) {
			change := func(s *network.Settings) { s.Optimizer, s.Keep, s.Hidden = optimizer, 0.9, []int{12} }
			looked, other := with(t, change), with(t, change)
			for _, n := range []*network.Network{looked, other} {
				n.Train(20, forever)
			}
			u, err := looked.Look(7)
			if err != nil || u.Neurons || !u.Dropout || u.Penalty || !u.Finite() {
				t.Errorf("%v, %v", u, err)
			}
			if len(u.Changes) != 2*12+12+12+1 {
				t.Errorf("%d changes", len(u.Changes))
			}
			// The graph, of tensors, has the same gradient, still after the training has gone on.
			sweep, values := autograd.Backward(u.Loss), named(u.Loss.Graph())
			if got := sweep.Tensor(values["W_h1"]).At(1, 2); math.Abs(got-u.Changes[5].Gradient) > 1e-12 {
				t.Errorf("the graph has a gradient of %g, training %g", got, u.Changes[5].Gradient)
			}
			moved := 0
			for _, c := range u.Changes {
				if c.Before != c.After {
					moved++
				}
				if optimizer == "sgd" && math.Abs(c.After-(c.Before-0.03*c.Gradient)) > 1e-15 {
					t.Errorf("%s goes from %g to %g, want a step of the gradient %g", c.Name, c.Before, c.After, c.Gradient)
				}
			}
			if moved == 0 {
				t.Error("the update changes nothing")
			}
			for _, n := range []*network.Network{looked, other} {
				n.Train(20, forever)
			}
			if diff := cmp.Diff(other.Weights(), looked.Weights()); diff != "" {
				t.Errorf("looking has changed the training:\n%s", diff)
			}
		})
	}
}

// The places of weights are those of the network.
func TestPlaces(t *testing.T) {
	n := with(t, func(s *network.Settings) { s.Hidden, s.Data.Kind = []int{2, 1}, "arms" })
	u, err := n.Look(0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range u.Changes {
		got = append(got, c.Name+" "+c.Place)
	}
	want := []string{
		"w1 x1 → h1.1", "w2 x2 → h1.1", "w3 x1 → h1.2", "w4 x2 → h1.2", "b_h1.1 h1.1", "b_h1.2 h1.2",
		"w5 h1.1 → h2.1", "w6 h1.2 → h2.1", "b_h2.1 h2.1",
		"w7 h2.1 → o1", "w8 h2.1 → o2", "w9 h2.1 → o3", "b_o1 o1", "b_o2 o2", "b_o3 o3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	w := n.Weights()
	if u.Changes[1].Before != w[0][1][0] || u.Changes[2].Before != w[0][0][1] {
		t.Error("weights are mixed up")
	}
}
