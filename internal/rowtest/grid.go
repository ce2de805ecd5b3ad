package rowtest

import (
	"fmt"
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

var (
	inf     = math.Inf(1)
	nan     = math.NaN()
	negZero = math.Copysign(0, -1)
)

// SpecialNumbers are what rules are tried at, as operands and as cotangents.
var SpecialNumbers = []float64{0, negZero, 1, -1, inf, -inf, nan}

// A Grid is a call of an elementwise operation on many numbers at once: every operand, the cotangent of the result, and
// the cotangent of its gradient run through all combinations.
type Grid struct {
	Row     *graph.Row
	Params  []any       // arguments, with an operand's index in place of its value
	Columns [][]float64 // by operand; behind them the two cotangents
}

// newGrid lists all combinations of the numbers for n operands.
func newGrid(row *graph.Row, params []any, n int, numbers []float64) Grid {
	values := make([][]float64, 0, n+2)
	for range n {
		values = append(values, numbers)
	}
	values = append(values, SpecialNumbers, SpecialNumbers)
	gr := Grid{row, params, make([][]float64, len(values))}
	total := 1
	for _, v := range values {
		total *= len(v)
	}
	for k := range total {
		for i, v := range values {
			gr.Columns[i] = append(gr.Columns[i], v[k%len(v)])
			k /= len(v)
		}
	}
	return gr
}

// Operands returns the number of operands.
func (gr Grid) Operands() int { return len(gr.Columns) - 2 }

// Call applies the operation to operands, with the constant parameters of the grid.
func (gr Grid) Call(xs []graph.Value) graph.Value {
	args := make([]any, len(gr.Params))
	for i, a := range gr.Params {
		if k, ok := a.(Operand); ok {
			a = xs[k]
		}
		args[i] = a
	}
	return ops.Apply(gr.Row, args...)
}

// A Derivation is what one form computes: the gradient by each operand and, by two ways, the gradient of each gradient
// by operands and cotangent.
type Derivation struct {
	Value                  []float64
	Backward, Grad         [][]float64   // by operand
	BackwardGrad, GradGrad [][][]float64 // by gradient, then by operand or cotangent
	DType                  tensor.DType
	Scalar                 bool
}

// Tensors computes a grid with one tensor for each operand.
func (gr Grid) Tensors(dtype tensor.DType) Derivation {
	g := graph.New(graph.WithDType(dtype))
	d := Derivation{DType: dtype}
	n := gr.Operands()
	var xs []graph.Value
	for _, c := range gr.Columns[:n+1] {
		xs = append(xs, g.VarTensor(tensor.Of(c, len(c))))
	}
	ct2 := g.ConstTensor(tensor.Of(gr.Columns[n+1], len(gr.Columns[n+1])))
	y := gr.Call(xs[:n])
	d.Value = Numbers(y.Tensor())
	if !y.WantsGrad() {
		return d
	}
	l := ops.Sum(ops.Mul(y, xs[n]))
	back := autograd.Backward(l)
	for _, x := range xs[:n] {
		d.Backward = append(d.Backward, Numbers(back.Tensor(x)))
	}
	for _, first := range autograd.Grad(l, xs[:n]...) {
		d.Grad = append(d.Grad, Numbers(first.Tensor()))
		l2 := ops.Sum(ops.Mul(first, ct2))
		back := autograd.Backward(l2)
		var b, gg [][]float64
		for _, x := range xs {
			b = append(b, Numbers(back.Tensor(x)))
		}
		for _, second := range autograd.Grad(l2, xs...) {
			gg = append(gg, Numbers(second.Tensor()))
		}
		d.BackwardGrad, d.GradGrad = append(d.BackwardGrad, b), append(d.GradGrad, gg)
	}
	return d
}

// Scalars computes a grid number by number, on one graph.
func (gr Grid) Scalars() Derivation {
	g := graph.New()
	d := Derivation{DType: tensor.Float64, Scalar: true}
	n, count := gr.Operands(), len(gr.Columns[0])
	xs := make([][]graph.Value, n+1)
	for i, c := range gr.Columns[:n+1] {
		xs[i] = g.Vars(c)
	}
	var all, terms []graph.Value
	for _, x := range xs {
		all = append(all, x...)
	}
	for k := range count {
		at := make([]graph.Value, n)
		for i := range at {
			at[i] = xs[i][k]
		}
		y := gr.Call(at)
		d.Value = append(d.Value, y.Item())
		terms = append(terms, ops.Mul(y, xs[n][k]))
	}
	l := sumOf(terms)
	if !l.WantsGrad() {
		return d
	}
	back := autograd.Backward(l)
	for _, x := range xs[:n] {
		d.Backward = append(d.Backward, back.Scalars(nil, x))
	}
	first := autograd.Grad(l, all[:n*count]...)
	for i := range n {
		part := first[i*count : (i+1)*count]
		terms = terms[:0]
		var items []float64
		for k, v := range part {
			items = append(items, v.Item())
			terms = append(terms, ops.Mul(v, g.Const(gr.Columns[n+1][k])))
		}
		d.Grad = append(d.Grad, items)
		l2 := sumOf(terms)
		back := autograd.Backward(l2)
		var b, gg [][]float64
		for _, x := range xs {
			b = append(b, back.Scalars(nil, x))
		}
		second := autograd.Grad(l2, all...)
		for j := range xs {
			var items []float64
			for _, v := range second[j*count : (j+1)*count] {
				items = append(items, v.Item())
			}
			gg = append(gg, items)
		}
		d.BackwardGrad, d.GradGrad = append(d.BackwardGrad, b), append(d.GradGrad, gg)
	}
	return d
}

func sumOf(vs []graph.Value) graph.Value {
	sum := vs[0]
	for _, v := range vs[1:] {
		sum = ops.Add(sum, v)
	}
	return sum
}

// Elementwise reports whether an operation computes element by element, those without a derivative too.
func Elementwise(row *graph.Row) bool {
	return row.Class == graph.Elementwise || row.Unary != nil || row.UnaryParam != nil || row.Binary != nil
}

// constants are the constant parameters that grids are made for.
var constants = [][]float64{{0, 1}, {-1, 1}, {1, 0.5}, {2, -1}, {3, 3}, {0.5, 2}, {nan, 1}, {inf, -inf}, {-inf, inf}}

// Grids returns the grids of a row, one for each choice of constant parameters, none if it is not elementwise. Three
// operands meet few of the numbers, two with parameters few of those.
func Grids(row *graph.Row, numbers []float64) []Grid {
	params, ok := ops.Signature(row)
	if !ok || !Elementwise(row) {
		return nil
	}
	n := 0
	for _, p := range params {
		if p.Kind == ops.ValueArg {
			n++
		}
	}
	choices := constants
	switch {
	case n == len(params):
		choices = choices[:1]
	case n > 1:
		choices = choices[:3]
	}
	if n > 2 {
		numbers = []float64{0, 1, inf, nan}
	}
	var grids []Grid
	for k, c := range choices {
		var args []any
		operands := 0
		for i, p := range params {
			switch p.Kind {
			case ops.ValueArg:
				args = append(args, Operand(operands))
				operands++
			case ops.IntArg:
				args = append(args, k%4)
			default:
				args = append(args, c[(i-operands)%2])
			}
		}
		grids = append(grids, newGrid(row, args, n, numbers))
	}
	return grids
}

// SameNumber reports whether two derivatives agree: NaN with NaN, an infinity with the same, and finite numbers to
// rounding, relative to scale where they cancel.
func SameNumber(a, b, tolerance, scale float64) bool {
	switch {
	case a == b, a != a && b != b:
		return true
	case math.IsInf(a, 0) || math.IsInf(b, 0):
		return false
	}
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b), scale)
}

