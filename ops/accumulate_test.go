package ops_test

import (
	"math"
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

// TestBackwardInPlace holds every row that says so to computing the operand's adjoint where the cotangent stands,
// whatever numbers there are.
func TestBackwardInPlace(t *testing.T) {
	rows := 0
	for _, row := range graph.Rows() {
		if !row.InPlace {
			continue
		}
		rows++
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			g := graph.New(graph.WithDType(dtype))
			at := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -0.3, 2, -3, 20, -20, math.Inf(1), math.Inf(-1), math.NaN()}
			x, cts := tensor.New(dtype, len(at)*len(at)), tensor.New(dtype, len(at)*len(at))
			for i := range x.Len() {
				x.SetFlat(at[i%len(at)], i)
				cts.SetFlat(at[i/len(at)], i)
			}
			params, _ := ops.Signature(row)
			args := []any{g.VarTensor(x)}
			for _, p := range params[1:] {
				if p.Kind == ops.IntArg {
					args = append(args, 1)
				} else {
					args = append(args, 0.25)
				}
			}
			n := ops.Apply(row, args...).Node()
			want := tensor.New(dtype, x.Len())
			if !row.Backward(n, 0, cts, want, true) || !row.Backward(n, 0, cts, cts, true) {
				t.Fatalf("%s has no kernel for the derivative of a tensor", row.Name)
			}
			if diff := cmp.Diff(want.Float64s(), cts.Float64s(), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("%s, %v: mismatch (-apart +in place):\n%s", row.Name, dtype, diff)
			}
		}
	}
	if rows < 10 {
		t.Errorf("only %d rows were tried", rows)
	}
}
