package program

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A replay is a function taken off its graph: what has to be recorded to compute it, on any graph.
type replay struct {
	dtype     tensor.DType // of the graph's tensors
	arguments []port
	constants []constant
	entries   []entry
	results   []port
	slots     int // arguments, constants, and the results of entries, by number
}

// A port is an argument or a result: what has to be known of it besides the number of its slot.
type port struct {
	name  string
	shape []int
	dtype tensor.DType
	slot  int
}

// A constant is a leaf that is no argument.
type constant struct {
	numbers *tensor.Tensor // a scalar's in float64
	slot    int
}

// An entry is a node that an operation makes.
type entry struct {
	op     graph.Op
	in     []int // slots
	out    int   // slot
	shape  []int
	scalar bool // it was made of scalars alone
	ints   []int
	floats [2]float64
	aux    any
	view   int // offset in the first operand, -1 for none
}

// newReplay reads f off its graph. The error names an operation that cannot be recorded again.
func newReplay(op string, f *Function) (*replay, error) {
	if err := f.check(op); err != nil {
		return nil, err
	}
	r := &replay{dtype: f.Results[0].Value.Graph().DType()}
	slots := make(map[int]int) // by node
	slot := func(id int) int {
		slots[id] = r.slots
		r.slots++
		return slots[id]
	}
	for _, a := range f.Arguments {
		r.arguments = append(r.arguments, newPort(a.Name, a.Value, slot(a.Value.ID())))
	}
	for _, n := range f.nodes() {
		if _, ok := slots[n.ID()]; ok { // an argument
			continue
		}
		if n.Value().IsLeaf() {
			r.constants = append(r.constants, constant{exact(n), slot(n.ID())})
			continue
		}
		e := entry{op: n.Op(), shape: n.Value().Shape(), scalar: true, floats: [2]float64{n.Float(0), n.Float(1)}, aux: n.Aux()}
		e.view, _ = n.View()
		switch n.Row().GoName() {
		case "autograd.FixedPoint":
			return nil, graph.Errorf(op, graph.ErrUsage, "%s holds a Go function that cannot be called for other numbers: write its steps with autograd.Loop, on a graph made with graph.New(graph.Traced())", n.Label())
		case "autograd.Checkpoint", "autograd.Loop":
			return nil, graph.Errorf(op, graph.ErrUsage, "%s holds a Go function that cannot be called for other numbers: record it on a graph made with graph.New(graph.Traced()), which records what is in it", n.Label())
		}
		e.ints = append(e.ints, n.Ints()...)
		for i := range n.NumInputs() {
			in := n.InputNode(i)
			_, scalar := in.Scalar()
			e.scalar = e.scalar && scalar
			e.in = append(e.in, slots[in.ID()])
		}
		e.out = slot(n.ID())
		r.entries = append(r.entries, e)
	}
	for _, v := range f.Results {
		r.results = append(r.results, newPort(v.Name, v.Value, slots[v.Value.ID()]))
	}
	return r, nil
}

func newPort(name string, v graph.Value, slot int) port {
	return port{name, v.Shape(), v.Node().DType(), slot}
}

// exact returns a copy of a node's numbers in the precision in which they were computed.
func exact(n graph.Node) *tensor.Tensor {
	if v, scalar := n.Scalar(); scalar {
		return scalarTensor(v, n.DType())
	}
	return n.Data().Clone()
}

func scalarTensor(v float64, dtype tensor.DType) *tensor.Tensor {
	t := tensor.New(dtype)
	t.SetFlat(v, 0)
	return t
}

// put records the constants on g.
func (r *replay) put(g *graph.Graph, slots []graph.Value) {
	for _, c := range r.constants {
		slots[c.slot] = g.ConstTensor(c.numbers)
	}
}

// record records the entries; arguments and constants are in their slots.
func (r *replay) record(slots []graph.Value) {
	var few [8]graph.Value
	for i := range r.entries {
		e := &r.entries[i]
		xs := few[:0]
		for _, k := range e.in {
			xs = append(xs, slots[k])
		}
		slots[e.out] = e.record(xs)
	}
}

// record records the operation on other operands of the same shapes, as its public function would.
func (e *entry) record(xs []graph.Value) graph.Value {
	if again, ok := e.aux.(interface {
		Again(xs ...graph.Value) graph.Value
	}); ok {
		return again.Again(xs...)
	}
	if e.scalar {
		if f, ok := byHand[e.op.String()]; ok {
			return f(e, xs)
		}
		switch row := e.op.Row(); {
		case row.Unary != nil:
			return graph.Unary(e.op, xs[0])
		case row.UnaryParam != nil && e.floats[1] == 0:
			return graph.UnaryParam(e.op, xs[0], e.floats[0])
		case row.UnaryParam != nil:
			return graph.UnaryParam(e.op, xs[0], e.floats[0], e.floats[1])
		case row.Binary != nil:
			return graph.Binary(e.op, xs[0], xs[1])
		}
	}
	c := graph.Begin(e.op, xs...).Ints(e.ints...).Floats(e.floats[0], e.floats[1])
	if e.aux != nil {
		c = c.Aux(e.aux)
	}
	if e.view >= 0 {
		return c.RecordView(e.view, e.shape...)
	}
	return c.Record(e.shape...)
}

// byHand has the operations whose functions record scalars in a way of their own.
var byHand = map[string]func(e *entry, xs []graph.Value) graph.Value{
	"pow":           func(_ *entry, xs []graph.Value) graph.Value { return ops.Pow(xs[0], xs[1]) },
	"pow_log":       func(e *entry, xs []graph.Value) graph.Value { return ops.PowLog(xs[0], xs[1], e.ints[0]) },
	"pow_scalar":    func(e *entry, xs []graph.Value) graph.Value { return ops.PowScalar(xs[0], e.floats[0]) },
	"stop_gradient": func(_ *entry, xs []graph.Value) graph.Value { return ops.StopGradient(xs[0]) },
	"where":         func(_ *entry, xs []graph.Value) graph.Value { return ops.Where(xs[0], xs[1], xs[2]) },
}
