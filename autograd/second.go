package autograd

import (
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A secondSweep finds the product of a Hessian with a direction where most operations are on scalars, without a recorded
// gradient. As the inputs move along the direction, a value v moves by its tangent v̇, and its adjoint w = ∂y/∂v by ẇ. A
// forward sweep finds all v̇, and one backward sweep all w and ẇ: for an operand u of v with the derivative d = ∂v/∂u,
// which moves by ḋ,
//
//	w(u) += w(v)·d    ẇ(u) += ẇ(v)·d + w(v)·ḋ
//
// ẇ of the inputs is the product (Griewank and Walther, 2008, section 5.1). The numbers are those of a forward sweep
// through the recorded gradient, since for each operation the sweep computes what its rule would record: see scalarRule.
type secondSweep struct {
	g     *graph.Graph
	rules ruleBook
	nodes []secondNode // on the way back
	state []nodeState  // by node
	r     registers

	tangents map[int]*tensor.Tensor // of tensors that move
	w, t     *graph.Adjoints        // adjoints and their tangents: of tensors, and what is passed to scalars by operations with tensors
}

// A dual is a number and its tangent.
type dual struct{ v, t float64 }

// A nodeState is what a sweep knows of a node.
type nodeState struct {
	at   dual // of a scalar: its value
	ct   dual // of a scalar: what operations on scalars have passed to it
	mark uint8
}

// The marks of a node.
const (
	wants   = 1 << iota // it wants a gradient
	moving              // it is made of the inputs
	reached             // something was passed to it
	mixed               // and some of that by operations with tensors
)

// A secondNode is an operation that the way back may come to.
type secondNode struct {
	id    int32
	in    [2]int32    // of one that has no extension record
	param float64     // of one with one operand
	more  bool        // it has an extension record
	rule  *scalarRule // nil for a linear operation with tensors
}

var secondSweeps = sync.Pool{New: func() any { return &secondSweep{tangents: make(map[int]*tensor.Tensor)} }}

// hvpOfScalars sets hv to the product of the Hessian of y by x with dir, where x is a vector that the tape begins with. It
// returns false, and leaves hv alone, unless y is made of x by operations on scalars whose rules can be read, and by
// linear ones that take tensors apart and put them together.
func hvpOfScalars(y, x graph.Value, dir, hv []float64) bool {
	g := y.Graph()
	if y.Rank() > 0 || !y.WantsGrad() || len(dir) == 0 || x.ID() != 1 || g.Changed() || g.DType() != tensor.Float64 || g.FlushesToZero() {
		return false
	}
	if !promising(g, min(y.ID(), 16)) {
		return false
	}
	s := secondSweeps.Get().(*secondSweep)
	s.g = g
	ok := s.forward(x, y.ID(), dir)
	if ok {
		s.backward(y)
		if d := s.t.Tensor(x.Node()); d != nil {
			copy(hv, d.Float64s())
		} else {
			clear(hv)
		}
		s.w.Release()
		s.t.Release()
	}
	for _, t := range s.tangents {
		g.FreeTemp(t)
	}
	clear(s.tangents)
	s.g, s.w, s.t = nil, nil, nil
	secondSweeps.Put(s)
	return ok
}

// promising looks at the nodes up to the last one given, and reports whether a sweep knows what to do with tensors among
// them: what begins with operations on whole tensors does not keep it long.
func promising(g *graph.Graph, last int) bool {
	var n graph.ScalarNode
	for id := 1; id <= last; id++ {
		if g.ReadScalar(id, &n) {
			continue
		}
		node := g.Value(id).Node()
		if _, ok := node.Scalar(); !ok && node.NumInputs() > 0 && node.Row().Class != graph.Linear {
			return false
		}
	}
	return true
}

// forward finds how the nodes up to the last one move as x moves along dir, and lists the operations for the way back. It
// returns false if it cannot pass one of them.
func (s *secondSweep) forward(x graph.Value, last int, dir []float64) bool {
	s.rules.begin()
	s.nodes = s.nodes[:0]
	if more := last + 1 - len(s.state); more > 0 {
		s.state = append(s.state, make([]nodeState, more)...)
	}
	s.state[0] = nodeState{} // the operand that is absent
	var n graph.ScalarNode
	for id := 1; id <= last; id++ {
		if id == x.ID() {
			d := s.g.Temp(len(dir))
			copy(d.Float64s(), dir)
			s.tangents[id] = d
			s.state[id] = nodeState{mark: wants | moving}
			continue
		}
		if !s.g.ReadScalar(id, &n) {
			if !s.forwardMore(s.g.Value(id).Node()) {
				return false
			}
			continue
		}
		now := &s.state[id]
		*now = nodeState{at: dual{v: n.Y}}
		if !n.Wants {
			continue
		}
		a, b := &s.state[n.In[0]], &s.state[n.In[1]]
		now.mark = wants | (a.mark|b.mark)&moving
		if now.mark&moving == 0 {
			continue
		}
		rule := s.rules.find(n.Op, a.mark&wants|b.mark&wants<<1, n.D[1])
		if rule == nil {
			return false
		}
		t := float64(a.at.t*n.D[0]) + float64(b.at.t*n.D[1])
		if t-t != 0 {
			row := n.Op.Row()
			t = passedOn(a.at.t, n.D[0], row.SelectsOperand(0)) + passedOn(b.at.t, n.D[1], row.SelectsOperand(1))
		}
		now.at.t = t
		s.nodes = append(s.nodes, secondNode{id: int32(id), in: n.In, param: n.D[1], rule: rule})
	}
	return true
}

// forwardMore is forward for a node that has an extension record.
func (s *secondSweep) forwardMore(n graph.Node) bool {
	now := &s.state[n.ID()]
	v, scalar := n.Scalar()
	*now = nodeState{at: dual{v: v}}
	if !n.WantsGrad() {
		return true
	}
	now.mark = wants
	for i := range n.NumInputs() {
		now.mark |= s.state[n.InputNode(i).ID()].mark & moving
	}
	if now.mark&moving == 0 {
		return true
	}
	entry := secondNode{id: int32(n.ID()), more: true}
	if _, ok := n.Partial(0); ok {
		if entry.rule = s.rules.findMore(n); entry.rule == nil {
			return false
		}
		for i := range n.NumInputs() {
			c, _ := n.Contribution(i, s.state[n.InputNode(i).ID()].at.t)
			now.at.t += c
		}
	} else {
		if offset, in, ok := elementOf(n); ok {
			now.at.t = s.tangents[in.ID()].Float64s()[offset]
		} else if u, ok := s.moved(n); !ok {
			return false
		} else if scalar {
			now.at.t = u.AtFlat(0)
			s.g.FreeTemp(u)
		} else {
			s.tangents[n.ID()] = u
		}
	}
	s.nodes = append(s.nodes, entry)
	return true
}

// moved returns the tangent of a linear operation with tensors, and whether it can: others have derivatives that move.
func (s *secondSweep) moved(n graph.Node) (u *tensor.Tensor, ok bool) {
	row := n.Row()
	if row.Class != graph.Linear {
		return nil, false
	}
	if row.Arity() == 1 {
		from := s.tangent(n.InputNode(0))
		u = s.g.Temp(n.Dims()...)
		if offset, ok := n.View(); ok {
			copy(u.Float64s(), from.Float64s()[offset:])
		} else {
			n.Apply(u, from)
		}
		s.free(n.InputNode(0), from)
		return u, true
	}
	if !row.Moves || row.Passes == nil { // linear in each operand, but perhaps not in all together
		return nil, false
	}
	u = s.g.Temp(n.Dims()...)
	for i := range n.NumInputs() {
		offset, ok := n.Passes(i)
		if !ok {
			s.g.FreeTemp(u)
			return nil, false
		}
		in := n.InputNode(i)
		if _, scalar := in.Scalar(); scalar {
			u.Float64s()[offset] = s.state[in.ID()].at.t
		} else if from := s.tangents[in.ID()]; from != nil {
			copy(u.Float64s()[offset:], from.Float64s())
		}
	}
	return u, true
}

// tangent returns that of an operand that moves; free gives it back.
func (s *secondSweep) tangent(in graph.Node) *tensor.Tensor {
	if _, scalar := in.Scalar(); scalar {
		t := s.g.Temp()
		t.SetFlat(s.state[in.ID()].at.t, 0)
		return t
	}
	return s.tangents[in.ID()]
}

func (s *secondSweep) free(in graph.Node, t *tensor.Tensor) {
	if _, scalar := in.Scalar(); scalar {
		s.g.FreeTemp(t)
	}
}

// backward finds the adjoints and their tangents, from y down.
func (s *secondSweep) backward(y graph.Value) {
	s.w, s.t = s.g.NewAdjoints(y), s.g.NewAdjoints(y)
	root := &s.state[y.ID()]
	root.ct.v = 1
	root.mark |= reached
	for i := len(s.nodes) - 1; i >= 0; i-- {
		n := &s.nodes[i]
		now := &s.state[n.id]
		if now.mark&reached == 0 { // y is not made of it
			continue
		}
		switch {
		case n.rule == nil:
			s.passTensor(s.g.Value(int(n.id)).Node())
		case n.more:
			s.passMore(s.g.Value(int(n.id)).Node(), n.rule)
		default:
			s.r[0], s.r[1] = s.passed(int(n.id)), now.at
			a, b := &s.state[n.in[0]], &s.state[n.in[1]]
			s.r[2], s.r[3] = a.at, b.at
			if n.in[1] == 0 {
				s.r[parameter] = dual{v: n.param}
			}
			if a.mark&moving != 0 {
				a.add(n.rule.of[0].eval(&s.r))
			}
			if b.mark&moving != 0 {
				b.add(n.rule.of[1].eval(&s.r))
			}
		}
	}
}

func (n *nodeState) add(ct dual) {
	n.ct.v += ct.v
	n.ct.t += ct.t
	n.mark |= reached
}

// passed returns what has been passed to a scalar.
func (s *secondSweep) passed(id int) dual {
	now := &s.state[id]
	ct := now.ct
	if now.mark&mixed != 0 {
		n := s.g.Value(id).Node()
		ct.v += s.w.Scalar(n)
		ct.t += s.t.Scalar(n)
	}
	return ct
}

// passMore passes the adjoint of an operation on scalars that has an extension record to its operands.
func (s *secondSweep) passMore(n graph.Node, rule *scalarRule) {
	s.r[0], s.r[1] = s.passed(n.ID()), s.state[n.ID()].at
	for i := range n.NumInputs() {
		s.r[2+i] = s.state[n.InputNode(i).ID()].at
	}
	for i := range n.NumInputs() {
		if u := &s.state[n.InputNode(i).ID()]; u.mark&moving != 0 {
			u.add(rule.of[i].eval(&s.r))
		}
	}
}

// passTensor passes the adjoint of a linear operation with tensors to its operands, and the adjoint's tangent in the same
// way: its derivatives do not move.
func (s *secondSweep) passTensor(n graph.Node) {
	if _, scalar := n.Scalar(); scalar {
		if offset, in, ok := elementOf(n); ok {
			ct := s.passed(n.ID())
			s.state[in.ID()].mark |= reached
			addElement(s.w, in, offset, ct.v)
			addElement(s.t, in, offset, ct.t)
			return
		}
		ct := s.state[n.ID()].ct
		s.w.AddScalar(n, ct.v)
		s.t.AddScalar(n, ct.t)
	}
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		s.state[in.ID()].mark |= reached
		if _, scalar := in.Scalar(); scalar {
			s.state[in.ID()].mark |= mixed
		}
	}
	passTensor(n, s.w, false)
	passTensor(n, s.t, false)
}
