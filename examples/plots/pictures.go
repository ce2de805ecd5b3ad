package main

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/examples/internal/datasets"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

// The pictures, in the order in which they are drawn.
var pictures = []struct {
	name, about string
	draw        func(ctx context.Context, rng *rand.Rand) (*plot.Figure, error)
}{
	{"curves", "losses and errors of a network that is too large for its data", curves},
	{"boundary", "which moon a network takes a point for", boundary},
	{"fit", "the curve of 16 hidden nodes through points", fit},
	{"grid", "the error of networks by layers and nodes", grid},
	{"weights", "what a classifier of digits looks at", weights},
	{"activations", "what the layers of a deep network give", activations},
	{"gradients", "how gradients vanish in it on their way back", gradients},
}

var labelled = nn.OnLabels(nn.CrossEntropy)

// moons returns n points of two half circles that reach into each other.
func moons(rng *rand.Rand, n int) *data.Set {
	set := &data.Set{X: tensor.New(tensor.Float64, n, 2), Labels: make([]int, n), Classes: []string{"upper moon", "lower moon"}}
	for i := range n {
		sin, cos := math.Sincos(math.Pi * rng.Float64())
		x, y := cos, sin
		if i%2 == 1 {
			x, y, set.Labels[i] = 1-cos, 0.5-sin, 1
		}
		set.X.SetAt(x+0.2*rng.NormFloat64(), i, 0)
		set.X.SetAt(y+0.2*rng.NormFloat64(), i, 1)
	}
	return set
}

// curves trains a network that is too large for few points, and for longer than is good for it.
func curves(ctx context.Context, rng *rand.Rand) (*plot.Figure, error) {
	train, valid := moons(rng, 60), moons(rng, 200)
	model := nn.Sequential(nn.Linear(rng, 2, 64), nn.ReLU(), nn.Linear(rng, 64, 64), nn.ReLU(), nn.Linear(rng, 64, 2))
	history, err := nn.Fit(ctx, model, train, nn.FitConfig{
		Loss: labelled, Metric: nn.ArgMaxError, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.003}), Rand: rng,
		Epochs: 200, Validation: valid, EvaluateTrain: true,
	})
	if err != nil {
		return nil, err
	}
	return plot.Curves(history, plot.Title("The training gets better and better, the network does not"), plot.MetricName("share of errors")), nil
}

func boundary(ctx context.Context, rng *rand.Rand) (*plot.Figure, error) {
	train := moons(rng, 200)
	model := nn.Sequential(nn.Linear(rng, 2, 16), nn.Tanh(), nn.Linear(rng, 16, 2))
	_, err := nn.Fit(ctx, model, train, nn.FitConfig{Loss: labelled, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.03}), Rand: rng, Epochs: 100})
	if err != nil {
		return nil, err
	}
	return plot.Boundary(model, train, plot.Title("Two moons, and the border that 16 hidden nodes draw"), plot.XLabel("x"), plot.YLabel("y")), nil
}

func fit(ctx context.Context, rng *rand.Rand) (*plot.Figure, error) {
	target := func(x float64) float64 { return math.Sin(3*x) + 0.3*x }
	const n = 80
	train := &data.Set{X: tensor.New(tensor.Float64, n, 1), T: tensor.New(tensor.Float64, n, 1)}
	for i := range n {
		x := 4*rng.Float64() - 2
		train.X.SetAt(x, i, 0)
		train.T.SetAt(target(x)+0.15*rng.NormFloat64(), i, 0)
	}
	model := nn.Sequential(nn.Linear(rng, 1, 16), nn.Tanh(), nn.Linear(rng, 16, 1))
	_, err := nn.Fit(ctx, model, train, nn.FitConfig{Loss: nn.OnTargets(nn.MSE), Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.03}), Rand: rng, Epochs: 800})
	if err != nil {
		return nil, err
	}
	return plot.Fit(model, train, plot.Target(target), plot.Over(-3, 3), plot.Title("A network knows nothing of what it has not seen"), plot.ModelName("16 nodes")), nil
}

