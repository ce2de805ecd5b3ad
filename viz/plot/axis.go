package plot

import (
	"math"
	"strconv"
	"strings"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg/draw"
)

// newPlot returns an empty plot in the style of this package.
func newPlot(xLabel, yLabel string) *gonum.Plot {
	p := gonum.New()
	p.BackgroundColor = nil
	for _, a := range []*gonum.Axis{&p.X, &p.Y} {
		a.Min, a.Max = 0, 1
		a.Padding = 0
		a.LineStyle = draw.LineStyle{Color: axis, Width: 1}
		a.Tick.LineStyle = a.LineStyle
		a.Tick.Length = 4
		a.Tick.Label = alike(a.Tick.Label, textStyle(tickText, ink))
		a.Tick.Marker = ticks{}
		a.Label.TextStyle = alike(a.Label.TextStyle, textStyle(axisText, ink))
		a.Label.Padding = 4
	}
	p.X.Label.Text, p.Y.Label.Text = xLabel, yLabel
	return p
}

// alike returns a style in the font and colour of another one.
func alike(style, look text.Style) text.Style {
	style.Font, style.Color, style.Handler = look.Font, look.Color, look.Handler
	return style
}

// gridLines draws a faint line at each labelled tick of the vertical axis.
type gridLines struct{}

func (gridLines) Plot(c draw.Canvas, p *gonum.Plot) {
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if y := c.Y(p.Y.Norm(t.Value)); !t.IsMinor() && c.ContainsY(y) {
			c.StrokeLine2(draw.LineStyle{Color: faint, Width: 1}, c.Min.X, y, c.Max.X, y)
		}
	}
}

// ticks marks round numbers: multiples of 1, 2 or 5 times a power of ten. Unlike gonum's own, it ends for any range.
type ticks struct {
	most  int  // at most, 0 for 6
	whole bool // whole numbers only
}

func (k ticks) Ticks(lo, hi float64) []gonum.Tick {
	most := k.most
	if most == 0 {
		most = 6
	}
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return nil
	}
	step := roundStep((hi - lo) / float64(most))
	if k.whole {
		step = max(step, 1)
	}
	var out []gonum.Tick
	first := math.Ceil(lo/step - 1e-9)
	for i := 0; i <= most+1; i++ {
		v := (first + float64(i)) * step
		if v > hi+step*1e-9 {
			break
		}
		out = append(out, gonum.Tick{Value: min(max(v, lo), hi), Label: tickLabel(v, step)})
	}
	return out
}

// roundStep returns the least number of 1, 2 or 5 times a power of ten that is not below v > 0.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	if power == 0 {
		return v
	}
	for _, f := range []float64{1, 2, 5} {
		if f*power >= v*(1-1e-9) {
			return f * power
		}
	}
	return 10 * power
}

