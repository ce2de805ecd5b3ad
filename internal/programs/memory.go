package programs

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Memory is the loss of a model of text, a sequence of characters of some bits each, whose layers are long short-term
// memories in which every bit has a cell of its own:
//
//	f = σ(x·w₀ + b₀)    i = σ(h·w₁ + b₁)    o = σ(x·w₂ + b₂)    a = tanh(h·w₃ + b₃)
//	c' = c·f + i·a      h' = o·tanh c'
//
// A character is multiplied by a weight for each bit, goes through the layers, is multiplied again and shifted; the result y
// stands for the logarithms of probabilities y - ln(2 + Σ e^y) of the bits that come next. The loss is their mean, over all
// bits, where a bit is 1. The leaves are four weights and four biases a bit, layer by layer, and then three numbers for
// each bit of a character.
type Memory struct {
	layers, characters, bits int
	text, state              []float64 // state: h and c of each layer at the start
	at                       []float64
}

// NewMemory returns a model and a text of so many characters. That of 2 layers, 1024 characters and 14 bits is the program
// lstm-2-1024.
func NewMemory(layers, characters, bits int) *Memory {
	rng := Draws(7)
	m := &Memory{layers: layers, characters: characters, bits: bits}
	for range characters * bits {
		m.text = append(m.text, math.Floor(2*rng.Next()))
	}
	m.state = rng.Fill(layers*2*bits, -1, 1)
	m.at = rng.Fill(layers*8*bits+3*bits, -1, 1)
	return m
}

// MemoryOf returns the model with the given leaves, states and text: row by row, h and c of each layer, and the bits of each
// character.
func MemoryOf(layers, bits int, at, state, text []float64) *Memory {
	return &Memory{layers: layers, characters: len(text) / bits, bits: bits, text: text, state: state, at: at}
}

// Program returns the model as a program of that name.
func (m *Memory) Program(name string, operations int) Program {
	return Program{Name: name, Operations: operations, At: m.at, Tape: m.tape, Plain: m.plain}
}

func (m *Memory) tape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	return leaves, m.Loss(leaves[len(leaves)-len(at):])
}

// Loss records the program on the graph of its leaves p.
func (m *Memory) Loss(p []graph.Value) graph.Value {
	g := p[0].Graph()
	b := m.bits
	first, last, shift := p[m.layers*8*b:][:b], p[m.layers*8*b+b:][:b], p[m.layers*8*b+2*b:]
	state := make([]graph.Value, len(m.state))
	for i, v := range m.state {
		state[i] = g.Const(v)
	}
	x, total := make([]graph.Value, b), g.Const(0)
	for t := range m.characters - 1 {
		now, next := m.text[t*b:][:b], m.text[(t+1)*b:][:b]
		for j := range x {
			x[j] = ops.MulScalar(first[j], now[j])
		}
		for l := range m.layers {
			w, bias := p[l*8*b:][:4*b], p[l*8*b+4*b:][:4*b]
			h, c := state[l*2*b:][:b], state[l*2*b+b:][:b]
			for j := range b {
				forget := ops.Sigmoid(ops.Add(ops.Mul(x[j], w[j]), bias[j]))
				in := ops.Sigmoid(ops.Add(ops.Mul(h[j], w[b+j]), bias[b+j]))
				out := ops.Sigmoid(ops.Add(ops.Mul(x[j], w[2*b+j]), bias[2*b+j]))
				change := ops.Tanh(ops.Add(ops.Mul(h[j], w[3*b+j]), bias[3*b+j]))
				c[j] = ops.Add(ops.Mul(c[j], forget), ops.Mul(in, change))
				h[j] = ops.Mul(out, ops.Tanh(c[j]))
				x[j] = h[j]
			}
		}
		var sum graph.Value
		for j := range x {
			x[j] = ops.Add(ops.Mul(x[j], last[j]), shift[j])
			if e := ops.Exp(x[j]); j == 0 {
				sum = e
			} else {
				sum = ops.Add(sum, e)
			}
		}
		norm := ops.Log(ops.AddScalar(sum, 2))
		for j, bit := range next {
			if bit == 1 {
				total = ops.Add(total, ops.Sub(x[j], norm))
			}
		}
	}
	return ops.MulScalar(total, -1/float64((m.characters-1)*b))
}

func logisticPlain(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func (m *Memory) plain(p []float64) float64 {
	b := m.bits
	first, last, shift := p[m.layers*8*b:][:b], p[m.layers*8*b+b:][:b], p[m.layers*8*b+2*b:]
	state, x, total := append([]float64(nil), m.state...), make([]float64, b), 0.0
	for t := range m.characters - 1 {
		now, next := m.text[t*b:][:b], m.text[(t+1)*b:][:b]
		for j := range x {
			x[j] = first[j] * now[j]
		}
		for l := range m.layers {
			w, bias := p[l*8*b:][:4*b], p[l*8*b+4*b:][:4*b]
			h, c := state[l*2*b:][:b], state[l*2*b+b:][:b]
			for j := range x {
				forget := logisticPlain(x[j]*w[j] + bias[j])
				in := logisticPlain(h[j]*w[b+j] + bias[b+j])
				out := logisticPlain(x[j]*w[2*b+j] + bias[2*b+j])
				change := math.Tanh(h[j]*w[3*b+j] + bias[3*b+j])
				c[j] = c[j]*forget + in*change
				h[j] = out * math.Tanh(c[j])
				x[j] = h[j]
			}
		}
		sum := 2.0
		for j := range x {
			x[j] = x[j]*last[j] + shift[j]
			sum += math.Exp(x[j])
		}
		norm := math.Log(sum)
		for j, bit := range next {
			if bit == 1 {
				total += x[j] - norm
			}
		}
	}
	return -total / float64((m.characters-1)*b)
}
