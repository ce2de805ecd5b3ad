package command_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

func TestStatus(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		args   []string
		err    error
		status int
		stderr string
	}{
		{"well", t.Context(), []string{"-n", "3"}, nil, command.OK, ""},
		{"failed", t.Context(), nil, errors.New("no disk"), command.Failed, "name: no disk\n"},
		{"usage", t.Context(), nil, fmt.Errorf("x: %w", command.Usagef("-n %d", 1)), command.Usage, "name: x: -n 1\n"},
		{"interrupted", ended, nil, errors.New("stopped"), command.Interrupted, "name: stopped\n"},
		{"done in spite of it", ended, nil, nil, command.OK, ""},
		{"nobody reads", t.Context(), nil, fmt.Errorf("x: %w", syscall.EPIPE), command.OK, ""},
		{"argument", t.Context(), []string{"x"}, nil, command.Usage, "name: takes flags only, got \"x\": run with -h to see them\n"},
		{"help", t.Context(), []string{"-h"}, nil, command.OK, "About it.\n\nThe flags are:\n  -n int\n    \tnumber\n"},
		{"unknown flag", t.Context(), []string{"-m"}, nil, command.Usage, "flag provided but not defined: -m\nAbout it.\n\nThe flags are:\n  -n int\n    \tnumber\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := command.Program{
				Name: "name", About: "About it.\n", Flags: func(f *flag.FlagSet) { f.Int("n", 0, "number") },
				Run: func(context.Context, io.Writer, io.Writer) error { return tt.err },
			}
			var stderr bytes.Buffer
			if got := p.Status(tt.ctx, tt.args, io.Discard, &stderr); got != tt.status {
				t.Errorf("status %d, want %d", got, tt.status)
			}
			if diff := cmp.Diff(tt.stderr, stderr.String()); diff != "" {
				t.Errorf("standard error: mismatch (-want +got)\n%s", diff)
			}
		})
	}
}

// TestArgs holds that what follows the flags goes to Args, and that Run does not run if that finds fault with it.
func TestArgs(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"a"}, command.OK, ""},
		{[]string{"-n", "3", "a"}, command.OK, ""},
		{nil, command.Usage, "name: 0 names, want 1\n"},
		{[]string{"a", "-n", "3"}, command.Usage, "name: 3 names, want 1\n"},
	} {
		ran := false
		p := command.Program{
			Name: "name", Flags: func(f *flag.FlagSet) { f.Int("n", 0, "number") },
			Args: func(args []string) error {
				if len(args) != 1 {
					return command.Usagef("%d names, want 1", len(args))
				}
				return nil
			},
			Run: func(context.Context, io.Writer, io.Writer) error { ran = true; return nil },
		}
		var stderr bytes.Buffer
		status := p.Status(t.Context(), tt.args, io.Discard, &stderr)
		if status != tt.status || stderr.String() != tt.stderr || ran != (status == command.OK) {
			t.Errorf("%q: status %d, %q, ran %t; want %d, %q", tt.args, status, stderr.String(), ran, tt.status, tt.stderr)
		}
	}
}

func TestCheckpoints(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.ckpt")
	stopped := fmt.Errorf("stopped: %w", context.Canceled)
	if err := command.Resumable(stopped, file); err != stopped {
		t.Errorf("without a checkpoint: got %v", err)
	}
	for _, name := range []string{file, file + ".previous"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := command.Resumable(stopped, file); !errors.Is(err, context.Canceled) || err.Error() != "stopped: context canceled\nThe same command goes on from "+file {
		t.Errorf("got %v", err)
	}
	other := errors.New("diverged")
	if err := command.Resumable(other, file); err != other {
		t.Errorf("another error: got %v", err)
	}
	for range 2 {
		if err := command.RemoveCheckpoint(file); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
	if err := command.RemoveCheckpoint(dir + "\x00"); err == nil {
		t.Error("a file that cannot be removed: no error")
	}
}

func TestCheckFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		file: "", "y": "", "": "-file is empty: name a file",
		filepath.Join(file, "y"): "-file: " + file + " is no directory", filepath.Join(dir, "z", "y"): "-file: stat " + filepath.Join(dir, "z"),
	} {
		err := command.CheckFile("-file", name)
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", name, err, want)
		}
	}
}

func TestCheckPicture(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"": "", "x.svg": "", filepath.Join(dir, "x.PNG"): "", "svg": `-curves "svg": want a name that ends in .svg or .png`,
		"x.svg.gz": `-curves "x.svg.gz": want`, filepath.Join(dir, "z", "y.svg"): "-curves: stat " + filepath.Join(dir, "z"),
	} {
		err := command.CheckPicture("-curves", name)
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", name, err, want)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		s    command.Spread
		want string
	}{
		{nil, "no run"},
		{command.Spread{0.5}, "0.50 in 1 run"},
		{command.Spread{0.5, 0.25, 1}, "mean 0.58, from 0.25 to 1.00 in 3 runs"},
	} {
		if got := tt.s.Format("%.2f"); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.s, got, tt.want)
		}
	}
}

func TestPlusMinus(t *testing.T) {
	for _, tt := range []struct {
		s    command.Spread
		want string
	}{
		{command.Spread{0.5}, "0.50"},
		{command.Spread{2, 4, 4, 4, 5, 5, 7, 9}, "5.00 ± 2.14"}, // squares add up to 32, by 7
		{command.Spread{3, 3}, "3.00 ± 0.00"},
	} {
		if got := tt.s.PlusMinus("%.2f"); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.s, got, tt.want)
		}
	}
}
