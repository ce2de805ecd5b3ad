package main

import (
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A transformer has no state: at each position it looks at all characters of its window up to there.
type transformer struct{ nn.Layer }

func newTransformer(rng *rand.Rand, alphabet int) model {
	const dim, heads, hidden, blocks = 64, 4, 128, 2
	layers := []nn.Layer{nn.Embedding(rng, alphabet, dim), newPositions(dim)}
	for range blocks {
		layers = append(layers, nn.TransformerBlock(rng, dim, heads, hidden, nn.Causal(), nn.NormFirst()))
	}
	layers = append(layers, nn.LayerNorm(dim), nn.Linear(rng, dim, alphabet))
	return &transformer{nn.Sequential(layers...)}
}

func (m *transformer) reader() func(int) []float64 {
	g := graph.New(graph.WithDType(tensor.Float32))
	var last []float64 // the last characters, a window at most
	return func(character int) []float64 {
		g.Reset()
		last = append(last, float64(character))
		last = last[max(0, len(last)-window):]
		y := m.Forward(nn.Eval(), g.ConstTensor(tensor.Of(last, 1, len(last))))
		return logits(ops.Slice(y, 1, len(last)-1, len(last)))
	}
}

// Positions is the layer that adds to the vector of each character one that says where it stands, as attention does not
// see the order: waves of many lengths, so that one position is a rotation of another,
//
//	p(t, 2i) = sin(t/10000^(2i/dim))        p(t, 2i+1) = cos(t/10000^(2i/dim))
//
// It has no parameters.
//
// Source: Vaswani et al., Attention is all you need (2017), section 3.5.
type positions struct{ waves *tensor.Tensor }

func newPositions(dim int) *positions {
	p := &positions{tensor.New(tensor.Float32, window, dim)}
	for t := range window {
		for i := 0; i < dim; i += 2 {
			at := float64(t) / math.Pow(10000, float64(i)/float64(dim))
			p.waves.SetAt(math.Sin(at), t, i)
			p.waves.SetAt(math.Cos(at), t, i+1)
		}
	}
	return p
}

func (p *positions) Params() []*nn.Param { return nil }

func (p *positions) Forward(_ nn.Pass, x graph.Value) graph.Value {
	time := x.Dims()[1]
	return ops.Add(x, ops.Slice(x.Graph().BindConst(p.waves), 0, 0, time))
}
