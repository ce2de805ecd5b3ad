package main

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// lse is the logarithm of a sum of exponentials, m + ln Σ e^(x-m) with m = max x, from primitives: its gradient is softmax.
func lse() *task {
	return &task{
		name: "lse", about: "the logarithm of a sum of exponentials, from primitives; the gradient",
		names: []string{"numbers"}, sizes: []int{100000},
		make: func(sizes []int) work {
			rng := draw(7)
			at := rng.fill(sizes[0], -100, 100)
			return work{
				inputs: len(at), point: at,
				plain: func() float64 {
					m, sum := math.Inf(-1), 0.0
					for _, v := range at {
						m = max(m, v)
					}
					for _, v := range at {
						sum += math.Exp(v - m)
					}
					return m + math.Log(sum)
				},
				derivative: gradientOnTensors([]*tensor.Tensor{tensor.Of(at, len(at))}, nil, func(leaves, _ []graph.Value) graph.Value {
					m := ops.Max(leaves[0])
					return ops.Add(m, ops.Log(ops.Sum(ops.Exp(ops.Sub(leaves[0], m)))))
				}),
			}
		},
	}
}
