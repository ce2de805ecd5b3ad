package autograd

import (
	"math"
	"math/bits"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/rowform"
	"github.com/seed366ff29f/chainrule/ops"
)

// A power has the coefficients of many power series at once, one in each lane.
type power struct {
	c      []float64 // by order, so many lanes each, as far as they have been asked for
	degree int       // those above are 0
	done   int       // how many orders are there
	finite int       // how many of them are known to be finite, -1 if not all are
	picked int8      // of a choice: 1 for the first in all lanes, -1 for the second, 2 for some of both, 0 if not known yet
	picks  []bool    // of some of both
}

// An evaluator computes the series of one plan after another.
type evaluator struct {
	g         *graph.Graph
	order     int
	lanes     int
	plan      *plan
	powers    []power // by step
	operands  [8]power
	constants []float64
	room      []float64 // of coefficients, until the next plan
	used      int
	zeros     []float64
}

// release lets go of what is not the evaluator's.
func (e *evaluator) release() {
	e.g, e.plan = nil, nil
	clear(e.powers[:cap(e.powers)])
	clear(e.operands[:])
}

// begin forgets all series and makes room for those of so many lanes.
func (e *evaluator) begin(lanes int) {
	e.lanes, e.used = lanes, 0
	if len(e.zeros) < lanes {
		e.zeros = make([]float64, lanes)
	}
}

// take returns room for n numbers, which are undefined, until the next begin.
func (e *evaluator) take(n int) []float64 {
	if e.used+n > len(e.room) {
		e.room, e.used = make([]float64, max(n, 2*len(e.room), 256)), 0 // what was taken stays where it is
	}
	e.used += n
	return e.room[e.used-n : e.used : e.used]
}

// prepare makes the plan for node n the one to compute, for the operands that are set, and returns the degree of its
// result.
func (e *evaluator) prepare(p *plan, n graph.Node) int {
	e.plan = p
	if p.reader != nil {
		e.constants = p.reader(e.constants[:0], n)
	}
	if cap(e.powers) < len(p.steps) {
		e.powers = make([]power, len(p.steps), 2*len(p.steps))
	}
	e.powers = e.powers[:len(p.steps)]
	for i := range p.steps {
		s := &p.steps[i]
		v := &e.powers[i]
		*v = power{}
		switch s.kind {
		case anOperand:
			*v = e.operands[s.index]
		case aSum, aDifference, aMaximum, aMinimum:
			v.degree = max(e.powers[s.args[0]].degree, e.powers[s.args[1]].degree)
		case aNegative, anAbsolute, aMove:
			v.degree = e.powers[s.args[0]].degree
		case aProduct:
			v.degree = min(e.powers[s.args[0]].degree+e.powers[s.args[1]].degree, e.order)
		case aQuotient:
			if v.degree = e.powers[s.args[0]].degree; e.powers[s.args[1]].degree > 0 {
				v.degree = e.order
			}
		case aChoice:
			v.degree = max(e.powers[s.args[1]].degree, e.powers[s.args[2]].degree)
		case aFunction:
			if !s.fixed {
				v.degree = e.order
			}
		}
	}
	s, v := &p.steps[p.result], &e.powers[p.result]
	if s.kind == aFunction && !s.fixed { // that of a product of slopes with operands: the square of a line is a parabola
		degree := 0
		for _, m := range s.of { // the slope may be the result
			degree = max(degree, e.powers[m.moved].degree+e.powers[m.slope].degree)
		}
		v.degree = min(degree, e.order)
	}
	return v.degree
}

// finish computes the result of the plan. Its numbers stand at the beginning of out already.
func (e *evaluator) finish(out []float64) {
	v := &e.powers[e.plan.result]
	v.c, v.done = out, 1
	e.need(e.plan.result, v.degree)
}

// need computes the coefficients of a step up to order k.
func (e *evaluator) need(i, k int) {
	v := &e.powers[i]
	for k = min(k, v.degree); v.done <= k; v.done++ {
		e.compute(i, v.done)
	}
}

