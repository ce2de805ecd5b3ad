package autograd

import (
	"slices"
	"unicode"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

var opCustom graph.Op

func init() {
	opCustom = graph.Register(graph.Row{
		Name: "custom", Func: Custom, Params: "name, forward, vjp", Doc: "an operation of the program's own", Derivative: "∂f/∂x",
		Forward:  func(n graph.Node) { n.Out().Copy(n.Aux().(*custom).result) },
		Backward: customBackward,
		VJP:      customVJP,
		Tangent:  customTangent,
		Source:   "whoever wrote the operation",
	})
}

// A custom is what the node of a custom operation remembers.
type custom struct {
	name    string
	forward func(xs ...*tensor.Tensor) *tensor.Tensor
	vjp     func(y, ct graph.Value, xs ...graph.Value) []graph.Value
	tangent func(y graph.Value, i int, t graph.Value, xs ...graph.Value) graph.Value // nil for none
	result  *tensor.Tensor                                                           // what Forward copies
	together
}

// OpName returns the name that pictures, explanations and messages know the operation by.
func (c *custom) OpName() string { return c.name }

// Custom returns an operation that is made of a function of tensors and its derivative: the result of an algorithm that
// need not be recorded step by step, such as an iteration, or an operation that is to have another derivative than its
// own. Names are made of letters, digits and underscores, and stand in pictures, explanations and messages.
//
// The operation calls forward once, when it is recorded, with copies of its operands' numbers: tensors in the graph's
// precision, scalars as float64 tensors of shape (). The result, of any shape, is rounded to the graph's precision. What
// forward uses besides has no gradient.
//
// vjp returns, for the result y, its cotangent ct, of y's shape, and the operands xs, the cotangent of each operand: of
// the operand's shape, or of one to which that broadcasts; the caller sums over the stretched axes. The zero
// graph.Value stands for no cotangent where none is wanted: see [graph.Value.WantsGrad]. vjp is written as operations
// on the graph, and may use other values of it. [Backward] calls it for the numbers, and takes away what it recorded;
// [Grad] records it, so that where vjp is made of operations that have derivatives, the operation has derivatives of
// any order. It must not differentiate through y: that would call it again, without end. Nor must it differentiate with
// Grad what it makes of ct and xs, which may depend on each other: [Pullback] takes each for itself. Where a derivative
// may be infinite, multiply ct by it with [github.com/seed366ff29f/chainrule/ops.Chain], so that an adjoint of 0 wins.
// Forward sweeps, as those of [JVP], [HVP], and [Jacobian] where it is high, differentiate vjp by ct, in which it must
// be linear; [CustomWith] takes a rule for them.
//
// Custom panics with a [*graph.Error] if the name is none or a function nil. The operation does if it has no operands,
// forward returns nil, or vjp returns another number of cotangents, or one of another shape.
func Custom(name string, forward func(xs ...*tensor.Tensor) *tensor.Tensor, vjp func(y, ct graph.Value, xs ...graph.Value) []graph.Value) func(xs ...graph.Value) graph.Value {
	return newCustom("autograd.Custom", CustomConfig{}, name, forward, vjp)
}

// A CustomConfig is what [CustomWith] knows of an operation besides.
type CustomConfig struct {
	// Tangent returns, for the result y and the operands xs, what a tangent t of operand i contributes to the tangent
	// of y: the product of the Jacobian ∂y/∂xs[i] with t, of y's shape or one that broadcasts to it. It is written as
	// operations on the graph, and is linear in t; a tangent of 0 does not ask for it. Nil leaves forward sweeps to the
	// vjp.
	Tangent func(y graph.Value, i int, t graph.Value, xs ...graph.Value) graph.Value
}

// CustomWith is [Custom] for an operation that has a rule for forward sweeps too, as rows of
// [github.com/seed366ff29f/chainrule/graph.Register] may have one. Such a sweep costs what the rule does then, and not that
// of recording and differentiating the vjp: that pays where the Jacobian is cheap to apply from the right.
//
// The two rules say one thing, and [Check] compares them. [Forward], [JVP], [HVP] and the others that sweep forward use
// Tangent, [Backward] and [Grad] the vjp; a result of one number from an operand of many gets its tangent from the vjp,
// with one product.
func CustomWith(c CustomConfig, name string, forward func(xs ...*tensor.Tensor) *tensor.Tensor, vjp func(y, ct graph.Value, xs ...graph.Value) []graph.Value) func(xs ...graph.Value) graph.Value {
	return newCustom("autograd.CustomWith", c, name, forward, vjp)
}

func newCustom(op string, cfg CustomConfig, name string, forward func(xs ...*tensor.Tensor) *tensor.Tensor, vjp func(y, ct graph.Value, xs ...graph.Value) []graph.Value) func(xs ...graph.Value) graph.Value {
	switch {
	case name == "":
		panic(graph.Errorf(op, graph.ErrUsage, "no name: give one, such as \"lambert_w\""))
	case !isName(name):
		panic(graph.Errorf(op, graph.ErrUsage, "name %q: use letters, digits and underscores, as in \"lambert_w\"", name))
	case forward == nil:
		panic(graph.Errorf(op, graph.ErrUsage, "operation %s has no forward function: pass the one that computes its result", name))
	case vjp == nil:
		panic(graph.Errorf(op, graph.ErrUsage, "operation %s has no vjp function: pass the one that returns the cotangents of its operands, or record its result with Graph.ConstTensor if it has no derivative", name))
	}
	return (&custom{name: name, forward: forward, vjp: vjp, tangent: cfg.Tangent}).Again
}

// Again records the operation: the first time, and whenever a recorded function is run on other numbers.
func (c *custom) Again(xs ...graph.Value) graph.Value {
	const op = "autograd.Custom"
	if len(xs) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "operation %s got no operands: give at least one value", c.name))
	}
	in := make([]*tensor.Tensor, len(xs))
	for i, x := range xs {
		x.CheckIn(op, xs[0].Graph())
		if v, scalar := x.Node().Scalar(); scalar {
			in[i] = tensor.Of([]float64{v})
		} else {
			in[i] = x.Node().Data().Clone()
		}
	}
	c = &custom{name: c.name, forward: c.forward, vjp: c.vjp, tangent: c.tangent, result: c.forward(in...)} // its own for every node
	if c.result == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "the forward function of %s returned a nil tensor: return the result", c.name))
	}
	y := graph.Begin(opCustom, xs...).Aux(c).Record(c.result.Dims()...)
	c.result = nil
	return y
}

