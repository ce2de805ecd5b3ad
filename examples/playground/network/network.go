package network

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// An Epoch is what is known at the end of one pass through the training set, or before the first. Both losses are
// measured with the weights of that time and without dropout and penalty. Right is the fraction that is classified as it
// should be, or R² of a regression. Figures of a validation set are NaN if there is none.
type Epoch struct {
	Number                 int
	TrainLoss, ValidLoss   float64
	TrainRight, ValidRight float64
}

// A Network is a training under way. It serves one goroutine.
type Network struct {
	settings Settings
	points   []Point
	model    *model
	weights  []*nn.Param // those that the penalty is about
	opt      nn.Optimizer
	rng      *rand.Rand

	g       *graph.Graph
	start   graph.Mark // behind the parameters and the buffers of the batches
	batches *data.Batches
	train   *measure
	valid   *measure // nil for none

	epochs  []Epoch // from number 0 on
	steps   int
	inEpoch int              // updates in the epoch under way
	best    int              // the epoch with the lowest loss on the validation set, -1 if there is no such set
	kept    []*tensor.Tensor // the parameters of that time
	ended   string           // why it is over, "" while it is not
}

// New returns a network that has not learned anything. The error is a [*SettingError].
func New(s Settings) (*Network, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	n := &Network{settings: s, points: s.Data.make(), model: newModel(&s), rng: rand.New(rand.NewPCG(s.Seed, 2)), best: -1}
	n.weights = nn.Weights(n.model.params...)
	n.opt = optimizers[s.Optimizer](s.Rate)
	examples := set(n.points, false, n.model.classes)
	n.batches = data.NewBatches(examples, data.BatchConfig{Size: s.Batch, Rand: n.rng})
	n.g = graph.New()
	for _, p := range n.model.params {
		p.Bind(n.g)
	}
	for _, b := range n.batches.Buffers() {
		n.g.BindConst(b.X)
		if b.T != nil {
			n.g.BindConst(b.T)
		}
	}
	n.start = n.g.Mark()
	n.train = newMeasure(examples)
	if s.Data.Validation > 0 {
		if v := set(n.points, true, n.model.classes); v != nil {
			n.valid = newMeasure(v)
		}
	}
	n.close()
	return n, nil
}

// Points returns the examples.
func (n *Network) Points() []Point { return n.points }

// Outputs returns how many numbers [Network.Plane] gives for a place.
func (n *Network) Outputs() int { return n.model.outputs() }

// Classes returns how many classes there are, 0 for a regression.
func (n *Network) Classes() int { return n.model.classes }

// Epochs returns the epochs so far, beginning with number 0, from before the first update.
func (n *Network) Epochs() []Epoch { return n.epochs }

// Numbers returns how many weights and biases there are.
func (n *Network) Numbers() int {
	count := 0
	for _, p := range n.model.params {
		count += p.Data.Len()
	}
	return count
}

// Steps returns how many updates there were.
func (n *Network) Steps() int { return n.steps }

// Best returns the number of the epoch with the lowest loss on the validation set, -1 if there is no such set.
func (n *Network) Best() int { return n.best }

// Ended returns why training is over, or "" while it can go on.
func (n *Network) Ended() string { return n.ended }

// SetRate changes the learning rate for the updates to come.
func (n *Network) SetRate(rate float64) error {
	s := n.settings
	s.Rate = rate
	if err := s.Check(); err != nil {
		return err
	}
	n.settings = s
	n.opt.SetLR(rate)
	return nil
}

// Train makes up to the given number of updates, until the training is over or more reports false.
func (n *Network) Train(steps int, more func() bool) {
	for range steps {
		if n.ended != "" || !more() {
			return
		}
		n.step()
	}
}

// TrainEpoch makes the updates that are left of the epoch under way.
func (n *Network) TrainEpoch() {
	for before := len(n.epochs); n.ended == "" && len(n.epochs) == before; {
		n.step()
	}
}

// step makes one update: Algorithm 1 of the lecture. At the end of an epoch it measures.
func (n *Network) step() {
	b, ok := n.batches.Next()
	if !ok { // the end of an epoch; the next one begins
		b, _ = n.batches.Next()
	}
	n.g.Rewind(n.start)
	loss := n.objective(nn.Train(n.rng), n.g.BindConst(b.X), b)
	err := n.update(loss)
	if err != nil {
		n.end("diverged: " + err.Error())
		return
	}
	n.steps++
	if n.inEpoch++; n.inEpoch == n.batches.Count() {
		n.inEpoch = 0
		n.close()
	}
}

// objective records the loss of a batch with the penalty.
func (n *Network) objective(p nn.Pass, x graph.Value, b *data.Batch) graph.Value {
	loss := n.model.loss(n.model.Forward(p, x), b)
	if n.settings.L2 > 0 {
		loss = ops.Add(loss, nn.L2(x.Graph(), n.settings.L2, n.weights...))
	}
	return loss
}

// update sweeps back from a loss and changes the parameters.
func (n *Network) update(loss graph.Value) error {
	if v := loss.Item(); math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("the loss is %g: choose a smaller learning rate", v)
	}
	err := n.opt.Step(n.model.params, autograd.Backward(loss, autograd.LeavesOnly()))
	var gradient *nn.GradientError
	var overflow *nn.OverflowError
	if errors.As(err, &gradient) || errors.As(err, &overflow) {
		return fmt.Errorf("%w: choose a smaller learning rate", err)
	}
	return err
}

// close measures an epoch that has ended, and judges it by the validation set.
func (n *Network) close() {
	e := Epoch{Number: len(n.epochs), ValidLoss: math.NaN(), ValidRight: math.NaN()}
	e.TrainLoss, e.TrainRight = n.train.of(n.model)
	if n.valid != nil {
		e.ValidLoss, e.ValidRight = n.valid.of(n.model)
		if n.best < 0 || e.ValidLoss < n.epochs[n.best].ValidLoss {
			n.best = e.Number
			n.keep()
		}
	}
	n.epochs = append(n.epochs, e)
	switch waited := e.Number - n.best; {
	case n.valid != nil && n.settings.Patience > 0 && waited >= n.settings.Patience:
		n.end(fmt.Sprintf("stopped early: no improvement on the validation set in %d epochs", waited))
	case e.Number >= n.settings.Epochs:
		n.end(fmt.Sprintf("all %d epochs are done", n.settings.Epochs))
	}
}

// keep copies the parameters.
func (n *Network) keep() {
	for i, p := range n.model.params {
		if i == len(n.kept) {
			n.kept = append(n.kept, p.Data.Clone())
			continue
		}
		n.kept[i].Copy(p.Data)
	}
}

// end closes the training. With early stopping the network gets back the parameters of its best epoch.
func (n *Network) end(why string) {
	n.ended = why
	if n.settings.Patience == 0 || n.best < 0 {
		return
	}
	for i, p := range n.model.params {
		p.Data.Copy(n.kept[i])
	}
}

// A measure is a set on which the network is measured as it is used.
type measure struct {
	batches *data.Batches
	g       *graph.Graph
}

func newMeasure(s *data.Set) *measure {
	return &measure{data.NewBatches(s, data.BatchConfig{Order: data.InOrder}), graph.New()}
}

// of returns the loss, and the fraction that is right.
func (m *measure) of(model *model) (loss, right float64) {
	for b := range m.batches.Epoch() { // there is one batch
		m.g.Reset()
		m.g.Quietly(func() {
			y := model.Forward(nn.Eval(), m.g.BindConst(b.X))
			loss = model.loss(y, b).Item()
			right = model.right(y.Tensor(), b)
		})
	}
	return loss, right
}
