package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// run runs a machine's steps, or the first of them, on slots. Steps often read what the one before has set: it need not come
// back from memory then, which takes longer than to compute it.
//
// Steps of one size need no count of what has been read, and a call at one place only leaves more registers to the loop.
func run(steps []step, slots []float64) {
	var y float64
	last := ^uint32(0)
	for k := range steps {
		w := &steps[k]
		a := y
		if w[1] != last {
			a = slots[w[1]]
		}
		last = w[0] >> 8
		switch opcode(w[0]) {
		case opAdd:
			y = a + slots[w[2]]
		case opSub:
			y = a - slots[w[2]]
		case opMul:
			y = a * slots[w[2]]
		case opDiv:
			y = a / slots[w[2]]
		case opMulAdd:
			y = float64(a*slots[w[2]]) + slots[w[3]]
		case opMulSub:
			y = float64(a*slots[w[2]]) - slots[w[3]]
		case opSubMul:
			y = slots[w[3]] - float64(a*slots[w[2]])
		case opNeg:
			y = -a
		case opSquare:
			y = a * a
		case opReciprocal:
			y = 1 / a
		case opAbs:
			y = math.Abs(a)
		case opSqrt:
			y = math.Sqrt(a)
		case opIsNaN:
			y = oneIf(a != a)
		case opIsFinite:
			y = oneIf(a-a == 0)
		case opMaximum:
			y = max(a, slots[w[2]])
		case opMinimum:
			y = min(a, slots[w[2]])
		case opGt:
			y = oneIf(a > slots[w[2]])
		case opGe:
			y = oneIf(a >= slots[w[2]])
		case opLt:
			y = oneIf(a < slots[w[2]])
		case opLe:
			y = oneIf(a <= slots[w[2]])
		case opEq:
			y = oneIf(a == slots[w[2]])
		case opNe:
			y = oneIf(a != slots[w[2]])
		case opWhere:
			if y = slots[w[3]]; a != 0 {
				y = slots[w[2]]
			}
		case opChain:
			if y = 0; a != 0 {
				y = float64(a * slots[w[2]])
			}
		case opSelect:
			b := slots[w[2]]
			if y = 0; a != 0 && b != 0 {
				y = float64(a * b)
			}
		default:
			y = function(w, a, slots)
		}
		slots[last] = y
	}
}

// function returns the result of a step that run leaves to it, whose first operand is given. What programs have most often
// it finds without the table.
//
//go:noinline
func function(w *step, a float64, slots []float64) float64 {
	switch op := opcode(w[0]); op {
	case opExp:
		return specfun.Exp(a)
	case opLog:
		return specfun.Log(a)
	case opSin:
		return specfun.Sin(a)
	case opCos:
		return specfun.Cos(a)
	case opTanh:
		return specfun.Tanh(a)
	case opLog1p:
		return math.Log1p(a)
	case opExpm1:
		return math.Expm1(a)
	case opTan:
		return specfun.Tan(a)
	case opAtan:
		return math.Atan(a)
	case opSinh:
		return specfun.Sinh(a)
	case opCosh:
		return specfun.Cosh(a)
	case opErf:
		return math.Erf(a)
	case opErfc:
		return math.Erfc(a)
	case opSign:
		return specfun.Sign(a)
	case opPow:
		return specfun.Pow(a, slots[w[2]])
	case opHypot:
		return math.Hypot(a, slots[w[2]])
	case opAtan2:
		return specfun.Atan2(a, slots[w[2]])
	default: // operands that it does not take are slot 0
		return operations[op].f(a, slots[w[2]], slots[w[3]])
	}
}
