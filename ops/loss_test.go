package ops_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// lossExact bounds the relative error of a loss of a few terms in float64: some roundings of 1.1e-16.
const lossExact = 1e-14

// TestLossEdges holds losses against values computed with 80 digits, where the usual forms overflow or cancel.
func TestLossEdges(t *testing.T) {
	inf := math.Inf(1)
	crossEntropy := func(labels ...int) func(z, _ graph.Value) graph.Value {
		return func(z, _ graph.Value) graph.Value { return ops.CrossEntropy(z, labels...) }
	}
	huber := func(delta float64) func(y, t graph.Value) graph.Value {
		return func(y, t graph.Value) graph.Value { return ops.Huber(y, t, delta) }
	}
	tests := []struct {
		name         string
		f            func(a, b graph.Value) graph.Value
		a, b         []float64
		want         float64
		wantA, wantB []float64 // gradients; nil is not looked at
	}{
		{"mse", ops.MSE, []float64{1, 2}, []float64{3, 2}, 2, []float64{-2, 0}, []float64{2, 0}},
		{"mse with an infinite target", ops.MSE, []float64{0, 1}, []float64{inf, 1}, inf, []float64{-inf, 0}, []float64{inf, 0}},
		{"huber within delta", huber(2), []float64{1, -1}, []float64{0, 0.5}, 0.8125, []float64{0.5, -0.75}, []float64{-0.5, 0.75}},
		{"huber beyond delta", huber(2), []float64{5, -1}, []float64{0, 9}, 13, []float64{1, -1}, []float64{-1, 1}},
		{"huber at delta", huber(2), []float64{2}, []float64{0}, 2, []float64{2}, []float64{-2}},
		{"huber of what has no square", huber(2), []float64{1e200}, []float64{-1e300}, 2e300, []float64{2}, []float64{-2}},
		{"huber of an infinite distance", huber(2), []float64{-inf}, []float64{1}, inf, []float64{-2}, []float64{2}},
		{"huber of NaN", huber(2), []float64{math.NaN(), 1}, []float64{1, 1}, math.NaN(), []float64{math.NaN(), 0}, []float64{math.NaN(), 0}},
		{"huber of an infinite delta", huber(inf), []float64{3, inf}, []float64{1, 1}, inf, []float64{1, inf}, []float64{-1, -inf}},
		{"huber of a tiny delta", huber(5e-324), []float64{3}, []float64{1}, 1e-323, []float64{5e-324}, nil},
		{"kl_div of equals", ops.KLDiv, []float64{-math.Ln2, -math.Ln2}, []float64{0.5, 0.5}, 0, []float64{-0.25, -0.25}, []float64{0.5, 0.5}},
		{"kl_div with a weight of 0", ops.KLDiv, []float64{-3, 0}, []float64{0, 1}, 0, []float64{0, -0.5}, []float64{-inf, 0.5}},
		{"kl_div of what cannot be, excluded", ops.KLDiv, []float64{-inf, 0}, []float64{0, 1}, 0, []float64{0, -0.5}, nil},
		{"kl_div of what cannot be", ops.KLDiv, []float64{-inf}, []float64{0.5}, inf, []float64{-0.5}, []float64{inf}},
		{"kl_div of a negative weight", ops.KLDiv, []float64{-1}, []float64{-0.5}, math.NaN(), []float64{0.5}, []float64{math.NaN()}},
		{"kl_div of a denormal weight", ops.KLDiv, []float64{0}, []float64{5e-324}, -3.676e-321, []float64{-5e-324}, []float64{-743.4400719213812}},
		{"bce where it is certain and right", ops.BCE, []float64{0, 1}, []float64{0, 1}, 0, []float64{0.5, -0.5}, nil},
		{"bce where it is certain and wrong", ops.BCE, []float64{0, 1}, []float64{1, 0}, inf, []float64{-inf, inf}, nil},
		{"bce of a tiny probability", ops.BCE, []float64{1e-300, 0.5}, []float64{0, 1}, 0.34657359027997264, []float64{0.5, -1}, []float64{345.38776394910684, 0}},
		{"bce near 0 keeps its digits", ops.BCE, []float64{1e-20}, []float64{0}, 1e-20, []float64{1}, nil},
		{"bce above 1", ops.BCE, []float64{1.5}, []float64{0}, math.NaN(), []float64{math.NaN()}, []float64{math.NaN()}},
		{"bce below 0", ops.BCE, []float64{-0.5}, []float64{0.5}, math.NaN(), []float64{math.NaN()}, []float64{math.NaN()}},
		{"bce above 1 with weight 0", ops.BCE, []float64{2}, []float64{1}, -math.Ln2, []float64{-0.5}, nil},
		{"bce below 0 with weight 0", ops.BCE, []float64{-1}, []float64{0}, -math.Ln2, []float64{0.5}, nil},
		{"bce at -0", ops.BCE, []float64{math.Copysign(0, -1)}, []float64{0.5}, inf, []float64{-inf}, []float64{inf}},
		{"bce_with_logits, right", ops.BCEWithLogits, []float64{1e20, -1e20}, []float64{1, 0}, 0, []float64{0, 0}, []float64{-5e19, 5e19}},
		{"bce_with_logits, wrong", ops.BCEWithLogits, []float64{1e20, -1e20}, []float64{0, 1}, 1e20, []float64{0.5, -0.5}, []float64{-5e19, 5e19}},
		{"bce_with_logits at infinity, right", ops.BCEWithLogits, []float64{inf, -inf}, []float64{1, 0}, 0, []float64{0, 0}, nil},
		{"bce_with_logits does not cancel", ops.BCEWithLogits, []float64{40}, []float64{1}, 4.248354255291589e-18, []float64{-4.248354255291589e-18}, []float64{-40}},
		{"bce_with_logits, soft target", ops.BCEWithLogits, []float64{-40, 1000}, []float64{0, 0.5}, 250, []float64{2.1241771276457944e-18, 0.25}, []float64{20, -500}},
		{"cross_entropy of equal large logits", crossEntropy(0), []float64{1e20, 1e20}, nil, math.Ln2, []float64{-0.5, 0.5}, nil},
		{"cross_entropy of equal small logits", crossEntropy(2), []float64{-1e20, -1e20, -1e20, -1e20}, nil, math.Log(4), []float64{0.25, 0.25, -0.75, 0.25}, nil},
		{"cross_entropy, wrong", crossEntropy(1), []float64{1e20, -1e20}, nil, 2e20, []float64{1, -1}, nil},
		{"cross_entropy, right", crossEntropy(0), []float64{1e20, -1e20}, nil, 0, []float64{0, 0}, nil},
		{"cross_entropy does not cancel", crossEntropy(0), []float64{0, -40}, nil, 4.248354255291589e-18, []float64{-4.248354255291589e-18, 4.248354255291589e-18}, nil},
		{"cross_entropy of an excluded class", crossEntropy(0), []float64{-inf, 0}, nil, inf, []float64{-1, 1}, nil},
		{"cross_entropy beside an excluded class", crossEntropy(1), []float64{-inf, 0}, nil, 0, []float64{0, 0}, nil},
		{"cross_entropy of +Inf", crossEntropy(0), []float64{inf, 0}, nil, math.NaN(), nil, nil},
		{"cross_entropy of NaN", crossEntropy(0), []float64{0, math.NaN()}, nil, math.NaN(), nil, nil},
		{"cross_entropy of one class", crossEntropy(0), []float64{5}, nil, 0, []float64{0}, nil},
	}
	near := cmp.Options{cmpopts.EquateApprox(lossExact, 0), cmpopts.EquateNaNs()}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			a := g.VarTensor(tensor.Of(tt.a, len(tt.a)))
			b := g.VarTensor(tensor.Of(tt.b, len(tt.b)))
			y := tt.f(a, b)
			if diff := cmp.Diff(tt.want, y.Item(), near); diff != "" {
				t.Errorf("value mismatch (-want +got):\n%s", diff)
			}
			numeric := autograd.Backward(y)
			for _, want := range []struct {
				x graph.Value
				d []float64
			}{{a, tt.wantA}, {b, tt.wantB}} {
				if want.d == nil {
					continue
				}
				if diff := cmp.Diff(want.d, numeric.Tensor(want.x).Float64s(), near); diff != "" {
					t.Errorf("Backward mismatch (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(want.d, autograd.Grad(y, want.x)[0].Tensor().Float64s(), near); diff != "" {
					t.Errorf("Grad mismatch (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestCrossEntropyMisuse(t *testing.T) {
	tests := []struct {
		name   string
		shape  []int
		labels []int
		kind   graph.Kind
		want   string
	}{
		{"label too large", []int{2, 3}, []int{0, 3}, graph.ErrIndex, "ops.CrossEntropy: row 1 has label 3 and the logits have 3 classes: labels run from 0 to 2"},
		{"label negative", []int{2, 3}, []int{-1, 0}, graph.ErrIndex, "ops.CrossEntropy: row 0 has label -1 and the logits have 3 classes: labels run from 0 to 2"},
		{"too few labels", []int{2, 3}, []int{0}, graph.ErrShape, "ops.CrossEntropy: 1 labels for logits of shape (2,3): give one label for each of the 2 rows"},
		{"no rows", []int{0, 3}, nil, graph.ErrShape, "ops.CrossEntropy: logits of shape (0,3) have no row: the mean of nothing is not defined"},
		{"no classes", []int{1, 0}, []int{0}, graph.ErrIndex, "ops.CrossEntropy: row 0 has label 0 and the logits have no class"},
		{"scalar", nil, []int{0}, graph.ErrShape, "ops.CrossEntropy: logits of shape (): want (rows, classes) with a label for each row, or (classes) with one label"},
		{"three axes", []int{2, 2, 2}, []int{0, 1}, graph.ErrShape, "ops.CrossEntropy: logits of shape (2,2,2): want (rows, classes) with a label for each row, or (classes) with one label"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			err := graph.Try(func() { ops.CrossEntropy(g.VarTensor(tensor.New(tensor.Float64, tt.shape...)), tt.labels...) })
			if err == nil || err.Error() != tt.want {
				t.Fatalf("got error %v, want %q", err, tt.want)
			}
			if !errors.Is(err, tt.kind) {
				t.Errorf("error is not of kind %q", tt.kind)
			}
		})
	}
}

// TestPairLossesAgreeEverywhere compares Backward with Grad where operands and cotangents are special, for operands of one
// shape, which have kernels, and for others.
func TestPairLossesAgreeEverywhere(t *testing.T) {
	at := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 2, math.Inf(1), math.Inf(-1), math.NaN()}
	for name, f := range map[string]func(a, b graph.Value) graph.Value{"mse": ops.MSE, "bce": ops.BCE, "bce_with_logits": ops.BCEWithLogits} {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			for _, shape := range [][]int{{1}, {1, 1}} {
				for _, x := range at {
					for _, y := range at {
						for _, ct := range []float64{0, 1, math.Inf(1), math.NaN()} {
							g := graph.New(graph.WithDType(dtype))
							a, b := g.VarTensor(filled(x, 1)), g.VarTensor(filled(y, shape...))
							loss := ops.Chain(g.Const(ct), f(a, b))
							backward, d := autograd.Backward(loss), autograd.Grad(loss, a, b)
							want := []float64{backward.Tensor(a).AtFlat(0), backward.Tensor(b).AtFlat(0)}
							got := []float64{d[0].Tensor().AtFlat(0), d[1].Tensor().AtFlat(0)}
							if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-6, 0)); diff != "" {
								t.Errorf("%s(%v, %v) of shapes (1) and %v in %v, cotangent %v: mismatch (-Backward +Grad):\n%s", name, x, y, shape, dtype, ct, diff)
							}
						}
					}
				}
			}
		}
	}
}

