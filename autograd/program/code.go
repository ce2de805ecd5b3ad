package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
	"github.com/seed366ff29f/chainrule/ops"
)

// An opcode says what an instruction computes of its operands a, b and c.
type opcode uint8

// The opcodes: first the primitives of [graph.Row]'s Value, whose names they have in lower snake case.
const (
	opInvalid opcode = iota
	opAdd
	opSub
	opMul
	opDiv
	opNeg
	opAbs
	opExp
	opLog
	opLog1p
	opExpm1
	opSqrt
	opPow
	opHypot
	opSin
	opCos
	opTan
	opAsin
	opAcos
	opAtan
	opAtan2
	opSinh
	opCosh
	opTanh
	opAsinh
	opAcosh
	opAtanh
	opFloor
	opCeil
	opRound // to even
	opTrunc
	opSign    // +0 for -0, NaN for NaN
	opMaximum // NaN if one of the two is; +0 is more than -0
	opMinimum
	opGt // 1 or 0, like all conditions
	opGe
	opLt
	opLe
	opEq
	opNe
	opIsNaN
	opIsFinite
	opWhere // b if a is not 0, NaN included, else c

	// Special functions, which package ops computes.
	opErf
	opErfc
	opErfcx
	opErfcxDerivative // of order a at b
	opErfinv
	opErfcinv
	opLgamma
	opDigamma
	opPolygamma // of order a at b
	opLbeta
	opDigammaDifference
	opSincDerivative // of order a at b

	// What programs need besides.
	opSquare     // a·a
	opReciprocal // 1/a
	opChain      // a·b, 0 where a is 0: an adjoint that is 0 contributes 0 whatever the derivative b
	opSelect     // a·b, 0 where a or b is 0: nothing goes to what was not selected

	// Two instructions in one, rounded twice as they are. They occur in a machine only.
	opMulAdd // a·b + c
	opMulSub // a·b - c
	opSubMul // c - a·b

	numOpcodes
)

// Opcodes of a machine's steps, besides: those whose first operand, or with Onto whose last, is what the step before has
// computed.
const (
	opThenAdd opcode = numOpcodes + iota
	opThenSub
	opThenMul
	opThenDiv
	opThenNeg
	opThenSquare
	opThenReciprocal
	opThenMulAdd
	opThenMulSub
	opThenSubMul
	opOntoMulAdd
	opOntoMulSub
	opOntoSubMul
)

// An operation is what the table of opcodes says of one.
type operation struct {
	name  string
	arity int                           // operands
	f     func(a, b, c float64) float64 // the reference: what an instruction computes, bit for bit where the program runs in Go
}

// operations is the table of opcodes.
var operations = [numOpcodes]operation{
	opAdd:      {"add", 2, func(a, b, _ float64) float64 { return a + b }},
	opSub:      {"sub", 2, func(a, b, _ float64) float64 { return a - b }},
	opMul:      {"mul", 2, func(a, b, _ float64) float64 { return a * b }},
	opDiv:      {"div", 2, func(a, b, _ float64) float64 { return a / b }},
	opNeg:      {"neg", 1, func(a, _, _ float64) float64 { return -a }},
	opAbs:      unary("abs", math.Abs),
	opExp:      unary("exp", specfun.Exp),
	opLog:      unary("log", specfun.Log),
	opLog1p:    unary("log1p", math.Log1p),
	opExpm1:    unary("expm1", math.Expm1),
	opSqrt:     unary("sqrt", math.Sqrt),
	opPow:      binary("pow", specfun.Pow),
	opHypot:    binary("hypot", math.Hypot),
	opSin:      unary("sin", specfun.Sin),
	opCos:      unary("cos", specfun.Cos),
	opTan:      unary("tan", specfun.Tan),
	opAsin:     unary("asin", specfun.Asin),
	opAcos:     unary("acos", specfun.Acos),
	opAtan:     unary("atan", math.Atan),
	opAtan2:    binary("atan2", specfun.Atan2),
	opSinh:     unary("sinh", specfun.Sinh),
	opCosh:     unary("cosh", specfun.Cosh),
	opTanh:     unary("tanh", specfun.Tanh),
	opAsinh:    unary("asinh", math.Asinh),
	opAcosh:    unary("acosh", math.Acosh),
	opAtanh:    unary("atanh", math.Atanh),
	opFloor:    unary("floor", math.Floor),
	opCeil:     unary("ceil", math.Ceil),
	opRound:    unary("round", math.RoundToEven),
	opTrunc:    unary("trunc", math.Trunc),
	opSign:     unary("sign", specfun.Sign),
	opMaximum:  {"maximum", 2, func(a, b, _ float64) float64 { return max(a, b) }},
	opMinimum:  {"minimum", 2, func(a, b, _ float64) float64 { return min(a, b) }},
	opGt:       {"gt", 2, func(a, b, _ float64) float64 { return oneIf(a > b) }},
	opGe:       {"ge", 2, func(a, b, _ float64) float64 { return oneIf(a >= b) }},
	opLt:       {"lt", 2, func(a, b, _ float64) float64 { return oneIf(a < b) }},
	opLe:       {"le", 2, func(a, b, _ float64) float64 { return oneIf(a <= b) }},
	opEq:       {"eq", 2, func(a, b, _ float64) float64 { return oneIf(a == b) }},
	opNe:       {"ne", 2, func(a, b, _ float64) float64 { return oneIf(a != b) }},
	opIsNaN:    {"isnan", 1, func(a, _, _ float64) float64 { return oneIf(a != a) }},
	opIsFinite: {"isfinite", 1, func(a, _, _ float64) float64 { return oneIf(a-a == 0) }},
	opWhere:    {"where", 3, where},

	opErf:               unary("erf", math.Erf),
	opErfc:              unary("erfc", math.Erfc),
	opErfcx:             special("erfcx"),
	opErfcxDerivative:   special("erfcx_derivative"),
	opErfinv:            special("erfinv"),
	opErfcinv:           special("erfcinv"),
	opLgamma:            special("lgamma"),
	opDigamma:           special("digamma"),
	opPolygamma:         special("polygamma"),
	opLbeta:             special("lbeta"),
	opDigammaDifference: special("digamma_difference"),
	opSincDerivative:    special("sinc_derivative"),

	opSquare:     {"square", 1, func(a, _, _ float64) float64 { return a * a }},
	opReciprocal: {"reciprocal", 1, func(a, _, _ float64) float64 { return 1 / a }},
	opChain:      {"chain", 2, func(a, b, _ float64) float64 { return specfun.Chain(a, b) }},
	opSelect:     {"select", 2, func(a, b, _ float64) float64 { return specfun.Select(a, b) }},

	opMulAdd: {"muladd", 3, func(a, b, c float64) float64 { return float64(a*b) + c }},
	opMulSub: {"mulsub", 3, func(a, b, c float64) float64 { return float64(a*b) - c }},
	opSubMul: {"submul", 3, func(a, b, c float64) float64 { return c - float64(a*b) }},
}

