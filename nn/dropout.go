package nn

import (
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"golang.org/x/exp/constraints"
)

// A DropoutOption is a setting of [Dropout].
type DropoutOption func(dropout) dropout

type dropout struct {
	keep    float64
	classic bool
}

// KeepProb sets the probability p with which [Dropout] keeps a neuron, 0 < p ≤ 1; other libraries take the probability
// 1-p of dropping it. The masks have p to the nearest multiple of 2⁻³². KeepProb panics with a [*graph.Error] if p is
// out of range.
func KeepProb(p float64) DropoutOption {
	if !(p > 0 && p <= 1) {
		panic(graph.Errorf("nn.KeepProb", graph.ErrValue, "probability %g: want 0 < p ≤ 1, the probability of keeping a neuron", p))
	}
	return func(d dropout) dropout { d.keep = p; return d }
}

// Inverted makes [Dropout] scale the neurons that are kept by 1/p in training, and do nothing in use. It is the
// default.
func Inverted() DropoutOption {
	return func(d dropout) dropout { d.classic = false; return d }
}

// Classic makes [Dropout] leave the neurons that are kept as they are in training, and scale all of them by p in use:
// the lecture's "expected weights".
func Classic() DropoutOption {
	return func(d dropout) dropout { d.classic = true; return d }
}

// Dropout returns the layer that in training keeps each element of x with probability p, independently of the others,
// and makes it 0 otherwise. In use all elements take part, scaled so that the next layer sees the same expected values:
//
//	mode       training              use
//	Inverted   x/p with prob. p      x
//	Classic    x   with prob. p      p·x
//
// p is 0.5 unless [KeepProb] says otherwise. The mask of zeros and ones, or 1/p, is drawn from the pass's source of
// random numbers, 32 bits an element, and recorded as a constant with which x is multiplied.
//
// Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout: a simple way to prevent neural networks
// from overfitting (2014), section 4; for inverted dropout section 10.
func Dropout(options ...DropoutOption) Layer {
	d := dropout{keep: 0.5}
	for _, o := range options {
		d = o(d)
	}
	return d
}

func (d dropout) Params() []*Param { return nil }

func (d dropout) Forward(p Pass, x graph.Value) graph.Value {
	x.Check("nn.Dropout")
	switch {
	case d.keep == 1:
		return x
	case !p.Training():
		if d.classic {
			return ops.MulScalar(x, d.keep)
		}
		return x
	}
	kept := 1.0
	if !d.classic {
		kept = 1 / d.keep
	}
	g := x.Graph()
	mask := g.Temp(x.Dims()...)
	if mask.DType() == tensor.Float32 {
		fillMask(mask.Float32s(), p.rng, d.keep, float32(kept))
	} else {
		fillMask(mask.Float64s(), p.rng, d.keep, kept)
	}
	m := g.ConstTensor(mask)
	g.FreeTemp(mask)
	return ops.Mul(x, m)
}

// fillMask sets each element to kept with probability keep, else to 0.
func fillMask[T constraints.Float](mask []T, rng *rand.Rand, keep float64, kept T) {
	threshold := uint64(keep*(1<<32) + 0.5)
	var bits uint64
	for i := range mask {
		if i%2 == 0 {
			bits = rng.Uint64()
		} else {
			bits >>= 32
		}
		mask[i] = 0
		if bits&(1<<32-1) < threshold {
			mask[i] = kept
		}
	}
}
