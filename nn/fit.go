package nn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// FitConfig holds the settings of [Fit]. Loss or Objective, Optimizer, Rand and one of Epochs, Steps and Patience must be
// set.
type FitConfig struct {
	Loss      Loss       // what is made small, such as nn.OnLabels(nn.CrossEntropy), of a model that is a [Layer]
	Objective Objective  // the same of any model, in place of Loss: it records the forward pass itself
	Optimizer Optimizer  // how, such as nn.NewSGD(nn.SGDConfig{LR: 0.1})
	Rand      *rand.Rand // gives the seed of a generator of Fit's own, for the examples, dropout and Augment: one seed gives one result

	BatchSize   int                                 // examples in a mini-batch, the lecture's T; 0 means 32, more than there are means all
	Independent bool                                // draw every batch anew, as Algorithm 1 says, in place of going through shuffled epochs
	DropLast    bool                                // leave out the last batch of an epoch if it is smaller, as BatchNorm wants it for one row
	Augment     func(b *data.Batch, rng *rand.Rand) // changes each mini-batch before it is trained on, such as by mirroring images

	L2, L1 float64 // λ ≥ 0 of the penalties λ·Σw² and λ·Σ|w| over the weights that are trained, without the biases; see [Weights]

	// An update takes Accumulate mini-batches, 0 means 1, and its gradient is the mean over their rows if the loss is one. The
	// last update of an epoch takes what is left. The gradient is clipped before the optimizer sees it: first each number to
	// ±ClipValue, then all together to a Euclidean norm of ClipNorm; 0 stands for none.
	Accumulate int
	ClipValue  float64
	ClipNorm   float64

	// Workers is how many goroutines share a mini-batch, each a part of its rows on a graph of its own; 0 means 1. A number of
	// workers and a seed give one result. It differs from that of another number, since sums are rounded in another order,
	// each worker draws its own dropout, and [BatchNorm] sees its worker's rows only. Loss, Objective, Metric and the layers
	// are called by several workers at a time, and must keep nothing from one call to the next.
	Workers int

	// Graph holds further settings of the graphs that Fit records on, such as [graph.WithFlushToZero]. The precision is the model's.
	Graph []graph.Option

	// Schedule gives a factor on the optimizer's learning rate for each update, which are counted from 0: [Cosine], [Warmup]
	// and their like. Afterwards the optimizer has its own rate again.
	Schedule Schedule
	Plateau  *Plateau // another factor, which falls where epochs get no better: by what they are judged by, or their training loss

	// Training stops at whichever of these comes first. 0 stands for no such condition.
	Epochs     int     // passes through the training set
	Steps      int     // updates of the parameters
	TargetLoss float64 // the training loss of an epoch is at most this
	GradNorm   float64 // the Euclidean norm of an update's gradient, before it is clipped, is at most this

	// With a validation set, Fit ends with the parameters of the epoch that was best on it.
	Validation *data.Set
	Patience   int     // stop early after so many epochs without improvement; 0 never does
	MinDelta   float64 // what Patience counts as improvement: by more than this, ≥ 0
	ByMetric   Better  // judge epochs by Metric, of which lower or higher is better; 0 judges by the loss

	Metric        Metric                       // what people read, such as nn.ArgMaxError; nil leaves NaN in the history
	EvaluateTrain bool                         // measure the training set like the validation set, with one more pass an epoch
	OnStep        func(step int, loss float64) // is called after each update with its loss
	OnEpoch       func(e Epoch)                // is called after each epoch
	Progress      Progress                     // is told how far it got, see package nn/progress

	// EMA is the decay of an exponential moving average of the parameters, see [NewEMA], with which epochs are measured and the
	// training ends; 0 for none. OnEpoch sees the average, and training goes on from the parameters.
	EMA float64

	// Checkpoint names a file in which Fit keeps its state, so that a run that was killed goes on from there with the same
	// result to the last bit. See [Fit].
	Checkpoint      string
	CheckpointEvery int // updates from one checkpoint to the next; 0 writes one after each epoch
}

// An Objective records the forward pass of a model on a batch on the graph g, and returns the loss that training makes
// small: for models with several inputs, with tokens, or with several losses. p says whether it is a training step; layers
// are given it. The loss should be a mean over the rows.
type Objective func(p Pass, g *graph.Graph, b *data.Batch) graph.Value

// An Epoch is what [Fit] knows at the end of one pass through the training set. The loss is without penalties, and
// metrics are NaN where there is none.
//
// Unless FitConfig.EvaluateTrain is set, the figures of the training set are means over the epoch's mini-batches as
// they were trained on: with the parameters of the time, and with dropout.
type Epoch struct {
	Number      int // from 1 on
	Steps       int // taken since the beginning
	TrainLoss   float64
	TrainMetric float64
	ValidLoss   float64 // NaN without a validation set
	ValidMetric float64
}

