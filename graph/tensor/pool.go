package tensor

import (
	"math"
	"math/bits"
)

// A Pool lends tensors and takes them back, so that work which is done over and over allocates nothing after the first
// time. Tensors of like size share a free list; a buffer is at most an eighth larger than what was asked for.
//
// What the pool has made, whether lent or free, stays within twice the most that was lent at once, and within the limit
// that SetLimit sets: where a new buffer would exceed that, free ones are given up, those first that lay idle longest.
//
// The zero Pool is ready to use. It serves one goroutine.
type Pool struct {
	free    [2][]freeList // by precision and size class, as far as classes are in use
	headers []*Tensor     // for views
	bytes   int           // of all buffers made so far, lent or free
	lent    int           // of the buffers that are lent
	most    int           // the largest lent so far
	recent  int           // the largest lent since the last Settle
	ample   int           // how many times in a row Settle found far more than had been needed
	limit   int           // of bytes, 0 for none
	clock   uint64        // counts what was lent
}

// A freeList holds the free tensors of a size class.
type freeList struct {
	tensors []*Tensor
	used    uint64 // the pool's clock when one was last lent
}

// classOf returns the smallest size class whose buffers hold n elements, and that size: up to 8 every size is a class, then
// there are eight to each doubling.
func classOf(n int) (class, size int) {
	if n <= 8 {
		return n, n
	}
	shift := bits.Len(uint(n-1)) - 4 // n-1 has its top four bits left
	top := (n-1)>>shift + 1          // 9..16, eighths of the doubling
	return 8*shift + top, top << shift
}

func (p *Pool) must(op string) {
	if p == nil {
		panicNoPool(op)
	}
}

//go:noinline
func panicNoPool(op string) {
	panic(Errorf(op, ErrUsage, "got a nil *tensor.Pool: use a zero tensor.Pool"))
}

// Bytes returns the size of all buffers that the pool has made and kept, whether lent or free.
func (p *Pool) Bytes() int {
	p.must("tensor.Pool.Bytes")
	return p.bytes
}

// Lent returns the size of the buffers that are lent.
func (p *Pool) Lent() int {
	p.must("tensor.Pool.Lent")
	return p.lent
}

// SetLimit bounds the buffers that the pool keeps, lent and free together, to the given number of bytes; 0 sets no limit.
// The pool lends beyond it what it is asked for: refusing is up to the caller, who knows [Pool.Lent] and [BufferBytes].
func (p *Pool) SetLimit(bytes int) {
	const op = "tensor.Pool.SetLimit"
	p.must(op)
	if bytes < 0 {
		panic(Errorf(op, ErrUsage, "a limit of %d bytes: use 0 for none, or more", bytes))
	}
	p.limit = bytes
	p.shrink(0)
}

// BufferBytes returns how many bytes a pool takes for a tensor of n elements.
func BufferBytes(dtype DType, n int) int {
	_, size := classOf(n)
	return size * dtype.Bytes()
}

// Get returns a tensor whose elements are undefined. It panics with an [*Error] if the shape does not pass [Size].
func (p *Pool) Get(dtype DType, shape []int) *Tensor {
	const op = "tensor.Pool.Get"
	p.must(op)
	dtype.Check(op)
	n := mustSize(op, shape)
	class, size := classOf(n)
	list := p.list(dtype, class)
	p.clock++
	list.used = p.clock
	bytes := size * (8 >> dtype) // as dtype.Bytes has it
	var t *Tensor
	if k := len(list.tensors); k > 0 {
		t = list.tensors[k-1]
		list.tensors = list.tensors[:k-1]
		p.lent += bytes
		p.most = max(p.most, p.lent)
	} else {
		t = &Tensor{dtype: dtype}
		p.most = max(p.most, p.lent+bytes)
		p.shrink(bytes)
		p.lent += bytes
		p.bytes += bytes
		if dtype == Float32 {
			t.f32 = make([]float32, n, size)
		} else {
			t.f64 = make([]float64, n, size)
		}
	}
	p.recent = max(p.recent, p.lent)
	t.lent = true
	t.shape = append(t.shape[:0], shape...)
	if dtype == Float32 {
		t.f32 = t.f32[:n]
	} else {
		t.f64 = t.f64[:n]
	}
	return t
}

// shrink gives up free buffers until there is room for one of the given size, or none is left.
func (p *Pool) shrink(bytes int) {
	bound := p.most + min(p.most, math.MaxInt-p.most)
	if p.limit > 0 {
		bound = min(bound, p.limit)
	}
	for p.bytes > p.lent && p.bytes > bound-bytes {
		var idle *freeList
		for dt := range p.free {
			for c := range p.free[dt] {
				if l := &p.free[dt][c]; len(l.tensors) > 0 && l.tensors[0].size() > 0 && (idle == nil || l.used < idle.used) {
					idle = l
				}
			}
		}
		if idle == nil {
			return
		}
		for k := len(idle.tensors); k > 0 && p.bytes > bound-bytes; k-- {
			p.bytes -= idle.tensors[k-1].size()
			idle.tensors[k-1] = nil
			idle.tensors = idle.tensors[:k-1]
		}
	}
}

