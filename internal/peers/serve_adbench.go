package main

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/adbench"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// taskJob is "<name> [<sizes>]": the derivative of a task of package adbench, in its usual size if none is given.
func taskJob(args []string) *job {
	w := taskOf(args)
	_, derivative := w.Derivative()
	return &job{run: func() { w.Derivative() }, check: total(derivative)}
}

// plainTaskJob is "<name> [<sizes>]": the function of a task, in plain Go.
func plainTaskJob(args []string) *job {
	w := taskOf(args)
	return &job{run: func() { w.Plain() }, check: w.Plain()}
}

func taskOf(args []string) adbench.Work {
	for _, t := range adbench.Tasks() {
		if t.Name != args[0] {
			continue
		}
		if len(args) > 1 {
			return t.Make(integers(args[1:]))
		}
		return t.Make(t.Sizes)
	}
	panic(fmt.Sprintf("there is no task %q", args[0]))
}

// mixtureJob is "<dimensions> <components>": the gradient of ADBench's mixture on tensors.
func mixtureJob(args []string) *job {
	v := integers(args)
	return tensorsJob(programs.NewGaussians(1000, v[0], v[1]))
}

// adjustmentTensorsJob is "<cameras> <points> <observations>": the gradient of ADBench's bundle adjustment on tensors.
func adjustmentTensorsJob(args []string) *job {
	v := integers(args)
	return tensorsJob(programs.NewAdjustment(v[0], v[1], v[2]))
}

func tensorsJob(p interface {
	Tensors() []*tensor.Tensor
	Constants() []*tensor.Tensor
	OnTensors(leaves, constants []graph.Value) graph.Value
}) *job {
	g := graph.New()
	var leaves, constants []graph.Value
	for _, x := range p.Tensors() {
		leaves = append(leaves, g.Bind(x))
	}
	for _, x := range p.Constants() {
		constants = append(constants, g.BindConst(x))
	}
	start := g.Mark()
	run := func() autograd.Gradients {
		g.Rewind(start)
		return autograd.Backward(p.OnTensors(leaves, constants), autograd.LeavesOnly())
	}
	j := &job{run: func() { run() }}
	grads := run()
	j.check = 0
	for _, x := range leaves {
		j.check += total(grads.Tensor(x).Float64s())
	}
	return j
}

// mixturePointsJob is "<dimensions> <components>": the gradient of ADBench's mixture, compiled for one point and evaluated
// at all of them, with a second program for what does not depend on points.
func mixturePointsJob(args []string) *job {
	v := integers(args)
	m := programs.NewGaussians(1000, v[0], v[1])
	d, n := v[0], len(m.At)
	points := m.Points()
	xs, y := m.PointTape(graph.New(graph.Traced()), nil, append(points[:d:d], m.At...))
	point := compiledFrom(y, xs)
	xs, y = m.RestTape(graph.New(graph.Traced()), nil, m.At)
	rest := compiledFrom(y, xs)
	rows := make([]float64, len(points)/d*(d+n))
	grads, values, gradient := make([]float64, len(rows)), make([]float64, len(points)/d), make([]float64, n)
	j := &job{run: func() {
		for i := range values {
			row := rows[i*(d+n):][:d+n]
			copy(row, points[i*d:][:d])
			copy(row[d:], m.At)
		}
		point.EvalBatch(values, grads, rows)
		rest.Eval(m.At, gradient)
		for i := range values {
			for k, v := range grads[i*(d+n)+d:][:n] {
				gradient[k] += v
			}
		}
	}}
	j.run()
	j.check = total(gradient)
	return j
}

// adjustmentJob is "<cameras> <points> <observations>": the gradient of ADBench's bundle adjustment, whose residuals are
// compiled for one observation and evaluated at all of them.
func adjustmentJob(args []string) *job {
	v := integers(args)
	a, one := programs.NewAdjustment(v[0], v[1], v[2]), programOf("bundle")
	c := compiled(one)
	rows := make([]float64, len(one.At)*a.Observations())
	grads, values, gradient := make([]float64, len(rows)), make([]float64, a.Observations()), make([]float64, len(a.At))
	j := &job{run: func() {
		a.Gather(rows, a.At)
		c.EvalBatch(values, grads, rows)
		a.Scatter(gradient, grads)
	}}
	j.run()
	j.check = total(gradient)
	return j
}
