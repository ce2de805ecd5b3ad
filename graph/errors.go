package graph

import "github.com/seed366ff29f/chainrule/graph/tensor"

// An Error is a programmer's mistake in building or differentiating a graph: shapes that do not fit, a value of
// another graph, a loss that is not a scalar. Its message names the operation, what it got, and what to do.
// Functions panic with *Error because expressions nest; [Try] turns the panic into an error.
type Error = tensor.Error

// A Kind classifies an [Error], for use with errors.Is.
type Kind = tensor.Kind

// The kinds of an [Error] that tensors have too.
const (
	ErrShape = tensor.ErrShape // shapes that do not fit together
	ErrAxis  = tensor.ErrAxis  // an axis that does not exist
	ErrIndex = tensor.ErrIndex // an index or label out of range
	ErrDType = tensor.ErrDType // a tensor of another precision than the graph's
	ErrLimit = tensor.ErrLimit // too many nodes or elements
	ErrValue = tensor.ErrValue // numbers that the operation cannot take, such as a singular matrix
	ErrUsage = tensor.ErrUsage // anything else that a correct program does not do
)

// The kinds of an [Error] that only graphs know.
const (
	ErrStale   Kind = "value is no longer on the tape" // a value from before Reset or from a part that was rewound
	ErrForeign Kind = "value belongs to another graph" // a value of another graph
	ErrChanged Kind = "leaf changed since it was used" // a leaf that changed between its use and the backward sweep
)

// Errorf returns an [Error] with a formatted message; op is the function that was called, such as "ops.MatMul".
func Errorf(op string, kind Kind, format string, args ...any) *Error {
	return tensor.Errorf(op, kind, format, args...)
}

// Try calls f and returns nil, or the error that f panicked with if that was an *[Error]. Every other panic goes on.
// The error's type is *Error, so that
//
//	err := graph.Try(func() { y = ops.MatMul(a, b) })
//
// can be tested with errors.Is(err, graph.ErrShape). Try(nil) returns an error too.
func Try(f func()) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			err = e
		default:
			panic(e)
		}
	}()
	mustFunc("graph.Try", f == nil)
	f()
	return nil
}

// mustFunc panics with an [*Error] if a function is nil.
func mustFunc(op string, isNil bool) {
	if isNil {
		panic(Errorf(op, ErrUsage, "got a nil function: give the one that is to be called"))
	}
}
