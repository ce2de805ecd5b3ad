package notation

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A Way is the product of the rules along a way from a node down to one that it depends on. Constant factors are put
// together: 0.5·2·(t - out)·(-1) is -(t - out).
type Way struct {
	w       Writer
	scale   float64 // the product of the constant factors
	factors string  // the product of the others, "" for none
	binding Binding // of factors
	none    bool    // a rule on the way has no formula
}

// Way returns the way of no steps. The cotangent that it starts from, such as δ_net, is the first factor, or stands where
// the rule of an operation has it. With "" for it the way is the derivative itself; a rule that needs the cotangent, as
// those of matrices do, has none then.
func (w Writer) Way(cotangent string) Way {
	return Way{w: w, scale: 1, factors: cotangent, binding: Atom}
}

// Through returns the way that goes on from node n, where y ends, to the node's operand i. A rule in words, of an operation
// of one operand, is written as the derivative of the operation: relu'(net).
func (y Way) Through(n graph.Node, i int) Way {
	r := Rule(n, i)
	if y.none {
		return y
	}
	if legible.HasWord(r, "ct") && !inWords(r) {
		return y.rule(n, r)
	}
	number, rest := split(r)
	if v, ok := constant(n, rest); ok {
		y.scale *= number * v
		return y
	}
	if name, after, found := strings.Cut(rest, "·"); found { // p·xᵖ⁻¹
		if v, ok := constant(n, name); ok {
			number, rest = number*v, after
		}
	}
	s, b, ok := "", bindingOf(rest), rest == ""
	if !ok && !inWords(r) {
		s, b, ok = y.filled(n, rest)
	}
	if !ok {
		if y.none = n.NumInputs() != 1 || r == ""; y.none {
			return y
		}
		text, _ := y.w.operand(n.InputNode(0), 0)
		number, s, b = 1, legible.Name(n.OpName())+"'("+text+")", Atom
	}
	y.scale *= number
	switch denominator, before := reciprocal(s), reciprocal(y.factors); {
	case s == "":
		return y
	case y.factors == "":
	case denominator != "":
		s, b = asFactor(y.factors, y.binding)+"/"+denominator, Product
	case before != "":
		s, b = asFactor(s, b)+"/"+before, Product
	default:
		s, b = asFactor(y.factors, y.binding)+"·"+enclosed(s, b, Product), Product
	}
	y.factors, y.binding, y.none = s, b, !short(s)
	return y
}

// reciprocal returns what is below the line of a formula that is one divided by something, "" for any other.
func reciprocal(f string) string {
	denominator, one := strings.CutPrefix(f, "1/")
	if !one || strings.ContainsAny(outside(denominator), "·/ ") {
		return ""
	}
	return denominator
}

// outside returns a formula without what stands in parentheses.
func outside(f string) string {
	var b strings.Builder
	depth := 0
	for _, r := range f {
		if r == ')' {
			depth--
		}
		if depth == 0 {
			b.WriteRune(r)
		}
		if r == '(' {
			depth++
		}
	}
	return b.String()
}

// rule returns the way that goes on by a rule with the cotangent in it.
func (y Way) rule(n graph.Node, r string) Way {
	if y.none = y.factors == ""; y.none {
		return y
	}
	texts := y.texts(n, r)
	texts["ct"] = put(r, "ct", y.factors, y.binding)
	s, ok := fill(r, texts)
	y.factors, y.binding, y.none = s, bindingOf(r), !ok || !short(s)
	return y
}

// filled returns a rule with texts for its names, and how tightly that holds together.
func (y Way) filled(n graph.Node, r string) (string, Binding, bool) {
	for i := range n.NumInputs() {
		if Parameter(n, i) == r {
			s, b := y.w.operand(n.InputNode(i), 0)
			return s, b, true
		}
	}
	s, ok := fill(r, y.texts(n, r))
	return s, bindingOf(r), ok
}

