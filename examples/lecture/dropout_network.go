package main

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// The network of Figures 12.3 and 12.4: its inputs, the nodes of its two hidden layers, its output.
var dropoutNodes = []int{2, 3, 3, 1}

// The examples of its steps: the inputs and the label.
var dropoutExamples = []struct {
	x [2]float64
	y float64
}{
	{[2]float64{1, 2}, 1},
	{[2]float64{-1, 0.5}, 0},
	{[2]float64{0.5, -1}, 1},
}

// A thinned network is that of Figure 12.4, recorded on scalars: that of Figure 12.3 with what its hidden neurons pass on
// multiplied by something. It has no biases, so that there is less to look at.
type thinned struct {
	factor   [][]float64       // of each hidden neuron: 1 where it is kept, 0 where it is dropped; p of all at test time
	x        []graph.Value     // the inputs
	w        [][][]graph.Value // by layer, node and node of the layer before
	net, out [][]graph.Value   // by layer and node; the last out is f
	passed   [][]graph.Value   // what the next layer gets: out times the factor
	y, loss  graph.Value
}

// layerLetters name the nodes of the hidden layers and the output.
var layerLetters = []string{"x", "h", "k", "f"}

// nodeName returns the name of a node of a layer: h1, h2, h3, k1, and so on; the output is f.
func nodeName(layer, node int) string {
	if layer == len(dropoutNodes)-1 {
		return layerLetters[layer]
	}
	return fmt.Sprintf("%s%d", layerLetters[layer], node+1)
}

// thin records the network for one example. The weights are the same for every example and factor.
func (l *lesson) thin(example int, factor [][]float64) *thinned {
	g, rng := graph.New(), l.rng('n', 0)
	t := &thinned{factor: factor}
	e := dropoutExamples[example]
	layer := make([]graph.Value, len(e.x))
	for i, v := range e.x {
		layer[i] = g.Const(v).Named(nodeName(0, i))
	}
	t.x = layer
	t.y = g.Const(e.y).Named("y")
	for k := 1; k < len(dropoutNodes); k++ {
		w := make([][]graph.Value, dropoutNodes[k])
		for i := range w {
			for j := range dropoutNodes[k-1] {
				weight := float64(3+rng.IntN(16)) / 10 // 0.3 to 1.8 in size: a weight of 0 would look like a dropped neuron
				if rng.IntN(2) == 0 {
					weight = -weight
				}
				w[i] = append(w[i], g.Var(weight).Named(fmt.Sprintf("w(%d)%d%d", k, i+1, j+1)))
			}
		}
		t.w = append(t.w, w)
	}
	for k := 1; k < len(dropoutNodes); k++ {
		net, out, passed := make([]graph.Value, dropoutNodes[k]), make([]graph.Value, dropoutNodes[k]), make([]graph.Value, dropoutNodes[k])
		for i := range net {
			terms := make([]graph.Value, len(layer))
			for j, in := range layer {
				terms[j] = ops.Mul(t.w[k-1][i][j], in)
			}
			sum := terms[0]
			for _, term := range terms[1:] {
				sum = ops.Add(sum, term)
			}
			name := nodeName(k, i)
			net[i] = sum.Named("net_" + name)
			out[i] = ops.Sigmoid(net[i]).Named(name)
			passed[i] = out[i]
			if k < len(dropoutNodes)-1 && factor[k-1][i] != 1 {
				passed[i] = ops.MulScalar(out[i], factor[k-1][i]).Named(fmt.Sprintf("%g·%s", factor[k-1][i], name))
			}
		}
		t.net, t.out, t.passed = append(t.net, net), append(t.out, out), append(t.passed, passed)
		layer = passed
	}
	t.loss = crossEntropy(layer[0], t.y).Named("l")
	return t
}

// all returns the same factor for every hidden neuron.
func all(v float64) [][]float64 {
	var f [][]float64
	for _, nodes := range dropoutNodes[1 : len(dropoutNodes)-1] {
		row := make([]float64, nodes)
		for i := range row {
			row[i] = v
		}
		f = append(f, row)
	}
	return f
}

// drop draws which hidden neurons a step keeps, each with probability keep. It draws again if a layer is left without a
// neuron, or nothing is dropped: such a step shows nothing.
func (l *lesson) drop(step int) [][]float64 {
	rng := l.rng('m', step)
	for {
		factor := all(0)
		telling, dropped := true, false
		for _, row := range factor {
			kept := 0
			for i := range row {
				if rng.Float64() < keep {
					row[i] = 1
					kept++
				}
			}
			telling = telling && kept > 0
			dropped = dropped || kept < len(row)
		}
		if telling && dropped {
			return factor
		}
	}
}

// dropped returns the layer and index of the first hidden neuron that is dropped.
func (t *thinned) dropped() (layer, node int) {
	for k, row := range t.factor {
		for i, f := range row {
			if f == 0 {
				return k, i
			}
		}
	}
	return -1, -1
}

// gone returns the names of the hidden neurons that are dropped.
func (t *thinned) gone() []string {
	var names []string
	for k, row := range t.factor {
		for i, f := range row {
			if f == 0 {
				names = append(names, nodeName(k+1, i))
			}
		}
	}
	return names
}

// gradients returns δ of every node and weight.
func (t *thinned) gradients() autograd.Gradients { return autograd.Backward(t.loss) }
