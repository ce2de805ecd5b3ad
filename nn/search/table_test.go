package search_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/nn/search"
)

// trials returns the table of a search for trials with the given scores, a list of runs each. An error stands for a run
// that fails.
func trials(t *testing.T, maximize bool, scores ...[]any) *search.Table {
	t.Helper()
	find := search.Minimize
	if maximize {
		find = search.Maximize
	}
	table, err := find(t.Context(), search.Random(len(scores)), search.Config{Runs: len(scores[0])}, func(_ context.Context, r *search.Run) (float64, error) {
		switch v := scores[r.Trial][r.Index].(type) {
		case error:
			return 1, v
		case int:
			return float64(v), nil
		default:
			return v.(float64), nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestOrder(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	scores := [][]any{{2}, {nan}, {errBroken}, {1}, {-inf}, {2}, {nan}, {inf}, {errBroken}}
	for _, tt := range []struct {
		maximize bool
		want     []int
	}{
		{false, []int{4, 3, 0, 5, 7, 1, 6, 2, 8}},
		{true, []int{7, 0, 5, 3, 4, 1, 6, 2, 8}},
	} {
		var got []int
		for _, trial := range trials(t, tt.maximize, scores...).Trials {
			got = append(got, trial.Number)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("maximize %v: mismatch (-want +got):\n%s", tt.maximize, diff)
		}
	}
	if _, err := trials(t, false, []any{nan}).Best(); err == nil || err.Error() != "search.Table.Best: 1 trial, none with a score" {
		t.Errorf("the best of NaN has error %v", err)
	}
}

func TestFigures(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	const large = math.MaxFloat64
	for _, tt := range []struct {
		name         string
		runs         []any
		mean, spread float64
		text         string
	}{
		{"one run", []any{0.1}, 0.1, nan, "0.1"},
		{"two runs", []any{1, 3}, 2, math.Sqrt2, "2 ± 1.4"},
		{"equal runs", []any{0.1, 0.1, 0.1}, 0.1, 0, "0.1 ± 0"},
		{"NaN", []any{1, nan}, nan, nan, "NaN"},
		{"a failure", []any{1, errBroken}, nan, nan, "NaN"},
		{"infinite", []any{1, inf}, inf, nan, "+Inf ± NaN"},
		{"both infinities", []any{-inf, inf}, nan, nan, "NaN"},
		{"a sum that overflows", []any{large, large}, large, 0, "1.798e+308 ± 0"},
		{"squares that overflow", []any{1e300, -1e300}, 0, math.Sqrt2 * 1e300, "0 ± 1.4e+300"},
		{"squares that vanish", []any{1e-300, -1e-300}, 0, math.Sqrt2 * 1e-300, "0 ± 1.4e-300"},
	} {
		f := trials(t, false, tt.runs).Trials[0].Score
		if diff := cmp.Diff([]float64{tt.mean, tt.spread}, []float64{f.Mean, f.Spread}, cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-15, 0)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tt.name, diff)
		}
		if f.String() != tt.text {
			t.Errorf("%s: %s, want %s", tt.name, f, tt.text)
		}
	}
}

// stopped returns the table of a search that was stopped before its last two runs.
func stopped(t *testing.T) *search.Table {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	nodes, act := search.Choice("nodes", 4, 16), search.Choice("activation", "tanh", "re\nlu", "id")
	cfg := search.Config{Name: "nets", Runs: 2, Workers: 1, OnRun: func(p search.Progress) {
		if p.Done == 9 {
			cancel()
		}
	}}
	table, err := search.Minimize(ctx, search.Grid(nodes, act), cfg, func(_ context.Context, r *search.Run) (float64, error) {
		if r.Trial == 2 {
			return 0, errors.New("diverged, \"far\"")
		}
		v := 1/float64(nodes.Of(r)) + float64(r.Index*len(act.Of(r)))/1024
		r.Note("wrong", v/4)
		return v, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return table
}

func TestTableText(t *testing.T) {
	const want = "" +
		"nets: 5 trials, the lowest score first; 1 failed; 1 not finished\n" +
		"trial  nodes  activation    score              wrong\n" +
		"    3     16  tanh        0.06445  ± 0.0028  0.01611  ± 0.00069\n" +
		"    0      4  tanh          0.252  ± 0.0028  0.06299  ± 0.00069\n" +
		"    1      4  \"re\\nlu\"     0.2524  ± 0.0035  0.06311  ± 0.00086\n" +
		"    2      4  id                                                 failed: run 0: diverged, \"far\"\n" +
		"    4     16  \"re\\nlu\"                                           1 of 2 runs\n"
	if diff := cmp.Diff(want, stopped(t).String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if got, want := (&search.Table{}).String(), "0 trials, the lowest score first\ntrial  score\n"; got != want {
		t.Errorf("an empty table is %q, want %q", got, want)
	}
}

func TestTableCSV(t *testing.T) {
	const want = "" +
		"rank,trial,nodes,activation,score,spread,wrong,wrong spread,run 0,run 1,error\n" +
		"1,3,16,tanh,0.064453125,0.0027621358640099515,0.01611328125,0.0006905339660024879,0.0625,0.06640625,\n" +
		"2,0,4,tanh,0.251953125,0.0027621358640099515,0.06298828125,0.0006905339660024879,0.25,0.25390625,\n" +
		"3,1,4,\"re\nlu\",0.25244140625,0.003452669830012439,0.0631103515625,0.0008631674575031098,0.25,0.2548828125,\n" +
		",2,4,id,NaN,NaN,NaN,NaN,NaN,NaN,\"run 0: diverged, \"\"far\"\"\"\n" +
		",4,16,\"re\nlu\",NaN,NaN,NaN,NaN,0.0625,NaN,\n"
	var b bytes.Buffer
	if err := stopped(t).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	full := errors.New("no space left")
	if err := stopped(t).WriteCSV(writer(func([]byte) (int, error) { return 0, full })); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

// A writer is a function that writes.
type writer func(b []byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
