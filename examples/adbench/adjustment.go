package main

import (
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// adjustment is the sum of squares of the residuals of a bundle adjustment, and its gradient.
func adjustment() *task {
	return &task{
		name: "ba", about: "bundle adjustment: the residuals of all observations, summed up; the gradient",
		names: []string{"cameras", "points", "observations"}, sizes: []int{49, 7776, 31843},
		make: func(sizes []int) work { return adjusted(programs.NewAdjustment(sizes[0], sizes[1], sizes[2])) },
		read: func(in *numbers) (work, []int) {
			n, m, p := in.size("cameras"), in.size("points"), in.size("observations")
			camera, point, weight, seen := in.list(11), in.list(3), in.next(), in.list(2)
			in.end()
			if in.err != nil {
				return work{}, nil
			}
			return adjusted(programs.AdjustmentOf(n, m, p, camera, point, weight, seen)), []int{n, m, p}
		},
	}
}

func adjusted(a *programs.Adjustment) work {
	plain := a.Program("ba", 0).Plain
	return work{
		inputs: len(a.At), point: a.At, plain: func() float64 { return plain(a.At) },
		derivative: gradientOnTensors(a.Tensors(), a.Constants(), a.OnTensors),
	}
}
