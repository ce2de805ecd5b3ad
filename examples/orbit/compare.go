package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// mostRecorded is how many steps are recorded one by one: more take gigabytes.
const mostRecorded = 500_000

// A way is a way to the derivative.
type way struct {
	name  string
	after func(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value // the state after n steps
}

// each records one step after the other.
func each(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value {
	for i := range n {
		s = f(i, s)
	}
	return s
}

// looped returns what leaves the steps to autograd.Loop.
func looped(options ...autograd.LoopOption) func(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value {
	return func(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value {
		return autograd.Loop(n, f, s, options...)
	}
}

// compare takes the derivative in every way.
func compare(ctx context.Context, out *command.Output, o orbit) error {
	r0, v0 := o.start()
	out.Printf("A comet on an ellipse of eccentricity %v, from (%.4g, 0) with speed (0, %.4g)\n", o.eccentricity, r0, v0)
	out.Printf("%d revolutions in %d steps: the derivatives of the last y by the start\n\n", o.revolutions, o.steps)
	out.Printf("%-22s %11s %9s %9s %8s  %17s %17s\n", "", "steps made", "on tape", "memory", "time", "by x", "by the speed's y")
	var first *result
	for _, w := range o.ways() {
		r, err := w.derivative(ctx, o)
		if err != nil {
			return err
		}
		if first == nil {
			first = &r
		} else if r.gradient != first.gradient {
			return fmt.Errorf("%s: the gradient is %v, and %v at first: they should be equal", w.name, r.gradient, first.gradient)
		}
		out.Printf("%-22s %11d %9d %9s %8s  %17.10f %17.10f\n", w.name, r.steps, r.nodes, megabytes(r.bytes), r.time.Round(time.Millisecond), r.gradient[0], r.gradient[3])
	}
	exact := o.exact()
	out.Printf("%-22s %49s %17.10f %17.10f\n", "on the ellipse", "", exact[0], exact[3])
	out.Printf("\nBy y it is %.7f and by the speed's x %.7f, on the ellipse %v and %v. Every way gives the same bits.\n", first.gradient[1], first.gradient[2], exact[1], exact[2])
	return ctx.Err()
}

// ways returns the ways that are compared.
func (o orbit) ways() []way {
	ways := []way{
		{"every step recorded", each},
		{"Loop", looped()},
		{"Loop, 100 snapshots", looped(autograd.Snapshots(100))},
		{"Loop, 10 snapshots", looped(autograd.Snapshots(10))},
		{"Loop, 3 snapshots", looped(autograd.Snapshots(3))},
	}
	if o.steps > mostRecorded {
		return ways[1:]
	}
	return ways
}

func megabytes(n uint64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }

// A result is what a way has found, and what it took.
type result struct {
	gradient [4]float64
	steps    int    // computed, again and again
	nodes    int    // on the tape
	bytes    uint64 // held by the graph
	time     time.Duration
}

// derivative returns the derivative of the last y by the start. It ends early if ctx does.
func (w way) derivative(ctx context.Context, o orbit) (r result, err error) {
	type stopped struct{}
	defer func() {
		if x := recover(); x == any(stopped{}) {
			err = ctx.Err()
		} else if x != nil {
			panic(x)
		}
	}()
	step := func(i int, s graph.Value) graph.Value {
		if r.steps++; r.steps%1024 == 0 && ctx.Err() != nil {
			panic(stopped{})
		}
		return o.step(i, s)
	}
	before, begin := heap(), time.Now()
	g := graph.New()
	s := g.VarTensor(o.state())
	y := ops.Index(w.after(o.steps, step, s), 1)
	r.nodes = g.Len()
	grads := autograd.Backward(y)
	copy(r.gradient[:], grads.Tensor(s).Float64s())
	r.time = time.Since(begin)
	r.bytes = max(heap(), before) - before
	runtime.KeepAlive(g)
	return r, nil
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
