package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// window is how many characters a row of a batch has, and how many a transformer looks back at.
const window = 32

// A model gives logits of the next character at each position: (rows, positions) numbers of characters become
// (rows, positions, alphabet).
type model interface {
	nn.Layer

	// reader returns a function that takes a text character by character, and returns the logits of the one that
	// follows. Each reader reads a text of its own.
	reader() func(character int) []float64
}

// A kind is an architecture.
type kind struct {
	name string
	new  func(rng *rand.Rand, alphabet int) model
}

var kinds = []kind{
	{"gru", newGRU},
	{"transformer", newTransformer},
}

// build returns a model with random weights, in single precision.
func (k kind) build(seed uint64, alphabet int) model {
	m := k.new(rand.New(rand.NewPCG(seed, 0)), alphabet)
	nn.To(m, tensor.Float32)
	return m
}

// load returns the model in a file, of whichever kind it is. If it is of none, the error says how it differs from the one
// that is closest.
func load(file string, alphabet int) (model, error) {
	var closest error
	least := math.MaxInt
	for _, k := range kinds {
		m := k.build(0, alphabet)
		err := nn.LoadFile(file, m)
		var mismatch *nn.MismatchError
		switch {
		case err == nil:
			return m, nil
		case !errors.As(err, &mismatch):
			return nil, err // there is no such file, or it is damaged
		}
		if n := len(mismatch.Missing) + len(mismatch.LeftOver); n < least {
			least, closest = n, fmt.Errorf("%s holds no model of this program and text; as a %s: %w", file, k.name, err)
		}
	}
	return nil, closest
}

// size returns how many numbers a model has learned.
func size(m model) int {
	n := 0
	for _, p := range m.Params() {
		n += p.Data.Len()
	}
	return n
}
