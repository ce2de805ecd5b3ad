package main

import (
	"context"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

// A twoLayer holds the numbers of the network of section 12.3 for one example: two inputs, three hidden nodes, one
// output.
type twoLayer struct {
	x  []float64   // the input
	y  float64     // its label
	w1 [][]float64 // w(1), a row for each hidden node
	b1 []float64
	w2 []float64 // w(2)
	b2 float64
}

var example123 = twoLayer{
	x:  []float64{1, 2},
	y:  1,
	w1: [][]float64{{0.1, 0.4}, {-0.3, 0.2}, {0.5, -0.6}},
	b1: []float64{0.1, 0.2, 0.3},
	w2: []float64{0.7, -0.2, 0.3},
	b2: -0.1,
}

// A recorded123 is the computational graph of a twoLayer, with its backward pass.
type recorded123 struct {
	x, y, w1, b1, w2, b2  graph.Value
	z1, a1, z2, yHat, l   graph.Value
	dYHat, dZ2, dW2, dB2  graph.Value // δ of each, as nodes of the same graph
	dA1, dZ1, dW1, dB1    graph.Value
	gZ2, gZ1              graph.Value // the local derivatives g'(z(2)) and g'(z(1)), nodes of the backward pass
	unsigned, dUnsigned   graph.Value // the loss as the lecture names it, and its derivative by ŷ
	forwardEnd, deltasEnd int         // how many nodes the graph had after each pass
}

// record records the forward pass of n, then, with autograd.Grad, the backward pass.
func (n *twoLayer) record(g *graph.Graph) *recorded123 {
	r := &recorded123{}
	var rows []float64
	for _, row := range n.w1 {
		rows = append(rows, row...)
	}
	column := func(v []float64) *tensor.Tensor { return tensor.Of(v, len(v), 1) }
	r.x = g.ConstTensor(column(n.x)).Named("x")
	r.y = g.Const(n.y).Named("y")

	done := g.Scope("layer 1")
	r.w1 = g.VarTensor(tensor.Of(rows, len(n.w1), len(n.x))).Named("w(1)")
	r.b1 = g.VarTensor(column(n.b1)).Named("b(1)")
	r.z1 = ops.Add(ops.MatMul(r.w1, r.x), r.b1).Named("z(1)")
	r.a1 = ops.Sigmoid(r.z1).Named("a(1)")
	done()

	done = g.Scope("layer 2")
	r.w2 = g.VarTensor(column(n.w2)).Named("w(2)")
	r.b2 = g.Var(n.b2).Named("b(2)")
	r.z2 = ops.Add(ops.Sum(ops.Mul(r.w2, r.a1)), r.b2).Named("z(2)")
	r.yHat = ops.Sigmoid(r.z2).Named("ŷ")
	done()

	done = g.Scope("loss")
	r.l = crossEntropy(r.yHat, r.y).Named("l")
	done()
	r.forwardEnd = g.Len()

	done = g.Scope("backward pass")
	d := autograd.Grad(r.l, r.yHat, r.z2, r.w2, r.b2, r.a1, r.z1, r.w1, r.b1)
	done()
	r.dYHat, r.dZ2, r.dW2, r.dB2 = d[0], d[1], d[2], d[3]
	r.dA1, r.dZ1, r.dW1, r.dB1 = d[4], d[5], d[6], d[7]
	// Addition passes its δ on: δb(2) is the node δz(2), and δb(1) the node δz(1).
	r.dYHat.Named("δŷ")
	r.dZ2.Named("δz(2)")
	r.dW2.Named("δw(2)")
	r.dA1.Named("δa(1)")
	r.dZ1.Named("δz(1)")
	r.dW1.Named("δw(1)")
	// δz is the chain rule's product of δ of the activation with the local derivative: its second operand.
	r.gZ2 = r.dZ2.Inputs()[1].Named("g'(z(2))")
	r.gZ1 = r.dZ1.Inputs()[1].Named("g'(z(1))")
	r.deltasEnd = g.Len()

	r.unsigned = ops.Neg(r.l)
	r.dUnsigned = autograd.Grad(r.unsigned, r.yHat)[0]
	return r
}

// deltas are the results of equations (a) to (e), computed by hand: plain loops, no graph.
type deltas struct {
	yHat, dYHat, gZ2, dZ2 float64
	dW2, gZ1, dZ1         []float64
	dW1                   [][]float64
}

// byHand computes the equations.
func (n *twoLayer) byHand() deltas {
	g := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	hidden := len(n.w1)
	a1 := make([]float64, hidden)
	z2 := n.b2
	for k := range hidden {
		z1 := n.b1[k]
		for j, x := range n.x {
			z1 += n.w1[k][j] * x
		}
		a1[k] = g(z1)
		z2 += n.w2[k] * a1[k]
	}
	var d deltas
	d.yHat = g(z2)
	d.dYHat = -n.y/d.yHat + (1-n.y)/(1-d.yHat) // (a)
	d.gZ2 = d.yHat * (1 - d.yHat)              // (b)
	d.dZ2 = d.dYHat * d.gZ2
	for k := range hidden {
		d.dW2 = append(d.dW2, d.dZ2*a1[k])               // (c)
		d.gZ1 = append(d.gZ1, a1[k]*(1-a1[k]))           // (d)
		d.dZ1 = append(d.dZ1, d.dZ2*n.w2[k]*d.gZ1[k])    // Algorithm 2: δa(1) = δz(2)·w(2)
		d.dW1 = append(d.dW1, make([]float64, len(n.x))) // (e)
		for j, x := range n.x {
			d.dW1[k][j] = d.dZ1[k] * x
		}
	}
	return d
}

// An equation is one of section 12.3: by the graph, and by hand.
type equation struct {
	label, text string
	graph, hand []float64
}

// equations returns (a) to (e) with both their sides.
func (r *recorded123) equations(d deltas) []equation {
	var dW1 []float64
	for _, row := range d.dW1 {
		dW1 = append(dW1, row...)
	}
	return []equation{
		{"(a)", "δŷ = -y/ŷ + (1-y)/(1-ŷ)", items(r.dYHat), []float64{d.dYHat}},
		{"(b)", "∂ŷ/∂z(2) = g'(z(2))", items(r.gZ2), []float64{d.gZ2}},
		{"", "δz(2) = δŷ · ∂ŷ/∂z(2)", items(r.dZ2), []float64{d.dZ2}},
		{"(c)", "δw(2) = δz(2) · a(1)", items(r.dW2), d.dW2},
		{"(d)", "∂a(1)/∂z(1) = g'(z(1))", items(r.gZ1), d.gZ1},
		{"", "δz(1) = δz(2) · w(2) · g'(z(1))", items(r.dZ1), d.dZ1},
		{"(e)", "δw(1) = δz(1) · x", items(r.dW1), dW1},
	}
}

// items returns the numbers of a value.
func items(v graph.Value) []float64 { return v.Tensor().Float64s() }

// handTolerance bounds the relative difference between the graph and the equations by hand. The two round the same few
// operations in different orders, each by at most 2⁻⁵³.
const handTolerance = 1e-12

// near reports whether all numbers of a and b agree to handTolerance.
func near(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= handTolerance*math.Max(math.Abs(a[i]), math.Abs(b[i]))) {
			return false
		}
	}
	return true
}

