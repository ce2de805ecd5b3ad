package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opLSTM graph.Op

func init() {
	register(&opLSTM, graph.Row{
		Name: "lstm", Func: lstm, Params: "x, h0, c0, w_ih, w_hh, b_ih, b_hh",
		Doc:        "outputs of a long short-term memory at all times of a sequence, a row for each example and time, above the contents of its cells in the end",
		Formula:    "c' = f·c + i·g, h' = o·tanh(c')",
		Derivative: "back through time",
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), lstmForward[float64], lstmForward[float32])(n)
		},
		Common: func(n graph.Node, ct *tensor.Tensor) {
			array.Instance(n.DType(), lstmCommon[float64], lstmCommon[float32])(n, ct)
		},
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			return array.Instance(n.DType(), lstmBackward[float64], lstmBackward[float32])(n, i, ct, dst, fresh)
		},
		VJP:     lstmVJP,
		Tangent: lstmTangent,
		Try: []string{
			"(2,3,2) (2,2) (2,2) (2,8) (2,8) (8) (8)", "(1,2,1) (1,1) (1,1) (1,4) (1,4) (4) (4)", "(2,1,3) (2,1) (2,1) (3,4) (1,4) (4) (4)",
			"(0,2,1) (0,2) (0,2) (1,8) (2,8) (8) (8)", "(2,0,1) (2,1) (2,1) (1,4) (1,4) (4) (4)", "(1,2,0) (1,1) (1,1) (0,4) (1,4) (4) (4)",
		},
		Source: "Hochreiter and Schmidhuber (1997), Long short-term memory; Gers, Schmidhuber and Cummins (2000), Learning to forget; PyTorch's LSTM; Werbos (1990), Backpropagation through time",
	})
}

// LSTM returns the outputs of a long short-term memory at all times of a sequence, and the contents of its cells in the
// end. For x of shape (rows,time,in) and n units, the first output h0 and the first contents c0 have shape (rows,n),
// the weights wIH (in,4n) and wHH (n,4n), the biases bIH and bHH (4n), and the results (rows,time,n) and (rows,n). From
// one time to the next, with the input x, the output h and the contents c before,
//
//	i = σ(x·wᵢ + bᵢ + h·uᵢ + dᵢ)             input gate
//	f = σ(x·w_f + b_f + h·u_f + d_f)          forget gate
//	g = tanh(x·w_g + b_g + h·u_g + d_g)       candidate
//	o = σ(x·wₒ + bₒ + h·uₒ + dₒ)             output gate
//	c' = f·c + i·g
//	h' = o·tanh(c')
//
// where w, u, b, d are wIH, wHH, bIH, bHH. Their columns are those of i, f, g and o, in this order: the weights are the
// transposes of PyTorch's.
//
// Derivative: that of the formulas, by backpropagation through time.
//
// It panics with a [*graph.Error] if the shapes do not fit.
func LSTM(x, h0, c0, wIH, wHH, bIH, bHH graph.Value) (y, c graph.Value) {
	x.Check("ops.LSTM")
	for _, v := range []graph.Value{h0, c0, wIH, wHH, bIH, bHH} {
		v.CheckIn("ops.LSTM", x.Graph())
	}
	all := lstm(x, h0, c0, wIH, wHH, bIH, bHH)
	s := sequenceOf(all.Node(), 2, 4)
	return cutLSTM(s, all)
}

// lstm records the row of LSTM: shape (rows·time+rows,n).
func lstm(x, h0, c0, wIH, wHH, bIH, bHH graph.Value) graph.Value {
	c := graph.Begin(opLSTM, x, h0, c0, wIH, wHH, bIH, bHH)
	s := mustSequence("ops.LSTM", c, 2, 4)
	return c.Record(addLengths(c, s.rows*s.time, s.rows), s.units)
}

// cutLSTM returns the outputs at all times and the contents in the end.
func cutLSTM(s sequence, v graph.Value) (y, c graph.Value) {
	return Reshape(Slice(v, 0, 0, s.steps()), s.rows, s.time, s.units), Slice(v, 0, s.steps(), s.steps()+s.rows)
}

// lstmSaved returns the parts of what an LSTM saves: the activations [i f g o] of all times, the outputs and the
// contents, the first ones too.
func lstmSaved[T constraints.Float](s sequence, saved []T) (acts, outputs, cells []T) {
	n, states := 4*s.steps()*s.units, (s.time+1)*s.state()
	return saved[:n], saved[n : n+states], saved[n+states:]
}

