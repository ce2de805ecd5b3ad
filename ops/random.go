package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opRandomUniform graph.Op

func init() {
	register(&opRandomUniform, graph.Row{
		Name: "random_uniform", Func: RandomUniform, Params: "seed, step, stream, dims",
		Doc:        "random numbers from 0 up to 1, below it, that seed, step, stream and place determine",
		Formula:    "⌊(u ⊕ v)/2⁸⌋/2²⁴ with (u, v) = threefry2x32((seed, step), (stream, place))",
		Derivative: "none",
		Class:      graph.NoGrad,
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), randomUniform[float64], randomUniform[float32])(n)
		},
		Prepare: func(_ int, x graph.Value) graph.Value { return Floor(x) },
		Domain:  []graph.Interval{{Lo: 0, Hi: 1000}},
		Try:     []string{"() () 0", "() () 1 3", "() () 7 2 3", "() () 0 2 0"},
		Source:  "Salmon, Moraes, Dror and Shaw (2011), Threefry-2x32 with 20 rounds; jax.random.bits where stream is 0",
	})
}

// randomUniform sets the result to the numbers that the operands and the first attribute determine.
func randomUniform[T constraints.Float](n graph.Node) {
	seed, step, stream := keyWord(n, 0, "seed"), keyWord(n, 1, "step"), uint32(n.Int(0))
	kernel.RandomUniform(tensor.Data[T](n.Out()), seed, step, stream)
}

// keyWord returns operand i of a node, half of the generator's key. It panics if it is none of the whole numbers that
// both precisions hold.
func keyWord(n graph.Node, i int, name string) uint32 {
	v, _ := n.InputNode(i).Scalar() // not n.In(i), which may be rounded to float32
	if !(v >= 0 && v <= maxIndex32) || v != float64(uint32(v)) {
		panic(n.Errorf(graph.ErrValue, "the %s is %v: want a whole number from 0 to %d", name, v, maxIndex32))
	}
	return uint32(v)
}

// RandomUniform returns a tensor of random numbers, uniform over the multiples of 2⁻²⁴ from 0 to 1-2⁻²⁴. They are a
// function of seed, step, stream and an element's place alone, so that a program that takes seed and step as arguments
// draws anew by taking other numbers, and parts of a tensor can be computed apart. The result is a constant. Both
// precisions have the same numbers, as has every machine.
//
// The element with the row-major index i (the last axis runs fastest, i from 0 on) is, in unsigned integers of 32 bits
// that wrap around, with x <<< r for x rotated left by r bits and ⊕ for exclusive or:
//
//	k₀ = seed, k₁ = step, k₂ = k₀ ⊕ k₁ ⊕ 0x1BD11BDA
//	x₀ = stream + k₀, x₁ = i + k₁
//	for s = 1, 2, 3, 4, 5:
//	    for r = 13, 15, 26, 6 where s is odd, and r = 17, 29, 16, 24 where it is even:
//	        x₀ = x₀ + x₁
//	        x₁ = (x₁ <<< r) ⊕ x₀
//	    x₀ = x₀ + k[s mod 3]
//	    x₁ = x₁ + k[(s+1) mod 3] + s
//	element i = ⌊(x₀ ⊕ x₁) / 2⁸⌋ · 2⁻²⁴
//
// That is the counter-based generator Threefry-2x32 with 20 rounds, of the key (seed, step) and the counter (stream, i).
// x₀ ⊕ x₁ for stream 0 are the numbers that jax.random.bits returns for the same shape and the key [seed, step].
//
// Draws that are to be independent differ in seed, step or stream. seed and step are scalars, whole numbers from 0 to
// 2²⁴, and stream is from 0 to 2³¹-1. RandomUniform panics with a [*graph.Error] if one of them is something else when it
// is recorded, or the tensor has more than 2³² elements.
//
// Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011), section 4.2.
func RandomUniform(seed, step graph.Value, stream int, dims ...int) graph.Value {
	c := graph.Begin(opRandomUniform, seed, step)
	for i, name := range []string{"seed", "step"} {
		if len(c.Dims(i)) > 0 {
			panic(c.Errorf(graph.ErrShape, "the %s has shape %s: give a scalar", name, tensor.FormatShape(c.Dims(i))))
		}
	}
	if stream < 0 || uint64(stream) > maxStream {
		panic(c.Errorf(graph.ErrValue, "stream %d: want a number from 0 to %d", stream, maxStream))
	}
	if n, err := tensor.Size(dims); err == nil && uint64(n) > maxCounter { // else Record will say what is wrong
		panic(c.Errorf(graph.ErrLimit, "shape %s has %d elements: the generator counts to %d", tensor.FormatShape(dims), n, uint64(maxCounter)))
	}
	return c.Ints(stream).Ints(dims...).Record(dims...)
}

const (
	maxStream  = 1<<31 - 1 // so that it is an int everywhere
	maxCounter = 1 << 32   // elements, numbered by 32 bits
)
