package nn

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// L2 returns the penalty λ·Σ w² over all elements of the given parameters, to be added to a loss:
//
//	loss := ops.Add(nn.CrossEntropy(logits, labels), nn.L2(g, 1e-4, model.Params()...))
//
// It counts every parameter that it is given, biases too. The lecture's λ‖w‖² counts the weights between layers only:
// give it [Weights](model.Params()...) for that. Without parameters it is the constant 0.
//
// Derivative: 2λw. PyTorch's weight_decay d, which adds d·w to the gradient, is the penalty with λ = d/2.
//
// It panics with a [*graph.Error] if λ is negative or not finite, the graph or a parameter is nil, or a parameter has no
// numbers or another precision than the graph.
func L2(g *graph.Graph, lambda float64, params ...*Param) graph.Value {
	return penalty("nn.L2", g, lambda, ops.Square, params)
}

// L1 returns the penalty λ·Σ |w| over all elements of the given parameters; see [L2] for which to give. It drives
// weights to exactly 0 where they matter little.
//
// Derivative: λ·sign(w), 0 at w = 0.
//
// It panics with a [*graph.Error] if λ is negative or not finite, the graph or a parameter is nil, or a parameter has no
// numbers or another precision than the graph.
//
// Source: Tibshirani, Regression shrinkage and selection via the lasso (1996).
func L1(g *graph.Graph, lambda float64, params ...*Param) graph.Value {
	return penalty("nn.L1", g, lambda, ops.Abs, params)
}

func penalty(op string, g *graph.Graph, lambda float64, f func(graph.Value) graph.Value, params []*Param) graph.Value {
	notNegative(op, "λ", lambda)
	if g == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil graph: give the graph of the loss"))
	}
	mustHaveNumbers(op, params)
	if len(params) == 0 {
		return g.Const(0)
	}
	sum := ops.Sum(f(params[0].Bind(g)))
	for _, p := range params[1:] {
		sum = ops.Add(sum, ops.Sum(f(p.Bind(g))))
	}
	return ops.MulScalar(sum, lambda)
}
