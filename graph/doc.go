// Package graph records computations. A [Graph] is a tape: every operation that is applied to its values is written
// down in the order in which it happens, with its result.
//
//	g := graph.New()
//	x := g.Var(2).Named("x")
//	y := ops.Mul(x, x) // %1 = leaf "x", %2 = mul(%1, %1)
//
// # Who needs which
//
//	to compute            Graph, Value, Option, Mark; Error and Try
//	to look at a graph    Node, NodeSet, ScopeInfo; Graph.Nodes, Graph.WriteText
//	to measure it         Profile, ProfileEntry, Measurement
//	to add an operation   Row and what it is made of; Call, Node
//	to write a sweep      Adjoints, Node, NodeSet
//
// Most programs need the first line only. [Value] and [Node] are two views of one entry of the tape. A Value is what a
// program holds: it knows its recording and says so when it is no longer good. A Node is what rules, pictures and
// sweeps read: operands, attributes, derivatives. It is for the moment, and does not notice that the tape was emptied
// and recorded anew. [Value.Node] and [Node.Value] lead from one to the other.
//
// # Words
//
//   - A node is one entry of the tape: a leaf or the result of an operation. A [Value] is a handle to it.
//   - A leaf is an input or a parameter. [Graph.Var], [Graph.VarTensor] and [Graph.Bind] make leaves that want a
//     gradient, [Graph.Const], [Graph.ConstTensor] and [Graph.BindConst] make constants.
//   - A scalar is a value of shape (). Its number, and the derivatives of the operation that made it by its operands,
//     are written down as it is recorded.
//   - An adjoint is ∂l/∂v, the derivative of the loss l by the value v. A cotangent is the same as it travels along an
//     edge. Package autograd computes them.
//   - A VJP, vector-Jacobian product, is the rule by which an operation turns the cotangent of its result into those
//     of its operands. It stands in the operation's [Row].
//
// # Why the order of recording is the right one
//
// An operation can only use values that exist, so operands stand before results: the order of recording is a
// topological order, and the backward sweep is one loop from the loss down to the first leaf. Any order in which every
// node comes after all nodes that use it would do, but not every plausible order is one. For
//
//	b = a + a
//	c = b + b
//
// a sweep that runs depth first from c, and passes a node's adjoint on each time it is reached, gives b the half of
// its adjoint when it first goes on to a. Sweeping the tape backwards, b's adjoint is complete, 2, before a gets 2·2.
//
// # Life of a value
//
// Reset empties the tape and keeps its memory: training goes on without allocation. Mark and Rewind keep what stands
// before the mark, parameters for instance. A handle knows its recording, and using one that is no longer on the tape
// panics with an [*Error] that says so.
//
// # Mistakes
//
// Misuse panics with *[Error], because expressions nest. [Try] turns exactly that panic into an error.
//
// # For authors of operations
//
// An operation is a [Row] that was given to [Register], and a function that records it. The function has two paths:
//
//   - The long one serves every operand and reports every mistake. [Begin] starts a [Call], which takes the attributes,
//     and [Call.Record], [Call.RecordView] or [Call.RecordScalar] puts the node on the tape.
//   - The short one is for scalars, and optional. If [Scalar] or [Scalars] says so, the function computes the value and its
//     derivatives, and [Record1], [Record1Param] or [Record2] writes them down.
//
// An elementwise operation needs neither: [Unary], [UnaryParam] and [Binary] record it, and from the scalar function in its
// row, as from the rest of it, follow both paths. Register is called in an init function: a package-level variable that
// is initialized with Register(Row{Func: F}) while F uses the variable is an initialization cycle, which Go refuses.
//
// The functions of a row get a [Node]: [Node.In] and [Node.Out] are the numbers that Forward and Backward work on,
// [Node.Input] and [Node.Value] the values that a VJP makes operations of; [Node.Int] and [Node.Float] are attributes,
// and [Node.Save] keeps what Forward has for Backward.
//
// # Speed of scalars
//
// To record a scalar operation is one call, in which the compiler inlines everything else. A profile of the program makes
// it inline the operation too, where the program spends its time:
//
//	f, err := os.Create("default.pgo")        // in the directory of the main package, where go build looks for it
//	err = pprof.StartCPUProfile(f)            // runtime/pprof
//	defer pprof.StopCPUProfile()
//
// Benchmarks write one with go test -cpuprofile. Whether it pays has to be measured. On an AMD EPYC of the fourth
// generation, where the call costs little, gradients took between 10 percent less time with a profile, for a wide sum of
// short terms, and 6 to 12 percent more, for one long chain of operations.
//
// A program that keeps its graph and empties it with Reset is faster than one that makes a graph for every gradient: the
// memory is there. A tape longer than the processor's cache, at 40 bytes a node, is written to memory and read back, which
// costs a third more.
//
// # For authors of sweeps
//
// [Graph.NewAdjoints] makes the storage of a sweep, and [Adjoints.Sweep] runs it. [Graph.NewCotangents] makes that of a
// sweep that is itself recorded, which goes through the nodes of [Cotangents.Down]. [Graph.NewTangents] and
// [Tangents.Sweep] are the same for forward sweeps. Package autograd has all three.
package graph
