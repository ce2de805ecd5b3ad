package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// endLabels are the names of series beside the right edge of a plot, each at the height where its curve ends, or as near
// as the others leave room: there is no legend to look things up in.
type endLabels []series

// newEndLabels returns the labels of series in a figure of the given width, of which they take a third at most.
func newEndLabels(curves []series, width float64) endLabels {
	out := slices.Clone(curves)
	for i := range out {
		out[i].name = cut(textStyle(smallText, ink), out[i].name, vg.Length(max(width/3-pointWidth, 0)))
	}
	return out
}

const (
	labelGap    = 8  // between the edge and the labels
	labelHeight = 15 // of a line of labels
)

func (l endLabels) GlyphBoxes(*gonum.Plot) []gonum.GlyphBox {
	var width vg.Length
	for _, s := range l {
		width = max(width, labelWidth(s))
	}
	if width == 0 {
		return nil
	}
	if len(l) > 1 { // the figure could be too low for all
		width = max(width, labelWidth(moreLabels(len(l))))
	}
	return []gonum.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: labelGap + width}}}}
}

// moreLabels is in the place of n labels that have no room.
func moreLabels(n int) series {
	s := series{name: fmt.Sprintf("%d more", n), look: lookOf(4), points: true}
	s.look.shape = func(*vg.Path, vg.Point, vg.Length) {}
	return s
}

// pointWidth is the room of the point before the name of a series of points.
const pointWidth = 12

func labelWidth(s series) vg.Length {
	if s.name == "" {
		return 0
	}
	width := textStyle(smallText, ink).Width(s.name)
	if s.points {
		width += pointWidth
	}
	return width
}

func (l endLabels) Plot(c draw.Canvas, p *gonum.Plot) {
	type label struct {
		series
		end vg.Point
	}
	var labels []label
	for _, s := range l {
		x, y, ok := s.last(p)
		if !ok || s.name == "" {
			continue
		}
		end := vg.Point{X: c.X(p.X.Norm(within(x))), Y: c.Y(p.Y.Norm(within(y)))}
		end.X = min(max(end.X, c.Min.X), c.Max.X)
		end.Y = min(max(end.Y, c.Min.Y), c.Max.Y)
		labels = append(labels, label{s, end})
	}
	if room := max(int((c.Max.Y-c.Min.Y)/labelHeight)+1, 1); len(labels) > room {
		labels = append(labels[:room-1], label{moreLabels(len(labels) - room + 1), vg.Point{X: c.Max.X, Y: c.Min.Y}})
	}
	slices.SortStableFunc(labels, func(a, b label) int { return cmp.Compare(a.end.Y, b.end.Y) })
	want := make([]float64, len(labels))
	for i, l := range labels {
		want[i] = float64(l.end.Y)
	}
	ys := spread(want, labelHeight, float64(c.Min.Y), float64(c.Max.Y))
	for i, l := range labels {
		y := vg.Length(ys[i])
		x := c.Max.X + labelGap
		if from := (vg.Point{X: l.end.X + 2, Y: l.end.Y}); !l.points && (y-l.end.Y > 3 || l.end.Y-y > 3 || c.Max.X-l.end.X > 3) {
			c.StrokeLines(draw.LineStyle{Color: l.look.line, Width: 0.7}, []vg.Point{from, {X: x - 2, Y: y}})
		}
		style := textStyle(smallText, l.look.text)
		if l.points {
			var dot vg.Path
			l.look.shape(&dot, vg.Point{X: x + 3, Y: y}, 3.5)
			c.SetColor(l.look.line)
			c.Fill(dot)
			x += pointWidth
		}
		c.FillText(style, vg.Point{X: x, Y: y - 4}, l.name)
	}
}

