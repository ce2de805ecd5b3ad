package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/internal/adbench"
)

// A task is one that is measured: the value of the flag that sets its sizes.
type task struct {
	*adbench.Task
	file string // with its input, "" for random numbers
}

// String returns the sizes.
func (t *task) String() string {
	if t == nil || t.Task == nil { // package flag makes one to see what the default is
		return ""
	}
	return sizes(t.Sizes)
}

func sizes(sizes []int) string {
	var list []string
	for _, n := range sizes {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ",")
}

// Set takes the sizes from a flag.
func (t *task) Set(s string) error {
	fields := strings.Split(s, ",")
	if len(fields) != len(t.Names) {
		return fmt.Errorf("want %d numbers, %s", len(t.Names), strings.Join(t.Names, ","))
	}
	read := make([]int, len(fields))
	for i, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 {
			return fmt.Errorf("%s is %q: want a number of 1 or more", t.Names[i], f)
		}
		if i == 0 && t.Most > 0 && n > t.Most {
			return fmt.Errorf("%s is %q: want %d at most", t.Names[i], f, t.Most)
		}
		read[i] = n
	}
	if err := t.Room(read); err != nil {
		return err
	}
	t.Sizes = read
	return nil
}

// run measures the task and prints its line.
func (t *task) run(ctx context.Context, out *command.Output, d time.Duration) error {
	var w adbench.Work
	size := t.String()
	if t.file == "" {
		w = t.Make(t.Sizes)
	} else {
		text, err := readText(t.file)
		if err != nil {
			return err
		}
		in := &adbench.Numbers{Text: text, Name: t.file}
		build, read := t.Read(in)
		if in.Err != nil {
			return in.Err
		}
		if err := t.Room(read); err != nil {
			return fmt.Errorf("%s: %w", t.file, err)
		}
		w, size = build(), sizes(read)
	}
	want := w.Plain()
	got, derivative := w.Derivative()
	if w.Tolerance == 0 {
		w.Tolerance = 1e-9
	}
	if !(math.Abs(got-want) <= w.Tolerance*math.Abs(want)) {
		return fmt.Errorf("the value on the graph is %v, that of the plain function %v", got, want)
	}
	sum := adbench.Total(derivative)
	function, err := least(ctx, d, func() { w.Plain() })
	if err != nil {
		return err
	}
	both, err := least(ctx, d, func() { w.Derivative() })
	if err != nil {
		return err
	}
	out.Printf("%-12s %-16s %9d %9d  %-22.15g %-22.15g %11s %11s %7.2f\n", t.Name, size, w.Inputs, len(derivative), got, sum, show(function), show(both), float64(both)/float64(function))
	return out.Err
}

// mostText is how many bytes a file may have: one that does not end must not fill the memory.
const mostText = 1 << 29

// readText returns what a file holds, unless it does not end.
func readText(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	if n, err := io.Copy(&b, io.LimitReader(f, mostText+1)); err != nil {
		return "", err
	} else if n > mostText {
		return "", fmt.Errorf("%s has more than %d bytes: want one of ADBench's text files", name, mostText)
	}
	return b.String(), nil
}

// least returns the least time that f takes, of as many runs as there is time for.
func least(ctx context.Context, d time.Duration, f func()) (time.Duration, error) {
	best := time.Duration(math.MaxInt64)
	for begin := time.Now(); time.Since(begin) < d; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		start := time.Now()
		n := 1
		for f(); time.Since(start) < 20*time.Microsecond; n++ { // the clock is not finer
			f()
		}
		best = min(best, time.Since(start)/time.Duration(n))
	}
	return best, nil
}

// show writes a time with three digits.
func show(d time.Duration) string {
	switch v := float64(d); {
	case v < 1e3:
		return fmt.Sprintf("%.3g ns", v)
	case v < 1e6:
		return fmt.Sprintf("%.3g µs", v/1e3)
	case v < 1e9:
		return fmt.Sprintf("%.3g ms", v/1e6)
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}
