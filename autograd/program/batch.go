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
	results  int
	value    func() *laneProgram
	gradient func() *laneProgram // the values, too
	careful  func() *laneProgram // both, where a derivative of the gradient is NaN
}

// newLanePrograms returns the forms of a plain code with so many results and of the careful one that careful returns.
func newLanePrograms(plain *code, results int, careful func() *code) *lanePrograms {
	all := results * (1 + plain.inputs)
	return &lanePrograms{
		inputs:   plain.inputs,
		results:  results,
		value:    sync.OnceValue(func() *laneProgram { return newLaneProgram(plain, results, true) }),
		gradient: sync.OnceValue(func() *laneProgram { return newLaneProgram(plain, all, false) }),
		careful:  sync.OnceValue(func() *laneProgram { return newLaneProgram(careful(), all, false) }),
	}
}

// EvalBatch evaluates the program at as many points as ys has room for: points holds a row of inputs for each. It fills
// ys with the values and grads, unless it is nil, with a row of derivatives for each. Nothing is recorded, and nothing
// allocated once the program has seen a call of the kind.
//
// Points are evaluated side by side, some dozens at a time, by the vector instructions of the processor, and shared
// between its cores. The results are those of [Program.Eval] to rounding. Arithmetic, roots, comparisons and special
// functions are the same bit for bit; what is computed of exp, log, log1p, expm1, pow, erf, erfc and of trigonometric
// and hyperbolic functions differs by some units in the last place, where powers are very large or small by some
// hundreds, since math.Pow is that far from them. Results do not depend on the number of cores, nor on the other
// points. EvalBatch panics with a [*graph.Error] if a length is not right or two of the three slices overlap.
func (p *Program) EvalBatch(ys, grads, points []float64) {
	p.one(evalBatch)
	checkBatch(p.machine.inputs, ys, grads, points)
	p.evalBatch(ys, grads, points)
}

// evalBatch is EvalBatch for any number of results, without the checks.
func (p *Program) evalBatch(ys, grads, points []float64) {
	if p.live > mostLaneSlots {
		p.points.eval(p, ys, grads, points)
		return
	}
	p.batch.eval(p.lanes(), ys, grads, points)
}

// JacobianBatch is [Program.EvalBatch] for a program with several results: it fills ys with a row of results for each
// point and jacobians, unless it is nil, with a matrix for each, a row of derivatives by the inputs for each result. It
// panics with a [*graph.Error] if a length is not right or two of the three slices overlap.
func (p *Program) JacobianBatch(ys, jacobians, points []float64) {
	const op = "program.Program.JacobianBatch"
	p.must(op)
	m, n := p.results, p.machine.inputs
	count := len(ys) / m
	switch {
	case len(ys) != count*m:
		panic(graph.Errorf(op, graph.ErrShape, "ys has room for %d numbers, and the program has %d results: give a row of them for each point", len(ys), m))
	case len(points) != count*n:
		panic(graph.Errorf(op, graph.ErrShape, "the points have %d numbers, and %d points of %d inputs have %d: give a row of inputs for each row of results", len(points), count, n, count*n))
	case jacobians != nil && len(jacobians) != count*m*n:
		panic(graph.Errorf(op, graph.ErrShape, "the Jacobians have room for %d derivatives, and %d points of %d inputs and %d results have %d: give a matrix for each point, or nil", len(jacobians), count, n, m, count*m*n))
	}
	checkApart(op, "Jacobians", ys, jacobians, points)
	p.evalBatch(ys, jacobians, points)
}

const evalBatch = "program.Program.EvalBatch"

// mostLaneSlots is how many slots a program may have for lanes, of which one takes 512 bytes: 16 MB a core. A program
// of 20 000 operations has some thousand. Beyond what the processor's caches hold, lanes wait for memory, and one point
// after the other is as fast.
const mostLaneSlots = 1 << 15

