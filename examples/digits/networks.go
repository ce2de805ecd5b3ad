package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// A network is a kind of network that can be trained.
type network struct {
	name   string
	build  func(rng *rand.Rand) nn.Layer // of images of shape (rows, 1, 8, 8)
	epochs int                           // that are usual for it
}

// networks are those that there are. Widths, epochs and how much the images are changed were chosen by the validation
// rows.
var networks = []network{
	{"conv", convolutional, 40},
	{"dense", dense, 60},
}

// convolutional returns a network that looks for strokes in windows of 3×3 pixels, and then for what they are part of.
func convolutional(rng *rand.Rand) nn.Layer {
	return nn.Sequential(
		nn.Conv2D(rng, 1, 16, 3, nn.Padding(1)), nn.BatchNorm(16), nn.ReLU(),
		nn.Conv2D(rng, 16, 16, 3, nn.Padding(1)), nn.BatchNorm(16), nn.ReLU(),
		nn.MaxPool2D(2), // (rows, 16, 4, 4)
		nn.Conv2D(rng, 16, 32, 3, nn.Padding(1)), nn.BatchNorm(32), nn.ReLU(),
		nn.Flatten(), // (rows, 512)
		nn.Dropout(nn.KeepProb(0.8)),
		nn.Linear(rng, 512, 10),
	)
}

// dense returns a network that knows nothing of which pixels are neighbours.
func dense(rng *rand.Rand) nn.Layer {
	he := nn.WithInit(nn.HeNormal())
	return nn.Sequential(
		nn.Flatten(), // (rows, 64)
		nn.Linear(rng, 64, 256, he), nn.BatchNorm(256), nn.ReLU(), nn.Dropout(nn.KeepProb(0.8)),
		nn.Linear(rng, 256, 256, he), nn.BatchNorm(256), nn.ReLU(), nn.Dropout(nn.KeepProb(0.8)),
		nn.Linear(rng, 256, 10),
	)
}

// named returns the network of a name.
func named(name string) (network, error) {
	i := slices.IndexFunc(networks, func(n network) bool { return n.name == name })
	if i < 0 {
		var names []string
		for _, n := range networks {
			names = append(names, n.name)
		}
		return network{}, command.Usagef("-model %q: there is no such network; there are %s", name, strings.Join(names, ", "))
	}
	return networks[i], nil
}

// make returns the network with random weights, in single precision.
func (n network) make(rng *rand.Rand) nn.Layer {
	model := n.build(rng)
	nn.To(model, tensor.Float32)
	return model
}

// load returns the network in a file, whichever it is.
func load(file string) (nn.Layer, error) {
	var mismatch *nn.MismatchError
	for _, n := range networks {
		model := n.make(rand.New(rand.NewPCG(0, 0)))
		err := nn.LoadFile(file, model)
		if err == nil {
			return model, nil
		}
		if !errors.As(err, &mismatch) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s holds a network that is none of this program's: train one with go run ./examples/digits", file)
}
