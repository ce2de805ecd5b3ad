package tensor

import (
	"strconv"
	"strings"
)

// String returns the tensor as nested brackets with the shortest numbers that read back to the same values. Of a
// tensor with more than 1,000 elements it shows the first and last three along each axis. A nil tensor is "<nil>", the zero
// Tensor "<zero>".
func (t *Tensor) String() string {
	switch {
	case t == nil:
		return "<nil>"
	case len(t.shape) == 0 && t.Len() == 0:
		return "<zero>"
	}
	var b strings.Builder
	edge := 0
	if t.Len() > 1000 {
		edge = 3
	}
	t.format(&b, 0, 0, edge, -1)
	return b.String()
}

// Summary returns a one-line description for pictures and dumps: all elements where there are at most limit, else the
// first ones and an ellipsis. Numbers have prec significant digits, or the shortest form where prec is -1. It panics with
// an [*Error] if limit is negative or prec is not between -1 and 767, which no float64 needs more of.
func (t *Tensor) Summary(limit, prec int) string {
	t.must("tensor.Summary")
	if limit < 0 {
		panic(Errorf("tensor.Summary", ErrUsage, "cannot show at most %d elements: use 0 or more", limit))
	}
	if prec < -1 || prec > maxDigits {
		panic(Errorf("tensor.Summary", ErrUsage, "cannot show %d significant digits: use 1 to %d, or -1 for as many as it takes", prec, maxDigits))
	}
	n := t.Len()
	if n <= limit {
		var b strings.Builder
		t.format(&b, 0, 0, 0, prec)
		return b.String()
	}
	var b strings.Builder
	for i := range max(limit-1, 1) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(number(t.AtFlat(i), t.dtype, prec))
	}
	return "[" + b.String() + " …]"
}

// maxDigits is the number of significant digits of the float64 that has most of them.
const maxDigits = 767

func number(v float64, dtype DType, prec int) string {
	return strconv.FormatFloat(v, 'g', prec, 8*dtype.Bytes())
}

func (t *Tensor) format(b *strings.Builder, axis, offset, edge, prec int) {
	if axis == len(t.shape) {
		b.WriteString(number(t.AtFlat(offset), t.dtype, prec))
		return
	}
	stride := product(t.shape[axis+1:])
	b.WriteByte('[')
	n := t.shape[axis]
	for i := 0; i < n; i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		if edge > 0 && n > 2*edge && i == edge {
			b.WriteString("… ")
			i = n - edge
		}
		t.format(b, axis+1, offset+i*stride, edge, prec)
	}
	b.WriteByte(']')
}
