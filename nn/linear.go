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
// The weights are drawn from rng, by [XavierUniform] unless [WithInit] says otherwise, and the biases are 0. The
// parameters are named "weight" and "bias", and are float64 until [To] converts them. Linear panics with a
// [*graph.Error] if rng is nil or a size is less than 1.
func Linear(rng *rand.Rand, in, out int, options ...LayerOption) Layer {
	const op = "nn.Linear"
	mustHaveSource(op, rng)
	if in < 1 || out < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "%d inputs and %d outputs: both must be 1 or more", in, out))
	}
	c := layerSettings{init: XavierUniform()}.with(op, options, "nn.WithInit", "nn.NoBias")
	l := &linear{weight: &Param{Name: "weight", Data: c.init.Draw(rng, in, out, in, out), Kind: Weight, Transposed: true}}
	l.params = []*Param{l.weight}
	if !c.noBias {
		l.bias = &Param{Name: "bias", Data: tensor.New(tensor.Float64, out), Kind: Bias}
		l.params = append(l.params, l.bias)
	}
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
	if l.bias == nil {
		return ops.MatMul(x, w)
	}
	b := l.bias.Bind(x.Graph())
	if x.Rank() == 1 {
		return ops.Add(ops.MatMul(x, w), b)
	}
	return ops.Linear(x, w, b)
}
