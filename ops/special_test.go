package ops_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

var (
	inf     = math.Inf(1)
	nan     = math.NaN()
	negZero = math.Copysign(0, -1)
)

func TestSpecialValuesOfTwo(t *testing.T) {
	for _, c := range []struct {
		f       func(a, b graph.Value) graph.Value
		name    string
		a, b, y float64
		da, db  float64
	}{
		{ops.Maximum, "maximum", nan, inf, nan, 1, 0},
		{ops.Maximum, "maximum", nan, nan, nan, 0.5, 0.5},
		{ops.Maximum, "maximum", 1, nan, nan, 0, 1},
		{ops.Maximum, "maximum", -inf, inf, inf, 0, 1},
		{ops.Maximum, "maximum", negZero, 0, 0, 0.5, 0.5},
		{ops.Minimum, "minimum", nan, -inf, nan, 1, 0},
		{ops.Minimum, "minimum", 0, negZero, negZero, 0.5, 0.5},
		{ops.Hypot, "hypot", inf, nan, inf, nan, nan},
		{ops.Hypot, "hypot", -inf, 3, inf, nan, 0},
		{ops.Hypot, "hypot", nan, 3, nan, nan, nan},
		{ops.Atan2, "atan2", 0, negZero, math.Pi, 0, 0},
		{ops.Atan2, "atan2", 1, inf, 0, 0, 0},
		{ops.Atan2, "atan2", -inf, 1, -math.Pi / 2, 0, 0},
		{ops.Atan2, "atan2", nan, 1, nan, nan, nan},
		{ops.Pow, "pow", 0, -1, inf, -inf, -inf},
		{ops.Pow, "pow", nan, 0, 1, 0, nan},
		{ops.Pow, "pow", -2, -2000, 0, negZero, nan},
		{ops.LogAddExp, "log_add_exp", -inf, 2, 2, 0, 1},
		{ops.LogAddExp, "log_add_exp", inf, 2, inf, 1, 0},
		{ops.LogAddExp, "log_add_exp", -inf, -inf, -inf, 0, 0},
		{ops.LogAddExp, "log_add_exp", inf, inf, inf, nan, nan},
		{ops.LogAddExp, "log_add_exp", -inf, inf, inf, 0, 1},
		{ops.LogAddExp, "log_add_exp", 1e18, 1e18, 1e18, 0.5, 0.5},
		{ops.Chain, "chain", 0, nan, 0, nan, 0},
		{ops.XLogY, "xlogy", 0, 0, 0, -inf, 0},
		{ops.XLogY, "xlogy", negZero, inf, 0, inf, 0},
		{ops.XLogY, "xlogy", 0, -1, 0, nan, 0},
		{ops.XLogY, "xlogy", 0, nan, nan, nan, nan},
		{ops.XLogY, "xlogy", nan, 2, nan, math.Ln2, nan},
		{ops.XLogY, "xlogy", 2, negZero, -inf, -inf, inf},
		{ops.XLogY, "xlogy", 2, -3, nan, nan, nan},
		{ops.XLogY, "xlogy", -inf, 2, -inf, math.Ln2, -inf},
		{ops.XLogY, "xlogy", 2, inf, inf, inf, 0},
		{ops.XLog1pY, "xlog1py", 0, -1, 0, -inf, 0},
		{ops.XLog1pY, "xlog1py", 0, -2, 0, nan, 0},
		{ops.XLog1pY, "xlog1py", 0, nan, nan, nan, nan},
		{ops.XLog1pY, "xlog1py", 3, -1, -inf, -inf, inf},
		{ops.XLog1pY, "xlog1py", 3, -2, nan, nan, nan},
		{ops.XLog1pY, "xlog1py", 3, negZero, negZero, 0, 3},
		{ops.LBeta, "lbeta", 0, 2, inf, -inf, 0},
		{ops.LBeta, "lbeta", 2, negZero, inf, 0, -inf},
		{ops.LBeta, "lbeta", 0, 0, inf, nan, nan},
		{ops.LBeta, "lbeta", 2, inf, -inf, -inf, 0},
		{ops.LBeta, "lbeta", inf, inf, -inf, nan, nan},
		{ops.LBeta, "lbeta", 0, inf, nan, -inf, 0},
		{ops.LBeta, "lbeta", -0.5, 2, nan, nan, nan},
		{ops.LBeta, "lbeta", 2, -inf, nan, nan, nan},
		{ops.LBeta, "lbeta", nan, 2, nan, nan, nan},
		{ops.DigammaDifference, "digamma_difference", 2, 0, 0, 0, math.Pi*math.Pi/6 - 1},
		{ops.DigammaDifference, "digamma_difference", 0, 1, inf, -inf, math.Pi * math.Pi / 6},
		{ops.DigammaDifference, "digamma_difference", 2, inf, inf, 1 - math.Pi*math.Pi/6, 0},
		{ops.DigammaDifference, "digamma_difference", inf, 2, 0, 0, 0},
		{ops.DigammaDifference, "digamma_difference", inf, inf, nan, 0, 0},
		{ops.DigammaDifference, "digamma_difference", 2, -1, nan, nan, nan},
		{ops.DigammaDifference, "digamma_difference", -1, 2, nan, nan, nan},
		{ops.MulZeroWins, "mul_zero_wins", inf, 0, 0, 0, inf},
	} {
		t.Run(fmt.Sprintf("%s(%v, %v)", c.name, c.a, c.b), func(t *testing.T) {
			for _, fm := range forms {
				operands := []*tensor.Tensor{filled(c.a, fm.shape...), filled(c.b, fm.shape...)}
				y, d := fm.derivative(operands, call2(c.f))
				if !rowtest.Identical(y[0], fm.round(c.y)) {
					t.Errorf("%s: value %v, want %v", fm.name, y[0], c.y)
				}
				fm.compare(t, "derivative", []float64{c.da, c.db}, []float64{d[0], d[len(y)]})
			}
		})
	}
}

