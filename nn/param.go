package nn

import (
	"math/rand/v2"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Param is a tensor of numbers that training changes: the weights or the biases of a layer.
type Param struct {
	Name string         // unique within a model, such as "0.weight"; see [Sequential]
	Data *tensor.Tensor // the numbers; layers bind them to the graph they compute on
	Kind ParamKind      // whether penalties count it, see [Weights]

	place *place // nil before a container has named it
}

// A ParamKind says what a parameter is to the penalties of training.
type ParamKind uint8

// The kinds.
const (
	// Undeclared parameters are judged by name and shape, see [Weights].
	Undeclared ParamKind = iota
	// Weight is a factor of what comes in, which [Weights] selects.
	Weight
	// Bias is an offset, a scale or whatever else penalties should leave alone.
	Bias
)

// isWeight reports whether the parameter is a weight.
func (p *Param) isWeight(op string) bool {
	p.mustHaveNumbers(op)
	switch p.Kind {
	case Weight:
		return true
	case Bias:
		return false
	case Undeclared:
	default:
		panic(graph.Errorf(op, graph.ErrValue, "parameter %q is of kind %d: want nn.Undeclared, nn.Weight or nn.Bias", p.Name, p.Kind))
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

// paramsOf returns the parameters of a model. It panics unless they are usable.
func paramsOf(op string, model Layer) []*Param {
	if model == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil model: give a layer such as nn.Linear(rng, in, out)"))
	}
	params := model.Params()
	mustHaveNumbers(op, params)
	return params
}

// A Layer is a function with parameters. Forward records it on the graph of x; it binds the layer's parameters there
// and keeps nothing of the graph, so that one layer can serve several graphs, and several goroutines as long as none
// changes the parameters. Params returns the parameters, the same slice each time, which must not be changed.
type Layer interface {
	Forward(p Pass, x graph.Value) graph.Value
	Params() []*Param
}

// A Pass says what a forward pass is for. Layers that behave differently in training and in use, such as [Dropout],
// ask it; a model has no hidden mode. The zero Pass is that of [Eval].
type Pass struct{ rng *rand.Rand }

// Train returns the pass of a training step. Layers draw their random numbers from rng. It panics with a
// [*graph.Error] if rng is nil or the zero rand.Rand.
func Train(rng *rand.Rand) Pass {
	if !hasSource(rng) {
		panic(graph.Errorf("nn.Train", graph.ErrUsage, "got a nil or zero *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0)), or use nn.Eval() where nothing is random"))
	}
	return Pass{rng}
}

// Eval returns the pass of a model in use: nothing is random.
func Eval() Pass { return Pass{} }

// Training reports whether the pass is a training step.
func (p Pass) Training() bool { return p.rng != nil }

// Rand returns the source of random numbers of a training step, or nil for [Eval].
func (p Pass) Rand() *rand.Rand { return p.rng }

// To converts the parameters of a model to the given precision, each number rounded to nearest. The tensors are
// replaced, so values that a graph has bound before stay in the old precision. A model computes on graphs of its own
// precision only.
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
		if p.Data.DType() != dtype {
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
