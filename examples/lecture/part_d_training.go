package main

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/search"
	"github.com/seed366ff29f/chainrule/viz"
)

// The settings of part d.
const (
	hiddenNodes  = 16
	batchSize    = 32  // the lecture's T
	learningRate = 0.5 // the lecture's η
	epochs       = 300
	patience     = 20 // epochs without improvement after which early stopping ends
	lambda       = 0.002
	keep         = 0.5 // the probability with which dropout keeps a neuron
)

// loss is the lecture's cross entropy of the predicted probabilities, the mean over a batch.
var loss = nn.OnTargets(nn.BCE)

// wrong is the fraction of rows that are on the wrong side of probability ½.
var wrong = nn.ThresholdError(0.5)

// network returns f(x,w) of section 12.1 with the given numbers of nodes in its hidden layers: a sigmoid after every
// layer, the last one included. The dropout layers, if any, follow the hidden ones.
func network(rng *rand.Rand, inputs int, hidden []int, dropout ...nn.DropoutOption) nn.Layer {
	var layers []nn.Layer
	for _, nodes := range hidden {
		layers = append(layers, nn.Named("hidden", nn.Linear(rng, inputs, nodes)), nn.Sigmoid())
		if len(dropout) > 0 {
			layers = append(layers, nn.Dropout(dropout...))
		}
		inputs = nodes
	}
	layers = append(layers, nn.Named("output", nn.Linear(rng, inputs, 1)), nn.Sigmoid())
	return nn.Sequential(layers...)
}

// algorithm1 is the lecture's Algorithm 1, mini-batch gradient descent, line by line. Line 1, the random initialization
// of θ, is done with the model. nn.Fit is this loop with everything around it that the rest of part d needs.
func algorithm1(rng *rand.Rand, model nn.Layer, train *data.Set, steps int) error {
	rng = rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())) // nn.Fit draws from a generator of its own, for which it needs a seed
	g := graph.New()
	batches := data.NewBatches(train, data.BatchConfig{Size: batchSize, Order: data.Independent, Rand: rng})
	opt := nn.NewSGD(nn.SGDConfig{LR: learningRate})
	for step := 0; step < steps; { // 2: while stopping condition is not met
		b, ok := batches.Next() // 3: randomly pick a batch of examples
		if !ok {
			continue // an epoch is over
		}
		f := model.Forward(nn.Train(rng), g.BindConst(b.X))
		l := nn.BCE(f, g.BindConst(b.T))
		grads := autograd.Backward(l)                           // 4: compute the gradient of the loss function
		if err := opt.Step(model.Params(), grads); err != nil { // 5: θ ← θ - η∇l
			return err
		}
		g.Reset()
		step++
	}
	return nil // 6: θ is in the model's parameters
}

// A variant is a way of training: a row of part d's table.
type variant struct {
	name    string
	hidden  []int
	l2      float64            // λ
	dropout []nn.DropoutOption // none: no dropout
	early   bool               // stop early
}

// String returns the name.
func (v variant) String() string { return v.name }

var (
	unregularized = variant{name: "none", hidden: []int{hiddenNodes}}
	penalized     = variant{name: "L2, λ = 0.002", hidden: []int{hiddenNodes}, l2: lambda}
	stoppedEarly  = variant{name: "early stopping", hidden: []int{hiddenNodes}, early: true}
	// logistic has no hidden layer. Its λ is that of scikit-learn's default C = 1: 1/(2·341 training rows).
	logistic = variant{name: "no hidden layer, L2", l2: 0.0015}
)

// variants are the rows of the table.
var variants = []variant{
	unregularized,
	penalized,
	{name: "dropout, classic", hidden: []int{hiddenNodes}, dropout: []nn.DropoutOption{nn.KeepProb(keep), nn.Classic()}},
	{name: "dropout, inverted", hidden: []int{hiddenNodes}, dropout: []nn.DropoutOption{nn.KeepProb(keep), nn.Inverted()}},
	stoppedEarly,
	{name: "all three", hidden: []int{hiddenNodes}, l2: lambda, dropout: []nn.DropoutOption{nn.KeepProb(keep)}, early: true},
	logistic,
}

// A score is what a trained model achieves on the training, validation and test rows.
type score struct {
	loss, wrong [3]float64
	epochs      float64 // of training that the model has behind it
}

