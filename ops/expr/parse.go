package expr

import (
	"go/scanner"
	"go/token"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/ops"
)

// MaxText is the largest length of an expression in bytes. It bounds the number of nodes that one can record.
const MaxText = 4 << 20

// An Expr is a parsed expression. It can be evaluated any number of times, on any graphs, by several goroutines.
type Expr struct {
	text  string
	code  []instr
	nums  []number
	names []string
	calls []call
}

// An instr is one step of an expression in postfix order. It takes its operands from a stack and leaves its result
// there.
type instr struct {
	kind kind
	arg  int32 // index into nums, names or calls
	pos  int32 // byte offset in the text, for messages
}

type kind uint8

const (
	pushNumber kind = iota
	pushName
	negate
	add
	subtract
	multiply
	divide
	callFunction
)

// A number is one that is written in the expression.
type number struct {
	val   float64
	n     int  // its value if whole
	whole bool // written as an integer that fits an int
}

// A call is a call of a function: its values are on the stack, the other arguments here.
type call struct {
	f      *function
	values int
	rest   []any // int and float64, in order
}

// Parse returns the expression that text holds, or an [*Error] that says where and what is wrong.
func Parse(text string) (*Expr, error) {
	if len(text) > MaxText {
		return nil, &Error{Line: 1, Column: 1, Msg: "the expression has " + strconv.Itoa(len(text)) + " bytes, at most " + strconv.Itoa(MaxText) + " are read: bind arrays to names and use functions over arrays"}
	}
	p := parser{
		text:  text,
		expr:  &Expr{text: text},
		funcs: make(map[string]*function),
		names: make(map[string]int32),
	}
	file := token.NewFileSet().AddFile("", -1, len(text))
	p.file = file
	p.scan.Init(file, []byte(text), func(pos token.Position, msg string) {
		if p.lexical == nil {
			p.lexical = p.lexicalError(pos.Offset, msg)
		}
	}, scanner.ScanComments)
	p.advance()
	p.advance()
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.expr, nil
}

// Names returns the names that the expression uses as values, in the order in which they first appear.
func (e *Expr) Names() []string { return append([]string{}, e.names...) }

// String returns the text of the expression.
func (e *Expr) String() string { return e.text }

type lexeme struct {
	tok token.Token
	lit string
	off int
}

// show returns the token as it stands in the text.
func (l lexeme) show() string {
	if l.lit != "" {
		return clip(l.lit)
	}
	return l.tok.String()
}

type parser struct {
	text    string
	file    *token.File
	scan    scanner.Scanner
	lexical *Error // what is wrong with the token after now

	before, now, next lexeme
	nowErr, nextErr   *Error

	expr  *Expr
	open  []frame
	args  []arguments // of the calls that are open
	funcs map[string]*function
	names map[string]int32
}

// A frame is an operator that waits for its right operand, or an open parenthesis.
type frame struct {
	kind  frameKind
	op    kind
	prec  uint8
	pos   int32
	start int32 // where the code of the operand, or of the argument, begins
}

type frameKind uint8

const (
	operator frameKind = iota
	paren
	callParen
)

// arguments are what an open call has so far.
type arguments struct {
	call
	n     int // arguments that are complete
	begin int // where the text of the present one begins
}

// unaryPrec is the precedence of unary operators.
const unaryPrec = token.UnaryPrec

// advance reads a token, leaving out comments.
func (p *parser) advance() {
	p.before, p.now, p.nowErr = p.now, p.next, p.nextErr
	for {
		p.lexical = nil
		pos, tok, lit := p.scan.Scan()
		p.next, p.nextErr = lexeme{tok, lit, p.file.Offset(pos)}, p.lexical
		if tok != token.COMMENT || p.nextErr != nil {
			return
		}
		// In a text of several lines a comment is a comment; in one of a single line it hides what it follows.
		if strings.HasPrefix(lit, "//") && !strings.Contains(strings.TrimSpace(p.text), "\n") {
			p.nextErr = p.errorf(p.next, "// hides the rest of the expression, as a comment of Go's: write floor(a / b) for a quotient rounded down, or /* ... */ for a remark")
			return
		}
	}
}

func (p *parser) errorf(at lexeme, format string, args ...any) *Error {
	return errorAt(p.text, at.off, format, args...)
}

func (p *parser) parse() *Error {
	for {
		if err := p.operand(); err != nil {
			return err
		}
		if done, err := p.afterOperand(); done || err != nil {
			return err
		}
	}
}

