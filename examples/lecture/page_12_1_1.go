package main

import (
	"context"
	"html/template"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

// repeated is what 12.2.1 leaves at the end: the network after updates, and the error on the way.
type repeated struct {
	updates, errors []float64 // the error after so many updates
	last            *network222
}

// repeat makes 10,000 updates and notes the error after the first ones, and then after every fiftieth.
func repeat(ctx context.Context) (*repeated, error) {
	const first, every = 100, 50
	r := &repeated{}
	g := graph.New()
	n := newNetwork222(g)
	leaves := g.Mark()
	for done := 0; ; done++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n.forward()
		if done <= first || done%every == 0 {
			r.updates = append(r.updates, float64(done))
			r.errors = append(r.errors, n.total.Item())
		}
		if done == manyTimes {
			r.last = n
			return r, nil
		}
		n.update(autograd.Backward(n.total), false)
		g.Rewind(leaves)
	}
}

// page1211 is the tab of 12.1.1: Algorithm 1 at work on the small network, and on the data.
func page1211(ctx context.Context, l *lesson, c *content) error {
	r, err := repeat(ctx)
	if err != nil {
		return err
	}
	one, err := train222(ctx, 1, false)
	if err != nil {
		return err
	}
	errors, err := drawn(plot.Lines([]plot.Line{{Name: "E_total", X: r.updates, Y: r.errors}},
		plot.LogY(), plot.Title("10,000 updates of the 2-2-2 network"), plot.XLabel("updates"), plot.YLabel("E_total"), plot.Size(figureWidth, 300)))
	if err != nil {
		return err
	}
	type weight struct {
		Name              string
		Before, One, Many float64
	}
	var weights []weight
	before := newNetwork222(graph.New())
	for k := 1; k <= 8; k++ {
		weights = append(weights, weight{"w" + digit(k), before.w[k].Item(), one.w[k].Item(), r.last.w[k].Item()})
	}
	before.forward()
	weights = append(weights, weight{"E_total", before.total.Item(), one.total.Item(), r.last.total.Item()})
	data := struct {
		ErrorCurve template.HTML
		Weights    []weight
		Out1, Out2 float64
		Data       *onData
	}{errors, weights, r.last.outO[1].Item(), r.last.outO[2].Item(), nil}
	if l.results.curve != nil {
		if data.Data, err = l.onData(); err != nil {
			return err
		}
	}
	c.data = data
	return nil
}

// onData is Algorithm 1 on the data of part d.
type onData struct {
	Rows, Inputs, Hidden, Batch, Train int
	Rate                               float64
	Curve                              template.HTML
}

func (l *lesson) onData() (*onData, error) {
	s := l.results.split
	line := plot.Line{Name: "training"}
	for _, at := range l.results.curve.scores {
		line.Y = append(line.Y, at.loss[0])
	}
	curve, err := drawn(plot.Lines([]plot.Line{line}, plot.LogY(), plot.Title("Algorithm 1 on the training rows"), plot.XLabel("epoch"), plot.YLabel("cross entropy"), plot.Size(figureWidth, 260)))
	return &onData{
		Rows: s.train.Len() + s.valid.Len() + s.test.Len(), Inputs: s.train.X.Dims()[1], Hidden: hiddenNodes,
		Batch: batchSize, Train: s.train.Len(), Rate: learningRate, Curve: curve,
	}, err
}
