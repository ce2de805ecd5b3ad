package main

import (
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// An operand is what a word such as (3,4)t:0:1 says: the shape in memory, a t if the operation is given the transpose,
// and the kind of the numbers:
//
//	:lo:hi         between these two
//	:const:lo:hi   the same, and no gradient is wanted
//	:int:k         integers from 0 to k-1, no gradient
//	:bool          zeros and ones, no gradient
//	:sorted        numbers in ascending order, no gradient
//	:well          a matrix that is well conditioned
//	:near          a matrix near to the unit matrix, with a determinant near to 1
//	:wide          a matrix with singular values from 1 to n
//	:spd           a symmetric matrix that is positive definite
//	:symmetric     a symmetric matrix
type operand struct {
	shape      []int
	transposed bool
	kind       []string
}

func parseOperand(word string) operand {
	shape, rest, _ := strings.Cut(strings.TrimPrefix(word, "("), ")")
	view, kind, _ := strings.Cut(rest, ":")
	o := operand{shape: []int{}, transposed: view == "t", kind: strings.Split(kind, ":")}
	if shape != "" {
		o.shape = integers(strings.Split(shape, ","))
	}
	return o
}

// wanted reports whether the gradient by the operand is wanted.
func (o operand) wanted() bool {
	return !slices.Contains([]string{"const", "int", "bool", "sorted"}, o.kind[0])
}

// symmetric reports whether the operation reads the matrix as a symmetric one.
func (o operand) symmetric() bool { return o.kind[0] == "spd" || o.kind[0] == "symmetric" }

// draw makes the numbers of operand k.
func (o operand) draw(k int, dtype tensor.DType) *tensor.Tensor {
	size := 1
	for _, d := range o.shape {
		size *= d
	}
	x := make([]float64, size)
	noise(x, uint32(10+k), 1)
	uniform := func(lo, hi float64) {
		for i := range x {
			x[i] = lo + (hi-lo)*(x[i]+0.5)
		}
	}
	number := func(i int) float64 {
		v, err := strconv.ParseFloat(o.kind[i], 64)
		if err != nil {
			panic(err)
		}
		return v
	}
	n := 1
	if len(o.shape) > 0 {
		n = o.shape[0]
	}
	diagonal := func(f func(i int) float64) {
		for i := range n {
			x[i*n+i] += f(i)
		}
	}
	switch o.kind[0] {
	case "const":
		uniform(number(1), number(2))
	case "int", "bool":
		count := 2.0
		if o.kind[0] == "int" {
			count = number(1)
		}
		uniform(0, count)
		for i := range x {
			x[i] = math.Floor(x[i])
		}
	case "sorted":
		uniform(-2, 2)
		slices.Sort(x)
	case "well":
		diagonal(func(int) float64 { return 0.2 * float64(n) })
	case "near":
		for i := range x {
			x[i] /= float64(n)
		}
		diagonal(func(int) float64 { return 1 })
	case "wide":
		for i := range x {
			x[i] /= math.Sqrt(float64(n))
		}
		diagonal(func(i int) float64 { return float64(i + 1) })
	case "spd", "symmetric":
		for i := range n {
			for j := range i {
				x[j*n+i] = x[i*n+j]
			}
		}
		if o.kind[0] == "spd" {
			diagonal(func(int) float64 { return 1 + 0.2*float64(n) })
		}
	default:
		uniform(number(0), number(1))
	}
	t := tensor.New(dtype, o.shape...)
	if dtype == tensor.Float64 {
		copy(t.Float64s(), x)
		return t
	}
	for i, v := range x {
		t.Float32s()[i] = float32(v)
	}
	return t
}

// An operationCall is an operation of package ops with its arguments, as a job has it. Its numbers can be given back,
// since those of all rows together would not fit the memory.
type operationCall struct {
	name, what string
	inside     bool // Neg follows
	dtype      tensor.DType
	operands   []operand
	args       []any // nil for an operand, which stands in operands, else an int or a float64
	f          func(xs []graph.Value) graph.Value

	g      *graph.Graph // nil if the numbers were given back
	leaves []graph.Value
	given  []graph.Value // the operands as the operation gets them: leaves or views of them
	mark   graph.Mark
	ct     *tensor.Tensor
}

// heldOperation is the only one that holds its numbers.
var heldOperation *operationCall

// operationJob is "<f32 or f64> <forward or both> <operation> <arguments> = <the same in PyTorch>". Behind the name of an
// operation may stand -neg: then Neg follows.
func operationJob(args []string) *job {
	c := &operationCall{what: args[1], dtype: tensor.Float32}
	c.name, c.inside = strings.CutSuffix(args[2], "-neg")
	if args[0] == "f64" {
		c.dtype = tensor.Float64
	}
	row, ok := ops.Lookup(c.name)
	if !ok {
		panic("there is no operation " + strconv.Quote(c.name))
	}
	for i, w := range args[3:] {
		if w == "=" {
			break
		}
		switch {
		case w[0] == '(':
			c.operands = append(c.operands, parseOperand(w))
			c.args = append(c.args, nil)
		case w[0] == '#':
			v := integers(strings.Split(w[1:], ":"))
			for _, l := range labels(v[0], v[1]) {
				c.args = append(c.args, l)
			}
		default:
			if v, err := strconv.Atoi(w); err == nil {
				c.args = append(c.args, v)
			} else if v, err := strconv.ParseFloat(w, 64); err == nil {
				c.args = append(c.args, v)
			} else {
				panic("argument " + strconv.Itoa(i+1) + " is " + strconv.Quote(w))
			}
		}
	}
	c.given = make([]graph.Value, len(c.operands))
	c.f = callOf(row, c.args)
	y, grads := c.once()
	check := math.NaN()
	switch {
	case c.name == "random_uniform":
	case c.what == "forward":
		check = weighSigned(squaredIf(signless[c.name], numbersOf(y.Tensor())))
	default:
		check = 0
		for i, x := range c.leaves {
			if !c.operands[i].wanted() {
				continue
			}
			v := numbersOf(grads.Tensor(x))
			if c.operands[i].symmetric() {
				symmetrize(v, c.operands[i].shape[0])
			}
			check += weighSigned(v)
		}
	}
	return &job{run: c.run, check: check}
}

// callOf returns a function that calls the row's with the operands and the other arguments in their places. The usual
// kinds of functions are called directly: reflection would take longer than a small operation.
func callOf(row *graph.Row, args []any) func(xs []graph.Value) graph.Value {
	var ints []int
	var floats []float64
	values := 0
	for i, a := range args {
		switch a := a.(type) {
		case nil:
			if i > 0 && args[i-1] != nil { // an attribute before an operand
				values = -1
			}
		case int:
			ints = append(ints, a)
			floats = append(floats, float64(a))
		case float64:
			floats = append(floats, a)
		}
	}
	if values == 0 {
		switch f := row.Func.(type) {
		case func(x graph.Value) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0]) }
		case func(a, b graph.Value) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], xs[1]) }
		case func(a, b, c graph.Value) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], xs[1], xs[2]) }
		case func(x graph.Value, p float64) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], floats[0]) }
		case func(x graph.Value, p, q float64) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], floats[0], floats[1]) }
		case func(x graph.Value, k int) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], ints[0]) }
		case func(x graph.Value, j, k int) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], ints[0], ints[1]) }
		case func(x graph.Value, k ...int) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], ints...) }
		case func(x graph.Value, j int, k ...int) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], ints[0], ints[1:]...) }
		case func(x graph.Value, i, j int, k ...int) graph.Value:
			return func(xs []graph.Value) graph.Value { return f(xs[0], ints[0], ints[1], ints[2:]...) }
		}
	}
	return func(xs []graph.Value) graph.Value {
		all := slices.Clone(args)
		k := 0
		for i, a := range all {
			if a == nil {
				all[i] = xs[k]
				k++
			}
		}
		return ops.Apply(row, all...)
	}
}

