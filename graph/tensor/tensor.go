package tensor

import (
	"slices"
	"strconv"

	"golang.org/x/exp/constraints"
)

// A DType is the precision of a tensor's elements.
type DType uint8

// The two precisions.
const (
	Float64 DType = iota
	Float32
)

// String returns "float64" or "float32", or "DType(7)" for what is neither.
func (d DType) String() string {
	switch d {
	case Float64:
		return "float64"
	case Float32:
		return "float32"
	}
	return "DType(" + strconv.Itoa(int(d)) + ")"
}

// Bytes returns the size of one element in bytes: 8 or 4. It panics with an [*Error] for what is neither precision.
func (d DType) Bytes() int {
	switch d {
	case Float64:
		return 8
	case Float32:
		return 4
	}
	panic(d.error("tensor.DType.Bytes"))
}

// Check panics with an [*Error] unless d is one of the two precisions; op is the function named in the message.
func (d DType) Check(op string) {
	if d > Float32 {
		d.panic(op)
	}
}

//go:noinline
func (d DType) panic(op string) { panic(d.error(op)) }

//go:noinline
func (d DType) error(op string) *Error {
	return Errorf(op, ErrDType, "%v is no precision: use tensor.Float64 or tensor.Float32", d)
}

// A Tensor is a dense row-major array of float64 or float32 numbers. Its shape and precision never change, its
// elements may. The zero Tensor is not usable: make one with [New] or [Of].
//
// A tensor is shared by its pointer. It is safe to read from several goroutines as long as none writes.
type Tensor struct {
	shape   []int
	f64     []float64
	f32     []float32
	version uint64
	owner   *Tensor // of what Pool.Share returned: the tensor with the buffer
	shares  int32   // of a buffer lent by a pool: how many tensors have it besides the first
	dtype   DType
	view    bool // shares another tensor's storage: only the header goes back to a pool
	lent    bool // by a pool, which has not got it back
}

// must panics with an [*Error] if t is nil or the zero Tensor.
func (t *Tensor) must(op string) {
	if t == nil || len(t.shape)|len(t.f64)|len(t.f32) == 0 { // a tensor without axes has an element
		t.panicUnusable(op)
	}
}

// notNil panics with an [*Error] if t is nil.
func (t *Tensor) notNil(op string) {
	if t == nil {
		t.panicUnusable(op)
	}
}

// panicUnusable stands by itself so that the checks are inlined.
//
//go:noinline
func (t *Tensor) panicUnusable(op string) { panic(t.unusable(op)) }

func (t *Tensor) unusable(op string) *Error {
	what := "nil tensor"
	if t != nil {
		what = "zero tensor.Tensor"
	}
	return Errorf(op, ErrUsage, "got a %s: make one with tensor.New or tensor.Of", what)
}

// New returns a tensor of zeros. It panics with an [*Error] if an axis is negative or the shape is too large.
func New(dtype DType, shape ...int) *Tensor {
	dtype.Check("tensor.New")
	n := mustSize("tensor.New", shape)
	t := &Tensor{shape: slices.Clone(shape), dtype: dtype}
	if dtype == Float32 {
		t.f32 = make([]float32, n)
	} else {
		t.f64 = make([]float64, n)
	}
	return t
}

// Of returns a tensor of the given shape over data, in row-major order. It uses data as its storage and does not copy
// it: use Of(data, shape...).Clone() where data goes on changing, or [Tensor.MarkChanged] where the tensor is to change
// with it. Without a shape, data must hold a single number.
// It panics with an [*Error] if the shape does not have len(data) elements.
func Of[T float32 | float64](data []T, shape ...int) *Tensor {
	if n := mustSize("tensor.Of", shape); n != len(data) {
		panic(Errorf("tensor.Of", ErrShape, "shape %s has %d elements, data has %d: give the shape that data has, such as tensor.Of(data, %d)",
			FormatShape(shape), n, len(data), len(data)))
	}
	t := &Tensor{shape: slices.Clone(shape)}
	switch d := any(data).(type) {
	case []float64:
		t.f64 = d
	case []float32:
		t.f32, t.dtype = d, Float32
	}
	return t
}

// Shape returns a copy of the tensor's shape; () is empty, not nil.
func (t *Tensor) Shape() []int {
	t.notNil("tensor.Shape")
	return append([]int{}, t.shape...)
}

// Dims returns the tensor's own shape, which must not be changed: [Tensor.Shape] without the copy.
func (t *Tensor) Dims() []int {
	t.notNil("tensor.Dims")
	return t.shape
}

// DType returns the precision of the elements.
func (t *Tensor) DType() DType {
	t.notNil("tensor.DType")
	return t.dtype
}

// Len returns the number of elements.
func (t *Tensor) Len() int {
	t.notNil("tensor.Len")
	return len(t.f64) + len(t.f32) // one of them is nil
}

// Rank returns the number of axes.
func (t *Tensor) Rank() int {
	t.notNil("tensor.Rank")
	return len(t.shape)
}

