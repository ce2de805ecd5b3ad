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

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// A short training on a text of one's own, and what comes after it.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("trains four models")
	}
	dir := t.TempDir()
	text, file := filepath.Join(dir, "text.txt"), filepath.Join(dir, "model.safetensors")
	if err := os.WriteFile(text, []byte(strings.Repeat("Grün ist die Farbe. Blau ist die Luft.\n", 60)), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, log bytes.Buffer
	args := []string{"-text", text, "-seeds", "2", "-epochs", "1", "-length", "40", "-file", file, "-checkpoint", filepath.Join(dir, "ckpt")}
	if status := program().Status(t.Context(), args, &out, &log); status != command.OK {
		t.Fatalf("status %d, %s", status, log.String())
	}
	for _, want := range []string{"counts after 4 characters", "gru, seed 2", "transformer, mean ± deviation", "The transformer, with", "Grün ist die Farbe. ", file} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output has no %q:\n%s", want, out.String())
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "ckpt*")); err != nil || len(left) > 0 {
		t.Errorf("checkpoints that are left: %q, %v", left, err)
	}
	if !strings.Contains(log.String(), "transformer, seed 2  epoch 1/1") {
		t.Errorf("the log shows no progress: %q", log.String())
	}

	write := func(args ...string) string {
		var out, log bytes.Buffer
		args = append([]string{"-generate", file, "-text", text}, args...)
		if status := program().Status(t.Context(), args, &out, &log); status != command.OK || log.Len() > 0 {
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
		{[]string{"-seeds", "0"}, command.Usage, "want from 1 to"},
		{[]string{"-epochs", "-1"}, command.Usage, "want from 1 to"},
		{[]string{"-epochs", "many"}, command.Usage, "many"},
		{[]string{"-model", "lstm"}, command.Usage, `no model "lstm"`},
		{[]string{"-model", ""}, command.Usage, "there are gru and transformer"},
		{[]string{"-temperature", "-1"}, command.Usage, "-temperature -1"},
		{[]string{"-temperature", "NaN"}, command.Usage, "-temperature NaN"},
		{[]string{"-temperature", "Inf"}, command.Usage, "-temperature +Inf"},
		{[]string{"-length", "-1"}, command.Usage, "-length -1"},
		{[]string{"-layers", "3"}, command.Usage, "-layers"},
		{[]string{"opticks.txt"}, command.Usage, "takes flags only"},
		{[]string{"-h"}, command.OK, "-temperature"},
		{[]string{"-prompt", "Grün"}, command.Failed, "'ü' is not among the 78 characters"},
		{[]string{"-text", filepath.Join(dir, "none")}, command.Failed, "no such file"},
		{[]string{"-file", filepath.Join(dir, "none", "model")}, command.Failed, "no such file"},
		{[]string{"-file", ""}, command.Usage, "-file is empty"},
		{[]string{"-generate", filepath.Join(dir, "none")}, command.Failed, "no such file"},
		{[]string{"-generate", damaged}, command.Failed, "damaged"},
	} {
		var log bytes.Buffer
		if status := program().Status(t.Context(), test.args, io.Discard, &log); status != test.status || !strings.Contains(log.String(), test.want) {
			t.Errorf("%q: status %d and %q, want %d and %q", test.args, status, log.String(), test.status, test.want)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log bytes.Buffer
	dir := t.TempDir()
	args := []string{"-file", filepath.Join(dir, "model"), "-checkpoint", filepath.Join(dir, "ckpt")}
	if status := program().Status(ctx, args, io.Discard, &log); status != command.Interrupted || !strings.Contains(log.String(), "stopped in step 1") {
		t.Errorf("status %d, %q", status, log.String())
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestOutputFails(t *testing.T) {
	var log bytes.Buffer
	if status := program().Status(t.Context(), []string{"-file", filepath.Join(t.TempDir(), "model"), "-checkpoint", ""}, full{}, &log); status != command.Failed || !strings.Contains(log.String(), "no space left") {
		t.Errorf("status %d, %q", status, log.String())
	}
}
