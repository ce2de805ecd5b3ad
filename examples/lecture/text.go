package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// columns is the width of the text.
const columns = 80

// A paper is where the text goes. It remembers the first error of its writer and writes no more after it.
type paper struct {
	w   io.Writer
	err error
}

// Write writes b to the paper's writer.
func (p *paper) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.w.Write(b)
	p.err = err
	return n, err
}

// printf writes lines as they are.
func (p *paper) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// heading begins a section of the lecture.
func (p *paper) heading(text string) {
	p.printf("\n%s\n%s\n", text, strings.Repeat("=", utf8.RuneCountInString(text)))
}

// say writes a paragraph, broken into lines, after an empty line.
func (p *paper) say(format string, args ...any) {
	p.printf("\n%s\n", wrap("", fmt.Sprintf(format, args...)))
}

// note writes a paragraph that begins with a label and is indented by it.
func (p *paper) note(label, format string, args ...any) {
	p.printf("\n%s\n", wrap(label+" ", fmt.Sprintf(format, args...)))
}

// wrap breaks text into lines of the paper's width. The first line begins with label, the others are indented by it.
func wrap(label, text string) string {
	return fill(label, strings.Repeat(" ", utf8.RuneCountInString(label)), text)
}

// hang breaks text into lines of the paper's width, all with a margin, and indents all but the first further.
func hang(margin, text string) string { return fill(margin, margin+"    ", text) }

// fill breaks text into lines of the paper's width that begin with first, and then with rest.
func fill(first, rest, text string) string {
	var b strings.Builder
	b.WriteString(first)
	room := columns - utf8.RuneCountInString(first)
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case n+1 > room:
			b.WriteString("\n" + rest)
			room = columns - utf8.RuneCountInString(rest)
		default:
			b.WriteByte(' ')
			room--
		}
		b.WriteString(word)
		room -= n
	}
	return b.String()
}

// numbers returns the elements of a vector, or of a matrix row by row, in brackets.
func numbers(t *tensor.Tensor) string {
	var b strings.Builder
	b.WriteByte('[')
	for i := range t.Len() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(trimmed(t.AtFlat(i)))
	}
	b.WriteByte(']')
	return b.String()
}

// trimmed returns v with up to nine decimals.
func trimmed(v float64) string {
	s := strconv.FormatFloat(v, 'f', 9, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// matrix prints a matrix with its name, row under row.
func (p *paper) matrix(name string, t *tensor.Tensor) {
	rows, cols := t.Dims()[0], t.Dims()[1]
	for i := range rows {
		label := strings.Repeat(" ", utf8.RuneCountInString(name)+3)
		if i == 0 {
			label = name + " = "
		}
		p.printf("  %s|", label)
		for j := range cols {
			p.printf(" %5s", trimmed(t.At(i, j)))
		}
		p.printf(" |\n")
	}
}

// weightName returns W12 for the weights from layer 1 to layer 2, and so on.
func weightName(layer int) string { return fmt.Sprintf("W%d%d", layer, layer+1) }
