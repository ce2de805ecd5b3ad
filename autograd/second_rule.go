package autograd

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A scalarRule is the VJP of an operation on scalars as a list of steps for each operand. The steps are read off what the
// row's VJP records on a graph of its own, once, and then serve all numbers: what a rule records does not depend on them.
type scalarRule struct{ of [mostOperands]formula }

// A formula computes a number in steps, each of which leaves its result in the next register.
type formula struct {
	steps []dualStep
	out   int // the register with the result
}

// registers hold the cotangent, the result and the operands of an operation, and behind them the results of steps, each
// with its tangent.
type registers [mostRegisters]dual

const (
	mostOperands  = 3
	parameter     = 3 // in place of a second operand, of an operation with one
	firstStep     = 2 + mostOperands
	mostRegisters = 40
)

// A dualStep is an operation of a formula.
type dualStep struct {
	kind    dualKind
	op      graph.Op
	in      [mostOperands]uint8 // registers
	params  [2]float64
	selects uint8 // Row.Selects, a bit for each operand
	still   bool  // the result has no derivative
	follows bool  // params[0] is to be added to the parameter of the operation
	fixed   bool  // the second operand is a constant: an exponent of 0 selects
	row     *graph.Row
	k       int          // an integer attribute
	g       *graph.Graph // of stepPowLog: to compute on
}

type dualKind uint8

const (
	stepConst dualKind = iota // params[0]
	stepChain
	stepUnary
	stepUnaryParam
	stepBinary
	stepMulScalar
	stepPowScalar
	stepPow
	stepWhere
	stepPowLog
)

// eval returns the formula's number and its tangent.
func (f *formula) eval(r *registers) dual {
	for i := range f.steps {
		s := &f.steps[i]
		a, b := &r[s.in[0]], &r[s.in[1]]
		out := &r[firstStep+i]
		switch s.kind {
		case stepConst:
			*out = dual{s.params[0], 0}
		case stepChain:
			v := 0.0
			if a.v != 0 {
				v = a.v * b.v
			}
			t := float64(a.t*b.v) + float64(b.t*a.v)
			if t-t != 0 {
				t = s.tangent(a.t, b.v) + s.tangentOf(1, b.t, a.v)
			}
			*out = dual{v, t}
		case stepUnary:
			v, d := s.row.Unary(a.v)
			*out = dual{v, s.tangent(a.t, d)}
		case stepUnaryParam:
			p := s.params
			if s.follows {
				p[0] += r[parameter].v
			}
			v, d := s.row.UnaryParam(a.v, p)
			*out = dual{v, s.tangent(a.t, d)}
		case stepMulScalar:
			c := s.params[0]
			if s.follows {
				c += r[parameter].v
			}
			*out = dual{a.v * c, s.tangent(a.t, c)}
		case stepPowScalar:
			p := s.params[0]
			if s.follows {
				p += r[parameter].v
			}
			if p == 0 {
				*out = dual{1, 0} // it does not depend on the operand
				continue
			}
			v, d := s.row.UnaryParam(a.v, [2]float64{p})
			*out = dual{v, s.tangent(a.t, d)}
		case stepPow:
			if s.fixed && b.v == 0 {
				*out = dual{1, 0}
				continue
			}
			v, da, db := s.row.Binary(a.v, b.v)
			*out = dual{v, s.tangent(a.t, da) + s.tangentOf(1, b.t, db)}
		case stepBinary:
			v, da, db := s.row.Binary(a.v, b.v)
			*out = dual{v, s.tangent(a.t, da) + s.tangentOf(1, b.t, db)}
		case stepWhere:
			if a.v != 0 {
				*out = *b
			} else {
				*out = r[s.in[2]]
			}
		case stepPowLog:
			*out = s.recorded(a, b)
		}
	}
	return r[f.out]
}

// tangent returns what the tangent t of the first operand contributes by the derivative d: a 0 of t wins, and of d where
// the operation selects.
func (s *dualStep) tangent(t, d float64) float64 { return s.tangentOf(0, t, d) }

