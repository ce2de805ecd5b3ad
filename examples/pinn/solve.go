package main

import (
	"context"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// The settings of all networks.
const (
	hiddenNodes  = 32
	learningRate = 0.02
)

// A function is a network that fulfils the conditions of an equation. It is a layer, from points to u.
type function struct {
	equation
	network      nn.Layer
	scale, shift *tensor.Tensor // bring each input to [-waves, waves]
}

// newFunction returns a function with random parameters.
func newFunction(rng *rand.Rand, e equation) *function {
	inputs, sine := len(e.inputs), nn.Func(ops.Sin)
	f := &function{equation: e, scale: tensor.New(tensor.Float64, inputs), shift: tensor.New(tensor.Float64, inputs)}
	for i := range inputs {
		width := e.hi[i] - e.lo[i]
		f.scale.SetAt(2*e.waves/width, i)
		f.shift.SetAt(-e.waves*(e.lo[i]+e.hi[i])/width, i)
	}
	f.network = nn.Sequential(
		nn.Linear(rng, inputs, hiddenNodes), sine,
		nn.Linear(rng, hiddenNodes, hiddenNodes), sine,
		nn.Linear(rng, hiddenNodes, 1),
	)
	return f
}

// Params returns the parameters of the network.
func (f *function) Params() []*nn.Param { return f.network.Params() }

// Forward returns u(x), of shape (points, 1).
func (f *function) Forward(p nn.Pass, x graph.Value) graph.Value {
	g := x.Graph()
	z := ops.Add(ops.Mul(x, g.BindConst(f.scale)), g.BindConst(f.shift))
	return f.trial(x, f.network.Forward(p, z))
}

// loss is the mean square of the residual at the points of a batch.
func (f *function) loss(p nn.Pass, g *graph.Graph, b *data.Batch) graph.Value {
	x := g.VarTensor(b.X) // a variable, as the equation has derivatives by it
	return ops.Mean(ops.Square(f.residual(f.Forward(p, x), x)))
}

// scatter moves the points of x to random places of the box.
func (e equation) scatter(x *tensor.Tensor, rng *rand.Rand) {
	for i := range x.Dims()[0] {
		for j := range e.lo {
			x.SetAt(e.lo[j]+(e.hi[j]-e.lo[j])*rng.Float64(), i, j)
		}
	}
}

// A way says how points are chosen.
type way struct {
	name string
	anew bool // draw new points for each step
}

var ways = []way{{"the same points", false}, {"new points each step", true}}

// solve returns a function that was trained to fulfil the equation, and the points that it began with.
func (e equation) solve(ctx context.Context, w way, steps int, seed uint64, onStep func()) (*function, *data.Set, error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	f := newFunction(rng, e)
	points := &data.Set{X: tensor.New(tensor.Float64, e.points, len(e.inputs))}
	e.scatter(points.X, rng)
	cfg := nn.FitConfig{
		Objective: f.loss,
		Optimizer: nn.NewAdam(nn.AdamConfig{LR: learningRate}),
		Schedule:  nn.Cosine(steps),
		Steps:     steps,
		BatchSize: e.points,
		Rand:      rng,
		OnStep:    func(int, float64) { onStep() },
	}
	if w.anew {
		cfg.Augment = func(b *data.Batch, rng *rand.Rand) { e.scatter(b.X, rng) }
	}
	_, err := nn.Fit(ctx, f, points, cfg)
	return f, points, err
}
