package ops_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// derivatives returns the numbers of the gradient of a loss by x, and those of a second derivative, each by both ways of
// differentiating.
func derivatives(loss, x graph.Value) (first, second [2][]float64) {
	first[0] = numbers(autograd.Backward(loss).Tensor(x))
	d := autograd.Grad(loss, x)[0]
	first[1] = numbers(d.Tensor())
	next := ops.Sum(ops.Mul(ops.Square(d), ops.AddScalar(d, 1))) // no place is special
	second[0] = numbers(autograd.Backward(next).Tensor(x))
	second[1] = numbers(autograd.Grad(next, x)[0].Tensor())
	return first, second
}

// maskTolerance bounds the difference between two computations of one derivative, absolutely and relatively.
func maskTolerance(dtype tensor.DType) cmp.Option {
	tolerance := 1e-13
	if dtype == tensor.Float32 {
		tolerance = 1e-5
	}
	return cmpopts.EquateApprox(tolerance, tolerance)
}

// TestMaskedLogits holds that a logit -Inf is as though it were not there: its gradient is 0, whatever the cotangent of
// its own result, and the others are what they are without it, in first and second derivatives.
func TestMaskedLogits(t *testing.T) {
	logits := []float64{1, 2, -0.5, 0.25, 3, 0}
	weights := []float64{0.5, -1, 2, 1, 0.25, 3}
	// A loss of logits in two rows of n, or in two columns. What stands at the places of masked logits gets the cotangent ct.
	type loss struct {
		name string
		f    func(x graph.Value, axis int, seed graph.Value) graph.Value
	}
	elementwise := func(name string, f func(graph.Value, int) graph.Value) loss {
		return loss{name, func(x graph.Value, axis int, seed graph.Value) graph.Value {
			return ops.Sum(ops.Chain(seed, f(x, axis))) // its value may be NaN: the cotangents are the seed
		}}
	}
	losses := []loss{
		elementwise("softmax", ops.Softmax),
		elementwise("safe_softmax", ops.SafeSoftmax),
		elementwise("log_softmax", ops.LogSoftmax),
		{"logsumexp", func(x graph.Value, axis int, _ graph.Value) graph.Value { return weighted(ops.LogSumExp(x, axis)) }},
		{"entropy", func(x graph.Value, axis int, _ graph.Value) graph.Value {
			return ops.Sum(ops.MulZeroWins(ops.Softmax(x, axis), ops.LogSoftmax(x, axis)))
		}},
		{"cross_entropy", func(x graph.Value, axis int, _ graph.Value) graph.Value {
			if axis == 0 {
				x = ops.Transpose(x)
			}
			n := x.Dims()[1]
			return ops.CrossEntropy(x, n-1, n-1)
		}},
		{"cross_entropy_at", func(x graph.Value, axis int, _ graph.Value) graph.Value {
			if axis == 0 {
				x = ops.Transpose(x)
			}
			last := float64(x.Dims()[1] - 1)
			return ops.CrossEntropyAt(x, x.Graph().ConstTensor(flat(last, last)))
		}},
		{"soft_cross_entropy", func(x graph.Value, axis int, _ graph.Value) graph.Value {
			t := []float64{0.25, 0.5, 0.75, 1, 0, 2}
			if axis == 0 {
				x = ops.Transpose(x)
			}
			n := x.Dims()[1]
			if n > 3 {
				t = withMasks(t, 0)
			}
			targets := x.Graph().ConstTensor(tensor.Of(t, 2, n))
			return ops.SoftCrossEntropy(x, targets)
		}},
	}
	for _, l := range losses {
		t.Run(l.name, func(t *testing.T) {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				for axis := range 2 {
					for _, ct := range []float64{0, 2, inf, -inf, nan} {
						at := func(x, w []float64) (first, second [2][]float64) {
							g := graph.New(graph.WithDType(dtype))
							dims := []int{2, len(x) / 2}
							if axis == 0 {
								x, w = byColumns(x), byColumns(w)
								slices.Reverse(dims)
							}
							v := g.VarTensor(tensor.Of(x, dims...))
							first, second = derivatives(l.f(v, axis, g.ConstTensor(tensor.Of(w, dims...))), v)
							if axis == 0 {
								for i := range 2 {
									first[i], second[i] = byRows(first[i]), byRows(second[i])
								}
							}
							return first, second
						}
						f1, s1 := at(logits, weights)
						f2, s2 := at(withMasks(logits, -inf), withMasks(weights, ct))
						for i, way := range []string{"Backward", "Grad"} {
							if diff := cmp.Diff(withMasks(f1[i], 0), f2[i], maskTolerance(dtype)); diff != "" {
								t.Errorf("%v, axis %d, cotangent %v: %s: mismatch (-without masks +masked):\n%s", dtype, axis, ct, way, diff)
							}
							if diff := cmp.Diff(withMasks(s1[i], 0), s2[i], maskTolerance(dtype)); diff != "" {
								t.Errorf("%v, axis %d, cotangent %v: %s of Grad: mismatch (-without masks +masked):\n%s", dtype, axis, ct, way, diff)
							}
						}
					}
				}
			}
		})
	}
}

