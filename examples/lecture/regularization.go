package main

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// penaltyGradient returns the derivative of the penalty λ·‖w‖² by a single weight w.
func penaltyGradient(lambda, w float64) float64 {
	p := &nn.Param{Name: "w", Data: tensor.Of([]float64{w}, 1, 1)}
	g := graph.New()
	grads := autograd.Backward(nn.L2(g, lambda, p))
	return grads.Tensor(g.Bind(p.Data)).At(0, 0)
}

// The λ and the weight at which slip 6 is shown.
const slipLambda, slipWeight = 0.1, 0.7

// penaltySlip shows what the gradient of the lecture's penalty is.
func (l *lesson) penaltySlip() {
	l.note("Slip 6:", "λ‖w‖² has the gradient 2λw, not λw: at λ = %g and w = %g the sweep gives %s. "+
		"PyTorch's weight_decay d adds d·w, so it is λ = d/2.", slipLambda, slipWeight, trimmed(penaltyGradient(slipLambda, slipWeight)))
}

// droppedMean returns what a node that adds up w·h after dropout gets: on average over a number of random masks, and in
// use, when all neurons take part.
func (l *lesson) droppedMean(masks int, mode nn.DropoutOption) (training, use float64) {
	g := graph.New()
	h := ops.Broadcast(g.ConstTensor(tensor.Of([]float64{0.9, 0.2, 0.6}, 3)), masks, 3)
	w := g.ConstTensor(tensor.Of([]float64{0.5, -1, 2}, 3))
	layer := nn.Dropout(nn.KeepProb(keep), mode)
	average := func(p nn.Pass) float64 { return ops.Mean(ops.MatMul(layer.Forward(p, h), w)).Item() }
	return average(nn.Train(l.rng('d', -1))), average(nn.Eval())
}

// dropoutSlip shows what the probability of dropout is, and its two modes.
func (l *lesson) dropoutSlip() {
	const masks = 100_000
	classic, classicUse := l.droppedMean(masks, nn.Classic())
	inverted, invertedUse := l.droppedMean(masks, nn.Inverted())
	l.note("Slip 7:", "the lecture's p is the probability to KEEP a neuron; libraries of today take the probability to drop it. "+
		"At test time the lecture uses the expected weights p·w, which is classic dropout. Inverted dropout scales by 1/p in training and uses w as it is. "+
		"A node that gets w·h = 0.45 - 0.2 + 1.2 from three neurons sees, with p = %g:", keep)
	l.printf("\n                mean over %d masks    in use\n", masks)
	l.printf("  classic       %22.3f    %6.3f\n", classic, classicUse)
	l.printf("  inverted      %22.3f    %6.3f\n", inverted, invertedUse)
}
