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
sincos, which has large tables, for 10.`},
	{regexp.MustCompile(`^Scalar tape: .*product, gradient$`), `the leaves, as many as operations. Each takes a node of its own, a handle of 16 bytes when it is made and a check when its
derivative is read, a fifth of the time. Adept gives inputs nothing but a number.`},
	{regexp.MustCompile(`^Scalar tape: .*, gradient$`), `recording, to judge by the row above. An operation is some 70 instructions, which run at more than four a cycle: a call,
checks that each operand is of this graph and this recording, which the C++ tools do not do, and 40 bytes to write, with a
value, an operation and flags beside the row. The tape of rosenbrock, 36 MB, leaves the cache: with a tenth of the leaves,
which fits, a gradient takes 7.3 ns an operation in place of 9.6 on a Zen 4.`},
	{regexp.MustCompile(`first gradient`), `page faults and the collector. The first gradient touches 48 bytes a node for the first time, in huge pages where the
system has them; virtual machines like the one measured take 2 to 3 µs for a page of 4096 bytes. Where leaves are many,
half of the time is the collector, which runs while the heap grows and looks at every handle. What makes the warm run
faster makes this ratio larger.`},
	{regexp.MustCompile(`memory of the tape`), `room ahead: a long tape grows by a quarter at a time, at most 2 MiB, of which only what is used is resident. A node takes
40 bytes.`},
	{regexp.MustCompile(`^Scalar gradient.*rosenbrock`), `the plain function, which takes well under a nanosecond an operation: its terms do not wait for each other and its numbers
stay in registers. A tape writes 40 bytes an operation to memory and reads them back; the bare tape misses this target as
widely.`},
	{regexp.MustCompile(`^Scalar gradient`), `memory traffic: 40 bytes an operation are written and read back, where the function alone keeps its numbers in registers.
Where leaves are as many as operations they count twice.`},
	{regexp.MustCompile(`^Compiled programs: .*compiling$`), `the table of what has been computed already, in which every operation and every derivative is looked up.`},
	{regexp.MustCompile(`^Compiled programs: .*one point$`), `functions such as e^x and ln x, where a program has them, and else a step of the interpreter: reading an instruction,
a jump that is hard to foretell, two numbers from memory and one to it.`},
	{regexp.MustCompile(`^Compiled programs: `), `vectors from memory and to it: two are read and one is written for every operation that a compiler would do in registers.`},
	{regexp.MustCompile(`^Programs of ADBench: .*compiled`), `steps of the interpreter, two and more for each operation of the plain function, which keeps its numbers in registers.`},
	{regexp.MustCompile(`^Programs of ADBench: .*tensors`), `passes over arrays, of a number for each point, component and dimension, or for each observation.`},
	{regexp.MustCompile(`^Programs of ADBench: `), `memory traffic, 40 bytes an operation written and read back, where the plain function does several operations a nanosecond on
numbers in registers.`},
	{regexp.MustCompile(`^Matrix products: .*32×16·16×16`), `the calls: such a product takes about a tenth of a microsecond, of which a third is checking sizes and choosing tiles.`},
	{regexp.MustCompile(`^Matrix products: `), `copying: a profile of 1024×1024·1024×1024 on AVX2 gives 90 % of the time to tiles, which run at the peak of the
multiply-add units, and the rest to copies of panels and blocks into order. Larger and smaller blocks, eight panels at a
time in place of four, and fetching the tile of C ahead were within 2 % of this, or slower.`},
	{regexp.MustCompile(`^Elementwise.*relu`), `memory: the function is one instruction, and takes as long as copying the array.`},
	{regexp.MustCompile(`^Elementwise.*sigmoid.*backward`), `the derivative, e/(1+e)² with e = e^-|x|, for which an exponential and a quotient are computed anew: y·(1-y), as PyTorch
has it, is two instructions, and has no correct digit left in float32 from x = 17 on.`},
	{regexp.MustCompile(`^Elementwise.*backward`), `arithmetic, where the arrays lie in a cache from which they are copied at several times the speed of memory.`},
	{regexp.MustCompile(`^Elementwise`), `arithmetic: the polynomial of the function, for every element, where the arrays lie in a cache from which they are copied at
several times the speed of memory.`},
	{regexp.MustCompile(`^Training steps.*, memory$`), `the adjoints of the activations, and the buffers into which products pack their operands.`},
	{regexp.MustCompile(`^Training steps.*2-16-16-1`), `fixed costs: some 20 nodes are recorded and swept for 3,000 multiplications. Binding parameters, looking up gradients
and forgetting the tape take a third of the step; the products take a fifth.`},
	{regexp.MustCompile(`^Training steps, .*784-128-10`), `the multiply-add units: on an EPYC Zen 4 the products alone take 222 µs at their peak, which is more than the target against
JAX allows for the whole step. What is not a product takes about a fifth of it.`},
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
	{regexp.MustCompile(`^` + regexp.QuoteMeta(secOperations)), `see the row above or below for the same operation in another shape: what the others have in common with it is the
function, what they have not is the way through memory.`},
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
