package search_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn/search"
)

// points returns the points of a plan in the order of their numbers.
func points(t *testing.T, p *search.Plan) []string {
	t.Helper()
	out := make([]string, p.Len())
	_, err := search.Minimize(t.Context(), p, search.Config{}, func(_ context.Context, r *search.Run) (float64, error) {
		out[r.Trial] = r.String()
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGrid(t *testing.T) {
	a, b := search.Int("a", 0, 2), search.Choice("b", "x", "y")
	for _, tt := range []struct {
		name string
		plan *search.Plan
		want []string
	}{
		{"two settings", search.Grid(a, b), []string{"a=0 b=x", "a=0 b=y", "a=1 b=x", "a=1 b=y", "a=2 b=x", "a=2 b=y"}},
		{"one", search.Grid(b), []string{"b=x", "b=y"}},
		{"none", search.Grid(), []string{""}},
		{"no points", search.Random(0, a, b), []string{}},
		{"at random without settings", search.Random(2), []string{"", ""}},
	} {
		if diff := cmp.Diff(tt.want, points(t, tt.plan)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A grid that is larger than any memory is begun, and stopped.
func TestHugeGrid(t *testing.T) {
	a, b := search.Int("a", 1, math.MaxInt/2), search.Choice("b", 1, 2)
	plan := search.Grid(a, b)
	if plan.Len() != math.MaxInt-1 {
		t.Errorf("%d points, want %d", plan.Len(), math.MaxInt-1)
	}
	for _, runs := range []int{1, 1 << 20} { // the runs of all points are more than an int can count
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		table, err := search.Minimize(ctx, plan, search.Config{Workers: 1, Runs: runs, OnRun: func(p search.Progress) {
			if p.Done == 5 {
				cancel()
			}
		}}, func(_ context.Context, r *search.Run) (float64, error) { return float64(a.Of(r)), nil })
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want %v", err, context.Canceled)
		}
		ended := 0
		for _, trial := range table.Trials {
			ended += runs - trial.Missing
		}
		if ended != 5 {
			t.Errorf("%d runs in the table, want 5", ended)
		}
	}
}

// The last point of a grid is that of the last values.
func TestLastPoint(t *testing.T) {
	a, b := search.Int("a", -5, 5), search.Choice("b", 1.5, 2.5)
	table, err := search.Maximize(t.Context(), search.Grid(a, b), search.Config{}, func(_ context.Context, r *search.Run) (float64, error) {
		return float64(a.Of(r)) + b.Of(r), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	best, err := table.Best()
	if err != nil || best.Number != 21 || a.Of(best) != 5 || b.Of(best) != 2.5 {
		t.Errorf("best is %v with error %v, want the last one", best, err)
	}
	numbers := make([]int, len(table.Trials))
	for i, trial := range table.Trials {
		numbers[i] = trial.Number
	}
	slices.Sort(numbers)
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}, numbers); diff != "" {
		t.Errorf("numbers: mismatch (-want +got):\n%s", diff)
	}
}
