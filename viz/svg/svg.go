package svg

import (
	"bufio"
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/svg/graphviz"
	"github.com/seed366ff29f/chainrule/viz/svg/internal/scene"
)

// MaxNodes is the number of nodes that a drawing shows at most. A graph that has more is collapsed to that number, as
// [viz.MaxNodes] does with the default of [viz.DefaultMaxNodes], and the drawing says how much it leaves out. A graph with
// too many edges is collapsed further.
const MaxNodes = scene.MaxNodes

// Write draws root and everything that it depends on as SVG. The same graph and options give the same bytes.
//
// It returns the first error of w, and an error if the nodes cannot be placed; [viz.DOT] then writes the picture for other
// programs. It panics with a [*graph.Error] if w is nil, root is no longer on the tape or an option does not fit.
func Write(w io.Writer, root graph.Value, options ...viz.Option) error {
	const op = "svg.Write"
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: pass where to write, such as os.Stdout"))
	}
	s, err := scene.Compose(op, root, options, graphviz.Place)
	if err != nil {
		return err
	}
	out := writer{bufio.NewWriter(w)}
	out.scene(s)
	return out.w.Flush()
}

// fonts are those whose widths the scene is made for, and what there is without them.
const fonts = "Liberation Sans, Arial, Helvetica, sans-serif"

// A writer writes XML; the buffer keeps the first error.
type writer struct{ w *bufio.Writer }

func (w writer) write(parts ...string) {
	for _, s := range parts {
		w.w.WriteString(s)
	}
}

func (w writer) scene(s *scene.Scene) {
	width, height := number(s.Width), number(s.Height)
	w.write(`<svg xmlns="http://www.w3.org/2000/svg" width="`, width, `" height="`, height, `" viewBox="0 0 `, width, " ", height,
		`" role="img" xml:space="preserve" font-family="`, fonts, "\">\n")
	w.element("title", s.Title)
	w.element("desc", s.Description)
	w.write(`<rect width="`, width, `" height="`, height, "\" rx=\"8\" fill=\"#ffffff\"/>\n")
	for _, g := range s.Groups {
		w.write(`<g class="`, g.Class, "\">")
		if g.Title != "" {
			w.write("<title>", escape(g.Title), "</title>")
		}
		w.write("\n")
		for _, shape := range g.Shapes {
			w.shape(shape)
		}
		for _, t := range g.Texts {
			w.text(t)
		}
		w.write("</g>\n")
	}
	w.write("</svg>\n")
}

func (w writer) element(name, text string) { w.write("<", name, ">", escape(text), "</", name, ">\n") }

func (w writer) shape(s scene.Shape) {
	if s.Points == nil {
		w.write(`<rect x="`, number(s.Box.X), `" y="`, number(s.Box.Y), `" width="`, number(s.Box.W), `" height="`, number(s.Box.H), `"`)
		if s.Radius > 0 {
			w.write(` rx="`, number(s.Radius), `"`)
		}
	} else {
		w.write(`<path d="`)
		for i, p := range s.Points {
			switch {
			case i == 0:
				w.write("M")
			case s.Closed:
				w.write("L")
			case i%3 == 1:
				w.write("C")
			default:
				w.write(" ")
			}
			w.write(number(p.X), ",", number(p.Y))
		}
		if s.Closed {
			w.write("Z")
		}
		w.write(`"`)
	}
	if s.Fill == "" {
		w.write(` fill="none"`)
	} else {
		w.write(` fill="`, s.Fill, `"`)
	}
	if s.Faint {
		w.write(` fill-opacity="`, number(scene.Opacity), `"`)
	}
	if s.Stroke != "" {
		w.write(` stroke="`, s.Stroke, `" stroke-width="`, number(s.Width), `"`)
		if s.Dash[0] > 0 {
			w.write(` stroke-dasharray="`, number(s.Dash[0]), " ", number(s.Dash[1]), `"`)
		}
		if s.Round {
			w.write(` stroke-linecap="round"`)
		}
	}
	w.write("/>\n")
}

func (w writer) text(t scene.Text) {
	w.write(`<text x="`, number(t.At.X), `" y="`, number(t.At.Y), `"`)
	if t.Middle {
		w.write(` text-anchor="middle"`)
	}
	if t.Strange() {
		w.write(` textLength="`, number(t.Width()), `" lengthAdjust="spacingAndGlyphs"`)
	}
	if len(t.Spans) == 1 {
		w.font(t.Spans[0])
		w.write(">", escape(t.Spans[0].Text))
	} else {
		w.write(">")
		for _, s := range t.Spans {
			w.write("<tspan")
			w.font(s)
			w.write(">", escape(s.Text), "</tspan>")
		}
	}
	w.write("</text>\n")
}

func (w writer) font(s scene.Span) {
	w.write(` font-size="`, number(s.Size), `" fill="`, s.Color, `"`)
	if s.Bold {
		w.write(` font-weight="bold"`)
	}
}

// number returns a number of px to two decimals.
func number(v float64) string {
	v = math.Round(v*100) / 100
	if v == 0 {
		v = 0 // not -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// escape returns s as the text of an element. What XML forbids becomes the replacement character, and words from right to
// left leave what stands beside them in its order.
func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(legible.Isolate(s))) // a builder has no error
	return b.String()
}
