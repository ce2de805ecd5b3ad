package ops_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestZeroThatWins says what products are in which a zero wins, bit for bit: +0 where one of either sign does, and IEEE's
// elsewhere. They are so as numbers, as tensors, as tensors with a number or a column, and as the cotangents that Backward
// and Grad make of a product.
func TestZeroThatWins(t *testing.T) {
	some := []float64{0, negZero, 1, -1, 2, -0.5, inf, -inf, nan}
	chain := func(ct, d float64) float64 {
		if ct == 0 {
			return 0
		}
		return ct * d
	}
	either := func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return chain(a, b)
	}
	n := len(some)
	var left, right []float64
	for _, a := range some {
		for _, b := range some {
			left, right = append(left, a), append(right, b)
		}
	}
	// byGrad and byBackward return what the cotangent ct contributes to a in a product with d.
	byGrad := func(ct, d graph.Value) graph.Value {
		a := d.Graph().VarTensor(rowtest.Filled(1, ct.Shape()...))
		return autograd.Grad(ops.Sum(ops.Mul(ops.Mul(a, d), ct)), a)[0]
	}
	byBackward := func(ct, d graph.Value) graph.Value {
		g := d.Graph()
		a := g.VarTensor(rowtest.Filled(1, ct.Shape()...))
		return g.ConstTensor(autograd.Backward(ops.Mul(a, d), autograd.WithSeed(ct.Tensor())).Tensor(a))
	}
	for _, f := range []struct {
		name    string
		call    func(a, b graph.Value) graph.Value
		want    func(a, b float64) float64
		numbers bool // it is called with numbers too
	}{
		{"Chain", ops.Chain, chain, true},
		{"MulZeroWins", ops.MulZeroWins, either, true},
		{"Backward of Mul", byBackward, chain, false},
		{"Grad of Mul", byGrad, chain, false},
	} {
		check := func(form string, k int, got, a, b float64) {
			t.Helper()
			if want := f.want(a, b); !rowtest.Identical(got, want) {
				t.Errorf("%s of %s, element %d: of %v and %v it is %v (sign bit %v), want %v (%v)",
					f.name, form, k, a, b, got, math.Signbit(got), want, math.Signbit(want))
			}
		}
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			g := graph.New(graph.WithDType(dtype))
			array := func(x []float64, shape ...int) graph.Value { return g.ConstTensor(tensor.Of(x, shape...).To(dtype)) }
			for k, y := range f.call(array(left, len(left)), array(right, len(right))).Tensor().Float64s() {
				check(fmt.Sprint("tensors of ", dtype), k, y, left[k], right[k])
			}
			whole := array(left, n, n)
			for k, y := range f.call(whole, array(some, n)).Tensor().Float64s() {
				check(fmt.Sprint("a row of ", dtype), k, y, left[k], some[k%n])
			}
			for k, y := range f.call(whole, array(some, n, 1)).Tensor().Float64s() {
				check(fmt.Sprint("a column of ", dtype), k, y, left[k], some[k/n])
			}
			for _, d := range some {
				for k, y := range f.call(whole, g.Const(d)).Tensor().Float64s() {
					check(fmt.Sprint("a number and ", dtype), k, y, left[k], d)
				}
			}
			if !f.numbers {
				continue
			}
			for k := range left {
				check("numbers", k, f.call(g.Const(left[k]), g.Const(right[k])).Item(), left[k], right[k])
			}
		}
	}
}
