// Package stablehlo writes a [github.com/seed366ff29f/chainrule/autograd/program.Function] as a module of StableHLO, the
// language that XLA, and with it JAX, and IREE compile for CPUs, GPUs and TPUs.
//
//	err := stablehlo.Write(w, f)
//
// StableHLO has no gradients. It needs none: the gradients that package autograd's Grad recorded are operations of the
// function like others, and so is a whole step of training.
//
// # The module
//
// The text is one module with one function, @main. Its arguments are those of the function and its results too, in their
// order, each with its name: that of an argument as its location, loc("w"), that of a result as jax.result_info. An
// argument that a result replaces says so, tf.aliasing_output = 2 : i32 for result 2, and a compiler may put the result
// where the argument was.
//
//	module @"step" {
//	  func.func public @main(
//	      %arg0: tensor<4x3xf32> {tf.aliasing_output = 0 : i32} loc("w"),
//	      %arg1: tensor<f64> loc("lr")
//	  ) -> (tensor<4x3xf32> {jax.result_info = "w"}) {
//	    %0 = stablehlo.convert %arg1 : (tensor<f64>) -> tensor<f32>
//	    ...
//
// Every operation becomes a few instructions, in the order of recording; what no result depends on is left out. Leaves that
// are not arguments are constants, bit by bit: hexadecimal where their numbers differ. The numbers that arguments had when
// the function was recorded are nowhere in the text, which depends on the recording alone: exported twice it is the same,
// byte by byte. Shapes are fixed; for another size of a batch record and export again.
//
// Nothing in the text is about devices. How a batch or a parameter is cut over machines is said to the compiler, beside
// the module, so that one file serves one device and many. [WriteSidecar] writes what that takes: names, roles, shapes.
//
// # Running it
//
// With JAX, from 0.7.1 on, a module takes the place of that of an exported function with the same types:
//
//	like = jax.export.export(jax.jit(lambda x: x[:, 0]))(x)
//	step = dataclasses.replace(like, mlir_module_serialized=jax.extend.mlir.serialize_portable_artifact(text, "1.13.0"))
//	y = jax.jit(step.call)(x)
//
// in_shardings and donate_argnums of jax.jit do the rest; examples/distributed has all of it. For float64, which scalars are
// always, JAX wants jax_enable_x64. IREE compiles the file as it is, and keeps float64 if it is told to:
//
//	iree-compile --iree-hal-target-backends=llvm-cpu --iree-input-demote-f64-to-f32=false step.mlir -o step.vmfb
//
// Factorizations, and what is made of them, such as solve and det, are calls of XLA's and instructions that IREE has not.
//
// # Layout and precision
//
// Tensors are dense and row-major, in the shapes that they have here. Products of matrices and convolutions ask for the
// precision HIGHEST, with which accelerators compute in full float32; [WithPrecision] asks for less.
//
// Numbers have the types that the engine has for them: tensors the precision of the graph, scalars that were made of
// scalars alone float64, also on a float32 graph. Where the two meet the scalar is rounded to float32, as the engine does.
//
// # What is equal
//
// A module computes what [github.com/seed366ff29f/chainrule/autograd/program.Function.Call] does, to rounding: numbers agree
// to 1e-6 in float32 and 1e-12 in float64, not bit by bit, since sums have another order and functions another
// implementation. What operations promise at kinks, ties, ±0, Inf and NaN holds there too, but for this:
//
//   - In products of matrices and convolutions a cotangent of 0 does not win over Inf or NaN in the other operand. Nothing
//     comes of it while all numbers are finite.
//   - XLA takes numbers too small for a normal float, below 1.2e-38 in float32 and 2.2e-308 in float64, for 0, and may
//     compute (a/b)/c as a/(b·c): results differ where that over- or underflows.
//   - What is refused when it is recorded, a label that is no class or a singular matrix, is not noticed by a module. A
//     gather takes some other element, a scatter leaves the index out, a factorization gives NaN or infinities.
//
// docs/operations.md says of every operation whether it has a form in StableHLO. Functions of
// [github.com/seed366ff29f/chainrule/autograd.Custom] have none: they are code in Go. internal/xla holds every form against
// XLA.
//
// # Lowerings
//
// An elementwise operation needs nothing but its row: the expression graph.Row.Value is written instruction by instruction,
// for rows that other packages register too. Other operations have a form in the tables of the files rows_*.go, by their
// name. [Lowers] tells whether an operation has one.
package stablehlo
