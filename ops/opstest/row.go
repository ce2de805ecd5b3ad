// Package opstest tests operations, wherever they are registered:
//
//	func TestSoftsign(t *testing.T) { opstest.Row(t, opSoftsign.Row()) }
//
// The operations of package ops are tested by it as well.
package opstest

import (
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// Row tests everything that a row says, and that all ways to its derivative agree:
//
//   - the first derivative, in both precisions, and the second against difference quotients;
//   - the Backward kernel and Passes against the rule, and the rule against Tangent;
//   - the forward sweep against two backward ones, in both precisions and at special numbers, and against one in several
//     directions;
//   - the Taylor series, if there is one, against derivatives of derivatives;
//   - scalars against tensors;
//   - that what is recorded does not depend on the operands' numbers;
//   - that Moves holds;
//   - that kernels set all numbers of memory that was used before;
//   - the promises of At and Kinks;
//   - NaN, infinities and zeros among operands and cotangents;
//   - Value and Slopes against the scalar function.
//
// The operation is called as Row.Try says, on random operands of Row.Domain that Row.Prepare has mapped; elementwise
// operations without constant parameters need no Try. Every test is a subtest of t.
func Row(t *testing.T, row *graph.Row) {
	t.Helper()
	samples := rowtest.Samples(t, row)
	if len(samples) == 0 {
		t.Fatalf("row %q has no sample call: set Row.Try", row.Name)
	}
	each := func(name string, f func(t *testing.T, s rowtest.Sample)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			for _, s := range samples {
				t.Run(strings.ReplaceAll(s.Text, " ", "_"), func(t *testing.T) { f(t, s) })
			}
		})
	}
	t.Run("recording", func(t *testing.T) {
		for _, s := range samples[:min(len(samples), 12)] { // shapes hardly matter here
			recording(t, s)
		}
	})
	each("memory", memory)
	if row.Moves {
		each("moves", moves)
	}
	if row.Class == graph.NoGrad {
		each("no gradient", noGradient)
	} else {
		each("gradient", gradient)
		each("second derivative", secondDerivative)
		each("Backward and Grad", backward)
		each("tangent", tangent)
		each("forward sweep", forwardSweep)
		each("several directions", severalDirections)
		if row.Passes != nil {
			each("passed on", passes)
		}
		each("Taylor series", taylorSeries)
	}
	if !rowtest.Elementwise(row) {
		each("special numbers", spoiledNumbers)
		return
	}
	t.Run("scalar and tensor", func(t *testing.T) { scalarAndTensor(t, samples) })
	t.Run("special numbers", func(t *testing.T) { specialNumbers(t, row) })
	t.Run("special values", func(t *testing.T) { specialValues(t, row) })
	t.Run("kinks", func(t *testing.T) { kinks(t, samples[0]) })
	t.Run("text", func(t *testing.T) { text(t, row) })
}

// noGradient checks that an operation without a derivative passes no gradient on.
func noGradient(t *testing.T, s rowtest.Sample) {
	if y := s.Apply(rowtest.Variables(graph.New(), s.Operands)); y.WantsGrad() {
		t.Errorf("%v wants a gradient, but its operation has none", y)
	}
}

func gradient(t *testing.T, s rowtest.Sample) {
	f := func(xs ...graph.Value) graph.Value { return rowtest.Weighted(s.Apply(xs)) }
	if err := autograd.Check(f, s.Operands...); err != nil {
		t.Errorf("float64: %v", err)
	}
	if err := autograd.Check(f, rowtest.Float32s(s.Operands)...); err != nil {
		t.Errorf("float32: %v", err)
	}
}

func secondDerivative(t *testing.T, s rowtest.Sample) {
	if len(s.Operands) == 0 {
		return
	}
	f := func(xs ...graph.Value) graph.Value {
		y := rowtest.Weighted(s.Apply(xs))
		var sum graph.Value
		for i, d := range autograd.Grad(y, xs...) {
			// The square makes the result depend on gradients that are constant.
			term := rowtest.Weighted(ops.Add(d, ops.Square(d)))
			if i > 0 {
				term = ops.Add(sum, term)
			}
			sum = term
		}
		return sum
	}
	if err := autograd.Check(f, s.Operands...); err != nil {
		t.Error(err)
	}
}

// agree64 bounds the difference between two float64 computations of one derivative in another order: some hundred
// roundings of 1.1e-16.
const agree64 = 1e-12

func backward(t *testing.T, s rowtest.Sample) {
	g := graph.New()
	xs := rowtest.Variables(g, s.Operands)
	y := rowtest.Weighted(s.Apply(xs))
	numeric := autograd.Backward(y)
	var want [][]float64
	for _, x := range xs {
		want = append(want, rowtest.Numbers(numeric.Tensor(x)))
	}
	for i, d := range autograd.Grad(y, xs...) {
		for k, got := range rowtest.Numbers(d.Tensor()) {
			if !rowtest.SameNumber(want[i][k], got, agree64, 1) {
				t.Errorf("derivative by element %d of operand %d is %v by Backward, %v by Grad", k, i, want[i][k], got)
			}
		}
	}
}

