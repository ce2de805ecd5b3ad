package main

import (
	"context"
	"errors"
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

// A way says how a function is trained.
type way struct {
	name string
	anew bool // each step draws new points; else they stay
	// newton is how many times as many points are taken for L-BFGS, which follows a short training. It takes the loss of all
	// points at once, the same points always, and makes of many gradients an idea of the curvature. 0 stands for no L-BFGS.
	newton int
}

var ways = []way{
	{name: "the same points"},
	{name: "new points each step", anew: true},
	{name: "then L-BFGS", anew: true, newton: 4},
}

// steps returns how many updates a way makes by gradient descent, and how many iterations of L-BFGS. It takes about as
// long as n updates do.
func (w way) steps(n int) (descent, newton int) {
	if w.newton == 0 {
		return n, 0
	}
	return (n + 9) / 10, (n + 2) / 3
}

// solve returns a function that was trained to fulfil the equation, and points that it was trained on.
func (e equation) solve(ctx context.Context, w way, n int, seed uint64, onStep func()) (*function, *data.Set, error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	f := newFunction(rng, e)
	points := e.draw(rng, e.points)
	descent, newton := w.steps(n)
	cfg := nn.FitConfig{
		Objective: f.loss,
		Optimizer: nn.NewAdam(nn.AdamConfig{LR: learningRate}),
		Schedule:  nn.Cosine(descent),
		Steps:     descent,
		BatchSize: e.points,
		Rand:      rng,
		OnStep:    func(int, float64) { onStep() },
	}
	if w.anew {
		cfg.Augment = func(b *data.Batch, rng *rand.Rand) { e.scatter(b.X, rng) }
	}
	if _, err := nn.Fit(ctx, f, points, cfg); err != nil || newton == 0 {
		return f, points, err
	}

	points = e.draw(rng, w.newton*e.points)
	loss := func(g *graph.Graph) graph.Value { return f.loss(nn.Eval(), g, &data.Batch{X: points.X}) }
	_, err := nn.LBFGS(ctx, f, loss, nn.LBFGSConfig{
		Iterations:  newton,
		GradTol:     1e-9,
		LossTol:     1e-14,
		OnIteration: func(int, float64) { onStep() },
	})
	if errors.Is(err, nn.ErrNoProgress) {
		err = nil // it has come as far as it goes
	}
	return f, points, err
}

// draw returns n random points of the box.
func (e equation) draw(rng *rand.Rand, n int) *data.Set {
	points := &data.Set{X: tensor.New(tensor.Float64, n, len(e.inputs))}
	e.scatter(points.X, rng)
	return points
}
