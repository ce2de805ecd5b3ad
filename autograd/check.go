package autograd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// The step and the tolerances of [Check].
//
// The difference quotient has an error of h⁴·f⁽⁵⁾/30 by its order and of about 1.5·ε·|f|/h by rounding; with
// h = ε^(1/5) both are near 1e-12 for a well-scaled function. checkTolerance64 leaves four digits for functions that
// are not. checkTolerance32 is for gradients computed in float32, ε = 6e-8, through a few hundred roundings; their
// difference quotient is taken in float64.
const (
	checkStep        = 7.4e-4 // ε^(1/5) for float64
	checkTolerance64 = 1e-8
	checkTolerance32 = 1e-4
)

// Up to fewElements elements of the arguments are all compared. Of more, so many are drawn, and so many directions in
// which all of them move.
const (
	fewElements       = 256
	sampledElements   = 32
	sampledDirections = 4
)

// A CheckError reports that a gradient and the difference quotient disagree, at the element where they do so most.
type CheckError struct {
	Input     int     // which argument of the function
	Index     []int   // which element of it; nil if no single element but a direction was found, and then Input is -1
	Gradient  float64 // by the backward sweep
	Quotient  float64 // by central differences, or what Recorded or Forward says
	Recorded  bool    // the backward sweep agrees with differences, and not with Grad
	Forward   bool    // the backward sweep agrees with differences and with Grad, and not with the forward sweep
	Absolute  float64 // the size of their difference
	Relative  float64 // the same, divided by the larger of the two
	Tolerance float64 // of the difference
	Elements  int     // how many elements disagree, of those that were compared
}

// Error returns the place, both values, and how they differ.
func (e *CheckError) Error() string {
	if e == nil {
		return "<nil>"
	}
	where := fmt.Sprintf("gradient by argument %d at %v", e.Input, e.Index)
	if e.Index == nil {
		where = "derivative in a random direction of all arguments"
	}
	if e.Recorded {
		return fmt.Sprintf("autograd.Check: the %s is %.12g, which central differences confirm, and Grad gives %.12g: they differ by %.3g, more than %.3g (%d elements differ): a vjp differentiates what its cotangent and its operands are made of: see autograd.Pullback",
			where, e.Gradient, e.Quotient, e.Absolute, e.Tolerance, e.Elements)
	}
	if e.Forward {
		return fmt.Sprintf("autograd.Check: the %s is %.12g, which central differences confirm, and the forward sweep gives %.12g: they differ by %.3g, more than %.3g (%d elements differ): an operation's Tangent, or a vjp that is not linear in its cotangent, is wrong",
			where, e.Gradient, e.Quotient, e.Absolute, e.Tolerance, e.Elements)
	}
	return fmt.Sprintf("autograd.Check: the %s is %.12g, central differences give %.12g: they differ by %.3g, %.3g of their size, more than %.3g (%d elements differ)",
		where, e.Gradient, e.Quotient, e.Absolute, e.Relative, e.Tolerance, e.Elements)
}

// Check compares the gradient of f by the backward sweep with central differences of fourth order, at the given
// point, and returns a [*CheckError] for the worst element if they disagree. Where they agree, it compares the gradient
// with the recorded one of [Grad], and then with the derivatives by the forward sweep, [Forward]. The result of f must be a
// scalar. f is called many times, each time on a new graph, and must return the same value for the same arguments.
//
// If the arguments have more than 256 elements together, 32 of them are compared, drawn at random but always the same
// ones, and derivatives in 4 random directions in which all elements move. Where such a derivative is wrong, Check
// looks for the element by halves.
//
// Elements may differ by 1e-8·max(1, |gradient|, |f|), by 1e-4 in place of 1e-8 if a tensor of at is float32: then f
// runs on a float32 graph for the gradient and on a float64 graph for the differences.
//
// Any other failure of f, such as shapes that do not fit, is returned as the *[graph.Error] it panicked with.
func Check(f func(xs ...graph.Value) graph.Value, at ...*tensor.Tensor) error {
	if f == nil {
		return noFunction("autograd.Check")
	}
	dtype, tolerance := tensor.Float64, checkTolerance64
	for i, t := range at {
		if t == nil {
			return graph.Errorf("autograd.Check", graph.ErrUsage, "argument %d is a nil tensor: make one with tensor.New or tensor.Of", i)
		}
		if t.DType() == tensor.Float32 {
			dtype, tolerance = tensor.Float32, checkTolerance32
		}
	}
	var worst *CheckError
	err := graph.Try(func() { worst = check(f, at, dtype, tolerance) })
	if err != nil {
		return err
	}
	if worst != nil {
		return worst
	}
	return nil
}

