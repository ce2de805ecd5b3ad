package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/nn"
)

// What a model writes does not depend on whether it is this program that reads its file, or language.py in PyTorch.
func TestPyTorch(t *testing.T) {
	python := os.Getenv("TORCH_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import safetensors.torch").Run(); err != nil {
		t.Skipf("needs PyTorch and safetensors, which %s has not; TORCH_PYTHON may name one that has: %v", python, err)
	}
	c, err := read("")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		file := filepath.Join(t.TempDir(), k.name)
		if err := nn.SaveFile(file, k.build(7, len(c.alphabet))); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		theirs, err := exec.CommandContext(ctx, python, "language.py", file).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v:\n%s", k.name, err, theirs)
		}
		var ours, log bytes.Buffer
		if status := program().Status(t.Context(), []string{"-generate", file, "-temperature", "0", "-length", "200"}, &ours, &log); status != command.OK {
			t.Fatalf("%s: status %d, %s", k.name, status, log.String())
		}
		// The program breaks lines at spaces.
		if a, b := strings.Fields(ours.String()), strings.Fields(string(theirs)); !slices.Equal(a, b) {
			t.Errorf("%s: this program writes %q, PyTorch %q", k.name, a, b)
		}
	}
}
