package nn

import (
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Param is a tensor of numbers that training changes: the weights or the biases of a layer.
type Param struct {
	Name string         // unique within a model, such as "0.weight"
	Data *tensor.Tensor // the numbers; layers bind them to the graph they compute on
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
// [*graph.Error] if rng is nil.
func Train(rng *rand.Rand) Pass {
	if rng == nil {
		panic(graph.Errorf("nn.Train", graph.ErrUsage, "got a nil *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0)), or use nn.Eval() where nothing is random"))
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
func To(model Layer, dtype tensor.DType) {
	for _, p := range model.Params() {
		if p.Data.DType() != dtype {
			p.Data = p.Data.To(dtype)
		}
	}
}

// Weights returns those of the parameters that are weights between layers: tensors with two axes or more. What is left
// out are the biases, which are vectors. The lecture's penalty λ‖w‖² counts the weights w⁽ᵏ⁾ᵢⱼ only:
//
//	nn.L2(g, lambda, nn.Weights(model.Params()...)...)
func Weights(params ...*Param) []*Param {
	var w []*Param
	for _, p := range params {
		if p.Data.Rank() >= 2 {
			w = append(w, p)
		}
	}
	return w
}