// checkBatch panics if a length is not right.
func checkBatch(inputs int, ys, grads, points []float64) {
	n := len(ys)
	switch {
	case len(points) != n*inputs:
		panic(graph.Errorf(evalBatch, graph.ErrShape, "the points have %d numbers, and %d points of %d inputs have %d: give a row of inputs for each value", len(points), n, inputs, n*inputs))
	case grads != nil && len(grads) != len(points):
		panic(graph.Errorf(evalBatch, graph.ErrShape, "the gradients have room for %d derivatives, and %d points of %d inputs have %d: give a row for each value, or nil", len(grads), n, inputs, n*inputs))
	}
	checkApart(evalBatch, "gradients", ys, grads, points)
}

// checkApart panics if a slice that is filled shares memory with another one: points are read when others have been
// written.
func checkApart(op, what string, ys, derivatives, points []float64) {
	for _, pair := range []struct {
		name, with string
		a, b       []float64
	}{{what, "points", derivatives, points}, {"results", "points", ys, points}, {"results", what, ys, derivatives}} {
		if kernel.Overlap(pair.a, pair.b) {
			panic(graph.Errorf(op, graph.ErrUsage, "the %s and the %s share memory: give slices of their own", pair.name, pair.with))
		}
	}
}

// A batch is the work of one call, in chunks of some blocks of lanes. The blocks do not depend on the number of processors.
type batch struct {
	p                 *laneProgram
	ys, grads, points []float64
	results, count    int    // of a point; points
	chunk             int    // points of a chunk
	again             []bool // of each block of lanes: a derivative is NaN
	carefully         bool   // only those blocks, and only points with a derivative that is NaN
}

// batchWork is about how many instructions on lanes a chunk has.
const batchWork = 1 << 17

// eval is [Program.EvalBatch] on lanes.
func (b *batch) eval(l *lanePrograms, ys, grads, points []float64) {
	n := len(ys) / l.results
	if n == 0 {
		return
	}
	*b = batch{ys: ys, grads: grads, points: points, results: l.results, count: n, again: b.again[:0]}
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
	blocks := max(1, batchWork/(w*(b.p.Steps()+b.p.inputs+b.results)))
	b.chunk = blocks * w
	// An instruction takes about as long as some multiplications in a product of matrices.
	const multiplications = 8
	kernel.Share[float64](b, (b.count+b.chunk-1)/b.chunk, b.p.Size(), multiplications*b.count*b.p.Steps())
}

// Chunk evaluates one chunk.
func (b *batch) Chunk(i int, buffer []float64) {
	slots := b.p.Slots(buffer)
	end := min(b.count, (i+1)*b.chunk)
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

// block evaluates the points from one number to another, at most one for each lane.
func (b *batch) block(slots []float64, from, to int) {
	p, m := b.p, b.results
	p.Load(slots, 0, p.inputs, b.points[from*p.inputs:to*p.inputs])
	p.Run(slots)
	if m == 1 {
		copy(b.ys[from:to], slots[p.inputs*p.Width():])
	} else {
		for i := from; i < to; i++ {
			for k := range m {
				b.ys[i*m+k] = slots[(p.inputs+k)*p.Width()+i-from]
			}
		}
	}
	if b.grads != nil {
		n := m * p.inputs
		b.again[from/p.Width()] = p.Store(b.grads[from*n:to*n], slots, p.inputs+m, n)
	}
}

// blockCarefully evaluates anew the derivatives of points in which there is a NaN.
func (b *batch) blockCarefully(lanes []float64, from, to int) {
	p, n := b.p, b.results*b.p.inputs
	p.Load(lanes, 0, p.inputs, b.points[from*p.inputs:to*p.inputs])
	p.Run(lanes)
	gradient := lanes[(p.inputs+b.results)*p.Width():]
	for i := from; i < to; i++ {
		row := b.grads[i*n : (i+1)*n]
		if !slices.ContainsFunc(row, math.IsNaN) {
			continue
		}
		for k := range row {
			row[k] = gradient[k*p.Width()+i-from] + 0
		}
	}
}
