package main

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// programJob is "eval <program>", "compile <program>", "batch <program> <points>" or, which records and sweeps at each of
// the points, "sweep <program> <points>".
func programJob(args []string) *job {
	p := programOf(args[1])
	grad := make([]float64, len(p.At))
	switch args[0] {
	case "eval":
		c := compiled(p)
		c.Eval(p.At, grad)
		return &job{run: func() { c.Eval(p.At, grad) }, check: total(grad)}
	case "compile":
		xs, y := p.Tape(graph.New(graph.Traced()), nil, p.At)
		return &job{run: func() { compiledFrom(y, xs) }, check: math.NaN()}
	}
	n := integers(args[2:3])[0]
	points := pointsAround(p.At, n)
	ys, grads := make([]float64, n), make([]float64, len(points))
	j := &job{}
	switch args[0] {
	case "batch":
		c := compiled(p)
		j.run = func() { c.EvalBatch(ys, grads, points) }
	case "sweep":
		g := graph.New()
		var leaves []graph.Value
		j.run = func() {
			for i := range ys {
				at := points[i*len(p.At):][:len(p.At)]
				g.Reset()
				xs, y := p.Tape(g, leaves[:0], at)
				leaves = xs
				ys[i] = y.Item()
				autograd.Backward(y).Scalars(grads[i*len(at):][:len(at)], xs)
			}
		}
	default:
		panic("unknown job")
	}
	j.run()
	j.check = weigh(ys) + weigh(grads)
	return j
}

func compiled(p programs.Program) *program.Program {
	xs, y := p.Tape(graph.New(graph.Traced()), nil, p.At)
	return compiledFrom(y, xs)
}

func compiledFrom(y graph.Value, xs []graph.Value) *program.Program {
	c, err := program.Compile(y, xs...)
	if err != nil {
		panic(err)
	}
	return c
}

// pointsAround returns n points around one, the same in every language.
func pointsAround(at []float64, n int) []float64 {
	points := make([]float64, n*len(at))
	noise(points, 5, 0.1)
	for i := range points {
		points[i] = at[i%len(at)] * (1 + points[i])
	}
	return points
}
