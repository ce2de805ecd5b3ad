package ops_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestElementwiseMisuse(t *testing.T) {
	const broadcast = "do not broadcast: aligned at the last axis, lengths must be equal or one of them 1; reshape one with ops.Reshape or ops.Unsqueeze"
	testMisuse(t, []misuse{
		{"add of other shapes", [][]int{{2, 3}, {2}}, func(xs []graph.Value) graph.Value { return ops.Add(xs[0], xs[1]) },
			"ops.Add: shapes (2,3) and (2) " + broadcast},
		{"atan2 of other shapes", [][]int{{4}, {3}}, func(xs []graph.Value) graph.Value { return ops.Atan2(xs[0], xs[1]) },
			"ops.Atan2: shapes (4) and (3) " + broadcast},
		{"a condition of another shape", [][]int{{4}, {3}, {}}, func(xs []graph.Value) graph.Value { return ops.Where(xs[0], xs[1], xs[2]) },
			"ops.Where: shapes (4) and (3) " + broadcast},
		{"the zero value", nil, func([]graph.Value) graph.Value { return ops.Tanh(graph.Value{}) },
			"ops.Tanh: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"a value of another graph", [][]int{{}}, func(xs []graph.Value) graph.Value { return ops.Hypot(xs[0], graph.New().Var(1)) },
			"ops.Hypot: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
	})
}

func TestShapeMisuse(t *testing.T) {
	const huge = int(^uint(0) >> 1)
	testMisuse(t, []misuse{
		{"reshape", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Reshape(xs[0], 4, -1) },
			"ops.Reshape: shape (2,3) with 6 elements cannot become (4,-1): the number of elements must stay the same"},
		{"broadcast", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Broadcast(xs[0], 3, 2) },
			"ops.Broadcast: shape (2,3) does not stretch to (3,2): aligned at the last axis, every length must be equal or 1"},
		{"sum_to", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.SumTo(xs[0], 2) },
			"ops.SumTo: shape (2,3) cannot be summed to (2), which does not stretch to it"},
		{"transpose of a vector", [][]int{{3}}, func(xs []graph.Value) graph.Value { return ops.Transpose(xs[0]) },
			"ops.Transpose: shape (3) has no two axes to swap: reshape a vector to a row or a column first"},
		{"permute with too few axes", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Permute(xs[0], 0) },
			"ops.Permute: 1 axes for shape (2,3): give each of its 2 axes once"},
		{"permute with an axis twice", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Permute(xs[0], 1, -1) },
			"ops.Permute: axis -1 of shape (2,3) is given twice: give each axis once"},
		{"slice", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Slice(xs[0], 1, 2, 4) },
			"ops.Slice: range 2:4 is outside axis 1 of shape (2,3): it must satisfy 0 ≤ start ≤ stop ≤ 3"},
		{"pad", [][]int{{3}}, func(xs []graph.Value) graph.Value { return ops.Pad(xs[0], 0, -1, 0) },
			"ops.Pad: -1 zeros before and 0 after: both must be 0 or more; use ops.Slice to cut"},
		{"pad beyond all numbers", [][]int{{3}}, func(xs []graph.Value) graph.Value { return ops.Pad(xs[0], 0, huge, 0) },
			fmt.Sprintf("ops.Pad: an axis of more than %d elements: use smaller tensors", math.MaxInt)},
		{"gather", [][]int{{3}}, func(xs []graph.Value) graph.Value { return ops.Gather(xs[0], 0, 1, 3) },
			"ops.Gather: index 3 is outside axis 0 of shape (3): indices run from 0 to 2, or from -3 to -1"},
		{"index", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Index(xs[0], 1, -4) },
			"ops.Index: index -4 is outside axis 1 of shape (2,3): indices run from 0 to 2, or from -3 to -1"},
		{"index of nothing", [][]int{{2, 0}}, func(xs []graph.Value) graph.Value { return ops.Index(xs[0], 1, 0) },
			"ops.Index: index 0 is outside axis 1 of shape (2,0): it has no elements"},
		{"index with too many indices", [][]int{{3}}, func(xs []graph.Value) graph.Value { return ops.Index(xs[0], 1, 0) },
			"ops.Index: 2 indices for shape (3): give at most one for each of its 1 axes"},
		{"index of a scalar", [][]int{{}}, func(xs []graph.Value) graph.Value { return ops.Index(xs[0], 0) },
			"ops.Index: 1 indices for shape (): give at most one for each of its 0 axes"},
		{"unstack", [][]int{{2, 3}}, func(xs []graph.Value) graph.Value { return ops.Unstack(xs[0], 2)[0] },
			"ops.Unstack: axis 2 of shape (2,3): axes run from 0 to 1, or from -2 to -1"},
		{"unstack of a scalar", [][]int{{}}, func(xs []graph.Value) graph.Value { return ops.Unstack(xs[0], 0)[0] },
			"ops.Unstack: axis 0 of a scalar: a scalar has no axes"},
		{"unstack of the zero value", nil, func([]graph.Value) graph.Value { return ops.Unstack(graph.Value{}, 0)[0] },
			"ops.Unstack: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"scatter with too few indices", [][]int{{3}}, func(xs []graph.Value) graph.Value { return ops.Scatter(xs[0], 0, 5, 1) },
			"ops.Scatter: 1 indices for axis 0 of shape (3): give one for each of its 3 elements"},
		{"scatter to a negative size", [][]int{{1}}, func(xs []graph.Value) graph.Value { return ops.Scatter(xs[0], 0, -1, 0) },
			"ops.Scatter: size -1: an axis has 0 elements or more"},
		{"max of nothing", [][]int{{2, 0}}, func(xs []graph.Value) graph.Value { return ops.Max(xs[0]) },
			"ops.Max: no elements along axis 1 of shape (2,0): the reduction of nothing is not defined"},
	})
}

