package search_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn/search"
)

// messyFile makes the messy search with a file, and returns the table as text, the file and the number of runs made.
func messyFile(t *testing.T, name string, workers int) (table, content string, made int) {
	t.Helper()
	var calls atomic.Int32
	cfg := messyConfig
	cfg.File, cfg.Workers = name, workers
	got, err := search.Minimize(t.Context(), messyPlan, cfg, func(ctx context.Context, r *search.Run) (float64, error) {
		calls.Add(1)
		return messy(ctx, r)
	})
	if err != nil {
		t.Fatal(err)
	}
	return text(t, got), read(t, name), int(calls.Load())
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFileDoesNotMatter(t *testing.T) {
	without, err := search.Minimize(t.Context(), messyPlan, messyConfig, messy)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "search.jsonl")
	table, content, made := messyFile(t, name, 3)
	if diff := cmp.Diff(text(t, without), table); diff != "" {
		t.Errorf("without and with a file: mismatch (-without +with)\n%s", diff)
	}
	if lines := strings.Count(content, "\n"); made != 20 || lines != 21 {
		t.Errorf("%d runs and %d lines, want 20 and 21", made, lines)
	}
	again, same, made := messyFile(t, name, 3)
	if diff := cmp.Diff(table, again); diff != "" || same != content || made != 0 {
		t.Errorf("all runs are there, and %d were made once more; mismatch (-first +second)\n%s", made, diff)
	}
}

// TestFileCutAnywhere holds that a search goes on from any beginning of its file, after the first line: the runs in its
// whole lines are not made again, and table and file become the same. So it is killed at any moment.
func TestFileCutAnywhere(t *testing.T) {
	name := filepath.Join(t.TempDir(), "search.jsonl")
	table, content, _ := messyFile(t, name, 1)
	header := strings.IndexByte(content, '\n') + 1
	cuts := []int{0, header}
	// Every byte of the last lines: of one that failed, of NaN, of one with figures.
	step := 1
	if testing.Short() {
		step = 20
	}
	for n := len(content) - 500; n <= len(content); n += step {
		cuts = append(cuts, n)
	}
	for _, n := range cuts {
		write(t, name, content[:n])
		again, same, made := messyFile(t, name, 1)
		if diff := cmp.Diff(table, again); diff != "" {
			t.Fatalf("cut after %d bytes: mismatch (-whole +cut)\n%s", n, diff)
		}
		if same != content {
			t.Fatalf("cut after %d bytes: the file is\n%s\nwant\n%s", n, same, content)
		}
		if want := 20 - max(strings.Count(content[:n], "\n")-1, 0); made != want {
			t.Fatalf("cut after %d bytes: %d runs were made, want %d", n, made, want)
		}
	}
}

// TestFileGoesOn holds that a search at random goes on with more points, and that fewer leave the file as it is.
func TestFileGoesOn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "search.jsonl")
	cfg := search.Config{File: name, Runs: 2}
	made := 0
	cfg.OnRun = func(p search.Progress) { made++ }
	random := func(n int, cfg search.Config) string {
		made = 0
		table, err := search.Minimize(t.Context(), search.Random(n, side, size), cfg, messy)
		if err != nil {
			t.Fatal(err)
		}
		return text(t, table)
	}
	alone := search.Config{Runs: 2}
	for _, n := range []int{3, 8, 2, 0} {
		want := random(n, alone)
		if diff := cmp.Diff(want, random(n, cfg)); diff != "" {
			t.Errorf("%d points: mismatch (-alone +file)\n%s", n, diff)
		}
		if n == 8 && made != 10 || n < 3 && made != 0 {
			t.Errorf("%d points: %d runs were made", n, made)
		}
	}
	if lines := strings.Count(read(t, name), "\n"); lines != 17 {
		t.Errorf("%d lines, want those of 8 points", lines)
	}
}

