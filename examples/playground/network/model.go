package network

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// An activation is what a hidden node does to its sum.
type activation struct {
	f      func(graph.Value) graph.Value // nil for nothing
	init   nn.Init                       // of the weights before it
	centre float64                       // what its picture shows as neither high nor low
	reach  float64                       // how far from there it can get, 0 for any distance
}

var activations = map[string]activation{
	"tanh":     {ops.Tanh, nn.XavierUniform(), 0, 1},
	"sigmoid":  {ops.Sigmoid, nn.XavierUniform(), 0.5, 0.5},
	"relu":     {ops.ReLU, nn.HeNormal(), 0, 0},
	"gelu":     {ops.GELU, nn.HeNormal(), 0, 0},
	"identity": {nil, nn.XavierUniform(), 0, 0},
}

// Activations returns the names of the activations, sorted.
func Activations() []string { return slices.Sorted(maps.Keys(activations)) }

// optimizers make one with a learning rate.
var optimizers = map[string]func(rate float64) nn.Optimizer{
	"sgd":      func(rate float64) nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: rate}) },
	"momentum": func(rate float64) nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: rate, Momentum: 0.9}) },
	"rmsprop":  func(rate float64) nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{LR: rate}) },
	"adam":     func(rate float64) nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: rate}) },
}

// Optimizers returns the names of the optimizers, sorted.
func Optimizers() []string { return slices.Sorted(maps.Keys(optimizers)) }

// A layer is one of the network: its sums, and for a hidden layer what happens to them.
type layer struct {
	sum     nn.Layer
	f       func(graph.Value) graph.Value // nil for nothing
	dropout nn.Layer                      // nil for none
}

// forward returns the sums of the layer, and what it passes on.
func (l layer) forward(p nn.Pass, x graph.Value) (net, out graph.Value) {
	net = l.sum.Forward(p, x)
	out = net
	if l.f != nil {
		out = l.f(net)
	}
	return net, out
}

// A model is the layers in order, the output last. It is an [nn.Layer].
type model struct {
	layers  []layer
	classes int // 0 for a regression
	params  []*nn.Param
}

// newModel draws the first weights. Parameter k of the lecture's layer is named "weight k" and "bias k".
func newModel(s *Settings) *model {
	rng := rand.New(rand.NewPCG(s.Seed, 1))
	m := &model{classes: s.Data.classes()}
	a := activations[s.Activation]
	in := 2
	for _, n := range s.Hidden {
		l := layer{sum: nn.Linear(rng, in, n, nn.WithInit(a.init)), f: a.f}
		if s.Keep < 1 {
			l.dropout = nn.Dropout(nn.KeepProb(s.Keep))
		}
		m.layers = append(m.layers, l)
		in = n
	}
	m.layers = append(m.layers, layer{sum: nn.Linear(rng, in, m.outputs())})
	for i, l := range m.layers {
		for _, p := range l.sum.Params() {
			p.Name = fmt.Sprintf("%s %d", p.Name, i+1)
			m.params = append(m.params, p)
		}
	}
	return m
}

// outputs returns how many numbers the network ends in: one for two classes or a regression.
func (m *model) outputs() int {
	if m.classes <= 2 {
		return 1
	}
	return m.classes
}

// Params returns the weights and biases of all layers.
func (m *model) Params() []*nn.Param { return m.params }

// Forward returns the output for a batch of points: a logit for each of three classes or more, the logit of the second
// of two, or a value.
func (m *model) Forward(p nn.Pass, x graph.Value) graph.Value {
	for _, l := range m.layers {
		_, x = l.forward(p, x)
		if l.dropout != nil {
			x = l.dropout.Forward(p, x)
		}
	}
	return x
}

// loss is the mean over a batch of the cross-entropy, or of half the squared error.
func (m *model) loss(y graph.Value, b *data.Batch) graph.Value {
	switch m.classes {
	case 0:
		return ops.MulScalar(nn.MSE(y, y.Graph().BindConst(b.T)), 0.5)
	case 2:
		return nn.BCEWithLogits(y, y.Graph().BindConst(b.T))
	}
	return nn.CrossEntropy(y, b.Labels)
}

// right returns the fraction of a batch that the output classifies as it should, or for a regression the share of the
// variance that it explains, R².
func (m *model) right(y *tensor.Tensor, b *data.Batch) float64 {
	switch m.classes {
	case 0:
		return nn.R2(y, b.T)
	case 2:
		return 1 - nn.ThresholdError(0)(y, b)
	}
	return nn.Accuracy(y, b)
}
