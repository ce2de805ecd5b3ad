package main

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A cnn is a network for square images: two convolutions with 3×3 kernels that keep height and width, each with a bias,
// ReLU and the largest of every 2×2 elements after it, then a linear layer.
type cnn struct{ params []*nn.Param }

// newCNN makes a network for images of so many channels and so many rows and columns, with the given numbers of filters
// and of classes.
func newCNN(channels, size, first, second, classes int) *cnn {
	n := &cnn{}
	for i, shape := range [][]int{{first, channels, 3, 3}, {second, first, 3, 3}, {second * (size / 4) * (size / 4), classes}} {
		in, bias := shape[0], shape[1]
		if len(shape) == 4 {
			in, bias = shape[1]*shape[2]*shape[3], shape[0]
		}
		scale := 2 / math.Sqrt(float64(in))
		n.params = append(n.params,
			&nn.Param{Name: "weight", Kind: nn.Weight, Data: tensor32(uint32(10+2*i), scale, shape...)},
			&nn.Param{Name: "bias", Kind: nn.Bias, Data: tensor32(uint32(11+2*i), scale, bias)})
	}
	return n
}

func (n *cnn) Params() []*nn.Param { return n.params }

func (n *cnn) Forward(_ nn.Pass, x graph.Value) graph.Value {
	g := x.Graph()
	bind := func(i int) graph.Value { return g.Bind(n.params[i].Data) }
	for i := range 2 {
		bias := bind(2*i + 1)
		x = ops.Conv2D(x, bind(2*i), 1, 1)
		x = ops.ReLU(ops.Add(x, ops.Reshape(bias, bias.Dims()[0], 1, 1)))
		x = ops.MaxPool2D(x, 2, 2)
	}
	d := x.Dims()
	x = ops.Reshape(x, d[0], d[1]*d[2]*d[3])
	return ops.Linear(x, bind(4), bind(5))
}

// newCNNTraining reads "<channels> <size> <filters> <filters> <classes> <images>".
func newCNNTraining(args []string) *training {
	v := integers(args)
	channels, size, classes, images := v[0], v[1], v[4], v[5]
	t := &training{x: tensor32(1, 2, images, channels, size, size), labels: labels(images, classes)}
	t.start(newCNN(channels, size, v[2], v[3], classes), "sgd")
	return t
}

// cnnJob is one training step. Its check is the loss of the fifth.
func cnnJob(args []string) *job { return newCNNTraining(args).job() }

// cnnAllocations is the number of allocations in a training step, on average over many.
func cnnAllocations(args []string) answer { return newCNNTraining(args).allocations() }
