package data

import "fmt"

// A BatchesState is the place of [Batches] in an epoch, of plain integers that can be written to a file. The source of
// random numbers has its own state, which belongs to it.
type BatchesState struct {
	Size  int   // of a batch
	Order []int // of the examples in the epoch
	Place int   // batches of the epoch that have been given out
}

// State returns where the batches are: what [Batches.Restore] takes to go on from there with the same batches, if their
// source of random numbers is in the same state too.
func (b *Batches) State() BatchesState {
	b.mustBeMade("data.Batches.State")
	return BatchesState{len(b.full.own.Rows), append([]int{}, b.order...), b.k}
}

// Restore brings the batches to the place that [Batches.State] told, of these or others of the same set and settings.
// [Batches.Next] and [Batches.Rest] go on from there. It returns an error, and changes nothing, if the state is not one
// of batches of this size and number of examples.
func (b *Batches) Restore(s BatchesState) error {
	b.mustBeMade("data.Batches.Restore")
	if err := b.takes(s); err != nil {
		return fmt.Errorf("data.Batches.Restore: %w", err)
	}
	copy(b.order, s.Order)
	b.k = s.Place
	return nil
}

// takes returns an error unless the batches can be in the given state.
func (b *Batches) takes(s BatchesState) error {
	n := len(b.order)
	switch {
	case len(s.Order) != n:
		return fmt.Errorf("the order of %d examples, the set has %d", len(s.Order), n)
	case s.Size != len(b.full.own.Rows):
		return fmt.Errorf("the state is of batches of %d examples, these have %d", s.Size, len(b.full.own.Rows))
	case s.Place < 0 || s.Place > b.count:
		return fmt.Errorf("place %d in an epoch of %d batches", s.Place, b.count)
	}
	seen := make([]bool, n)
	for k, i := range s.Order {
		switch {
		case i < 0 || i >= n:
			return fmt.Errorf("the order has example %d at place %d: examples run from 0 to %d", i, k, n-1)
		case seen[i]:
			return fmt.Errorf("the order has example %d twice", i)
		case b.pick == InOrder && i != k:
			return fmt.Errorf("the order has example %d at place %d, and the batches are in the order of the set", i, k)
		}
		seen[i] = true
	}
	return nil
}
