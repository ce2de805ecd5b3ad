package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// lowerings are the operations on tensors that are made of elementwise instructions: for each the elements of the result.
// How derivatives flow through them follows from their VJP, see [rule].
var lowerings map[string]func(t *tape, n graph.Node) []ref

func init() { // what they call refers to the table

	lowerings = map[string]func(t *tape, n graph.Node) []ref{
		"sum":       reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.sum(xs) }),
		"mean":      reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.mean(xs) }),
		"prod":      reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.fold(opMul, 1, xs) }),
		"max":       reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.fold(opMaximum, math.Inf(-1), xs) }),
		"min":       reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.fold(opMinimum, math.Inf(1), xs) }),
		"logsumexp": reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.logSumExp(xs) }),
		"variance":  reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.variance(xs, float64(len(xs))) }),
		"std": reduced(func(t *tape, _ graph.Node, xs []ref) ref {
			return t.b.unary(opSqrt, t.variance(xs, float64(len(xs))))
		}),
		"variance_ddof": reduced(func(t *tape, n graph.Node, xs []ref) ref { return t.variance(xs, freedom(n, xs)) }),
		"std_ddof": reduced(func(t *tape, n graph.Node, xs []ref) ref {
			return t.b.unary(opSqrt, t.variance(xs, freedom(n, xs)))
		}),
		"norm":   reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.length(xs) }),
		"pnorm":  reduced(func(t *tape, n graph.Node, xs []ref) ref { return t.pLength(xs, n.Float(0)) }),
		"sum_to": func(t *tape, n graph.Node) []ref { return t.summed(n.InputNode(0), n.Dims()) },
		"center": func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints(), t.center) },

		"softmax":      func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.softmax) },
		"safe_softmax": func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.safeSoftmax) },
		"log_softmax":  func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.logSoftmax) },
		"cumsum":       func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.running(opAdd, 0)) },
		"cummax": func(t *tape, n graph.Node) []ref {
			return t.alongAxes(n, n.Ints()[:1], t.running(opMaximum, math.Inf(-1)))
		},
		"cummin": func(t *tape, n graph.Node) []ref {
			return t.alongAxes(n, n.Ints()[:1], t.running(opMinimum, math.Inf(1)))
		},
		"argmax":  reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.argMax(xs) }),
		"argmin":  reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.argMin(xs) }),
		"cumprod": func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.running(opMul, 1)) },

		"cross_entropy": func(t *tape, n graph.Node) []ref {
			labels := make([]ref, len(n.Ints()))
			for i, label := range n.Ints() {
				labels[i] = t.b.constant(float64(label))
			}
			return t.crossEntropy(t.rowsOf(n, 0), labels)
		},
		"cross_entropy_at":   func(t *tape, n graph.Node) []ref { return t.crossEntropy(t.rowsOf(n, 0), t.operand(n, 1)) },
		"soft_cross_entropy": lowerSoftCrossEntropy,

		"matmul": func(t *tape, n graph.Node) []ref { return t.products(n, n.Int(0)) },
		"outer":  func(t *tape, n graph.Node) []ref { return t.products(n, 0) },
		"linear": lowerLinear,
		"dot": func(t *tape, n graph.Node) []ref {
			return []ref{t.dot(t.operand(n, 0), t.operand(n, 1), opMul)}
		},
		"trace":       lowerTrace,
		"solve_lower": func(t *tape, n graph.Node) []ref { return t.systems(n, t.solveLower) },
		"solve_upper": func(t *tape, n graph.Node) []ref { return t.systems(n, t.solveUpper) },
		"cholesky":    lowerCholesky,

		"scatter":    lowerScatter,
		"scatter_at": lowerScatterAt,
		"put_along":  lowerPutAlong,
		"gather_at":  lowerGatherAt,
		"take_along": lowerTakeAlong,
		"one_hot":    lowerOneHot,

		"layer_norm": func(t *tape, n graph.Node) []ref {
			return t.normalized(n, []int{len(n.Dims()) - 1}, len(n.Dims())-1, true)
		},
		"rms_norm": func(t *tape, n graph.Node) []ref {
			return t.normalized(n, []int{len(n.Dims()) - 1}, len(n.Dims())-1, false)
		},
		"batch_norm": func(t *tape, n graph.Node) []ref { return t.normalized(n, axesBut(len(n.Dims()), 1), 1, true) },
	}
}

// reasons say why the other operations of package ops cannot be part of a program.
var reasons = func() map[string]string {
	const (
		steps = "its algorithm chooses the steps by the numbers"
		order = "the order of what it moves depends on the numbers"
		large = "a program has an instruction for every number, and layers of networks have too many"
	)
	list := map[string]string{"random_uniform": "its generator works on whole numbers of 32 bits"}
	for reason, names := range map[string][]string{
		steps: {"det", "logdet", "cofactor", "solve", "inv", "eigh", "svd", "qr"},
		order: {"sort", "argsort", "topk", "argtopk", "search_sorted"},
		large: {
			"conv1d", "conv1d_bias", "conv1d_input", "conv1d_weight", "conv2d", "conv2d_bias", "conv2d_input", "conv2d_weight",
			"max_pool2d", "max_pool2d_input", "max_pool2d_select", "avg_pool2d", "avg_pool2d_input", "gru", "lstm",
		},
	} {
		for _, name := range names {
			list[name] = reason
		}
	}
	return list
}()
