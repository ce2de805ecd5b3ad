package viz

import (
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A Style says how a piece of text in a picture stands out.
type Style int

// The styles of text.
const (
	Plain  Style = iota
	Bold         // a name
	Quiet        // what explains: formulas, the number of a value without a name, which operand it is
	Sweep        // what the backward sweep found: δ, contributions
	Moving       // what the forward sweep found: τ, and what is passed on
)

// A Span is a piece of text in one style.
type Span struct {
	Text  string
	Style Style
}

// A Line is a line of text in a picture.
type Line []Span

// String returns the text of the line.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// lineLen is the number of characters after which a line with the elements of a tensor goes on in the next.
const lineLen = 44

// Lines returns the text on the node, from its name down.
func (n Node) Lines() []Line {
	var lines []Line
	add := func(l ...Span) { lines = append(lines, l) }
	if n.Kind == More {
		if n.Name == "" {
			return []Line{{{"… " + count(n.Hidden, "more "), Plain}}}
		}
		return []Line{{{n.Name, Bold}}, {{count(n.Hidden, ""), Plain}}}
	}
	var head Line
	if n.Name == "" && n.Label != "" {
		head = Line{{n.Label, Quiet}}
	} else if n.Name != "" {
		name := Line{{n.Name, Bold}}
		if number, twice := strings.CutPrefix(n.Label, n.Name); twice && number != "" {
			name = append(name, Span{number, Quiet})
		}
		add(name...)
	}
	join := func(l ...Span) {
		if len(head) > 0 {
			head = append(head, Span{"  ", Plain})
		}
		add(append(head, l...)...)
		head = nil
	}
	switch {
	case n.Op != "" && n.Formula != "":
		join(Span{n.Op, Plain}, Span{"  ", Plain}, Span{n.Formula, Quiet})
	case n.Op != "":
		join(Span{n.Op, Plain})
	case n.Formula != "" && n.Name == "":
		join(Span{n.Formula, Plain})
	case n.Formula != "":
		join(Span{n.Formula, Quiet})
	case len(head) > 0:
		add(head...)
	}
	lines = append(lines, valueLines(n.Shape, n.Value)...)
	if n.Tangent != "" {
		lines = append(lines, equations(n.Tangent, 2, Moving)...)
	}
	if n.Adjoint != "" {
		lines = append(lines, equations(n.Adjoint, 2, Sweep)...)
	}
	return lines
}

// count writes 1 node, 1,234 more nodes.
func count(n int, more string) string {
	if n == 1 {
		return "1 " + more + "node"
	}
	return legible.Count(n) + " " + more + "nodes"
}

// valueLines returns a shape and a value, beside each other if there is room.
func valueLines(shape, value string) []Line {
	if shape != "" && (value == "" || utf8.RuneCountInString(shape+" "+value) <= lineLen) {
		shape, value = "", strings.TrimSuffix(shape+" "+value, " ")
	}
	var lines []Line
	if shape != "" {
		lines = append(lines, Line{{shape, Plain}})
	}
	for _, s := range wrap(value) {
		lines = append(lines, Line{{s, Plain}})
	}
	return lines
}

// Lines returns the text beside the edge.
func (e Edge) Lines() []Line {
	var lines []Line
	switch {
	case e.Operand != "" && e.Derivative != "":
		lines = append(lines, Line{{e.Operand + ": ", Quiet}, {e.Derivative, Plain}})
	case e.Operand != "":
		lines = append(lines, Line{{e.Operand, Quiet}})
	case e.Derivative != "":
		lines = append(lines, Line{{e.Derivative, Plain}})
	}
	if e.Passed != "" {
		lines = append(lines, equations(e.Passed, 1, Moving)...)
	}
	if e.Contribution != "" {
		lines = append(lines, equations(e.Contribution, 1, Sweep)...)
	}
	return lines
}

// equations returns a = b = c in a style, with a line break before every equals sign from the one with the given number on.
func equations(s string, first int, style Style) []Line {
	parts := strings.Split(s, " = ")
	first = min(first, len(parts))
	texts := wrap(strings.Join(parts[:first], " = "))
	for _, p := range parts[first:] {
		texts = append(texts, wrap("= "+p)...)
	}
	lines := make([]Line, len(texts))
	for i, t := range texts {
		lines[i] = Line{{t, style}}
	}
	return lines
}

// wrap cuts a text that is too long for a line, such as the elements of a tensor: between the rows of a matrix if they are
// short enough, and else between elements, into lines of about the same length.
func wrap(s string) []string {
	if s == "" {
		return nil
	}
	if utf8.RuneCountInString(s) <= lineLen {
		return []string{s}
	}
	if rows := strings.SplitAfter(s, "] "); len(rows) > 1 {
		var out []string
		for _, r := range rows {
			out = append(out, wrap(strings.TrimSuffix(r, " "))...)
		}
		return out
	}
	n := utf8.RuneCountInString(s)
	most := min(n/(n/lineLen+1)+lineLen/12, lineLen) // so that the last line is not much shorter
	var out []string
	line, length := "", 0
	for _, word := range strings.Fields(s) {
		k := utf8.RuneCountInString(word)
		if line != "" && length+1+k > most {
			out = append(out, line)
			line, length = "", 0
		}
		if line != "" {
			line += " "
			length++
		}
		line += word
		length += k
	}
	return append(out, line)
}
