package stablehlo

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// constant returns a tensor of the given type whose elements are all v, exactly: rounded to the type of the elements if it
// is a floating-point type. Equal constants are written once.
func (e *emitter) constant(v float64, t typ) value {
	literal := ""
	switch t.elem {
	case f64, f32:
		literal = floatLiteral(v, t.elem)
	case i1:
		literal = strconv.FormatBool(v != 0)
	default:
		literal = strconv.FormatFloat(v, 'f', -1, 64)
	}
	if t.len() == 0 {
		literal = ""
	}
	return e.literal(literal, t)
}

// literal returns a constant of the given type from what stands in dense<...>.
func (e *emitter) literal(literal string, t typ) value {
	text := "dense<" + literal + "> : " + t.String()
	if v, ok := e.constants[text]; ok {
		return v
	}
	v := value{e.name(), t}
	e.line("%s = stablehlo.constant %s", v.name, text)
	e.constants[text] = v
	return v
}

// like returns a constant of the type of x.
func (e *emitter) like(v float64, x value) value { return e.constant(v, x.typ) }

// integerConstant returns a vector of integers.
func (e *emitter) integerConstant(xs []int, t typ) value {
	if len(xs) == 0 {
		return e.literal("", t)
	}
	same := true
	for _, x := range xs {
		same = same && x == xs[0]
	}
	if same {
		return e.literal(strconv.Itoa(xs[0]), t)
	}
	return e.literal(integers(xs), t)
}

// floatLiteral returns the shortest literal that is read as exactly v, rounded to the given type.
func floatLiteral(v float64, t elem) string {
	v = rounded(v, t)
	switch {
	case v-v == 0:
	case t == f32:
		return fmt.Sprintf("0x%08X", math.Float32bits(float32(v)))
	default:
		return fmt.Sprintf("0x%016X", math.Float64bits(v))
	}
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if t == f32 { // the reader rounds to a float64 first
		short := strconv.FormatFloat(v, 'g', -1, 32)
		if r, err := strconv.ParseFloat(short, 64); err == nil && float64(float32(r)) == v {
			s = short
		}
	}
	mantissa, exponent, scientific := strings.Cut(s, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if scientific {
		return mantissa + "e" + exponent
	}
	return mantissa
}

// tensorConstant returns the numbers of t, bit by bit. They are written as they are read, so that a large tensor takes no
// memory besides.
func (e *emitter) tensorConstant(t *tensor.Tensor) value {
	y := typ{elemOf(t.DType()), append([]int(nil), t.Dims()...)}
	if t.Len() == 0 {
		return e.literal("", y)
	}
	bits := bitsOf(t)
	first, same := bits(0), true
	for i := 1; i < t.Len() && same; i++ {
		same = bits(i) == first
	}
	if same {
		return e.constant(t.AtFlat(0), y)
	}
	v := value{e.name(), y}
	io.WriteString(e.w, e.indent+v.name+" = stablehlo.constant dense<\"0x")
	size := 8
	if y.elem == f32 {
		size = 4
	}
	var word [8]byte
	text := make([]byte, 0, 1<<12)
	for i := range t.Len() {
		binary.LittleEndian.PutUint64(word[:], bits(i))
		text = hex.AppendEncode(text, word[:size])
		if len(text) > 1<<12-16 || i == t.Len()-1 {
			e.w.Write(text)
			text = text[:0]
		}
	}
	io.WriteString(e.w, "\"> : "+y.String()+"\n")
	return v
}

// bitsOf returns the function that returns the bits of an element.
func bitsOf(t *tensor.Tensor) func(i int) uint64 {
	if t.DType() == tensor.Float32 {
		x := t.Float32s()
		return func(i int) uint64 { return uint64(math.Float32bits(x[i])) }
	}
	x := t.Float64s()
	return func(i int) uint64 { return math.Float64bits(x[i]) }
}
