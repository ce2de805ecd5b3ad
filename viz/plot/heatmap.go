package plot

import (
	"image"
	"image/color"
	"math"
	"strconv"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A heatMap is a table of cells in colours, the first row at the top.
type heatMap struct {
	rows, columns int
	at            func(row, column int) float64
	blank         func(row, column int) bool // cells that are none, nil for none
	color         func(v float64) color.RGBA
	text          func(v float64) string // what is printed in a cell, nil for nothing
	marks         []cellMark
}

// A cellMark frames a cell.
type cellMark struct {
	row, column int
	label       string
	inset       vg.Length // from the edge of the cell
	dashes      []vg.Length
}

// plot returns the plot of a heat map whose rows and columns have labels, of which some are left out if there is no room.
func (h heatMap) plot(rows, columns []string, width, height float64) *gonum.Plot {
	p := newPlot("", "")
	p.X.Min, p.X.Max = -0.5, float64(h.columns)-0.5
	p.Y.Min, p.Y.Max = -0.5, float64(h.rows)-0.5
	p.X.LineStyle.Width, p.Y.LineStyle.Width = 0, 0
	p.X.Tick.LineStyle.Width, p.Y.Tick.LineStyle.Width = 0, 0
	p.X.Tick.Length, p.Y.Tick.Length = 4, 4
	p.Y.Scale = gonum.InvertedScale{Normalizer: gonum.LinearScale{}}
	style := textStyle(tickText, ink)
	var widest vg.Length
	for _, l := range columns {
		widest = max(widest, style.Width(l))
	}
	p.X.Tick.Marker = labelsAt(columns, float64(widest)+8, width)
	p.Y.Tick.Marker = labelsAt(rows, 16, height)
	p.Add(h)
	return p
}

func (h heatMap) Plot(c draw.Canvas, p *gonum.Plot) {
	width, height := (c.Max.X-c.Min.X)/vg.Length(h.columns), (c.Max.Y-c.Min.Y)/vg.Length(h.rows)
	gap := vg.Length(0)
	if min(width, height) >= 12 {
		gap = 0.5
	}
	h.fill(c, width, height, gap)
	h.print(c, width, height)
	edgeX := func(j int) vg.Length { return c.Min.X + width*vg.Length(j) }
	edgeY := func(i int) vg.Length { return c.Max.Y - height*vg.Length(i) }
	for _, m := range h.marks {
		m.frame(c, edgeX(m.column), edgeY(m.row+1), edgeX(m.column+1), edgeY(m.row))
	}
}

// shade returns the colour of a cell.
func (h heatMap) shade(i, j int) color.RGBA {
	if h.blank != nil && h.blank(i, j) {
		return color.RGBA{} // the ground shows
	}
	return h.color(h.at(i, j))
}

// fill draws the cells.
func (h heatMap) fill(c draw.Canvas, width, height, gap vg.Length) {
	if isSVG(c) && gap == 0 && h.rows*h.columns > mostRectangles {
		c.DrawImage(c.Rectangle, h.image())
		return
	}
	edgeX := func(j int) vg.Length { return c.Min.X + width*vg.Length(j) }
	edgeY := func(i int) vg.Length { return c.Max.Y - height*vg.Length(i) }
	// One path holds all cells of a colour: neighbours in a row are one rectangle, unless there are gaps.
	paths := map[color.RGBA]*vg.Path{}
	var order []color.RGBA
	for i := range h.rows {
		for j := 0; j < h.columns; {
			of, end := h.shade(i, j), j+1
			for gap == 0 && end < h.columns && h.shade(i, end) == of {
				end++
			}
			if paths[of] == nil {
				paths[of] = new(vg.Path)
				order = append(order, of)
			}
			rectangle(paths[of], edgeX(j)+gap, edgeY(i)-gap, edgeX(end)-gap, edgeY(i+1)+gap)
			j = end
		}
	}
	for _, of := range order {
		if of.A == 0 {
			continue
		}
		c.SetColor(of)
		c.Fill(*paths[of])
	}
}

// isSVG reports whether a canvas, which gonum wraps in others, is one for SVG.
func isSVG(c vg.Canvas) bool {
	for {
		switch inner := c.(type) {
		case *svgCanvas:
			return true
		case draw.Canvas:
			c = inner.Canvas
		case darkCanvas:
			c = inner.Canvas
		default:
			return false
		}
	}
}

// mostRectangles is the number of cells from which an image with a pixel for each is the smaller file.
const mostRectangles = 400

// image returns an image with a pixel for each cell.
func (h heatMap) image() image.Image {
	img := image.NewPaletted(image.Rect(0, 0, h.columns, h.rows), nil)
	index := map[color.RGBA]uint8{} // there are no more colours than levels, and two for what has no number
	for i := range h.rows {
		for j := range h.columns {
			of := h.shade(i, j)
			k, known := index[of]
			if !known {
				k = uint8(len(img.Palette))
				index[of] = k
				img.Palette = append(img.Palette, of)
			}
			img.SetColorIndex(j, i, k)
		}
	}
	return img
}

// print writes the numbers, if they have room.
func (h heatMap) print(c draw.Canvas, width, height vg.Length) {
	if h.text == nil {
		return
	}
	size := min(axisText, height*0.6)
	style := textStyle(size, ink)
	var widest vg.Length
	for i := range h.rows {
		for j := range h.columns {
			widest = max(widest, style.Width(h.text(h.at(i, j))))
		}
	}
	if room := width - 6; widest > room {
		size *= room / widest
	}
	if size < 7 {
		return
	}
	for i := range h.rows {
		for j := range h.columns {
			v := h.at(i, j)
			style := textStyle(size, inkOn(h.color(v)))
			style.XAlign = draw.XCenter
			c.FillText(style, vg.Point{X: c.Min.X + width*(vg.Length(j)+0.5), Y: c.Max.Y - height*(vg.Length(i)+0.5) - size*0.36}, h.text(v))
		}
	}
}

const frameWidth = 3

// frame draws the mark around a cell, on a white line so that it shows on any colour.
func (m cellMark) frame(c draw.Canvas, x0, y0, x1, y1 vg.Length) {
	d := m.inset + frameWidth/2
	var p vg.Path
	rectangle(&p, x0+d, y0+d, x1-d, y1-d)
	for _, style := range []draw.LineStyle{{Color: color.White, Width: frameWidth + 2}, {Color: color.Black, Width: frameWidth, Dashes: m.dashes}} {
		c.SetLineStyle(style)
		c.Stroke(p)
	}
}

// decimals returns the function that writes all of the numbers with the same decimals, so that the greatest has so many
// significant digits; or each with its own, if they differ too much in size. Whole numbers have none.
func decimals(digits int, values ...float64) func(float64) string {
	greatest, least, whole := 0.0, math.Inf(1), true
	for _, v := range values {
		whole = whole && (!isFinite(v) || v == math.Trunc(v))
		if a := math.Abs(v); isFinite(v) && a > 0 {
			greatest, least = max(greatest, a), min(least, a)
		}
	}
	n := digits - 1
	if whole {
		n = 0
	} else if greatest > 0 {
		n = digits - 1 - int(math.Floor(math.Log10(greatest)))
	}
	own := greatest > 0 && (n > 6 || greatest >= 1e6 || greatest > least*1e4)
	return func(v float64) string {
		if own || !isFinite(v) {
			return legible.Number(v, digits)
		}
		s := strconv.FormatFloat(v, 'f', max(n, 0), 64)
		if zero, err := strconv.ParseFloat(s, 64); err == nil && zero == 0 {
			return strconv.FormatFloat(0, 'f', max(n, 0), 64) // without a sign
		}
		return s
	}
}

// bar returns the sample of a palette.
func bar(stops []color.RGBA) func(c draw.Canvas) {
	return func(c draw.Canvas) {
		const step = 2 // px
		n := min(max(int((c.Max.X-c.Min.X)/step), 2), levels)
		width := (c.Max.X - c.Min.X) / vg.Length(n)
		for k := range n {
			var p vg.Path
			x := c.Min.X + width*vg.Length(k)
			rectangle(&p, x, c.Min.Y, x+width, c.Max.Y)
			c.SetColor(colorAt(stops, float64(k)/float64(n-1)))
			c.Fill(p)
		}
	}
}
