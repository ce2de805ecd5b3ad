package autograd_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// takes are ways to take parts of a tensor of shape (4,n·4), n ≥ 2: they return the parts.
var takes = []struct {
	name string
	f    func(x graph.Value, n int) []graph.Value
}{
	{"slices side by side", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value { return ops.Slice(x, 1, 4*i, 4*i+4) })
	}},
	{"slices side by side, the last first", func(x graph.Value, n int) []graph.Value {
		return each(n-1, func(i int) graph.Value { return ops.Slice(x, 1, 4*(n-1-i), 4*(n-i)) })
	}},
	{"slices that overlap", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value { return ops.Slice(x, 1, 2*i, 2*i+5) })
	}},
	{"slices with gaps", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value { return ops.Slice(x, -1, 4*i+1, 4*i+3) })
	}},
	{"slices with nothing in them", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value { return ops.Slice(x, 1, i, i+i%2) })
	}},
	{"one slice again and again", func(x graph.Value, n int) []graph.Value {
		return each(n, func(int) graph.Value { return ops.Slice(x, 1, 1, 3) })
	}},
	{"elements of a vector", func(x graph.Value, n int) []graph.Value {
		flat := ops.Reshape(x, -1)
		return each(n, func(i int) graph.Value { return ops.Reshape(ops.Slice(flat, 0, 5*i, 5*i+1)) })
	}},
	{"columns as vectors", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value { return ops.Squeeze(ops.Slice(x, 1, i, i+1), 1) })
	}},
	{"rows and columns", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value {
			if i < 4 {
				return ops.Slice(x, 0, i, i+1)
			}
			return ops.Slice(x, 1, i, i+2)
		})
	}},
	{"slices of slices", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value { return ops.Slice(ops.Slice(x, 1, 4*i, 4*i+4), 0, i%3, i%3+2) })
	}},
	{"gathered", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value { return ops.Gather(x, 1, i, 3*i, i, -1-i) })
	}},
	{"sliced and gathered", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value {
			if i%2 == 0 {
				return ops.Slice(x, 1, i, i+3)
			}
			return ops.Gather(x, 1, i, 0)
		})
	}},
	{"taken along", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value {
			v := float64(i)
			return ops.TakeAlong(x, x.Graph().ConstTensor(tensor.Of([]float64{v, 0, 1, v, 2, v, v, 3}, 4, 2)), 1)
		})
	}},
	{"gathered at", func(x graph.Value, n int) []graph.Value {
		return each(n, func(i int) graph.Value {
			v := float64(i)
			if i%2 == 0 {
				return ops.GatherAt(x, x.Graph().ConstTensor(tensor.Of([]float64{v, 0, -1, v}, 2, 2)), 1)
			}
			return ops.GatherAt(x, x.Graph().Const(v), 1)
		})
	}},
	{"parts and the whole", func(x graph.Value, n int) []graph.Value {
		return append(each(n, func(i int) graph.Value { return ops.Slice(x, 1, 4*i, 4*i+4) }), ops.MulScalar(x, 0.5))
	}},
}

func each(n int, f func(i int) graph.Value) []graph.Value {
	out := make([]graph.Value, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// ofParts returns a function of x that uses each part in another way.
func ofParts(x graph.Value, n int, take func(x graph.Value, n int) []graph.Value) graph.Value {
	y := x.Graph().Const(0)
	for i, p := range take(x, n) {
		y = ops.Add(y, ops.Sum(ops.Sin(ops.MulScalar(p, 1+float64(i)/8))))
	}
	return y
}

// TestGradOfParts holds that the recorded gradient of a function of parts of a tensor is that of the sweep, and that it
// can be differentiated again.
func TestGradOfParts(t *testing.T) {
	const n = 5
	at := tensor.New(tensor.Float64, 4, 4*n)
	for i := range at.Len() {
		at.SetFlat(float64(i%17)/10-0.6, i)
	}
	for _, take := range takes {
		t.Run(take.name, func(t *testing.T) {
			g := graph.New()
			x := g.VarTensor(at)
			y := ofParts(x, n, take.f)
			if diff := cmp.Diff(autograd.Backward(y).Tensor(x).Float64s(), autograd.Grad(y, x)[0].Tensor().Float64s(), cmpopts.EquateApprox(1e-14, 1e-15)); diff != "" {
				t.Errorf("mismatch (-Backward +Grad):\n%s", diff)
			}
			first := func(xs ...graph.Value) graph.Value {
				return ops.Sum(ops.Sin(autograd.Grad(ofParts(xs[0], n, take.f), xs[0])[0]))
			}
			if err := autograd.Check(first, at); err != nil {
				t.Errorf("second order: %v", err)
			}
			if testing.Short() {
				return
			}
			second := func(xs ...graph.Value) graph.Value {
				return ops.Sum(ops.Square(autograd.Grad(first(xs...), xs[0])[0]))
			}
			if err := autograd.Check(second, at); err != nil {
				t.Errorf("third order: %v", err)
			}
		})
	}
}

// TestGradOfManyParts holds that the recorded gradient by a tensor of which many parts are taken does not take its memory
// for each of them.
func TestGradOfManyParts(t *testing.T) {
	const n, tensors = 200, 100 // the memory of half of the parts' rules
	at := tensor.New(tensor.Float64, 4, 4*n)
	for _, take := range takes {
		t.Run(take.name, func(t *testing.T) {
			g := graph.New(graph.WithMemoryLimit(tensors * 8 * at.Len()))
			x := g.VarTensor(at)
			if err := graph.Try(func() {
				d := autograd.Grad(ofParts(x, n, take.f), x)[0]
				autograd.Grad(ops.Sum(ops.Sin(d)), x)
			}); err != nil {
				t.Error(err)
			}
		})
	}
}
