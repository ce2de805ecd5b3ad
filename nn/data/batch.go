package data

import (
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Batch is some examples of a set. Its tensors are filled anew for each batch of the same size, so that a graph binds
// them once.
type Batch struct {
	X      *tensor.Tensor   // features, a row for each example; the tokens as numbers if the set has no features
	More   []*tensor.Tensor // further inputs, a row for each example, or nil
	Tokens []int            // integer inputs, row after row, or nil: token j of row i is Tokens[i*positions+j]
	T      *tensor.Tensor   // targets, a row for each example, or nil
	Labels []int            // classes, or nil: one for each row, or one for each position of each row, row after row
	Rows   []int            // indices in the set

	// Parts are the batch in consecutive pieces, one for each of BatchConfig.Parts and no more than there are rows,
	// whose sizes differ by at most one. Each has tensors of its own for a graph to bind, over the numbers of the
	// batch. They are nil unless asked for.
	Parts []*Batch
}

// Len returns the number of examples in the batch, 0 if it is nil.
func (b *Batch) Len() int {
	if b == nil {
		return 0
	}
	return len(b.Rows)
}

// A buffer is a batch that is filled again and again.
type buffer struct {
	out   *Batch           // what is given out
	own   Batch            // its fields as they were made, whatever has been done to those of out
	more  []*tensor.Tensor // what own.More was made of
	views []*tensor.Tensor // of the parts
}

// newBuffer returns a buffer for so many examples of a set, in so many parts or none.
func newBuffer(s *Set, dtype tensor.DType, size, parts int) *buffer {
	own := Batch{Rows: make([]int, size)}
	if s.X != nil {
		own.X = rowsLike(s.X, size)
	}
	if s.Tokens != nil {
		positions := len(s.Tokens[0])
		own.Tokens = make([]int, size*positions)
		if s.X == nil {
			own.X = tensor.New(dtype, size, positions)
		}
	}
	for _, m := range s.More {
		own.More = append(own.More, rowsLike(m, size))
	}
	if s.T != nil {
		own.T = rowsLike(s.T, size)
	}
	switch {
	case s.Labels != nil:
		own.Labels = make([]int, size)
	case s.Next != nil:
		own.Labels = make([]int, size*len(s.Next[0]))
	}
	b := &buffer{more: slices.Clone(own.More)}
	parts = min(parts, size)
	for k := range parts {
		own.Parts = append(own.Parts, b.part(&own, k*size/parts, (k+1)*size/parts))
	}
	b.own = own
	b.out = &own
	return b
}

// part returns rows from to to of a batch as a batch over the same numbers.
func (b *buffer) part(of *Batch, from, to int) *Batch {
	view := func(t *tensor.Tensor) *tensor.Tensor {
		if t == nil {
			return nil
		}
		shape, w := t.Shape(), columnsOf(t)
		shape[0] = to - from
		var v *tensor.Tensor
		if t.DType() == tensor.Float32 {
			v = tensor.Of(t.Float32s()[from*w:to*w:to*w], shape...)
		} else {
			v = tensor.Of(t.Float64s()[from*w:to*w:to*w], shape...)
		}
		b.views = append(b.views, v)
		return v
	}
	ints := func(s []int) []int {
		w := len(s) / len(of.Rows)
		return s[from*w : to*w : to*w]
	}
	p := &Batch{X: view(of.X), T: view(of.T), Rows: ints(of.Rows), Tokens: ints(of.Tokens), Labels: ints(of.Labels)}
	for _, m := range of.More {
		p.More = append(p.More, view(m))
	}
	return p
}

// fill puts the examples of a set into the batch, those whose indices stand in its Rows, and returns it.
func (b *buffer) fill(s *Set, augment func(*Batch, *rand.Rand), rng *rand.Rand) *Batch {
	copy(b.own.More, b.more)
	*b.out = b.own
	own := &b.own
	if s.X != nil {
		gather(own.X, s.X, own.Rows)
	}
	for i, m := range b.more {
		gather(m, s.More[i], own.Rows)
	}
	gatherInts(own.Tokens, s.Tokens, own.Rows)
	if s.T != nil {
		gather(own.T, s.T, own.Rows)
	}
	gatherInts(own.Labels, s.Next, own.Rows)
	if s.Labels != nil {
		for k, i := range own.Rows {
			own.Labels[k] = s.Labels[i]
		}
	}
	if augment != nil {
		augment(b.out, rng)
		b.mustBeOwn()
	}
	if s.X == nil {
		setTokens(own.X, own.Tokens)
	}
	b.markChanged(augment != nil)
	return b.out
}

// mustBeOwn panics if the batch that was given out has other tensors or slices than it was made with.
func (b *buffer) mustBeOwn() {
	out, own := b.out, &b.own
	if out.X != own.X || out.T != own.T || !slices.Equal(out.More, b.more) || !same(out.Tokens, own.Tokens) ||
		!same(out.Labels, own.Labels) || !same(out.Rows, own.Rows) || !same(out.Parts, own.Parts) {
		panic(tensor.Errorf("data.Batches.Next", tensor.ErrUsage, "BatchConfig.Augment has put another tensor or slice into the batch: change the numbers of those it has, such as with Tensor.Copy"))
	}
}

// same reports whether two slices are one.
func same[T any](a, b []T) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// markChanged counts a change of the parts' tensors, and if all is set of the batch's own too.
func (b *buffer) markChanged(all bool) {
	for _, v := range b.views {
		v.MarkChanged()
	}
	if !all {
		return
	}
	b.own.X.MarkChanged()
	for _, m := range b.more {
		m.MarkChanged()
	}
	if b.own.T != nil {
		b.own.T.MarkChanged()
	}
}

// gatherInts puts the rows of src with the given indices into dst, one after the other. A nil src has none.
func gatherInts(dst []int, src [][]int, index []int) {
	if src == nil {
		return
	}
	for _, i := range index {
		dst = dst[copy(dst, src[i]):]
	}
}

// setTokens writes tokens into a tensor as numbers. It panics with an [*tensor.Error] if its precision does not hold
// one.
func setTokens(t *tensor.Tensor, tokens []int) {
	if t.DType() == tensor.Float32 {
		setInts(t.Float32s(), tokens, t.DType())
	} else {
		setInts(t.Float64s(), tokens, t.DType())
	}
	t.MarkChanged()
}

func setInts[T float32 | float64](dst []T, src []int, dtype tensor.DType) {
	for k, v := range src {
		if !isExact(v, dtype) {
			panic(tensor.Errorf("data.Batches.Next", tensor.ErrValue, "BatchConfig.Augment has made the token %d, which %s does not hold exactly", v, dtype))
		}
		dst[k] = T(v)
	}
}

// isExact reports whether an integer is a number of the precision: whether its significant bits, without the zeros at
// the end, are no more than that has.
func isExact(v int, dtype tensor.DType) bool {
	u := uint(v)
	if v < 0 {
		u = -u
	}
	significant := 53
	if dtype == tensor.Float32 {
		significant = 24
	}
	return bits.Len(u)-bits.TrailingZeros(u) <= significant // of 0: 0 - 64, or 0 - 32
}
