package program

import (
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A pointsBatch is the work of one call for a program that is too long for lanes: a chunk is one point.
type pointsBatch struct {
	p                 *Program
	ys, grads, points []float64

	mu    sync.Mutex
	forks []*Program // one for each processor that takes part
	err   error      // of a point
}

// eval is [Program.EvalBatch], point by point. It panics with the [*graph.Error] of a point.
func (b *pointsBatch) eval(p *Program, ys, grads, points []float64) {
	b.p, b.ys, b.grads, b.points = p, ys, grads, points
	// A step takes about as long as some multiplications in a product of matrices.
	const multiplications = 32
	count := len(ys) / p.results
	kernel.Share[float64](b, count, 0, multiplications*count*len(p.code.ins))
	err := b.err
	b.p, b.ys, b.grads, b.points, b.err = nil, nil, nil, nil, nil
	if err != nil {
		panic(err)
	}
}

// Chunk evaluates a point. An error is kept: a goroutine that panics would end the process.
func (b *pointsBatch) Chunk(i int, _ []float64) {
	b.mu.Lock()
	var p *Program
	if n := len(b.forks); n > 0 {
		p, b.forks = b.forks[n-1], b.forks[:n-1]
	} else {
		p = b.p.Fork()
	}
	b.mu.Unlock()
	m, n := p.results, p.machine.inputs
	var jacobian []float64
	if b.grads != nil {
		jacobian = b.grads[i*m*n : (i+1)*m*n]
	}
	err := graph.Try(func() { p.Jacobian(b.points[i*n:(i+1)*n], b.ys[i*m:(i+1)*m], jacobian) })
	b.mu.Lock()
	b.forks = append(b.forks, p)
	if err != nil {
		b.err = err
	}
	b.mu.Unlock()
}
