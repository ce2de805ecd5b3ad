package main

import "regexp"

// bounds say what holds ours back where a target is missed. The first pattern that matches a row's section and name
// counts.
var bounds = []struct {
	row  *regexp.Regexp
	text string
}{
	{regexp.MustCompile(`^Scalar tape: .*nested, gradient$`), `memory, and the sine. The tape takes 240 MB, which are written to memory and read back: on a Zen 4 the same program with
a tape that stays in the cache takes 7.0 ns. Each turn waits for the sine, on a Zen 3 for 13 ns and with the C library's
sincos, which has large tables, for 10. Fetching the tape ahead in the sweep gained 3 % here and lost as much in programs that
stay in the cache.`},
	{regexp.MustCompile(`^Scalar tape: .*product, gradient$`), `the leaves, as many as operations. Each takes a node of its own, a handle of 16 bytes when it is made and a check when its
derivative is read, a fifth of the time. Adept gives inputs nothing but a number.`},
	{regexp.MustCompile(`^Scalar tape: .*, gradient$`), `recording, to judge by the row above; the sweep is within a tenth of the bare tape's. An operation is some 80 instructions
with its caller, which run at more than four a cycle: a call, checks that each operand is of this graph and this recording,
which the C++ tools do not do, and 40 bytes to write, with a value, an operation and flags beside the row. The tape of
rosenbrock, 36 MB, leaves the cache: with a tenth of the leaves, which fits, a gradient takes 7.3 ns an operation in place of
9.4 on a Zen 4. Handles with a number in them, one comparison for both operands, a sweep without branches and fetching ahead
were tried: none is faster on all five programs.`},
	{regexp.MustCompile(`first gradient`), `first touches of memory. In huge pages 2 MiB take 0.2 ms where the host has them, but 4 ms where a virtual machine has handed
free memory back to it, which it does within seconds: the same program took 85 ms and 600 ms on one Zen 4, and no choice of
pages changes that. Small pages, filling them ahead and collapsing them were tried: each helps one program and costs another
as much. Where leaves are many, the collector looks at every handle while the heap grows.`},
	{regexp.MustCompile(`memory of the tape`), `room ahead: a long tape grows by a quarter at a time, at most 2 MiB, of which only what is used is resident. A node takes
40 bytes.`},
	{regexp.MustCompile(`^Scalar gradient.*rosenbrock`), `the plain function, which takes well under a nanosecond an operation: its terms do not wait for each other and its numbers
stay in registers. A tape writes 40 bytes an operation to memory and reads them back; the bare tape misses this target as
widely.`},
	{regexp.MustCompile(`^Scalar gradient`), `memory traffic: 40 bytes an operation are written and read back, where the function alone keeps its numbers in registers.
Where leaves are as many as operations they count twice.`},
	{regexp.MustCompile(`^Derivatives of every kind: .*, compiled`), `memory: what is the same for many variables is computed in vectors, each of which is written to a cache and read from it, and
a dense Hessian of 1000 numbers is 8 MB to write. For ten numbers there is nothing to do in vectors: each instruction is a jump that is
hard to foretell.`},
	{regexp.MustCompile(`^Compiled programs: .*compiling$`), `passes over memory: an instruction has some 24 bytes while it is made, 16 in the program and 16 in the machine, and takes 80
to 110 ns, two thirds of it for the nodes of the recording, rules and simplification, and a quarter for numbering and slots.
What makes evaluation faster makes this ratio larger.`},
	{regexp.MustCompile(`^Compiled programs: .*one point$`), `functions such as e^x and ln x, where a program has them, and else a step of the interpreter: some 15 instructions and a jump
that is hard to foretell. Where the binary happens to put the loop changes the bundle adjustment by up to 60 %. Two equal steps
for one jump, or runs of them without one, gained 10 % on networks at most and lost as much elsewhere.`},
	{regexp.MustCompile(`^Compiled programs: `), `vectors from memory and to it: two are read and one is written for every operation that a compiler would do in registers.`},
	{regexp.MustCompile(`^Programs of ADBench: particle: gradients within a gradient descent$`), `some 80 nodes for each of 15,000 steps, a gradient recorded among them, at about 25 ns a node: walking, the rule, recording and
the sweep over it. Compiled, JAX's step takes 50 ns.`},
	{regexp.MustCompile(`^Programs of ADBench: particle.*a step compiled`), `the interpreter's latency: each step waits for the one before, through 79 instructions that pass numbers through memory. Writing
the derivative in a direction into the program in place of a Jacobian was no faster.`},
	{regexp.MustCompile(`^Programs of ADBench: hand`), `the product of 1000 × 88 with 88 × 78 numbers takes 0.29 ms at 48 GFLOPS; the rest is the pose's scalars in 26 directions,
recorded anew for each call, and memory for 26 columns.`},
	{regexp.MustCompile(`^Programs of ADBench: ODE, 20 equations, 1000 steps$`), `316 rows a step at 7 to 8 ns, recording and sweep, which is what the tape takes anywhere. CoDiPack records y + c·k as one row.
Compiled, see below.`},
	{regexp.MustCompile(`^Programs of ADBench: ODE.*compiled`), `two passes over vectors of 20 numbers, short for an instruction of the interpreter; XLA keeps a step in registers.`},
	{regexp.MustCompile(`^Programs of ADBench: least squares`), `254 arrays of 32 kB are written going forward and not read again: 8 MB through the third-level cache. XLA computes Horner's
scheme for a point in registers.`},
	{regexp.MustCompile(`^Programs of ADBench: .*compiled`), `steps of the interpreter, two and more for each operation of the plain function, which keeps its numbers in registers.`},
	{regexp.MustCompile(`^Programs of ADBench: .*tensors`), `passes over arrays, of a number for each point, component and dimension, or for each observation.`},
	{regexp.MustCompile(`^Programs of ADBench: `), `memory traffic: 40 bytes an operation written and 24 read again, beside the adjoints, for tapes of 135 MB (the mixture in 10
dimensions) and 96 MB (bundle adjustment), where the plain function does several operations a nanosecond on numbers in
registers. CoDiPack and Adept record whole expressions as one row, which shortens the tape.`},
	{regexp.MustCompile(`^` + secDerivatives + `: gradients for each`), `memory: the result has 2.5 MB, and Go makes it anew in each call, where XLA uses its buffers again. In a process of its own the row
takes 360 µs, half of it for that; in this one it is between 240 µs and 6 ms, as the virtual machine gives pages back that were
used before. The recording, one backward sweep and the products of all examples take 180 µs.`},
	{regexp.MustCompile(`^` + secDerivatives + `: .*(gradient|JVP|HVP)$`), `fixed costs of operations, of which ten numbers are a small part: recording f takes 15 % of the time, recording the gradient
a third, the forward sweep 28 %, giving storage back 8 %. Some 28 operations at 0.1 to 0.2 µs each are looked up one by one;
JAX compiles them into one. A function that is compiled here, in the rows that say so, takes a tenth of its time.`},
	{regexp.MustCompile(`^Matrix products: .*32×16·16×16`), `the call: a product takes 0.18 µs, of which 0.14 are multiplications at the peak.`},
	{regexp.MustCompile(`^Matrix products: .*(·512×10|×128·128×10|×10·10×512)`), `ten columns, which fill 10 of 16 places of vectors in single precision and 10 of 12 in double: peaks of 74 of 118 and 49 of
59 GFLOPS on a Zen 4.`},
	{regexp.MustCompile(`^Matrix products: .*2 cores`), `the second core. Where the system runs both halves on one core, each waits for the other, and a row falls to half of its rate in
one run and reaches nine tenths of the peak in the next; otherwise it is what bounds the same product on one core.`},
	{regexp.MustCompile(`^Matrix products: `), `copying: a profile of 1024×1024·1024×1024 gives 90 % and more of the time to tiles, which run at the peak of the
multiply-add units, and the rest to copies of panels and blocks into order, a part of which is hidden: the tile that first
reads a block of B copies it. Larger and smaller blocks, eight panels at a time in place of four, huge pages for the
buffers and fetching the tile of C ahead were within 2 % of this, or slower. MKL is at 0.9 of the peak and below here.`},
	{regexp.MustCompile(`^Elementwise.*relu`), `memory: the function is one instruction, and takes as long as copying the array: 0.96 of a plain copy at 10⁵.`},
	{regexp.MustCompile(`^Elementwise.*sigmoid.*backward`), `the derivative, e/(1+e)² with e = e^-|x|, for which an exponential and a quotient are computed anew: y·(1-y), as PyTorch
has it, is two instructions, and has no correct digit left in float32 from x = 17 on. Of 15 cycles for 16 numbers 13 are
multiply-adds of the exponential.`},
	{regexp.MustCompile(`^Elementwise.*backward`), `arithmetic, where the arrays lie in a cache from which they are copied at several times the speed of memory.`},
	{regexp.MustCompile(`^Elementwise`), `arithmetic: the polynomial of the function, for every element, where the arrays lie in a cache from which they are copied at
several times the speed of memory.`},
	{regexp.MustCompile(`^Training steps.*, memory$`), `the adjoints of the activations, and the buffers into which products pack their operands.`},
	{regexp.MustCompile(`^Training steps.*2-16-16-1`), `fixed costs: some 20 nodes are recorded and swept for 3,000 multiplications. Binding parameters, looking up gradients
and forgetting the tape take a third of the step; the products take a sixth. With two cores ours takes as long as with one, while
JAX's step falls from 42 to 25 µs.`},
	{regexp.MustCompile(`^Training steps, .*784-128-10`), `the multiply-add units: on an EPYC Zen 4 the products alone take 221 µs at their peak, two thirds of JAX's whole step, which is
more than the target allows. Ours reach 0.95 of it. The rest is the update, which reads and writes 1.2 MB (9 µs with SGD, 38
with Adam), the search for numbers that are not finite and the loss.`},
	{regexp.MustCompile(`^Training steps.*2 cores`), `the pieces that run on one core, and the time until the second core is awake: about a tenth of a millisecond.`},
	{regexp.MustCompile(`^Training steps`), `the products, which take about nine tenths of the step; see the matrix products above for how near the peak they are.`},
	{regexp.MustCompile(`other networks.*two convolutions`), `the products of the second convolution, about half of the step; the rest is memory: activations are written and read
again by each layer, and patches laid out and folded back.`},
	{regexp.MustCompile(`other networks.*transformer`), `what is not a product: two norms, GELU, the softmax of the weights and the way around, which are passes over memory, and
products of 32 numbers within the heads.`},
	{regexp.MustCompile(`^Vanishing`), `subnormal numbers, where multiply-adds take a hundred times as long for them, as on Intel's processors: see
graph.WithFlushToZero. Elsewhere it is what 130 layers cost besides their small products.`},
	{regexp.MustCompile(`GRU`), `the products with the state, one after the other; the rest are exponentials.`},
	{regexp.MustCompile(`^Whole trainings`), `fixed costs of steps: recording and sweeping some 20 nodes, and looking for numbers that are not finite.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: .*\)t`), `the transpose. PyTorch's result lies as its operand does, so that a function goes through both in the order of memory, and a
gradient stays a view. Ours are dense: the transpose is copied first, 4 MB in 130 to 150 µs where a plain copy takes 84, and
functions that take no longer than a copy pay for it, in the backward pass once more. Then seven arrays of 4 MB no longer fit
the third-level cache. Huge pages gained 5 to 10 %.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: (sum|mean|sum_to|prod|center)\b`), `where the gradient lies: PyTorch answers with a view that stretches one number over many and takes no memory; the adjoint
here is written, 4 MB in 40 µs, the rate of the third-level cache. Sums are kept in double precision, which costs nothing but
where lines of 100 numbers end within a group of vectors.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: (concat|stack|split|unstack)\b`), `the gradient, of which PyTorch hands out views. Along the first axis the operands' adjoints here share the cotangent's memory,
too; along others they are tensors of their own, and 4 MB are copied.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: (add|sub|mul|div|maximum|minimum|hypot|atan2) \(1000,1000\)`), `rows of 4000 bytes: each is a call, every second one begins within a line of the cache, and the last vector goes through a
mask. Writing the numbers out, which pays for rows of 64, makes these 1.3 times slower.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: outer`), `writing: a row of 1000 numbers at a time, 4 MB at 53 GB/s, where PyTorch writes at 75.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: permute`), `the gradient, of which PyTorch hands out a view, as of the transpose. Here it is copied: 4 MB in 190 µs, with the adding of a
sweep. In a process of its own the copy back takes 1.7 times the copy forward: four arrays of 4 MB compete for the cache.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: layer_norm`), `memory. The forward pass keeps the normalized rows for the derivative, 4 MB more to write; the backward pass reads them
and the cotangent twice, once for the operand and once, in double precision, for gain and bias. In a process of its own the
row takes 1.0 of PyTorch's time: how the buffers lie in the cache makes a third of it. On two cores the sums for gain and bias
stay on one.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: gelu`), `multiply-adds: some 34 cycles for 16 numbers, of e^-x²/2, with the error of the square made up for, and of a polynomial of degree 9.
An approximate reciprocal in place of the quotient made it slower.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: (conv|depthwise)`), `laying images out: every second element of their rows is picked in Go, which takes 40 % of the time; the product itself takes a
third.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations) + `: .*2 cores`), `the second core. Where it is free a row takes a little more than half of its time on one; where the system runs both halves on
one core, each waits for the other, and a row takes two to five times as long. Handing
the processor over while waiting gained 5 to 8 % there, and cost a half and more where other programs wait for the second.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations)), `the way through memory, and not the function, if rows of the same operation in other shapes meet the target; nothing else is
known.`},
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secLinalg)), `the unblocked parts of the factorization, which gonum computes in Go, without vectors.`},
	{regexp.MustCompile(`^Convolution`), `laying images out as matrices and folding gradients back: the products between are a third of the time.`},
}

