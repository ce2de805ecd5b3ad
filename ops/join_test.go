package ops_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// content is a shape and the numbers in it.
type content struct {
	Shape []int
	Data  []float64
}

func contentOf(v graph.Value) content { return content{v.Shape(), numbers(v.Tensor())} }

// TestArrangements checks where operations that move elements put them.
func TestArrangements(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		v := func(data []float64, shape ...int) graph.Value { return g.VarTensor(tensor.Of(data, shape...)) }
		m := v([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
		sq := v([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3)
		messy := v([]float64{2, nan, -1, 2, inf}, 5)
		for _, c := range []struct {
			name string
			got  graph.Value
			want content
		}{
			{"concat rows", ops.Concat(0, m, ops.Slice(m, 0, 1, 2)), content{[]int{3, 3}, []float64{1, 2, 3, 4, 5, 6, 4, 5, 6}}},
			{"concat columns", ops.Concat(-1, m, ops.Slice(m, 1, 0, 1)), content{[]int{2, 4}, []float64{1, 2, 3, 1, 4, 5, 6, 4}}},
			{"stack scalars", ops.Stack(0, g.Var(7), g.Var(8)), content{[]int{2}, []float64{7, 8}}},
			{"stack last", ops.Stack(-1, m, ops.Neg(m)), content{[]int{2, 3, 2}, []float64{1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6}}},
			{"stack middle", ops.Stack(1, m, ops.Neg(m)), content{[]int{2, 2, 3}, []float64{1, 2, 3, -1, -2, -3, 4, 5, 6, -4, -5, -6}}},
			{"index of a row", ops.Index(m, -1), content{[]int{3}, []float64{4, 5, 6}}},
			{"index of an element", ops.Index(m, 1, -3), content{[]int{}, []float64{4}}},
			{"index of everything", ops.Index(m), content{[]int{2, 3}, []float64{1, 2, 3, 4, 5, 6}}},
			{"unstack rows", ops.Unstack(m, 0)[1], content{[]int{3}, []float64{4, 5, 6}}},
			{"unstack columns", ops.Unstack(m, -1)[2], content{[]int{2}, []float64{3, 6}}},
			{"stack of unstack", ops.Stack(1, ops.Unstack(m, 1)...), content{[]int{2, 3}, []float64{1, 2, 3, 4, 5, 6}}},
			{"squeeze", ops.Squeeze(ops.Slice(m, 0, 1, 2), 0), content{[]int{3}, []float64{4, 5, 6}}},
			{"squeeze of a longer axis", ops.Squeeze(m, 0), content{[]int{2, 3}, []float64{1, 2, 3, 4, 5, 6}}},
			{"unsqueeze", ops.Unsqueeze(m, -1), content{[]int{2, 3, 1}, []float64{1, 2, 3, 4, 5, 6}}},
			{"flip rows", ops.Flip(m, 0), content{[]int{2, 3}, []float64{4, 5, 6, 1, 2, 3}}},
			{"flip columns", ops.Flip(m, 1), content{[]int{2, 3}, []float64{3, 2, 1, 6, 5, 4}}},
			{"roll", ops.Roll(m, 1, 1), content{[]int{2, 3}, []float64{3, 1, 2, 6, 4, 5}}},
			{"roll back", ops.Roll(m, 1, -4), content{[]int{2, 3}, []float64{2, 3, 1, 5, 6, 4}}},
			{"tile", ops.Tile(m, 0, 2), content{[]int{4, 3}, []float64{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}}},
			{"tile columns", ops.Tile(m, 1, 2), content{[]int{2, 6}, []float64{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}}},
			{"repeat", ops.Repeat(m, 1, 2), content{[]int{2, 6}, []float64{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}}},
			{"tril", ops.Tril(sq, 0), content{[]int{3, 3}, []float64{1, 0, 0, 4, 5, 0, 7, 8, 9}}},
			{"tril above", ops.Tril(sq, 1), content{[]int{3, 3}, []float64{1, 2, 0, 4, 5, 6, 7, 8, 9}}},
			{"triu", ops.Triu(sq, 0), content{[]int{3, 3}, []float64{1, 2, 3, 0, 5, 6, 0, 0, 9}}},
			{"triu below", ops.Triu(sq, -1), content{[]int{3, 3}, []float64{1, 2, 3, 4, 5, 6, 0, 8, 9}}},
			{"one_hot", ops.OneHot(v([]float64{2, 0}, 2), 3), content{[]int{2, 3}, []float64{0, 0, 1, 1, 0, 0}}},
			{"sort puts NaN last", ops.Sort(messy, 0), content{[]int{5}, []float64{-1, 2, 2, inf, nan}}},
			{"argsort is stable", ops.Argsort(messy, 0), content{[]int{5}, []float64{2, 0, 3, 4, 1}}},
			{"topk puts NaN first", ops.TopK(messy, 0, 4), content{[]int{4}, []float64{nan, inf, 2, 2}}},
			{"argtopk is stable", ops.ArgTopK(messy, 0, 4), content{[]int{4}, []float64{1, 4, 0, 3}}},
			{"topk of none", ops.TopK(m, 1, 0), content{[]int{2, 0}, nil}},
			{"argmax of NaN", ops.ArgMax(messy, 0), content{[]int{}, []float64{1}}},
			{"argmin", ops.ArgMin(messy, 0), content{[]int{}, []float64{2}}},
			{"argmax of rows, first of equals", ops.ArgMax(v([]float64{1, 5, 5, 7, 7, 2}, 2, 3), 1), content{[]int{2}, []float64{1, 0}}},
			{"argmin of columns", ops.ArgMin(m, 0), content{[]int{3}, []float64{0, 0, 0}}},
			{"take_along", ops.TakeAlong(m, v([]float64{0, -1, 1, 1}, 2, 2), 1), content{[]int{2, 2}, []float64{1, 3, 5, 5}}},
			{"put_along", ops.PutAlong(m, v([]float64{0, 0, 1, 1, 1, 1}, 2, 3), 1, 2), content{[]int{2, 2}, []float64{3, 3, 0, 15}}},
			{"gather_at", ops.GatherAt(m, v([]float64{2, -3, 1, 1}, 2, 2), 1), content{[]int{2, 2, 2}, []float64{3, 1, 2, 2, 6, 4, 5, 5}}},
			{"gather_at a scalar", ops.GatherAt(m, g.Const(-1), -2), content{[]int{3}, []float64{4, 5, 6}}},
			{"gather_at of nothing", ops.GatherAt(m, v(nil, 0), 0), content{[]int{0, 3}, nil}},
			{"scatter_at", ops.ScatterAt(m, v([]float64{0, -1, 0}, 3), 1, 4), content{[]int{2, 4}, []float64{4, 0, 0, 2, 10, 0, 0, 5}}},
			{"scatter_at a matrix", ops.ScatterAt(m, v([]float64{0, 1, 2, 2, 2, 2}, 2, 3), 0, 3), content{[]int{3}, []float64{1, 2, 18}}},
			{"scatter_at a scalar", ops.ScatterAt(m, g.Const(1), -2, 2), content{[]int{2, 2, 3}, []float64{0, 0, 0, 1, 2, 3, 0, 0, 0, 4, 5, 6}}},
			{"embedding_at", ops.EmbeddingAt(m, v([]float64{1, 0, 1}, 3, 1)), content{[]int{3, 1, 3}, []float64{4, 5, 6, 1, 2, 3, 4, 5, 6}}},
			{"masked_fill", ops.MaskedFill(m, ops.Gt(m, g.Const(4)), -1), content{[]int{2, 3}, []float64{1, 2, 3, 4, -1, -1}}},
			{"lerp", ops.Lerp(g.Const(2), g.Const(4), v([]float64{0, 0.25, 1}, 3)), content{[]int{3}, []float64{2, 2.5, 4}}},
		} {
			if diff := cmp.Diff(c.want, contentOf(c.got), cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s, %s: mismatch (-want +got):\n%s", c.name, dtype, diff)
			}
		}
	}
}

// TestInterp checks value and derivatives of piecewise linear interpolation, inside, at the points and outside.
func TestInterp(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{-1, 0, 0.5, 1, 2.5, 3, 9, nan}, 8))
	xp := g.VarTensor(tensor.Of([]float64{0, 1, 3}, 3))
	fp := g.VarTensor(tensor.Of([]float64{10, 20, 0}, 3))
	y := ops.Interp(x, xp, fp)
	fm := forms[1]
	fm.compare(t, "value", []float64{10, 10, 15, 20, 5, 0, 0, nan}, numbers(y.Tensor()))
	grads := autograd.Backward(ops.Sum(ops.Slice(y, 0, 0, 7)))
	fm.compare(t, "derivative by x", []float64{0, 10, 10, -10, -10, -10, 0, 0}, numbers(grads.Tensor(x)))
	fm.compare(t, "derivative by fp", []float64{2.5, 1.75, 2.75}, numbers(grads.Tensor(fp)))

	inside := tensor.Of([]float64{0.3, 0.5, 1.2, 2.9}, 4)
	f := func(xs ...graph.Value) graph.Value { return weighted(ops.Interp(xs[0], xs[1], xs[2])) }
	if err := autograd.Check(f, inside, xp.Tensor(), fp.Tensor()); err != nil {
		t.Error(err)
	}
	one := ops.Interp(x, ops.Slice(xp, 0, 0, 1), ops.Slice(fp, 0, 0, 1))
	fm.compare(t, "one point", []float64{10, 10, 10, 10, 10, 10, 10, nan}, numbers(one.Tensor()))
}

