package plot

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// A shape adds the outline of a point to a path.
type shape func(p *vg.Path, at vg.Point, r vg.Length)

func circle(p *vg.Path, at vg.Point, r vg.Length) {
	p.Move(vg.Point{X: at.X + r, Y: at.Y})
	p.Arc(at, r, 0, 2*math.Pi)
	p.Close()
}

func square(p *vg.Path, at vg.Point, r vg.Length) { polygon(p, at, r*0.88, -1, -1, 1, -1, 1, 1, -1, 1) }

func triangle(p *vg.Path, at vg.Point, r vg.Length) {
	polygon(p, at, r*1.15, -1, -0.75, 1, -0.75, 0, 1)
}

func down(p *vg.Path, at vg.Point, r vg.Length) { polygon(p, at, r*1.15, -1, 0.75, 1, 0.75, 0, -1) }

func diamond(p *vg.Path, at vg.Point, r vg.Length) { polygon(p, at, r*1.2, -1, 0, 0, -1, 1, 0, 0, 1) }

func plus(p *vg.Path, at vg.Point, r vg.Length) {
	const t = 0.35
	polygon(p, at, r*1.15, -1, -t, -t, -t, -t, -1, t, -1, t, -t, 1, -t, 1, t, t, t, t, 1, -t, 1, -t, t, -1, t)
}

func cross(p *vg.Path, at vg.Point, r vg.Length) {
	const t = 0.3
	polygon(p, at, r, -1, -1+t, -1+t, -1, 0, -t, 1-t, -1, 1, -1+t, t, 0, 1, 1-t, 1-t, 1, 0, t, -1+t, 1, -1, 1-t, -t, 0)
}

// polygon adds a polygon whose corners are given in units of r.
func polygon(p *vg.Path, at vg.Point, r vg.Length, xy ...float64) {
	for i := 0; i < len(xy); i += 2 {
		corner := vg.Point{X: at.X + r*vg.Length(xy[i]), Y: at.Y + r*vg.Length(xy[i+1])}
		if i == 0 {
			p.Move(corner)
		} else {
			p.Line(corner)
		}
	}
	p.Close()
}

// rectangle adds a rectangle.
func rectangle(p *vg.Path, x0, y0, x1, y1 vg.Length) {
	p.Move(vg.Point{X: x0, Y: y0})
	p.Line(vg.Point{X: x1, Y: y0})
	p.Line(vg.Point{X: x1, Y: y1})
	p.Line(vg.Point{X: x0, Y: y1})
	p.Close()
}
