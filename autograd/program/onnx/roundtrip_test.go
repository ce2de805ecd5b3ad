package onnx

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// numbersOf returns the numbers of a value in its precision.
func numbersOf(v graph.Value) *tensor.Tensor {
	n := v.Node()
	if x, ok := n.Scalar(); ok {
		return tensor.Of([]float64{x}).To(n.DType())
	}
	return n.Data()
}

// again writes a function, reads it, and calls what was read with the numbers that the arguments have.
func again(t *testing.T, f *program.Function, options ...Option) []*tensor.Tensor {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, options...); err != nil {
		t.Fatal(err)
	}
	read, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	at := make(map[string]program.Argument)
	for _, a := range f.Arguments {
		at[a.Name] = a
	}
	var in []*tensor.Tensor
	for _, a := range read.Arguments {
		was := at[a.Name]
		if was.Role != a.Role {
			t.Errorf("argument %q has role %q, had %q", a.Name, a.Role, was.Role)
		}
		in = append(in, numbersOf(was.Value).To(a.Value.Node().DType()))
		delete(at, a.Name)
	}
	if len(at) > 0 {
		t.Errorf("arguments are missing: %v", at)
	}
	results, err := read.Call(in...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range read.Results {
		if was := f.Results[i]; r.Name != was.Name || r.Role != was.Role {
			t.Errorf("result %d is %q of role %q, was %q of role %q", i, r.Name, r.Role, was.Name, was.Role)
		}
	}
	return results
}

// near reports whether two tensors have one shape and agree, relative to the larger of a number and 1.
func near(got, want *tensor.Tensor, tolerance float64) bool {
	if !slices.Equal(got.Dims(), want.Dims()) {
		return false
	}
	for i := range want.Len() {
		g, w := got.AtFlat(i), want.AtFlat(i)
		if g != w && !(math.IsNaN(g) && math.IsNaN(w)) && !(math.Abs(g-w) <= tolerance*max(1, math.Abs(w))) {
			return false
		}
	}
	return true
}

// Every operation that can be written can be read, and what is read computes the same.
func TestRowsAgain(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		tolerance := 1e-12
		if dtype == tensor.Float32 {
			tolerance = 3e-6
		}
		for _, row := range graph.Rows() {
			if ok, _ := Lowers(row); !ok {
				continue
			}
			t.Run(row.Name+"/"+dtype.String(), func(t *testing.T) {
				m := newModule(dtype)
				m.addRow(t, row)
				for i, got := range again(t, &m.f) {
					if want := numbersOf(m.f.Results[i].Value); !near(got, want, tolerance) {
						t.Errorf("%s: got %v, want %v", m.calls[i], got, want)
					}
				}
			})
		}
	}
}
