package onnx

import (
	"bufio"
	"io"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
)

// An Option is a setting of [Write]: it returns the settings that it was given with one of them changed.
type Option func(config) config

type config struct {
	float32 bool
}

// WithFloat32 writes a function in float32 whatever its precision is: parameters, constants, inputs and outputs, as
// runtimes have kernels for.
func WithFloat32() Option {
	return func(c config) config { c.float32 = true; return c }
}

// Write writes f to w as an ONNX model; see the package for what becomes what. What is written depends on nothing but the
// recording, the numbers of parameters, state and constants, and the options.
//
// It returns an error if f is no function, if an operation has no form in ONNX, if a result has the name of an argument,
// or if the model has 2 GiB or more, and the first one of w. It panics with a [*graph.Error] if w is nil.
func Write(w io.Writer, f *program.Function, options ...Option) error {
	const op = "onnx.Write"
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give it a file, a buffer or os.Stdout"))
	}
	if err := f.Check(); err != nil {
		return err
	}
	var c config
	for _, o := range options {
		if o == nil {
			return graph.Errorf(op, graph.ErrUsage, "got a nil Option: leave it out")
		}
		c = o(c)
	}
	e := newEmitter(c)
	if err := graph.Try(func() { e.function(f) }); err != nil {
		return err
	}
	file, ok := newFile(&e.graph, e.parameters)
	if !ok {
		return graph.Errorf(op, graph.ErrLimit, "the model has 2 GiB or more, which no message of Protocol Buffers has: write it in float32, see WithFloat32, or in parts")
	}
	b := bufio.NewWriterSize(w, 1<<16)
	if err := file.write(b); err != nil {
		return err
	}
	return b.Flush()
}
