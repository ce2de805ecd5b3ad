package main

import (
	"context"
	"math/rand/v2"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// fitJob is "f32 64-128-10@32 <examples> <epochs>": a whole training of a perceptron as [newMLP] has it, by Adam, from
// the first weights on. Examples lie around the centers of their classes. The check is the part of them that the
// trained network gets right.
func fitJob(args []string) *job {
	widths, batch, _ := strings.Cut(args[1], "@")
	layers, v := integers(strings.Split(widths, "-")), integers(append([]string{batch}, args[2:]...))
	size, examples, epochs := v[0], v[1], v[2]
	dtype := tensor.Float64
	if args[0] == "f32" {
		dtype = tensor.Float32
	}
	in, out := layers[0], layers[len(layers)-1]
	set := &data.Set{X: tensor.New(dtype, examples, in)}
	classes := labels(examples, max(out, 2))
	for i := range examples * in {
		center := noiseAt(uint32(classes[i/in]*in+i%in), 4)
		set.X.SetFlat(center+noiseAt(uint32(i), 1)/2, i)
	}
	loss := nn.OnLabels(nn.CrossEntropy)
	if set.Labels = classes; out == 1 {
		set.Labels, set.T, loss = nil, tensor.New(dtype, examples, 1), nn.OnTargets(nn.BCEWithLogits)
		for i, c := range classes {
			set.T.SetFlat(float64(c), i)
		}
	}
	var model nn.Layer
	run := func() {
		rng := rand.New(rand.NewPCG(1, 2))
		var list []nn.Layer
		for i := range layers[1:] {
			if i > 0 {
				list = append(list, nn.ReLU())
			}
			list = append(list, nn.Linear(rng, layers[i], layers[i+1]))
		}
		model = nn.Sequential(list...)
		nn.To(model, dtype)
		_, err := nn.Fit(context.Background(), model, set, nn.FitConfig{
			Loss: loss, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 1e-3}), Rand: rng, BatchSize: size, Epochs: epochs,
		})
		if err != nil {
			panic(err)
		}
	}
	run()
	y, err := nn.Predict(model, set)
	if err != nil {
		panic(err)
	}
	return &job{run: run, check: agreement(classes, y)}
}

// agreement returns in how many of the rows the outputs y of a network stand for the class given, as a part of all.
func agreement(classes []int, y *tensor.Tensor) float64 {
	var predicted []int
	if y.Dims()[1] > 1 {
		predicted = nn.ArgMax(y)
	} else {
		for i := range classes {
			predicted = append(predicted, 0)
			if y.AtFlat(i) > 0 {
				predicted[i] = 1
			}
		}
	}
	right := 0
	for i, c := range classes {
		if predicted[i] == c {
			right++
		}
	}
	return float64(right) / float64(len(classes))
}