// spread moves the given numbers, which are in ascending order, so that each is at least gap above the one before and all
// are from lo to hi, with the least sum of squares of the distances they are moved by. If they have no room, the gap is
// smaller.
func spread(want []float64, gap, lo, hi float64) []float64 {
	n := len(want)
	if n == 0 {
		return nil
	}
	if n > 1 {
		gap = min(gap, max(hi-lo, 0)/float64(n-1))
	}
	// Without i·gap the numbers must ascend: the pool adjacent violators algorithm takes means of those that do not.
	type pool struct {
		sum float64
		n   int
	}
	var pools []pool
	for i, w := range want {
		p := pool{w - float64(i)*gap, 1}
		for k := len(pools) - 1; k >= 0 && pools[k].sum/float64(pools[k].n) > p.sum/float64(p.n); k-- {
			p.sum, p.n = p.sum+pools[k].sum, p.n+pools[k].n
			pools = pools[:k]
		}
		pools = append(pools, p)
	}
	out := make([]float64, 0, n)
	for _, p := range pools {
		mean := min(max(p.sum/float64(p.n), lo), max(lo, hi-float64(n-1)*gap))
		for range p.n {
			out = append(out, mean+float64(len(out))*gap)
		}
	}
	return out
}

// A mark is a vertical line at x with a label at its upper end, and dots where curves cross it.
type mark struct {
	x     float64
	label string
	dots  []dot
}

type dot struct {
	y    float64
	look look
}

// marks are those of a plot, whose labels stand below each other where they would cover each other.
type marks []mark

// markRows is the number of rows that labels of marks have at most.
const markRows = 3

// headroom returns the share of a plot's height above the data that the labels need.
func (m marks) headroom() float64 {
	rows := 0
	for _, one := range m {
		if one.label != "" {
			rows = min(rows+1, markRows)
		}
	}
	return 0.14 * float64(rows)
}

func (m marks) Plot(c draw.Canvas, p *gonum.Plot) {
	var ends [markRows]vg.Length // of the labels in each row
	for i := range ends {
		ends[i] = c.Min.X
	}
	ordered := slices.Clone(m)
	slices.SortStableFunc(ordered, func(a, b mark) int { return cmp.Compare(a.x, b.x) })
	for _, one := range ordered {
		x := c.X(p.X.Norm(within(one.x)))
		if !c.ContainsX(x) {
			continue
		}
		c.StrokeLine2(draw.LineStyle{Color: soft, Width: 1, Dashes: []vg.Length{3, 3}}, x, c.Min.Y, x, c.Max.Y)
		if one.label != "" {
			one.write(c, x, &ends)
		}
		for _, d := range one.dots {
			if drawable(p, one.x, d.y) {
				d.draw(c, vg.Point{X: x, Y: c.Y(p.Y.Norm(within(d.y)))})
			}
		}
	}
}

// write writes the label beside the line at x, in the first row where it has room.
func (m mark) write(c draw.Canvas, x vg.Length, ends *[markRows]vg.Length) {
	style := textStyle(smallText, ink)
	style.Font.Weight = bold
	label := cut(style, m.label, c.Max.X-c.Min.X-8)
	width := style.Width(label)
	from := x + 6
	if from+width > c.Max.X {
		from = max(x-6-width, c.Min.X+2)
	}
	row := 0
	for row < markRows-1 && from < ends[row] {
		row++
	}
	ends[row] = from + width + 8
	base := c.Max.Y - 11 - 16*vg.Length(row)
	var behind vg.Path // on which the label can be read where lines cross it
	rectangle(&behind, from-1, base-3, from+width+1, base+10)
	c.SetColor(ground)
	c.Fill(behind)
	c.FillText(style, vg.Point{X: from, Y: base}, label)
}

// draw draws the dot in a ring of the ground.
func (d dot) draw(c draw.Canvas, at vg.Point) {
	for _, disc := range []struct {
		color color.Color
		r     vg.Length
	}{{ground, 6.5}, {d.look.line, 5}} {
		var path vg.Path
		circle(&path, at, disc.r)
		c.SetColor(disc.color)
		c.Fill(path)
	}
}

// message is a text in the middle of a plot without data.
type message string

func (m message) Plot(c draw.Canvas, _ *gonum.Plot) {
	style := textStyle(axisText, soft)
	style.XAlign = draw.XCenter
	c.FillText(style, c.Center(), string(m))
}