// TestFileOfAnother holds that files which are not those of the search are refused, and stay as they are.
func TestFileOfAnother(t *testing.T) {
	x, y := search.Choice("x", 1, 2), search.Uniform("y", 0, 1)
	plan, cfg := search.Random(2, x, y), search.Config{Name: "mine", Seed: 7, Runs: 2}
	zero := func(context.Context, *search.Run) (float64, error) { return 0, nil }
	own := filepath.Join(t.TempDir(), "own.jsonl")
	cfg.File = own
	if _, err := search.Minimize(t.Context(), plan, cfg, zero); err != nil {
		t.Fatal(err)
	}
	content := read(t, own)
	header, lines, _ := strings.Cut(content, "\n")
	first, _, _ := strings.Cut(lines, "\n")
	value := func() string {
		_, v, _ := strings.Cut(first, `"settings":`)
		v, _, _ = strings.Cut(v, "]")
		return v + "]"
	}()
	const remove = ": name another file, or remove it"
	chosen := strings.Split(value, `"`)[1] // "1" or "2"
	swapped := strings.Replace(value, chosen, map[string]string{"1": "2", "2": "1"}[chosen], 1)
	tests := []struct{ name, content, want string }{
		{"name", strings.Replace(content, `"mine"`, `"theirs"`, 1), `it is that of another search, whose name is "theirs", and here "mine"` + remove},
		{"goal", strings.Replace(content, `"minimize"`, `"maximize"`, 1), "it is that of another search, whose goal is to maximize, and here to minimize" + remove},
		{"plan", strings.Replace(content, `"random"`, `"grid"`, 1), "it is that of another search, whose plan is grid, and here random" + remove},
		{"seed", strings.Replace(content, `"seed":7`, `"seed":18446744073709551615`, 1), "it is that of another search, whose seed is 18446744073709551615, and here 7" + remove},
		{"runs", strings.Replace(content, `"runs":2`, `"runs":3`, 1), "it is that of another search, whose number of runs is 3, and here 2" + remove},
		{"values", strings.Replace(content, `["1","2"]`, `["1","3"]`, 1), `it is that of another search, whose setting 1 is "x" (choice ["1","3"]), and here "x" (choice ["1","2"])` + remove},
		{"kind", strings.Replace(content, `"uniform"`, `"log-uniform"`, 1), `it is that of another search, whose setting 2 is "y" (log-uniform ["0","1"]), and here "y" (uniform ["0","1"])` + remove},
		{"one setting fewer", strings.Replace(content, `,{"name":"y","kind":"uniform","values":["0","1"]}`, "", 1), `it is that of another search, whose setting 2 is missing, and here "y" (uniform ["0","1"])` + remove},
		{"form", strings.Replace(content, `"search":1`, `"search":2`, 1), "it has form 2, and this program knows form 1: name another one"},
		{"unknown field", strings.Replace(content, `"search":1`, `"search":1,"more":0`, 1), `line 1: json: unknown field "more"`},
		{"text", "my notes\nof today\n", "it is not that of a search: name another one"},
		{"text on one line", "my notes", "it is not that of a search: name another one"},
		{"an object", "{}\n", "it is not that of a search: name another one"},
		{"first line without its end", header, "it is not that of a search: name another one"},
		{"no end", strings.Repeat("x", 17<<20), "a line of more than 16 MiB: this is not the file of a search"},
		{"zeros", string(make([]byte, 4096)), "it is not that of a search: name another one"},
		{"broken line", strings.Replace(content, `{"trial"`, `{"trail"`, 1), `line 2: json: unknown field "trail"`},
		{"two values", strings.Replace(content, first, first+first, 1), "line 2: more than one value"},
		{"empty line", strings.Replace(content, first, "", 1), "line 2: the line is empty"},
		{"no such run", header + "\n" + `{"trial":0,"run":2,"settings":[],"score":0}` + "\n", "line 2: trial 0, run 2: the search has no such run"},
		{"negative trial", header + "\n" + `{"trial":-1,"run":0,"settings":[],"score":0}` + "\n", "line 2: trial -1, run 0: the search has no such run"},
		{"large trial", header + "\n" + `{"trial":1e30,"run":0,"settings":[],"score":0}` + "\n", "line 2: json: cannot unmarshal number 1e30 into Go struct field record.trial of type int"},
		{"no score", header + "\n" + `{"trial":0,"run":0,"settings":[]}` + "\n", "line 2: trial 0, run 0: want a score or an error"},
		{"score and error", header + "\n" + `{"trial":0,"run":0,"settings":[],"score":0,"error":""}` + "\n", "line 2: trial 0, run 0: want a score or an error"},
		{"twice", header + "\n" + first + "\n" + first + "\n", "stands there a second time"},
		{"other settings", strings.Replace(content, `"settings":`+value, `"settings":["2","0.5"]`, 1), `has the settings ["2" "0.5"], and in this search ` + strings.ReplaceAll(value, ",", " ")},
		{"other choice", strings.Replace(content, `"settings":`+value, `"settings":`+swapped, 1), "has the settings " + strings.ReplaceAll(swapped, ",", " ") + ", and in this search " + strings.ReplaceAll(value, ",", " ")},
		{"fewer settings", strings.Replace(content, `"settings":`+value, `"settings":["1"]`, 1), `has the settings ["1"], and in this search ` + strings.ReplaceAll(value, ",", " ")},
		{"figure with the name of a setting", strings.Replace(content, `"score":0`, `"score":0,"figures":{"x":1}`, 1), `"x" is no name of a figure`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.content == content {
				t.Fatal("the file is that of the search itself")
			}
			cfg.File = filepath.Join(t.TempDir(), "other.jsonl")
			write(t, cfg.File, tt.content)
			table, err := search.Minimize(t.Context(), plan, cfg, func(context.Context, *search.Run) (float64, error) {
				t.Error("a run was made")
				return 0, nil
			})
			begin := fmt.Sprintf("search.Minimize: file %q: ", cfg.File)
			if err == nil || !strings.HasPrefix(err.Error(), begin) || !strings.HasSuffix(err.Error(), tt.want) || table != nil {
				t.Errorf("got error  %v\nwant %s%s", err, begin, tt.want)
			}
			if read(t, cfg.File) != tt.content {
				t.Error("the file has changed")
			}
		})
	}
	t.Run("a point that is not in the grid", func(t *testing.T) {
		cfg.File = filepath.Join(t.TempDir(), "grid.jsonl")
		if _, err := search.Minimize(t.Context(), search.Grid(x), cfg, zero); err != nil {
			t.Fatal(err)
		}
		write(t, cfg.File, strings.Replace(read(t, cfg.File), `"trial":1`, `"trial":2`, 1))
		if _, err := search.Minimize(t.Context(), search.Grid(x), cfg, zero); err == nil || !strings.HasSuffix(err.Error(), "the search has no such run") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("last digits of another machine", func(t *testing.T) {
		v := strings.Split(value, `"`)[3]
		write(t, own, strings.ReplaceAll(content, v, v[:len(v)-2]))
		cfg.File = own
		if _, err := search.Minimize(t.Context(), plan, cfg, zero); err != nil {
			t.Error(err)
		}
	})
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	one := func(context.Context, *search.Run) (float64, error) { return 1, nil }
	try := func(name string) error {
		_, err := search.Minimize(t.Context(), search.Random(3), search.Config{File: name}, one)
		return err
	}
	if err := try(filepath.Join(dir, "none", "search.jsonl")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: error %v", err)
	}
	if err := try(dir); err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("a directory in its place: error %v", err)
	}
	if os.Geteuid() != 0 {
		name := filepath.Join(dir, "locked.jsonl")
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		if err := try(name); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("directory that is read-only: error %v", err)
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := try(name); err != nil {
			t.Fatal(err)
		}
		content := read(t, name)
		part := content[:len(content)-5]
		write(t, name, part)
		if err := os.Chmod(name, 0o444); err != nil {
			t.Fatal(err)
		}
		if err := try(name); !errors.Is(err, fs.ErrPermission) || read(t, name) != part {
			t.Errorf("file that is read-only: error %v", err)
		}
	}
	for what, change := range map[string]func(name string) error{
		"removed": os.Remove,
		"moved":   func(name string) error { return os.Rename(name, name+".old") },
		"longer":  func(name string) error { return os.WriteFile(name, []byte(read(t, name)+"\n"), 0o644) },
		"replaced": func(name string) error {
			content := read(t, name)
			return errors.Join(os.Remove(name), os.WriteFile(name, []byte(content), 0o644))
		},
	} {
		name := filepath.Join(dir, what+".jsonl")
		table, err := search.Minimize(t.Context(), search.Random(5), search.Config{File: name, Workers: 1}, func(_ context.Context, r *search.Run) (float64, error) {
			if r.Trial == 2 {
				return 0, change(name)
			}
			return 0, nil
		})
		want := fmt.Sprintf("search.Minimize: file %q was changed or moved while the search ran: does another one write to it?", name)
		if err == nil || err.Error() != want || len(table.Trials) != 2 {
			t.Errorf("%s: %v and error %v\nwant 2 trials and %s", what, table, err, want)
		}
	}
}

