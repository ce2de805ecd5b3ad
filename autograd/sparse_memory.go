package autograd

import (
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
)

// A sparseTape is what [SparseJacobian] and [SparseHessian] work in, for the next call to use again: memory that a process
// touches for the first time costs more than to record and to sweep.
type sparseTape struct {
	g    *graph.Graph
	rows rowSweep
	room int // how many nodes, or elements, there is room for
}

// sparseTapes are without records. The collector frees those that nothing uses.
var sparseTapes = sync.Pool{New: func() any { return &sparseTape{g: graph.New()} }}

// What is kept is bounded, and not kept for what is much smaller.
const (
	mostSparse = 1 << 22
	partUsed   = 8
)

// giveBack leaves the tape to the next call. It is not called where something has panicked.
func (t *sparseTape) giveBack() {
	used := max(t.g.Len(), t.rows.size)
	t.room = max(t.room, used)
	if t.room > mostSparse || t.room > mostRecycled && used < t.room/partUsed {
		return
	}
	t.g.Reset()
	t.rows.el, t.rows.kept = nil, nil
	sparseTapes.Put(t)
}