// TestLongAxesWithoutElements checks that a tensor without elements costs neither time nor memory, however long its
// other axes are.
func TestLongAxesWithoutElements(t *testing.T) {
	g := graph.New()
	long := g.VarTensor(tensor.New(tensor.Float64, 1<<24, 0))
	deep := g.VarTensor(tensor.New(tensor.Float64, 1<<24, 2, 0))
	for _, c := range []struct {
		name string
		call func() graph.Value
	}{
		{"flip", func() graph.Value { return ops.Flip(long, 0) }},
		{"index", func() graph.Value { return ops.Index(long, 1) }},
		{"roll", func() graph.Value { return ops.Roll(long, 0, 1) }},
		{"sort", func() graph.Value { return ops.Sort(long, 0) }},
		{"argsort", func() graph.Value { return ops.Argsort(deep, 1) }},
		{"topk", func() graph.Value { return ops.TopK(deep, 1, 1) }},
		{"argmax", func() graph.Value { return ops.ArgMax(deep, 1) }},
		{"cummax", func() graph.Value { return ops.CumMax(deep, 1) }},
		{"cumsum", func() graph.Value { return ops.CumSum(long, 0) }},
		{"cumprod", func() graph.Value { return ops.CumProd(long, 0) }},
		{"repeat", func() graph.Value { return ops.Repeat(long, 0, 2) }},
		{"gather", func() graph.Value { return ops.Gather(deep, 1, 0, 1) }},
		{"scatter", func() graph.Value { return ops.Scatter(deep, 1, 3, 0, 1) }},
		{"gather_at", func() graph.Value { return ops.GatherAt(deep, deep.Graph().Const(0), 1) }},
		{"scatter_at", func() graph.Value { return ops.ScatterAt(deep, deep.Graph().Const(0), 0, 2) }},
		{"take_along", func() graph.Value { return ops.TakeAlong(deep, deep, 1) }},
		{"put_along", func() graph.Value { return ops.PutAlong(deep, deep, 1, 2) }},
		{"concat", func() graph.Value { return ops.Concat(1, deep, deep) }},
		{"stack", func() graph.Value { return ops.Stack(1, long, long) }},
		{"tril", func() graph.Value { return ops.Tril(long, 0) }},
		{"center", func() graph.Value { return ops.Center(long) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := c.call()
			if n := y.Node().Data().Len(); n != 0 {
				t.Errorf("%d elements, want none", n)
			}
			if y.WantsGrad() {
				autograd.Backward(ops.Sum(y))
				autograd.Grad(ops.Sum(y), long)
			}
		})
	}
}

// TestIndicesInFloat32 checks the limit beyond which float32 does not hold every index.
func TestIndicesInFloat32(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	x := g.VarTensor(tensor.New(tensor.Float32, 1<<24+1, 0)) // long, but without elements
	err := graph.Try(func() { ops.Argsort(x, 0) })
	const want = "ops.Argsort: axis 0 has 16777217 elements: float32 holds indices up to 16777216; use a float64 graph"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// TestCallMisuse checks what Call says about arguments that do not fit.
func TestCallMisuse(t *testing.T) {
	g := graph.New()
	x := g.Var(1)
	for _, c := range []struct {
		name string
		args []any
		want string
	}{
		{"tanh", []any{x, x}, "ops.Apply: 2 arguments for tanh(x)"},
		{"tanh", nil, "ops.Apply: 0 arguments for tanh(x)"},
		{"tanh", []any{1}, "ops.Apply: argument 1 of tanh(x) has type int, the function takes a value"},
		{"clamp", []any{x, 0, x}, "ops.Apply: argument 3 of clamp(x, lo, hi) has type graph.Value, the function takes a number"},
		{"sum", []any{x, 1.5}, "ops.Apply: argument 2 of sum(x, axes...) has type float64, the function takes an integer"},
		{"concat", []any{0, "x"}, "ops.Apply: argument 2 of concat(axis, xs...) has type string, the function takes a value"},
	} {
		row, ok := ops.Lookup(c.name)
		if !ok {
			t.Fatalf("no operation %q", c.name)
		}
		err := graph.Try(func() { ops.Apply(row, c.args...) })
		if err == nil {
			t.Errorf("%s with %v: no error, want %q", c.name, c.args, c.want)
			continue
		}
		if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
		if !errors.Is(err, graph.ErrUsage) {
			t.Errorf("%v: not of kind %v", err, graph.ErrUsage)
		}
	}
	if _, ok := ops.Lookup("sinn"); ok {
		t.Error("there is an operation sinn")
	}
}
