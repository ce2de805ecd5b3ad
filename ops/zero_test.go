package ops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// The tests of this file hold the four ways to a derivative against each other where numbers are special: Backward,
// Grad, Backward of Grad and Grad of Grad, with scalars and with tensors.

var (
	specialNumbers    = []float64{0, negZero, 1, -1, inf, -inf, nan}
	specialCotangents = specialNumbers
	extremeNumbers    = []float64{5e-324, -1e-300, 1e-40, 0.3, -2.5, 1e30, -1e300}
)

// A grid is a call of an elementwise operation on many numbers at once: every operand, the cotangent of the result, and
// the cotangent of its gradient run through all combinations.
type grid struct {
	row     *graph.Row
	params  []any       // arguments, with an operand's index in place of its value
	columns [][]float64 // by operand; behind them the two cotangents
}

// newGrid lists all combinations of the numbers for n operands.
func newGrid(row *graph.Row, params []any, n int, numbers []float64) grid {
	values := make([][]float64, 0, n+2)
	for range n {
		values = append(values, numbers)
	}
	values = append(values, specialCotangents, specialCotangents)
	gr := grid{row, params, make([][]float64, len(values))}
	total := 1
	for _, v := range values {
		total *= len(v)
	}
	for k := range total {
		for i, v := range values {
			gr.columns[i] = append(gr.columns[i], v[k%len(v)])
			k /= len(v)
		}
	}
	return gr
}

func (gr grid) operands() int { return len(gr.columns) - 2 }

func (gr grid) call(xs []graph.Value) graph.Value {
	args := make([]any, len(gr.params))
	for i, a := range gr.params {
		if k, ok := a.(operand); ok {
			a = xs[k]
		}
		args[i] = a
	}
	return ops.Call(gr.row, args...)
}

// A derivation is what one form computes: the gradient by each operand and, by two ways, the gradient of each gradient
// by operands and cotangent.
type derivation struct {
	value                  []float64
	backward, grad         [][]float64   // by operand
	backwardGrad, gradGrad [][][]float64 // by gradient, then by operand or cotangent
	dtype                  tensor.DType
	scalar                 bool
}

// tensors computes a grid with one tensor for each operand.
func (gr grid) tensors(dtype tensor.DType) derivation {
	g := graph.New(graph.WithDType(dtype))
	d := derivation{dtype: dtype}
	n := gr.operands()
	var xs []graph.Value
	for _, c := range gr.columns[:n+1] {
		xs = append(xs, g.VarTensor(tensor.Of(c, len(c))))
	}
	ct2 := g.ConstTensor(tensor.Of(gr.columns[n+1], len(gr.columns[n+1])))
	y := gr.call(xs[:n])
	d.value = numbers(y.Tensor())
	if !y.WantsGrad() {
		return d
	}
	l := ops.Sum(ops.Mul(y, xs[n]))
	back := autograd.Backward(l)
	for _, x := range xs[:n] {
		d.backward = append(d.backward, numbers(back.Tensor(x)))
	}
	for _, first := range autograd.Grad(l, xs[:n]...) {
		d.grad = append(d.grad, numbers(first.Tensor()))
		l2 := ops.Sum(ops.Mul(first, ct2))
		back := autograd.Backward(l2)
		var b, gg [][]float64
		for _, x := range xs {
			b = append(b, numbers(back.Tensor(x)))
		}
		for _, second := range autograd.Grad(l2, xs...) {
			gg = append(gg, numbers(second.Tensor()))
		}
		d.backwardGrad, d.gradGrad = append(d.backwardGrad, b), append(d.gradGrad, gg)
	}
	return d
}

