package stepper

import (
	"html"
	"io"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// Fallback writes the tape as a table in HTML: what stands on a page until the script draws the graph, and where scripts
// do not run.
func (m *Model) Fallback(w io.Writer) error {
	const op = "stepper.Model.Fallback"
	m.mustBeMade(op)
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: pass where to write, such as os.Stdout"))
	}
	var b strings.Builder
	b.WriteString("<noscript><p>Without JavaScript, this page shows the tape only: values and derivatives δ.</p></noscript>\n")
	b.WriteString("<table><thead><tr><th scope=\"col\">node</th><th scope=\"col\">value</th><th scope=\"col\">δ</th></tr></thead><tbody>\n")
	for _, n := range m.nodes {
		delta := ""
		if n.sweep {
			delta = strings.TrimPrefix(strings.Join(m.adjointLines(n, wideForm), " "), "δ = ")
		}
		b.WriteString("<tr><th scope=\"row\">" + html.EscapeString(n.name) + "</th><td>" + html.EscapeString(strings.Join(m.valueLines(n, wideForm), " ")) + "</td><td>" + html.EscapeString(delta) + "</td></tr>\n")
	}
	b.WriteString("</tbody></table>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