// tangent holds tangents against cotangents: for the Jacobian J of an operation, the products ct·(J·t) and (Jᵀ·ct)·t are
// one number, whose derivatives by the operands are the same too.
func tangent(t *testing.T, s rowtest.Sample) {
	if s.Row.Tangent == nil {
		return
	}
	g := graph.New()
	xs := rowtest.Variables(g, s.Operands)
	y := s.Apply(xs)
	n := y.Node()
	if n.Row() != s.Row { // the function is put together from others
		return
	}
	ct := alternating(g, y.Shape(), 0.7)
	for i := range n.NumInputs() {
		if !n.Wants(i) {
			continue
		}
		shape := n.Input(i).Shape()
		tangent := alternating(g, shape, 1.3)
		forward := ops.Sum(ops.Mul(ct, ops.Broadcast(s.Row.Tangent(n, i, tangent), y.Shape()...)))
		reverse := ops.Sum(ops.Mul(ops.SumTo(s.Row.VJP(n, i, ct), shape...), tangent))
		if a, b := forward.Item(), reverse.Item(); !rowtest.SameNumber(a, b, agree64, 1) {
			t.Errorf("operand %d: ct·(J·t) is %v, (Jᵀ·ct)·t is %v", i, a, b)
		}
		a, b := autograd.Grad(forward, xs...), autograd.Grad(reverse, xs...)
		for k := range xs {
			want := rowtest.Numbers(b[k].Tensor())
			for j, got := range rowtest.Numbers(a[k].Tensor()) {
				if !rowtest.SameNumber(want[j], got, agree64, 1) {
					t.Errorf("operand %d: the derivative of ct·(J·t) by element %d of operand %d is %v, that of (Jᵀ·ct)·t is %v", i, j, k, got, want[j])
				}
			}
		}
	}
}

// passes holds what Row.Passes says against the rule: what an operand gets is that stretch of the cotangent, whatever
// numbers it has.
func passes(t *testing.T, s rowtest.Sample) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		n := s.Apply(rowtest.Variables(g, s.Operands)).Node()
		if n.Row() != s.Row { // the function is put together from others
			return
		}
		ct := tensor.New(dtype, n.Dims()...)
		special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.SmallestNonzeroFloat32}
		for k := range ct.Len() {
			ct.SetFlat(float64(k+1), k)
			if k%3 == 2 {
				ct.SetFlat(special[k/3%len(special)], k)
			}
		}
		for i := range n.NumInputs() {
			from, ok := n.Passes(i)
			if !ok || !n.Wants(i) {
				continue
			}
			dims := n.InputNode(i).Dims()
			size := tensor.New(dtype, dims...).Len()
			if from < 0 || from > ct.Len() || size > ct.Len()-from {
				t.Errorf("operand %d: Row.Passes says that its %d elements are those of the cotangent from %d on, which has %d", i, size, from, ct.Len())
				continue
			}
			want := rowtest.Numbers(ops.SumTo(s.Row.VJP(n, i, g.ConstTensor(ct)), dims...).Tensor())
			for k, got := range rowtest.Numbers(ct)[from : from+size] {
				if !rowtest.SameNumber(want[k], got, 0, 0) {
					t.Errorf("%v: element %d of the cotangent of operand %d is %v by the rule, %v by Row.Passes", dtype, k, i, want[k], got)
				}
			}
		}
	}
}

// alternating returns a constant of the given shape with numbers of either sign.
func alternating(g *graph.Graph, shape []int, scale float64) graph.Value {
	c := tensor.New(tensor.Float64, shape...)
	for i := range c.Len() {
		c.SetFlat(scale*math.Cos(2.4*float64(i+1)), i)
	}
	return g.ConstTensor(c)
}

// scalarAndTensor compares the first elements of all operands as scalars with tensors of one element.
func scalarAndTensor(t *testing.T, samples []rowtest.Sample) {
	for _, s := range samples {
		one := func(shape ...int) []float64 {
			g := graph.New()
			var operands []*tensor.Tensor
			for _, x := range s.Operands {
				if x.Len() == 0 {
					return nil
				}
				operands = append(operands, rowtest.Filled(x.AtFlat(0), shape...))
			}
			xs := rowtest.Variables(g, operands)
			y := s.Apply(xs)
			numbers := []float64{y.Item()}
			grads := autograd.Backward(ops.Sum(y))
			for _, x := range xs {
				numbers = append(numbers, grads.Tensor(x).AtFlat(0))
			}
			return numbers
		}
		scalar, vector := one(), one(1)
		for i := range scalar {
			if !rowtest.SameNumber(scalar[i], vector[i], 1e-14, 0) {
				t.Errorf("%s: value and derivatives are %v of scalars, %v of tensors", s.Text, scalar, vector)
				break
			}
		}
	}
}
