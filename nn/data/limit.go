package data

import (
	"bytes"
	"fmt"
	"io"
)

// What a row may have at most, so that no file fills the memory with one: bytes and fields. A file is read in blocks,
// by the size of which a row may have more.
const (
	maxRowBytes = 16 << 20
	maxFields   = 1 << 20
)

// What the text in a table may grow to: the different texts of a column, and the numbers that stand for them in one-hot
// form.
const (
	maxLevels = 1 << 16
	maxOneHot = 1 << 28
)

// A limiter stops a reader within a row that is too long.
type limiter struct {
	r      io.Reader
	read   int64 // bytes, in all
	start  int64 // of the row under way
	comma  []byte
	commas int // read since start
}

// begin notes that a row begins at the given byte.
func (l *limiter) begin(at int64) { l.start, l.commas = at, 0 }

func (l *limiter) Read(b []byte) (int, error) {
	switch {
	case l.read-l.start > maxRowBytes:
		return 0, fmt.Errorf("a row of more than %d MiB: is this a file of comma-separated values?", maxRowBytes>>20)
	case l.commas > maxFields:
		return 0, fmt.Errorf("a row of more than %d fields", maxFields)
	}
	n, err := l.r.Read(b)
	l.read += int64(n)
	l.commas += bytes.Count(b[:n], l.comma)
	return n, err
}