// at returns the coefficients of order k of a step.
func (e *evaluator) at(i, k int) []float64 {
	v := &e.powers[i]
	if k > v.degree {
		return e.zeros[:e.lanes]
	}
	if k >= v.done {
		e.need(i, k)
	}
	return v.c[k*e.lanes:][:e.lanes:e.lanes]
}

// compute sets the coefficients of order k of a step, whose earlier ones are there.
func (e *evaluator) compute(i, k int) {
	s, v := &e.plan.steps[i], &e.powers[i]
	if v.c == nil {
		v.c = e.take((min(s.upto, v.degree) + 1) * e.lanes)
	}
	dst := v.c[k*e.lanes:][:e.lanes:e.lanes]
	a, b := s.args[0], s.args[1]
	switch s.kind {
	case aConstant:
		fill(dst, e.constants[s.index])
	case aNumber:
		fill(dst, s.value)
	case aSum:
		add(dst, e.at(a, k), e.at(b, k))
	case aDifference:
		sub(dst, e.at(a, k), e.at(b, k))
	case aNegative:
		neg(dst, e.at(a, k))
	case aProduct:
		if k == 0 {
			mul(dst, e.at(a, k), e.at(b, k))
			break
		}
		clear(dst)
		e.addProducts(dst, a, b, 0, k, true)
	case aQuotient:
		e.divide(dst, v, a, b, k)
	case aChoice:
		e.choose(dst, s, v, k, s.args[1], s.args[2])
	case anAbsolute:
		e.choose(dst, s, v, k, a, s.args[2])
	case aMaximum, aMinimum:
		e.choose(dst, s, v, k, a, b)
	case aRounding:
		for l, x := range e.at(a, 0) {
			dst[l], _ = s.round(x)
		}
	case aMove:
		if k == 0 {
			clear(dst) // whatever u is
			break
		}
		mulScalar(dst, e.at(a, k), float64(k))
	case aSeam:
		e.seam(dst, s)
	case aFunction:
		e.follow(dst, s, k)
	default:
		e.condition(dst, s)
	}
}

// addProducts adds to dst the products of the coefficients of a, from the given order on, with those of b that make
// order k. A 0 of a wins, and if both is true one of b too: what does not change contributes nothing, as in all sweeps.
func (e *evaluator) addProducts(dst []float64, a, b, from, k int, both bool) {
	x, y := &e.powers[a], &e.powers[b]
	from, to := max(from, k-y.degree), min(k, x.degree)
	if from > to {
		return
	}
	e.need(a, to)
	e.need(b, k-from)
	if e.lanes == 1 {
		sum := dst[0]
		for j := from; j <= to; j++ {
			if p, q := x.c[j], y.c[k-j]; p != 0 && (q != 0 || !both) {
				sum = math.FMA(p, q, sum)
			}
		}
		dst[0] = sum
		return
	}
	n := e.lanes
	for j := from; j <= to; j++ {
		p, q := x.c[j*n:][:n], y.c[(k-j)*n:][:n]
		if !both || e.finite(x, j) { // then a 0 of b wins by itself
			kernel.MulAddTo(dst, p, q)
			continue
		}
		for l := range dst {
			if p[l] != 0 && q[l] != 0 {
				dst[l] = math.FMA(p[l], q[l], dst[l])
			}
		}
	}
}

// finite reports whether the coefficients up to order k are, which are there.
func (e *evaluator) finite(v *power, k int) bool {
	for n := e.lanes; v.finite >= 0 && v.finite <= k; {
		if !kernel.AllFinite(v.c[v.finite*n:][:n]) {
			v.finite = -1
			break
		}
		v.finite++
	}
	return v.finite > k
}

