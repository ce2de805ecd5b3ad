package autograd

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

var opCheckpoint graph.Op

// A checkpoint is what a checkpoint node remembers: how to compute its value again.
type checkpoint struct {
	f      func(xs ...graph.Value) graph.Value
	given  int              // operands that are passed to f; those behind them are values that f uses besides
	result *tensor.Tensor   // what Forward copies
	parts  []*tensor.Tensor // of the sweep under way: what each operand has coming
	ct     graph.Value      // of the recorded sweep under way: the cotangent,
	cts    []graph.Value    // and what each operand has coming
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
// computed once more for the backward sweep. It trades time for memory.
//
// f must return the same value for the same arguments: random numbers, such as the masks of dropout, are drawn outside.
// A sweep that finds another value panics with a [*graph.Error]. f may use other values of the graph and bind tensors;
// the gradient reaches those too. It must not keep values that it makes.
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
	c := &checkpoint{f: f, given: len(xs)}
	operands := slices.Clone(xs)
	var bound []*tensor.Tensor
	g.Scratch(func() {
		first := g.Len() + 1
		y := f(xs...)
		checkResult(op, g, y)
		c.result = y.Tensor()
		use := func(v graph.Value) {
			if v.ID() < first && v.WantsGrad() && !slices.ContainsFunc(operands, func(o graph.Value) bool { return o.ID() == v.ID() }) {
				operands = append(operands, v)
			}
		}
		for id := first; id <= g.Len(); id++ {
			v := g.Value(id)
			if v.IsLeaf() {
				if t := v.Node().Data(); isBound(g, t, v) {
					bound = append(bound, t)
				}
				continue
			}
			for _, in := range v.Inputs() {
				use(in)
			}
		}
		use(y)
	})
	for _, t := range bound {
		operands = append(operands, g.Bind(t))
	}
	v := graph.Begin(opCheckpoint, operands...).Aux(c).Record(c.result.Dims()...)
	c.result = nil
	return v
}

// isBound reports whether leaf v was made by binding t.
func isBound(g *graph.Graph, t *tensor.Tensor, v graph.Value) bool {
	b, ok := g.Bound(t)
	return ok && b.ID() == v.ID()
}

// repeated reports whether operand i of a node stands among the operands before it: the first one gets the gradient.
func repeated(n graph.Node, i int) bool {
	for k := range i {
		if n.InputNode(k).ID() == n.InputNode(i).ID() {
			return true
		}
	}
	return false
}

func operandsOf(n graph.Node) []graph.Value { return n.Value().Inputs() }

// forgetCheckpoint drops what node n, if it is a checkpoint, computed for an earlier sweep: that served the cotangent of
// its time, and values that may have left the tape since.
func forgetCheckpoint(n graph.Node) {
	if n.Op() == opCheckpoint {
		c := n.Aux().(*checkpoint)
		c.parts, c.cts = nil, nil
	}
}

// sameAgain bounds the difference between the two values of a checkpoint's function, by the largest of its numbers. They
// differ by rounding at most; another mask of dropout makes a far larger difference.
const sameAgain = 1e-3

// again computes f a second time and panics if it does not return what it did the first time.
func (c *checkpoint) again(n graph.Node, xs []graph.Value) graph.Value {
	y := c.f(xs[:c.given]...)
	checkResult("autograd.Checkpoint", n.Graph(), y)
	was, is := n.Data(), y.Node().Data()
	same := slices.Equal(was.Dims(), is.Dims())
	largest := 0.0
	for i := range was.Len() {
		if v := math.Abs(was.AtFlat(i)); v > largest && !math.IsInf(v, 1) {
			largest = v
		}
	}
	for i := 0; same && i < was.Len(); i++ {
		a, b := was.AtFlat(i), is.AtFlat(i)
		same = a == b || a != a && b != b || math.Abs(a-b) <= sameAgain*largest
	}
	if !same {
		panic(n.Errorf(graph.ErrUsage, "computed anew, the function returned %s %s, was %s %s: it must not draw random numbers, as dropout does, nor use a leaf that has changed",
			tensor.FormatShape(is.Dims()), is.Summary(4, 6), tensor.FormatShape(was.Dims()), was.Summary(4, 6)))
	}
	return y
}

// checkpointBackward computes f again and sweeps through it once, for all operands.
func checkpointBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if fresh {
		dst.Zero()
	}
	c, g := n.Aux().(*checkpoint), n.Graph()
	if repeated(n, i) {
		return true
	}
	if c.parts == nil || c.parts[i] == nil {
		xs := operandsOf(n)
		c.parts = make([]*tensor.Tensor, len(xs))
		g.Scratch(func() {
			first := g.Len() + 1
			y := c.again(n, xs)
			a := g.NewAdjoints(y)
			defer a.Release()
			if len(y.Dims()) > 0 {
				t, _ := a.Touch(y.Node())
				t.Copy(ct)
			} else {
				a.SeedScalar(ct.AtFlat(0))
			}
			sweep(a, first, true)
			grads := Gradients{a, a.Serial()}
			for k, x := range xs {
				c.parts[k] = grads.Tensor(x)
			}
		})
	}
	tensor.AddReduced(dst, c.parts[i])
	c.parts[i] = nil
	return true
}

// checkpointVJP records f again, on the tape this time, and the sweep through it, once for all operands.
func checkpointVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	c := n.Aux().(*checkpoint)
	if repeated(n, i) {
		return ops.Broadcast(n.Graph().Const(0), n.InputNode(i).Dims()...)
	}
	if c.cts == nil || c.ct != ct {
		xs, floor := operandsOf(n), n.Graph().Len()+1
		c.ct, c.cts = ct, vjp("autograd.Checkpoint", c.again(n, xs), ct, xs, floor)
	}
	return c.cts[i]
}
