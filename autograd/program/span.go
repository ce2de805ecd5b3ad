package program

import "github.com/seed366ff29f/chainrule/internal/kernel"

// runSpans does what the steps of spans do.
func runSpans(spans []span, slots []float64) {
	for k := range spans {
		s := &spans[k]
		if s.n == 0 || !s.run(slots) {
			runAlike(s.op, s.steps, slots)
		}
	}
}

// operand returns the slots of an operand, one of them if it is the same for all.
func (s *span) operand(i int, slots []float64) []float64 {
	if s.same[i] {
		return slots[s.at[1+i]:][:1]
	}
	return slots[s.at[1+i]:][:s.n]
}

// run does what the steps of a regular span do, if there is a kernel for it. Functions are those of operations on
// tensors, which differ by some units in the last place from those of numbers.
func (s *span) run(slots []float64) bool {
	dst, a := slots[s.at[0]:][:s.n], s.operand(0, slots)
	switch arities[s.op] {
	case 1:
		if s.same[0] {
			return false
		}
		return runFunction(s.op, dst, a)
	case 2:
		if s.same[0] && s.same[1] {
			return false
		}
		return runBinary(s.op, dst, a, s.operand(1, slots))
	}
	if s.op == opWhere && !s.same[0] {
		runWhere(dst, a, s.operand(1, slots), s.operand(2, slots))
		return true
	}
	return false
}

// spanFunctions are the kernels of functions of one number.
var spanFunctions = [numOpcodes]func(dst, x []float64){
	opNeg: kernel.Neg[float64], opSquare: kernel.Square[float64], opSqrt: kernel.Sqrt[float64], opAbs: kernel.Abs[float64],
	opExp: kernel.Exp[float64], opLog: kernel.Log[float64], opTanh: kernel.Tanh[float64], opSin: kernel.Sin[float64],
	opCos: kernel.Cos[float64], opErf: kernel.Erf[float64],
}

// A spanMap is the number of a kernel, if there is one.
type spanMap struct {
	op kernel.MapOp
	ok bool
}

// spanMaps are the kernels of functions that are mapped.
var spanMaps = [numOpcodes]spanMap{
	opSub: {kernel.MapSub, true}, opDiv: {kernel.MapDiv, true},
	opMaximum: {kernel.MapMax, true}, opMinimum: {kernel.MapMin, true},
	opGt: {kernel.MapGt, true}, opGe: {kernel.MapGe, true}, opEq: {kernel.MapEq, true}, opNe: {kernel.MapNe, true},
	opSign: {kernel.MapSign, true}, opFloor: {kernel.MapFloor, true}, opCeil: {kernel.MapCeil, true},
	opRound: {kernel.MapRound, true}, opTrunc: {kernel.MapTrunc, true}, opIsNaN: {kernel.MapIsNaN, true},
	opIsFinite: {kernel.MapIsFinite, true}, opReciprocal: {kernel.MapReciprocal, true},
	opExpm1: {kernel.MapExpm1, true}, opLog1p: {kernel.MapLog1p, true}, opAsin: {kernel.MapAsin, true}, opAcos: {kernel.MapAcos, true},
	opAtan: {kernel.MapAtan, true}, opSinh: {kernel.MapSinh, true}, opCosh: {kernel.MapCosh, true}, opAsinh: {kernel.MapAsinh, true},
	opAcosh: {kernel.MapAcosh, true}, opAtanh: {kernel.MapAtanh, true}, opErfc: {kernel.MapErfc, true},
	opAtan2: {kernel.MapAtan2, true}, opHypot: {kernel.MapHypot, true}, opPow: {kernel.MapPow, true},
}

// runFunction sets dst to a function of x, element by element, if there is a kernel for it.
func runFunction(op opcode, dst, x []float64) bool {
	if f := spanFunctions[op]; f != nil {
		f(dst, x)
		return true
	}
	m := spanMaps[op]
	if m.ok {
		kernel.Map(m.op, dst, x, nil, 0, 0)
	}
	return m.ok
}

// runBinary sets dst to what an operation has of a and b, element by element, if there is a kernel for it. One of the
// two can have one element, for all.
func runBinary(op opcode, dst, a, b []float64) bool {
	switch op {
	case opAdd, opMul:
		if len(a) < len(dst) {
			a, b = b, a
		}
		one := len(b) < len(dst)
		switch {
		case op == opAdd && one:
			kernel.AddScalar(dst, a, b[0])
		case op == opAdd:
			kernel.Add(dst, a, b)
		case one:
			kernel.MulScalar(dst, a, b[0])
		default:
			kernel.Mul(dst, a, b)
		}
		return true
	case opLt:
		kernel.Map(kernel.MapGt, dst, b, a, 0, 0)
		return true
	case opLe:
		kernel.Map(kernel.MapGe, dst, b, a, 0, 0)
		return true
	}
	m := spanMaps[op]
	if m.ok {
		kernel.Map(m.op, dst, a, b, 0, 0)
	}
	return m.ok
}

// runWhere sets dst to elements of x where c is not 0, and to those of y where it is. Both can have one element, for all.
func runWhere(dst, c, x, y []float64) {
	i, j := 0, 0
	for k, v := range c {
		if len(x) > 1 {
			i = k
		}
		if len(y) > 1 {
			j = k
		}
		dst[k] = y[j]
		if v != 0 {
			dst[k] = x[i]
		}
	}
}

// runAlike runs steps that have one opcode.
func runAlike(op opcode, steps []step, slots []float64) {
	switch op {
	case opAdd:
		for k := range steps {
			w := &steps[k]
			slots[w[0]>>8] = slots[w[1]] + slots[w[2]]
		}
	case opSub:
		for k := range steps {
			w := &steps[k]
			slots[w[0]>>8] = slots[w[1]] - slots[w[2]]
		}
	case opMul:
		for k := range steps {
			w := &steps[k]
			slots[w[0]>>8] = slots[w[1]] * slots[w[2]]
		}
	case opSquare:
		for k := range steps {
			w := &steps[k]
			slots[w[0]>>8] = slots[w[1]] * slots[w[1]]
		}
	default:
		run(steps, slots)
	}
}
