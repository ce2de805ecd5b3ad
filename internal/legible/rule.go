package legible

import (
	"maps"
	"strings"
)

// Prose reports whether a derivative is described in words.
func Prose(derivative string) bool {
	return strings.Contains(derivative, " for ") || strings.Contains(derivative, " where ") || strings.Contains(derivative, " if ")
}

// Rule returns what the description of an operation's derivatives says of operand i of n. The description has a formula
// for each operand, with semicolons or commas between them, "b, a", or it stands for all operands, as words do. A comma in
// parentheses separates nothing. A formula ends in " with " or " for " and an equation that defines a letter; it belongs
// to every formula with that letter.
func Rule(derivative string, i, n int) string {
	separator := ", "
	switch {
	case n < 2:
		return derivative
	case strings.Contains(derivative, "; "):
		separator = "; "
	case Prose(derivative):
		return derivative
	}
	parts := split(derivative, separator)
	if len(parts) != n {
		return derivative
	}
	var letter, where string
	for k, p := range parts {
		for _, word := range [...]string{" with ", " for "} {
			formula, definition, found := strings.Cut(p, word)
			if name, _, equation := strings.Cut(definition, " = "); found && equation {
				parts[k], letter, where = formula, name, word+definition
			}
		}
	}
	if where != "" && HasWord(parts[i], letter) {
		return parts[i] + where
	}
	return parts[i]
}

// split cuts a text at separators that stand in no parentheses.
func split(s, separator string) []string {
	var parts []string
	depth, start := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 && strings.HasPrefix(s[i:], separator) {
			parts = append(parts, s[start:i])
			start = i + len(separator)
		}
	}
	return append(parts, s[start:])
}

// HasWord reports whether a formula has a name as a word of its own.
func HasWord(formula, name string) bool {
	for word := range words(formula) {
		if word == name {
			return true
		}
	}
	return false
}

// functions are the words in rules that stand for themselves.
var functions = [...]string{"e", "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "ln", "sigmoid", "sign", "sqrt", "max", "min", "Σ"}

// FillRule is [Fill] for a rule, in which the names of functions stay: the usual ones, and any word right before a
// parenthesis.
func FillRule(rule string, m map[string]string) (string, bool) {
	all := maps.Clone(m)
	for _, f := range functions {
		all[f] = f
	}
	for word, call := range words(rule) {
		if call {
			all[word] = word
		}
	}
	return Fill(rule, all)
}
