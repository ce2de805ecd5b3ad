package nn

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// recordable returns the parameters of a model, each once, or an error unless they can be arguments of a function on g.
func recordable(op string, g *graph.Graph, model Layer) ([]*Param, error) {
	named, err := namedParams(op, model, nil)
	if err != nil {
		return nil, err
	}
	params := make([]*Param, len(named))
	for i, p := range named {
		params[i] = p.Param
	}
	distinct(op, params)
	dtype, err := dtypeOf(op, params)
	if err == nil && len(params) > 0 && dtype != g.DType() {
		err = graph.Errorf(op, graph.ErrDType, "the model is %s and the graph %s: convert the model with nn.To, or make the graph with graph.WithDType", dtype, g.DType())
	}
	return params, err
}

// record makes the leaf of the parameter in a recorded function, where it lies as in a file.
func (p *Param) record(g *graph.Graph) graph.Value {
	t := p.inLayout(p.Data)
	if p.trained() {
		return g.VarTensor(t).Named(p.Name)
	}
	return g.ConstTensor(t).Named(p.Name)
}

// inLayout returns a tensor of the parameter's shape in the layout of files.
func (p *Param) inLayout(t *tensor.Tensor) *tensor.Tensor {
	if !p.Transposed {
		return t
	}
	return ops.Transpose(graph.New(graph.WithDType(t.DType())).ConstTensor(t)).Tensor()
}

// swap brings a value from the layout of files to that of the layer, or back.
func (p *Param) swap(v graph.Value) graph.Value {
	if !p.Transposed {
		return v
	}
	return ops.Transpose(v)
}

// isState reports whether the parameter is what a layer keeps, and no optimizer changes.
func (p *Param) isState() bool { return p.Kind == State || p.Kind == Counter }
