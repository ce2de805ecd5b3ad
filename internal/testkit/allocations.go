package testkit

import "math"

// FewestAllocations counts allocations up to three times and returns the smallest count, at once where it is at most
// enough. The runtime's own goroutines allocate now and then, a collection that falls into the work empties pools, and
// a goroutine that moves to another processor finds none of the first one's. All that is made good once, where work
// that allocates does so each time.
func FewestAllocations(enough uint64, count func() uint64) uint64 {
	fewest := uint64(math.MaxUint64)
	for range 3 {
		if fewest = min(fewest, count()); fewest <= enough {
			break
		}
	}
	return fewest
}
