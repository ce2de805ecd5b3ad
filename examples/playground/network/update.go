package network

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// The largest network that an update shows neuron by neuron. A larger one is shown layer by layer.
const (
	maxNeurons = 8  // hidden nodes
	maxNumbers = 40 // weights and biases
)

// An Update is one update of the parameters, on one example, taken apart. The network itself stays as it is.
type Update struct {
	Point   Point       // the example
	Loss    graph.Value // of the example, without penalty and dropout, on a graph of its own
	Neurons bool        // the graph is one of scalars, neuron by neuron
	Changes []Change    // of every weight and bias, in the order of the layers
	Penalty bool        // the gradient has a part that comes from the penalty
	Dropout bool        // the network has dropout, which is left out here
}

// A Change is what an update does to one number.
type Change struct {
	Name     string  // as in the graph
	Place    string  // where it stands: "x1 → h2"
	Before   float64 // the number
	Gradient float64 // ∂l/∂ of it, with the penalty's 2λw
	Penalty  float64 // 2λw alone
	After    float64
}

// Look returns the update on the i-th of the training examples, counted round and round.
func (n *Network) Look(i int) (*Update, error) {
	var examples []Point
	for _, p := range n.points {
		if !p.Valid {
			examples = append(examples, p)
		}
	}
	i %= len(examples)
	if i < 0 {
		i += len(examples)
	}
	u := &Update{Point: examples[i], Penalty: n.settings.L2 > 0, Dropout: n.settings.Keep < 1}
	hidden := 0
	for _, nodes := range n.settings.Hidden {
		hidden += nodes
	}
	u.Neurons = hidden <= maxNeurons && n.Numbers() <= maxNumbers
	if u.Neurons {
		u.Loss = n.model.neurons(u.Point, activations[n.settings.Activation].f)
	} else {
		u.Loss = n.model.tensors(u.Point)
	}
	err := n.change(u)
	return u, err
}

// change finds what the optimizer would do, and takes it back.
func (n *Network) change(u *Update) error {
	optimizer := n.opt.(nn.Keeper) // all of package nn are
	state := optimizer.State(n.model.params)
	var before []*tensor.Tensor
	for _, p := range n.model.params {
		before = append(before, p.Data.Clone())
	}
	b := &data.Batch{X: tensor.Of([]float64{u.Point.X, u.Point.Y}, 1, 2), T: tensor.Of([]float64{target(u.Point, n.model.classes)}, 1, 1), Labels: []int{u.Point.Class}, Rows: []int{0}}
	n.g.Rewind(n.start)
	loss := n.objective(nn.Eval(), n.g.ConstTensor(b.X), b)
	gradients := autograd.Backward(loss, autograd.LeavesOnly())
	var slopes []*tensor.Tensor
	for _, p := range n.model.params {
		slopes = append(slopes, gradients.Tensor(p.Bind(n.g)))
	}
	err := n.opt.Step(n.model.params, gradients)
	number := 0
	for k, p := range n.model.params {
		inputs, outputs := 1, p.Data.Dims()[p.Data.Rank()-1]
		weight := p.Data.Rank() == 2
		if weight {
			inputs = p.Data.Dims()[0]
		}
		for to := range outputs { // as the lecture counts weights: those of a node one after the other
			for from := range inputs {
				i := from*outputs + to
				c := Change{Before: before[k].AtFlat(i), Gradient: slopes[k].AtFlat(i), After: p.Data.AtFlat(i)}
				if weight {
					c.Penalty = 2 * n.settings.L2 * c.Before
					number++
				}
				c.Name, c.Place = n.model.name(k/2, from, to, weight, number)
				u.Changes = append(u.Changes, c)
			}
		}
		p.Data.Copy(before[k])
		p.Data.MarkChanged()
	}
	if stateErr := optimizer.SetState(n.model.params, state); err == nil {
		err = stateErr
	}
	n.g.Rewind(n.start)
	return err
}

// target is what the output is compared with, where that is a single number.
func target(p Point, classes int) float64 {
	if classes == 0 {
		return p.Value
	}
	return float64(p.Class)
}

