package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"golang.org/x/exp/constraints"
)

var opKLDiv graph.Op

func init() {
	register(&opKLDiv, graph.Row{
		Name: "kl_div", Func: KLDiv, Params: "y, t",
		Doc:        "mean of the terms of the Kullback-Leibler divergence of log-probabilities y from probabilities t",
		Formula:    "Σ t·(ln t - y) / n",
		Derivative: "-t/n, (ln t + 1 - y)/n",
		Forward:    pairForward(divergences[float64], divergences[float32]),
		Backward:   divergenceBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			y, t := n.Input(0), n.Input(1)
			if i == 0 {
				return perPair(n, ct, Neg(t))
			}
			return perPair(n, ct, Sub(AddScalar(Log(t), 1), y))
		},
		Domain:  []graph.Interval{{Lo: -3, Hi: 0}, {Lo: 0.2, Hi: 1}},
		Tangent: scalarTangent,
		Try:     []string{"() ()", "(3) (3)", "(2,3) (2,3)", "(2,3) ()", "() (2,3)", "(2,3) (3)", "(2,1) (1,3)", "(1) (1)"},
		Source:  "Kullback and Leibler (1951)",
	})
}

// divergences fills terms with t·(ln t - y) and returns their sum.
func divergences[T constraints.Float](n graph.Node, terms *tensor.Tensor) float64 {
	if !eachPairBlock(n, terms, divergenceBlock[T]) {
		return entropies[T](n, terms, func(y, t float64) float64 { return weighted(t, specfun.Log(t)-y) })
	}
	return float64(kernel.Sum(tensor.Data[T](terms)))
}

func divergenceBlock[T constraints.Float](b pairBlock[T]) {
	kernel.Log(b.d, b.t)
	kernel.Sub(b.d, b.d, b.x)
	kernel.MulZeroWins(b.d, b.t, b.d)
}

func divergenceBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if i == 0 {
		return addPairSlopes(n, ct, dst, fresh, negTarget[float64], negTarget[float32])
	}
	return addPairSlopes(n, ct, dst, fresh, divergenceSlope[float64], divergenceSlope[float32])
}

func negTarget[T constraints.Float](b pairBlock[T]) { kernel.Neg(b.u, b.t) }

// divergenceSlope sets u to ln t + 1 - y.
func divergenceSlope[T constraints.Float](b pairBlock[T]) {
	kernel.Log(b.u, b.t)
	kernel.AddScalar(b.u, b.u, 1)
	kernel.Sub(b.u, b.u, b.x)
}

// KLDiv returns Σ t·(ln t - y) / n over n log-probabilities y, such as [LogSoftmax] returns, and probabilities t: the
// Kullback-Leibler divergence of the distribution eʸ from t as a mean over the pairs, as the other losses and PyTorch's
// kl_div are. For the divergence itself, as a mean over rows, multiply with the number of classes: what PyTorch calls
// batchmean. Shapes broadcast as in NumPy. The mean of nothing is NaN.
//
// Derivative: -t/n by y, (ln t + 1 - y)/n by t.
//
// Special cases are, for one element:
//
//	KLDiv(y, 0) = 0, with derivative 0 by y, -Inf by t for y > -Inf: a weight of 0 wins, over y = -Inf too
//	KLDiv(-Inf, t) = +Inf for t > 0
//	KLDiv(y, t) = NaN for t < 0
func KLDiv(y, t graph.Value) graph.Value { return pairLoss(opKLDiv, y, t) }
