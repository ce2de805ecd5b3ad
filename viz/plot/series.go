package plot

import (
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A series is a curve through points, which has gaps where a number cannot be drawn, or points alone.
type series struct {
	name     string
	xs, ys   []float64
	look     look
	points   bool // alone
	outlined bool // points in outlines
}

// drawable reports whether a point has a place on the plot.
func drawable(p *gonum.Plot, x, y float64) bool {
	return isFinite(x) && isFinite(y) && (y > 0 || !isLog(p))
}

func isLog(p *gonum.Plot) bool {
	_, log := p.Y.Scale.(logScale)
	return log
}

// last returns the last point that can be drawn.
func (s series) last(p *gonum.Plot) (x, y float64, ok bool) {
	for i := len(s.xs) - 1; i >= 0; i-- {
		if drawable(p, s.xs[i], s.ys[i]) {
			return s.xs[i], s.ys[i], true
		}
	}
	return 0, 0, false
}

// Plot draws the series. A point between two gaps is drawn as a dot, as is a series of one point.
func (s series) Plot(c draw.Canvas, p *gonum.Plot) {
	at := func(i int) vg.Point {
		return vg.Point{X: c.X(p.X.Norm(within(s.xs[i]))), Y: c.Y(p.Y.Norm(within(s.ys[i])))}
	}
	var dots vg.Path
	if s.points {
		for i := range s.xs {
			if drawable(p, s.xs[i], s.ys[i]) && c.Contains(at(i)) {
				s.look.shape(&dots, at(i), 3)
			}
		}
		c.SetColor(s.look.line)
		c.Fill(dots)
		if s.outlined {
			c.SetLineStyle(draw.LineStyle{Color: ink, Width: 1.5})
			c.Stroke(dots)
		}
		return
	}
	var lines [][]vg.Point
	var line []vg.Point
	end := func() {
		if len(line) == 1 && c.Contains(line[0]) {
			s.look.shape(&dots, line[0], 4)
		}
		if len(line) > 1 {
			lines = append(lines, line)
		}
		line = nil
	}
	for i := range s.xs {
		if drawable(p, s.xs[i], s.ys[i]) {
			line = append(line, at(i))
		} else {
			end()
		}
	}
	end()
	c.StrokeLines(s.look.lineStyle(), c.ClipLinesXY(lines...)...)
	c.SetColor(s.look.line)
	c.Fill(dots)
}

// mostPoints is the number of points that a curve is drawn through at most: some for each px.
const mostPoints = 800

// mostDots is the number of points alone that are drawn at most.
const mostDots = 400

// thinned returns the series with few enough points; see [series.thinnedTo].
func thinned(s series) series {
	if s.points {
		return s.thinnedTo(mostDots)
	}
	return s.thinnedTo(mostPoints)
}

// thinnedTo returns the series with so many points at most. Of each run of points of a curve the lowest and the highest are
// kept, so that no peak is lost; a run that has a gap keeps one. Of points alone some are left out.
func (s series) thinnedTo(most int) series {
	n := len(s.xs)
	if n <= most {
		return s
	}
	out := s
	out.xs, out.ys = nil, nil
	keep := func(i int) { out.xs, out.ys = append(out.xs, s.xs[i]), append(out.ys, s.ys[i]) }
	if s.points {
		for k := range most {
			keep(k * n / most)
		}
		return out
	}
	runs := most / 5
	for k := range runs {
		from, to := k*n/runs, (k+1)*n/runs
		low, high, gap := from, from, from
		for i := from; i < to; i++ {
			switch {
			case !isFinite(s.ys[i]):
				gap = i
			case !(s.ys[i] >= s.ys[low]):
				low = i
			case !(s.ys[i] <= s.ys[high]):
				high = i
			}
		}
		kept := []int{from, low, high, gap, to - 1}
		slices.Sort(kept)
		for _, i := range slices.Compact(kept) {
			keep(i)
		}
	}
	return out
}
