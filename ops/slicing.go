package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

var opSlice, opPad graph.Op

func init() {
	register(&opSlice, graph.Row{
		Name: "slice", Func: Slice, Params: "x, axis, start, stop",
		Doc:        "elements start up to, and without, stop along an axis",
		Formula:    "x[start:stop]",
		Derivative: "1 inside, 0 outside",
		Class:      graph.Linear,
		Moves:      true,
		Forward:    func(n graph.Node) { moveWindow(n.Out(), n.In(0), n.Int(0), n.Int(1), 0, true) },
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			axis, start := n.Int(0), n.Int(1)
			if fresh {
				clearOutside(dst, axis, start, start+n.Dims()[axis])
			}
			moveWindow(dst, ct, axis, 0, start, fresh)
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			axis, start := n.Int(0), n.Int(1)
			return Pad(ct, axis, start, n.InputNode(0).Dims()[axis]-start-n.Dims()[axis])
		},
		Try:    []string{"(5) 0 1 3", "(4,3) 0 1 3", "(4,3) 1 1 2", "(4,3) -1 0 3", "(2,3,4) 1 -2 3", "(3) 0 1 1"},
		Source: "a selection of the elements",
	})
	register(&opPad, graph.Row{
		Name: "pad", Func: Pad, Params: "x, axis, before, after",
		Doc:        "zeros added before and after along an axis",
		Formula:    "x",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			axis, before := n.Int(0), n.Int(1)
			clearOutside(n.Out(), axis, before, before+n.InputNode(0).Dims()[axis])
			moveWindow(n.Out(), n.In(0), axis, 0, before, true)
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			moveWindow(dst, ct, n.Int(0), n.Int(1), 0, fresh)
			return true
		},
		Passes: func(n graph.Node, _ int) (int, bool) { return windowStart(n.Dims(), n.Int(0), n.Int(1)) },
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			axis, before := n.Int(0), n.Int(1)
			return Slice(ct, axis, before, before+n.InputNode(0).Dims()[axis])
		},
		Try:    []string{"(3) 0 1 2", "(2,3) 0 0 1", "(2,3) -1 2 0", "(2,3,2) 1 1 1", "(0) 0 1 1"},
		Source: "transpose of slice",
	})
}

// Slice returns the elements start up to, and without, stop along an axis. A negative start or stop counts from the
// end of the axis. It panics with a [*graph.Error] if the range is not inside the axis.
//
// Derivative: 1 for the elements inside, 0 for the others.
func Slice(x graph.Value, axis, start, stop int) graph.Value {
	c := graph.Begin(opSlice, x)
	axis = c.Axis(axis, 0)
	in := c.Dims(0)
	from, to := start, stop
	if from < 0 {
		from += in[axis]
	}
	if to < 0 {
		to += in[axis]
	}
	if from < 0 || to < from || to > in[axis] {
		panic(c.Errorf(graph.ErrIndex, "range %d:%d is outside axis %d of shape %s: it must satisfy 0 ≤ start ≤ stop ≤ %d", start, stop, axis, tensor.FormatShape(in), in[axis]))
	}
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], in...)
	shape[axis] = to - from
	c.Ints(axis, from)
	before, block := product(in[:axis]), product(in[axis+1:])
	if before == 1 { // the elements lie together
		return c.RecordView(from*block, shape...)
	}
	return c.Record(shape...)
}

// Pad returns x with zeros added along an axis: before of them in front, after of them behind. The zeros are numbers
// like others: times an infinity they are NaN. No zeros at all is a copy.
//
// Derivative: 1.
func Pad(x graph.Value, axis, before, after int) graph.Value {
	c := graph.Begin(opPad, x)
	axis = c.Axis(axis, 0)
	if before < 0 || after < 0 {
		panic(c.Errorf(graph.ErrShape, "%d zeros before and %d after: both must be 0 or more; use ops.Slice to cut", before, after))
	}
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], c.Dims(0)...)
	shape[axis] = addLengths(c, shape[axis], before, after)
	return c.Ints(axis, before).Record(shape...)
}

// addLengths adds the lengths of parts of an axis, which must not overflow.
func addLengths(c graph.Call, parts ...int) int {
	n := 0
	for _, p := range parts {
		if n += p; n < 0 {
			panic(c.Errorf(graph.ErrLimit, "an axis of more than %d elements: use smaller tensors", int(^uint(0)>>1)))
		}
	}
	return n
}

// windowStart returns where the elements from one on along an axis begin, and whether as many of them as there may be lie
// together.
func windowStart(dims []int, axis, from int) (start int, together bool) {
	return from * product(dims[axis+1:]), product(dims[:axis]) == 1
}