func (s *dualStep) tangentOf(i int, t, d float64) float64 {
	if t == 0 || s.still || d == 0 && s.selects>>i&1 != 0 {
		return 0
	}
	return t * d
}

// recorded computes a step whose row has no function of numbers, on a graph.
func (s *dualStep) recorded(a, b *dual) dual {
	s.g.Reset()
	n := ops.PowLog(s.g.Var(a.v), s.g.Var(b.v), s.k).Node()
	v, _ := n.Scalar()
	out := dual{v: v}
	for i, t := range [...]float64{a.t, b.t} {
		c, _ := n.Contribution(i, t)
		out.t += c
	}
	return out
}

// A ruleBook has the rules that were asked for.
type ruleBook struct {
	plain []plainRules // by operation
	many  map[ruleKey]*scalarRule
	g     *graph.Graph // for rules to record on
	other *graph.Graph // for steps to compute on
	left  int          // how many more may be read
}

// plainRules are the rules of an operation by which of its operands want a gradient: one for all numbers, or the one for
// the constant parameter that was asked for last.
type plainRules struct {
	of       [4]*scalarRule
	known    [4]bool
	began    bool
	operands int
	hasParam bool
	follows  bool // a rule serves all parameters but 0, infinities and NaN
	param    uint64
}

type ruleKey struct {
	op     graph.Op
	wants  uint8
	params [2]uint64 // bit by bit
}

const (
	mostRules = 1 << 12 // how many rules for parameters are kept
	mostReads = 64      // how many may be read for one sweep, which takes some microseconds each
)

// following are the operations whose rules are the same for all ordinary parameters, but that a step may have the parameter
// for its own, or the sum of it and a constant.
var following = map[string]bool{"add_scalar": true, "mul_scalar": true, "pow_scalar": true}

// begin makes the book ready for a sweep.
func (b *ruleBook) begin() {
	b.left = mostReads
	if len(b.many) > mostRules {
		b.plain, b.many = nil, nil
	}
}

// find returns the rule of an operation on scalars, nil if it is not known. param is its constant parameter if it has one
// operand.
func (b *ruleBook) find(op graph.Op, wants uint8, param float64) *scalarRule {
	if int(op) >= len(b.plain) {
		b.plain = append(b.plain, make([]plainRules, int(op)+1-len(b.plain))...)
	}
	p := &b.plain[op]
	if !p.began {
		row := op.Row()
		*p = plainRules{began: true, operands: 1, hasParam: row.UnaryParam != nil, follows: following[row.Name]}
		if row.Binary != nil {
			p.operands = 2
		}
	}
	if p.hasParam {
		if p.follows && param != 0 && param-param == 0 {
			param = math.Pi // stands for all
		}
		if bits := math.Float64bits(param); bits != p.param {
			p.known, p.param = [4]bool{}, bits
		}
	} else {
		param = 0
	}
	if !p.known[wants] {
		p.of[wants], p.known[wants] = b.lookUp(op, wants, p.operands, [2]float64{param}, p.follows && param == math.Pi), true
	}
	return p.of[wants]
}

// findMore is find for an operation that has an extension record.
func (b *ruleBook) findMore(n graph.Node) *scalarRule {
	k := n.NumInputs()
	if k > mostOperands || len(n.Ints()) > 0 || n.Aux() != nil {
		return nil
	}
	mask := uint8(0)
	for i := range k {
		if n.Wants(i) {
			mask |= 1 << i
		}
	}
	return b.lookUp(n.Op(), mask, k, [2]float64{n.Float(0), n.Float(1)}, false)
}

func (b *ruleBook) lookUp(op graph.Op, wants uint8, operands int, params [2]float64, follows bool) *scalarRule {
	key := ruleKey{op, wants, bitsOf(params)}
	rule, ok := b.many[key]
	if ok {
		return rule
	}
	if b.left--; b.left < 0 {
		return nil
	}
	if follows {
		rule = b.readFollowing(op, wants, operands)
	} else {
		rule = b.read(op, wants, operands, params)
	}
	if b.many == nil {
		b.many = make(map[ruleKey]*scalarRule)
	}
	b.many[key] = rule
	return rule
}

