package kernel

import (
	"fmt"
	"unsafe"
)

// A LaneOp says what a [LaneStep] computes.
type LaneOp uint8

// The operations of lanes. Those without an entry here are computed by a function of Go, lane by lane: see [LaneCall].
const (
	LaneAdd       LaneOp = iota // a + b
	LaneSub                     // a - b
	LaneMul                     // a * b
	LaneDiv                     // a / b
	LaneSquare                  // a * a
	LaneFill                    // a, a constant
	LaneCopy                    // a
	LaneNeg                     // -a
	LaneAbs                     // |a|
	LaneSqrt                    // √a
	LaneFloor                   // the largest integer that is not larger
	LaneCeil                    // the smallest integer that is not smaller
	LaneRound                   // the nearest integer, of two the even one
	LaneTrunc                   // the integer part
	LaneSign                    // 1, -1, 0 for zeros, NaN for NaN
	LaneIsNaN                   // 1 where a is NaN, else 0
	LaneIsFinite                // 1 where a is neither infinite nor NaN, else 0
	LaneMax                     // the larger one, as the built-in function max finds it: NaN if one is, and 0 is more than -0
	LaneMin                     // the smaller one, as min finds it
	LaneGt                      // 1 where a > b, else 0
	LaneGe                      // 1 where a >= b, else 0
	LaneEq                      // 1 where a == b, else 0
	LaneNe                      // 1 where a != b, else 0
	LaneWhere                   // b where a is not 0, NaN included, else c
	LaneChain                   // a * b, 0 where a is 0
	LaneSelect                  // a * b, 0 where a or b is 0
	LaneExp                     // eᵃ
	LaneLog                     // ln a
	LaneTanh                    // tanh a
	LaneTanhSlope               // the derivative of tanh at a
	LaneErf                     // erf a
	LaneErfc                    // 1 - erf a, with an error below 3 ulp
	LaneLog1p                   // ln(1+a)
	LaneExpm1                   // eᵃ - 1
	LaneSin                     // sin a
	LaneCos                     // cos a
	LaneSinh                    // sinh a
	LaneCosh                    // cosh a
	LaneAtan                    // arctan a
	LaneAtan2                   // the angle of the point (b, a), as math.Atan2 has it
	LanePow                     // aᵇ, as math.Pow has it
	LaneHypot                   // √(a²+b²)
	LaneCall                    // F(a, b, c)
	lanePause                   // nothing
	numLaneOps
)

var laneNames = [numLaneOps]string{
	"Add", "Sub", "Mul", "Div", "Square", "Fill", "Copy", "Neg", "Abs", "Sqrt", "Floor", "Ceil", "Round", "Trunc", "Sign", "IsNaN",
	"IsFinite", "Max", "Min", "Gt", "Ge", "Eq", "Ne", "Where", "Chain", "Select", "Exp", "Log", "Tanh", "TanhSlope", "Erf", "Erfc", "Log1p",
	"Expm1", "Sin", "Cos", "Sinh", "Cosh", "Atan", "Atan2", "Pow", "Hypot",
	"Call", "pause",
}

// Long reports whether an operation is computed vector by vector, so that the step that follows must read its result from memory.
func (op LaneOp) Long() bool {
	return op >= LaneExp && op != LaneHypot
}

func (op LaneOp) String() string { return laneNames[op] }

// A LaneStep sets slot Dst to what an operation computes of A, B and C, lane by lane. An operand that is not negative is a slot, -1-i
// is constant i; operands that the operation does not take are not looked at. Dst may be one of the operands.
type LaneStep struct {
	Op           LaneOp
	Dst, A, B, C int32
	Once         bool                          // the next step and no other reads the result: it need not be kept
	F            func(a, b, c float64) float64 // of a LaneCall
}

// Lanes is a list of steps that is run for many inputs at once: a slot holds one number for each lane. It is ready for the
// implementation that was in use when it was made, and for any number of goroutines at once, each with its own buffer.
//
// The error of exp and its like is below 2 ulp, as that of [Exp], of LaneTanhSlope below 4 ulp, of LaneErfc below 3, of LanePow below 2
// up to results of 1e20 and their inverses and below 16 beyond; all other operations are rounded once. What a lane holds does not depend
// on the others.
type Lanes struct {
	width  int        // lanes
	steps  []LaneStep // those given, with pauses between and fills of constants before them
	slots  int
	consts []float64
	impl   *laneKernels // nil for loops in Go
	code   []laneCode   // for assembly: a step each, and the end
	spare  int          // the first of three slots, if there is a step that may end the run
	again  []laneCode   // that step alone, on the spare slots, and the end, for each operation
}

