package main

import (
	"context"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

const (
	eta       = 0.5    // the learning rate of section 12.2.1
	manyTimes = 10_000 // how often the update is repeated at its end
)

// A network222 is the network of section 12.2.1 on scalars: two inputs, two hidden nodes, two outputs. Everything is
// counted from 1, as in the lecture; entry 0 is not used.
type network222 struct {
	w    [9]graph.Value // w1 to w8
	b    [3]graph.Value // one bias a layer, shared by its two nodes
	i, t [3]graph.Value // inputs and targets

	netH, outH [3]graph.Value
	netO, outO [3]graph.Value
	e          [3]graph.Value // the error of each output
	total      graph.Value    // E_total
}

// newNetwork222 puts the leaves of the network on the graph, with the lecture's numbers.
func newNetwork222(g *graph.Graph) *network222 {
	n := &network222{}
	n.i[1], n.i[2] = g.Const(0.05).Named("i1"), g.Const(0.10).Named("i2")
	n.t[1], n.t[2] = g.Const(0.01).Named("t1"), g.Const(0.99).Named("t2")
	for k, v := range []float64{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55} {
		n.w[k+1] = g.Var(v).Named("w" + digit(k+1))
	}
	n.b[1], n.b[2] = g.Var(0.35).Named("b1"), g.Var(0.60).Named("b2")
	return n
}

// forward records the forward pass, up to the total error.
func (n *network222) forward() {
	g := n.w[1].Graph()
	done := g.Scope("hidden layer")
	for k := 1; k <= 2; k++ {
		n.netH[k] = weighted(n.w[2*k-1], n.i[1], n.w[2*k], n.i[2], n.b[1]).Named("net_h" + digit(k))
		n.outH[k] = ops.Sigmoid(n.netH[k]).Named("out_h" + digit(k))
	}
	done()
	done = g.Scope("output layer")
	for k := 1; k <= 2; k++ {
		n.netO[k] = weighted(n.w[2*k+3], n.outH[1], n.w[2*k+4], n.outH[2], n.b[2]).Named("net_o" + digit(k))
		n.outO[k] = ops.Sigmoid(n.netO[k]).Named("out_o" + digit(k))
	}
	done()
	done = g.Scope("error")
	for k := 1; k <= 2; k++ {
		difference := ops.Sub(n.t[k], n.outO[k])
		n.e[k] = ops.MulScalar(ops.Square(difference), 0.5).Named("E_o" + digit(k))
	}
	n.total = ops.Add(n.e[1], n.e[2]).Named("E_total")
	done()
}

// weighted returns v·x + w·y + b.
func weighted(v, x, w, y, b graph.Value) graph.Value {
	return ops.Add(ops.Add(ops.Mul(v, x), ops.Mul(w, y)), b)
}

// digit returns a number below ten as text.
func digit(k int) string { return string(rune('0' + k)) }

// update makes the step of gradient descent w ← w - η·∂E/∂w on every weight, and on the biases if they are trained. All
// gradients come from one sweep, so each is taken at the old weights, as the lecture asks.
func (n *network222) update(grads autograd.Gradients, biases bool) {
	for _, w := range n.w[1:] {
		w.Set(w.Item() - eta*grads.Scalar(w))
	}
	if biases {
		for _, b := range n.b[1:] {
			b.Set(b.Item() - eta*grads.Scalar(b))
		}
	}
}

// train222 returns the network after a number of updates, with a last forward pass. Mark and Rewind keep the leaves on
// the tape and take the rest off it, so that every update records the forward pass anew in the same memory.
func train222(ctx context.Context, updates int, biases bool) (*network222, error) {
	g := graph.New()
	n := newNetwork222(g)
	leaves := g.Mark()
	for range updates {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n.forward()
		n.update(autograd.Backward(n.total), biases)
		g.Rewind(leaves)
	}
	n.forward()
	return n, nil
}

// A figure is a number of the worked example: as the lecture prints it, "" if it does not, and as computed here.
type figure struct {
	name    string
	printed string
	value   float64
	slip    int // the number of the lecture's slip that explains a difference
}

// forwardFigures returns the figures of the forward pass in the lecture's order.
func (n *network222) forwardFigures() []figure {
	return []figure{
		{name: "net_h1", printed: "0.3775", value: n.netH[1].Item()},
		{name: "net_h2", value: n.netH[2].Item()},
		{name: "out_h1", printed: "0.593269992", value: n.outH[1].Item()},
		{name: "out_h2", printed: "0.596884378", value: n.outH[2].Item()},
		{name: "net_o1", printed: "1.105905967", value: n.netO[1].Item()},
		{name: "net_o2", value: n.netO[2].Item()},
		{name: "out_o1", printed: "0.75136507", value: n.outO[1].Item()},
		{name: "out_o2", printed: "0.772928465", value: n.outO[2].Item()},
		{name: "E_o1", printed: "0.274811083", value: n.e[1].Item()},
		{name: "E_o2", printed: "0.023560026", value: n.e[2].Item()},
		{name: "E_total", printed: "0.298371109", value: n.total.Item()},
	}
}

// outputFigures returns the figures of the backward pass through the output layer. Every ∂E/∂v comes from one sweep, the
// local derivatives ∂v/∂u from where the tape keeps them.
func (n *network222) outputFigures() []figure {
	grads := autograd.Backward(n.total)
	return []figure{
		{name: "∂E/∂out_o1", printed: "0.74136507", value: grads.Scalar(n.outO[1])},
		{name: "∂out_o1/∂net_o1", printed: "0.186815602", value: local(n.outO[1], n.netO[1])},
		{name: "∂net_o1/∂w5", printed: "0.593269992", value: derivative(n.netO[1], n.w[5])},
		{name: "∂E/∂w5", printed: "0.082167041", value: grads.Scalar(n.w[5])},
	}
}

// hiddenFigures returns the figures of the backward pass through the hidden layer.
func (n *network222) hiddenFigures() []figure {
	grads := autograd.Backward(n.total)
	return []figure{
		{name: "∂E/∂net_o1", printed: "0.138498562", value: grads.Scalar(n.netO[1])},
		{name: "∂E/∂net_o2", value: grads.Scalar(n.netO[2])},
		{name: "∂net_o1/∂out_h1", printed: "0.40", value: derivative(n.netO[1], n.outH[1])},
		{name: "∂E_o1/∂out_h1", printed: "0.055399425", value: derivative(n.e[1], n.outH[1])},
		{name: "∂E_o2/∂out_h1", printed: "-0.019049119", value: derivative(n.e[2], n.outH[1]), slip: 2},
		{name: "∂E/∂out_h1", printed: "0.036350306", value: grads.Scalar(n.outH[1])},
		{name: "∂out_h1/∂net_h1", printed: "0.241300709", value: local(n.outH[1], n.netH[1])},
		{name: "∂net_h1/∂w1", printed: "0.05", value: derivative(n.netH[1], n.w[1])},
		{name: "∂E/∂w1", printed: "0.000438568", value: grads.Scalar(n.w[1])},
	}
}

// gradientFigures returns ∂E/∂w1 to ∂E/∂w8 and the two biases' derivatives.
func (n *network222) gradientFigures() []figure {
	grads := autograd.Backward(n.total)
	figures := make([]figure, 0, 10)
	for k, w := range n.w[1:] {
		figures = append(figures, figure{name: "∂E/∂w" + digit(k+1), value: grads.Scalar(w)})
	}
	for k, b := range n.b[1:] {
		figures = append(figures, figure{name: "∂E/∂b" + digit(k+1), value: grads.Scalar(b)})
	}
	return figures
}

// updateFigures returns the weights of a network after one update.
func (n *network222) updateFigures() []figure {
	printed := [9]string{5: "0.35891648", 6: "0.408666186", 7: "0.511301270", 8: "0.561370121"}
	figures := make([]figure, 0, 8)
	for k := 1; k <= 8; k++ {
		figures = append(figures, figure{name: "w" + digit(k) + "⁺", printed: printed[k], value: n.w[k].Item()})
	}
	return figures
}

// derivative returns ∂y/∂x.
func derivative(y, x graph.Value) float64 { return autograd.Backward(y).Scalar(x) }

// local returns the derivative of a node by its own operand, which the tape holds since the node was recorded.
func local(v, operand graph.Value) float64 {
	n := v.Node()
	for i := range n.NumInputs() {
		if n.InputNode(i).ID() == operand.ID() {
			d, _ := n.Partial(i)
			return d
		}
	}
	return 0
}

// workedExample is part b.
func workedExample(ctx context.Context, l *lesson) error {
	g := graph.New()
	n := newNetwork222(g)
	start := g.Mark()
	n.forward()

	leaves, operations := census(g, g.Len())
	l.say("Inputs 0.05 and 0.10, targets 0.01 and 0.99, sigmoid everywhere, E = Σ ½(target - out)². "+
		"The graph has %d leaves and %d operations, each of them one number. Printed: the lecture's figure. ✓: ours rounds to it.", leaves, operations)

	l.say("1) Forward pass")
	l.note("Slip 1:", "the lecture draws w3 = 0.20 and w7 = 0.4 and writes net_h1 = w1·i1 + w3·i2. Its numbers are those of "+
		"w1..w8 = 0.15 0.20 0.25 0.30 0.40 0.45 0.50 0.55 with net_h1 = w1·i1 + w2·i2 + b1: "+
		"out_h2 = 0.596884378 needs w3 = 0.25 and w4 = 0.30, and the updated w7 and w8 need 0.50 and 0.55. So here.")
	l.figures(n.forwardFigures())

	l.say("2) Backward pass, output layer. Look at w5: one path leads from E to it.")
	l.figures(n.outputFigures())
	l.say("The same, written by autograd.Explain from the graph:")
	if err := l.explain(n.total, n.w[5]); err != nil {
		return err
	}

	l.say("Hidden layer. Look at w1: out_h1 feeds both outputs, so two paths lead from E to it, and their contributions add up.")
	l.figures(n.hiddenFigures())
	l.note("Slip 2:", "-0.019049119 carries the rounding of the factors before it. The value is -0.0190491183.")
	if err := l.explain(n.total, n.w[1]); err != nil {
		return err
	}

	l.nextLayer(n)

	l.say("All gradients, from one sweep. The lecture keeps both biases as they are; their derivatives come with the others.")
	l.figures(n.gradientFigures())

	grads := autograd.Backward(n.total)
	if err := l.networkPictures(n, grads); err != nil {
		return err
	}

	n.update(grads, false)
	g.Rewind(start)
	n.forward()
	l.say("3) The update w⁺ = w - η·∂E/∂w with η = %g, all at once from the old weights:", eta)
	l.figures(n.updateFigures())
	l.printf("\n  E_total after 1 update: %s\n", shown(n.total.Item()))

	return l.manyUpdates(ctx)
}

// networkPictures draws the network by its named values, as one does by hand, and then with every operation.
func (l *lesson) networkPictures(n *network222, grads autograd.Gradients) error {
	common := []viz.Option{viz.Direction(viz.TopToBottom), viz.WithGradients(grads), viz.WithContributions(), viz.Precision(6)}
	err := l.picture("12.2.1-network", n.total,
		append(common, viz.Title("12.2.1 The 2-2-2 network"), viz.FoldUnnamed(), viz.Legend())...)
	if err != nil {
		return err
	}
	return l.picture("12.2.1-all-operations", n.total, append(common, viz.Title("12.2.1 The 2-2-2 network, all operations"))...)
}

// A use is one term of equation 3 of 12.1.2: a node v that H feeds.
type use struct {
	v            graph.Value
	delta, slope float64 // ∂l/∂v and ∂v/∂H
}

// hiddenUses returns the uses of H = out_h1: Γ(H) is the two outputs.
func (n *network222) hiddenUses() []use {
	grads := autograd.Backward(n.total)
	var uses []use
	for _, v := range n.outO[1:] {
		uses = append(uses, use{v, grads.Scalar(v), derivative(v, n.outH[1])})
	}
	return uses
}

// nextLayer writes ∂E/∂out_h1 as section 12.1.2 does.
func (l *lesson) nextLayer(n *network222) {
	l.say("This is 12.1.2, the efficient computation of gradients: first ∂l/∂H for every hidden node H, by ∂l/∂H = Σ ∂l/∂v · ∂v/∂H over all v in Γ(H), "+
		"the nodes of the next layer that H feeds; then ∂l/∂w = ∂l/∂H · ∂H/∂w with ∂H/∂w = g'·z, where z is the node that w weighs. "+
		"For H = out_h1, Γ(H) = [%s, %s] and ∂v/∂H = g'(net)·w:", n.outO[1].Name(), n.outO[2].Name())
	l.printf("\n  v            ∂l/∂v        ·  ∂v/∂H        =  its share of ∂l/∂H\n")
	sum := 0.0
	for _, u := range n.hiddenUses() {
		l.printf("  %-9s %12.9f    %12.9f    %12.9f\n", u.v.Name(), u.delta, u.slope, u.delta*u.slope)
		sum += u.delta * u.slope
	}
	l.printf("  ∂l/∂H     %44.9f\n", sum)
}

// manyUpdates is the end of part b: the error after 10,000 updates.
func (l *lesson) manyUpdates(ctx context.Context) error {
	last, err := train222(ctx, manyTimes, false)
	if err != nil {
		return err
	}
	before, err := train222(ctx, manyTimes-1, false)
	if err != nil {
		return err
	}
	biased, err := train222(ctx, manyTimes, true)
	if err != nil {
		return err
	}
	l.say("4) Repeat the process")
	l.figures([]figure{{name: "E_total after 10,000 updates", printed: "0.000351085", value: last.total.Item(), slip: 3}})
	l.note("Slip 3:", "the lecture's 0.000351085 lost a zero. Its digits are those of the error that the 10,000th update starts from.")
	l.printf("\n  E_total after  9,999 updates         %s\n", shown(before.total.Item()))
	l.printf("  E_total after 10,000 updates         %s\n", shown(last.total.Item()))
	l.printf("    the outputs, targets 0.01, 0.99    %s, %s\n", shown(last.outO[1].Item()), shown(last.outO[2].Item()))
	l.printf("  the same with the biases trained     %s\n", shown(biased.total.Item()))
	return nil
}
