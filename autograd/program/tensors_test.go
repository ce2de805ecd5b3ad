package program_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestEveryRow compiles a call of every row, or demands a reason why it cannot be compiled.
func TestEveryRow(t *testing.T) {
	for _, row := range graph.Rows() {
		ok, reason := program.Compiles(row)
		if ok == (reason != "") {
			t.Errorf("%s compiles: %v, and a reason: %s", row.Name, ok, reason)
		}
		for _, s := range rowtest.Samples(t, row) {
			f := func(xs []graph.Value) graph.Value { return rowtest.Weighted(s.Apply(xs)) }
			g := graph.New(graph.Traced())
			xs := rowtest.Variables(g, s.Operands)
			p, err := program.Compile(f(xs), xs...)
			switch {
			case reason != "" && err == nil:
				t.Errorf("%s compiles, and has a reason why not: %s", row.Name, reason)
			case reason != "":
				if !strings.Contains(err.Error(), row.Name) && row.Prepare == nil {
					t.Errorf("the error does not name %s: %v", row.Name, err)
				}
			case err != nil:
				t.Errorf("%s %s: %v", row.Name, s.Text, err)
			default:
				testAt(t, s, p, f, s.Operands)
			}
			if reason != "" {
				break
			}
		}
	}
}

// sameTensors bounds the relative difference to what the tape has: sums of some ten terms in another order.
const sameTensors = 1e-12

// testAt compares a program with a tape, at operands that it need not have been recorded at.
func testAt(t *testing.T, s rowtest.Sample, p *program.Program, f func(xs []graph.Value) graph.Value, at []*tensor.Tensor) {
	t.Helper()
	g := graph.New()
	xs := rowtest.Variables(g, at)
	y := f(xs)
	grads := autograd.Backward(y)
	var point, want []float64
	for i, x := range xs {
		point = append(point, rowtest.Numbers(at[i])...)
		want = append(want, rowtest.Numbers(grads.Tensor(x))...)
	}
	grad := make([]float64, len(point))
	if v := p.Eval(point, grad); !rowtest.SameNumber(v, y.Item(), sameTensors, 1) {
		t.Errorf("%s %s at %v: value %v, want %v", s.Row.Name, s.Text, point, v, y.Item())
		return
	}
	for i, d := range grad {
		if !rowtest.SameNumber(d, want[i], sameTensors, 1) {
			t.Errorf("%s %s at %v: gradient %v, want %v", s.Row.Name, s.Text, point, grad, want)
			return
		}
	}
}

// Operations on tensors keep what is said of numbers that are not finite, and of zeros.
func TestTensorsOfSpecialNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, row := range graph.Rows() {
		if ok, _ := program.Compiles(row); !ok || row.Prepare != nil {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			f := func(xs []graph.Value) graph.Value {
				y := s.Apply(xs)
				return ops.Sum(ops.Mul(ops.Square(y), y)) // cotangents of all kinds
			}
			g := graph.New(graph.Traced())
			xs := rowtest.Variables(g, s.Operands)
			p, err := program.Compile(f(xs), xs...)
			if err != nil {
				t.Errorf("%s %s: %v", row.Name, s.Text, err)
				continue
			}
			for range 4 {
				at := make([]*tensor.Tensor, len(s.Operands))
				for i, x := range s.Operands {
					at[i] = x.Clone()
					for k := range x.Len() {
						if rng.IntN(3) == 0 {
							at[i].SetFlat(rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))], k)
						}
					}
				}
				testAt(t, s, p, f, at)
			}
		}
	}
}

// Programs compute in float64 what a graph of float32 rounds, and take leaves of every kind.
func TestKindsOfLeaves(t *testing.T) {
	w := tensor.Of([]float64{1, 2, 3, 4}, 2, 2)
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.Traced(), graph.WithDType(dtype))
		bound := g.Bind(w.To(dtype))
		batch := g.BindConst(tensor.Of([]float64{5, 6}, 2).To(dtype))
		scalar, one := g.VarTensor(tensor.Of([]float64{3})), g.Var(2)
		y := ops.Mul(ops.Sum(ops.Tanh(ops.MatMul(bound, batch))), ops.Div(scalar, one))
		xs := []graph.Value{one, bound, batch, scalar}
		p, err := program.Compile(y, xs...)
		if err != nil {
			t.Fatal(err)
		}
		if p.Inputs() != 8 {
			t.Fatalf("%d inputs", p.Inputs())
		}
		at := []float64{2, 0.1, -0.2, 0.3, 0.4, 0.5, 0.6, 3}
		grad := make([]float64, 8)
		got := p.Eval(at, grad)
		a, b := math.Tanh(0.1*0.5-0.2*0.6), math.Tanh(0.3*0.5+0.4*0.6)
		want := []float64{-(a + b) * 3 / 4, (1 - a*a) * 0.5 * 1.5, (1 - a*a) * 0.6 * 1.5, (1 - b*b) * 0.5 * 1.5, (1 - b*b) * 0.6 * 1.5, 0, 0, (a + b) / 2}
		if !rowtest.SameNumber(got, (a+b)*1.5, sameTensors, 0) {
			t.Errorf("%s: value %v, want %v", dtype, got, (a+b)*1.5)
		}
		for i := range want {
			if !rowtest.SameNumber(grad[i], want[i], sameTensors, 1) {
				t.Errorf("%s: derivative %d is %v, want %v", dtype, i, grad[i], want[i])
			}
		}
	}
}
