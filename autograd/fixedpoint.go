package autograd

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A SolveConfig says when [FixedPointWith] and [RootWith] are content.
type SolveConfig struct {
	// Tolerance ends the steps: the last one changed no element of x by more than Tolerance·(1 + max|x|). 0 stands for
	// 1e-12, or 1e-6 on a graph of float32.
	Tolerance float64
	// Steps bounds the number of steps. 0 stands for 1000.
	Steps int

	scale float64 // in place of the 1 in Tolerance
}

// complete fills in what is 0.
func (c SolveConfig) complete(dtype tensor.DType) SolveConfig {
	if c.Tolerance == 0 {
		c.Tolerance = 1e-12
		if dtype == tensor.Float32 {
			c.Tolerance = 1e-6
		}
	}
	if c.Steps == 0 {
		c.Steps = 1000
	}
	return c
}

// check panics with a [*graph.Error] if the settings make no sense.
func (c SolveConfig) check(op string) {
	switch {
	case !(c.Tolerance >= 0) || math.IsInf(c.Tolerance, 0):
		panic(graph.Errorf(op, graph.ErrValue, "a tolerance of %v: give a small number above 0, or 0 for the usual one", c.Tolerance))
	case c.Steps < 0:
		panic(graph.Errorf(op, graph.ErrValue, "%d steps: give how many there may be, or 0 for the usual number", c.Steps))
	}
}

// FixedPoint is [FixedPointWith] with the usual tolerance and number of steps.
func FixedPoint(f func(x graph.Value, ps ...graph.Value) graph.Value, x graph.Value, ps ...graph.Value) graph.Value {
	return fixedPoint("autograd.FixedPoint", SolveConfig{}, f, x, ps)
}

// FixedPointWith returns the solution of x = f(x, ps...) to which the steps x ← f(x, ps...) lead from the given x. They
// are not recorded: the derivatives of the solution by ps, of any order, are those that the equation demands,
//
//	∂x/∂p = (1 - ∂f/∂x)⁻¹ · ∂f/∂p
//
// and the sweep finds the cotangent w = ct + (∂f/∂x)ᵀ·w of f by the same kind of steps, which are as many as those of x:
// the fewer, the smaller ∂f/∂x is at the solution (Christianson, 1994). So does a forward sweep, for the tangent
// dx = ∂f/∂p·dp + ∂f/∂x·dx. The solution does not depend on where the steps
// begin, so x gets no gradient. f may use other values of the graph and bind tensors; the gradient reaches those too.
// Where f contracts distances to q of what they were, x is off by q/(1-q) of the tolerance at most.
//
// It panics with a [*graph.Error] that names the last change if the steps do not settle, or lead to numbers that are
// not finite, and on a graph made with [graph.Traced]. A sweep does if its own steps do not settle; of a cotangent or a
// tangent that is not finite it makes NaN.
func FixedPointWith(c SolveConfig, f func(x graph.Value, ps ...graph.Value) graph.Value, x graph.Value, ps ...graph.Value) graph.Value {
	return fixedPoint("autograd.FixedPointWith", c, f, x, ps)
}

func fixedPoint(op string, c SolveConfig, f func(x graph.Value, ps ...graph.Value) graph.Value, x graph.Value, ps []graph.Value) graph.Value {
	checkEquation(op, c, f == nil, x, ps)
	c.scale = 1
	m := &implicit{op: op, what: "x", advice: "begin nearer to the solution", name: "fixed_point", f: f, tangents: (*implicit).drift}
	m.weights = func(m *implicit, x, ct graph.Value, ps []graph.Value) graph.Value { return m.settle(c, x, ct, ps) }
	return m.solve(c, x, ps, substitute)
}

// substitute replaces x by y.
func substitute(x, y graph.Value, at *tensor.Tensor) (change float64) {
	change = largestChange(exact(x), exact(y))
	at.Copy(exact(y))
	return change
}

// largestChange returns by how much the numbers of was and is differ at most, NaN if one is NaN.
func largestChange(was, is *tensor.Tensor) (change float64) {
	for i := range was.Len() {
		if d := math.Abs(is.AtFlat(i) - was.AtFlat(i)); d > change || d != d {
			change = d
		}
	}
	return change
}

// settle finds the w for which w = ct + (∂f/∂x)ᵀ·w, which is a fixed point too: of a function of ct, x and ps. Of a ct
// that is not finite, as that of a loss that is NaN, there is none to be found: it is NaN.
func (m *implicit) settle(c SolveConfig, x, ct graph.Value, ps []graph.Value) graph.Value {
	if s := size(exact(ct)); s-s != 0 {
		return ops.AddScalar(ct, math.NaN())
	}
	adjoint := &implicit{op: m.op, what: "the cotangent", advice: contracts, name: "fixed_point", tangents: (*implicit).drift, f: func(w graph.Value, qs ...graph.Value) graph.Value {
		floor := w.Graph().Len() + 1
		ct, x, ps := qs[0], qs[1], qs[2:]
		return ops.Add(ct, vjp(m.op, m.evaluate(x, ps), w, []graph.Value{x}, floor)[0])
	}}
	adjoint.weights = func(m *implicit, x, ct graph.Value, ps []graph.Value) graph.Value { return m.settle(c, x, ct, ps) }
	c.scale = size(exact(ct)) // it may be of any size
	return adjoint.solve(c, ct, append([]graph.Value{ct, x}, ps...), substitute)
}

// drift finds the tangents for which dx = ∂f/∂p·dp + ∂f/∂x·dx, a fixed point in every direction.
func (m *implicit) drift(how *motion, x, y graph.Value, out *tensor.Tensor) bool {
	if !how.carry(out, x.ID(), y, graph.Value{}, nil) {
		return false
	}
	g, width := x.Graph(), x.Len()
	next, scale := out.Clone(), make([]float64, how.k) // a tangent may be of any size
	for k, done := 0, false; !done; k++ {
		if k > 0 {
			how.carry(next, x.ID(), y, x, out)
		}
		done = k > 0
		for r := range scale {
			was, is := g.TempView(out, r*width, width), g.TempView(next, r*width, width)
			switch {
			case k == 0:
				scale[r] = size(is)
			case scale[r]-scale[r] != 0: // none is to be found of a direction that is not finite
				is.Fill(math.NaN())
			default:
				done = m.settled(k, "the tangent", contracts, is, largestChange(was, is), m.config.Tolerance*(scale[r]+size(is))) && done
			}
			g.FreeTemp(is)
			g.FreeTemp(was)
		}
		out.Copy(next)
	}
	return true
}

// contracts is the advice where the steps of a sweep do not settle.
const contracts = "f does not contract at the solution, use autograd.Root"

// checkEquation panics with a [*graph.Error] if an equation cannot be solved as it was given.
func checkEquation(op string, c SolveConfig, none bool, x graph.Value, ps []graph.Value) {
	if none {
		panic(noFunction(op))
	}
	c.check(op)
	x.Check(op)
	for _, p := range ps {
		p.CheckIn(op, x.Graph())
	}
}
