package nn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// The function of a model gives, for other batches and other parameters, what the model gives.
func TestRecordForward(t *testing.T) {
	for _, c := range []struct {
		name   string
		model  func() nn.Layer
		batch  []int
		tokens bool
	}{
		{"mlp", mlp, []int{5, 3}, false},
		{"cnn", cnn, []int{2, 1, 6, 6}, false},
		{"gru", gru, []int{3, 4, 2}, false},
		{"transformer", transformer, []int{2, 3}, true},
		{"no parameters", func() nn.Layer { return nn.ReLU() }, []int{2}, false},
	} {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprintf("%s/%v", c.name, dtype), func(t *testing.T) {
				batch := func(seed uint64) *tensor.Tensor {
					rng, x := newRand(seed), tensor.New(dtype, c.batch...)
					for i := range x.Len() {
						if x.SetFlat(rng.NormFloat64(), i); c.tokens {
							x.SetFlat(float64(rng.IntN(7)), i)
						}
					}
					return x
				}
				model := c.model()
				nn.To(model, dtype)
				f, err := nn.RecordForward(graph.New(graph.Traced(), graph.WithDType(dtype)), model, batch(1))
				if err != nil {
					t.Fatal(err)
				}
				rng := newRand(9)
				for _, p := range model.Params() {
					for i := range p.Data.Len() {
						p.Data.SetFlat(0.1+rng.Float64(), i)
					}
					p.Data.MarkChanged()
				}
				x := batch(2)
				at := map[string]*tensor.Tensor{"batch": x}
				for _, p := range model.Params() {
					at[p.Name] = p.Data
					if p.Transposed {
						at[p.Name] = ops.Transpose(graph.New(graph.WithDType(dtype)).ConstTensor(p.Data)).Tensor()
					}
				}
				var in []*tensor.Tensor
				for _, a := range f.Arguments {
					in = append(in, at[a.Name])
				}
				got, err := f.Call(in...)
				if err != nil {
					t.Fatal(err)
				}
				want := model.Forward(nn.Eval(), graph.New(graph.WithDType(dtype)).ConstTensor(x)).Tensor()
				if !slices.Equal(got[0].Dims(), want.Dims()) {
					t.Fatalf("shape %v, want %v", got[0].Dims(), want.Dims())
				}
				for i := range want.Len() {
					if got[0].AtFlat(i) != want.AtFlat(i) {
						t.Fatalf("element %d is %v, want %v", i, got[0].AtFlat(i), want.AtFlat(i))
					}
				}
			})
		}
	}
}

func TestRecordForwardSignature(t *testing.T) {
	model := nn.Sequential(nn.Linear(newRand(1), 3, 6), nn.BatchNorm(6), nn.Linear(newRand(2), 6, 4))
	f, err := nn.RecordForward(graph.New(graph.Traced()), model, tensor.New(tensor.Float64, 5, 3))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range f.Arguments {
		got = append(got, describe(a.Name, a.Role, a.Value))
	}
	for _, r := range f.Results {
		got = append(got, describe(r.Name, r.Role, r.Value))
	}
	want := []string{
		"0.weight parameter [6 3] float64", "0.bias parameter [6] float64",
		"1.weight parameter [6] float64", "1.bias parameter [6] float64",
		"2.weight parameter [4 6] float64", "2.bias parameter [4] float64",
		"1.running_mean state [6] float64", "1.running_var state [6] float64",
		"batch batch [5 3] float64", "output output [5 4] float64",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := f.Results[0].Role; got != program.Output {
		t.Errorf("the result has role %q", got)
	}
}

func TestRecordForwardErrors(t *testing.T) {
	batch := tensor.New(tensor.Float64, 4, 3)
	model := nn.Linear(newRand(1), 3, 2)
	traced := func() *graph.Graph { return graph.New(graph.Traced()) }
	bound := traced()
	bound.Bind(model.Params()[0].Data)
	for _, tt := range []struct {
		name  string
		g     *graph.Graph
		model nn.Layer
		batch *tensor.Tensor
		want  string
	}{
		{"no graph", nil, model, batch, "the graph is nil or not traced"},
		{"graph of one evaluation", graph.New(), model, batch, "the graph is nil or not traced"},
		{"no model", traced(), nil, batch, "got a nil model"},
		{"no batch", traced(), model, nil, "the batch is nil or has no axis"},
		{"a scalar", traced(), model, tensor.New(tensor.Float64), "the batch is nil or has no axis"},
		{"another shape", traced(), model, tensor.New(tensor.Float64, 4, 2), "takes 3 numbers a row"},
		{"another precision", graph.New(graph.Traced(), graph.WithDType(tensor.Float32)), model, batch, "the model is float64 and the graph float32"},
		{"one name", traced(), multiple{number("a", tensor.Float64, 1), number("a", tensor.Float64, 1)}, batch, `two parameters are named "a"`},
		{"the batch's name", traced(), multiple{by: number("batch", tensor.Float64, 1)}, batch, `two arguments have the name "batch"`},
		{"bound", bound, model, batch, "bound"},
	} {
		n := 0
		if tt.g != nil {
			n = tt.g.Len()
		}
		f, err := nn.RecordForward(tt.g, tt.model, tt.batch)
		if err == nil || f != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.want)
		}
		if tt.g != nil && tt.g.Len() != n {
			t.Errorf("%s: %d nodes are left on the graph, there were %d", tt.name, tt.g.Len(), n)
		}
	}
}