// operand reads up to the end of a number or name, and everything that may open before it.
func (p *parser) operand() *Error {
	for {
		if p.nowErr != nil {
			return p.nowErr
		}
		at := p.now
		switch at.tok {
		case token.INT, token.FLOAT:
			return p.number()
		case token.IDENT:
			if p.next.tok != token.LPAREN || p.nextErr != nil {
				p.name()
				return nil
			}
			if err := p.openCall(); err != nil {
				return err
			}
		case token.ADD:
			p.advance()
		case token.SUB:
			p.push(frame{op: negate, prec: unaryPrec})
		case token.LPAREN:
			p.push(frame{kind: paren})
		case token.RPAREN:
			// The end of a call without arguments, or after a last comma.
			if k := len(p.open) - 1; k >= 0 && p.open[k].kind == callParen && (p.before.tok == token.COMMA || p.before.tok == token.LPAREN) {
				p.advance()
				return p.closeCall()
			}
			return p.unexpectedOperand()
		default:
			return p.unexpectedOperand()
		}
	}
}

// afterOperand reads up to the next operator or comma. It returns true at the end of the expression.
func (p *parser) afterOperand() (done bool, err *Error) {
	for {
		if p.nowErr != nil {
			return false, p.nowErr
		}
		at := p.now
		switch at.tok {
		case token.ADD, token.SUB, token.MUL, token.QUO:
			prec := at.tok.Precedence()
			p.reduce(prec)
			p.push(frame{op: binaryOp(at.tok), prec: uint8(prec)})
			return false, nil
		case token.COMMA:
			p.reduce(0)
			if k := len(p.open) - 1; k < 0 || p.open[k].kind != callParen {
				return false, p.unexpectedOperator()
			}
			if err := p.endArgument(); err != nil {
				return false, err
			}
			p.advance()
			p.args[len(p.args)-1].begin = p.now.off
			return false, nil
		case token.RPAREN:
			p.reduce(0)
			k := len(p.open) - 1
			if k < 0 {
				return false, p.errorf(at, ") without a ( before it: remove it or open one")
			}
			if p.open[k].kind == paren {
				p.open = p.open[:k]
				p.advance()
				continue
			}
			if err := p.endArgument(); err != nil {
				return false, err
			}
			p.advance()
			if err := p.closeCall(); err != nil {
				return false, err
			}
		case token.EOF:
			p.reduce(0)
			if k := len(p.open) - 1; k >= 0 {
				return false, errorAt(p.text, int(p.open[k].pos), "the parenthesis is not closed: add )")
			}
			return true, nil
		case token.SEMICOLON:
			if at.lit == "\n" && p.next.tok == token.EOF && p.nextErr == nil {
				p.advance()
				continue
			}
			return false, p.unexpectedOperator()
		default:
			return false, p.unexpectedOperator()
		}
	}
}

func binaryOp(tok token.Token) kind {
	switch tok {
	case token.ADD:
		return add
	case token.SUB:
		return subtract
	case token.MUL:
		return multiply
	}
	return divide
}

// push opens a frame at the present token.
func (p *parser) push(f frame) {
	f.pos, f.start = int32(p.now.off), int32(len(p.expr.code))
	p.open = append(p.open, f)
	p.advance()
}

func (p *parser) emit(k kind, arg int, pos int32) {
	p.expr.code = append(p.expr.code, instr{k, int32(arg), pos})
}

// reduce completes the operators that bind at least as tightly as the one that follows.
func (p *parser) reduce(prec int) {
	for k := len(p.open) - 1; k >= 0 && p.open[k].kind == operator && int(p.open[k].prec) >= prec; k-- {
		f := p.open[k]
		p.open = p.open[:k]
		if code := p.expr.code; f.op == negate && len(code)-int(f.start) == 1 && code[f.start].kind == pushNumber {
			n := &p.expr.nums[code[f.start].arg] // -2 is a number
			n.val, n.n = -n.val, -n.n
			continue
		}
		p.emit(f.op, 0, f.pos)
	}
}

func (p *parser) number() *Error {
	n, err := readNumber(p.now)
	if err != "" {
		return p.errorf(p.now, "%s", err)
	}
	p.emit(pushNumber, len(p.expr.nums), int32(p.now.off))
	p.expr.nums = append(p.expr.nums, n)
	p.advance()
	return nil
}

// readNumber returns the value of a number as Go writes it, or what is wrong with it.
func readNumber(l lexeme) (number, string) {
	digits := strings.ReplaceAll(l.lit, "_", "")
	if l.tok == token.INT {
		if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
			return number{}, clip(l.lit) + " is octal in Go: write " + clip(strings.TrimLeft(digits[:len(digits)-1], "0")+digits[len(digits)-1:]) + " for the decimal number"
		}
		n, err := strconv.ParseInt(digits, 0, strconv.IntSize)
		if err == nil {
			return number{float64(n), int(n), true}, ""
		}
		if len(digits) > 1 && digits[0] == '0' {
			return number{}, clip(l.lit) + " does not fit 64 bits: write it in decimal, such as 1e30"
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return number{}, clip(l.lit) + " is larger than any float64: bind a name to Inf if infinity is meant"
	}
	return number{val: v}, ""
}

