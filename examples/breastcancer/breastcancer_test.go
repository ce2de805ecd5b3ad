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
	for _, figure := range []string{`Test rows right: mean ([0-9.]+), from [0-9.]+ to [0-9.]+ in 5 runs\.`, `Asked together, the networks have ([0-9]+) of 114 right`} {
		m := regexp.MustCompile(figure).FindStringSubmatch(stdout.String())
		if m == nil {
			t.Fatalf("no %s in:\n%s", figure, &stdout)
		}
		if right, err := strconv.ParseFloat(m[1], 64); err != nil || right < 111 {
			t.Errorf("%q: want 111 at least:\n%s", m[0], &stdout)
		}
	}
	for _, want := range []string{"Breast cancer: 341 training, 114 validation, 114 test rows.", "The best mean has", "malignant"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in:\n%s", want, &stdout)
		}
	}
}

func TestStops(t *testing.T) {
	commandtest.Interrupted(t, program, "breastcancer: 16 hidden nodes, λ = 0.003, seed 1: nn.Fit: stopped in step 1, after 0 epochs: context canceled\n")
	commandtest.Check(t, program, []commandtest.Run{{Args: []string{"-seeds", "0"}, Status: command.Usage, Stderr: "breastcancer: -seeds 0: want 1 or more\n"}})
}
