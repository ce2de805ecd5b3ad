package nn

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

type linear struct {
	weight, bias *Param // bias is nil for none
	params       []*Param
}

// Linear returns the fully connected layer y = x·W + b from in to out nodes. W has shape (in, out) and b has shape
// (out). A batch x has shape (rows, in) and gives (rows, out); a vector (in) gives (out).
//
// This is the lecture's u = w₁z₁ + w₂z₂ + ... + b for all nodes of a layer and all examples of a batch at once: column
// j of W holds the weights of node j.
//
// The options are [WithInit] and [NoBias]. The weights are drawn from rng, by [XavierUniform] unless WithInit says
// otherwise, and the biases are 0. The parameters are named "weight" and "bias", and are float64 until [To] converts
// them; in files the weight lies transposed, as PyTorch's does.
//
// Linear panics with a [*graph.Error] if rng is nil, a size is less than 1, or an option does not fit.
func Linear(rng *rand.Rand, in, out int, options ...LayerOption) Layer {
	const op = "nn.Linear"
	mustHaveSource(op, rng)
	if in < 1 || out < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "%d inputs and %d outputs: both must be 1 or more", in, out))
	}
	c := layerSettings{init: XavierUniform()}.with(op, options, "nn.WithInit", "nn.NoBias")
	l := &linear{weight: &Param{Name: "weight", Data: c.init.Draw(rng, in, out, in, out), Kind: Weight, Transposed: true}}
	if !c.noBias {
		l.bias = constantParam("bias", Bias, 0, out)
	}
	l.params = present(l.weight, l.bias)
	return l
}

func (l *linear) Params() []*Param { return l.params }

func (l *linear) String() string {
	w := l.weight.Data.Dims()
	return fmt.Sprintf("Linear(%d, %d)", w[0], w[1])
}

func (l *linear) Forward(_ Pass, x graph.Value) graph.Value {
	const op = "nn.Linear"
	x.Check(op)
	w := l.weight.Bind(x.Graph())
	if dims := x.Dims(); len(dims) == 0 || dims[len(dims)-1] != w.Dims()[0] {
		panic(graph.Errorf(op, graph.ErrShape, "layer %q takes %d numbers a row, x has shape %s: give x the shape (rows, %d)",
			l.weight.Name, w.Dims()[0], tensor.FormatShape(dims), w.Dims()[0]))
	}
	return affine(x, w, l.bias.bindAny(x.Graph()))
}

// affine returns x·w + b, for rows or a vector x, without b if that is the zero Value.
func affine(x, w, b graph.Value) graph.Value {
	switch {
	case b.Graph() == nil:
		return ops.MatMul(x, w)
	case x.Rank() == 1:
		return ops.Add(ops.MatMul(x, w), b)
	}
	return ops.Linear(x, w, b)
}
