package main

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// The footnote of 12.1: one curve, fitted by networks with one hidden layer.
var approximationNodes = []int{1, 2, 4, 16, 64}

const (
	missNodes          = 4  // hidden nodes of the runs of which one is shown that misses the curve
	approximationRuns  = 10 // with other initial weights, for each number of nodes
	approximationRows  = 64 // points of the curve that are trained on
	approximationSteps = 2500
	approximationRate  = 0.05
)

// approximated is the curve, on 0 ≤ u ≤ 1.
func approximated(u float64) float64 { return u * math.Sin(4*math.Pi*u*u) }

// A fit is a network's curve.
type fit struct {
	nodes    int
	x, y     []float64 // the network's curve
	distance float64   // from the points, the root of the mean square
}

// curvePoints returns points u between 0 and 1 and the curve there.
func curvePoints(n int) *data.Set {
	s := &data.Set{X: tensor.New(tensor.Float64, n, 1), T: tensor.New(tensor.Float64, n, 1)}
	for i := range n {
		u := float64(i) / float64(n-1)
		s.X.SetAt(u, i, 0)
		s.T.SetAt(approximated(u), i, 0)
	}
	return s
}

// curveNetwork returns a network of one hidden layer with the given number of nodes and a linear output. Its initial
// weights spread the steep parts of the sigmoids over 0 ≤ u ≤ 1.
func curveNetwork(rng *rand.Rand, nodes int) nn.Layer {
	hidden := nn.Linear(rng, 1, nodes, nn.WithInit(nn.Normal(12)))
	w, b := hidden.Params()[0].Data.Float64s(), hidden.Params()[1].Data.Float64s()
	for i := range b {
		b[i] = -w[i] * rng.Float64()
	}
	return nn.Sequential(hidden, nn.Sigmoid(), nn.Linear(rng, nodes, 1))
}

// fitCurve trains a network on the curve. Runs differ in their initial weights.
func (l *lesson) fitCurve(ctx context.Context, nodes, run int) (*fit, error) {
	rng := l.rng('f', 100*nodes+run)
	model := curveNetwork(rng, nodes)
	_, err := nn.Fit(ctx, model, curvePoints(approximationRows), nn.FitConfig{
		Loss:      nn.OnTargets(nn.MSE),
		Optimizer: nn.NewAdam(nn.AdamConfig{LR: approximationRate}),
		Schedule:  nn.Cosine(approximationSteps),
		Rand:      rng,
		BatchSize: approximationRows,
		Steps:     approximationSteps,
	})
	if err != nil {
		return nil, err
	}
	f := &fit{nodes: nodes}
	drawn := curvePoints(121)
	g := graph.New()
	y := model.Forward(nn.Eval(), g.ConstTensor(drawn.X)).Tensor()
	for i := range drawn.Len() {
		f.x = append(f.x, drawn.X.At(i, 0))
		f.y = append(f.y, y.At(i, 0))
		d := y.At(i, 0) - drawn.T.At(i, 0)
		f.distance += d * d / float64(drawn.Len())
	}
	f.distance = math.Sqrt(f.distance)
	return f, nil
}

// An approximation holds the fits of the footnote.
type approximation struct {
	best []*fit // by number of hidden nodes, the nearest of some runs
	miss *fit   // the farthest of the runs with missNodes hidden nodes
}

// approximate trains networks of all sizes, each from several initial weights.
func (l *lesson) approximate(ctx context.Context) (*approximation, error) {
	a := &approximation{}
	for _, nodes := range approximationNodes {
		var best *fit
		for run := range approximationRuns {
			f, err := l.fitCurve(ctx, nodes, run)
			if err != nil {
				return nil, err
			}
			if best == nil || f.distance < best.distance {
				best = f
			}
			if nodes == missNodes && (a.miss == nil || f.distance > a.miss.distance) {
				a.miss = f
			}
		}
		a.best = append(a.best, best)
	}
	return a, nil
}

// hit returns the nearest fit with missNodes hidden nodes.
func (a *approximation) hit() *fit { return a.best[slices.Index(approximationNodes, missNodes)] }
