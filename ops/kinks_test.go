package ops_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// A form is one way to get a derivative: with scalars or tensors, in either precision, by Backward or by Grad.
type form struct {
	name  string
	dtype tensor.DType
	shape []int // of an operand that is a scalar in the first form
	grad  bool
}

var forms = []form{
	{"scalar", tensor.Float64, nil, false},
	{"tensor64", tensor.Float64, []int{3}, false},
	{"tensor32", tensor.Float32, []int{3}, false},
	{"scalar Grad", tensor.Float64, nil, true},
	{"tensor64 Grad", tensor.Float64, []int{3}, true},
}

// derivative returns the value of f and its derivatives by all elements of the operands, in one list. The elements of
// f's result are added up.
func (fm form) derivative(operands []*tensor.Tensor, f func(xs []graph.Value) graph.Value) (value, derivatives []float64) {
	g := graph.New(graph.WithDType(fm.dtype))
	xs := variables(g, operands)
	y := f(xs)
	value = numbers(y.Tensor())
	loss := ops.Sum(y)
	if fm.grad {
		for _, d := range autograd.Grad(loss, xs...) {
			derivatives = append(derivatives, numbers(d.Tensor())...)
		}
		return value, derivatives
	}
	grads := autograd.Backward(loss)
	for _, x := range xs {
		derivatives = append(derivatives, numbers(grads.Tensor(x))...)
	}
	return value, derivatives
}

// kinksOfWindows names the operations whose kinks depend on where windows lie. The tests beside them know what a tie is
// there.
var kinksOfWindows = map[string]bool{"max_pool2d": true}

// TestRowKinks checks the kinks of rows that are not elementwise; package opstest checks those that are. A reduction gets
// two equal elements: it meets its kink there. The parameters are those of the row's first sample call.
func TestRowKinks(t *testing.T) {
	for _, row := range rows() {
		switch {
		case len(row.Kinks) == 0, rowtest.Elementwise(row), kinksOfWindows[row.Name]:
			continue
		case !isReduction(row):
			t.Errorf("row %q has a kink, but this test does not know how its operands meet it: test it beside the operation and name it in kinksOfWindows", row.Name)
			continue
		}
		s := rowtest.Samples(t, row)[0]
		for _, k := range row.Kinks {
			t.Run(row.Name+"/"+strconv.FormatFloat(k.At, 'g', -1, 64), func(t *testing.T) {
				for _, fm := range forms {
					_, got := fm.derivative([]*tensor.Tensor{filled(k.At, 2)}, s.Apply)
					for i, d := range got {
						if want := fm.round(k.Chosen); d != want {
							t.Errorf("%s: derivative %d at %v is %v, want %v: %s", fm.name, i, k.At, d, want, k.Why)
						}
					}
				}
			})
		}
	}
}

func (fm form) round(v float64) float64 {
	if fm.dtype == tensor.Float32 {
		return float64(float32(v))
	}
	return v
}

func isReduction(row *graph.Row) bool {
	params, ok := ops.Signature(row)
	return ok && params[len(params)-1].Name == "axes" && row.Class == graph.General
}

// call1 applies a function of one operand.
func call1(f func(graph.Value) graph.Value) func([]graph.Value) graph.Value {
	return func(xs []graph.Value) graph.Value { return f(xs[0]) }
}

// call2 applies a function of two operands.
func call2(f func(a, b graph.Value) graph.Value) func([]graph.Value) graph.Value {
	return func(xs []graph.Value) graph.Value { return f(xs[0], xs[1]) }
}