// TestComparisonsWithNaN checks that NaN is neither larger, smaller nor equal, as in IEEE 754.
func TestComparisonsWithNaN(t *testing.T) {
	g := graph.New()
	x, one := g.Const(nan), g.Const(1)
	vector := g.ConstTensor(tensor.Of([]float64{nan}, 1))
	for _, name := range []string{"gt", "ge", "lt", "le", "eq", "ne"} {
		row, _ := ops.Lookup(name)
		want := 0.0
		if name == "ne" {
			want = 1
		}
		for _, y := range []graph.Value{ops.Apply(row, x, one), ops.Apply(row, one, x), ops.Apply(row, x, x), ops.Apply(row, vector, one), ops.Apply(row, vector, vector)} {
			if got := y.Item(); got != want {
				t.Errorf("%s with NaN = %v, want %v", name, got, want)
			}
		}
	}
}

// ulp4 bounds the difference between a kernel and the scalar function of a row: each has an error below 2 units in the
// last place, which are 2.2e-16.
const ulp4 = 4 * 2.3e-16

// TestRowTensorAgreesWithScalarEverywhere compares the tensor kernels with the scalar functions over all magnitudes,
// not only where the row's tests draw from. Zeros, infinities and NaN must be the same, bit for bit.
func TestRowTensorAgreesWithScalarEverywhere(t *testing.T) {
	at := []float64{nan, inf, -inf, 0, negZero, 1, -1, 0.5, -0.5, 5e-324, -5e-324, 1e-300, 1e-17, -1e-9, 3, -3, 20.5, -37, 700, -700, -745, 1e10, -1e20, 1e300, -1.7e308}
	for _, row := range graph.Rows() {
		if row.Unary == nil {
			continue
		}
		// Beside what is not finite, a kernel may leave the other elements to the scalar function.
		for name, at := range map[string][]float64{row.Name: at, row.Name + " finite": at[3:]} {
			t.Run(name, func(t *testing.T) {
				x := tensor.Of(at, len(at))
				f := func(xs []graph.Value) graph.Value { return ops.Apply(row, xs[0]) }
				y, d := forms[1].derivative([]*tensor.Tensor{x}, f)
				_, dGrad := forms[4].derivative([]*tensor.Tensor{x}, f)
				for i, v := range at {
					y1, d1 := forms[0].derivative([]*tensor.Tensor{filled(v)}, f)
					if y[i] == 0 && y1[0] == 0 && row.Name == "relu" {
						continue // the sign of a zero is the processor's
					}
					if !rowtest.Identical(y[i], y1[0]) && !(y1[0] != 0 && math.Abs(y[i]-y1[0]) <= ulp4*math.Abs(y1[0])+5e-324) {
						t.Errorf("%s(%v): tensor %v, scalar %v", row.Name, v, y[i], y1[0])
					}
					for _, got := range []float64{d[i], dGrad[i]} {
						// The derivatives are products of a few such functions; Grad's may pass through a denormal number.
						if !(got == d1[0] || got != got && d1[0] != d1[0] || math.Abs(got-d1[0]) <= min(1e-13*math.Abs(d1[0])+1e-307, math.MaxFloat64)) {
							t.Errorf("%s'(%v): tensor %v, scalar %v", row.Name, v, got, d1[0])
						}
					}
				}
			})
		}
	}
}

