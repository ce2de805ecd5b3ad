package autograd

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A together is the memory of a node whose rule finds the cotangents of all operands at once. The sweeps ask for them
// one by one: the first time they are computed, the others are handed out then.
type together struct {
	parts []*tensor.Tensor // of a sweep with numbers: what each operand has coming, nil once it is handed out
	a     *graph.Adjoints  // of the Contribution that asked last, if it was one
	asked uint64           // the serial of a then
	ct    graph.Value      // of a recorded sweep: the cotangent,
	cts   []graph.Value    // and what each operand has coming

	counting, recording bool // the rule is running: for a sweep with numbers, for a recorded one
}

func (t *together) memory() *together { return t }

// memoryOf returns the memory of a node, nil if its rule finds the cotangents one by one.
func memoryOf(n graph.Node) *together {
	if m, ok := n.Aux().(interface{ memory() *together }); ok {
		return m.memory()
	}
	return nil
}

// forget drops what the rule of a node remembers of another cotangent.
func forget(n graph.Node) {
	if m := memoryOf(n); m != nil {
		m.forget()
	}
}

// forget drops what was computed for an earlier sweep, or for one under way that another use of the node interrupts:
// it served another cotangent, and values that may have left the tape since. A recorded sweep calls it when it comes to
// the node.
func (t *together) forget() {
	t.parts, t.ct, t.cts, t.a = nil, graph.Value{}, nil, nil
}

// contributes calls f, which asks for numbers for the adjoints a, and forgets before what was computed for others.
func (t *together) contributes(a *graph.Adjoints, f func()) {
	if t.a != a || t.asked != a.Serial() {
		t.forget()
	}
	f()
	t.a, t.asked = a, a.Serial()
}

// add adds to dst what operand i of n has coming. compute returns it for all operands that want a gradient. A sweep
// asks for them in their order: with the first, a new one has begun.
func (t *together) add(n graph.Node, i int, dst *tensor.Tensor, compute func() []*tensor.Tensor) {
	if t.parts == nil || t.parts[i] == nil || firstWanted(n, i) {
		t.forget()
		t.runOnce(n, &t.counting, func() { t.parts = compute() })
	}
	addReduced(dst, t.parts[i])
	t.parts[i] = nil
}

// value returns what operand i of n has coming for the cotangent ct, as a value on the graph: a constant if gradients
// are off. compute returns it for all operands.
func (t *together) value(n graph.Node, i int, ct graph.Value, compute func() []graph.Value) graph.Value {
	if t.cts == nil || t.ct != ct {
		t.forget()
		t.run(n, func() { t.cts = compute() })
		t.ct = ct
		if n.Graph().Quiet() {
			for k, v := range t.cts {
				if v.Graph() != nil && v.WantsGrad() {
					t.cts[k] = ops.StopGradient(v)
				}
			}
		}
	}
	return t.cts[i]
}

// run calls f, which runs the rule of n for a recorded sweep, with gradients on: the rule may differentiate what it
// records.
func (t *together) run(n graph.Node, f func()) { t.runOnce(n, &t.recording, f) }

// runOnce is run for either way. It panics with a [*graph.Error] if the rule is running already in the same way: it
// would never end.
func (t *together) runOnce(n graph.Node, busy *bool, f func()) {
	if *busy {
		panic(n.Errorf(graph.ErrUsage, "the rule of %s differentiates through %[1]s itself and would never end: give derivatives by the operands alone, or take the result as a constant with ops.StopGradient", n.Label()))
	}
	*busy = true
	defer func() { *busy = false }()
	n.Graph().Loudly(f)
}

// firstWanted reports whether operand i is the first one of n that a gradient flows to.
func firstWanted(n graph.Node, i int) bool {
	for k := range i {
		if n.Wants(k) {
			return false
		}
	}
	return true
}
