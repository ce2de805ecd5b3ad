package plot

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/durable"
)

// A Figure is a picture that can be written: a title, lines that say what is to be seen, and one plot or several, one
// below the other. The functions of this package make figures.
type Figure struct {
	kind          string // what is drawn, for screen readers if there is no title
	title         string
	notes         []note
	description   string
	width, height float64 // in px
	scheme        Scheme
	panels        []panel
}

// A note is a line of text below the title, behind a sample of what it is about if there is one.
type note struct {
	text   string
	short  string              // in its place where that has no room, or nothing
	sample func(c draw.Canvas) // fills the canvas, of the height of the line
	width  vg.Length           // of the sample, 0 for that of a frame
}

// A panel is a plot and its share of the height.
type panel struct {
	plot  *gonum.Plot
	share float64
}

// newFigure returns the figure of a call.
func newFigure(s *settings, kind, description string, panels ...panel) *Figure {
	f := &Figure{kind: kind, title: s.title, description: description, width: s.width, height: s.height, scheme: s.scheme, panels: panels}
	if s.description != "" {
		f.description = s.description
	}
	if s.xLabel != "" {
		panels[len(panels)-1].plot.X.Label.Text = s.xLabel
	}
	if s.yLabel != "" {
		panels[0].plot.Y.Label.Text = s.yLabel
	}
	for _, p := range panels {
		x, y := &p.plot.X.Label, &p.plot.Y.Label
		x.Text = cut(x.TextStyle, x.Text, vg.Length(0.55*s.width))
		y.Text = cut(y.TextStyle, y.Text, vg.Length(s.height-60)/vg.Length(len(panels)))
	}
	return f
}

// Plots returns the plots of the figure from top to bottom. What is changed in them, or added to them, shows in the
// figure:
//
//	figure := plot.Curves(history)
//	figure.Plots()[0].Add(plotter.NewGrid())
func (f *Figure) Plots() []*gonum.Plot {
	f.mustBeMade("plot.Figure.Plots")
	plots := make([]*gonum.Plot, len(f.panels))
	for i, p := range f.panels {
		plots[i] = p.plot
	}
	return plots
}

// Size returns width and height in px.
func (f *Figure) Size() (width, height float64) {
	f.mustBeMade("plot.Figure.Size")
	return f.width, f.height
}

// SVG writes the figure as a document of its own, which can also stand in a page of HTML as it is: it has no ids, its
// text is text, in a font with the metrics of Arial, and title and description are there for screen readers. The same
// figure gives the same bytes. SVG returns the first error of w.
func (f *Figure) SVG(w io.Writer) error {
	const op = "plot.Figure.SVG"
	f.mustBeMade(op)
	checkWriter(op, w)
	c := newSVGCanvas(f.width, f.height, f.scheme)
	f.Draw(draw.NewCanvas(c, vg.Length(f.width), vg.Length(f.height)))
	out := bufio.NewWriter(w)
	c.writeTo(out, orElse(f.title, f.kind), f.description)
	return out.Flush()
}

// pngScale is how many pixels of a PNG make a px, along each axis.
const pngScale = 2

// PNG writes the figure as an image with two pixels for each px along each axis, so that it is sharp on screens of
// today. PNG returns the first error of w.
func (f *Figure) PNG(w io.Writer) error {
	const op = "plot.Figure.PNG"
	f.mustBeMade(op)
	checkWriter(op, w)
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(f.width), vg.Length(f.height)), vgimg.UseDPI(72*pngScale))
	f.Draw(draw.NewCanvas(c, vg.Length(f.width), vg.Length(f.height)))
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

// SaveFile writes the figure to a file, in the format that its name ends in: .svg or .png. A file that is there is
// replaced as a whole, or, after an error, not at all.
func (f *Figure) SaveFile(name string) error {
	const op = "plot.Figure.SaveFile"
	f.mustBeMade(op)
	write := f.SVG
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".svg":
	case ".png":
		write = f.PNG
	default:
		return fmt.Errorf("%s: %q: the name ends in %q, want .svg or .png", op, name, ext)
	}
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err := durable.Write(name, func(w io.Writer) error {
		_, err := w.Write(content.Bytes())
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// The layout, in px.
const (
	margin      = 12
	titleSize   = 16
	noteHeight  = 18
	sampleWidth = 22
	panelGap    = 14
)

// Draw draws the figure on a canvas of gonum.org/v1/plot, such as one for PDF, in the size of the canvas.
func (f *Figure) Draw(c draw.Canvas) {
	const op = "plot.Figure.Draw"
	f.mustBeMade(op)
	if c.Canvas == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "the canvas draws nowhere: make one with draw.New"))
	}
	if f.scheme == Dark {
		c.Canvas = darkCanvas{c.Canvas}
	}
	c.SetColor(ground)
	c.Fill(c.Rectangle.Path())
	in := draw.Crop(c, margin, -margin, margin, -margin)
	if f.title != "" {
		style := textStyle(titleSize, ink)
		style.Font.Weight = bold
		in.Max.Y -= titleSize
		in.FillText(style, vg.Point{X: in.Min.X, Y: in.Max.Y}, cut(style, f.title, in.Max.X-in.Min.X))
		in.Max.Y -= 10
	}
	for _, n := range f.notes {
		if in.Max.Y-noteHeight < c.Center().Y {
			break // the rest is for the plots
		}
		in.Max.Y -= noteHeight
		x := in.Min.X
		if n.sample != nil {
			width := n.width
			if width == 0 {
				width = sampleWidth
			}
			n.sample(draw.Canvas{Canvas: in.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: in.Max.Y - 3}, Max: vg.Point{X: x + width, Y: in.Max.Y + noteHeight - 7},
			}})
			x += width + 6
		}
		style, text := textStyle(smallText, ink), n.text
		if n.short != "" && style.Width(text) > in.Max.X-x {
			text = n.short
		}
		in.FillText(style, vg.Point{X: x, Y: in.Max.Y}, cut(style, text, in.Max.X-x))
	}
	if f.title != "" || len(f.notes) > 0 {
		in.Max.Y -= 8
	}
	f.drawPanels(in)
}

// drawPanels draws the plots below each other, with their data areas in line.
func (f *Figure) drawPanels(in draw.Canvas) {
	var shares float64
	for _, p := range f.panels {
		shares += p.share
	}
	free := in.Max.Y - in.Min.Y - panelGap*vg.Length(len(f.panels)-1)
	areas := make([]draw.Canvas, len(f.panels))
	var left, right []vg.Length
	top := in.Max.Y
	for i, p := range f.panels {
		height := free * vg.Length(p.share/shares)
		a := in
		a.Max.Y, a.Min.Y = top, top-height
		top -= height + panelGap
		areas[i] = a
		data := p.plot.DataCanvas(a)
		left = append(left, data.Min.X-a.Min.X)
		right = append(right, a.Max.X-data.Max.X)
	}
	for i, p := range f.panels {
		p.plot.Draw(draw.Crop(areas[i], slices.Max(left)-left[i], right[i]-slices.Max(right), 0, 0))
	}
}

func (f *Figure) mustBeMade(op string) {
	if f == nil || len(f.panels) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *plot.Figure: make one with a function such as plot.Curves"))
	}
}

func checkWriter(op string, w io.Writer) {
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give one such as an *os.File"))
	}
}
