package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/examples/internal/problem"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A solution is what is printed.
type solution struct{ *problem.Solution }

// width is the number of columns of a line of the table.
const width = 80

// writeJSON writes the value, its shape, the gradients by name, and the Hessian if it was asked for.
func (s solution) writeJSON(out io.Writer) {
	b := []byte(`{"value": `)
	b = appendJSON(b, s.Value)
	b = append(b, `, "shape": [], "grad": {`...)
	for i, name := range s.Names {
		if i > 0 {
			b = append(b, ", "...)
		}
		key, _ := json.Marshal(name) // a string: it cannot fail
		b = append(append(b, key...), ": "...)
		b = appendJSON(b, s.Gradients[i])
	}
	b = append(b, '}')
	if s.Hessian != nil {
		b = appendJSON(append(b, `, "hessian": `...), s.Hessian)
	}
	out.Write(append(b, "}\n"...))
}

// appendJSON appends a number or nested arrays. Every number reads back to the same bits in the tensor's precision; JSON
// has no NaN and no infinities, they are strings.
func appendJSON(b []byte, t *tensor.Tensor) []byte {
	dims, bits := t.Dims(), 8*t.DType().Bytes()
	if t.Len() == 0 { // a Hessian without names
		return append(b, "[]"...)
	}
	for i := range t.Len() {
		if i > 0 {
			b = append(b, ", "...)
		}
		for size, k := 1, len(dims)-1; k >= 0; k-- {
			if size *= dims[k]; i%size == 0 {
				b = append(b, '[')
			}
		}
		switch v := t.AtFlat(i); {
		case math.IsNaN(v):
			b = append(b, `"NaN"`...)
		case math.IsInf(v, 0):
			b = strconv.AppendQuote(b, strconv.FormatFloat(v, 'g', -1, bits))
		default:
			b = strconv.AppendFloat(b, v, 'g', -1, bits)
		}
		for size, k := 1, len(dims)-1; k >= 0; k-- {
			if size *= dims[k]; (i+1)%size == 0 {
				b = append(b, ']')
			}
		}
	}
	return b
}

// writeTable writes the value, and a line for each gradient.
func (s solution) writeTable(out io.Writer, checks []problem.Check) {
	fmt.Fprintf(out, "value  %s\n", s.Value)
	if len(s.Names) == 0 {
		return
	}
	rows := [][3]string{{"name", "shape", "check"}}
	for i, name := range s.Names {
		rows = append(rows, [3]string{cut(legible.Name(name), 16), cut(tensor.FormatShape(s.At[i].Dims()), 16), checks[i].Short()})
	}
	var columns [3]int
	for _, r := range rows {
		for k, cell := range r {
			columns[k] = max(columns[k], utf8.RuneCountInString(cell))
		}
	}
	room := width - columns[0] - columns[1] - columns[2] - 6
	fmt.Fprintln(out)
	for i, r := range rows {
		gradient := "gradient"
		if i > 0 {
			gradient = shorten(s.Gradients[i-1], room)
		}
		line := pad(r[0], columns[0]) + "  " + pad(r[1], columns[1]) + "  " + pad(r[2], columns[2]) + "  " + gradient
		fmt.Fprintln(out, strings.TrimRight(line, " "))
	}
	first := true
	for i, c := range checks {
		if text := explainCheck(c, s.Problem, i); text != "" {
			if first {
				fmt.Fprintln(out)
				first = false
			}
			writeWrapped(out, text)
		}
	}
}

// shorten returns a number in full, and the elements of a tensor in as many digits as there is room for, or their
// range.
func shorten(t *tensor.Tensor, room int) string {
	if t.Rank() == 0 {
		return t.String()
	}
	if t.Len() <= room {
		for digits := 6; digits >= 3; digits-- {
			if s := legible.Tensor(t, t.Len(), digits); utf8.RuneCountInString(s) <= room {
				return s
			}
		}
	}
	return cut(legible.Tensor(t, 0, 4), room)
}

// cut shortens s to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(n-utf8.RuneCountInString(s), 0)) }

// writeWrapped writes a sentence in lines of at most width columns where its words allow.
func writeWrapped(out io.Writer, text string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			fmt.Fprintln(out, line)
			line = "  " + word
			continue
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	fmt.Fprintln(out, line)
}

// writeHessian writes the matrix in blocks of columns that fit a line.
func (s solution) writeHessian(out io.Writer) {
	n := len(s.Labels)
	if n == 0 {
		return
	}
	labels := make([]string, n)
	first, cell := 0, 0
	for i, l := range s.Labels {
		labels[i] = cut(legible.Name(l), 24)
		first = max(first, utf8.RuneCountInString(labels[i]))
		for j := range n {
			cell = max(cell, utf8.RuneCountInString(legible.Number(s.Hessian.At(i, j), 6)))
		}
	}
	cell = max(cell, first)
	block := max((width-first)/(cell+2), 1)
	for from := 0; from < n; from += block {
		to := min(from+block, n)
		fmt.Fprint(out, "\n", pad("hessian", first))
		for _, l := range labels[from:to] {
			fmt.Fprint(out, "  ", strings.Repeat(" ", cell-utf8.RuneCountInString(l)), l)
		}
		fmt.Fprintln(out)
		for i, l := range labels {
			fmt.Fprint(out, pad(l, max(first, len("hessian"))))
			for j := from; j < to; j++ {
				fmt.Fprintf(out, "  %*s", cell, legible.Number(s.Hessian.At(i, j), 6))
			}
			fmt.Fprintln(out)
		}
	}
}
