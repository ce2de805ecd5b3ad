package ops_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// repeatedSums are sums of elements whose index repeats: of x, whose first axis is as long as the index, at the places of
// size indices, by every operation that makes them and along an axis at any place.
var repeatedSums = map[string]func(x graph.Value, index []int, size int) graph.Value{
	"scatter": func(x graph.Value, index []int, size int) graph.Value { return ops.Scatter(x, 0, size, index...) },
	"scatter along the last axis": func(x graph.Value, index []int, size int) graph.Value {
		return ops.Transpose(ops.Scatter(ops.Transpose(x), 1, size, index...))
	},
	"scatter along a middle axis": func(x graph.Value, index []int, size int) graph.Value {
		d := x.Dims()
		y := ops.Reshape(ops.Stack(0, x, x), 2, d[0], d[1])
		return ops.Squeeze(ops.Slice(ops.Scatter(y, 1, size, index...), 0, 1, 2), 0)
	},
	"gather": func(x graph.Value, index []int, size int) graph.Value {
		return gradientOf(x, size, func(table graph.Value) graph.Value { return ops.Gather(table, 0, index...) })
	},
	"embedding": func(x graph.Value, index []int, size int) graph.Value {
		return gradientOf(x, size, func(table graph.Value) graph.Value { return ops.Embedding(table, index...) })
	},
	"scatter_at": func(x graph.Value, index []int, size int) graph.Value {
		return ops.ScatterAt(x, vectorOf(x.Graph(), index), 0, size)
	},
	"gather_at": func(x graph.Value, index []int, size int) graph.Value {
		return gradientOf(x, size, func(table graph.Value) graph.Value {
			return ops.Reshape(ops.EmbeddingAt(table, ops.Reshape(vectorOf(x.Graph(), index), 2, -1)), x.Dims()...)
		})
	},
	"put_along": func(x graph.Value, index []int, size int) graph.Value {
		return ops.PutAlong(x, columnsOf(x, index), 0, size)
	},
	"take_along": func(x graph.Value, index []int, size int) graph.Value {
		return gradientOf(x, size, func(table graph.Value) graph.Value { return ops.TakeAlong(table, columnsOf(x, index), 0) })
	},
}

// gradientOf returns Backward's gradient by a table of f, which takes rows of it, for the cotangent x.
func gradientOf(x graph.Value, size int, f func(table graph.Value) graph.Value) graph.Value {
	g := x.Graph()
	table := g.VarTensor(tensor.New(g.DType(), size, x.Dims()[1]))
	return g.ConstTensor(autograd.Backward(ops.Sum(ops.Mul(f(table), x))).Tensor(table))
}

// vectorOf returns the index as a vector.
func vectorOf(g *graph.Graph, index []int) graph.Value {
	t := tensor.New(g.DType(), len(index))
	for i, k := range index {
		t.SetFlat(float64(k), i)
	}
	return g.ConstTensor(t)
}

// columnsOf returns the index as a tensor of x's shape.
func columnsOf(x graph.Value, index []int) graph.Value {
	t := tensor.New(x.Graph().DType(), x.Dims()...)
	for i := range t.Len() {
		t.SetFlat(float64(index[i/x.Dims()[1]]), i)
	}
	return x.Graph().ConstTensor(t)
}

// TestRepeatedIndex adds up a million times 0.1 in single precision.
func TestRepeatedIndex(t *testing.T) {
	const n = 1_000_000
	index := make([]int, n)
	for name, f := range repeatedSums {
		t.Run(name, func(t *testing.T) {
			g := graph.New(graph.WithDType(tensor.Float32))
			y := f(g.ConstTensor(filled(0.1, n, 1)), index, 1)
			if got := y.Item(); math.Abs(got-1e5) > 1e-6*1e5 {
				t.Errorf("sum of 10⁶ times 0.1 is %v, want 1e5 to 1e-6", got)
			}
		})
	}
}

