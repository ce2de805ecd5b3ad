package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Indices that repeat add many numbers up in one place. In single precision a sum of a million numbers, one after the other,
// has only two digits left; so what comes often is added with compensation.

// fewAdditions is how many numbers in single precision are added one after the other: the error of 16 is below 1e-6.
const fewAdditions = 16

// groupSize is how many rows are added up before the sum is added with compensation.
const groupSize = 8

// sumAtIndices is [addAtIndices], exact to some 1e-6 in single precision however often an index repeats.
func sumAtIndices(g *graph.Graph, whole, part *tensor.Tensor, axis int, index []int) {
	switch {
	case whole.DType() == tensor.Float64 || len(index) <= fewAdditions || part.Len() == 0:
		addAtIndices(whole, part, axis, index)
	case axis == whole.Rank()-1:
		sumElements(g, whole, part, axis, index)
	default:
		sumRows(g, whole, part, axis, index)
	}
}

// sumElements adds lines of elements to lines of elements.
func sumElements(g *graph.Graph, whole, part *tensor.Tensor, axis int, index []int) {
	n := whole.Dims()[axis]
	buffer := g.Temp(n)
	defer g.FreeTemp(buffer)
	lost := buffer.Float32s()
	if assignSlots(lost, index) == 0 {
		addAtIndices(whole, part, axis, index)
		return
	}
	w, p := whole.Float32s(), part.Float32s()
	for ; len(p) > 0; p, w = p[len(index):], w[n:] {
		clear(lost)
		for j, k := range index {
			w[k], lost[k] = kernel.AddCompensated(w[k], p[j], lost[k])
		}
	}
}

// sumRows adds rows, which are all that stands behind the axis. Those whose index comes often get slots, with room for the
// sum of a group of rows and for what compensates.
func sumRows(g *graph.Graph, whole, part *tensor.Tensor, axis int, index []int) {
	slotOf := g.Temp(whole.Dims()[axis])
	defer g.FreeTemp(slotOf)
	slots := assignSlots(slotOf.Float32s(), index)
	if slots == 0 {
		addAtIndices(whole, part, axis, index)
		return
	}
	block := product(whole.Dims()[axis+1:])
	counts, groups, losts := g.Temp(slots), g.Temp(slots, block), g.Temp(slots, block)
	s := slotted{slotOf.Float32s(), counts.Float32s(), groups.Float32s(), losts.Float32s()}
	w, p := whole.Float32s(), part.Float32s()
	for size := whole.Dims()[axis] * block; len(p) > 0; w, p = w[size:], p[len(index)*block:] {
		clear(s.losts)
		for j, k := range index {
			s.add(w[k*block:(k+1)*block], p[j*block:(j+1)*block], k)
		}
		s.finish(w, block)
	}
	g.FreeTemp(losts)
	g.FreeTemp(groups)
	g.FreeTemp(counts)
}

// assignSlots numbers the indices that come more than a few times, from 1 up, and returns how many they are. The number of
// any other is 0.
func assignSlots(slotOf []float32, index []int) (slots int) {
	for _, k := range index {
		slotOf[k]++
	}
	for k, count := range slotOf {
		slotOf[k] = 0
		if count > fewAdditions && slots < maxIndex32 {
			slots++
			slotOf[k] = float32(slots)
		}
	}
	return slots
}

// A slotted sum is one of rows, some of which have slots.
type slotted struct {
	slotOf        []float32 // by index
	counts        []float32 // by slot: how many rows its group has
	groups, losts []float32 // by slot: a row
}

// add adds the row x to the row sum of index k.
func (s slotted) add(sum, x []float32, k int) {
	if s.slotOf[k] == 0 {
		kernel.AddTo(sum, x)
		return
	}
	slot := int(s.slotOf[k]) - 1
	kernel.AddTo(s.groups[slot*len(x):(slot+1)*len(x)], x)
	if s.counts[slot]++; s.counts[slot] == groupSize {
		s.flush(sum, slot)
	}
}

// flush adds the group of a slot to the row sum.
func (s slotted) flush(sum []float32, slot int) {
	group, lost := s.groups[slot*len(sum):(slot+1)*len(sum)], s.losts[slot*len(sum):(slot+1)*len(sum)]
	for i, v := range group {
		sum[i], lost[i] = kernel.AddCompensated(sum[i], v, lost[i])
	}
	clear(group)
	s.counts[slot] = 0
}

// finish adds the groups that are left to the rows of whole.
func (s slotted) finish(whole []float32, block int) {
	for k, slot := range s.slotOf {
		if slot != 0 && s.counts[int(slot)-1] != 0 {
			s.flush(whole[k*block:(k+1)*block], int(slot)-1)
		}
	}
}
