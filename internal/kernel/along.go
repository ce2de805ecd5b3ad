package kernel

import (
	"math"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// An index of this file is a number of T: a whole number from 0 to n-1, for lines of n elements, or from -n to -1, which count from
// the end. Lines of whole have n elements, those of part and index m; inner of them lie side by side, their elements inner apart.

// TakeAlong sets the elements of lines of part to those of lines of whole that index says, or adds them. It returns -1, or the
// place of the first index that is none; then not all elements are set.
func TakeAlong[T Float](part, index, whole []T, n, m, inner int, add bool) (wrong int) {
	j := alongJob[T]{part: part, index: index, whole: whole, n: n, m: m, inner: inner, do: takeAlong}
	if add {
		j.do = takeMoreAlong
	}
	return j.run("TakeAlong")
}

// PutAlong adds the elements of lines of part to those of lines of whole that index says; with set, to lines of zeros. It returns -1,
// or the place of the first index that is none; then not all elements are added. In single precision, sums are exact to some 1e-6
// however often an index repeats in a line: from the 17th element on they are compensated.
func PutAlong[T Float](whole, index, part []T, n, m, inner int, set bool) (wrong int) {
	j := alongJob[T]{part: part, index: index, whole: whole, n: n, m: m, inner: inner, do: putAlong, set: set}
	if is32[T]() && m > fewAdditions {
		j.do = putExactlyAlong
	}
	return j.run("PutAlong")
}

// PutDistinctAlong is [PutAlong] for indices that do not repeat in a line.
func PutDistinctAlong[T Float](whole, index, part []T, n, m, inner int, set bool) (wrong int) {
	j := alongJob[T]{part: part, index: index, whole: whole, n: n, m: m, inner: inner, do: putAlong, set: set}
	return j.run("PutDistinctAlong")
}

// fewAdditions is how many numbers in single precision are added one after the other: the error of 16 is below 1e-6.
const fewAdditions = 16

// AddCompensated returns sum + x, and what is too much in it by rounding; lost is that of the sum (Kahan, 1965).
func AddCompensated[T Float](sum, x, lost T) (next, nextLost T) {
	y := x - lost
	next = sum + y
	if nextLost = next - sum - y; nextLost-nextLost != 0 { // an infinity stays one
		nextLost = 0
	}
	return next, nextLost
}

// What an alongJob does with an element of part and the one of whole that its index points to.
const (
	takeAlong       = iota // sets the one of part
	takeMoreAlong          // adds to the one of part
	putAlong               // adds to the one of whole
	putExactlyAlong        // the same with compensation, where there are many
)

// An alongJob is the work of a function of this file, spread over processors.
type alongJob[T Float] struct {
	part, index, whole []T
	n, m, inner        int
	do                 int
	set                bool           // what is put is added to zeros
	width              int            // lines of a chunk; if there are lines side by side it is some of these
	wrong              atomic.Uintptr // the place of the first index that is none, of work that is shared
}

// alongWidth is how many lines that lie side by side are a chunk.
const alongWidth = 128

func (j *alongJob[T]) run(fn string) int {
	mustMatch(fn, "index", len(j.index), len(j.part))
	if len(j.part) == 0 {
		if j.set {
			clear(j.whole)
		}
		return -1
	}
	outer := mustRows(fn, "part", len(j.part), j.m*j.inner)
	mustMatch(fn, "whole", len(j.whole), outer*j.n*j.inner)
	if raceEnabled {
		observe(j.index)
		if j.do >= putAlong {
			touch(j.whole)
			observe(j.part)
		} else {
			touch(j.part)
			observe(j.whole)
		}
	}
	chunks := 0
	if j.inner == 1 {
		j.width = max(part/4/j.m, 1)
		chunks = (outer + j.width - 1) / j.width
	} else {
		j.width = alongWidth
		chunks = outer * ((j.inner + j.width - 1) / j.width)
	}
	if len(j.part) >= minParallelExpensive/2 && chunks > 1 && workers.acquire() {
		shared := &jobsOf[T]().along
		shared.part, shared.index, shared.whole = j.part, j.index, j.whole
		shared.n, shared.m, shared.inner, shared.do, shared.set, shared.width = j.n, j.m, j.inner, j.do, j.set, j.width
		shared.wrong.Store(math.MaxInt)
		workers.run(shared, chunks, len(j.part) >= minParallelExpensive)
		wrong := shared.wrong.Load()
		shared.part, shared.index, shared.whole = nil, nil, nil
		workers.release()
		if wrong != math.MaxInt {
			return int(wrong)
		}
		return -1
	}
	first := -1
	for i := range chunks { // all of them: places of lines side by side are not in order
		if wrong := j.lines(i); wrong >= 0 && (first < 0 || wrong < first) {
			first = wrong
		}
	}
	return first
}

func (j *alongJob[T]) chunk(i int) {
	wrong := j.lines(i)
	for wrong >= 0 {
		was := j.wrong.Load()
		if uintptr(wrong) >= was || j.wrong.CompareAndSwap(was, uintptr(wrong)) {
			return
		}
	}
}

// lines does the work of a chunk, and returns -1 or the place of an index that is none.
func (j *alongJob[T]) lines(i int) (wrong int) {
	var counts []uint8
	var lost []T
	if j.do == putExactlyAlong {
		lines := 1
		if j.inner > 1 {
			lines = min(j.width, j.inner)
		}
		free := scratchOf[T]()
		s := free.get()
		defer free.put(s)
		s.buffer = grow(s.buffer, 2*j.n*lines)
		lost = s.buffer[:j.n*lines]
		counts = unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(s.buffer[j.n*lines:]))), j.n*lines)
	}
	if j.inner == 1 {
		for o := i * j.width; o < min((i+1)*j.width, len(j.part)/j.m); o++ {
			clear(counts)
			whole := j.whole[o*j.n:][:j.n]
			if j.set {
				clear(whole)
			}
			r := alongRow[T]{j.part[o*j.m:][:j.m], j.index[o*j.m:][:j.m], whole, counts, lost, j.n, 1, 1, 0}
			if k := r.move(j.do); k >= 0 {
				return o*j.m + k
			}
		}
		return -1
	}
	across := (j.inner + j.width - 1) / j.width
	o, from := i/across, i%across*j.width
	width := min(j.width, j.inner-from)
	if j.n == 0 {
		return o*j.m*j.inner + from
	}
	clear(counts)
	whole := j.whole[o*j.n*j.inner+from:][:(j.n-1)*j.inner+width]
	for k := 0; j.set && k < j.n; k++ {
		clear(whole[k*j.inner:][:width])
	}
	for k := range j.m {
		at := (o*j.m+k)*j.inner + from
		r := alongRow[T]{j.part[at:][:width], j.index[at:][:width], whole, counts, lost, j.n, j.inner, width, 1}
		if k := r.move(j.do); k >= 0 {
			return at + k
		}
	}
	return -1
}

