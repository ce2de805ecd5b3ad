// Package npy exchanges tensors with NumPy: files of one array, .npy, and archives of arrays with names, .npz.
//
//	t, err := npy.Read(f)                                      // np.save(f, t)
//	err := npy.Write(f, t)                                     // t = np.load(f)
//	arrays, err := npy.ReadNPZ(f, size, "weight", "bias")      // np.savez(f, weight=..., bias=...)
//	err := npy.WriteNPZ(f, map[string]*tensor.Tensor{"w": w})  // w = np.load(f)["w"]
//
// Arrays of float64 and float32 keep their numbers to the last bit. What a tensor has no precision for becomes the
// smaller one that holds it exactly: float32 for float16, bool and integers of up to 16 bits, float64 for longer
// integers, of which one that it does not hold is an error. Arrays in Fortran's order are turned around. Text, complex
// numbers, dates, records and Python objects are errors; nothing is ever unpickled.
//
// Files are of the world: what is wrong in one is an error, and no header makes Read allocate more than a few times
// the bytes that come after it. Misuse panics with a [*tensor.Error].
package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"codeberg.org/sbinet/npyio/npy"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// Read returns the array that r begins with, and leaves what comes after it unread. The error says what is wrong in the
// file. Read panics with a [*tensor.Error] if r is nil.
func Read(r io.Reader) (*tensor.Tensor, error) {
	if r == nil {
		panic(tensor.Errorf("npy.Read", tensor.ErrUsage, "got a nil io.Reader: give one such as an *os.File"))
	}
	t, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("npy.Read: %w", err)
	}
	return t, nil
}

func read(r io.Reader) (*tensor.Tensor, error) {
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	n, err := array.Size(h.shape)
	if err != nil {
		return nil, err
	}
	want := int64(n) * int64(h.bytes)
	var raw bytes.Buffer // grows with what there is, not with what the header promises
	if got, err := io.CopyN(&raw, r, want); err == io.EOF {
		return nil, fmt.Errorf("the file ends after %d bytes of numbers: shape %s of %s has %d", got, tensor.FormatShape(h.shape), h.descr, want)
	} else if err != nil {
		return nil, err
	}
	numbers, err := h.decode(&raw)
	if err != nil {
		return nil, err
	}
	shape := h.shape
	if h.fortran {
		shape = slices.Clone(shape)
		slices.Reverse(shape)
	}
	t, err := toTensor(numbers, shape)
	if err != nil || !h.fortran {
		return t, err
	}
	axes := make([]int, len(shape))
	for i := range axes {
		axes[i] = len(axes) - 1 - i
	}
	out := tensor.New(t.DType(), h.shape...)
	array.Permute(out, t, axes)
	return out, nil
}

// decode returns the numbers of an array as a slice. The library trusts a header, and takes one form of it only: it is
// given one of our own, of which everything has been checked.
func (h header) decode(raw io.Reader) (any, error) {
	r, err := npy.NewReader(io.MultiReader(bytes.NewReader(h.text()), raw))
	if err != nil {
		return nil, err
	}
	var a npy.Array
	if err := r.Read(&a); err != nil {
		return nil, err
	}
	return a.Data(), nil
}

// Write writes a tensor as NumPy's save does, byte for byte. The library writes vectors and matrices only. The error is
// that of w. Write panics with a [*tensor.Error] if w is nil, or the tensor is nil or zero.
func Write(w io.Writer, t *tensor.Tensor) error {
	const op = "npy.Write"
	if w == nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil io.Writer: give one such as an *os.File"))
	}
	mustBeMade(op, t)
	if err := write(w, t); err != nil {
		return fmt.Errorf("npy.Write: %w", err)
	}
	return nil
}

func mustBeMade(op string, t *tensor.Tensor) {
	if t == nil || t.Rank() == 0 && t.Len() == 0 {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil or zero tensor: make one with tensor.New or tensor.Of"))
	}
}

func write(w io.Writer, t *tensor.Tensor) error {
	h := header{descr: "<f8", shape: t.Dims()}
	if t.DType() == tensor.Float32 {
		h.descr = "<f4"
	}
	if _, err := w.Write(h.text()); err != nil {
		return err
	}
	if t.DType() == tensor.Float32 {
		return writeNumbers(w, t.Float32s(), func(b []byte, v float32) []byte { return binary.LittleEndian.AppendUint32(b, math.Float32bits(v)) })
	}
	return writeNumbers(w, t.Float64s(), func(b []byte, v float64) []byte { return binary.LittleEndian.AppendUint64(b, math.Float64bits(v)) })
}

// writeNumbers writes numbers a piece at a time.
func writeNumbers[T float32 | float64](w io.Writer, s []T, appendTo func([]byte, T) []byte) error {
	const piece = 4096
	var buf []byte
	for part := range slices.Chunk(s, piece) {
		buf = buf[:0]
		for _, v := range part {
			buf = appendTo(buf, v)
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}