// tickLabel returns v with as many decimals as steps need.
func tickLabel(v, step float64) string {
	if math.Abs(v) < step*1e-6 {
		return "0"
	}
	digits := int(max(0, -math.Floor(math.Log10(step)+1e-9)))
	if size := math.Abs(v); size >= 1e6 || digits > 5 {
		digits = int(min(max(0, math.Floor(math.Log10(size))-math.Floor(math.Log10(step)+1e-9)), 15))
		return exponent(strconv.FormatFloat(v, 'e', digits, 64))
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// exponent writes 1e-07 as 1e-7 and 1e+06 as 1e6.
func exponent(s string) string {
	mantissa, e, _ := strings.Cut(s, "e")
	n, _ := strconv.Atoi(e)
	return mantissa + "e" + strconv.Itoa(n)
}

// logTicks marks powers of ten, with 2 and 5 times these between them where there are few.
type logTicks struct{}

func (logTicks) Ticks(lo, hi float64) []gonum.Tick {
	if !(hi > lo) || lo <= 0 || math.IsInf(hi, 0) {
		return nil
	}
	from, to := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	every := max(1, (to-from+5)/6)
	factors := []float64{1}
	if to-from <= 3 {
		factors = []float64{1, 2, 5}
	}
	var out []gonum.Tick
	for e := from - from%every; e <= to; e += every {
		for _, f := range factors {
			v := f * math.Pow(10, float64(e))
			if v < lo*(1-1e-9) || v > hi*(1+1e-9) || v == 0 || math.IsInf(v, 0) {
				continue
			}
			label := strconv.FormatFloat(v, 'g', 1, 64)
			if v < 1e-4 || v >= 1e6 {
				label = exponent(strconv.FormatFloat(v, 'e', 0, 64))
			} else if v >= 1 {
				label = strconv.FormatFloat(v, 'f', 0, 64)
			}
			out = append(out, gonum.Tick{Value: v, Label: label})
		}
	}
	return out
}

// A span is a range of numbers that is to be seen.
type span struct{ lo, hi float64 }

// nothing is the span of no number.
func nothing() span { return span{math.Inf(1), math.Inf(-1)} }

// add takes in those of the numbers that can be shown.
func (s *span) add(values ...float64) {
	for _, v := range values {
		if isFinite(v) {
			s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		}
	}
}

func (s span) empty() bool { return s.lo > s.hi }

// biggest is the size from which numbers are drawn at the edge: sums and differences of smaller ones are finite.
const biggest = 1e300

func isFinite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }

// within returns v, or the nearest number that can be drawn.
func within(v float64) float64 { return min(max(v, -biggest), biggest) }

// axis returns the limits of an axis for the span, with a margin of a share below and above. There is always some range:
// around a single number, or from 0 to 1 for none.
func (s span) axis(below, above float64) (lo, hi float64) {
	if s.empty() {
		return 0, 1
	}
	lo, hi = within(s.lo), within(s.hi)
	if size := max(math.Abs(lo), math.Abs(hi)); size < 1e-300 {
		return -1, 1
	} else if hi-lo < 1e-9*size {
		lo, hi = lo-0.1*size, hi+0.1*size
	}
	width := hi - lo
	return lo - below*width, hi + above*width
}

// lossAxis is axis for figures that are never negative: it begins at 0 unless that would leave most of it empty.
func (s span) lossAxis(above float64) (lo, hi float64) {
	if !s.empty() && s.lo >= 0 && s.hi > 1e-300 && s.lo < 0.7*s.hi {
		return 0, within(s.hi) * (1 + above)
	}
	return s.axis(0.05, above)
}

// logAxis is axis for a logarithmic scale. The numbers of the span are above 0.
func (s span) logAxis(above float64) (lo, hi float64) {
	if s.empty() {
		return 0.1, 10
	}
	a, b := math.Log10(max(s.lo, 1e-300)), math.Log10(min(s.hi, biggest))
	if b-a < 0.1 {
		a, b = a-0.5, b+0.5
	}
	width := b - a
	return math.Pow(10, max(a-0.05*width, -307)), math.Pow(10, min(b+above*width, 307))
}

// logScale is a logarithmic scale. Unlike gonum's own, it takes every number: those that have no logarithm are far below.
type logScale struct{}

func (logScale) Normalize(lo, hi, x float64) float64 {
	if !(lo > 0 && hi > lo) {
		return gonum.LinearScale{}.Normalize(lo, hi, x)
	}
	if !(x > 0) {
		return -far
	}
	a, b := math.Log10(lo), math.Log10(hi)
	return (math.Log10(x) - a) / (b - a)
}

// labelsAt marks the places of cells that have a label, of which each takes the given room, in px, on an axis of the given
// length: every one, every second, every fifth, and so on.
func labelsAt(labels []string, each, length float64) gonum.ConstantTicks {
	var out gonum.ConstantTicks
	for i, l := range labels {
		if l != "" {
			out = append(out, gonum.Tick{Value: float64(i), Label: l})
		}
	}
	every := max(1, len(out))
	for _, e := range []int{500, 200, 100, 50, 20, 10, 5, 2, 1} {
		if float64(len(out))/float64(e)*each <= length {
			every = e
		}
	}
	fewer := out[:0]
	for i, t := range out {
		if i%every == 0 {
			fewer = append(fewer, t)
		}
	}
	return fewer
}
