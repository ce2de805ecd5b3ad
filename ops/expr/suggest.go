package expr

import (
	"go/token"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/ops"
)

// This file has the messages for what is Go, or mathematics, but not of the language. Each says what to write.

// comparisons are the functions that stand for Go's comparison operators.
var comparisons = map[token.Token]string{
	token.GTR: "gt", token.GEQ: "ge", token.LSS: "lt", token.LEQ: "le", token.EQL: "eq", token.NEQ: "ne",
}

// characters are what people write in formulas and Go has no token for.
var characters = map[rune]string{
	'@': "write matmul(a, b)",
	'?': "write where(cond, a, b)",
	'²': "write square(x) or pow(x, 2)", '³': "write pow(x, 3)",
	'√': "write sqrt(x)",
	'−': "write - for minus", '–': "write - for minus",
	'×': "write * for a product", '·': "write * for a product", '∗': "write * for a product", '⋅': "write * for a product",
	'÷': "write / for a quotient",
	'≥': "write ge(a, b)", '≤': "write le(a, b)", '≠': "write ne(a, b)",
	'∑': "write sum(x)", '∏': "write prod(x)",
	'\'': "there are no characters and strings here: write names, numbers and calls",
	'∞':  "bind a name to Inf, such as inf=Inf",
}

const noStrings = "there are no strings here: write names, numbers and calls"

// lexicalError returns the error for text that is no token of Go's.
func (p *parser) lexicalError(offset int, msg string) *Error {
	r, _ := utf8.DecodeRuneInString(p.text[min(offset, len(p.text)):])
	if hint, ok := characters[r]; ok {
		return errorAt(p.text, offset, "%c is no operator: %s", r, hint)
	}
	if strings.HasPrefix(msg, "illegal") {
		_, n := utf8.DecodeRuneInString(p.text[offset:])
		return errorAt(p.text, offset, "%s has no meaning here: an expression has names, numbers, + - * /, parentheses and calls", clip(p.text[offset:offset+n]))
	}
	return errorAt(p.text, offset, "%s", clip(msg))
}

// operands returns the texts on both sides of the present token where they are short, else a and b.
func (p *parser) operands() (left, right string) {
	simple := func(l lexeme) bool {
		return (l.tok == token.IDENT || l.tok == token.INT || l.tok == token.FLOAT) && len(l.lit) <= 16
	}
	left, right = "a", "b"
	if simple(p.before) {
		left = p.before.lit
	}
	if p.nextErr == nil && simple(p.next) && !strings.HasPrefix(strings.TrimLeft(p.text[p.next.off+len(p.next.lit):], " "), "(") {
		right = p.next.lit
	}
	return left, right
}

// unexpectedOperator returns the error for a token that cannot follow an operand.
func (p *parser) unexpectedOperator() *Error {
	at := p.now
	a, b := p.operands()
	if f, ok := comparisons[at.tok]; ok {
		return p.errorf(at, "%s is no operator here: write %s(%s, %s)", at.tok, f, a, b)
	}
	switch at.tok {
	case token.XOR:
		square := ""
		if b == "2" {
			square = " or square(" + a + ")"
		}
		return p.errorf(at, "^ is bitwise in Go, not a power: write pow(%s, %s)%s", a, b, square)
	case token.REM:
		return p.errorf(at, "%% is no operator here: write %[1]s - %[2]s*floor(%[1]s/%[2]s) for the remainder", a, b)
	case token.LBRACK:
		return p.errorf(at, "an index is a call: write slice(%[1]s, axis, start, stop) for a part of %[1]s, or gather(%[1]s, axis, i) for chosen elements", a)
	case token.LBRACE:
		return p.errorf(at, "there are no composite values here: bind an array to a name, such as x=[1, 2]")
	case token.PERIOD:
		if p.nextErr == nil && p.next.lit == "T" {
			return p.errorf(at, "names have no parts: write transpose(%s)", a)
		}
		if name := strings.ToLower(p.next.lit); p.nextErr == nil && p.next.tok == token.IDENT && isFunction(name) {
			return p.errorf(at, "names have no parts: write %s alone, without %s", name, a+".")
		}
		return p.errorf(at, "names have no parts: write one name, or a function's name alone, such as sum(x)")
	case token.LAND:
		return p.errorf(at, "&& is no operator here: multiply the comparisons, such as gt(x, 0) * lt(x, 1)")
	case token.LOR:
		return p.errorf(at, "|| is no operator here: write maximum of the comparisons, such as maximum(lt(x, 0), gt(x, 1))")
	case token.NOT:
		return p.errorf(at, "! is no operator here: write exp(lgamma(%s + 1)) for a factorial", a)
	case token.SHL:
		return p.errorf(at, "<< is bitwise in Go: write %s * pow(2, %s)", a, b)
	case token.SHR:
		return p.errorf(at, ">> is bitwise in Go: write floor(%s / pow(2, %s))", a, b)
	case token.AND, token.OR, token.AND_NOT, token.TILDE:
		return p.errorf(at, "%s is bitwise in Go: the values here are real numbers, write a function of them", at.tok)
	case token.ARROW:
		return p.errorf(at, "<- is one token in Go: write lt(%s, -%s)", a, b)
	case token.INC, token.DEC:
		return p.signs()
	case token.ASSIGN, token.DEFINE:
		return p.errorf(at, "%s binds no name inside an expression: give name=value after it, or write eq(%s, %s) to compare", at.tok, a, b)
	case token.ADD_ASSIGN, token.SUB_ASSIGN, token.MUL_ASSIGN, token.QUO_ASSIGN:
		return p.errorf(at, "%s is an assignment: write %s %s %s", at.tok, a, at.tok.String()[:1], b)
	case token.ELLIPSIS:
		return p.errorf(at, "... is not part of the language: write the arguments one by one")
	case token.COMMA:
		return p.errorf(at, "a comma stands only between the arguments of a call, such as stack(0, a, b)")
	case token.COLON:
		return p.errorf(at, ": is not part of the language: write where(cond, a, b) for a choice, slice(x, axis, start, stop) for a range")
	case token.SEMICOLON:
		if at.lit == "\n" {
			return p.errorf(at, "the expression ends with this line, as in Go: end the line with an operator, a comma or an open parenthesis to go on")
		}
		return p.errorf(at, "; ends a statement: write one expression")
	case token.IDENT, token.INT, token.FLOAT, token.LPAREN:
		return p.missingOperator()
	case token.STRING, token.CHAR, token.IMAG:
		return p.noOperand()
	}
	if at.tok.IsKeyword() {
		return p.keyword()
	}
	return p.errorf(at, "%s is not part of the language: an expression has names, numbers, + - * /, parentheses and calls", at.show())
}

