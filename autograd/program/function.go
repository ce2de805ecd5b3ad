package program

import (
	"slices"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Role says what an argument or a result is for. It changes nothing about the computation: whoever runs an exported
// function learns from it what to keep, what to feed, and what to split over machines.
type Role string

// The roles of arguments and results.
const (
	Parameter Role = "parameter" // a trained tensor
	State     Role = "state"     // what an optimizer or a layer keeps from step to step
	Batch     Role = "batch"     // a mini-batch, by its first axis
	Label     Role = "label"     // what a mini-batch should come out as, by its first axis
	Scalar    Role = "scalar"    // a number such as a rate, a step or a seed
	Loss      Role = "loss"      // what is made small
	Output    Role = "output"    // any other result
)

var roles = []Role{Parameter, State, Batch, Label, Scalar, Loss, Output}

// An Argument is a leaf that gets other numbers each time a [Function] is called.
type Argument struct {
	Name  string
	Role  Role
	Value graph.Value
}

// A Result is a value that a [Function] returns. Replaces is the name of the argument that it is the new value of, "" if
// it is of none.
type Result struct {
	Name     string
	Role     Role
	Value    graph.Value
	Replaces string
}

// A Function is a computation that a graph has recorded, with names for its arguments and results. It is good as long as
// its values are: until the graph's Reset, or a Rewind that takes one of them away.
type Function struct {
	Name      string
	Arguments []Argument
	Results   []Result

	// AllowReads says that what the program read while the graph was recorded (see [graph.Graph.Reads]) has not decided
	// what was recorded afterwards, or that the function is wanted for what was. A graph that was not made with
	// [graph.Traced] does not note what is read: a function on one needs AllowReads.
	AllowReads bool
}

// Check returns nil, or an error of type [*graph.Error] that says why f is no function:
//
//   - it has no results, or a value is not on the tape of the first result's graph;
//   - an argument is not a leaf, or two are one leaf;
//   - an argument or a result has no name, or one that is not UTF-8, two arguments or two results have one name, or a role
//     is unknown;
//   - a result replaces an argument that does not exist, that another result replaces, or that has another shape or
//     precision;
//   - the graph was not made with [graph.Traced], or numbers of a result were read while it was recorded, and AllowReads is
//     not set.
func (f *Function) Check() error { return f.check("program.Function.Check") }

// check is Check for the function that is named in messages.
func (f *Function) check(op string) error {
	if err := f.checkParts(op); err != nil {
		return err
	}
	if f.AllowReads {
		return nil
	}
	if !f.Graph().Traced() {
		return graph.Errorf(op, graph.ErrUsage, "function %q is on a graph that was not made with graph.Traced(): what was recorded may depend on numbers, and nobody knows whether the program read some; record on graph.New(graph.Traced()), or set AllowReads if what was recorded is the function", f.Name)
	}
	return checkReads(op, f.nodes(), f.isArgument())
}

func (f *Function) checkParts(op string) error {
	if f == nil {
		return graph.Errorf(op, graph.ErrUsage, "got a nil *program.Function: make one with its arguments and results")
	}
	if len(f.Results) == 0 {
		return graph.Errorf(op, graph.ErrUsage, "function %q has no results: give at least one", f.Name)
	}
	g := f.Results[0].Value.Graph()
	byName, byNode := make(map[string]Argument), make(map[int]string)
	for i, a := range f.Arguments {
		if err := checkPart(op, g, "argument", i, a.Name, a.Role, a.Value); err != nil {
			return err
		}
		if !a.Value.IsLeaf() {
			return graph.Errorf(op, graph.ErrUsage, "argument %q is %s, the result of an operation: an argument is a leaf, made by Graph.Var, VarTensor, Const, ConstTensor or Bind", a.Name, a.Value.Node().Label())
		}
		if _, ok := byName[a.Name]; ok {
			return graph.Errorf(op, graph.ErrUsage, "two arguments have the name %q: give each its own", a.Name)
		}
		if other, ok := byNode[a.Value.ID()]; ok {
			return graph.Errorf(op, graph.ErrUsage, "arguments %q and %q are one leaf, %s: leave one of them out, or make two leaves", other, a.Name, a.Value.Node().Label())
		}
		byName[a.Name], byNode[a.Value.ID()] = a, a.Name
	}
	names, replaced := make(map[string]bool), make(map[string]string)
	for i, r := range f.Results {
		if err := checkPart(op, g, "result", i, r.Name, r.Role, r.Value); err != nil {
			return err
		}
		if names[r.Name] {
			return graph.Errorf(op, graph.ErrUsage, "two results have the name %q: give each its own", r.Name)
		}
		names[r.Name] = true
		if r.Replaces == "" {
			continue
		}
		a, ok := byName[r.Replaces]
		if !ok {
			return graph.Errorf(op, graph.ErrUsage, "result %q replaces %q, and no argument has that name: use the name of one of the arguments", r.Name, r.Replaces)
		}
		if other, ok := replaced[r.Replaces]; ok {
			return graph.Errorf(op, graph.ErrUsage, "results %q and %q both replace argument %q: only one can", other, r.Name, r.Replaces)
		}
		replaced[r.Replaces] = r.Name
		if was, is := a.Value.Dims(), r.Value.Dims(); !slices.Equal(was, is) {
			return graph.Errorf(op, graph.ErrShape, "result %q has shape %s and replaces argument %q of shape %s: the new value of an argument has its shape", r.Name, tensor.FormatShape(is), a.Name, tensor.FormatShape(was))
		}
		if was, is := a.Value.Node().DType(), r.Value.Node().DType(); was != is {
			return graph.Errorf(op, graph.ErrDType, "result %q is %s and replaces argument %q of %s: a scalar made of tensors has the graph's precision, others are float64; an operation on a scalar alone, such as ops.MulScalar(v, 1), makes it one of float64", r.Name, is, a.Name, was)
		}
	}
	return nil
}

// checkPart checks what arguments and results have in common.
func checkPart(op string, g *graph.Graph, what string, i int, name string, role Role, v graph.Value) error {
	switch {
	case name == "":
		return graph.Errorf(op, graph.ErrUsage, "%s %d has no name: give it one", what, i)
	case !utf8.ValidString(name):
		return graph.Errorf(op, graph.ErrUsage, "%s %d has the name %q, which is not UTF-8: files that name it could not be read", what, i, name)
	case !slices.Contains(roles, role):
		return graph.Errorf(op, graph.ErrUsage, "%s %q has the unknown role %q: use one of %q", what, name, role, roles)
	}
	if g == nil {
		return graph.Errorf(op, graph.ErrUsage, "result 0 is the zero graph.Value, which belongs to no graph: use a value that was recorded")
	}
	return graph.Try(func() { v.CheckIn(op, g) })
}

// Graph returns the graph that f is a part of, nil if it has no results.
func (f *Function) Graph() *graph.Graph {
	if f == nil || len(f.Results) == 0 {
		return nil
	}
	return f.Results[0].Value.Graph()
}

// Nodes returns what the results depend on in the order in which it was recorded: operands stand before results. What was
// recorded besides is left out, arguments that no result depends on too. It panics with a [*graph.Error] if f is no
// function; see [Function.Check], but for reads, which it allows.
func (f *Function) Nodes() []graph.Node {
	if err := f.checkParts("program.Function.Nodes"); err != nil {
		panic(err)
	}
	return f.nodes()
}

func (f *Function) nodes() []graph.Node {
	roots := make([]graph.Value, len(f.Results))
	for i, r := range f.Results {
		roots[i] = r.Value
	}
	return nodesOf(roots...)
}

// nodesOf returns the values and what they depend on in the order of recording.
func nodesOf(roots ...graph.Value) []graph.Node {
	g := roots[0].Graph()
	var nodes []graph.Node
	for id := range g.Ancestors(graph.AllEdges, roots...).All {
		nodes = append(nodes, g.Value(id).Node())
	}
	return nodes
}

func (f *Function) isArgument() graph.NodeSet {
	var s graph.NodeSet
	for _, a := range f.Arguments {
		s.Add(a.Value.ID())
	}
	return s
}
