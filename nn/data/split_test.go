package data_test

import (
	"math/rand/v2"
	"slices"
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
