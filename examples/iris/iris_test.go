package main

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
)

func TestReaches(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := program().Status(t.Context(), nil, &stdout, &stderr); status != command.OK || stderr.Len() > 0 {
		t.Fatalf("status %d, standard error %q, want 0 and nothing", status, stderr.String())
	}
	m := regexp.MustCompile(`Test rows right: mean ([0-9.]+), from [0-9.]+ to [0-9.]+ in 5 runs\.`).FindStringSubmatch(stdout.String())
	if m == nil {
		t.Fatalf("no figure in:\n%s", &stdout)
	}
	if mean, err := strconv.ParseFloat(m[1], 64); err != nil || mean < 29 {
		t.Errorf("%s of 30 test rows are right, want 29 at least:\n%s", m[1], &stdout)
	}
	for _, want := range []string{"Iris: 90 training, 30 validation, 30 test rows.", "setosa", "accuracy"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in:\n%s", want, &stdout)
		}
	}
}

func TestStops(t *testing.T) {
	commandtest.Interrupted(t, program, "iris: seed 1: nn.Fit: stopped in step 1, after 0 epochs: context canceled\n")
	commandtest.Check(t, program, []commandtest.Run{{Args: []string{"-seeds", "0"}, Status: command.Usage, Stderr: "iris: -seeds 0: want 1 or more\n"}})
}
