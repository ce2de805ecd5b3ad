// Package autograd differentiates what a graph has recorded.
//
// # Reverse mode in one page
//
// A computation is a sequence of simple steps v = φ(u₁, u₂, ...), each with known derivatives ∂v/∂u. Let l be the last
// value, the loss. The chain rule says how a change of u changes l: through every v that uses u,
//
//	∂l/∂u = Σ over v that use u of ∂l/∂v · ∂v/∂u        with ∂l/∂l = 1
//
// The quantities ∂l/∂v are the adjoints; lectures on neural networks write δ for them. The sum for u needs the adjoints
// of values that were computed after u only, so one sweep over the steps in reverse order finds them all. It costs a
// small multiple of the computation itself, however many inputs there are: that is why networks are trained this way.
// The package's example "engine", in example_engine_test.go, builds all of this from nothing in under 100 lines: a tape,
// three operations and the sweep.
//
//	grads := autograd.Backward(loss)
//	grads.Scalar(x)  // ∂loss/∂x
//	grads.Tensor(w)  // ∂loss/∂w in the shape of w
//
// [Backward] computes with numbers. [Grad] records the sweep as operations on the same graph, so that its results can
// be differentiated again, to any order, or drawn. The rules of operations are written once, as operations themselves.
//
// # Forward mode
//
// The same derivatives can be carried the other way. Let every value have a tangent v̇: how fast it changes as the inputs
// move in some direction. The chain rule gives it from those of the operands,
//
//	v̇ = Σ over operands u of v of ∂v/∂u · u̇
//
// in one sweep over the steps in the order in which they were recorded. One reverse sweep finds a row of the Jacobian,
// the derivatives of one result by all inputs. One forward sweep finds the product of the Jacobian with a direction: a
// column, if that is a unit vector. So reverse mode is for functions with few results, as losses are, forward mode for
// those with few inputs. [Forward] is that sweep, on a graph that is there; [JVP] and [JVPs] record a function for it.
//
// # Which function when
//
// Let f have n inputs and m results, and let T be the time of recording it on large tensors; docs/derivatives.md in the
// repository has an example and measured times.
//
//	to find                                            use                                     in about
//	the gradient of a scalar                           Backward, ValueAndGrad                  3 T
//	the same, to be differentiated again or drawn      Grad                                    4 T
//	the Jacobian times a direction                     Forward, JVP; JVPs for several          3 T
//	a cotangent times the Jacobian                     VJP, Backward with WithSeed             3 T
//	the Jacobian, m × n                                Jacobian, which takes the cheaper way   min(m, n) sweeps
//	a Jacobian that is mostly 0                        SparseJacobian                          T and its entries
//	the Hessian times a direction                      HVP                                     a few gradients
//	the Hessian, n × n                                 Hessian                                 n forward sweeps
//	a Hessian that is mostly 0                         SparseHessian                           a gradient and its entries
//	derivatives up to order k in a direction           Taylor                                  k² T
//	the gradients of n examples, apart                 PerExampleOf                            a gradient and its result
//	the same, where each is recorded by itself         PerExample                              n gradients
//	a gradient through many steps, in little memory    Loop, Checkpoint                        5 T, 4 T
//	the gradient of the solution of an equation        FixedPoint, Root                        one more solution
//	that of an algorithm, given its derivative         Custom, CustomWith, Pullback            what that takes
//	these at very many points                          package program: Compile,               a part of T
//	                                                   CompileHessian, CompileJacobian
//	a minimum, a fit                                   package minimize
//
// On graphs of scalars T is some ten nanoseconds an operation. What a function has to record or to look up then takes
// longer than the arithmetic.
//
// Functions that take a point as numbers record f on a graph of their own, as a function of one vector; those whose
// names begin with Sparse as one of many scalars. Such graphs are kept for the next calls, which allocate little then;
// their memory is given up when nothing uses them for a while, or when only calls do that need a small part of it. The
// others work on a graph that is there. f may branch on numbers, loop and call itself: what is differentiated is what
// it records at this point. At a kink, a derivative is the value that the operation promises there: docs/operations.md
// lists them.
//
// # To look and to change
//
// [OnGradient] looks at gradients on their way or changes them, as [ClipGradient] and [ScaleGradient] do. [Check]
// compares a gradient with difference quotients; every [Custom] operation deserves that. [Explain] writes the chain rule
// out in words and numbers, and [Diagnose] names what makes a gradient infinite, NaN or wrong without notice.
//
// # Mistakes
//
// A value of another graph, a direction of another length, a matrix larger than memory and their like panic with a
// [*graph.Error], which says what happened and what to do; [github.com/seed366ff29f/chainrule/graph.Try] turns it into
// an error. Values that a function makes are good while it runs: it must not keep them for its next call. The functions
// of this package may be called from several goroutines at once, as long as no two work on one graph.
//
// # Zero wins
//
// An adjoint that is 0 of either sign contributes +0, whatever the local derivative, and so does a tangent. So in
//
//	y := ops.Where(ops.Gt(x, zero), ops.Sqrt(x), x)
//
// at x = -1 the branch that was not taken, with its derivative of NaN, does not spoil ∂y/∂x = 1. In [Grad], whose
// result is differentiated again, a number that happens to be 0 is not left out: its own derivative need not be 0. There
// the rules multiply with [github.com/seed366ff29f/chainrule/ops.Chain], for which 0·d = 0.
//
// The zero that wins can hide a derivative: (√x)² at 0 has the derivative 1, and the sweep says 0. [Diagnose] names each
// place where an adjoint that was reached and is 0 met a derivative that is infinite or NaN.
//
// # Sources
//
// Linnainmaa (1970) and Speelpenning (1980) for reverse mode; Baur and Strassen (1983) for the bound on its cost;
// Griewank and Walther (2000), Algorithm 799: Revolve, for the way back through long loops; Griewank and Walther,
// Evaluating Derivatives (2008), for everything.
package autograd
