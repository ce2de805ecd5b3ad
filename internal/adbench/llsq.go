package adbench

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// llsq is ½·Σ (sign tᵢ - Σⱼ xⱼ·tᵢʲ)², how badly a polynomial fits the sign at points from -1 to 1, both among them, and its
// gradient by the coefficients. The powers of t come from Horner's scheme, for all t at once.
func llsq() *Task {
	return &Task{
		Name: "llsq", About: "least squares: a polynomial for the sign of t; the gradient",
		Names: []string{"coefficients", "points"}, Sizes: []int{128, 4096}, Bytes: 100,
		Make: func(sizes []int) Work {
			m, n := sizes[0], sizes[1]
			rng := programs.Draws(7)
			x := rng.Fill(m, 0, 1)
			t, sign := make([]float64, n), make([]float64, n)
			for i := range t {
				if n > 1 {
					t[i] = -1 + float64(2*i)/float64(n-1)
				}
				if t[i] != 0 {
					sign[i] = math.Copysign(1, t[i])
				}
			}
			return Work{
				Inputs: m, Point: x,
				Plain: func() float64 {
					sum := 0.0
					for i, v := range t {
						p := 0.0
						for j := m - 1; j >= 0; j-- {
							p = p*v + x[j]
						}
						sum += (sign[i] - p) * (sign[i] - p)
					}
					return sum / 2
				},
				Derivative: gradientOnTensors([]*tensor.Tensor{tensor.Of(x, m)}, []*tensor.Tensor{tensor.Of(t, n), tensor.Of(sign, n)},
					func(leaves, constants []graph.Value) graph.Value {
						t, sign := constants[0], constants[1]
						xs := ops.Unstack(leaves[0], 0)
						p := ops.Broadcast(xs[m-1], n)
						for j := m - 2; j >= 0; j-- {
							p = ops.Add(ops.Mul(p, t), xs[j])
						}
						return ops.MulScalar(ops.Sum(ops.Square(ops.Sub(sign, p))), 0.5)
					}),
			}
		},
	}
}