// TestFileKeepsNumbers holds that what a file gives back is what went in, to the last bit.
func TestFileKeepsNumbers(t *testing.T) {
	scores := []float64{0.1, 1. / 3, math.Copysign(0, -1), 5e-324, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN()}
	cfg := search.Config{File: filepath.Join(t.TempDir(), "search.jsonl")}
	for range 2 {
		table, err := search.Minimize(t.Context(), search.Random(len(scores)), cfg, func(_ context.Context, r *search.Run) (float64, error) {
			r.Note("ätzend <&>", scores[len(scores)-1-r.Trial])
			return scores[r.Trial], nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range table.Trials {
			got, want := trial.Score.Runs[0], scores[trial.Number]
			figure, noted := trial.Figures["ätzend <&>"].Runs[0], scores[len(scores)-1-trial.Number]
			if math.Float64bits(got) != math.Float64bits(want) || math.Float64bits(figure) != math.Float64bits(noted) {
				t.Errorf("trial %d: %v and %v, want %v and %v", trial.Number, got, figure, want, noted)
			}
		}
	}
}

// inChild is set in the process that a test starts.
const inChild = "CHAINRULE_SEARCH_FILE"

// TestKilled kills a process in the middle of a search, again and again, until the search has come to its end.
func TestKilled(t *testing.T) {
	if name := os.Getenv(inChild); name != "" {
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		cfg := messyConfig
		cfg.File, cfg.Workers = name, 3
		var calls atomic.Int32
		if _, err := search.Minimize(t.Context(), messyPlan, cfg, func(ctx context.Context, r *search.Run) (float64, error) {
			if calls.Add(1) == 6 { // while others compute and write
				if err := self.Kill(); err != nil {
					t.Error(err)
				}
			}
			return messy(ctx, r)
		}); err != nil {
			t.Error(err)
		}
		return
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "search.jsonl")
	killed := 0
	for {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), inChild+"="+name)
		out, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		if bytes.Contains(out, []byte("FAIL")) {
			t.Fatalf("%v\n%s", err, out)
		}
		if killed++; killed > 20 {
			t.Fatal("the search does not get on")
		}
	}
	if killed < 3 {
		t.Errorf("killed %d times, want 3 or more", killed)
	}
	want, _, _ := messyFile(t, filepath.Join(dir, "undisturbed.jsonl"), 1)
	got, _, made := messyFile(t, name, 1)
	if diff := cmp.Diff(want, got); diff != "" || made != 0 {
		t.Errorf("%d runs are missing; mismatch (-undisturbed +killed)\n%s", made, diff)
	}
}