// tensorGraph is part c.
func tensorGraph(_ context.Context, l *lesson) error {
	n := example123
	r := n.record(graph.New())
	d := n.byHand()

	l.say("The same chain rule with vectors and matrices as nodes: x -> z(1) = w(1)x + b(1) -> a(1) = g(z(1)) -> "+
		"z(2) = w(2)ᵀa(1) + b(2) -> ŷ = g(z(2)) -> l, with the label y = %g.", n.y)
	l.printf("\n")
	l.matrix("w(1)", r.w1.Tensor())
	l.printf("  b(1) = %s\n  w(2) = %s\n  b(2) = %s\n", numbers(r.b1.Tensor()), numbers(r.w2.Tensor()), trimmed(r.b2.Item()))
	l.printf("\n")
	for _, v := range []graph.Value{r.x, r.z1, r.a1, r.z2, r.yHat, r.l} {
		l.printf("  %-5s %-5s = %s\n", v.Name(), tensor.FormatShape(v.Dims()), numbers(v.Tensor()))
	}
	l.note("Slip 4:", "the lecture names the loss y·log ŷ + (1-y)·log(1-ŷ). Its derivative -y/ŷ + (1-y)/(1-ŷ) is that of the "+
		"negative, the cross entropy of 12.1. Without the minus sign ∂l/∂ŷ is %s, with it %s.",
		trimmed(r.dUnsigned.Item()), trimmed(r.dYHat.Item()))
	l.note("Slip 5:", "(c) writes a for what (d) calls a(1). They are one node; z(2) = w(2)ᵀa(1) + b(2).")

	forwardLeaves, forwardOperations := census(r.l.Graph(), r.forwardEnd)
	leaves, operations := census(r.l.Graph(), r.deltasEnd)
	l.say("autograd.Grad records the backward pass on the same graph: %d leaves and %d operations before, %d and %d after. "+
		"Each δ is checked against its equation, computed by hand with plain loops. ✓: they agree to %g of their size.",
		forwardLeaves, forwardOperations, leaves, operations, handTolerance)
	l.printf("\n")
	for _, e := range r.equations(d) {
		mark := "✓"
		if !near(e.graph, e.hand) {
			mark = "✗"
		}
		l.printf("  %-3s %-33s%s\n", e.label, e.text, mark)
		l.printf("%s\n", wrap("        graph ", fixed(e.graph)))
		l.printf("%s\n", wrap("        hand  ", fixed(e.hand)))
	}
	l.say("Look at δz(2): (a) times (b) is ŷ - y = %s. The two denominators cancel. Look at the biases: addition passes its δ on, "+
		"so δb(2) and δz(2) are one node, and so are δb(1) and δz(1).", trimmed(r.yHat.Item()-n.y))
	return l.picture("12.3-graph-with-deltas", r.l,
		viz.Title("12.3 Two layers and their δ nodes"), viz.Direction(viz.TopToBottom),
		viz.WithBackward(r.dW1, r.dB1, r.dW2, r.dB2), viz.Precision(4))
}
