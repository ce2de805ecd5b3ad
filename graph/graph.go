package graph

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/hugepage"
)

// A head is what every node has: its value if that is a scalar, and what kind of node it is. Both are one word, so that
// recording writes few.
type head struct {
	value float64
	kind  Flags // the operation in the lowest 16 bits, above them the flags, then 32 bits for the index of the extension record, 0 for none
}

// The flags of a head.
const (
	wantsGrad Flags = 1 << (opBits + iota) // a gradient flows through this node
	isLeaf                                 // made by Var, Const, Bind, ...
	isTensor                               // the value is a tensor of rank 1 or more: it stands in the extension record
	isShared                               // a leaf that shares the storage of a bound tensor
	isView                                 // a tensor that shares the storage of operand 0

	opBits   = 16
	extShift = 32
	allFlags = 1<<extShift - 1<<opBits
	extBits  = 1<<64 - 1<<extShift
)

// notPlain marks the nodes that the short path for scalars has to leave to the long one.
const notPlain = isTensor | isShared

func (h *head) op() Op       { return Op(h.kind) }
func (h *head) flags() Flags { return h.kind & allFlags }
func (h *head) ext() int32   { return int32(h.kind >> extShift) }

// setExt gives a node without an extension record one.
func (h *head) setExt(k int) { h.kind |= Flags(k) << extShift }

// A link is what the backward sweep reads of a node: the operands of a scalar operation and the derivative by each of
// them. An absent operand is node 0, which no one reads. In[0] is -1 for an operation that has tensors: its operands
// stand in the extension record.
type link struct {
	D  [2]float64
	In [2]int32
}

// The tape is made of chunks, which never move: growing one of millions of nodes copies none of them.
const (
	chunkBits = 10
	chunkLen  = 1 << chunkBits // nodes in a chunk
	chunkMask = chunkLen - 1

	// Beyond a few, chunks are made in slabs: leastSlab is the least for which huge pages are asked for, mostSlab fills
	// one.
	fewChunks = 8
	leastSlab = 7
	mostSlab  = 51
)

// A chunk holds chunkLen nodes of a graph in recording order.
type chunk struct {
	g     *Graph // once it is in use
	links [chunkLen]link
	heads [chunkLen]head
}

// MaxNodes is the largest number of nodes that a tape can hold.
const MaxNodes = math.MaxInt32 - chunkLen

// An ext is the extension record of a node that has tensors, more than two operands, or attributes.
type ext struct {
	out     *tensor.Tensor // the value, also where it has shape ()
	saved   [2]*tensor.Tensor
	aux     any
	floats  [2]float64
	inputs  span     // of Graph.inputs and, once recorded, Graph.operands
	terms   [2]int32 // of a scalar operation: the operands whose derivatives stand in the link
	ints    span     // of Graph.ints
	node    int32
	owned   bool   // out goes back to the pool
	version uint64 // of a shared leaf: the tensor's version when it was last read
	used    int32  // of a shared leaf: no operation behind this node uses it
	view    int    // of what RecordView recorded: where it begins in operand 0, from 1; 0 of others
}

// A span is a part of an array of the graph that grows with the tape.
type span struct{ lo, hi int32 }

func (s span) len() int { return int(s.hi - s.lo) }

// A Graph is a tape: it holds every operation in the order in which it was recorded. Operands are recorded before the
// results made of them, so this order is a topological one and the reverse of it is right for the backward sweep.
//
// A Graph serves one goroutine at a time; most uses by two at once end in a panic that says so. Several graphs can bind
// the same parameter tensors at once. The zero Graph is ready to use and has the settings of New().
type Graph struct {
	n      int32    // nodes recorded, with node 0, the sink for absent operands
	limit  int32    // the first node behind the last chunk in use
	gen    uint32   // number of the recording, another one after every Reset and Rewind and in every Scratch; 0 in the zero Graph only
	ready  uint32   // gen if there is room for node n, else 0: the short path for scalars asks for no more
	last   *chunk   // the chunk that node n goes to
	chunks []*chunk // those in use, and behind them those kept for later
	mask   Flags    // wantsGrad, or 0 while recording without gradients

	settings
	pool tensor.Pool

	exts     []ext // exts[0] stays empty: it is that of the nodes without one
	inputs   []int32
	operands []*tensor.Tensor
	ints     []int

	base    uint32   // gen of the last Reset
	rewinds []rewind // in force, oldest first
	scratches
	kept int32 // handles of nodes below are good whatever their gen: see fold

	leafEnd int32           // all nodes below are leaves
	changes map[int32]int32 // leaves that got other numbers, and the tape's end then: operations before it used the old ones
	// The last node with a name, the latest of changes, and the last end of a scope: nothing lies behind them.
	lastNamed, lastChange, lastScope int32

	bound bindings

	names  map[int32]string
	scopes []scope
	open   []int32 // scopes that are open, outermost first
	opened uint32  // scopes, since the graph was made

	sweeps []*Adjoints // in force
	spare  []*Adjoints // for reuse
	swept  int64       // nodes that sweeps by arrays have passed since the last Reset or Rewind
	dense  int         // how often a sweep by pages turned out to reach most of the tape
	blank  []*page     // for reuse, all zero

	walks []*walk       // for reuse, empty
	idle  []*Cotangents // for reuse, empty
	moved tangentRoom   // for reuse

	begun uint32    // extension records, to tell a Call that another one has taken the place of
	busy  bool      // between enter and leave, and within Begin
	lines []uintptr // by node: who recorded it, if callers are noted
	reads []Read    // of results, on a traced graph

	measured // for a profile
}

