// Package program makes programs of recorded graphs.
//
// A tape is the trace of one evaluation: operations, in the order in which they happened, with the numbers that came out.
// Where the trace does not depend on the numbers, the same list of operations computes the function everywhere, and the
// tape is a program: it can be run again on other numbers, compiled, or written down for another machine.
//
//	g := graph.New(graph.Traced())
//	x, y := g.Var(2).Named("x"), g.Var(3).Named("y")
//	z := ops.Mul(x, ops.Sin(y))
//
//	f := &program.Function{
//		Name: "main",
//		Arguments: []program.Argument{
//			{Name: "x", Role: program.Parameter, Value: x},
//			{Name: "y", Role: program.Batch, Value: y},
//		},
//		Results: []program.Result{{Name: "z", Role: program.Output, Value: z}},
//	}
//
// # Functions
//
// A [Function] is a part of a graph with names for what goes in and what comes out. Arguments are leaves. Results are any
// values, those of package autograd's Grad among them, so that a step of training is one function: parameters, the
// optimizer's state and a batch go in, and come out as new parameters, new state and a loss. Leaves that are not arguments
// are constants of the program, with the numbers that they have.
//
// [Function.Call] runs a function on other numbers, operation by operation: it is what all other forms of the function have
// to agree with. A [Runner] does so many times, and [Function.Record] puts the function on a graph, as part of more.
//
// # Programs
//
// [Compile] makes a [Program] of scalars, and of tensors of few elements: one list of instructions for a result and its
// derivatives, in which constants are folded, common subexpressions shared, and the backward sweep is written out.
// [Program.SparseJacobian] puts together what it does at many points that are taken from one vector: the sparse Jacobian of
// a bundle adjustment, from the residuals of one observation. [Program.Eval] runs it at one point, without recording and
// without allocating, [Program.EvalBatch] at thousands, side by side in the vector registers of all processors, and
// [Program.WriteText] lists it:
//
//	p, err := program.Compile(z, x, y)
//	grad := make([]float64, 2)
//	v := p.Eval([]float64{2, 3}, grad) // 2·sin 3, and its derivatives sin 3 and 2·cos 3
//
// Gradients that [github.com/seed366ff29f/chainrule/autograd.Grad] has recorded are results like others: their programs
// have derivatives of higher orders.
//
// # Second derivatives, and sparse ones
//
// [CompileHessian] makes a [Hessian]: products of second derivatives with directions, one by [Hessian.Product] and many
// side by side by [Hessian.Products], and the matrix, [Hessian.Dense] or [Hessian.Sparse]. [CompileJacobian] makes a
// [Jacobian] of many results of many variables, of which each depends on few. Where the entries are is read off the
// program once; then a point takes one run of a program that has no instructions for what is always 0, or a few
// products with directions that serve many columns, if that is less:
//
//	h, err := program.CompileHessian(z, x, y)
//	hv := h.Product(nil, []float64{2, 3}, []float64{1, 0}) // 0 and cos 3
//	s := h.Sparse(nil, []float64{2, 3})                    // the same pattern at every point
//
// A function that is differentiated once is better left to autograd.HVP, autograd.Hessian, autograd.SparseHessian and
// autograd.SparseJacobian, which record it and need no traced graph: compiling takes as long as some ten of their calls
// for ten variables, and some hundred for a thousand. Who minimises, or integrates, calls a program thousands of times,
// and each takes a fifth to a thirtieth of the time of theirs; where nearly all entries of a large matrix are other
// than 0, about as long. A residual of few inputs that is evaluated for many observations is compiled alone, for
// [Program.SparseJacobian].
//
// # Zeros
//
// The numbers are those of autograd.Backward. So a program has to keep two promises that cost time: an adjoint that is 0
// contributes 0, whatever the derivative, and nothing goes to what was not selected. Its instructions do not look at zeros.
// Where it would matter there is a product of 0 with an infinity or NaN, and the derivative comes out NaN: only then a
// second version runs, which does look.
//
// # What is no program
//
// A trace is not the whole program if the Go function that was recorded looked at numbers on the way: an if on
// [github.com/seed366ff29f/chainrule/graph.Value.Item] records the branch that was taken and nothing of the other.
// Graphs made with [github.com/seed366ff29f/chainrule/graph.Traced] note such reads, and [Function.Check] refuses what
// was recorded after one, and graphs that do not note them. [github.com/seed366ff29f/chainrule/ops.Where] chooses
// within the program.
package program
