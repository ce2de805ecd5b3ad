package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

var opCheckpoint graph.Op

// A checkpoint is what a checkpoint node remembers: how to compute its value again.
type checkpoint struct {
	f      func(xs ...graph.Value) graph.Value
	given  int            // operands that are passed to f; those behind them are values that f uses besides
	again  []bool         // by operand: it stands among those before, too, and the first one gets the gradient
	result *tensor.Tensor // what Forward copies
	together
	hooked
}

func init() {
	opCheckpoint = graph.Register(graph.Row{
		Name: "checkpoint", Func: Checkpoint, Params: "f, xs", Doc: "a function whose inner values are computed again for the backward sweep",
		Formula: "f(xs...)", Derivative: "∂f/∂x",
		Forward:  func(n graph.Node) { n.Out().Copy(n.Aux().(*checkpoint).result) },
		Backward: checkpointBackward,
		VJP:      checkpointVJP,
		Source:   "Griewank and Walther (2000), Algorithm 799: revolve",
	})
}

// Checkpoint returns f(xs...) and keeps only the result: what f records on the way is taken from the tape again and
// computed once more for a sweep, backward or forward. It trades time for memory.
//
// f must return the same value for the same arguments: random numbers, such as the masks of dropout, are drawn outside.
// A sweep that finds another value panics with a [*graph.Error]. f may use other values of the graph and bind tensors;
// the gradient reaches those too. It must not keep values that it makes.
//
// On a graph made with [graph.Traced], whose tape is to be a program, f is recorded like anything else.
func Checkpoint(f func(xs ...graph.Value) graph.Value, xs ...graph.Value) graph.Value {
	const op = "autograd.Checkpoint"
	if f == nil {
		panic(noFunction(op))
	}
	if len(xs) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "no operands: pass the values that f takes"))
	}
	g := xs[0].Graph()
	for _, x := range xs {
		x.CheckIn(op, g)
	}
	if g.Traced() {
		y := f(slices.Clone(xs)...)
		checkResult(op, g, y)
		return y
	}
	c := &checkpoint{f: f, given: len(xs)}
	used := newCaptures(xs...)
	g.Scratch(func() {
		first := g.Len() + 1
		y := f(slices.Clone(xs)...)
		checkResult(op, g, y)
		c.result = exact(y).Clone()
		used.look(first, y)
	})
	used.bind(g)
	c.again, c.hooked = used.again, hooked(used.hooks)
	v := graph.Begin(opCheckpoint, used.operands...).Aux(c).Record(c.result.Dims()...)
	c.result = nil
	return v
}

// evaluate computes f a second time and panics if it does not return what it did the first time.
func (c *checkpoint) evaluate(n graph.Node, xs []graph.Value) graph.Value {
	y := c.f(slices.Clone(xs[:c.given])...)
	checkResult("autograd.Checkpoint", n.Graph(), y)
	checkAgain(n, exact(n.Value()), exact(y))
	return y
}

// checkpointBackward computes f again and sweeps through it once, for all operands.
func checkpointBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if fresh {
		dst.Zero()
	}
	c, g := n.Aux().(*checkpoint), n.Graph()
	if c.again[i] {
		return true
	}
	c.add(n, i, dst, func() []*tensor.Tensor {
		xs := n.Value().Inputs()
		parts := make([]*tensor.Tensor, len(xs))
		g.Scratch(func() {
			first := g.Len() + 1
			y := c.evaluate(n, xs)
			a := g.NewAdjoints(y)
			defer a.Release()
			if len(y.Dims()) > 0 {
				a.Seed(ct)
			} else {
				a.SeedScalar(ct.AtFlat(0))
			}
			sweep(a, first, true)
			grads := Gradients{a, a.Serial()}
			for k, x := range xs {
				if x.WantsGrad() && !c.again[k] {
					parts[k] = grads.exact(x)
				}
			}
		})
		return parts
	})
	return true
}

// checkpointVJP records f again, on the tape this time, and the sweep through it, once for all operands.
func checkpointVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	c, g := n.Aux().(*checkpoint), n.Graph()
	if c.again[i] {
		return zeros(n.InputNode(i))
	}
	return c.value(n, i, ct, func() []graph.Value {
		xs, floor := n.Value().Inputs(), g.Len()+1
		return vjp("autograd.Checkpoint", c.evaluate(n, xs), ct, xs, floor)
	})
}
