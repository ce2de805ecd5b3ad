// Command iris trains a small network to tell three species of iris by the length and width of their sepals and petals:
// the smallest whole example of training, validation and test rows, of several seeds, and of a confusion matrix.
//
// The data are Fisher's 150 flowers (1936), from the UCI Machine Learning Repository under CC BY 4.0. Row i is a test row
// if i mod 5 = 0, a validation row if i mod 5 = 1, and else a training row; each column is standardized by the training
// rows. Training stops when the validation rows have not got better for a while, and goes back to the best epoch.
//
// Usage:
//
//	go run ./examples/iris [-seeds 5] [-seed 1] [-curves FILE]
//
// The flags are:
//
//	-seeds N      how many networks are trained, each from a seed of its own
//	-seed N       the first of the seeds
//	-curves FILE  draw the learning curves of the best network, in SVG or PNG as the name says
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/datasets"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/progress"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

// The settings of the training. They were chosen by the validation rows.
const (
	hiddenNodes  = 8
	batchSize    = 16
	learningRate = 0.01
	lambda       = 0.001 // of the penalty λ·Σw²
	epochs       = 300   // at most
	patience     = 30    // epochs
)

func main() { program().Main() }

func program() *command.Program {
	var seeds int
	var seed uint64
	var curves string
	return &command.Program{
		Name:  "iris",
		About: "iris trains networks to tell three species of iris.\n",
		Flags: func(f *flag.FlagSet) {
			f.IntVar(&seeds, "seeds", 5, "the `number` of networks to train")
			f.Uint64Var(&seed, "seed", 1, "the first `seed`")
			f.StringVar(&curves, "curves", "", "the `file`, .svg or .png, for the learning curves of the best network")
		},
		Run: func(ctx context.Context, stdout, stderr io.Writer) error {
			if seeds < 1 {
				return command.Usagef("-seeds %d: want 1 or more", seeds)
			}
			if err := command.CheckPicture("-curves", curves); err != nil {
				return err
			}
			return run(ctx, stdout, stderr, seed, seeds, curves)
		},
	}
}

// run trains networks, prints how good they are, and draws the learning curves of the best if curves names a file.
func run(ctx context.Context, stdout, stderr io.Writer, seed uint64, seeds int, curves string) error {
	set, err := datasets.Iris()
	if err != nil {
		return err
	}
	train, valid, test := set.SplitModulo(5)
	data.Standardize(train, valid, test)
	fmt.Fprintf(stdout, "Iris: %d training, %d validation, %d test rows.\n\n", train.Len(), valid.Len(), test.Len())

	loss := nn.OnLabels(nn.CrossEntropy)
	table := "seed  best epoch  validation loss  test rows right\n"
	var right command.Spread
	var best nn.Layer
	var learned *nn.History // of the best
	least := math.Inf(1)
	step, done := progress.Steps(stderr, seeds, "training")
	defer done()
	for i := range seeds {
		rng := rand.New(rand.NewPCG(seed+uint64(i), 0))
		model := nn.Sequential(nn.Linear(rng, 4, hiddenNodes), nn.Tanh(), nn.Linear(rng, hiddenNodes, len(set.Classes)))
		history, err := nn.Fit(ctx, model, train, nn.FitConfig{
			Loss: loss, Metric: nn.ArgMaxError, Optimizer: nn.NewAdam(nn.AdamConfig{LR: learningRate}), Rand: rng,
			BatchSize: batchSize, L2: lambda, Epochs: epochs, Validation: valid, Patience: patience,
		})
		if err != nil {
			return fmt.Errorf("seed %d: %w", seed+uint64(i), err)
		}
		_, accuracy, err := nn.Evaluate(model, test, loss, nn.Accuracy)
		if err != nil {
			return err
		}
		kept := history.Epochs[history.Best]
		right = append(right, math.Round(accuracy*float64(test.Len())))
		table += fmt.Sprintf("%4d  %10d  %15.4f  %9.0f of %d\n", seed+uint64(i), kept.Number, kept.ValidLoss, right[i], test.Len())
		if kept.ValidLoss < least {
			least, best, learned = kept.ValidLoss, model, history
		}
		step()
	}
	done()
	if curves != "" {
		if err := plot.Curves(learned, plot.Title("Iris"), plot.MetricName("share of errors")).SaveFile(curves); err != nil {
			return err
		}
	}
	y, err := nn.Predict(best, test)
	if err != nil {
		return err
	}
	matrix := nn.Confusion(nn.ArgMax(y), test.Labels, len(set.Classes))
	matrix.Names = set.Classes
	_, err = fmt.Fprintf(stdout, "%s\nTest rows right: %s.\n\nWhat the network takes them for that is best on the validation rows:\n\n%s", table, right.Format("%.1f"), matrix)
	return err
}
