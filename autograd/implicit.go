package autograd

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

var opImplicit graph.Op

func init() {
	opImplicit = graph.Register(graph.Row{
		Name: "fixed_point", Func: FixedPoint, Params: "f, x, ps", Doc: "the solution of an equation, with the derivatives that the equation gives it",
		Formula: "x = f(x, ps...)", Derivative: "(1 - ∂f/∂x)⁻¹·∂f/∂p",
		Forward:  func(n graph.Node) { n.Out().Copy(n.Aux().(*implicit).result) },
		Backward: implicitBackward,
		VJP:      implicitVJP,
		Source:   "implicit function theorem; Christianson (1994), Reverse accumulation and attractive fixed points",
	})
}

// An implicit is what a node remembers whose value x solves an equation, found in any way. The derivatives of x are
// those that the equation demands, by the implicit function theorem: the way to x need not be differentiated.
type implicit struct {
	op     string // the function, for messages
	what   string // what is being solved for, for messages
	advice string // for messages where it is not found
	name   string // the operation's name in pictures
	f      func(x graph.Value, ps ...graph.Value) graph.Value
	given  int            // operands that are passed to f; those behind them are values that f uses besides
	again  []bool         // by operand, as in checkpoint
	result *tensor.Tensor // what Forward copies
	// weights returns the cotangent of f's result for which the cotangents of its parameters are those of the operands,
	// for the cotangent ct of x.
	weights func(m *implicit, x, ct graph.Value, ps []graph.Value) graph.Value
	// tangents sets out to the tangents of x, as move does, where y is f's result, recorded from x on.
	tangents func(m *implicit, how *motion, x, y graph.Value, out *tensor.Tensor) bool
	config   SolveConfig
	together
	hooked
}

// OpName returns the name that pictures, explanations and messages know the operation by.
func (m *implicit) OpName() string { return m.name }

// solve finds x and records it as a function of ps, and of what f uses besides. Of the steps on the way nothing stays on
// the tape: each replaces the numbers at, for y, the value of f for x and ps, and returns how much they changed.
func (m *implicit) solve(c SolveConfig, x graph.Value, ps []graph.Value, step func(x, y graph.Value, at *tensor.Tensor) (change float64)) graph.Value {
	g := x.Graph()
	if g.Traced() {
		panic(graph.Errorf(m.op, graph.ErrUsage, "the number of steps depends on numbers, and a traced graph is recorded for all numbers: write the steps with autograd.Loop"))
	}
	c = c.complete(g.DType())
	m.config, m.given = c, len(ps)
	used, at := newCaptures(ps...), exact(x).Clone()
	if s := size(at); s-s != 0 {
		panic(graph.Errorf(m.op, graph.ErrValue, "%s begins at %s, which is not finite: begin at numbers near the solution", m.what, at.Summary(4, 6)))
	}
	for k := 1; ; k++ {
		var change float64
		g.Scratch(func() {
			g.Loudly(func() { // a step may differentiate
				first := g.Len() + 1
				x := leafOf(g, at)
				y := m.evaluate(x, ps)
				used.look(first, y)
				change = step(x, y, at)
			})
		})
		if m.settled(k, m.what, m.advice, at, change, c.Tolerance*(c.scale+size(at))) {
			used.bind(g)
			return m.record(g, at, used)
		}
	}
}

// settled reports whether step k of an iteration, which made the numbers at of what was there, changed them by no more than
// limit. It panics with a [*graph.Error] if there is no end to be expected, or no further step allowed.
func (m *implicit) settled(k int, what, advice string, at *tensor.Tensor, change, limit float64) bool {
	switch {
	case !(change <= math.MaxFloat64 && limit <= math.MaxFloat64):
		panic(graph.Errorf(m.op, graph.ErrValue, "step %d makes %s %s, which is not finite: %s", k, what, at.Summary(4, 6), advice))
	case change > limit && k >= m.config.Steps:
		panic(graph.Errorf(m.op, graph.ErrValue, "no solution after %d steps: the last one changed %s, now %s, by %.3g, want %.3g at most: %s, or allow more steps or a larger tolerance", k, what, at.Summary(4, 6), change, limit, advice))
	}
	return change <= limit
}

// record records the solution, a constant if f has no parameter and uses no value that wants a gradient.
func (m *implicit) record(g *graph.Graph, at *tensor.Tensor, used *captures) graph.Value {
	switch {
	case len(used.operands) > 0:
		m.again, m.hooked, m.result = used.again, hooked(used.hooks), at
		v := graph.Begin(opImplicit, used.operands...).Aux(m).Record(at.Dims()...)
		m.result = nil
		return v
	case len(at.Dims()) == 0:
		return g.Const(at.AtFlat(0))
	}
	return g.ConstTensor(at)
}

// evaluate records f(x, ps...).
func (m *implicit) evaluate(x graph.Value, ps []graph.Value) graph.Value {
	y := m.f(x, slices.Clone(ps)...)
	checkResult(m.op, x.Graph(), y)
	if !slices.Equal(y.Dims(), x.Dims()) {
		panic(graph.Errorf(m.op, graph.ErrShape, "f returned shape %s for an x of shape %s: both must have one shape", tensor.FormatShape(y.Dims()), tensor.FormatShape(x.Dims())))
	}
	return y
}

// cotangents records what each operand has coming for the cotangent ct of the solution x: the value of n, or a leaf
// with its numbers where no more than numbers are asked for. Then f may differentiate by its argument on its own.
func (m *implicit) cotangents(n graph.Node, x, ct graph.Value) []graph.Value {
	operands := n.Value().Inputs()
	ps := operands[:m.given]
	w := m.weights(m, x, ct, ps)
	floor := n.Graph().Len() + 1 // x is a variable of its own here, whose dependence on the operands w has
	return vjp(m.op, m.evaluate(x, ps), w, operands, floor)
}

// move finds the tangents that the equation demands, with f recorded once.
func (m *implicit) move(n graph.Node, how *motion, out *tensor.Tensor) bool {
	x := leafOf(n.Graph(), exact(n.Value()))
	y := m.evaluate(x, n.Value().Inputs()[:m.given])
	return m.tangents(m, how, x, y, out)
}

// implicitBackward computes what all operands have coming at once.
func implicitBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if fresh {
		dst.Zero()
	}
	m, g := n.Aux().(*implicit), n.Graph()
	if m.again[i] {
		return true
	}
	m.add(n, i, dst, func() []*tensor.Tensor {
		parts := make([]*tensor.Tensor, n.NumInputs())
		g.Scratch(func() {
			for k, v := range m.cotangents(n, leafOf(g, exact(n.Value())), g.Lend(ct)) {
				if n.Wants(k) && !m.again[k] {
					parts[k] = exact(v).Clone()
				}
			}
		})
		return parts
	})
	return true
}

// implicitVJP records what all operands have coming.
func implicitVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	m := n.Aux().(*implicit)
	if m.again[i] {
		return zeros(n.InputNode(i))
	}
	return m.value(n, i, ct, func() []graph.Value { return m.cotangents(n, n.Value(), ct) })
}

// size returns the largest of the numbers of t in size, NaN if one is NaN.
func size(t *tensor.Tensor) float64 {
	s := 0.0
	for i := range t.Len() {
		s = max(s, math.Abs(t.AtFlat(i)))
	}
	return s
}
