package onnx

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// A value is a name in the model, with the type and shape of what it stands for. Its dims are never changed.
type value struct {
	name string
	elem elem
	dims []int
}

// rank returns the number of axes.
func (x value) rank() int { return len(x.dims) }

// len returns the number of elements.
func (x value) len() int { return count(x.dims) }

func count(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// as returns the value with another shape, as the type of another one.
func (x value) as(dims ...int) value { return value{elem: x.elem, dims: dims} }

// An emitter collects the nodes of a graph. Its methods add nodes and return their outputs; what they are given must have
// the shapes that the operator wants, since only the reader of the model checks them.
type emitter struct {
	config     config
	graph      graphProto
	parameters []*parameter
	taken      map[string]bool  // names that are given
	next       int              // number of the next value
	constants  map[string]value // by type, shape and bits
	permuted   map[string]permutation
}

// A permutation is what a value was before its axes got another order, and the order.
type permutation struct {
	of   value
	axes []int
}

func newEmitter(c config) *emitter {
	return &emitter{config: c, taken: make(map[string]bool), constants: make(map[string]value), permuted: make(map[string]permutation)}
}

// name returns a new name.
func (e *emitter) name() string {
	for {
		name := fmt.Sprintf("v%d", e.next)
		e.next++
		if !e.taken[name] {
			return name
		}
	}
}

// elemOf returns the type of the elements of a node.
func (e *emitter) elemOf(n graph.Node) elem {
	if n.DType() == tensor.Float32 || e.config.float32 {
		return f32
	}
	return f64
}

// function makes the graph of f.
func (e *emitter) function(f *program.Function) {
	const op = "onnx.Write"
	e.graph.name = f.Name
	if f.Name == "" {
		e.graph.name = "main"
	}
	values := make(map[int]value)
	for _, a := range f.Arguments {
		n := a.Value.Node()
		v := value{a.Name, e.elemOf(n), slices.Clone(n.Dims())}
		values[n.ID()] = v
		e.taken[a.Name] = true
		switch a.Role {
		case program.Parameter, program.State:
			numbers := n.Data()
			if x, scalar := n.Scalar(); scalar {
				numbers = tensor.Of([]float64{x})
			}
			e.parameters = append(e.parameters, &parameter{tensorProto{name: v.name, elem: v.elem, dims: v.dims, doc: string(a.Role)}, numbers})
		default:
			e.graph.inputs = append(e.graph.inputs, valueInfo{v.name, v.elem, v.dims, string(a.Role)})
		}
	}
	for _, r := range f.Results {
		if e.taken[r.Name] {
			panic(graph.Errorf(op, graph.ErrUsage, "result %q has the name of an argument, and in a model a name is one value: give it another", r.Name))
		}
	}
	for _, r := range f.Results {
		e.taken[r.Name] = true
	}
	for _, n := range f.Nodes() {
		if _, ok := values[n.ID()]; !ok {
			values[n.ID()] = e.node(n, values)
		}
	}
	e.results(f, values)
	e.prune()
}

// node adds the nodes of a node of the recording and returns its value.
func (e *emitter) node(n graph.Node, values map[int]value) value {
	t := value{elem: e.elemOf(n), dims: n.Dims()}
	if n.Value().IsLeaf() {
		if v, ok := n.Scalar(); ok {
			return e.constant(v, t.elem)
		}
		return e.tensor(n.Data(), t.elem)
	}
	lower, reason := loweringOf(n.Row())
	if lower == nil {
		panic(e.refusal(n, reason))
	}
	if t.len() == 0 { // whatever it is made of
		return e.raw(t.elem, slices.Clone(n.Dims()), nil)
	}
	in := make([]value, n.NumInputs())
	for i := range in {
		in[i] = e.convert(values[n.InputNode(i).ID()], t.elem)
	}
	return e.convert(lower(e, n, in), t.elem)
}

// refusal is the error of an operation that has no form.
func (e *emitter) refusal(n graph.Node, reason string) error {
	return n.Errorf(graph.ErrUsage, "%s has no form in ONNX: %s", n.Label(), reason)
}

// results makes outputs of the results: the value that a node makes for the first of them gets its name.
func (e *emitter) results(f *program.Function, values map[int]value) {
	renamed := make(map[string]string)
	made := make(map[string]bool)
	for _, n := range e.graph.nodes {
		for _, y := range n.outputs {
			made[y] = true
		}
	}
	for _, r := range f.Results {
		v := values[r.Value.ID()]
		if made[v.name] && renamed[v.name] == "" {
			renamed[v.name] = r.Name
		} else { // an argument, or a result twice
			from := v.name
			if name := renamed[from]; name != "" {
				from = name
			}
			e.graph.nodes = append(e.graph.nodes, nodeProto{name: "Identity_" + r.Name, operator: "Identity", inputs: []string{from}, outputs: []string{r.Name}})
		}
		e.graph.outputs = append(e.graph.outputs, valueInfo{r.Name, v.elem, v.dims, string(r.Role)})
	}
	for i := range e.graph.nodes {
		for _, names := range [][]string{e.graph.nodes[i].inputs, e.graph.nodes[i].outputs} {
			for k, name := range names {
				if to := renamed[name]; to != "" {
					names[k] = to
				}
			}
		}
	}
}

// prune takes away the nodes that no output depends on.
func (e *emitter) prune() {
	needed := make(map[string]bool)
	for _, y := range e.graph.outputs {
		needed[y.name] = true
	}
	var kept []nodeProto
	for _, n := range slices.Backward(e.graph.nodes) {
		if slices.ContainsFunc(n.outputs, func(y string) bool { return needed[y] }) {
			kept = append(kept, n)
			for _, x := range n.inputs {
				needed[x] = true
			}
		}
	}
	slices.Reverse(kept)
	e.graph.nodes = kept
}

// add adds a node with outputs of the given types, whose names it returns them with; one that has no type is left out.
func (e *emitter) add(operator string, in []value, out []value, attributes ...attribute) []value {
	n := nodeProto{name: fmt.Sprintf("%s_%d", operator, e.next), operator: operator, attributes: attributes}
	for _, x := range in {
		n.inputs = append(n.inputs, x.name)
	}
	for i := range out {
		if out[i].elem != 0 {
			out[i].name = e.name()
		}
		n.outputs = append(n.outputs, out[i].name)
	}
	e.graph.nodes = append(e.graph.nodes, n)
	return out
}

// to adds a node with one output, of the given type.
func (e *emitter) to(operator string, out value, in []value, attributes ...attribute) value {
	return e.add(operator, in, []value{out}, attributes...)[0]
}

// same adds a node whose operands broadcast and have one type, which is that of its output too, as arithmetic has.
func (e *emitter) same(operator string, xs ...value) value {
	return e.to(operator, value{elem: xs[0].elem, dims: stretched(xs...)}, xs)
}

// stretched returns the shape that values broadcast to.
func stretched(xs ...value) []int {
	dims := xs[0].dims
	for _, x := range xs[1:] {
		dims, _ = array.BroadcastShapes(nil, dims, x.dims)
	}
	return dims
}

// compare adds a comparison, which makes truth values.
func (e *emitter) compare(operator string, a, b value) value {
	return e.to(operator, value{elem: boolean, dims: stretched(a, b)}, []value{a, b})
}

// not returns where a truth value is false.
func (e *emitter) not(x value) value { return e.same("Not", x) }

// choose returns a where a condition holds, and b elsewhere.
func (e *emitter) choose(condition, a, b value) value {
	return e.to("Where", value{elem: a.elem, dims: stretched(condition, a, b)}, []value{condition, a, b})
}

// convert returns x with elements of another type.
func (e *emitter) convert(x value, to elem) value {
	if x.elem == to {
		return x
	}
	return e.to("Cast", value{elem: to, dims: x.dims}, []value{x}, intAttr("to", int64(to)))
}

// constant returns a scalar.
func (e *emitter) constant(v float64, t elem) value {
	switch t {
	case i64:
		return e.raw(t, nil, binary.LittleEndian.AppendUint64(nil, uint64(int64(v))))
	case boolean:
		if v != 0 {
			return e.raw(t, nil, []byte{1})
		}
		return e.raw(t, nil, []byte{0})
	}
	return e.raw(t, nil, appendNumber(nil, v, t))
}

// like returns a scalar of the type of x, which broadcasts.
func (e *emitter) like(v float64, x value) value { return e.constant(v, x.elem) }

// full returns a tensor of equal elements.
func (e *emitter) full(v float64, t elem, dims []int) value { return e.expand(e.constant(v, t), dims) }

// integers returns a vector of integers.
func (e *emitter) integers(list ...int) value {
	var b []byte
	for _, v := range list {
		b = binary.LittleEndian.AppendUint64(b, uint64(int64(v)))
	}
	return e.raw(i64, []int{len(list)}, b)
}

// tensor returns the numbers of t.
func (e *emitter) tensor(t *tensor.Tensor, to elem) value {
	b := make([]byte, 0, t.Len()*to.size())
	for i := range t.Len() {
		b = appendNumber(b, t.AtFlat(i), to)
	}
	return e.raw(to, slices.Clone(t.Dims()), b)
}

// raw returns a constant. Equal small ones are one node.
func (e *emitter) raw(t elem, dims []int, b []byte) value {
	key := ""
	if len(b) <= 1024 {
		key = fmt.Sprint(t, dims, b)
		if v, ok := e.constants[key]; ok {
			return v
		}
	}
	v := e.to("Constant", value{elem: t, dims: dims}, nil, attribute{name: "value", typ: tensorAttribute, tensor: &tensorProto{elem: t, dims: dims, raw: b}})
	if key != "" {
		e.constants[key] = v
	}
	return v
}

func intAttr(name string, v int64) attribute {
	return attribute{name: name, typ: intAttribute, i: v}
}

func intsAttr[T int | int64](name string, list ...T) attribute {
	a := attribute{name: name, typ: intsAttribute}
	for _, v := range list {
		a.ints = append(a.ints, int64(v))
	}
	return a
}

func floatAttr(name string, v float64) attribute {
	return attribute{name: name, typ: floatAttribute, f: float32(v)}
}

func stringAttr(name, s string) attribute {
	return attribute{name: name, typ: stringAttribute, s: s}
}

// holds reports whether an attribute, which is a float32, says as much of the number v as elements of type t would.
func (t elem) holds(v float64) bool {
	return t == f32 || float64(float32(v)) == v
}
