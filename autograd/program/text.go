package program

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph"
)

// WriteText writes the program as a list of its instructions: inputs, then what computes the results, then what computes
// the derivatives.
//
//	x, y                   inputs
//	v1 = sin(y)
//	z = x*v1
//
// Inputs have the names of their leaves, or x0, x1, ...; values v1, v2, ...
func (p *Program) WriteText(w io.Writer) error {
	const op = "program.Program.WriteText"
	p.must(op)
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give one such as os.Stdout"))
	}
	c := p.code
	names, results := p.valueNames()
	var b bytes.Buffer
	counted := func(n int, what string) string {
		if n != 1 {
			what += "s"
		}
		return strconv.Itoa(n) + " " + what
	}
	fmt.Fprintf(&b, "%s, %s, %s for the results, %s for the derivatives\n",
		counted(c.inputs, "input"), counted(p.results, "result"), counted(c.value, "instruction"), counted(len(c.ins)-c.value, "instruction"))
	for i, name := range names[:c.inputs] {
		fmt.Fprintf(&b, "input %d: %s\n", i, name)
	}
	for k, in := range c.ins {
		if k == c.value {
			p.writeResults(&b, results, names)
		}
		var args []string
		for _, v := range in.args[:arities[in.op]] {
			args = append(args, names[v])
		}
		fmt.Fprintf(&b, "%s = %s\n", names[c.first()+k], listed(in.op, args))
	}
	if c.value == len(c.ins) {
		p.writeResults(&b, results, names)
	}
	for i, v := range c.outs[p.results:] {
		fmt.Fprintf(&b, "∂%s/∂%s = %s\n", results[i/c.inputs], names[i%c.inputs], names[v])
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (p *Program) writeResults(b *bytes.Buffer, results, names []string) {
	for i, name := range results {
		fmt.Fprintf(b, "%s = %s\n", name, names[p.code.outs[i]])
	}
}

// valueNames returns what the list calls the values, inputs, constants, instructions, and the results.
func (p *Program) valueNames() (names, results []string) {
	c := p.code
	taken := make(map[string]bool)
	unique := func(name string) string {
		for taken[name] { // two leaves may have one name
			name += "'"
		}
		taken[name] = true
		return name
	}
	for i := range c.inputs {
		name := "x" + strconv.Itoa(i)
		if p.names != nil && p.names[i] != "" {
			name = p.names[i]
		}
		quoted := strconv.QuoteToGraphic(name)
		names = append(names, unique(quoted[1:len(quoted)-1]))
	}
	for _, v := range c.consts {
		names = append(names, constantText(v))
	}
	for k := range c.ins {
		names = append(names, unique("v"+strconv.Itoa(k+1)))
	}
	for i := range p.results {
		name := "y"
		if p.results > 1 {
			name += strconv.Itoa(i)
		}
		results = append(results, unique(name))
	}
	return names, results
}

func constantText(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if v < 0 || math.Signbit(v) && v == 0 {
		return "(" + s + ")"
	}
	return s
}

// listed returns an instruction as the list has it.
func listed(op opcode, args []string) string {
	switch op {
	case opAdd:
		return args[0] + " + " + args[1]
	case opSub:
		return args[0] + " - " + args[1]
	case opMul:
		return args[0] + "*" + args[1]
	case opDiv:
		return args[0] + "/" + args[1]
	case opNeg:
		return "-" + args[0]
	case opSquare:
		return args[0] + "²"
	case opReciprocal:
		return "1/" + args[0]
	}
	s := operations[op].name + "("
	for i, a := range args {
		if i > 0 {
			s += ", "
		}
		s += a
	}
	return s + ")"
}
