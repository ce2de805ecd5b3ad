package autograd

import (
	"math/bits"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A revolver is the way back through a sequence of steps of which few states can be kept: the others are computed
// again, from the nearest one before. Which are kept is the schedule of Griewank and Walther (2000), Algorithm 799:
// Revolve, which computes no step oftener than must be.
//
// Before is the first state, which is always there and not counted.
type revolver struct {
	steps int
	most  int              // states that may be kept
	at    []int            // the steps before which the states were that are kept, ascending
	kept  []*tensor.Tensor // the states
	spare []*tensor.Tensor
}

// stepsWithin returns how many steps can be gone back with so many kept states if none is computed more than r times again,
// the binomial coefficient (c+1+r over r), or limit if that is less.
func stepsWithin(c, r, limit int) int {
	n := 1
	for i := 1; i <= r && n < limit; i++ {
		n = scaled(n, c+1+i, i, limit)
	}
	return min(n, limit)
}

// scaled returns n·a/b, or limit if that is less.
func scaled(n, a, b, limit int) int {
	hi, lo := bits.Mul64(uint64(n), uint64(a))
	if hi >= uint64(b) {
		return limit
	}
	q, _ := bits.Div64(hi, lo, uint64(b))
	return int(min(q, uint64(limit)))
}

// split returns how far to go from the beginning of n > 1 steps to keep the next state, if c states may be kept: n-1 if
// there is none, and the way there is not kept.
func split(n, c int) int {
	if c == 0 {
		return n - 1
	}
	// The least r for which stepsWithin(c, r) is enough, and stepsWithin(c, r-1).
	r, less := 1, 1
	for all := scaled(1, c+2, 1, n); all < n; all = scaled(all, c+1+r, r, n) {
		r, less = r+1, all
	}
	return min(less, n-scaled(less, c+1, c+r, n)) // which is stepsWithin(c-1, r-1)
}

// keeps reports whether the state before step i is to be kept on the way forth.
func (r *revolver) keeps(i int) bool {
	from, free := 0, r.most-len(r.at)
	if k := len(r.at); k > 0 {
		from = r.at[k-1]
	}
	return free > 0 && r.steps-from > 1 && i == from+split(r.steps-from, free)
}

// keep keeps a copy of the state before step i.
func (r *revolver) keep(i int, state *tensor.Tensor) {
	r.at, r.kept = append(r.at, i), append(r.kept, r.copyOf(state))
}

// copyOf returns a copy of a state, which release takes back.
func (r *revolver) copyOf(state *tensor.Tensor) *tensor.Tensor {
	if k := len(r.spare); k > 0 {
		t := r.spare[k-1]
		r.spare = r.spare[:k-1]
		t.Copy(state)
		return t
	}
	return state.Clone()
}

func (r *revolver) release(t *tensor.Tensor) { r.spare = append(r.spare, t) }

// back calls visit for every step, the last one first, with the state before it, until it returns false. advance
// replaces a state before step i with that after it.
func (r *revolver) back(first *tensor.Tensor, advance func(i int, state *tensor.Tensor), visit func(i int, state *tensor.Tensor) bool) {
	defer func() { // the next sweep begins from the first state
		r.spare = append(r.spare, r.kept...)
		r.at, r.kept = r.at[:0], r.kept[:0]
	}()
	for end := r.steps; end > 0; {
		from, state := 0, first
		if k := len(r.at); k > 0 {
			from, state = r.at[k-1], r.kept[k-1]
		}
		if from+1 == end {
			ok := visit(from, state)
			if k := len(r.at); k > 0 {
				r.at, r.kept = r.at[:k-1], r.kept[:k-1]
				r.release(state)
			}
			if end--; !ok {
				break
			}
			continue
		}
		next := from + split(end-from, r.most-len(r.at))
		state = r.copyOf(state)
		for i := from; i < next; i++ {
			advance(i, state)
		}
		if len(r.at) < r.most {
			r.at, r.kept = append(r.at, next), append(r.kept, state)
			continue
		}
		ok := visit(next, state) // the last step
		r.release(state)
		if end--; !ok {
			break
		}
	}
}

// roomFor returns how many states must be kept so that none of so many steps is computed more than r times again.
func roomFor(steps, r int) int {
	c := 0
	for stepsWithin(c, r, steps) < steps {
		c++
	}
	return c
}
