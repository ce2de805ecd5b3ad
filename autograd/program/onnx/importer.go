package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/ops"
)

// An imported value is one of the file. Its numbers are on the graph, or they are integers of the file itself, such as
// a shape.
type imported struct {
	elem  elem
	dims  []int
	v     graph.Value // the zero Value for integers of the file
	ints  []int       // integers of the file, in order
	fixed bool        // it is a Constant
}

// An importer records the nodes of a graph.
type importer struct {
	file   *graphProto
	budget *budget
	g      *graph.Graph
	values map[string]imported
}

func newImporter(file *graphProto, b *budget) *importer {
	dtype := tensor.Float32
	see := func(e elem, dims []int) {
		if e == f64 && len(dims) > 0 {
			dtype = tensor.Float64
		}
	}
	for _, t := range file.initializers {
		see(t.elem, t.dims)
	}
	for _, v := range file.inputs {
		see(v.elem, v.dims)
	}
	for _, n := range file.nodes {
		for _, a := range n.attributes {
			if a.tensor != nil {
				see(a.tensor.elem, a.tensor.dims)
			}
		}
	}
	return &importer{file, b, graph.New(graph.Traced(), graph.WithDType(dtype)), make(map[string]imported)}
}

// function records all of the graph.
func (im *importer) function() (*program.Function, error) {
	f := &program.Function{Name: im.file.name}
	for i := range im.file.initializers {
		t := &im.file.initializers[i]
		role := roleOf(t.doc, program.Parameter)
		x, err := im.leaf(t, role == program.Parameter)
		if err != nil {
			return nil, fmt.Errorf("initializer %q: %w", t.name, err)
		}
		if t.elem.float() {
			x.fixed = false
			f.Arguments = append(f.Arguments, program.Argument{Name: t.name, Role: role, Value: x.v})
		}
		if err := im.define(t.name, x); err != nil {
			return nil, err
		}
	}
	for _, v := range im.file.inputs {
		if _, ok := im.values[v.name]; ok { // an initializer may be an input too
			continue
		}
		x, err := im.input(v)
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", v.name, err)
		}
		f.Arguments = append(f.Arguments, program.Argument{Name: v.name, Role: roleOf(v.doc, program.Batch), Value: x.v})
		if err := im.define(v.name, x); err != nil {
			return nil, err
		}
	}
	for i := range im.file.nodes {
		n := &im.file.nodes[i]
		if err := im.node(n); err != nil {
			return nil, fmt.Errorf("node %q, %s: %w", n.name, n.operator, err)
		}
	}
	for _, v := range im.file.outputs {
		x, ok := im.values[v.name]
		if !ok {
			return nil, fmt.Errorf("output %q is made by no node", v.name)
		}
		if !slices.Equal(x.dims, v.dims) {
			return nil, fmt.Errorf("output %q has shape %s, the file says %s", v.name, tensor.FormatShape(x.dims), tensor.FormatShape(v.dims))
		}
		y, err := im.number(x)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", v.name, err)
		}
		f.Results = append(f.Results, program.Result{Name: v.name, Role: roleOf(v.doc, program.Output), Value: y})
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	return f, nil
}

// roleOf returns the role that a file names, or another one.
func roleOf(doc string, other program.Role) program.Role {
	switch r := program.Role(doc); r {
	case program.Parameter, program.State, program.Batch, program.Label, program.Scalar, program.Loss, program.Output:
		return r
	}
	return other
}

// define gives a value its name, which no other may have.
func (im *importer) define(name string, x imported) error {
	if _, ok := im.values[name]; ok {
		return fmt.Errorf("two values are named %q", name)
	}
	im.values[name] = x
	return nil
}

// input makes the leaf of an input: zeros.
func (im *importer) input(v valueInfo) (imported, error) {
	if !v.elem.float() {
		return imported{}, fmt.Errorf("its type is %s: inputs that are FLOAT or DOUBLE are read", v.elem)
	}
	if err := im.budget.spend(product(v.dims...)); err != nil {
		return imported{}, err
	}
	x := im.g.ConstTensor(tensor.New(im.dtype(v.elem, v.dims), v.dims...))
	return imported{elem: v.elem, dims: v.dims, v: named(x, v.name)}, nil
}

// named names a value.
func named(v graph.Value, name string) graph.Value {
	if name == "" {
		return v
	}
	return v.Named(name)
}

// dtype returns the precision of a leaf: scalars have their own, which the graph does not have to share.
func (im *importer) dtype(e elem, dims []int) tensor.DType {
	if e == f64 && len(dims) == 0 {
		return tensor.Float64
	}
	return im.g.DType()
}

