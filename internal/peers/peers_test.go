package main

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	all := contestants()
	names := map[string]bool{}
	for _, r := range table(true) {
		full := r.section + ": " + r.name
		if names[full] {
			t.Errorf("row %q is there twice", full)
		}
		names[full] = true
		if !slices.Contains(sections, r.section) || about[r.section] == "" {
			t.Errorf("row %q is in section %q, which the page does not know", full, r.section)
		}
		target := len(r.peers) == 0 && r.limit > 0
		for _, e := range append([]entry{r.ours}, r.peers...) {
			if _, ok := all[e.contestant]; !ok {
				t.Errorf("row %q: there is no contestant %q", full, e.contestant)
			}
			kind, _, _ := strings.Cut(e.words, " ")
			if strings.HasPrefix(e.contestant, "chainrule") && kinds[kind] == nil && counts[kind] == nil {
				t.Errorf("row %q: there is no job %q", full, kind)
			}
			target = target || e.limit > 0
		}
		if target && boundOf(r.section, r.name) == "" {
			t.Errorf("row %q has a target and no words on what bounds it", full)
		}
	}
}

// Ours answers every kind of job, on sizes that take no time.
func TestServe(t *testing.T) {
	jobs := []string{
		"0 scalar record network", "0 scalar gradient network", "0 scalar bare-record network", "0 scalar bare-gradient network",
		"0 scalar plain network", "0 cold network", "0 bytes tape network", "0 bytes sweep network",
		"0 program eval bundle", "0 program compile bundle", "0 program batch bundle 70", "0 program sweep bundle 70",
		"0 adbench kmeans", "0 adbench-plain kmeans", "0 mixture 2 3", "0 mixture-points 2 3", "0 adjustment 2 3 7", "0 adjustment-tensors 2 3 7",
		"0 derivative gradient 10", "0 derivative jvp 10", "0 derivative hvp 10", "0 derivative hessian 10", "0 derivative taylor 10 3",
		"0 per-example 3-4-2@5", "0 sparse banded-jacobian 10", "0 sparse banded-hessian 10", "0 sparse arrow-head-hessian 10",
		"0 gemm f32 tn 5 4 3", "0 gemm f64 nt 5 4 3",
		"0 elementwise exp forward 3 4", "0 elementwise softmax both 3 4",
		"0 mlp sgd 3-4-2@5", "0 mlp adam 3-4-1@5", "0 allocations sgd 3-4-2@5", "0 memory sgd 3-4-2@5", "0 needed sgd 3-4-2@5",
		"0 conv2d 1 2 5 5 3 3", "0 cnn 2 8 3 4 5 3", "0 cnn-allocations 2 8 3 4 5 3",
		"0 fit f32 3-4-2@5 12 2", "0 fit f64 3-4-1@5 12 2",
		"0 gru 3 4 2 6", "0 letters 5 3 4 2 6", "0 letters-allocations 5 3 4 2 6",
		"0 transformer 8 2 5 3 4", "0 transformer-allocations 8 2 5 3 4", "0 deep 3 4 2 5", "0 deep-flushing 3 4 2 5",
	}
	var out bytes.Buffer
	if err := serve(strings.NewReader(strings.Join(jobs, "\n")+"\n0 nonsense\n0 scalar plain none\n"), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 1+len(jobs)+2 {
		t.Fatalf("%d lines for %d jobs:\n%s", len(lines), len(jobs), out.String())
	}
	if !strings.HasPrefix(lines[0], "peer chainrule") {
		t.Errorf("the first line is %q", lines[0])
	}
	for i, words := range jobs {
		a, err := parseAnswer(lines[i+1])
		if err != nil || !(a.Median >= 0) || a.Repetitions < 1 {
			t.Errorf("%s: answer %q, %v", words, lines[i+1], err)
		}
	}
	for _, line := range lines[1+len(jobs):] {
		if _, err := parseAnswer(line); err == nil {
			t.Errorf("a job that does not exist was answered by %q", line)
		}
	}
}

// The bare tape and the graph must do the same work.
func TestChecksAgree(t *testing.T) {
	for _, pair := range [][2]string{{"scalar gradient rosenbrock", "scalar bare-gradient rosenbrock"}} {
		var checks [2]float64
		for i, words := range pair {
			a, err := parseAnswer(respond(map[string]*job{}, words, 0))
			if err != nil {
				t.Fatal(err)
			}
			checks[i] = a.Check
		}
		if !near(checks[0], checks[1], 1e-12) {
			t.Errorf("%v: checks %v", pair, checks)
		}
	}
}

func TestJudge(t *testing.T) {
	ours := &series{group: "chainrule", medians: []float64{1, 1, 1}, leasts: []float64{1, 1, 1}, check: 7}
	slow := &series{group: "P", variant: "slow", medians: []float64{3, 3, 3}, leasts: []float64{3, 3, 3}, check: 7, entry: entry{tolerance: 1e-6}}
	fast := &series{group: "P", variant: "fast", medians: []float64{2, 2, 2}, leasts: []float64{2, 2, 2}, check: 7, entry: entry{tolerance: 1e-6, limit: 0.6}}
	other := &series{group: "Q", medians: []float64{2}, leasts: []float64{2}, check: 8, entry: entry{tolerance: 1e-6, limit: 0.6}}
	gone := &series{group: "R", missing: "not here", entry: entry{limit: 0.6}}
	res := resultOf(judge(row{unit: number}, []*series{ours, slow, fast, other, gone}))
	type line struct{ Who, Variant, Verdict string }
	var got []line
	for _, p := range res.Peers {
		got = append(got, line{p.Who, p.Variant, p.Verdict})
	}
	want := []line{{"P", "fast", met}, {"Q", "", absent}, {"R", "", absent}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestVerdict(t *testing.T) {
	for _, test := range []struct {
		name  string
		s     spread
		limit float64
		want  string
	}{
		{"below", spread{0.5, 0.4, 0.6, 0.4}, 1, met},
		{"above", spread{1.5, 1.4, 1.6, 1.4}, 1, missed},
		{"about below", spread{0.99, 0.9, 1.1, 0.8}, 1, met + unclear},
		{"about above", spread{1.01, 0.9, 1.1, 0.8}, 1, missed + unclear},
		{"equal", spread{0, 0, 0, 0}, 0, met},
		{"NaN", spread{math.NaN(), math.NaN(), math.NaN(), math.NaN()}, 1, missed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := verdictOf(test.s, test.limit); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCleanEnv(t *testing.T) {
	got := cleanEnv([]string{"PATH=/bin", "OPENBLAS_CORETYPE=Haswell", "OMP_NUM_THREADS=2", "GOMAXPROCS=2", "CHAINRULE_KERNEL=avx2", "GOFLAGS=-x"})
	if diff := cmp.Diff([]string{"PATH=/bin", "GOFLAGS=-x"}, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestSignificant(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 4.8254: "4.83", 84.42: "84.4", 211.7: "212", 66400: "66400"} {
		if got := significant(v); got != want {
			t.Errorf("significant(%v) = %q, want %q", v, got, want)
		}
	}
}

// The page takes rows of every kind, and names what is missing.
func TestPage(t *testing.T) {
	ours := series{group: "chainrule", medians: []float64{2e-6}, leasts: []float64{2e-6}}
	peer := series{group: "PyTorch", medians: []float64{1e-6}, leasts: []float64{1e-6}, entry: entry{limit: 1}}
	gone := series{group: "JAX", missing: "not installed"}
	peak := series{group: "FMA peak", medians: []float64{1e-6}, leasts: []float64{1e-6}, entry: entry{limit: 1 / 0.88, most: true}}
	results := []result{
		resultOf(measured{row: row{section: secConv, name: "a convolution", unit: micros}, ours: ours, peers: []series{peer, gone, peak}}),
		resultOf(measured{row: row{section: secCold, name: "memory of the tape", unit: bytesOf, limit: 40}, ours: series{medians: []float64{50}}}),
	}
	var out bytes.Buffer
	if err := writePage(&out, report{machine{Date: "2000-01-01"}, results}, ""); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| " + secConv + " | 1 | 0 | 2.00 | 2.00 | 2.00 | 2 | 0 |", "| " + secCold + " |  | | | |  | 1 | 0 |",
		"0.50 of it (0.50 to 0.50)", "*memory of the tape (50):*", "- JAX: not installed", "| 2.00 (2.00 to 2.00) µs | PyTorch |",
		"**missed**", "*a convolution (2.00, 0.50 of the FMA peak):* laying images out", "| 50 (50 to 50) bytes |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page has no %q:\n%s", want, out.String())
		}
	}
	// Single operations have a page of their own.
	many := append(results, resultOf(measured{row: row{section: secOperations, name: "exp (10)", unit: micros}, ours: ours, peers: []series{peer}}))
	if got, want := operationsFile("docs/p.md", many), "docs/p-operations.md"; got != want {
		t.Errorf("the page of single operations is %q, want %q", got, want)
	}
	if got := operationsFile("docs/p.md", results); got != "" {
		t.Errorf("there is a page %q without a single operation", got)
	}
	var main, other bytes.Buffer
	if err := writePage(&main, report{Results: many}, "docs/p-operations.md"); err != nil {
		t.Fatal(err)
	}
	if err := writeOperations(&other, report{Results: many}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| " + secOperations + " | 1 |", "[p-operations.md](p-operations.md). Of 1 targets 0 were met"} {
		if !strings.Contains(main.String(), want) {
			t.Errorf("the page has no %q:\n%s", want, main.String())
		}
	}
	if strings.Contains(main.String(), "exp (10)") || !strings.Contains(other.String(), "| exp (10) |") || strings.Contains(other.String(), "a convolution") {
		t.Errorf("the rows are not divided between the pages:\n%s\n%s", main.String(), other.String())
	}
	// The pages can be written from the numbers that were kept.
	var kept bytes.Buffer
	if err := writeJSON(&kept, report{machine{Date: "2000-01-01"}, results}); err != nil {
		t.Fatal(err)
	}
	rep, err := readJSON(&kept)
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := writePage(&again, rep, ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.String(), again.String()); diff != "" {
		t.Errorf("the page from the numbers that were kept differs (-want +got):\n%s", diff)
	}
}