// An alongRow is some elements of part, and lines of n elements each in whole, which stand inner apart. Element i of part belongs
// to line i·step. The elements of counts and lost stand width apart.
type alongRow[T Float] struct {
	part, index, whole    []T
	counts                []uint8 // how often elements of whole were added to, up to fewAdditions+1
	lost                  []T     // what rounding lost since then
	n, inner, width, step int
}

// move returns the place of an index that is none, or -1.
func (r *alongRow[T]) move(do int) int {
	part, whole, n, inner, step := r.part[:len(r.index)], r.whole, r.n, r.inner, r.step
	switch do {
	case takeAlong:
		if step == 0 {
			for k, v := range r.index {
				i := indexOf(v, n)
				if uint(i) >= uint(len(whole)) {
					return k
				}
				part[k] = whole[i]
			}
			return -1
		}
		for k, v := range r.index {
			i := indexOf(v, n)
			if uint(i) >= uint(n) {
				return k
			}
			part[k] = whole[i*inner+k]
		}
	case takeMoreAlong:
		for k, v := range r.index {
			i := indexOf(v, n)
			if uint(i) >= uint(n) {
				return k
			}
			part[k] += whole[i*inner+k*step]
		}
	case putAlong:
		if step == 0 {
			for k, v := range r.index {
				i := indexOf(v, len(whole))
				if uint(i) >= uint(len(whole)) {
					return k
				}
				whole[i] += part[k]
			}
			return -1
		}
		for k, v := range r.index {
			i := indexOf(v, n)
			if uint(i) >= uint(n) {
				return k
			}
			whole[i*inner+k] += part[k]
		}
	case putExactlyAlong:
		if step == 0 {
			return r.putExactly()
		}
		counts, lost, width := r.counts, r.lost[:len(r.counts)], r.width
		for k, v := range r.index {
			i := indexOf(v, n)
			if uint(i) >= uint(n) {
				return k
			}
			to, at := i*inner+k, i*width+k
			count := counts[at]
			if count < fewAdditions {
				whole[to] += part[k]
				counts[at] = count + 1
				continue
			}
			if count == fewAdditions {
				lost[at] = 0
				counts[at] = count + 1
			}
			whole[to], lost[at] = AddCompensated(whole[to], part[k], lost[at])
		}
	}
	return -1
}

// putExactly is move with putExactlyAlong for one line.
func (r *alongRow[T]) putExactly() int {
	whole, part := r.whole, r.part[:len(r.index)]
	counts, lost := r.counts[:len(whole)], r.lost[:len(whole)]
	for k, v := range r.index {
		i := indexOf(v, len(whole))
		if uint(i) >= uint(len(whole)) {
			return k
		}
		count := counts[i]
		if count < fewAdditions {
			whole[i] += part[k]
			counts[i] = count + 1
			continue
		}
		if count == fewAdditions {
			lost[i] = 0
			counts[i] = count + 1
		}
		whole[i], lost[i] = AddCompensated(whole[i], part[k], lost[i])
	}
	return -1
}

// indexOf returns the index v into n elements, counted from 0 up, or a number that is not from 0 to n-1 if it is none.
func indexOf[T Float](v T, n int) int {
	if is32[T]() {
		// A whole number from 0 to 2²³-1 plus 2²³ has that number in its last bits.
		sum := float32(v) + 0x1p23
		if i := int(math.Float32bits(sum)) - 0x4b000000; sum-0x1p23 == float32(v) && uint(i) < 1<<23 {
			return i
		}
	}
	i := int(v)
	if T(i) != v {
		return -1
	}
	i += i >> (bits.UintSize - 1) & n // a negative index counts from the end
	return i
}
