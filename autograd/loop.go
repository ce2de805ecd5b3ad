package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

var opLoop graph.Op

// A loop is what the node of a loop remembers: how to compute its steps again.
type loop struct {
	f       func(i int, s graph.Value) graph.Value
	again   []bool         // by operand, as in checkpoint; the first operand is the state before the first step
	result  *tensor.Tensor // what Forward copies
	states  revolver
	longest int // nodes that a step records at most
	together
	hooked
}

func init() {
	opLoop = graph.Register(graph.Row{
		Name: "loop", Func: Loop, Params: "n, f, s, options", Doc: "a state after n steps, which are computed again for the backward sweep",
		Formula: "f(n-1, ... f(1, f(0, s)))", Derivative: "∂f/∂s",
		Forward:  func(n graph.Node) { n.Out().Copy(n.Aux().(*loop).result) },
		Backward: loopBackward,
		VJP:      loopVJP,
		Source:   "Griewank and Walther (2000), Algorithm 799: revolve",
	})
}

// mostSteps bounds the steps of a loop: more take hours, whatever they do.
const mostSteps = 1<<31 - 1

// A LoopOption is a setting of [Loop].
type LoopOption func(loopSettings) loopSettings

type loopSettings struct{ snapshots int }

// Snapshots says how many states [Loop] may keep for the way back, besides the first one and the result: one or more. It
// panics with a [*graph.Error] if there are fewer.
//
// With k of them and n steps, no step is computed more than r times between the forward pass and its turn in the
// backward sweep, where r is the least number for which n ≤ (k+1+r)!/((k+1)!·r!), and then once more, recorded: the least
// that is possible. 10 snapshots are enough for 12 steps with r = 1, for 364 with r = 3, for 12376 with r = 6.
func Snapshots(k int) LoopOption {
	if k < 1 {
		panic(graph.Errorf("autograd.Snapshots", graph.ErrValue, "got %d: keep one state or more", k))
	}
	return func(s loopSettings) loopSettings {
		s.snapshots = k
		return s
	}
}

// Loop returns the state after n steps, f(n-1, … f(1, f(0, s))), and keeps neither what the steps record nor all of
// the states: the steps of a long integration are computed again for the backward sweep, from the nearest state that was
// kept. Memory is that of a few states and of one step. Without [Snapshots] it keeps so many, about √(2n), that no step
// is computed more than twice again before it is recorded: a gradient then takes the time of four passes forward and a
// backward sweep.
//
// All states have the shape of s. f must return the same value for the same arguments. Random numbers are drawn from a
// counter, as those of [github.com/seed366ff29f/chainrule/ops.RandomUniform] for step i are; a sweep that finds another
// value than before panics with a [*graph.Error]. f may use other values of the graph and bind tensors; the gradient
// reaches those too. It must not keep values that it makes.
//
// A forward sweep takes the steps once more, and the tangents along with the state, in the memory of one step.
//
// [Backward] gives what it gives for the steps recorded one by one, to the bit if nothing that is recorded behind the
// loop uses what the steps use besides s, and [Forward] does in any case. [Grad] records the sweep, so that its result can
// be differentiated again: of a short loop, and of one with hooks such as [OnGradient], all steps with the sweep through
// them; of a long one about √n parts as by [Checkpoint], in the memory of 2√n states and of √n steps with the sweep through
// them. On a graph made with [graph.Traced], whose tape is to be a program, the steps are recorded like anything else.
//
// It panics with a [*graph.Error] if n is negative or above 2³¹ - 1, f is nil or returns a state of another shape, or
// the states to keep take too much memory.
func Loop(n int, f func(i int, s graph.Value) graph.Value, s graph.Value, options ...LoopOption) graph.Value {
	const op = "autograd.Loop"
	switch {
	case f == nil:
		panic(noFunction(op))
	case n < 0:
		panic(graph.Errorf(op, graph.ErrValue, "%d steps: give their number, 0 or more", n))
	case n > mostSteps:
		panic(graph.Errorf(op, graph.ErrLimit, "%d steps are more than the %d that there may be: take longer ones", n, mostSteps))
	}
	var set loopSettings
	for i, o := range options {
		if o == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "option %d is nil: leave it out", i+1))
		}
		set = o(set)
	}
	s.Check(op)
	g := s.Graph()
	l := &loop{f: f}
	if n == 0 || g.Traced() {
		return l.record(0, n, s)
	}
	if l.states = (revolver{steps: n, most: min(set.snapshots, n)}); set.snapshots == 0 {
		l.states.most = roomFor(n, 2)
	}
	if room := mostNumbers() / max(s.Len(), 1); l.states.most > room {
		panic(graph.Errorf(op, graph.ErrLimit, "%d states of shape %s, to be kept for the way back, take %.3g bytes: keep %d at most with autograd.Snapshots, and more steps are computed again",
			l.states.most, tensor.FormatShape(s.Dims()), 8*float64(l.states.most)*float64(s.Len()), room))
	}
	used := newCaptures(s)
	state := exact(s).Clone()
	for i := range n {
		if l.states.keeps(i) {
			l.states.keep(i, state)
		}
		g.Scratch(func() {
			first := g.Len() + 1
			y := l.step(i, l.stateAt(i, s, state))
			used.look(first, y)
			l.longest = max(l.longest, g.Len()+1-first)
			state.Copy(exact(y))
		})
	}
	used.bind(g)
	l.again, l.hooked, l.result = used.again, hooked(used.hooks), state
	v := graph.Begin(opLoop, used.operands...).Aux(l).Record(state.Dims()...)
	l.result = nil
	return v
}

