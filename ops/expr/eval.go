package expr

import (
	"errors"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// An item is on the evaluation stack: a value of the graph, or a number of the expression that is not on the graph
// yet.
type item struct {
	v      graph.Value
	num    float64
	number bool
}

// Eval records the expression on g and returns its value. The leaves are values of g by name; those that the expression
// does not use do no harm. A number becomes a constant of g, or the constant operand of an operation that takes one:
// x + 2 is [ops.AddScalar](x, 2), pow(x, 3) is [ops.PowScalar](x, 3).
//
// A name without a leaf, and whatever an operation reports, is returned as an [*Error] with its place. What was
// recorded before the mistake stays on g.
func (e *Expr) Eval(g *graph.Graph, leaves map[string]graph.Value) (graph.Value, error) {
	const op = "expr.Expr.Eval"
	if g == nil {
		return graph.Value{}, graph.Errorf(op, graph.ErrUsage, "got a nil graph: make one with graph.New")
	}
	if len(e.code) == 0 {
		return graph.Value{}, graph.Errorf(op, graph.ErrUsage, "the expression is the zero Expr: get one from expr.Parse")
	}
	values := make([]graph.Value, len(e.names))
	for i, name := range e.names {
		values[i] = leaves[name]
	}
	var out graph.Value
	at := 0
	err := graph.Try(func() {
		m := machine{g: g, e: e}
		for i, in := range e.code {
			at = i
			if in.kind == pushName {
				v := values[in.arg]
				if v.Graph() == nil {
					panic(e.unbound(e.names[in.arg]))
				}
				v.CheckIn(op, g)
				m.stack = append(m.stack, item{v: v})
				continue
			}
			m.step(in)
		}
		out = m.value(m.stack[0])
	})
	if err == nil {
		return out, nil
	}
	var ge *graph.Error
	errors.As(err, &ge)
	if ge.Op == "" {
		return graph.Value{}, errorAt(e.text, int(e.code[at].pos), "%s", ge.Msg)
	}
	in, function := e.code[at], ""
	if in.kind == callFunction {
		function = e.calls[in.arg].f.row.Name
	}
	return graph.Value{}, fromGraph(e.text, int(in.pos), function, ge)
}

// unbound returns the error for a name without a leaf.
func (e *Expr) unbound(name string) *graph.Error {
	if isFunction(name) {
		row, _ := ops.Lookup(name)
		return graph.Errorf("", graph.ErrUsage, "%s is a function and has no value by itself: call it as %s", clip(name), ops.Usage(row))
	}
	return graph.Errorf("", graph.ErrUsage, "%[1]s has no value: bind it with %[1]s=2 or %[1]s=[1, 2]", clip(name))
}

// A machine evaluates code in postfix order.
type machine struct {
	g     *graph.Graph
	e     *Expr
	stack []item
	args  []any
}

// value returns an item's value on the graph.
func (m *machine) value(x item) graph.Value {
	if x.number {
		return m.g.Const(x.num)
	}
	return x.v
}

// top returns the last n items and takes them from the stack.
func (m *machine) top(n int) []item {
	k := len(m.stack) - n
	items := m.stack[k:]
	m.stack = m.stack[:k]
	return items
}

func (m *machine) push(v graph.Value) { m.stack = append(m.stack, item{v: v}) }

func (m *machine) step(in instr) {
	switch in.kind {
	case pushNumber:
		m.stack = append(m.stack, item{num: m.e.nums[in.arg].val, number: true})
	case negate:
		m.push(ops.Neg(m.value(m.top(1)[0])))
	case callFunction:
		m.push(m.call(m.e.calls[in.arg]))
	default:
		x := m.top(2)
		m.push(m.binary(in.kind, x[0], x[1]))
	}
}

func (m *machine) binary(op kind, a, b item) graph.Value {
	switch {
	case op == add && b.number:
		return ops.AddScalar(m.value(a), b.num)
	case op == add && a.number:
		return ops.AddScalar(b.v, a.num)
	case op == subtract && b.number:
		return ops.AddScalar(m.value(a), -b.num)
	case op == multiply && b.number:
		return ops.MulScalar(m.value(a), b.num)
	case op == multiply && a.number:
		return ops.MulScalar(b.v, a.num)
	case op == add:
		return ops.Add(a.v, b.v)
	case op == subtract:
		return ops.Sub(m.value(a), b.v)
	case op == multiply:
		return ops.Mul(a.v, b.v)
	}
	return ops.Div(m.value(a), m.value(b))
}

func (m *machine) call(c call) graph.Value {
	values := m.top(c.values)
	switch f := c.f; {
	case f.constant != nil && values[1].number:
		return f.constant(m.value(values[0]), values[1].num)
	case f.binary != nil:
		a := m.value(values[0])
		return f.binary(a, m.value(values[1]))
	case f.unary != nil:
		return f.unary(m.value(values[0]))
	}
	rest := c.rest
	m.args = m.args[:0]
	for i := range c.values + len(c.rest) {
		if p, _ := c.f.param(i); p.Kind == ops.ValueArg {
			m.args = append(m.args, m.value(values[0]))
			values = values[1:]
		} else {
			m.args = append(m.args, rest[0])
			rest = rest[1:]
		}
	}
	return ops.Apply(c.f.row, m.args...)
}
