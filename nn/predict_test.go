package nn_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// A function is a layer without parameters.
type function func(p nn.Pass, x graph.Value) graph.Value

func (f function) Params() []*nn.Param                          { return nil }
func (f function) Forward(p nn.Pass, x graph.Value) graph.Value { return f(p, x) }

// counted returns a set of n examples of two features, 2i and 2i+1.
func counted(n int) *data.Set {
	x := tensor.New(tensor.Float64, n, 2)
	for i := range x.Len() {
		x.SetFlat(float64(i), i)
	}
	return &data.Set{X: x}
}

func TestPredict(t *testing.T) {
	// An evaluation takes 256 rows at once.
	for _, n := range []int{1, 255, 256, 257, 600} {
		for _, tt := range []struct {
			name  string
			model nn.Layer
			shape []int
			want  func(k int) float64 // number k of the result
		}{
			{"what comes in", function(func(_ nn.Pass, x graph.Value) graph.Value { return x }), []int{n, 2}, func(k int) float64 { return float64(k) }},
			{"no trailing axis", function(func(_ nn.Pass, x graph.Value) graph.Value { return ops.Sum(x, 1) }), []int{n}, func(k int) float64 { return float64(4*k + 1) }},
			{"three axes", function(func(_ nn.Pass, x graph.Value) graph.Value {
				return ops.Reshape(ops.Concat(1, x, ops.Neg(x), x), x.Dims()[0], 3, 1, 2)
			}), []int{n, 3, 1, 2}, func(k int) float64 {
				v := float64(k/6*2 + k%2)
				if k%6/2 == 1 {
					return -v
				}
				return v
			}},
			{"no numbers", function(func(_ nn.Pass, x graph.Value) graph.Value { return ops.Slice(x, 1, 0, 0) }), []int{n, 0}, nil},
		} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, n), func(t *testing.T) {
				y, err := nn.Predict(tt.model, counted(n))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.shape, y.Shape()); diff != "" {
					t.Fatalf("shape: mismatch (-want +got):\n%s", diff)
				}
				for k := range y.Len() {
					if got, want := y.AtFlat(k), tt.want(k); got != want {
						t.Fatalf("number %d is %v, want %v", k, got, want)
					}
				}
			})
		}
	}
}

// The result is what the model says of all rows at once, in its own precision and without dropout, and Predict changes
// nothing.
func TestPredictIsForward(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		rng := newRand(3)
		model := nn.Sequential(nn.Linear(rng, 2, 5), nn.Tanh(), nn.Dropout(nn.KeepProb(0.5)), nn.Linear(rng, 5, 3))
		nn.To(model, dtype)
		set := counted(300)
		y, err := nn.Predict(model, set)
		if err != nil {
			t.Fatal(err)
		}
		want := model.Forward(nn.Eval(), graph.New(graph.WithDType(dtype)).ConstTensor(set.X.To(dtype))).Tensor()
		if y.DType() != dtype {
			t.Errorf("the result is %s, want %s", y.DType(), dtype)
		}
		if diff := cmp.Diff(want.To(tensor.Float64).Float64s(), y.To(tensor.Float64).Float64s()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", dtype, diff)
		}
		if diff := cmp.Diff(counted(300).X.Float64s(), set.X.Float64s()); diff != "" {
			t.Errorf("the set has changed (-want +got):\n%s", diff)
		}
	}
}

func TestPredictErrors(t *testing.T) {
	wide := 0
	for _, tt := range []struct {
		name  string
		model nn.Layer
		set   *data.Set
		want  string
	}{
		{"no example", nn.Linear(newRand(1), 2, 1), counted(0), "nn.Predict: data.Set: X has shape (0,2): there is no example"},
		{"wrong width", nn.Linear(newRand(1), 3, 1), counted(3), `nn.Linear: layer "weight" takes 3 numbers a row, x has shape (3,2): give x the shape (rows, 3)`},
		{"a scalar", function(func(_ nn.Pass, x graph.Value) graph.Value { return ops.Sum(x) }), counted(3), "nn.Predict: the model gives a batch of 3 rows the shape (): want a row for each"},
		{"rows and columns swapped", function(func(_ nn.Pass, x graph.Value) graph.Value { return ops.Transpose(x) }), counted(3), "nn.Predict: the model gives a batch of 3 rows the shape (2,3): want a row for each"},
		{"no value", function(func(nn.Pass, graph.Value) graph.Value { return graph.Value{} }), counted(3), "nn.Predict: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"another shape in each batch", function(func(_ nn.Pass, x graph.Value) graph.Value {
			wide++
			return ops.Slice(x, 1, 0, wide)
		}), counted(300), "nn.Predict: the model gives a batch the shape (44,2), and gave rows of shape (1) before: want the same for each batch"},
	} {
		y, err := nn.Predict(tt.model, tt.set)
		if err == nil || err.Error() != tt.want || y != nil {
			t.Errorf("%s: got %v and error %v\nwant nil and %s", tt.name, y, err, tt.want)
		}
	}
}