func isName(s string) bool {
	for _, r := range s {
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

// customBackward runs the operation's rule once, for all operands.
func customBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if fresh {
		dst.Zero()
	}
	c, g := n.Aux().(*custom), n.Graph()
	c.add(n, i, dst, func() []*tensor.Tensor {
		parts := make([]*tensor.Tensor, n.NumInputs())
		g.Scratch(func() {
			for k, v := range c.cotangents(n, g.Lend(ct)) {
				if n.Wants(k) {
					parts[k] = tensor.New(n.DType(), n.InputNode(k).Dims()...)
					addReduced(parts[k], exact(v))
				}
			}
		})
		return parts
	})
	return true
}

// customVJP records the operation's rule once, for all operands.
func customVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	c := n.Aux().(*custom)
	return c.value(n, i, ct, func() []graph.Value { return c.cotangents(n, ct) })
}

// customTangent is the operation's own rule for forward sweeps, or the VJP differentiated by its cotangent.
func customTangent(n graph.Node, i int, t graph.Value) graph.Value {
	const op = "autograd.CustomWith"
	c := n.Aux().(*custom)
	if c.tangent == nil {
		return transposedTangent(n, i, t.Node().Data())
	}
	v := c.tangent(n.Value(), i, t, n.Value().Inputs()...)
	if v.Graph() == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "the Tangent of %s returned the zero graph.Value for operand %d: return what the operand contributes, zeros if the result does not depend on it", c.name, i))
	}
	v.CheckIn(op, n.Graph())
	if !array.BroadcastsTo(v.Dims(), n.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "the Tangent of %s returned shape %s for operand %d, which does not stretch to the result's shape %s: return a tangent of the result", c.name, tensor.FormatShape(v.Dims()), i, tensor.FormatShape(n.Dims())))
	}
	return v
}

// hasTangent reports whether forward sweeps pass a node by a rule that is made for them.
func hasTangent(n graph.Node) bool {
	if c, ok := n.Aux().(*custom); ok {
		return c.tangent != nil
	}
	return n.Row().Tangent != nil
}

// cotangents returns what the operation's rule does, and panics with a [*graph.Error] if those are no cotangents of the
// operands that want one.
func (c *custom) cotangents(n graph.Node, ct graph.Value) []graph.Value {
	const op = "autograd.Custom"
	cts := c.vjp(n.Value(), ct, n.Value().Inputs()...)
	if len(cts) != n.NumInputs() {
		panic(graph.Errorf(op, graph.ErrUsage, "the vjp of %s returned %d cotangents for %d operands: return one for each, the zero graph.Value where none is wanted", c.name, len(cts), n.NumInputs()))
	}
	for i, v := range cts {
		if !n.Wants(i) {
			continue
		}
		if v.Graph() == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "the vjp of %s returned the zero graph.Value for operand %d, to which a gradient flows: return its cotangent, zeros of its shape if the result does not depend on it", c.name, i))
		}
		v.CheckIn(op, n.Graph())
		if shape := n.InputNode(i).Dims(); !array.BroadcastsTo(shape, v.Dims()) {
			panic(graph.Errorf(op, graph.ErrShape, "the vjp of %s returned shape %s for operand %d, to which the operand's shape %s does not stretch: return a cotangent of the operand's shape", c.name, tensor.FormatShape(v.Dims()), i, tensor.FormatShape(shape)))
		}
	}
	return slices.Clone(cts)
}
