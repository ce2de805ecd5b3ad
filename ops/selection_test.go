package ops_test

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestWhatIsNotSelectedGetsNothing puts operations behind a selection whose derivative is infinite or NaN where
// the selected number is, and reads the derivative by what was not selected: 0, not 0·Inf.
func TestWhatIsNotSelectedGetsNothing(t *testing.T) {
	zero := func(x graph.Value) graph.Value { return x.Graph().Const(0) }
	for _, c := range []struct {
		name string
		f    func(x graph.Value) graph.Value
		at   float64
		want float64
	}{
		{"√ of where", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Where(ops.Gt(x, zero(x)), x, zero(x))) }, -1, 0},
		{"√ of masked_fill", func(x graph.Value) graph.Value { return ops.Sqrt(ops.MaskedFill(x, ops.Lt(x, zero(x)), 0)) }, -1, 0},
		{"√ of relu", func(x graph.Value) graph.Value { return ops.Sqrt(ops.ReLU(x)) }, -1, 0},
		{"√ of relu at 0", func(x graph.Value) graph.Value { return ops.Sqrt(ops.ReLU(x)) }, 0, 0},
		{"√ of leaky_relu with slope 0", func(x graph.Value) graph.Value { return ops.Sqrt(ops.LeakyReLU(x, 0)) }, -1, 0},
		{"√ of maximum", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Maximum(x, zero(x))) }, -1, 0},
		{"√ of minimum", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Minimum(x, zero(x))) }, 1, 0},
		{"√ of clamp", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Clamp(x, 0, 9)) }, -1, 0},
		{"log of clamp", func(x graph.Value) graph.Value { return ops.Log(ops.Clamp(x, 0, 9)) }, -1, 0},
		{"acos of clamp above", func(x graph.Value) graph.Value { return ops.Acos(ops.Clamp(x, -1, 1)) }, 2, 0},
		{"acos of clamp below", func(x graph.Value) graph.Value { return ops.Acos(ops.Clamp(x, -1, 1)) }, -3, 0},
		{"acos of clamp inside", func(x graph.Value) graph.Value { return ops.Acos(ops.Clamp(x, -1, 1)) }, 0.5, -1 / math.Sqrt(0.75)},
		{"√ of sign", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Sign(x)) }, 0, 0},
		{"√ of floor", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Floor(x)) }, 0.5, 0},
		{"log of round", func(x graph.Value) graph.Value { return ops.Log(ops.Round(x)) }, 0.25, 0},
		{"log of trunc", func(x graph.Value) graph.Value { return ops.Log(ops.Trunc(x)) }, 0.25, 0},
		{"log of ceil", func(x graph.Value) graph.Value { return ops.Log(ops.Ceil(x)) }, -0.25, 0},
		{"√ of pow_scalar(x, 0) - 1", func(x graph.Value) graph.Value { return ops.Sqrt(ops.AddScalar(ops.PowScalar(x, 0), -1)) }, 3, 0},
		{"√ of pow(x, constant 0) - 1", func(x graph.Value) graph.Value { return ops.Sqrt(ops.AddScalar(ops.Pow(x, zero(x)), -1)) }, 3, 0},
		{"log of chain of 0", func(x graph.Value) graph.Value { return ops.Log(ops.Chain(zero(x), x)) }, 3, 0},
		{"log of mul_zero_wins of 0", func(x graph.Value) graph.Value { return ops.Log(ops.MulZeroWins(zero(x), x)) }, 3, 0},
		{"x·ln x where x > 0", func(x graph.Value) graph.Value {
			return ops.Where(ops.Gt(x, zero(x)), ops.Mul(x, ops.Log(x)), zero(x))
		}, 0, 0},
		{"an honest product with 0", func(x graph.Value) graph.Value { return ops.PowScalar(ops.PowScalar(x, 3), 1./3) }, 0, math.NaN()},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, fm := range forms {
				value, got := fm.derivative([]*tensor.Tensor{filled(c.at, fm.shape...)}, call1(c.f))
				for range value {
					fm.compare(t, "derivative", []float64{c.want}, got[:1])
				}
			}
			// A second time: Backward of the gradient and Grad of the gradient.
			if math.IsNaN(c.want) || c.want != 0 {
				return
			}
			for _, shape := range [][]int{{}, {3}} {
				g := graph.New()
				x := g.VarTensor(filled(c.at, shape...))
				d := ops.Sum(autograd.Grad(ops.Sum(c.f(x)), x)[0])
				for _, second := range []*tensor.Tensor{autograd.Backward(d).Tensor(x), autograd.Grad(d, x)[0].Tensor()} {
					for _, v := range numbers(second) {
						if v != 0 {
							t.Errorf("shape %v: second derivative is %v, want 0", shape, v)
						}
					}
				}
			}
		})
	}
}

