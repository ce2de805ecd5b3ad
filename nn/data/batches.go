package data

import (
	"iter"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// An Order is how [Batches] picks examples.
type Order uint8

// The orders.
const (
	// Shuffled visits every example once in an epoch, in a new random order each time. The last batch of an epoch is
	// smaller if the size does not divide the number of examples.
	Shuffled Order = iota
	// Independent draws each batch anew from all examples, without repetition within it: the lecture's Algorithm 1 to
	// the letter, B ⊂ {1, ..., n} with |B| = T. An epoch is as many batches as it takes for n examples, the last one
	// full.
	Independent
	// InOrder visits every example once in an epoch, in the order of the set: for measuring.
	InOrder
)

// A BatchConfig says how a set is cut into mini-batches.
type BatchConfig struct {
	Size  int          // examples in a batch: the lecture's T. More than there are, or 0, means all of them
	Order Order        // Shuffled unless said otherwise
	Rand  *rand.Rand   // picks the examples; not needed for InOrder
	DType tensor.DType // precision of the batches, which must be the model's: float64 unless said otherwise
}

// A Batch is some examples of a set. Its tensors are filled anew for each batch of the same size, so that a graph binds
// them once.
type Batch struct {
	X      *tensor.Tensor // features, a row for each example
	T      *tensor.Tensor // targets, or nil
	Labels []int          // classes, or nil
	Rows   []int          // indices in the set
}

// Len returns the number of examples in the batch, 0 if it is nil.
func (b *Batch) Len() int {
	if b == nil {
		return 0
	}
	return len(b.Rows)
}

// Batches goes through a set in mini-batches. It allocates nothing after it has been made. Its methods panic with an
// [*tensor.Error] if it is nil or was not made by [NewBatches].
type Batches struct {
	x, t       *tensor.Tensor // of the set, in the batches' precision
	labels     []int
	order      []int // examples, in the order of this epoch
	pick       Order
	rng        *rand.Rand
	full, rest *Batch // rest is the last batch of an epoch if it is smaller, else nil
	count, k   int    // batches in an epoch, and how many of this one have been given out
}

// NewBatches returns the mini-batches of a set, which must not change from now on. It panics with an [*tensor.Error] if
// the set does not pass [Set.Check], the size is negative, there is no such order or precision, or a random order has
// no source.
func NewBatches(s *Set, c BatchConfig) *Batches {
	const op = "data.NewBatches"
	if err := s.Check(); err != nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "%v", err))
	}
	switch {
	case c.Size < 0:
		panic(tensor.Errorf(op, tensor.ErrUsage, "size %d: a batch has 1 example or more, 0 stands for all", c.Size))
	case c.DType > tensor.Float32:
		panic(tensor.Errorf(op, tensor.ErrUsage, "precision %d: want tensor.Float64 or tensor.Float32", c.DType))
	case c.Order > InOrder:
		panic(tensor.Errorf(op, tensor.ErrUsage, "order %d: want data.Shuffled, data.Independent or data.InOrder", c.Order))
	case c.Order != InOrder && !hasSource(c.Rand):
		panic(tensor.Errorf(op, tensor.ErrUsage, "a random order needs BatchConfig.Rand, and not the zero rand.Rand: set it to rand.New(rand.NewPCG(seed, 0))"))
	}
	n := s.Len()
	size := c.Size
	if size == 0 || size > n {
		size = n
	}
	b := &Batches{x: inPrecision(s.X, c.DType), labels: s.Labels, pick: c.Order, rng: c.Rand, count: (n + size - 1) / size}
	if s.T != nil {
		b.t = inPrecision(s.T, c.DType)
	}
	b.order = make([]int, n)
	for i := range b.order {
		b.order[i] = i
	}
	b.full = b.newBatch(size)
	if r := n % size; r != 0 && c.Order != Independent {
		b.rest = b.newBatch(r)
	}
	return b
}

func inPrecision(t *tensor.Tensor, dtype tensor.DType) *tensor.Tensor {
	if t.DType() == dtype {
		return t
	}
	return t.To(dtype)
}

func (b *Batches) newBatch(size int) *Batch {
	batch := &Batch{X: rowsLike(b.x, size), Rows: make([]int, size)}
	if b.t != nil {
		batch.T = rowsLike(b.t, size)
	}
	if b.labels != nil {
		batch.Labels = make([]int, size)
	}
	return batch
}

// Count returns the number of batches in an epoch.
func (b *Batches) Count() int {
	b.mustBeMade("data.Batches.Count")
	return b.count
}

func (b *Batches) mustBeMade(op string) {
	if b == nil || b.full == nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil or zero *data.Batches: make one with data.NewBatches(set, data.BatchConfig{Size: 32, Rand: rng})"))
	}
}

// Buffers returns the batches that Next fills: one, or two if the last one of an epoch is smaller. A graph may bind
// their tensors before they are filled.
func (b *Batches) Buffers() []*Batch {
	b.mustBeMade("data.Batches.Buffers")
	if b.rest == nil {
		return []*Batch{b.full}
	}
	return []*Batch{b.full, b.rest}
}

// Next fills the next batch and returns it. At the end of an epoch it returns nil and false; the call after that begins
// a new one. What an earlier call returned is overwritten.
func (b *Batches) Next() (*Batch, bool) {
	b.mustBeMade("data.Batches.Next")
	if b.k == b.count {
		b.k = 0
		return nil, false
	}
	batch, from := b.full, b.k*len(b.full.Rows)
	switch b.pick {
	case Shuffled:
		if b.k == 0 {
			b.shuffle(len(b.order))
		}
	case Independent:
		b.shuffle(len(batch.Rows))
		from = 0
	}
	if b.rest != nil && b.k == b.count-1 {
		batch = b.rest
	}
	b.k++
	copy(batch.Rows, b.order[from:])
	gather(batch.X, b.x, batch.Rows)
	if b.t != nil {
		gather(batch.T, b.t, batch.Rows)
	}
	for k := range batch.Labels {
		batch.Labels[k] = b.labels[batch.Rows[k]]
	}
	return batch, true
}

// shuffle brings random examples to the first k places, each order equally likely: the beginning of a shuffle by
// Fisher and Yates (1938), as Durstenfeld (1964) wrote it.
func (b *Batches) shuffle(k int) {
	n := len(b.order)
	for i := range min(k, n-1) {
		j := i + b.rng.IntN(n-i)
		b.order[i], b.order[j] = b.order[j], b.order[i]
	}
}

// Restart ends the epoch under way: the next call of Next begins a new one.
func (b *Batches) Restart() {
	b.mustBeMade("data.Batches.Restart")
	b.k = 0
}

// Epoch yields the batches of a new epoch.
func (b *Batches) Epoch() iter.Seq[*Batch] {
	b.mustBeMade("data.Batches.Epoch")
	return func(yield func(*Batch) bool) {
		b.Restart()
		for batch, ok := b.Next(); ok; batch, ok = b.Next() {
			if !yield(batch) {
				return
			}
		}
	}
}
