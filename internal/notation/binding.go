package notation

import "strings"

// A Binding says how tightly the parts of a formula hold together, and so whether it needs parentheses inside another.
type Binding int

// The bindings, from loose to tight.
const (
	Sum Binding = iota
	Product
	Power
	Atom
)

// bindingOf returns how tightly a formula holds together. What stands in parentheses does not count.
func bindingOf(f string) Binding {
	if strings.HasPrefix(f, "-") {
		return Sum
	}
	b, depth, plain := Power, 0, f != ""
	for i, r := range f {
		switch r {
		case '(', '[', '⌊', '⌈':
			depth++
		case ')', ']', '⌋', '⌉':
			depth--
		case '·', '/':
			if depth == 0 {
				b = Product
			}
		case '+', '-', '?', '>', '<', '=', '≥', '≤', '≠':
			if depth == 0 && i > 0 && f[i-1] == ' ' {
				return Sum
			}
		}
		plain = plain && (r == '_' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9')
	}
	if plain {
		return Atom
	}
	return b
}

// enclosed returns a text for a place that needs at least the given binding.
func enclosed(text string, have, need Binding) string {
	if have < need {
		return "(" + text + ")"
	}
	return text
}

// bare returns a text without the parentheses around it, if there is one pair and it goes around all of it.
func bare(s string) string {
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") && !strings.ContainsAny(s[1:len(s)-1], "()") {
		return s[1 : len(s)-1]
	}
	return s
}
