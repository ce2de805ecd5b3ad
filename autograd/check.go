package autograd

import (
	"fmt"
	"math"

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

// A CheckError reports that a gradient and the difference quotient disagree, at the element where they do so most.
type CheckError struct {
	Input     int     // which argument of the function
	Index     []int   // which element of it
	Gradient  float64 // by the backward sweep
	Quotient  float64 // by central differences
	Tolerance float64 // of their difference
	Elements  int     // how many elements disagree
}

// Error returns the place and both values.
func (e *CheckError) Error() string {
	return fmt.Sprintf("autograd.Check: the gradient by argument %d at %v is %.12g, central differences give %.12g: they differ by %.3g, more than %.3g (%d elements differ)",
		e.Input, e.Index, e.Gradient, e.Quotient, math.Abs(e.Gradient-e.Quotient), e.Tolerance, e.Elements)
}

// Check compares the gradient of f by the backward sweep with central differences of fourth order, at the given
// point, and returns a [*CheckError] for the worst element if they disagree. The result of f must be a scalar. f is
// called many times, each time on a new graph, and must return the same value for the same arguments.
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
	point := make([]*tensor.Tensor, len(at))
	for i, t := range at {
		point[i] = t.To(tensor.Float64)
	}
	gradients := gradientsAt(f, at, dtype)
	g := graph.New()
	value := func() float64 {
		g.Reset()
		y := f(leaves(g, point)...)
		checkResult("autograd.Check", g, y)
		return y.Item()
	}
	y := value()
	var worst *CheckError
	excess := 0.0
	wrong := 0
	for i, t := range point {
		for k := range t.Len() {
			quotient := difference(t, k, value)
			gradient := gradients[i].AtFlat(k)
			allowed := tolerance * math.Max(1, math.Max(math.Abs(gradient), math.Abs(y)))
			over := math.Abs(gradient-quotient) / allowed
			if math.IsNaN(over) {
				over = math.Inf(1)
				if gradient == quotient || math.IsNaN(gradient) && math.IsNaN(quotient) {
					over = 0
				}
			}
			if over <= 1 {
				continue
			}
			wrong++
			if over > excess {
				excess = over
				worst = &CheckError{Input: i, Index: unravel(k, t.Dims()), Gradient: gradient, Quotient: quotient, Tolerance: allowed}
			}
		}
	}
	if worst != nil {
		worst.Elements = wrong
	}
	return worst
}

// gradientsAt returns the gradient of f by each argument, on a graph of the given precision.
func gradientsAt(f func(xs ...graph.Value) graph.Value, at []*tensor.Tensor, dtype tensor.DType) []*tensor.Tensor {
	g := graph.New(graph.WithDType(dtype))
	xs := leaves(g, at)
	y := f(xs...)
	checkResult("autograd.Check", g, y)
	if len(y.Dims()) > 0 {
		panic(graph.Errorf("autograd.Check", graph.ErrShape, "the function's result has shape %s, not a scalar: reduce it with ops.Sum or ops.Mean", tensor.FormatShape(y.Dims())))
	}
	grads := backward(y, settings{op: "autograd.Check"})
	out := make([]*tensor.Tensor, len(xs))
	for i, x := range xs {
		out[i] = grads.Tensor(x)
	}
	return out
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
