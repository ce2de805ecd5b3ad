package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/progress"
)

// solve solves an equation with each way to choose points, and prints what came of it.
func (s *settings) solve(ctx context.Context, e equation, out *command.Output, terminal io.Writer) error {
	out.Printf("%s\n%s\n\n", e.name, strings.Repeat("=", len(e.name)))
	for _, line := range e.text {
		out.Printf("  %s\n", line)
	}
	out.Printf("\n%-20s  %19s  %31s\n", "", "relative error", "residual, root mean square")
	out.Printf("%-20s  %19s  %16s  %15s\n", fmt.Sprintf("%d points", e.points), "in %", "at its points", "on a grid")
	var f *function // of the last way and seed
	for _, w := range ways {
		var runs []figure
		var err error
		if f, runs, err = s.solveAll(ctx, e, w, terminal); err != nil {
			return err
		}
		out.Printf("%-20s  %19s  %16s  %15s\n", w.name,
			figures(runs, func(f figure) float64 { return 100 * f.relative }).PlusMinus("%.3f"),
			figures(runs, func(f figure) float64 { return f.own }).PlusMinus("%.4f"),
			figures(runs, func(f figure) float64 { return f.grid }).PlusMinus("%.4f"))
		if out.Err != nil {
			return out.Err
		}
	}
	return printTable(out, f)
}

// solveAll solves an equation once for each seed. It returns the last function, and the figures of all.
func (s *settings) solveAll(ctx context.Context, e equation, w way, terminal io.Writer) (f *function, runs []figure, err error) {
	descent, newton := w.steps(s.steps)
	step, done := progress.Steps(terminal, s.seeds*(descent+newton), e.name+", "+w.name)
	defer done()
	for i := range s.seeds {
		var points *data.Set
		if f, points, err = e.solve(ctx, w, s.steps, s.seed+uint64(i), step); err != nil {
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

// printTable prints a function beside the solution.
func printTable(out *command.Output, f *function) error {
	points := &data.Set{X: tensor.Of(slices.Concat(f.shown...), len(f.shown), len(f.inputs))}
	y, err := nn.Predict(f, points)
	if err != nil {
		return err
	}
	out.Printf("\n")
	for _, name := range f.inputs {
		out.Printf("%6s", name)
	}
	out.Printf("  %10s  %10s  %10s\n", "network", "solution", "error")
	for i, x := range f.shown {
		for _, v := range x {
			out.Printf("%6.2f", v)
		}
		u := f.solution(x)
		out.Printf("  %10.5f  %10.5f  %10.5f\n", y.At(i, 0), u, y.At(i, 0)-u)
	}
	return out.Err
}

// figures returns a figure of all runs.
func figures(runs []figure, of func(figure) float64) command.Spread {
	var s command.Spread
	for _, run := range runs {
		s = append(s, of(run))
	}
	return s
}
