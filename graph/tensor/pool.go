package tensor

import "math/bits"

// A Pool lends tensors and takes them back, so that work which is done over and over allocates nothing after the first
// time. Tensors of like size share a free list; a buffer is at most an eighth larger than what was asked for.
// The zero Pool is ready to use. It serves one goroutine.
type Pool struct {
	free    [2][][]*Tensor // by precision and size class, as far as classes are in use
	headers []*Tensor      // for views
	bytes   int            // of all buffers made so far, lent or free
	lent    int            // of the buffers that are lent
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

// Bytes returns the size of all buffers that the pool has made, whether lent or free.
func (p *Pool) Bytes() int { return p.bytes }

// Lent returns the size of the buffers that are lent.
func (p *Pool) Lent() int { return p.lent }

// Get returns a tensor whose elements are undefined. The shape must have passed [Size].
func (p *Pool) Get(dtype DType, shape []int) *Tensor {
	n := product(shape)
	class, size := classOf(n)
	list := p.list(dtype, class)
	p.lent += size * dtype.Bytes()
	var t *Tensor
	if k := len(*list); k > 0 {
		t = (*list)[k-1]
		*list = (*list)[:k-1]
	} else {
		t = &Tensor{dtype: dtype}
		p.bytes += size * dtype.Bytes()
		if dtype == Float32 {
			t.f32 = make([]float32, n, size)
		} else {
			t.f64 = make([]float64, n, size)
		}
	}
	t.shape = append(t.shape[:0], shape...)
	if dtype == Float32 {
		t.f32 = t.f32[:n]
	} else {
		t.f64 = t.f64[:n]
	}
	return t
}

// Zeros returns a tensor of zeros. The shape must have passed [Size].
func (p *Pool) Zeros(dtype DType, shape []int) *Tensor {
	t := p.Get(dtype, shape)
	t.Zero()
	return t
}

// View returns a tensor of the given shape over t's elements from offset on.
func (p *Pool) View(t *Tensor, shape []int, offset int) *Tensor {
	var v *Tensor
	if k := len(p.headers); k > 0 {
		v = p.headers[k-1]
		p.headers = p.headers[:k-1]
	} else {
		v = &Tensor{}
	}
	n := product(shape)
	v.shape = append(v.shape[:0], shape...)
	v.dtype, v.view = t.dtype, true
	if t.dtype == Float32 {
		v.f32 = t.f32[offset : offset+n]
	} else {
		v.f64 = t.f64[offset : offset+n]
	}
	return v
}

// Put takes back a tensor that Get, Zeros or View lent. It must not be used afterwards.
func (p *Pool) Put(t *Tensor) {
	if t.view {
		t.f32, t.f64 = nil, nil
		p.headers = append(p.headers, t)
		return
	}
	size := cap(t.f64)
	if t.dtype == Float32 {
		size = cap(t.f32)
	}
	class, _ := classOf(size)
	p.lent -= size * t.dtype.Bytes()
	list := p.list(t.dtype, class)
	*list = append(*list, t)
}

// list returns the free tensors of a size class.
func (p *Pool) list(dtype DType, class int) *[]*Tensor {
	for len(p.free[dtype]) <= class {
		p.free[dtype] = append(p.free[dtype], nil)
	}
	return &p.free[dtype][class]
}

// Trim gives up the free buffers and returns how many bytes they held.
func (p *Pool) Trim() int {
	freed := 0
	for dt := range p.free {
		for c := range p.free[dt] {
			for _, t := range p.free[dt][c] {
				freed += (cap(t.f64))*8 + cap(t.f32)*4
			}
			p.free[dt][c] = nil
		}
	}
	p.bytes -= freed
	return freed
}
