package program

import (
	"math"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/internal/rowform"
)

// A template is an elementwise operation as instructions: what a builder is asked for wherever the operation occurs.
type template struct {
	operands   int
	constants  int // behind the operands
	value      expression
	slopes     []expression // by operand; in them the value stands behind the constants
	selects    []bool       // by operand, see rowform.Form
	unselected []expression // by operand, empty for nowhere
}

// An expression is a list of instructions, the last of which gives the result. Operands from 0 up are places: operands,
// constants and the value of the template, then what the instructions before have computed. From -1 down they are numbers.
// Without instructions the result is the place or the number.
type expression struct {
	ins     []instruction
	result  int32 // a place or a number
	numbers []float64
	absent  bool // there is no derivative
}

// opcodes are the opcodes of primitives by name.
var opcodes = func() map[string]opcode {
	names := make(map[string]opcode)
	for _, name := range primitive.Names() {
		for op := range operations {
			if operations[op].name == name {
				names[name] = opcode(op)
			}
		}
	}
	return names
}()

// templateOf returns the template of a form.
func templateOf(f *rowform.Form) *template {
	t := &template{operands: len(f.Operands), constants: len(f.Constants), selects: f.Selects}
	places := make(map[string]int32)
	add := func(name string) {
		if _, ok := places[name]; !ok {
			places[name] = int32(len(places))
		}
	}
	for _, name := range f.Operands {
		add(name)
	}
	for _, name := range f.Constants {
		add(name)
	}
	first := int32(len(places))
	t.value = expressionOf(f.Value, places, first)
	if _, ok := places["y"]; !ok {
		places["y"] = first
	}
	for i, d := range f.Slopes {
		t.slopes = append(t.slopes, expressionOf(d, places, first+1))
		t.unselected = append(t.unselected, expressionOf(f.Unselected[i], places, first+1))
	}
	return t
}

// expressionOf returns a term as instructions, whose results stand from first on.
func expressionOf(t *primitive.Term, places map[string]int32, first int32) expression {
	if t == nil {
		return expression{absent: true}
	}
	var e expression
	number := func(v float64) int32 {
		for i, u := range e.numbers {
			if math.Float64bits(u) == math.Float64bits(v) {
				return int32(-1 - i)
			}
		}
		e.numbers = append(e.numbers, v)
		return int32(-len(e.numbers))
	}
	e.result = primitive.Fold(t, func(t *primitive.Term) int32 {
		if t.Param != "" {
			return places[t.Param]
		}
		return number(t.Value)
	}, func(op string, args []int32) int32 {
		in := instruction{op: opcodes[op]}
		copy(in.args[:], args)
		e.ins = append(e.ins, in)
		return first + int32(len(e.ins)) - 1
	})
	return e
}

// multiply makes the template that of a product in which zeros win, which builders have instructions for.
func (t *template) multiply(name string) {
	op := map[string]opcode{"chain": opChain, "mul_zero_wins": opSelect}[name]
	t.value = expression{ins: []instruction{{op, [3]int32{0, 1, 0}}}, result: 2}
}

// ours reports whether a row is one of package ops.
func ours(row *graph.Row) bool { return strings.HasPrefix(row.GoName(), "ops.") }

// manyPlaces is room for the places of all templates that there are, so that evaluating them allocates nothing.
const manyPlaces = 128

// evaluate asks the builder for the result of an expression, given what stands at the first places. It appends to places.
func (e *expression) evaluate(b *builder, places []ref) ref {
	for i := range e.ins {
		in := &e.ins[i]
		x, y, z := e.at(b, places, in.args[0]), ref(0), ref(0)
		if n := arities[in.op]; n > 1 {
			y = e.at(b, places, in.args[1])
			if n > 2 {
				z = e.at(b, places, in.args[2])
			}
		}
		places = append(places, b.emit(in.op, x, y, z))
	}
	return e.at(b, places, e.result)
}

// at returns what an operand is.
func (e *expression) at(b *builder, places []ref, k int32) ref {
	if k >= 0 {
		return places[k]
	}
	return b.constant(e.numbers[-1-k])
}
