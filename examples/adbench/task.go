package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// A task is a function to differentiate, of any size. It is the value of the flag that sets its sizes.
type task struct {
	name, about string
	names       []string // of the sizes
	sizes       []int
	most        int // of the first size, 0 for no limit but that of all tasks
	file        string
	make        func(sizes []int) work
	read        func(in *numbers) (work, []int) // from a file; nil if there is no format
}

// A work is a task of one size.
type work struct {
	inputs     int
	point      []float64                   // where the derivative is taken, which plain reads; nil if it is no gradient of plain
	plain      func() float64              // the function, in plain Go: its value, or the sum of its values
	derivative func() (float64, []float64) // the same, and the derivative
	tolerance  float64                     // between the two values, relative; 0 stands for 1e-9
}

func tasks() []*task {
	return []*task{gmm(), adjustment(), adjustmentSum(), lstm(), hand(), kmeans(), ode(), llsq(), determinant(), lse(), particle()}
}

// String returns the sizes.
func (t *task) String() string {
	if t == nil {
		return ""
	}
	var list []string
	for _, n := range t.sizes {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ",")
}

// mostNumbers bounds the product of a task's sizes: what more needs does not fit into memory.
const mostNumbers = 50_000_000

// Set takes the sizes from a flag.
func (t *task) Set(s string) error {
	fields := strings.Split(s, ",")
	if len(fields) != len(t.names) {
		return fmt.Errorf("want %d numbers, %s", len(t.names), strings.Join(t.names, ","))
	}
	product := 1
	for i, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 {
			return fmt.Errorf("%s is %q: want a number of 1 or more", t.names[i], f)
		}
		if i == 0 && t.most > 0 && n > t.most {
			return fmt.Errorf("%s is %q: want %d at most", t.names[i], f, t.most)
		}
		if n > mostNumbers/product {
			return fmt.Errorf("these sizes are together more than %d: want smaller ones", mostNumbers)
		}
		product *= n
		t.sizes[i] = n
	}
	return nil
}

// run measures the task and prints its line.
func (t *task) run(ctx context.Context, out *command.Output, d time.Duration) error {
	var w work
	size := t.String()
	if t.file == "" {
		w = t.make(t.sizes)
	} else {
		data, err := os.ReadFile(t.file)
		if err != nil {
			return err
		}
		in := &numbers{text: string(data), name: t.file}
		var sizes []int
		if w, sizes = t.read(in); in.err != nil {
			return in.err
		}
		size = (&task{sizes: sizes}).String()
	}
	want := w.plain()
	got, derivative := w.derivative()
	if w.tolerance == 0 {
		w.tolerance = 1e-9
	}
	if !(math.Abs(got-want) <= w.tolerance*math.Abs(want)) {
		return fmt.Errorf("the value on the graph is %v, that of the plain function %v", got, want)
	}
	sum := total(derivative)
	function, err := least(ctx, d, func() { w.plain() })
	if err != nil {
		return err
	}
	both, err := least(ctx, d, func() { w.derivative() })
	if err != nil {
		return err
	}
	out.Printf("%-9s %-16s %9d %9d  %-22.15g %-22.15g %11s %11s %7.2f\n", t.name, size, w.inputs, len(derivative), got, sum, show(function), show(both), float64(both)/float64(function))
	return out.Err
}

// total returns the sum of a list.
func total(list []float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum
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

// A draw is a stream of random numbers in [0, 1), the same in every language: a linear congruential generator.
type draw uint64

func (d *draw) next() float64 {
	*d = (*d*1103515245 + 12345) % (1 << 31)
	return float64(*d) / (1 << 31)
}

// fill returns n numbers between low and high.
func (d *draw) fill(n int, low, high float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = low + (high-low)*d.next()
	}
	return list
}
