package search_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn/search"
)

var errBroken = errors.New("broken\nin two lines")

var (
	side = search.Choice("side", "left", "right")
	size = search.LogUniform("size", 1e-3, 1e3)
)

// messy has scores that depend on the settings and on random numbers, figures, and failures of every kind.
func messy(_ context.Context, r *search.Run) (float64, error) {
	r.Note("half", size.Of(r)/2)
	switch r.Trial % 5 {
	case 1:
		if r.Index == 1 {
			return 0, errBroken
		}
	case 2:
		return math.NaN(), nil
	case 3:
		if side.Of(r) == "left" {
			panic(graph.Errorf("test", graph.ErrShape, "a model that does not fit"))
		}
		r.Note("rare", 1)
	}
	return size.Of(r) + r.Rand.Float64() + 1e-3*r.Rand.NormFloat64(), nil
}

// messyPlan and messyConfig are of a search with 20 runs.
var (
	messyPlan   = search.Random(10, side, size)
	messyConfig = search.Config{Name: "a messy search", Seed: 4, Runs: 2}
)

// text returns all that a table says.
func text(t *testing.T, table *search.Table) string {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	_, best := table.Best()
	return fmt.Sprintf("%s\n%s\n%v\n%v\n", table, &b, table.Err(), best)
}

func TestWorkersDoNotMatter(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	want := ""
	for _, workers := range []int{1, 2, 7, 100, 0} {
		cfg := messyConfig
		cfg.Workers = workers
		table, err := search.Minimize(t.Context(), messyPlan, cfg, messy)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = text(t, table)
		}
		if diff := cmp.Diff(want, text(t, table)); diff != "" {
			t.Errorf("%d workers: mismatch (-one +%d)\n%s", workers, workers, diff)
		}
	}
	for _, part := range []string{"failed: run 1: broken …", "failed: run 0: test: a model that does not fit", "NaN", "\"run 1: broken\nin two lines\""} {
		if !strings.Contains(want, part) {
			t.Errorf("no %q in\n%s", part, want)
		}
	}
}

