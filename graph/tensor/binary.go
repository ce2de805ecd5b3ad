package tensor

import (
	"encoding/binary"
	"math"
	"slices"
)

// The binary form of a tensor, little endian:
//
//	magic   4 bytes  "TNS" and the version, 1
//	dtype   1 byte   0 for float64, 1 for float32
//	rank    1 byte
//	axes    8 bytes each, unsigned
//	data    8 or 4 bytes each, row-major, IEEE 754
const (
	binaryMagic   = "TNS"
	binaryVersion = 1
	binaryHeader  = len(binaryMagic) + 3
)

// AppendBinary appends the tensor in the form of [Tensor.MarshalBinary] to b. The error is an [*Error] for a tensor
// that is nil or zero.
func (t *Tensor) AppendBinary(b []byte) ([]byte, error) {
	if t == nil || len(t.shape) == 0 && t.Len() == 0 {
		return b, t.unusable("tensor.AppendBinary")
	}
	b = slices.Grow(b, binaryHeader+8*len(t.shape)+t.Len()*t.dtype.Bytes())
	b = append(append(b, binaryMagic...), binaryVersion, byte(t.dtype), byte(len(t.shape)))
	for _, d := range t.shape {
		b = binary.LittleEndian.AppendUint64(b, uint64(d))
	}
	if t.dtype == Float32 {
		for _, v := range t.f32 {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		return b, nil
	}
	for _, v := range t.f64 {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b, nil
}

// MarshalBinary returns the precision, the shape and the elements of the tensor in a form that has a version and is the
// same on every machine. Reading it back gives the same bits, those of NaNs too. The error is an [*Error] for a tensor
// that is nil or zero.
func (t *Tensor) MarshalBinary() ([]byte, error) {
	if t == nil || len(t.shape) == 0 && t.Len() == 0 {
		return nil, t.unusable("tensor.MarshalBinary")
	}
	return t.AppendBinary(nil)
}

// UnmarshalBinary reads what [Tensor.MarshalBinary] writes, and keeps nothing of b. The zero Tensor takes on the
// precision and the shape that it reads. A tensor that was made keeps its own: those that are read must be the same,
// and its elements change. The errors are [*Error]s; after one the tensor is as it was. It allocates no more than b
// holds.
func (t *Tensor) UnmarshalBinary(b []byte) error {
	const op = "tensor.UnmarshalBinary"
	if t == nil {
		return t.unusable(op)
	}
	read, err := parseBinary(op, b)
	if err != nil {
		return err
	}
	return t.take(op, read)
}

func parseBinary(op string, b []byte) (*Tensor, error) {
	if len(b) < binaryHeader || string(b[:len(binaryMagic)]) != binaryMagic {
		return nil, Errorf(op, ErrValue, "no tensor of Tensor.MarshalBinary: it begins with %q and has %d bytes or more", binaryMagic, binaryHeader)
	}
	version, dtype, rank := b[3], DType(b[4]), int(b[5])
	switch {
	case version != binaryVersion:
		return nil, Errorf(op, ErrValue, "the tensor is written in version %d, this program reads version %d", version, binaryVersion)
	case dtype > Float32:
		return nil, Errorf(op, ErrDType, "unknown precision %d: want 0 for float64 or 1 for float32", dtype)
	case rank > MaxRank:
		return nil, Errorf(op, ErrLimit, "%d axes: at most %d are possible", rank, MaxRank)
	}
	if b = b[binaryHeader:]; len(b) < 8*rank {
		return nil, Errorf(op, ErrValue, "the bytes end within the shape: %d axes take %d, and %d are left", rank, 8*rank, len(b))
	}
	shape := make([]int, rank)
	for i := range shape {
		d := binary.LittleEndian.Uint64(b)
		if d > math.MaxInt {
			return nil, Errorf(op, ErrLimit, "axis %d has %d elements: too many to count", i, d)
		}
		shape[i], b = int(d), b[8:]
	}
	n, err := Size(shape)
	if err != nil {
		e := err.(*Error)
		return nil, &Error{Op: op, Kind: e.Kind, Msg: e.Msg}
	}
	if len(b) != n*dtype.Bytes() {
		return nil, Errorf(op, ErrValue, "%d bytes of elements: shape %s in %s has %d", len(b), FormatShape(shape), dtype, n*dtype.Bytes())
	}
	t := New(dtype, shape...)
	for i := range t.f32 {
		t.f32[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	for i := range t.f64 {
		t.f64[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return t, nil
}

// take makes read the value of t: all of it if t is zero, its elements if t was made with its precision and shape.
func (t *Tensor) take(op string, read *Tensor) error {
	if len(t.shape) == 0 && t.Len() == 0 {
		t.shape, t.dtype, t.f64, t.f32 = read.shape, read.dtype, read.f64, read.f32
		t.version++
		return nil
	}
	if t.dtype != read.dtype {
		return Errorf(op, ErrDType, "cannot read %s numbers into a %s tensor: read into a zero tensor.Tensor and convert it with Tensor.To", read.dtype, t.dtype)
	}
	if !slices.Equal(t.shape, read.shape) {
		return Errorf(op, ErrShape, "cannot read shape %s into a tensor of shape %s: read into a zero tensor.Tensor", FormatShape(read.shape), FormatShape(t.shape))
	}
	t.Copy(read)
	return nil
}