// withMasks returns two rows of three numbers with another one at the front and behind the second.
func withMasks(x []float64, v float64) []float64 {
	return []float64{v, x[0], x[1], v, x[2], v, x[3], x[4], v, x[5]}
}

// byColumns transposes a matrix of two rows, byRows one of two columns.
func byColumns(x []float64) (y []float64) {
	for i := range len(x) / 2 {
		y = append(y, x[i], x[len(x)/2+i])
	}
	return y
}

func byRows(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i%2*len(x)/2+i/2] = v
	}
	return y
}

// TestAllMasked holds what functions of logits are where all are -Inf. No derivative is NaN.
func TestAllMasked(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     func(x graph.Value) graph.Value
		value float64
	}{
		{"softmax", func(x graph.Value) graph.Value { return ops.Softmax(x, -1) }, nan},
		{"safe_softmax", func(x graph.Value) graph.Value { return ops.SafeSoftmax(x, -1) }, 0},
		{"log_softmax", func(x graph.Value) graph.Value { return ops.LogSoftmax(x, -1) }, nan},
		{"logsumexp", func(x graph.Value) graph.Value { return ops.LogSumExp(x, -1) }, -inf},
		{"log_add_exp", func(x graph.Value) graph.Value { return ops.LogAddExp(x, x) }, -inf},
		{"cross_entropy", func(x graph.Value) graph.Value { return ops.CrossEntropy(x, 1) }, nan},
		{"cross_entropy_at", func(x graph.Value) graph.Value { return ops.CrossEntropyAt(x, x.Graph().Const(1)) }, nan},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				for _, n := range []int{2, 7} {
					g := graph.New(graph.WithDType(dtype))
					x := g.VarTensor(filled(-inf, n))
					y := c.f(x)
					for _, v := range numbers(y.Tensor()) {
						if !rowtest.Identical(v, c.value) {
							t.Errorf("%v: value %v, want %v", dtype, v, c.value)
						}
					}
					first, second := derivatives(weighted(y), x)
					for i, got := range [][]float64{first[0], first[1], second[0], second[1]} {
						if diff := cmp.Diff(make([]float64, n), got); diff != "" {
							t.Errorf("%v: %s: mismatch (-want +got):\n%s", dtype, []string{"Backward", "Grad", "Backward of Grad", "Grad of Grad"}[i], diff)
						}
					}
				}
			}
		})
	}
}

