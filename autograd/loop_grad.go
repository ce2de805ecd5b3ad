package autograd

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A recorded sweep through a loop is itself to be differentiated, and what it records would be as long as all steps. It
// is recorded in parts, each a [Checkpoint]: the part's steps and the sweep through them. On the tape stand the state
// before each part, and what each part passes back; what lies within a part is recorded when a sweep comes to it, and then
// taken away.

// A recorded sweep is not cut into parts unless its steps are longer than these, by a rough count of the numbers that they
// record: parts take longer, as their steps are computed again.
var mostWhole = float64(1 << 20)

// whole reports whether all steps of a loop, which has the operands xs, are recorded as they are.
func (l *loop) whole(xs []graph.Value) bool {
	if l.hooked {
		return true // a hook need not be linear: what comes to it in several parts is not what comes at once
	}
	const perNode = 64 // besides the elements of its value
	size := 0
	for _, x := range xs {
		size = max(size, x.Len())
		if x.Node().DType() != xs[0].Node().DType() {
			return true // scalars and tensors of single precision: what a part passes back is one tensor
		}
	}
	return l.states.steps == 1 || float64(l.states.steps)*float64(l.longest)*float64(perNode+size) <= mostWhole
}

// loopVJP records the sweep through the steps, once for all operands.
func loopVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	l := n.Aux().(*loop)
	if l.again[i] {
		return zeros(n.InputNode(i))
	}
	return l.value(n, i, ct, func() []graph.Value {
		xs, floor := n.Value().Inputs(), n.Graph().Len()+1
		if l.whole(xs) {
			return vjp("autograd.Loop", l.evaluate(n, xs), ct, xs, floor)
		}
		return l.sweepParts(n, xs, ct)
	})
}

// sweepParts records the states before the parts, from the first on, and the sweeps through the parts, from the last on. It
// returns what each operand of the loop has coming for the cotangent ct of its result.
func (l *loop) sweepParts(n graph.Node, xs []graph.Value, ct graph.Value) []graph.Value {
	steps := l.states.steps
	parts := int(math.Ceil(math.Sqrt(float64(steps))))
	begin := func(part int) int { return part * steps / parts }
	states := make([]graph.Value, parts+1)
	states[0] = xs[0]
	for p := range parts - 1 {
		states[p+1] = Checkpoint(func(s ...graph.Value) graph.Value { return l.record(begin(p), begin(p+1), s[0]) }, states[p])
	}
	states[parts] = n.Value()

	back := passedBack{state: ct, of: make([]graph.Value, len(xs))}
	for k, x := range xs {
		back.wanted = append(back.wanted, x.WantsGrad() && !l.again[k])
	}
	for p := parts - 1; p >= 0 && back.state.Graph() != nil; p-- {
		back = l.sweepPart(begin(p), begin(p+1), states[p], states[p+1], xs, back)
	}
	for k, v := range back.of {
		if v.Graph() == nil {
			back.of[k] = zeros(xs[k].Node())
		}
	}
	return back.of
}

// A passedBack is what a recorded sweep has passed back so far: to the state that it has come to, and to each operand
// of the loop. What has got nothing has the zero value.
type passedBack struct {
	state  graph.Value
	of     []graph.Value
	wanted []bool // by operand
}

// sweepPart records, as a checkpoint, the sweep through the steps from first on and before end, on top of what the steps
// after these have passed back.
func (l *loop) sweepPart(first, end int, before, after graph.Value, xs []graph.Value, back passedBack) passedBack {
	given := []graph.Value{before, back.state}
	var to []graph.Value // those that want something: operands, and the state before but for the first one, which is an operand
	var place []int      // of these in given, 0 for those that have got nothing
	for k, x := range xs {
		if !back.wanted[k] {
			continue
		}
		to, place = append(to, x), append(place, 0)
		if v := back.of[k]; v.Graph() != nil {
			place[len(place)-1] = len(given)
			given = append(given, v)
		}
	}
	if first > 0 {
		to, place = append(to, before), append(place, 0)
	}
	var reached []bool
	flat := Checkpoint(func(args ...graph.Value) graph.Value {
		floor := args[0].Graph().Len() + 1
		y := l.record(first, end, args[0])
		checkAgain(after.Node(), exact(after), exact(y))
		onto := make([]graph.Value, len(to))
		for j, k := range place {
			if k > 0 {
				onto[j] = args[k]
			}
		}
		var v graph.Value
		v, reached = flattened(y.Graph(), vjpOnto(onto, "autograd.Loop", y, args[1], to, floor))
		return v
	}, given...)

	next := passedBack{of: make([]graph.Value, len(xs)), wanted: back.wanted}
	j, offset := 0, 0
	take := func() (v graph.Value) {
		if reached[j] {
			n := to[j].Len()
			v = ops.Reshape(ops.Slice(flat, 0, offset, offset+n), to[j].Dims()...)
			offset += n
		}
		j++
		return v
	}
	for k, wanted := range back.wanted {
		if wanted {
			next.of[k] = take()
		}
	}
	if first > 0 {
		next.state = take()
	}
	return next
}

// flattened returns the elements of the values that there are, one behind the other, and which of the values these are.
func flattened(g *graph.Graph, values []graph.Value) (flat graph.Value, there []bool) {
	there = make([]bool, len(values))
	var parts []graph.Value
	for k, v := range values {
		if there[k] = v.Graph() != nil; there[k] {
			parts = append(parts, ops.Reshape(v, v.Len()))
		}
	}
	if len(parts) == 0 {
		return g.Const(0), there
	}
	return ops.Concat(0, parts...), there
}
