package data_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn/data"
)

func TestSplitModulo(t *testing.T) {
	train, valid, test := numbered(12).SplitModulo(5)
	for _, part := range []struct {
		name string
		set  *data.Set
		want []int
	}{
		{"train", train, []int{2, 3, 4, 7, 8, 9}},
		{"valid", valid, []int{1, 6, 11}},
		{"test", test, []int{0, 5, 10}},
	} {
		if diff := cmp.Diff(part.want, part.set.Labels); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", part.name, diff)
		}
		checkNumbered(t, part.set.X, part.set.T, part.set.Labels)
	}
}

func TestSplitRandom(t *testing.T) {
	split := func(seed uint64) (train, valid, test *data.Set) {
		return numbered(20).SplitRandom(rand.New(rand.NewPCG(seed, 0)), 0.25, 0.1)
	}
	train, valid, test := split(1)
	if train.Len() != 13 || valid.Len() != 5 || test.Len() != 2 {
		t.Errorf("got %d, %d and %d examples, want 13, 5 and 2", train.Len(), valid.Len(), test.Len())
	}
	all := slices.Concat(train.Labels, valid.Labels, test.Labels)
	slices.Sort(all)
	if diff := cmp.Diff(numbered(20).Labels, all); diff != "" {
		t.Errorf("every example must be in one part: mismatch (-want +got):\n%s", diff)
	}
	checkNumbered(t, train.X, train.T, train.Labels)
	again, _, _ := split(1)
	other, _, _ := split(2)
	if !slices.Equal(train.Labels, again.Labels) || slices.Equal(train.Labels, other.Labels) {
		t.Errorf("seed 1 gives %v and %v, seed 2 gives %v: want the same for the same seed", train.Labels, again.Labels, other.Labels)
	}
}

// of returns a numbered set whose examples have the given classes.
func of(labels ...int) *data.Set {
	s := numbered(len(labels))
	s.Labels = labels
	return s
}

// identify returns the indices that the examples of a part of a numbered set have in it.
func identify(s *data.Set) (rows []int) {
	for i := range s.Len() {
		rows = append(rows, int(s.X.At(i, 0))/10)
	}
	return rows
}

// count returns how many examples have each label.
func count(s *data.Set) map[int]int {
	out := map[int]int{}
	for _, label := range s.Labels {
		out[label]++
	}
	return out
}

func repeat(counts map[int]int) (labels []int) {
	for _, label := range slices.Sorted(maps.Keys(counts)) {
		labels = append(labels, slices.Repeat([]int{label}, counts[label])...)
	}
	return labels
}

func TestSplitStratified(t *testing.T) {
	for _, counts := range []map[int]int{{0: 50, 1: 30, 2: 20}, {0: 7, 1: 1, 5: 2}, {-3: 1, 8: 1}, {4: 9}, {0: 333, 1: 333, 2: 334}, {0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1}} {
		for _, f := range [][2]float64{{0, 0}, {0.2, 0.2}, {0.5, 0.5}, {1, 0}, {0, 1}, {0.1, 0.3}, {1.0 / 3, 1.0 / 3}} {
			s := of(repeat(counts)...)
			train, valid, test := s.SplitStratified(rand.New(rand.NewPCG(3, 0)), f[0], f[1])
			a, b, c := s.SplitRandom(rand.New(rand.NewPCG(3, 0)), f[0], f[1])
			if diff := cmp.Diff([]int{a.Len(), b.Len(), c.Len()}, []int{train.Len(), valid.Len(), test.Len()}); diff != "" {
				t.Errorf("%v by %v: sizes mismatch (-want +got):\n%s", counts, f, diff)
			}
			all := slices.Concat(identify(train), identify(valid), identify(test))
			slices.Sort(all)
			if diff := cmp.Diff(identify(s), all); diff != "" {
				t.Errorf("%v by %v: every example must be in one part: mismatch (-want +got):\n%s", counts, f, diff)
			}
			for _, part := range []*data.Set{train, valid, test} {
				for label, n := range counts {
					want := float64(n) * float64(part.Len()) / float64(s.Len())
					if got := float64(count(part)[label]); math.Abs(got-want) >= 2 {
						t.Errorf("%v by %v: %v of class %d in a part of %d, want about %v", counts, f, got, label, part.Len(), want)
					}
				}
			}
		}
	}
	// Where the shares are whole numbers they are exact.
	_, valid, test := of(repeat(map[int]int{0: 50, 1: 30, 2: 20})...).SplitStratified(rand.New(rand.NewPCG(1, 0)), 0.2, 0.1)
	if diff := cmp.Diff([]map[int]int{{0: 10, 1: 6, 2: 4}, {0: 5, 1: 3, 2: 2}}, []map[int]int{count(valid), count(test)}); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	// Every example may come into every part, and chance decides which class gives one more.
	var seen [4]int
	rng := rand.New(rand.NewPCG(1, 0))
	for range 4000 {
		_, valid, _ := of(0, 0, 1, 1).SplitStratified(rng, 0.25, 0)
		seen[identify(valid)[0]]++
	}
	for i, n := range seen { // a standard deviation of 27
		if n < 850 || n > 1150 {
			t.Errorf("example %d comes %d times of 4000, want about 1000", i, n)
		}
	}
}

