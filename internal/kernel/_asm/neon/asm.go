package main

import (
	"fmt"
	"strings"
)

// A file collects functions and their declarations.
type file struct{ text, stubs strings.Builder }

// A target is a precision.
type target struct{ double bool }

func (t target) suffix() string {
	if t.double {
		return "F64NEON"
	}
	return "F32NEON"
}

func (t target) goType() string {
	if t.double {
		return "float64"
	}
	return "float32"
}

// size returns the bytes of an element, lanes the elements of a vector.
func (t target) size() int {
	if t.double {
		return 8
	}
	return 4
}

func (t target) lanes() int { return vectorBytes / t.size() }

const vectorBytes = 16

// scalar returns the name of an instruction for one element.
func (t target) scalar(name string) string {
	if t.double {
		return name + "D"
	}
	return name + "S"
}

// begin begins a function with so many bytes of its own.
func (f *file) begin(name, doc, signature string, frame, args int) {
	fmt.Fprintf(&f.stubs, "\n// %s %s\n//\n//go:noescape\nfunc %s%s\n", name, doc, name, signature)
	fmt.Fprintf(&f.text, "\n// func %s%s\nTEXT ·%s(SB), NOSPLIT, $%d-%d\n", name, signature, name, frame, args)
}

// op writes an instruction.
func (f *file) op(name string, operands ...string) {
	if len(operands) == 0 {
		fmt.Fprintf(&f.text, "\t%s\n", name)
		return
	}
	fmt.Fprintf(&f.text, "\t%s %s\n", name, strings.Join(operands, ", "))
}

func (f *file) label(name string) { fmt.Fprintf(&f.text, "\n%s:\n", name) }

func r(n int) string { return fmt.Sprintf("R%d", n) }
func q(n int) string { return fmt.Sprintf("F%d", n) }

// at returns the address offset bytes behind the one in a register.
func at(offset int, reg string) string {
	if offset == 0 {
		return "(" + reg + ")"
	}
	return fmt.Sprintf("%d(%s)", offset, reg)
}

// three are the instructions of two vectors that Go's assembler lacks: for single precision, on all lanes.
var three = map[string]uint32{
	"FADD": 0x4e20d400, "FSUB": 0x4ea0d400, "FMUL": 0x6e20dc00, "FDIV": 0x6e20fc00,
	"FMAX": 0x4e20f400, "FMIN": 0x4ea0f400, "FMLA": 0x4e20cc00, "FMLS": 0x4ea0cc00,
	"FADDP": 0x6e20d400, "FMAXP": 0x6e20f400, "FCMGT": 0x6ea0e400, "ADD": 0x4ea08400, "SUB": 0x6ea08400,
}

// two are those of one vector.
var two = map[string]uint32{
	"FABS": 0x4ea0f800, "FNEG": 0x6ea0f800, "FSQRT": 0x6ea1f800,
	"FCMEQ0": 0x4ea0d800, "FCMLE0": 0x6ea0d800, "FCMLT0": 0x4ea0e800, "FCVTNS": 0x4e21a800, "SCVTF": 0x4e21d800,
}

// arrangement returns the name of the lanes.
func (t target) arrangement() string {
	if t.double {
		return "2D"
	}
	return "4S"
}

func (f *file) word(word uint32, comment string) {
	fmt.Fprintf(&f.text, "\tWORD $0x%08x // %s\n", word, comment)
}

// vv writes d = x op y, or for FMLA and FMLS d ± x·y.
func (f *file) vv(t target, name string, d, x, y int) {
	w := three[name]
	if w == 0 {
		panic("no instruction " + name)
	}
	if t.double {
		w |= 1 << 22
	}
	a := t.arrangement()
	f.word(w|uint32(y)<<16|uint32(x)<<5|uint32(d), fmt.Sprintf("%s V%d.%s, V%d.%s, V%d.%s", name, d, a, x, a, y, a))
}

// v writes d = op x.
func (f *file) v(t target, name string, d, x int) {
	w := two[name]
	if w == 0 {
		panic("no instruction " + name)
	}
	if t.double {
		w |= 1 << 22
	}
	a := t.arrangement()
	f.word(w|uint32(x)<<5|uint32(d), fmt.Sprintf("%s V%d.%s, V%d.%s", name, d, a, x, a))
}

// byLane writes d = x·y[0], d + x·y[0] or d - x·y[0], for FMUL, FMLA and FMLS: y[0] is a factor of all lanes.
func (f *file) byLane(t target, name string, d, x, y int) {
	w := map[string]uint32{"FMUL": 0x4f809000, "FMLA": 0x4f801000, "FMLS": 0x4f805000}[name]
	lane := "S"
	if t.double {
		w |= 1 << 22
		lane = "D"
	}
	a := t.arrangement()
	f.word(w|uint32(y)<<16|uint32(x)<<5|uint32(d), fmt.Sprintf("%s V%d.%s, V%d.%s, V%d.%s[0]", name, d, a, x, a, y, lane))
}

// zero sets a vector to zeros.
func (f *file) zero(d int) {
	v := fmt.Sprintf("V%d.B16", d)
	f.op("VEOR", v, v, v)
}
