package nn

import (
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// An Init is a distribution that the weights of a layer are drawn from, independently of each other.
type Init struct {
	name string
	// draw returns one weight of a layer from in to out nodes.
	draw func(rng *rand.Rand, in, out float64) float64
}

// String returns the name of the function that made the Init.
func (i Init) String() string { return i.name }

// XavierUniform returns the uniform distribution on ±√(6/(in+out)). Its variance 2/(in+out) keeps the sizes of the
// values on the way forward, and of the adjoints on the way back, about the same from layer to layer, for activations
// that are near the identity at 0 such as tanh. It is the default of [Linear].
//
// Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010),
// equation 16.
func XavierUniform() Init {
	return Init{"nn.XavierUniform", func(rng *rand.Rand, in, out float64) float64 { return uniform(rng, math.Sqrt(6/(in+out))) }}
}

// XavierNormal returns the normal distribution with mean 0 and variance 2/(in+out): that of [XavierUniform].
//
// Source: Glorot and Bengio (2010), equation 12.
func XavierNormal() Init {
	return Init{"nn.XavierNormal", func(rng *rand.Rand, in, out float64) float64 { return rng.NormFloat64() * math.Sqrt(2/(in+out)) }}
}

// HeNormal returns the normal distribution with mean 0 and variance 2/in. It keeps the sizes of the values the same
// from layer to layer if the activation is [ReLU], which makes half of them 0.
//
// Source: He, Zhang, Ren and Sun, Delving deep into rectifiers (2015), equation 10.
func HeNormal() Init {
	return Init{"nn.HeNormal", func(rng *rand.Rand, in, _ float64) float64 { return rng.NormFloat64() * math.Sqrt(2/in) }}
}

// HeUniform returns the uniform distribution on ±√(6/in), whose variance is that of [HeNormal].
//
// Source: He et al. (2015), equation 10.
func HeUniform() Init {
	return Init{"nn.HeUniform", func(rng *rand.Rand, in, _ float64) float64 { return uniform(rng, math.Sqrt(6/in)) }}
}

// Normal returns the normal distribution with mean 0 and the given standard deviation. It panics with a [*graph.Error]
// if that is negative or not finite. Normal(0) sets every weight to 0, which a network with hidden layers cannot learn
// from: all nodes of a layer stay alike.
func Normal(deviation float64) Init {
	if !(deviation >= 0) || math.IsInf(deviation, 0) {
		panic(graph.Errorf("nn.Normal", graph.ErrValue, "standard deviation %g: want a finite number, 0 or more", deviation))
	}
	return Init{"nn.Normal", func(rng *rand.Rand, _, _ float64) float64 { return rng.NormFloat64() * deviation }}
}

// uniform returns a number from the uniform distribution on ±bound.
func uniform(rng *rand.Rand, bound float64) float64 { return bound * (2*rng.Float64() - 1) }

// Draw returns a tensor of the given shape, in float64, for a layer in which each node has fanIn inputs and each input
// goes to fanOut nodes: in and out in the formulas of the distributions. For a convolution these are the channels times
// the size of the kernel.
//
// Draw panics with a [*graph.Error] if the Init is zero, rng is nil or the zero rand.Rand, fanIn or fanOut is less than
// 1, or there is no such shape.
func (i Init) Draw(rng *rand.Rand, fanIn, fanOut int, shape ...int) *tensor.Tensor {
	const op = "nn.Init.Draw"
	i.mustBeMade(op)
	mustHaveSource(op, rng)
	if fanIn < 1 || fanOut < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "%d inputs and %d outputs of a node: both must be 1 or more", fanIn, fanOut))
	}
	t := tensor.New(tensor.Float64, shape...)
	for k := range t.Len() {
		t.SetFlat(i.draw(rng, float64(fanIn), float64(fanOut)), k)
	}
	return t
}

// mustBeMade panics if the Init is zero.
func (i Init) mustBeMade(op string) {
	if i.draw == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got the zero Init: use nn.XavierUniform(), nn.HeNormal() or another of its kind"))
	}
}