// A StopReason says why [Fit] came to its end.
type StopReason string

// The reasons.
const (
	StopEpochs     StopReason = "all epochs done"
	StopSteps      StopReason = "all steps done"
	StopTargetLoss StopReason = "target loss reached"
	StopGradNorm   StopReason = "gradient small enough"
	StopEarly      StopReason = "no improvement on the validation set"
	StopCancelled  StopReason = "cancelled"
	StopDiverged   StopReason = "diverged"
	StopFailed     StopReason = "failed"
)

// History is what happened in a call of [Fit]. Package viz/plot draws it: plot.Curves(history).
type History struct {
	Epochs []Epoch    // those that came to their end, in order
	Best   int        // index in Epochs of the best one on the validation set, -1 if there is none
	Steps  int        // updates of the parameters
	Reason StopReason // why it ended
}

// A DivergedError reports a loss, a gradient or a changed parameter that is not finite.
type DivergedError struct {
	Step  int     // number of the step, from 1 on
	Loss  float64 // of its mini-batch, or of the validation set after it, with penalties
	Cause error   // the error about a gradient, a changed parameter or a state that is not finite if the loss is, else nil

	// Diagnosis says where in the step the first number came up that is not finite: an *autograd.Diagnosis, or nil if the
	// loss and the gradients are finite.
	Diagnosis error

	first     bool // no step has been taken
	valid     bool // the loss is that of the validation set
	augmented bool // the examples have been changed by FitConfig.Augment
}

// Error names the step and the loss, and has the diagnosis in the lines below.
func (e *DivergedError) Error() string {
	var s string
	switch {
	case e.Cause != nil:
		s = fmt.Sprintf("nn.Fit: step %d with loss %g: %v", e.Step, e.Loss, e.Cause)
	case e.valid:
		s = fmt.Sprintf("nn.Fit: the loss on the validation set is %g after step %d, and that of the step is finite: the parameters are those of before; try a smaller learning rate, and look at the validation set and at what the model does in use", e.Loss, e.Step)
	case e.first:
		look := "the first parameters, the scale of the data"
		if e.augmented {
			look = "FitConfig.Augment, " + look
		}
		s = fmt.Sprintf("nn.Fit: the loss is %g in step %d, before anything was learned, and the examples are finite: look at %s, and for a logarithm, root or quotient out of its domain", e.Loss, e.Step, look)
	default:
		s = fmt.Sprintf("nn.Fit: the loss is %g in step %d: the parameters are those of before it diverged; try a smaller learning rate", e.Loss, e.Step)
	}
	if e.Diagnosis != nil {
		s += "\n" + e.Diagnosis.Error()
	}
	return s
}

// Unwrap returns the optimizer's error and the diagnosis, those that there are, for errors.As.
func (e *DivergedError) Unwrap() []error {
	return slices.DeleteFunc([]error{e.Cause, e.Diagnosis}, func(err error) bool { return err == nil })
}

// diagnose returns what makes a loss or its gradient not finite, nil if that is not known.
func diagnose(l graph.Value) (found error) {
	if graph.Try(func() { found = autograd.Diagnose(l) }) != nil {
		return nil // there is no memory for it, or an optimizer has changed the parameters already
	}
	return found
}

// Fit trains a model on a set: the lecture's Algorithm 1, mini-batch gradient descent.
//
//	while no stopping condition is met
//	    pick a batch B of examples at random
//	    compute the loss l of the model on B, with penalties, and its gradient ∇l by the backward sweep
//	    update the parameters: θ ← θ - η∇l, or as the optimizer has it
//
// The model is a [Layer] that is trained with a Loss, or anything with parameters that is trained with an Objective. The
// graph has the precision of the model's parameters, and the examples are converted to it. In steady state a step
// allocates nothing.
//
// With a validation set the model ends with the parameters of the best epoch, state among them, without one with the last
// ones. That holds also if Fit returns an error:
//
//   - ctx is done: Fit returns within a step. The error wraps ctx.Err(), for errors.Is.
//   - The loss, a gradient, a changed parameter or a state is not finite: [*DivergedError], with what [autograd.Diagnose] says of
//     the step. Without a validation set the parameters are those of the end of the last epoch after which the loss was
//     still finite, or else those of before Fit.
//   - A number of the examples is not finite: [*DataError], which names it, before the training begins.
//   - The checkpoint cannot be read or written, or is that of another training: an error that names the file. The file stays
//     as it was.
//   - The model, the loss and the set do not fit together, or a setting is missing or out of range: [*graph.Error].
//
// The history is not nil and tells how far it got. Fit panics only with what the caller's own functions panic with. The
// model, the optimizer and the Plateau belong to one call of Fit at a time.
//
// # Checkpoints
//
// With FitConfig.Checkpoint a run that ended in whatever way, by SIGKILL or a power cut too, goes on where the file says,
// if Fit is called again with a model, an optimizer and settings that were made in the same way: the result is that of
// an undisturbed run, bit by bit, and the history covers both. The file holds parameters, state, what the optimizer
// remembers, random generators, the place in the data, and the history. It is replaced as a whole or not at all, and the
// one before is kept beside it under the name with ".previous" behind it, for the case that the newer one is damaged.
//
// What the caller's functions change besides the numbers of parameters is not in the file, such as Param.Frozen, the
// optimizer's own rate or variables of theirs: set it as it was before Fit is called again. A Schedule keeps nothing.
//
// Random numbers go on where they were, whatever the seed of FitConfig.Rand is now. The limits of the training may be other
// ones than before, such as more Epochs to train longer, and so may the learning rate. After a run that came to its end
// Fit returns at once with its result. Remove both files to begin anew.
func Fit(ctx context.Context, model Model, train *data.Set, cfg FitConfig) (*History, error) {
	h := &History{Best: -1, Reason: StopFailed}
	var f *fitter
	var err error
	tried := graph.Try(func() {
		if f, err = newFitter(ctx, model, train, cfg, h); err == nil {
			defer f.close()
			err = f.run()
		}
	})
	if tried != nil {
		err = tried
	}
	if f != nil {
		if tried := graph.Try(f.restore); tried != nil {
			err = errors.Join(err, tried)
		}
	}
	return h, err
}

