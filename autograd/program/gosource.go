package program

import (
	"bytes"
	"fmt"
	"go/token"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// WriteGo writes the program as Go source: a file of package pkg with a function
//
//	func Name(x, grad []float64) float64
//
// of the name given, that returns the value at x, and sets grad to the derivatives unless it is nil.
//
// It computes what [Program.Eval] computes, bit for bit, needs package math alone, and takes about the time of what one
// would write by hand: it is for programs that are run very often, or where chainrule cannot be. Without a gradient it
// computes the value alone. It panics if x or grad has another length than [Program.Inputs]; they must not overlap. Any
// number of goroutines can call it. The source is formatted, needs Go 1.21 or later, and is the same each time.
//
// A long program is cut into functions that pass numbers in an array, so that the Go compiler takes a time in proportion
// to its length: with a gradient some 0.1 ms for each operation that was recorded. The names of what the file declares
// besides Name end in _Name.
//
// The error is a [*graph.Error] if pkg or name cannot be names, if the program has several results, or if it needs a special
// function that is more than package math and some lines: erfinv, erfcinv and polygamma, which is the derivative of
// digamma. An error of w is returned as it is.
func (p *Program) WriteGo(w io.Writer, pkg, name string) error {
	const op = "program.Program.WriteGo"
	p.must(op)
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give one such as os.Stdout"))
	}
	if p.results != 1 {
		return graph.Errorf(op, graph.ErrShape, "the program has %d results, and a function of Go returns one: compile one number", p.results)
	}
	p.carefully()
	return writeGo(w, pkg, name, p.code, p.carefulCode)
}

// writeGo writes the Go source of a program: see [Program.WriteGo]. Careful may be nil if plain is never wrong.
func writeGo(w io.Writer, pkg, name string, plain, careful *code) error {
	const op = "program.Program.WriteGo"
	for _, s := range []struct{ what, name string }{{"package", pkg}, {"function", name}} {
		switch {
		case token.IsKeyword(s.name):
			return graph.Errorf(op, graph.ErrUsage, "the %s cannot be called %s, a keyword of Go: choose another name", s.what, s.name)
		case !token.IsIdentifier(s.name), s.name == "_":
			return graph.Errorf(op, graph.ErrUsage, "the %s cannot be called %.100q: a name of Go has letters, digits and _, and does not begin with a digit", s.what, s.name)
		}
	}
	if slices.Contains(goNames, name) {
		return graph.Errorf(op, graph.ErrUsage, "the function cannot be called %s, which has a meaning of its own in Go: choose another name", name)
	}
	s := newGoSource(name, plain, careful)
	if err := s.check(op); err != nil {
		return err
	}
	_, err := w.Write(s.file(pkg))
	return err
}

// goNames are names that a function of the source cannot have: that of the package it imports, those of functions that Go
// calls, and those that Go declares, some of which the source uses.
var goNames = append(strings.Fields(`
	any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16
	uint32 uint64 uintptr true false iota nil append cap clear close complex copy delete imag len make max min new panic print
	println real recover`), "math", "init", "main")

// A goSource writes a program as Go source.
//
// The plain and the careful version are one listing: the instructions of the value, those of the gradient, and those of
// the careful gradient, which has the value's in common with the plain one. A short program is one function, with a local
// variable for each value; the careful gradient is a function of its own, which nearly never runs. A long one is cut into
// functions of a few hundred instructions, since the time that a compiler takes for a function grows faster than its
// length. What one part computes for a later one lies in an array of slots.
type goSource struct {
	name          string
	inputs        int
	ins           []goInstruction
	value         int // so many instructions compute the value
	plain         int // so many compute the value and the gradient, the others the careful gradient
	y             goOperand
	grad, careful []goOperand // by input; careful is nil if there is none

	uses  []goUses
	slots []int32 // of each instruction, -1 if it has none; nil in a short program

	b        bytes.Buffer
	specials []string // functions of package specfun that the source brings along
}

// A goInstruction is an instruction whose operands are told apart.
type goInstruction struct {
	op   opcode
	args [3]goOperand
}

// A goOperand is an input, a constant, or the value of an instruction.
type goOperand struct {
	kind  goKind
	index int32 // of the input or the instruction
	value float64
}

type goKind uint8

const (
	goInput goKind = iota
	goConstant
	goResult
)

// goUses says how the value of an instruction is used.
type goUses struct {
	rounded   bool // a use could be fused with a product
	condition bool // no other use than as the condition of a where
	n         int
}

func newGoSource(name string, plain, careful *code) *goSource {
	s := &goSource{name: name, inputs: plain.inputs}
	numbers := s.add(plain, 0, nil)
	s.value, s.plain = plain.value, len(plain.ins)
	s.y = s.operand(plain, plain.outs[0], numbers)
	for _, out := range plain.outs[1:] {
		s.grad = append(s.grad, s.operand(plain, out, numbers))
	}
	if careful != nil && !same(plain, careful) {
		shared := sharedValue(plain, careful)
		numbers = s.add(careful, shared, numbers[:shared])
		for _, out := range careful.outs[1:] {
			s.careful = append(s.careful, s.operand(careful, out, numbers))
		}
	}
	s.countUses()
	return s
}