// TestMisuseOfArrangements holds the messages of operations that join, select and sort.
func TestMisuseOfArrangements(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.New(tensor.Float64, 2, 3))
	empty := g.VarTensor(tensor.New(tensor.Float64, 2, 0))
	vec := g.VarTensor(tensor.Of([]float64{0, 1, 2.5}, 3))
	s := g.Var(1)
	deep := g.VarTensor(tensor.New(tensor.Float64, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1))
	const huge = int(^uint(0) >> 1)
	for _, c := range []struct {
		call func() graph.Value
		kind graph.Kind
		want string
	}{
		{func() graph.Value { return ops.Concat(0) }, graph.ErrUsage, "ops.Concat: no operands: give at least one value"},
		{func() graph.Value { return ops.Concat(0, s, s) }, graph.ErrAxis, "ops.Concat: axis 0 of a scalar: a scalar has no axes"},
		{func() graph.Value { return ops.Concat(0, x, vec) }, graph.ErrShape, "ops.Concat: operand 1 has shape (3), operand 0 has (2,3): they may differ only along axis 0"},
		{func() graph.Value { return ops.Concat(1, x, ops.Transpose(x)) }, graph.ErrShape, "ops.Concat: operand 1 has shape (3,2), operand 0 has (2,3): they may differ only along axis 1"},
		{func() graph.Value { return ops.Stack(0, x, vec) }, graph.ErrShape, "ops.Stack: operand 1 has shape (3), operand 0 has (2,3): stacked operands have one shape; use ops.Concat or ops.Broadcast"},
		{func() graph.Value { return ops.Stack(3, x) }, graph.ErrAxis, "ops.Stack: new axis 3 for shape (2,3): it can stand at 0 to 2, or -3 to -1"},
		{func() graph.Value { return ops.Unsqueeze(x, -4) }, graph.ErrAxis, "ops.Unsqueeze: new axis -4 for shape (2,3): it can stand at 0 to 2, or -3 to -1"},
		{func() graph.Value { return ops.Unsqueeze(deep, 0) }, graph.ErrLimit, "ops.Unsqueeze: shape (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1) has 16 axes already: no more are possible"},
		{func() graph.Value { return ops.Squeeze(x, 2) }, graph.ErrAxis, "ops.Squeeze: axis 2 of shape (2,3): axes run from 0 to 1, or from -2 to -1"},
		{func() graph.Value { return ops.Tile(x, 0, -1) }, graph.ErrShape, "ops.Tile: -1 copies: there must be 0 or more"},
		{func() graph.Value { return ops.Repeat(x, 1, huge) }, graph.ErrLimit, fmt.Sprintf("ops.Repeat: %d copies of an axis of 3 elements: use smaller tensors", huge)},
		{func() graph.Value { return ops.Tril(vec, 0) }, graph.ErrShape, "ops.Tril: shape (3) is no matrix: it needs two axes or more"},
		{func() graph.Value { return ops.OneHot(vec, 3) }, graph.ErrIndex, "ops.OneHot: label 2.5 of element 2 is none of the whole numbers from 0 to 2"},
		{func() graph.Value { return ops.OneHot(g.Const(nan), 3) }, graph.ErrIndex, "ops.OneHot: label NaN of element 0 is none of the whole numbers from 0 to 2"},
		{func() graph.Value { return ops.OneHot(vec, -1) }, graph.ErrShape, "ops.OneHot: -1 classes: there must be 0 or more"},
		{func() graph.Value { return ops.TopK(x, 1, 4) }, graph.ErrIndex, "ops.TopK: the 4 largest of 3 elements along axis 1 of shape (2,3): k must be from 0 to 3"},
		{func() graph.Value { return ops.ArgMax(empty, 1) }, graph.ErrShape, "ops.ArgMax: no elements along axis 1 of shape (2,0): nothing has an index"},
		{func() graph.Value { return ops.TakeAlong(vec, g.ConstTensor(tensor.Of([]float64{3}, 1)), 0) }, graph.ErrIndex, "ops.TakeAlong: index 3 of element 0 is none of the whole numbers from -3 to 2"},
		{func() graph.Value { return ops.TakeAlong(vec, g.ConstTensor(tensor.Of([]float64{inf}, 1)), 0) }, graph.ErrIndex, "ops.TakeAlong: index +Inf of element 0 is none of the whole numbers from -3 to 2"},
		{func() graph.Value { return ops.TakeAlong(x, vec, 0) }, graph.ErrShape, "ops.TakeAlong: x has shape (2,3), index has (3): they may differ only along axis 0"},
		{func() graph.Value { return ops.PutAlong(x, vec, 0, 2) }, graph.ErrShape, "ops.PutAlong: x has shape (2,3), index has (3): give one index for each element"},
		{func() graph.Value { return ops.PutAlong(vec, vec, 0, -1) }, graph.ErrShape, "ops.PutAlong: size -1: an axis has 0 elements or more"},
		{func() graph.Value { return ops.GatherAt(x, vec, 1) }, graph.ErrIndex, "ops.GatherAt: index 2.5 of element 2 is none of the whole numbers from -3 to 2"},
		{func() graph.Value { return ops.GatherAt(x, g.Const(2), 0) }, graph.ErrIndex, "ops.GatherAt: index 2 of element 0 is none of the whole numbers from -2 to 1"},
		{func() graph.Value { return ops.GatherAt(x, g.Const(nan), 0) }, graph.ErrIndex, "ops.GatherAt: index NaN of element 0 is none of the whole numbers from -2 to 1"},
		{func() graph.Value { return ops.GatherAt(empty, s, 1) }, graph.ErrIndex, "ops.GatherAt: index 1 of element 0 is none of the whole numbers from -0 to -1"},
		{func() graph.Value { return ops.GatherAt(s, s, 0) }, graph.ErrAxis, "ops.GatherAt: axis 0 of a scalar: a scalar has no axes"},
		{func() graph.Value { return ops.GatherAt(x, deep, 0) }, graph.ErrLimit, "ops.GatherAt: shape (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,3) has 17 axes: at most 16 are possible"},
		{func() graph.Value { return ops.ScatterAt(x, vec, 0, 4) }, graph.ErrShape, "ops.ScatterAt: x has shape (2,3), index has (3): x must have the axes of index in place of axis 0 of the result"},
		{func() graph.Value { return ops.ScatterAt(x, vec, 2, 4) }, graph.ErrShape, "ops.ScatterAt: x has shape (2,3), index has (3): x must have the axes of index in place of axis 2 of the result"},
		{func() graph.Value { return ops.ScatterAt(s, vec, 0, 4) }, graph.ErrShape, "ops.ScatterAt: x has shape (), index has (3): x must have the axes of index in place of axis 0 of the result"},
		{func() graph.Value { return ops.ScatterAt(x, vec, 1, -4) }, graph.ErrShape, "ops.ScatterAt: size -4: an axis has 0 elements or more"},
		{func() graph.Value { return ops.ScatterAt(x, vec, 1, 4) }, graph.ErrIndex, "ops.ScatterAt: index 2.5 of element 2 is none of the whole numbers from -4 to 3"},
		{func() graph.Value { return ops.EmbeddingAt(vec, s) }, graph.ErrShape, "ops.EmbeddingAt: the table has shape (3): want (words,d), a row for each word"},
		{func() graph.Value { return ops.Interp(vec, x, x) }, graph.ErrShape, "ops.Interp: xp has shape (2,3) and fp (2,3): both must be vectors of one length, 1 or more"},
		{func() graph.Value { return ops.Interp(vec, ops.Neg(vec), vec) }, graph.ErrValue, "ops.Interp: xp[0] = -0 is not below xp[1] = -1: points must be in ascending order"},
		{func() graph.Value { return ops.Polygamma(-1, s) }, graph.ErrUsage, "ops.Polygamma: order -1: it must be from 0 to 170"},
		{func() graph.Value { return ops.Std(x, 0, -2) }, graph.ErrAxis, "ops.Std: axis -2 of shape (2,3) is given twice: give every axis once"},
		{func() graph.Value { return ops.CumSum(s, 0) }, graph.ErrAxis, "ops.CumSum: axis 0 of a scalar: a scalar has no axes"},
	} {
		err := graph.Try(func() { c.call() })
		if err == nil {
			t.Errorf("no error, want %q", c.want)
			continue
		}
		if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Errorf("message: mismatch (-want +got):\n%s", diff)
		}
		if !errors.Is(err, c.kind) {
			t.Errorf("%v: not of kind %v", err, c.kind)
		}
	}
}

