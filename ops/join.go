package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opConcat, opStack, opFlip, opRoll, opTile, opRepeat graph.Op

func init() {
	register(&opConcat, graph.Row{
		Name: "concat", Func: Concat, Params: "axis, xs",
		Doc:        "tensors joined along an axis",
		Formula:    "[x₁ x₂ …]",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			for i := range n.NumInputs() {
				moveWindow(n.Out(), n.In(i), n.Int(0), 0, partStart(n, i), true)
			}
		},
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			moveWindow(dst, ct, n.Int(0), partStart(n, i), 0, fresh)
			return true
		},
		Passes: func(n graph.Node, i int) (int, bool) { return windowStart(n.Dims(), n.Int(0), partStart(n, i)) },
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			at, axis := partStart(n, i), n.Int(0)
			return Slice(ct, axis, at, at+n.InputNode(i).Dims()[axis])
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			axis, at := n.Int(0), partStart(n, i)
			return Pad(t, axis, at, n.Dims()[axis]-at-t.Dims()[axis])
		},
		Try:    []string{"0 (2) (3)", "0 (2,3) (1,3)", "1 (2,3) (2,1) (2,2)", "-1 (2,2,1) (2,2,3)", "0 (3)", "0 (0,2) (2,2)"},
		Source: "a placement of the elements",
	})
	register(&opStack, graph.Row{
		Name: "stack", Func: Stack, Params: "axis, xs",
		Doc:        "tensors of one shape joined along a new axis",
		Formula:    "[x₁ x₂ …]",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			var buf [tensor.MaxRank]int
			shape := unsqueezed(buf[:0], n.InputNode(0).Dims(), n.Int(0), 1)
			for i := range n.NumInputs() {
				windowOf(n.Dims(), shape, n.Int(0), 0, i).move(n.Out(), n.In(i), true)
			}
		},
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			var buf [tensor.MaxRank]int
			shape := unsqueezed(buf[:0], dst.Dims(), n.Int(0), 1)
			windowOf(shape, n.Dims(), n.Int(0), i, 0).move(dst, ct, fresh)
			return true
		},
		Passes: func(n graph.Node, i int) (int, bool) { return windowStart(n.Dims(), n.Int(0), i) },
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			return Reshape(Slice(ct, n.Int(0), i, i+1), n.InputNode(i).Dims()...)
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			axis := n.Int(0)
			return Pad(Unsqueeze(t, axis), axis, i, n.NumInputs()-1-i)
		},
		Try:    []string{"0 () ()", "0 (2) (2)", "1 (2,3) (2,3) (2,3)", "-1 (2,3) (2,3)", "2 (2,3) (2,3)", "-2 (3) (3)", "0 (0) (0)"},
		Source: "a placement of the elements",
	})
	register(&opFlip, graph.Row{
		Name: "flip", Func: Flip, Params: "x, axis",
		Doc:        "elements along an axis in reverse order",
		Formula:    "x",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), flipLines[float64], flipLines[float32])(n.Out(), n.In(0), n.Int(0), true)
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			array.Instance(n.DType(), flipLines[float64], flipLines[float32])(dst, ct, n.Int(0), fresh)
			return true
		},
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return Flip(ct, n.Int(0)) },
		Try:    []string{"(3) 0", "(2,3) 0", "(2,3) 1", "(2,3,4) -2", "(1,3) 0", "(0,3) 0"},
		Source: "a permutation of the elements",
	})
	register(&opRoll, graph.Row{
		Name: "roll", Func: Roll, Params: "x, axis, shift",
		Doc:        "elements moved along an axis; those that leave at the end come in at the front",
		Formula:    "x[k - shift]",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			x, axis, shift := n.In(0), n.Int(0), n.Int(1)
			moveWindow(n.Out(), x, axis, 0, shift, true)
			moveWindow(n.Out(), x, axis, x.Dims()[axis]-shift, 0, true)
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			axis, shift := n.Int(0), n.Int(1)
			moveWindow(dst, ct, axis, shift, 0, fresh)
			moveWindow(dst, ct, axis, 0, dst.Dims()[axis]-shift, fresh)
			return true
		},
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return Roll(ct, n.Int(0), -n.Int(1)) },
		Try:    []string{"(5) 0 2", "(5) 0 -1", "(2,3) 1 1", "(2,3) 0 -3", "(3) 0 0", "(0,3) 0 1", "(4) 0 9"},
		Source: "a permutation of the elements",
	})
	register(&opTile, graph.Row{
		Name: "tile", Func: Tile, Params: "x, axis, n",
		Doc:        "n copies of x, one behind the other along an axis",
		Formula:    "[x x …]",
		Derivative: "1 for each copy",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			x, axis := n.In(0), n.Int(0)
			if x.Len() == 0 {
				return // any number of copies
			}
			for i := range n.Int(1) {
				moveWindow(n.Out(), x, axis, 0, i*x.Dims()[axis], true)
			}
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			axis, copies := n.Int(0), n.Int(1)
			if copies == 0 || copies > fewAdditions || dst.Len() == 0 {
				return false // sums of many are made pairwise
			}
			for i := range copies {
				moveWindow(dst, ct, axis, i*dst.Dims()[axis], 0, fresh && i == 0)
			}
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			dims, axis := n.InputNode(0).Dims(), n.Int(0)
			copies := Reshape(ct, product(dims[:axis]), n.Int(1), product(dims[axis:]))
			return Reshape(Sum(copies, 1), dims...)
		},
		Try:    []string{"(3) 0 2", "(2,3) 0 3", "(2,3) 1 2", "(2,3,2) -2 2", "(2) 0 1", "(2) 0 0", "(0,2) 1 2"},
		Source: "a placement of the elements",
	})
	register(&opRepeat, graph.Row{
		Name: "repeat", Func: Repeat, Params: "x, axis, n",
		Doc:        "every element along an axis n times in a row",
		Formula:    "[x₁ x₁ … x₂ x₂ …]",
		Derivative: "1 for each time",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			x, axis, times := n.In(0), n.Int(0), n.Int(1)
			block := product(x.Dims()[axis+1:])
			if block == 0 {
				return // however long the other axes are
			}
			if n.DType() == tensor.Float32 {
				repeatBlocks(n.Out().Float32s(), x.Float32s(), block, times)
			} else {
				repeatBlocks(n.Out().Float64s(), x.Float64s(), block, times)
			}
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			axis, times := n.Int(0), n.Int(1)
			if times == 0 || times > fewAdditions || dst.Len() == 0 {
				return false // sums of many are made pairwise
			}
			block := product(dst.Dims()[axis+1:])
			array.Instance(n.DType(), sumBlocks[float64], sumBlocks[float32])(dst, ct, block, times, fresh)
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			dims, axis := n.InputNode(0).Dims(), n.Int(0)
			times := Reshape(ct, product(dims[:axis+1]), n.Int(1), product(dims[axis+1:]))
			return Reshape(Sum(times, 1), dims...)
		},
		Try:    []string{"(3) 0 2", "(2,3) 0 3", "(2,3) 1 2", "(2,3,2) -2 2", "(2) 0 1", "(2) 0 0", "(0,2) 1 2"},
		Source: "a placement of the elements",
	})
}