// lanesPortable is the number of lanes without assembly.
const lanesPortable = 32

// lanePauses is how many steps are run before others may have the processor: nothing interrupts assembly.
const lanePauses = 4096

// MaxLaneSlots is the largest number of slots that [NewLanes] takes.
const MaxLaneSlots = 1 << 22

// NewLanes returns the steps, ready to run on so many slots, with constants. It panics if an operand is out of range.
func NewLanes(steps []LaneStep, consts []float64, slots int) *Lanes {
	l := &Lanes{width: lanesPortable, slots: slots, consts: consts, impl: current.lanes}
	if l.impl != nil {
		l.width = l.impl.width
		l.impl.prepare()
	}
	l.check(steps)
	l.steps = l.lower(steps)
	if l.impl != nil {
		l.spares()
	}
	if l.slots > MaxLaneSlots {
		panic(fmt.Sprintf("kernel: NewLanes: %d slots, want at most %d", l.slots, MaxLaneSlots))
	}
	if l.impl != nil {
		l.encode()
	}
	return l
}

// check panics if a step names what there is not.
func (l *Lanes) check(steps []LaneStep) {
	for i := range steps {
		s := &steps[i]
		what := ""
		switch {
		case s.Op >= lanePause:
			what = fmt.Sprintf(" has the unknown operation %d", uint8(s.Op))
		case s.Op == LaneCall && s.F == nil:
			what = ", Call, has no function"
		case s.Op != LaneCall && s.F != nil:
			what = fmt.Sprintf(", %v, has a function", s.Op)
		case s.Dst < 0 || int(s.Dst) >= l.slots:
			what = fmt.Sprintf(" sets slot %d of %d by %v", s.Dst, l.slots, s.Op)
		case s.Op == LaneFill && s.A >= 0:
			what = fmt.Sprintf(" fills with slot %d, not with a constant", s.A)
		default:
			for _, v := range s.operands() {
				if int(*v) >= l.slots || *v < 0 && int(-1-*v) >= len(l.consts) {
					what = fmt.Sprintf(" reads %d of %d slots and %d constants", *v, l.slots, len(l.consts))
				}
			}
		}
		if what != "" {
			panic(fmt.Sprintf("kernel: NewLanes: step %d%s", i, what))
		}
	}
}

// laneArity is the number of operands of operations.
var laneArity = func() (n [numLaneOps]int8) {
	for op := range n {
		switch op := LaneOp(op); op {
		case LaneAdd, LaneSub, LaneMul, LaneDiv, LaneMax, LaneMin, LaneGt, LaneGe, LaneEq, LaneNe, LaneChain, LaneSelect, LaneAtan2, LanePow, LaneHypot:
			n[op] = 2
		case LaneWhere, LaneCall:
			n[op] = 3
		default:
			n[op] = 1
		}
	}
	return n
}()

// operands returns where the operands of a step stand.
func (s *LaneStep) operands() []*int32 {
	return []*int32{&s.A, &s.B, &s.C}[:laneArity[s.Op]]
}

// commutes reports whether the operands of an operation may be swapped.
func (op LaneOp) commutes() bool {
	switch op {
	case LaneAdd, LaneMul, LaneMax, LaneMin, LaneEq, LaneNe, LaneSelect, LaneHypot:
		return true
	}
	return false
}

// lower copies the steps, with pauses between them. Constants that an operation does not take as such are put in slots, by steps before
// all others.
func (l *Lanes) lower(given []LaneStep) []LaneStep {
	filled := map[int32]int32{}
	var fills []LaneStep
	steps := make([]LaneStep, 0, len(given)+len(given)/lanePauses+2)
	for i, s := range given {
		if i%lanePauses == lanePauses-1 {
			steps = append(steps, LaneStep{Op: lanePause})
		}
		if s.Op != LaneFill && s.Op != LaneCall {
			if s.A < 0 && laneArity[s.Op] == 2 && s.Op.commutes() {
				s.A, s.B = s.B, s.A
			}
			for _, v := range s.operands() {
				if *v >= 0 || l.takes(&s) {
					continue
				}
				slot, ok := filled[*v]
				if !ok {
					slot = int32(l.slots)
					l.slots++
					filled[*v] = slot
					fills = append(fills, LaneStep{Op: LaneFill, Dst: slot, A: *v})
				}
				*v = slot
			}
		}
		steps = append(steps, s)
	}
	return append(fills, steps...)
}

