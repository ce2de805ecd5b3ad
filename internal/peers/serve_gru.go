package main

import (
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A gru is a language model: a vector for each letter, a gated recurrent unit, and a linear layer that says how likely each
// letter is to be the next.
type gru struct {
	letters *nn.EmbeddingTable
	own     []*nn.Param // of the unit and the linear layer
	start   *tensor.Tensor
	params  []*nn.Param
}

func (m *gru) Params() []*nn.Param { return m.params }

func (m *gru) Forward(p nn.Pass, x graph.Value) graph.Value {
	g := x.Graph()
	var v [6]graph.Value
	for i, p := range m.own {
		v[i] = p.Bind(g)
	}
	y := ops.GRU(m.letters.Forward(p, x), g.BindConst(m.start), v[0], v[1], v[2], v[3])
	d := y.Dims()
	return ops.Linear(ops.Reshape(y, d[0]*d[1], d[2]), v[4], v[5])
}

// newGRU reads "<letters> <numbers of a letter> <units> <rows> <time>": the training of a language model on rows of text.
func newGRU(args []string) *training {
	v := integers(args)
	letters, width, units, rows, time := v[0], v[1], v[2], v[3], v[4]
	t := &training{x: tensor.New(tensor.Float32, rows, time)}
	text := labels(rows*(time+1), letters)
	for i := range rows {
		row := text[i*(time+1) : (i+1)*(time+1)]
		for k, letter := range row[:time] {
			t.x.SetFlat(float64(letter), i*time+k)
		}
		t.labels = append(t.labels, row[1:]...)
	}
	m := &gru{letters: nn.Embedding(rand.New(rand.NewPCG(1, 2)), letters, width), start: tensor.New(tensor.Float32, rows, units)}
	scale := 2 / math.Sqrt(float64(units))
	for i, shape := range [][]int{{width, 3 * units}, {units, 3 * units}, {3 * units}, {3 * units}, {units, letters}, {letters}} {
		m.own = append(m.own, &nn.Param{Name: []string{"wIH", "wHH", "bIH", "bHH", "weight", "bias"}[i], Data: tensor32(uint32(11+i), scale, shape...)})
	}
	m.params = append(m.letters.Params()[:1:1], m.own...)
	t.start(m, "adam")
	noise(m.params[0].Data.Float32s(), 10, 2)
	return t
}

// gruJob is one training step. Its check is the loss of the fifth.
func gruJob(args []string) *job { return newGRU(args).job() }

// gruAllocations is the number of allocations in a training step, on average over many.
func gruAllocations(args []string) answer { return newGRU(args).allocations() }
