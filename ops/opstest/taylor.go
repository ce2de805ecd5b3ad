package opstest

import (
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// taylorSeries holds the Taylor series of an operation along a line against derivatives of derivatives along it.
func taylorSeries(t *testing.T, s rowtest.Sample) {
	const order = 3
	if rowtest.Elementwise(s.Row) && len(s.Operands) == 2 && s.Text != "() ()" && s.Text != "(2,3) (2,1)" {
		return // shapes hardly matter here
	}
	var at, dir []float64
	for _, x := range s.Operands {
		for k := range x.Len() {
			at = append(at, x.AtFlat(k))
			dir = append(dir, math.Cos(2.4*float64(len(dir)+1)))
		}
	}
	operands := func(x graph.Value) []graph.Value {
		var list []graph.Value
		start := 0
		for _, o := range s.Operands {
			list = append(list, ops.Reshape(ops.Slice(x, 0, start, start+o.Len()), o.Shape()...))
			start += o.Len()
		}
		return list
	}
	f := func(x graph.Value) graph.Value { return rowtest.Weighted(s.Apply(operands(x))) }
	if len(s.Operands) == 0 {
		return
	}
	var got []float64
	if err := graph.Try(func() { got = autograd.Taylor(f, at, dir, order) }); err != nil {
		if !strings.Contains(err.Error(), "has no Taylor series") {
			t.Error(err)
		}
		return
	}
	g := graph.New()
	step := g.Var(0)
	y := f(ops.Add(g.ConstTensor(tensor.Of(at, len(at))), ops.Mul(g.ConstTensor(tensor.Of(dir, len(dir))), step)))
	factorial := 1.0
	for j := range order + 1 {
		if j > 0 {
			if !y.WantsGrad() {
				y = g.Const(0)
			} else {
				y = autograd.Grad(y, step)[0]
			}
			factorial *= float64(j)
		}
		if want := y.Item() / factorial; !rowtest.SameNumber(got[j], want, 1e-9, 1) {
			t.Errorf("coefficient %d is %v, the derivative divided by %v is %v", j, got[j], factorial, want)
		}
	}
}
