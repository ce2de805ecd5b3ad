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
	j := sortJob[T]{y: y, index: index, x: x, n: n, k: k, inner: inner}
	if descending {
		j.flip = math.MaxUint64
	}
	j.width = sideBySide
	chunks := lines / inner * ((inner + j.width - 1) / j.width)
	if inner == 1 {
		j.width = max(sortedTogether/n, 1)
		chunks = (lines + j.width - 1) / j.width
	}
	if len(x) >= minParallelSort && chunks > 1 && workers.acquire() {
		shared := &jobsOf[T]().sort
		*shared = j
		workers.run(shared, chunks, len(x) >= 4*minParallelSort)
		*shared = sortJob[T]{}
		workers.release()
		return
	}
	for i := range chunks {
		j.chunk(i)
	}
}

const (
	sortedTogether  = 4096 // elements of a chunk of lines, if they are short
	minParallelSort = 4096 // elements to sort that are worth another processor
)

// A sortJob is the work of SortLines, spread over processors.
type sortJob[T Float] struct {
	y, index, x []T
	n, k, inner int
	width       int    // lines of a chunk; if there are lines side by side it is some of these
	flip        uint64 // turns the order of keys
}

func (j *sortJob[T]) chunk(i int) {
	s := sorters.Get().(*sorter)
	defer sorters.Put(s)
	packed := is32[T]() && uint64(j.n) < math.MaxUint32
	if j.inner == 1 {
		for line := i * j.width; line < min((i+1)*j.width, len(j.x)/j.n); line++ {
			x, y, index := j.x[line*j.n:][:j.n], sub(j.y, line*j.k, (line+1)*j.k), sub(j.index, line*j.k, (line+1)*j.k)
			if packed {
				s.sortPacked(float32s(y), float32s(index), float32s(x), j.n, j.k, 1, 1, uint32(j.flip))
			} else {
				sortRanked(s, y, index, x, j.n, j.k, 1, 1, j.flip)
			}
		}
		return
	}
	// Some lines at a time, so that a cache line is read once.
	across := (j.inner + j.width - 1) / j.width
	o, from := i/across, i%across*j.width
	width := min(j.width, j.inner-from)
	x := j.x[o*j.n*j.inner+from:]
	y, index := tail(j.y, o*j.k*j.inner+from), tail(j.index, o*j.k*j.inner+from)
	if packed {
		s.sortPacked(float32s(y), float32s(index), float32s(x), j.n, j.k, width, j.inner, uint32(j.flip))
	} else {
		sortRanked(s, y, index, x, j.n, j.k, width, j.inner, j.flip)
	}
}

// tail returns s[from:], or nil for a slice that is not used.
func tail[T Float](s []T, from int) []T {
	if s == nil {
		return nil
	}
	return s[from:]
}

// sortRanked sorts width lines that lie side by side; elements of a line stand inner apart.
func sortRanked[T Float](s *sorter, y, index, x []T, n, k, width, inner int, flip uint64) {
	s.elements = slices.Grow(s.elements[:0], width*n)[:width*n]
	for r := range n {
		for c, v := range x[r*inner:][:width] {
			s.elements[c*n+r] = ranked{sortKey(v) ^ flip, r}
		}
	}
	for c := range width {
		s.sort(s.elements[c*n:][:n], k)
	}
	for r := range k {
		for c := range width {
			i := s.elements[c*n+r].index
			if y != nil {
				y[r*inner+c] = x[i*inner+c]
			}
			if index != nil {
				index[r*inner+c] = T(i)
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
	ranks, sorted   [fewToCount]uint64
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
