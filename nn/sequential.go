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
// parameter that several of the layers share is listed and named once. Without layers it is the identity.
//
// A model that is itself used as a layer takes part with all of its names: "1.0.weight". A layer that two models share
// keeps the name that the first gave it, in both; a parameter of the second that would have the same name gets a number
// behind it, "0.weight#2".
//
// Sequential panics with a [*graph.Error] if a layer is nil, a parameter is nil or has no numbers, or two layers are
// shared with other models under one name.
func Sequential(layers ...Layer) Layer {
	const op = "nn.Sequential"
	s := &sequential{layers: slices.Clone(layers)}
	members := make([]member, len(layers))
	for i, l := range layers {
		if l == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "layer %d is nil: give layers such as nn.Linear(rng, in, out) and nn.ReLU()", i))
		}
		members[i] = member{strconv.Itoa(i), l}
	}
	s.params = adopt(op, s, members...)
	return s
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
// stands before those of its parameters, "hidden.weight", but for those that another model has named; see [Sequential].
// Named panics with a [*graph.Error] if the layer is nil, or a parameter is nil or has no numbers.
func Named(name string, l Layer) Layer {
	const op = "nn.Named"
	if l == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "layer %q is nil: give a layer such as nn.Linear(rng, in, out)", name))
	}
	n := &named{Layer: l, name: name}
	n.params = adopt(op, n, member{name, l})
	return n
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
