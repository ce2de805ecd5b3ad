package notation

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Binding says how tightly the parts of a formula hold together, and so whether it needs parentheses inside another.
type Binding int

// The bindings, from loose to tight.
const (
	Sum     Binding = iota // also a comparison, and what begins with a minus sign
	Product                // also a quotient
	Power                  // also a root, and a function before its argument
	Atom
)

// superscripts are what exponents are written with.
const superscripts = "⁻¹²³ˣʸᵖᵏ⁺"

// bindingOf returns how tightly a formula holds together. What stands in parentheses does not count.
func bindingOf(f string) Binding {
	if strings.HasPrefix(f, "-") {
		return Sum
	}
	b, depth, plain := Power, 0, f != ""
	for i, r := range f {
		switch r {
		case '(', '[', '⌊', '⌈', '{':
			depth++
		case ')', ']', '⌋', '⌉', '}':
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
		plain = plain && (r == '_' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.')
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

// asFactor returns a text for a factor that others follow: (sin x)·y, not sin x·y.
func asFactor(text string, have Binding) string {
	if have < Product || applied(text) {
		return "(" + text + ")"
	}
	return text
}

// applied reports whether a formula ends in a function before an argument without parentheses: sin x, y·ln x.
func applied(f string) bool {
	i := strings.LastIndexByte(f, ' ')
	if i <= 0 || strings.ContainsAny(f[i:], "()") {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(f[:i])
	return unicode.IsLetter(before)
}

// closing returns the index of the parenthesis that closes the one at index i, -1 for none.
func closing(s string, i int) int {
	depth := 0
	for k := i; k < len(s); k++ {
		switch s[k] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return k
			}
		}
	}
	return -1
}

// bare returns a text without the parentheses around all of it, if there are any.
func bare(s string) string {
	if strings.HasPrefix(s, "(") && closing(s, 0) == len(s)-1 {
		return s[1 : len(s)-1]
	}
	return s
}

// cutNumber cuts a number without a sign from the beginning of s; it is "" if there is none.
func cutNumber(s string) (number, rest string) {
	k := 0
	for k < len(s) && (s[k] == '.' || '0' <= s[k] && s[k] <= '9') {
		k++
	}
	return s[:k], s[k:]
}

// cutExponent cuts an exponent that is a number, less 1 perhaps, from the beginning of s: 3, (-3), (3-1), (-3-1), ((-3)-1).
func cutExponent(s string) (v float64, rest string, ok bool) {
	text, rest := cutNumber(s)
	less := 0.0
	if text == "" {
		k := closing(s, 0)
		if !strings.HasPrefix(s, "(") || k < 0 {
			return 0, s, false
		}
		text, rest = s[1:k], s[k+1:]
		if before, found := strings.CutSuffix(text, "-1"); found && before != "" {
			text, less = bare(before), 1
		}
		number, more := cutNumber(strings.TrimPrefix(text, "-"))
		if number == "" || more != "" || number == text && less == 0 {
			return 0, s, false
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, s, false
	}
	return v - less, rest, true
}

// tidied returns a formula without doubled parentheses, with x - 3 for x + (-3), and with exponents that are numbers
// worked out: x^(3-1) is x².
func tidied(s string) string {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '(' && s[i+1] == '(' {
			if k, j := closing(s, i), closing(s, i+1); j > 0 && k == j+1 {
				s = s[:i] + s[i+1:j] + s[k:]
				i--
			}
		}
	}
	s = strings.ReplaceAll(s, "ᵀᵀ", "")
	return workedOut(withMinus(s))
}

// withMinus returns a formula with x - 3 for x + (-3).
func withMinus(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, " + (-")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if number, after := cutNumber(rest); number != "" && strings.HasPrefix(after, ")") {
			b.WriteString(" - " + number)
			s = after[1:]
		} else {
			b.WriteString(" + (-")
			s = rest
		}
	}
}

// workedOut returns a formula with exponents that are numbers worked out.
func workedOut(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "^")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		v, after, ok := cutExponent(rest)
		switch {
		case !ok:
			b.WriteString("^")
		case v == 1:
		case v == 2:
			b.WriteString("²")
		case v == 3:
			b.WriteString("³")
		case v < 0:
			b.WriteString("^(" + strconv.FormatFloat(v, 'g', 6, 64) + ")")
		default:
			b.WriteString("^" + strconv.FormatFloat(v, 'g', 6, 64))
		}
		s = after
	}
}

// needed returns the binding that the places of a name in a formula ask of what is put there.
func needed(f, name string) Binding {
	need := Sum
	runes := []rune(f)
	at := func(i, step int) rune { // the next character that is no space
		for i += step; i >= 0 && i < len(runes); i += step {
			if runes[i] != ' ' {
				return runes[i]
			}
		}
		return 0
	}
	for i := 0; i < len(runes); {
		j := i
		for j < len(runes) && (unicode.IsLetter(runes[j]) || j > i && (runes[j] == '_' || unicode.IsDigit(runes[j]))) && !strings.ContainsRune(superscripts, runes[j]) {
			j++
		}
		if j == i {
			if raised, ok := raisedNames[runes[i]]; ok && raised == name {
				if before := at(i, -1); before == '⁻' {
					need = max(need, Product)
				} else {
					need = max(need, Atom)
				}
			}
			i++
			continue
		}
		if string(runes[i:j]) == name {
			need = max(need, place(at(i, -1), at(j-1, 1)))
		}
		i = j
	}
	return need
}

var raisedNames = map[rune]string{'ˣ': "x", 'ʸ': "y", 'ᵖ': "p", 'ᵏ': "k"}

// place returns the binding that is needed between two characters of a formula, 0 for its ends.
func place(before, after rune) Binding {
	switch {
	case strings.ContainsRune(superscripts+"ᵀ^", after) && after != 0, strings.ContainsRune(superscripts, before) && before != 0, unicode.IsLetter(before), before == '√', before == '^':
		return Atom
	case before == '/':
		return Power
	case before == '·', after == '·', after == '/', before == '-', unicode.IsDigit(before):
		return Product
	}
	return Sum
}
