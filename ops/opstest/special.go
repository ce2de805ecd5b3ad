package opstest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// specialNumbers holds the four ways to a derivative against each other where numbers are special: Backward, Grad,
// Backward of Grad and Grad of Grad, with scalars and with tensors.
func specialNumbers(t *testing.T, row *graph.Row) {
	for _, gr := range rowtest.Grids(row, rowtest.SpecialNumbers) {
		s, d64, d32 := gr.Scalars(), gr.Tensors(tensor.Float64), gr.Tensors(tensor.Float32)
		gr.CompareWays(t, "scalar", s)
		gr.CompareWays(t, "tensor64", d64)
		gr.CompareWays(t, "tensor32", d32)
		compare := func(what string, scalar, t64, t32 []float64) {
			t.Helper()
			gr.Compare(t, what+", scalar and tensor64", scalar, t64, rowtest.SameTo64)
			gr.Compare(t, what+", scalar and tensor32", scalar, t32, rowtest.SameTo32)
		}
		compare("value", s.Value, d64.Value, d32.Value)
		for i := range min(len(s.Backward), len(d64.Backward)) {
			compare(fmt.Sprintf("by operand %d", i), s.Backward[i], d64.Backward[i], d32.Backward[i])
			for j := range s.BackwardGrad[i] {
				compare(fmt.Sprintf("of the gradient by operand %d, by operand %d", i, j), s.BackwardGrad[i][j], d64.BackwardGrad[i][j], d32.BackwardGrad[i][j])
			}
		}
	}
}

// spoiledNumbers holds the kernel of an operation that is not elementwise against its rule, with special numbers among
// operands and cotangents.
func spoiledNumbers(t *testing.T, s rowtest.Sample) {
	if s.Row.Class == graph.NoGrad {
		return
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		spoiled := s
		spoiled.Operands = rowtest.Spoil(rng, s.Operands)
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			var numeric, recorded [][]float64
			err := graph.Try(func() {
				g := graph.New(graph.WithDType(dtype))
				xs := rowtest.Variables(g, spoiled.Operands)
				y := spoiled.Apply(xs)
				ct := tensor.New(dtype, y.Shape()...)
				for i := range ct.Len() {
					ct.SetFlat([]float64{1, 0, -2, math.Inf(1), math.NaN(), math.Copysign(0, -1), 0.5}[rng.IntN(7)], i)
				}
				l := ops.Sum(ops.Mul(y, g.ConstTensor(ct)))
				back := autograd.Backward(l)
				for _, x := range xs {
					numeric = append(numeric, rowtest.Numbers(back.Tensor(x)))
				}
				for _, d := range autograd.Grad(l, xs...) {
					recorded = append(recorded, rowtest.Numbers(d.Tensor()))
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
					if a, b := numeric[i][k], recorded[i][k]; !rowtest.SameNumber(a, b, tolerance, 1) {
						t.Fatalf("%v: operands %v: derivative by element %d of operand %d is %v by Backward, %v by Grad", dtype, rowtest.Show(spoiled.Operands), k, i, a, b)
					}
				}
			}
		}
	}
}

// A form is a way in which an operation is called and differentiated.
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

// at returns the value and the derivatives of a call with all operands x.
func (f form) at(s rowtest.Sample, x float64) (value float64, derivatives []float64) {
	g := graph.New(graph.WithDType(f.dtype))
	var operands []*tensor.Tensor
	for range s.Operands {
		operands = append(operands, rowtest.Filled(x, f.shape...))
	}
	xs := rowtest.Variables(g, operands)
	s.Row = withoutPrepare(s.Row)
	y := s.Apply(xs)
	loss := ops.Sum(y)
	if f.grad {
		for _, d := range autograd.Grad(loss, xs...) {
			derivatives = append(derivatives, d.Tensor().AtFlat(0))
		}
	} else {
		grads := autograd.Backward(loss)
		for _, x := range xs {
			derivatives = append(derivatives, grads.Tensor(x).AtFlat(0))
		}
	}
	return y.Tensor().AtFlat(0), derivatives
}

func withoutPrepare(row *graph.Row) *graph.Row {
	raw := *row
	raw.Prepare = nil
	return &raw
}

func (f form) round(v float64) float64 {
	if f.dtype == tensor.Float32 {
		return float64(float32(v))
	}
	return v
}

// specialValues checks Row.At.
func specialValues(t *testing.T, row *graph.Row) {
	if row.Unary == nil || row.At == (graph.Specials{}) {
		return
	}
	s := rowtest.Parse(t, row, "()", rowtest.RandomOperand)
	for _, c := range []struct {
		x    float64
		want graph.Point
	}{
		{math.NaN(), row.At.NaN},
		{math.Inf(1), row.At.Inf},
		{math.Inf(-1), row.At.NegInf},
		{0, row.At.Zero},
		{math.Copysign(0, -1), row.At.NegZero},
	} {
		for _, f := range forms {
			y, d := f.at(s, c.x)
			if !rowtest.Identical(y, f.round(c.want.Value)) && !(row.Name == "relu" && y == c.want.Value) { // relu may keep the sign of a zero
				t.Errorf("%s: %s(%v) = %v, want %v", f.name, row.Name, c.x, y, c.want.Value)
			}
			tolerance := 1e-14
			if f.dtype == tensor.Float32 {
				tolerance = 1e-6
			}
			if want := f.round(c.want.Derivative); !rowtest.SameNumber(d[0], want, tolerance, 0) {
				t.Errorf("%s: derivative of %s at %v is %v, want %v", f.name, row.Name, c.x, d[0], want)
			}
		}
	}
}

// kinks checks Row.Kinks of an elementwise operation: with all operands there, every derivative is the one chosen. The
// parameters are those of the sample call.
func kinks(t *testing.T, s rowtest.Sample) {
	for _, k := range s.Row.Kinks {
		for _, f := range forms {
			_, got := f.at(s, k.At)
			for i, d := range got {
				if want := f.round(k.Chosen); d != want {
					t.Errorf("%s: derivative %d at %v is %v, want %v: %s", f.name, i, k.At, d, want, k.Why)
				}
			}
		}
	}
}
