package nn

import (
	"slices"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

type sequential struct {
	layers []Layer
	params []*Param
}

// Sequential returns the layer that applies the given ones in order, each to the result of the one before. It puts
// the position of each layer, from 0 on, before the names of its parameters: "0.weight", "0.bias", "2.weight". A
// parameter that several layers share is listed and named once. Without layers it is the identity. Sequential panics
// with a [*graph.Error] if a layer is nil.
func Sequential(layers ...Layer) Layer {
	s := &sequential{layers: slices.Clone(layers)}
	for i, l := range layers {
		if l == nil {
			panic(graph.Errorf("nn.Sequential", graph.ErrUsage, "layer %d is nil: give layers such as nn.Linear(rng, in, out) and nn.ReLU()", i))
		}
		s.params = appendNamed("nn.Sequential", s.params, strconv.Itoa(i), l)
	}
	return s
}

// appendNamed appends the parameters of a layer that are not in the list, with a prefix to their names.
func appendNamed(op string, params []*Param, prefix string, l Layer) []*Param {
	for _, p := range paramsOf(op, l) {
		if !slices.Contains(params, p) {
			p.Name = prefix + "." + p.Name
			params = append(params, p)
		}
	}
	return params
}

func (s *sequential) Params() []*Param { return s.params }

func (s *sequential) Forward(p Pass, x graph.Value) graph.Value {
	for _, l := range s.layers {
		x = l.Forward(p, x)
	}
	return x
}

type named struct {
	Layer
	name   string
	params []*Param
}

// Named returns the layer with a name: its operations form a group of that name in pictures of the graph, and the name
// stands before those of its parameters, "hidden.weight".
func Named(name string, l Layer) Layer {
	if l == nil {
		panic(graph.Errorf("nn.Named", graph.ErrUsage, "layer %q is nil: give a layer such as nn.Linear(rng, in, out)", name))
	}
	return &named{l, name, appendNamed("nn.Named", nil, name, l)}
}

func (n *named) Params() []*Param { return n.params }

func (n *named) Forward(p Pass, x graph.Value) graph.Value {
	x.Check("nn.Named")
	defer x.Graph().Scope(n.name)()
	return n.Layer.Forward(p, x)
}

type function func(graph.Value) graph.Value

// Func returns the layer without parameters that applies f, such as nn.Func(ops.GELU).
func Func(f func(graph.Value) graph.Value) Layer {
	if f == nil {
		panic(graph.Errorf("nn.Func", graph.ErrUsage, "got a nil function: give one such as ops.Tanh"))
	}
	return function(f)
}

func (f function) Params() []*Param                          { return nil }
func (f function) Forward(_ Pass, x graph.Value) graph.Value { return f(x) }

// ReLU returns the layer max(x, 0); see [ops.ReLU].
func ReLU() Layer { return Func(ops.ReLU) }

// Sigmoid returns the layer 1/(1+e⁻ˣ); see [ops.Sigmoid].
func Sigmoid() Layer { return Func(ops.Sigmoid) }

// Tanh returns the layer tanh x; see [ops.Tanh].
func Tanh() Layer { return Func(ops.Tanh) }

// Softplus returns the layer ln(1+eˣ); see [ops.Softplus].
func Softplus() Layer { return Func(ops.Softplus) }

// Softmax returns the layer eˣ/Σeˣ over the last axis; see [ops.Softmax]. For training, [CrossEntropy] of the values
// before it is more exact than [CrossEntropyFromProbs] of its result.
func Softmax() Layer {
	return Func(func(x graph.Value) graph.Value { return ops.Softmax(x, -1) })
}