// measure returns the score of a model.
func (s *split) measure(model nn.Layer) (score, error) {
	var out score
	for i, set := range []*data.Set{s.train, s.valid, s.test} {
		l, w, err := nn.Evaluate(model, set, loss, wrong)
		if err != nil {
			return score{}, err
		}
		out.loss[i], out.wrong[i] = l, w
	}
	return out, nil
}

// mean returns the averages of scores.
func mean(scores []score) score {
	var out score
	n := float64(len(scores))
	for _, s := range scores {
		for i := range out.loss {
			out.loss[i] += s.loss[i] / n
			out.wrong[i] += s.wrong[i] / n
		}
		out.epochs += s.epochs / n
	}
	return out
}

// fit trains a new network as v says. All variants of one run begin with the same weights and pick the same batches,
// until dropout draws its masks from the same source.
func (v variant) fit(ctx context.Context, l *lesson, s *split, run int, onEpoch func(nn.Layer, nn.Epoch)) (nn.Layer, score, error) {
	model := network(l.rng('d', 2*run), s.train.X.Dims()[1], v.hidden, v.dropout...)
	cfg := nn.FitConfig{
		Loss:        loss,
		Optimizer:   nn.NewSGD(nn.SGDConfig{LR: learningRate}),
		Rand:        l.rng('d', 2*run+1),
		BatchSize:   batchSize,
		Independent: true,
		Epochs:      epochs,
		L2:          v.l2,
	}
	if v.early {
		cfg.Validation, cfg.Patience = s.valid, patience
	}
	if onEpoch != nil {
		cfg.OnEpoch = func(e nn.Epoch) { onEpoch(model, e) }
	}
	history, err := nn.Fit(ctx, model, s.train, cfg)
	if err != nil {
		return nil, score{}, err
	}
	result, err := s.measure(model)
	result.epochs = float64(len(history.Epochs))
	if history.Best >= 0 {
		result.epochs = float64(history.Best + 1)
	}
	return model, result, err
}

// training is part d.
func training(ctx context.Context, l *lesson) error {
	s, err := breastCancer()
	if err != nil {
		return err
	}
	l.say("The data: %d tumours, %d measurements each; predict whether a tumour is benign (y = 1) or malignant (y = 0). "+
		"Row i is a test row if i mod 5 = 0, a validation row if i mod 5 = 1, else a training row: %d training, %d validation, %d test. "+
		"Every column is standardized by the training rows. Credit: Wolberg, Mangasarian, Street, Street (1995), CC BY 4.0.",
		s.train.Len()+s.valid.Len()+s.test.Len(), s.train.X.Dims()[1], s.train.Len(), s.valid.Len(), s.test.Len())
	l.say("The network is f(x,w) of Figure 12.1: %d inputs, %d hidden nodes H, one output, sigmoids. Algorithm 1 with batches of T = %d, η = %g, "+
		"and cross entropy of the probabilities. One run, without regularization:", s.train.X.Dims()[1], hiddenNodes, batchSize, learningRate)
	c, err := l.learningCurve(ctx, s)
	if err != nil {
		return err
	}
	if err := l.sameAsFit(s); err != nil {
		return err
	}
	if err := l.trainedPicture(c.model, s); err != nil {
		return err
	}

	l.heading("12.4 Regularization")
	l.penaltySlip()
	l.dropoutSlip()
	scores, err := l.trainVariants(ctx, s)
	if err != nil {
		return err
	}
	l.compareVariants(s, scores)
	l.results.split, l.results.curve, l.results.variants = s, c, scores
	return nil
}

// A curve is how a training goes: the score after each epoch, and where early stopping would have ended it.
type curve struct {
	scores  []score  // of epoch 1, 2, ...
	chosen  int      // the epoch that early stopping goes back to
	stopped int      // the epoch after which it stops
	model   nn.Layer // the network that it leaves
}

