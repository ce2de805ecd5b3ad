package main

import (
	"cmp"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// side is the height and the width of an image, and the number of times of a sequence: those of digits.
const side = 8

// A kind of model.
type kind struct {
	widths      string  // without -widths
	about       string  // what widths are
	least, most int     // how many there are
	sgd, adam   float64 // learning rates without -lr

	example func(first int) []int          // shape of an example
	weights func(sizes []int) float64      // how many there are, roughly
	build   func(b builder) (l []nn.Layer) // the layers
}

// A builder is what a model is made of.
type builder struct {
	rng     *rand.Rand
	sizes   []int
	dropout func() nn.Layer
}

// classes returns the last size.
func (b builder) classes() int { return b.sizes[len(b.sizes)-1] }

var kinds = map[string]*kind{
	"mlp": {
		widths: "64-32-10", about: "features, hidden nodes of each layer, classes", least: 2, most: 32,
		sgd: 0.1, adam: 0.005,
		example: func(features int) []int { return []int{features} },
		weights: dense,
		build:   mlp,
	},
	"cnn": {
		widths: "1-8-16-10", about: "channels of an image, channels of each convolution, classes", least: 3, most: 32,
		sgd: 0.05, adam: 0.005,
		example: func(channels int) []int { return []int{channels, side, side} },
		weights: func(sizes []int) float64 { return 9*dense(sizes) + side*side*last(sizes) },
		build:   cnn,
	},
	"gru": {
		widths: "8-24-10", about: "numbers at each time, hidden units of each layer, classes", least: 3, most: 16,
		sgd: 0.3, adam: 0.02,
		example: func(numbers int) []int { return []int{side, numbers} },
		weights: func(sizes []int) float64 {
			n := 3 * dense(sizes)
			for _, units := range sizes[1 : len(sizes)-1] {
				n += 3 * float64(units) * float64(units)
			}
			return n
		},
		build: gru,
	},
}

// dense returns how many weights there are between layers of the given sizes.
func dense(sizes []int) float64 {
	var n float64
	for i := range len(sizes) - 1 {
		n += float64(sizes[i]) * float64(sizes[i+1])
	}
	return n
}

// last returns how many pairs of the last two sizes there are.
func last(sizes []int) float64 { return dense(sizes[max(len(sizes)-2, 0):]) }

// mlp returns fully connected layers.
func mlp(b builder) (layers []nn.Layer) {
	for i := range len(b.sizes) - 2 {
		layers = append(layers, nn.Linear(b.rng, b.sizes[i], b.sizes[i+1]), nn.ReLU(), b.dropout())
	}
	return append(layers, nn.Linear(b.rng, b.sizes[len(b.sizes)-2], b.classes()))
}

// cnn returns convolutions of 3×3, each with a normalization, and pools the first two. A bias before a normalization would
// do nothing.
func cnn(b builder) (layers []nn.Layer) {
	size := side
	for i := range len(b.sizes) - 2 {
		channels := b.sizes[i+1]
		layers = append(layers, nn.Conv2D(b.rng, b.sizes[i], channels, 3, nn.Padding(1), nn.NoBias()), nn.BatchNorm(channels), nn.ReLU())
		if i < 2 {
			layers = append(layers, nn.MaxPool2D(2))
			size /= 2
		}
	}
	return append(layers, nn.Flatten(), b.dropout(), nn.Linear(b.rng, b.sizes[len(b.sizes)-2]*size*size, b.classes()))
}

// gru returns recurrent layers, and classes from their state after the last time.
func gru(b builder) (layers []nn.Layer) {
	for i := range len(b.sizes) - 2 {
		layers = append(layers, nn.GRU(b.rng, b.sizes[i], b.sizes[i+1]))
	}
	return append(layers, lastTime{}, b.dropout(), nn.Linear(b.rng, b.sizes[len(b.sizes)-2], b.classes()))
}

// lastTime is the layer that keeps the last of the times in (rows, time, hidden).
type lastTime struct{}

func (lastTime) Params() []*nn.Param { return nil }

func (lastTime) String() string { return "last time" }

func (lastTime) Forward(_ nn.Pass, x graph.Value) graph.Value {
	times := x.Dims()[1]
	return ops.Squeeze(ops.Slice(x, 1, times-1, times), 1)
}

// model returns the model of the flags, with random weights.
func (s *settings) build(rng *rand.Rand) nn.Layer {
	b := builder{rng: rng, sizes: s.sizes, dropout: func() nn.Layer { return nn.Dropout(nn.KeepProb(s.keep)) }}
	model := nn.Sequential(s.kind.build(b)...)
	nn.To(model, s.dtype)
	return model
}

// optimizer returns the optimizer of the flags.
func (s *settings) optimizer() nn.Optimizer {
	if s.opt == "sgd" {
		return nn.NewSGD(nn.SGDConfig{LR: cmp.Or(s.lr, s.kind.sgd), Momentum: 0.9})
	}
	return nn.NewAdam(nn.AdamConfig{LR: cmp.Or(s.lr, s.kind.adam)})
}

// weightsOf returns how many numbers are trained.
func weightsOf(model nn.Layer) (n int) {
	for _, p := range model.Params() {
		if p.Trained() {
			n += p.Data.Len()
		}
	}
	return n
}