// add appends the instructions of a code from one on. Numbers has the place in the listing of those before, and then of
// all. What depends on constants alone becomes a constant: Go would compute it exactly and round once.
func (s *goSource) add(c *code, from int, numbers []goOperand) []goOperand {
	numbers = slices.Clone(numbers)
	for _, in := range c.ins[from:] {
		g := goInstruction{op: in.op}
		constant := true
		var v [3]float64
		for i := range operations[in.op].arity {
			g.args[i] = s.operand(c, in.args[i], numbers)
			v[i] = g.args[i].value
			constant = constant && g.args[i].kind == goConstant
		}
		s.ins = append(s.ins, g)
		if constant {
			numbers = append(numbers, goOperand{kind: goConstant, value: operations[in.op].f(v[0], v[1], v[2])})
		} else {
			numbers = append(numbers, goOperand{kind: goResult, index: int32(len(s.ins) - 1)})
		}
	}
	return numbers
}

// operand returns what a number of a code stands for.
func (s *goSource) operand(c *code, number int32, numbers []goOperand) goOperand {
	switch n := int(number); {
	case n < c.inputs:
		return goOperand{kind: goInput, index: number}
	case n < c.first():
		return goOperand{kind: goConstant, value: c.consts[n-c.inputs]}
	default:
		return numbers[n-c.first()]
	}
}

// same reports whether two codes compute the same in the same way.
func same(a, b *code) bool {
	return len(a.ins) == len(b.ins) && sharedPrefix(a, b) == len(a.ins) &&
		slices.EqualFunc(a.outs, b.outs, func(m, n int32) bool { return sameOperand(a, b, m, n) })
}

// sharedValue returns the number of instructions that two codes have in common, at most those of the value.
func sharedValue(a, b *code) int { return min(sharedPrefix(a, b), a.value, b.value) }

func sharedPrefix(a, b *code) int {
	if a.inputs != b.inputs {
		return 0
	}
	for k := range min(len(a.ins), len(b.ins)) {
		x, y := a.ins[k], b.ins[k]
		if x.op != y.op {
			return k
		}
		for i := range operations[x.op].arity {
			if !sameOperand(a, b, x.args[i], y.args[i]) {
				return k
			}
		}
	}
	return min(len(a.ins), len(b.ins))
}

// sameOperand reports whether a number in one code stands for what another stands for in another code, which have the
// same inputs and the same instructions before these.
func sameOperand(a, b *code, m, n int32) bool {
	i, j := int(m)-a.first(), int(n)-b.first()
	if i >= 0 || j >= 0 {
		return i == j
	}
	isInput := int(m) < a.inputs
	if isInput || int(n) < b.inputs {
		return m == n
	}
	return math.Float64bits(a.consts[int(m)-a.inputs]) == math.Float64bits(b.consts[int(n)-b.inputs])
}

// countUses finds out how each value is used. Instructions without use are left out of the source.
func (s *goSource) countUses() {
	s.uses = make([]goUses, len(s.ins))
	for i := range s.uses {
		s.uses[i].condition = true
	}
	use := func(o goOperand, rounded, condition bool) {
		if o.kind != goResult {
			return
		}
		u := &s.uses[o.index]
		u.n++
		u.rounded = u.rounded || rounded
		u.condition = u.condition && condition
	}
	use(s.y, false, false)
	for _, o := range s.grad {
		use(o, true, false) // 0 is added to it
	}
	for _, o := range s.careful {
		use(o, true, false)
	}
	for k := len(s.ins) - 1; k >= 0; k-- {
		if s.uses[k].n == 0 {
			continue
		}
		in := s.ins[k]
		for i := range operations[in.op].arity {
			use(in.args[i], !multiplies(in.op), in.op == opWhere && i == 0)
		}
	}
}

// multiplies reports whether an operation takes its operands as they are: no machine has an instruction for a product and
// this operation together, as many have for products and sums.
func multiplies(op opcode) bool {
	switch op {
	case opMul, opDiv, opSquare, opChain, opSelect, opReciprocal, opGt, opGe, opLt, opLe, opEq, opNe:
		return true
	}
	return false
}

// check returns an error if the source would need what package math does not have.
func (s *goSource) check(op string) error {
	for k, in := range s.ins {
		if s.uses[k].n == 0 {
			continue
		}
		if goForms[in.op].text == "" && in.op != opWhere {
			return graph.Errorf(op, graph.ErrUsage, "the program computes %s, which needs more than package math: evaluate it with Eval", operations[in.op].name)
		}
	}
	return nil
}

// number returns a constant as Go source: exactly the number, and of type float64 in every place.
func (s *goSource) number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "math.NaN()"
	case math.IsInf(v, 0):
		return fmt.Sprintf("math.Inf(%d)", int(math.Copysign(1, v)))
	case v == 0 && math.Signbit(v):
		return "math.Copysign(0, -1)"
	}
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if !bytes.ContainsAny([]byte(text), ".e") {
		text += ".0"
	}
	return text
}
