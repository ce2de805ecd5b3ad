package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opGRU graph.Op

func init() {
	register(&opGRU, graph.Row{
		Name: "gru", Func: GRU, Params: "x, h0, w_ih, w_hh, b_ih, b_hh",
		Doc:        "states of a gated recurrent unit at all times of a sequence",
		Formula:    "h' = (1-z)·n + z·h",
		Derivative: "back through time",
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), gru[float64], gru[float32])(n)
		},
		Common: func(n graph.Node, ct *tensor.Tensor) {
			array.Instance(n.DType(), gruCommon[float64], gruCommon[float32])(n, ct)
		},
		Backward: func(n graph.Node, i int, _, dst *tensor.Tensor, fresh bool) bool {
			return array.Instance(n.DType(), gruBackward[float64], gruBackward[float32])(n, i, dst, fresh)
		},
		VJP:     gruVJP,
		Tangent: gruTangent,
		Try:     []string{"(2,3,2) (2,2) (2,6) (2,6) (6) (6)", "(1,2,1) (1,1) (1,3) (1,3) (3) (3)", "(2,1,3) (2,1) (3,3) (1,3) (3) (3)", "(0,2,1) (0,2) (1,6) (2,6) (6) (6)", "(2,0,1) (2,1) (1,3) (1,3) (3) (3)", "(1,2,0) (1,1) (0,3) (1,3) (3) (3)"},
		Source:  "Cho et al. (2014), Learning phrase representations using RNN encoder-decoder; PyTorch's GRU; Werbos (1990), Backpropagation through time",
	})
}

// GRU returns the states of a gated recurrent unit at all times of a sequence. For x of shape (rows,time,in) and n
// units, the first state h0 has shape (rows,n), the weights wIH (in,3n) and wHH (n,3n), the biases bIH and bHH (3n),
// and the result (rows,time,n). From one time to the next, with the input x and the state h before,
//
//	r = σ(x·wᵣ + bᵣ + h·uᵣ + cᵣ)             reset gate
//	z = σ(x·w_z + b_z + h·u_z + c_z)          update gate
//	n = tanh(x·wₙ + bₙ + r·(h·uₙ + cₙ))      candidate
//	h' = (1-z)·n + z·h
//
// where w, u, b, c are wIH, wHH, bIH, bHH. Their columns are those of r, then those of z, then those of n: the weights
// are the transposes of PyTorch's. As there, and other than in the paper, the reset gate is applied after the product
// with h.
//
// Derivative: that of the formulas, by backpropagation through time.
//
// It panics with a [*graph.Error] if the shapes do not fit.
func GRU(x, h0, wIH, wHH, bIH, bHH graph.Value) graph.Value {
	c := graph.Begin(opGRU, x, h0, wIH, wHH, bIH, bHH)
	s := mustSequence("ops.GRU", c, 1, 3)
	return c.Record(s.rows, s.time, s.units)
}

// gru computes the states. It saves the activations of all times, [r z s n] with s the state's part of the candidate,
// and behind them the states, the first one too.
func gru[T constraints.Float](node graph.Node) {
	s := sequenceOf(node, 1, 3)
	y := tensor.Data[T](node.Out())
	if len(y) == 0 {
		return
	}
	n := s.units
	saved := tensor.Data[T](node.Save(0, 4*s.steps()*n+(s.time+1)*s.state()))
	acts, states := saved[:4*s.steps()*n], saved[4*s.steps()*n:]
	wR, wN := columns(tensor.Data[T](node.In(2)), 2*n)
	uR, uN := columns(tensor.Data[T](node.In(3)), 2*n)

	inputs, biases := node.Buffer(s.steps()*s.in), node.Buffer(4*n)
	x := byTime(s, tensor.Data[T](inputs), tensor.Data[T](node.In(0)), s.in)
	b, c, bias := tensor.Data[T](node.In(4)), tensor.Data[T](node.In(5)), tensor.Data[T](biases)
	kernel.Add(bias[:2*n], b[:2*n], c[:2*n])
	copy(bias[2*n:], c[2*n:])
	copy(bias[3*n:], b[2*n:])
	copy(states, tensor.Data[T](node.In(1)))
	for from := 0; from < s.time; from += s.block() {
		to := min(from+s.block(), s.time)
		rows, inputs, block := (to-from)*s.rows, x[from*s.rows*s.in:], acts[4*from*s.state():]
		kernel.Gemm(false, false, rows, 2*n, s.in, inputs, s.in, wR, 3*n, block, 4*n, false)
		kernel.Gemm(false, false, rows, n, s.in, inputs, s.in, wN, 3*n, block[3*n:], 4*n, false)
		for t := from; t < to; t++ {
			now, h, next := ofStep(s, acts, 4, t), ofStep(s, states, 1, t), ofStep(s, states, 1, t+1)
			kernel.Gemm(false, false, s.rows, 2*n, n, h, n, uR, 3*n, now, 4*n, true)
			kernel.Gemm(false, false, s.rows, n, n, h, n, uN, 3*n, now[2*n:], 4*n, false)
			out, stride := rowsOfStep(s, y, t)
			kernel.GRU(next, out, stride, now, h, bias, n)
		}
	}
	node.FreeTemp(inputs)
	node.FreeTemp(biases)
}