// check returns an error that names a setting that is missing or out of range.
func (c FitConfig) check() error {
	bad := func(format string, args ...any) error { return graph.Errorf("nn.Fit", graph.ErrUsage, format, args...) }
	switch {
	case c.Loss == nil && c.Objective == nil:
		return bad("FitConfig.Loss is missing: set it, such as to nn.OnLabels(nn.CrossEntropy), or set Objective")
	case c.Loss != nil && c.Objective != nil:
		return bad("Loss and Objective are both set: leave one out")
	case c.Objective != nil && c.Metric != nil:
		return bad("Metric needs the model's output, which Objective keeps to itself: leave it out, or train with Loss")
	case c.Optimizer == nil:
		return bad("FitConfig.Optimizer is missing: set it, such as to nn.NewSGD(nn.SGDConfig{LR: 0.1})")
	case !hasSource(c.Rand):
		return bad("FitConfig.Rand is missing, or the zero rand.Rand: set it to rand.New(rand.NewPCG(seed, 0))")
	case c.BatchSize < 0 || c.Epochs < 0 || c.Steps < 0 || c.Patience < 0:
		return bad("BatchSize %d, Epochs %d, Steps %d, Patience %d: want 0 or more each", c.BatchSize, c.Epochs, c.Steps, c.Patience)
	case c.Accumulate < 0 || c.Workers < 0 || c.CheckpointEvery < 0:
		return bad("Accumulate %d, Workers %d, CheckpointEvery %d: want 0 or more each", c.Accumulate, c.Workers, c.CheckpointEvery)
	case c.Workers > maxWorkers:
		return bad("Workers %d: want at most %d", c.Workers, maxWorkers)
	case c.CheckpointEvery > 0 && c.Checkpoint == "":
		return bad("CheckpointEvery %d without a file: set FitConfig.Checkpoint", c.CheckpointEvery)
	case c.Patience > 0 && c.Validation == nil:
		return bad("Patience %d without a validation set: set FitConfig.Validation", c.Patience)
	case c.ByMetric > HigherIsBetter:
		return bad("ByMetric %d: want nn.LowerIsBetter or nn.HigherIsBetter, or 0 for the loss", c.ByMetric)
	case c.ByMetric != 0 && (c.Metric == nil || c.Validation == nil):
		return bad("ByMetric needs FitConfig.Metric and FitConfig.Validation: set both")
	case c.Epochs == 0 && c.Steps == 0 && c.Patience == 0:
		return bad("nothing would end the training for certain: set Epochs, Steps or Patience")
	}
	for _, s := range []struct {
		name  string
		value float64
	}{{"L2", c.L2}, {"L1", c.L1}, {"MinDelta", c.MinDelta}, {"GradNorm", c.GradNorm}, {"ClipNorm", c.ClipNorm}, {"ClipValue", c.ClipValue}} {
		if !(s.value >= 0) || math.IsInf(s.value, 0) {
			return bad("%s = %g: want a finite number, 0 or more", s.name, s.value)
		}
	}
	if !(c.EMA >= 0 && c.EMA < 1) {
		return bad("EMA = %g: want 0 ≤ EMA < 1, the decay of the average", c.EMA)
	}
	if math.IsNaN(c.TargetLoss) {
		return bad("TargetLoss is NaN: set a number, or 0 for none")
	}
	return nil
}
