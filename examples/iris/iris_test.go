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
	commandtest.Least(t, out, `Test rows right: mean ([0-9.]+), from [0-9.]+ to [0-9.]+ in 5 runs\.`, 29)
	commandtest.Contains(t, out, "Iris: 90 training, 30 validation, 30 test rows.", "setosa", "accuracy")
	commandtest.Picture(t, curves, "Iris", "chosen: validation loss", "share of errors")
}

func TestStops(t *testing.T) {
	commandtest.Interrupted(t, program, "iris: seed 1: nn.Fit: stopped in step 1, after 0 epochs: context canceled\n")
	commandtest.Full(t, program, "-seeds", "1")
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-seeds", "0"}, Status: command.Usage, Stderr: "iris: -seeds 0: want 1 or more\n"},
		{Args: []string{"-curves", "curves"}, Status: command.Usage, Stderr: "iris: -curves \"curves\": want a name that ends in .svg or .png\n"},
		{Args: []string{"-curves", "nowhere/curves.svg"}, Status: command.Failed, Stderr: "iris: -curves: stat nowhere"},
	})
}
