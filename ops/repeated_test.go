package ops_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestRepeatedRows holds operations of two operands, one of which has a row or a column for a matrix, to the same
// operations of operands of one shape, value and gradients, exactly: rows may be short or long, many or few.
func TestRepeatedRows(t *testing.T) {
	numbers := []float64{1.5, -2, 0, math.Copysign(0, -1), 3, math.Inf(1), -0.25, math.NaN(), math.Inf(-1), 7, 0.1}
	draw := func(dtype tensor.DType, from int, shape ...int) *tensor.Tensor {
		x := tensor.New(dtype, shape...)
		for i := range x.Len() {
			x.SetFlat(numbers[(from+i*i+i/7)%len(numbers)], i)
		}
		return x
	}
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		for _, s := range [][2][]int{
			{{9, 10}, {10}}, {{900, 5}, {5}}, {{900, 5}, {900, 1}}, {{3, 50, 7}, {3, 1, 7}}, {{3, 50, 7}, {3, 50, 1}}, {{3, 50, 7}, {50, 1}},
			{{5, 1025}, {1025}}, {{5, 2100}, {2100}}, {{40, 64}, {40, 1}}, {{40, 65}, {40, 1}}, {{3, 10}, {10}}, {{0, 10}, {10}}, {{2, 3, 5, 6}, {5, 1}},
		} {
			for _, f := range []struct {
				name string
				of   func(a, b graph.Value) graph.Value
			}{
				{"add", ops.Add}, {"sub", ops.Sub}, {"mul", ops.Mul}, {"div", ops.Div}, {"maximum", ops.Maximum}, {"pow", ops.Pow}, {"gt", ops.Gt},
			} {
				for _, swap := range []bool{false, true} {
					g := graph.New(graph.WithDType(dtype))
					large, small := g.VarTensor(draw(dtype, 0, s[0]...)), g.VarTensor(draw(dtype, 5, s[1]...))
					of := func(a, b graph.Value) graph.Value {
						if swap {
							a, b = b, a
						}
						return f.of(a, b)
					}
					got, want := of(large, small), of(large, ops.Broadcast(small, s[0]...))
					where := fmt.Sprintf("%s %v %v %v swapped %v", f.name, dtype, s[0], s[1], swap)
					equalNumbers(t, where, want.Tensor(), got.Tensor())
					seed := autograd.WithSeed(draw(dtype, 3, s[0]...))
					byGot, byWant := autograd.Backward(got, seed), autograd.Backward(want, seed)
					equalNumbers(t, where+" by the matrix", byWant.Tensor(large), byGot.Tensor(large))
				}
			}
		}
	}
}

func equalNumbers(t *testing.T, what string, want, got *tensor.Tensor) {
	t.Helper()
	if !slices.Equal(want.Shape(), got.Shape()) {
		t.Fatalf("%s: shape %v, want %v", what, got.Shape(), want.Shape())
	}
	for i := range want.Len() {
		if w, g := want.AtFlat(i), got.AtFlat(i); w != g && !(math.IsNaN(w) && math.IsNaN(g)) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, g, w)
		}
	}
}
