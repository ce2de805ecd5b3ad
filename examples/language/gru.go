package main

import (
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// A gru is a recurrent network. Its state carries what it has read from one character to the next.
type gru struct {
	nn.Layer // the three layers below, one after the other

	embedding *nn.EmbeddingTable
	cell      *nn.Recurrent
	head      nn.Layer
}

func newGRU(rng *rand.Rand, alphabet int) model {
	const dim, hidden = 32, 128
	m := &gru{
		embedding: nn.Embedding(rng, alphabet, dim),
		cell:      nn.GRU(rng, dim, hidden),
		head:      nn.Linear(rng, hidden, alphabet),
	}
	m.Layer = nn.Sequential(m.embedding, m.cell, m.head)
	return m
}

func (m *gru) reader() func(int) []float64 {
	g := graph.New(graph.WithDType(tensor.Float32))
	var h *tensor.Tensor // what the cell remembers, nil in the beginning
	return func(character int) []float64 {
		g.Reset()
		var state nn.RecurrentState
		if h != nil {
			state.H = g.ConstTensor(h)
		}
		y, state := m.cell.Step(nn.Eval(), m.embedding.Lookup(g, []int{character}), state)
		h = state.H.Tensor() // a copy, as the graph is emptied before the next character
		return logits(m.head.Forward(nn.Eval(), y))
	}
}

// logits returns the numbers of y.
func logits(y graph.Value) []float64 {
	t := y.Tensor()
	z := make([]float64, t.Len())
	for i := range z {
		z[i] = t.AtFlat(i)
	}
	return z
}
