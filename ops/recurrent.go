package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// A recurrent operation is a whole layer over time. Its operands and its result have the examples of a batch first, as
// the rest of a network has; its kernels work with time first, so that the numbers of one step lie together. What comes
// from the input is one product for all times, and so are the gradients of the weights; between them stand two products
// a step.

// A sequence is the size of a recurrent operation: so many rows, the examples, of so many times with so many inputs
// each, and units with so many states and gates each.
type sequence struct{ rows, time, in, units, states, gates int }

// mustSequence returns the size of the operation that c begins, which messages call op. Its operands are x, so many
// states, and the weights and biases of the input and of the state.
func mustSequence(op string, c graph.Call, states, gates int) sequence {
	x, h := c.Dims(0), c.Dims(1)
	k := 1 + states
	w, u, b, d := c.Dims(k), c.Dims(k+1), c.Dims(k+2), c.Dims(k+3)
	fit := len(x) == 3 && len(h) == 2 && len(w) == 2 && len(u) == 2 && len(b) == 1 && len(d) == 1
	if fit {
		n := h[1]
		fit = x[0] == h[0] && w[0] == x[2] && u[0] == n && w[1] == gates*n && u[1] == gates*n && b[0] == gates*n && d[0] == gates*n
		for i := 2; i < k; i++ {
			fit = fit && len(c.Dims(i)) == 2 && c.Dims(i)[0] == h[0] && c.Dims(i)[1] == n
		}
	}
	if !fit {
		state, want := tensor.FormatShape(h), "(rows,n)"
		if states == 2 {
			state, want = state+" and "+tensor.FormatShape(c.Dims(2)), "twice (rows,n)"
		}
		panic(graph.Errorf(op, graph.ErrShape, "x %s, state %s, weights %s and %s, biases %s and %s do not fit: for n units they must be (rows,time,in), %s, (in,%[8]dn), (n,%[8]dn) and twice (%[8]dn)",
			tensor.FormatShape(x), state, tensor.FormatShape(w), tensor.FormatShape(u), tensor.FormatShape(b), tensor.FormatShape(d), want, gates))
	}
	return sequence{x[0], x[1], x[2], h[1], states, gates}
}

// sequenceOf returns the size of a recurrent operation that was recorded.
func sequenceOf(n graph.Node, states, gates int) sequence {
	x := n.InputNode(0).Dims()
	return sequence{x[0], x[1], x[2], n.InputNode(1).Dims()[1], states, gates}
}

// steps returns the number of pairs of an example and a time.
func (s sequence) steps() int { return s.rows * s.time }

// state returns the number of elements of a state.
func (s sequence) state() int { return s.rows * s.units }

// ofStep returns the part for time t of what has so many numbers for each unit, time before rows.
func ofStep[T constraints.Float](s sequence, x []T, numbers, t int) []T {
	size := numbers * s.state()
	return x[t*size : (t+1)*size]
}

// blockRows is how many rows of one step or more are worth a product of their own. So much of what a step makes is
// still in the cache when the product reads it, or is to be there when the step does.
const blockRows = 256

// block returns how many times are one block.
func (s sequence) block() int { return max(1, blockRows/s.rows) }

// timeFirst calls f for every time and row, with where their n numbers stand if time comes before rows, and if rows do.
func (s sequence) timeFirst(n int, f func(byTime, byRow int)) {
	for t := range s.time {
		for r := range s.rows {
			f((t*s.rows+r)*n, (r*s.time+t)*n)
		}
	}
}

// byTime returns x with time before rows. What it returns is x itself where that is the same, or in the buffer.
func byTime[T constraints.Float](s sequence, buffer, x []T, n int) []T {
	if s.rows == 1 || s.time == 1 {
		return x
	}
	s.timeFirst(n, func(t, r int) { copy(buffer[t:t+n], x[r:r+n]) })
	return buffer
}

// giveByRow is give for a gradient that has time before rows, where dst has rows before time.
func giveByRow[T constraints.Float](s sequence, dst, gradient []T, n int, fresh bool) {
	s.timeFirst(n, func(t, r int) { give(dst[r:r+n], gradient[t:t+n], fresh) })
}

// columns returns the first columns of a matrix, and the ones behind, as they lie.
func columns[T constraints.Float](x []T, first int) (left, right []T) {
	return x, x[min(first, len(x)):]
}

