package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Recurrent is a layer over time, made by [RNN], [GRU] or [LSTM]: at every time it computes a state from the input
// and from the state before. Its input has shape (rows, time, in), the rows being examples, and its result (rows, time,
// hidden) holds the states of the last of its layers at all times.
//
// [Recurrent.Forward] starts from a state of zeros. [Recurrent.ForwardFrom] takes a state and returns the one after the
// last time, for a long sequence in pieces. [Recurrent.Step] goes one time further, for a sequence that is made while
// it is read, such as a text that a model writes.
//
// The parameters of layer k, from 0 on, are called weight_ih_lk, weight_hh_lk, bias_ih_lk and bias_hh_lk, as PyTorch
// has them. Here the weights have shape (in, gates·hidden) and (hidden, gates·hidden), in files they lie transposed;
// the columns are those of the first gate, then those of the second, and so on.
type Recurrent struct {
	recurrence
	cells   []*recurrentCell
	between Layer // what stands between two layers, or nil
	params  []*Param
}

// A RecurrentState is what a recurrent layer remembers from one time to the next: H, the states of its units, and for
// an LSTM the contents C of its cells too. For a [Recurrent] they have shape (layers, rows, hidden), for a [Cell]
// (rows, hidden). The zero RecurrentState stands for zeros, which is how a sequence begins.
//
// Its values live on a graph. Gradients flow back through them; to go on after the graph's Reset, or to cut the flow,
// take the numbers over:
//
//	h := state.H.Tensor()
//	g.Reset()
//	state = nn.RecurrentState{H: g.ConstTensor(h)}
type RecurrentState struct{ H, C graph.Value }

// A recurrence is what a kind of recurrent layer computes.
type recurrence struct {
	op         string // the function that makes it, for messages
	hidden     int
	gates      int
	memory     bool                          // there are cells, whose contents are a part of the state
	activation func(graph.Value) graph.Value // where a kind has a choice

	// run returns the states at all times, for x of shape (rows, time, in), the first state, and the parameters, and
	// the contents of the cells in the end, if there are any.
	run func(r *recurrence, x, h, c graph.Value, params [4]graph.Value) (y, end graph.Value)
}

// A recurrentCell is the parameters of one layer.
type recurrentCell struct {
	in                 int
	wIH, wHH, bIH, bHH *Param // the biases are nil for none
}

// newRecurrent returns a layer that takes the given options besides those of all kinds.
func newRecurrent(kind recurrence, rng *rand.Rand, in int, options []LayerOption, takes ...string) *Recurrent {
	c := kind.settings(rng, in, options, takes)
	r := &Recurrent{recurrence: kind, between: c.dropout}
	r.activation = c.activation
	for k := range c.layers {
		if k > 0 {
			in = kind.hidden
		}
		cell := kind.newCell(rng, in, "_l"+strconv.Itoa(k), c)
		r.cells = append(r.cells, cell)
		r.params = append(r.params, cell.params()...)
	}
	return r
}

// settings checks the sizes, and returns the settings as the options change them.
func (r recurrence) settings(rng *rand.Rand, in int, options []LayerOption, takes []string) layerSettings {
	mustHaveSource(r.op, rng)
	if in < 1 || r.hidden < 1 {
		panic(graph.Errorf(r.op, graph.ErrShape, "%d inputs and %d hidden units: both must be 1 or more", in, r.hidden))
	}
	return layerSettings{layers: 1, activation: r.activation}.with(r.op, options, append(takes, "nn.NoBias", "nn.WithInit")...)
}

// byHidden is how PyTorch draws the parameters of recurrent layers.
func byHidden(hidden int) Init {
	bound := 1 / math.Sqrt(float64(hidden))
	return Init{"", func(rng *rand.Rand, _, _ float64) float64 { return uniform(rng, bound) }}
}

// newCell returns the parameters of one layer, with the given end of their names.
func (r recurrence) newCell(rng *rand.Rand, in int, suffix string, c layerSettings) *recurrentCell {
	init, given := c.init, c.init.draw != nil
	if !given {
		init = byHidden(r.hidden)
	}
	columns := r.gates * r.hidden
	weight := func(name string, in int) *Param {
		return &Param{Name: name + suffix, Data: init.Draw(rng, in, r.hidden, in, columns), Kind: Weight, Transposed: true}
	}
	bias := func(name string) *Param {
		data := tensor.New(tensor.Float64, columns)
		if !given {
			data = init.Draw(rng, in, r.hidden, columns)
		}
		return &Param{Name: name + suffix, Data: data, Kind: Bias}
	}
	cell := &recurrentCell{in: in, wIH: weight("weight_ih", in), wHH: weight("weight_hh", r.hidden)}
	if !c.noBias {
		cell.bIH, cell.bHH = bias("bias_ih"), bias("bias_hh")
	}
	return cell
}

func (c *recurrentCell) params() []*Param { return present(c.wIH, c.wHH, c.bIH, c.bHH) }

// bind returns the leaves of the parameters, zeros for biases that there are not.
func (c *recurrentCell) bind(g *graph.Graph) [4]graph.Value {
	p := [4]graph.Value{c.wIH.Bind(g), c.wHH.Bind(g)}
	if c.bIH == nil {
		p[2] = ops.Broadcast(g.Const(0), p[0].Dims()[1])
		p[3] = p[2]
		return p
	}
	p[2], p[3] = c.bIH.Bind(g), c.bHH.Bind(g)
	return p
}