// learningCurve prints how the first run goes without regularization, and where early stopping would end it.
func (l *lesson) learningCurve(ctx context.Context, s *split) (*curve, error) {
	c := &curve{}
	var failed error
	_, _, err := unregularized.fit(ctx, l, s, 0, func(model nn.Layer, _ nn.Epoch) {
		at, err := s.measure(model)
		if failed == nil {
			failed = err
		}
		c.scores = append(c.scores, at)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	model, best, err := stoppedEarly.fit(ctx, l, s, 0, nil)
	if err != nil {
		return nil, err
	}
	c.model, c.chosen = model, int(best.epochs)
	c.stopped = min(c.chosen+patience, epochs)

	shown := []int{1, 3, 10, 30, 100, 300, c.chosen, c.stopped}
	slices.Sort(shown)
	l.printf("\n           cross entropy            wrong in 100 rows\n")
	l.printf("  epoch    train   valid    test    train  valid   test\n")
	for _, epoch := range slices.Compact(shown) {
		mark := ""
		switch epoch {
		case c.chosen:
			mark = "   <- goes back to"
		case c.stopped:
			mark = "   <- stops"
		}
		l.printf("  %5d   %s%s\n", epoch, c.scores[epoch-1], mark)
	}
	l.say("Look at the cross entropy: it goes on falling on the training rows and rises again on the others. "+
		"<-: early stopping ends the same run when the validation rows have not improved for %d epochs, and goes back to the best: epoch %d, %.1f wrong in 100 test rows.",
		patience, c.chosen, 100*best.wrong[byTest])
	return c, nil
}

// sameAsFit prints that the loop of algorithm1 and nn.Fit do the same.
func (l *lesson) sameAsFit(s *split) error {
	const steps = 100
	written, fitted, err := l.bothWays(s, steps)
	if err != nil {
		return err
	}
	mark := "✓"
	for i, p := range written.Params() {
		if !slices.Equal(p.Data.Float64s(), fitted.Params()[i].Data.Float64s()) {
			mark = "✗"
		}
	}
	l.say("All this is done by nn.Fit. The function algorithm1 in part_d_training.go is its loop written out, line by line. "+
		"After %d steps from one seed both have the same weights, bit by bit: %s", steps, mark)
	return nil
}

// bothWays returns two networks, trained for some steps from one seed: by algorithm1 and by nn.Fit.
func (l *lesson) bothWays(s *split, steps int) (written, fitted nn.Layer, err error) {
	inputs := s.train.X.Dims()[1]
	written = network(l.rng('d', 0), inputs, []int{hiddenNodes})
	if err := algorithm1(l.rng('d', 1), written, s.train, steps); err != nil {
		return nil, nil, err
	}
	fitted = network(l.rng('d', 0), inputs, []int{hiddenNodes})
	_, err = nn.Fit(context.Background(), fitted, s.train, nn.FitConfig{
		Loss:        loss,
		Optimizer:   nn.NewSGD(nn.SGDConfig{LR: learningRate}),
		Rand:        l.rng('d', 1),
		BatchSize:   batchSize,
		Independent: true,
		Steps:       steps,
	})
	return written, fitted, err
}

// trainVariants trains every variant a number of times and returns the scores, for each variant those of its runs.
func (l *lesson) trainVariants(ctx context.Context, s *split) ([][]score, error) {
	way := search.Choice("regularization", variants...)
	return l.scores(ctx, "12.4 variants", search.Grid(way), func(ctx context.Context, r *search.Run) (score, error) {
		_, result, err := way.Of(r).fit(ctx, l, s, r.Index, nil)
		return result, err
	})
}

// compareVariants prints the table of variants.
func (l *lesson) compareVariants(s *split, scores [][]score) {
	l.say("Means over %d runs with other initial weights and batches, dropout with p = %g:", l.runs, keep)
	l.printf("\n                          cross entropy            wrong in 100 rows\n")
	l.printf("  regularization          train   valid    test    train  valid   test   epochs\n")
	for i, v := range variants {
		m := mean(scores[i])
		l.printf("  %-21s  %s   %6.0f\n", v.name, m, m.epochs)
	}
	rows := float64(s.test.Len())
	l.say("Look at the distance between train and test. Without regularization the network overfits: no training row is wrong any more. "+
		"L2 and early stopping keep the two together. One of the %.0f test rows more or less moves a test figure by %.2f if it does so in one run of the %d, "+
		"by %.1f if in each: small differences mean nothing. "+
		"The last line is logistic regression, a network without a hidden layer: on these data a hidden layer gains little.",
		rows, 100/rows/float64(l.runs), l.runs, 100/rows)
}

// trainedPicture writes the graph of a network for the first test row.
func (l *lesson) trainedPicture(model nn.Layer, s *split) error {
	row := s.test.Rows(0)
	g := graph.New()
	x := g.ConstTensor(row.X).Named("x")
	y := g.ConstTensor(row.T).Named("y")
	f := model.Forward(nn.Eval(), x).Named("f(x,w)")
	e := nn.BCE(f, y).Named("l")
	return l.picture("12.1.1-trained-network", e,
		viz.Title("12.1.1 The trained network, one test row"),
		viz.WithGradients(autograd.Backward(e)), viz.Precision(3))
}
