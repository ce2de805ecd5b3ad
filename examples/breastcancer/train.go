package main

import (
	"context"
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

// A setting is what the validation rows choose among.
type setting struct {
	hidden int     // nodes
	lambda float64 // of the penalty λ·Σw²
}

// candidates stand in the order from simple to not so simple. The first of equally good ones is taken.
var candidates = []setting{{16, 0.003}, {32, 0.003}, {16, 0.001}, {32, 0.001}, {16, 0.0003}, {32, 0.0003}}

const (
	keep         = 0.5 // the probability with which dropout keeps a hidden node
	batchSize    = 16
	learningRate = 0.01
	epochs       = 200 // at most
	patience     = 30  // epochs
)

// loss is the binary cross-entropy, for a network that gives the logit of being benign; wrong counts by the side of 0.
var (
	loss  = nn.OnTargets(nn.BCEWithLogits)
	wrong = nn.ThresholdError(0)
)

// A split is the data.
type split struct{ train, valid, test *data.Set }

func read() (s split, err error) {
	set, err := datasets.BreastCancer()
	if err != nil {
		return s, err
	}
	set.T = data.Binary(set.Labels)
	s.train, s.valid, s.test = set.SplitModulo(5)
	data.Standardize(s.train, s.valid, s.test)
	return s, nil
}

// fit trains one network.
func (c setting) fit(ctx context.Context, s split, seed uint64) (nn.Layer, *nn.History, error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	model := nn.Sequential(nn.Linear(rng, s.train.X.Dims()[1], c.hidden), nn.ReLU(), nn.Dropout(nn.KeepProb(keep)), nn.Linear(rng, c.hidden, 1))
	history, err := nn.Fit(ctx, model, s.train, nn.FitConfig{
		Loss: loss, Metric: wrong, Optimizer: nn.NewAdam(nn.AdamConfig{LR: learningRate}), Rand: rng,
		BatchSize: batchSize, L2: c.lambda, Epochs: epochs, Validation: s.valid, Patience: patience,
	})
	return model, history, err
}

// run chooses a setting, prints how good its networks are, and draws the learning curves of the first if curves names a
// file.
func run(ctx context.Context, stdout, stderr io.Writer, seed uint64, seeds int, curves string) error {
	s, err := read()
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Breast cancer: %d training, %d validation, %d test rows.\n\n", s.train.Len(), s.valid.Len(), s.test.Len())

	fmt.Fprintf(stdout, "Accuracy on the validation rows:\n\nhidden nodes       λ\n")
	var chosen setting
	var models []nn.Layer
	var learned *nn.History // of the first of them
	best := math.Inf(-1)
	step, done := progress.Steps(stderr, len(candidates)*seeds, "training")
	defer done()
	var table string
	for _, c := range candidates {
		var accuracy command.Spread
		var trained []nn.Layer
		var first *nn.History
		for i := range seeds {
			model, history, err := c.fit(ctx, s, seed+uint64(i))
			if err != nil {
				return fmt.Errorf("%d hidden nodes, λ = %g, seed %d: %w", c.hidden, c.lambda, seed+uint64(i), err)
			}
			trained = append(trained, model)
			if i == 0 {
				first = history
			}
			accuracy = append(accuracy, 1-history.Epochs[history.Best].ValidMetric)
			step()
		}
		table += fmt.Sprintf("%12d  %6g  %s\n", c.hidden, c.lambda, accuracy.Format("%.4f"))
		if mean := accuracy.Mean(); mean > best+1e-9 {
			best, chosen, models, learned = mean, c, trained, first
		}
	}
	done()
	fmt.Fprintf(stdout, "%s\nThe best mean has the network of %d hidden nodes with λ = %g. On the test rows:\n\n", table, chosen.hidden, chosen.lambda)
	if curves != "" {
		title := fmt.Sprintf("Breast cancer, %d hidden nodes, seed %d", chosen.hidden, seed)
		if err := plot.Curves(learned, plot.Title(title), plot.MetricName("share of errors")).SaveFile(curves); err != nil {
			return err
		}
	}
	return report(stdout, models, s.test, seed)
}

// report prints how good networks are on the test rows, one by one and together.
func report(stdout io.Writer, models []nn.Layer, test *data.Set, seed uint64) error {
	benign := make([]bool, test.Len())
	for i, label := range test.Labels {
		benign[i] = label == 1
	}
	together := make([]float64, test.Len()) // the mean of the probabilities
	var right, areas command.Spread
	fmt.Fprintf(stdout, "seed       right     AUC\n")
	for i, model := range models {
		y, err := nn.Predict(nn.Sequential(model, nn.Sigmoid()), test)
		if err != nil {
			return err
		}
		p := y.Float64s()
		for k, v := range p {
			together[k] += v / float64(len(models))
		}
		right, areas = append(right, float64(rightOf(p, benign))), append(areas, nn.AUC(p, benign))
		fmt.Fprintf(stdout, "%4d  %3.0f of %d  %.4f\n", seed+uint64(i), right[i], test.Len(), areas[i])
	}
	fmt.Fprintf(stdout, "\nTest rows right: %s.\nAUC: %s.\n", right.Format("%.1f"), areas.Format("%.4f"))
	fmt.Fprintf(stdout, "Asked together, the networks have %d of %d right, with an AUC of %.4f:\n\n", rightOf(together, benign), test.Len(), nn.AUC(together, benign))
	predicted := make([]int, len(together))
	for i, p := range together {
		if p > 0.5 {
			predicted[i] = 1
		}
	}
	matrix := nn.Confusion(predicted, test.Labels, len(test.Classes))
	matrix.Names = test.Classes
	_, err := fmt.Fprint(stdout, matrix)
	return err
}

// rightOf returns how many rows are on the right side of probability ½.
func rightOf(p []float64, benign []bool) int {
	n := 0
	for i, v := range p {
		if (v > 0.5) == benign[i] {
			n++
		}
	}
	return n
}
