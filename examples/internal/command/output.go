package command

import (
	"fmt"
	"io"
)

// An Output is where text goes. It remembers the first error of its writer, and writes no more after it, so that a
// program may ask for it once in a while.
type Output struct {
	W   io.Writer
	Err error
}

// Write writes b.
func (o *Output) Write(b []byte) (int, error) {
	if o.Err != nil {
		return 0, o.Err
	}
	n, err := o.W.Write(b)
	o.Err = err
	return n, err
}

// Printf writes formatted text.
func (o *Output) Printf(format string, args ...any) { fmt.Fprintf(o, format, args...) }