func TestKFold(t *testing.T) {
	counts := map[int]int{0: 11, 1: 5, 7: 1}
	s := of(repeat(counts)...)
	for _, stratified := range []bool{false, true} {
		for _, k := range []int{2, 3, 5, 17} {
			rng := rand.New(rand.NewPCG(uint64(k), 0))
			folds := s.KFold(rng, k)
			if stratified {
				folds = s.KFoldStratified(rng, k)
			}
			var parts, again [][]int
			var all []int
			for train, valid := range folds {
				rows := identify(valid)
				parts = append(parts, rows)
				all = append(all, rows...)
				both := slices.Concat(rows, identify(train))
				slices.Sort(both)
				if diff := cmp.Diff(identify(s), both); diff != "" {
					t.Errorf("%d parts: training set and part mismatch (-want +got):\n%s", k, diff)
				}
				if least := s.Len() / k; len(rows) != least && len(rows) != least+1 {
					t.Errorf("%d parts: one has %d examples", k, len(rows))
				}
				for label, n := range counts {
					if got := count(valid)[label]; stratified && got != n/k && got != n/k+1 {
						t.Errorf("%d parts: %d of %d examples of class %d in one", k, got, n, label)
					}
				}
			}
			slices.Sort(all)
			if diff := cmp.Diff(identify(s), all); diff != "" || len(parts) != k {
				t.Errorf("%d parts, got %d: mismatch (-want +got):\n%s", k, len(parts), diff)
			}
			for _, valid := range folds {
				again = append(again, identify(valid))
			}
			if diff := cmp.Diff(parts, again); diff != "" {
				t.Errorf("%d parts, once more: mismatch (-want +got):\n%s", k, diff)
			}
			for range folds {
				break
			}
		}
	}
	first := func(seed uint64) []int {
		for _, valid := range s.KFold(rand.New(rand.NewPCG(seed, 0)), 3) {
			return identify(valid)
		}
		return nil
	}
	if slices.Equal(first(1), first(2)) || !slices.Equal(first(1), first(1)) {
		t.Errorf("seed 1 gives %v and %v, seed 2 gives %v: want the same for the same seed", first(1), first(1), first(2))
	}
}

func TestSplitMisuse(t *testing.T) {
	rng := func() *rand.Rand { return rand.New(rand.NewPCG(1, 0)) }
	s, unlabelled := numbered(4), &data.Set{X: numbered(4).X}
	for name, tt := range map[string]struct {
		f    func()
		want string
	}{
		"fractions":        {func() { s.SplitStratified(rng(), 0.6, 0.5) }, "data.Set.SplitStratified: fractions 0.6 and 0.5: want 0 or more each, and a sum of at most 1"},
		"no labels":        {func() { unlabelled.SplitStratified(rng(), 0.5, 0) }, "data.Set.SplitStratified: the set has no labels to share out: set data.Set.Labels, or split without regard to classes"},
		"folds unlabelled": {func() { unlabelled.KFoldStratified(rng(), 2) }, "data.Set.KFoldStratified: the set has no labels to share out: set data.Set.Labels, or split without regard to classes"},
		"one fold":         {func() { s.KFold(rng(), 1) }, "data.Set.KFold: 1 parts of 4 examples: want 2 or more, and one for each example at most"},
		"negative":         {func() { s.KFold(rng(), math.MinInt) }, "data.Set.KFold: " + strconv.Itoa(math.MinInt) + " parts of 4 examples: want 2 or more, and one for each example at most"},
		"too many folds":   {func() { s.KFoldStratified(rng(), 5) }, "data.Set.KFoldStratified: 5 parts of 4 examples: want 2 or more, and one for each example at most"},
		"folds of nothing": {func() { numbered(0).KFold(rng(), 2) }, "data.Set.KFold: 2 parts of 0 examples: want 2 or more, and one for each example at most"},
	} {
		if err := misuse(t, tt.f); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
	empty := of()
	empty.Labels = []int{}
	if train, valid, test := empty.SplitStratified(rng(), 0.5, 0.5); train.Len()+valid.Len()+test.Len() != 0 {
		t.Errorf("a set without examples is split into %d, %d and %d", train.Len(), valid.Len(), test.Len())
	}
}