// TestKLDivergenceOfDistributions checks that the mean over the pairs times the number of classes is the divergence of
// the distributions, as a mean over rows.
func TestKLDivergenceOfDistributions(t *testing.T) {
	g := graph.New()
	p := tensor.Of([]float64{0.5, 0.25, 0.25, 0.125, 0.125, 0.75}, 2, 3)
	logits := g.VarTensor(tensor.Of([]float64{0, 1, 2, 3, -1, 0}, 2, 3))
	got := ops.MulScalar(ops.KLDiv(ops.LogSoftmax(logits, -1), g.ConstTensor(p)), 3)
	q := ops.Softmax(logits, -1).Tensor()
	want := 0.0
	for i := range p.Len() {
		want += p.AtFlat(i) * math.Log(p.AtFlat(i)/q.AtFlat(i)) / 2
	}
	if math.Abs(got.Item()-want) > lossExact {
		t.Errorf("got %v, want %v", got.Item(), want)
	}
}

func TestHuberMisuse(t *testing.T) {
	for _, delta := range []float64{0, -1, math.NaN()} {
		g := graph.New()
		if err := graph.Try(func() { ops.Huber(g.Var(1), g.Var(2), delta) }); !errors.Is(err, graph.ErrUsage) {
			t.Errorf("delta %v: error %v, want one of kind %v", delta, err, graph.ErrUsage)
		}
	}
}
