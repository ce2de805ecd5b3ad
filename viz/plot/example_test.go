package plot_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/plotter"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

// The learning curves of a training, with the epoch that was best on the validation set.
func ExampleCurves() {
	set, err := data.ReadFile("../../nn/data/testdata/iris.csv", data.Described)
	if err != nil {
		fmt.Println(err)
		return
	}
	train, valid, _ := set.SplitModulo(5)
	data.Standardize(train, valid)
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Sequential(nn.Linear(rng, 4, 8), nn.Tanh(), nn.Linear(rng, 8, 3))
	history, err := nn.Fit(context.Background(), model, train, nn.FitConfig{
		Loss: nn.OnLabels(nn.CrossEntropy), Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.1}), Rand: rng, Epochs: 30,
		Validation: valid, Metric: nn.ArgMaxError,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "plot")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = plot.Curves(history, plot.Title("Iris"), plot.MetricName("share of errors")).SaveFile(filepath.Join(dir, "curves.svg"))
	fmt.Println(err)
	// Output:
	// <nil>
}

// The error over updates, on a logarithmic axis.
func ExampleLines() {
	var errors []float64
	for i := range 100 {
		errors = append(errors, math.Exp(-float64(i)/10))
	}
	var svg bytes.Buffer
	err := plot.Lines([]plot.Line{{Name: "E", Y: errors}}, plot.LogY(), plot.XLabel("update"), plot.YLabel("error")).SVG(&svg)
	fmt.Println(err, strings.Contains(svg.String(), "<desc>1 curve. E: from 1 to 5.02e-05.</desc>"))
	// Output:
	// <nil> true
}

// What a model has made of points of a sine.
func ExampleFit() {
	rng := rand.New(rand.NewPCG(1, 2))
	x, t := tensor.New(tensor.Float64, 40, 1), tensor.New(tensor.Float64, 40, 1)
	for i := range 40 {
		x.SetAt(float64(i)/5-4, i, 0)
		t.SetAt(math.Sin(x.At(i, 0))+0.1*rng.NormFloat64(), i, 0)
	}
	train := &data.Set{X: x, T: t}
	model := nn.Sequential(nn.Linear(rng, 1, 16), nn.Tanh(), nn.Linear(rng, 16, 1))
	if _, err := nn.Fit(context.Background(), model, train, nn.FitConfig{
		Loss: nn.OnTargets(nn.MSE), Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.02}), Rand: rng, Epochs: 100,
	}); err != nil {
		fmt.Println(err)
		return
	}
	var svg bytes.Buffer
	err := plot.Fit(model, train, plot.Target(math.Sin), plot.Title("16 hidden nodes")).SVG(&svg)
	fmt.Println(err, strings.Contains(svg.String(), "<title>16 hidden nodes</title>"))
	// Output:
	// <nil> true
}

// The results of a search over two settings, as in the lecture's Figure 12.5.
func ExampleGrid() {
	errors := [][]float64{{0.12, 0.08, 0.07}, {0.11, 0.06, 0.05}, {0.30, 0.07, 0.06}}
	var svg bytes.Buffer
	err := plot.Grid(errors, plot.YLabel("hidden layers"), plot.Rows("1", "2", "3"), plot.XLabel("nodes per layer"), plot.Columns("4", "8", "16"),
		plot.MarkCell(1, 2, "chosen by validation")).SVG(&svg)
	fmt.Println(err, strings.Contains(svg.String(), "chosen by validation: 0.050 at hidden layers 2, nodes per layer 16"))
	// Output:
	// <nil> true
}

// What a classifier of two features chooses in the plane, with the examples.
func ExampleBoundary() {
	set, err := data.ReadFile("../../nn/data/testdata/iris.csv", data.Described)
	if err != nil {
		fmt.Println(err)
		return
	}
	petals := &data.Set{X: tensor.New(tensor.Float64, set.Len(), 2), Labels: set.Labels, Classes: set.Classes}
	for i := range set.Len() {
		petals.X.SetAt(set.X.At(i, 2), i, 0)
		petals.X.SetAt(set.X.At(i, 3), i, 1)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Sequential(nn.Linear(rng, 2, 8), nn.Tanh(), nn.Linear(rng, 8, 3))
	if _, err := nn.Fit(context.Background(), model, petals, nn.FitConfig{
		Loss: nn.OnLabels(nn.CrossEntropy), Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.03}), Rand: rng, Epochs: 60,
	}); err != nil {
		fmt.Println(err)
		return
	}
	var svg bytes.Buffer
	err = plot.Boundary(model, petals, plot.XLabel("petal length (cm)"), plot.YLabel("petal width (cm)")).SVG(&svg)
	fmt.Println(err, strings.Contains(svg.String(), "versicolor"))
	// Output:
	// <nil> true
}

// What the layers of a model give for a batch, and the gradients that a step has found: do they vanish on their way back?
func ExampleGradients() {
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Sequential(nn.Linear(rng, 4, 16), nn.Sigmoid(), nn.Linear(rng, 16, 16), nn.Sigmoid(), nn.Linear(rng, 16, 2))
	x := tensor.New(tensor.Float64, 8, 4)
	for i := range x.Len() {
		x.SetFlat(rng.NormFloat64(), i)
	}
	g := graph.New()
	loss := nn.CrossEntropy(model.Forward(nn.Train(rng), g.BindConst(x)), []int{0, 1, 0, 1, 0, 1, 0, 1})
	var gradients, activations bytes.Buffer
	fmt.Println(plot.Gradients(nn.Weights(model.Params()...), autograd.Backward(loss)).SVG(&gradients))
	fmt.Println(plot.Activations(model, x).SVG(&activations))
	// Output:
	// <nil>
	// <nil>
}

// The weights of a layer with their numbers, inputs from the top and outputs from the left.
func ExampleWeights() {
	layer := nn.Linear(rand.New(rand.NewPCG(1, 2)), 2, 3)
	var svg bytes.Buffer
	err := plot.Weights(layer.Params()[0], plot.Values(), plot.Rows("i1", "i2"), plot.Columns("h1", "h2", "h3")).SVG(&svg)
	fmt.Println(err, strings.Contains(svg.String(), "<title>weight (2,3)</title>"))
	// Output:
	// <nil> true
}

// A figure consists of plots of gonum.org/v1/plot, to which anything can be added.
func ExampleFigure_Plots() {
	figure := plot.Lines([]plot.Line{{Name: "measured", Y: []float64{1, 3, 2}}})
	p := figure.Plots()[0]
	p.Add(plotter.NewFunction(func(x float64) float64 { return 2 }))
	p.X.Label.Text = "trial"
	var png bytes.Buffer
	fmt.Println(figure.PNG(&png))
	// Output:
	// <nil>
}
