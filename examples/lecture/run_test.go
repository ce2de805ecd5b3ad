package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/internal/testkit"
)

// lecture runs the program in a directory of its own and returns what it leaves.
func lecture(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// files returns the names of everything in a directory, none if it does not exist.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// pictures returns the names of the files of pictures.
func pictures(names ...string) []string {
	var out []string
	for _, name := range names {
		out = append(out, name+".dot", name+".svg")
	}
	return out
}

func TestGolden(t *testing.T) {
	golden, err := filepath.Abs("testdata/abc.golden")
	if err != nil {
		t.Fatal(err)
	}
	list := "a,b,c"
	if testing.Short() {
		list = "b,c" // the page of part a takes 50 trainings
	}
	status, stdout, stderr := lecture(t, "-part", list)
	if status != statusOK || stderr != "" {
		t.Fatalf("status %d, standard error %q, want 0 and nothing", status, stderr)
	}
	if testing.Short() {
		b, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(b[bytes.Index(b, []byte("\n"+parts[1].title)):]), stdout); diff != "" {
			t.Errorf("mismatch (-want +got)\n%s", diff)
		}
	} else {
		testkit.Golden(t, golden, stdout)
	}
	if diff := cmp.Diff(append(pictures("12.2.1-all-operations", "12.2.1-network", "12.3-graph-with-deltas"), pageName), files(t, "lecture-out")); diff != "" {
		t.Errorf("files: mismatch (-want +got)\n%s", diff)
	}
}

// A wholeRun is what the program leaves with its own settings.
type wholeRun struct {
	stdout string
	files  map[string]string
}

// runWhole runs all parts, which takes some seconds: the tests share what it leaves.
var runWhole = sync.OnceValues(func() (*wholeRun, error) {
	dir, err := os.MkdirTemp("", "lecture")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var stdout, stderr bytes.Buffer
	if status := run(context.Background(), []string{"-out", dir}, &stdout, &stderr); status != statusOK || stderr.Len() > 0 {
		return nil, fmt.Errorf("status %d, standard error %q, want 0 and nothing", status, stderr.String())
	}
	w := &wholeRun{strings.ReplaceAll(stdout.String(), filepath.ToSlash(dir), "lecture-out"), make(map[string]string)}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		w.files[e.Name()] = string(b)
	}
	return w, nil
})

func theWholeRun(t *testing.T) *wholeRun {
	t.Helper()
	if testing.Short() {
		t.Skip("runs all parts")
	}
	w, err := runWhole()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestText holds what a reader may expect of every line, and of the marks.
func TestText(t *testing.T) {
	whole := theWholeRun(t)
	stdout := whole.stdout
	for i, line := range strings.Split(stdout, "\n") {
		if n := utf8.RuneCountInString(line); n > columns {
			t.Errorf("line %d has %d columns: %s", i+1, n, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("line %d ends in spaces: %q", i+1, line)
		}
		if strings.Contains(line, "✗") && !strings.Contains(line, "✗ slip") {
			t.Errorf("line %d has a difference without an explanation: %s", i+1, line)
		}
	}
	slips := regexp.MustCompile(`(?m)^Slip \d+:`).FindAllString(stdout, -1)
	if diff := cmp.Diff([]string{"Slip 1:", "Slip 2:", "Slip 3:", "Slip 4:", "Slip 5:", "Slip 6:", "Slip 7:", "Slip 8:"}, slips); diff != "" {
		t.Errorf("slips: mismatch (-want +got)\n%s", diff)
	}
	for _, p := range parts {
		if !strings.Contains(stdout, "\n"+p.title+"\n") {
			t.Errorf("no heading %q", p.title)
		}
	}
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz is not installed: the pictures are not parsed")
	}
	for name, text := range whole.files {
		if filepath.Ext(name) != ".dot" {
			continue
		}
		command := exec.Command(dot, "-Tcanon", "-o", os.DevNull)
		command.Stdin = strings.NewReader(text)
		if out, err := command.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("dot on %s: %v\n%s", name, err, out)
		}
	}
}

