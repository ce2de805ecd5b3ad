package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// The binary cross-entropies go through blocks of pairs with kernels where the operands have one shape, and pair by pair
// elsewhere.

// A pairBlock is a block of a loss over pairs: operand x and target t, terms d, scratch u and v.
type pairBlock[T constraints.Float] struct{ x, t, d, u, v []T }

// eachPairBlock calls f for the blocks of pairs. It returns false, and calls nothing, if the operands do not have as many
// elements as d.
func eachPairBlock[T constraints.Float](n graph.Node, d *tensor.Tensor, f func(b pairBlock[T])) bool {
	x, t, terms := tensor.Data[T](n.In(0)), tensor.Data[T](n.In(1)), tensor.Data[T](d)
	if len(x) != len(terms) || len(t) != len(terms) {
		return false
	}
	size := min(len(x), blockElements)
	u, v := n.Temp(size), n.Temp(size)
	for lo := 0; lo < len(x); lo += size {
		hi := min(lo+size, len(x))
		f(pairBlock[T]{x[lo:hi], t[lo:hi], terms[lo:hi], tensor.Data[T](u)[:hi-lo], tensor.Data[T](v)[:hi-lo]})
	}
	n.FreeTemp(v)
	n.FreeTemp(u)
	return true
}

// logitEntropies fills terms with (1-t)·softplus(z) + t·softplus(-z) and returns their sum.
func logitEntropies[T constraints.Float](n graph.Node, terms *tensor.Tensor) float64 {
	z, t, d := tensor.Data[T](n.In(0)), tensor.Data[T](n.In(1)), tensor.Data[T](terms)
	if len(z) != len(d) || len(t) != len(d) {
		return entropies[T](n, terms, kernel.LogitEntropyOf)
	}
	kernel.Map(kernel.MapLogitEntropy, d, z, t, 0, 0)
	return kernel.Sum64(d)
}

// addPairSlopes adds to dst the product of the cotangent with the derivatives that f sets u to, the mean's divisor
// included. It returns false to leave operands of different shapes to the VJP.
func addPairSlopes(n graph.Node, ct, dst *tensor.Tensor, fresh bool, f64 func(b pairBlock[float64]), f32 func(b pairBlock[float32])) bool {
	c, count := ct.AtFlat(0), n.Saved(0).Len()
	if c == 0 { // zero wins
		if fresh {
			dst.Zero()
		}
		return true
	}
	if dst.Len() != count {
		return false
	}
	c /= float64(count)
	if dst.DType() == tensor.Float32 {
		return eachPairBlock(n, dst, func(b pairBlock[float32]) {
			f32(b)
			addMultiple(b.d, float32(c), b.u, fresh)
		})
	}
	return eachPairBlock(n, dst, func(b pairBlock[float64]) {
		f64(b)
		addMultiple(b.d, c, b.u, fresh)
	})
}

func logitBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if i == 1 {
		return addPairSlopes(n, ct, dst, fresh, negOperand[float64], negOperand[float32])
	}
	c, count := ct.AtFlat(0), n.Saved(0).Len()
	if fresh && c != 0 && dst.Len() == count && n.In(1).Len() == count { // in one pass
		if c /= float64(count); dst.DType() == tensor.Float32 {
			kernel.Map(kernel.MapLogitError, dst.Float32s(), n.In(0).Float32s(), n.In(1).Float32s(), float32(c), 0)
		} else {
			kernel.Map(kernel.MapLogitError, dst.Float64s(), n.In(0).Float64s(), n.In(1).Float64s(), c, 0)
		}
		return true
	}
	return addPairSlopes(n, ct, dst, fresh, logitErrors[float64], logitErrors[float32])
}

func negOperand[T constraints.Float](b pairBlock[T]) { kernel.Neg(b.u, b.x) }

func logitErrors[T constraints.Float](b pairBlock[T]) {
	kernel.Map(kernel.MapLogitError, b.u, b.x, b.t, 1, 0)
}

// probabilityEntropies fills terms with -t·ln p - (1-t)·ln(1-p) and returns their sum.
func probabilityEntropies[T constraints.Float](n graph.Node, terms *tensor.Tensor) float64 {
	if !eachPairBlock(n, terms, probabilityBlock[T]) {
		return entropies[T](n, terms, bceOf)
	}
	return float64(kernel.Sum(tensor.Data[T](terms)))
}

func probabilityBlock[T constraints.Float](b pairBlock[T]) {
	kernel.Neg(b.d, b.x)
	kernel.Map(kernel.MapLog1p, b.d, b.d, nil, 0, 0)
	kernel.Log(b.u, b.x)
	d, u := b.d[:len(b.t)], b.u[:len(b.t)]
	for i, t := range b.t {
		d[i] = -choose(t == 0, 0, t*u[i]) - choose(t == 1, 0, (1-t)*d[i])
	}
}

func probabilityBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if i == 1 {
		return addPairSlopes(n, ct, dst, fresh, logOdds[float64], logOdds[float32])
	}
	return addPairSlopes(n, ct, dst, fresh, probabilitySlope[float64], probabilitySlope[float32])
}

// probabilitySlope sets u to (1-t)/(1-p) - t/p, where the logarithms are defined. A weight of 0 wins over a division by 0.
func probabilitySlope[T constraints.Float](b pairBlock[T]) {
	u, t := b.u[:len(b.x)], b.t[:len(b.x)]
	nothing := T(math.NaN())
	for i, p := range b.x {
		q := choose(p > 1, nothing, 1-p)
		p = choose(p < 0, nothing, p+0) // +0 for -0
		u[i] = choose(t[i] == 1, 0, (1-t[i])/q) - choose(t[i] == 0, 0, t[i]/p)
	}
}

// logOdds sets u to ln(1-p) - ln p.
func logOdds[T constraints.Float](b pairBlock[T]) {
	kernel.Log(b.v, b.x)
	for i, p := range b.x {
		b.u[i] = T(math.Log1p(float64(-p))) - b.v[i]
	}
}
