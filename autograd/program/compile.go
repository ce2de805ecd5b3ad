package program

import (
	"fmt"
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Config has settings of [CompileWith].
type Config struct {
	// AllowReads says that what the Go program read while the graph was recorded, see graph.Graph.Reads, has not
	// decided what was recorded. Without it such a graph is refused.
	AllowReads bool
}

// Compile makes a program of the part of a graph between the inputs xs and the result y: it computes y and its derivatives
// by xs for other numbers of xs, in float64.
//
// The inputs are leaves: scalars, or tensors, whose elements are inputs one after the other, in row-major order. Other
// leaves are constants, with the numbers that they have, and so is all that does not depend on xs. A derivative is 0 by a
// leaf that wants none, such as one made by Graph.Const. y is a number, or a tensor of several, each of which is a result:
// see [Program.Jacobian]. The program does not need the graph any more.
//
// The graph must have been made with [graph.Traced]: then what was recorded is the function everywhere, not its trace at
// one point. If the Go program looked at numbers while it was recorded, with an if on Value.Item, what was recorded
// afterwards may be right for those numbers only, and Compile refuses it; see [Config].
//
// Tensors become scalars, one instruction for each number: that is right for the many small ones of geometry, finance or
// physics. A program of large tensors is slower than recording it, and Compile refuses what needs more than some thirty
// million instructions. It refuses, by name, operations that choose their steps by the numbers, such as a sort, and those
// that autograd.Custom made.
//
// The error is a [*graph.Error]: a graph that is not traced or was read, inputs that are not leaves, values that are no
// longer on the tape, an operation that cannot be part of a program, or a program that is too long.
func Compile(y graph.Value, xs ...graph.Value) (*Program, error) {
	return compile("program.Compile", Config{}, y, xs)
}

// CompileWith is [Compile] with settings.
func CompileWith(config Config, y graph.Value, xs ...graph.Value) (*Program, error) {
	return compile("program.CompileWith", config, y, xs)
}

func compile(op string, config Config, y graph.Value, xs []graph.Value) (p *Program, err error) {
	err = graph.Try(func() { p = mustCompile(op, config, y, xs) })
	return p, err
}

// manyElements is how many elements a node has, on the average, where it pays to look for instructions that are the
// same for many of them: functions of scalars compile faster without.
const manyElements = 32

// maxSweeps bounds the sweeps for a Jacobian times what each looks at.
const maxSweeps = 1 << 33

func mustCompile(op string, config Config, y graph.Value, xs []graph.Value) *Program {
	t := trace(op, config, y, xs)
	ys := slices.Clone(t.cells(y.Node()))
	c := &compiled{op: op, results: len(ys)}
	if n := len(ys); n > 1 && (n > maxCells/max(int(t.b.inputs), 1) || int64(n) > maxSweeps/int64(len(t.value))) {
		panic(graph.Errorf(op, graph.ErrLimit, "the result %s has %d elements, whose derivatives take a sweep each: use program.CompileJacobian if most of them are 0, or compile fewer at a time, or their sum", y.Node().Label(), n))
	}
	c.names = inputNames(xs, int(t.b.inputs))
	forward := t.b.count()
	c.code = t.b.finish(t.outs(t.b, ys, false), forward)
	t.forget(forward)
	c.recompile = func() *code {
		b := t.again()
		defer b.release()
		return b.finish(t.outs(b, ys, true), forward)
	}
	c.assemble(len(t.value) > manyElements*t.nodes)
	c.lanes = sync.OnceValue(func() *lanePrograms {
		return newLanePrograms(c.code, c.results, func() *code { c.carefully(); return c.carefulCode })
	})
	return c.fork()
}

// A past is what remains of a builder that has been released: its constants and the first of its instructions.
type past struct {
	consts []float64
	ins    []instruction
	limit  int
}

// forget leaves of a tape what sweeps need, and of its builder, which it releases, the first so many instructions.
func (t *tape) forget(instructions int) {
	t.past = past{t.b.consts, t.b.instructions(instructions), t.b.limit}
	t.b.release()
	t.b, t.g, t.move, t.at, t.list, t.places = nil, nil, nil, nil, nil, nil
}

// again returns a builder that has the instructions of the past, and goes on from there.
func (t *tape) again() *builder {
	b := newBuilder(t.op, t.inputs)
	b.limit = 2 * t.past.limit // the program was short enough
	b.reserve(4 * len(t.past.ins))
	for _, v := range t.past.consts {
		b.constant(v)
	}
	for _, in := range t.past.ins {
		b.share(in.op, in.args[0], in.args[1], in.args[2])
	}
	return b
}

// outs returns the results, and then the derivatives of each.
func (t *tape) outs(b *builder, ys []cell, careful bool) []ref {
	outs := make([]ref, 0, len(ys)*(1+int(b.inputs)))
	for _, y := range ys {
		outs = append(outs, t.value[y])
	}
	s := t.newSweep(b, careful)
	for _, y := range ys {
		outs = s.backward(outs, y)
	}
	return outs
}

// trace lowers what the result y needs of the inputs xs, whose cells are the first ones.
func trace(op string, config Config, y graph.Value, xs []graph.Value) *tape {
	y.Check(op)
	g := y.Graph()
	if !g.Traced() {
		panic(graph.Errorf(op, graph.ErrUsage, "the graph was not made with graph.Traced(): what it records may depend on numbers, and its tape is no program; record on graph.New(graph.Traced())"))
	}
	if y.Len() == 0 {
		panic(graph.Errorf(op, graph.ErrShape, "the result %s has shape %s, which has no elements: compile one that has", y.Node().Label(), tensor.FormatShape(y.Dims())))
	}
	count := 0
	var leaves graph.NodeSet
	for i, x := range xs {
		x.CheckIn(op, g)
		if !x.IsLeaf() {
			panic(graph.Errorf(op, graph.ErrUsage, "input %d is %s, the result of an operation: an input is a leaf, made by Graph.Var, VarTensor, Const, ConstTensor or Bind", i, x.Node().Label()))
		}
		if leaves.Has(x.ID()) {
			first := slices.IndexFunc(xs, func(v graph.Value) bool { return v.ID() == x.ID() })
			panic(graph.Errorf(op, graph.ErrUsage, "inputs %d and %d are one leaf, %s: give each once", first, i, x.Node().Label()))
		}
		leaves.Add(x.ID())
		count += x.Len()
	}
	if count > maxCells {
		panic(tooManyElements(op))
	}
	t := &tape{b: newBuilder(op, count), g: g, op: op, inputs: count}
	t.at, t.places = t.b.numbers(g.Len()+1), t.b.numbers(manyPlaces)
	var nodes graph.NodeSet
	if len(xs) > 0 {
		nodes = g.Between(graph.AllEdges, y, xs...)
	}
	cells := count + nodes.Len()
	if count > len(xs) { // tensors
		cells = count + min(sizes(g, nodes), mostReserved)
	}
	t.reserve(cells)
	for _, x := range xs {
		wants := x.WantsGrad()
		t.begin(x.ID())
		for range x.Len() {
			t.newCell(ref(len(t.value)), wants)
		}
	}
	if len(xs) == 0 {
		return t
	}
	if len(g.Reads()) > 0 && !config.AllowReads {
		var list []graph.Node
		for id := range nodes.All {
			list = append(list, g.Value(id).Node())
		}
		if err := checkReads(op, list, leaves); err != nil {
			panic(err)
		}
	}
	checkConstants(op, g, y, nodes)
	for id := range nodes.All {
		if !leaves.Has(id) {
			t.record(g.Value(id).Node())
		}
	}
	return t
}

// mostReserved bounds the elements of tensors for which room is made ahead: some operations share those of others.
const mostReserved = 1 << 20

// sizes returns how many elements nodes have together.
func sizes(g *graph.Graph, nodes graph.NodeSet) int {
	sum := 0
	for id := range nodes.All {
		sum += size(g.Value(id).Node())
	}
	return sum
}

// checkConstants panics with a [*graph.Error] if what y needs beside the given nodes was computed of a leaf that has other
// numbers now: the program would mix old and new ones.
func checkConstants(op string, g *graph.Graph, y graph.Value, nodes graph.NodeSet) {
	if !g.Changed() {
		return
	}
	for id := range g.Ancestors(graph.AllEdges, y).All {
		if nodes.Has(id) {
			continue
		}
		n := g.Value(id).Node()
		if leaf, changed := n.ChangedOperand(); changed {
			panic(graph.Errorf(op, graph.ErrChanged, "leaf %s was changed after %s had used it, which is a constant of the program: record it again, or make the leaf an input", leaf.Label(), n.Label()))
		}
	}
}

// inputNames returns the name of every input: that of the leaf, with the place of an element in a tensor, or "". It returns
// nil if no leaf has a name.
func inputNames(xs []graph.Value, inputs int) []string {
	if !slices.ContainsFunc(xs, func(x graph.Value) bool { return x.Name() != "" }) {
		return nil
	}
	names := make([]string, 0, inputs)
	for _, x := range xs {
		name := x.Name()
		for k := range x.Len() {
			if name == "" || x.Rank() == 0 {
				names = append(names, name)
			} else {
				names = append(names, fmt.Sprintf("%s[%d]", name, k))
			}
		}
	}
	return names
}