// mustTake panics unless x has the given number of axes, the last with as many numbers as the layer takes.
func (r *recurrence) mustTake(method string, c *recurrentCell, x graph.Value, rank int, want string) {
	x.Check(r.op + method)
	if dims := x.Dims(); len(dims) != rank || dims[rank-1] != c.in {
		panic(graph.Errorf(r.op+method, graph.ErrShape, "layer %q takes %d numbers at each time, x has shape %s: give x the shape %s",
			c.wIH.Name, c.in, tensor.FormatShape(dims), fmt.Sprintf(want, c.in)))
	}
}

// start returns a part of a state, or zeros for the zero Value.
func (r *recurrence) start(method, part string, v graph.Value, g *graph.Graph, shape ...int) graph.Value {
	if v.Graph() == nil {
		return ops.Broadcast(g.Const(0), shape...)
	}
	v.CheckIn(r.op+method, g)
	if !slices.Equal(v.Dims(), shape) {
		panic(graph.Errorf(r.op+method, graph.ErrShape, "the state's %s has shape %s, x asks for %s: give that, or the zero RecurrentState for zeros",
			part, tensor.FormatShape(v.Dims()), tensor.FormatShape(shape)))
	}
	return v
}

// begin returns the state to begin with, complete.
func (r *recurrence) begin(method string, s RecurrentState, g *graph.Graph, shape ...int) RecurrentState {
	s.H = r.start(method, "H", s.H, g, shape...)
	if r.memory {
		s.C = r.start(method, "C", s.C, g, shape...)
	} else if s.C.Graph() != nil {
		panic(graph.Errorf(r.op+method, graph.ErrUsage, "the state has a C of shape %s: only an LSTM has cells, leave it out", tensor.FormatShape(s.C.Dims())))
	}
	return s
}

// Params returns the parameters, those of the first layer first.
func (r *Recurrent) Params() []*Param {
	r.mustBeMade("nn.Recurrent.Params")
	return r.params
}

// String returns what the layer is called in a summary, such as "GRU(32, 128, 2 layers)".
func (r *Recurrent) String() string {
	r.mustBeMade("nn.Recurrent.String")
	s := fmt.Sprintf("%s(%d, %d", layerName(r.op), r.cells[0].in, r.hidden)
	if n := len(r.cells); n > 1 {
		s += fmt.Sprintf(", %d layers", n)
	}
	return s + ")"
}

// mustBeMade panics unless the layer was made.
func (r *Recurrent) mustBeMade(op string) {
	if r == nil || len(r.cells) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Recurrent: make one with nn.GRU(rng, in, hidden)"))
	}
}

// Forward returns the states at all times, (rows, time, hidden), for x of shape (rows, time, in) and a first state of
// zeros. It panics with a [*graph.Error] if x has another shape.
func (r *Recurrent) Forward(p Pass, x graph.Value) graph.Value {
	r.mustBeMade("nn.Recurrent.Forward")
	y, _ := r.forward("", p, x, RecurrentState{}, false)
	return y
}

// ForwardFrom returns the states at all times, (rows, time, hidden), for x of shape (rows, time, in) and the first
// state s, and the state after the last time. It panics with a [*graph.Error] if a shape is another.
func (r *Recurrent) ForwardFrom(p Pass, x graph.Value, s RecurrentState) (y graph.Value, next RecurrentState) {
	r.mustBeMade("nn.Recurrent.ForwardFrom")
	return r.forward(".ForwardFrom", p, x, s, true)
}

// Step returns the state of the last layer, (rows, hidden), for one time's x of shape (rows, in) and the state s
// before, and the state of all layers. It panics with a [*graph.Error] if a shape is another.
func (r *Recurrent) Step(p Pass, x graph.Value, s RecurrentState) (y graph.Value, next RecurrentState) {
	const method = ".Step"
	r.mustBeMade("nn.Recurrent.Step")
	r.mustTake(method, r.cells[0], x, 2, "(rows, %d)")
	y, next = r.forward(method, p, ops.Unsqueeze(x, 1), s, true)
	return ops.Squeeze(y, 1), next
}

func (r *Recurrent) forward(method string, p Pass, x graph.Value, s RecurrentState, end bool) (y graph.Value, next RecurrentState) {
	r.mustTake(method, r.cells[0], x, 3, "(rows, time, %d)")
	g, layers, rows, time := x.Graph(), len(r.cells), x.Dims()[0], x.Dims()[1]
	s = r.begin(method, s, g, layers, rows, r.hidden)
	var few [2][4]graph.Value
	hs, cs := few[0][:0], few[1][:0]
	for k, cell := range r.cells {
		if k > 0 && r.between != nil {
			x = r.between.Forward(p, x)
		}
		h, c := layerOf(s.H, k), layerOf(s.C, k)
		y, last := r.run(&r.recurrence, x, h, c, cell.bind(g))
		if end {
			if time > 0 {
				h = ops.Slice(y, 1, time-1, time)
			}
			hs = append(hs, ops.Reshape(h, 1, rows, r.hidden))
			if r.memory {
				cs = append(cs, ops.Unsqueeze(last, 0))
			}
		}
		x = y
	}
	if end {
		next.H = ops.Concat(0, hs...)
		if r.memory {
			next.C = ops.Concat(0, cs...)
		}
	}
	return x, next
}

// layerOf returns the part of a state that belongs to layer k, of shape (rows, hidden).
func layerOf(v graph.Value, k int) graph.Value {
	if v.Graph() == nil {
		return v
	}
	return ops.Squeeze(ops.Slice(v, 0, k, k+1), 0)
}