// New returns an empty graph.
func New(options ...Option) *Graph {
	g := new(Graph)
	for i, o := range options {
		if o == nil {
			panic(Errorf("graph.New", ErrUsage, "option %d is nil: leave it out", i+1))
		}
		g.settings = o(g.settings)
	}
	g.pool.SetLimit(g.maxBytes)
	g.init()
	return g
}

func (g *Graph) init() {
	g.n, g.leafEnd, g.mask = 1, 1, wantsGrad
	g.gen, g.base = firstRecording, firstRecording
	g.exts = make([]ext, 1)
	g.chunks = []*chunk{{g: g}}
	g.seek(1)
}

// must makes the zero Graph ready and panics with an [*Error] for a nil one. Whatever does not call room begins with it.
func (g *Graph) must(op string) {
	if g == nil || g.gen == 0 {
		g.prepare(op)
	}
}

//go:noinline
func (g *Graph) prepare(op string) {
	if g == nil {
		panic(Errorf(op, ErrUsage, "got a nil *graph.Graph: make one with graph.New"))
	}
	g.init()
}

// DType returns the precision of the graph's tensors.
func (g *Graph) DType() tensor.DType {
	g.must("graph.Graph.DType")
	return g.dtype
}

// Len returns the number of nodes recorded.
func (g *Graph) Len() int {
	g.must("graph.Graph.Len")
	return int(g.n - 1)
}

// room makes sure that there is room for node n.
func (g *Graph) room() {
	if g == nil || g.n >= g.limit {
		g.grow()
	}
}

// grow makes room for node n, the first of a chunk, and looks after what recording has no time for at every node.
func (g *Graph) grow() {
	g.must("graph.Graph")
	g.alone("graph.Graph")
	if g.n >= MaxNodes {
		panic(Errorf("graph.Graph", ErrLimit, "the tape has %d nodes and can hold no more: Reset or Rewind it, or use tensor operations in place of scalar ones", g.n-1))
	}
	if int(g.n>>chunkBits) == len(g.chunks) {
		g.moreChunks()
	}
	g.seek(g.n)
	if g.callers {
		g.noteCaller()
	}
}

// roomFor makes the chunks for n further nodes, unless the tape cannot hold as many: growing into them says so.
func (g *Graph) roomFor(n int) {
	if n > MaxNodes-int(g.n) {
		return
	}
	for k := (int(g.n) + n) >> chunkBits; len(g.chunks) < k; {
		g.alone("graph.Graph")
		g.moreChunks()
	}
}

// moreChunks makes room for further chunks: one, or where there are some, a quarter as many again. Only the list of them
// is written: the memory of those that are not used yet need not be there.
func (g *Graph) moreChunks() {
	n := 1
	if len(g.chunks) >= fewChunks {
		n = min(max(len(g.chunks)/4, leastSlab), mostSlab)
	}
	slab := make([]chunk, n)
	hugepage.Advise(slab)
	for i := range slab {
		g.chunks = append(g.chunks, &slab[i])
	}
}

// seek sets the tape's end to node n, which must have been recorded before or be the next one.
func (g *Graph) seek(n int32) {
	k := n >> chunkBits
	if int(k) < len(g.chunks) {
		if c := g.chunks[k]; c != g.last { // most often it is
			g.last, c.g = c, g
		}
		g.limit = (k + 1) << chunkBits
	} else {
		g.limit = n // the next record grows
	}
	if g.callers {
		g.limit = n // every record grows
	}
	g.ready = g.gen
	g.advance(n)
}

// advance sets the tape's end to a node of the chunk in use, or the first one behind it.
func (g *Graph) advance(n int32) {
	g.n = n
	if n == g.limit {
		g.ready = 0
	}
}

// firstRecording is the number of a graph's first recording. Recordings have even numbers: odd ones are of scratches.
const firstRecording = 2

// nextRecording makes older handles stale, unless a rewind in force says otherwise.
func (g *Graph) nextRecording() {
	if g.gen += 2; g.gen == 0 { // the numbers begin anew; 0 is that of the zero Graph
		g.gen = firstRecording
	}
	g.seek(g.n)
}

func (g *Graph) head(id int32) *head { return &g.chunks[id>>chunkBits].heads[id&chunkMask] }

func (g *Graph) link(id int32) *link { return &g.chunks[id>>chunkBits].links[id&chunkMask] }

// reserve panics with an [*Error] unless a tensor of the given shape may be made.
func (g *Graph) reserve(op string, shape []int) { g.reserveBeside(op, shape, g.pool.Lent()) }

// reserveBeside is reserve where the given number of bytes counts as being in use.
func (g *Graph) reserveBeside(op string, shape []int, used int) {
	n, err := tensor.Size(shape)
	if err != nil {
		e := err.(*Error)
		panic(&Error{Op: op, Kind: e.Kind, Msg: e.Msg})
	}
	if g.maxBytes == 0 {
		return
	}
	if bytes := tensor.BufferBytes(g.dtype, n); bytes > g.maxBytes-used {
		panic(Errorf(op, ErrLimit, "a tensor of shape %s takes %d bytes and %d of the graph's limit of %d are in use: raise the limit or use smaller tensors",
			tensor.FormatShape(shape), bytes, used, g.maxBytes))
	}
}