// prepare makes the graph with the operands, and the cotangent, and takes the numbers of another operation away.
func (c *operationCall) prepare() {
	if heldOperation != nil {
		heldOperation.g, heldOperation.leaves, heldOperation.ct = nil, nil, nil
		clear(heldOperation.given)
	}
	heldOperation = c
	runtime.GC()
	c.g = graph.New(graph.WithDType(c.dtype))
	for k, o := range c.operands {
		t := o.draw(k, c.dtype)
		if o.wanted() {
			c.leaves = append(c.leaves, c.g.Bind(t))
		} else {
			c.leaves = append(c.leaves, c.g.BindConst(t))
		}
	}
	c.mark = c.g.Mark()
	y := c.forward()
	if c.what == "forward" {
		return
	}
	c.ct = tensor.New(c.dtype, y.Shape()...)
	switch {
	case signless[c.name]:
		result := y.Tensor()
		for i := range c.ct.Len() {
			c.ct.SetFlat(noiseAt(uint32(i), 2)*result.AtFlat(i), i)
		}
	case c.dtype == tensor.Float64:
		noise(c.ct.Float64s(), 2, 1)
	default:
		noise(c.ct.Float32s(), 2, 1)
	}
}

func (c *operationCall) forward() graph.Value {
	c.g.Rewind(c.mark)
	copy(c.given, c.leaves)
	for k, o := range c.operands {
		if o.transposed {
			c.given[k] = ops.Transpose(c.given[k])
		}
	}
	y := c.f(c.given)
	if c.inside {
		y = ops.Neg(y)
	}
	return y
}

func (c *operationCall) run() {
	if c.g == nil {
		c.prepare()
	}
	y := c.forward()
	if c.what == "both" {
		autograd.Backward(y, autograd.WithSeed(c.ct), autograd.LeavesOnly())
	}
}

// once returns the result, and the gradients if they are wanted.
func (c *operationCall) once() (y graph.Value, grads autograd.Gradients) {
	c.prepare()
	y = c.forward()
	if c.what == "both" {
		grads = autograd.Backward(y, autograd.WithSeed(c.ct))
	}
	return y, grads
}

// numbersOf returns a tensor's elements as float64.
func numbersOf(t *tensor.Tensor) []float64 {
	if t.DType() == tensor.Float64 {
		return t.Float64s()
	}
	x := make([]float64, t.Len())
	for i, v := range t.Float32s() {
		x[i] = float64(v)
	}
	return x
}

// squaredIf squares numbers whose signs are not determined.
func squaredIf(yes bool, x []float64) []float64 {
	if yes {
		for i, v := range x {
			x[i] = v * v
		}
	}
	return x
}

// symmetrize takes the mean of a matrix of n rows and its transpose.
func symmetrize(x []float64, n int) {
	for i := range n {
		for j := range i {
			m := (x[i*n+j] + x[j*n+i]) / 2
			x[i*n+j], x[j*n+i] = m, m
		}
	}
}

// weighSigned returns one number by which two results can be compared. Terms do not cancel, and one with the wrong sign
// shows.
func weighSigned(x []float64) float64 {
	sum := 0.0
	for i, v := range x {
		if v < 0 {
			v *= -2
		}
		sum += v * (1 + noiseAt(uint32(i), 3))
	}
	return sum
}
