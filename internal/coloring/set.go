package coloring

import "math/bits"

// A set of colors has a bit for each.
type set []uint64

func (s *set) add(c int32) {
	for int(c>>6) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[c>>6] |= 1 << (c & 63)
}

func (s *set) addAll(t set) {
	for len(*s) < len(t) {
		*s = append(*s, 0)
	}
	for i, word := range t {
		(*s)[i] |= word
	}
}

// least returns the first color that is not in the set.
func (s set) least() int32 {
	for i, word := range s {
		if word != ^uint64(0) {
			return int32(64*i + bits.TrailingZeros64(^word))
		}
	}
	return int32(64 * len(s))
}
