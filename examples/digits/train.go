package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/datasets"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/progress"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

const (
	batchSize    = 32
	learningRate = 0.003
	weightDecay  = 0.01
	warmup       = 30 // updates
)

// loss is the cross-entropy of the ten classes.
var loss = nn.OnLabels(nn.CrossEntropy)

// digits returns the images, of shape (rows, 1, 8, 8), with ink from 0 to 1.
func digits() (*data.Set, error) {
	set, err := datasets.Digits()
	if err != nil {
		return nil, err
	}
	ink := set.X.Float64s()
	for i := range ink {
		ink[i] /= fullInk
	}
	set.X = tensor.Of(ink, set.Len(), 1, side, side)
	return set, nil
}

// check returns an error that names a flag that is out of range.
func (s *settings) check() error {
	switch {
	case s.seeds < 1:
		return command.Usagef("-seeds %d: want 1 or more", s.seeds)
	case s.epochs < 0:
		return command.Usagef("-epochs %d: want 1 or more, or 0 for as many as are usual", s.epochs)
	}
	if err := command.CheckPicture("-curves", s.curves); err != nil {
		return err
	}
	return command.CheckFile("-file", s.file)
}

// A result is a network that has been trained.
type result struct {
	model       nn.Layer
	seed        uint64
	epoch       int     // that was kept
	loss        float64 // of the validation rows
	valid, test float64 // accuracy
	history     *nn.History
}

// train trains networks, prints how good they are, and keeps the best.
func (s *settings) train(ctx context.Context, stdout, stderr io.Writer) error {
	net, err := named(s.model)
	if err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	set, err := digits()
	if err != nil {
		return err
	}
	train, valid, test := set.SplitModulo(5)
	fmt.Fprintf(stdout, "Handwritten digits of 8×8 pixels: %d training, %d validation, %d test rows.\n\n", train.Len(), valid.Len(), test.Len())
	if err := nn.Summary(stdout, net.make(rand.New(rand.NewPCG(0, 0))), 1, side, side); err != nil {
		return err
	}

	best := result{loss: math.Inf(1)}
	var accuracy command.Spread
	table := "\n seed  best epoch  validation    test\n"
	for i := range s.seeds {
		r, err := s.fit(ctx, net, s.seed+uint64(i), train, valid, stderr)
		if err != nil {
			return fmt.Errorf("seed %d: %w", s.seed+uint64(i), err)
		}
		if _, r.test, err = nn.Evaluate(r.model, test, loss, nn.Accuracy); err != nil {
			return err
		}
		table += fmt.Sprintf("%5d  %10d      %6.4f  %6.4f\n", r.seed, r.epoch, r.valid, r.test)
		accuracy = append(accuracy, r.test)
		if r.loss < best.loss {
			best = r
		}
	}
	fmt.Fprintf(stdout, "%s\nTest accuracy: %s.\n", table, accuracy.Format("%.4f"))
	if err := nn.SaveFile(s.file, best.model); err != nil {
		return err
	}
	if s.curves != "" {
		title := fmt.Sprintf("Digits, network %s, seed %d", net.name, best.seed)
		if err := plot.Curves(best.history, plot.Title(title), plot.MetricName("accuracy")).SaveFile(s.curves); err != nil {
			return err
		}
	}
	for i := range s.seeds {
		if s.checkpoint != "" {
			if err := command.RemoveCheckpoint(s.checkpointOf(net, s.seed+uint64(i))); err != nil {
				return err
			}
		}
	}
	return s.show(stdout, best, test)
}

// fit trains one network.
func (s *settings) fit(ctx context.Context, net network, seed uint64, train, valid *data.Set, stderr io.Writer) (result, error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	model := net.make(rng)
	epochs := net.epochs
	if s.epochs > 0 {
		epochs = s.epochs
	}
	updates := (train.Len() + batchSize - 1) / batchSize // in an epoch
	cfg := nn.FitConfig{
		Loss:       loss,
		Optimizer:  nn.NewAdamW(nn.AdamWConfig{LR: learningRate, WeightDecay: weightDecay}),
		Schedule:   nn.Warmup(warmup, nn.Cosine(max(epochs*updates-warmup, 1))),
		Rand:       rng,
		BatchSize:  batchSize,
		Epochs:     epochs,
		Augment:    augment,
		Validation: valid,
		Metric:     nn.Accuracy,
		Progress:   progress.To(stderr, progress.Title(fmt.Sprintf("seed %d", seed)), progress.MetricName("accuracy")),
	}
	if s.checkpoint != "" {
		cfg.Checkpoint, cfg.CheckpointEvery = s.checkpointOf(net, seed), 10*updates
	}
	history, err := nn.Fit(ctx, model, train, cfg)
	if err != nil {
		return result{}, command.Resumable(err, cfg.Checkpoint)
	}
	e := history.Epochs[history.Best]
	return result{model: model, seed: seed, epoch: e.Number, loss: e.ValidLoss, valid: e.ValidMetric, history: history}, nil
}

// checkpointOf returns the name of a network's checkpoint.
func (s *settings) checkpointOf(net network, seed uint64) string {
	return fmt.Sprintf("%s.%s-%d", s.checkpoint, net.name, seed)
}

// show prints what the network does that was kept.
func (s *settings) show(stdout io.Writer, best result, test *data.Set) error {
	y, err := nn.Predict(best.model, test)
	if err != nil {
		return err
	}
	matrix := nn.Confusion(nn.ArgMax(y), test.Labels, len(test.Classes))
	_, err = fmt.Fprintf(stdout, "The network of seed %d has the smallest loss on the validation rows. What it takes the test rows for:\n\n%s\n"+
		"It is in %s: go run ./examples/digits -classify FILE uses it.\n", best.seed, matrix, s.file)
	return err
}