// TestUnstackGradient checks that each part's cotangent comes back to its place, along any axis, and that a part can be
// used twice or not at all.
func TestUnstackGradient(t *testing.T) {
	for axis, want := range [][]float64{{0, 0, 0, 4, 5, 6}, {0, 4, 0, 0, 10, 0}} {
		for name, sweep := range map[string]func(y, x graph.Value) *tensor.Tensor{
			"Backward": func(y, x graph.Value) *tensor.Tensor { return autograd.Backward(y).Tensor(x) },
			"Grad":     func(y, x graph.Value) *tensor.Tensor { return autograd.Grad(y, x)[0].Tensor() },
		} {
			g := graph.New()
			x := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3))
			parts := ops.Unstack(x, axis)
			y := ops.MulScalar(ops.Sum(ops.Mul(parts[1], parts[1])), 0.5)
			if axis == 1 {
				y = ops.Add(y, y)
			}
			if diff := cmp.Diff(want, sweep(y, x).Float64s()); diff != "" {
				t.Errorf("axis %d, %s: mismatch (-want +got):\n%s", axis, name, diff)
			}
		}
	}
	g := graph.New()
	if parts := ops.Unstack(g.VarTensor(tensor.New(tensor.Float64, 2, 0)), 1); len(parts) != 0 {
		t.Errorf("an axis without elements has %d parts, want none", len(parts))
	}
}
