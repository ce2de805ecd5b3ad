package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Param is a tensor of numbers that training changes: the weights or the biases of a layer, or state that it computes
// on the way.
type Param struct {
	Name string         // unique within a model, such as "0.weight"; see [Sequential]
	Data *tensor.Tensor // the numbers, of this parameter alone; layers bind them to the graph they compute on
	Kind ParamKind      // what it is to training

	// Frozen keeps the parameter as it is: it has no gradient, optimizers and penalties leave it out, and it is saved
	// all the same. Set it between steps, such as to train the last layers of a loaded model only.
	Frozen bool

	// Transposed says that the last two axes lie the other way round in files. PyTorch keeps the weights of a linear
	// layer as (out, in), and this package as (in, out).
	Transposed bool

	place *place // nil before a container has named it
}

// constantParam returns a parameter that begins as v throughout.
func constantParam(name string, kind ParamKind, v float64, shape ...int) *Param {
	p := &Param{Name: name, Data: tensor.New(tensor.Float64, shape...), Kind: kind}
	p.Data.Fill(v)
	return p
}

// present returns those of the parameters that are not nil.
func present(params ...*Param) []*Param {
	return slices.DeleteFunc(params, func(p *Param) bool { return p == nil })
}

// A ParamKind says what a parameter is to training.
type ParamKind uint8

// The kinds.
const (
	// Undeclared parameters are judged by name and shape, see [Weights].
	Undeclared ParamKind = iota
	// Weight is a factor of what comes in, which [Weights] selects.
	Weight
	// Bias is an offset, a scale or whatever else penalties should leave alone.
	Bias
	// State is computed in training, and not by a gradient: the running averages of a normalization. Optimizers leave
	// it alone; it is converted, saved, and restored with the best epoch, as all parameters are. See [Pass.Update].
	State
	// Counter is a state that is a whole number, of shape () and in float64 whatever the precision of the model. Files
	// hold it as an integer.
	Counter
)

// String returns the name of the kind, such as "weight".
func (k ParamKind) String() string {
	if names := [...]string{"undeclared", "weight", "bias", "state", "counter"}; int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Trained reports whether optimizers change the parameter: it is neither frozen nor state.
func (p *Param) Trained() bool {
	p.mustHaveNumbers("nn.Param.Trained")
	return p.trained()
}

func (p *Param) trained() bool { return !p.Frozen && p.Kind != State && p.Kind != Counter }

// Bind returns the leaf of the parameter on a graph, under the parameter's name: the same Value each time within one
// recording. It shares the parameter's numbers, and wants a gradient if the parameter is [Param.Trained]. Layers call
// it in Forward.
//
// It panics with a [*graph.Error] if the graph or the parameter is nil, or the parameter has no numbers or another
// precision than the graph.
func (p *Param) Bind(g *graph.Graph) graph.Value {
	const op = "nn.Param.Bind"
	if g == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil graph: give that of the layer's input, x.Graph()"))
	}
	p.mustHaveNumbers(op)
	if v, ok := g.Bound(p.Data); ok {
		return v
	}
	if p.trained() {
		return g.Bind(p.Data).Named(p.Name)
	}
	return g.BindConst(p.Data).Named(p.Name)
}

// bindAny is Bind of a parameter that a layer may do without: the zero Value for nil.
func (p *Param) bindAny(g *graph.Graph) graph.Value {
	if p == nil {
		return graph.Value{}
	}
	return p.Bind(g)
}

// isWeight reports whether the parameter is a weight.
func (p *Param) isWeight(op string) bool {
	p.mustHaveNumbers(op)
	switch p.Kind {
	case Weight:
		return true
	case Bias, State, Counter:
		return false
	case Undeclared:
	default:
		panic(graph.Errorf(op, graph.ErrValue, "parameter %q is of kind %d: want nn.Undeclared, nn.Weight, nn.Bias, nn.State or nn.Counter", p.Name, p.Kind))
	}
	name, _, _ := strings.Cut(p.Name, "#") // see Sequential
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "weight":
		return p.Data.Rank() >= 2 // a vector of that name is the scale of a normalization
	case "bias":
		return false
	}
	axes := 0
	for _, d := range p.Data.Dims() {
		if d > 1 {
			axes++
		}
	}
	return axes >= 2
}

// mustHaveNumbers panics unless the parameter is one.
func (p *Param) mustHaveNumbers(op string) {
	switch {
	case p == nil:
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *nn.Param: leave it out"))
	case p.Data == nil || p.Data.Rank() == 0 && p.Data.Len() == 0:
		panic(graph.Errorf(op, graph.ErrUsage, "parameter %q has no numbers: set Param.Data to a tensor from tensor.New or tensor.Of", p.Name))
	}
}

// mustHaveNumbers panics unless all of the parameters are.
func mustHaveNumbers(op string, params []*Param) {
	for _, p := range params {
		p.mustHaveNumbers(op)
	}
}

// To converts the parameters of a model to the given precision, each number rounded to nearest, but for those of kind
// [Counter]. The tensors are replaced, so values that a graph has bound before stay in the old precision. A model
// computes on graphs of its own precision only.
//
// To panics with a [*graph.Error] if the model is nil, one of its parameters is nil or has no numbers, or there is no
// such precision.
func To(model Layer, dtype tensor.DType) {
	const op = "nn.To"
	params := paramsOf(op, model)
	if dtype > tensor.Float32 {
		panic(graph.Errorf(op, graph.ErrValue, "precision %d: want tensor.Float64 or tensor.Float32", dtype))
	}
	for _, p := range params {
		if p.Kind != Counter && p.Data.DType() != dtype {
			p.Data = p.Data.To(dtype)
		}
	}
}

// Weights returns those of the parameters that are weights between layers. The lecture's penalty λ‖w‖² counts the
// weights w⁽ᵏ⁾ᵢⱼ only:
//
//	nn.L2(g, lambda, nn.Weights(model.Params()...)...)
//
// What a parameter is its Kind says, which the layers of this package declare. Where a layer leaves it [Undeclared], it
// is a weight if it has two axes or more that are longer than 1, one for what comes in and one for what goes out, unless
// the last part of its name is "bias". So a bias of shape (out) or (out,1,1) is none, but neither is the weight of a
// layer with a single output: declare that, or name it "weight", which counts with two axes of any length.
//
// Weights panics with a [*graph.Error] if a parameter is nil, has no numbers, or a Kind that there is not.
func Weights(params ...*Param) []*Param {
	const op = "nn.Weights"
	var w []*Param
	for _, p := range params {
		if p.isWeight(op) {
			w = append(w, p)
		}
	}
	return w
}
