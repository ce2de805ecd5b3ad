package main

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// mixtureJob is "<dimensions> <components>": the gradient of ADBench's mixture on tensors.
func mixtureJob(args []string) *job {
	v := integers(args)
	m, g := programs.NewGaussians(v[0], v[1]), graph.New()
	var leaves, constants []graph.Value
	for _, x := range m.Tensors() {
		leaves = append(leaves, g.Bind(x))
	}
	for _, x := range m.Constants() {
		constants = append(constants, g.BindConst(x))
	}
	start := g.Mark()
	run := func() autograd.Gradients {
		g.Rewind(start)
		return autograd.Backward(m.OnTensors(leaves, constants), autograd.LeavesOnly())
	}
	j := &job{run: func() { run() }}
	grads := run()
	j.check = 0
	for _, x := range leaves {
		j.check += total(grads.Tensor(x).Float64s())
	}
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