// TestRowTakesViews checks that operands that are parts of other tensors, or transposes of them, give the same numbers
// as operands of their own.
func TestRowTakesViews(t *testing.T) {
	eachRow(t, func(t *testing.T, s rowtest.Sample) {
		direct := func(x graph.Value) graph.Value { return x }
		want, wantGrads := through(s, s.Operands, direct)
		inner := func(x graph.Value) graph.Value { return ops.Slice(x, 0, 1, x.Dims()[0]) } // shares storage
		var larger, transposed []*tensor.Tensor
		for _, x := range s.Operands {
			larger = append(larger, withRowInFront(x))
			transposed = append(transposed, transposeOf(x))
		}
		got, grads := through(s, larger, func(x graph.Value) graph.Value {
			if x.Rank() == 0 {
				return x
			}
			return inner(x)
		})
		for i, x := range s.Operands {
			if x.Rank() > 0 { // the row in front gets no gradient
				grads[i] = grads[i][len(grads[i])-x.Len():]
			}
		}
		same := []cmp.Option{cmpopts.EquateNaNs(), cmpopts.EquateEmpty()}
		if diff := cmp.Diff([]any{want, wantGrads}, []any{got, grads}, same...); diff != "" {
			t.Errorf("operands that are slices: mismatch (-want +got):\n%s", diff)
		}
		got, grads = through(s, transposed, func(x graph.Value) graph.Value {
			if x.Rank() < 2 {
				return x
			}
			return ops.Transpose(x)
		})
		for i, x := range s.Operands {
			if x.Rank() >= 2 {
				dims := slices.Clone(x.Dims())
				slices.Reverse(dims[len(dims)-2:])
				grads[i] = numbers(transposeOf(tensor.Of(grads[i], dims...)))
			}
		}
		if diff := cmp.Diff([]any{want, wantGrads}, []any{got, grads}, same...); diff != "" {
			t.Errorf("operands that are transposes: mismatch (-want +got):\n%s", diff)
		}
	})
}

// through applies a sample to operands that pass through f first, and returns the result's numbers and the gradients.
func through(s rowtest.Sample, operands []*tensor.Tensor, f func(graph.Value) graph.Value) (value []float64, grads [][]float64) {
	g := graph.New()
	leaves := variables(g, operands)
	xs := make([]graph.Value, len(leaves))
	for i, x := range leaves {
		xs[i] = f(x)
	}
	y := s.Apply(xs)
	back := autograd.Backward(weighted(y))
	for _, x := range leaves {
		grads = append(grads, numbers(back.Tensor(x)))
	}
	return numbers(y.Tensor()), grads
}

// withRowInFront returns x with one more element, 7, at the front of its first axis.
func withRowInFront(x *tensor.Tensor) *tensor.Tensor {
	if x.Rank() == 0 {
		return x
	}
	shape := x.Shape()
	shape[0]++
	out := filled(7, shape...)
	for i := range x.Len() {
		out.SetFlat(x.AtFlat(i), out.Len()-x.Len()+i)
	}
	return out
}

