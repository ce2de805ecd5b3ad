package nn

import (
	"fmt"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// Predict returns the outputs of a model in use for all examples of a set, a row for each in the set's order, in the
// model's precision: for rows of shape (...) a tensor of shape (examples, ...). The model sees the examples in batches,
// so that memory holds the values of one batch only beside the result. Classes come from [ArgMax] or [Threshold]:
//
//	y, err := nn.Predict(model, test)
//	matrix := nn.Confusion(nn.ArgMax(y), test.Labels, 10)
//
// It returns an error if the set is empty, or the model and the set do not fit together.
func Predict(model Layer, set *data.Set) (*tensor.Tensor, error) {
	const op = "nn.Predict"
	if model == nil {
		return nil, graph.Errorf(op, graph.ErrUsage, "got a nil model: give a layer such as nn.Linear(rng, in, out)")
	}
	if err := set.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var out *tensor.Tensor // of no use after an error
	err := graph.Try(func() {
		e := newEvaluator(op, paramsOf(op, model), set, evaluationRows, nil)
		done := 0
		for b := range e.batches.Epoch() {
			e.g.Rewind(e.start)
			e.g.Quietly(func() {
				y := model.Forward(Eval(), e.g.BindConst(b.X))
				y.Check(op)
				if out == nil {
					out = newOutputs(op, y, b.Len(), set.Len())
				}
				putRows(op, out, done, y, b.Len())
			})
			done += b.Len()
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// newOutputs returns a tensor for the outputs of all rows of a set, by those of the first batch.
func newOutputs(op string, y graph.Value, batch, rows int) *tensor.Tensor {
	mustHaveRows(op, y, batch)
	shape := y.Shape()
	shape[0] = rows
	return tensor.New(y.Graph().DType(), shape...)
}

// putRows copies the outputs of a batch to their rows, from the given one on.
func putRows(op string, out *tensor.Tensor, from int, y graph.Value, batch int) {
	mustHaveRows(op, y, batch)
	if !slices.Equal(y.Dims()[1:], out.Dims()[1:]) {
		panic(graph.Errorf(op, graph.ErrShape, "the model gives a batch the shape %s, and gave rows of shape %s before: want the same for each batch", tensor.FormatShape(y.Dims()), tensor.FormatShape(out.Dims()[1:])))
	}
	src := y.Node().Data()
	width := src.Len() / batch
	if src.DType() == tensor.Float32 {
		copy(out.Float32s()[from*width:], src.Float32s())
	} else {
		copy(out.Float64s()[from*width:], src.Float64s())
	}
}

// mustHaveRows panics unless an output has a row for each example of a batch.
func mustHaveRows(op string, y graph.Value, batch int) {
	if len(y.Dims()) == 0 || y.Dims()[0] != batch {
		panic(graph.Errorf(op, graph.ErrShape, "the model gives a batch of %d rows the shape %s: want a row for each", batch, tensor.FormatShape(y.Dims())))
	}
}
