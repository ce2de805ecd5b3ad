package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// An mlp is a network of fully connected layers with ReLU between them, and one batch that it is trained on again and
// again: cross-entropy of labels, or of the targets 0 and 1 where there is one output.
type mlp struct {
	widths []int
	rows   int
	g      *graph.Graph
	model  nn.Layer
	params []*nn.Param
	pass   nn.Pass
	opt    nn.Optimizer
	x, t   *tensor.Tensor // t is nil where labels serve
	labels []int
	last   float64 // the loss of the last step
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
	for i := range n.rows {
		label := int((noiseAt(uint32(i), 2) + 0.5) * float64(max(last, 2)))
		if n.t != nil {
			n.t.SetFlat(float64(label), i)
		}
		n.labels = append(n.labels, label)
	}
	return n
}

// build makes the network itself. The batch is there before, so that the memory of the two can be told apart.
func (n *mlp) build(optimizer string) {
	rng := rand.New(rand.NewPCG(1, 2))
	n.pass = nn.Train(rng)
	var layers []nn.Layer
	for i := range n.widths[1:] {
		if i > 0 {
			layers = append(layers, nn.ReLU())
		}
		layers = append(layers, nn.Linear(rng, n.widths[i], n.widths[i+1]))
	}
	n.model = nn.Sequential(layers...)
	nn.To(n.model, tensor.Float32)
	n.params = n.model.Params()
	for i := range n.widths[1:] {
		scale := 2 / math.Sqrt(float64(n.widths[i]))
		noise(n.params[2*i].Data.Float32s(), uint32(10+2*i), scale)
		noise(n.params[2*i+1].Data.Float32s(), uint32(11+2*i), scale)
	}
	n.g = graph.New(graph.WithDType(tensor.Float32))
	switch optimizer {
	case "sgd":
		n.opt = nn.NewSGD(nn.SGDConfig{LR: 1e-3})
	case "adam":
		n.opt = nn.NewAdam(nn.AdamConfig{LR: 1e-3})
	default:
		panic("unknown optimizer " + strconv.Quote(optimizer))
	}
}

func (n *mlp) step() {
	n.g.Reset()
	z := n.model.Forward(n.pass, n.g.BindConst(n.x))
	var loss graph.Value
	if n.t != nil {
		loss = nn.BCEWithLogits(z, n.g.BindConst(n.t))
	} else {
		loss = nn.CrossEntropy(z, n.labels)
	}
	if err := n.opt.Step(n.params, autograd.Backward(loss, autograd.LeavesOnly())); err != nil {
		panic(err)
	}
	n.last = loss.Item()
}

// mlpJob is one training step. Its check is the loss of the fifth.
func mlpJob(args []string) *job {
	n := newMLP(args)
	n.build(args[0])
	for range 5 {
		n.step()
	}
	return &job{run: n.step, check: n.last}
}

// stepAllocations is the number of allocations in a training step, on average over many.
func stepAllocations(args []string) answer {
	n := newMLP(args)
	n.build(args[0])
	const warm, steps = 20, 50
	for range warm {
		n.step()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range steps {
		n.step()
	}
	runtime.ReadMemStats(&after)
	return counted(float64(after.Mallocs-before.Mallocs) / steps)
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
