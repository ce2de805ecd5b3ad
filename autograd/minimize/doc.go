// Package minimize hands functions of a graph to gonum's optimizers, with exact derivatives.
//
// [Problem] makes an [optimize.Problem] of a function of a vector: gonum minimizes it with gradients and Hessians that no
// one had to derive.
//
//	p := minimize.Problem(func(x graph.Value) graph.Value { return ops.Sum(ops.Square(x)) })
//	r, err := optimize.Minimize(p, []float64{3, 4}, nil, &optimize.BFGS{})
//
// [NewtonCG] is a method for [optimize.Minimize] that takes products of the Hessian with vectors in place of the Hessian,
// for many unknowns; [ProblemAndProduct] makes both.
//
// Gonum's methods end where the largest element of the gradient is below 1e-12, or a GradientThreshold in
// [optimize.Settings]. Of a function whose values are large, as a likelihood of many observations, rounding hides the
// changes before: then a search has found the minimum and yet ends with an error such as "linesearch: failed to
// converge". The result is the best point all the same. Set the threshold to some 1e-9 of the values; Newton's method
// and NewtonCG often come below 1e-12 by their last step.
//
// [LeastSquares] fits a model: it minimizes a sum of squares of residuals by the method of Levenberg and Marquardt, with
// the sparse Jacobian of package autograd and a sparse factor, for which the order of the unknowns does not matter.
// [LeastSquaresOf] takes residuals and a Jacobian that are computed otherwise, as [ProgramResiduals] does it by a compiled
// program. [Sparse] is a sparse matrix as one of gonum's.
package minimize