// flipLines sets dst to x with the elements along an axis in reverse order, or adds them.
func flipLines[T constraints.Float](dst, x *tensor.Tensor, axis int, set bool) {
	y, v := tensor.Data[T](dst), tensor.Data[T](x)
	l := linesOf(x.Dims(), axis)
	if l.inner == 1 && set {
		kernel.ReverseLines(y, v, l.n)
		return
	}
	for o := range l.outer {
		line, from := y[o*l.n*l.inner:][:l.n*l.inner], v[o*l.n*l.inner:][:l.n*l.inner]
		if l.inner == 1 {
			for i := range line {
				line[i] += from[len(from)-1-i]
			}
			continue
		}
		for k := range l.n {
			to, from := line[k*l.inner:][:l.inner], from[(l.n-1-k)*l.inner:][:l.inner]
			if set {
				copy(to, from)
			} else {
				kernel.AddTo(to, from)
			}
		}
	}
}

// repeatBlocks sets dst to the blocks of src, each a number of times in a row.
func repeatBlocks[T constraints.Float](dst, src []T, block, times int) {
	if block == 1 {
		const some = 1024 // elements, copied to the columns of a matrix that stays in the cache
		for ; len(src) > 0 && times > 0; src = src[min(some, len(src)):] {
			part := src[:min(some, len(src))]
			for i := range times {
				kernel.CopyRows(dst[i:], times, part, 1, 1, len(part))
			}
			dst = dst[times*len(part):]
		}
		return
	}
	for ; len(dst) > 0; src = src[block:] {
		for range times {
			dst = dst[copy(dst, src[:block]):]
		}
	}
}

// sumBlocks sets the blocks of dst to sums of as many of ct as repeatBlocks makes of each, or adds these sums.
func sumBlocks[T constraints.Float](dst, ct *tensor.Tensor, block, times int, set bool) {
	d, w := tensor.Data[T](dst), tensor.Data[T](ct)
	if block == 1 {
		for i := range d {
			sum := 0.0
			for _, v := range w[i*times:][:times] {
				sum += float64(v)
			}
			if !set {
				sum += float64(d[i])
			}
			d[i] = T(sum)
		}
		return
	}
	for ; len(d) > 0; d = d[block:] {
		for i := range times {
			if i == 0 && set {
				copy(d[:block], w)
			} else {
				kernel.AddTo(d[:block], w[:block])
			}
			w = w[block:]
		}
	}
}

// partStart returns where operand i of a concat begins along the axis.
func partStart(n graph.Node, i int) int { return n.Int(1 + i) }