// At returns the element at the given indices, one for each axis.
func (t *Tensor) At(index ...int) float64 { return t.AtFlat(t.offset("tensor.At", index)) }

// SetAt sets the element at the given indices to v, rounded to the tensor's precision, and counts as a change.
func (t *Tensor) SetAt(v float64, index ...int) {
	t.SetFlat(v, t.offset("tensor.SetAt", index))
	t.version++
}

// AtFlat returns the i-th element in row-major order. It panics with an [*Error] if there is none.
func (t *Tensor) AtFlat(i int) float64 {
	if t != nil && uint(i) < uint(len(t.f64)) { // a float32 tensor has none
		return t.f64[i]
	}
	return t.at(i) // a call, so that this function is small enough to be inlined
}

//go:noinline
func (t *Tensor) at(i int) float64 {
	t.checkFlat("tensor.AtFlat", i)
	return float64(t.f32[i])
}

// SetFlat sets the i-th element in row-major order. Unlike [Tensor.SetAt] it does not count as a change. It panics with an
// [*Error] if there is no such element.
func (t *Tensor) SetFlat(v float64, i int) {
	if t != nil && uint(i) < uint(len(t.f64)) {
		t.f64[i] = v
	} else {
		t.set(v, i)
	}
}

//go:noinline
func (t *Tensor) set(v float64, i int) {
	t.checkFlat("tensor.SetFlat", i)
	t.f32[i] = float32(v)
}

// checkFlat panics with an [*Error] unless t has an element i.
func (t *Tensor) checkFlat(op string, i int) {
	t.must(op)
	if uint(i) >= uint(t.Len()) {
		panic(Errorf(op, ErrIndex, "no element %d in a tensor of shape %s: its %d elements are counted from 0", i, FormatShape(t.shape), t.Len()))
	}
}

func (t *Tensor) offset(op string, index []int) int {
	t.must(op)
	if len(index) != len(t.shape) {
		panic(Errorf(op, ErrIndex, "%d indices for a tensor of shape %s: give one for each axis", len(index), FormatShape(t.shape)))
	}
	off := 0
	for i, k := range index {
		if k < 0 || k >= t.shape[i] {
			// A clone: the message must not make every caller's index escape to the heap.
			if t.shape[i] == 0 {
				panic(Errorf(op, ErrIndex, "index %v is outside shape %s: axis %d is empty", slices.Clone(index), FormatShape(t.shape), i))
			}
			panic(Errorf(op, ErrIndex, "index %v is outside shape %s: axis %d runs from 0 to %d", slices.Clone(index), FormatShape(t.shape), i, t.shape[i]-1))
		}
		off = off*t.shape[i] + k
	}
	return off
}

// Float64s returns the elements in row-major order. For a Float64 tensor this is its storage, not a copy: nothing notices
// what is written to it, so call [Tensor.MarkChanged] afterwards. For a Float32 tensor it is a converted copy.
func (t *Tensor) Float64s() []float64 {
	if t != nil && t.f64 != nil { // then it is a Float64 tensor
		return t.f64
	}
	return t.float64s() // a call, so that this function is small enough to be inlined
}

//go:noinline
func (t *Tensor) float64s() []float64 {
	t.must("tensor.Float64s")
	if t.dtype == Float64 {
		return t.f64
	}
	return convert[float64](t.f32)
}

// Float32s returns the elements in row-major order. For a Float32 tensor this is its storage, not a copy: nothing notices
// what is written to it, so call [Tensor.MarkChanged] afterwards. For a Float64 tensor it is a rounded copy.
func (t *Tensor) Float32s() []float32 {
	if t != nil && t.f32 != nil { // then it is a Float32 tensor
		return t.f32
	}
	return t.float32s()
}

//go:noinline
func (t *Tensor) float32s() []float32 {
	t.must("tensor.Float32s")
	if t.dtype == Float32 {
		return t.f32
	}
	return convert[float32](t.f64)
}

// Data returns the storage of t as a slice of T, the element type of its precision. Nothing notices what is written to
// it: call [Tensor.MarkChanged] afterwards. It panics with an [*Error] if the tensor has the other precision.
func Data[T constraints.Float](t *Tensor) []T {
	t.notNil("tensor.Data")
	var s any
	if t.dtype == Float32 {
		if d, ok := any(&t.f32).(*[]T); ok {
			return *d
		}
		s = t.f32
	} else {
		if d, ok := any(&t.f64).(*[]T); ok {
			return *d
		}
		s = t.f64
	}
	panic(Errorf("tensor.Data", ErrDType, "the tensor holds %T, not %T: convert it with Tensor.To", s, []T(nil)))
}

func convert[D, S float32 | float64](s []S) []D {
	d := make([]D, len(s))
	for i, v := range s {
		d[i] = D(v)
	}
	return d
}