func check(f func(xs ...graph.Value) graph.Value, at []*tensor.Tensor, dtype tensor.DType, tolerance float64) *CheckError {
	gradients, recorded, forward := gradientsAt(f, at, dtype)
	c := &checker{gradients: gradients, tolerance: tolerance}
	total := 0
	for _, t := range at {
		c.point = append(c.point, t.To(tensor.Float64))
		total += t.Len()
	}
	g := graph.New()
	c.value = func() float64 {
		g.Reset()
		y := f(leaves(g, c.point)...)
		checkResult("autograd.Check", g, y)
		return y.Item()
	}
	c.y = c.value()
	if total <= fewElements {
		for k := range total {
			c.element(k)
		}
		c.recordedAlike(recorded)
		if c.worst == nil {
			for k := range total {
				c.forwards(forward, func(at int) float64 { return oneAt(at, k) }, k)
			}
		}
		return c.worst
	}
	rng := rand.New(rand.NewPCG(uint64(total), 1))
	for range sampledElements {
		c.element(rng.IntN(total))
	}
	var all [][]float64
	for range sampledDirections {
		signs := make([]float64, total)
		for k := range signs {
			signs[k] = 1 - 2*float64(rng.IntN(2))
		}
		c.direction(signs)
		all = append(all, signs)
	}
	c.recordedAlike(recorded)
	for _, signs := range all {
		if c.worst == nil {
			c.forwards(forward, func(at int) float64 { return signs[at] }, -1)
		}
	}
	return c.worst
}

// recordedAlike compares the gradients with those that are recorded, unless something was found to differ before.
func (c *checker) recordedAlike(recorded func() []*tensor.Tensor) {
	if c.worst != nil {
		return
	}
	for input, t := range recorded() {
		for at := range t.Len() {
			gradient, other := c.gradients[input].AtFlat(at), t.AtFlat(at)
			over, allowed := c.compare(gradient, other, math.Abs(gradient))
			c.note(over, CheckError{Input: input, Index: unravel(at, t.Dims()), Gradient: gradient, Quotient: other, Tolerance: allowed, Recorded: true})
		}
	}
}

// forwards compares the derivatives by both sweeps as every element moves by what dir says: element k alone, or if that is
// negative all of them.
func (c *checker) forwards(forward func(dirs []*tensor.Tensor) float64, dir func(at int) float64, k int) {
	dirs := make([]*tensor.Tensor, len(c.point))
	sum, size, at := 0.0, 0.0, 0
	for i, t := range c.point {
		dirs[i] = tensor.New(tensor.Float64, t.Dims()...)
		for j := range t.Len() {
			d := dir(at)
			dirs[i].SetFlat(d, j)
			if d != 0 {
				v := d * c.gradients[i].AtFlat(j)
				sum, size = sum+v, size+math.Abs(v)
			}
			at++
		}
	}
	got := forward(dirs)
	over, allowed := c.compare(sum, got, size)
	e := CheckError{Input: -1, Gradient: sum, Quotient: got, Tolerance: allowed, Forward: true}
	if k >= 0 {
		input, at := c.place(k)
		e.Input, e.Index = input, unravel(at, c.point[input].Dims())
	}
	c.note(over, e)
}

func oneAt(at, k int) float64 {
	if at == k {
		return 1
	}
	return 0
}

// A checker compares derivatives at a point. Elements of all arguments are counted together.
type checker struct {
	point, gradients []*tensor.Tensor
	value            func() float64 // of the function, at the point as it stands
	y, tolerance     float64
	worst            *CheckError
	excess           float64 // of worst: how often the tolerance
}

// place returns the argument that element k belongs to, and its place there.
func (c *checker) place(k int) (input, at int) {
	for k >= c.point[input].Len() {
		k -= c.point[input].Len()
		input++
	}
	return input, k
}

// compare returns how often the tolerance two derivatives differ, of which the larger contributions have the given size.
func (c *checker) compare(gradient, quotient, size float64) (over, allowed float64) {
	allowed = c.tolerance * math.Max(1, math.Max(size, math.Abs(c.y)))
	over = math.Abs(gradient-quotient) / allowed
	if math.IsNaN(over) {
		over = math.Inf(1)
		if gradient == quotient || math.IsNaN(gradient) && math.IsNaN(quotient) {
			over = 0
		}
	}
	return over, allowed
}

// element compares the derivatives by one element.
func (c *checker) element(k int) {
	input, at := c.place(k)
	quotient := difference(c.point[input], at, c.value)
	gradient := c.gradients[input].AtFlat(at)
	over, allowed := c.compare(gradient, quotient, math.Abs(gradient))
	c.note(over, CheckError{Input: input, Index: unravel(at, c.point[input].Dims()), Gradient: gradient, Quotient: quotient, Tolerance: allowed})
}

