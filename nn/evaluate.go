package nn

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// evaluationRows is how many rows a forward pass that is only measured takes at once: enough to be fast, and few enough
// that its values stay small.
const evaluationRows = 256

// Evaluate returns the loss of a model in use on a set, and the metric: means over all examples. A nil metric gives
// NaN. It returns an error if the set is empty, or the model and the set do not fit together.
func Evaluate(model Layer, set *data.Set, loss Loss, metric Metric) (l, m float64, err error) {
	if model == nil || loss == nil {
		return 0, 0, graph.Errorf("nn.Evaluate", graph.ErrUsage, "got a nil model or loss: give both, such as nn.OnLabels(nn.CrossEntropy)")
	}
	if err := set.Check(); err != nil {
		return 0, 0, fmt.Errorf("nn.Evaluate: %w", err)
	}
	tried := graph.Try(func() {
		params := paramsOf("nn.Evaluate", model)
		l, m, err = newEvaluator("nn.Evaluate", params, set, evaluationRows, func(g *graph.Graph, b *data.Batch) (graph.Value, float64) {
			return evaluate(model, loss, metric, g, b)
		}).run(context.Background())
	})
	if tried != nil {
		return 0, 0, tried
	}
	return l, m, err
}

// An evaluator measures a model on a set, again and again.
type evaluator struct {
	batches *data.Batches
	g       *graph.Graph
	start   graph.Mark
	measure func(g *graph.Graph, b *data.Batch) (l graph.Value, metric float64) // of a batch
	derives bool                                                                // measure takes derivatives on the way

	diagnosis error // of the first loss of the last run that is not finite
}

// newEvaluator returns an evaluator that takes so many rows of a set at once, on a graph with the given settings.
func newEvaluator(op string, params []*Param, set *data.Set, rows int, measure func(*graph.Graph, *data.Batch) (graph.Value, float64), options ...graph.Option) *evaluator {
	dtype, err := dtypeOf(op, params)
	if err != nil {
		panic(err)
	}
	e := &evaluator{g: graph.New(append(slices.Clip(options), graph.WithDType(dtype))...), measure: measure}
	e.batches = data.NewBatches(set, data.BatchConfig{Size: rows, Order: data.InOrder, DType: dtype})
	e.start = bindAll(e.g, params, e.batches)
	return e
}

// evaluate records the loss of a layer in use on a batch, and returns the metric, NaN if that is nil.
func evaluate(model Layer, loss Loss, metric Metric, g *graph.Graph, b *data.Batch) (l graph.Value, m float64) {
	y := model.Forward(Eval(), g.BindConst(b.X))
	l, m = loss(y, b), math.NaN()
	if metric != nil {
		m = metric(y.Node().Data(), b)
	}
	return l, m
}

// objective records a loss by an objective, which must be a scalar of the graph.
func objective(f Objective, p Pass, g *graph.Graph, b *data.Batch) graph.Value {
	l := f(p, g, b)
	l.CheckIn("nn.Fit", g)
	if l.Len() != 1 {
		panic(graph.Errorf("nn.Fit", graph.ErrShape, "FitConfig.Objective gives a loss of shape %s, not a scalar: reduce it with ops.Mean", tensor.FormatShape(l.Dims())))
	}
	return l
}

// bindAll binds parameters and the tensors that batches come in, and returns the place behind them.
func bindAll(g *graph.Graph, params []*Param, batches *data.Batches) graph.Mark {
	for _, p := range params {
		if p.Kind != Counter {
			p.Bind(g)
		}
	}
	for _, b := range batches.Buffers() {
		bindBatch(g, b)
		for _, part := range b.Parts {
			bindBatch(g, part)
		}
	}
	return g.Mark()
}

// bindBatch binds the tensors of a batch.
func bindBatch(g *graph.Graph, b *data.Batch) {
	g.BindConst(b.X).Named("x")
	for i, m := range b.More {
		g.BindConst(m).Named(fmt.Sprintf("x%d", i+2))
	}
	if b.T != nil {
		g.BindConst(b.T).Named("t")
	}
}

func (e *evaluator) run(ctx context.Context) (loss, metric float64, err error) {
	e.diagnosis = nil
	rows := 0
	for b := range e.batches.Epoch() {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		e.g.Rewind(e.start)
		var l graph.Value
		measure := func() {
			var m float64
			l, m = e.measure(e.g, b)
			loss += l.Item() * float64(b.Len())
			metric += m * float64(b.Len())
		}
		if e.derives {
			measure()
		} else {
			e.g.Quietly(measure)
		}
		if e.diagnosis == nil && isNotFinite(l.Item()) {
			e.diagnosis = diagnose(l)
		}
		rows += b.Len()
	}
	return loss / float64(rows), metric / float64(rows), nil
}

// dtypeOf returns the precision of parameters, or an error if they differ; float64 without parameters.
func dtypeOf(op string, params []*Param) (dtype tensor.DType, err error) {
	var first *Param
	for _, p := range params {
		switch {
		case p.Kind == Counter:
		case first == nil:
			first = p
		case p.Data.DType() != first.Data.DType():
			return 0, graph.Errorf(op, graph.ErrDType, "parameter %q is %s and %q is %s: convert the model with nn.To", first.Name, first.Data.DType(), p.Name, p.Data.DType())
		}
	}
	if first == nil {
		return tensor.Float64, nil
	}
	return first.Data.DType(), nil
}