// TestPromises is the table of promises at the edges, line by line: the value and the derivative by each operand.
func TestPromises(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	clamp := call1(func(x graph.Value) graph.Value { return ops.Clamp(x, -1, 2) })
	where := func(f func(graph.Value) graph.Value) func([]graph.Value) graph.Value {
		return call1(func(x graph.Value) graph.Value { return ops.Where(ops.Gt(x, x.Graph().Const(0)), f(x), x) })
	}
	pow := call2(ops.Pow)
	// Elementwise: every operand is one number.
	for _, c := range []struct {
		name  string
		f     func([]graph.Value) graph.Value
		at    []float64
		value float64
		want  []float64
	}{
		{"relu", call1(ops.ReLU), []float64{0}, 0, []float64{0}},
		{"abs", call1(ops.Abs), []float64{0}, 0, []float64{0}},
		{"sign", call1(ops.Sign), []float64{0}, 0, []float64{0}},
		{"floor", call1(ops.Floor), []float64{2}, 2, []float64{0}},
		{"ceil", call1(ops.Ceil), []float64{2}, 2, []float64{0}},
		{"round half down to even", call1(ops.Round), []float64{2.5}, 2, []float64{0}},
		{"round half up to even", call1(ops.Round), []float64{3.5}, 4, []float64{0}},
		{"trunc", call1(ops.Trunc), []float64{-2}, -2, []float64{0}},
		{"maximum of equals", call2(ops.Maximum), []float64{3, 3}, 3, []float64{0.5, 0.5}},
		{"minimum of equals", call2(ops.Minimum), []float64{3, 3}, 3, []float64{0.5, 0.5}},
		{"clamp at the lower bound", clamp, []float64{-1}, -1, []float64{1}},
		{"clamp at the upper bound", clamp, []float64{2}, 2, []float64{1}},
		{"clamp below", clamp, []float64{-3}, -1, []float64{0}},
		{"hypot at 0", call2(ops.Hypot), []float64{0, 0}, 0, []float64{0, 0}},
		{"hypot does not overflow", call2(ops.Hypot), []float64{3e18, 4e18}, 5e18, []float64{0.6, 0.8}},
		{"atan2 at the origin", call2(ops.Atan2), []float64{0, 0}, 0, []float64{0, 0}},
		{"sqrt at 0", call1(ops.Sqrt), []float64{0}, 0, []float64{inf}},
		{"log at 0", call1(ops.Log), []float64{0}, -inf, []float64{inf}},
		{"log below 0", call1(ops.Log), []float64{-2}, nan, []float64{nan}},
		{"an untaken square root", where(ops.Sqrt), []float64{-1}, -1, []float64{1}},
		{"an untaken logarithm", where(ops.Log), []float64{0}, 0, []float64{1}},
		{"pow(x, 0)", pow, []float64{3, 0}, 1, []float64{0, math.Log(3)}},
		{"pow(0, 0)", pow, []float64{0, 0}, 1, []float64{0, 0}},
		{"pow(0, 2)", pow, []float64{0, 2}, 0, []float64{0, 0}},
		{"pow(0, 1)", pow, []float64{0, 1}, 0, []float64{1, 0}},
		{"pow of a negative base", pow, []float64{-2, 3}, -8, []float64{12, nan}},
		{"pow(-2, 0)", pow, []float64{-2, 0}, 1, []float64{0, nan}},
		{"pow(NaN, 0)", call1(func(x graph.Value) graph.Value { return ops.PowScalar(x, 0) }), []float64{nan}, 1, []float64{0}},
		{"softplus far right", call1(ops.Softplus), []float64{1e20}, 1e20, []float64{1}},
		{"softplus far left", call1(ops.Softplus), []float64{-1e20}, 0, []float64{0}},
		{"sigmoid far right", call1(ops.Sigmoid), []float64{1e20}, 1, []float64{0}},
		{"sigmoid far left", call1(ops.Sigmoid), []float64{-1e20}, 0, []float64{0}},
		{"logsigmoid far right", call1(ops.LogSigmoid), []float64{1e20}, 0, []float64{0}},
		{"logsigmoid far left", call1(ops.LogSigmoid), []float64{-1e20}, -1e20, []float64{1}},
		{"expm1 near 0", call1(ops.Expm1), []float64{1e-20}, 1e-20, []float64{1}},
		{"log1p near 0", call1(ops.Log1p), []float64{1e-20}, 1e-20, []float64{1}},
		{"tanh near 0", call1(ops.Tanh), []float64{1e-20}, 1e-20, []float64{1}},
		{"leaky_relu at 0", call1(func(x graph.Value) graph.Value { return ops.LeakyReLU(x, 0.25) }), []float64{0}, 0, []float64{0.25}},
		{"elu at 0", call1(func(x graph.Value) graph.Value { return ops.ELU(x, 0.25) }), []float64{0}, 0, []float64{0.25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, fm := range forms {
				var operands []*tensor.Tensor
				for _, v := range c.at {
					operands = append(operands, filled(v, fm.shape...))
				}
				value, got := fm.derivative(operands, c.f)
				n := len(value)
				var want []float64
				for _, d := range c.want {
					for range n {
						want = append(want, d)
					}
				}
				fm.compare(t, "value", filled(c.value, n).Float64s(), value)
				fm.compare(t, "derivative", want, got)
			}
		})
	}
	// Over an axis: one operand.
	softmaxLoss := call1(func(x graph.Value) graph.Value {
		return ops.Neg(ops.Slice(ops.LogSoftmax(x, 0), 0, 0, 1))
	})
	for _, c := range []struct {
		name        string
		f           func([]graph.Value) graph.Value
		at          []float64
		value, want []float64
	}{
		{"max with ties", call1(reduce(ops.Max)), []float64{3, 1, 3, 1}, []float64{3}, []float64{0.5, 0, 0.5, 0}},
		{"min with ties", call1(reduce(ops.Min)), []float64{3, 1, 1, 1}, []float64{1}, []float64{0, 1. / 3, 1. / 3, 1. / 3}},
		{"norm at 0", call1(reduce(ops.Norm)), []float64{0, 0, 0}, []float64{0}, []float64{0, 0, 0}},
		{"norm does not overflow", call1(reduce(ops.Norm)), []float64{3e18, -4e18}, []float64{5e18}, []float64{0.6, -0.8}},
		{"std of a constant", call1(reduce(ops.Std)), []float64{0.1, 0.1, 0.1}, []float64{0}, []float64{0, 0, 0}},
		{"variance of a constant", call1(reduce(ops.Variance)), []float64{0.7, 0.7, 0.7, 0.7, 0.7, 0.7}, []float64{0}, make([]float64, 6)},
		{"variance divides by n", call1(reduce(ops.Variance)), []float64{1, 2, 3, 4}, []float64{1.25}, []float64{-0.75, -0.25, 0.25, 0.75}},
		{"std divides by n", call1(reduce(ops.Std)), []float64{1, 3}, []float64{1}, []float64{-0.5, 0.5}},
		{"prod with one zero", call1(reduce(ops.Prod)), []float64{2, 0, 3}, []float64{0}, []float64{0, 6, 0}},
		{"prod with two zeros", call1(reduce(ops.Prod)), []float64{2, 0, 0}, []float64{0}, []float64{0, 0, 0}},
		{"logsumexp of 1e20", call1(reduce(ops.LogSumExp)), []float64{1e20, 1e20}, []float64{1e20}, []float64{0.5, 0.5}},
		{"cross entropy of 1e20", softmaxLoss, []float64{1e20, 1e20}, []float64{math.Ln2}, []float64{-0.5, 0.5}},
		{"penalty", call1(func(w graph.Value) graph.Value { return ops.MulScalar(ops.Sum(ops.Square(w)), 0.5) }), []float64{1, -2}, []float64{2.5}, []float64{1, -2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, fm := range forms {
				if fm.shape == nil {
					continue
				}
				value, got := fm.derivative([]*tensor.Tensor{tensor.Of(c.at, len(c.at))}, c.f)
				fm.compare(t, "value", c.value, value)
				fm.compare(t, "derivative", c.want, got)
			}
		})
	}
}

