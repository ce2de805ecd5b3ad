package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opHuber graph.Op

func init() {
	register(&opHuber, graph.Row{
		Name: "huber", Func: Huber, Params: "y, t, delta",
		Doc:        "mean of the squared error up to delta and the absolute error beyond",
		Formula:    "Σ s·(d - s/2) / n with d = y-t, s = clamp(d, -delta, delta)",
		Derivative: "s/n, -s/n",
		Forward:    pairForward(huberErrors[float64], huberErrors[float32]),
		Backward:   huberBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			delta := n.Float(0)
			return perPair(n, ct, Clamp(Sub(n.Input(i), n.Input(1-i)), -delta, delta))
		},
		Tangent: scalarTangent,
		Try:     []string{"() () 1", "(3) (3) 0.5", "(2,3) (2,3) 1.5", "(2,3) () 10", "() (2,3) 0.25", "(2,3) (3) 1", "(2,1) (1,3) 1"},
		Source:  "Huber (1964)",
	})
}

// huberErrors fills terms with the differences y - t, held between -delta and delta, and returns the sum of what they
// count.
func huberErrors[T constraints.Float](n graph.Node, terms *tensor.Tensor) float64 {
	s, y, t := tensor.Data[T](terms), tensor.Data[T](n.In(0)), tensor.Data[T](n.In(1))
	delta := T(n.Float(0))
	if len(y) != len(s) || len(t) != len(s) || math.IsInf(float64(delta), 0) {
		return huberSum(differences[T](n, terms), delta)
	}
	return kernel.Huber(s, y, t, delta)
}

// huberSum is huberErrors for operands of two shapes, and for a delta that is infinite.
func huberSum[T constraints.Float](d []T, delta T) float64 {
	limit := float64(delta)
	sum := pairwise(d, func(d float64) float64 {
		if a := math.Abs(d); a > limit {
			return limit * (a - 0.5*limit)
		}
		return 0.5 * d * d
	})
	for i, v := range d {
		d[i] = min(max(v, -delta), delta)
	}
	return sum
}

func huberBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	s := n.Saved(0)
	c := float64(1-2*i) * ct.AtFlat(0) / float64(s.Len())
	return dst.Len() == s.Len() && addScaled(dst, c, s, fresh)
}

// Huber returns the mean over n predictions y and targets t of Huber's loss: d²/2 for a difference d = y-t of at most
// delta, and delta·(|d| - delta/2) beyond, so that outliers count by their distance and not by its square. Shapes
// broadcast as in NumPy. The mean of nothing is NaN. It panics with a [*graph.Error] unless delta > 0; +Inf gives half
// of [MSE]. The smooth L1 loss of PyTorch is Huber divided by delta.
//
// Derivative: the difference, held between -delta and delta, /n by y, and minus that by t.
//
// Special cases are, for one element:
//
//	Huber(±Inf, t, delta) = +Inf, with derivative ±delta by y, for finite t
func Huber(y, t graph.Value, delta float64) graph.Value {
	c := graph.Begin(opHuber, y, t)
	if !(delta > 0) {
		panic(c.Errorf(graph.ErrUsage, "delta %v: it must be above 0; for the mean absolute error use ops.Mean(ops.Abs(ops.Sub(y, t)))", delta))
	}
	var buf [tensor.MaxRank]int
	c.Broadcast(buf[:0], c.Dims(0), c.Dims(1))
	return c.Floats(delta, 0).Record()
}