// boundOf returns what holds ours back in a row.
func boundOf(section, name string) string {
	for _, b := range bounds {
		if b.row.MatchString(section + ": " + name) {
			return b.text
		}
	}
	return ""
}

// about introduces the sections on the page.
var about = map[string]string{
	secMachine: `Measured in turns with everything else, and the column "ours" is the machine's own: multiply-adds that do not wait for each
other, and copies of arrays, of which as many bytes are counted as are read and written. Products, steps and elementwise
functions are given as a part of this, in rows "FMA peak" and "copying". A step counts only the operations of its products;
copying means as many bytes as the operation reads and writes once, in arrays of that size, and "copying out of cache" as many
of arrays so large that no cache holds them.`,
	secTape: `Time for each operation of the program, recording alone and a whole gradient: reset, recording, sweep, reading out. The
programs stand in internal/programs. The bare tape is the least that a tape in Go can do: rows of two derivatives and two
operands, made before the first is written, no checks, no values kept, all of it inlined, and no sweep over leaves. CoDiPack and Adept run in their default types, one operation a statement, as a tape
without expression templates must.`,
	secCold: `The first gradient that a process computes touches all of its memory for the first time; from the second on the tape's
memory is used again. A node is an operation, a leaf or a constant.`,
	secRatio: `A whole gradient against the same computation as a plain Go function. Theory bounds the number of operations of a
gradient by four or five times the function's; a plain function also keeps its numbers in registers, which no tape can.`,
	secProgram: `program.Compile, once, against recording and sweeping at each point. The small programs stand in internal/programs; all
compute the value and every derivative, in float64. JAX is jit(vmap(value_and_grad(f))), which compiles anew for another number
of points; f is given once as a function of a vector and once of scalars.`,
	secADBench: `The whole gradient, in float64, of programs by which tools for automatic differentiation have been compared, against the same
computation as a plain Go function: recorded anew on scalars, recorded on tensors, or compiled once. Of the mixture one point
is compiled, of the bundle adjustment one observation, and evaluated at all. Compiling is not counted, JAX's neither. CoDiPack, Adept
and ADOL-C record on scalars. Where another derivative is asked for than the gradient, the name says so; examples/adbench
runs the tasks in any size.`,
	secDerivatives: `In float64, on one core. Ours records the function anew at every point, but in the rows that say compiled, which are program.Compile,
CompileHessian and CompileJacobian; JAX has compiled it. Compiling is not counted. Rosenbrock's
valley is given by operations on whole vectors, with HVPs forward over reverse, and the series is that of ln Σ exp(xᵢ sin xᵢ),
in JAX by jax.experimental.jet. Gradients of examples are those of a network with ReLU and cross-entropy by its
weights: ours finds them by PerExampleOf, JAX by vmap(grad). Of the sparse matrices an entry is one that can be other than 0, in both
halves of a Hessian: ADOL-C reads the pattern off its tape, ColPack colours it and takes the entries out of the products; JAX
computes all zeros. ADOL-C's time for the arrow head grows with the square of its size: its pattern alone takes some six
seconds at 100,000 numbers.`,
	secGemm: `Billions of floating-point operations a second; the ratio is that of the times, so that less is better here too. The
rows marked AVX2 hold ours to AVX2, and the others to the same instructions. MKL is that of PyTorch, called by torch.mm.`,
	secElement: `On rows of 1000 numbers, along which softmax is taken. Ours records the operation on a graph; forward and backward is the record, and a sweep from a given cotangent. PyTorch's
forward writes into a tensor that is there already, where it has such a form.`,
	secStep: `One step of a network with ReLU between its layers: forget the gradients, forward, loss (cross-entropy of softmax; logistic
where there is one output), backward, update. "784-128-10@64" has layers of 784, 128 and 10 numbers and a batch of 64 rows.
torch.compile is PyTorch with the loss and the update of the parameters compiled. All contestants start from the same numbers and agree in the loss of the fifth step.`,
	secConv: `Gradients of the image and of the filters, from a given cotangent.`,
	secGRU:  `nn.GRU of either, on 32 rows of a sequence: gradients of the input and of all weights, from a given cotangent.`,
	secNetwork: `One step as above, and all agree in the loss of the fifth. "Two convolutions" are 16 and 32 filters of 3×3 with padding,
ReLU and max-pooling by 2 after each, and a linear layer, on 64 images of 28×28 in ten classes. PyTorch takes that once in
its usual layout and once with channels last. In the language model each of 65 letters has 32
numbers, and behind the GRU a linear layer says how likely each is to be the next, on 32 rows of 64 letters. The block of a
transformer has its norms first and GELU in its network of 512 nodes, sees what is before it only, and is followed by a norm
and a linear layer for 65 classes, on 16 rows of 32 vectors.`,
	secDeep: `A step as above of a network with so many layers that its gradients vanish: on the way back they are soon subnormal numbers,
below 10⁻³⁸, and then zeros. PyTorch takes part as it is, and with torch.set_flush_denormal, which takes such numbers as zeros;
XLA, which JAX compiles with, does so by itself.`,
	secFit: `nn.Fit beside scikit-learn's MLPClassifier: the same layers with ReLU between them, the same batches and epochs, Adam, no
penalty, no early stopping; the whole training, with the first weights. "64-128-10@32" has layers of 64, 128 and 10 numbers
and batches of 32 rows. The sizes are those of well-known sets, the numbers made up: examples lie around the centers of their
classes, and the contestants agree in how many they get right in the end.`,
	secOperations: `Every row of package ops that PyTorch has: the name, the shapes of the operands and the attributes. A t behind a shape
says that the operation is given the transpose of such an operand. Ours records on a graph in the forward pass too;
PyTorch records where gradients are wanted. Both sweep back from a given cotangent. Its expression is what people write;
views are made dense, as ours are, where there is something to move; behind reshape and its like Neg follows.`,
	secLinalg: `Matrices of 20, 100 and 300 rows on one core, forward and backward as above. PyTorch's factorizations are MKL's.`,
	secSteady: `Memory is everything that training holds besides the batch: parameters, tape, activations, adjoints, the buffers of the
kernels. It is compared with the sum of the parameters, their gradients and the results of all layers, before and after
ReLU. The rows for two cores compare ours with itself.`,
}
