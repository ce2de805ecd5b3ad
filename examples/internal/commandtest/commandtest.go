// Package commandtest is what the tests of the examples have in common: how their programs end, and what they say then.
package commandtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
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

// Output runs a program that must end well and leave standard error empty, and returns what it prints.
func Output(t *testing.T, program func() *command.Program, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := program().Status(t.Context(), args, &stdout, &stderr); status != command.OK || stderr.Len() > 0 {
		t.Fatalf("%q: status %d and %q, want 0 and nothing", args, status, stderr.String())
	}
	return stdout.String()
}

// Picture checks that a file holds a picture in SVG with some texts in it.
func Picture(t *testing.T, file string, texts ...string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(content), "<svg") {
		t.Errorf("%s begins with %.20q, %v; want <svg", file, content, err)
	}
	Contains(t, string(content), texts...)
}

// Contains checks that an output has some texts in it.
func Contains(t *testing.T, output string, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(output, want) {
			t.Errorf("no %q in:\n%s", want, output)
		}
	}
}

// Least checks that the number in an output which the first group of a pattern matches is not less than least.
func Least(t *testing.T, output, pattern string, least float64) {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(output)
	if m == nil {
		t.Fatalf("no %s in:\n%s", pattern, output)
	}
	if v, err := strconv.ParseFloat(m[1], 64); err != nil || !(v >= least) {
		t.Errorf("%q: want %g at least in:\n%s", m[0], least, output)
	}
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
