package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
)

// A part is a piece of the lecture. Its run writes to the lesson's paper, and returns early with the context's error
// when the context ends.
type part struct {
	name, title string
	run         func(context.Context, *lesson) error
}

// parts stand in the lecture's order.
var parts = []part{
	{"a", "12.1 Forward propagation", forwardPropagation},
	{"b", "12.2.1 Back propagation by hand: the 2-2-2 network", workedExample},
	{"c", "12.3 The computational graph of a two-layer network", tensorGraph},
	{"d", "12.1.1 Mini-batch gradient descent on real data", training},
	{"e", "12.4.3 Figure 12.5: the grid of layers and nodes", gridSearch},
}

// A lesson is one run of the program.
type lesson struct {
	*paper
	out      string    // the directory of the page and the pictures
	seed     uint64    // of everything random
	runs     int       // with other initial weights, over which tables average
	results  results   // of the parts that ran, for the page
	progress io.Writer // where long work shows that it goes on, if that is a terminal
}

// rng returns a generator of random numbers. Every use has a stream of its own, a letter and a number, so that what one
// part draws does not depend on what ran before it.
func (l *lesson) rng(letter byte, number int) *rand.Rand {
	return rand.New(rand.NewPCG(l.seed, uint64(letter)<<32+uint64(number)))
}

// The exit statuses.
const (
	statusOK          = 0
	statusFailed      = 1
	statusUsage       = 2
	statusInterrupted = 130 // 128 + SIGINT, as shells have it
)

// run is the program: its arguments without the name, its two outputs, its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("lecture", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.String("part", "a,b,c,d,e", "the parts to run, a `list` such as b or a,c")
	seed := flags.Uint64("seed", 12, "the `seed` of everything random")
	out := flags.String("out", "lecture-out", "the `directory` that takes the page and the pictures")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return statusOK
	case err != nil:
		return statusUsage
	}
	chosen, err := choose(*list)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("takes flags only, got %q: run with -h to see them", flags.Arg(0))
	}
	if err == nil && *out == "" {
		err = errors.New("-out is empty: name a directory for the page and the pictures")
	}
	if err != nil {
		fmt.Fprintln(stderr, "lecture:", err)
		return statusUsage
	}

	l := &lesson{paper: &paper{w: stdout}, out: *out, seed: *seed, runs: 10, progress: stderr}
	var done []string
	for _, p := range chosen {
		err := ctx.Err()
		if err == nil {
			l.heading(p.title)
			err = p.run(ctx, l)
		}
		if err == nil {
			err = l.err
		}
		switch {
		case err == nil:
			done = append(done, p.name)
		case errors.Is(err, syscall.EPIPE): // the reader has seen enough
			return statusOK
		case ctx.Err() != nil:
			fmt.Fprintf(stderr, "lecture: interrupted in part %s; finished: %s\n", p.name, listOr(done, "none"))
			return statusInterrupted
		default:
			fmt.Fprintf(stderr, "lecture: part %s: %v\n", p.name, err)
			return statusFailed
		}
	}
	err = l.writePage(ctx, chosen)
	if err == nil {
		err = l.err
	}
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return statusOK
	case ctx.Err() != nil:
		fmt.Fprintf(stderr, "lecture: interrupted before the page was written; finished: %s\n", listOr(done, "none"))
		return statusInterrupted
	}
	fmt.Fprintln(stderr, "lecture:", err)
	return statusFailed
}

// choose returns the parts that a list such as "a,c" names, each once, in the lecture's order.
func choose(list string) ([]part, error) {
	var want []string
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			var names []string
			for _, p := range parts {
				names = append(names, p.name)
			}
			return nil, fmt.Errorf("-part %q: no part %q; the parts are %s", list, name, strings.Join(names, ", "))
		}
		want = append(want, name)
	}
	var chosen []part
	for _, p := range parts {
		if slices.Contains(want, p.name) {
			chosen = append(chosen, p)
		}
	}
	return chosen, nil
}

// listOr joins names with commas, or returns what stands for none.
func listOr(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, ", ")
}