// node returns the name of node i that layer k passes on, where layer 0 is the input.
func (m *model) node(k, i int) string {
	switch {
	case k == 0:
		return fmt.Sprintf("x%d", i+1)
	case k == len(m.layers):
		if m.outputs() == 1 {
			return "o"
		}
		return fmt.Sprintf("o%d", i+1)
	case len(m.layers) == 2:
		return fmt.Sprintf("h%d", i+1)
	}
	return fmt.Sprintf("h%d.%d", k, i+1)
}

// name returns the name of a weight of layer k, the number-th of all, or of a bias, and where it stands.
func (m *model) name(k, from, to int, weight bool, number int) (name, place string) {
	at := m.node(k+1, to)
	if weight {
		return fmt.Sprintf("w%d", number), m.node(k, from) + " → " + at
	}
	return "b_" + at, at
}

// tensors records the loss of one example layer by layer, on copies of the parameters.
func (m *model) tensors(p Point) graph.Value {
	g := graph.New()
	x := g.ConstTensor(tensor.Of([]float64{p.X, p.Y}, 1, 2)).Named("x")
	for k, l := range m.layers {
		at := "o"
		if k+1 < len(m.layers) {
			at = fmt.Sprintf("h%d", k+1)
		}
		params := l.sum.Params()
		w := g.VarTensor(params[0].Data).Named("W_" + at)
		b := g.VarTensor(params[1].Data).Named("b_" + at)
		x = ops.Linear(x, w, b).Named("net_" + at)
		if l.f != nil {
			x = l.f(x).Named("out_" + at)
		}
	}
	b := &data.Batch{T: tensor.Of([]float64{target(p, m.classes)}, 1, 1), Labels: []int{p.Class}}
	return m.loss(x, b).Named("loss")
}

// neurons records the loss of one example with a value for every neuron and every weight, as the lecture draws it.
func (m *model) neurons(p Point, f func(graph.Value) graph.Value) graph.Value {
	g := graph.New()
	out := []graph.Value{g.Const(p.X).Named("x1"), g.Const(p.Y).Named("x2")}
	number := 0
	for k, l := range m.layers {
		w, bias := l.sum.Params()[0].Data, l.sum.Params()[1].Data
		rows, columns := w.Dims()[0], w.Dims()[1]
		first := number
		number += rows * columns
		next := make([]graph.Value, columns)
		for j := range columns {
			at := m.node(k+1, j)
			var net graph.Value
			for i := range rows {
				name, _ := m.name(k, i, j, true, first+j*rows+i+1)
				term := ops.Mul(g.Var(w.At(i, j)).Named(name), out[i])
				if i == 0 {
					net = term
				} else {
					net = ops.Add(net, term)
				}
			}
			name, _ := m.name(k, 0, j, false, 0)
			net = ops.Add(net, g.Var(bias.At(j)).Named(name)).Named("net_" + at)
			switch hidden := k+1 < len(m.layers); {
			case hidden && f != nil:
				next[j] = f(net).Named("out_" + at)
			case !hidden && m.classes == 2:
				next[j] = ops.Sigmoid(net).Named("out_" + at)
			default:
				next[j] = net
			}
		}
		out = next
	}
	return m.scalarLoss(out, p).Named("loss")
}

// scalarLoss records the loss of one example for the outputs, with a formula for each kind of problem.
func (m *model) scalarLoss(out []graph.Value, p Point) graph.Value {
	switch m.classes {
	case 0: // ½(t - y)²
		t := out[0].Graph().Const(p.Value).Named("t")
		return ops.MulScalar(ops.Square(ops.Sub(t, out[0])), 0.5)
	case 2: // -ln p, for the probability of the right class
		if p.Class == 1 {
			return ops.Neg(ops.Log(out[0]))
		}
		return ops.Neg(ops.Log1p(ops.Neg(out[0])))
	}
	// ln Σ exp(z) - z of the right class
	var sum graph.Value
	for i, z := range out {
		if e := ops.Exp(z); i == 0 {
			sum = e
		} else {
			sum = ops.Add(sum, e)
		}
	}
	return ops.Sub(ops.Log(sum), out[p.Class])
}

// Finite reports whether the loss of the update is a number that can be stepped through.
func (u *Update) Finite() bool { return !math.IsNaN(u.Loss.Item()) && !math.IsInf(u.Loss.Item(), 0) }
