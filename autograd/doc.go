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
// be differentiated again, to any order, or drawn. [Forward] goes the other way: it carries tangents from some values up to a
// result, which is cheaper where they are fewer than the result's elements. [VJP], [JVP], [Jacobian], [Hessian] and [HVP] build
// on the three, [SparseJacobian] and [SparseHessian] on what the tape shows of which result is made of which leaf, and
// [Taylor] carries whole power series along. [PerExample] keeps the gradients of a batch apart.
//
// [Checkpoint] and [Loop] trade time for memory, [FixedPoint] and [Root] differentiate the solutions of equations,
// [Custom] makes an operation of a function and its derivative, [OnGradient] looks at gradients on their way or changes
// them, as [ClipGradient] and [ScaleGradient] do, [Check] compares a gradient with difference quotients,
// [Explain] writes the chain rule out in words and numbers, and [Diagnose] names what makes a gradient infinite, NaN or
// wrong without notice.
//
// # Zero wins
//
// An adjoint of exactly 0 contributes 0, whatever the local derivative, and so does a tangent. So in
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
