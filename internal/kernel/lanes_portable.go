package kernel

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// laneLoops are the operations of lanes in Go. Slices have one length.
var laneLoops = [numLaneOps]func(dst, a, b, c []float64){
	LaneAdd:       laneLoop(opAdd),
	LaneSub:       laneLoop(opSub),
	LaneMul:       laneLoop(opMul),
	LaneDiv:       laneLoop(opDiv),
	LaneSquare:    laneLoop(opSquare),
	LaneCopy:      func(dst, a, _, _ []float64) { copy(dst, a) },
	LaneNeg:       laneLoop(opNeg),
	LaneAbs:       laneLoop(opAbs),
	LaneSqrt:      laneLoop(opSqrt),
	LaneFloor:     lanes1(math.Floor),
	LaneCeil:      lanes1(math.Ceil),
	LaneRound:     lanes1(math.RoundToEven),
	LaneTrunc:     lanes1(math.Trunc),
	LaneSign:      lanes1(specfun.Sign),
	LaneIsNaN:     lanes1(func(a float64) float64 { return oneIf(a != a) }),
	LaneIsFinite:  lanes1(func(a float64) float64 { return oneIf(a-a == 0) }),
	LaneMax:       lanes2(func(a, b float64) float64 { return max(a, b) }),
	LaneMin:       lanes2(func(a, b float64) float64 { return min(a, b) }),
	LaneGt:        lanes2(func(a, b float64) float64 { return oneIf(a > b) }),
	LaneGe:        lanes2(func(a, b float64) float64 { return oneIf(a >= b) }),
	LaneEq:        lanes2(func(a, b float64) float64 { return oneIf(a == b) }),
	LaneNe:        lanes2(func(a, b float64) float64 { return oneIf(a != b) }),
	LaneWhere:     lanesWhere,
	LaneChain:     lanes2(specfun.Chain),
	LaneSelect:    lanes2(specfun.Select),
	LaneExp:       laneLoop(opExp),
	LaneLog:       laneLoop(opLog),
	LaneTanh:      laneLoop(opTanh),
	LaneTanhSlope: lanes1(tanhSlope[float64]),
	LaneErf:       laneLoop(opErf),
	LaneErfc:      lanes1(math.Erfc),
	LaneLog1p:     lanes1(math.Log1p),
	LaneExpm1:     lanes1(math.Expm1),
	LaneSin:       laneLoop(opSin),
	LaneCos:       laneLoop(opCos),
	LaneSinh:      lanes1(specfun.Sinh),
	LaneCosh:      lanes1(specfun.Cosh),
	LaneAtan:      lanes1(math.Atan),
	LaneAtan2:     lanes2(specfun.Atan2),
	LanePow:       lanes2(specfun.Pow),
	LaneHypot:     lanes2(math.Hypot),
}

// laneLoop returns the loop of an elementwise kernel.
func laneLoop(op opcode) func(dst, a, b, c []float64) {
	f := portable.f64.loops[op]
	return func(dst, a, b, _ []float64) { f(dst, a, b, 0) }
}

func lanes1(f func(a float64) float64) func(dst, a, b, c []float64) {
	return func(dst, a, _, _ []float64) {
		for i := range dst {
			dst[i] = f(a[i])
		}
	}
}

func lanes2(f func(a, b float64) float64) func(dst, a, b, c []float64) {
	return func(dst, a, b, _ []float64) {
		for i := range dst {
			dst[i] = f(a[i], b[i])
		}
	}
}

func lanesWhere(dst, cond, a, b []float64) {
	for i := range dst {
		if cond[i] != 0 {
			dst[i] = a[i]
		} else {
			dst[i] = b[i]
		}
	}
}

// step does a step in Go.
func (l *Lanes) step(s *LaneStep, slots []float64) {
	w := l.width
	dst := slots[int(s.Dst)*w:][:w]
	switch s.Op {
	case lanePause:
	case LaneFill:
		v := l.consts[-1-s.A]
		for i := range dst {
			dst[i] = v
		}
	case LaneCall:
		for i := range dst {
			dst[i] = s.F(l.operand(s.A, i, slots), l.operand(s.B, i, slots), l.operand(s.C, i, slots))
		}
	default:
		var in [3][]float64
		for i, v := range s.operands() {
			in[i] = slots[int(*v)*w:][:w]
		}
		laneLoops[s.Op](dst, in[0], in[1], in[2])
	}
}

// operand returns what lane i of an operand is.
func (l *Lanes) operand(v int32, i int, slots []float64) float64 {
	if v < 0 {
		return l.consts[-1-v]
	}
	return slots[int(v)*l.width+i]
}

func oneIf(c bool) float64 {
	if c {
		return 1
	}
	return 0
}