func unary(name string, f func(float64) float64) operation {
	return operation{name, 1, func(a, _, _ float64) float64 { return f(a) }}
}

func binary(name string, f func(a, b float64) float64) operation {
	return operation{name, 2, func(a, b, _ float64) float64 { return f(a, b) }}
}

// special returns the operation that package ops has under a name, its value only.
func special(name string) operation {
	row, ok := ops.Lookup(name)
	switch {
	case !ok:
		panic("program: package ops has no operation " + name)
	case row.Unary != nil:
		return unary(name, func(x float64) float64 { y, _ := row.Unary(x); return y })
	case row.UnaryParam != nil: // the order comes first
		return binary(name, func(n, x float64) float64 { y, _ := row.UnaryParam(x, [2]float64{n}); return y })
	}
	return binary(name, func(a, b float64) float64 { y, _, _ := row.Binary(a, b); return y })
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func where(c, a, b float64) float64 {
	if c != 0 {
		return a
	}
	return b
}

// An instruction computes one value of those before it. It has no other effect. Operands that it does not take are 0.
type instruction struct {
	op   opcode
	args [3]int32
}

// A code computes a value y and its gradient, in static single assignment: every value is computed once, by operands
// that stand before it. Values are numbered, first the inputs, then the constants, then the instructions.
//
// No instruction is without use, and no two compute the same of the same operands.
type code struct {
	inputs int
	consts []float64
	ins    []instruction
	value  int     // so many of the first instructions compute the results, the others derivatives
	outs   []int32 // the results, then their derivatives by each input, row by row; a derivative v is written as v+0, never -0
}

// first returns the number of the value that instruction 0 computes.
func (c *code) first() int { return c.inputs + len(c.consts) }

// A machine is a code whose values lie in slots, which are used again once what they hold is not needed any more. The
// inputs stand in the first slots, the constants in those that follow; no step writes these. The slots behind them hold
// one value after the other. A step may set a slot that it reads.
type machine struct {
	inputs int
	consts []float64
	slots  int // all of them
	steps  []step
	value  int     // so many of the first steps, or spans, compute the results
	outs   []int32 // slots, as in a code
	spans  []span  // in place of steps
}

// run computes everything.
func (m *machine) run(slots []float64) {
	if m.spans != nil {
		runSpans(m.spans, slots)
		return
	}
	run(m.steps, slots)
}

// runValue computes the results.
func (m *machine) runValue(slots []float64) {
	if m.spans != nil {
		runSpans(m.spans[:m.value], slots)
		return
	}
	run(m.steps[:m.value], slots)
}

// A step of a machine: 256 times the slot that is set plus the opcode, and the slots that are read, 0 where there are
// fewer.
type step [4]uint32

// maxSlots is how many slots a step can tell apart.
const maxSlots = 1 << 24
