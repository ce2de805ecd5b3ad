package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/progress"
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
	seeds, steps int
	seed         uint64
}

// run is the program: its arguments without the name, its two outputs, its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("pinn", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.seeds, "seeds", 5, "the `number` of trainings of each kind, with other first weights and points")
	flags.IntVar(&o.steps, "steps", 3000, "the `number` of updates in each training")
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
	case o.seeds < 1 || o.steps < 1:
		wrong = fmt.Sprintf("-seeds %d -steps %d: want 1 or more each", o.seeds, o.steps)
	}
	if wrong != "" {
		fmt.Fprintln(stderr, "pinn:", wrong)
		return statusUsage
	}

	out := &output{w: stdout}
	var err error
	for _, e := range []equation{oscillator(), heat()} {
		if err = out.solve(ctx, e, o, stderr); err != nil {
			break
		}
		out.printf("\n")
	}
	if err == nil {
		out.printf("Where the points stay the same, the residual is small at them and not elsewhere.\nWhat it is on new points tells how far to trust a solution that nobody knows.\n")
		err = out.err
	}
	switch {
	case err == nil:
		return statusOK
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "pinn: interrupted")
		return statusInterrupted
	}
	fmt.Fprintln(stderr, "pinn:", err)
	return statusFailed
}

// An output is where the text goes. It remembers the first error of its writer, and writes no more after it.
type output struct {
	w   io.Writer
	err error
}

func (o *output) printf(format string, args ...any) {
	if o.err == nil {
		_, o.err = fmt.Fprintf(o.w, format, args...)
	}
}

// solve solves an equation with each way to choose points, and prints what came of it.
func (o *output) solve(ctx context.Context, e equation, c options, terminal io.Writer) error {
	o.printf("%s\n%s\n\n", e.name, strings.Repeat("=", len(e.name)))
	for _, line := range e.text {
		o.printf("  %s\n", line)
	}
	o.printf("\n%-20s  %19s  %31s\n", "", "relative error", "residual, root mean square")
	o.printf("%-20s  %19s  %16s  %15s\n", fmt.Sprintf("%d points", e.points), "in %", "at first points", "on a grid")
	var f *function // of the last way and seed
	for _, w := range ways {
		var runs []figure
		var err error
		if f, runs, err = e.solveAll(ctx, w, c, terminal); err != nil {
			return err
		}
		o.printf("%-20s  %19s  %16s  %15s\n", w.name,
			spread("%.2f", runs, func(f figure) float64 { return 100 * f.relative }),
			spread("%.3f", runs, func(f figure) float64 { return f.first }),
			spread("%.3f", runs, func(f figure) float64 { return f.grid }))
		if o.err != nil {
			return o.err
		}
	}
	return o.table(f)
}

// solveAll solves an equation once for each seed. It returns the last function, and the figures of all.
func (e equation) solveAll(ctx context.Context, w way, c options, terminal io.Writer) (f *function, runs []figure, err error) {
	step, done := progress.Steps(terminal, c.seeds*c.steps, e.name+", "+w.name)
	defer done()
	for i := range c.seeds {
		var points *data.Set
		if f, points, err = e.solve(ctx, w, c.steps, c.seed+uint64(i), step); err != nil {
			return nil, nil, err
		}
		r, err := f.measure(points)
		if err != nil {
			return nil, nil, err
		}
		runs = append(runs, r)
	}
	return f, runs, nil
}

// table prints a function beside the solution.
func (o *output) table(f *function) error {
	points := &data.Set{X: tensor.Of(slices.Concat(f.shown...), len(f.shown), len(f.inputs))}
	y, err := nn.Predict(f, points)
	if err != nil {
		return err
	}
	o.printf("\n")
	for _, name := range f.inputs {
		o.printf("%6s", name)
	}
	o.printf("  %10s  %10s  %10s\n", "network", "solution", "error")
	for i, x := range f.shown {
		for _, v := range x {
			o.printf("%6.2f", v)
		}
		u := f.solution(x)
		o.printf("  %10.5f  %10.5f  %10.5f\n", y.At(i, 0), u, y.At(i, 0)-u)
	}
	return o.err
}
