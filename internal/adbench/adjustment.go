package adbench

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// adjustment is the residuals of a bundle adjustment, three of each observation, and their Jacobian, in which each row has
// 15 entries at most of as many as there are cameras, points and weights.
func adjustment() *Task {
	return adjustmentTask("ba", "bundle adjustment: the residuals of all observations; the sparse Jacobian", 6500, func(a *programs.Adjustment) Work {
		var residuals []float64
		return Work{
			Inputs: len(a.At),
			Plain: func() float64 {
				residuals = a.ResidualsPlain(residuals[:0], a.At)
				return Total(residuals)
			},
			Derivative: func() (float64, []float64) {
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

// adjustmentCompiled is adjustment by a program of one observation, compiled once, at all of them side by side. That
// the observations are alike, and which camera and which point each has, is known here, and not read off a tape.
func adjustmentCompiled() *Task {
	return adjustmentTask("ba-compiled", "the same, compiled for one observation", 1500, func(a *programs.Adjustment) Work {
		g := graph.New(graph.Traced())
		xs := g.Vars(make([]float64, observed))
		e1, e2, e3 := programs.Residuals(xs)
		p := compiledFrom(ops.Stack(0, e1, e2, e3), xs)
		at, index := a.Assembly()
		values := make([]float64, 3*a.Observations())
		var jacobian *autograd.Sparse
		var residuals []float64
		return Work{
			Inputs: len(a.At),
			Plain: func() float64 {
				residuals = a.ResidualsPlain(residuals[:0], a.At)
				return Total(residuals)
			},
			Derivative: func() (float64, []float64) {
				jacobian = p.SparseJacobian(jacobian, values, at, index, len(a.At))
				return Total(values), jacobian.Value
			},
		}
	})
}

// observed is how many numbers an observation has: a camera, a point, a weight, and where the point was seen.
const observed = 17

// adjustmentSum is the sum of the squares of the residuals, and its gradient, on tensors.
func adjustmentSum() *Task {
	return adjustmentTask("ba-sum", "the same, their squares summed up; the gradient", 1000, func(a *programs.Adjustment) Work {
		plain := a.Program("ba", 0).Plain
		return Work{
			Inputs: len(a.At), Point: a.At, Plain: func() float64 { return plain(a.At) },
			Derivative: gradientOnTensors(a.Tensors(), a.Constants(), a.OnTensors),
		}
	})
}

func adjustmentTask(name, about string, bytes int, build func(a *programs.Adjustment) Work) *Task {
	return &Task{
		Name: name, About: about,
		Names: []string{"cameras", "points", "observations"}, Sizes: []int{49, 7776, 31843}, Added: true, Bytes: bytes,
		Make: func(sizes []int) Work { return build(programs.NewAdjustment(sizes[0], sizes[1], sizes[2])) },
		Read: func(in *Numbers) (func() Work, []int) {
			n, m, p := in.size("cameras"), in.size("points"), in.size("observations")
			camera, point, weight, seen := in.list(11), in.list(3), in.next(), in.list(2)
			in.end()
			if in.Err != nil {
				return nil, nil
			}
			return func() Work { return build(programs.AdjustmentOf(n, m, p, camera, point, weight, seen)) }, []int{n, m, p}
		},
	}
}
