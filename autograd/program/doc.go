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
// # What is no program
//
// A trace is not the whole program if the Go function that was recorded looked at numbers on the way: an if on
// [github.com/seed366ff29f/chainrule/graph.Value.Item] records the branch that was taken and nothing of the other. Graphs
// made with [github.com/seed366ff29f/chainrule/graph.Traced] note such reads, and [Function.Check] refuses what was recorded
// after one. [github.com/seed366ff29f/chainrule/ops.Where] chooses within the program.
package program
