package programs

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

func chainTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	x, a := g.Var(at[0]), g.Var(at[1])
	y := x
	for range chainLength {
		y = ops.Add(ops.Mul(y, a), x)
	}
	return append(leaves, x, a), y
}

func nestedTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	x, a, b := g.Var(at[0]), g.Var(at[1]), g.Var(at[2])
	leaves = append(leaves, x, a, b)
	s := g.Const(0)
	for range nestedLength {
		x = ops.Add(ops.Mul(ops.Sin(x), a), ops.Div(b, ops.AddScalar(x, 1.5)))
		s = ops.Add(s, x)
	}
	return leaves, s
}

func rosenbrockTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	xs := g.AppendVars(leaves, at)
	s := g.Const(0)
	for i := range len(xs) - 1 {
		t2 := ops.Sub(xs[i+1], ops.Mul(xs[i], xs[i]))
		t4 := ops.MulScalar(ops.Mul(t2, t2), 100)
		u := ops.AddScalar(ops.Neg(xs[i]), 1)
		s = ops.Add(s, ops.Add(t4, ops.Mul(u, u)))
	}
	return xs, s
}

func networkTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	return networkOn(networkSamples, g, leaves, at, func(loss, m graph.Value) graph.Value {
		if m.Item() > 0 {
			return ops.Add(loss, m)
		}
		return loss
	})
}

func shortNetworkTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	return networkOn(networkSamples[:30], g, leaves, at, func(loss, m graph.Value) graph.Value {
		return ops.Add(loss, ops.ReLU(m))
	})
}

// networkOn records the network on some samples; hinge adds to the loss what of the margin m is positive.
func networkOn(samples [][3]float64, g *graph.Graph, leaves []graph.Value, at []float64, hinge func(loss, m graph.Value) graph.Value) ([]graph.Value, graph.Value) {
	p := g.AppendVars(leaves, at)
	loss := g.Const(0)
	var h, next [16]graph.Value
	for _, s := range samples {
		h[0], h[1] = g.Const(s[0]), g.Const(s[1])
		width, k := 2, 0
		for _, out := range networkWidths {
			for j := range out {
				acc := p[k+width]
				for i := range width {
					acc = ops.Add(acc, ops.Mul(p[k+i], h[i]))
				}
				k += width + 1
				if out > 1 {
					acc = ops.Tanh(acc)
				}
				next[j] = acc
			}
			h, width = next, out
		}
		loss = hinge(loss, ops.AddScalar(ops.MulScalar(h[0], -s[2]), 1))
	}
	squares := g.Const(0)
	for _, w := range p {
		squares = ops.Add(squares, ops.Mul(w, w))
	}
	return p, ops.Add(ops.MulScalar(loss, 0.01), ops.MulScalar(squares, 1e-4))
}

func productTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	xs := g.AppendVars(leaves, at)
	y := xs[0]
	for _, x := range xs[1:] {
		y = ops.Mul(y, x)
	}
	return xs, y
}
