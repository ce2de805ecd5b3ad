package nn

import (
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// RecordForward records the model in use, its forward pass with [Eval], on the graph g, which must have been made with
// [graph.Traced], and returns it as a function: what a model is when it has been trained and goes elsewhere, such as into
// a file of package autograd/program/onnx.
//
// The arguments are, in this order:
//
//	the parameters of the model, by their names    Parameter
//	its state, by its names                        State
//	"batch"                                        Batch
//
// and the result is "output". Parameters and state that the output does not depend on, such as a counter of batches, are
// left out. Parameters lie as in files, see [Save]: the weight of a [Linear] has shape (out, in). The leaves have the
// present numbers of model and batch, so that the output on the graph is the model's of the batch; what is recorded depends
// on the shape of the batch, and not on its numbers. RecordForward does not change the model.
//
// It returns a [*graph.Error], and leaves the graph as it was, if the graph is not traced or has the parameters bound
// already, model, batch and graph do not fit together, or two parameters have one name.
func RecordForward(g *graph.Graph, model Layer, batch *tensor.Tensor) (f *program.Function, err error) {
	const op = "nn.RecordForward"
	switch {
	case g == nil || !g.Traced():
		return nil, graph.Errorf(op, graph.ErrUsage, "the graph is nil or not traced: make one with graph.New(graph.Traced()), so that the function holds for other numbers too")
	case batch == nil || batch.Rank() == 0:
		return nil, graph.Errorf(op, graph.ErrUsage, "the batch is nil or has no axis for the rows: give as many rows as a batch is to have, such as tensor.New(tensor.Float64, 64, 20)")
	}
	start := g.Mark()
	tried := graph.Try(func() {
		var params []*Param
		if params, err = recordable(op, g, model); err == nil {
			f, err = recordForward(g, model, params, batch)
		}
	})
	if tried != nil {
		err = tried
	}
	if err != nil {
		g.Rewind(start)
		return nil, err
	}
	return f, nil
}

func recordForward(g *graph.Graph, model Layer, params []*Param, batch *tensor.Tensor) (*program.Function, error) {
	done := g.Scope("arguments")
	leaves := make([]graph.Value, len(params))
	for i, p := range params {
		leaves[i] = p.record(g)
	}
	x := g.ConstTensor(batch).Named("batch")
	for i, p := range params {
		g.BindTo(p.Data, p.swap(leaves[i]))
	}
	done()
	done = g.Scope("forward")
	y := model.Forward(Eval(), x)
	done()

	y.CheckIn("nn.RecordForward", g)
	reached := g.Ancestors(graph.AllEdges, y)
	f := &program.Function{Name: "forward", Results: []program.Result{{Name: "output", Role: program.Output, Value: y}}}
	for _, states := range []bool{false, true} {
		for i, p := range params {
			if p.isState() != states || !reached.Has(leaves[i].ID()) {
				continue
			}
			role := program.Parameter
			if states {
				role = program.State
			}
			f.Arguments = append(f.Arguments, program.Argument{Name: p.Name, Role: role, Value: leaves[i]})
		}
	}
	f.Arguments = append(f.Arguments, program.Argument{Name: "batch", Role: program.Batch, Value: x})
	return f, f.Check()
}
