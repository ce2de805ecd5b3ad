package main

import (
	"context"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// The settings of all networks.
const (
	hiddenNodes  = 16
	learningRate = 0.01
	patience     = 20  // epochs without improvement after which early stopping ends
	validShare   = 0.2 // of the training rows, to stop by
	tooLong      = 300 // epochs of a training that nothing stops
	lineEpochs   = 200 // epochs until a straight line lies still
)

// negLogLikelihood is the loss of outputs (rows, 2) with the mean μ and s = ln σ² in their columns, for targets
// (rows, 1): the mean of ½·s + ½·(t-μ)²·e⁻ˢ. The constant ½·ln 2π has no gradient and is left out.
//
// The network gives the logarithm since that may be any number, where a variance must be positive.
func negLogLikelihood(y, t graph.Value) graph.Value {
	mu, s := ops.Slice(y, 1, 0, 1), ops.Slice(y, 1, 1, 2)
	squares := ops.Square(ops.Sub(t, mu))
	return ops.MulScalar(ops.Mean(ops.Add(s, ops.Mul(squares, ops.Exp(ops.Neg(s))))), 0.5)
}

// network returns a network with the two outputs μ and ln σ².
func network(rng *rand.Rand, inputs int) nn.Layer {
	return nn.Sequential(nn.Linear(rng, inputs, hiddenNodes), nn.Tanh(), nn.Linear(rng, hiddenNodes, 2))
}

// A line is linear regression with one σ for everybody: a layer of our own, with a parameter for ln σ². It has the same
// outputs as network.
type line struct {
	mean        nn.Layer
	logVariance *nn.Param
}

func newLine(rng *rand.Rand, inputs int) nn.Layer {
	return &line{
		mean:        nn.Linear(rng, inputs, 1),
		logVariance: &nn.Param{Name: "log_variance", Kind: nn.Bias, Data: tensor.New(tensor.Float64, 1)},
	}
}

func (l *line) Params() []*nn.Param { return append([]*nn.Param{l.logVariance}, l.mean.Params()...) }

func (l *line) Forward(p nn.Pass, x graph.Value) graph.Value {
	mu := l.mean.Forward(p, x)
	return ops.Concat(1, mu, ops.Broadcast(l.logVariance.Bind(x.Graph()), mu.Dims()...))
}

// A method is a way to come from patients to predictions.
type method struct {
	name    string
	build   func(rng *rand.Rand, inputs int) nn.Layer
	members int  // networks
	early   bool // stop early, by rows that are set aside
	epochs  int  // at most, 0 for no bound
}

// methods returns what is compared. The last is the best.
func methods(members int) []method {
	return []method{
		{name: "a line, one σ for all", build: newLine, members: 1, epochs: lineEpochs},
		{name: "a network, trained too long", build: network, members: 1, epochs: tooLong},
		{name: "a network, stopped early", build: network, members: 1, early: true},
		{name: "an ensemble of them", build: network, members: members, early: true},
	}
}

// fit trains the networks of a method. Each draws first weights of its own, and sets other rows aside to stop by.
func (m method) fit(ctx context.Context, rng *rand.Rand, train *data.Set) ([]nn.Layer, error) {
	models := make([]nn.Layer, m.members)
	for i := range models {
		models[i] = m.build(rng, train.X.Dims()[1])
		cfg := nn.FitConfig{
			Loss:      nn.OnTargets(negLogLikelihood),
			Optimizer: nn.NewAdam(nn.AdamConfig{LR: learningRate}),
			Rand:      rng,
			Epochs:    m.epochs,
		}
		rows := train
		if m.early {
			rows, cfg.Validation, _ = train.SplitRandom(rng, validShare, 0)
			cfg.Patience = patience
		}
		if _, err := nn.Fit(ctx, models[i], rows, cfg); err != nil {
			return nil, err
		}
	}
	return models, nil
}