// missingOperator returns the error for two operands in a row.
func (p *parser) missingOperator() *Error {
	left, right := p.before, p.now
	if left.tok == token.IDENT && right.tok != token.LPAREN && isFunction(left.lit) {
		return p.errorf(left, "%[1]s is a function: write %[1]s(%[2]s)", left.lit, right.show())
	}
	if left.tok == token.RPAREN && right.tok == token.LPAREN {
		return p.errorf(right, "an operator is missing between ) and (: write ) * ( for a product")
	}
	what := "an operator"
	if k := len(p.open); k > 0 && len(p.args) > 0 {
		what = "an operator or a comma"
	}
	return p.errorf(right, "%s is missing between %[2]s and %[3]s: write %[2]s * %[3]s for a product", what, left.show(), right.show())
}

// signs returns the error for -- and ++, which Go reads as one token.
func (p *parser) signs() *Error {
	s := p.now.tok.String()
	return p.errorf(p.now, "%s is one token in Go: write %s %s with a space between", s, s[:1], s[1:])
}

// noOperand returns the error for a literal that is no number.
func (p *parser) noOperand() *Error {
	switch p.now.tok {
	case token.IMAG:
		return p.errorf(p.now, "%s is an imaginary number: the values here are real", p.now.show())
	case token.CHAR:
		return p.errorf(p.now, "%s", characters['\''])
	}
	return p.errorf(p.now, noStrings)
}

// keyword returns the error for a keyword of Go's.
func (p *parser) keyword() *Error {
	word := p.now.tok.String()
	switch {
	case p.now.tok == token.FUNC:
		return p.errorf(p.now, "there are no function literals: write the expression itself, or a call such as square(x)")
	case p.next.tok == token.LPAREN && p.nextErr == nil:
		if r := nearest(word); r != nil {
			return p.errorf(p.now, "%s is a keyword of Go and cannot be a function: the nearest name is %s, called as %s", word, r.Name, ops.Usage(r))
		}
	}
	return p.errorf(p.now, "%s is a keyword of Go and cannot be a name: choose another", word)
}

// unexpectedOperand returns the error for a token that cannot stand where a number, a name or a call is expected.
func (p *parser) unexpectedOperand() *Error {
	at := p.now
	switch at.tok {
	case token.EOF:
		if p.before.tok == token.ILLEGAL {
			return p.errorf(at, "the expression is empty: write one, such as sum(x*x)")
		}
		return p.errorf(at, "the expression ends after %s: an operand is missing", p.before.show())
	case token.MUL:
		if p.before.tok == token.MUL && p.before.off == at.off-1 {
			return p.errorf(p.before, "** is no operator of Go's: write pow(a, b) for a power")
		}
	case token.RPAREN:
		if p.before.tok == token.LPAREN {
			return p.errorf(at, "the parentheses are empty: write an expression between them")
		}
	case token.NOT:
		return p.errorf(at, "! is no operator here: write eq(a, 0) for the opposite of a comparison")
	case token.AND:
		return p.errorf(at, "& is no operator here: write the name alone")
	case token.XOR, token.TILDE:
		return p.errorf(at, "%s is bitwise in Go: the values here are real numbers, write -x or 1 - x", at.tok)
	case token.ARROW:
		return p.errorf(at, "<- receives from a channel in Go: write an expression of numbers, names and calls")
	case token.LBRACK, token.LBRACE:
		return p.errorf(at, "an array is bound to a name: write x here and x=[1, 2] after the expression")
	case token.INC, token.DEC:
		return p.signs()
	case token.STRING, token.CHAR, token.IMAG:
		return p.noOperand()
	case token.ELLIPSIS:
		return p.errorf(at, "... is not part of the language: write the arguments one by one")
	}
	if at.tok.IsKeyword() {
		return p.keyword()
	}
	if p.before.tok == token.ILLEGAL {
		return p.errorf(at, "the expression begins with %s: an operand is missing before it", at.show())
	}
	return p.errorf(at, "an operand is missing between %s and %s", p.before.show(), at.show())
}
