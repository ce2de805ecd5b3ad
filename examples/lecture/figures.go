package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
)

// agrees reports whether v, rounded to the decimals of a printed number, is that number.
func agrees(printed string, v float64) bool {
	decimals := 0
	if i := strings.IndexByte(printed, '.'); i >= 0 {
		decimals = len(printed) - i - 1
	}
	return strconv.FormatFloat(v, 'f', decimals, 64) == printed
}

// shown returns v with the digits that any machine computes alike: twelve.
func shown(v float64) string { return strconv.FormatFloat(v, 'g', 12, 64) }

// mark says whether a figure is what the lecture prints, "" if that prints none.
func (f figure) mark() string {
	switch {
	case f.printed == "":
		return ""
	case agrees(f.printed, f.value):
		return "✓"
	case f.slip > 0:
		return fmt.Sprintf("✗ slip %d", f.slip)
	}
	return "✗"
}

// figures prints a table of figures, with a mark where the lecture prints one too.
func (l *lesson) figures(figures []figure) {
	l.printf("\n  %-30s %14s   computed\n", "", "printed")
	for _, f := range figures {
		line := fmt.Sprintf("  %-30s %14s   %-19s%s", f.name, f.printed, shown(f.value), f.mark())
		l.printf("%s\n", strings.TrimRight(line, " "))
	}
}

// explain prints the chain rule for ∂y/∂x, indented.
func (l *lesson) explain(y, x graph.Value) error {
	var b bytes.Buffer
	if err := graph.Try(func() { autograd.Explain(&b, y, x) }); err != nil {
		return err
	}
	l.printf("\n")
	for line := range strings.Lines(b.String()) {
		text := strings.TrimLeft(line, " ")
		margin := strings.Repeat(" ", 2+len(line)-len(text))
		if text = strings.TrimSpace(text); text == "" {
			margin = ""
		}
		l.printf("%s\n", hang(margin, text))
	}
	return nil
}

// fixed returns numbers with nine decimals.
func fixed(v []float64) string {
	var b strings.Builder
	for i, x := range v {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.FormatFloat(x, 'f', 9, 64))
	}
	return b.String()
}

// String returns the cells of a score in the tables of part d: cross entropy, then wrong rows in 100, each for the
// training, validation and test rows.
func (s score) String() string {
	return fmt.Sprintf("%.4f  %.4f  %.4f   %6.1f %6.1f %6.1f", s.loss[0], s.loss[1], s.loss[2], 100*s.wrong[0], 100*s.wrong[1], 100*s.wrong[2])
}
