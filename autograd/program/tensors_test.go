package program_test

import (
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
