package hugepage_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/internal/hugepage"
)

// TestAdvise holds that advice leaves a slice as it is, whatever its size and place, and that a slice can be written from
// end to end afterwards.
func TestAdvise(t *testing.T) {
	hugepage.Advise[float64](nil)
	hugepage.Advise([]struct{}{{}, {}})
	for _, n := range []int{0, 1, 1000, hugepage.Least - 1, hugepage.Least, 1 << 20, 5<<20 + 1} {
		s := make([]byte, n, n+n/2)
		for i := range s {
			s[i] = byte(i)
		}
		hugepage.Advise(s)
		for i := range s {
			if s[i] != byte(i) {
				t.Fatalf("%d bytes: number %d changed", n, i)
			}
		}
		all := s[:cap(s)]
		for i := n; i < len(all); i++ {
			if all[i] != 0 {
				t.Fatalf("%d bytes: number %d behind the end is not 0", n, i)
			}
			all[i] = 1
		}
	}
}
