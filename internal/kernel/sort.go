package kernel

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// SortLines sorts lines of n elements, inner of them side by side, and sets the first k elements of every line of y to the first
// ones in order, and those of index to where they stand in their line of x. Either may be nil. Lines of y and index have k
// elements. The order is ascending, or descending; NaN counts as larger than all other numbers, 0 and -0 are equal, and equal
// elements keep their order.
//
// It takes the time of a radix sort, n, for long lines, and n and a little for a few elements of a line.
//
// Source: Knuth, The Art of Computer Programming, volume 3, section 5.2.5 (radix sort), and section 5.2.2 for the selection,
// Hoare's algorithm FIND.
func SortLines[T Float](y, index, x []T, n, k, inner int, descending bool) {
	lines := 0
	if n > 0 {
		lines = len(x) / n
	}
	mustLinesOf("SortLines", len(x), lines, n, inner)
	if y != nil {
		mustMatch("SortLines", "y", len(y), lines*k)
	}
	if index != nil {
		mustMatch("SortLines", "index", len(index), lines*k)
	}
	if k == 0 || lines == 0 {
		return
	}
	s := sorters.Get().(*sorter)
	defer sorters.Put(s)
	flip := uint64(0)
	if descending {
		flip = math.MaxUint64
	}
	if is32[T]() && uint64(n) < math.MaxUint32 {
		s.sortPacked(float32s(y), float32s(index), float32s(x), n, k, inner, uint32(flip))
		return
	}
	for o := 0; o < lines; o += inner {
		for j := 0; j < inner; j += sideBySide {
			// Some lines at a time, so that a cache line is read once.
			width := min(sideBySide, inner-j)
			s.elements = slices.Grow(s.elements[:0], width*n)[:width*n]
			for r := range n {
				row := x[o*n+r*inner+j:][:width]
				for c, v := range row {
					s.elements[c*n+r] = ranked{sortKey(v) ^ flip, r}
				}
			}
			for c := range width {
				s.sort(s.elements[c*n:][:n], k)
			}
			for r := range k {
				at := o*k + r*inner + j
				for c := range width {
					i := s.elements[c*n+r].index
					if y != nil {
						y[at+c] = x[o*n+i*inner+j+c]
					}
					if index != nil {
						index[at+c] = T(i)
					}
				}
			}
		}
	}
}

// sideBySide is how many lines that lie side by side are sorted at a time.
const sideBySide = 16

// A ranked is an element of a line, with a key whose order is that of the elements.
type ranked struct {
	key   uint64
	index int
}

func (e ranked) before(f ranked) bool {
	return e.key < f.key || e.key == f.key && e.index < f.index
}

// sortKey returns an integer for x that is larger for larger numbers, largest for NaN.
func sortKey[T Float](x T) uint64 {
	if x != x {
		return math.MaxUint64
	}
	bits := math.Float64bits(float64(x) + 0) // -0 + 0 is 0
	return bits ^ (uint64(int64(bits)>>63) | 1<<63)
}

// A sorter has the buffers of a sort.
type sorter struct {
	elements, spare []ranked
	packed, room    []uint64
	counts          [8][256]uint32
}

// sorters are free.
var sorters = sync.Pool{New: func() any { return new(sorter) }}

const (
	fewToSort = 32  // so many are sorted by insertion
	fewToRank = 192 // so many are sorted by comparing
	fewToKeep = 48  // so many are found by inserting what comes before the last of them
)

// sort brings the first k of e, in order, to the front.
func (s *sorter) sort(e []ranked, k int) {
	switch {
	case k < len(e) && k <= fewToKeep:
		keepFirst(e, k)
		return
	case k < len(e)/2 && k <= fewToRank: // a radix sort would not bring equal ones in order
		if selectFirst(e, k) {
			e = e[:k]
		}
	}
	switch {
	case len(e) <= fewToSort:
		insertionSort(e)
	case len(e) <= fewToRank:
		slices.SortFunc(e, func(a, b ranked) int {
			if c := cmp.Compare(a.key, b.key); c != 0 {
				return c
			}
			return a.index - b.index
		})
	default:
		s.radixSort(e)
	}
}

func insertionSort(e []ranked) {
	for i := 1; i < len(e); i++ {
		v := e[i]
		j := i
		for ; j > 0 && v.before(e[j-1]); j-- {
			e[j] = e[j-1]
		}
		e[j] = v
	}
}

// keepFirst brings the first k of e to the front: elements that come before the last of them are inserted among them.
func keepFirst(e []ranked, k int) {
	insertionSort(e[:k])
	last := e[k-1].key
	for i := k; i < len(e); i++ {
		v := e[i]
		if v.key >= last { // an equal one stands behind those before it
			continue
		}
		j := k - 1
		for ; j > 0 && v.key < e[j-1].key; j-- {
			e[j] = e[j-1]
		}
		e[j] = v
		last = e[k-1].key
	}
}

// selectFirst brings the first k of e to the front, in any order. It gives up, and reports false, where parts are so uneven that
// it would take more time than to sort.
func selectFirst(e []ranked, k int) bool {
	for budget := 8 * len(e); k > 0 && k < len(e); {
		if budget -= len(e); budget < 0 {
			return false
		}
		a, b, c := e[0], e[len(e)/2], e[len(e)-1]
		if b.before(a) {
			a, b = b, a
		}
		if c.before(b) {
			b = c
			if b.before(a) {
				b = a
			}
		}
		// Elements before the pivot b come to the front, those behind it to the end; no two are equal.
		i, j := 0, len(e)-1
		for i <= j {
			for e[i].before(b) {
				i++
			}
			for b.before(e[j]) {
				j--
			}
			if i <= j {
				e[i], e[j] = e[j], e[i]
				i++
				j--
			}
		}
		switch {
		case k <= j+1:
			e = e[:j+1]
		case k >= i:
			e, k = e[i:], k-i
		default:
			return true
		}
	}
	return true
}

// radixSort sorts by the bytes of the keys, the lowest first. Bytes that all keys have in common are left out.
func (s *sorter) radixSort(e []ranked) {
	s.spare = slices.Grow(s.spare[:0], len(e))[:len(e)]
	clear(s.counts[:])
	for _, v := range e {
		for b := range 8 {
			s.counts[b][v.key>>(8*b)&0xff]++
		}
	}
	from, to := e, s.spare
	for b := range 8 {
		count := &s.counts[b]
		if count[e[0].key>>(8*b)&0xff] == uint32(len(e)) {
			continue
		}
		at := uint32(0)
		for i, c := range count {
			count[i] = at
			at += c
		}
		for _, v := range from {
			d := v.key >> (8 * b) & 0xff
			to[count[d]] = v
			count[d]++
		}
		from, to = to, from
	}
	if &from[0] != &e[0] {
		copy(e, from)
	}
}