func TestUsage(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"unknown part", []string{"-part", "a,x"}, "lecture: -part \"a,x\": no part \"x\"; the parts are a, b, c, d, e\n"},
		{"no part", []string{"-part", ""}, "lecture: -part \"\": no part \"\"; the parts are a, b, c, d, e\n"},
		{"trailing comma", []string{"-part", "a,"}, "lecture: -part \"a,\": no part \"\"; the parts are a, b, c, d, e\n"},
		{"argument", []string{"b"}, "lecture: takes flags only, got \"b\": run with -h to see them\n"},
		{"no directory", []string{"-out", ""}, "lecture: -out is empty: name a directory for the page and the pictures\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lecture(t, tt.args...)
			if status != statusUsage || stdout != "" {
				t.Errorf("status %d, standard output %q, want 2 and nothing", status, stdout)
			}
			if diff := cmp.Diff(tt.want, stderr); diff != "" {
				t.Errorf("standard error: mismatch (-want +got)\n%s", diff)
			}
			if got := files(t, "."); len(got) > 0 {
				t.Errorf("left behind: %q", got)
			}
		})
	}
	t.Run("unknown flag", func(t *testing.T) {
		status, _, stderr := lecture(t, "-sead", "3")
		if status != statusUsage || !strings.Contains(stderr, "-sead") {
			t.Errorf("status %d, standard error %q, want 2 and the flag's name", status, stderr)
		}
	})
	t.Run("help", func(t *testing.T) {
		status, _, stderr := lecture(t, "-h")
		if status != statusOK || !strings.Contains(stderr, "-part") {
			t.Errorf("status %d, standard error %q, want 0 and the flags", status, stderr)
		}
	})
}

func TestChoose(t *testing.T) {
	tests := []struct{ list, want string }{
		{"a,b,c,d,e", "abcde"},
		{"c,a", "ac"},
		{" b , b", "b"},
	}
	for _, tt := range tests {
		chosen, err := choose(tt.list)
		if err != nil {
			t.Errorf("choose(%q): %v", tt.list, err)
		}
		var got string
		for _, p := range chosen {
			got += p.name
		}
		if got != tt.want {
			t.Errorf("choose(%q) = %s, want %s", tt.list, got, tt.want)
		}
	}
}

// A part prints the same whether or not others ran before it.
func TestPartAlone(t *testing.T) {
	_, all, _ := lecture(t, "-part", "b,c")
	_, alone, _ := lecture(t, "-part", "c")
	alone, _, _ = strings.Cut(alone, "\nThe page: ")
	if !strings.Contains(all, alone) {
		t.Error("part c alone prints something else than after part b")
	}
}

// trigger is a writer that calls f when it gets a text.
type trigger struct {
	bytes.Buffer
	text string
	f    func()
}

func (w *trigger) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(w.text)) {
		w.f()
	}
	return w.Buffer.Write(b)
}

func TestInterrupt(t *testing.T) {
	tests := []struct {
		name, at, want string
		files          []string
	}{
		{"in part b", "3) The update", "lecture: interrupted in part b; finished: a\n", pictures("12.2.1-all-operations", "12.2.1-network")},
		{"in part d", "12.1.1 Mini-batch", "lecture: interrupted in part d; finished: a, b, c\n", pictures("12.2.1-all-operations", "12.2.1-network", "12.3-graph-with-deltas")},
		{"in the variants", "12.4 Regularization", "lecture: interrupted in part d; finished: a, b, c\n", pictures("12.1.1-trained-network", "12.2.1-all-operations", "12.2.1-network", "12.3-graph-with-deltas")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			ctx, cancel := context.WithCancel(t.Context())
			out := &trigger{text: tt.at, f: cancel}
			var errs bytes.Buffer
			if status := run(ctx, nil, out, &errs); status != statusInterrupted {
				t.Errorf("status %d, want %d", status, statusInterrupted)
			}
			if diff := cmp.Diff(tt.want, errs.String()); diff != "" {
				t.Errorf("standard error: mismatch (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.files, files(t, "lecture-out")); diff != "" {
				t.Errorf("files: mismatch (-want +got)\n%s", diff)
			}
			if !strings.Contains(out.String(), parts[0].title) {
				t.Error("what was finished is not on the paper")
			}
		})
	}
	t.Run("before it begins", func(t *testing.T) {
		t.Chdir(t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var out, errs bytes.Buffer
		status := run(ctx, nil, &out, &errs)
		if want := "lecture: interrupted in part a; finished: none\n"; status != statusInterrupted || out.Len() > 0 || errs.String() != want {
			t.Errorf("status %d, output %q, error %q, want 130, nothing, %q", status, out.String(), errs.String(), want)
		}
	})
}

// brokenWriter takes some bytes and fails then.
type brokenWriter struct {
	room int
	err  error
}

func (w *brokenWriter) Write(b []byte) (int, error) {
	if len(b) > w.room {
		return 0, w.err
	}
	w.room -= len(b)
	return len(b), nil
}

func TestBrokenOutput(t *testing.T) {
	tests := []struct {
		name   string
		room   int
		err    error
		status int
		want   string
	}{
		{"closed pipe", 100, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}, statusOK, ""},
		{"full disk", 100, errors.New("no space left"), statusFailed, "lecture: part a: no space left\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var errs bytes.Buffer
			status := run(t.Context(), []string{"-part", "a,b"}, &brokenWriter{tt.room, tt.err}, &errs)
			if status != tt.status || errs.String() != tt.want {
				t.Errorf("status %d, standard error %q, want %d and %q", status, errs.String(), tt.status, tt.want)
			}
		})
	}
}

