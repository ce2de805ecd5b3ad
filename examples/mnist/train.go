package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/pprof"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/progress"
)

const (
	side            = 28
	classes         = 10
	batchSize       = 64
	learningRate    = 0.003
	warmup          = 0.1 // of the updates
	checkpointEvery = 100 // updates
	validFraction   = 1. / 12
)

// loss is the cross-entropy of the ten classes.
var loss = nn.OnLabels(nn.CrossEntropy)

// network returns a network of two convolutions, in single precision.
func network(rng *rand.Rand) nn.Layer {
	model := nn.Sequential(
		nn.Conv2D(rng, 1, 8, 3, nn.Padding(1)), nn.BatchNorm(8), nn.ReLU(), nn.MaxPool2D(2), // (rows, 8, 14, 14)
		nn.Conv2D(rng, 8, 16, 3, nn.Padding(1)), nn.BatchNorm(16), nn.ReLU(), nn.MaxPool2D(2), // (rows, 16, 7, 7)
		nn.Flatten(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(rng, 16*7*7, classes),
	)
	nn.To(model, tensor.Float32)
	return model
}

// read returns a part of the set.
func (s *settings) read(part string) (*data.Set, error) {
	set, err := data.MNIST(os.DirFS(s.dir), part)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w\n"+
			"Put the files train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into the directory %s,\n"+
			"or say by -dir where they are. They are at https://storage.googleapis.com/cvdf-datasets/mnist/", err, s.dir)
	case err != nil:
		return nil, err
	}
	if d := set.X.Dims(); d[2] != side || d[3] != side {
		return nil, fmt.Errorf("the images for %s in %s have %d×%d pixels: want 28×28", part, s.dir, d[2], d[3])
	}
	for i, label := range set.Labels {
		if label >= classes {
			return nil, fmt.Errorf("image %d for %s in %s has class %d: want from 0 to %d", i, part, s.dir, label, classes-1)
		}
	}
	return set, nil
}

// run trains networks, prints how good they are, and keeps the best.
func (s *settings) run(ctx context.Context, stdout, stderr io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	whole, err := s.read("train")
	if err != nil {
		return err
	}
	test, err := s.read("test")
	if err != nil {
		return err
	}
	// One split for all seeds.
	train, valid, _ := whole.SplitRandom(rand.New(rand.NewPCG(0, 0)), validFraction, 0)
	if valid.Len() == 0 || test.Len() == 0 {
		return fmt.Errorf("%d training and %d test images in %s are too few", whole.Len(), test.Len(), s.dir)
	}
	fmt.Fprintf(stdout, "Images of 28×28 pixels: %d for training, %d for validation, %d for testing.\n\n", train.Len(), valid.Len(), test.Len())
	if err := nn.Summary(stdout, network(rand.New(rand.NewPCG(0, 0))), 1, side, side); err != nil {
		return err
	}

	var profile *graph.Profile
	if s.profile != "" {
		profile = new(graph.Profile)
	}
	var best nn.Layer
	least := math.Inf(1)
	var accuracy command.Spread
	table := "\nseed  best epoch  validation    test\n"
	for i := range s.seeds {
		seed := s.seed + uint64(i)
		model, kept, err := s.fit(ctx, seed, train, valid, profile, stderr)
		if err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		_, a, err := nn.Evaluate(model, test, loss, nn.Accuracy)
		if err != nil {
			return err
		}
		table += fmt.Sprintf("%4d  %10d      %6.4f  %6.4f\n", seed, kept.Number, kept.ValidMetric, a)
		accuracy = append(accuracy, a)
		if kept.ValidLoss < least {
			least, best = kept.ValidLoss, model
		}
	}
	fmt.Fprintf(stdout, "%s\nTest accuracy: %s.\n", table, accuracy.Format("%.4f"))
	if err := nn.SaveFile(s.file, best); err != nil {
		return err
	}
	if profile != nil {
		if err := writeProfile(s.profile, profile, stderr); err != nil {
			return err
		}
	}
	for i := range s.seeds {
		if s.checkpoint != "" {
			if err := command.RemoveCheckpoint(s.checkpointOf(s.seed + uint64(i))); err != nil {
				return err
			}
		}
	}
	_, err = fmt.Fprintf(stdout, "The network that is best on the validation images is in %s.\n", s.file)
	return err
}

// fit trains one network, and returns the epoch that was kept. What its operations cost is added to the profile, if there is one.
func (s *settings) fit(ctx context.Context, seed uint64, train, valid *data.Set, profile *graph.Profile, stderr io.Writer) (nn.Layer, nn.Epoch, error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	model := network(rng)
	updates := s.epochs * ((train.Len() + batchSize - 1) / batchSize)
	rising := max(1, int(warmup*float64(updates)))
	cfg := nn.FitConfig{
		Loss:       loss,
		Optimizer:  nn.NewAdamW(nn.AdamWConfig{LR: learningRate}),
		Schedule:   nn.Warmup(rising, nn.Cosine(max(1, updates-rising))),
		Rand:       rng,
		BatchSize:  batchSize,
		Workers:    s.workers,
		Epochs:     s.epochs,
		Validation: valid,
		Metric:     nn.Accuracy,
		Progress:   progress.To(stderr, progress.Title(fmt.Sprintf("seed %d", seed)), progress.MetricName("accuracy")),
	}
	if profile != nil {
		cfg.Graph = []graph.Option{graph.WithProfile(profile)}
	}
	if s.checkpoint != "" {
		cfg.Checkpoint, cfg.CheckpointEvery = s.checkpointOf(seed), checkpointEvery
	}
	history, err := nn.Fit(ctx, model, train, cfg)
	if err != nil {
		return nil, nn.Epoch{}, command.Resumable(err, cfg.Checkpoint)
	}
	return model, history.Epochs[history.Best], nil
}

// writeProfile writes a profile to a file, and as a table to w.
func writeProfile(name string, p *graph.Profile, w io.Writer) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Write(f, p), f.Close(), p.WriteTable(w))
}

// checkpointOf returns the name of a network's checkpoint.
func (s *settings) checkpointOf(seed uint64) string { return fmt.Sprintf("%s.%d", s.checkpoint, seed) }