// gruCommon goes back through all times, and saves the gradients of all operands that want one.
func gruCommon[T constraints.Float](node graph.Node, cotangent *tensor.Tensor) {
	s := sequenceOf(node, 1, 3)
	ct := tensor.Data[T](cotangent)
	if len(ct) == 0 {
		return
	}
	n := s.units
	saved := tensor.Data[T](node.Saved(0))
	acts, states := saved[:4*s.steps()*n], saved[4*s.steps()*n:]
	w, u := tensor.Data[T](node.In(2)), tensor.Data[T](node.In(3))
	wR, wN := columns(w, 2*n)
	g := gradientsOf(s, tensor.Data[T](node.Save(1, s.gradients())))
	dwR, dwN := columns(g.w, 2*n)

	// The transpose of u serves all times.
	inputs, transpose, sums := node.Buffer(s.steps()*s.in), node.Buffer(len(u)), node.Buffer(4*s.block()*s.state())
	x := byTime(s, tensor.Data[T](inputs), tensor.Data[T](node.In(0)), s.in)
	ut, d := tensor.Data[T](transpose), tensor.Data[T](sums)
	kernel.Transpose(ut, n, u, 3*n, n, 3*n)
	clear(g.h)
	clear(g.sums)
	for to := s.time; to > 0; to -= s.block() {
		from := max(to-s.block(), 0)
		for t := to - 1; t >= from; t-- {
			dt := ofStep(s, d, 4, t-from)
			out, stride := rowsOfStep(s, ct, t)
			kernel.GRUBackward(dt, g.h, out, stride, ofStep(s, acts, 4, t), ofStep(s, states, 1, t), n)
			if t > 0 || node.Wants(1) {
				kernel.Gemm(false, false, s.rows, n, 3*n, dt, 4*n, ut, n, g.h, n, true)
			}
		}
		rows, inputs, more := (to-from)*s.rows, x[from*s.rows*s.in:], to < s.time
		kernel.AddColumnSums(g.sums, d[:4*rows*n])
		if node.Wants(0) {
			dx := g.x[from*s.rows*s.in:]
			kernel.Gemm(false, true, rows, s.in, 2*n, d, 4*n, wR, 3*n, dx, s.in, false)
			kernel.Gemm(false, true, rows, s.in, n, d[3*n:], 4*n, wN, 3*n, dx, s.in, true)
		}
		if node.Wants(2) {
			kernel.Gemm(true, false, s.in, 2*n, rows, inputs, s.in, d, 4*n, dwR, 3*n, more)
			kernel.Gemm(true, false, s.in, n, rows, inputs, s.in, d[3*n:], 4*n, dwN, 3*n, more)
		}
		if node.Wants(3) {
			kernel.Gemm(true, false, n, 3*n, rows, states[from*s.state():], n, d, 4*n, g.u, 3*n, more)
		}
	}
	node.FreeTemp(inputs)
	node.FreeTemp(transpose)
	node.FreeTemp(sums)
	g.judge(w, u, tensor.Data[T](node.In(0)), ofStep(s, states, 1, 0), ofStep(s, states, 1, s.time))
}

// gruBackward adds to dst what gruCommon has found for operand i.
func gruBackward[T constraints.Float](node graph.Node, i int, gradient *tensor.Tensor, fresh bool) bool {
	s := sequenceOf(node, 1, 3)
	dst := tensor.Data[T](gradient)
	if node.Out().Len() == 0 {
		if fresh {
			clear(dst)
		}
		return true
	}
	g := gradientsOf(s, tensor.Data[T](node.Saved(1)))
	if !g.finite() {
		return false
	}
	n := s.units
	switch i {
	case 0:
		giveByRow(s, dst, g.x, s.in, fresh)
	case 1:
		give(dst, g.h, fresh)
	case 2:
		give(dst, g.w, fresh)
	case 3:
		give(dst, g.u, fresh)
	case 4:
		give(dst[:2*n], g.sums[:2*n], fresh)
		give(dst[2*n:], g.sums[3*n:], fresh)
	case 5:
		give(dst, g.sums[:3*n], fresh)
	}
	return true
}

