package network

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Settings are what the page lets people choose. Its JSON form is what the page sends.
type Settings struct {
	Data       Data    `json:"data"`
	Hidden     []int   `json:"hidden"`     // nodes of each hidden layer, from the input on
	Activation string  `json:"activation"` // of the hidden layers: one of Activations
	Keep       float64 `json:"keep"`       // probability with which dropout keeps a hidden node; 1 for no dropout
	L2         float64 `json:"l2"`         // λ of the penalty λ·Σw² over the weights, without the biases
	Batch      int     `json:"batch"`      // examples in a mini-batch
	Rate       float64 `json:"rate"`       // the learning rate η
	Optimizer  string  `json:"optimizer"`  // one of Optimizers
	Patience   int     `json:"patience"`   // epochs without improvement on the validation set before training stops; 0 never stops
	Epochs     int     `json:"epochs"`     // after which training stops
	Seed       uint64  `json:"seed"`       // of the first weights, the order of the examples, and dropout
}

// The limits of the settings. They keep an update and a picture within a frame.
const (
	MaxLayers  = 6
	MaxNodes   = 24   // of a hidden layer
	MaxPoints  = 1000 // of the data
	MaxClasses = 3
	MaxEpochs  = 20_000
)

// Defaults returns settings that reach 95 % on two moons within a few hundred epochs.
func Defaults() Settings {
	return Settings{
		Data:       Data{Kind: "moons", Count: 200, Noise: 0.15, Validation: 0.3, Seed: 1},
		Hidden:     []int{4, 3},
		Activation: "tanh", Keep: 1, Batch: 16, Rate: 0.03, Optimizer: "adam", Epochs: 2000, Seed: 1,
	}
}

// A SettingError is a setting that there cannot be a training with.
type SettingError struct {
	Field string // its name in JSON
	Msg   string // what is wrong and what to do
}

// Error returns the name and the message.
func (e *SettingError) Error() string { return e.Field + ": " + e.Msg }

// Check returns the first [*SettingError] of the settings, or nil.
func (s *Settings) Check() error {
	bad := func(field, format string, args ...any) error {
		return &SettingError{field, fmt.Sprintf(format, args...)}
	}
	if err := s.Data.check(); err != nil {
		return err
	}
	if len(s.Hidden) > MaxLayers {
		return bad("hidden", "%d hidden layers are too many to train while you watch: at most %d", len(s.Hidden), MaxLayers)
	}
	for i, n := range s.Hidden {
		if n < 1 || n > MaxNodes {
			return bad("hidden", "layer %d has %d nodes: from 1 to %d are possible here", i+1, n, MaxNodes)
		}
	}
	_, activation := activations[s.Activation]
	switch {
	case !activation:
		return bad("activation", "there is no %q: choose one of %s", s.Activation, strings.Join(Activations(), ", "))
	case !slices.Contains(Optimizers(), s.Optimizer):
		return bad("optimizer", "there is no %q: choose one of %s", s.Optimizer, strings.Join(Optimizers(), ", "))
	case !(s.Keep > 0 && s.Keep <= 1):
		return bad("keep", "%g is no probability of keeping a node: choose 0 < p ≤ 1", s.Keep)
	case !(s.L2 >= 0 && s.L2 <= 10):
		return bad("l2", "λ = %g: choose a number from 0 to 10", s.L2)
	case s.Batch < 1 || s.Batch > MaxPoints:
		return bad("batch", "%d examples in a batch: choose from 1 to %d", s.Batch, MaxPoints)
	case !(s.Rate > 0) || s.Rate > 100 || math.IsNaN(s.Rate):
		return bad("rate", "η = %g: choose a rate above 0 and up to 100", s.Rate)
	case s.Patience < 0 || s.Patience > MaxEpochs:
		return bad("patience", "%d epochs: choose from 0, for never, to %d", s.Patience, MaxEpochs)
	case s.Patience > 0 && s.Data.Validation == 0:
		return bad("patience", "early stopping needs examples for validation: give it a share of the data, or set patience to 0")
	case s.Epochs < 1 || s.Epochs > MaxEpochs:
		return bad("epochs", "%d epochs: choose from 1 to %d", s.Epochs, MaxEpochs)
	}
	return nil
}
