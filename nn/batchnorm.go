package nn

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

type batchNorm struct {
	weight, bias            *Param
	mean, variance, batches *Param // running averages, and how many went in
	params                  []*Param
	momentum, eps           float64
}

// BatchNorm returns the layer that shifts and scales each of n channels to mean 0 and variance 1, and then multiplies
// it by a weight and adds a bias, which are trained:
//
//	y = (x - μ)/√(σ² + ε)·weight + bias
//
// x has shape (rows, n) or (rows, n, ...), and so has y. In training μ and σ² are the mean and the variance (divided by
// the number of values) of the channel in the batch, and running averages of them move by a share m of the way:
//
//	running_mean = (1-m)·running_mean + m·μ
//	running_var  = (1-m)·running_var  + m·σ²·k/(k-1)
//
// where k is how many values a channel has, rows times places. In use μ and σ² are the running averages, so that an
// example's result does not depend on the others. m is 0.1 unless [Momentum], and ε 1e-5 unless [Eps] says otherwise.
//
// The parameters are named "weight" and "bias", of shape (n), which begin as 1 and 0; "running_mean" and "running_var"
// of kind [State], which begin as 0 and 1; and the [Counter] "num_batches_tracked": all as PyTorch has them. A layer
// whose running averages are Frozen uses them in training too and leaves them as they are.
//
// In training a channel needs two values or more: the variance of one says nothing, and every result would be the bias.
// Forward panics with a [*graph.Error] if it has fewer, such as for a single row that is left of an epoch, or if x has
// another shape. Within autograd.Checkpoint, which computes twice, the averages move twice.
//
// BatchNorm panics with a [*graph.Error] if n is less than 1 or an option does not fit.
//
// Source: Ioffe and Szegedy, Batch normalization (2015), algorithms 1 and 2.
func BatchNorm(n int, options ...LayerOption) Layer {
	const op = "nn.BatchNorm"
	if n < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "%d channels: want 1 or more", n))
	}
	c := layerSettings{momentum: 0.1, eps: 1e-5}.with(op, options, "nn.Momentum", "nn.Eps")
	l := &batchNorm{
		weight: constantParam("weight", Bias, 1, n), bias: constantParam("bias", Bias, 0, n),
		mean: constantParam("running_mean", State, 0, n), variance: constantParam("running_var", State, 1, n),
		batches:  constantParam("num_batches_tracked", Counter, 0),
		momentum: c.momentum, eps: c.eps,
	}
	l.params = []*Param{l.weight, l.bias, l.mean, l.variance, l.batches}
	return l
}

func (l *batchNorm) Params() []*Param { return l.params }

func (l *batchNorm) String() string { return fmt.Sprintf("BatchNorm(%d)", l.weight.Data.Len()) }

func (l *batchNorm) Forward(p Pass, x graph.Value) graph.Value {
	const op = "nn.BatchNorm"
	x.Check(op)
	g, n := x.Graph(), l.weight.Data.Len()
	dims := x.Dims()
	if len(dims) < 2 || dims[1] != n {
		panic(graph.Errorf(op, graph.ErrShape, "layer %q takes %d channels, x has shape %s: give x the shape (rows, %d) or (rows, %d, ...)",
			l.weight.Name, n, tensor.FormatShape(dims), n, n))
	}
	w, b := l.weight.Bind(g), l.bias.Bind(g)
	if !p.Training() || l.mean.Frozen && l.variance.Frozen {
		return ops.BatchNormFixed(x, l.mean.Bind(g), l.variance.Bind(g), w, b, l.eps)
	}
	k := x.Len() / n
	if k < 2 {
		panic(graph.Errorf(op, graph.ErrShape, "layer %q has x of shape %s in training, %d values for each channel, and a variance needs two: give every batch two rows or more, the last of an epoch and each worker's part too",
			l.weight.Name, tensor.FormatShape(dims), k))
	}
	y, mean, variance := ops.BatchNormMoments(x, w, b, l.eps)
	p.Count(l.batches)
	p.Update(l.mean, mean, l.momentum)
	p.Update(l.variance, ops.MulScalar(variance, float64(k)/float64(k-1)), l.momentum)
	return y
}