// record records the steps from first on and before end, from the state s on.
func (l *loop) record(first, end int, s graph.Value) graph.Value {
	for i := first; i < end; i++ {
		s = l.step(i, s)
	}
	return s
}

// evaluate records all steps and panics if they do not lead where they did the first time.
func (l *loop) evaluate(n graph.Node, xs []graph.Value) graph.Value {
	y := l.record(0, l.states.steps, xs[0])
	checkAgain(n, exact(n.Value()), exact(y))
	return y
}

// step records step i from the state s on.
func (l *loop) step(i int, s graph.Value) graph.Value {
	const op = "autograd.Loop"
	y := l.f(i, s)
	checkResult(op, s.Graph(), y)
	if !slices.Equal(y.Dims(), s.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "step %d made a state of shape %s from one of %s: all states must have the same shape", i, tensor.FormatShape(y.Dims()), tensor.FormatShape(s.Dims())))
	}
	return y
}

// stateAt returns the state before step i as a value: the first one is that which the loop was given, so that its
// gradient is what the step makes it; others are leaves.
func (l *loop) stateAt(i int, s graph.Value, state *tensor.Tensor) graph.Value {
	if i == 0 {
		return s
	}
	return leafOf(s.Graph(), state)
}

// loopBackward computes the steps again and sweeps through each, once for all operands.
func loopBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if fresh {
		dst.Zero()
	}
	l := n.Aux().(*loop)
	if !l.again[i] {
		l.add(n, i, dst, func() []*tensor.Tensor { return l.sweepBack(n, ct) })
	}
	return true
}

// sweepBack returns what each operand of the loop has coming for the cotangent ct of its result.
func (l *loop) sweepBack(n graph.Node, ct *tensor.Tensor) []*tensor.Tensor {
	g, xs := n.Graph(), n.Value().Inputs()
	sums, got := make([]*tensor.Tensor, len(xs)), make([]bool, len(xs)) // and whether there is anything yet
	for k, x := range xs {
		if x.WantsGrad() && !l.again[k] {
			sums[k] = exact(x).Clone()
			sums[k].Zero()
		}
	}
	after := exact(n.Value()).Clone() // the state
	adjoint := after.Clone()
	adjoint.Copy(ct)
	advance := func(i int, state *tensor.Tensor) {
		g.Scratch(func() { state.Copy(exact(l.step(i, l.stateAt(i, xs[0], state)))) })
	}
	l.states.back(exact(xs[0]), advance, func(i int, state *tensor.Tensor) (more bool) {
		g.Scratch(func() {
			first := g.Len() + 1
			s := l.stateAt(i, xs[0], state)
			y := l.step(i, s)
			checkAgain(n, after, exact(y))
			a := g.NewAdjoints(y)
			defer a.Release()
			// The sums are carried from step to step within the sweep, which adds to them in the order in which it
			// would had all steps been recorded.
			for k, x := range xs {
				if got[k] && a.Covers(x.Node()) {
					addAdjoint(a, x.Node(), sums[k])
				}
			}
			addAdjoint(a, y.Node(), adjoint)
			sweep(a, first, true)
			for k, x := range xs {
				if sums[k] != nil && readAdjoint(sums[k], a, x.Node()) {
					got[k] = true
				}
			}
			if more = i > 0 && readAdjoint(adjoint, a, s.Node()); more {
				after.Copy(state)
			}
		})
		return more
	})
	return sums
}

// addAdjoint adds t to the adjoint of a node.
func addAdjoint(a *graph.Adjoints, n graph.Node, t *tensor.Tensor) {
	if _, scalar := n.Scalar(); scalar {
		a.AddScalar(n, t.AtFlat(0))
		return
	}
	if dst, fresh := a.Touch(n); fresh {
		dst.Copy(t)
	} else {
		addReduced(dst, t)
	}
}

// readAdjoint sets t to the adjoint of a node, and reports whether anything but 0 has reached it; if not, t is left as
// it is.
func readAdjoint(t *tensor.Tensor, a *graph.Adjoints, n graph.Node) bool {
	if !a.Covers(n) || !a.Reached(n) {
		return false
	}
	if _, scalar := n.Scalar(); scalar {
		t.SetFlat(a.Scalar(n), 0)
	} else {
		t.Copy(a.Tensor(n))
	}
	return true
}
