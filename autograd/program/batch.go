package program

import (
	"math"
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// lanePrograms are a program's forms for lanes. Each is made when it is first needed, and all forks share them.
type lanePrograms struct {
	inputs   int
	value    func() *laneProgram
	gradient func() *laneProgram // the value, too
	careful  func() *laneProgram // nil if the other one is never wrong
}

// newLanePrograms returns the forms of a plain code and of a careful one, which may be nil.
func newLanePrograms(plain, careful *code) *lanePrograms {
	form := func(c *code, results int) func() *laneProgram {
		return sync.OnceValue(func() *laneProgram { return newLaneProgram(c, results) })
	}
	p := &lanePrograms{inputs: plain.inputs, value: form(plain, 1), gradient: form(plain, 1+plain.inputs)}
	if careful != nil {
		p.careful = form(careful, 1+plain.inputs)
	}
	return p
}

// A batch evaluates a program for many inputs. It is for one goroutine at a time.
type batch struct {
	*lanePrograms
	job batchJob
}

// A batchJob is the work of one call, in chunks of some blocks of lanes. The blocks do not depend on the number of processors.
type batchJob struct {
	p                 *laneProgram
	ys, grads, points []float64
	chunk             int    // inputs of a chunk
	again             []bool // of each block of lanes: a derivative is NaN
	carefully         bool   // only those blocks, and only inputs with a derivative that is NaN
}

// batchWork is about how many instructions on lanes a chunk has.
const batchWork = 1 << 19

// eval is [Program.EvalBatch].
func (b *batch) eval(ys, grads, points []float64) {
	const op = "program.EvalBatch"
	n := len(ys)
	switch {
	case len(points) != n*b.inputs:
		panic(graph.Errorf(op, graph.ErrShape, "%d numbers are not %d inputs of %d: give a row of inputs for each result", len(points), n, b.inputs))
	case grads != nil && len(grads) != n*b.inputs:
		panic(graph.Errorf(op, graph.ErrShape, "room for %d derivatives, want %d, a row of %d for each of %d results, or nil", len(grads), n*b.inputs, b.inputs, n))
	case n == 0:
		return
	}
	j := &b.job
	*j = batchJob{ys: ys, grads: grads, points: points, again: j.again[:0]}
	if grads == nil {
		j.p = b.value()
	} else {
		j.p = b.gradient()
		for range (n + j.p.Width() - 1) / j.p.Width() {
			j.again = append(j.again, false)
		}
	}
	j.run()
	if b.careful != nil && slices.Contains(j.again, true) {
		j.p = b.careful()
		j.carefully = true
		j.run()
	}
	*j = batchJob{again: j.again}
}

func (j *batchJob) run() {
	w := j.p.Width()
	blocks := max(1, batchWork/(w*(j.p.Steps()+j.p.inputs+1)))
	j.chunk = blocks * w
	// An instruction takes about as long as some multiplications in a product of matrices.
	const multiplications = 4
	kernel.Share[float64](j, (len(j.ys)+j.chunk-1)/j.chunk, j.p.Size(), multiplications*len(j.ys)*j.p.Steps())
}

// Chunk evaluates one chunk.
func (j *batchJob) Chunk(i int, buffer []float64) {
	slots := j.p.Slots(buffer)
	end := min(len(j.ys), (i+1)*j.chunk)
	for from := i * j.chunk; from < end; from += j.p.Width() {
		to := min(end, from+j.p.Width())
		if j.carefully {
			if j.again[from/j.p.Width()] {
				j.blockCarefully(slots, from, to)
			}
			continue
		}
		j.block(slots, from, to)
	}
}

// block evaluates the inputs from one number to another, at most one for each lane.
func (j *batchJob) block(slots []float64, from, to int) {
	p := j.p
	p.Load(slots, 0, p.inputs, j.points[from*p.inputs:to*p.inputs])
	p.Run(slots)
	copy(j.ys[from:to], slots[p.inputs*p.Width():])
	if j.grads != nil {
		j.again[from/p.Width()] = p.Store(j.grads[from*p.inputs:to*p.inputs], slots, p.inputs+1, p.inputs)
	}
}

// blockCarefully evaluates anew the gradients in which there is a NaN.
func (j *batchJob) blockCarefully(lanes []float64, from, to int) {
	p := j.p
	p.Load(lanes, 0, p.inputs, j.points[from*p.inputs:to*p.inputs])
	p.Run(lanes)
	gradient := lanes[(p.inputs+1)*p.Width():]
	for i := from; i < to; i++ {
		row := j.grads[i*p.inputs : (i+1)*p.inputs]
		if !slices.ContainsFunc(row, math.IsNaN) {
			continue
		}
		for k := range row {
			row[k] = gradient[k*p.Width()+i-from] + 0
		}
	}
}
