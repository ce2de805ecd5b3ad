package autograd

import (
	"math"
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/internal/rowform"
	"github.com/seed366ff29f/chainrule/ops"
)

// Arithmetic with power series that end at some order, as Griewank and Walther, Evaluating Derivatives (2008), chapter
// 13, have it. Only + - * / have recurrences of their own. Any other function v = φ(u) follows from its slope, which
// its row says in terms of such functions: v' = φ'(u)·u', so that
//
//	k·vₖ = Σ j·uⱼ·dₖ₋ⱼ over j from 1 to k, where d is the series of φ'(u)
//
// which needs d up to order k-1 only. That is why series are computed one coefficient at a time: d may be made of v.

// A plan says from which series that of an operation's result is computed, and how. The sine that is the slope of a
// cosine is the one whose slope the cosine is. One plan serves all nodes of an operation whose operands alike change or
// do not, scalars and tensors.
type plan struct {
	steps  []step
	result int
	reader func(dst []float64, n graph.Node) []float64 // of the constants of a node, nil if there are none
}

// A step is one series of a plan. What it is made of stands before it, but for the slopes of a function.
type step struct {
	kind  stepKind
	args  [3]int // steps that it is made of
	value float64
	index int                             // of an operand or a constant of the operation
	round func(x float64) (y, dx float64) // of a rounding
	row   *graph.Row                      // of a function
	all   []int                           // the arguments of a function
	of    []move                          // how a function follows its operands
	pairs [][2]int                        // of seams: slopes right behind the point, and at it
	upto  int                             // the highest order that is asked for
	fixed bool                            // it is constant
	self  bool                            // it is made of a result that is being computed: coefficients must not be asked for ahead
	ahead bool                            // it compares more than numbers, see [evaluator.compare]
}

// A move is how a function follows one of its operands.
type move struct {
	moved, slope int  // steps: j·uⱼ of the operand, and the slope
	selects      bool // a slope of 0 passes nothing on
}

type stepKind uint8

const (
	anOperand stepKind = iota
	aConstant          // of the operation
	aNumber
	aSum
	aDifference
	aNegative
	aProduct
	aQuotient
	aChoice // of args[1] where args[0] is not 0, and args[2] elsewhere
	anAbsolute
	aMaximum
	aMinimum
	aGreater // conditions, as primitives name them
	aGreaterOrEqual
	aLess
	aLessOrEqual
	anEqual
	anUnequal
	aNaN
	aFinite
	aRounding
	aFunction
	aMove // j·uⱼ
	aSeam // 1 where some slope is another right behind the point than at it
)

// kinds are those of primitives that are no functions.
var kinds = map[string]stepKind{
	"add": aSum, "sub": aDifference, "neg": aNegative, "mul": aProduct, "div": aQuotient,
	"where": aChoice, "abs": anAbsolute, "maximum": aMaximum, "minimum": aMinimum,
	"gt": aGreater, "ge": aGreaterOrEqual, "lt": aLess, "le": aLessOrEqual, "eq": anEqual, "ne": anUnequal, "isnan": aNaN, "isfinite": aFinite,
	"floor": aRounding, "ceil": aRounding, "round": aRounding, "trunc": aRounding, "sign": aRounding,
}

// compares reports whether a step looks at which of two series is the larger one.
func (k stepKind) compares() bool {
	return k >= anAbsolute && k <= anUnequal
}

// constant reports whether a step is constant whatever it is made of.
func (k stepKind) constant() bool {
	return k == aConstant || k == aNumber || k >= aGreater && k <= aRounding || k == aSeam
}

// A planKey is what plans are found by.
type planKey struct {
	row    *graph.Row
	moving uint8 // a bit for each operand that is not constant
	order  int
}

var plans sync.Map // of planKey to *plan