// lstmForward computes outputs and contents.
func lstmForward[T constraints.Float](node graph.Node) {
	s := sequenceOf(node, 2, 4)
	y := tensor.Data[T](node.Out())
	if len(y) == 0 {
		return
	}
	n := s.units
	acts, outputs, cells := lstmSaved(s, tensor.Data[T](node.Save(0, 4*s.steps()*n+2*(s.time+1)*s.state())))
	w, u := tensor.Data[T](node.In(3)), tensor.Data[T](node.In(4))

	inputs, biases := node.Buffer(s.steps()*s.in), node.Buffer(4*n)
	x := byTime(s, tensor.Data[T](inputs), tensor.Data[T](node.In(0)), s.in)
	bias := tensor.Data[T](biases)
	kernel.Add(bias, tensor.Data[T](node.In(5)), tensor.Data[T](node.In(6)))
	copy(outputs, tensor.Data[T](node.In(1)))
	copy(cells, tensor.Data[T](node.In(2)))
	for from := 0; from < s.time; from += s.block() {
		to := min(from+s.block(), s.time)
		kernel.Gemm(false, false, (to-from)*s.rows, 4*n, s.in, x[from*s.rows*s.in:], s.in, w, 4*n, acts[4*from*s.state():], 4*n, false)
		for t := from; t < to; t++ {
			now, h := ofStep(s, acts, 4, t), ofStep(s, outputs, 1, t)
			kernel.Gemm(false, false, s.rows, 4*n, n, h, n, u, 4*n, now, 4*n, true)
			out, stride := rowsOfStep(s, y, t)
			kernel.LSTM(ofStep(s, outputs, 1, t+1), ofStep(s, cells, 1, t+1), out, stride, now, ofStep(s, cells, 1, t), bias, n)
		}
	}
	copy(y[s.steps()*n:], ofStep(s, cells, 1, s.time))
	node.FreeTemp(inputs)
	node.FreeTemp(biases)
}

// lstmCommon goes back through all times, and saves the gradients of all operands that want one.
func lstmCommon[T constraints.Float](node graph.Node, cotangent *tensor.Tensor) {
	s := sequenceOf(node, 2, 4)
	ct := tensor.Data[T](cotangent)
	if len(ct) == 0 || s.time == 0 {
		return
	}
	n := s.units
	acts, outputs, cells := lstmSaved(s, tensor.Data[T](node.Saved(0)))
	w, u := tensor.Data[T](node.In(3)), tensor.Data[T](node.In(4))
	g := gradientsOf(s, tensor.Data[T](node.Save(1, s.gradients())))

	// The transpose of u serves all times.
	inputs, transpose, sums := node.Buffer(s.steps()*s.in), node.Buffer(len(u)), node.Buffer(4*s.block()*s.state())
	x := byTime(s, tensor.Data[T](inputs), tensor.Data[T](node.In(0)), s.in)
	ut, d := tensor.Data[T](transpose), tensor.Data[T](sums)
	kernel.Transpose(ut, n, u, 4*n, n, 4*n)
	clear(g.h)
	copy(g.c, ct[s.steps()*n:])
	clear(g.sums)
	for to := s.time; to > 0; to -= s.block() {
		from := max(to-s.block(), 0)
		for t := to - 1; t >= from; t-- {
			dt := ofStep(s, d, 4, t-from)
			out, stride := rowsOfStep(s, ct, t)
			kernel.LSTMBackward(dt, g.c, out, stride, g.h, ofStep(s, cells, 1, t+1), ofStep(s, acts, 4, t), ofStep(s, cells, 1, t), n)
			if t > 0 || node.Wants(1) {
				kernel.Gemm(false, false, s.rows, n, 4*n, dt, 4*n, ut, n, g.h, n, false)
			}
		}
		rows, more := (to-from)*s.rows, to < s.time
		kernel.AddColumnSums(g.sums, d[:4*rows*n])
		if node.Wants(0) {
			kernel.Gemm(false, true, rows, s.in, 4*n, d, 4*n, w, 4*n, g.x[from*s.rows*s.in:], s.in, false)
		}
		if node.Wants(3) {
			kernel.Gemm(true, false, s.in, 4*n, rows, x[from*s.rows*s.in:], s.in, d, 4*n, g.w, 4*n, more)
		}
		if node.Wants(4) {
			kernel.Gemm(true, false, n, 4*n, rows, outputs[from*s.state():], n, d, 4*n, g.u, 4*n, more)
		}
	}
	node.FreeTemp(inputs)
	node.FreeTemp(transpose)
	node.FreeTemp(sums)
	g.judge(w, u, tensor.Data[T](node.In(0)), ofStep(s, outputs, 1, 0), ofStep(s, outputs, 1, s.time), ofStep(s, cells, 1, 0), ofStep(s, cells, 1, s.time))
}

// lstmBackward adds to dst what lstmCommon has found for operand i.
func lstmBackward[T constraints.Float](node graph.Node, i int, ct, gradient *tensor.Tensor, fresh bool) bool {
	s := sequenceOf(node, 2, 4)
	dst := tensor.Data[T](gradient)
	if node.Out().Len() == 0 || s.time == 0 {
		if fresh {
			clear(dst)
		}
		if i == 2 {
			kernel.AddTo(dst, tensor.Data[T](ct)) // the contents in the end are those at the beginning
		}
		return true
	}
	g := gradientsOf(s, tensor.Data[T](node.Saved(1)))
	if !g.finite() {
		return false
	}
	if i == 0 {
		giveByRow(s, dst, g.x, s.in, fresh)
	} else {
		give(dst, [][]T{1: g.h, g.c, g.w, g.u, g.sums, g.sums}[i], fresh)
	}
	return true
}

