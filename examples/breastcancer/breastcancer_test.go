package main

import (
	"path/filepath"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
)

func TestReaches(t *testing.T) {
	curves := filepath.Join(t.TempDir(), "curves.svg")
	out := commandtest.Output(t, program, "-curves", curves)
	commandtest.Least(t, out, `Test rows right: mean ([0-9.]+), from [0-9.]+ to [0-9.]+ in 5 runs\.`, 111)
	commandtest.Least(t, out, `Asked together, the networks have ([0-9]+) of 114 right`, 111)
	commandtest.Contains(t, out, "Breast cancer: 341 training, 114 validation, 114 test rows.", "The best mean has", "malignant")
	commandtest.Picture(t, curves, "Breast cancer", "chosen", "share of errors")
}

func TestStops(t *testing.T) {
	commandtest.Interrupted(t, program, "breastcancer: 16 hidden nodes, λ = 0.003, seed 1: nn.Fit: stopped in step 1, after 0 epochs: context canceled\n")
	commandtest.Full(t, program, "-seeds", "1")
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-seeds", "0"}, Status: command.Usage, Stderr: "breastcancer: -seeds 0: want 1 or more\n"},
		{Args: []string{"-curves", "curves.pdf"}, Status: command.Usage, Stderr: "breastcancer: -curves \"curves.pdf\": want a name that ends in .svg or .png\n"},
	})
}