// spares reserves slots for steps that end the run.
func (l *Lanes) spares() {
	for i := range l.steps {
		if l.steps[i].Op.mayLeave() {
			l.spare = l.slots
			l.slots += 3
			return
		}
	}
}

// takes reports whether there is a kernel for the slots and constants that a step reads.
func (l *Lanes) takes(s *LaneStep) bool {
	if l.impl == nil {
		return false
	}
	kernel, _, _ := l.choose(s, noSlot)
	return kernel != 0
}

// Width returns the number of lanes.
func (l *Lanes) Width() int { return l.width }

// Steps returns the number of steps.
func (l *Lanes) Steps() int { return len(l.steps) }

// Size returns the number of elements that a buffer needs.
func (l *Lanes) Size() int { return l.slots*l.width + laneAlign }

// laneAlign is the size of a line of the cache, in elements. A vector that lies in two lines costs twice.
const laneAlign = 8

// Slots returns the part of a buffer of [Lanes.Size] elements in which the slots are, one after the other, each of [Lanes.Width]
// elements.
func (l *Lanes) Slots(buffer []float64) []float64 {
	mustMatch("Lanes.Slots", "buffer", len(buffer), l.Size())
	skip := -(uintptr(unsafe.Pointer(&buffer[0])) / 8) % laneAlign
	return buffer[skip:][:l.slots*l.width]
}

// Run does the steps. It sets slots, which [Lanes.Slots] returned.
func (l *Lanes) Run(slots []float64) {
	mustMatch("Lanes.Run", "slots", len(slots), l.slots*l.width)
	if l.impl == nil {
		for i := range l.steps {
			l.step(&l.steps[i], slots)
		}
		return
	}
	for i := 0; ; i++ {
		end := l.impl.run(&l.code[i].kernel, unsafe.SliceData(slots), unsafe.SliceData(l.consts))
		i = indexIn(l.code, end)
		if i == len(l.steps) {
			return
		}
		if s := &l.steps[i]; s.Op.mayLeave() {
			l.left(s, slots)
		} else {
			l.step(s, slots)
		}
	}
}

// Load copies rows of cols numbers, one for each of the first lanes, to cols slots from first on. There are at most as many rows as
// lanes, and at least one; the lanes without a row get what the first one gets.
func (l *Lanes) Load(slots []float64, first, cols int, rows []float64) {
	n := l.rows("Lanes.Load", slots, first, cols, len(rows))
	if n == 0 {
		return
	}
	to := slots[first*l.width:]
	if l.impl != nil && n == l.width {
		l.impl.load(&to[0], &rows[0], uintptr(cols)*8, cols)
		return
	}
	for c := range cols {
		slot := to[c*l.width:][:l.width]
		for r := range slot {
			slot[r] = rows[c]
			if r < n {
				slot[r] = rows[r*cols+c]
			}
		}
	}
}

// Store copies cols slots from first on to rows of cols numbers, one for each of the first lanes; -0 becomes 0. It reports whether a
// number is NaN.
func (l *Lanes) Store(rows []float64, slots []float64, first, cols int) (nan bool) {
	n := l.rows("Lanes.Store", slots, first, cols, len(rows))
	if n == 0 {
		return false
	}
	from := slots[first*l.width:]
	if l.impl != nil && n == l.width {
		return l.impl.store(&rows[0], uintptr(cols)*8, &from[0], cols) != 0
	}
	for c := range cols {
		for r, v := range from[c*l.width:][:n] {
			rows[r*cols+c] = v + 0
			nan = nan || v != v
		}
	}
	return nan
}

// rows returns how many rows of cols numbers there are in size. It panics if there are more than lanes, or not so many slots.
func (l *Lanes) rows(fn string, slots []float64, first, cols, size int) int {
	mustMatch(fn, "slots", len(slots), l.slots*l.width)
	n := mustRows(fn, "rows", size, cols)
	if n > l.width || first < 0 || first+cols > l.slots {
		panic(fmt.Sprintf("kernel: %s: %d rows of %d in slots from %d, and there are %d lanes and %d slots", fn, n, cols, first, l.width, l.slots))
	}
	return n
}
