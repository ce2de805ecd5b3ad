package main

import (
	"fmt"
	"html/template"
	"strings"
	"unicode"
)

// mathML returns a formula in the language that browsers set formulas from. It is written as one says it:
//
//	δ_{out_h1} = Σ_{v∈Γ(H)} {∂l}/{∂v} · {∂v}/{∂H}
//
// Letters and digits that stand together are one name, so that a product of two names takes a space; _ and ^ set what
// follows them below and above; braces hold together, and a slash between two groups makes a fraction of them; a text
// in quotes is a text. Everything else is an operator, also what follows a backslash: \{ is a brace that is seen.
func mathML(formula string, display bool) (template.HTML, error) {
	p := formulaParser{rest: []rune(formula)}
	row, err := p.row(0)
	if err != nil {
		return "", fmt.Errorf("formula %q: %w", formula, err)
	}
	if display {
		return template.HTML(`<math display="block">` + row + `</math>`), nil
	}
	return template.HTML(`<math displaystyle="true">` + row + `</math>`), nil
}

// sum is the sign of summation, which has its limits above and below where there is room.
const sum = "<mo>∑</mo>"

// A formulaParser turns a formula into MathML from left to right.
type formulaParser struct{ rest []rune }

// row reads up to the closing brace, which it takes too, or without one to the end.
func (p *formulaParser) row(closing rune) (string, error) {
	var items []string
	group, scripted := false, false // the last item was in braces, has something below or above it
	for len(p.rest) > 0 {
		switch r := p.rest[0]; {
		case r == closing:
			p.rest = p.rest[1:]
			return strings.Join(items, ""), nil
		case r == ' ':
			p.rest = p.rest[1:]
			continue
		case r == '_' || r == '^':
			if len(items) == 0 || scripted {
				return "", fmt.Errorf("nothing stands before %q that it could be set to", r)
			}
			item, err := p.scripts(items[len(items)-1])
			if err != nil {
				return "", err
			}
			items[len(items)-1], group, scripted = item, false, true
			continue
		case r == '/' && group && len(p.rest) > 1 && p.rest[1] == '{':
			p.rest = p.rest[1:]
			below, err := p.item()
			if err != nil {
				return "", err
			}
			items[len(items)-1], group = "<mfrac>"+items[len(items)-1]+below+"</mfrac>", false
			continue
		}
		group, scripted = p.rest[0] == '{', false
		item, err := p.item()
		if err != nil {
			return "", err
		}
		items = append(items, item)
	}
	if closing != 0 {
		return "", fmt.Errorf("no %q at the end", closing)
	}
	return strings.Join(items, ""), nil
}

// scripts reads what stands below and above a base.
func (p *formulaParser) scripts(base string) (string, error) {
	var below, above string
	for len(p.rest) > 1 && (p.rest[0] == '_' && below == "" || p.rest[0] == '^' && above == "") {
		script := &below
		if p.rest[0] == '^' {
			script = &above
		}
		p.rest = p.rest[1:]
		item, err := p.item()
		if err != nil {
			return "", err
		}
		*script = item
	}
	under := base == sum
	switch {
	case below == "" && above == "":
		return "", fmt.Errorf("nothing to set below or above")
	case above == "" && under:
		return "<munder>" + base + below + "</munder>", nil
	case above == "":
		return "<msub>" + base + below + "</msub>", nil
	case below == "":
		return "<msup>" + base + above + "</msup>", nil
	case under:
		return "<munderover>" + base + below + above + "</munderover>", nil
	}
	return "<msubsup>" + base + below + above + "</msubsup>", nil
}

// item reads one name, number, text, operator or group.
func (p *formulaParser) item() (string, error) {
	if len(p.rest) == 0 {
		return "", fmt.Errorf("it ends where something is to follow")
	}
	r := p.rest[0]
	switch {
	case r == '{':
		p.rest = p.rest[1:]
		row, err := p.row('}')
		return "<mrow>" + row + "</mrow>", err
	case r == '}':
		return "", fmt.Errorf("a closing brace without an opening one")
	case r == '"':
		for i, q := range p.rest[1:] {
			if q == '"' {
				text := string(p.rest[1 : 1+i])
				p.rest = p.rest[2+i:]
				return "<mtext>" + template.HTMLEscapeString(text) + "</mtext>", nil
			}
		}
		return "", fmt.Errorf("a text does not end")
	case r == 'Σ':
		p.rest = p.rest[1:]
		return sum, nil
	case r == '\\' && len(p.rest) > 1:
		r = p.rest[1]
		p.rest = p.rest[2:]
		return `<mo stretchy="false">` + template.HTMLEscapeString(string(r)) + "</mo>", nil
	case unicode.IsLetter(r):
		return p.name(), nil
	case unicode.IsDigit(r):
		return "<mn>" + p.number() + "</mn>", nil
	}
	p.rest = p.rest[1:]
	switch r {
	case '∂', '∞', '…':
		return "<mi>" + string(r) + "</mi>", nil
	case '/':
		return `<mo lspace="0" rspace="0">/</mo>`, nil
	case '-':
		return "<mo>−</mo>", nil
	case '(', ')', '[', ']', '|', '‖':
		return `<mo stretchy="false">` + string(r) + "</mo>", nil
	}
	return "<mo>" + template.HTMLEscapeString(string(r)) + "</mo>", nil
}

// name reads a name. One that is a function stands a little apart from what it is applied to.
func (p *formulaParser) name() string {
	name := p.take(func(r rune) bool { return unicode.In(r, unicode.L, unicode.Mn, unicode.Nd) })
	item := "<mi>" + name + "</mi>"
	if (name == "log" || name == "sin") && len(p.rest) > 0 && p.rest[0] == ' ' {
		item = "<mrow>" + item + `<mspace width="0.17em"/></mrow>`
	}
	return item
}

// number reads digits; a point or comma belongs to them if another digit follows.
func (p *formulaParser) number() string {
	n := 0
	for n < len(p.rest) && (unicode.IsDigit(p.rest[n]) || (p.rest[n] == '.' || p.rest[n] == ',') && n+1 < len(p.rest) && unicode.IsDigit(p.rest[n+1])) {
		n++
	}
	text := string(p.rest[:n])
	p.rest = p.rest[n:]
	return text
}

// take reads the runes for which ok holds, at least one.
func (p *formulaParser) take(ok func(rune) bool) string {
	n := 1
	for n < len(p.rest) && ok(p.rest[n]) {
		n++
	}
	text := string(p.rest[:n])
	p.rest = p.rest[n:]
	return template.HTMLEscapeString(text)
}
