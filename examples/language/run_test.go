package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A short training on a text of one's own, and what comes after it.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	text, file := filepath.Join(dir, "text.txt"), filepath.Join(dir, "model.safetensors")
	if err := os.WriteFile(text, []byte(strings.Repeat("Grün ist die Farbe. Blau ist die Luft.\n", 60)), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, log bytes.Buffer
	args := []string{"-text", text, "-seeds", "2", "-epochs", "1", "-length", "40", "-save", file, "-checkpoint", filepath.Join(dir, "checkpoints")}
	if status := run(context.Background(), args, &out, &log); status != statusOK {
		t.Fatalf("status %d, %s", status, log.String())
	}
	for _, want := range []string{"counts after 4 characters", "gru, seed 2", "transformer, mean ± deviation", "The transformer, with", "Grün ist die Farbe. ", file} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output has no %q:\n%s", want, out.String())
		}
	}
	if !strings.Contains(log.String(), "epoch 1/1") {
		t.Errorf("the log shows no progress: %q", log.String())
	}

	write := func(args ...string) string {
		var out, log bytes.Buffer
		args = append([]string{"-generate", file, "-text", text}, args...)
		if status := run(context.Background(), args, &out, &log); status != statusOK || log.Len() > 0 {
			t.Fatalf("%q: status %d, %s", args, status, log.String())
		}
		return out.String()
	}
	if a, b := write("-temperature", "0", "-seed", "1"), write("-temperature", "0", "-seed", "2"); a != b {
		t.Errorf("at temperature 0 two seeds write differently: %q and %q", a, b)
	}
	if a, b := write("-temperature", "2", "-seed", "1"), write("-temperature", "2", "-seed", "2"); a == b {
		t.Errorf("at temperature 2 two seeds write the same: %q", a)
	}
	if got := write("-length", "0", "-prompt", "die Luft"); got != "die Luft\n" {
		t.Errorf("nothing more than the prompt: %q", got)
	}
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	damaged := filepath.Join(dir, "damaged")
	if err := os.WriteFile(damaged, []byte("no model"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-seeds", "0"}, statusUsage, "want 1 or more"},
		{[]string{"-epochs", "-1"}, statusUsage, "want 1 or more"},
		{[]string{"-epochs", "many"}, statusUsage, "many"},
		{[]string{"-model", "lstm"}, statusUsage, `no model "lstm"`},
		{[]string{"-model", ""}, statusUsage, "there are gru and transformer"},
		{[]string{"-temperature", "-1"}, statusUsage, "-temperature -1"},
		{[]string{"-temperature", "NaN"}, statusUsage, "-temperature NaN"},
		{[]string{"-temperature", "Inf"}, statusUsage, "-temperature +Inf"},
		{[]string{"-length", "-1"}, statusUsage, "-length -1"},
		{[]string{"-layers", "3"}, statusUsage, "-layers"},
		{[]string{"opticks.txt"}, statusUsage, "takes flags only"},
		{[]string{"-h"}, statusOK, "-temperature"},
		{[]string{"-prompt", "Grün"}, statusFailed, "'ü' is not among the 78 characters"},
		{[]string{"-text", filepath.Join(dir, "none")}, statusFailed, "no such file"},
		{[]string{"-save", filepath.Join(dir, "none", "model")}, statusFailed, "no such file"},
		{[]string{"-generate", filepath.Join(dir, "none")}, statusFailed, "no such file"},
		{[]string{"-generate", damaged}, statusFailed, "damaged"},
	} {
		var log bytes.Buffer
		if status := run(context.Background(), test.args, io.Discard, &log); status != test.status || !strings.Contains(log.String(), test.want) {
			t.Errorf("%q: status %d and %q, want %d and %q", test.args, status, log.String(), test.status, test.want)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "with -checkpoint DIR"},
		{[]string{"-checkpoint", t.TempDir()}, "the same command goes on"},
	} {
		var log bytes.Buffer
		args := append(test.args, "-save", "")
		if status := run(ctx, args, io.Discard, &log); status != statusInterrupted || !strings.Contains(log.String(), test.want) {
			t.Errorf("%q: status %d, %q", args, status, log.String())
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestOutputFails(t *testing.T) {
	var log bytes.Buffer
	if status := run(context.Background(), []string{"-save", ""}, full{}, &log); status != statusFailed || !strings.Contains(log.String(), "no space left") {
		t.Errorf("status %d, %q", status, log.String())
	}
}
