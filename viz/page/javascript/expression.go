package javascript

import (
	"fmt"
	"go/token"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/internal/primitive"
)

// functions say how primitives are written, with their operands in place of $1, $2, ... The library has a function of the
// name of those that are not here.
var functions = map[string]string{
	"abs": "Math.abs($1)", "exp": "Math.exp($1)", "log": "Math.log($1)", "log1p": "Math.log1p($1)", "expm1": "Math.expm1($1)",
	"sqrt": "Math.sqrt($1)", "hypot": "Math.hypot($1, $2)", "sin": "Math.sin($1)", "cos": "Math.cos($1)", "tan": "Math.tan($1)",
	"asin": "Math.asin($1)", "acos": "Math.acos($1)", "atan": "Math.atan($1)", "atan2": "Math.atan2($1, $2)",
	"sinh": "Math.sinh($1)", "cosh": "Math.cosh($1)", "tanh": "Math.tanh($1)",
	"asinh": "Math.asinh($1)", "acosh": "Math.acosh($1)", "atanh": "Math.atanh($1)",
	"floor": "Math.floor($1)", "ceil": "Math.ceil($1)", "trunc": "Math.trunc($1)",
	"maximum": "Math.max($1, $2)", "minimum": "Math.min($1, $2)",
}

// comparisons say how the conditions are written.
var comparisons = map[string]string{
	"gt": "$1 > $2", "ge": "$1 >= $2", "lt": "$1 < $2", "le": "$1 <= $2", "eq": "$1 === $2", "ne": "$1 !== $2",
	"isnan": "Number.isNaN($1)", "isfinite": "Number.isFinite($1)",
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

// write returns an expression as JavaScript. Names has the names in JavaScript for those of the expression.
func write(t *primitive.Term, names map[string]string) term {
	return primitive.Fold(t, func(t *primitive.Term) term { return leaf(t, names) }, apply)
}

// leaf writes a number or a parameter.
func leaf(t *primitive.Term, names map[string]string) term {
	switch {
	case t.Param != "":
		return term{text: names[t.Param], prec: atom}
	case math.IsInf(t.Value, 0):
		return term{text: "Infinity", prec: atom}
	}
	return term{text: strconv.FormatFloat(t.Value, 'g', -1, 64), prec: atom}
}

// apply writes a primitive of its operands.
func apply(op string, args []term) term {
	switch op {
	case "add", "sub":
		sign := map[string]string{"add": " + ", "sub": " - "}[op]
		return term{text: args[0].in(sum) + sign + args[1].in(sum+1), prec: sum}
	case "mul", "div":
		sign := map[string]string{"mul": " * ", "div": " / "}[op]
		return term{text: args[0].in(product) + sign + args[1].in(product+1), prec: product}
	case "neg":
		return term{text: "-" + args[0].in(atom), prec: signed}
	case "where": // the one primitive that does not compute all of its operands
		return term{text: args[0].condition() + " ? " + args[1].in(comparison) + " : " + args[2].text, prec: ternary}
	}
	if primitive.IsCondition(op) {
		s := callOf(op, comparisons[op], args, sum)
		return term{text: s + " ? 1 : 0", prec: ternary, cond: s}
	}
	return term{text: callOf(op, functions[op], args, ternary), prec: atom}
}

// callOf writes a function of operands that bind as tightly as prec.
func callOf(op, pattern string, args []term, prec int) string {
	texts := make([]string, len(args))
	var pairs []string
	for i, a := range args {
		texts[i] = a.in(prec)
		pairs = append(pairs, "$"+strconv.Itoa(i+1), texts[i])
	}
	if pattern == "" {
		return op + "(" + strings.Join(texts, ", ") + ")"
	}
	return strings.NewReplacer(pairs...).Replace(pattern)
}
