package primitive

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// The limits of expressions: how deep they nest, and how long they are.
const (
	maxDepth = 1000
	maxBytes = 1 << 15
)

// Parse reads an expression in the names of its parameters. A number may have any of Go's forms; one that is too large is
// infinite. The error says what cannot be read.
func Parse(text string, params ...string) (*Term, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%.100q…: %d bytes are too many for an expression, %d are the most", text, len(text), maxBytes)
	}
	p := parser{text: text, params: params, file: token.NewFileSet().AddFile("", -1, len(text))}
	p.scan.Init(p.file, []byte(text), func(_ token.Position, msg string) { p.scanErr = errors.New(msg) }, 0)
	p.next()
	t, err := p.sum()
	if err == nil && p.tok == token.SEMICOLON && p.lit == "\n" {
		p.next()
	}
	if err == nil && p.tok != token.EOF {
		err = fmt.Errorf("%s cannot stand behind %s", p.show(), strings.TrimSpace(text[:p.file.Offset(p.pos)]))
	}
	if p.scanErr != nil {
		err = p.scanErr
	}
	if err != nil {
		return nil, fmt.Errorf("%.100q: %w", text, err)
	}
	return t, nil
}

// A parser reads an expression by recursive descent.
type parser struct {
	text    string
	params  []string
	file    *token.File
	scan    scanner.Scanner
	scanErr error
	pos     token.Pos
	tok     token.Token
	lit     string
	depth   int
}

func (p *parser) next() { p.pos, p.tok, p.lit = p.scan.Scan() }

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

func (p *parser) want(tok token.Token) error {
	if p.tok != tok {
		return fmt.Errorf("%s where %s is wanted", p.show(), tok)
	}
	p.next()
	return nil
}

func (p *parser) sum() (*Term, error) {
	return p.chain(p.product, map[token.Token]string{token.ADD: "add", token.SUB: "sub"})
}

func (p *parser) product() (*Term, error) {
	return p.chain(p.signed, map[token.Token]string{token.MUL: "mul", token.QUO: "div"})
}

// chain reads parts with operators between them, which group from the left.
func (p *parser) chain(part func() (*Term, error), ops map[token.Token]string) (*Term, error) {
	a, err := part()
	for err == nil && ops[p.tok] != "" {
		op := ops[p.tok]
		p.next()
		var b *Term
		if b, err = part(); err == nil {
			a = &Term{Op: op, Args: []*Term{a, b}}
		}
	}
	return a, err
}

func (p *parser) signed() (*Term, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	switch p.tok {
	case token.ADD:
		p.next()
		return p.signed()
	case token.SUB:
		p.next()
		x, err := p.signed()
		return &Term{Op: "neg", Args: []*Term{x}}, err
	}
	return p.operand()
}

func (p *parser) operand() (*Term, error) {
	tok, lit := p.tok, p.lit
	switch tok {
	case token.INT, token.FLOAT:
		p.next()
		return number(tok, lit)
	case token.LPAREN:
		p.next()
		x, err := p.sum()
		if err == nil {
			err = p.want(token.RPAREN)
		}
		return x, err
	case token.IDENT:
		if p.next(); p.tok == token.LPAREN {
			return p.call(lit)
		}
		if slices.Contains(p.params, lit) {
			return &Term{Param: lit}, nil
		}
		return nil, fmt.Errorf("%s is no parameter", lit)
	}
	return nil, fmt.Errorf("%s where a number, a name or a call is wanted", p.show())
}

// call reads the arguments of a call of a primitive.
func (p *parser) call(name string) (*Term, error) {
	p.next() // the parenthesis
	var args []*Term
	for p.tok != token.RPAREN {
		x, err := p.sum()
		if err != nil {
			return nil, err
		}
		if args = append(args, x); p.tok != token.COMMA {
			break
		}
		p.next()
	}
	if err := p.want(token.RPAREN); err != nil {
		return nil, err
	}
	arity, ok := Arity(name)
	switch {
	case !ok || slices.Contains(operators, name):
		return nil, fmt.Errorf("%s is no primitive", name)
	case len(args) != arity:
		return nil, fmt.Errorf("%s has %d arguments, not %d", name, arity, len(args))
	}
	return &Term{Op: name, Args: args}, nil
}

// number reads a number.
func number(tok token.Token, lit string) (*Term, error) {
	digits := strings.ReplaceAll(lit, "_", "")
	if tok == token.INT {
		if v, err := strconv.ParseUint(digits, 0, 64); err == nil {
			digits = strconv.FormatUint(v, 10)
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, fmt.Errorf("%s is not a number", lit)
	}
	return &Term{Value: v}, nil
}
