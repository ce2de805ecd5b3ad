// Package kernel holds the loops over slices of numbers: element by element, along rows, matrix products, optimizer steps.
//
// It knows nothing of graphs, tensors or shapes: a function gets slices and a few integers, and writes into a slice it
// is given. Everything above it that is slow when written as a plain Go loop belongs here.
//
// # Conventions
//
//   - T is float32 or float64. The result comes first: Add(dst, a, b).
//   - Slices have the same length unless the doc comment says otherwise. Lengths that do not fit panic: that is a mistake in
//     this module, never in a program that uses it.
//   - dst may be one of the inputs (the very same slice). Slices that overlap in part give wrong results.
//   - Functions named To or Backward accumulate: they add to dst. Those named Into set it.
//   - "Zero wins": where an incoming cotangent ct[i] is a zero of either sign, its product is +0, whatever the other factor is,
//     Inf and NaN included. So a branch that was not taken never turns a gradient into NaN. The same holds for what is not
//     selected.
//   - Matrices are row-major; lda is the distance between the beginnings of two rows of a.
//   - Nothing here allocates, except that products, sums of columns and over axes, and [Share] make buffers at first and keep
//     them. No slice that is passed in is kept. For the compiler's escape analysis the slices escape, so an array of the caller's would move to the heap.
//   - Results do not depend on the number of processors.
//
// A training step, say, for y = relu(x·w + b) with a cotangent ct of y:
//
//	kernel.Linear(y, x, w, b, m, n, k, true)
//	...
//	kernel.ReLUBackwardInto(dz, ct, y)
//	kernel.AddColumnSums(db, dz)
//	kernel.Gemm(true, false, k, n, m, x, k, dz, n, dw, n, true)
//	kernel.Gemm(false, true, m, k, n, dz, n, w, n, dx, k, true)
//
// # Mappings
//
// Most functions of one or two numbers, and their derivatives, have no function of their own here: [Map] and [Slope]
// take the name of one. The derivative of arcsin, say, multiplies a cotangent and is added to dst:
//
//	kernel.Map(kernel.MapAsin, y, x, nil, 0, 0)
//	kernel.Slope(kernel.SlopeAsin, dx, ct, x, nil, 1, 0, false)
//
// # Lanes
//
// A formula of small parts is another matter: each part is too short for a call. [Lanes] run a list of steps, such as a
// compiled program, for some dozens of inputs at once. Every step sets a slot, one number for each input, from other
// slots:
//
//	l := kernel.NewLanes([]kernel.LaneStep{
//		{Op: kernel.LaneExp, Dst: 1, A: 0},
//		{Op: kernel.LaneMul, Dst: 1, A: 1, B: -1}, // by constant 0
//	}, []float64{0.5}, 2)
//
// # Implementations
//
// Every function exists in portable Go. On amd64 most of them exist in assembly too, once for AVX2 with FMA and once
// for AVX-512 (F, DQ, BW and VL), on arm64 products, reductions and most elementwise functions for its vectors of 128
// bits, NEON; the best the processor has is chosen when the program starts. Other processors, 386 among them, run the
// loops in Go. The environment variable CHAINRULE_KERNEL, read once at that time, chooses another:
//
//	portable   Go only
//	avx2       AVX2 and FMA
//	avx512     AVX-512
//	neon       the vectors of arm64
//
// The program panics at its start if the variable names something else, or what the build or the processor does not have.
// The build tag purego leaves the assembly out. [Implementation] says what is in use.
//
// Large operations are shared between the caller and helpers, goroutines that are started when first needed,
// GOMAXPROCS-1 at most. A helper waits actively for 200 µs after its last task, then it sleeps. There is one such
// operation at a time: a second goroutine that comes with one does it alone. Nothing is shared for a while after
// helpers were late, as they are where other programs use the processors.
//
// Implementations differ in the last bits: sums are added in another order, and exp and its like are other polynomials.
// Each is within the error that the doc comment states. Zeros and their signs, infinities and NaNs are the same in all.
package kernel
