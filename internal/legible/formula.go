package legible

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// superscripts are the characters that formulas write exponents with.
var superscripts = map[rune]string{'ˣ': "x", 'ʸ': "y", 'ᵖ': "p", '⁻': "-", '¹': "1", '²': "2", '³': "3"}

// Fill puts texts in the place of names in a formula, and writes an exponent that has names in it with ^. It reports
// false if the formula has other words.
func Fill(formula string, m map[string]string) (string, bool) {
	var b strings.Builder
	ok := true
	put := func(word string) {
		text, known := m[word]
		if !known {
			ok, text = false, word
		}
		if before, _ := utf8.DecodeLastRuneInString(b.String()); unicode.IsDigit(before) || before == ')' {
			b.WriteString("·")
		}
		b.WriteString(text)
	}
	runes := []rune(formula)
	for i := 0; i < len(runes); {
		j := i
		for j < len(runes) && inWord(runes[j], j > i) {
			j++
		}
		if j > i {
			put(string(runes[i:j]))
			i = j
			continue
		}
		for j < len(runes) && superscripts[runes[j]] != "" {
			j++
		}
		if j == i {
			j++
		}
		b.WriteString(exponent(runes[i:j], m, &ok))
		i = j
	}
	return b.String(), ok
}

// inWord reports whether a character is part of a name: a letter or, behind one, a digit, an underscore or an accent.
func inWord(r rune, behind bool) bool {
	switch {
	case superscripts[r] != "" || r == 'ᵀ':
		return false
	case unicode.IsLetter(r):
		return true
	}
	return behind && (r == '_' || unicode.IsDigit(r) || unicode.Is(unicode.M, r))
}

// words ranges over the words of a formula, and says whether a parenthesis follows.
func words(formula string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		runes := []rune(formula)
		for i := 0; i < len(runes); i++ {
			j := i
			for j < len(runes) && inWord(runes[j], j > i) {
				j++
			}
			if j == i {
				continue
			}
			if !yield(string(runes[i:j]), j < len(runes) && runes[j] == '(') {
				return
			}
			i = j - 1
		}
	}
}

// exponent writes a run of superscripts with ^ if there are names in it, and as it is otherwise.
func exponent(run []rune, m map[string]string, ok *bool) string {
	text, named := "", false
	for _, r := range run {
		s, sup := superscripts[r]
		if sup && unicode.IsLetter(r) {
			if s, sup = m[s]; !sup {
				*ok = false
				return string(run)
			}
			named = true
		}
		text += s
	}
	switch {
	case !named:
		return string(run)
	case len(run) == 1:
		return "^" + text
	}
	return "^(" + text + ")"
}
