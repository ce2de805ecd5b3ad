package main

import (
	"math"
	"runtime"
	"time"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

func programOf(name string) programs.Program {
	p, ok := programs.ByName(name)
	if !ok {
		panic("unknown program " + name)
	}
	return p
}

func total(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum
}

// scalarJob is "record <program>", "gradient <program>", the same on the bare tape, or "plain <program>".
func scalarJob(args []string) *job {
	p := programOf(args[1])
	dst := make([]float64, len(p.At))
	g := graph.New()
	var leaves []graph.Value
	j := &job{check: math.NaN()}
	switch args[0] {
	case "record":
		j.run = func() { g.Reset(); leaves, _ = p.Tape(g, leaves[:0], p.At) }
	case "gradient":
		j.run = func() {
			g.Reset()
			xs, y := p.Tape(g, leaves[:0], p.At)
			leaves = xs
			autograd.Backward(y).Scalars(dst, xs)
		}
	case "bare-record":
		bare := p.NewBareTape()
		j.run = func() { bare.Reset(); p.Bare(bare, p.At) }
	case "bare-gradient":
		bare := p.NewBareTape()
		j.run = func() {
			bare.Reset()
			xs, y := p.Bare(bare, p.At)
			bare.Sweep(y)
			bare.Gradient(dst, xs)
		}
	case "plain":
		j.run = func() { p.Plain(p.At) }
	default:
		panic("unknown job")
	}
	j.run()
	if args[0] == "gradient" || args[0] == "bare-gradient" {
		j.check = total(dst)
	}
	return j
}

// coldRun is the time of a process's first gradient: the tape's memory is touched for the first time.
func coldRun(args []string) answer {
	p := programOf(args[0])
	dst := make([]float64, len(p.At))
	start := time.Now()
	xs, y := p.Tape(graph.New(), nil, p.At)
	autograd.Backward(y).Scalars(dst, xs)
	a := counted(time.Since(start).Seconds())
	a.Check = total(dst)
	return a
}

// tapeBytes is the memory that a tape holds after recording a program, "tape <program>", or after sweeping it as well,
// "sweep <program>", for each node, which is an operation, a leaf or a constant. It is rounded to bytes: the chunks that
// are not full make up the rest.
func tapeBytes(args []string) answer {
	p := programOf(args[1])
	before := heap()
	g := graph.New()
	_, y := p.Tape(g, nil, p.At)
	if args[0] == "sweep" {
		autograd.Backward(y)
	}
	after := heap()
	n := g.Len() // keeps g in use, and with it the adjoints
	return counted(math.Round((after - before) / float64(n)))
}

// heap returns the bytes of all objects that are in use.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
