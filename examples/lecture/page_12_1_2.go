package main

import (
	"context"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// nextLayerGraph records the smallest network with a next layer: H feeds v1 and v2.
func nextLayerGraph(g *graph.Graph) graph.Value {
	z := g.Const(2).Named("z")
	w, w1, w2 := g.Var(0.5).Named("w"), g.Var(1.5).Named("w̃1"), g.Var(-2).Named("w̃2")
	h := ops.Sigmoid(ops.Mul(w, z)).Named("H")
	v1 := ops.Sigmoid(ops.Mul(w1, h)).Named("v1")
	v2 := ops.Sigmoid(ops.Mul(w2, h)).Named("v2")
	return ops.Add(v1, v2).Named("l")
}

// page1212 is the tab of 12.1.2: the sum over Γ(H).
func page1212(_ context.Context, _ *lesson, c *content) error {
	c.root, c.fold, c.neurons = nextLayerGraph(graph.New()), true, true
	n := newNetwork222(graph.New())
	n.forward()
	type row struct {
		Name                string
		Delta, Slope, Share float64
	}
	data := struct {
		Uses []row
		Sum  float64
	}{}
	for _, u := range n.hiddenUses() {
		share := u.delta * u.slope
		data.Uses = append(data.Uses, row{u.v.Name(), u.delta, u.slope, share})
		data.Sum += share
	}
	c.data = data
	return nil
}
