package main

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// adjustment is the residuals of a bundle adjustment, three of each observation, and their Jacobian, in which each row has
// 15 entries at most of as many as there are cameras, points and weights.
func adjustment() *task {
	return adjustmentTask("ba", "bundle adjustment: the residuals of all observations; the sparse Jacobian", func(a *programs.Adjustment) work {
		var residuals []float64
		return work{
			inputs: len(a.At),
			plain: func() float64 {
				residuals = a.ResidualsPlain(residuals[:0], a.At)
				return total(residuals)
			},
			derivative: func() (float64, []float64) {
				sum := 0.0
				jacobian := autograd.SparseJacobian(func(x []graph.Value) []graph.Value {
					ys := a.Residuals(x)
					for _, y := range ys {
						sum += y.Item()
					}
					return ys
				}, a.At)
				return sum, jacobian.Value
			},
		}
	})
}

// adjustmentSum is the sum of the squares of the residuals, and its gradient, on tensors.
func adjustmentSum() *task {
	return adjustmentTask("ba-sum", "the same, their squares summed up; the gradient", func(a *programs.Adjustment) work {
		plain := a.Program("ba", 0).Plain
		return work{
			inputs: len(a.At), point: a.At, plain: func() float64 { return plain(a.At) },
			derivative: gradientOnTensors(a.Tensors(), a.Constants(), a.OnTensors),
		}
	})
}

func adjustmentTask(name, about string, make func(a *programs.Adjustment) work) *task {
	return &task{
		name: name, about: about,
		names: []string{"cameras", "points", "observations"}, sizes: []int{49, 7776, 31843},
		make: func(sizes []int) work { return make(programs.NewAdjustment(sizes[0], sizes[1], sizes[2])) },
		read: func(in *numbers) (work, []int) {
			n, m, p := in.size("cameras"), in.size("points"), in.size("observations")
			camera, point, weight, seen := in.list(11), in.list(3), in.next(), in.list(2)
			in.end()
			if in.err != nil {
				return work{}, nil
			}
			return make(programs.AdjustmentOf(n, m, p, camera, point, weight, seen)), []int{n, m, p}
		},
	}
}
