// Package cholesky factors the normal equations of sparse problems of least squares, JᵀJ + d·I, whatever the order of the
// unknowns: the unknowns are put into an order for which the factor has few numbers, and only those are kept.
//
// [Analyze] does what depends on the pattern of J alone, and once for all matrices of that pattern. JᵀJ is not formed
// for it: each row of J makes a clique of the unknowns that it has, and the cliques are what it goes by.
//
//   - The order is one of minimum degree: what is eliminated next is an unknown with about the fewest neighbours (order.go,
//     quotient.go). Those with very many come last, and are then ordered by what the others leave (groups.go). Unknowns that are in a good
//     order already stay in it (given.go).
//   - Unknowns that are eliminated together are rows of the factor with the same places, a panel, which is kept as a dense
//     matrix. Where the others stand follows from the cliques and from the panels before (symbolic.go).
//   - The numbers are computed panel by panel, of products of the panels before (numeric.go), by package dense.
//
// The time grows with the numbers of the factor and the products among them; for a band or an arrow-head it is near
// linear in the unknowns. Results do not depend on the number of processors. Sizes that do not fit are a mistake in
// this module and end in a panic of the runtime.
//
// See Davis, Direct Methods for Sparse Linear Systems (2006).
package cholesky
