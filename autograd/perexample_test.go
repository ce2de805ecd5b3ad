package autograd_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestPerExample holds the gradients of the examples against the rows of a Jacobian, and their mean against the gradient of the
// mean, in both precisions, by tensors, by scalars and by inner values.
func TestPerExample(t *testing.T) {
	const n = 5
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		w, b := g.VarTensor(tensor.Of([]float64{0.5, -1, 2, 0.1, 0.3, -0.7}, 3, 2)), g.Var(0.25)
		squared := ops.Square(w)
		unused := g.VarTensor(vector(1, 2))
		x := tensor.New(tensor.Float64, n, 3)
		for i := range x.Len() {
			x.SetFlat(float64(i%7)/3-1, i)
		}
		losses := func(x graph.Value) graph.Value { // of shape (n)
			return ops.Sum(ops.Tanh(ops.Add(ops.MatMul(x, squared), b)), 1)
		}
		before := g.Len()
		got := autograd.PerExample(n, func(i int) graph.Value {
			return ops.Sum(losses(g.ConstTensor(tensor.Of(x.Float64s()[i*3:][:3], 1, 3))))
		}, w, b, squared, unused)
		if g.Len() != before {
			t.Errorf("the tape has %d nodes, had %d", g.Len(), before)
		}
		all := losses(g.ConstTensor(x))
		mean := autograd.Backward(ops.Mean(all))
		near := cmpopts.EquateApprox(1e-5, 1e-6)
		for k, v := range []graph.Value{w, b, squared, unused} {
			if shape := got[k].Shape(); shape[0] != n || !cmp.Equal(shape[1:], v.Shape()) || got[k].DType() != dtype {
				t.Errorf("result %d is %v, want %d times shape %v", k, got[k], n, v.Shape())
			}
			sum := make([]float64, v.Len())
			for i := range n {
				seed := tensor.New(dtype, n)
				seed.SetFlat(1, i)
				want := autograd.Backward(all, autograd.WithSeed(seed)).Tensor(v).To(tensor.Float64).Float64s()
				row := got[k].To(tensor.Float64).Float64s()[i*v.Len():][:v.Len()]
				if diff := cmp.Diff(want, row, near); diff != "" {
					t.Errorf("%v: example %d by value %d: mismatch (-want +got):\n%s", dtype, i, k, diff)
				}
				for j, d := range row {
					sum[j] += d / n
				}
			}
			if diff := cmp.Diff(mean.Tensor(v).To(tensor.Float64).Float64s(), sum, near); diff != "" {
				t.Errorf("%v: mean by value %d: mismatch (-want +got):\n%s", dtype, k, diff)
			}
		}
	}
}

func TestPerExampleMisuse(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(1, 2))
	var kept graph.Value
	loss := func(int) graph.Value { kept = ops.Sum(x); return kept }
	tests := map[string]func(){
		"autograd.PerExample: -1 examples: give 0 or more":                                          func() { autograd.PerExample(-1, loss, x) },
		"autograd.PerExample: no values to differentiate by: give one or more, such as the weights": func() { autograd.PerExample(1, loss) },
		"autograd.PerExample: the loss of example 0 is a value of another graph: record it on that of the values to differentiate by": func() {
			autograd.PerExample(1, func(int) graph.Value { return graph.New().Var(1) }, x)
		},
		"autograd.PerExample: 2000000000 examples of 2 elements take 3.2e+10 bytes: take fewer at a time": func() { autograd.PerExample(2e9, loss, x) },
		"autograd.PerExample: the loss has shape (2), not a scalar: reduce it with ops.Sum or ops.Mean, or give a cotangent with autograd.WithSeed": func() {
			autograd.PerExample(1, func(int) graph.Value { return x }, x)
		},
	}
	for want, f := range tests {
		if diff := cmp.Diff(want, message(f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	if got := autograd.PerExample(0, loss, x); !cmp.Equal(got[0].Shape(), []int{0, 2}) {
		t.Errorf("no examples: got %v", got)
	}
	autograd.PerExample(1, loss, x)
	if err := graph.Try(func() { kept.Item() }); err == nil {
		t.Error("a value that the loss has kept is good afterwards")
	}
}

func ExamplePerExample() {
	g := graph.New()
	w := g.Var(3)
	data := []float64{1, 2, 4}
	rows := autograd.PerExample(len(data), func(i int) graph.Value {
		return ops.Square(ops.AddScalar(ops.MulScalar(w, data[i]), -1))
	}, w)
	fmt.Println(rows[0].Float64s())
	// Output: [4 20 88]
}
