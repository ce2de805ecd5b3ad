// Package commandtest is what the tests of the examples have in common: how their programs end, and what they say then.
package commandtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// A Run is one of a program with arguments, and what is to come of it.
type Run struct {
	Args   []string
	Status int
	Stderr string // a part of standard error, or all of it if it ends with a line
}

// Check runs programs that program returns, each once, and reports those that end otherwise.
func Check(t *testing.T, program func() *command.Program, runs []Run) {
	t.Helper()
	for _, r := range runs {
		check(t.Context(), t, program, io.Discard, r)
	}
}

// Interrupted checks a run whose context ends before it begins.
func Interrupted(t *testing.T, program func() *command.Program, stderr string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	check(ctx, t, program, io.Discard, Run{args, command.Interrupted, stderr})
}

// Full checks a run whose standard output goes to a disk without room.
func Full(t *testing.T, program func() *command.Program, args ...string) {
	t.Helper()
	check(t.Context(), t, program, full{}, Run{args, command.Failed, errFull.Error()})
}

func check(ctx context.Context, t *testing.T, program func() *command.Program, stdout io.Writer, r Run) {
	t.Helper()
	var stderr bytes.Buffer
	status := program().Status(ctx, r.Args, stdout, &stderr)
	said := strings.Contains
	if strings.HasSuffix(r.Stderr, "\n") {
		said = func(all, want string) bool { return all == want }
	}
	if status != r.Status || !said(stderr.String(), r.Stderr) {
		t.Errorf("%q: status %d and %q, want %d and %q", r.Args, status, stderr.String(), r.Status, r.Stderr)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// A Canceller ends a context as soon as something is written to it, and keeps what is written.
type Canceller struct {
	Cancel  context.CancelFunc
	written bytes.Buffer // not embedded: its WriteString would not cancel
}

// Write writes b.
func (c *Canceller) Write(b []byte) (int, error) {
	c.Cancel()
	return c.written.Write(b)
}

// String returns what has been written.
func (c *Canceller) String() string { return c.written.String() }
