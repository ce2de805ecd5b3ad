package autograd

import (
	"math"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
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

// A series has the coefficients of many power series at once, one in each lane.
type series struct {
	c     [][]float64           // by order, as far as they have been asked for
	next  func(k int) []float64 // computes those of order k, after all before; nil for a constant
	zeros []float64             // of a constant, for higher orders
	self  bool                  // it is made of a result that is being computed: coefficients must not be asked for ahead
}

func (s *series) at(k int) []float64 {
	if s.next == nil && k >= len(s.c) {
		return s.zeros
	}
	for len(s.c) <= k {
		s.c = append(s.c, s.next(len(s.c)))
	}
	return s.c[k]
}

func (s *series) constant() bool { return s.next == nil && len(s.c) <= 1 }

// times returns the product of two coefficients, in which a zero wins: what does not change contributes nothing, as in
// all sweeps.
func times(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}

// addTimes adds to sum the products of coefficients, in which a zero wins.
func addTimes(sum, a, b []float64) {
	if kernel.AllFinite(a) { // then a zero of b wins by itself
		kernel.MulAddTo(sum, a, b)
		return
	}
	for i := range sum {
		sum[i] += times(a[i], b[i])
	}
}

// An expander computes series of so many lanes, up to an order.
type expander struct {
	lanes, order int
	g            *graph.Graph      // whose pool has room for coefficients
	lent         *[]*tensor.Tensor // that is given back by free
	zeros        []float64
	numeric      bool // conditions look at numbers alone, see [expander.compare]
	known        map[call]*series
	numbers      map[uint64]*series
}

// A call is a function of series, by which they are found again: the sine that is the slope of a cosine is the one whose
// slope the cosine is.
type call struct {
	op      string
	a, b, c *series
}

// newExpander returns one that adds to lent what it takes from the pool of g.
func newExpander(g *graph.Graph, lent *[]*tensor.Tensor, lanes, order int) *expander {
	e := &expander{g: g, lent: lent, lanes: lanes, order: order, known: make(map[call]*series), numbers: make(map[uint64]*series)}
	e.zeros = e.vector()
	return e
}

// vector returns zeros, one for each lane, that are good until free.
func (e *expander) vector() []float64 {
	t := e.g.Temp(e.lanes)
	*e.lent = append(*e.lent, t)
	return t.Float64s()
}

func (e *expander) free() {
	for _, t := range *e.lent {
		e.g.FreeTemp(t)
	}
	*e.lent = nil
}

// number returns a constant, the same in all lanes.
func (e *expander) number(v float64) *series {
	bits := math.Float64bits(v)
	s := e.numbers[bits]
	if s == nil {
		c := e.vector()
		kernel.Fill(c, v)
		s = &series{c: [][]float64{c}, zeros: e.zeros}
		e.numbers[bits] = s
	}
	return s
}

// lane returns coefficients that are made lane by lane.
func (e *expander) lane(f func(i int) float64) []float64 {
	c := e.vector()
	for i := range c {
		c[i] = f(i)
	}
	return c
}

// term returns the series of an expression whose parameters are given.
func (e *expander) term(t *primitive.Term, params map[string]*series) *series {
	return primitive.Fold(t, func(leaf *primitive.Term) *series {
		if leaf.Param != "" {
			return params[leaf.Param]
		}
		return e.number(leaf.Value)
	}, e.apply)
}

// apply returns what a primitive makes of series.
func (e *expander) apply(op string, args []*series) *series {
	key := call{op: op}
	for i, p := range []**series{&key.a, &key.b, &key.c} {
		if i < len(args) {
			*p = args[i]
		}
	}
	if s := e.known[key]; s != nil {
		return s
	}
	s := e.compute(op, args)
	fixed := true
	for _, a := range args {
		s.self = s.self || a.self
		fixed = fixed && a.constant()
	}
	if fixed && s.next != nil {
		s = &series{c: [][]float64{s.at(0)}, zeros: e.zeros, self: s.self}
	}
	e.known[key] = s
	return s
}

func (e *expander) compute(op string, args []*series) *series {
	a := args[0]
	b := args[len(args)-1]
	switch op {
	case "add":
		return e.each(func(v []float64, k int) { kernel.Add(v, a.at(k), b.at(k)) })
	case "sub":
		return e.each(func(v []float64, k int) { kernel.Sub(v, a.at(k), b.at(k)) })
	case "neg":
		return e.each(func(v []float64, k int) { kernel.Neg(v, a.at(k)) })
	case "mul":
		return e.product(a, b)
	case "div":
		return e.quotient(a, b)
	case "where":
		return e.chosen(func(i int) bool { return args[0].at(0)[i] != 0 }, args[1], b)
	case "abs":
		zero := e.number(0)
		s := e.chosen(func(i int) bool { return !(e.compare(a, zero, i) < 0) }, a, e.apply("neg", args))
		return e.beginning(func(i int) float64 { return math.Abs(a.at(0)[i]) }, s)
	case "maximum":
		s := e.chosen(func(i int) bool { return a.at(0)[i] != a.at(0)[i] || e.compare(a, b, i) > 0 }, a, b)
		return e.beginning(func(i int) float64 { return max(a.at(0)[i], b.at(0)[i]) }, s)
	case "minimum":
		s := e.chosen(func(i int) bool { return a.at(0)[i] != a.at(0)[i] || e.compare(a, b, i) < 0 }, a, b)
		return e.beginning(func(i int) float64 { return min(a.at(0)[i], b.at(0)[i]) }, s)
	}
	if primitive.IsCondition(op) {
		return e.condition(op, a, b)
	}
	switch op {
	case "floor", "ceil", "round", "trunc", "sign":
		f := rowOf(op).Unary
		return &series{c: [][]float64{e.lane(func(i int) float64 { y, _ := f(a.at(0)[i]); return y })}, zeros: e.zeros}
	}
	row := rowOf(op)
	return e.function(row, formOf(row), args, nil)
}

// each returns a series whose coefficients are made one from those of the same order.
func (e *expander) each(set func(v []float64, k int)) *series {
	return &series{next: func(k int) []float64 {
		v := e.vector()
		set(v, k)
		return v
	}}
}

func (e *expander) product(a, b *series) *series {
	if b.constant() {
		a, b = b, a
	}
	return &series{next: func(k int) []float64 {
		v := e.vector()
		if k == 0 {
			kernel.Mul(v, a.at(0), b.at(0))
			return v
		}
		last := k
		if a.constant() {
			last = 0
		}
		for j := 0; j <= last; j++ {
			addTimes(v, a.at(j), b.at(k-j))
		}
		return v
	}}
}

func (e *expander) quotient(a, b *series) *series {
	s := &series{}
	s.next = func(k int) []float64 {
		v := e.vector()
		copy(v, a.at(k))
		if k > 0 && !b.constant() {
			for j := range k {
				x, y := s.c[j], b.at(k-j)
				for i := range v {
					v[i] -= times(x[i], y[i])
				}
			}
		}
		for i, y := range b.at(0) {
			if k == 0 || v[i] != 0 {
				v[i] /= y
			}
		}
		return v
	}
	return s
}

// chosen returns a series with the lanes of yes where pick says so, and those of no elsewhere. What is chosen nowhere
// is not computed.
func (e *expander) chosen(pick func(i int) bool, yes, no *series) *series {
	var picked []bool
	some, all := false, true
	return &series{next: func(k int) []float64 {
		if picked == nil {
			picked = make([]bool, e.lanes)
			for i := range picked {
				picked[i] = pick(i)
				some, all = some || picked[i], all && picked[i]
			}
		}
		switch {
		case all:
			return yes.at(k)
		case !some:
			return no.at(k)
		}
		x, y := yes.at(k), no.at(k)
		return e.lane(func(i int) float64 {
			if picked[i] {
				return x[i]
			}
			return y[i]
		})
	}}
}

// beginning returns s with the given coefficients of order 0, which are those of s but for the sign of a 0.
func (e *expander) beginning(with func(i int) float64, s *series) *series {
	return &series{next: func(k int) []float64 {
		if k == 0 {
			return e.lane(with)
		}
		return s.at(k)
	}}
}

// compare returns which of two is larger in a lane, right behind the point: where the numbers are equal, the first
// coefficients that differ decide, so that the two halves of one smooth function, such as e^-|x| where x is positive
// and e^-|x| elsewhere, fit together at the seam. It is 0 where all are equal, and where one is NaN.
func (e *expander) compare(a, b *series, i int) int {
	for k := 0; k <= e.order; k++ {
		if k > 0 && (e.numeric || a.self || b.self) {
			break
		}
		switch x, y := a.at(k)[i], b.at(k)[i]; {
		case x < y:
			return -1
		case x > y:
			return 1
		case x != y:
			return 0
		}
	}
	return 0
}

func (e *expander) condition(op string, a, b *series) *series {
	return &series{zeros: e.zeros, c: [][]float64{e.lane(func(i int) float64 {
		x, y := a.at(0)[i], b.at(0)[i]
		c := e.compare(a, b, i)
		ok := false
		switch op {
		case "gt":
			ok = c > 0
		case "ge":
			ok = c > 0 || c == 0 && x >= y
		case "lt":
			ok = c < 0
		case "le":
			ok = c < 0 || c == 0 && x <= y
		case "eq":
			ok = c == 0 && x == y
		case "ne":
			ok = c != 0 || x != y
		case "isnan":
			ok = x != x
		case "isfinite":
			ok = x-x == 0
		}
		if ok {
			return 1
		}
		return 0
	})}}
}

// function returns what an operation, whose slopes are those of form, makes of series element by element. values, if
// not nil, are its numbers.
func (e *expander) function(row *graph.Row, form *rowform.Form, args []*series, values []float64) *series {
	v := &series{self: true}
	var slopes []*series // by operand, nil for one that is constant
	operands := operandsOf(row, args)
	moves := make([][][]float64, len(operands)) // j·uⱼ by operand, from order 1 on
	v.next = func(k int) []float64 {
		if k == 0 {
			if values != nil {
				return values
			}
			return e.numbersOf(row, args)
		}
		if slopes == nil {
			slopes = e.slopesOf(row, form, args, operands, v)
		}
		out := e.vector()
		for n, u := range operands {
			if slopes[n] == nil {
				continue
			}
			moved := e.vector()
			kernel.MulScalar(moved, u.at(k), float64(k))
			moves[n] = append(moves[n], moved)
			for j := 1; j <= k; j++ {
				x, d := moves[n][j-1], slopes[n].at(k-j)
				if form.Selects[n] {
					addTimes(out, x, d)
				} else {
					kernel.MulAddTo(out, x, d)
				}
			}
		}
		kernel.Div(out, out, e.number(float64(k)).at(0))
		return out
	}
	return v
}

// operandsOf returns those of args that are operands of the row, and not constants.
func operandsOf(row *graph.Row, args []*series) []*series {
	var list []*series
	for i, p := range parametersOf(row) {
		if p.Kind == ops.ValueArg && i < len(args) {
			list = append(list, args[i])
		}
	}
	return list
}

// slopesOf returns the series of the slopes by the operands that are not constant. v is the result. Where an expression
// has another slope right behind the point than at it, the function has a kink there or ends, and all slopes are what
// is promised at it.
func (e *expander) slopesOf(row *graph.Row, form *rowform.Form, args, operands []*series, v *series) []*series {
	env := map[string]*series{"y": v}
	for i, p := range parametersOf(row) {
		env[p.Name] = args[i]
	}
	list := make([]*series, len(operands))
	kinks, some := make([]bool, e.lanes), false
	for n, u := range operands {
		if u.constant() || form.Slopes[n] == nil {
			continue
		}
		list[n] = e.term(form.Slopes[n], env)
		if e.numeric {
			continue
		}
		here := e.at(func(at *expander, again map[string]*series) []float64 { return at.term(form.Slopes[n], again).at(0) }, env)
		behind := list[n].at(0)
		for i := range kinks {
			if !alike(behind[i], here[i]) {
				kinks[i], some = true, true
			}
		}
	}
	if !some {
		return list
	}
	for n, s := range list {
		if s == nil {
			continue
		}
		e.numeric = true
		known := e.known
		e.known = make(map[call]*series)
		promised := e.term(form.Slopes[n], env)
		promised.at(0)
		e.numeric, e.known = false, known
		list[n] = e.chosen(func(i int) bool { return kinks[i] }, promised, s)
	}
	return list
}

// alike reports whether two slopes are the same but for rounding. An infinite one is like itself only.
func alike(a, b float64) bool {
	switch {
	case a == b, a != a && b != b:
		return true
	case math.IsInf(a, 0) || math.IsInf(b, 0):
		return false
	}
	return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}

// at calls f with an expander of order 0 and the numbers that parameters have at the point.
func (e *expander) at(f func(at *expander, params map[string]*series) []float64, params map[string]*series) []float64 {
	point := newExpander(e.g, e.lent, e.lanes, 0)
	point.numeric = true
	again := make(map[string]*series, len(params))
	for name, s := range params {
		again[name] = &series{c: [][]float64{s.at(0)}, zeros: point.zeros}
	}
	return f(point, again)
}

// numbersOf returns the numbers of an operation on the numbers of its arguments.
func (e *expander) numbersOf(row *graph.Row, args []*series) []float64 {
	switch {
	case row.Unary != nil:
		return e.lane(func(i int) float64 { y, _ := row.Unary(args[0].at(0)[i]); return y })
	case row.Binary != nil:
		return e.lane(func(i int) float64 { y, _, _ := row.Binary(args[0].at(0)[i], args[1].at(0)[i]); return y })
	}
	params := parametersOf(row)
	return e.lane(func(i int) float64 {
		var x float64
		var p [2]float64
		k := 0
		for n, a := range args {
			if params[n].Kind == ops.ValueArg {
				x = a.at(0)[i]
			} else {
				p[k] = a.at(0)[i]
				k++
			}
		}
		y, _ := row.UnaryParam(x, p)
		return y
	})
}

// forms are the expressions of rows, as they have been asked for.
var forms sync.Map // of *graph.Row to *rowform.Form

// formOf returns the expressions of an elementwise row, nil if it has none.
func formOf(row *graph.Row) *rowform.Form {
	if f, ok := forms.Load(row); ok {
		return f.(*rowform.Form)
	}
	f, err := rowform.Of(row)
	if err != nil {
		f = nil
	}
	forms.Store(row, f)
	return f
}

// rows are those of primitives, as they have been asked for.
var rows sync.Map // of string to *graph.Row

// rowOf returns the row of a primitive, which has its name.
func rowOf(name string) *graph.Row {
	if row, ok := rows.Load(name); ok {
		return row.(*graph.Row)
	}
	row, _ := ops.Lookup(name)
	rows.Store(name, row)
	return row
}

// signatures are the parameters of rows, as they have been asked for.
var signatures sync.Map // of *graph.Row to []ops.Parameter

// parametersOf returns the parameters of a row's function.
func parametersOf(row *graph.Row) []ops.Parameter {
	if p, ok := signatures.Load(row); ok {
		return p.([]ops.Parameter)
	}
	p, _ := ops.Signature(row)
	signatures.Store(row, p)
	return p
}