// Identical reports whether two numbers are the same, bit for bit but for the kind of NaN.
func Identical(a, b float64) bool {
	return a != a && b != b || math.Float64bits(a) == math.Float64bits(b)
}

// These bound the difference of two ways to one derivative that round differently, a dozen operations each.
const (
	SameTo64 = 1e-13
	SameTo32 = 1e-5
)

// Compare reports where two lists of numbers, one for each combination, disagree.
func (gr Grid) Compare(t *testing.T, what string, a, b []float64, tolerance float64) {
	t.Helper()
	gr.CompareScaled(t, what, a, b, tolerance, 1, func(int) bool { return false })
}

// CompareScaled is Compare relative to the given scale, but for the combinations that are to be skipped.
func (gr Grid) CompareScaled(t *testing.T, what string, a, b []float64, tolerance, scale float64, skip func(k int) bool) {
	t.Helper()
	shown := 0
	for k := range a {
		if SameNumber(a[k], b[k], tolerance, scale) || skip(k) {
			continue
		}
		if shown++; shown > 3 {
			t.Errorf("%s: and more", what)
			return
		}
		at := make([]float64, len(gr.Columns))
		for i, c := range gr.Columns {
			at[i] = c[k]
		}
		t.Errorf("%s(%v): %s at operands and cotangents %v: %v and %v", gr.Row.Name, gr.Params, what, at, a[k], b[k])
	}
}

// CompareWays reports where Backward and Grad disagree, and both of them of each gradient.
func (gr Grid) CompareWays(t *testing.T, form string, d Derivation) {
	t.Helper()
	tolerance := SameTo64
	if d.DType == tensor.Float32 {
		tolerance = SameTo32
	}
	for i := range d.Backward {
		gr.Compare(t, fmt.Sprintf("%s: Backward and Grad by operand %d", form, i), d.Backward[i], d.Grad[i], tolerance)
		for j := range d.BackwardGrad[i] {
			gr.Compare(t, fmt.Sprintf("%s: of the gradient by operand %d, Backward and Grad by operand %d", form, i, j), d.BackwardGrad[i][j], d.GradGrad[i][j], tolerance)
		}
	}
}
