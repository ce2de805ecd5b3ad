package tensor

import "fmt"

// A Kind classifies an [Error], for use with errors.Is.
type Kind string

// Error returns the kind in words.
func (k Kind) Error() string { return string(k) }

// The kinds of mistakes that an [Error] reports. Packages that report others define kinds of their own, as package graph does.
const (
	ErrShape Kind = "shapes do not fit"
	ErrAxis  Kind = "axis out of range"
	ErrIndex Kind = "index out of range"
	ErrDType Kind = "precisions differ"
	ErrLimit Kind = "too large"
	ErrValue Kind = "value not allowed"
	ErrUsage Kind = "wrong use"
)

// An Error is a programmer's mistake: shapes that do not fit, an axis that does not exist, a value of another graph.
// Functions panic with it, because expressions nest; graph.Try turns the panic into an error.
type Error struct {
	Op   string // the function that was called, such as "ops.MatMul"
	Kind Kind   // what went wrong, for errors.Is
	Msg  string // what it got and what to do
}

// Error returns the message, which begins with the operation.
func (e *Error) Error() string { return e.Op + ": " + e.Msg }

// Unwrap returns the kind, so that errors.Is(err, graph.ErrShape) holds for an error of that kind.
func (e *Error) Unwrap() error { return e.Kind }

// Errorf returns an [Error] of the given kind with a formatted message.
func Errorf(op string, kind Kind, format string, args ...any) *Error {
	return &Error{Op: op, Kind: kind, Msg: fmt.Sprintf(format, args...)}
}
