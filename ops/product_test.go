package ops_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestProdHessianWithZeros checks second derivatives of a product, which are products of all but two: with zeros among
// the elements no division could give them.
func TestProdHessianWithZeros(t *testing.T) {
	for _, c := range []struct {
		name string
		at   []float64
		want []float64
	}{
		{"no zero", []float64{2, 3, 5}, []float64{0, 5, 3, 5, 0, 2, 3, 2, 0}},
		{"one zero", []float64{2, 0, 5}, []float64{0, 5, 0, 5, 0, 2, 0, 2, 0}},
		{"two zeros", []float64{2, 0, 0}, []float64{0, 0, 0, 0, 0, 2, 0, 2, 0}},
		{"all zeros", []float64{0, 0}, []float64{0, 1, 1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			prod := func(x graph.Value) graph.Value { return ops.Prod(x) }
			if diff := cmp.Diff(c.want, autograd.Hessian(prod, c.at).Float64s()); diff != "" {
				t.Errorf("Hessian: mismatch (-want +got):\n%s", diff)
			}
			last := func(x graph.Value) graph.Value {
				n := x.Dims()[0]
				return ops.Reshape(ops.Slice(ops.CumProd(x, 0), 0, n-1, n))
			}
			if diff := cmp.Diff(c.want, autograd.Hessian(last, c.at).Float64s()); diff != "" {
				t.Errorf("Hessian of the last of CumProd: mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestProdThirdDerivative differentiates the product of three numbers by each of them: 1, also at 0.
func TestProdThirdDerivative(t *testing.T) {
	for _, at := range [][]float64{{2, 3, 5}, {0, 0, 0}, {0, 1, 0}} {
		g := graph.New()
		x := g.VarTensor(tensor.Of(at, 3))
		d := ops.Prod(x)
		for i := range 3 {
			d = ops.Reshape(ops.Slice(autograd.Grad(d, x)[0], 0, i, i+1))
		}
		if d.Item() != 1 {
			t.Errorf("at %v: ∂³/∂x₁∂x₂∂x₃ = %v, want 1", at, d.Item())
		}
	}
}

// TestCumulativeAgainstDefinition compares cumulative operations with the plain sums, products and extremes of the
// first elements, value and gradient.
func TestCumulativeAgainstDefinition(t *testing.T) {
	firstOf := func(f func(graph.Value, ...int) graph.Value) func(graph.Value) graph.Value {
		return func(x graph.Value) graph.Value {
			var parts []graph.Value
			for k := range x.Dims()[0] {
				parts = append(parts, f(ops.Slice(x, 0, 0, k+1), 0))
			}
			return ops.Stack(0, parts...)
		}
	}
	along0 := func(f func(graph.Value, int) graph.Value) func(graph.Value) graph.Value {
		return func(x graph.Value) graph.Value { return f(x, 0) }
	}
	at := tensor.Of([]float64{2, -1, 0, 3, -4, 0, 1.5, 6, 0, 0.5}, 5, 2)
	distinct := tensor.Of([]float64{2, -1, 7, 3, -4, 8, 1.5, 6, 9, 0.5}, 5, 2)
	for _, c := range []struct {
		name       string
		f, plainly func(graph.Value) graph.Value
		at         *tensor.Tensor
	}{
		{"cumsum", along0(ops.CumSum), firstOf(ops.Sum), at},
		{"cumprod", along0(ops.CumProd), firstOf(ops.Prod), at},
		{"cummax", along0(ops.CumMax), firstOf(ops.Max), distinct},
		{"cummin", along0(ops.CumMin), firstOf(ops.Min), distinct},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, fm := range forms {
				want, wantD := fm.derivative([]*tensor.Tensor{c.at}, call1(func(x graph.Value) graph.Value { return ops.Mul(c.plainly(x), c.plainly(x)) }))
				got, gotD := fm.derivative([]*tensor.Tensor{c.at}, call1(func(x graph.Value) graph.Value { return ops.Mul(c.f(x), c.f(x)) }))
				fm.compare(t, "value", want, got)
				if diff := cmp.Diff(wantD, gotD, cmpopts.EquateApprox(1e-5, 1e-12)); diff != "" {
					t.Errorf("%s: derivative: mismatch (-plainly +cumulative):\n%s", fm.name, diff)
				}
			}
		})
	}
}

// TestCumMaxTies checks that the first of equal elements gets the gradient, and that NaN stays once it is there.
func TestCumMaxTies(t *testing.T) {
	fm := forms[1]
	y, d := fm.derivative([]*tensor.Tensor{tensor.Of([]float64{1, 3, 3, 2, nan, 9}, 6)}, call1(func(x graph.Value) graph.Value { return ops.CumMax(x, 0) }))
	fm.compare(t, "cummax", []float64{1, 3, 3, 3, nan, nan}, y)
	fm.compare(t, "derivative of cummax", []float64{1, 3, 0, 0, 2, 0}, d)
	y, d = fm.derivative([]*tensor.Tensor{tensor.Of([]float64{1, -3, -3, 2, nan, -9}, 6)}, call1(func(x graph.Value) graph.Value { return ops.CumMin(x, 0) }))
	fm.compare(t, "cummin", []float64{1, -3, -3, -3, nan, nan}, y)
	fm.compare(t, "derivative of cummin", []float64{1, 3, 0, 0, 2, 0}, d)
}

// TestMomentsKeepDigits checks moments of numbers with a large common offset, which a mean of squares would lose, in
// both precisions, and numbers whose squares are not representable.
func TestMomentsKeepDigits(t *testing.T) {
	for _, c := range []struct {
		name  string
		dtype tensor.DType
		f     func(graph.Value, ...int) graph.Value
		at    []float64
		value float64
	}{
		{"variance at 1e15", tensor.Float64, ops.Variance, []float64{1e15, 1e15 + 1, 1e15 + 2, 1e15 + 5}, 3.5},
		{"std at 1e15", tensor.Float64, ops.Std, []float64{1e15, 1e15 + 2}, 1},
		{"variance at 1e6 in float32", tensor.Float32, ops.Variance, []float64{1e6, 1e6 + 1, 1e6 + 2, 1e6 + 5}, 3.5},
		{"std near the largest number", tensor.Float64, ops.Std, []float64{1e308, -1e308 / 2, 1e308, -1e308 / 2}, 0.75e308},
		{"std of tiny numbers", tensor.Float64, ops.Std, []float64{1e-200, 3e-200}, 1e-200},
		{"std of equal huge numbers", tensor.Float64, ops.Std, []float64{1.7e308, 1.7e308, 1.7e308}, 0},
		{"norm of huge numbers", tensor.Float64, ops.Norm, []float64{3e300, -4e300}, 5e300},
		{"norm of tiny numbers", tensor.Float64, ops.Norm, []float64{3e-300, -4e-300}, 5e-300},
		{"norm in float32", tensor.Float32, ops.Norm, []float64{3e30, 4e30}, 5e30},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := graph.New(graph.WithDType(c.dtype))
			x := g.VarTensor(tensor.Of(c.at, len(c.at)))
			y := c.f(x)
			tolerance := 1e-14
			if c.dtype == tensor.Float32 {
				tolerance = 1e-6
			}
			if math.Abs(y.Item()-c.value) > tolerance*c.value {
				t.Errorf("got %v, want %v", y.Item(), c.value)
			}
			back, grad := autograd.Backward(y).Tensor(x), autograd.Grad(y, x)[0].Tensor()
			sum, largest := 0.0, 0.0
			for i := range back.Len() {
				if v := back.AtFlat(i); v != grad.AtFlat(i) || v-v != 0 {
					t.Errorf("derivative %d is %v by Backward and %v by Grad", i, v, grad.AtFlat(i))
				}
				sum, largest = sum+back.AtFlat(i), max(largest, math.Abs(back.AtFlat(i)))
			}
			// An offset changes neither variance nor std: their derivatives add up to 0.
			if c.f(x).Node().Row().Name != "norm" && math.Abs(sum) > tolerance*max(largest, 1) {
				t.Errorf("the derivatives add up to %v, want 0", sum)
			}
		})
	}
}

// TestMomentsOfMany checks moments of 1 to n, which have closed forms: mean (n+1)/2, variance (n²-1)/12, sum of squares
// n(n+1)(2n+1)/6.
func TestMomentsOfMany(t *testing.T) {
	const n = 1000
	x := tensor.New(tensor.Float64, n)
	for i := range n {
		x.SetFlat(float64(i+1), i)
	}
	g := graph.New()
	v := g.VarTensor(x)
	forms[1].compare(t, "variance, std, norm", []float64{(n*n - 1) / 12., math.Sqrt((n*n - 1) / 12.), math.Sqrt(n * (n + 1) * (2*n + 1) / 6)},
		[]float64{ops.Variance(v).Item(), ops.Std(v).Item(), ops.Norm(v).Item()})
	if c := ops.Center(v).Tensor(); c.At(0) != -499.5 || c.At(n-1) != 499.5 {
		t.Errorf("center runs from %v to %v, want -499.5 to 499.5", c.At(0), c.At(n-1))
	}
}

// TestCenterIsExact checks that equal numbers are centered to exactly 0 whatever the number, and that a second
// derivative of the variance is a constant there too.
func TestCenterIsExact(t *testing.T) {
	for _, c := range []float64{0.1, 0.7, 1. / 3, 1e-310, 1.7e308, -123.456} {
		for n := 1; n < 40; n++ {
			g := graph.New()
			x := g.VarTensor(filled(c, n))
			for _, v := range numbers(ops.Center(x).Tensor()) {
				if v != 0 {
					t.Fatalf("center of %d times %v has an element %v, want 0", n, c, v)
				}
			}
		}
	}
	h := autograd.Hessian(func(x graph.Value) graph.Value { return ops.Variance(x) }, []float64{0.1, 0.1})
	if diff := cmp.Diff([]float64{0.5, -0.5, -0.5, 0.5}, h.Float64s()); diff != "" {
		t.Errorf("Hessian of the variance: mismatch (-want +got):\n%s", diff)
	}
}
