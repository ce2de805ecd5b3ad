package kernel

import (
	"math"
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

// float32s returns a slice of single precision as what it is.
func float32s[T Float](s []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// sortPacked is [SortLines] in single precision.
func (s *sorter) sortPacked(y, index, x []float32, n, k, inner int, flip uint32) {
	for o := 0; o < len(x)/n; o += inner {
		for j := 0; j < inner; j += sideBySide {
			width := min(sideBySide, inner-j)
			s.packed = slices.Grow(s.packed[:0], width*n)[:width*n]
			from := x[o*n+j:]
			if few := k <= fewToKeep && k < n; few && inner == 1 {
				keepPacked(s.packed[:k], from[:n], flip)
			} else {
				for r := range n {
					for c, v := range from[r*inner:][:width] {
						s.packed[c*n+r] = uint64(packedKey(v, flip))<<32 | uint64(r)
					}
				}
				for c := range width {
					s.orderPacked(s.packed[c*n:][:n], k)
				}
			}
			for r := range k {
				at := o*k + r*inner + j
				for c := range width {
					i := int(uint32(s.packed[c*n+r]))
					if len(y) > 0 {
						y[at+c] = from[i*inner+c]
					}
					if len(index) > 0 {
						index[at+c] = float32(i)
					}
				}
			}
		}
	}
}

// keepPacked sets best to the first elements of x, more of them than best has room for.
func keepPacked(best []uint64, x []float32, flip uint32) {
	k := len(best)
	for i, v := range x[:k] {
		insertPacked(best[:i+1], uint64(packedKey(v, flip))<<32|uint64(i))
	}
	last := uint32(best[k-1] >> 32)
	for i := k; i < len(x); i++ {
		if key := packedKey(x[i], flip); key < last { // an equal one stands behind those before it
			insertPacked(best, uint64(key)<<32|uint64(i))
			last = uint32(best[k-1] >> 32)
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
	const fewToInsert = 40
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
	case len(e) <= fewToInsert:
		for i := 1; i < len(e); i++ {
			insertPacked(e[:i+1], e[i])
		}
	default:
		s.radixSortPacked(e)
	}
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