// lstmSlopes are the derivatives at all times: of c' by the sums of the first three gates and by c, and of h' by the sum of
// the output gate and by c'.
type lstmSlopes struct {
	before                      graph.Value // the output before each time
	cBySums, cByC, hByOut, hByC graph.Value
}

func lstmSlopesOf(s sequence, n graph.Node) lstmSlopes {
	y, _ := cutLSTM(s, n.Value())
	before := s.statesBefore(n.Input(1), y)
	sums := Add(Linear(n.Input(0), n.Input(3), n.Input(5)), Linear(before, n.Input(4), n.Input(6)))
	in, forget := Sigmoid(gate(sums, s.units, 0)), Sigmoid(gate(sums, s.units, 1))
	candidate, out := Tanh(gate(sums, s.units, 2)), Sigmoid(gate(sums, s.units, 3))
	added := Mul(in, candidate)
	c := n.Input(2)
	var contents, after []graph.Value // before and after each time
	for t := range s.time {
		contents = append(contents, Reshape(c, s.rows, 1, s.units))
		c = Add(Mul(s.step(forget, t), c), s.step(added, t))
		after = append(after, Reshape(c, s.rows, 1, s.units))
	}
	content := Tanh(Concat(1, after...))
	return lstmSlopes{
		before: before,
		cBySums: Concat(-1,
			Mul(candidate, Mul(in, oneMinus(in))),
			Mul(Concat(1, contents...), Mul(forget, oneMinus(forget))),
			Mul(in, oneMinus(Square(candidate)))),
		cByC:   forget,
		hByOut: Mul(content, Mul(out, oneMinus(out))),
		hByC:   Mul(out, oneMinus(Square(content))),
	}
}

// lstmVJP is the rule of LSTM: what the outputs say of the gates at all times at once, the contents from the first time
// to the last, and then the recurrence of the cotangents from the last time to the first.
func lstmVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	s := sequenceOf(n, 2, 4)
	switch {
	case n.Out().Len() > 0 && s.time > 0:
	case i == 2 && s.time == 0:
		return ct
	default:
		return Broadcast(ct.Graph().Const(0), n.InputNode(i).Dims()...)
	}
	x, w, u := n.Input(0), n.Input(3), n.Input(4)
	m := lstmSlopesOf(s, n)
	ut := Transpose(u)
	ctY, dc := cutLSTM(s, ct)
	parts := make([]graph.Value, s.time)
	var carry graph.Value
	for t := s.time - 1; t >= 0; t-- {
		dh := s.step(ctY, t)
		if t < s.time-1 {
			dh = Add(dh, carry)
		}
		dc = Add(dc, Chain(dh, s.step(m.hByC, t)))
		d := Concat(-1, Chain(Concat(-1, dc, dc, dc), s.step(m.cBySums, t)), Chain(dh, s.step(m.hByOut, t)))
		parts[t] = Reshape(d, s.rows, 1, 4*s.units)
		carry = matmul(d, ut, leftCotangent)
		dc = Chain(dc, s.step(m.cByC, t))
	}
	switch i {
	case 1:
		return carry
	case 2:
		return dc
	}
	d := Concat(1, parts...)
	switch i {
	case 0:
		return matmul(d, Transpose(w), leftCotangent)
	case 3:
		return s.rowsTimes(x, d)
	case 4:
		return s.rowsTimes(m.before, d)
	}
	return d
}

// lstmTangent is the rule the other way: what the operand's tangent adds to the sums of the gates at all times at once,
// and then the recurrence of the tangents of outputs and contents from the first time to the last.
func lstmTangent(n graph.Node, i int, t graph.Value) graph.Value {
	s := sequenceOf(n, 2, 4)
	switch {
	case n.Out().Len() > 0 && s.time > 0:
	case i == 2 && s.time == 0:
		return t
	default:
		return zeroTangent(n)
	}
	m := lstmSlopesOf(s, n)
	zeros := Broadcast(n.Graph().Const(0), s.rows, s.units)
	h, c := zeros, zeros
	switch i {
	case 1:
		h = t
	case 2:
		c = t
	}
	var driven graph.Value
	if i != 1 && i != 2 {
		driven = s.sumsTangent(n, m.before, i, t)
	}
	outputs := make([]graph.Value, s.time)
	for k := range s.time {
		sums := matmul(h, n.Input(4), leftCotangent)
		if driven.Graph() != nil {
			sums = Add(sums, s.step(driven, k))
		}
		byGate := Chain(Slice(sums, -1, 0, 3*s.units), s.step(m.cBySums, k))
		c = Chain(c, s.step(m.cByC, k))
		for j := range 3 {
			c = Add(c, gate(byGate, s.units, j))
		}
		h = Add(Chain(gate(sums, s.units, 3), s.step(m.hByOut, k)), Chain(c, s.step(m.hByC, k)))
		outputs[k] = Reshape(h, s.rows, 1, s.units)
	}
	return Concat(0, Reshape(Concat(1, outputs...), s.steps(), s.units), c)
}
