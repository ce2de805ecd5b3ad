package nn

import (
	"math/rand/v2"
	"sync"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// maxWorkers bounds FitConfig.Workers, as each has a graph and a goroutine.
const maxWorkers = 1024

// A worker records the forward pass and sweeps back over it, on a graph of its own, for its part of each batch.
type worker struct {
	g       *graph.Graph
	start   graph.Mark // behind the parameters and the batches' tensors
	source  *rand.PCG
	pass    Pass
	updates Updates
	todo    chan struct{} // one for each part; nil for the first worker, who is the caller

	// Its part of the batch under way, and what it has found.
	part   *data.Batch
	weight float64 // the part's share in the gradient
	loss   float64 // without penalties
	metric float64
	total  graph.Value // the loss with penalties
	grads  autograd.Gradients
	caught any // what it panicked with
}

// A team is the workers of a training.
type team struct {
	workers []*worker
	active  []*worker      // those with a part of the batch under way
	left    sync.WaitGroup // parts under way of other workers than the first
	run     func(w *worker)
}

// newTeam starts n workers whose work on a part is run. The first one draws from the given generator, which has the seed, and the others from
// generators whose seeds follow it.
func newTeam(n int, source *rand.PCG, seed [2]uint64, bind func() (*graph.Graph, graph.Mark), run func(w *worker)) *team {
	t := &team{run: run}
	for i := range n {
		w := &worker{source: source}
		if i > 0 {
			w.source = rand.NewPCG(seed[0], seed[1]+uint64(i))
			w.todo = make(chan struct{}, 1)
		}
		w.pass = Train(rand.New(w.source)).Into(&w.updates)
		w.g, w.start = bind()
		t.workers = append(t.workers, w)
	}
	if n > 1 {
		kernel.Crowd(n)
	}
	for _, w := range t.workers[1:] {
		go t.serve(w)
	}
	return t
}

// serve is the goroutine of a worker.
func (t *team) serve(w *worker) {
	for range w.todo {
		t.serveOne(w)
	}
}

func (t *team) serveOne(w *worker) {
	defer t.left.Done()
	t.try(w)
}

// try does the work of a worker and catches its panic. A goroutine that ends within is said to have panicked too.
func (t *team) try(w *worker) {
	done := false
	defer func() {
		w.caught = recover()
		if !done && w.caught == nil {
			w.caught = graph.Errorf("nn.Fit", graph.ErrUsage, "the loss, the metric or a layer has ended the goroutine of a worker by runtime.Goexit, as testing.T.FailNow does: panic instead")
		}
	}()
	t.run(w)
	done = true
}

// do has the workers do the parts of a batch, a part each, and waits for them. If one panics, do does.
func (t *team) do(b *data.Batch, size int) {
	t.active = t.active[:0]
	for i, w := range t.workers {
		switch {
		case b.Parts == nil && i == 0:
			w.part = b
		case i < len(b.Parts):
			w.part = b.Parts[i]
		default:
			continue
		}
		w.weight = float64(w.part.Len()) / float64(size)
		t.active = append(t.active, w)
		if i > 0 {
			t.left.Add(1)
			w.todo <- struct{}{}
		}
	}
	first := t.active[0]
	t.try(first)
	t.left.Wait()
	for _, w := range t.active {
		if caught := w.caught; caught != nil {
			w.caught = nil
			panic(caught)
		}
	}
}

// close ends the goroutines.
func (t *team) close() {
	if len(t.workers) > 1 {
		kernel.Crowd(-len(t.workers))
	}
	for _, w := range t.workers {
		if w.todo != nil {
			close(w.todo)
		}
	}
}

// work records the loss of a worker's part, and sweeps back if it is finite.
func (f *fitter) work(w *worker) {
	c, g, b := &f.cfg, w.g, w.part
	g.Rewind(w.start)
	var l graph.Value
	if c.Objective != nil {
		l = objective(c.Objective, w.pass, g, b)
	} else {
		y := f.layer.Forward(w.pass, g.BindConst(b.X))
		l = c.Loss(y, b)
		if c.Metric != nil {
			w.metric = c.Metric(y.Node().Data(), b)
		}
	}
	w.loss = l.Item()
	if c.L2 > 0 {
		l = ops.Add(l, L2(g, c.L2, f.weights...))
	}
	if c.L1 > 0 {
		l = ops.Add(l, L1(g, c.L1, f.weights...))
	}
	w.total = l
	if isNotFinite(l.Item()) {
		return
	}
	if f.acc != nil && w.weight != 1 {
		l = ops.MulScalar(l, w.weight)
	}
	w.grads = autograd.Backward(l, autograd.LeavesOnly())
}
