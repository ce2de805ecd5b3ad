package nn

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

type layerNorm struct {
	op           string
	weight, bias *Param // bias is nil for none
	params       []*Param
	eps          float64 // negative for that of the precision
}

// LayerNorm returns the layer that shifts and scales each row along the last axis, of length n, to mean 0 and variance
// 1, and then multiplies it by a weight and adds a bias, element by element. x has shape (..., n), and so has the
// result; see [ops.LayerNorm] for the formula. What is added to the variance is 1e-5 unless [Eps] says otherwise. It
// does the same in training and in use.
//
// The parameters are named "weight" and "bias", of shape (n), and begin as 1 and 0, as PyTorch's do. LayerNorm panics
// with a [*graph.Error] if n is less than 1 or an option does not fit.
//
// Source: Ba, Kiros and Hinton, Layer normalization (2016), equations 3 and 4.
func LayerNorm(n int, options ...LayerOption) Layer {
	return newLayerNorm("nn.LayerNorm", n, 1e-5, options, constantParam("bias", Bias, 0, max(n, 0)))
}

// RMSNorm returns the layer that scales each row along the last axis, of length n, to mean square 1, and then
// multiplies it by a weight, element by element: [LayerNorm] without shift and bias. x has shape (..., n), and so has
// the result; see [ops.RMSNorm] for the formula. What is added to the mean square is the distance from 1 to the next
// number of the model's precision, 2⁻⁵² or 2⁻²³, as in PyTorch, unless [Eps] says otherwise.
//
// The parameter is named "weight", of shape (n), and begins as 1. RMSNorm panics with a [*graph.Error] if n is less
// than 1 or an option does not fit.
//
// Source: Zhang and Sennrich, Root mean square layer normalization (2019), equation 4.
func RMSNorm(n int, options ...LayerOption) Layer {
	return newLayerNorm("nn.RMSNorm", n, -1, options, nil)
}

func newLayerNorm(op string, n int, eps float64, options []LayerOption, bias *Param) *layerNorm {
	if n < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "rows of %d numbers: want 1 or more", n))
	}
	c := layerSettings{eps: eps}.with(op, options, "nn.Eps")
	l := &layerNorm{op: op, weight: constantParam("weight", Bias, 1, n), bias: bias, eps: c.eps}
	l.params = present(l.weight, l.bias)
	return l
}

func (l *layerNorm) Params() []*Param { return l.params }

func (l *layerNorm) String() string {
	return fmt.Sprintf("%s(%d)", layerName(l.op), l.weight.Data.Len())
}

func (l *layerNorm) Forward(_ Pass, x graph.Value) graph.Value {
	x.Check(l.op)
	g := x.Graph()
	w := l.weight.Bind(g)
	if dims, n := x.Dims(), w.Len(); len(dims) == 0 || dims[len(dims)-1] != n {
		panic(graph.Errorf(l.op, graph.ErrShape, "layer %q takes rows of %d numbers, x has shape %s: give x the shape (..., %d)", l.weight.Name, n, tensor.FormatShape(dims), n))
	}
	if l.bias != nil {
		return ops.LayerNorm(x, w, l.bias.Bind(g), l.eps)
	}
	eps := l.eps
	if eps < 0 {
		eps = 0x1p-52
		if g.DType() == tensor.Float32 {
			eps = 0x1p-23
		}
	}
	return ops.RMSNorm(x, w, eps)
}
