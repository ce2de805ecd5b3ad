package main

import (
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/nn"
)

// newCNN reads "<channels> <size> <filters> <filters> <classes> <images>": the training of a network for square images,
// two convolutions with 3×3 kernels that keep height and width, ReLU and the largest of every 2×2 elements after each,
// then a linear layer.
func newCNN(args []string) *training {
	v := integers(args)
	channels, size, first, second, classes, images := v[0], v[1], v[2], v[3], v[4], v[5]
	rng := rand.New(rand.NewPCG(1, 2))
	t := &training{x: tensor32(1, 2, images, channels, size, size), labels: labels(images, classes)}
	inputs := second * (size / 4) * (size / 4)
	t.start(nn.Sequential(
		nn.Conv2D(rng, channels, first, 3, nn.Padding(1)), nn.ReLU(), nn.MaxPool2D(2),
		nn.Conv2D(rng, first, second, 3, nn.Padding(1)), nn.ReLU(), nn.MaxPool2D(2),
		nn.Flatten(), nn.Linear(rng, inputs, classes),
	), "sgd")
	for i, in := range []int{9 * channels, 9 * first, inputs} {
		scale := 2 / math.Sqrt(float64(in))
		noise(t.params[2*i].Data.Float32s(), uint32(10+2*i), scale)
		noise(t.params[2*i+1].Data.Float32s(), uint32(11+2*i), scale)
	}
	return t
}

// cnnJob is one training step. Its check is the loss of the fifth.
func cnnJob(args []string) *job { return newCNN(args).job() }

// cnnAllocations is the number of allocations in a training step, on average over many.
func cnnAllocations(args []string) answer { return newCNN(args).allocations() }
