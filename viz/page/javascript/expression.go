package javascript

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A primitive is a function of the language: the number of its arguments, and how it is written with them in place of $1,
// $2, ... Where that is "", the library has a function of its name.
type primitive struct {
	args  int
	write string
}

var primitives = map[string]primitive{
	"abs": {1, "Math.abs($1)"}, "exp": {1, "Math.exp($1)"}, "log": {1, "Math.log($1)"}, "log1p": {1, "Math.log1p($1)"},
	"expm1": {1, "Math.expm1($1)"}, "sqrt": {1, "Math.sqrt($1)"}, "hypot": {2, "Math.hypot($1, $2)"}, "pow": {2, ""},
	"sin": {1, "Math.sin($1)"}, "cos": {1, "Math.cos($1)"}, "tan": {1, "Math.tan($1)"},
	"asin": {1, "Math.asin($1)"}, "acos": {1, "Math.acos($1)"}, "atan": {1, "Math.atan($1)"}, "atan2": {2, "Math.atan2($1, $2)"},
	"sinh": {1, "Math.sinh($1)"}, "cosh": {1, "Math.cosh($1)"}, "tanh": {1, "Math.tanh($1)"},
	"asinh": {1, "Math.asinh($1)"}, "acosh": {1, "Math.acosh($1)"}, "atanh": {1, "Math.atanh($1)"},
	"floor": {1, "Math.floor($1)"}, "ceil": {1, "Math.ceil($1)"}, "trunc": {1, "Math.trunc($1)"}, "round": {1, ""}, "sign": {1, ""},
	"maximum": {2, "Math.max($1, $2)"}, "minimum": {2, "Math.min($1, $2)"},

	"erf": {1, ""}, "erfc": {1, ""}, "erfcx": {1, ""}, "erfcx_derivative": {2, ""}, "erfinv": {1, ""}, "erfcinv": {1, ""},
	"lgamma": {1, ""}, "digamma": {1, ""}, "polygamma": {2, ""}, "lbeta": {2, ""}, "digamma_difference": {2, ""}, "sinc_derivative": {2, ""},
}

// conditions are the functions that are 1 where something holds and 0 elsewhere.
var conditions = map[string]primitive{
	"gt": {2, "$1 > $2"}, "ge": {2, "$1 >= $2"}, "lt": {2, "$1 < $2"}, "le": {2, "$1 <= $2"}, "eq": {2, "$1 === $2"}, "ne": {2, "$1 !== $2"},
	"isnan": {1, "Number.isNaN($1)"}, "isfinite": {1, "Number.isFinite($1)"},
}

// reserved are names of Go that cannot be names in JavaScript, besides the library's.
var reserved = strings.Fields(`
	Math Number Infinity NaN Object undefined arguments eval await yield async let static implements private protected public
	abstract boolean byte char class delete do double enum export extends final finally float function in instanceof int long
	native new null short super synchronized this throw throws transient try typeof void volatile while with catch debugger
	true false`)

// variables returns the names in JavaScript for names of an expression.
func variables(params []string) (map[string]string, error) {
	names := map[string]string{}
	for _, p := range params {
		switch {
		case !token.IsIdentifier(p):
			return nil, fmt.Errorf("%q is not a name", p)
		case names[p] != "":
			return nil, fmt.Errorf("two parameters have the name %s", p)
		}
		names[p] = p
	}
	for _, p := range params {
		for name := p; slices.Contains(reserved, name) || library.has(name) || name != p && names[name] != ""; {
			name += "_"
			names[p] = name
		}
	}
	return names, nil
}

// A term is a part of an expression in JavaScript.
type term struct {
	text string
	prec int    // how tightly its parts are bound
	cond string // of a comparison, which is 1 or 0 as a number: the comparison itself
}

// Precedences, from what binds least.
const (
	ternary = iota
	comparison
	sum
	product
	signed
	atom
)

// in returns the text of a term where something binds as tightly as prec.
func (t term) in(prec int) string {
	if t.prec < prec {
		return "(" + t.text + ")"
	}
	return t.text
}

// condition returns the term as what JavaScript takes for true where it is not 0. NaN is not 0.
func (t term) condition() string {
	if t.cond != "" {
		return t.cond
	}
	return t.in(sum) + " !== 0"
}

// translate returns an expression in the language of ops/expr, which ends in primitives, as JavaScript. Names has the
// names in JavaScript for those of the expression.
func translate(text string, names map[string]string) (term, error) {
	if len(text) > maxBytes {
		return term{}, fmt.Errorf("%.100q…: %d bytes are too many for an expression, %d are the most", text, len(text), maxBytes)
	}
	p := parser{names: names}
	p.scan.Init(token.NewFileSet().AddFile("", -1, len(text)), []byte(text), func(_ token.Position, msg string) {
		p.scanErr = errors.New(msg)
	}, 0)
	p.next()
	t, err := p.binary(sum)
	if err == nil && p.tok == token.SEMICOLON && p.lit == "\n" {
		p.next()
	}
	if err == nil && p.tok != token.EOF {
		err = fmt.Errorf("%s cannot stand behind %s", p.show(), t.text)
	}
	if p.scanErr != nil {
		err = p.scanErr
	}
	if err != nil {
		return term{}, fmt.Errorf("%.100q: %w", text, err)
	}
	return t, nil
}

