package nn

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// An EmbeddingTable is a layer that has a vector for each of some things, such as words or letters, which are known by
// whole numbers from 0 on. [Embedding] makes one.
type EmbeddingTable struct {
	weight *Param
	params []*Param
}

// Embedding returns the layer that has a vector of dim numbers for each whole number from 0 to vocab-1. x holds such
// numbers, in any shape, and the result has dim as a further axis: a batch of sequences (rows, time) gives (rows, time,
// dim). No gradient flows to x. [EmbeddingTable.Lookup] takes the numbers as ints.
//
// The vectors are the rows of the parameter "weight", of shape (vocab, dim). They are drawn from rng by [Normal](1), as
// PyTorch's are, unless [WithInit] says otherwise. Embedding panics with a [*graph.Error] if rng is nil, a size is less
// than 1, or an option does not fit.
//
// Source: Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model (2003), section 2.
func Embedding(rng *rand.Rand, vocab, dim int, options ...LayerOption) *EmbeddingTable {
	const op = "nn.Embedding"
	mustHaveSource(op, rng)
	if vocab < 1 || dim < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "%d vectors of %d numbers: both must be 1 or more", vocab, dim))
	}
	c := layerSettings{init: Normal(1)}.with(op, options, "nn.WithInit")
	w := &Param{Name: "weight", Data: c.init.Draw(rng, vocab, dim, vocab, dim), Kind: Weight}
	return &EmbeddingTable{w, []*Param{w}}
}

// Params returns the table of vectors.
func (e *EmbeddingTable) Params() []*Param {
	e.mustBeMade("nn.EmbeddingTable.Params")
	return e.params
}

// String returns what the layer is called in a summary.
func (e *EmbeddingTable) String() string {
	e.mustBeMade("nn.EmbeddingTable.String")
	dims := e.weight.Data.Dims()
	return fmt.Sprintf("Embedding(%d, %d)", dims[0], dims[1])
}

// intLists holds lists of indices for a moment.
var intLists = sync.Pool{New: func() any { return new([]int) }}

// Forward returns the vectors of the numbers in x. On a graph of [graph.Traced] what is recorded does not depend on the
// numbers. It panics with a [*graph.Error] if one of them is not a whole number or has no vector.
func (e *EmbeddingTable) Forward(_ Pass, x graph.Value) graph.Value {
	const op = "nn.Embedding"
	e.mustBeMade(op)
	x.Check(op)
	w := e.weight.Bind(x.Graph())
	vocab := w.Dims()[0]
	const most = 1 << 24 // float32 holds whole numbers up to here without a gap
	if x.Graph().DType() == tensor.Float32 && vocab > most {
		panic(graph.Errorf(op, graph.ErrLimit, "layer %q has %d vectors, and float32 does not hold all whole numbers above %d: use Lookup", e.weight.Name, vocab, most))
	}
	list := intLists.Get().(*[]int)
	defer intLists.Put(list)
	*list = (*list)[:0]
	numbers, dims := x.Node().Data(), x.Dims()
	for i := range numbers.Len() {
		v := numbers.AtFlat(i)
		if !(v >= 0 && v < float64(vocab)) || v != float64(int(v)) {
			panic(e.noVector(op, placeOf(i, dims), v))
		}
		*list = append(*list, int(v))
	}
	if x.Graph().Traced() {
		return ops.EmbeddingAt(w, x)
	}
	return e.take(op, w, *list, dims)
}

// Lookup returns the vectors of the given numbers on a graph. The result has the given shape, with dim as a further
// axis; without a shape it is (len(ids), dim). The tokens of a batch of sequences take the shape (rows, time):
//
//	y := table.Lookup(g, b.Tokens, b.Len(), len(b.Tokens)/b.Len())
//
// It panics with a [*graph.Error] if the graph is nil, a number has no vector, or there are not as many numbers as the
// shape has places.
func (e *EmbeddingTable) Lookup(g *graph.Graph, ids []int, shape ...int) graph.Value {
	const op = "nn.EmbeddingTable.Lookup"
	e.mustBeMade(op)
	if len(shape) == 0 {
		shape = []int{len(ids)}
	}
	if n, err := tensor.Size(shape); err != nil || n != len(ids) {
		panic(graph.Errorf(op, graph.ErrShape, "%d numbers for the shape %s: give one for each place", len(ids), tensor.FormatShape(shape)))
	}
	w := e.weight.Bind(g)
	for i, v := range ids {
		if v < 0 || v >= w.Dims()[0] {
			panic(e.noVector(op, placeOf(i, shape), float64(v)))
		}
	}
	return e.take(op, w, ids, shape)
}

// take returns the vectors of ids, in the given shape.
func (e *EmbeddingTable) take(op string, w graph.Value, ids, shape []int) graph.Value {
	y := ops.Embedding(w, ids...)
	if len(shape) == 1 {
		return y
	}
	if len(shape) == tensor.MaxRank {
		panic(graph.Errorf(op, graph.ErrShape, "the numbers have shape %s, and a tensor has at most %d axes: give it fewer", tensor.FormatShape(shape), tensor.MaxRank))
	}
	var buf [tensor.MaxRank]int
	return ops.Reshape(y, append(append(buf[:0], shape...), w.Dims()[1])...)
}

// noVector returns the error for a number that the table has no vector for.
func (e *EmbeddingTable) noVector(op, place string, v float64) *graph.Error {
	return graph.Errorf(op, graph.ErrIndex, "%s is %v, and layer %q has vectors for the whole numbers from 0 to %d: make a larger table, or map what is unknown to a number of its own",
		place, v, e.weight.Name, e.weight.Data.Dims()[0]-1)
}

// placeOf says where element i is in a tensor of a shape: "row 3, place 7", the place within the row.
func placeOf(i int, shape []int) string {
	if len(shape) == 0 {
		return "x"
	}
	n := 1
	for _, d := range shape[1:] {
		n *= d
	}
	if len(shape) == 1 {
		return fmt.Sprintf("row %d", i)
	}
	return fmt.Sprintf("row %d, place %d", i/n, i%n)
}

// mustBeMade panics unless Embedding has made the table.
func (e *EmbeddingTable) mustBeMade(op string) {
	if e == nil || e.weight == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.EmbeddingTable: make one with nn.Embedding"))
	}
}
