package onnx

import (
	"fmt"
	"io"
	"math"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
)

// Read reads an ONNX model and returns it as a function on a new graph of [graph.Traced]. Its arguments are the
// initializers and then the inputs, in the order of the file; what the roles were is in the file too, and else an
// initializer is a Parameter, which can be trained, an input a Batch and an output an Output. Inputs are zeros on the
// graph, until the function is called.
//
// The graph computes in float64 if a tensor of the model that is no scalar is DOUBLE, and else in float32. Integers and
// booleans are numbers on it.
//
// The error says what is not read: a file that is malformed, asks for more than [WithLimit] allows, or has operators,
// attributes or types that [Write] does not use; or it is one of r. Read panics with a [*graph.Error] if r is nil.
func Read(r io.Reader, options ...ReadOption) (*program.Function, error) {
	const op = "onnx.Read"
	if r == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Reader: give it a file or a buffer"))
	}
	c := readConfig{limit: 1 << 27}
	for _, o := range options {
		if o == nil {
			return nil, graph.Errorf(op, graph.ErrUsage, "got a nil ReadOption: leave it out")
		}
		c = o(c)
	}
	size := int64(math.MaxInt32) // no message has more
	if int64(c.limit) < size/8 {
		size = 8*int64(c.limit) + 1<<16
	}
	b, err := io.ReadAll(io.LimitReader(r, size+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > size {
		return nil, fmt.Errorf("%s: the file has more than %d bytes: allow more with onnx.WithLimit", op, size)
	}
	budget := &budget{c.limit, c.limit}
	m, err := (&decoder{budget}).model(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	f, err := newImporter(&m.graph, budget).function()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return f, nil
}
