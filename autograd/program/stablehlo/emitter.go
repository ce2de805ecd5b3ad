package stablehlo

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// An elem is the type of the elements of a tensor in a module.
type elem string

// The types of elements. i1 is a truth value; ui32 and ui64 wrap around.
const (
	f64  elem = "f64"
	f32  elem = "f32"
	i1   elem = "i1"
	i32  elem = "i32"
	i64  elem = "i64"
	ui32 elem = "ui32"
	ui64 elem = "ui64"
)

// elemOf returns the type of the elements of a tensor of this engine.
func elemOf(d tensor.DType) elem {
	if d == tensor.Float32 {
		return f32
	}
	return f64
}

// A typ is the type of a value: tensor<2x3xf32>. Its dims are never changed.
type typ struct {
	elem elem
	dims []int
}

// String writes the type as it stands in a module.
func (t typ) String() string {
	b := append(make([]byte, 0, 32), "tensor<"...)
	for _, d := range t.dims {
		b = append(strconv.AppendInt(b, int64(d), 10), 'x')
	}
	return string(append(append(b, t.elem...), '>'))
}

// of returns the type with other elements.
func (t typ) of(e elem) typ { return typ{e, t.dims} }

// shaped returns the type with another shape.
func (t typ) shaped(dims ...int) typ { return typ{t.elem, dims} }

// scalar returns the type of one element.
func (t typ) scalar() typ { return typ{t.elem, nil} }

// rank returns the number of axes.
func (t typ) rank() int { return len(t.dims) }

// len returns the number of elements.
func (t typ) len() int {
	n := 1
	for _, d := range t.dims {
		n *= d
	}
	return n
}

// A value is a name in the module, such as %7, and its type.
type value struct {
	name string
	typ
}

// An emitter writes the body of a function, one instruction a line, as it goes: nothing is kept but the names of the
// values and of the constants. Its methods write instructions and return their results; what they are given must have the
// shapes that the instruction wants, since only the reader of the module checks them.
type emitter struct {
	w         io.Writer // sticks to its first error
	indent    string
	next      int              // number of the next value
	constants map[string]value // in the present region, by literal and type
	truths    map[string]value // by the name of a number that is 1 or 0: where it is 1
	config    config
}

// name returns the name of the next result.
func (e *emitter) name() string {
	e.next++
	return "%" + strconv.Itoa(e.next-1)
}

// line writes one line.
func (e *emitter) line(format string, args ...any) {
	fmt.Fprintf(e.w, e.indent+format+"\n", args...)
}

// same writes an instruction whose operands and result have one type, as arithmetic has: the first operand's.
func (e *emitter) same(op string, xs ...value) value {
	y := value{e.name(), xs[0].typ}
	e.line("%s = stablehlo.%s %s : %s", y.name, op, names(xs), y.typ)
	return y
}

// to writes an instruction with a result of another type than its operands, with what stands behind the operands.
func (e *emitter) to(op string, result typ, attributes string, xs ...value) value {
	y := value{e.name(), result}
	e.line("%s = stablehlo.%s %s%s : %s -> %s", y.name, op, names(xs), attributes, types(xs), result)
	return y
}

// A region is the text of a piece of program inside an instruction, with the braces.
type region string

// region returns the region of a function of values of the given types: body returns the results.
func (e *emitter) region(body func(args []value) []value, arguments ...typ) region {
	var text strings.Builder
	outer := *e
	e.w, e.indent, e.constants = &text, outer.indent+"  ", make(map[string]value)
	args, list := make([]value, len(arguments)), make([]string, len(arguments))
	for i, t := range arguments {
		args[i] = value{e.name(), t}
		list[i] = args[i].name + ": " + t.String()
	}
	results := body(args)
	e.line("stablehlo.return %s : %s", names(results), listed(results))
	e.w, e.indent, e.constants = outer.w, outer.indent, outer.constants
	return region("{\n" + outer.indent + "^bb0(" + strings.Join(list, ", ") + "):\n" + text.String() + outer.indent + "}")
}

// generic writes an instruction in the form that all have: its name with the dialect, such as stablehlo.sort, operands,
// properties ("dimension = 0 : i64, is_stable = true"), regions and result types.
func (e *emitter) generic(op, properties string, regions []region, xs []value, results ...typ) []value {
	name := e.name()
	ys, list := make([]value, len(results)), make([]string, len(results))
	for i, t := range results {
		ys[i] = value{name, t}
		if len(results) > 1 {
			ys[i].name += "#" + strconv.Itoa(i)
		}
		list[i] = t.String()
	}
	if len(results) > 1 {
		name += ":" + strconv.Itoa(len(results))
	}
	if properties != "" {
		properties = " <{" + properties + "}>"
	}
	inner := ""
	if len(regions) > 0 {
		texts := make([]string, len(regions))
		for i, r := range regions {
			texts[i] = string(r)
		}
		inner = " (" + strings.Join(texts, ", ") + ")"
	}
	e.line("%s = \"%s\"(%s)%s%s : %s -> (%s)", name, op, names(xs), properties, inner, types(xs), strings.Join(list, ", "))
	return ys
}

// names lists the names of values.
func names(xs []value) string {
	list := make([]string, len(xs))
	for i, x := range xs {
		list[i] = x.name
	}
	return strings.Join(list, ", ")
}

// listed lists the types of values.
func listed(xs []value) string {
	list := make([]string, len(xs))
	for i, x := range xs {
		list[i] = x.typ.String()
	}
	return strings.Join(list, ", ")
}

// types lists the types of values in parentheses.
func types(xs []value) string { return "(" + listed(xs) + ")" }

// integers writes a list of integers: [0, 2].
func integers(xs []int) string {
	list := make([]string, len(xs))
	for i, x := range xs {
		list[i] = strconv.Itoa(x)
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// list writes a list of integers as an attribute: array<i64: 0, 2>.
func list(xs ...int) string {
	if len(xs) == 0 {
		return "array<i64>"
	}
	s := integers(xs)
	return "array<i64: " + s[1:len(s)-1] + ">"
}
