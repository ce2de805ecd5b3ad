package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// prose holds the words of the page, a file for each tab: what stands before its stepper and what stands after.
//
//go:embed page/*.html page/style.css
var prose embed.FS

// A writer turns the files of prose into HTML. It knows the steps of all steppers, so that the words can point to them.
type writer struct {
	walks map[string]*walk // by tab; nil for one without a stepper
}

// write returns one part, "before" or "after", of a tab's prose; nothing if the file has no such part.
func (w *writer) write(tab, part string, data any) (template.HTML, error) {
	t, err := template.New(tab).Funcs(template.FuncMap{
		"m":      func(formula string) (template.HTML, error) { return mathML(formula, false) },
		"mm":     func(formula string) (template.HTML, error) { return mathML(formula, true) },
		"matrix": matrixML,
		"cells":  cellsML,
		"num":    func(v float64) string { return signed(trimmed(v)) },
		"step":   w.stepLink,
		"depth":  w.depthLink,
		"tab":    w.tabLink,
	}).ParseFS(prose, "page/"+tab+".html")
	if err != nil {
		return "", err
	}
	if t.Lookup(part) == nil {
		return "", nil
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, part, data); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

// tabLink returns a link to a tab, or its text alone if the page does not have the tab.
func (w *writer) tabLink(tab, text string) template.HTML {
	text = template.HTMLEscapeString(text)
	if _, ok := w.walks[tab]; !ok {
		return template.HTML(text)
	}
	return template.HTML(fmt.Sprintf(`<a href="#tab=%s">%s</a>`, url.QueryEscape(tab), text))
}

// stepLink returns a link to the step of a tab in which a node gets its value, "=", or its δ. It is the text alone if the
// page does not have the tab.
func (w *writer) stepLink(tab, phase, node, text string) (template.HTML, error) {
	walk, ok := w.walks[tab]
	if !ok {
		return template.HTML(template.HTMLEscapeString(text)), nil
	}
	if walk == nil {
		return "", fmt.Errorf("tab %s has no steps", tab)
	}
	step, ok := walk.step(phase, node)
	if !ok {
		return "", fmt.Errorf("tab %s has no step %s %s", tab, phase, node)
	}
	return template.HTML(fmt.Sprintf(`<a href="#tab=%s&amp;step=%d">%s</a>`, url.QueryEscape(tab), step, template.HTMLEscapeString(text))), nil
}

// depthLink is stepLink for the steps of a stepper in the wrong order, depth first, of which it only knows the number: the
// last one, in which the answer is there, is that of each link once, after the base case.
func (w *writer) depthLink(tab string, links int, text string) template.HTML {
	walk, ok := w.walks[tab]
	if !ok {
		return template.HTML(template.HTMLEscapeString(text))
	}
	return template.HTML(fmt.Sprintf(`<a href="#tab=%s&amp;step=%d&amp;order=depth">%s</a>`, url.QueryEscape(tab), len(walk.forward)+links, template.HTMLEscapeString(text)))
}

// matrixML returns name = matrix, with numbers. A vector is a column.
func matrixML(name string, t *tensor.Tensor) (template.HTML, error) {
	rows, columns := t.Len(), 1
	if dims := t.Dims(); len(dims) == 2 {
		rows, columns = dims[0], dims[1]
	}
	cells := make([]string, rows)
	for i := range cells {
		for j := range columns {
			if j > 0 {
				cells[i] += "&"
			}
			cells[i] += trimmed(t.AtFlat(i*columns + j))
		}
	}
	return cellsML(name, cells...)
}

// cellsML returns name = matrix. Each row is given as the formulas of its cells, with & between them.
func cellsML(name string, rows ...string) (template.HTML, error) {
	var b strings.Builder
	row := func(formula string) error {
		p := formulaParser{rest: []rune(formula)}
		text, err := p.row(0)
		b.WriteString(text)
		return err
	}
	b.WriteString(`<span class="matrix"><math displaystyle="true">`)
	if err := row(name + " ="); err != nil {
		return "", err
	}
	b.WriteString("<mtable>")
	for _, cells := range rows {
		b.WriteString("<mtr>")
		for cell := range strings.SplitSeq(cells, "&") {
			b.WriteString("<mtd>")
			if err := row(cell); err != nil {
				return "", err
			}
			b.WriteString("</mtd>")
		}
		b.WriteString("</mtr>")
	}
	b.WriteString("</mtable></math></span>")
	return template.HTML(b.String()), nil
}

// signed returns numbers with signs that are as wide as a digit; the exponent keeps its own.
func signed(numbers string) string {
	return strings.ReplaceAll(strings.ReplaceAll(numbers, "-", "−"), "e−", "e-")
}
