package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// ReadIDX reads an array in the format of the MNIST files, which may be compressed with gzip: the first two bytes tell.
// Integers of 8 and 16 bits and float32 become float32, integers of 32 bits and float64 become float64; all are exact.
// The error is a [*ReadError] if the file is something else, ends before its numbers do, or goes on after them. However
// many numbers its header promises, memory is taken as they come. It panics with an [*tensor.Error] if r is nil.
//
// The format has four bytes, 0, 0, the type of the numbers and the number of axes, then each axis in four bytes, and
// then the numbers in row-major order, all big endian.
//
// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
func ReadIDX(r io.Reader) (*tensor.Tensor, error) {
	const op = "data.ReadIDX"
	mustRead(op, r)
	in, err := unzipped(r)
	if err != nil {
		return nil, by(op, err)
	}
	t, err := readIDX(in)
	if err != nil {
		return nil, &ReadError{Op: op, Err: err}
	}
	return t, nil
}

func readIDX(r io.Reader) (*tensor.Tensor, error) {
	const magic = 4
	b := make([]byte, magic+4*tensor.MaxRank)
	if n, err := io.ReadFull(r, b[:magic]); err != nil && !ended(err) {
		return nil, err
	} else if n < magic || b[0] != 0 || b[1] != 0 {
		return nil, errors.New("no IDX file: it begins with two bytes that are 0, a type and a number of axes")
	}
	kind, rank := b[2], int(b[3])
	if rank > tensor.MaxRank {
		return nil, fmt.Errorf("%d axes: at most %d are possible", rank, tensor.MaxRank)
	}
	if _, err := io.ReadFull(r, b[:4*rank]); ended(err) {
		return nil, errors.New("the file ends within its header")
	} else if err != nil {
		return nil, err
	}
	shape := make([]int, rank)
	for i := range shape {
		d := binary.BigEndian.Uint32(b[4*i:])
		if uint64(d) > math.MaxInt {
			return nil, fmt.Errorf("axis %d has %d elements: too many to count", i, d)
		}
		shape[i] = int(d)
	}
	n, err := array.Size(shape)
	if err != nil {
		return nil, err
	}
	t, err := readNumbers(r, kind, shape, n)
	if err != nil {
		return nil, err
	}
	switch n, err := io.ReadFull(r, b[:1]); { // at the end gzip compares its checksum
	case n > 0:
		return nil, fmt.Errorf("there are bytes after the numbers of shape %s", tensor.FormatShape(shape))
	case err != io.EOF:
		return nil, err
	}
	return t, nil
}

// ended reports whether a file has ended too early.
func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// readNumbers reads a tensor of n elements in one of the types of IDX.
func readNumbers(r io.Reader, kind byte, shape []int, n int) (*tensor.Tensor, error) {
	order := binary.BigEndian
	switch kind {
	case 0x08:
		return numbersOf(r, shape, n, 1, func(b []byte) float32 { return float32(b[0]) })
	case 0x09:
		return numbersOf(r, shape, n, 1, func(b []byte) float32 { return float32(int8(b[0])) })
	case 0x0B:
		return numbersOf(r, shape, n, 2, func(b []byte) float32 { return float32(int16(order.Uint16(b))) })
	case 0x0C:
		return numbersOf(r, shape, n, 4, func(b []byte) float64 { return float64(int32(order.Uint32(b))) })
	case 0x0D:
		return numbersOf(r, shape, n, 4, func(b []byte) float32 { return math.Float32frombits(order.Uint32(b)) })
	case 0x0E:
		return numbersOf(r, shape, n, 8, func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) })
	}
	return nil, fmt.Errorf("type 0x%02X of the numbers: want 0x08, 0x09, 0x0B, 0x0C, 0x0D or 0x0E", kind)
}

// numbersOf reads n numbers of so many bytes each, a piece at a time.
func numbersOf[T float32 | float64](r io.Reader, shape []int, n, bytes int, decode func([]byte) T) (*tensor.Tensor, error) {
	out := []T{}
	piece := make([]byte, 1<<15)
	for len(out) < n {
		piece = piece[:min(len(piece), (n-len(out))*bytes)]
		if got, err := io.ReadFull(r, piece); ended(err) {
			return nil, fmt.Errorf("the file ends after %d of the %d numbers of shape %s", len(out)+got/bytes, n, tensor.FormatShape(shape))
		} else if err != nil {
			return nil, err
		}
		for b := piece; len(b) > 0; b = b[bytes:] {
			out = append(out, decode(b))
		}
	}
	return tensor.Of(out, shape...), nil
}
