package progress_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/progress"
)

// On a terminal this training has a bar, and in a pipe lines.
func ExampleTo() {
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Linear(rng, 1, 1)
	set := &data.Set{X: tensor.Of([]float64{0, 1, 2, 3}, 4, 1), T: tensor.Of([]float64{1, 3, 5, 7}, 4, 1)}
	_, err := nn.Fit(context.Background(), model, set, nn.FitConfig{
		Loss: nn.OnTargets(nn.MSE), Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.1}), Rand: rng, Epochs: 100,
		Progress: progress.To(os.Stderr, progress.Title("a line")),
	})
	fmt.Println(err)
	// Output:
	// <nil>
}

// Records go to a logger. This one leaves out what is another time each time.
func ExampleLog() {
	keep := []string{slog.LevelKey, slog.MessageKey, "epoch", "epochs", "step", "steps", "reason"}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if !slices.Contains(keep, a.Key) {
			return slog.Attr{}
		}
		return a
	}}))
	rng := rand.New(rand.NewPCG(1, 2))
	set := &data.Set{X: tensor.Of([]float64{0, 1, 2, 3}, 4, 1), T: tensor.Of([]float64{1, 3, 5, 7}, 4, 1)}
	_, err := nn.Fit(context.Background(), nn.Linear(rng, 1, 1), set, nn.FitConfig{
		Loss: nn.OnTargets(nn.MSE), Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.1}), Rand: rng, BatchSize: 2, Epochs: 50,
		Progress: progress.Log(logger),
	})
	fmt.Println(err)
	// Output:
	// level=INFO msg=training epoch=1 epochs=50 step=2 steps=100
	// level=INFO msg="training ended" epoch=50 epochs=50 step=100 steps=100 reason="all epochs done"
	// <nil>
}
