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

// Through returns the way that goes on from node n, where y ends, to the node's operand i.
func (y Way) Through(n graph.Node, i int) Way {
	r := Rule(n, i)
	if y.none = y.none || r == "" || inWords(r); y.none {
		return y
	}
	texts := y.texts(n)
	if legible.HasWord(r, "ct") {
		if y.none = y.factors == ""; y.none {
			return y
		}
		texts["ct"] = enclosed(y.factors, y.binding, Product)
		s, ok := legible.FillRule(r, texts)
		y.none = !ok || !short(s)
		y.factors, y.binding = s, bindingOf(r)
		return y
	}
	number, rest := split(r)
	y.scale *= number
	if v, ok := constant(n, rest); ok {
		y.scale *= v
		return y
	}
	if rest == "" {
		return y
	}
	s, ok := legible.FillRule(rest, texts)
	y.none = !ok || !short(y.factors+s)
	b := bindingOf(rest)
	if y.factors != "" {
		s = enclosed(y.factors, y.binding, Product) + "·" + enclosed(s, b, Product)
		b = Product
	}
	y.factors, y.binding = s, b
	return y
}

// texts returns what stands for the names in a rule of node n: its operands, its constants, its own value y.
func (y Way) texts(n graph.Node) map[string]string {
	text := func(n graph.Node) string {
		s, have := y.w.operand(n, 0)
		return enclosed(s, have, Atom)
	}
	m := Parameters(n, func(i int) string { return text(n.InputNode(i)) }, y.w.Number)
	if _, taken := m["y"]; !taken {
		m["y"] = text(n)
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
	number, plain := bare(y.w.Number(y.scale)), bare(y.factors)
	switch {
	case y.none:
		return "", Atom, false
	case y.factors == "":
		return number, bindingOf(number), true
	case y.scale == 1 && plain != y.factors:
		return plain, Sum, true
	case y.scale == 1:
		return y.factors, y.binding, true
	case y.scale == -1:
		return "-" + enclosed(y.factors, y.binding, Product), Sum, true
	}
	return number + "·" + enclosed(y.factors, y.binding, Product), min(bindingOf(number), Product), true
}

// inWords reports whether a rule is described in words, or has a letter that it explains, so that no operand can be put
// into it.
func inWords(r string) bool {
	return legible.Prose(r) || strings.Contains(r, " with ") || strings.Contains(r, " of ") || strings.Contains(r, "δ")
}

// RuleInWords returns what the row says of the derivative by operand i, if that is words.
func RuleInWords(n graph.Node, i int) (string, bool) {
	r := Rule(n, i)
	return r, inWords(r)
}

// split takes the sign and a number in front off a rule: 2x is 2 and x, -1/x² is -1 and 1/x².
func split(r string) (number float64, rest string) {
	number, rest = 1, r
	if s, ok := strings.CutPrefix(r, "-"); ok && bindingOf(s) > Sum {
		number, rest = -1, s
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
