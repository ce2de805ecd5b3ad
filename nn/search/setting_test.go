package search_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn/search"
)

// values returns what a setting has in the trials of a search at random, by their numbers.
func values[T any](t *testing.T, n int, seed uint64, s *search.Setting[T], others ...search.Axis) []T {
	t.Helper()
	out := make([]T, n)
	plan := search.Random(n, append([]search.Axis{s}, others...)...)
	_, err := search.Minimize(t.Context(), plan, search.Config{Seed: seed}, func(_ context.Context, r *search.Run) (float64, error) {
		out[r.Trial] = s.Of(r)
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDraws holds that values are drawn with the probabilities that the settings promise: of n draws, the number in
// each of k equally likely parts is n/k with a standard deviation below √(n/k).
func TestDraws(t *testing.T) {
	const n, k = 4000, 10
	part := map[string]func() []int{
		"choice": func() (parts []int) {
			for _, v := range values(t, n, 1, search.Choice("a", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")) {
				parts = append(parts, int(v[0]-'0'))
			}
			return parts
		},
		"int": func() (parts []int) {
			for _, v := range values(t, n, 1, search.Int("a", -3, 6)) {
				parts = append(parts, v+3)
			}
			return parts
		},
		"uniform": func() (parts []int) {
			for _, v := range values(t, n, 1, search.Uniform("a", -1, 3)) {
				parts = append(parts, int((v+1)/4*k))
			}
			return parts
		},
		"log-uniform": func() (parts []int) {
			for _, v := range values(t, n, 1, search.LogUniform("a", 1e-5, 1e5)) {
				parts = append(parts, int(math.Log10(v)+5))
			}
			return parts
		},
		"all ints": func() (parts []int) {
			for _, v := range values(t, n, 1, search.Int("a", math.MinInt, math.MaxInt)) {
				parts = append(parts, int((float64(v)/(1<<(intBits-1))+1)/2*k))
			}
			return parts
		},
	}
	for name, parts := range part {
		var counts [k]int
		for _, p := range parts() {
			counts[p]++
		}
		for i, got := range counts {
			if math.Abs(float64(got)-n/k) > 4*math.Sqrt(n/k) {
				t.Errorf("%s: part %d comes %d times, want about %d", name, i, got, n/k)
			}
		}
	}
}

const intBits = 32 << (^uint(0) >> 63)

func TestDrawsStayInRange(t *testing.T) {
	const tiny, huge = math.SmallestNonzeroFloat64, math.MaxFloat64
	for _, r := range [][2]float64{{-huge, huge}, {0, tiny}, {1, math.Nextafter(1, 2)}, {-2, -1}} {
		for _, v := range values(t, 100, 3, search.Uniform("a", r[0], r[1])) {
			if !(v >= r[0] && v <= r[1]) {
				t.Errorf("uniform from %g to %g: %g", r[0], r[1], v)
			}
		}
	}
	for _, r := range [][2]float64{{tiny, huge}, {1, math.Nextafter(1, 2)}, {1e-3, 1}} {
		for _, v := range values(t, 100, 3, search.LogUniform("a", r[0], r[1])) {
			if !(v >= r[0] && v <= r[1]) {
				t.Errorf("log-uniform from %g to %g: %g", r[0], r[1], v)
			}
		}
	}
	if v := values(t, 3, 1, search.Int("a", 7, 7)); !slices.Equal(v, []int{7, 7, 7}) {
		t.Errorf("int from 7 to 7: %d", v)
	}
}

// TestDrawsDependOnSeedAndNumber holds that point i is the same in longer searches, and another one for other seeds.
func TestDrawsDependOnSeedAndNumber(t *testing.T) {
	a := search.Uniform("a", 0, 1)
	short, long := values(t, 5, 1, a), values(t, 50, 1, a)
	if diff := cmp.Diff(short, long[:5]); diff != "" {
		t.Errorf("the first points of 5 and of 50: mismatch (-short +long)\n%s", diff)
	}
	all := append(values(t, 50, 2, a), long...)
	all = append(all, values(t, 50, math.MaxUint64, a)...)
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 150 {
		t.Errorf("%d different values in 150 points of three seeds", n)
	}
}

// A shape has a text of its own.
type shape struct {
	sizes []int
	make  func()
}

func (s shape) String() string { return fmt.Sprint(s.sizes) }

func TestChoiceOfAnything(t *testing.T) {
	hidden := search.Choice("hidden", []int{8}, []int{16, 8}, nil)
	shapes := search.Choice("shape", shape{sizes: []int{1}}, shape{sizes: []int{2}, make: func() {}})
	wait := search.Choice("wait", time.Second)
	mixed := search.Choice[any]("mixed", nil, 1, "one")
	var got []string
	_, err := search.Minimize(t.Context(), search.Grid(hidden, shapes, wait, mixed), search.Config{Workers: 1}, func(_ context.Context, r *search.Run) (float64, error) {
		if want := fmt.Sprintf("hidden=%v shape=%v wait=%v mixed=%v", hidden.Of(r), shapes.Of(r), wait.Of(r), mixed.Of(r)); r.String() != want {
			t.Errorf("the run says %s, want %s", r, want)
		}
		got = append(got, r.String())
		return 0, nil
	})
	if err != nil || len(got) != 18 {
		t.Errorf("%d points and error %v, want 18", len(got), err)
	}
}