// TestReductionsSelect does the same for operations that select among the elements of one tensor.
func TestReductionsSelect(t *testing.T) {
	x := tensor.Of([]float64{0, -1, -2, 0.5, -3, -4}, 2, 3)
	for _, c := range []struct {
		name string
		f    func(x graph.Value) graph.Value
		want []float64
	}{
		{"max", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Max(x, 1)) }, []float64{inf, 0, 0, math.Sqrt2 / 2, 0, 0}},
		{"min", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Min(ops.Neg(x), 1)) }, []float64{-inf, 0, 0, nan, 0, 0}},
		{"topk", func(x graph.Value) graph.Value { return ops.Sqrt(ops.TopK(x, 1, 1)) }, []float64{inf, 0, 0, math.Sqrt2 / 2, 0, 0}},
		{"cummax", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Slice(ops.CumMax(x, 1), 1, 0, 1)) }, []float64{inf, 0, 0, math.Sqrt2 / 2, 0, 0}},
		{"triu", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Triu(ops.Abs(x), 1)) }, []float64{0, -0.5, -1 / (2 * math.Sqrt2), 0, 0, -0.25}},
		{"gather", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Gather(x, 1, 0)) }, []float64{inf, 0, 0, math.Sqrt2 / 2, 0, 0}},
		{"gather_at", func(x graph.Value) graph.Value { return ops.Sqrt(ops.GatherAt(x, x.Graph().Const(0), 1)) }, []float64{inf, 0, 0, math.Sqrt2 / 2, 0, 0}},
		{"slice", func(x graph.Value) graph.Value { return ops.Sqrt(ops.Slice(x, 1, 0, 1)) }, []float64{inf, 0, 0, math.Sqrt2 / 2, 0, 0}},
		{"max_pool2d", func(x graph.Value) graph.Value {
			return ops.Sqrt(ops.MaxPool2D(ops.Reshape(ops.Slice(x, 1, 0, 2), 1, 1, 2, 2), 2, 2))
		}, []float64{0, 0, 0, math.Sqrt2 / 2, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, fm := range forms {
				if fm.shape == nil {
					continue
				}
				_, got := fm.derivative([]*tensor.Tensor{x}, call1(c.f))
				fm.compare(t, "derivative", c.want, got)
			}
		})
	}
}

// TestSelectionTakesNaN checks the one convention for NaN among what is selected: NaN wins, as in IEEE 754's maximum, so
// what is NaN is what was selected.
func TestSelectionTakesNaN(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func([]graph.Value) graph.Value
		at   []float64
		want []float64
	}{
		{"relu", call1(ops.ReLU), []float64{nan}, []float64{1}},
		{"leaky_relu", call1(func(x graph.Value) graph.Value { return ops.LeakyReLU(x, 0.1) }), []float64{nan}, []float64{1}},
		{"clamp", call1(func(x graph.Value) graph.Value { return ops.Clamp(x, -1, 1) }), []float64{nan}, []float64{1}},
		{"clamp to NaN", call1(func(x graph.Value) graph.Value { return ops.Clamp(x, nan, 1) }), []float64{3}, []float64{0}},
		{"maximum", call2(ops.Maximum), []float64{nan, 5}, []float64{1, 0}},
		{"maximum", call2(ops.Maximum), []float64{5, nan}, []float64{0, 1}},
		{"maximum", call2(ops.Maximum), []float64{nan, nan}, []float64{0.5, 0.5}},
		{"minimum", call2(ops.Minimum), []float64{nan, -inf}, []float64{1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, fm := range forms {
				var operands []*tensor.Tensor
				for _, v := range c.at {
					operands = append(operands, filled(v, fm.shape...))
				}
				value, got := fm.derivative(operands, c.f)
				if value[0] == value[0] {
					t.Errorf("%s: value %v, want NaN", fm.name, value[0])
				}
				for i, want := range c.want {
					fm.compare(t, "derivative", []float64{want}, got[i*len(value):][:1])
				}
			}
		})
	}
	row := tensor.Of([]float64{1, nan, 3, nan}, 4)
	for _, f := range []func(graph.Value, ...int) graph.Value{ops.Max, ops.Min} {
		for _, fm := range forms {
			if fm.shape != nil {
				_, got := fm.derivative([]*tensor.Tensor{row}, call1(reduce(f)))
				fm.compare(t, "derivative by a row with NaN", []float64{0, 0.5, 0, 0.5}, got)
			}
		}
	}
}

