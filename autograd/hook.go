package autograd

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

var opOnGradient graph.Op

// A hook is what a node remembers that changes what passes it on the way back.
type hook struct {
	name string
	f    func(ct graph.Value) graph.Value

	counting, recording bool // f is running: for a cotangent that is a number, for one that is made of others
}

// OpName returns the name that pictures, explanations and messages know the operation by.
func (h *hook) OpName() string { return h.name }

func init() {
	opOnGradient = graph.Register(graph.Row{
		Name: "on_gradient", Func: OnGradient, Params: "x, f", Doc: "x; a function of its own maps the cotangent on the way back",
		Formula: "x", Derivative: "1, mapped on the way back",
		Forward: func(n graph.Node) { n.Out().Copy(n.In(0)) },
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return n.Aux().(*hook).call(n, ct) },
		Tangent: func(_ graph.Node, _ int, t graph.Value) graph.Value { return t },
		Source:  "Ganin and Lempitsky (2015), Unsupervised domain adaptation by backpropagation, for reversal",
	})
}

// call returns what f makes of the cotangent ct of n. It panics with a [*graph.Error] if f is running already for a
// cotangent of the kind: it would never end. For one that a recorded sweep made of other values f may run a sweep with
// numbers that comes by here: there the cotangent is a leaf.
func (h *hook) call(n graph.Node, ct graph.Value) graph.Value {
	op := "autograd." + hookFunctions[h.name]
	busy := &h.recording
	if ct.IsLeaf() {
		busy = &h.counting
	}
	if *busy {
		panic(graph.Errorf(op, graph.ErrUsage, "the function of %s differentiates through %[1]s itself and would never end: differentiate by values that are recorded after it", n.Label()))
	}
	*busy = true
	defer func() { *busy = false }()
	y := h.f(ct)
	checkResult(op, n.Graph(), y)
	ct.Check(op)
	if !slices.Equal(y.Dims(), ct.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "the function returned shape %s for a cotangent of shape %s: both must have one shape", tensor.FormatShape(y.Dims()), tensor.FormatShape(ct.Dims())))
	}
	return y
}

// hookFunctions names the functions that record hooks.
var hookFunctions = map[string]string{"on_gradient": "OnGradient", "clip_gradient": "ClipGradient", "scale_gradient": "ScaleGradient"}

// hooked is the memory of a node whose function is called again for a sweep, and may have hooks.
type hooked bool

func (h hooked) hooks() bool { return bool(h) }

// hasHooks reports whether a node changes what passes it on the way back, so that a forward sweep does not find what a
// backward sweep does.
func hasHooks(n graph.Node) bool {
	if n.Op() == opOnGradient {
		return true
	}
	h, ok := n.Aux().(interface{ hooks() bool })
	return ok && h.hooks()
}

// OnGradient returns x, and on the way back passes on f(ct) in place of its cotangent ct, ∂l/∂y for the result y: to look
// at gradients as they pass, or to change them. What reaches x by other uses of it is not f's business.
//
// f records operations on ct's graph and returns a value of ct's shape; it may read the numbers of ct. [Backward] calls
// it once for each sweep that reaches the result, and takes away what it recorded; [Grad] records it, so that the
// derivative of its result is that of f. Forward sweeps, as those of [Forward], [JVP] and [HVP], and [Taylor] go in the
// other direction and pass it as they pass x. [Jacobian] and [Hessian] make backward sweeps where there is one;
// [SparseJacobian] and [SparseHessian] take f for linear, with the derivatives that it makes of cotangents of 1.
// f may differentiate on its own, but not through the result: that would call it again, without end. What it makes of ct
// and of values that ct may depend on it differentiates by [Pullback], which takes each for itself, and not by [Grad].
func OnGradient(x graph.Value, f func(ct graph.Value) graph.Value) graph.Value {
	if f == nil {
		panic(noFunction("autograd.OnGradient"))
	}
	return onGradient("on_gradient", x, f)
}

func onGradient(name string, x graph.Value, f func(ct graph.Value) graph.Value) graph.Value {
	x.Check("autograd." + hookFunctions[name])
	return graph.Begin(opOnGradient, x).Aux(&hook{name: name, f: f}).Record(x.Dims()...)
}

// ClipGradient returns x, and on the way back holds every element of the cotangent to between -limit and limit: gradients
// that explode in one part of a network do not reach what lies before it. To clip the gradients of parameters, all at the
// end, use package nn's accumulated gradients. It panics with a [*graph.Error] unless limit is above 0.
func ClipGradient(x graph.Value, limit float64) graph.Value {
	if !(limit > 0) {
		panic(graph.Errorf("autograd.ClipGradient", graph.ErrValue, "got a limit of %v: give a number above 0", limit))
	}
	return onGradient("clip_gradient", x, func(ct graph.Value) graph.Value { return ops.Clamp(ct, -limit, limit) })
}

// ScaleGradient returns x, and on the way back multiplies the cotangent with c. With a c below 0 it reverses the gradient:
// what lies before x learns to make the loss larger, as in adversarial training (Ganin and Lempitsky, 2015). It panics with
// a [*graph.Error] unless c is finite.
func ScaleGradient(x graph.Value, c float64) graph.Value {
	if math.IsNaN(c) || math.IsInf(c, 0) {
		panic(graph.Errorf("autograd.ScaleGradient", graph.ErrValue, "got a factor of %v: give a finite number", c))
	}
	return onGradient("scale_gradient", x, func(ct graph.Value) graph.Value { return ops.MulScalar(ct, c) })
}
