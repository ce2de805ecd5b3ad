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
	Parts int          // pieces in Batch.Parts, for workers that share a batch; 0 for none

	// DropLast leaves out the last batch of an epoch if it is smaller than the others: other examples each time if the
	// order is random. A batch of a single example has no variance to normalize by.
	DropLast bool

	// Augment changes each batch after it has been filled, before it is given out: in place, as the batch's tensors and
	// slices stay. A set's own numbers stay as they are. It draws from Rand, which must be set, so that one seed gives
	// one result. Features that are made of tokens are made of what it leaves of them. A number that it makes NaN is
	// found by nobody else.
	Augment func(b *Batch, rng *rand.Rand)
}

// Batches goes through a set in mini-batches. It allocates nothing after it has been made. Its methods panic with an
// [*tensor.Error] if it is nil or was not made by [NewBatches].
type Batches struct {
	set        Set   // in the batches' precision
	order      []int // examples, in the order of this epoch
	pick       Order
	rng        *rand.Rand
	augment    func(*Batch, *rand.Rand)
	full, rest *buffer // rest is the last batch of an epoch if it is smaller, else nil
	count, k   int     // batches in an epoch, and how many of this one have been given out
}

// NewBatches returns the mini-batches of a set, which must not change from now on. It panics with an [*tensor.Error] if
// the set does not pass [Set.Check], the size or the number of parts is negative, there is no such order or precision,
// a random order or Augment has no source, or the set has tokens in place of features and the precision does not hold
// one of them exactly.
func NewBatches(s *Set, c BatchConfig) *Batches {
	const op = "data.NewBatches"
	if err := s.Check(); err != nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "%v", err))
	}
	switch {
	case c.Size < 0:
		panic(tensor.Errorf(op, tensor.ErrUsage, "size %d: a batch has 1 example or more, 0 stands for all", c.Size))
	case c.Parts < 0:
		panic(tensor.Errorf(op, tensor.ErrUsage, "%d parts: want 1 or more, or 0 for none", c.Parts))
	case c.DType > tensor.Float32:
		panic(tensor.Errorf(op, tensor.ErrUsage, "precision %d: want tensor.Float64 or tensor.Float32", c.DType))
	case c.Order > InOrder:
		panic(tensor.Errorf(op, tensor.ErrUsage, "order %d: want data.Shuffled, data.Independent or data.InOrder", c.Order))
	case c.Order != InOrder && !hasSource(c.Rand):
		panic(tensor.Errorf(op, tensor.ErrUsage, "a random order needs BatchConfig.Rand, and not the zero rand.Rand: set it to rand.New(rand.NewPCG(seed, 0))"))
	}
	if c.Augment != nil && !hasSource(c.Rand) {
		panic(tensor.Errorf(op, tensor.ErrUsage, "BatchConfig.Augment needs BatchConfig.Rand, and not the zero rand.Rand: set it to rand.New(rand.NewPCG(seed, 0))"))
	}
	if s.X == nil {
		mustBeExact(op, s.Tokens, c.DType)
	}
	n := s.Len()
	size := c.Size
	if size == 0 || size > n {
		size = n
	}
	b := &Batches{set: s.inPrecision(c.DType), pick: c.Order, rng: c.Rand, augment: c.Augment, count: (n + size - 1) / size}
	left := n % size // of Independent there is none: the last batch of an epoch is full
	if c.Order == Independent {
		left = 0
	}
	if c.DropLast {
		b.count -= min(left, 1)
		left = 0
	}
	b.order = make([]int, n)
	for i := range b.order {
		b.order[i] = i
	}
	b.full = newBuffer(&b.set, c.DType, size, c.Parts)
	if left > 0 {
		b.rest = newBuffer(&b.set, c.DType, left, c.Parts)
	}
	return b
}

// inPrecision returns the set with tensors of the given precision, a copy only of those that have another.
func (s *Set) inPrecision(dtype tensor.DType) Set {
	convert := func(t *tensor.Tensor) *tensor.Tensor {
		if t == nil || t.DType() == dtype {
			return t
		}
		return t.To(dtype)
	}
	out := *s
	out.X, out.T, out.More = convert(s.X), convert(s.T), nil
	for _, m := range s.More {
		out.More = append(out.More, convert(m))
	}
	return out
}

// mustBeExact panics if one of the tokens is no number of the precision.
func mustBeExact(op string, tokens [][]int, dtype tensor.DType) {
	for i, row := range tokens {
		for j, v := range row {
			if !isExact(v, dtype) {
				panic(tensor.Errorf(op, tensor.ErrValue, "row %d has the token %d at position %d, which %s does not hold exactly: give smaller tokens, or float64", i, v, j, dtype))
			}
		}
	}
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
		return []*Batch{b.full.out}
	}
	return []*Batch{b.full.out, b.rest.out}
}

// Next fills the next batch and returns it. At the end of an epoch it returns nil and false; the call after that begins
// a new one. What an earlier call returned is overwritten.
func (b *Batches) Next() (*Batch, bool) {
	b.mustBeMade("data.Batches.Next")
	if b.k == b.count {
		b.k = 0
		return nil, false
	}
	next, size := b.full, len(b.full.own.Rows)
	from := b.k * size
	switch b.pick {
	case Shuffled:
		if b.k == 0 {
			b.shuffle(len(b.order))
		}
	case Independent:
		b.shuffle(size)
		from = 0
	}
	if b.rest != nil && b.k == b.count-1 {
		next = b.rest
	}
	b.k++
	copy(next.own.Rows, b.order[from:])
	return next.fill(&b.set, b.augment, b.rng), true
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
		b.Rest()(yield)
	}
}

// Rest yields the batches that are left of the epoch under way, such as after [Batches.Restore]: all of a new one if
// none of it has been given out, and none if all have.
func (b *Batches) Rest() iter.Seq[*Batch] {
	b.mustBeMade("data.Batches.Rest")
	return func(yield func(*Batch) bool) {
		for batch, ok := b.Next(); ok; batch, ok = b.Next() {
			if !yield(batch) {
				return
			}
		}
	}
}

// All yields the batches of a new epoch with their numbers, from 0 on.
func (b *Batches) All() iter.Seq2[int, *Batch] {
	b.mustBeMade("data.Batches.All")
	return func(yield func(int, *Batch) bool) {
		i := 0
		for batch := range b.Epoch() {
			if !yield(i, batch) {
				return
			}
			i++
		}
	}
}