// planOf returns the plan of an elementwise operation, or of a loss that is the mean of one, nil if its row does not say
// what it takes.
func planOf(key planKey) *plan {
	if p, ok := plans.Load(key); ok {
		return p.(*plan)
	}
	var p *plan
	if form := slopesOf(key.row); form != nil {
		p = newPlan(key, form)
	}
	plans.Store(key, p)
	return p
}

// slopesOf returns the form of an elementwise row with slopes, or of what a loss is the mean of, nil for others.
func slopesOf(row *graph.Row) *rowform.Form {
	if row.Class == graph.Elementwise {
		if len(row.Slopes) == 0 {
			return nil
		}
		return formOf(row)
	}
	form, err := rowform.MeanOf(row)
	if err != nil {
		return nil
	}
	return form
}

// A planner makes a plan.
type planner struct {
	order   int
	steps   []step
	known   map[call]int
	numbers map[uint64]int
	numeric bool // conditions look at numbers alone
}

// A call is a primitive of steps, by which they are found again.
type call struct {
	op   string
	args [3]int
}

func callOf(op string, args []int) call {
	c := call{op: op, args: [3]int{-1, -1, -1}}
	copy(c.args[:], args)
	return c
}

func newPlan(key planKey, form *rowform.Form) *plan {
	p := &planner{order: key.order, known: make(map[call]int), numbers: make(map[uint64]int)}
	row := key.row
	var args []int
	operands, constants := 0, 0
	for _, param := range parametersOf(row) {
		s := step{kind: anOperand, index: operands, fixed: key.moving>>operands&1 == 0}
		if param.Kind != ops.ValueArg {
			s = step{kind: aConstant, index: constants}
			constants++
		} else {
			operands++
		}
		args = append(args, p.add(s))
	}
	out := &plan{}
	if constants > 0 {
		out.reader = rowform.Reader(row)
	}
	if kind, ok := kinds[row.Name]; ok && kind >= aSum && kind <= aProduct {
		out.result = p.apply(row.Name, args)
	} else {
		out.result = p.function(row, args)
		if rowOf(row.Name) == row && len(args) <= 3 {
			p.known[callOf(row.Name, args)] = out.result
		}
	}
	p.raise(out.result, key.order, form)
	out.steps = p.steps
	return out
}

func (p *planner) add(s step) int {
	s.upto = -1
	s.fixed = s.fixed || s.kind.constant()
	p.steps = append(p.steps, s)
	return len(p.steps) - 1
}

func (p *planner) number(v float64) int {
	bits := math.Float64bits(v)
	i, ok := p.numbers[bits]
	if !ok {
		i = p.add(step{kind: aNumber, value: v})
		p.numbers[bits] = i
	}
	return i
}

// term returns the step of an expression whose parameters are given.
func (p *planner) term(t *primitive.Term, params map[string]int) int {
	return primitive.Fold(t, func(leaf *primitive.Term) int {
		if leaf.Param != "" {
			return params[leaf.Param]
		}
		return p.number(leaf.Value)
	}, p.apply)
}

// apply returns the step of a primitive.
func (p *planner) apply(op string, args []int) int {
	key := callOf(op, args)
	if i, ok := p.known[key]; ok {
		return i
	}
	kind, ok := kinds[op]
	if !ok {
		i := p.function(rowOf(op), slices.Clone(args))
		p.known[key] = i
		return i
	}
	s := step{kind: kind, args: [3]int{args[0], args[len(args)-1], args[len(args)-1]}, fixed: true}
	copy(s.args[:], args)
	switch {
	case kind == aRounding:
		s.round = rowOf(op).Unary
	case kind == anAbsolute:
		s.args[1], s.args[2] = p.number(0), p.apply("neg", args)
	}
	s.ahead = kind.compares() && (!p.numeric || kind <= aMinimum) // those have their numbers without a comparison
	for k, a := range args {
		s.fixed = s.fixed && p.steps[a].fixed
		s.self = s.self || p.steps[a].self
		s.ahead = s.ahead && (k > 1 || !p.steps[a].self)
	}
	i := p.add(s)
	p.known[key] = i
	return i
}

