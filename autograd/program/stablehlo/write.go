package stablehlo

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
)

// A Precision says how exactly matrix products and convolutions are computed on machines whose fast units round their
// operands. In float64, and on CPUs, all are the same.
type Precision uint8

// The precisions of StableHLO.
const (
	HighPrecision    Precision = iota // HIGHEST: operands keep all digits of float32
	MediumPrecision                   // HIGH: such as three passes of bfloat16
	DefaultPrecision                  // DEFAULT: the fastest, such as one pass of bfloat16
)

// String returns the name that StableHLO has for the precision.
func (p Precision) String() string {
	names := [...]string{"HIGHEST", "HIGH", "DEFAULT"}
	if int(p) >= len(names) {
		return fmt.Sprintf("Precision(%d)", uint8(p))
	}
	return names[p]
}

// An Option is a setting of [Write]: it returns the settings that it was given with one of them changed.
type Option func(config) config

type config struct {
	precision Precision
}

// WithPrecision sets the precision of matrix products and convolutions, [HighPrecision] unless said otherwise. It panics
// with a [*graph.Error] if p is none of the three.
func WithPrecision(p Precision) Option {
	if p > DefaultPrecision {
		panic(graph.Errorf("stablehlo.WithPrecision", graph.ErrUsage, "precision %d: use HighPrecision, MediumPrecision or DefaultPrecision", uint8(p)))
	}
	return func(c config) config { c.precision = p; return c }
}

// Write writes f to w as the text of a StableHLO module, version 1.13.0, with one function, @main: its arguments are those
// of f and its results too, in their order. The text depends on nothing but the recording, the constants in it and the
// options: the numbers that the arguments have are not in it.
//
// It returns an error if f is no function or an operation has no lowering, before it writes anything, and the first one
// of w. It panics with a [*graph.Error] if w is nil.
func Write(w io.Writer, f *program.Function, options ...Option) error {
	const op = "stablehlo.Write"
	if w == nil {
		panic(noWriter(op))
	}
	if err := f.Check(); err != nil {
		return err
	}
	var c config
	for _, o := range options {
		if o == nil {
			return graph.Errorf(op, graph.ErrUsage, "got a nil Option: leave it out")
		}
		c = o(c)
	}
	b := bufio.NewWriterSize(w, 1<<16)
	e := &emitter{w: b, constants: make(map[string]value), truths: make(map[string]value), config: c}
	if err := graph.Try(func() { e.module(f) }); err != nil {
		return err
	}
	return b.Flush()
}

func noWriter(op string) *graph.Error {
	return graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give one such as an *os.File")
}

// module writes the module.
func (e *emitter) module(f *program.Function) {
	nodes := f.Nodes()
	nodes = slices.DeleteFunc(nodes, func(n graph.Node) bool { return n.Value().IsLeaf() })
	for _, n := range nodes {
		mustLower(n)
	}
	values := make(map[int]value)
	e.line("module %s{", symbol(f.Name))
	e.indent = "  "
	replaced := replacements(f)
	e.line("func.func public @main(")
	for i, a := range f.Arguments {
		v := value{fmt.Sprintf("%%arg%d", i), typeOf(a.Value.Node())}
		values[a.Value.ID()] = v
		alias, end := "", ","
		if r, ok := replaced[a.Name]; ok {
			alias = fmt.Sprintf(" {tf.aliasing_output = %d : i32}", r)
		}
		if i == len(f.Arguments)-1 {
			end = ""
		}
		e.line("    %s: %s%s loc(%s)%s", v.name, v.typ, alias, quote(a.Name), end)
	}
	results := make([]string, len(f.Results))
	for i, r := range f.Results {
		results[i] = fmt.Sprintf("%s {jax.result_info = %s}", typeOf(r.Value.Node()), quote(r.Name))
	}
	e.line(") -> (%s) {", strings.Join(results, ", "))
	e.indent = "    "
	for _, n := range nodes {
		values[n.ID()] = e.node(n, values)
	}
	returned := make([]value, len(f.Results))
	for i, r := range f.Results {
		returned[i] = e.written(r.Value.Node(), values)
	}
	e.line("return %s : %s", names(returned), listed(returned))
	e.indent = "  "
	e.line("}")
	e.indent = ""
	e.line("}")
}

// written returns the value of a node. A constant is written where it is used first.
func (e *emitter) written(n graph.Node, values map[int]value) value {
	v, ok := values[n.ID()]
	if ok {
		return v
	}
	if c, ok := n.Scalar(); ok {
		return e.constant(c, typeOf(n)) // which knows what was written
	}
	v = e.tensorConstant(n.Data())
	values[n.ID()] = v
	return v
}

// mustLower returns the lowering of a node. It panics with a [*graph.Error] if there is none.
func mustLower(n graph.Node) lowering {
	lower, reason := loweringOf(n.Row())
	if lower == nil {
		panic(n.Errorf(graph.ErrUsage, "%s has no form in StableHLO: %s", n.Label(), reason))
	}
	return lower
}

// node writes the instructions of an operation and returns its value.
func (e *emitter) node(n graph.Node, values map[int]value) value {
	lower, t := mustLower(n), typeOf(n)
	if t.len() == 0 { // whatever it is made of
		return e.literal("", t)
	}
	own := tabled(n.Row()) == nil
	in := make([]value, n.NumInputs())
	for i := range in {
		m := n.InputNode(i)
		if _, known := values[m.ID()]; own && !known {
			if _, ok := m.Scalar(); ok {
				continue // see elements
			}
		}
		in[i] = e.convert(e.written(m, values), t.elem)
	}
	return e.convert(lower(e, n, in), t.elem)
}

// typeOf returns the type of a node's value.
func typeOf(n graph.Node) typ { return typ{elemOf(n.DType()), n.Dims()} }

// symbol returns what names the module, with a space behind it, "" if nothing does.
func symbol(name string) string {
	if name == "" {
		return ""
	}
	return "@" + quote(name) + " "
}

// quote returns a string as MLIR writes it: what is not printable ASCII as two hexadecimal digits.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, "\\%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
