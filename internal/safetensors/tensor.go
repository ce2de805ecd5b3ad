package safetensors

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// A Tensor is an array with a name and a type of its own. It comes from [Of], [Int64s] and [Bytes], or from a file. It
// shares the numbers that it was made of, and reads them when it is written.
type Tensor struct {
	Name  string
	DType DType
	Shape []int // as it is in the file

	// What it holds is one of these.
	numbers *tensor.Tensor
	swapped bool // the last two axes of numbers
	ints    []int64
	raw     [][]byte // blocks as they lie in the file, elements whole
}

// Of returns a tensor of type F64 or F32, as t is. With swapped, the last two axes lie the other way round in the file;
// a tensor of fewer is as it is.
func Of(name string, t *tensor.Tensor, swapped bool) Tensor {
	dtype := F64
	if t.DType() == tensor.Float32 {
		dtype = F32
	}
	return Tensor{Name: name, DType: dtype, Shape: SwapShape(t.Dims(), swapped), numbers: t, swapped: swapped}
}

// Int64s returns a tensor of type I64. Without a shape it is a single number. It panics with a [*tensor.Error] if the
// shape has another number of elements.
func Int64s(name string, v []int64, shape ...int) Tensor {
	mustHold("safetensors.Int64s", len(v), shape)
	return Tensor{Name: name, DType: I64, Shape: slices.Clone(shape), ints: v}
}

// Bytes returns a tensor of type U8 with one axis.
func Bytes(name string, b []byte) Tensor {
	return Tensor{Name: name, DType: U8, Shape: []int{len(b)}, raw: [][]byte{b}}
}

func mustHold(op string, n int, shape []int) {
	if size, err := tensor.Size(shape); err != nil || size != n {
		panic(tensor.Errorf(op, tensor.ErrShape, "%d numbers for shape %s", n, tensor.FormatShape(shape)))
	}
}

// SwapShape returns a copy of a shape, with the last two axes the other way round if so asked and if there are two.
func SwapShape(shape []int, swapped bool) []int {
	s := slices.Clone(shape)
	if n := len(s); swapped && n >= 2 {
		s[n-2], s[n-1] = s[n-1], s[n-2]
	}
	return s
}

// size returns the number of bytes of the tensor in a file.
func (t Tensor) size() int64 {
	n := int64(t.DType.bits())
	for _, d := range t.Shape {
		n *= int64(d)
	}
	return n / 8
}

// CopyTo sets the numbers of dst to those of a tensor of a file, which must be of a type that [DType.IsFloat] and of
// dst's shape: with swapped, but for the order of the last two axes. Numbers are rounded to nearest where dst has fewer
// digits. It counts as a change of dst. It panics with a [*tensor.Error] for another type or shape.
func (t Tensor) CopyTo(dst *tensor.Tensor, swapped bool) {
	const op = "safetensors.Tensor.CopyTo"
	if !t.DType.IsFloat() {
		panic(tensor.Errorf(op, tensor.ErrDType, "tensor %q is of type %s: want F16, BF16, F32 or F64", t.Name, t.DType))
	}
	if !slices.Equal(t.Shape, SwapShape(dst.Dims(), swapped)) {
		panic(tensor.Errorf(op, tensor.ErrShape, "tensor %q of shape %s to one of shape %s", t.Name, tensor.FormatShape(t.Shape), tensor.FormatShape(dst.Dims())))
	}
	at := fileOrder(dst.Dims(), swapped)
	if dst.DType() == tensor.Float32 {
		decode(tensor.Data[float32](dst), t.raw, t.DType, at)
	} else {
		decode(tensor.Data[float64](dst), t.raw, t.DType, at)
	}
	dst.MarkChanged()
}

// decode reads the floats of a file into dst.
func decode[T float32 | float64](dst []T, raw [][]byte, dtype DType, at order) {
	for _, b := range raw {
		switch dtype {
		case F16:
			for ; len(b) >= 2; b = b[2:] {
				dst[at.next()] = T(array.Half(binary.LittleEndian.Uint16(b)))
			}
		case BF16:
			for ; len(b) >= 2; b = b[2:] {
				dst[at.next()] = T(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
			}
		case F32:
			for ; len(b) >= 4; b = b[4:] {
				dst[at.next()] = T(math.Float32frombits(binary.LittleEndian.Uint32(b)))
			}
		default:
			for ; len(b) >= 8; b = b[8:] {
				dst[at.next()] = T(math.Float64frombits(binary.LittleEndian.Uint64(b)))
			}
		}
	}
}

// Ints returns the numbers of a tensor of a file in row-major order. It returns false if they are no integers, or one
// is beyond int64.
func (t Tensor) Ints() ([]int64, bool) {
	size := t.DType.bits() / 8
	var v []int64
	for _, b := range t.raw {
		v = slices.Grow(v, len(b)/max(size, 1))
		for ; size > 0 && len(b) >= size; b = b[size:] {
			var n int64
			switch t.DType {
			case Bool, U8:
				n = int64(b[0])
			case I8:
				n = int64(int8(b[0]))
			case I16:
				n = int64(int16(binary.LittleEndian.Uint16(b)))
			case U16:
				n = int64(binary.LittleEndian.Uint16(b))
			case I32:
				n = int64(int32(binary.LittleEndian.Uint32(b)))
			case U32:
				n = int64(binary.LittleEndian.Uint32(b))
			case I64, U64:
				n = int64(binary.LittleEndian.Uint64(b))
				if t.DType == U64 && n < 0 {
					return nil, false
				}
			default:
				return nil, false
			}
			v = append(v, n)
		}
	}
	return v, true
}

// An order goes through the elements of a tensor in memory in the order of a file.
type order struct {
	i, step, end    int // the next element, the way to the one after it, where a row of the file is over
	base, row, rows int // where the matrix begins; the row of the file, and how many there are
	matrix          int // elements of a matrix
}

// fileOrder returns the order for a tensor of the given shape in memory.
func fileOrder(shape []int, swapped bool) order {
	n := len(shape)
	if !swapped || n < 2 {
		return order{step: 1, end: math.MaxInt}
	}
	m := shape[n-2] * shape[n-1]
	return order{step: shape[n-1], end: m, rows: shape[n-1], matrix: m}
}

func (o *order) next() int {
	i := o.i
	if o.i += o.step; o.i >= o.end {
		o.wrap()
	}
	return i
}

func (o *order) wrap() {
	if o.row++; o.row == o.rows {
		o.row = 0
		o.base += o.matrix
		o.end += o.matrix
	}
	o.i = o.base + o.row
}