// Concat returns the xs joined along an axis. They have equal lengths along all other axes.
//
// Derivative: 1; every operand gets its part of the cotangent.
func Concat(axis int, xs ...graph.Value) graph.Value {
	c := graph.Begin(opConcat, xs...)
	axis = c.Axis(axis, 0)
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], c.Dims(0)...)
	var few [8]int
	starts := append(few[:0], 0)
	for i := range xs[1:] {
		d := c.Dims(i + 1)
		if len(d) != len(shape) || !equalBut(d, shape, axis) {
			panic(c.Errorf(graph.ErrShape, "operand %d has shape %s, operand 0 has %s: they may differ only along axis %d", i+1, tensor.FormatShape(slices.Clone(d)), tensor.FormatShape(slices.Clone(c.Dims(0))), axis))
		}
		starts = append(starts, shape[axis])
		shape[axis] = addLengths(c, shape[axis], d[axis])
	}
	return c.Ints(axis).Ints(starts...).Record(shape...)
}

// Stack returns the xs, all of one shape, joined along a new axis, which stands at the given place of the result.
// Scalars make a vector.
//
// Derivative: 1; every operand gets its part of the cotangent.
func Stack(axis int, xs ...graph.Value) graph.Value {
	c := graph.Begin(opStack, xs...)
	axis = newAxis(c, axis, len(c.Dims(0)))
	for i := range xs {
		if d := c.Dims(i); !slices.Equal(d, c.Dims(0)) {
			panic(c.Errorf(graph.ErrShape, "operand %d has shape %s, operand 0 has %s: stacked operands have one shape; use ops.Concat or ops.Broadcast", i, tensor.FormatShape(slices.Clone(d)), tensor.FormatShape(slices.Clone(c.Dims(0)))))
		}
	}
	var buf [tensor.MaxRank + 1]int
	return c.Ints(axis).Record(unsqueezed(buf[:0], c.Dims(0), axis, len(xs))...)
}

// Unstack returns the parts of x along an axis, each without that axis: it undoes [Stack]. The rows of a matrix for axis
// 0, its columns for axis 1. The backward sweep adds to the elements of each part and to no others.
//
// Derivative: 1; the parts' cotangents, stacked.
func Unstack(x graph.Value, axis int) []graph.Value {
	const op = "ops.Unstack"
	x.Check(op)
	k, ok := array.Axis(axis, x.Rank())
	if !ok {
		if x.Rank() == 0 {
			panic(graph.Errorf(op, graph.ErrAxis, "axis %d of a scalar: a scalar has no axes", axis))
		}
		panic(graph.Errorf(op, graph.ErrAxis, "axis %d of shape %s: axes run from 0 to %d, or from -%d to -1", axis, tensor.FormatShape(x.Shape()), x.Rank()-1, x.Rank()))
	}
	parts := make([]graph.Value, x.Dims()[k])
	for i := range parts {
		if k == 0 {
			parts[i] = Index(x, i)
		} else {
			parts[i] = Squeeze(Slice(x, k, i, i+1), k)
		}
	}
	return parts
}

// Flip returns x with the elements along an axis in reverse order.
//
// Derivative: 1.
func Flip(x graph.Value, axis int) graph.Value { return along(opFlip, x, axis) }

// Roll returns x with the elements moved by shift along an axis: element k comes from k - shift, and what leaves at one
// end comes in at the other. A negative shift moves towards the front.
//
// Derivative: 1.
func Roll(x graph.Value, axis, shift int) graph.Value {
	c := graph.Begin(opRoll, x)
	axis = c.Axis(axis, 0)
	if n := c.Dims(0)[axis]; n > 0 {
		shift = (shift%n + n) % n
	} else {
		shift = 0
	}
	return c.Ints(axis, shift).Record(c.Dims(0)...)
}

// Tile returns n copies of x, one behind the other along an axis.
//
// Derivative: 1 for each copy.
func Tile(x graph.Value, axis, n int) graph.Value { return multiplied(opTile, x, axis, n) }

// Repeat returns x with every element along an axis n times in a row.
//
// Derivative: 1 for each time.
func Repeat(x graph.Value, axis, n int) graph.Value { return multiplied(opRepeat, x, axis, n) }

// multiplied records an operation whose result has n times the length of x along an axis.
func multiplied(op graph.Op, x graph.Value, axis, n int) graph.Value {
	c := graph.Begin(op, x)
	axis = c.Axis(axis, 0)
	if n < 0 {
		panic(c.Errorf(graph.ErrShape, "%d copies: there must be 0 or more", n))
	}
	shape := slices.Clone(c.Dims(0))
	if d := shape[axis]; !fits(d, n) {
		panic(c.Errorf(graph.ErrLimit, "%d copies of an axis of %d elements: use smaller tensors", n, d))
	}
	shape[axis] *= n
	return c.Ints(axis, n).Record(shape...)
}

// fits reports whether a tensor may have n times d elements.
func fits(d, n int) bool {
	_, err := tensor.Size([]int{d, n})
	return err == nil
}
