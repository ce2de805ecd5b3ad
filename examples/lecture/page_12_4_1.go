package main

import (
	"context"
	"fmt"
	"html/template"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

// penaltyGraph records one sigmoid of two inputs with the lecture's penalty on its weights: l_Reg = l_ce + λ‖w‖².
func penaltyGraph(g *graph.Graph) graph.Value {
	x1, x2, y := g.Const(1).Named("x1"), g.Const(2).Named("x2"), g.Const(1).Named("y")
	lambda := g.Const(slipLambda).Named("λ")
	w1, w2, b := g.Var(slipWeight).Named("w1"), g.Var(-0.3).Named("w2"), g.Var(0.1).Named("b")
	f := ops.Sigmoid(weighted(w1, x1, w2, x2, b).Named("net")).Named("f")
	ce := crossEntropy(f, y).Named("l_ce")
	norm := ops.Add(ops.Square(w1), ops.Square(w2)).Named("‖w‖²")
	return ops.Add(ce, ops.Mul(lambda, norm)).Named("l_Reg")
}

// A penaltyEffect is what L2 does to the weights of a trained network.
type penaltyEffect struct {
	Epochs                int
	Lambda                float64
	NormWithout, NormWith string
	Sizes                 template.HTML
}

// page1241 is the tab of 12.4.1: the gradient of the penalty, and its effect.
func page1241(ctx context.Context, l *lesson, c *content) error {
	c.root, c.fold = penaltyGraph(graph.New()), true
	data := struct {
		Lambda, Weight, Penalty float64
		Effect                  *penaltyEffect
	}{Lambda: slipLambda, Weight: slipWeight, Penalty: penaltyGradient(slipLambda, slipWeight)}
	e := &penaltyEffect{Epochs: epochs, Lambda: lambda}
	var lines []plot.Line
	for _, v := range []variant{unregularized, penalized} {
		model, _, err := v.fit(ctx, l, l.results.split, 0, nil)
		if err != nil {
			return err
		}
		line, norm := sizesOf(model)
		if v.l2 == 0 {
			line.Name, e.NormWithout = "without", fmt.Sprintf("%.0f", norm)
		} else {
			line.Name, e.NormWith = "with L2", fmt.Sprintf("%.0f", norm)
		}
		lines = append(lines, line)
	}
	var err error
	e.Sizes, err = drawn(plot.Lines(lines, plot.LogY(), plot.Title("The sizes of the weights, largest first"), plot.XLabel("rank"), plot.YLabel("|w|"), plot.Size(figureWidth, 280)))
	data.Effect = e
	c.data = data
	return err
}

// sizesOf returns the absolute values of a network's weights, the largest first, and the sum of their squares.
func sizesOf(model nn.Layer) (sizes plot.Line, norm float64) {
	for _, p := range nn.Weights(model.Params()...) {
		for _, w := range p.Data.Float64s() {
			sizes.Y = append(sizes.Y, math.Abs(w))
			norm += w * w
		}
	}
	slices.Sort(sizes.Y)
	slices.Reverse(sizes.Y)
	return sizes, norm
}