// TestMaskedScalars holds the same for functions of scalars.
func TestMaskedScalars(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for name, f := range map[string]func(a, b graph.Value) graph.Value{
			"log_add_exp":        ops.LogAddExp,
			"logsumexp of stack": func(a, b graph.Value) graph.Value { return ops.LogSumExp(ops.Stack(0, a, b)) },
		} {
			for _, c := range []struct{ a, b, y, da, db float64 }{
				{-inf, -inf, -inf, 0, 0}, {-inf, 2, 2, 0, 1}, {2, -inf, 2, 1, 0}, {0x1p66, 0x1p66, 0x1p66, 0.5, 0.5},
			} {
				g := graph.New(graph.WithDType(dtype))
				a, b := g.Var(c.a), g.Var(c.b)
				y := f(a, b)
				backward, d := autograd.Backward(y), autograd.Grad(y, a, b)
				got := []float64{y.Item(), backward.Scalar(a), backward.Scalar(b), d[0].Item(), d[1].Item()}
				if diff := cmp.Diff([]float64{c.y, c.da, c.db, c.da, c.db}, got); diff != "" {
					t.Errorf("%v %s of %v and %v: value, Backward, Grad: mismatch (-want +got):\n%s", dtype, name, c.a, c.b, diff)
				}
				next := ops.Add(ops.Square(d[0]), ops.MulScalar(d[1], 3))
				backward, d = autograd.Backward(next), autograd.Grad(next, a, b)
				slope := 0.0
				if c.a == c.b && !math.IsInf(c.a, 0) {
					slope = (2*0.5 - 3) * 0.25 // s'(0) = ¼
				}
				got = []float64{backward.Scalar(a), backward.Scalar(b), d[0].Item(), d[1].Item()}
				if diff := cmp.Diff([]float64{slope, -slope, slope, -slope}, got); diff != "" {
					t.Errorf("%v %s of %v and %v: second derivatives: mismatch (-want +got):\n%s", dtype, name, c.a, c.b, diff)
				}
			}
		}
	}
}

// TestEntropyOfMasked holds the derivative of -Σ p·ln p at p = (0, σ(-1), σ(1)).
func TestEntropyOfMasked(t *testing.T) {
	x := tensor.Of([]float64{-inf, 1, 2}, 3)
	d := math.Exp(1) / ((1 + math.Exp(1)) * (1 + math.Exp(1)))
	for _, fm := range forms {
		if fm.shape == nil {
			continue
		}
		_, got := fm.derivative([]*tensor.Tensor{x}, func(xs []graph.Value) graph.Value {
			return ops.MulZeroWins(ops.Softmax(xs[0], 0), ops.LogSoftmax(xs[0], 0))
		})
		fm.compare(t, "derivative", []float64{0, -d, d}, got)
	}
}

// TestMaskedLogitsBesideInfiniteCotangent holds that a mask has gradient 0 even if the cotangent of the result is not
// finite.
func TestMaskedLogitsBesideInfiniteCotangent(t *testing.T) {
	for name, f := range map[string]func(x graph.Value) graph.Value{
		"logsumexp":        func(x graph.Value) graph.Value { return ops.LogSumExp(x) },
		"cross_entropy":    func(x graph.Value) graph.Value { return ops.CrossEntropy(x, 2) },
		"cross_entropy_at": func(x graph.Value) graph.Value { return ops.CrossEntropyAt(x, x.Graph().Const(2)) },
	} {
		for _, ct := range []float64{inf, -inf, nan} {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				g := graph.New(graph.WithDType(dtype))
				x := g.VarTensor(tensor.Of([]float64{-inf, 1, 2}, 3))
				loss := ops.Mul(f(x), g.Const(ct))
				backward, d := numbers(autograd.Backward(loss).Tensor(x)), numbers(autograd.Grad(loss, x)[0].Tensor())
				if diff := cmp.Diff(backward, d, cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("%s, %v, cotangent %v: mismatch (-Backward +Grad):\n%s", name, dtype, ct, diff)
				}
				if backward[0] != 0 || finiteNumber(backward[1]) {
					t.Errorf("%s, %v, cotangent %v: gradient %v, want 0 first and then what is not finite", name, dtype, ct, backward)
				}
			}
		}
	}
}

func finiteNumber(x float64) bool { return x-x == 0 }