// The limits of expressions: how deep they nest, and how long they are.
const (
	maxDepth = 1000
	maxBytes = 1 << 15
)

// A parser reads an expression by recursive descent and writes it on the way.
type parser struct {
	names   map[string]string
	scan    scanner.Scanner
	scanErr error
	tok     token.Token
	lit     string
	depth   int
}

func (p *parser) next() { _, p.tok, p.lit = p.scan.Scan() }

// show returns the present token as it stands in the text.
func (p *parser) show() string {
	if p.tok == token.EOF || p.tok == token.SEMICOLON && p.lit == "\n" {
		return "the end"
	}
	if p.lit != "" {
		return p.lit
	}
	return p.tok.String()
}

// binary reads operators that bind as tightly as prec.
func (p *parser) binary(prec int) (term, error) {
	if prec == signed {
		return p.unary()
	}
	a, err := p.binary(prec + 1)
	for err == nil {
		op := p.tok
		switch op {
		case token.ADD, token.SUB, token.MUL, token.QUO:
		default:
			return a, nil
		}
		if mine := op == token.ADD || op == token.SUB; mine != (prec == sum) {
			return a, nil
		}
		p.next()
		var b term
		if b, err = p.binary(prec + 1); err == nil {
			a = term{text: a.in(prec) + " " + op.String() + " " + b.in(prec+1), prec: prec}
		}
	}
	return term{}, err
}

func (p *parser) unary() (term, error) {
	if p.depth++; p.depth > maxDepth {
		return term{}, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	switch p.tok {
	case token.ADD:
		p.next()
		return p.unary()
	case token.SUB:
		p.next()
		x, err := p.unary()
		return term{text: "-" + x.in(atom), prec: signed}, err
	}
	return p.operand()
}

func (p *parser) operand() (term, error) {
	tok, lit := p.tok, p.lit
	switch tok {
	case token.INT, token.FLOAT:
		p.next()
		return number(tok, lit)
	case token.LPAREN:
		p.next()
		x, err := p.binary(sum)
		if err == nil {
			err = p.want(token.RPAREN)
		}
		return x, err
	case token.IDENT:
		if p.next(); p.tok == token.LPAREN {
			return p.call(lit)
		}
		if s := p.names[lit]; s != "" {
			return term{text: s, prec: atom}, nil
		}
		return term{}, fmt.Errorf("%s is no parameter", lit)
	}
	return term{}, fmt.Errorf("%s where a number, a name or a call is wanted", p.show())
}

func (p *parser) want(tok token.Token) error {
	if p.tok != tok {
		return fmt.Errorf("%s where %s is wanted", p.show(), tok)
	}
	p.next()
	return nil
}

// call reads the arguments of a call of a primitive.
func (p *parser) call(name string) (term, error) {
	p.next() // the parenthesis
	var args []term
	for p.tok != token.RPAREN {
		x, err := p.binary(sum)
		if err != nil {
			return term{}, err
		}
		if args = append(args, x); p.tok != token.COMMA {
			break
		}
		p.next()
	}
	if err := p.want(token.RPAREN); err != nil {
		return term{}, err
	}
	if name == "where" { // the one primitive that does not compute all of its arguments
		if len(args) != 3 {
			return term{}, fmt.Errorf("where has 3 arguments, not %d", len(args))
		}
		return term{text: args[0].condition() + " ? " + args[1].in(comparison) + " : " + args[2].text, prec: ternary}, nil
	}
	if f, ok := conditions[name]; ok {
		s, err := f.call(name, args, sum)
		return term{text: s + " ? 1 : 0", prec: ternary, cond: s}, err
	}
	f, ok := primitives[name]
	if !ok {
		return term{}, fmt.Errorf("%s is no primitive", name)
	}
	s, err := f.call(name, args, ternary)
	return term{text: s, prec: atom}, err
}

// call writes a call, with arguments that bind as tightly as prec.
func (f primitive) call(name string, args []term, prec int) (string, error) {
	if len(args) != f.args {
		return "", fmt.Errorf("%s has %d arguments, not %d", name, f.args, len(args))
	}
	texts := make([]string, len(args))
	var pairs []string
	for i, a := range args {
		texts[i] = a.in(prec)
		pairs = append(pairs, "$"+strconv.Itoa(i+1), texts[i])
	}
	if f.write == "" {
		return name + "(" + strings.Join(texts, ", ") + ")", nil
	}
	return strings.NewReplacer(pairs...).Replace(f.write), nil
}

// number writes a number, which may have any of Go's forms.
func number(tok token.Token, lit string) (term, error) {
	digits := strings.ReplaceAll(lit, "_", "")
	if tok == token.INT {
		if v, err := strconv.ParseUint(digits, 0, 64); err == nil {
			digits = strconv.FormatUint(v, 10)
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return term{}, fmt.Errorf("%s is not a number", lit)
	case math.IsInf(v, 0):
		return term{text: "Infinity", prec: atom}, nil
	}
	return term{text: strconv.FormatFloat(v, 'g', -1, 64), prec: atom}, nil
}
