package xla

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// A call is one that the calls of the rows' tests do not make: attributes that another function than the row's sets.
type call struct {
	row    string
	what   string
	shapes []string
	f      func(xs []graph.Value) graph.Value
}

func conv2d(what string, config ops.Conv2DConfig, shapes ...string) call {
	return call{"conv2d", what, shapes, func(xs []graph.Value) graph.Value {
		if len(xs) > 2 {
			config.Bias = xs[2]
		}
		return ops.Conv2DWith(xs[0], xs[1], config)
	}}
}

func pool(row, what string, f func(x graph.Value, config ops.PoolConfig) graph.Value, config ops.PoolConfig, shape string) call {
	return call{row, what, []string{shape}, func(xs []graph.Value) graph.Value { return f(xs[0], config) }}
}

// more are the further calls.
var more = []call{
	{"on_gradient", "clipping", []string{"(2,3)"}, func(xs []graph.Value) graph.Value { return autograd.ClipGradient(xs[0], 0.1) }},
	conv2d("groups", ops.Conv2DConfig{Groups: 2}, "(2,4,3,3)", "(6,2,2,2)"),
	conv2d("depthwise, with bias", ops.Conv2DConfig{Groups: 3, Padding: [2]int{1, 1}}, "(2,3,3,3)", "(6,1,3,3)", "(6)"),
	conv2d("dilation", ops.Conv2DConfig{Dilation: [2]int{2, 3}}, "(2,1,6,8)", "(2,1,2,3)"),
	conv2d("all unlike", ops.Conv2DConfig{Stride: [2]int{2, 1}, Padding: [2]int{1, 2}, Dilation: [2]int{1, 2}, Groups: 2}, "(1,2,6,5)", "(2,1,3,2)"),
	conv2d("a stride that leaves a rest, padding beyond the kernel", ops.Conv2DConfig{Stride: [2]int{3, 3}, Padding: [2]int{3, 2}}, "(1,1,5,5)", "(1,1,2,1)"),
	{"conv1d", "all unlike", []string{"(2,4,9)", "(4,2,2)", "(4)"}, func(xs []graph.Value) graph.Value {
		return ops.Conv1DWith(xs[0], xs[1], ops.Conv1DConfig{Stride: 2, Padding: 1, Dilation: 3, Groups: 2, Bias: xs[2]})
	}},
	pool("max_pool2d", "padding", ops.MaxPool2DWith, ops.PoolConfig{Size: [2]int{2, 3}, Padding: [2]int{1, 1}}, "(2,5,7)"),
	pool("max_pool2d", "padding, windows that overlap", ops.MaxPool2DWith, ops.PoolConfig{Size: [2]int{3, 2}, Stride: [2]int{2, 1}, Padding: [2]int{1, 0}}, "(2,1,5,4)"),
	pool("max_pool2d", "windows apart", ops.MaxPool2DWith, ops.PoolConfig{Size: [2]int{1, 2}, Stride: [2]int{2, 3}}, "(2,5,7)"),
	pool("avg_pool2d", "padding", ops.AvgPool2DWith, ops.PoolConfig{Size: [2]int{2, 3}, Padding: [2]int{1, 1}}, "(2,5,7)"),
	pool("avg_pool2d", "padding left out of the mean", ops.AvgPool2DWith, ops.PoolConfig{Size: [2]int{3, 2}, Stride: [2]int{2, 1}, Padding: [2]int{1, 1}, ExcludePadding: true}, "(2,5,4)"),
}

// addMore adds the further calls of a row, and the gradients of their gradients.
func (m *module) addMore(t *testing.T, row *graph.Row) {
	for k, c := range more {
		if c.row != row.Name {
			continue
		}
		rng := rand.New(rand.NewPCG(uint64(k), 1))
		var xs []graph.Value
		for i, shape := range c.shapes {
			xs = append(xs, m.argument(m.g.VarTensor(rowtest.RandomOperand(rng, row, i, rowtest.Shape(t, shape)))))
		}
		y := c.f(xs)
		m.addResults(t, row, c.what, y, rowtest.Weighted, xs)
		if m.g.DType() == tensor.Float32 {
			continue // second derivatives cancel
		}
		first := autograd.Grad(ops.Sum(ops.Square(y)), xs...)
		for i, d := range first {
			for j, dd := range autograd.Grad(rowtest.Weighted(d), xs...) {
				m.result(t, row, c.what, fmt.Sprintf("gradient by operand %d of the gradient by operand %d of the sum of squares", j, i), dd)
			}
		}
	}
}

// addSpoiled adds a call with many equal numbers, of which a quarter is special, unless the operation refuses them.
func (m *module) addSpoiled(t *testing.T, s rowtest.Sample) {
	rng := rand.New(rand.NewPCG(5, 6))
	var spoiled []*tensor.Tensor
	for _, x := range s.Operands {
		x = x.Clone()
		for i := range x.Len() {
			if rng.IntN(4) == 0 {
				x.SetFlat(rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))], i)
			} else if rng.IntN(2) == 0 {
				x.SetFlat(float64(1+rng.IntN(2)), i)
			}
		}
		spoiled = append(spoiled, x)
	}
	if graph.Try(func() { s.Apply(rowtest.Variables(graph.New(), spoiled)) }) != nil {
		return
	}
	s.Operands, s.Text = spoiled, s.Text+", special numbers among others"
	m.addSample(t, s)
}
