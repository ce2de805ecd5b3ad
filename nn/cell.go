package nn

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Cell is one step of a recurrent layer, made by [RNNCell], [GRUCell] or [LSTMCell]: from the input at one time, of
// shape (rows, in), and the state before it computes the state after, of shape (rows, hidden). It is for recurrences
// that are no sequence of inputs, such as a state that is fed back; a [Recurrent] does a whole sequence in less time.
//
// The parameters are called weight_ih, weight_hh, bias_ih and bias_hh, as PyTorch has them; for shapes see [Recurrent].
type Cell struct {
	recurrence
	cell   *recurrentCell
	params []*Param
}

// newCell returns a cell that takes the given options besides those of all kinds.
func newCell(kind recurrence, rng *rand.Rand, in int, options []LayerOption, takes ...string) *Cell {
	c := kind.settings(rng, in, options, takes)
	l := &Cell{recurrence: kind, cell: kind.newCell(rng, in, "", c)}
	l.activation = c.activation
	l.params = l.cell.params()
	return l
}

// mustBeMade panics unless the layer was made.
func (l *Cell) mustBeMade(op string) {
	if l == nil || l.cell == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Cell: make one with nn.GRUCell(rng, in, hidden)"))
	}
}

// Params returns the parameters.
func (l *Cell) Params() []*Param {
	l.mustBeMade("nn.Cell.Params")
	return l.params
}

// String returns what the layer is called in a summary, such as "GRUCell(32, 128)".
func (l *Cell) String() string {
	l.mustBeMade("nn.Cell.String")
	return fmt.Sprintf("%s(%d, %d)", layerName(l.op), l.cell.in, l.hidden)
}

// Forward returns the state, (rows, hidden), that follows on zeros for x of shape (rows, in). It panics with a
// [*graph.Error] if x has another shape.
func (l *Cell) Forward(_ Pass, x graph.Value) graph.Value {
	l.mustBeMade("nn.Cell.Forward")
	y, _ := l.step("", x, RecurrentState{})
	return y
}

// Step returns the state that follows on s for x of shape (rows, in). y and next.H, of shape (rows, hidden), are one
// value; next.C holds the contents of an LSTM's cells. It panics with a [*graph.Error] if a shape is another.
func (l *Cell) Step(_ Pass, x graph.Value, s RecurrentState) (y graph.Value, next RecurrentState) {
	l.mustBeMade("nn.Cell.Step")
	return l.step(".Step", x, s)
}

func (l *Cell) step(method string, x graph.Value, s RecurrentState) (y graph.Value, next RecurrentState) {
	l.mustTake(method, l.cell, x, 2, "(rows, %d)")
	g, rows := x.Graph(), x.Dims()[0]
	s = l.begin(method, s, g, rows, l.hidden)
	y, next.C = l.run(&l.recurrence, ops.Unsqueeze(x, 1), s.H, s.C, l.cell.bind(g))
	y = ops.Squeeze(y, 1)
	next.H = y
	return y, next
}