// leaf returns the numbers of a tensor, as a leaf that wants a gradient if it is trained.
func (im *importer) leaf(t *tensorProto, trained bool) (imported, error) {
	n := count(t.dims)
	if err := im.budget.spend(n); err != nil {
		return imported{}, err
	}
	if !t.elem.float() {
		x := imported{elem: t.elem, dims: t.dims, ints: make([]int, n), fixed: true}
		if t.elem == i32 {
			x.elem = i64
		}
		for i := range n {
			v := integerAt(t.raw, i, t.elem.size())
			if int64(int(v)) != v {
				return imported{}, fmt.Errorf("the integer %d is too large", v)
			}
			x.ints[i] = int(v)
		}
		return x, nil
	}
	numbers := tensor.New(im.dtype(t.elem, t.dims), t.dims...)
	for i := range n {
		if t.elem == f32 {
			numbers.SetFlat(float64(math.Float32frombits(binary.LittleEndian.Uint32(t.raw[4*i:]))), i)
		} else {
			numbers.SetFlat(math.Float64frombits(binary.LittleEndian.Uint64(t.raw[8*i:])), i)
		}
	}
	x := imported{elem: t.elem, dims: t.dims, fixed: true}
	if trained {
		x.v = named(im.g.VarTensor(numbers), t.name)
	} else {
		x.v = named(im.g.ConstTensor(numbers), t.name)
	}
	return x, nil
}

// integerAt returns the i-th integer of so many bytes.
func integerAt(raw []byte, i, size int) int64 {
	switch b := raw[i*size:]; size {
	case 1:
		return int64(b[0])
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	default:
		return int64(binary.LittleEndian.Uint64(b))
	}
}

// number returns a value as numbers on the graph.
func (im *importer) number(x imported) (graph.Value, error) {
	if x.v.Graph() != nil {
		return x.v, nil
	}
	t := tensor.New(im.g.DType(), x.dims...)
	if err := im.budget.spend(t.Len()); err != nil {
		return graph.Value{}, err
	}
	for i, v := range x.ints {
		t.SetFlat(float64(v), i)
	}
	return im.g.ConstTensor(t), nil
}

// A problem is what is wrong with a node; it is panicked with.
type problem struct{ error }

// node records one node.
func (im *importer) node(n *nodeProto) (err error) {
	form, ok := operators[n.operator]
	switch {
	case !ok:
		return errors.New("the operator is not read: it is none of those that Write uses")
	case len(n.inputs) < form.least || len(n.inputs) > form.most:
		return fmt.Errorf("it has %d inputs: want %d to %d", len(n.inputs), form.least, form.most)
	case len(n.outputs) == 0:
		return errors.New("it has no outputs")
	}
	c := &call{im: im, node: n, attributes: make(map[string]*attribute)}
	for i := range n.attributes {
		a := &n.attributes[i]
		switch {
		case !slices.Contains(form.attributes, a.name):
			return fmt.Errorf("the attribute %q is not read", a.name)
		case c.attributes[a.name] != nil:
			return fmt.Errorf("it has two attributes %q", a.name)
		}
		c.attributes[a.name] = a
	}
	for i, name := range n.inputs {
		x, ok := im.values[name]
		switch {
		case name == "" && i >= form.least:
		case !ok:
			return fmt.Errorf("its input %q is no value of the graph before it", name)
		}
		c.in = append(c.in, x)
	}
	defer func() {
		if p := recover(); p != nil {
			problem, ok := p.(problem)
			if !ok {
				panic(p)
			}
			err = problem.error
		}
	}()
	var out []imported
	if err := graph.Try(func() { out = form.record(c) }); err != nil {
		return err
	}
	for i, name := range n.outputs {
		switch {
		case name == "":
			continue
		case i >= len(out):
			return fmt.Errorf("it has %d outputs: want at most %d", len(n.outputs), len(out))
		}
		if err := im.define(name, out[i]); err != nil {
			return err
		}
	}
	return nil
}

// A call is a node with its inputs, of which those that are not there are zero.
type call struct {
	im         *importer
	node       *nodeProto
	in         []imported
	attributes map[string]*attribute
}

// fail stops the recording of the node.
func (c *call) fail(format string, args ...any) { panic(problem{fmt.Errorf(format, args...)}) }

// check stops the recording if there is an error.
func (c *call) check(err error) {
	if err != nil {
		panic(problem{err})
	}
}

// has reports whether there is an input with the given number.
func (c *call) has(i int) bool { return i < len(c.in) && c.node.inputs[i] != "" }

// want returns an input, which must have elements of the given type, or of a floating-point type for f64.
func (c *call) want(i int, e elem) imported {
	x := c.in[i]
	if x.elem != e && !(e == f64 && x.elem.float()) {
		c.fail("input %d is %s, which it cannot be", i, x.elem)
	}
	return x
}

// x returns an input that is of a floating-point type.
func (c *call) x(i int) graph.Value { return c.want(i, f64).v }