// FuzzFile holds that a search refuses a file and leaves it as it is, or goes on from it, and finds everything in it
// the next time.
func FuzzFile(f *testing.F) {
	x, y := search.Choice("x", 1, 2), search.Uniform("y", 0, 1)
	cfg := search.Config{File: filepath.Join(f.TempDir(), "search.jsonl"), Workers: 1}
	once := func() (table string, made int, err error) {
		got, err := search.Minimize(context.Background(), search.Random(2, x, y), cfg, func(_ context.Context, r *search.Run) (float64, error) {
			made++
			r.Note("figure", 1)
			return y.Of(r), nil
		})
		if err == nil {
			table = got.String()
		}
		return table, made, err
	}
	if _, _, err := once(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(cfg.File)
	if err != nil {
		f.Fatal(err)
	}
	header := bytes.IndexByte(whole, '\n') + 1
	f.Add(whole)
	f.Add(whole[:header])
	f.Add(whole[:len(whole)-9])
	f.Add(append(bytes.Clone(whole[:header]), `{"trial":1,"run":0,"settings":["1","0.5"],"error":""}`+"\n"...))
	f.Add(bytes.ReplaceAll(whole, []byte(`"score":0`), []byte(`"score":"+Inf"`)))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(cfg.File, content, 0o600); err != nil {
			t.Fatal(err)
		}
		table, _, err := once()
		if err != nil {
			if got := read(t, cfg.File); got != string(content) {
				t.Fatalf("error %v, and the file has become %q", err, got)
			}
			return
		}
		again, made, err := once()
		if err != nil || made != 0 || again != table {
			t.Fatalf("the second time: error %v, %d runs made, and\n%s\nwant\n%s", err, made, again, table)
		}
	})
}