// size returns the number of bytes of t's buffer.
func (t *Tensor) size() int { return 8*cap(t.f64) + 4*cap(t.f32) }

// Zeros returns a tensor of zeros. It panics with an [*Error] if the shape does not pass [Size].
func (p *Pool) Zeros(dtype DType, shape []int) *Tensor {
	t := p.Get(dtype, shape)
	clear(t.f32)
	clear(t.f64)
	return t
}

// View returns a tensor of the given shape over t's elements from offset on. It panics with an [*Error] if t has too few.
func (p *Pool) View(t *Tensor, shape []int, offset int) *Tensor {
	const op = "tensor.Pool.View"
	p.must(op)
	t.must(op)
	n := mustSize(op, shape)
	if offset < 0 || offset > t.Len() || n > t.Len()-offset {
		panic(Errorf(op, ErrIndex, "shape %s at element %d does not fit into the %d elements of shape %s", FormatShape(shape), offset, t.Len(), FormatShape(t.shape)))
	}
	var v *Tensor
	if k := len(p.headers); k > 0 {
		v = p.headers[k-1]
		p.headers = p.headers[:k-1]
	} else {
		v = &Tensor{}
	}
	v.shape = append(v.shape[:0], shape...)
	v.dtype, v.view, v.lent = t.dtype, true, true
	if t.dtype == Float32 {
		v.f32 = t.f32[offset : offset+n]
	} else {
		v.f64 = t.f64[offset : offset+n]
	}
	return v
}

// Share is View for a tensor t of this pool, whose buffer then belongs to both: it stays lent until the last of the tensors
// that share it is put back, in whatever order that happens.
func (p *Pool) Share(t *Tensor, shape []int, offset int) *Tensor {
	v := p.View(t, shape, offset)
	if v.owner = t.owner; t.lent && !t.view {
		v.owner = t
	}
	if v.owner != nil {
		v.owner.shares++
	}
	return v
}

// Sole reports whether t, lent by a pool, is the only tensor that has its elements, as far as [Pool.Share] knows: whoever
// has it may change them. It is false for a view.
func (t *Tensor) Sole() bool {
	t.notNil("tensor.Tensor.Sole")
	if t.view {
		return t.owner != nil && t.owner.shares == 0
	}
	return t.shares == 0
}

// Put takes back a tensor that Get, Zeros, View or Share lent. It must not be used afterwards. Put panics with an [*Error]
// if t is not lent, which catches most tensors that are given back twice.
func (p *Pool) Put(t *Tensor) {
	const op = "tensor.Pool.Put"
	p.must(op)
	t.must(op)
	if !t.lent {
		panic(Errorf(op, ErrUsage, "a tensor of shape %s is not lent: give back once what Get, Zeros, View or Share returned", FormatShape(t.shape)))
	}
	t.lent = false
	if t.view {
		owner := t.owner
		t.f32, t.f64, t.owner = nil, nil, nil
		p.headers = append(p.headers, t)
		if owner == nil {
			return
		}
		t = owner
	}
	if t.shares > 0 {
		t.shares--
		return
	}
	p.lent -= t.size()
	class, _ := classOf(max(cap(t.f32), cap(t.f64)))
	list := p.list(t.dtype, class)
	list.tensors = append(list.tensors, t)
	if p.limit > 0 && p.bytes > p.limit { // it was lent beyond the limit
		p.shrink(0)
	}
}

// list returns the free tensors of a size class.
func (p *Pool) list(dtype DType, class int) *freeList {
	for len(p.free[dtype]) <= class {
		p.free[dtype] = append(p.free[dtype], freeList{})
	}
	return &p.free[dtype][class]
}

// Trim gives up the free buffers and returns how many bytes they held.
func (p *Pool) Trim() int {
	p.must("tensor.Pool.Trim")
	freed := p.bytes - p.lent
	for dt := range p.free {
		for c := range p.free[dt] {
			p.free[dt][c].tensors = nil
		}
	}
	p.bytes = p.lent
	p.most = p.lent
	return freed
}

// What Settle allows: that so many pieces of work in a row need less than this part of what the pool keeps, if that is more
// than the least that is worth to give up.
const (
	settleTimes = 16
	settlePart  = 8
	settleLeast = 1 << 20
)

// Settle says that a piece of work has ended, after which work of another size may come. A pool that keeps more than 1
// MiB gives up its free buffers when 16 pieces of work in a row have each needed less than an eighth of what it keeps:
// memory does not stay where one large piece of work was followed by small ones for ever, and work of one size, or of
// two in turns, allocates nothing.
func (p *Pool) Settle() {
	p.must("tensor.Pool.Settle")
	if p.ample++; p.bytes <= settleLeast || p.recent >= p.bytes/settlePart {
		p.ample = 0
	}
	if p.ample >= settleTimes {
		p.Trim()
		p.ample = 0
	}
	p.recent = p.lent
}
