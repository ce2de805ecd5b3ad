package ops_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestBackwardAdds lets an operand have another use, from which its gradient has something already when the sweep comes
// to the operation: that must stay. Operations with a kernel that sets a first gradient have another one for this case.
func TestBackwardAdds(t *testing.T) {
	for name, f := range map[string]func(x graph.Value) graph.Value{
		"exp": ops.Exp, "tanh": ops.Tanh, "sigmoid": ops.Sigmoid, "relu": ops.ReLU, "softplus": ops.Softplus, "erf": ops.Erf,
		"softmax":      func(x graph.Value) graph.Value { return ops.Softmax(x, 1) },
		"log_softmax":  func(x graph.Value) graph.Value { return ops.LogSoftmax(x, 1) },
		"safe_softmax": func(x graph.Value) graph.Value { return ops.SafeSoftmax(x, 1) },
		"logsumexp":    func(x graph.Value) graph.Value { return ops.Unsqueeze(ops.LogSumExp(x, 1), 1) },
		"mul": func(x graph.Value) graph.Value {
			return ops.Mul(x, x.Graph().ConstTensor(counting(x.Graph().DType(), 2, 5)))
		},
		"div": func(x graph.Value) graph.Value {
			return ops.Div(x, x.Graph().ConstTensor(ones(x.Graph().DType(), 2, 5)))
		},
	} {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(name+"/"+dtype.String(), func(t *testing.T) {
				gradient := func(other bool) []float64 {
					g := graph.New(graph.WithDType(dtype))
					x := g.VarTensor(tensor.Of([]float64{-2, -1, -0.5, 0.5, 1, 2, 0.25, -0.25, 3, -3}, 2, 5))
					loss := ops.Sum(ops.Mul(f(x), g.ConstTensor(counting(dtype, 2, 5))))
					if other {
						loss = ops.Add(loss, ops.Sum(ops.MulScalar(x, 8)))
					}
					return autograd.Backward(loss).Tensor(x).Float64s()
				}
				want := gradient(false)
				for i := range want {
					want[i] += 8
				}
				if diff := cmp.Diff(want, gradient(true), cmpopts.EquateApprox(1e-6, 0)); diff != "" { // float32
					t.Errorf("mismatch (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func ones(dtype tensor.DType, shape ...int) *tensor.Tensor {
	t := tensor.New(dtype, shape...)
	t.Fill(1)
	return t
}
