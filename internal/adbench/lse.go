package adbench

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// lse is the logarithm of a sum of exponentials, m + ln Σ e^(x-m) with m = max x, from primitives: its gradient is softmax.
func lse() *Task {
	return &Task{
		Name: "lse", About: "the logarithm of a sum of exponentials, from primitives; the gradient",
		Names: []string{"numbers"}, Sizes: []int{100000}, Bytes: 150,
		Make: func(sizes []int) Work {
			rng := programs.Draws(7)
			at := rng.Fill(sizes[0], -100, 100)
			return Work{
				Inputs: len(at), Point: at,
				Plain: func() float64 {
					m, sum := math.Inf(-1), 0.0
					for _, v := range at {
						m = max(m, v)
					}
					for _, v := range at {
						sum += math.Exp(v - m)
					}
					return m + math.Log(sum)
				},
				Derivative: gradientOnTensors([]*tensor.Tensor{tensor.Of(at, len(at))}, nil, func(leaves, _ []graph.Value) graph.Value {
					m := ops.Max(leaves[0])
					return ops.Add(m, ops.Log(ops.Sum(ops.Exp(ops.Sub(leaves[0], m)))))
				}),
			}
		},
	}
}
