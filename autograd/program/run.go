package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// run runs a machine's steps, or the first of them, on slots.
func run(steps []step, slots []float64) {
	var y float64 // what the step before has computed
	for {
		steps = steps[arithmetic(steps, slots, y):]
		if len(steps) == 0 {
			return
		}
		w := &steps[0]
		y = function(w, slots[w[1]], slots)
		slots[w[0]>>8] = y
		steps = steps[1:]
	}
}

// arithmetic runs steps up to the first that is left to [function], and returns how many it has run. The step before has
// computed y.
//
// What it calls nothing for it keeps in registers, and what a step needs of the one before does not come back from memory,
// which takes longer than to compute it. Every opcode has loads and a store of its own, which say the same over and over:
// processors remember, by the address of an instruction, whether it reads what another has just stored, and wait if it did
// once.
func arithmetic(steps []step, slots []float64, y float64) int {
	for k := range steps {
		w := &steps[k]
		switch opcode(w[0]) {
		case opAdd:
			y = slots[w[1]] + slots[w[2]]
			slots[w[0]>>8] = y
		case opThenAdd:
			y = y + slots[w[2]]
			slots[w[0]>>8] = y
		case opSub:
			y = slots[w[1]] - slots[w[2]]
			slots[w[0]>>8] = y
		case opThenSub:
			y = y - slots[w[2]]
			slots[w[0]>>8] = y
		case opMul:
			y = slots[w[1]] * slots[w[2]]
			slots[w[0]>>8] = y
		case opThenMul:
			y = y * slots[w[2]]
			slots[w[0]>>8] = y
		case opDiv:
			y = slots[w[1]] / slots[w[2]]
			slots[w[0]>>8] = y
		case opThenDiv:
			y = y / slots[w[2]]
			slots[w[0]>>8] = y
		case opMulAdd:
			y = float64(slots[w[1]]*slots[w[2]]) + slots[w[3]]
			slots[w[0]>>8] = y
		case opThenMulAdd:
			y = float64(y*slots[w[2]]) + slots[w[3]]
			slots[w[0]>>8] = y
		case opOntoMulAdd:
			y = float64(slots[w[1]]*slots[w[2]]) + y
			slots[w[0]>>8] = y
		case opMulSub:
			y = float64(slots[w[1]]*slots[w[2]]) - slots[w[3]]
			slots[w[0]>>8] = y
		case opThenMulSub:
			y = float64(y*slots[w[2]]) - slots[w[3]]
			slots[w[0]>>8] = y
		case opOntoMulSub:
			y = float64(slots[w[1]]*slots[w[2]]) - y
			slots[w[0]>>8] = y
		case opSubMul:
			y = slots[w[3]] - float64(slots[w[1]]*slots[w[2]])
			slots[w[0]>>8] = y
		case opThenSubMul:
			y = slots[w[3]] - float64(y*slots[w[2]])
			slots[w[0]>>8] = y
		case opOntoSubMul:
			y = y - float64(slots[w[1]]*slots[w[2]])
			slots[w[0]>>8] = y
		case opNeg:
			y = -slots[w[1]]
			slots[w[0]>>8] = y
		case opThenNeg:
			y = -y
			slots[w[0]>>8] = y
		case opSquare:
			a := slots[w[1]]
			y = a * a
			slots[w[0]>>8] = y
		case opThenSquare:
			y = y * y
			slots[w[0]>>8] = y
		case opReciprocal:
			y = 1 / slots[w[1]]
			slots[w[0]>>8] = y
		case opThenReciprocal:
			y = 1 / y
			slots[w[0]>>8] = y
		case opAbs:
			y = math.Abs(slots[w[1]])
			slots[w[0]>>8] = y
		case opSqrt:
			y = math.Sqrt(slots[w[1]])
			slots[w[0]>>8] = y
		case opIsNaN:
			a := slots[w[1]]
			y = oneIf(a != a)
			slots[w[0]>>8] = y
		case opIsFinite:
			a := slots[w[1]]
			y = oneIf(a-a == 0)
			slots[w[0]>>8] = y
		case opMaximum:
			y = max(slots[w[1]], slots[w[2]])
			slots[w[0]>>8] = y
		case opMinimum:
			y = min(slots[w[1]], slots[w[2]])
			slots[w[0]>>8] = y
		case opGt:
			y = oneIf(slots[w[1]] > slots[w[2]])
			slots[w[0]>>8] = y
		case opGe:
			y = oneIf(slots[w[1]] >= slots[w[2]])
			slots[w[0]>>8] = y
		case opLt:
			y = oneIf(slots[w[1]] < slots[w[2]])
			slots[w[0]>>8] = y
		case opLe:
			y = oneIf(slots[w[1]] <= slots[w[2]])
			slots[w[0]>>8] = y
		case opEq:
			y = oneIf(slots[w[1]] == slots[w[2]])
			slots[w[0]>>8] = y
		case opNe:
			y = oneIf(slots[w[1]] != slots[w[2]])
			slots[w[0]>>8] = y
		case opWhere:
			if y = slots[w[3]]; slots[w[1]] != 0 {
				y = slots[w[2]]
			}
			slots[w[0]>>8] = y
		case opChain:
			a := slots[w[1]]
			if y = 0; a != 0 {
				y = float64(a * slots[w[2]])
			}
			slots[w[0]>>8] = y
		case opSelect:
			a, b := slots[w[1]], slots[w[2]]
			if y = 0; a != 0 && b != 0 {
				y = float64(a * b)
			}
			slots[w[0]>>8] = y
		default:
			return k
		}
	}
	return len(steps)
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