func (p *parser) name() {
	s := p.now.lit
	k, ok := p.names[s]
	if !ok {
		k = int32(len(p.expr.names))
		p.names[s] = k
		p.expr.names = append(p.expr.names, s)
	}
	p.emit(pushName, int(k), int32(p.now.off))
	p.advance()
}

func (p *parser) openCall() *Error {
	name := p.now.lit
	f, ok := p.funcs[name]
	if !ok {
		if f = lookup(name); f == nil {
			return p.unknownFunction()
		}
		p.funcs[name] = f
	}
	p.push(frame{kind: callParen})
	p.advance()
	p.args = append(p.args, arguments{call: call{f: f}, begin: p.now.off})
	return nil
}

// endArgument completes an argument of the innermost call. An integer or a number leaves the code.
func (p *parser) endArgument() *Error {
	top := &p.open[len(p.open)-1]
	a := &p.args[len(p.args)-1]
	param, ok := a.f.param(a.n)
	start := int(top.start)
	code := p.expr.code[start:]
	switch {
	case !ok || param.Kind == ops.ValueArg:
		a.values++
	case param.Kind == ops.IntArg:
		n := p.literal(code)
		if !n.whole {
			return p.badArgument(a, param)
		}
		a.rest = append(a.rest, n.n)
		p.expr.code = p.expr.code[:start]
	default:
		v, ok := p.constant(code)
		if !ok {
			return p.badArgument(a, param)
		}
		a.rest = append(a.rest, v)
		p.expr.code = p.expr.code[:start]
	}
	a.n++
	top.start = int32(len(p.expr.code))
	return nil
}

// literal returns the number that code consists of, or the zero number.
func (p *parser) literal(code []instr) number {
	if len(code) != 1 || code[0].kind != pushNumber {
		return number{}
	}
	return p.expr.nums[code[0].arg]
}

// constant returns the value of code that has no names and no calls.
func (p *parser) constant(code []instr) (float64, bool) {
	var stack []float64
	for _, in := range code {
		k := len(stack) - 1
		switch in.kind {
		case pushNumber:
			stack = append(stack, p.expr.nums[in.arg].val)
			continue
		case negate:
			stack[k] = -stack[k]
			continue
		case add:
			stack[k-1] += stack[k]
		case subtract:
			stack[k-1] -= stack[k]
		case multiply:
			stack[k-1] *= stack[k]
		case divide:
			stack[k-1] /= stack[k]
		default:
			return 0, false
		}
		stack = stack[:k]
	}
	return stack[0], true
}

func (p *parser) badArgument(a *arguments, param ops.Parameter) *Error {
	end := p.now.off
	text := clip(strings.TrimSpace(p.text[min(a.begin, end):end]))
	at := lexeme{off: a.begin}
	if param.Kind == ops.IntArg {
		if strings.Trim(text, "-0123456789…") == "" {
			return p.errorf(at, "%s in %s is too large: %s does not fit %d bits", param.Name, ops.Usage(a.f.row), text, strconv.IntSize)
		}
		return p.errorf(at, "%s in %s must be an integer written out, such as 0 or -1, not %s", param.Name, ops.Usage(a.f.row), text)
	}
	return p.errorf(at, "%s in %s must be a number written out, such as 0.5, not %s", param.Name, ops.Usage(a.f.row), text)
}

// closeCall completes the innermost call, whose ) has been read.
func (p *parser) closeCall() *Error {
	k := len(p.args) - 1
	a := p.args[k]
	p.args = p.args[:k]
	f := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	want := len(a.f.params)
	if a.f.variadic() {
		want--
		if a.n < want {
			return p.countError(f, a, "at least ", want)
		}
	} else if a.n != want {
		return p.countError(f, a, "", want)
	}
	p.emit(callFunction, len(p.expr.calls), f.pos)
	p.expr.calls = append(p.expr.calls, a.call)
	return nil
}

func (p *parser) countError(f frame, a arguments, least string, want int) *Error {
	plural := "s"
	if want == 1 {
		plural = ""
	}
	return p.errorf(lexeme{off: int(f.pos)}, "%s takes %s%d argument%s, here it has %d", ops.Usage(a.f.row), least, want, plural, a.n)
}

// unknownFunction returns the error for a call of a name that is no function.
func (p *parser) unknownFunction() *Error {
	if r := nearest(p.now.lit); r != nil {
		return p.errorf(p.now, "there is no function %s: the nearest name is %s, called as %s", clip(p.now.lit), r.Name, ops.Usage(r))
	}
	return p.errorf(p.now, "there is no function %s", clip(p.now.lit))
}

// isFunction reports whether a name can be called.
func isFunction(name string) bool {
	row, ok := ops.Lookup(name)
	if ok {
		_, ok = ops.Signature(row)
	}
	return ok
}
