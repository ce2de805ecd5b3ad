package page

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"io"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
	"github.com/seed366ff29f/chainrule/viz/svg/graphviz"
)

// A Lesson is what a page shows: the graph of one value, or several in tabs.
type Lesson struct {
	Title   string         // of the page
	Root    graph.Value    // the value whose graph the page shows; the zero Value if all are in tabs
	Stepper stepper.Config // how it shows the graph
	Before  template.HTML  // what stands above the graph, in HTML that the program vouches for
	After   template.HTML  // what stands below it
	Tabs    []Tab          // further graphs, or pages of text
	Style   template.CSS   // style sheet for what the program adds
	Script  template.JS    // script for what the program adds
}

// A Tab is a part of a page.
type Tab struct {
	Name    string         // its place in the address, #tab=NAME; unique
	Title   string         // what the tab says
	Root    graph.Value    // the value whose graph it shows; the zero Value for a tab without one
	Stepper stepper.Config // how it shows the graph
	Before  template.HTML  // what stands above the graph, in HTML that the program vouches for
	After   template.HTML  // what stands below it
}

//go:embed page.js
var script string

//go:embed page.css
var style string

// Write writes the lesson as one HTML file that needs nothing else: no server, no network. It returns the first error of
// w, or that of the layout.
//
// Write panics with a [*graph.Error] if the lesson shows nothing, two tabs have one name, or [stepper.New] does.
func Write(w io.Writer, l Lesson) error {
	const op = "page.Write"
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: pass where to write, such as os.Stdout"))
	}
	tabs := l.tabs(op)
	models := make([]*stepper.Model, len(tabs))
	for k, t := range tabs {
		if t.Root != (graph.Value{}) {
			models[k] = stepper.New(t.Root, t.Stepper)
		}
	}
	p := &printer{w: bufio.NewWriter(w)}
	if err := p.page(l, tabs, models); err != nil {
		return err
	}
	return p.w.Flush()
}

// tabs returns the tabs of a lesson, the first for its own root.
func (l Lesson) tabs(op string) []Tab {
	var tabs []Tab
	if l.Root != (graph.Value{}) || len(l.Tabs) == 0 && l.Before+l.After != "" {
		tabs = append(tabs, Tab{Title: l.Title, Root: l.Root, Stepper: l.Stepper, Before: l.Before, After: l.After})
		if len(l.Tabs) > 0 {
			tabs[0].Name = "graph"
		}
	}
	tabs = append(tabs, l.Tabs...)
	if len(tabs) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "the lesson shows nothing: set Root, or give Tabs"))
	}
	names := make(map[string]bool)
	for k, t := range tabs {
		t.Name = legible.Line(t.Name, 100) // it must come back from an attribute and an address as it is
		tabs[k] = t
		if names[t.Name] {
			panic(graph.Errorf(op, graph.ErrUsage, "tab %d has the name %s of another: give each its own, it stands in the address", k+1, legible.Quote(t.Name)))
		}
		names[t.Name] = true
	}
	return tabs
}

// A printer writes a page. The buffer keeps the first error.
type printer struct{ w *bufio.Writer }

func (p *printer) write(parts ...string) {
	for _, s := range parts {
		p.w.WriteString(s)
	}
}

func escape(s string) string { return html.EscapeString(legible.Line(s, 200)) }

func (p *printer) page(l Lesson, tabs []Tab, models []*stepper.Model) error {
	scripts := []string{stepper.Script(), operationsOf(models), script}
	if l.Script != "" {
		scripts = append(scripts, string(l.Script))
	}
	p.write("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src")
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		p.write(" 'sha256-", base64.StdEncoding.EncodeToString(sum[:]), "'")
	}
	p.write("; base-uri 'none'; form-action 'none'\">\n<link rel=\"icon\" href=\"data:,\">\n<title>", escape(l.Title), "</title>\n<style>\n", stepper.Style(), style, string(l.Style), "</style>\n</head>\n<body>\n")
	p.write("<header><h1>", escape(l.Title), "</h1>")
	if len(tabs) > 1 {
		p.write("<nav aria-label=\"Parts\">")
		for _, t := range tabs {
			p.write("<a href=\"#tab=", template.URLQueryEscaper(t.Name), "\" data-tab=\"", html.EscapeString(t.Name), "\">", escape(t.Title), "</a>")
		}
		p.write("</nav>")
	}
	p.write("<div class=\"looks\"><button type=\"button\" id=\"dark\">◐ dark</button><button type=\"button\" id=\"large\">A+ large</button></div></header>\n<main>\n")
	for k, t := range tabs {
		if err := p.tab(t, models[k], k > 0); err != nil {
			return err
		}
	}
	p.write("</main>\n")
	for _, s := range scripts {
		p.write("<script>", s, "</script>\n")
	}
	p.write("</body>\n</html>\n")
	return nil
}

func (p *printer) tab(t Tab, m *stepper.Model, hidden bool) error {
	p.write("<section class=\"tab\" data-tab=\"", html.EscapeString(t.Name), "\" aria-label=\"", escape(t.Title), "\"")
	if hidden {
		p.write(" hidden")
	}
	p.write(">\n")
	if t.Before != "" {
		p.write("<div class=\"prose\">", string(t.Before), "</div>\n")
	}
	if m != nil {
		data, err := placed(m, t.Stepper.Neurons)
		if err != nil {
			return err
		}
		p.write("<div class=\"place\">")
		m.Fallback(p.w)
		p.write("</div>\n<script type=\"application/json\">", string(data), "</script>\n")
	}
	if t.After != "" {
		p.write("<div class=\"prose\">", string(t.After), "</div>\n")
	}
	p.write("</section>\n")
	return nil
}

// placed returns the data of a model with its layouts.
func placed(m *stepper.Model, neurons bool) ([]byte, error) {
	if neurons {
		return m.Data(nil, nil)
	}
	wide, narrow := m.Graphs()
	a, err := graphviz.Place(wide)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	b, err := graphviz.Place(narrow)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return m.Data(a, b)
}