// gruSlopes are the derivatives of h' at all times by the sums of the gates, and by h where those stay.
type gruSlopes struct {
	before                    graph.Value // the state before each time
	byR, byZ, byN, byOwn, byH graph.Value // own is the state's part of the candidate
}

// byState joins those by the sums of the gates that come from the state, in the order of the weights' columns.
func (m gruSlopes) byState() graph.Value { return Concat(-1, m.byR, m.byZ, m.byOwn) }

// by joins those by the sums of the gates in which operand i, weights or biases or the input, has a part.
func (m gruSlopes) by(i int) graph.Value {
	if i == 3 || i == 5 {
		return m.byState()
	}
	return Concat(-1, m.byR, m.byZ, m.byN)
}

func gruSlopesOf(s sequence, n graph.Node) gruSlopes {
	before := s.statesBefore(n.Input(1), n.Value())
	gx, gh := Linear(n.Input(0), n.Input(2), n.Input(4)), Linear(before, n.Input(3), n.Input(5))
	r := Sigmoid(Add(gate(gx, s.units, 0), gate(gh, s.units, 0)))
	z := Sigmoid(Add(gate(gx, s.units, 1), gate(gh, s.units, 1)))
	own := gate(gh, s.units, 2)
	candidate := Tanh(Add(gate(gx, s.units, 2), Mul(r, own)))
	byN := Mul(oneMinus(z), oneMinus(Square(candidate)))
	return gruSlopes{
		before: before,
		byZ:    Mul(Sub(before, candidate), Mul(z, oneMinus(z))),
		byR:    Mul(Mul(byN, own), Mul(r, oneMinus(r))),
		byN:    byN,
		byOwn:  Mul(byN, r),
		byH:    z,
	}
}

// gruVJP is the rule of GRU: what the states say of the gates at all times at once, and then the recurrence of the
// cotangents from the last time to the first.
func gruVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	s := sequenceOf(n, 1, 3)
	if n.Out().Len() == 0 {
		return Broadcast(ct.Graph().Const(0), n.InputNode(i).Dims()...)
	}
	x, w, u := n.Input(0), n.Input(2), n.Input(3)
	m := gruSlopesOf(s, n)
	ut, byState := Transpose(u), m.byState()
	states := make([]graph.Value, s.time) // cotangents of the states, complete
	var carry graph.Value
	for t := s.time - 1; t >= 0; t-- {
		d := s.step(ct, t)
		if t < s.time-1 {
			d = Add(d, carry)
		}
		states[t] = Reshape(d, s.rows, 1, s.units)
		carry = Add(Chain(d, s.step(m.byH, t)), matmul(Chain(Concat(-1, d, d, d), s.step(byState, t)), ut, leftCotangent))
	}
	if i == 1 {
		return carry
	}
	d := Concat(1, states...)
	sums := Chain(Concat(-1, d, d, d), m.by(i))
	switch i {
	case 0:
		return matmul(sums, Transpose(w), leftCotangent)
	case 2:
		return s.rowsTimes(x, sums)
	case 3:
		return s.rowsTimes(m.before, sums)
	}
	return sums
}

// gruTangent is the rule the other way: what the operand's tangent adds to the sums of the gates at all times at once,
// and then the recurrence of the states' tangents from the first time to the last.
func gruTangent(n graph.Node, i int, t graph.Value) graph.Value {
	s := sequenceOf(n, 1, 3)
	if n.Out().Len() == 0 {
		return zeroTangent(n)
	}
	m := gruSlopesOf(s, n)
	overGates := func(v graph.Value) graph.Value {
		return Add(Add(gate(v, s.units, 0), gate(v, s.units, 1)), gate(v, s.units, 2))
	}
	h := t
	var driven graph.Value
	if i != 1 {
		h = Broadcast(n.Graph().Const(0), s.rows, s.units)
		driven = overGates(Chain(s.sumsTangent(n, m.before, i, t), m.by(i)))
	}
	byState := m.byState()
	states := make([]graph.Value, s.time)
	for k := range s.time {
		sums := matmul(h, n.Input(3), leftCotangent)
		h = Add(Chain(h, s.step(m.byH, k)), overGates(Chain(sums, s.step(byState, k))))
		if i != 1 {
			h = Add(h, s.step(driven, k))
		}
		states[k] = Reshape(h, s.rows, 1, s.units)
	}
	return Concat(1, states...)
}
