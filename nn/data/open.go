package data

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A ReadError says where in a file something is wrong.
type ReadError struct {
	Op     string // the function that read it, such as "data.ReadCSV"
	Line   int    // from 1 on; 0 if it is about the file as a whole
	Column int    // of the field's first byte, from 1 on; 0 if it is about the line as a whole
	Err    error
}

// Error returns the place and what is wrong there.
func (e *ReadError) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %v", e.Op, e.Err)
	case e.Column == 0:
		return fmt.Sprintf("%s: line %d: %v", e.Op, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: line %d, column %d: %v", e.Op, e.Line, e.Column, e.Err)
}

// Unwrap returns what is wrong, without the place.
func (e *ReadError) Unwrap() error { return e.Err }

// by notes the function in an error, if that is a [*ReadError].
func by(op string, err error) error {
	var e *ReadError
	if errors.As(err, &e) {
		e.Op = op
	}
	return err
}

// unzipped returns what r holds, unpacked if it is compressed with gzip: the first two bytes tell.
func unzipped(r io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReader(r)
	if magic, err := buffered.Peek(2); err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return buffered, nil // a broken reader gives its error once more
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, &ReadError{Err: err}
	}
	return bufio.NewReader(z), nil
}

// mustRead panics if there is no reader.
func mustRead(op string, r io.Reader) {
	if r == nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil io.Reader: give one such as an fs.File"))
	}
}

// readFrom opens a file and has it read.
func readFrom[T any](op string, fsys fs.FS, name string, read func(io.Reader) (T, error)) (out T, err error) {
	if fsys == nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil fs.FS: give one such as os.DirFS(\".\")"))
	}
	f, err := fsys.Open(name)
	if err != nil {
		return out, fmt.Errorf("%s: %w", op, err)
	}
	defer f.Close()
	if out, err = read(f); err != nil {
		return out, fmt.Errorf("%s: %s: %w", op, name, err)
	}
	return out, nil
}