// scalars computes a grid number by number, on one graph.
func (gr grid) scalars() derivation {
	g := graph.New()
	d := derivation{dtype: tensor.Float64, scalar: true}
	n, count := gr.operands(), len(gr.columns[0])
	xs := make([][]graph.Value, n+1)
	for i, c := range gr.columns[:n+1] {
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
		y := gr.call(at)
		d.value = append(d.value, y.Item())
		terms = append(terms, ops.Mul(y, xs[n][k]))
	}
	l := sumOf(terms)
	if !l.WantsGrad() {
		return d
	}
	back := autograd.Backward(l)
	for _, x := range xs[:n] {
		d.backward = append(d.backward, back.Scalars(nil, x))
	}
	first := autograd.Grad(l, all[:n*count]...)
	for i := range n {
		part := first[i*count : (i+1)*count]
		terms = terms[:0]
		var items []float64
		for k, v := range part {
			items = append(items, v.Item())
			terms = append(terms, ops.Mul(v, g.Const(gr.columns[n+1][k])))
		}
		d.grad = append(d.grad, items)
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
		d.backwardGrad, d.gradGrad = append(d.backwardGrad, b), append(d.gradGrad, gg)
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

// elementwiseGrids returns the grids of a row, none if it is not elementwise.
func elementwiseGrids(row *graph.Row, numbers []float64) []grid {
	switch {
	case row.Unary != nil:
		return []grid{newGrid(row, []any{operand(0)}, 1, numbers)}
	case row.Binary != nil:
		return []grid{newGrid(row, []any{operand(0), operand(1)}, 2, numbers)}
	case row.Name == "pow_log":
		return []grid{newGrid(row, []any{operand(0), operand(1), 0}, 2, numbers), newGrid(row, []any{operand(0), operand(1), 1}, 2, numbers), newGrid(row, []any{operand(0), operand(1), 2}, 2, numbers)}
	case row.Name == "where":
		return []grid{newGrid(row, []any{operand(0), operand(1), operand(2)}, 3, []float64{0, 1, inf, nan})}
	case row.UnaryParam != nil:
		params, _ := ops.Signature(row)
		var grids []grid
		for k, p := range [][]float64{{0, 1}, {-1, 1}, {1, 0.5}, {2, -1}, {3, 3}, {0.5, 2}, {nan, 1}, {inf, -inf}, {-inf, inf}} {
			var args []any
			used := 0
			for _, param := range params {
				switch param.Kind {
				case ops.ValueArg:
					args = append(args, operand(0))
					continue
				case ops.IntArg:
					args = append(args, k%4)
				default:
					args = append(args, p[used])
				}
				used++
			}
			grids = append(grids, newGrid(row, args, 1, numbers))
		}
		return grids
	}
	return nil
}

// sameNumber reports whether two derivatives agree: NaN with NaN, an infinity with the same, and finite numbers to
// rounding, relative to scale where they cancel.
func sameNumber(a, b, tolerance, scale float64) bool {
	switch {
	case a == b, a != a && b != b:
		return true
	case math.IsInf(a, 0) || math.IsInf(b, 0):
		return false
	}
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b), scale)
}

// These bound the difference of two ways to one derivative that round differently, a dozen operations each.
const (
	sameTo64 = 1e-13
	sameTo32 = 1e-5
)

func (gr grid) compare(t *testing.T, what string, a, b []float64, tolerance float64) {
	t.Helper()
	gr.compareScaled(t, what, a, b, tolerance, 1, func(int) bool { return false })
}

func (gr grid) compareScaled(t *testing.T, what string, a, b []float64, tolerance, scale float64, skip func(k int) bool) {
	t.Helper()
	shown := 0
	for k := range a {
		if sameNumber(a[k], b[k], tolerance, scale) || skip(k) {
			continue
		}
		if shown++; shown > 3 {
			t.Errorf("%s: and more", what)
			return
		}
		at := make([]float64, len(gr.columns))
		for i, c := range gr.columns {
			at[i] = c[k]
		}
		t.Errorf("%s(%v): %s at operands and cotangents %v: %v and %v", gr.row.Name, gr.params, what, at, a[k], b[k])
	}
}

func (gr grid) compareWays(t *testing.T, form string, d derivation) {
	t.Helper()
	tolerance := sameTo64
	if d.dtype == tensor.Float32 {
		tolerance = sameTo32
	}
	for i := range d.backward {
		gr.compare(t, fmt.Sprintf("%s: Backward and Grad by operand %d", form, i), d.backward[i], d.grad[i], tolerance)
		for j := range d.backwardGrad[i] {
			gr.compare(t, fmt.Sprintf("%s: of the gradient by operand %d, Backward and Grad by operand %d", form, i, j), d.backwardGrad[i][j], d.gradGrad[i][j], tolerance)
		}
	}
}

func TestAllWaysAgreeAtSpecialNumbers(t *testing.T) {
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			for _, gr := range elementwiseGrids(row, specialNumbers) {
				s, d64, d32 := gr.scalars(), gr.tensors(tensor.Float64), gr.tensors(tensor.Float32)
				gr.compareWays(t, "scalar", s)
				gr.compareWays(t, "tensor64", d64)
				gr.compareWays(t, "tensor32", d32)
				gr.compare(t, "value of scalar and tensor64", s.value, d64.value, sameTo64)
				gr.compare(t, "value of scalar and tensor32", s.value, d32.value, sameTo32)
				for i := range min(len(s.backward), len(d64.backward)) {
					gr.compare(t, fmt.Sprintf("by operand %d, scalar and tensor64", i), s.backward[i], d64.backward[i], sameTo64)
					gr.compare(t, fmt.Sprintf("by operand %d, scalar and tensor32", i), s.backward[i], d32.backward[i], sameTo32)
					for j := range s.backwardGrad[i] {
						gr.compare(t, fmt.Sprintf("of the gradient by operand %d, by operand %d, scalar and tensor64", i, j), s.backwardGrad[i][j], d64.backwardGrad[i][j], sameTo64)
						gr.compare(t, fmt.Sprintf("of the gradient by operand %d, by operand %d, scalar and tensor32", i, j), s.backwardGrad[i][j], d32.backwardGrad[i][j], sameTo32)
					}
				}
			}
		})
	}
}