// note keeps the worst of what is found to differ.
func (c *checker) note(over float64, e CheckError) {
	if over <= 1 {
		return
	}
	e.Elements = 1
	if c.worst != nil {
		e.Elements = c.worst.Elements + 1
	}
	if over > c.excess {
		e.Absolute = math.Abs(e.Gradient - e.Quotient)
		e.Relative = e.Absolute / math.Max(math.Abs(e.Gradient), math.Abs(e.Quotient))
		c.excess, c.worst = over, &e
	}
	c.worst.Elements = e.Elements
}

// direction compares the derivatives as all elements move, each by its sign, and if they differ goes on with the half
// that does so more, down to an element.
func (c *checker) direction(signs []float64) {
	from, to := 0, len(signs)
	over, e := c.along(signs, from, to)
	if over <= 1 {
		return
	}
	for to-from > 1 {
		half := (from + to) / 2
		first, a := c.along(signs, from, half)
		second, b := c.along(signs, half, to)
		switch {
		case first <= 1 && second <= 1: // many elements differ, each by too little
			c.note(over, e)
			return
		case first >= second:
			to, over, e = half, first, a
		default:
			from, over, e = half, second, b
		}
	}
	c.element(from)
}

// along compares the derivatives as the elements of a range move, by steps of unit length together.
func (c *checker) along(signs []float64, from, to int) (over float64, e CheckError) {
	scale := 1 / math.Sqrt(float64(to-from))
	old := make([]float64, to-from)
	size := 0.0
	input, at := c.place(from)
	for k := range old {
		for at == c.point[input].Len() {
			input, at = input+1, 0
		}
		old[k] = c.point[input].AtFlat(at)
		d := c.gradients[input].AtFlat(at) * math.Max(1, math.Abs(old[k])) * scale
		e.Gradient += signs[from+k] * d
		size += math.Abs(d)
		at++
	}
	move := func(steps float64) float64 {
		input, at := c.place(from)
		for k, x := range old {
			for at == c.point[input].Len() {
				input, at = input+1, 0
			}
			c.point[input].SetFlat(x+steps*checkStep*signs[from+k]*math.Max(1, math.Abs(x))*scale, at)
			at++
		}
		return c.value()
	}
	e.Quotient = (8*(move(1)-move(-1)) - (move(2) - move(-2))) / (12 * checkStep)
	move(0)
	over, allowed := c.compare(e.Gradient, e.Quotient, size)
	e.Input, e.Tolerance = -1, allowed
	return over, e
}

// gradientsAt returns the gradient of f by each argument, on a graph of the given precision, the same by a recorded sweep,
// and the derivative along directions of all of them by the forward sweep.
func gradientsAt(f func(xs ...graph.Value) graph.Value, at []*tensor.Tensor, dtype tensor.DType) (gradients []*tensor.Tensor, recorded func() []*tensor.Tensor, forward func(dirs []*tensor.Tensor) float64) {
	g := graph.New(graph.WithDType(dtype))
	xs := leaves(g, at)
	y := f(slices.Clone(xs)...)
	checkResult("autograd.Check", g, y)
	for _, x := range xs {
		x.Check("autograd.Check")
	}
	if len(y.Dims()) > 0 {
		panic(graph.Errorf("autograd.Check", graph.ErrShape, "the function's result has shape %s, not a scalar: reduce it with ops.Sum or ops.Mean", tensor.FormatShape(y.Dims())))
	}
	grads := backward(y, settings{op: "autograd.Check"})
	out := make([]*tensor.Tensor, len(xs))
	for i, x := range xs {
		out[i] = grads.Tensor(x)
	}
	recorded = func() []*tensor.Tensor {
		all := make([]*tensor.Tensor, len(xs))
		for i, v := range Grad(y, xs...) {
			all[i] = v.Tensor()
		}
		return all
	}
	return out, recorded, func(dirs []*tensor.Tensor) float64 { return Forward(y, xs, dirs).AtFlat(0) }
}

func leaves(g *graph.Graph, at []*tensor.Tensor) []graph.Value {
	xs := make([]graph.Value, len(at))
	for i, t := range at {
		xs[i] = g.VarTensor(t)
	}
	return xs
}

// difference returns the central difference quotient of fourth order by element k of t:
// (8·(f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h.
func difference(t *tensor.Tensor, k int, value func() float64) float64 {
	x := t.AtFlat(k)
	defer t.SetFlat(x, k)
	h := checkStep * math.Max(1, math.Abs(x))
	h = (x + h) - x // a step that is exact in float64
	at := func(steps float64) float64 {
		t.SetFlat(x+steps*h, k)
		return value()
	}
	return (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h)
}

// unravel returns the indices of the k-th element of a shape.
func unravel(k int, shape []int) []int {
	index := make([]int, len(shape))
	for i := len(shape) - 1; i >= 0; i-- {
		index[i] = k % shape[i]
		k /= shape[i]
	}
	return index
}
