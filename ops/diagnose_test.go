package ops_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestDiagnoseRows holds that a diagnosis finds no fault with the operations, nor with their gradients, where all is finite.
func TestDiagnoseRows(t *testing.T) {
	eachRow(t, func(t *testing.T, s rowtest.Sample) {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			g := graph.New(graph.WithDType(dtype))
			xs := variables(g, s.Operands)
			y := s.Apply(xs)
			l := ops.Sum(ops.Square(y))
			if err := autograd.Diagnose(l); err != nil {
				t.Errorf("%v: operands %v: %v", dtype, rowtest.Show(s.Operands), err)
			}
			if !l.WantsGrad() {
				continue
			}
			for i, d := range autograd.Grad(l, xs...) {
				if err := autograd.Diagnose(ops.Sum(d)); err != nil {
					t.Errorf("%v: operands %v: the gradient by operand %d: %v", dtype, rowtest.Show(s.Operands), i, err)
				}
			}
		}
	})
}

// TestDiagnoseSpoiledRows puts special numbers into the operands of every operation, and holds that what is not finite in the
// result or in a gradient is diagnosed, and a value traced to where it came from.
func TestDiagnoseSpoiledRows(t *testing.T) {
	odd := func(v float64) bool { return v != v || v == inf || v == -inf }
	eachRow(t, func(t *testing.T, s rowtest.Sample) {
		rng := rand.New(rand.NewPCG(3, 4))
		for range 10 {
			spoiled := s
			spoiled.Operands = nil
			for _, x := range s.Operands {
				x = x.Clone()
				for i := range x.Len() {
					if rng.IntN(4) == 0 {
						x.SetFlat(specialNumbers[rng.IntN(len(specialNumbers))], i)
					}
				}
				spoiled.Operands = append(spoiled.Operands, x)
			}
			g := graph.New()
			var l graph.Value
			xs := variables(g, spoiled.Operands)
			if graph.Try(func() { l = ops.Sum(ops.Square(spoiled.Apply(xs))) }) != nil {
				continue // a matrix that is singular now, a label that is none
			}
			length := g.Len()
			var found *autograd.Diagnosis
			if err := autograd.Diagnose(l); !errors.As(err, &found) {
				found = &autograd.Diagnosis{}
			}
			if g.Len() != length {
				t.Fatalf("the tape has %d nodes, had %d", g.Len(), length)
			}
			if v := found.Value; odd(l.Item()) && v == nil {
				t.Errorf("operands %v: the result is %v and nothing is said of it", rowtest.Show(spoiled.Operands), l.Item())
			} else if v != nil && !odd(v.Number) {
				t.Errorf("operands %v: got value %v, want one that is not finite", rowtest.Show(spoiled.Operands), v)
			} else if v != nil && v.Op != "leaf" {
				for _, in := range g.Value(v.Node).Inputs() {
					if slices.ContainsFunc(numbers(in.Tensor()), odd) && s.Row.Class != graph.General {
						t.Errorf("operands %v: got value %v, whose operand %v is not finite", rowtest.Show(spoiled.Operands), v, in)
					}
				}
			}
			if !l.WantsGrad() {
				continue
			}
			grads := autograd.Backward(l)
			for _, x := range xs {
				if slices.ContainsFunc(numbers(grads.Tensor(x)), odd) && found.Adjoint == nil {
					t.Errorf("operands %v: the gradient is %v and nothing is said of it", rowtest.Show(spoiled.Operands), grads.Tensor(x))
				}
			}
		}
	})
}

// TestDiagnoseHiddenDerivatives gives every elementwise operation special operands and an adjoint of 0: where a derivative
// is not finite it is possibly wrong that the product is 0, with scalars and with tensors alike.
func TestDiagnoseHiddenDerivatives(t *testing.T) {
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") || row.Class == graph.NoGrad || row.Name == "chain" || row.Name == "mul_zero_wins" {
			continue // the two are what recorded sweeps multiply with: their own zeros are places too
		}
		t.Run(row.Name, func(t *testing.T) {
			for _, gr := range rowtest.Grids(row, specialNumbers) {
				n := gr.Operands()
				total := len(gr.Columns[0]) / (len(specialNumbers) * len(specialNumbers)) // cotangents vary slowest
				want := make([]int, n)                                                    // by operand
				for k := range total {
					g := graph.New()
					var xs []graph.Value
					for _, c := range gr.Columns[:n] {
						xs = append(xs, g.Var(c[k]))
					}
					y := gr.Call(xs)
					for _, s := range suspectsOf(autograd.Diagnose(ops.Mul(y, g.Var(0)))) {
						if s.Node == y.ID() {
							want[s.Operand] += s.Count
						}
					}
					for i := range xs {
						if d, ok := y.Node().Partial(i); ok && d-d != 0 {
							want[i]--
						}
					}
				}
				for i, left := range want {
					if left != 0 {
						t.Errorf("%v: scalars: %+d places by operand %d, against the derivatives on the tape", gr.Params, left, i)
					}
				}
				for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
					g := graph.New(graph.WithDType(dtype))
					var xs []graph.Value
					for _, c := range gr.Columns[:n] {
						xs = append(xs, g.VarTensor(tensor.Of(c[:total], total)))
					}
					y := gr.Call(xs)
					found := make([]int, n)
					for _, s := range suspectsOf(autograd.Diagnose(ops.Mul(y, g.Var(0)))) {
						if s.Node == y.ID() {
							found[s.Operand] += s.Count
						}
					}
					for i, x := range xs {
						want := 0
						for _, d := range numbers(autograd.Backward(y, autograd.WithSeed(onesOf(dtype, total))).Tensor(x)) {
							if d-d != 0 {
								want++
							}
						}
						if found[i] != want {
							t.Errorf("%v: %v: %d places by operand %d, want %d", gr.Params, dtype, found[i], i, want)
						}
					}
				}
			}
		})
	}
}

func suspectsOf(err error) []autograd.Finding {
	var d *autograd.Diagnosis
	if !errors.As(err, &d) {
		return nil
	}
	return d.Suspects
}

func onesOf(dtype tensor.DType, n int) *tensor.Tensor {
	t := tensor.New(dtype, n)
	t.Fill(1)
	return t
}
