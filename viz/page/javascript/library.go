package javascript

import (
	_ "embed"
	"strings"
)

//go:embed functions.js
var functionsSource string

// library are the functions that source code brings along.
var library = newParts(functionsSource)

// parts are the declarations of a script, which are taken one by one.
type parts struct {
	names []string // in the order of the script
	texts map[string]string
	needs map[string]map[string]bool // the names that the text of a declaration mentions
}

// newParts takes a script apart: every paragraph of it declares one function or constant.
func newParts(source string) *parts {
	l := &parts{texts: map[string]string{}, needs: map[string]map[string]bool{}}
	for _, text := range strings.Split(strings.TrimSpace(source), "\n\n") {
		for line := range strings.Lines(text) {
			rest, ok := strings.CutPrefix(line, "function ")
			if !ok {
				rest, ok = strings.CutPrefix(line, "const ")
			}
			if ok {
				name := rest[:strings.IndexFunc(rest, func(r rune) bool { return !inName(r) })]
				l.names = append(l.names, name)
				l.texts[name], l.needs[name] = text, words(text)
				break
			}
		}
	}
	return l
}

// inName reports whether names of the library have the letter.
func inName(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// words returns the names in a text, but for those of members and those in comments.
func words(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "//")
		for _, w := range strings.FieldsFunc(code, func(r rune) bool { return r != '.' && !inName(r) }) {
			w, _, _ = strings.Cut(w, ".")
			set[w] = true
		}
	}
	return set
}

// mentions reports whether a text has a name.
func mentions(text, name string) bool { return words(text)[name] }

func (l *parts) has(name string) bool { return l.texts[name] != "" }

// used returns the declarations that a text needs, and those that they need, in the order of the script.
func (l *parts) used(text string) []string {
	want := map[string]bool{}
	l.add(want, words(text))
	var list []string
	for _, name := range l.names {
		if want[name] {
			list = append(list, l.texts[name])
		}
	}
	return list
}

func (l *parts) add(want, mentioned map[string]bool) {
	for name := range mentioned {
		if l.has(name) && !want[name] {
			want[name] = true
			l.add(want, l.needs[name])
		}
	}
}
