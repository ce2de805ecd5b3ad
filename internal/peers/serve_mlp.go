package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// An mlp is the training of a network of fully connected layers with ReLU between them.
type mlp struct {
	training
	widths []int
	rows   int
}

// newMLP reads "sgd 784-128-10@64": an optimizer, the widths and the rows of the batch.
func newMLP(args []string) *mlp {
	widths, rows, ok := strings.Cut(args[1], "@")
	if !ok {
		panic("want widths@rows, got " + args[1])
	}
	n := &mlp{widths: integers(strings.Split(widths, "-")), rows: integers([]string{rows})[0]}
	last := n.widths[len(n.widths)-1]
	n.x = tensor32(1, 2, n.rows, n.widths[0])
	if last == 1 {
		n.t = tensor.New(tensor.Float32, n.rows, 1)
	}
	n.labels = labels(n.rows, max(last, 2))
	if n.t != nil {
		for i, label := range n.labels {
			n.t.SetFlat(float64(label), i)
		}
	}
	return n
}

// build makes the network itself. The batch is there before, so that the memory of the two can be told apart.
func (n *mlp) build(optimizer string, options ...graph.Option) {
	rng := rand.New(rand.NewPCG(1, 2))
	var layers []nn.Layer
	for i := range n.widths[1:] {
		if i > 0 {
			layers = append(layers, nn.ReLU())
		}
		layers = append(layers, nn.Linear(rng, n.widths[i], n.widths[i+1]))
	}
	n.start(nn.Sequential(layers...), optimizer, options...)
	for i := range n.widths[1:] {
		scale := 2 / math.Sqrt(float64(n.widths[i]))
		noise(n.params[2*i].Data.Float32s(), uint32(10+2*i), scale)
		noise(n.params[2*i+1].Data.Float32s(), uint32(11+2*i), scale)
	}
}

// mlpJob is one training step.
func mlpJob(args []string) *job {
	n := newMLP(args)
	n.build(args[0])
	return n.job()
}

// stepAllocations is the number of allocations in a training step, on average over many.
func stepAllocations(args []string) answer {
	n := newMLP(args)
	n.build(args[0])
	return n.allocations()
}

// stepMemory is what training takes in memory besides the batch: everything that is in use, and what the last step
// left behind. The collector is off during that step.
func stepMemory(args []string) answer {
	n := newMLP(args)
	before := heap()
	n.build(args[0])
	for range 3 {
		n.step()
	}
	heap()
	debug.SetGCPercent(-1)
	n.step()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetGCPercent(100)
	runtime.KeepAlive(n)
	return counted(float64(m.HeapAlloc) - before)
}

// stepNeeded is the sum of the bytes of parameters, their gradients and the activations: the results of all layers,
// those before ReLU and those after it.
func stepNeeded(args []string) answer {
	n := newMLP(args)
	sum := 0
	for i, in := range n.widths[:len(n.widths)-1] {
		out := n.widths[i+1]
		sum += 2 * (in*out + out)
		sum += n.rows * out
		if i+2 < len(n.widths) {
			sum += n.rows * out
		}
	}
	return counted(4 * float64(sum))
}
