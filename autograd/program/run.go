package program

import "math"

// run runs steps on slots.
func run(steps []step, slots []float64) {
	for i := range steps {
		s := &steps[i]
		a := slots[s.a]
		var y float64
		switch s.op {
		case opAdd:
			y = a + slots[s.b]
		case opSub:
			y = a - slots[s.b]
		case opMul:
			y = a * slots[s.b]
		case opDiv:
			y = a / slots[s.b]
		case opMulAdd:
			y = float64(a*slots[s.b]) + slots[s.c]
		case opMulSub:
			y = float64(a*slots[s.b]) - slots[s.c]
		case opSubMul:
			y = slots[s.c] - float64(a*slots[s.b])
		case opNeg:
			y = -a
		case opSquare:
			y = a * a
		case opReciprocal:
			y = 1 / a
		case opAbs:
			y = math.Abs(a)
		case opExp:
			y = math.Exp(a)
		case opLog:
			y = math.Log(a)
		case opSqrt:
			y = math.Sqrt(a)
		case opSin:
			y = math.Sin(a)
		case opCos:
			y = math.Cos(a)
		case opTanh:
			y = math.Tanh(a)
		case opMaximum:
			y = max(a, slots[s.b])
		case opMinimum:
			y = min(a, slots[s.b])
		case opGt:
			y = oneIf(a > slots[s.b])
		case opGe:
			y = oneIf(a >= slots[s.b])
		case opLt:
			y = oneIf(a < slots[s.b])
		case opLe:
			y = oneIf(a <= slots[s.b])
		case opEq:
			y = oneIf(a == slots[s.b])
		case opNe:
			y = oneIf(a != slots[s.b])
		case opWhere:
			if y = slots[s.c]; a != 0 {
				y = slots[s.b]
			}
		case opChain:
			y = chain(a, slots[s.b])
		case opSelect:
			y = selectProduct(a, slots[s.b])
		default:
			y = operations[s.op].f(a, slots[s.b], slots[s.c])
		}
		slots[s.dst] = y
	}
}