// rowsOfStep returns what x, with rows before time, has at time t: rows that are a whole sequence apart.
func rowsOfStep[T constraints.Float](s sequence, x []T, t int) (from []T, stride int) {
	return x[t*s.units:], s.time * s.units
}

// give adds a gradient to dst, or sets dst to it.
func give[T constraints.Float](dst, gradient []T, fresh bool) {
	if fresh {
		copy(dst, gradient)
	} else {
		kernel.AddTo(dst, gradient)
	}
}

// gradients holds the gradients of a recurrent operation's operands, in one slice.
type gradients[T constraints.Float] struct {
	usable []T // one number, not 0 if they are those that the rule gives
	h, c   []T // of the first state, and of the first contents of cells
	sums   []T // of the biases, as four blocks
	w, u   []T // of the weights
	x      []T // of the input, time before rows
}

// gradients returns how many elements the gradients take.
func (s sequence) gradients() int {
	return 1 + s.states*s.state() + 4*s.units + s.gates*s.units*(s.in+s.units) + s.steps()*s.in
}

func gradientsOf[T constraints.Float](s sequence, all []T) (g gradients[T]) {
	cut := func(n int) (part []T) {
		part, all = all[:n], all[n:]
		return part
	}
	columns := s.gates * s.units
	g.usable, g.h, g.c = cut(1), cut(s.state()), cut((s.states-1)*s.state())
	g.sums, g.w, g.u = cut(4*s.units), cut(s.in*columns), cut(s.units*columns)
	g.x = all
	return g
}

// judge says whether the gradients are those that the rule gives. They are if all numbers that took part were finite.
// Else a zero of a cotangent may have met an infinity, and the rule has 0 for that. What is not finite in a sum or a
// state stays so in the sum of all and the last state.
func (g gradients[T]) judge(others ...[]T) {
	g.usable[0] = 0
	if areFinite(g.h, g.c, g.sums) && areFinite(others...) {
		g.usable[0] = 1
	}
}

// finite returns what judge has said.
func (g gradients[T]) finite() bool { return g.usable[0] != 0 }

// areFinite reports whether all numbers of some slices are finite.
func areFinite[T constraints.Float](slices ...[]T) bool {
	for _, x := range slices {
		if !kernel.AllFinite(x) {
			return false
		}
	}
	return true
}

// gate returns the block with the given number of those along the last axis.
func gate(v graph.Value, units, block int) graph.Value {
	return Slice(v, -1, block*units, (block+1)*units)
}

// statesBefore returns the state before each time: the first one, and all but the last of those that followed.
func (s sequence) statesBefore(h0, y graph.Value) graph.Value {
	first := Reshape(h0, s.rows, 1, s.units)
	if s.time == 1 {
		return first
	}
	return Concat(1, first, Slice(y, 1, 0, s.time-1))
}

// step returns what v has at time t, as (rows, ...).
func (s sequence) step(v graph.Value, t int) graph.Value {
	return Reshape(Slice(v, 1, t, t+1), s.rows, -1)
}

// rowsTimes returns aᵀ·ct for all rows and times: the cotangent of a matrix by which a was multiplied.
func (s sequence) rowsTimes(a, ct graph.Value) graph.Value {
	matrix := func(v graph.Value) graph.Value { return Reshape(v, s.steps(), v.Dims()[2]) }
	return matmul(Transpose(matrix(a)), matrix(ct), rightCotangent)
}

// sumsTangent returns what a tangent t of operand i, the input or weights or biases, adds to the sums of the gates at all
// times, where before has the states before each.
func (s sequence) sumsTangent(n graph.Node, before graph.Value, i int, t graph.Value) graph.Value {
	k := 1 + s.states // the weights and biases stand behind the states
	flat := func(v graph.Value) graph.Value { return Reshape(v, s.steps(), v.Dims()[2]) }
	var sums graph.Value
	switch i {
	case 0:
		sums = matmul(flat(t), n.Input(k), leftCotangent)
	case k:
		sums = matmul(flat(n.Input(0)), t, rightCotangent)
	case k + 1:
		sums = matmul(flat(before), t, rightCotangent)
	default:
		return Broadcast(t, s.rows, s.time, s.gates*s.units)
	}
	return Reshape(sums, s.rows, s.time, s.gates*s.units)
}