// grid trains networks of several sizes, and shows what the validation points would choose, and the test points.
func grid(ctx context.Context, rng *rand.Rand) (*plot.Figure, error) {
	train, valid, test := moons(rng, 100), moons(rng, 200), moons(rng, 200)
	layers, nodes := []int{1, 2, 3}, []int{1, 2, 4, 8, 16}
	errors := make([][]float64, len(layers))
	type best struct {
		row, column int
		wrong       float64
	}
	byValid, byTest := best{wrong: math.Inf(1)}, best{wrong: math.Inf(1)}
	for i, l := range layers {
		for j, n := range nodes {
			stack := []nn.Layer{nn.Linear(rng, 2, n), nn.Tanh()}
			for range l - 1 {
				stack = append(stack, nn.Linear(rng, n, n), nn.Tanh())
			}
			model := nn.Sequential(append(stack, nn.Linear(rng, n, 2))...)
			_, err := nn.Fit(ctx, model, train, nn.FitConfig{
				Loss: labelled, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.03}), Rand: rng, Epochs: 60, Validation: valid,
			})
			if err != nil {
				return nil, err
			}
			_, onValid, err := nn.Evaluate(model, valid, labelled, nn.ArgMaxError)
			if err != nil {
				return nil, err
			}
			_, onTest, err := nn.Evaluate(model, test, labelled, nn.ArgMaxError)
			if err != nil {
				return nil, err
			}
			errors[i] = append(errors[i], onValid)
			if onValid < byValid.wrong {
				byValid = best{i, j, onValid}
			}
			if onTest < byTest.wrong {
				byTest = best{i, j, onTest}
			}
		}
	}
	return plot.Grid(errors, plot.Title("Two moons: share of errors on validation points"), plot.YLabel("hidden layers"), plot.Rows(texts(layers)...),
		plot.XLabel("nodes per layer"), plot.Columns(texts(nodes)...),
		plot.MarkCell(byValid.row, byValid.column, "chosen by validation"), plot.MarkCell(byTest.row, byTest.column, "what the test points would choose")), nil
}

func texts(numbers []int) []string {
	var out []string
	for _, n := range numbers {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

// weights trains a classifier without a hidden layer, whose weights for a digit are an image of 8×8 pixels.
func weights(ctx context.Context, rng *rand.Rand) (*plot.Figure, error) {
	set, err := datasets.Digits()
	if err != nil {
		return nil, err
	}
	for i := range set.X.Len() {
		set.X.SetFlat(set.X.AtFlat(i)/16, i)
	}
	model := nn.Linear(rng, 64, 10)
	_, err = nn.Fit(ctx, model, set, nn.FitConfig{Loss: labelled, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.01}), Rand: rng, Epochs: 30, L2: 0.002})
	if err != nil {
		return nil, err
	}
	w := model.Params()[0].Data
	images := &nn.Param{Name: "weight", Data: tensor.New(tensor.Float64, 2, 5, 8, 8)}
	for digit := range 10 {
		for pixel := range 64 {
			images.Data.SetFlat(w.At(pixel, digit), digit*64+pixel)
		}
	}
	return plot.Weights(images, plot.Title("Digits: red pixels speak for a digit, blue ones against it"),
		plot.Rows("0 to 4", "5 to 9"), plot.Columns("0, 5", "1, 6", "2, 7", "3, 8", "4, 9"), plot.XLabel("digit"), plot.YLabel("digit"), plot.Size(640, 330)), nil
}

// deep returns a network of eight layers of sigmoids, as it is before training.
func deep(rng *rand.Rand) nn.Layer {
	layers := []nn.Layer{nn.Linear(rng, 2, 32), nn.Sigmoid()}
	for range 6 {
		layers = append(layers, nn.Linear(rng, 32, 32), nn.Sigmoid())
	}
	return nn.Sequential(append(layers, nn.Linear(rng, 32, 2))...)
}

func activations(_ context.Context, rng *rand.Rand) (*plot.Figure, error) {
	return plot.Activations(deep(rng), moons(rng, 200).X, plot.Title("Eight layers of sigmoids: what they give for 200 points")), nil
}

func gradients(_ context.Context, rng *rand.Rand) (*plot.Figure, error) {
	model, set := deep(rng), moons(rng, 200)
	g := graph.New()
	loss := nn.CrossEntropy(model.Forward(nn.Train(rng), g.BindConst(set.X)), set.Labels)
	return plot.Gradients(nn.Weights(model.Params()...), autograd.Backward(loss), plot.Title("Eight layers of sigmoids: gradients vanish on their way back")), nil
}
