package plot

import (
	"fmt"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A sample is the numbers of a layer or a parameter.
type sample struct {
	name   string
	values []float64
	remark string // in place of what is said about the numbers
}

// A histogram shows how often the numbers of samples are how large, a row for each sample.
type histogram struct {
	names  []string
	shares [][]float64 // of each bin, the highest of a row being 1
	lo, hi float64
	log    bool // of sizes, on a logarithmic axis
	said   [][]string
}

const (
	bins      = 60
	mostRows  = 40
	rowHeight = 44
)

// newHistogram counts. On a logarithmic axis it looks at sizes, down to 1e-12 times the greatest one.
// Exact zeros, of which one bin could hold most of all numbers, are not among those in the bins.
func newHistogram(samples []sample, log bool, digits int) histogram {
	h := histogram{log: log}
	all := nothing()
	for _, s := range samples {
		for _, v := range s.values {
			if log {
				v = math.Abs(v)
			}
			if !log || v > 0 {
				all.add(v)
			}
		}
	}
	if log {
		all.lo = max(all.lo, all.hi*1e-12)
		h.lo, h.hi = all.logAxis(0.05)
	} else {
		h.lo, h.hi = all.axis(0.02, 0.02)
	}
	scale := gonum.Normalizer(gonum.LinearScale{})
	if log {
		scale = logScale{}
	}
	for _, s := range samples {
		h.names = append(h.names, s.name)
		counts := make([]float64, bins)
		for _, v := range s.values {
			if log {
				v = math.Abs(v)
			}
			if isFinite(v) && v != 0 {
				counts[min(max(int(scale.Normalize(h.lo, h.hi, within(v))*bins), 0), bins-1)]++
			}
		}
		if most := slices.Max(counts); most > 0 {
			for i := range counts {
				counts[i] /= most
			}
		}
		h.shares = append(h.shares, counts)
		said := s.say(log, digits)
		if s.remark != "" {
			said = []string{s.remark}
		}
		h.said = append(h.said, said)
	}
	return h
}

// say sums the numbers up in two lines.
func (s sample) say(log bool, digits int) []string {
	var zeros, odd, n int
	var mean, norm float64
	for _, v := range s.values {
		switch {
		case !isFinite(v):
			odd++
			continue
		case v == 0:
			zeros++
		}
		n++
		mean += (within(v) - mean) / float64(n)
	}
	for _, v := range s.values {
		if !isFinite(v) {
			continue
		}
		if v = within(v); !log {
			v -= mean
		}
		norm = math.Hypot(norm, v/math.Sqrt(float64(n)))
	}
	number := func(v float64) string { return legible.Number(v, digits) }
	var lines []string
	switch {
	case n == 0:
		lines = append(lines, "no number")
	case zeros == n:
		lines = append(lines, "all are 0")
	case log:
		lines = append(lines, "RMS "+number(norm))
	default:
		lines = append(lines, fmt.Sprintf("mean %s, SD %s", number(mean), number(norm)))
	}
	switch {
	case odd > 0:
		lines = append(lines, legible.Count(odd)+" not finite")
	case zeros > 0 && zeros < n:
		share := 100 * float64(zeros) / float64(n)
		text := "under 1 % are 0"
		if share >= 1 {
			text = fmt.Sprintf("%d %% are 0", int(min(share, 99)))
		}
		lines = append(lines, text)
	}
	return lines
}

// histogramFigure draws samples, a row for each, from the top.
func histogramFigure(s *settings, what string, samples []sample, log bool, xLabel string) *Figure {
	var notes []note
	if n := len(samples); n > mostRows {
		var some []sample
		for k := range mostRows {
			some = append(some, samples[k*(n-1)/(mostRows-1)])
		}
		notes = append(notes, note{text: fmt.Sprintf("%d of %s are shown", mostRows, count(n, "row"))})
		samples = some
	}
	h := newHistogram(samples, log, s.digits)
	if s.height == 0 {
		s.height = 90 + rowHeight*float64(len(samples))
		if s.title != "" {
			s.height += 26
		}
	}
	p := newPlot(orElse(s.xLabel, xLabel), s.yLabel)
	p.X.Min, p.X.Max = h.lo, h.hi
	p.X.Tick.Marker = ticks{most: 8}
	if log {
		p.X.Scale, p.X.Tick.Marker = logScale{}, logTicks{}
	}
	p.Y.Min, p.Y.Max = 0, float64(len(samples))
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width = 0, 0
	var names gonum.ConstantTicks
	for i, name := range h.names {
		names = append(names, gonum.Tick{Value: float64(len(samples)-i) - 0.55, Label: cut(p.Y.Tick.Label, name, vg.Length(s.width/3))})
	}
	p.Y.Tick.Marker = names
	p.Add(h)
	description := fmt.Sprintf("Histograms of %s:", what)
	for i, name := range h.names {
		description += " " + name + ":"
		for _, line := range h.said[i] {
			description += " " + line + ";"
		}
	}
	f := newFigure(s, "Histograms", description, panel{p, 1})
	f.notes = append(notes, note{text: "each row as high as its fullest bin; numbers that are exactly 0 are counted at the right"})
	return f
}

func (h histogram) GlyphBoxes(*gonum.Plot) []gonum.GlyphBox {
	var width vg.Length
	for _, lines := range h.said {
		for _, l := range lines {
			width = max(width, textStyle(smallText, ink).Width(l))
		}
	}
	return []gonum.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: labelGap + width}}}}
}

func (h histogram) Plot(c draw.Canvas, p *gonum.Plot) {
	width := (c.Max.X - c.Min.X) / bins
	for i, shares := range h.shares {
		base := c.Y(p.Y.Norm(float64(len(h.shares) - i - 1)))
		height := (c.Max.Y - c.Min.Y) / vg.Length(len(h.shares)) * 0.86
		var path vg.Path
		path.Move(vg.Point{X: c.Min.X, Y: base})
		for k, v := range shares {
			y := base + height*vg.Length(v)
			if v > 0 {
				y = max(y, base+1) // a single number shows
			}
			x := c.Min.X + width*vg.Length(k)
			path.Line(vg.Point{X: x, Y: y})
			path.Line(vg.Point{X: x + width, Y: y})
		}
		path.Line(vg.Point{X: c.Max.X, Y: base})
		path.Close()
		c.SetColor(lookOf(0).line)
		c.Fill(path)
		c.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.7}, c.Min.X, base, c.Max.X, base)
		top := base + height/2 - 4 + 7*vg.Length(len(h.said[i])-1)
		for k, line := range h.said[i] {
			c.FillText(textStyle(smallText, soft), vg.Point{X: c.Max.X + labelGap, Y: top - 14*vg.Length(k)}, line)
		}
	}
}
