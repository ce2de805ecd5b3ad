package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// StepConfig holds the settings of [RecordStep]. Loss and Optimizer must be set. What [FitConfig] has too means the same.
type StepConfig struct {
	// Loss compares the model's output with the label, such as nn.MSE or, for labels that are numbers of classes,
	// nn.CrossEntropyAt. It should be a mean over the rows.
	Loss func(y, label graph.Value) graph.Value

	Optimizer Optimizer // one of this package's, such as nn.NewSGD(nn.SGDConfig{LR: 0.1}); it is read, and stays as it is

	L2, L1 float64 // λ ≥ 0 of the penalties λ·Σw² and λ·Σ|w| over the weights that are trained, without the biases; see [Weights]

	// The gradient is clipped before the optimizer sees it: first each number to ±ClipValue, then all together to a
	// Euclidean norm of ClipNorm; 0 stands for none.
	ClipValue float64
	ClipNorm  float64

	// Schedule records the factor on the learning rate as operations on step, which counts from 0. nil stands for 1: a
	// [Schedule] is a function of Go that no graph can record, so whoever calls the step gives its rates as "lr".
	Schedule func(step graph.Value) graph.Value
}

const recordStep = "nn.RecordStep"

// RecordStep records one step of training on the graph g, which must have been made with [graph.Traced], and returns it
// as a function: forward pass, loss, penalties, gradients, clipping, and the update of the optimizer are operations, and
// all that changes from step to step comes in as an argument and goes out as a result. So a whole training can go on
// where the function goes, such as another process or machine.
//
// The arguments are, in this order:
//
//	the parameters of the model, by their names        Parameter
//	its state and counters, by their names             State
//	what the optimizer remembers, "exp_avg.0.weight"   State
//	"batch" and "label"                                Batch, Label
//	"lr", "step", "seed"                               Scalar
//
// and the results are the new values of those that the step changes, in the same order and under the same names, and
// "loss", which includes the penalties. A parameter that is frozen is an argument, and no result.
//
// Parameters lie as in files, see [Save]: the weight of a [Linear] has shape (out, in), and so have the moments of it.
// lr is the learning rate, and that of the first group for [Groups]. step is how many steps were taken before, 0 at
// first; seed and step are what dropout draws from, see [TrainAt]. Both are whole numbers. The leaves have the present
// numbers of model and optimizer, those of batch and label, and 0 for the seed, so that the values on the graph are those
// of the next step. RecordStep changes neither the model nor the optimizer.
//
// The step does what a step of [Fit] does that has one mini-batch, and the same as Optimizer.Apply but for rounding: for
// an average of several batches, or of parameters, run it otherwise. What an optimizer refuses with an error, such as a
// gradient that is not finite, it cannot refuse: then there are new parameters that are not finite.
//
// RecordStep returns an error, and leaves the graph as it was:
//
//   - [*graph.Error] if a setting is missing or out of range, the graph is not traced or has the parameters bound already,
//     model, batch, label and loss do not fit together, two parameters have one name, or the optimizer is not one of this
//     package's or has taken steps that parameters do not have in common;
//   - [*UnreachedError] if the loss does not depend on a parameter that is trained.
func RecordStep(g *graph.Graph, model Layer, batch, label *tensor.Tensor, cfg StepConfig) (f *program.Function, err error) {
	const op = recordStep
	if g == nil || !g.Traced() {
		return nil, graph.Errorf(op, graph.ErrUsage, "the graph is nil or not traced: make one with graph.New(graph.Traced()), so that the step holds for other numbers too")
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	start := g.Mark()
	tried := graph.Try(func() {
		r := &stepRecorder{g: g, cfg: cfg, of: map[*Param]*stepParam{}}
		f, err = r.record(model, batch, label)
	})
	if tried != nil {
		err = tried
	}
	if err != nil {
		g.Rewind(start)
		return nil, err
	}
	return f, nil
}

// check returns an error that names a setting that is missing or out of range.
func (c StepConfig) check() error {
	const op = recordStep
	switch {
	case c.Loss == nil:
		return graph.Errorf(op, graph.ErrUsage, "StepConfig.Loss is missing: set it, such as to nn.MSE or nn.CrossEntropyAt")
	case c.Optimizer == nil:
		return graph.Errorf(op, graph.ErrUsage, "StepConfig.Optimizer is missing: set it, such as to nn.NewSGD(nn.SGDConfig{LR: 0.1})")
	}
	for _, s := range []struct {
		name  string
		value float64
	}{{"L2", c.L2}, {"L1", c.L1}, {"ClipNorm", c.ClipNorm}, {"ClipValue", c.ClipValue}} {
		if !(s.value >= 0) || math.IsInf(s.value, 0) {
			return graph.Errorf(op, graph.ErrUsage, "%s = %g: want a finite number, 0 or more", s.name, s.value)
		}
	}
	return nil
}
