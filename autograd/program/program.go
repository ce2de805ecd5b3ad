package program

import (
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Program computes a value and its gradient, again and again, without a tape. [Compile] makes one of a recorded graph.
//
// A Program is for one goroutine at a time; [Program.Fork] gives others their own.
type Program struct {
	*compiled
	slots   []float64 // of the machine
	careful []float64 // of the careful machine, once it has run
	batch   batch
}

// What all forks share.
type compiled struct {
	code    *code
	machine *machine
	lanes   *lanePrograms

	// Where a derivative comes out NaN, a machine decides that keeps what is said of zeros. It is made when it is wanted.
	once           sync.Once
	tape           *tape
	result         cell
	inputs         []cell
	carefulCode    *code
	carefulMachine *machine
}

// Compile makes a program of the part of a graph between the inputs xs and the result y: it computes y and its derivatives
// by xs for other numbers of xs, in float64.
//
// y is a scalar or has one element. The inputs are leaves: scalars, or tensors, whose elements are inputs one after the
// other, in row-major order. Other leaves are constants, with the numbers that they have, and so is all that does not
// depend on xs. A derivative is 0 by a leaf that wants none, such as one made by Graph.Const. The program does not need the
// graph any more.
//
// The graph must have been made with [graph.Traced]: then what was recorded is the function everywhere, not its trace at
// one point. Where the Go function that was recorded looked at numbers itself, with an if on Value.Item, the program keeps
// to the branch that was taken.
//
// Tensors become scalars, one instruction for each number: that is right for the many small ones of geometry, finance or
// physics. A program of large tensors is slower than recording it, and Compile refuses what needs more than some ten
// million instructions. It refuses, by name, operations that choose their steps by the numbers, such as a sort, and those
// that autograd.Custom made.
//
// The error is a [*graph.Error]: a graph that is not traced, a y of several elements, inputs that are not leaves, values
// that are no longer on the tape, an operation that cannot be part of a program, or a program that is too long.
func Compile(y graph.Value, xs ...graph.Value) (*Program, error) {
	var p *Program
	err := graph.Try(func() { p = compile("program.Compile", y, xs) })
	return p, err
}

func compile(op string, y graph.Value, xs []graph.Value) *Program {
	t, inputs := trace(op, []graph.Value{y}, xs)
	result := t.cells(y.Node())[0]
	forward := len(t.b.ins)
	grads := t.backward(t.b, result, inputs, false)
	c := &compiled{tape: t, result: result, inputs: inputs}
	c.code = t.b.finish(append([]ref{t.value[result]}, grads...), forward)
	t.b.ins, t.b.notNegative, t.b.table = slices.Clip(t.b.ins[:forward]), nil, nil
	c.machine = c.code.machine(op)
	c.lanes = newLanePrograms(c.code, func() *code { c.carefully(); return c.carefulCode })
	return c.fork()
}

// trace lowers what the results ys need of the inputs xs. It returns the cells of the inputs.
func trace(op string, ys, xs []graph.Value) (*tape, []cell) {
	y := ys[0]
	y.Check(op)
	g := y.Graph()
	if !g.Traced() {
		panic(graph.Errorf(op, graph.ErrUsage, "the graph was not made with graph.Traced(): what it records may depend on numbers, and its tape is no program; record on graph.New(graph.Traced())"))
	}
	if y.Len() != 1 {
		panic(graph.Errorf(op, graph.ErrShape, "the result %s has shape %s, not a single number: reduce it with ops.Sum or ops.Mean, or take its elements with ops.Index", y.Node().Label(), tensor.FormatShape(y.Dims())))
	}
	count := 0
	for i, x := range xs {
		x.CheckIn(op, g)
		if !x.IsLeaf() {
			panic(graph.Errorf(op, graph.ErrUsage, "input %d is %s, the result of an operation: an input is a leaf, made by Graph.Var, VarTensor, Const, ConstTensor or Bind", i, x.Node().Label()))
		}
		count += x.Len()
	}
	t := &tape{b: newBuilder(op, count), g: g, op: op, kinds: new([]kind), at: make([]int32, g.Len()+1)}
	var inputs []cell
	for i, x := range xs {
		if _, ok := t.find(x.ID()); ok {
			first := slices.IndexFunc(xs, func(v graph.Value) bool { return v.ID() == x.ID() })
			panic(graph.Errorf(op, graph.ErrUsage, "inputs %d and %d are one leaf, %s: give each once", first, i, x.Node().Label()))
		}
		wants := x.WantsGrad()
		t.begin(x.ID())
		for range x.Len() {
			inputs = append(inputs, t.newCell(ref(len(inputs)), wants))
		}
	}
	if len(xs) == 0 {
		return t, inputs
	}
	nodes := g.Between(graph.AllEdges, y, xs...)
	t.reserve(nodes.Len())
	for id := range nodes.All {
		if n := g.Value(id).Node(); len(t.at) <= id || t.at[id] == 0 {
			t.record(n)
		}
	}
	return t, inputs
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

// Inputs returns the number of inputs: those of all elements of the xs of [Compile].
func (p *Program) Inputs() int {
	p.must("program.Program.Inputs")
	return p.machine.inputs
}

// Eval returns the value of the program at a point, and fills grad, unless it is nil, with the derivatives by the inputs.
// Nothing is recorded and nothing allocated.
//
// The results are those of autograd.Backward on a graph that records the computation there, to rounding: NaN, infinite and
// 0 where those are. It panics with a [*graph.Error] if a length is not that of the inputs.
func (p *Program) Eval(at, grad []float64) float64 {
	const op = "program.Program.Eval"
	p.must(op)
	m := p.machine
	if len(at) != m.inputs {
		panic(graph.Errorf(op, graph.ErrShape, "the point has %d numbers and the program %d inputs: give one for each", len(at), m.inputs))
	}
	copy(p.slots, at)
	if grad == nil {
		run(m.words[:m.value+padding], p.slots)
		return p.slots[m.outs[0]]
	}
	if len(grad) != m.inputs {
		panic(graph.Errorf(op, graph.ErrShape, "the gradient has room for %d derivatives and the program %d inputs: give one for each, or nil", len(grad), m.inputs))
	}
	run(m.words, p.slots)
	if m.read(grad, p.slots) {
		return p.slots[m.outs[0]]
	}
	c := p.carefully()
	if p.careful == nil {
		p.careful = c.workspace()
	}
	copy(p.careful, at)
	run(c.words, p.careful)
	c.read(grad, p.careful)
	return p.careful[c.outs[0]]
}

// read fills grad with the derivatives and reports whether none is NaN.
func (m *machine) read(grad, slots []float64) bool {
	ok := true
	for i, k := range m.outs[1:] {
		v := slots[k] + 0
		grad[i] = v
		ok = ok && v == v
	}
	return ok
}

// carefully returns the machine that keeps what is said of zeros.
func (c *compiled) carefully() *machine {
	c.once.Do(func() {
		b := c.tape.b.again()
		forward := len(b.ins)
		grads := c.tape.backward(b, c.result, c.inputs, true)
		c.carefulCode = b.finish(append([]ref{c.tape.value[c.result]}, grads...), forward)
		c.carefulMachine = c.carefulCode.machine(c.tape.op)
		c.tape = nil
	})
	return c.carefulMachine
}
