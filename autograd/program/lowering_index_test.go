package program

import "testing"

// A constant index points to the same element as one that depends on the inputs would for its number.
func TestPointed(t *testing.T) {
	for _, n := range []int{0, 1, 3, 1000} {
		for _, index := range append([]float64{-3, -1.0000000000000002, -1e-30, -999, -1000, -1001, 999, 1e18}, specials...) {
			want, found := 0, false
			for k := range n {
				if index == float64(k) || index == float64(k-n) {
					want, found = k, true
				}
			}
			if k, ok := pointed(index, n); k != want || ok != found {
				t.Errorf("index %v of %d: got %d, %v, want %d, %v", index, n, k, ok, want, found)
			}
		}
	}
}