func TestDirectory(t *testing.T) {
	t.Run("made, kept, replaced", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "deep", "er")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"12.3-graph-with-deltas.svg", pageName, "mine.txt"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if status, _, stderr := lecture(t, "-part", "c", "-out", dir); status != statusOK {
			t.Fatalf("status %d: %s", status, stderr)
		}
		if diff := cmp.Diff(append(pictures("12.3-graph-with-deltas"), pageName, "mine.txt"), files(t, dir)); diff != "" {
			t.Errorf("files: mismatch (-want +got)\n%s", diff)
		}
		for name, prefix := range map[string]string{"12.3-graph-with-deltas.svg": "<svg", pageName: "<!doctype html>", "mine.txt": "mine"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || !bytes.HasPrefix(b, []byte(prefix)) {
				t.Errorf("%s: %.20q, %v, want a file that begins with %s", name, b, err, prefix)
			}
		}
	})
	t.Run("a file is in the way", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		status, _, stderr := lecture(t, "-part", "c", "-out", path)
		if status != statusFailed || !strings.HasPrefix(stderr, "lecture: part c: ") || !strings.Contains(stderr, path) {
			t.Errorf("status %d, standard error %q, want 1 and a line with the path", status, stderr)
		}
	})
	for _, tt := range []struct {
		name  string
		files []string // that are left
	}{
		{"12.3-graph-with-deltas.svg", []string{"12.3-graph-with-deltas.svg"}},
		{"12.3-graph-with-deltas.dot", pictures("12.3-graph-with-deltas")},
		{pageName, append(pictures("12.3-graph-with-deltas"), pageName)},
	} {
		t.Run("a directory is in the place of "+tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, tt.name, "x"), 0o777); err != nil {
				t.Fatal(err)
			}
			status, _, stderr := lecture(t, "-part", "c", "-out", dir)
			if status != statusFailed || !strings.Contains(stderr, tt.name) {
				t.Errorf("status %d, standard error %q, want 1 and a line with the name", status, stderr)
			}
			if diff := cmp.Diff(tt.files, files(t, dir)); diff != "" {
				t.Errorf("files: mismatch (-want +got)\n%s", diff)
			}
		})
	}
}

// A screen is a terminal for package progress.
type screen struct{ bytes.Buffer }

func (*screen) Columns() int { return 80 }

func TestProgress(t *testing.T) {
	if testing.Short() {
		t.Skip("trains the variants of part d")
	}
	t.Chdir(t.TempDir())
	var stdout bytes.Buffer
	var stderr screen
	if status := run(t.Context(), []string{"-part", "d"}, &stdout, &stderr); status != statusOK {
		t.Fatalf("status %d, standard error %q, want 0", status, stderr.String())
	}
	if got := stderr.String(); !strings.Contains(got, "12.4 variants") || strings.Contains(got, "\n") {
		t.Errorf("the terminal got %q, want one line with the work's name", got)
	}
}

func TestFill(t *testing.T) {
	long := strings.Repeat("word ", 20)
	tests := []struct{ name, got, want string }{
		{"empty", wrap("", ""), ""},
		{"one line", wrap("Slip 1:", " a  b\n"), "Slip 1:a b"},
		{"label indents", wrap("δ: ", long), "δ: " + strings.TrimSpace(strings.Repeat("word ", 15)) + "\n   " + strings.TrimSpace(strings.Repeat("word ", 5))},
		{"hanging", hang("  ", long), "  " + strings.TrimSpace(strings.Repeat("word ", 15)) + "\n      " + strings.TrimSpace(strings.Repeat("word ", 5))},
		{"word wider than the page", wrap("", strings.Repeat("x", 90)+" y"), strings.Repeat("x", 90) + "\ny"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("mismatch (-want +got)\n%s", diff)
			}
		})
	}
}
