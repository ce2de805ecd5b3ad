package ops

import (
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// What of the elements of a line comes first: in all of it, and among the first ones. Lines that lie side by side are gone
// through together, in the order in which they lie in memory.
//
// An order is that of the numbers times its sign, in which larger ones come first. Few elements come before all until
// then, so that the comparison which most of them fail stands first.

// leads reports whether v comes before m, both times the sign of the order, given that v ≤ m does not hold: v is larger,
// or one of them is NaN.
func leads[T constraints.Float](nanFirst bool, v, m T) bool {
	if nanFirst {
		return m == m
	}
	return v == v
}

// firstInOrder sets the node's result to the index of the element of each line that comes first.
func firstInOrder(n graph.Node, by order) {
	if n.DType() == tensor.Float32 {
		findFirst(&firstJobs32, firstJob[float32]{do: firstOfLines, by: by}, n, n.Out(), n.Out())
	} else {
		findFirst(&firstJobs64, firstJob[float64]{do: firstOfLines, by: by}, n, n.Out(), n.Out())
	}
}

// leaders sets every element of the node's result to the element of its operand that comes first among the one there and
// those before it in its line.
func leaders(n graph.Node, by order) {
	if n.DType() == tensor.Float32 {
		findFirst(&firstJobs32, firstJob[float32]{do: leadersOfLines, by: by}, n, n.Out(), n.Out())
	} else {
		findFirst(&firstJobs64, firstJob[float64]{do: leadersOfLines, by: by}, n, n.Out(), n.Out())
	}
}

// addToLeaders adds to the element of dst that comes first in its line so far, by the node's operand, what ct has from
// there to the next one that does.
func addToLeaders(n graph.Node, by order, ct, dst *tensor.Tensor) {
	if n.DType() == tensor.Float32 {
		findFirst(&firstJobs32, firstJob[float32]{do: addToLeadersOfLines, by: by}, n, ct, dst)
	} else {
		findFirst(&firstJobs64, firstJob[float64]{do: addToLeadersOfLines, by: by}, n, ct, dst)
	}
}

// What a firstJob does with lines.
const (
	firstOfLines = iota
	leadersOfLines
	addToLeadersOfLines
)

// A firstJob is the work of a function of this file, for several processors.
type firstJob[T constraints.Float] struct {
	do         int
	by         order
	x, ct, dst []T
	l          lines
	width      int // lines of a chunk; if there are lines side by side it is some of these
}

// The jobs that no one uses, so that an operation allocates nothing.
var (
	firstJobs32 = sync.Pool{New: func() any { return new(firstJob[float32]) }}
	firstJobs64 = sync.Pool{New: func() any { return new(firstJob[float64]) }}
)

// findFirst does a job on the lines of operand 0 of n.
func findFirst[T constraints.Float](jobs *sync.Pool, job firstJob[T], n graph.Node, ct, dst *tensor.Tensor) {
	const (
		together     = 8192 // elements of a chunk of lines that are one behind the other
		side         = 256  // lines of a chunk that lie side by side
		comparisons  = 32   // how many multiplications take as long as one element
		numbersALine = 3    // at most, beside the elements
	)
	j := jobs.Get().(*firstJob[T])
	*j = job
	j.x, j.ct, j.dst = tensor.Data[T](n.In(0)), tensor.Data[T](ct), tensor.Data[T](dst)
	j.l = linesOf(n.In(0).Dims(), n.Int(0))
	if j.l.n > 0 && j.l.outer > 0 {
		chunks, size := 0, 0
		if j.l.inner == 1 {
			j.width = max(together/j.l.n, 1)
			chunks = (j.l.outer + j.width - 1) / j.width
		} else {
			j.width = min(side, j.l.inner)
			if j.do == leadersOfLines { // which copies: that takes longer for parts of rows
				j.width = j.l.inner
			}
			chunks, size = j.l.outer*((j.l.inner+j.width-1)/j.width), numbersALine*j.width
		}
		kernel.Share(j, chunks, size, comparisons*len(j.x))
	}
	*j = firstJob[T]{}
	jobs.Put(j)
}

func (j *firstJob[T]) Chunk(i int, buffer []T) {
	if j.l.inner == 1 {
		for o := i * j.width; o < min((i+1)*j.width, j.l.outer); o++ {
			j.row(o)
		}
		return
	}
	across := (j.l.inner + j.width - 1) / j.width
	from := i % across * j.width
	width := min(j.width, j.l.inner-from)
	switch o := i / across; j.do {
	case firstOfLines:
		j.firstAcross(o, from, buffer[:width])
	case leadersOfLines:
		j.leadersAcross(o, from, width)
	default:
		j.addAcross(o, from, buffer[:width], buffer[width:][:width], buffer[2*width:][:width])
	}
}

// row does the job for line o, whose elements lie together.
func (j *firstJob[T]) row(o int) {
	row, sign, nanFirst := j.x[o*j.l.n:][:j.l.n], T(j.by.sign), j.by.nanFirst
	switch j.do {
	case firstOfLines:
		index, best := 0, sign*row[0]
		for k, v := range row {
			if v *= sign; !(v <= best) && leads(nanFirst, v, best) {
				index, best = k, v
			}
		}
		j.dst[o] = T(index)
	case leadersOfLines:
		best, line := row[0], j.dst[o*j.l.n:][:j.l.n]
		for k, v := range row {
			if !(sign*v <= sign*best) && leads(nanFirst, v, best) {
				best = v
			}
			line[k] = best
		}
	default:
		leader, sum := 0, 0.0
		ct, dst := j.ct[o*j.l.n:][:len(row)], j.dst[o*j.l.n:][:len(row)]
		for k, v := range row {
			if best := row[leader]; !(sign*v <= sign*best) && leads(nanFirst, v, best) {
				dst[leader] += T(sum)
				leader, sum = k, 0
			}
			sum += float64(ct[k])
		}
		dst[leader] += T(sum)
	}
}

// firstAcross finds the first elements of lines side by side, from line (o, from) on, one for each element of best, which is room.
func (j *firstJob[T]) firstAcross(o, from int, best []T) {
	sign, nanFirst, index := T(j.by.sign), j.by.nanFirst, j.dst[o*j.l.inner+from:][:len(best)]
	clear(index)
	for c, v := range j.x[j.l.at(o, 0, from):][:len(best)] {
		best[c] = sign * v
	}
	for k := 1; k < j.l.n; k++ {
		for c, v := range j.x[j.l.at(o, k, from):][:len(best)] {
			if v *= sign; !(v <= best[c]) && leads(nanFirst, v, best[c]) {
				best[c], index[c] = v, T(k)
			}
		}
	}
}

// leadersAcross does the job of leaders for lines side by side.
func (j *firstJob[T]) leadersAcross(o, from, width int) {
	sign, nanFirst := T(j.by.sign), j.by.nanFirst
	for k := range j.l.n {
		now := j.dst[j.l.at(o, k, from):][:width]
		if k == 0 {
			copy(now, j.x[j.l.at(o, 0, from):])
			continue
		}
		copy(now, j.dst[j.l.at(o, k-1, from):])
		for c, v := range j.x[j.l.at(o, k, from):][:len(now)] {
			if !(sign*v <= sign*now[c]) && leads(nanFirst, v, now[c]) {
				now[c] = v
			}
		}
	}
}

// addAcross does the job of addToLeaders for lines side by side, one for each element of best, index and lost, which are room.
func (j *firstJob[T]) addAcross(o, from int, best, index, lost []T) {
	sign, nanFirst, inner := T(j.by.sign), j.by.nanFirst, j.l.inner
	clear(index)
	clear(lost)
	copy(best, j.x[j.l.at(o, 0, from):])
	index, lost = index[:len(best)], lost[:len(best)]
	line := j.dst[j.l.at(o, 0, from):]
	for k := range j.l.n {
		ct := j.ct[j.l.at(o, k, from):][:len(best)]
		for c, v := range j.x[j.l.at(o, k, from):][:len(best)] {
			if !(sign*v <= sign*best[c]) && leads(nanFirst, v, best[c]) {
				best[c], index[c], lost[c] = v, T(k), 0
			}
			there := &line[int(index[c])*inner+c]
			*there, lost[c] = kernel.AddCompensated(*there, ct[c], lost[c])
		}
	}
}