// transposeOf returns x with its last two axes swapped, or x if it has no two.
func transposeOf(x *tensor.Tensor) *tensor.Tensor {
	if x.Rank() < 2 {
		return x
	}
	g := graph.New()
	return ops.Transpose(g.ConstTensor(x)).Tensor()
}

// agree64 bounds the difference between two float64 computations of one derivative in another order: some hundred
// roundings of 1.1e-16.
const agree64 = 1e-12

// TestRowTakesOneValueTwice checks f(x, x) against f(x, y) at y = x: the gradient by x is the sum of the two.
func TestRowTakesOneValueTwice(t *testing.T) {
	tested := 0
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") || row.Class == graph.NoGrad || row.Prepare != nil {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			if len(s.Operands) < 2 || slices.ContainsFunc(s.Operands, func(x *tensor.Tensor) bool { return !slices.Equal(x.Dims(), s.Operands[0].Dims()) }) {
				continue
			}
			tested++
			t.Run(row.Name+"/"+strings.ReplaceAll(s.Text, " ", "_"), func(t *testing.T) {
				x := s.Operands[len(s.Operands)-1] // in the last operand's domain, the narrower one
				apart := slices.Repeat([]*tensor.Tensor{x}, len(s.Operands))
				value, grads := through(s, apart, func(x graph.Value) graph.Value { return x })
				want := make([]float64, x.Len())
				for _, d := range grads {
					for i, v := range d {
						want[i] += v
					}
				}
				g := graph.New()
				v := g.VarTensor(x)
				y := s.Apply(slices.Repeat([]graph.Value{v}, len(s.Operands)))
				loss := weighted(y)
				approx := []cmp.Option{cmpopts.EquateApprox(agree64, agree64), cmpopts.EquateNaNs(), cmpopts.EquateEmpty()}
				if diff := cmp.Diff(value, numbers(y.Tensor()), approx...); diff != "" {
					t.Errorf("value: mismatch (-apart +same):\n%s", diff)
				}
				if diff := cmp.Diff(want, numbers(autograd.Backward(loss).Tensor(v)), approx...); diff != "" {
					t.Errorf("Backward: mismatch (-apart +same):\n%s", diff)
				}
				if diff := cmp.Diff(want, numbers(autograd.Grad(loss, v)[0].Tensor()), approx...); diff != "" {
					t.Errorf("Grad: mismatch (-apart +same):\n%s", diff)
				}
			})
		}
	}
	if tested == 0 {
		t.Error("no row takes two operands of one shape")
	}
}

// TestReductionsOfNothing checks what each reduction gives for no elements, or that it says it cannot.
func TestReductionsOfNothing(t *testing.T) {
	want := map[string]float64{"sum": 0, "mean": nan, "prod": 1, "variance": nan, "std": nan, "norm": 0}
	for _, row := range graph.Rows() {
		params, ok := ops.Signature(row)
		if !ok || len(params) != 2 || params[1].Name != "axes" || row.Name == "permute" || row.Name == "center" {
			continue
		}
		g := graph.New()
		x := g.VarTensor(tensor.New(tensor.Float64, 2, 0))
		var y graph.Value
		err := graph.Try(func() { y = ops.Apply(row, x, 1) })
		v, ok := want[row.Name]
		if !ok {
			if !errors.Is(err, graph.ErrShape) {
				t.Errorf("%s of nothing: error %v, want one of kind %v", row.Name, err, graph.ErrShape)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s of nothing: %v", row.Name, err)
			continue
		}
		if diff := cmp.Diff([]float64{v, v}, numbers(y.Tensor()), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s of nothing: mismatch (-want +got):\n%s", row.Name, diff)
		}
		if got := ops.Apply(row, x, 0).Shape(); !slices.Equal(got, []int{0}) {
			t.Errorf("%s over 2 of 0 lines has shape %v, want (0)", row.Name, got)
		}
	}
}
