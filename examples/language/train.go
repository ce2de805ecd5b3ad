package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/progress"
	"github.com/seed366ff29f/chainrule/ops"
)

// The settings of all trainings. They were found by trying, with an eye on the validation part.
const (
	batchSize    = 8 // windows
	learningRate = 0.005
	warmup       = 50  // updates, in which the learning rate rises
	clipNorm     = 1   // to which a gradient is shortened, as recurrent networks have steep places
	workers      = 2   // that share a batch
	every        = 100 // updates from one checkpoint to the next
)

// A trained model and what it achieves.
type trained struct {
	model
	seed        uint64
	valid, test float64 // bits a character
	took        time.Duration
}

// loss is the mean cross entropy of logits (rows, positions, alphabet) with the characters that follow.
func loss(y graph.Value, b *data.Batch) graph.Value {
	return nn.CrossEntropy(ops.Reshape(y, len(b.Labels), -1), b.Labels)
}

// train trains a model of a kind on the first part of a text.
func (s *settings) train(ctx context.Context, k kind, c *corpus, seed uint64, stderr io.Writer) (trained, error) {
	m := k.build(seed, len(c.alphabet))
	set := windows(c.train, window, window)
	steps := s.epochs * ((set.Len() + batchSize - 1) / batchSize)
	cfg := nn.FitConfig{
		Loss:       loss,
		Optimizer:  nn.NewAdam(nn.AdamConfig{LR: learningRate}),
		Rand:       rand.New(rand.NewPCG(seed, 1)),
		BatchSize:  batchSize,
		Epochs:     s.epochs,
		ClipNorm:   clipNorm,
		Workers:    workers,
		Schedule:   nn.Warmup(warmup, nn.Cosine(max(1, steps-warmup))),
		Validation: windows(c.valid, window, window), // the best epoch stays
		Progress:   progress.To(stderr, progress.Title(fmt.Sprintf("%s, seed %d", k.name, seed))),
	}
	if s.checkpoint != "" {
		cfg.Checkpoint, cfg.CheckpointEvery = s.checkpointOf(k, seed), every
	}
	start := time.Now()
	if _, err := nn.Fit(ctx, m, set, cfg); err != nil {
		return trained{}, command.Resumable(err, cfg.Checkpoint)
	}
	t := trained{model: m, seed: seed, took: time.Since(start)}
	var err error
	if t.valid, err = bits(m, c.valid); err == nil {
		t.test, err = bits(m, c.test)
	}
	return t, err
}

// checkpointOf returns the name of a training's checkpoint.
func (s *settings) checkpointOf(k kind, seed uint64) string {
	return fmt.Sprintf("%s.%s-%d", s.checkpoint, k.name, seed)
}

// removeCheckpoints removes the checkpoints of all trainings, whose best result is kept.
func (s *settings) removeCheckpoints(kinds []kind) error {
	if s.checkpoint == "" {
		return nil
	}
	for _, k := range kinds {
		for i := range s.seeds {
			if err := command.RemoveCheckpoint(s.checkpointOf(k, s.seed+uint64(i))); err != nil {
				return err
			}
		}
	}
	return nil
}

// bits returns how many bits a character of a text takes a model: for those characters that have half a window or more
// before them, as all have but the very first.
func bits(m model, text []int) (float64, error) {
	const half = window / 2
	secondHalf := func(y graph.Value, b *data.Batch) graph.Value {
		var labels []int
		for i := range b.Len() {
			labels = append(labels, b.Labels[i*window+half:(i+1)*window]...)
		}
		return nn.CrossEntropy(ops.Reshape(ops.Slice(y, 1, half, window), len(labels), -1), labels)
	}
	l, _, err := nn.Evaluate(m, windows(text, window, half), secondHalf, nil)
	return l / math.Ln2, err
}