// same returns all inputs, which must be of one floating-point type.
func (c *call) same() []graph.Value {
	list := make([]graph.Value, len(c.in))
	for i := range c.in {
		if list[i] = c.x(i); c.in[i].elem != c.in[0].elem {
			c.fail("inputs are %s and %s, which must be one type", c.in[0].elem, c.in[i].elem)
		}
	}
	return list
}

// truth returns an input that is a truth value, as numbers.
func (c *call) truth(i int) graph.Value {
	v, err := c.im.number(c.want(i, boolean))
	c.check(err)
	return v
}

// index returns an input that is indices, as numbers.
func (c *call) index(i int) graph.Value {
	v, err := c.im.number(c.want(i, i64))
	c.check(err)
	return v
}

// known returns an input of integers that are in the file.
func (c *call) known(i int) []int {
	x := c.want(i, i64)
	if x.v.Graph() != nil {
		c.fail("input %d is computed: it is read if it is a Constant", i)
	}
	return x.ints
}

// fixed returns an input that is one number of the file.
func (c *call) fixed(i int) float64 {
	x := c.want(i, f64)
	if !x.fixed || len(x.dims) != 0 {
		c.fail("input %d is computed or no scalar: it is read if it is a Constant", i)
	}
	return x.v.Item()
}

// int returns an attribute that is an integer.
func (c *call) int(name string, other int) int {
	a := c.attribute(name, intAttribute)
	if a == nil {
		return other
	}
	if int64(int32(a.i)) != a.i {
		c.fail("its attribute %s is %d, too large", name, a.i)
	}
	return int(a.i)
}

// flag returns an attribute that is 0 or 1.
func (c *call) flag(name string, other int) bool {
	v := c.int(name, other)
	if v != 0 && v != 1 {
		c.fail("its attribute %s is %d, not 0 or 1", name, v)
	}
	return v == 1
}

// float returns an attribute that is a number.
func (c *call) float(name string, other float64) float64 {
	if a := c.attribute(name, floatAttribute); a != nil {
		return float64(a.f)
	}
	return other
}

// text returns an attribute that is a string.
func (c *call) text(name, other string) string {
	if a := c.attribute(name, stringAttribute); a != nil {
		return a.s
	}
	return other
}

// ints returns an attribute that is n integers of at least the given size, all of which are other unless the node says so.
func (c *call) ints(name string, n, least, other int) []int {
	a := c.attribute(name, intsAttribute)
	if a == nil {
		return slices.Repeat([]int{other}, n)
	}
	list := make([]int, len(a.ints))
	for i, v := range a.ints {
		if v < int64(least) || v > math.MaxInt32 {
			c.fail("its attribute %s has %d, out of range", name, v)
		}
		list[i] = int(v)
	}
	if len(list) != n {
		c.fail("its attribute %s has %d integers, not %d", name, len(list), n)
	}
	return list
}

func (c *call) attribute(name string, typ int) *attribute {
	a := c.attributes[name]
	if a != nil && a.typ != typ {
		c.fail("its attribute %s has type %d, not %d", name, a.typ, typ)
	}
	return a
}

// axis returns an axis of so many, which may count from the end.
func (c *call) axis(axis, rank int) int {
	a, ok := array.Axis(axis, rank)
	if !ok {
		c.fail("there is no axis %d of %d", axis, rank)
	}
	return a
}

// axes returns different axes of so many.
func (c *call) axes(list []int, rank int) []int {
	axes := make([]int, len(list))
	for i, a := range list {
		axes[i] = c.axis(a, rank)
		if slices.Contains(axes[:i], axes[i]) {
			c.fail("it names axis %d twice", axes[i])
		}
	}
	return axes
}

// pay takes a result of the given shape off the budget before it is recorded, and the work for each of its elements.
func (c *call) pay(dims []int, work int) {
	n := product(dims...)
	c.check(c.im.budget.spend(n))
	c.check(c.im.budget.spend(product(n, work) / workPerElement))
}

// broadcast returns the shape that values broadcast to, and pays for it.
func (c *call) broadcast(xs ...graph.Value) []int {
	var dims []int
	for _, x := range xs {
		d, ok := array.BroadcastShapes(nil, dims, x.Dims())
		if !ok {
			c.fail("shapes %s and %s do not broadcast", tensor.FormatShape(dims), tensor.FormatShape(x.Dims()))
		}
		dims = d
	}
	c.pay(dims, 0)
	return dims
}

// out returns values as outputs with elements of the given type.
func out(e elem, vs ...graph.Value) []imported {
	list := make([]imported, len(vs))
	for i, v := range vs {
		list[i] = imported{elem: e, dims: slices.Clone(v.Dims()), v: v}
	}
	return list
}

// full returns equal numbers in a shape that was paid for.
func (c *call) full(v float64, dims []int) graph.Value {
	return ops.Broadcast(c.im.g.Const(v), dims...)
}
