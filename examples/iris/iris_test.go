package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
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
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx    context.Context
		args   []string
		status int
		want   string
	}{
		{ctx, nil, command.Interrupted, "iris: seed 1: nn.Fit: stopped in step 1, after 0 epochs: context canceled\n"},
		{t.Context(), []string{"-seeds", "0"}, command.Usage, "iris: -seeds 0: want 1 or more\n"},
	} {
		var stderr bytes.Buffer
		if status := program().Status(tt.ctx, tt.args, &bytes.Buffer{}, &stderr); status != tt.status || stderr.String() != tt.want {
			t.Errorf("status %d, standard error %q, want %d and %q", status, stderr.String(), tt.status, tt.want)
		}
	}
}