// TestMixedIndex compares sums in single precision with the same in double precision, for indices of which few come often,
// many rarely and some never. Some sums are infinite or NaN.
func TestMixedIndex(t *testing.T) {
	const n, size, columns = 3000, 200, 3
	rng := rand.New(rand.NewPCG(1, 2))
	index := make([]int, n)
	x := tensor.New(tensor.Float32, n, columns)
	for i := range n {
		index[i] = 10 + rng.IntN(size-20)
		if i%3 == 0 {
			index[i] = rng.IntN(4)
		}
		for j := range columns {
			x.SetAt(rng.Float64(), i, j)
		}
	}
	x.SetAt(inf, slices.Index(index, 1), 0)
	x.SetAt(-inf, slices.Index(index, 3), 1)
	x.SetAt(nan, slices.Index(index, 2), 2)
	x.SetAt(3e38, slices.Index(index, 0), 0) // the sum is infinite
	x.SetAt(3e38, slices.Index(index[300:], 0)+300, 0)
	for name, f := range repeatedSums {
		t.Run(name, func(t *testing.T) {
			at := func(dtype tensor.DType) []float64 {
				g := graph.New(graph.WithDType(dtype))
				return numbers(f(g.ConstTensor(x.To(dtype)), index, size).Tensor())
			}
			want := at(tensor.Float64)
			for i, v := range want {
				want[i] = float64(float32(v))
			}
			if diff := cmp.Diff(want, at(tensor.Float32), cmpopts.EquateApprox(1e-6, 0), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("mismatch (-double +single precision):\n%s", diff)
			}
		})
	}
}

func TestRepeatedIndexAllocates(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	table, index := counting(tensor.Float32, 4, 3), make([]int, 100)
	columns, vector := tensor.New(tensor.Float32, 100, 3), tensor.New(tensor.Float32, 100)
	steadyState(t, func() graph.Value {
		g.Reset()
		v, along, at := g.Bind(table), g.BindConst(columns), g.BindConst(vector)
		sum := ops.Add(ops.Sum(ops.Gather(v, 0, index...)), ops.Sum(ops.Scatter(ops.Gather(v, 1, index...), 1, 3, index...)))
		sum = ops.Add(sum, ops.Sum(ops.ScatterAt(ops.GatherAt(v, at, 1), at, 1, 3)))
		return ops.Add(sum, ops.Sum(ops.PutAlong(ops.TakeAlong(v, along, 0), along, 0, 5)))
	})
}

// TestPartsTouchNoOtherElement holds that the backward kernels of what takes a part of a tensor leave all other elements
// alone, so that n parts cost the time of the parts: adding as little as 0 to them would turn a -0 into 0.
func TestPartsTouchNoOtherElement(t *testing.T) {
	takes := map[string]func(x graph.Value) graph.Value{ // elements 2 and 3 of the first axis, or one of them
		"index":  func(x graph.Value) graph.Value { return ops.Index(x, 2) },
		"slice":  func(x graph.Value) graph.Value { return ops.Slice(x, 0, 2, 4) },
		"gather": func(x graph.Value) graph.Value { return ops.Gather(x, 0, 3, 2, -2) },
		"gather_at": func(x graph.Value) graph.Value {
			return ops.GatherAt(x, x.Graph().ConstTensor(tensor.Of([]float64{3, 2, -2, 2}, 2, 2)), 0)
		},
		"take_along": func(x graph.Value) graph.Value {
			return ops.TakeAlong(x, x.Graph().ConstTensor(tensor.Of([]float64{3, 2, -2, -1, 2, 2}, 2, 3)), 0)
		},
	}
	for name, f := range takes {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(name+" "+dtype.String(), func(t *testing.T) {
				g := graph.New(graph.WithDType(dtype))
				n := f(g.VarTensor(tensor.New(dtype, 4, 3))).Node()
				ct, dst := filled(1, n.Dims()...).To(dtype), filled(math.Copysign(0, -1), 4, 3).To(dtype)
				if !n.Row().Backward(n, 0, ct, dst, false) {
					t.Fatal("the kernel leaves the work to the rule")
				}
				sum := 0.0
				for i, v := range numbers(dst) {
					if sum += v; i < 6 && !math.Signbit(v) {
						t.Errorf("element %d was touched", i)
					}
				}
				if want := float64(ct.Len()); sum != want {
					t.Errorf("the elements taken got %v together, want %v", sum, want)
				}
			})
		}
	}
}