// TestAllWaysAgreeAtExtremes compares what is left where numbers are tiny or huge. A derivative that has over- or
// underflowed on one of the ways is passed over: 0, infinite, NaN or denormal.
func TestAllWaysAgreeAtExtremes(t *testing.T) {
	flowed := func(v, least float64) bool { return !(math.Abs(v) >= least && math.Abs(v) <= math.MaxFloat64) }
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			for _, gr := range elementwiseGrids(row, extremeNumbers) {
				if gr.operands() == 2 { // equal operands cancel, in atan2 for one
					for k := range gr.columns[1] {
						gr.columns[1][k] *= 1.7
					}
				}
				for _, d := range []derivation{gr.scalars(), gr.tensors(tensor.Float64), gr.tensors(tensor.Float32)} {
					tolerance, least := sameTo64, 0x1p-1022
					if d.dtype == tensor.Float32 {
						tolerance, least = sameTo32, 0x1p-126
					}
					compare := func(what string, a, b []float64) {
						t.Helper()
						tolerance := tolerance
						if row.Name == "atan2" || row.Name == "hypot" {
							tolerance *= 1e3 // their second derivatives are differences of larger numbers
						}
						gr.compareScaled(t, what, a, b, tolerance, 0, func(k int) bool { return flowed(a[k], least) || flowed(b[k], least) })
					}
					for i := range d.backward {
						compare(fmt.Sprintf("%v, scalar %v: Backward and Grad by operand %d", d.dtype, d.scalar, i), d.backward[i], d.grad[i])
						for j := range d.backwardGrad[i] {
							compare(fmt.Sprintf("%v, scalar %v: of the gradient by operand %d, Backward and Grad by operand %d", d.dtype, d.scalar, i, j), d.backwardGrad[i][j], d.gradGrad[i][j])
						}
					}
				}
			}
		})
	}
}

// TestBackwardIsTheRule holds the kernels of rows that are not elementwise against their rules, with special numbers among
// operands and cotangents.
func TestBackwardIsTheRule(t *testing.T) {
	eachRow(t, func(t *testing.T, s sample) {
		if s.row.Class == graph.NoGrad || len(elementwiseGrids(s.row, nil)) > 0 {
			return
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			spoiled := s
			spoiled.operands = nil
			for _, x := range s.operands {
				x = x.Clone()
				for i := range x.Len() {
					if rng.IntN(4) == 0 {
						x.SetFlat(specialNumbers[rng.IntN(len(specialNumbers))], i)
					}
				}
				spoiled.operands = append(spoiled.operands, x)
			}
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				var numeric, recorded [][]float64
				err := graph.Try(func() {
					g := graph.New(graph.WithDType(dtype))
					xs := variables(g, spoiled.operands)
					y := spoiled.apply(xs)
					ct := tensor.New(dtype, y.Shape()...)
					for i := range ct.Len() {
						ct.SetFlat([]float64{1, 0, -2, inf, nan, negZero, 0.5}[rng.IntN(7)], i)
					}
					l := ops.Sum(ops.Mul(y, g.ConstTensor(ct)))
					back := autograd.Backward(l)
					for _, x := range xs {
						numeric = append(numeric, numbers(back.Tensor(x)))
					}
					for _, d := range autograd.Grad(l, xs...) {
						recorded = append(recorded, numbers(d.Tensor()))
					}
				})
				if err != nil {
					continue // a matrix that is singular now, a label that is none
				}
				tolerance := 1e-9
				if dtype == tensor.Float32 {
					tolerance = 1e-3
				}
				for i := range numeric {
					for k := range numeric[i] {
						a, b := numeric[i][k], recorded[i][k]
						if !sameNumber(a, b, tolerance, 1) {
							t.Fatalf("%v: operands %v: derivative by element %d of operand %d is %v by Backward, %v by Grad", dtype, show(spoiled.operands), k, i, a, b)
						}
					}
				}
			}
		}
	})
}

func show(ts []*tensor.Tensor) (s []string) {
	for _, t := range ts {
		s = append(s, t.Summary(12, 4))
	}
	return s
}
