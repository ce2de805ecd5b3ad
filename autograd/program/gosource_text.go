package program

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A goForm is an instruction as an expression of Go, with operands in place of $1 and $2.
type goForm struct {
	text    string
	product bool // which a compiler may fuse with a sum
	boolean bool
	special string // a function of package specfun in the text, which the source brings along
}

// goForms has the opcodes that Go source can have, but for a where, which [goSource.declare] writes as statements.
var goForms = [numOpcodes]goForm{
	opAdd:        {text: "$1 + $2"},
	opSub:        {text: "$1 - $2"},
	opMul:        {text: "$1 * $2", product: true},
	opSquare:     {text: "$1 * $1", product: true},
	opDiv:        {text: "$1 / $2"},
	opReciprocal: {text: "1 / $1"},
	opNeg:        {text: "-$1"},
	opMaximum:    {text: "max($1, $2)"},
	opMinimum:    {text: "min($1, $2)"},
	opAbs:        call("Abs($1)"),
	opLog1p:      call("Log1p($1)"),
	opExpm1:      call("Expm1($1)"),
	opSqrt:       call("Sqrt($1)"),
	opHypot:      call("Hypot($1, $2)"),
	opAtan:       call("Atan($1)"),
	opAsinh:      call("Asinh($1)"),
	opAcosh:      call("Acosh($1)"),
	opAtanh:      call("Atanh($1)"),
	opFloor:      call("Floor($1)"),
	opCeil:       call("Ceil($1)"),
	opRound:      call("RoundToEven($1)"),
	opTrunc:      call("Trunc($1)"),
	opErf:        call("Erf($1)"),
	opErfc:       call("Erfc($1)"),

	opLog:    {text: "Log($1)", special: "Log"},
	opPow:    {text: "Pow($1, $2)", special: "Pow"},
	opSin:    {text: "Sin($1)", special: "Sin"},
	opCos:    {text: "Cos($1)", special: "Cos"},
	opTan:    {text: "Tan($1)", special: "Tan"},
	opAsin:   {text: "Asin($1)", special: "Asin"},
	opAcos:   {text: "Acos($1)", special: "Acos"},
	opAtan2:  {text: "Atan2($1, $2)", special: "Atan2"},
	opSinh:   {text: "Sinh($1)", special: "Sinh"},
	opCosh:   {text: "Cosh($1)", special: "Cosh"},
	opExp:    {text: "Exp($1)", special: "Exp"},
	opTanh:   {text: "Tanh($1)", special: "Tanh"},
	opSign:   {text: "Sign($1)", special: "Sign"},
	opChain:  {text: "Chain($1, $2)", special: "Chain"},
	opSelect: {text: "Select($1, $2)", special: "Select"},

	// The inverses of erf and erfc and polygamma are not there: they need more than package math.
	opErfcx:             {text: "ErfcxDerivative(0, $1)", special: "ErfcxDerivative"},
	opErfcxDerivative:   {text: "ErfcxDerivative(int($1), $2)", special: "ErfcxDerivative"},
	opLgamma:            {text: "Lgamma($1)", special: "Lgamma"},
	opDigamma:           {text: "Digamma($1)", special: "Digamma"},
	opLbeta:             {text: "Lbeta($1, $2)", special: "Lbeta"},
	opDigammaDifference: {text: "DigammaDifference($1, $2)", special: "DigammaDifference"},
	opSincDerivative:    {text: "SincDerivative(int($1), $2)", special: "SincDerivative"},

	opGt:       {text: "$1 > $2", boolean: true},
	opGe:       {text: "$1 >= $2", boolean: true},
	opLt:       {text: "$1 < $2", boolean: true},
	opLe:       {text: "$1 <= $2", boolean: true},
	opEq:       {text: "$1 == $2", boolean: true},
	opNe:       {text: "$1 != $2", boolean: true},
	opIsNaN:    {text: "math.IsNaN($1)", boolean: true},
	opIsFinite: {text: "$1-$1 == 0", boolean: true},
}

func call(text string) goForm { return goForm{text: "math." + text} }

// expression returns an instruction that is an expression, of operands in Go.
func (s *goSource) expression(op opcode, args [3]string) string {
	form := goForms[op]
	text := form.text
	if form.special != "" {
		text = s.helper(form.special) + strings.TrimPrefix(text, form.special)
		if !slices.Contains(s.specials, form.special) {
			s.specials = append(s.specials, form.special)
		}
	}
	return strings.NewReplacer("$1", args[0], "$2", args[1]).Replace(text)
}

// helper returns the name of a function or variable beside the one that others call, whose name makes it different from
// those of other files in the package: Lgamma is lgamma_Price in the source of Price.
func (s *goSource) helper(name string) string {
	first, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[n:] + "_" + s.name
}

// declare writes an instruction as the declaration of a variable.
//
// Go may compute a product and a sum of it in one instruction, which rounds once, where the machine has one. A program
// gives the same bits on all machines: a conversion to float64, as the specification of Go says, rounds the product.
func (s *goSource) declare(k int32, name string, args [3]string) {
	op, u, condition := s.ins[k].op, s.uses[k], args[0]
	switch form := goForms[op]; {
	case op == opWhere:
		if !s.isBoolean(s.ins[k].args[0]) {
			condition += " != 0"
		}
		s.line(name + " := " + args[2])
		s.branch(condition, name+" = "+args[1])
	case form.boolean && !u.condition:
		s.line(name + " := 0.0")
		s.branch(s.expression(op, args), name+" = 1")
	case form.product && u.rounded:
		s.line(name + " := float64(" + s.expression(op, args) + ")")
	default:
		s.line(name + " := " + s.expression(op, args))
	}
}

// isBoolean reports whether the variable of an operand is true or false, not a number.
func (s *goSource) isBoolean(o goOperand) bool {
	return o.kind == goResult && s.uses[o.index].condition && goForms[s.ins[o.index].op].boolean
}

// line writes a line of a function.
func (s *goSource) line(text string) {
	s.b.WriteByte('\t')
	s.b.WriteString(text)
	s.b.WriteByte('\n')
}

// branch writes an if with one statement.
func (s *goSource) branch(condition, then string) {
	s.line("if " + condition + " {")
	s.line("\t" + then)
	s.line("}")
}