func reduce(f func(graph.Value, ...int) graph.Value) func(graph.Value) graph.Value {
	return func(x graph.Value) graph.Value { return f(x) }
}

// compare checks numbers against those promised: exact zeros, infinities and NaN, and the rest to a few roundings of
// the form's precision.
func (fm form) compare(t *testing.T, what string, want, got []float64) {
	t.Helper()
	tolerance := 1e-14
	if fm.dtype == tensor.Float32 {
		tolerance = 1e-6
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(tolerance, 0), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("%s: %s: mismatch (-want +got):\n%s", fm.name, what, diff)
	}
}

// TestPromisesAcrossAxes checks that what is promised for a vector holds for each line of a tensor, by any axis.
func TestPromisesAcrossAxes(t *testing.T) {
	x := tensor.Of([]float64{0.1, 5, 0.1, 7, 0.1, 9}, 3, 2) // the first column is constant
	for _, fm := range forms {
		if fm.shape == nil {
			continue
		}
		value, got := fm.derivative([]*tensor.Tensor{x}, call1(func(x graph.Value) graph.Value { return ops.Std(x, 0) }))
		s := math.Sqrt(8. / 3)
		fm.compare(t, "std", []float64{0, s}, value)
		fm.compare(t, "derivative", []float64{0, -2 / (3 * s), 0, 0, 0, 2 / (3 * s)}, got)
	}
}
