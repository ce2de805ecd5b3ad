package nn_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed366ff29f/chainrule/nn"
)

// TestFullDisk trains in another process, for which files cannot grow from some step on, and then without that limit.
func TestFullDisk(t *testing.T) {
	if file := os.Getenv(childCheckpoint); file != "" {
		r, err := train(t, t.Context(), func(c *nn.FitConfig) {
			c.Checkpoint, c.CheckpointEvery = file, 1
			c.OnStep = func(step int, _ float64) {
				if step == 8 {
					if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
		if err == nil {
			t.Fatal("the training has not noticed it")
		}
		mustWriteJSON(t, os.Getenv(childResult), []any{err.Error(), r.History.Reason})
		return
	}
	dir := t.TempDir()
	file, said := filepath.Join(dir, "run.ckpt"), filepath.Join(dir, "said")
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
	cmd.Env = append(os.Environ(), childCheckpoint+"="+file, childResult+"="+said)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"nn.Fit: step 8: the checkpoint could not be written, and the last one is as it was", "file too large", string(nn.StopFailed)} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the training said %s, want %q in it", text, want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.tmp")); err != nil || left != nil {
		t.Errorf("%v are left behind (%v)", left, err)
	}
	want, err := train(t, t.Context(), func(*nn.FitConfig) {})
	if err != nil {
		t.Fatal(err)
	}
	first := 0
	got, err := train(t, t.Context(), func(c *nn.FitConfig) {
		c.Checkpoint = file
		c.OnStep = func(step int, _ float64) {
			if first == 0 {
				first = step
			}
		}
	})
	if err != nil || first != 8 {
		t.Errorf("went on with step %d (%v), want 8", first, err)
	}
	mustEqual(t, "after the disk was full", want, got)
}
