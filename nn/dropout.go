package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"golang.org/x/exp/constraints"
)

// A DropoutOption is a setting of [Dropout].
type DropoutOption func(dropoutSettings) dropoutSettings

type dropoutSettings struct {
	keep    float64
	classic bool
}

type dropout struct{ dropoutSettings }

// KeepProb sets the probability p with which [Dropout] keeps a neuron, 0 < p ≤ 1; other libraries take the probability
// 1-p of dropping it. The masks have p to the nearest multiple of 2⁻³², or of 2⁻²⁴ in a pass of
// [TrainAt]. KeepProb panics with a [*graph.Error] if p is out of range.
func KeepProb(p float64) DropoutOption {
	if !(p > 0 && p <= 1) {
		panic(graph.Errorf("nn.KeepProb", graph.ErrValue, "probability %g: want 0 < p ≤ 1, the probability of keeping a neuron", p))
	}
	return func(d dropoutSettings) dropoutSettings { d.keep = p; return d }
}

// Inverted makes [Dropout] scale the neurons that are kept by 1/p in training, and do nothing in use. It is the
// default.
func Inverted() DropoutOption {
	return func(d dropoutSettings) dropoutSettings { d.classic = false; return d }
}

// Classic makes [Dropout] leave the neurons that are kept as they are in training, and scale all of them by p in use:
// the lecture's "expected weights".
func Classic() DropoutOption {
	return func(d dropoutSettings) dropoutSettings { d.classic = true; return d }
}

// Dropout returns the layer that in training keeps each element of x with probability p, independently of the others,
// and makes it 0 otherwise. In use all elements take part, scaled so that the next layer sees the same expected values:
//
//	mode       training              use
//	Inverted   x/p with prob. p      x
//	Classic    x   with prob. p      p·x
//
// p is 0.5 unless [KeepProb] says otherwise. The mask of zeros and ones is drawn from the pass's source of random
// numbers, 32 bits an element, and recorded as a constant that selects elements: one that is dropped is 0 even if it was
// infinite or NaN, and so is its adjoint. In a pass of [TrainAt] the mask is a value, u < p for random numbers u of 24
// bits, a stream for each time a Dropout is applied; that is the one for a traced graph, where Forward panics with a
// [*graph.Error] in a pass of [Train]. Dropout panics with one if an option is nil.
//
// Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout: a simple way to prevent neural networks
// from overfitting (2014), section 4; for inverted dropout section 10.
func Dropout(options ...DropoutOption) Layer {
	d := dropoutSettings{keep: 0.5}
	for i, o := range options {
		mustBeOption("nn.Dropout", i, o == nil)
		d = o(d)
	}
	return dropout{d}
}

func (d dropout) Params() []*Param { return nil }

func (d dropout) String() string { return fmt.Sprintf("Dropout(keep %g)", d.keep) }

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
	m := d.mask(p, x)
	y := ops.Where(m, x, m) // where the mask is not taken it is 0 itself
	if !d.classic {
		y = ops.MulScalar(y, 1/d.keep)
	}
	return y
}

// mask returns 1 for each element of x that is kept, else 0.
func (d dropout) mask(p Pass, x graph.Value) graph.Value {
	g := x.Graph()
	switch {
	case p.counted != nil:
		p.counted.seed.CheckIn("nn.Dropout", g)
		// A multiple of 2⁻²⁴, as the random numbers are, compares alike in both precisions.
		return ops.Lt(p.Uniform(x.Dims()...), g.Const(math.Round(d.keep*(1<<24))/(1<<24)))
	case g.Traced():
		panic(graph.Errorf("nn.Dropout", graph.ErrUsage, "the graph is traced and the pass draws the mask now: what is recorded would always drop the same elements; use a pass of nn.TrainAt(seed, step)"))
	}
	mask := g.Temp(x.Dims()...)
	defer g.FreeTemp(mask)
	if mask.DType() == tensor.Float32 {
		fillMask(mask.Float32s(), p.rng, d.keep)
	} else {
		fillMask(mask.Float64s(), p.rng, d.keep)
	}
	return g.ConstTensor(mask)
}

// fillMask sets each element to 1 with probability keep, else to 0.
func fillMask[T constraints.Float](mask []T, rng *rand.Rand, keep float64) {
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
			mask[i] = 1
		}
	}
}
