package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
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
	commandtest.Contains(t, out.String(), "counts after 4 characters", "gru, seed 2", "transformer, mean ± deviation", "The transformer, with", "Grün ist die Farbe. ", file)
	if left, err := filepath.Glob(filepath.Join(dir, "ckpt*")); err != nil || len(left) > 0 {
		t.Errorf("checkpoints that are left: %q, %v", left, err)
	}
	if !strings.Contains(log.String(), "transformer, seed 2  epoch 1/1") {
		t.Errorf("the log shows no progress: %q", log.String())
	}

	write := func(args ...string) string {
		return commandtest.Output(t, program, append([]string{"-generate", file, "-text", text}, args...)...)
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
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-seeds", "0"}, Status: command.Usage, Stderr: "want from 1 to"},
		{Args: []string{"-epochs", "-1"}, Status: command.Usage, Stderr: "want from 1 to"},
		{Args: []string{"-epochs", "many"}, Status: command.Usage, Stderr: "many"},
		{Args: []string{"-model", "lstm"}, Status: command.Usage, Stderr: `no model "lstm"`},
		{Args: []string{"-model", ""}, Status: command.Usage, Stderr: "there are gru and transformer"},
		{Args: []string{"-temperature", "-1"}, Status: command.Usage, Stderr: "-temperature -1"},
		{Args: []string{"-temperature", "NaN"}, Status: command.Usage, Stderr: "-temperature NaN"},
		{Args: []string{"-temperature", "Inf"}, Status: command.Usage, Stderr: "-temperature +Inf"},
		{Args: []string{"-length", "-1"}, Status: command.Usage, Stderr: "-length -1"},
		{Args: []string{"-layers", "3"}, Status: command.Usage, Stderr: "-layers"},
		{Args: []string{"opticks.txt"}, Status: command.Usage, Stderr: "takes flags only"},
		{Args: []string{"-h"}, Status: command.OK, Stderr: "-temperature"},
		{Args: []string{"-prompt", "Grün"}, Status: command.Failed, Stderr: "'ü' is not among the 78 characters"},
		{Args: []string{"-text", filepath.Join(dir, "none")}, Status: command.Failed, Stderr: "no such file"},
		{Args: []string{"-file", filepath.Join(dir, "none", "model")}, Status: command.Failed, Stderr: "no such file"},
		{Args: []string{"-file", ""}, Status: command.Usage, Stderr: "-file is empty"},
		{Args: []string{"-generate", filepath.Join(dir, "none")}, Status: command.Failed, Stderr: "no such file"},
		{Args: []string{"-generate", damaged}, Status: command.Failed, Stderr: "damaged"},
	})
}

func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	commandtest.Interrupted(t, program, "stopped in step 1", "-file", filepath.Join(dir, "model"), "-checkpoint", filepath.Join(dir, "ckpt"))
}

func TestOutputFails(t *testing.T) {
	commandtest.Full(t, program, "-file", filepath.Join(t.TempDir(), "model"), "-checkpoint", "")
}
