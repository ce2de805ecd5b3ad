package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// run runs a machine's words, or the first of them, on slots. Steps often read what the one before has set: it need not come
// back from memory then, which takes longer than to compute it.
func run(words []uint32, slots []float64) {
	var y float64
	last := ^uint32(0)
	for pc := 0; pc < len(words)-padding; {
		w := (*[4]uint32)(words[pc:])
		a := y
		if w[1] != last {
			a = slots[w[1]]
		}
		last = w[0] >> 8
		pc += 2
		switch opcode(w[0]) {
		case opAdd:
			pc++
			y = a + slots[w[2]]
		case opSub:
			pc++
			y = a - slots[w[2]]
		case opMul:
			pc++
			y = a * slots[w[2]]
		case opDiv:
			pc++
			y = a / slots[w[2]]
		case opMulAdd:
			pc += 2
			y = float64(a*slots[w[2]]) + slots[w[3]]
		case opMulSub:
			pc += 2
			y = float64(a*slots[w[2]]) - slots[w[3]]
		case opSubMul:
			pc += 2
			y = slots[w[3]] - float64(a*slots[w[2]])
		case opNeg:
			y = -a
		case opSquare:
			y = a * a
		case opReciprocal:
			y = 1 / a
		case opAbs:
			y = math.Abs(a)
		case opExp:
			y = specfun.Exp(a)
		case opLog:
			y = specfun.Log(a)
		case opSqrt:
			y = math.Sqrt(a)
		case opSin:
			y = specfun.Sin(a)
		case opCos:
			y = specfun.Cos(a)
		case opTanh:
			y = specfun.Tanh(a)
		case opLog1p:
			y = math.Log1p(a)
		case opExpm1:
			y = math.Expm1(a)
		case opTan:
			y = specfun.Tan(a)
		case opAtan:
			y = math.Atan(a)
		case opSinh:
			y = specfun.Sinh(a)
		case opCosh:
			y = specfun.Cosh(a)
		case opErf:
			y = math.Erf(a)
		case opErfc:
			y = math.Erfc(a)
		case opSign:
			y = specfun.Sign(a)
		case opIsNaN:
			y = oneIf(a != a)
		case opIsFinite:
			y = oneIf(a-a == 0)
		case opPow:
			pc++
			y = specfun.Pow(a, slots[w[2]])
		case opHypot:
			pc++
			y = math.Hypot(a, slots[w[2]])
		case opAtan2:
			pc++
			y = specfun.Atan2(a, slots[w[2]])
		case opMaximum:
			pc++
			y = max(a, slots[w[2]])
		case opMinimum:
			pc++
			y = min(a, slots[w[2]])
		case opGt:
			pc++
			y = oneIf(a > slots[w[2]])
		case opGe:
			pc++
			y = oneIf(a >= slots[w[2]])
		case opLt:
			pc++
			y = oneIf(a < slots[w[2]])
		case opLe:
			pc++
			y = oneIf(a <= slots[w[2]])
		case opEq:
			pc++
			y = oneIf(a == slots[w[2]])
		case opNe:
			pc++
			y = oneIf(a != slots[w[2]])
		case opWhere:
			pc += 2
			if y = slots[w[3]]; a != 0 {
				y = slots[w[2]]
			}
		case opChain:
			pc++
			y = specfun.Chain(a, slots[w[2]])
		case opSelect:
			pc++
			y = specfun.Select(a, slots[w[2]])
		default:
			var b, c float64
			switch arities[opcode(w[0])] {
			case 3:
				c = slots[w[3]]
				pc++
				fallthrough
			case 2:
				b = slots[w[2]]
				pc++
			}
			y = operations[opcode(w[0])].f(a, b, c)
		}
		slots[last] = y
	}
}
