package kernel

import (
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

// In single precision a key and an index are one integer, whose order is that of a stable sort.

// packedKey returns the key of x, larger for larger numbers and largest for NaN, turned by flip.
func packedKey(x float32, flip uint32) uint32 {
	if x != x {
		return ^flip
	}
	bits := math.Float32bits(x + 0) // -0 + 0 is 0
	return bits ^ (uint32(int32(bits)>>31) | 1<<31) ^ flip
}

// directionOf returns what numbers are multiplied by so that those whose keys are smaller are larger: 1 in descending order, else -1.
func directionOf(flip uint32) float32 {
	if flip == 0 {
		return -1
	}
	return 1
}

// float32s returns a slice of single precision as what it is.
func float32s[T Float](s []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// sortPacked sorts width lines of single precision that lie side by side; elements of a line stand inner apart.
func (s *sorter) sortPacked(y, index, x []float32, n, k, width, inner int, flip uint32) {
	room := width * n
	keep, choose := k <= fewToKeep && k < n, inner == 1 && k <= n/(2*roomToSelect)
	if inner == 1 && (keep || choose) {
		room = min(n, k*roomToSelect)
	}
	s.packed = slices.Grow(s.packed[:0], room)[:room]
	switch {
	case keep:
		for c := range width {
			keepPacked(s.packed[c*n:][:k], x[c:], n, inner, flip)
		}
	case choose:
		s.selectPacked(s.packed, x[:n], k, flip)
	default:
		for r := range n {
			for c, v := range x[r*inner:][:width] {
				s.packed[c*n+r] = uint64(packedKey(v, flip))<<32 | uint64(r)
			}
		}
		for c := range width {
			s.orderPacked(s.packed[c*n:][:n], k)
		}
	}
	for r := range k {
		for c := range width {
			i := int(uint32(s.packed[c*n+r]))
			if len(y) > 0 {
				y[r*inner+c] = x[i*inner+c]
			}
			if len(index) > 0 {
				index[r*inner+c] = float32(i)
			}
		}
	}
}

// roomToSelect is how many times k elements [sorter.selectPacked] collects, before it looks for the first k of them.
const roomToSelect = 8

// selectPacked brings the first k elements of x, in order, to the front of room, of k·roomToSelect elements. It collects what comes
// before the last of the first k so far.
func (s *sorter) selectPacked(room []uint64, x []float32, k int, flip uint32) {
	for i := range room {
		room[i] = uint64(packedKey(x[i], flip))<<32 | uint64(i)
	}
	s.orderPacked(room, len(room))
	sign := directionOf(flip)
	many, last, bound := k, uint32(room[k-1]>>32), sign*x[uint32(room[k-1])]
	for i := len(room); i < len(x); i++ {
		if sign*x[i] <= bound { // most of them; an equal one stands behind those before it
			continue
		}
		if key := packedKey(x[i], flip); key < last {
			room[many] = uint64(key)<<32 | uint64(i)
			if many++; many == len(room) {
				s.orderPacked(room, len(room))
				many, last, bound = k, uint32(room[k-1]>>32), sign*x[uint32(room[k-1])]
			}
		}
	}
	s.orderPacked(room[:many], many)
}

// keepPacked sets best to the first of n elements of x that stand stride apart, more of them than best has room for.
func keepPacked(best []uint64, x []float32, n, stride int, flip uint32) {
	k := len(best)
	for i := range k {
		insertPacked(best[:i+1], uint64(packedKey(x[i*stride], flip))<<32|uint64(i))
	}
	sign := directionOf(flip)
	last, bound := uint32(best[k-1]>>32), sign*x[int(uint32(best[k-1]))*stride]
	for i := k; i < n; i++ {
		v := x[i*stride]
		if sign*v <= bound { // most of them; an equal one stands behind those before it
			continue
		}
		if key := packedKey(v, flip); key < last {
			insertPacked(best, uint64(key)<<32|uint64(i))
			last, bound = uint32(best[k-1]>>32), sign*x[int(uint32(best[k-1]))*stride]
		}
	}
}

// insertPacked inserts v into e, which is in order but for its last element; that leaves.
func insertPacked(e []uint64, v uint64) {
	j := len(e) - 1
	for ; j > 0 && v < e[j-1]; j-- {
		e[j] = e[j-1]
	}
	e[j] = v
}

// orderPacked brings the first k of e, in order, to the front.
func (s *sorter) orderPacked(e []uint64, k int) {
	switch {
	case k < len(e) && k <= fewToKeep:
		for i := 1; i < k; i++ {
			insertPacked(e[:i+1], e[i])
		}
		for _, v := range e[k:] {
			if v < e[k-1] {
				insertPacked(e[:k], v)
			}
		}
	case len(e) <= fewToCount:
		s.countPacked(e)
	default:
		s.radixSortPacked(e)
	}
}

// fewToCount is how many elements are sorted by counting, for each, those that come before it.
const fewToCount = 64

// countPacked sorts without a branch that depends on the elements.
func (s *sorter) countPacked(e []uint64) {
	for i, v := range e {
		before := uint64(0) // elements until here that v comes before
		r := s.ranks[:i]
		for j, w := range e[:len(r)] {
			_, less := bits.Sub64(v, w, 0)
			r[j] += less
			before += less
		}
		s.ranks[i] = uint64(i) - before
	}
	for i, v := range e {
		s.sorted[s.ranks[i]%fewToCount] = v
	}
	copy(e, s.sorted[:])
}

// radixSortPacked sorts by the bytes of the keys. The indices are in order already.
func (s *sorter) radixSortPacked(e []uint64) {
	s.room = slices.Grow(s.room[:0], len(e))[:len(e)]
	counts := (*[4][256]uint32)(s.counts[:4])
	clear(counts[:])
	for _, v := range e {
		counts[0][uint8(v>>32)]++
		counts[1][uint8(v>>40)]++
		counts[2][uint8(v>>48)]++
		counts[3][uint8(v>>56)]++
	}
	from, to := e, s.room
	for b := range counts {
		count, shift := &counts[b], 32+8*b
		if count[uint8(e[0]>>shift)] == uint32(len(e)) {
			continue
		}
		at := uint32(0)
		for i, c := range count {
			count[i] = at
			at += c
		}
		for _, v := range from {
			d := uint8(v >> shift)
			to[count[d]] = v
			count[d]++
		}
		from, to = to, from
	}
	if &from[0] != &e[0] {
		copy(e, from)
	}
}