// Clone returns a copy of t.
func (t *Tensor) Clone() *Tensor {
	t.must("tensor.Clone")
	c := New(t.dtype, t.shape...)
	c.Copy(t)
	return c
}

// To returns a copy of t in the given precision, each element rounded to nearest.
func (t *Tensor) To(dtype DType) *Tensor {
	t.must("tensor.To")
	dtype.Check("tensor.To")
	c := New(dtype, t.shape...)
	c.Copy(t)
	return c
}

// Reshape returns a tensor of another shape over the same storage. One dimension may be -1 and is computed. Each of the
// two counts the changes made through it only: change the one that is bound to a graph. Reshape panics with an [*Error]
// if the number of elements differs.
func (t *Tensor) Reshape(shape ...int) *Tensor {
	t.must("tensor.Reshape")
	dims, err := ResolveShape(nil, shape, t.shape)
	if err != nil {
		panic(Errorf("tensor.Reshape", ErrShape, "%v", err))
	}
	return &Tensor{shape: dims, f64: t.f64, f32: t.f32, dtype: t.dtype, view: true}
}

// Copy sets the elements of t to those of src, rounded to t's precision, and counts as a change. The shapes must be
// equal.
func (t *Tensor) Copy(src *Tensor) {
	t.must("tensor.Copy")
	src.must("tensor.Copy")
	if !slices.Equal(t.shape, src.shape) {
		panic(Errorf("tensor.Copy", ErrShape, "cannot copy shape %s into shape %s: reshape one of them", FormatShape(src.shape), FormatShape(t.shape)))
	}
	switch {
	case t.dtype == Float64 && src.dtype == Float64:
		copy(t.f64, src.f64)
	case t.dtype == Float32 && src.dtype == Float32:
		copy(t.f32, src.f32)
	case t.dtype == Float64:
		for i, v := range src.f32 {
			t.f64[i] = float64(v)
		}
	default:
		for i, v := range src.f64 {
			t.f32[i] = float32(v)
		}
	}
	t.version++
}

// Fill sets every element to v, rounded to the tensor's precision, and counts as a change.
func (t *Tensor) Fill(v float64) {
	t.must("tensor.Fill")
	if t.dtype == Float32 {
		fill(t.f32, float32(v))
	} else {
		fill(t.f64, v)
	}
	t.version++
}

// Zero sets every element to 0. Unlike [Tensor.Fill] it does not count as a change.
func (t *Tensor) Zero() {
	t.must("tensor.Zero")
	clear(t.f32)
	clear(t.f64)
}

func fill[T constraints.Float](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

// Version counts the changes made through SetAt, Copy, Fill and MarkChanged. A graph compares it to notice a bound
// tensor that changed between its use and the backward sweep. What is written to the slice of Float64s, Float32s, [Data]
// or the one that was given to [Of] does not count by itself.
func (t *Tensor) Version() uint64 {
	t.notNil("tensor.Version")
	return t.version
}

// MarkChanged counts a change that was made by writing to the slice of Float64s, Float32s or [Data], or to the one that was
// given to [Of].
func (t *Tensor) MarkChanged() {
	t.notNil("tensor.MarkChanged")
	t.version++
}

// ResolveShape appends to dst the dimensions of a reshape of a tensor of shape from, with one -1 among them replaced
// by what the number of elements asks for. The error says what does not fit.
func ResolveShape(dst, dims, from []int) ([]int, error) {
	n := product(from)
	known, hole := uint64(1), -1
	for i, d := range dims {
		switch {
		case d == -1 && hole < 0:
			hole = i
		case d == -1:
			return dst, Errorf("tensor.ResolveShape", ErrShape, "shape %s has more than one -1: only one axis can be computed", FormatShape(dims))
		case d < 0:
			return dst, Errorf("tensor.ResolveShape", ErrShape, "shape %s has a negative axis: use -1 for one axis that is to be computed", FormatShape(dims))
		}
	}
	if len(dims) > MaxRank {
		return dst, Errorf("tensor.ResolveShape", ErrLimit, "shape %s has %d axes: at most %d are possible", FormatShape(dims), len(dims), MaxRank)
	}
	for i, d := range dims {
		if i == hole {
			continue
		}
		if d != 0 && known > maxBytes/uint64(d) {
			return dst, Errorf("tensor.ResolveShape", ErrLimit, "shape %s has more elements than a tensor can hold", FormatShape(dims))
		}
		known *= uint64(d)
	}
	if hole >= 0 && (known == 0 || uint64(n)%known != 0) || hole < 0 && known != uint64(n) {
		return dst, Errorf("tensor.ResolveShape", ErrShape, "shape %s with %d elements cannot become %s: the number of elements must stay the same", FormatShape(from), n, FormatShape(dims))
	}
	base := len(dst)
	dst = append(dst, dims...)
	if hole >= 0 {
		dst[base+hole] = int(uint64(n) / known)
	}
	if _, err := Size(dst[base:]); err != nil {
		return dst[:base], err
	}
	return dst, nil
}