// divide sets dst to the coefficients of order k of the quotient v of a and b.
func (e *evaluator) divide(dst []float64, v *power, a, b, k int) {
	copy(dst, e.at(a, k))
	n := e.lanes
	for j := max(0, k-e.powers[b].degree); j < k; j++ {
		x, y := v.c[j*n:][:n], e.at(b, k-j)
		for l := range dst {
			dst[l] -= times(x[l], y[l])
		}
	}
	for l, y := range e.at(b, 0) {
		if k == 0 || dst[l] != 0 {
			dst[l] /= y
		}
	}
}

// times returns the product of two coefficients, in which a zero wins. It is rounded, and not fused with a sum.
func times(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return float64(a * b)
}

// choose sets dst to the coefficients of yes in the lanes where the choice s is for it, and to those of no elsewhere.
// What is chosen nowhere is not computed.
func (e *evaluator) choose(dst []float64, s *step, v *power, k, yes, no int) {
	if k == 0 && s.kind != aChoice { // but for the sign of a 0, the same as what is chosen
		a, b := e.at(s.args[0], 0), e.at(s.args[1], 0)
		for l := range dst {
			switch s.kind {
			case anAbsolute:
				dst[l] = math.Abs(a[l])
			case aMaximum:
				dst[l] = max(a[l], b[l])
			default:
				dst[l] = min(a[l], b[l])
			}
		}
		return
	}
	if v.picked == 0 {
		e.pick(s, v)
	}
	switch v.picked {
	case 1:
		copy(dst, e.at(yes, k))
	case -1:
		copy(dst, e.at(no, k))
	default:
		x, y := e.at(yes, k), e.at(no, k)
		for l := range dst {
			if v.picks[l] {
				dst[l] = x[l]
			} else {
				dst[l] = y[l]
			}
		}
	}
}

// pick decides a choice.
func (e *evaluator) pick(s *step, v *power) {
	a := e.at(s.args[0], 0)
	yes := func(l int) bool {
		switch s.kind {
		case aChoice:
			return a[l] != 0
		case anAbsolute:
			return !(e.compare(s, l) < 0)
		case aMaximum:
			return a[l] != a[l] || e.compare(s, l) > 0
		}
		return a[l] != a[l] || e.compare(s, l) < 0
	}
	v.picked = -1
	if e.lanes > 0 && yes(0) {
		v.picked = 1
	}
	for l := 1; l < e.lanes; l++ {
		switch p := yes(l); {
		case v.picked == 2:
			v.picks[l] = p
		case p != (v.picked == 1):
			v.picks = make([]bool, e.lanes)
			for m := range l {
				v.picks[m] = !p
			}
			v.picks[l], v.picked = p, 2
		}
	}
}

