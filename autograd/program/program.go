package program

import (
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
)

// A Program computes a value and its gradient, again and again, without a tape. [Compile] makes one of a recorded graph.
//
// A Program is for one goroutine at a time; [Program.Fork] gives others their own.
type Program struct {
	*compiled
	slots   []float64 // of the machine
	careful []float64 // of the careful machine, once it has run
	batch   batch
	points  pointsBatch
}

// compiled is what all forks of a program share.
type compiled struct {
	code    *code
	machine *machine
	lanes   func() *lanePrograms
	results int
	live    int      // slots that a machine needs that uses them again
	names   []string // of the inputs, nil if none has one

	// Where a derivative comes out NaN, a machine decides that keeps what is said of zeros. It is made when it is wanted.
	once           sync.Once
	op             string       // the function that compiled the program, for messages
	recompile      func() *code // makes the careful code; nil once it is made
	carefulCode    *code
	carefulMachine *machine
}

// assemble makes the machine of the code: one that runs spans, if it may and there are such.
func (c *compiled) assemble(mayBeWide bool) {
	c.machine = c.code.machine(c.op)
	c.live = c.machine.slots
	if !mayBeWide {
		return
	}
	if m := c.code.wide(); m != nil {
		c.machine = m
	}
}

// fork returns a program with a workspace of its own.
func (c *compiled) fork() *Program {
	return &Program{compiled: c, slots: c.machine.workspace()}
}

// workspace returns slots with the constants in their places.
func (m *machine) workspace() []float64 {
	slots := make([]float64, max(m.slots, 1)) // instructions without operands read slot 0
	copy(slots[m.inputs:], m.consts)
	return slots
}

// Fork returns the same program with a workspace of its own, for another goroutine.
func (p *Program) Fork() *Program {
	p.must("program.Program.Fork")
	return p.fork()
}

func (p *Program) must(op string) {
	if p == nil || p.compiled == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *program.Program: make one with program.Compile"))
	}
}

// Inputs returns the number of inputs: the elements of all the xs of [Compile].
func (p *Program) Inputs() int {
	p.must("program.Program.Inputs")
	return p.machine.inputs
}

// Results returns the number of results: the elements of the y of [Compile].
func (p *Program) Results() int {
	p.must("program.Program.Results")
	return p.results
}

// Eval returns the value of the program at a point, and fills grad, unless it is nil, with the derivatives by the inputs.
// Nothing is recorded and nothing allocated.
//
// The results are those of autograd.Backward on a graph that records the computation there, to rounding: NaN, infinite
// and 0 where those are; a program of large tensors finds functions as [Program.EvalBatch] does. The gradient may take
// the place of the point. Eval panics with a [*graph.Error] if a length is not that of the inputs, or the program has
// several results.
func (p *Program) Eval(at, grad []float64) float64 {
	const op = "program.Program.Eval"
	p.one(op)
	m := p.machine
	checkPoint(op, at, m.inputs)
	if grad == nil {
		copy(p.slots, at)
		m.runValue(p.slots)
		return p.slots[m.outs[0]]
	}
	if len(grad) != m.inputs {
		panic(graph.Errorf(op, graph.ErrShape, "the gradient has room for %d derivatives, and the program has %d inputs: give one for each, or nil", len(grad), m.inputs))
	}
	slots := p.run(at, grad)
	return slots[m.outs[0]]
}

// Jacobian fills ys with the results of the program at a point, and jacobian, unless it is nil, with their derivatives by
// the inputs, a row for each result. Nothing is allocated.
//
// Derivatives are what [Program.Eval] says. It panics with a [*graph.Error] if a length is not right.
func (p *Program) Jacobian(at, ys, jacobian []float64) {
	const op = "program.Program.Jacobian"
	p.must(op)
	m := p.machine
	checkPoint(op, at, m.inputs)
	if len(ys) != p.results {
		panic(graph.Errorf(op, graph.ErrShape, "ys has room for %d results, and the program has %d: give one for each", len(ys), p.results))
	}
	slots := p.slots
	if jacobian == nil {
		copy(slots, at)
		m.runValue(slots)
	} else {
		if len(jacobian) != p.results*m.inputs {
			panic(graph.Errorf(op, graph.ErrShape, "the Jacobian has room for %d derivatives, and the program has %d results and %d inputs: give %d, a row for each result, or nil", len(jacobian), p.results, m.inputs, p.results*m.inputs))
		}
		slots = p.run(at, jacobian)
	}
	for i := range ys {
		ys[i] = slots[m.outs[i]]
	}
}

// one panics with a [*graph.Error] unless the program has one result.
func (p *Program) one(op string) {
	p.must(op)
	if p.results != 1 {
		panic(graph.Errorf(op, graph.ErrShape, "the program has %d results: use Program.Jacobian, or compile one number", p.results))
	}
}

func checkPoint(op string, at []float64, inputs int) {
	if len(at) != inputs {
		panic(graph.Errorf(op, graph.ErrShape, "the point has %d numbers, and the program has %d inputs: give one for each", len(at), inputs))
	}
}

// run computes everything at a point, and fills grads with the derivatives. It returns the slots that hold the results.
func (p *Program) run(at, grads []float64) []float64 {
	copy(p.slots, at)
	return p.compute(grads)
}

// compute is run for inputs that stand in the slots.
func (p *Program) compute(grads []float64) []float64 {
	m := p.machine
	m.run(p.slots)
	if m.read(grads, p.slots) {
		return p.slots
	}
	c := p.carefully()
	if p.careful == nil {
		p.careful = c.workspace()
	}
	copy(p.careful, p.slots[:m.inputs]) // grads may have taken the place of at
	c.run(p.careful)
	c.read(grads, p.careful)
	return p.slots
}

// read fills grads with the derivatives and reports whether none is NaN.
func (m *machine) read(grads, slots []float64) bool {
	ok := true
	for i, k := range m.outs[len(m.outs)-len(grads):] {
		v := slots[k] + 0
		grads[i] = v
		ok = ok && v == v
	}
	return ok
}

// carefully returns the machine that keeps what is said of zeros.
func (c *compiled) carefully() *machine {
	c.once.Do(func() {
		c.carefulCode = c.recompile()
		c.carefulMachine = c.carefulCode.machine(c.op)
		c.recompile = nil
	})
	if c.carefulMachine == nil {
		panic(graph.Errorf("program.Program", graph.ErrLimit, "a derivative is NaN, and the program that looks at zeros would be too long: a computation on large tensors is better recorded and swept"))
	}
	return c.carefulMachine
}