// readFollowing reads the rule of an operation for all ordinary parameters.
func (b *ruleBook) readFollowing(op graph.Op, wants uint8, operands int) *scalarRule {
	const p, q = 2.625, 3.8125
	rule, other := b.read(op, wants, operands, [2]float64{p}), b.read(op, wants, operands, [2]float64{q})
	if rule == nil || other == nil {
		return nil
	}
	for i := range rule.of {
		for k := range min(len(rule.of[i].steps), len(other.of[i].steps)) {
			s, t := &rule.of[i].steps[k], &other.of[i].steps[k]
			if s.params[0] != t.params[0] {
				s.follows, t.follows = true, true
				s.params[0], t.params[0] = s.params[0]-p, t.params[0]-q
			}
		}
	}
	if !rule.same(other) {
		return nil
	}
	return rule
}

// read reads the rule of an operation, twice, for different numbers. It returns nil if what the VJP records is not the same
// for both, or is not made of operations on scalars.
func (b *ruleBook) read(op graph.Op, wants uint8, operands int, params [2]float64) *scalarRule {
	if b.g == nil {
		b.g, b.other = graph.New(), graph.New()
	}
	first, ok := b.readAt(op, wants, params, []float64{0.7, 1.3, 0.4}[:operands])
	if !ok {
		return nil
	}
	second, ok := b.readAt(op, wants, params, []float64{-1.6, -0.3, 2.1}[:operands])
	if !ok || !first.same(second) {
		return nil
	}
	return first
}

func (r *scalarRule) same(q *scalarRule) bool {
	for i := range r.of {
		a, b := &r.of[i], &q.of[i]
		if len(a.steps) != len(b.steps) || a.out != b.out {
			return false
		}
		for k := range a.steps {
			s, t := a.steps[k], b.steps[k]
			if s.kind != t.kind || s.op != t.op || s.in != t.in || s.k != t.k || s.follows != t.follows || s.fixed != t.fixed || bitsOf(s.params) != bitsOf(t.params) {
				return false
			}
		}
	}
	return true
}

func bitsOf(params [2]float64) [2]uint64 {
	return [2]uint64{math.Float64bits(params[0]), math.Float64bits(params[1])}
}

func (b *ruleBook) readAt(op graph.Op, wants uint8, params [2]float64, at []float64) (rule *scalarRule, ok bool) {
	g, row := b.g, op.Row()
	g.Reset()
	defer func() {
		if recover() != nil { // the VJP did not expect these numbers: recording it says what is wrong, if it is
			rule, ok, b.g = nil, false, nil
		}
	}()
	xs := make([]graph.Value, len(at))
	for i, v := range at {
		if wants>>i&1 != 0 {
			xs[i] = g.Var(v)
		} else {
			xs[i] = g.Const(v)
		}
	}
	y, ok := apply(row, op, xs, params)
	if !ok {
		return nil, false
	}
	n := y.Node()
	rule = new(scalarRule)
	for i := range xs {
		if wants>>i&1 == 0 {
			continue
		}
		ct := g.Var(0.9)
		v := row.VJP(n, i, ct)
		if v.Graph() != g || v.Rank() > 0 {
			return nil, false
		}
		if rule.of[i], ok = formulaOf(n, ct, v); !ok {
			return nil, false
		}
		for k := range rule.of[i].steps {
			rule.of[i].steps[k].g = b.other
		}
	}
	return rule, true
}

