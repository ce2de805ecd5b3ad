package autograd

import (
	"fmt"
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// least returns how many steps must be computed again at least to go back through n of them with c kept states, by trying
// all ways.
func least(n, c int, known map[[2]int]int) int {
	if n <= 1 {
		return 0
	}
	if c == 0 {
		return n * (n - 1) / 2
	}
	if v, ok := known[[2]int{n, c}]; ok {
		return v
	}
	best := n * n
	for m := 1; m < n; m++ {
		best = min(best, m+least(n-m, c-1, known)+least(m, c, known))
	}
	known[[2]int{n, c}] = best
	return best
}

// TestRevolver goes back through sequences of every length and with every number of kept states: each step gets its
// state, in order, with no more states kept than allowed, as few steps computed again as possible, none of them too often.
func TestRevolver(t *testing.T) {
	known := make(map[[2]int]int)
	for n := 1; n <= 70; n++ {
		for c := 0; c <= 9; c++ {
			t.Run(fmt.Sprintf("%d steps, %d states", n, c), func(t *testing.T) {
				r := revolver{steps: n, most: c}
				first := tensor.Of([]float64{0})
				forth := 0 // steps on the way to the last state that is kept, which come first in least
				for i := range n {
					if r.keeps(i) {
						r.keep(i, tensor.Of([]float64{float64(i)}))
						forth = i
					}
				}
				for range 2 { // the second time without states
					again, steps := make([]int, n), forth
					next := n - 1
					r.back(first, func(i int, state *tensor.Tensor) {
						if state.AtFlat(0) != float64(i) {
							t.Fatalf("step %d is computed from the state before step %v", i, state.AtFlat(0))
						}
						state.SetFlat(float64(i+1), 0)
						again[i]++
						steps++
					}, func(i int, state *tensor.Tensor) bool {
						if i != next || state.AtFlat(0) != float64(i) {
							t.Fatalf("step %d is visited with state %v, want step %d", i, state.AtFlat(0), next)
						}
						if len(r.kept) > c {
							t.Fatalf("%d states are kept", len(r.kept))
						}
						next--
						return true
					})
					if next != -1 {
						t.Fatalf("%d steps are not visited", next+1)
					}
					if want := least(n, c, known); steps != want {
						t.Errorf("%d steps are computed again, want %d", steps, want)
					}
					times := 0
					for stepsWithin(c, times, n) < n {
						times++
					}
					for i, k := range again {
						if k > times {
							t.Errorf("step %d is computed %d times again, want %d at most", i, k, times)
						}
					}
					if first.AtFlat(0) != 0 {
						t.Fatal("the first state has changed")
					}
					forth = 0
				}
			})
		}
	}
}

// TestStepsWithin holds the numbers that the documentation gives, and that large ones neither overflow nor take long.
func TestStepsWithin(t *testing.T) {
	for _, test := range []struct{ c, r, limit, want int }{
		{10, 1, 1000, 12}, {10, 3, 1000, 364}, {10, 6, 20000, 12376}, {10, 3, 100, 100}, {0, 5, 100, 6},
		{1 << 30, 1, 1<<31 - 1, 1<<30 + 2}, {3, 1 << 30, 1<<31 - 1, 1<<31 - 1}, {1<<31 - 2, 1 << 30, 1<<31 - 1, 1<<31 - 1},
	} {
		if got := stepsWithin(test.c, test.r, test.limit); got != test.want {
			t.Errorf("stepsWithin(%d, %d, %d) = %d, want %d", test.c, test.r, test.limit, got, test.want)
		}
	}
	if got := roomFor(100000, 2); got != 445 {
		t.Errorf("roomFor(100000, 2) = %d, want 445", got)
	}
}
