// Package xla holds what graphs are exported as against XLA: that the modules of
// [github.com/seed366ff29f/chainrule/autograd/program/stablehlo] are well formed, and that XLA computes from them the
// numbers that this engine computes.
//
//	internal/xla/check.sh
//
// does all of it. It needs Python 3 and makes a virtual environment with JAX; where JAX cannot be installed it says so
// and succeeds. Nothing else of this repository needs Python.
//
// The test of this package calls every operation that has a lowering as the operation's tests do, in both precisions, with
// the gradient that is recorded for it, and elementwise operations with all special numbers. Without Python it holds
// that modules can be written of all of that. With CHAINRULE_XLA set to a directory it leaves there, for check.py to
// read, modules of many calls each, only of the operations that the regular expression CHAINRULE_XLA_ROWS begins, if that
// is set:
//
//	NAME.mlir         the module; "xla" is in the names of those that no other compiler takes
//	NAME.safetensors  its arguments, and what this engine has for the results
//	NAME.json         what each result is, and how far XLA's may be from it
package xla
