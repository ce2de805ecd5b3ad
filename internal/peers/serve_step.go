package main

import (
	"math/rand/v2"
	"runtime"
	"strconv"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// A training trains a model on one batch again and again: cross-entropy of labels, or of the targets 0 and 1 where
// there is one output.
type training struct {
	g      *graph.Graph
	model  nn.Layer
	params []*nn.Param
	pass   nn.Pass
	opt    nn.Optimizer
	x, t   *tensor.Tensor // t is nil where labels serve
	labels []int
	last   float64 // the loss of the last step
}

// start makes the model that of the training, in float32, and a graph and an optimizer for it.
func (t *training) start(model nn.Layer, optimizer string, options ...graph.Option) {
	nn.To(model, tensor.Float32)
	t.model, t.params, t.pass = model, model.Params(), nn.Train(rand.New(rand.NewPCG(1, 2)))
	t.g = graph.New(append(options, graph.WithDType(tensor.Float32))...)
	switch optimizer {
	case "sgd":
		t.opt = nn.NewSGD(nn.SGDConfig{LR: 1e-3})
	case "adam":
		t.opt = nn.NewAdam(nn.AdamConfig{LR: 1e-3})
	default:
		panic("unknown optimizer " + strconv.Quote(optimizer))
	}
}

func (t *training) step() {
	t.g.Reset()
	z := t.model.Forward(t.pass, t.g.BindConst(t.x))
	var loss graph.Value
	if t.t != nil {
		loss = nn.BCEWithLogits(z, t.g.BindConst(t.t))
	} else {
		loss = nn.CrossEntropy(z, t.labels)
	}
	if err := t.opt.Step(t.params, autograd.Backward(loss, autograd.LeavesOnly())); err != nil {
		panic(err)
	}
	t.last = loss.Item()
}

// job is one training step. Its check is the loss of the fifth.
func (t *training) job() *job {
	for range 5 {
		t.step()
	}
	return &job{run: t.step, check: t.last}
}

// allocations is the number of allocations in a training step, on average over many.
func (t *training) allocations() answer {
	const warm, steps = 20, 50
	for range warm {
		t.step()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range steps {
		t.step()
	}
	runtime.ReadMemStats(&after)
	return counted(float64(after.Mallocs-before.Mallocs) / steps)
}

// labels returns n of the numbers 0 to classes-1.
func labels(n, classes int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = int((noiseAt(uint32(i), 2) + 0.5) * float64(classes))
	}
	return list
}
