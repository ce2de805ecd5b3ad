package autograd

import "github.com/seed366ff29f/chainrule/graph"

// Diagnose looks for what makes y or its derivatives infinite, NaN, or wrong without notice. It walks down from y over
// what y was made of, and returns nil if it finds nothing, or else a [*Diagnosis], which names
//
//   - the first value, in recording order, that is infinite or NaN;
//   - the first adjoint, in the order of the backward sweep, that is infinite or NaN although those it was made of are not;
//   - as possibly wrong, each place where an adjoint that was reached and is exactly 0 met a derivative that is infinite
//     or NaN. [Backward] takes the product for 0, and that need not be the derivative: of (√x)² at 0 the adjoint of the
//     root is 2·√0 = 0, its derivative is infinite, and Backward says 0 where the true derivative is 1. If y was made of
//     a gradient that [Grad] recorded, the same is looked for where the recorded sweep multiplied, in
//     [github.com/seed366ff29f/chainrule/ops.Chain].
//
// What an operation did not select is no fault: the branch of a [github.com/seed366ff29f/chainrule/ops.Where] that was
// not taken, what a ReLU, a clamp or a maximum cut off, what a mask took away. Any number may stand there, since it
// does not arrive in y or in a derivative by a leaf. Such values are listed apart, in a diagnosis that has something
// else to say.
//
// An element counts as reached if a sweep comes there from y, whatever numbers flow. Diagnose finds out with cotangents
// of NaN and 0, which it gives to custom operations too: a NaN survives every product and every sum, and stops only
// where an operation passes nothing on. A rule that multiplies by a derivative that happens to be 0 passes it on, and
// so does one that only multiplies by a mask, as the vjp of a [Custom] operation may. So Diagnose may name a place
// where nothing is wrong; it passes over none that it can see. What it cannot see is the inside of a rule. An infinite
// value that was reached is named even if what was made of it is finite again, as 1/∞ is.
//
// If y is a tensor, it is the sum of its elements that is diagnosed. A constant has no adjoints, only values. With
// [graph.WithCallers] the diagnosis names the lines of the program that recorded the operations. The function of a
// [Checkpoint] is looked into. Nothing changes on the tape. Diagnose takes a few times as long as Backward, and longer
// where there is much to find.
//
// It panics with a [*graph.Error] where Backward does, but not because y is no scalar.
func Diagnose(y graph.Value) error {
	const op = "autograd.Diagnose"
	y.Check(op)
	checkLoud(op, y)
	g := y.Graph()
	if g.Changed() {
		checkRecorded(op, y)
	}
	d := &diagnoser{g: g, off: make(map[int]bool)}
	d.values(y, 0)
	if y.WantsGrad() {
		d.adjoints(y, nil, nil, 0)
	}
	return d.result()
}

// What Diagnose does at most to tell a place that is possibly wrong from one that does not matter. A place behind that
// counts as one that matters.
const (
	traceBudget = 1 << 20 // nodes that it looks at to find out why cotangents are 0
	sweepBudget = 16      // sweeps to find out whether the operand of a tensor operation leads to a leaf
)

// A diagnoser is one call of [Diagnose] under way.
type diagnoser struct {
	g       *graph.Graph
	found   Diagnosis
	inside  string       // the label of the checkpoint that is looked into, "" for none
	outside int          // and its number
	off     map[int]bool // scalars, by node, that are 0 because something was not selected
	traced  int          // nodes looked at to find out why cotangents are 0
	swept   int          // sweeps made to find out whether a place matters
}

// result returns nil, or the diagnosis if it has something to say.
func (d *diagnoser) result() error {
	f := &d.found
	if f.Value == nil && f.Adjoint == nil && len(f.Suspects) == 0 {
		return nil
	}
	return f
}

// A replayer is what a node remembers whose function can be recorded anew.
type replayer interface {
	evaluate(n graph.Node, xs []graph.Value) graph.Value
	run(n graph.Node, f func())
}

// open calls f with the value that the function of a checkpoint or a loop returns, recorded anew for the while, and with
// the number of the first node that it recorded.
func (d *diagnoser) open(n graph.Node, f func(y graph.Value, first int)) {
	c, ok := n.Aux().(replayer)
	if !ok {
		return
	}
	inside, outside := d.inside, d.outside
	defer func() { d.inside, d.outside = inside, outside }()
	if d.inside == "" {
		d.inside, d.outside = n.Label(), n.ID()
	}
	d.g.Scratch(func() {
		first := d.g.Len() + 1
		c.run(n, func() { f(c.evaluate(n, n.Value().Inputs()), first) })
	})
}