// TestRuns holds that every run is made once, with random numbers of its own, and that Trial.Run makes it again.
func TestRuns(t *testing.T) {
	var mu sync.Mutex
	calls, seeds, draws := map[[2]int]int{}, map[uint64]bool{}, map[float64]bool{}
	draw := func(_ context.Context, r *search.Run) (float64, error) { return r.Rand.Float64(), nil }
	table, err := search.Minimize(t.Context(), messyPlan, search.Config{Runs: 3}, func(ctx context.Context, r *search.Run) (float64, error) {
		v, err := draw(ctx, r)
		mu.Lock()
		defer mu.Unlock()
		calls[[2]int{r.Trial, r.Index}]++
		seeds[r.Seed], draws[v] = true, true
		return v, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) != 30 || len(seeds) != 30 || len(draws) != 30 {
		t.Errorf("%d runs with %d seeds and %d numbers, want 30 of each", len(calls), len(seeds), len(draws))
	}
	for run, n := range calls {
		if n != 1 {
			t.Errorf("trial %d, run %d was made %d times", run[0], run[1], n)
		}
	}
	for _, trial := range table.Trials {
		for i, want := range trial.Score.Runs {
			again := trial.Run(i)
			if got, _ := draw(t.Context(), again); got != want || again.Trial != trial.Number || again.Index != i || size.Of(again) != size.Of(trial) {
				t.Errorf("trial %d, run %d draws %v once more, and is %v; want %v", trial.Number, i, got, again, want)
			}
		}
	}
}

func TestOnRun(t *testing.T) {
	cfg := messyConfig
	done, failed := 0, 0 // without a lock: the race detector sees calls that overlap
	cfg.OnRun = func(p search.Progress) {
		done++
		if p.Done != done || p.Total != 20 {
			t.Errorf("run %d says it is %d of %d", done, p.Done, p.Total)
		}
		if p.Err != nil {
			failed++
			if !math.IsNaN(p.Score) {
				t.Errorf("a run that failed has score %v", p.Score)
			}
		}
		if p.Run.Trial%5 == 1 && (p.Err != nil) != (p.Run.Index == 1) {
			t.Errorf("trial %d, run %d has error %v", p.Run.Trial, p.Run.Index, p.Err)
		}
	}
	if _, err := search.Minimize(t.Context(), messyPlan, cfg, messy); err != nil {
		t.Fatal(err)
	}
	if done != 20 || failed < 2 {
		t.Errorf("%d calls, %d with errors", done, failed)
	}
}

func TestStopped(t *testing.T) {
	x := search.Int("x", 0, 99)
	t.Run("before it begins", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		table, err := search.Minimize(ctx, search.Grid(x), search.Config{}, func(context.Context, *search.Run) (float64, error) {
			t.Error("called")
			return 0, nil
		})
		if want := "search.Minimize: stopped after 0 of 100 runs: context canceled"; !errors.Is(err, context.Canceled) || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if len(table.Trials) != 0 {
			t.Errorf("%d trials, want none", len(table.Trials))
		}
	})
	t.Run("under way", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var calls atomic.Int32
		table, err := search.Minimize(ctx, search.Grid(x), search.Config{Workers: 4}, func(ctx context.Context, r *search.Run) (float64, error) {
			if calls.Add(1) <= 3 {
				return float64(x.Of(r)), nil
			}
			cancel()
			<-ctx.Done() // which every run under way sees
			return 0, fmt.Errorf("given up: %w", ctx.Err())
		})
		if want := "search.Minimize: stopped after 3 of 100 runs: context canceled"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if len(table.Trials) != 3 || table.Err() != nil {
			t.Errorf("%d trials and error %v, want the 3 that ended", len(table.Trials), table.Err())
		}
	})
	t.Run("after the last run", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		table, err := search.Minimize(ctx, search.Grid(x), search.Config{OnRun: func(p search.Progress) {
			if p.Done == p.Total {
				cancel()
			}
		}}, func(context.Context, *search.Run) (float64, error) { return 0, nil })
		if err != nil || len(table.Trials) != 100 {
			t.Errorf("%d trials and error %v, want 100 and none", len(table.Trials), err)
		}
	})
	t.Run("an objective's own deadline is a failure", func(t *testing.T) {
		table, err := search.Minimize(t.Context(), search.Random(1), search.Config{}, func(ctx context.Context, _ *search.Run) (float64, error) {
			ctx, cancel := context.WithTimeout(ctx, 0)
			defer cancel()
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if err != nil || !errors.Is(table.Err(), context.DeadlineExceeded) {
			t.Errorf("errors %v and %v, want none and %v", err, table.Err(), context.DeadlineExceeded)
		}
	})
}

func TestPanics(t *testing.T) {
	own := errors.New("the caller's own")
	fail := func(_ context.Context, r *search.Run) (float64, error) {
		if r.Trial == 3 {
			panic(own)
		}
		return 0, nil
	}
	for name, cfg := range map[string]search.Config{
		"objective": {},
		"OnRun":     {OnRun: func(p search.Progress) { panic(own) }},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				err, _ := recover().(error)
				if !errors.Is(err, own) || !strings.Contains(err.Error(), "search_test.go") {
					t.Errorf("panic with %v, want one that wraps the caller's, with its stack", err)
				}
			}()
			_, err := search.Minimize(t.Context(), search.Random(9), cfg, fail)
			t.Errorf("returned with error %v, want a panic", err)
		})
	}
	t.Run("end of the goroutine", func(t *testing.T) {
		table, err := search.Minimize(t.Context(), search.Random(9), search.Config{Workers: 1}, func(_ context.Context, r *search.Run) (float64, error) {
			if r.Trial == 3 {
				runtime.Goexit()
			}
			return 0, nil
		})
		const want = "search.Minimize: trial 3, run 0: the objective ended its goroutine, as FailNow of a test does: return an error"
		if err == nil || err.Error() != want || len(table.Trials) != 3 {
			t.Errorf("%d trials and error %v\nwant 3 and %s", len(table.Trials), err, want)
		}
	})
}

func TestFailures(t *testing.T) {
	table, err := search.Minimize(t.Context(), search.Random(3), search.Config{}, func(_ context.Context, r *search.Run) (float64, error) {
		return 0, fmt.Errorf("number %d is %w", r.Trial, errBroken)
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = "search.Table.Best: 3 trials, none with a score: trial 0 (): number 0 is broken\nin two lines"
	if _, err := table.Best(); err == nil || err.Error() != want || !errors.Is(err, errBroken) {
		t.Errorf("error %v\nwant %s", err, want)
	}
}
