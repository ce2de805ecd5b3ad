package program

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
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
	p.must("program.Program.WriteText")
	c := p.code
	names := p.valueNames()
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
			p.writeResults(&b, names)
		}
		var args []string
		for _, v := range in.args[:arities[in.op]] {
			args = append(args, names[v])
		}
		fmt.Fprintf(&b, "%s = %s\n", names[c.first()+k], listed(in.op, args))
	}
	if c.value == len(c.ins) {
		p.writeResults(&b, names)
	}
	for i, v := range c.outs[p.results:] {
		of := "y"
		if p.results > 1 {
			of += strconv.Itoa(i / c.inputs)
		}
		fmt.Fprintf(&b, "∂%s/∂%s = %s\n", of, names[i%c.inputs], names[v])
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (p *Program) writeResults(b *bytes.Buffer, names []string) {
	for i, v := range p.code.outs[:p.results] {
		if p.results > 1 {
			fmt.Fprintf(b, "y%d = %s\n", i, names[v])
		} else {
			fmt.Fprintf(b, "y = %s\n", names[v])
		}
	}
}

// valueNames returns what the list calls the values: inputs, constants, instructions.
func (p *Program) valueNames() []string {
	c := p.code
	taken := make(map[string]bool)
	var names []string
	add := func(name string) {
		for taken[name] { // two leaves may have one name
			name += "'"
		}
		taken[name] = true
		names = append(names, name)
	}
	for i, name := range p.names {
		if name == "" {
			name = "x" + strconv.Itoa(i)
		}
		add(strconv.QuoteToGraphic(name)[1 : len(strconv.QuoteToGraphic(name))-1])
	}
	for _, v := range c.consts {
		names = append(names, constantText(v))
	}
	for k := range c.ins {
		add("v" + strconv.Itoa(k+1))
	}
	return names
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