// texts returns what stands for the names in a rule of node n: its operands, its constants, its own value y.
func (y Way) texts(n graph.Node, r string) map[string]string {
	text := func(name string, n graph.Node) string {
		s, have := y.w.operand(n, 0)
		return put(r, name, s, have)
	}
	m := Parameters(n, func(i int) string { return text(Parameter(n, i), n.InputNode(i)) }, y.w.Number)
	if _, taken := m["y"]; !taken {
		m["y"] = text("y", n)
	}
	if _, taken := m["n"]; !taken && size(n) > 0 && n.NumInputs() > 0 { // of Σ x / n: how many elements become one
		m["n"] = strconv.Itoa(size(n.InputNode(0)) / size(n))
	}
	return m
}

// size returns the number of elements of a node's value.
func size(n graph.Node) int {
	k := 1
	for _, d := range n.Dims() {
		k *= d
	}
	return k
}

// Formula returns the product, how tightly it holds together, and whether there is one.
func (y Way) Formula() (string, Binding, bool) {
	number, below := bare(y.w.Number(y.scale)), reciprocal(y.factors)
	switch {
	case y.none:
		return "", Atom, false
	case y.factors == "":
		return number, bindingOf(number), true
	case y.scale == 1:
		return y.factors, y.binding, true
	case y.scale == -1:
		return "-" + enclosed(y.factors, y.binding, Product), Sum, true
	case below != "":
		return number + "/" + below, min(bindingOf(number), Product), true
	}
	return number + "·" + enclosed(y.factors, y.binding, Product), min(bindingOf(number), Product), true
}

// inWords reports whether a rule is described in words, or has a letter that it explains, so that no operand can be put
// into it.
func inWords(r string) bool {
	return legible.Prose(r) || strings.Contains(r, " with ") || strings.Contains(r, " of ") || strings.Contains(r, "δ")
}

// RuleInWords returns what the row says of the derivative by operand i, with constant numbers put in, and whether that is
// words.
func RuleInWords(n graph.Node, i int) (string, bool) {
	r := Rule(n, i)
	if !inWords(r) {
		return r, false
	}
	filled, _ := legible.FillRule(r, Parameters(n, func(k int) string { return Parameter(n, k) }, func(v float64) string { return legible.Number(v, 6) }))
	return filled, true
}

// split takes the sign and a number in front off a rule: 2x is 2 and x, -1/x² is -1 and 1/x².
func split(r string) (number float64, rest string) {
	number, rest = 1, r
	if s, ok := strings.CutPrefix(r, "-"); ok && bindingOf(s) > Sum {
		number, rest = -1, s
	}
	if f, ok := strings.CutPrefix(rest, "1/(2"); ok && strings.HasSuffix(f, ")") { // 1/(2√x)
		f = "(" + f
		if name, root := strings.CutPrefix(f, "(√"); root {
			return number / 2, "1/√" + strings.TrimSuffix(name, ")")
		}
		return number / 2, "1/" + f
	}
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	if digits == 0 || bindingOf(rest) == Sum {
		return number, rest
	}
	v, err := strconv.ParseFloat(rest[:digits], 64)
	next, _ := utf8.DecodeRuneInString(rest[digits:])
	switch {
	case err != nil || next == '/' || next == '.':
		return number, rest
	case next == '·':
		return number * v, rest[digits+len("·"):]
	}
	return number * v, rest[digits:]
}

// constant returns the number that a rule is, if it is the name of a constant parameter, or of an operand that is a
// constant without a name.
func constant(n graph.Node, r string) (float64, bool) {
	if row := n.Row(); row.UnaryParam == nil && row.Binary == nil {
		return 0, false
	}
	for p := range parameters(n) {
		switch {
		case p.name != r:
		case p.kind == number:
			return n.Float(p.first), true
		case p.kind == operand:
			in := n.InputNode(p.first)
			v, scalar := in.Scalar()
			return v, scalar && in.Name() == "" && in.NumInputs() == 0 && !in.WantsGrad()
		}
	}
	return 0, false
}
