package ops_test

import (
	"math"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestScalarsAreFloat64 checks that an operation on scalars gives the same numbers on a graph of either precision, and so
// do its first and second derivatives: no scalar is rounded on the way through a kernel of tensors.
func TestScalarsAreFloat64(t *testing.T) {
	eachRow(t, func(t *testing.T, s rowtest.Sample) {
		for _, x := range s.Operands {
			if x.Rank() != 0 {
				return
			}
		}
		results := func(dtype tensor.DType) (all []float64) {
			g := graph.New(graph.WithDType(dtype))
			xs := variables(g, s.Operands)
			y := s.Apply(xs)
			if len(y.Shape()) > 0 {
				return nil
			}
			all = append(all, y.Item())
			if !y.WantsGrad() {
				return all
			}
			all = append(all, autograd.Backward(y).Scalars(nil, xs)...)
			var sum graph.Value
			for i, d := range autograd.Grad(y, xs...) {
				all = append(all, d.Item())
				if i == 0 {
					sum = d
				} else {
					sum = ops.Add(sum, d)
				}
			}
			if sum.WantsGrad() {
				all = append(all, autograd.Backward(sum).Scalars(nil, xs)...)
			}
			return all
		}
		if want, got := results(tensor.Float64), results(tensor.Float32); !slices.EqualFunc(want, got, func(a, b float64) bool { return a == b || a != a && b != b }) {
			t.Errorf("on a float64 graph %v, on a float32 graph %v", want, got)
		}
	})
}

func TestScalarLossFarOut(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		x := g.Var(20)
		l := ops.BCE(ops.Sigmoid(x), g.Const(0.5))
		for what, got := range map[string]struct{ got, want float64 }{
			"value":    {l.Item(), 10},
			"Backward": {autograd.Backward(l).Scalar(x), 0.5},
			"Grad":     {autograd.Grad(l, x)[0].Item(), 0.5},
		} {
			// The probability has 2e-9 left to 1, of which its rounding of 1e-16 is 5e-8.
			if math.Abs(got.got-got.want) > 1e-7 {
				t.Errorf("%v: %s is %v, want %v", dtype, what, got.got, got.want)
			}
		}
	}
}
