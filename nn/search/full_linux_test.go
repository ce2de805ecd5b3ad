package search_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn/search"
)

// TestFullDisk makes a search in a process whose files may not grow beyond a limit, in the middle of a line.
func TestFullDisk(t *testing.T) {
	const limit = 1000 // bytes
	if name := os.Getenv(inChild); name != "" {
		signal.Ignore(syscall.SIGXFSZ) // which would end the process
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			t.Fatal(err)
		}
		cfg := messyConfig
		cfg.File = name
		table, err := search.Minimize(t.Context(), messyPlan, cfg, messy)
		if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), name) || len(table.Trials) == 0 {
			t.Errorf("%d trials and error %v, want those that were written and %v", len(table.Trials), err, syscall.EFBIG)
		}
		return
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "search.jsonl")
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
	cmd.Env = append(os.Environ(), inChild+"="+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	content := read(t, name)
	lines := strings.Count(content, "\n")
	if !strings.HasSuffix(content, "\n") || lines < 2 || len(content) > limit {
		t.Errorf("the file has %d bytes and %d lines, and ends in %q; want whole lines", len(content), lines, content[max(0, len(content)-10):])
	}
	// With room on the disk the search goes on.
	want, _, _ := messyFile(t, filepath.Join(dir, "undisturbed.jsonl"), 1)
	got, whole, made := messyFile(t, name, 1)
	if diff := cmp.Diff(want, got); diff != "" || made != 21-lines || !strings.HasPrefix(whole, content) {
		t.Errorf("%d runs were made after %d lines; mismatch (-undisturbed +resumed)\n%s", made, lines, diff)
	}
}
