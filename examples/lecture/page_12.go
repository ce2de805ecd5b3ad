package main

import (
	"context"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// A place says where a thing of the lecture is on the page.
type place struct{ What, Tab, How string }

// Number returns the lecture's number of the tab.
func (p place) Number() string { return strings.TrimSuffix(p.Tab, "-all") }

// places lists every figure, algorithm and equation of the lecture.
var places = []place{
	{"Figure 12.1, a two-layer network", "12.1", "as neurons, with numbers"},
	{"Layer List, Weights List, forward pass", "12.1", "as matrices, and step by step"},
	{"Hidden nodes, predicted probability, cross entropy", "12.1", "step by step"},
	{"Footnote 1, universal approximation", "12.1", "one curve, fitted by five networks; a run that misses it"},
	{"Algorithm 1, mini-batch gradient descent", "12.1.1", "10,000 updates, and real data"},
	{"Efficient computation of gradients, Γ(H)", "12.1.2", "step by step"},
	{"Algorithm 2, the backward pass", "12.2", "line by line, and in another order, which fails"},
	{"The 2-2-2 network", "12.2.1", "as neurons; every printed figure"},
	{"The same network, all operations", "12.2.1-all", "41 nodes, step by step"},
	{"Figure 12.2, the computational graph, equations (a) to (e)", "12.3", "vectors as nodes; the letters on the edges"},
	{"L2 regularization", "12.4.1", "its gradient step by step, its effect on the weights"},
	{"Figures 12.3 and 12.4, dropout", "12.4.2", "before, in three steps, and at test time"},
	{"Early stopping", "12.4.3", "the curve and the epoch it chooses"},
	{"Figure 12.5, the grid of layers and nodes", "12.4.3", "as heat maps, with both choices"},
}

// A slip is a mistake of the lecture in short.
type slip struct{ Tab, Text string }

// slips stand in the order in which they come, which is that of their numbers.
var slips = []slip{
	{"12.2.1", "The figure’s labels w3 and w7, and net_h1 = w1·i1 + w3·i2, do not fit the numbers."},
	{"12.2.1", "−0.019049119 carries the rounding of its factors."},
	{"12.2.1", "The error after 10,000 updates lost a zero."},
	{"12.3", "The loss lacks its minus sign."},
	{"12.3", "a and a(1) are one node."},
	{"12.4.1", "The gradient of λ‖w‖² is 2λw."},
	{"12.4.2", "p is the probability to keep, and classic dropout uses p·w at test time."},
	{"12.4.3", "Figure 12.5 chooses by the test error."},
}

// page12 is the first tab: four questions with their answers, and where everything is.
func page12(_ context.Context, l *lesson, c *content) error {
	n := newNetwork222(graph.New())
	n.forward()
	half, whole := onOrder()
	t := l.dropoutPictures()[1].t
	layer, node := t.dropped()
	data := struct {
		Through1, Through2, DeltaH1 float64
		HalfDelta, WholeDelta       float64
		Dropped                     string
		Chosen, Epochs              int
		Places                      []place
		Slips                       []slip
	}{
		Through1: derivative(n.e[1], n.outH[1]), Through2: derivative(n.e[2], n.outH[1]), DeltaH1: derivative(n.total, n.outH[1]),
		HalfDelta: half, WholeDelta: whole, Dropped: t.out[layer][node].Name(), Places: places, Slips: slips,
	}
	if curve := l.results.curve; curve != nil {
		data.Chosen, data.Epochs = curve.chosen, len(curve.scores)
	}
	c.data = data
	return nil
}
