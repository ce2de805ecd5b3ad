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
	careful  func() *laneProgram // both, where a derivative of the gradient is NaN
}

// newLanePrograms returns the forms of a plain code and of the careful one that careful returns.
func newLanePrograms(plain *code, careful func() *code) *lanePrograms {
	inputs := plain.inputs
	return &lanePrograms{
		inputs:   inputs,
		value:    sync.OnceValue(func() *laneProgram { return newLaneProgram(plain, 1) }),
		gradient: sync.OnceValue(func() *laneProgram { return newLaneProgram(plain, 1+inputs) }),
		careful:  sync.OnceValue(func() *laneProgram { return newLaneProgram(careful(), 1+inputs) }),
	}
}

// EvalBatch evaluates the program at as many points as ys has room for: points holds a row of inputs for each. It fills ys with the
// values and grads, unless it is nil, with a row of derivatives for each. Nothing is recorded, and nothing allocated once the program
// has seen a call of the kind.
//
// Points are evaluated side by side, some dozens at a time, by the vector instructions of the processor, and shared between its cores.
// The results are those of [Program.Eval] to rounding. Arithmetic, roots, comparisons and special functions are the same bit for bit; what
// is computed of exp, log, log1p, expm1, pow, erf, erfc and of trigonometric and hyperbolic functions differs by some units in the last
// place, where powers are very large or small by some hundreds, since math.Pow is that far from them. Results do not depend on the number
// of cores, nor on the other points. The three slices must not overlap. EvalBatch panics with a [*graph.Error] if a length is not right,
// or grads is points.
func (p *Program) EvalBatch(ys, grads, points []float64) {
	p.one(evalBatch)
	checkBatch(p.machine.inputs, ys, grads, points)
	if p.machine.slots > mostLaneSlots {
		p.points.eval(p, ys, grads, points)
		return
	}
	p.batch.eval(p.lanes(), ys, grads, points)
}

const evalBatch = "program.Program.EvalBatch"

// mostLaneSlots is how many slots a program may have for lanes, of which one takes 512 bytes: 16 MB a core. A program of 20 000 operations
// has some thousand. Beyond what the processor's caches hold, lanes wait for memory, and one point after the other is as fast.
const mostLaneSlots = 1 << 15

// checkBatch panics if a length is not right.
func checkBatch(inputs int, ys, grads, points []float64) {
	n := len(ys)
	switch {
	case len(points) != n*inputs:
		panic(graph.Errorf(evalBatch, graph.ErrShape, "the points have %d numbers, and %d points of %d inputs have %d: give a row of inputs for each value", len(points), n, inputs, n*inputs))
	case grads != nil && len(grads) != len(points):
		panic(graph.Errorf(evalBatch, graph.ErrShape, "the gradients have room for %d derivatives, and %d points of %d inputs have %d: give a row for each value, or nil", len(grads), n, inputs, n*inputs))
	case len(grads) > 0 && &grads[0] == &points[0]:
		panic(graph.Errorf(evalBatch, graph.ErrUsage, "the gradients would take the place of the points, which are read again: give a slice of their own"))
	}
}

// A batch is the work of one call, in chunks of some blocks of lanes. The blocks do not depend on the number of processors.
type batch struct {
	p                 *laneProgram
	ys, grads, points []float64
	chunk             int    // inputs of a chunk
	again             []bool // of each block of lanes: a derivative is NaN
	carefully         bool   // only those blocks, and only inputs with a derivative that is NaN
}

// batchWork is about how many instructions on lanes a chunk has.
const batchWork = 1 << 17

// eval is [Program.EvalBatch] on lanes.
func (b *batch) eval(l *lanePrograms, ys, grads, points []float64) {
	n := len(ys)
	if n == 0 {
		return
	}
	*b = batch{ys: ys, grads: grads, points: points, again: b.again[:0]}
	if grads == nil {
		b.p = l.value()
	} else {
		b.p = l.gradient()
		for range (n + b.p.Width() - 1) / b.p.Width() {
			b.again = append(b.again, false)
		}
	}
	b.run()
	if slices.Contains(b.again, true) {
		b.p = l.careful()
		b.carefully = true
		b.run()
	}
	*b = batch{again: b.again}
}

func (b *batch) run() {
	w := b.p.Width()
	blocks := max(1, batchWork/(w*(b.p.Steps()+b.p.inputs+1)))
	b.chunk = blocks * w
	// An instruction takes about as long as some multiplications in a product of matrices.
	const multiplications = 8
	kernel.Share[float64](b, (len(b.ys)+b.chunk-1)/b.chunk, b.p.Size(), multiplications*len(b.ys)*b.p.Steps())
}

// Chunk evaluates one chunk.
func (b *batch) Chunk(i int, buffer []float64) {
	slots := b.p.Slots(buffer)
	end := min(len(b.ys), (i+1)*b.chunk)
	for from := i * b.chunk; from < end; from += b.p.Width() {
		to := min(end, from+b.p.Width())
		if b.carefully {
			if b.again[from/b.p.Width()] {
				b.blockCarefully(slots, from, to)
			}
			continue
		}
		b.block(slots, from, to)
	}
}

// block evaluates the inputs from one number to another, at most one for each lane.
func (b *batch) block(slots []float64, from, to int) {
	p := b.p
	p.Load(slots, 0, p.inputs, b.points[from*p.inputs:to*p.inputs])
	p.Run(slots)
	copy(b.ys[from:to], slots[p.inputs*p.Width():])
	if b.grads != nil {
		b.again[from/p.Width()] = p.Store(b.grads[from*p.inputs:to*p.inputs], slots, p.inputs+1, p.inputs)
	}
}

// blockCarefully evaluates anew the gradients in which there is a NaN.
func (b *batch) blockCarefully(lanes []float64, from, to int) {
	p := b.p
	p.Load(lanes, 0, p.inputs, b.points[from*p.inputs:to*p.inputs])
	p.Run(lanes)
	gradient := lanes[(p.inputs+1)*p.Width():]
	for i := from; i < to; i++ {
		row := b.grads[i*p.inputs : (i+1)*p.inputs]
		if !slices.ContainsFunc(row, math.IsNaN) {
			continue
		}
		for k := range row {
			row[k] = gradient[k*p.Width()+i-from] + 0
		}
	}
}