// TestHessianOfPowIsSymmetric checks the mixed second derivatives of bˣ, which two rules give, at the edge b = 0 too.
func TestHessianOfPowIsSymmetric(t *testing.T) {
	for _, c := range []struct {
		b, x float64
		want [4]float64 // ∂²/∂b², ∂²/∂b∂x, ∂²/∂x∂b, ∂²/∂x²
	}{
		{0, 1, [4]float64{0, -inf, -inf, 0}},
		{0, 2, [4]float64{2, 0, 0, 0}},
		{0, 3, [4]float64{0, 0, 0, 0}},
		{1, 0, [4]float64{0, 1, 1, 0}},
		{2, 3, [4]float64{12, 4 * (1 + 3*math.Ln2), 4 * (1 + 3*math.Ln2), 8 * math.Ln2 * math.Ln2}},
		{math.E, -1, [4]float64{2 / (math.E * math.E * math.E), 0, 0, 1 / math.E}},
	} {
		got := autograd.Hessian(func(v graph.Value) graph.Value {
			return ops.Sum(ops.Pow(ops.Slice(v, 0, 0, 1), ops.Slice(v, 0, 1, 2)))
		}, []float64{c.b, c.x})
		for i, want := range c.want {
			if !sameNumber(got.AtFlat(i), want, sameTo64, 1) {
				t.Errorf("b = %v, x = %v: Hessian %v, want %v", c.b, c.x, got.Float64s(), c.want)
				break
			}
		}
	}
}

// TestSecondDerivativesAtAnEdge holds those of a product with a zero that won, and of pow at base 0.
func TestSecondDerivativesAtAnEdge(t *testing.T) {
	for _, shape := range [][]int{nil, {3}} {
		g := graph.New()
		leaf := func(x float64) graph.Value {
			if shape == nil {
				return g.Var(x)
			}
			return g.VarTensor(filled(x, shape...))
		}
		ct, d, n := leaf(0), leaf(1), leaf(inf)
		base, exponent := leaf(0), leaf(1)
		slopes := autograd.Grad(ops.Sum(ops.Pow(base, exponent)), base, exponent)
		for _, c := range []struct {
			name string
			y, x graph.Value
			want float64
		}{
			{"∂(chain(0, d)·Inf)/∂d", ops.Mul(ops.Chain(ct, d), n), d, 0},
			{"∂²(0ᵉ)/∂b∂e", slopes[0], exponent, -inf},
			{"∂²(0ᵉ)/∂e∂b", slopes[1], base, -inf},
			{"∂²(0ᵉ)/∂b²", slopes[0], base, 0},
			{"∂²(0ᵉ)/∂e²", slopes[1], exponent, 0},
		} {
			y := ops.Sum(c.y)
			backward, grad := autograd.Backward(y).Tensor(c.x), autograd.Grad(y, c.x)[0].Tensor()
			if backward.AtFlat(0) != c.want || grad.AtFlat(0) != c.want {
				t.Errorf("%s of shape %v: Backward %v, Grad %v, want %v", c.name, shape, backward, grad, c.want)
			}
		}
	}
}
