// Package dense factors matrices of doubles and solves linear equations with the factors, as LAPACK does: Cholesky and LU
// factors, inverses, triangular systems, QR, eigenvalues of symmetric matrices and singular values.
//
// The algorithms are blocked or recursive, so that nearly all of the arithmetic is in products of [kernel.Gemm]; what remains
// are small triangles, panels of a few columns, and the rotations of iterations, [kernel.Rotate]. Gonum's lapack would need a
// BLAS of the same speed, which it takes from a variable of the whole program that is the user's to set.
//
// # Conventions
//
//   - Matrices are row-major; ld is the distance between the beginnings of two rows. They must not overlap.
//   - Sizes that do not fit are a mistake in this module and end in a panic of the runtime.
//   - Infinities and NaNs go where IEEE 754 sends them and end no loop.
//   - The memory that is needed besides the operands is kept and used again.
//   - Results do not depend on the number of processors.
//
// [kernel.Rotate]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/internal/kernel#Rotate
// [kernel.Gemm]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/internal/kernel#Gemm
package dense
