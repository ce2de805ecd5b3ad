package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// The exit statuses.
const (
	statusOK          = 0
	statusFailed      = 1
	statusUsage       = 2
	statusInterrupted = 130 // 128 + SIGINT, as shells have it
)

// options are the flags.
type options struct {
	seeds, members int
	seed           uint64
}

// run is the program: its arguments without the name, its two outputs, its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("regression", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.seeds, "seeds", 5, "the `number` of repetitions, each with other folds and other first weights")
	flags.IntVar(&o.members, "members", 5, "the `number` of networks in the ensemble")
	flags.Uint64Var(&o.seed, "seed", 1, "the first of the `seeds`")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return statusOK
	case err != nil:
		return statusUsage
	}
	var wrong string
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Sprintf("takes flags only, got %q: run with -h to see them", flags.Arg(0))
	case o.seeds < 1 || o.members < 1:
		wrong = fmt.Sprintf("-seeds %d -members %d: want 1 or more each", o.seeds, o.members)
	}
	if wrong != "" {
		fmt.Fprintln(stderr, "regression:", wrong)
		return statusUsage
	}
	out := &output{w: stdout}
	err := compare(ctx, o, out)
	if err == nil {
		err = out.err
	}
	switch {
	case err == nil:
		return statusOK
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "regression: interrupted")
		return statusInterrupted
	}
	fmt.Fprintln(stderr, "regression:", err)
	return statusFailed
}
