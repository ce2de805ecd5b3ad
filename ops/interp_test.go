package ops_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// The class that each measurement falls into, for classes that begin at given numbers.
func ExampleSearchSorted() {
	g := graph.New()
	edges := g.ConstTensor(tensor.Of([]float64{0, 10, 20}, 3))
	x := g.ConstTensor(tensor.Of([]float64{-3, 0, 12, 20, 99}, 5))
	fmt.Println(ops.SearchSorted(edges, x).Tensor())
	// Output: [0 1 2 3 3]
}

func ExampleInterp() {
	g := graph.New()
	hours := g.ConstTensor(tensor.Of([]float64{0, 12, 24}, 3))
	degrees := g.VarTensor(tensor.Of([]float64{5, 20, 8}, 3))
	y := ops.Interp(g.Const(9), hours, degrees)
	fmt.Println(y.Item(), autograd.Backward(y).Tensor(degrees))
	// Output: 16.25 [0.25 0.75 0]
}

// TestSearchSorted checks places among points that repeat or are not finite, in shapes of every rank. NaN, which counts as
// the largest, is among the points and among what is searched.
func TestSearchSorted(t *testing.T) {
	for _, c := range []struct {
		name      string
		points, x []float64
		shape     []int
		want      []float64
	}{
		{"NumPy's example", []float64{11, 12, 13, 14, 15}, []float64{13, -10, 20, 12, 13}, []int{5}, []float64{3, 0, 5, 2, 3}},
		{"repeated", []float64{1, 2, 2, 2, 5}, []float64{2, 1.5, 5, 0.5}, []int{2, 2}, []float64{4, 1, 5, 0}},
		{"all equal", []float64{2, 2, 2}, []float64{1, 2, 3}, []int{3}, []float64{0, 3, 3}},
		{"zeros have no sign", []float64{negZero, 0, negZero}, []float64{0, negZero, -1}, []int{3}, []float64{3, 3, 0}},
		{"infinities", []float64{-inf, 0, inf}, []float64{-inf, -1, 7, inf, -math.MaxFloat64}, []int{5}, []float64{1, 1, 2, 3, 1}},
		{"NaN searched", []float64{1, inf}, []float64{nan, inf}, []int{2}, []float64{2, 2}},
		{"NaN among the points", []float64{1, nan, nan}, []float64{0, 1, inf, nan}, []int{4}, []float64{0, 1, 1, 3}},
		{"only NaN", []float64{nan}, []float64{inf, nan}, []int{2}, []float64{0, 1}},
		{"a scalar", []float64{1, 2, 3}, []float64{2}, nil, []float64{2}},
		{"no points", nil, []float64{1, nan}, []int{2}, []float64{0, 0}},
		{"nothing searched", []float64{1}, nil, []int{0, 3}, nil},
	} {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(c.name+" "+dtype.String(), func(t *testing.T) {
				g := graph.New(graph.WithDType(dtype))
				points := g.VarTensor(tensor.Of(c.points, len(c.points)))
				y := ops.SearchSorted(points, g.VarTensor(tensor.Of(c.x, c.shape...)))
				if diff := cmp.Diff(content{c.shape, c.want}, contentOf(y), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("mismatch (-want +got):\n%s", diff)
				}
				if y.WantsGrad() {
					t.Error("the result wants a gradient")
				}
			})
		}
	}
}

func TestSearchSortedMisuse(t *testing.T) {
	g := graph.New()
	vector := func(v ...float64) graph.Value { return g.ConstTensor(tensor.Of(v, len(v))) }
	x := g.Const(1)
	for _, c := range []struct {
		points, x graph.Value
		kind      graph.Kind
		want      string
	}{
		{vector(1, 3, 2), x, graph.ErrValue, "ops.SearchSorted: points[1] = 3 is above points[2] = 2: points must be in ascending order, as ops.Sort puts them"},
		{vector(nan, 1), x, graph.ErrValue, "ops.SearchSorted: points[0] = NaN is above points[1] = 1: points must be in ascending order, as ops.Sort puts them"},
		{ops.Reshape(vector(1, 2), 1, 2), x, graph.ErrShape, "ops.SearchSorted: points have shape (1,2): give a vector"},
		{x, x, graph.ErrShape, "ops.SearchSorted: points have shape (): give a vector"},
		{vector(1), graph.New().Const(1), graph.ErrForeign, "ops.SearchSorted: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
	} {
		before := g.Len()
		err := graph.Try(func() { ops.SearchSorted(c.points, c.x) })
		if err == nil {
			t.Errorf("no error, want %q", c.want)
			continue
		}
		if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(c.kind, err, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("kind of error: mismatch (-want +got):\n%s", diff)
		}
		if g.Len() != before {
			t.Errorf("%q left %d nodes on the tape", c.want, g.Len()-before)
		}
	}
}

// TestInterpRecordsNoNumbers holds that what Interp and its derivatives record depends on shapes alone: other elements,
// points and values leave the operations, their operands and their attributes as they are.
func TestInterpRecordsNoNumbers(t *testing.T) {
	type entry struct {
		Op     string
		Inputs []int
		Ints   []int
		Floats [2]float64
	}
	record := func(x *tensor.Tensor, xp, fp []float64) []entry {
		g := graph.New()
		in := []graph.Value{g.VarTensor(x), g.VarTensor(tensor.Of(xp, len(xp))), g.VarTensor(tensor.Of(fp, len(fp)))}
		autograd.Grad(ops.Sum(ops.Interp(in[0], in[1], in[2])), in...)
		var tape []entry
		for v := range g.Nodes() {
			n := v.Node()
			e := entry{Op: n.OpName()}
			for _, u := range v.Inputs() {
				e.Inputs = append(e.Inputs, u.ID())
			}
			e.Ints = append(e.Ints, n.Ints()...)
			if n.Row().UnaryParam != nil {
				e.Floats = [2]float64{n.Float(0), n.Float(1)}
			}
			tape = append(tape, e)
		}
		return tape
	}
	for _, shape := range [][]int{nil, {4}, {2, 2}} {
		want := record(filled(1, shape...), []float64{0, 1, 3}, []float64{10, 20, 0})
		for _, v := range []float64{-5, 0, 0.5, 3, 9, inf, nan} {
			got := record(filled(v, shape...), []float64{-4, 0.25, 0.5}, []float64{1, nan, -3})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("x = %v of shape %v: mismatch (-want +got):\n%s", v, shape, diff)
			}
		}
	}
}

// TestInterpShapes checks that an element gets the same value in every shape and precision, a scalar too, and the
// derivatives by a scalar.
func TestInterpShapes(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		xp, fp := g.VarTensor(tensor.Of([]float64{0, 1, 3}, 3)), g.VarTensor(tensor.Of([]float64{10, 20, 0}, 3))
		for _, shape := range [][]int{nil, {1}, {3}, {2, 1, 2}, {0}} {
			y := ops.Interp(g.VarTensor(filled(2.5, shape...)), xp, fp)
			if diff := cmp.Diff(content{shape, numbers(filled(5, shape...))}, contentOf(y), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: mismatch (-want +got):\n%s", dtype, diff)
			}
		}
		x := g.Var(0.5)
		grads := autograd.Backward(ops.Interp(x, xp, fp))
		if got := grads.Scalar(x); got != 10 {
			t.Errorf("%s: derivative by a scalar is %v, want 10", dtype, got)
		}
		if diff := cmp.Diff([]float64{-5, -5, 0}, numbers(grads.Tensor(xp))); diff != "" {
			t.Errorf("%s, derivative by xp: mismatch (-want +got):\n%s", dtype, diff)
		}
	}
}
