package nn

import (
	"context"
	"fmt"
	"math"

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
		paramsOf("nn.Evaluate", model)
		l, m, err = newEvaluator("nn.Evaluate", model, set, loss, metric).run(context.Background())
	})
	if tried != nil {
		return 0, 0, tried
	}
	return l, m, err
}

// An evaluator measures a model on a set, again and again.
type evaluator struct {
	model   Layer
	loss    Loss
	metric  Metric
	batches *data.Batches
	g       *graph.Graph
	start   graph.Mark

	diagnosis error // of the first loss of the last run that is not finite
}

func newEvaluator(op string, model Layer, set *data.Set, loss Loss, metric Metric) *evaluator {
	dtype, err := modelDType(op, model)
	if err != nil {
		panic(err)
	}
	e := &evaluator{model: model, loss: loss, metric: metric, g: graph.New(graph.WithDType(dtype))}
	e.batches = data.NewBatches(set, data.BatchConfig{Size: evaluationRows, Order: data.InOrder, DType: dtype})
	e.start = bindAll(op, e.g, model, e.batches)
	return e
}

// bindAll binds the parameters of a model and the tensors that batches come in, and returns the place behind them.
func bindAll(op string, g *graph.Graph, model Layer, batches *data.Batches) graph.Mark {
	for _, p := range model.Params() {
		if p.Kind != Counter {
			p.Bind(g)
		}
	}
	for _, b := range batches.Buffers() {
		g.BindConst(b.X).Named("x")
		if b.T != nil {
			g.BindConst(b.T).Named("t")
		}
	}
	return g.Mark()
}

func (e *evaluator) run(ctx context.Context) (loss, metric float64, err error) {
	if e.metric == nil {
		metric = math.NaN()
	}
	e.diagnosis = nil
	rows := 0
	for b := range e.batches.Epoch() {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		e.g.Rewind(e.start)
		var l graph.Value
		e.g.Quietly(func() {
			y := e.model.Forward(Eval(), e.g.BindConst(b.X))
			l = e.loss(y, b)
			loss += l.Item() * float64(b.Len())
			if e.metric != nil {
				metric += e.metric(y.Node().Data(), b) * float64(b.Len())
			}
		})
		if e.diagnosis == nil && isNotFinite(l.Item()) {
			e.diagnosis = diagnose(l)
		}
		rows += b.Len()
	}
	return loss / float64(rows), metric / float64(rows), nil
}

// modelDType returns the precision of a model's parameters, or an error if they differ; float64 without parameters.
func modelDType(op string, model Layer) (dtype tensor.DType, err error) {
	var first *Param
	for _, p := range model.Params() {
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
