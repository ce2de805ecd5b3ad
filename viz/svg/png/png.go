// Package png draws computational graphs as PNG, for programs that cannot show SVG:
//
//	err := png.Write(file, loss, viz.WithGradients(grads), viz.Legend())
//
// It is the drawing of package svg, two dots for each px, one if it is very large, in the font Liberation Sans. Characters that this font does not
// have, such as those of Chinese and pictographs, come out as empty boxes; raised and lowered ones are drawn small.
package png

import (
	"fmt"
	stdpng "image/png"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/svg/graphviz"
	"github.com/seed366ff29f/chainrule/viz/svg/internal/scene"
)

// dots is the number of dots of the image for a px of the drawing, unless it is too large for that.
const dots = 2

// maxDots is the number of dots of the largest image, which takes four times as many bytes of memory.
const maxDots = 32 << 20

// Write draws root and everything that it depends on as PNG, as [svg.Write] does as SVG. The same graph and options give
// the same bytes.
//
// It returns the first error of w, and an error if the nodes cannot be placed or the image would have more than 32 million
// dots, where svg.Write has no limit. It panics with a [*graph.Error] if w is nil, root is no longer on the tape or an
// option does not fit.
//
// [svg.Write]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/viz/svg#Write
func Write(w io.Writer, root graph.Value, options ...viz.Option) error {
	const op = "png.Write"
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: pass where to write, such as a file"))
	}
	s, err := scene.Compose(op, root, options, graphviz.Place)
	if err != nil {
		return err
	}
	scale := dots
	if s.Width*s.Height*dots*dots > maxDots {
		scale = 1
	}
	if s.Width*s.Height > maxDots {
		return fmt.Errorf("%s: an image of %.0f × %.0f dots is too large: draw it with svg.Write, or with fewer nodes by viz.FoldUnnamed or viz.MaxNodes",
			op, s.Width, s.Height)
	}
	c, err := draw(s, scale)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return stdpng.Encode(w, c.Image())
}

// draw draws the scene, with so many dots for a px. Of the canvas a px is a point, and y grows upwards.
func draw(s *scene.Scene, scale int) (*vgimg.Canvas, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(s.Width), vg.Length(s.Height)), vgimg.UseDPI(scale*int(vg.Inch.Points())))
	p := painter{canvas, s.Height}
	for _, g := range s.Groups {
		for _, shape := range g.Shapes {
			if err := p.shape(shape); err != nil {
				return nil, err
			}
		}
		for _, t := range g.Texts {
			if err := p.text(t); err != nil {
				return nil, err
			}
		}
	}
	return canvas, nil
}

type painter struct {
	*vgimg.Canvas
	height float64
}

func (p painter) point(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x), Y: vg.Length(p.height - y)}
}

func (p painter) shape(s scene.Shape) error {
	path := p.outline(s)
	if s.Fill != "" {
		c, err := scene.Color(s.Fill)
		if err != nil {
			return err
		}
		if s.Faint {
			c.A = uint8(math.Round(255 * scene.Opacity))
		}
		p.SetColor(c)
		p.Fill(path)
	}
	if s.Stroke != "" {
		c, err := scene.Color(s.Stroke)
		if err != nil {
			return err
		}
		p.SetColor(c)
		p.SetLineWidth(vg.Length(s.Width))
		p.SetLineDash(dashes(s), 0)
		p.Stroke(path)
	}
	return nil
}

// dashes returns the pattern of a line. The ends of lines are not round here: a round dot becomes a square one.
func dashes(s scene.Shape) []vg.Length {
	if s.Dash[0] == 0 {
		return nil
	}
	on, off := s.Dash[0], s.Dash[1]
	if s.Round {
		on, off = on+s.Width, off-s.Width
	}
	return []vg.Length{vg.Length(on), vg.Length(off)}
}

func (p painter) outline(s scene.Shape) vg.Path {
	var path vg.Path
	if s.Points == nil {
		return p.box(s)
	}
	path.Move(p.point(s.Points[0].X, s.Points[0].Y))
	if s.Closed {
		for _, q := range s.Points[1:] {
			path.Line(p.point(q.X, q.Y))
		}
		path.Close()
		return path
	}
	for i := 1; i+2 < len(s.Points); i += 3 {
		a, b, c := s.Points[i], s.Points[i+1], s.Points[i+2]
		path.CubeTo(p.point(a.X, a.Y), p.point(b.X, b.Y), p.point(c.X, c.Y))
	}
	return path
}

// box is a rectangle with round corners.
func (p painter) box(s scene.Shape) vg.Path {
	const quarter = 0.5522847498 // distance of the control points of a quarter of a circle of radius 1 from its ends
	x0, y0, x1, y1 := s.Box.X, s.Box.Y, s.Box.X+s.Box.W, s.Box.Y+s.Box.H
	r := min(s.Radius, s.Box.W/2, s.Box.H/2)
	k := r * (1 - quarter)
	var path vg.Path
	path.Move(p.point(x0+r, y0))
	side := func(x, y, ax, ay, bx, by, toX, toY float64) {
		path.Line(p.point(x, y))
		if r > 0 {
			path.CubeTo(p.point(ax, ay), p.point(bx, by), p.point(toX, toY))
		}
	}
	side(x1-r, y0, x1-k, y0, x1, y0+k, x1, y0+r)
	side(x1, y1-r, x1, y1-k, x1-k, y1, x1-r, y1)
	side(x0+r, y1, x0+k, y1, x0, y1-k, x0, y1-r)
	side(x0, y0+r, x0, y0+k, x0+k, y0, x0+r, y0)
	path.Close()
	return path
}