// apply records an elementwise operation, if its numbers are known for scalars.
func apply(row *graph.Row, op graph.Op, xs []graph.Value, params [2]float64) (y graph.Value, ok bool) {
	switch {
	case row.Class != graph.Elementwise:
		return y, false
	case row.Unary != nil:
		return graph.Unary(op, xs[0]), true
	case row.UnaryParam != nil && params[1] == 0:
		return graph.UnaryParam(op, xs[0], params[0]), true
	case row.UnaryParam != nil:
		return graph.UnaryParam(op, xs[0], params[:]...), true
	case row.Binary != nil:
		return graph.Binary(op, xs[0], xs[1]), true
	case row.Name == "where":
		return ops.Where(xs[0], xs[1], xs[2]), true
	}
	return y, false
}

// formulaOf reads off the tape how v is made of ct, n and its operands. What was recorded behind ct is a part of it.
func formulaOf(n graph.Node, ct, v graph.Value) (f formula, ok bool) {
	g := n.Graph()
	register := map[int]uint8{ct.ID(): 0, n.ID(): 1}
	for i := range n.NumInputs() {
		register[n.InputNode(i).ID()] = uint8(2 + i)
	}
	var steps []dualStep
	for id := ct.ID() + 1; id <= v.ID(); id++ {
		s, ok := stepOf(g.Value(id).Node(), register, steps)
		if !ok || firstStep+len(steps) >= mostRegisters {
			return f, false
		}
		register[id] = uint8(firstStep + len(steps))
		steps = append(steps, s)
	}
	out, ok := register[v.ID()]
	if !ok {
		return f, false
	}
	f.steps, f.out = needed(steps, int(out))
	return f, true
}

// needed leaves out the steps that the result is not made of.
func needed(steps []dualStep, out int) ([]dualStep, int) {
	used := make([]bool, firstStep+len(steps))
	used[out] = true
	for i := len(steps) - 1; i >= 0; i-- {
		if used[firstStep+i] {
			for _, in := range steps[i].in {
				used[in] = true
			}
		}
	}
	var kept []dualStep
	at := make([]uint8, len(used))
	for i := range at {
		at[i] = uint8(i)
		if i < firstStep {
			continue
		}
		at[i] = uint8(firstStep + len(kept))
		if used[i] {
			s := steps[i-firstStep]
			for k := range s.in {
				s.in[k] = at[s.in[k]]
			}
			kept = append(kept, s)
		}
	}
	return kept, int(at[out])
}

// stepOf returns the step that computes a node.
func stepOf(n graph.Node, register map[int]uint8, steps []dualStep) (s dualStep, ok bool) {
	v, scalar := n.Scalar()
	if !scalar {
		return s, false
	}
	constant := true
	k := n.NumInputs()
	if k > mostOperands {
		return s, false
	}
	for i := range k {
		r, ok := register[n.InputNode(i).ID()]
		if !ok {
			return s, false
		}
		s.in[i] = r
		constant = constant && r >= firstStep && steps[r-firstStep].kind == stepConst
	}
	if constant {
		return dualStep{kind: stepConst, params: [2]float64{v}}, !n.WantsGrad()
	}
	row := n.Row()
	s.op, s.row, s.still = n.Op(), row, row.Class == graph.NoGrad
	for i := range k {
		if row.SelectsOperand(i) {
			s.selects |= 1 << i
		}
	}
	switch {
	case row.Name == "chain":
		s.kind = stepChain
	case row.Name == "where":
		s.kind = stepWhere
	case row.Name == "pow_log":
		s.kind, s.k = stepPowLog, n.Int(0)
	case row.Name == "pow":
		s.kind, s.fixed = stepPow, !n.InputNode(1).WantsGrad()
	case row.Name == "pow_scalar":
		s.kind, s.params = stepPowScalar, [2]float64{n.Float(0)}
	case row.Name == "mul_scalar":
		s.kind, s.params = stepMulScalar, [2]float64{n.Float(0)}
	case row.Unary != nil:
		s.kind = stepUnary
	case row.UnaryParam != nil:
		s.kind, s.params = stepUnaryParam, [2]float64{n.Float(0), n.Float(1)}
	case row.Binary != nil:
		s.kind = stepBinary
	default:
		return s, false
	}
	return s, true
}