// function returns the step of a function.
func (p *planner) function(row *graph.Row, args []int) int {
	s := step{kind: aFunction, row: row, all: args, fixed: true, self: true}
	for _, a := range args {
		s.fixed = s.fixed && p.steps[a].fixed
	}
	return p.add(s)
}

// raise makes room for the coefficients of a step up to an order, and of what they are made of. form is that of a
// function, nil for the form of its row.
func (p *planner) raise(i, upto int, form *rowform.Form) {
	s := &p.steps[i]
	if s.fixed {
		upto = 0
	}
	if s.upto >= upto {
		return
	}
	s.upto = upto
	kind, args := s.kind, s.args
	switch {
	case kind == aFunction:
		all := s.all
		for _, a := range all {
			p.raise(a, 0, nil)
		}
		if upto == 0 {
			return
		}
		if s.of == nil {
			if form == nil {
				form = formOf(s.row)
			}
			of := p.moves(i, form)
			p.steps[i].of = of
		}
		for _, m := range p.steps[i].of {
			p.raise(m.moved, upto, nil)
			p.raise(m.slope, upto-1, nil)
		}
	case kind == aSeam:
		for _, pair := range s.pairs {
			p.raise(pair[0], 0, nil)
			p.raise(pair[1], 0, nil)
		}
	case kind >= aSum:
		most := upto
		if kind >= aGreater && kind <= aRounding {
			most = 0
		}
		ahead := s.ahead
		for k, a := range args[:arityOf(kind)] {
			if ahead && k < 2 {
				p.raise(a, p.order, nil)
			} else {
				p.raise(a, most, nil)
			}
		}
	}
}

// arityOf returns how many of the arguments of a step there are.
func arityOf(k stepKind) int {
	switch k {
	case aChoice, anAbsolute:
		return 3
	case aNegative, aNaN, aFinite, aRounding, aMove:
		return 1
	}
	return 2
}

// moves returns how function v follows its operands. Where an expression has another slope right behind the point than
// at it, the function has a kink there or ends, and all slopes are what is promised at it.
func (p *planner) moves(v int, form *rowform.Form) []move {
	row, all := p.steps[v].row, p.steps[v].all
	env := map[string]int{"y": v}
	var operands []int
	for i, param := range parametersOf(row) {
		if i < len(all) {
			env[param.Name] = all[i]
			if param.Kind == ops.ValueArg {
				operands = append(operands, all[i])
			}
		}
	}
	of := []move{}
	var seams []int    // places in of,
	var pairs [][2]int // and the slopes there
	for n, u := range operands {
		if p.steps[u].fixed || form.Slopes[n] == nil {
			continue
		}
		m := move{slope: p.term(form.Slopes[n], env), selects: form.Selects[n]}
		if comparesAny(form.Slopes[n]) {
			known := p.known
			p.known, p.numeric = make(map[call]int), true
			at := p.term(form.Slopes[n], env)
			p.known, p.numeric = known, false
			seams = append(seams, len(of))
			pairs = append(pairs, [2]int{m.slope, at})
		}
		key := callOf("move", []int{u})
		moved, ok := p.known[key]
		if !ok {
			moved = p.add(step{kind: aMove, args: [3]int{u}, self: p.steps[u].self})
			p.known[key] = moved
		}
		m.moved = moved
		of = append(of, m)
	}
	if len(pairs) == 0 {
		return of
	}
	seam := p.add(step{kind: aSeam, pairs: pairs})
	for k, n := range seams {
		of[n].slope = p.add(step{kind: aChoice, args: [3]int{seam, pairs[k][1], pairs[k][0]}, self: true})
	}
	return of
}

// comparesAny reports whether some part of an expression looks at which of two series is the larger one.
func comparesAny(t *primitive.Term) bool {
	return kinds[t.Op].compares() || slices.ContainsFunc(t.Args, comparesAny)
}
