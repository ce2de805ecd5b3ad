package autograd

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A mover is what a node remembers that was made by a function of values. A forward sweep calls the function again and
// goes through what it records, in all directions at once.
type mover interface {
	// move sets out to the tangents of n, a row for each direction, as m says that its operands move. It returns false,
	// and leaves out in any state, if nothing moves n. What it records is taken away again.
	move(n graph.Node, m *motion, out *tensor.Tensor) bool
	memory() *together
}

// moverOf returns what n remembers if it was made by a function, nil for other operations.
func moverOf(n graph.Node) mover {
	switch n.Op() {
	case opCheckpoint, opLoop, opImplicit:
		return n.Aux().(mover)
	}
	return nil
}

// A motion is how values move, in some directions at once.
type motion struct {
	k    int
	xs   []graph.Value
	dirs []*tensor.Tensor // of each of xs, a row for each direction
	*storage
}

// A storage is that of the sweeps which a sweep makes on its way, one at a time, and of those that they make.
type storage struct {
	t     *graph.Tangents
	inner *storage
}

func (s *storage) release() {
	for ; s != nil; s = s.inner {
		if s.t != nil {
			s.t.Release()
			s.t = nil
		}
	}
}

// carry sets dst to the tangents of y, a row for each direction, as the values of m move, and x along dx unless that is
// nil. It goes through what was recorded from node first on, and looks at nothing before it. It returns false, and leaves
// dst alone, if nothing moves y. dst may be dx.
func (m *motion) carry(dst *tensor.Tensor, first int, y, x graph.Value, dx *tensor.Tensor) bool {
	xs, dirs := m.xs, m.dirs
	if dx != nil {
		xs, dirs = append(xs[:len(xs):len(xs)], x), append(dirs[:len(dirs):len(dirs)], dx)
	}
	if m.t == nil {
		m.t, m.inner = y.Graph().NewTangents(m.k, y), new(storage)
	}
	m.t.Aim(first, y, xs...)
	for i, x := range xs {
		m.t.Seed(x, dirs[i])
	}
	run(m.t, m.inner)
	if _, scalar := y.Node().Scalar(); scalar {
		moves := false
		for r, v := range m.t.Scalar(y.Node()) {
			dst.SetFlat(v, r)
			moves = moves || v != 0
		}
		return moves
	}
	v := m.t.Tensor(y.Node())
	if v == nil {
		return false
	}
	dst.Copy(v.Reshape(m.k, y.Len()))
	return true
}

// byFunction computes the tangents of a node that m remembers the function of.
func (p *pusher) byFunction(m mover) {
	g, k := p.t.Graph(), p.t.Directions()
	how := &motion{k: k, storage: p.inner}
	for i := range p.n.NumInputs() {
		in := p.n.InputNode(i)
		if !p.t.Nodes().Has(in.ID()) {
			continue
		}
		if u, lent := p.tangents(in, tensor.Float64); u != nil {
			how.xs = append(how.xs, p.n.Input(i))
			how.dirs = append(how.dirs, u.Reshape(k, in.Value().Len()))
			if lent {
				defer g.FreeTemp(u)
			}
		}
	}
	if len(how.xs) == 0 {
		return
	}
	out, moves := p.t.New(p.n, p.n.DType()), false
	m.memory().run(p.n, func() {
		g.Scratch(func() { moves = m.move(p.n, how, out.Reshape(k, p.n.Value().Len())) })
	})
	if moves {
		p.out = out
	} else {
		g.FreeTemp(out)
	}
}

func (c *checkpoint) move(n graph.Node, m *motion, out *tensor.Tensor) bool {
	first := n.Graph().Len() + 1
	return m.carry(out, first, c.evaluate(n, n.Value().Inputs()), graph.Value{}, nil)
}

// move goes through the steps one by one, the tangents beside the state: in the memory of one step.
func (l *loop) move(n graph.Node, m *motion, out *tensor.Tensor) bool {
	g, s := n.Graph(), n.Value().Inputs()[0]
	state, moves := exact(s).Clone(), false
	for i := range l.states.steps {
		g.Scratch(func() {
			first := g.Len() + 1
			x := l.stateAt(i, s, state)
			y := l.step(i, x)
			var dx *tensor.Tensor // the first state is an operand
			if moves {
				dx = out
			}
			moves = m.carry(out, first, y, x, dx)
			state.Copy(exact(y))
		})
	}
	checkAgain(n, exact(n.Value()), state)
	return moves
}