// compare returns which of the two that a step compares is larger in a lane, right behind the point: where the numbers
// are equal, the first coefficients that differ decide, so that the two halves of one smooth function, such as e^-|x|
// where x is positive and e^-|x| elsewhere, fit together at the seam. It is 0 where all are equal, and where one is NaN.
func (e *evaluator) compare(s *step, l int) int {
	a, b := s.args[0], s.args[1]
	most := 0
	if s.ahead {
		most = max(e.powers[a].degree, e.powers[b].degree)
	}
	for k := 0; k <= most; k++ {
		switch x, y := e.at(a, k)[l], e.at(b, k)[l]; {
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

// condition sets dst to 1 where a condition holds and to 0 elsewhere.
func (e *evaluator) condition(dst []float64, s *step) {
	a, b := e.at(s.args[0], 0), e.at(s.args[1], 0)
	for l := range dst {
		x, y := a[l], b[l]
		ok := false
		switch s.kind {
		case aGreater:
			ok = e.compare(s, l) > 0
		case aGreaterOrEqual:
			c := e.compare(s, l)
			ok = c > 0 || c == 0 && x >= y
		case aLess:
			ok = e.compare(s, l) < 0
		case aLessOrEqual:
			c := e.compare(s, l)
			ok = c < 0 || c == 0 && x <= y
		case anEqual:
			ok = e.compare(s, l) == 0 && x == y
		case anUnequal:
			ok = e.compare(s, l) != 0 || x != y
		case aNaN:
			ok = x != x
		case aFinite:
			ok = x-x == 0
		}
		dst[l] = 0
		if ok {
			dst[l] = 1
		}
	}
}

// seam sets dst to 1 in the lanes where a slope is another right behind the point than at it.
func (e *evaluator) seam(dst []float64, s *step) {
	clear(dst)
	for _, pair := range s.pairs {
		behind, here := e.at(pair[0], 0), e.at(pair[1], 0)
		for l := range dst {
			if !alike(behind[l], here[l]) {
				dst[l] = 1
			}
		}
	}
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

// follow sets dst to the coefficients of order k of a function.
func (e *evaluator) follow(dst []float64, s *step, k int) {
	if k == 0 {
		e.numbers(dst, s)
		return
	}
	clear(dst)
	for i := range s.of {
		m := &s.of[i]
		e.addProducts(dst, m.moved, m.slope, 1, k, m.selects)
	}
	switch {
	case k == 1:
	case e.lanes == 1:
		dst[0] /= float64(k)
	case bits.OnesCount(uint(k)) == 1:
		kernel.MulScalar(dst, dst, 1/float64(k)) // exact
	default:
		divisor := e.take(e.lanes)
		kernel.Fill(divisor, float64(k))
		kernel.Div(dst, dst, divisor)
		e.used -= e.lanes
	}
}

// enoughForKernel is how many numbers are more quickly computed by the kernels of an operation that is recorded than one
// by one.
const enoughForKernel = 32

// numbers sets dst to the numbers of a function.
func (e *evaluator) numbers(dst []float64, s *step) {
	row := s.row
	switch {
	case row.Unary != nil:
		x := e.at(s.all[0], 0)
		if f, ok := row.Func.(func(graph.Value) graph.Value); ok && e.lanes >= enoughForKernel {
			e.g.Scratch(func() {
				t := e.g.Temp(e.lanes)
				copy(t.Float64s(), x)
				copy(dst, f(e.g.Lend(t)).Node().Data().Float64s())
				e.g.FreeTemp(t)
			})
			return
		}
		for l := range dst {
			dst[l], _ = row.Unary(x[l])
		}
	case row.Binary != nil:
		x, y := e.at(s.all[0], 0), e.at(s.all[1], 0)
		for l := range dst {
			dst[l], _, _ = row.Binary(x[l], y[l])
		}
	default:
		params := parametersOf(row)
		for l := range dst {
			var x float64
			var p [2]float64
			k := 0
			for n, a := range s.all {
				v := e.at(a, 0)[l]
				if params[n].Kind == ops.ValueArg {
					x = v
				} else {
					p[k] = v
					k++
				}
			}
			dst[l], _ = row.UnaryParam(x, p)
		}
	}
}

// Arithmetic with the coefficients of one order. That of one lane is not worth a kernel.

func fill(dst []float64, v float64) {
	if len(dst) == 1 {
		dst[0] = v
		return
	}
	kernel.Fill(dst, v)
}

func add(dst, a, b []float64) {
	if len(dst) == 1 {
		dst[0] = a[0] + b[0]
		return
	}
	kernel.Add(dst, a, b)
}

func sub(dst, a, b []float64) {
	if len(dst) == 1 {
		dst[0] = a[0] - b[0]
		return
	}
	kernel.Sub(dst, a, b)
}

func neg(dst, a []float64) {
	if len(dst) == 1 {
		dst[0] = -a[0]
		return
	}
	kernel.Neg(dst, a)
}

func mul(dst, a, b []float64) {
	if len(dst) == 1 {
		dst[0] = a[0] * b[0]
		return
	}
	kernel.Mul(dst, a, b)
}

func mulScalar(dst, a []float64, c float64) {
	if len(dst) == 1 {
		dst[0] = a[0] * c
		return
	}
	kernel.MulScalar(dst, a, c)
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
