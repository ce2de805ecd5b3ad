// Package command is what the examples have in common as programs: interrupts, flags, the exit status, and figures of
// several runs.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit statuses.
const (
	OK          = 0
	Failed      = 1
	Usage       = 2
	Interrupted = 130 // 128 + SIGINT, as shells have it
)

// A Program is one without the world around it: what it prints goes to stdout, how far it is to stderr. It returns early
// when the context ends.
type Program struct {
	Name  string
	About string                    // the lines of the help before the flags
	Flags func(flags *flag.FlagSet) // declares the flags; may be nil
	Args  func(args []string) error // takes what follows the flags; nil if nothing may
	Run   func(ctx context.Context, stdout, stderr io.Writer) error
}

// Main runs the program with the arguments, outputs and signals of the process, and exits. A first Ctrl-C ends the
// program's context, a second one the program.
func (p *Program) Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(p.Status(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Status runs the program and returns its exit status. What goes wrong is said on stderr, after the program's name.
func (p *Program) Status(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintf(stderr, "%s\nThe flags are:\n", p.About)
		flags.PrintDefaults()
	}
	if p.Flags != nil {
		p.Flags(flags)
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return OK
	case err != nil:
		return Usage
	}
	var err error
	switch {
	case p.Args != nil:
		err = p.Args(flags.Args())
	case flags.NArg() > 0:
		err = Usagef("takes flags only, got %q: run with -h to see them", flags.Arg(0))
	}
	if err == nil {
		err = p.Run(ctx, stdout, stderr)
	}
	var usage *UsageError
	switch {
	case err == nil:
		return OK
	case errors.Is(err, syscall.EPIPE): // the reader has seen enough
		return OK
	}
	fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
	switch {
	case errors.As(err, &usage):
		return Usage
	case ctx.Err() != nil:
		return Interrupted
	}
	return Failed
}

// A UsageError reports a flag or an argument that the program cannot do anything with.
type UsageError struct{ text string }

// Error says what is wrong with it.
func (e *UsageError) Error() string { return e.text }

// Usagef returns a [UsageError].
func Usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }
