// Package onnx writes recorded functions as ONNX models, and reads such models back.
//
// ONNX is a file format for computations: a graph of nodes, each an operator of a published list with attributes, inputs and
// outputs that have names. ONNX Runtime and many other programs run such files, on phones, in browsers and on servers.
//
//	g := graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
//	f, err := nn.RecordForward(g, model, batch) // the model in use, as a function of a batch
//	...
//	err = onnx.Write(w, f)
//
// # What is in the file
//
// [Write] makes a model of IR version 10 with operators of version 20 of the standard list. A [program.Function] becomes
// its graph:
//
//	arguments of role Parameter or State     initializers: tensors that are in the file, with the numbers they have now
//	other arguments                          inputs, which whoever runs the model gives
//	other leaves                             nodes Constant
//	operations                               a node each, or a few
//	results                                  outputs
//
// under their names. Shapes are those of the recording, the number of rows in a batch too: record again for another one.
//
// A file is a message in the encoding of Protocol Buffers: fields, each with a number that says which one it is, a kind and
// a value, which may be a message again. The package writes and reads these fields itself, see schema.go, so that it needs
// no code generated from onnx.proto.
//
// # What is not the same
//
// ONNX has operators where this engine has operations, and where both mean the same function, they agree to rounding:
// within 1e-5 in float32. They may differ where squares of operands overflow, and in operations that are not elementwise
// where operands are infinite or NaN; gelu and silu of -Inf are NaN. Indices that are out of range are an error where an operation is recorded; a runtime
// may refuse them or not.
//
// Some operations have no form, such as eigenvalues and random numbers; Write names them, and [Lowers] says why. A
// function of inference has none of them.
//
// ONNX Runtime has few kernels for float64, no convolution among them. [WithFloat32] writes a float64 function in float32.
//
// # Reading
//
// [Read] records the operators of a file on a new graph and returns the function. It knows the operators that Write uses,
// with the attributes that Write gives them, so that a file of another program is read if it is made of these. It takes
// files from strangers: what a file may ask for is bounded, see [WithLimit].
package onnx

import _ "github.com/seed366ff29f/chainrule/autograd/program"
