package nn

import (
	"strconv"

	"github.com/seed366ff29f/chainrule/graph"
)

type sequential struct {
	members []member
	params  []*Param
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
	s := &sequential{members: membersOf(op, layers)}
	s.params = adopt(op, s, s.members...)
	return s
}

// membersOf returns the layers of a container with their positions for names. It panics if one is nil.
func membersOf(op string, layers []Layer) []member {
	members := make([]member, len(layers))
	for i, l := range layers {
		if l == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "layer %d is nil: give layers such as nn.Linear(rng, in, out) and nn.ReLU()", i))
		}
		members[i] = member{strconv.Itoa(i), l}
	}
	return members
}

func (s *sequential) Params() []*Param { return s.params }

func (s *sequential) String() string { return "Sequential" }

func (s *sequential) Forward(p Pass, x graph.Value) graph.Value {
	for i := range s.members {
		x = s.members[i].forward(p, x)
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

func (n *named) String() string { return n.name + ": " + describe(n.Layer) }

func (n *named) Forward(p Pass, x graph.Value) graph.Value {
	x.Check("nn.Named")
	defer x.Graph().Scope(n.name)()
	return n.Layer.Forward(p, x)
}
