package nn_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A model of letters learns which one follows, and then writes: each letter that it chooses is its next input. What follows
// an n depends on letters further back, which the state remembers.
func ExampleGRU() {
	const text, letters, hidden = "bananas and anna", " abdns", 16
	rng := rand.New(rand.NewPCG(1, 2))
	table, gru, head := nn.Embedding(rng, len(letters), 8), nn.GRU(rng, 8, hidden), nn.Linear(rng, hidden, len(letters))
	params := append(append(table.Params(), gru.Params()...), head.Params()...)
	opt, g := nn.NewAdam(nn.AdamConfig{LR: 0.03}), graph.New()
	var numbers []int
	for _, c := range text {
		numbers = append(numbers, strings.IndexRune(letters, c))
	}
	n := len(numbers) - 1
	for range 150 {
		y := ops.Reshape(gru.Forward(nn.Train(rng), table.Lookup(g, numbers[:n], 1, n)), n, hidden)
		loss := nn.CrossEntropy(head.Forward(nn.Train(rng), y), numbers[1:])
		if err := opt.Step(params, autograd.Backward(loss)); err != nil {
			fmt.Println(err)
			return
		}
		g.Reset()
	}

	k, written := numbers[0], text[:1]
	var state nn.RecurrentState
	for range n {
		var y graph.Value
		y, state = gru.Step(nn.Eval(), table.Lookup(g, []int{k}), state)
		k = int(ops.ArgMax(head.Forward(nn.Eval(), y), 1).Tensor().At(0))
		written += letters[k : k+1]
	}
	fmt.Println(written)
	// Output: bananas and anna
}
