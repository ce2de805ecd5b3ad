package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	gonum "gonum.org/v1/plot"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/nn"
)

type curvesOption func(*settings)

func (o curvesOption) setCurves(s *settings) { o(s) }

// MetricName names the metric of the training, such as "share of errors".
func MetricName(name string) CurvesOption {
	name = legible.Line(name, maxText)
	return curvesOption(func(s *settings) { s.metric = name })
}

// LearningRates draws the learning rate of each epoch below the other curves. A History does not keep it, but Progress is
// told of it:
//
//	config.Progress = func(r nn.Report) {
//		if r.Closed != nil {
//			rates = append(rates, r.LR)
//		}
//	}
func LearningRates(rates ...float64) CurvesOption {
	return curvesOption(func(s *settings) { s.rates = append(s.rates, rates...) })
}

// Curves draws the learning curves of a training: the loss of each epoch on the training and on the validation set, and
// below it the metric, each if there is one. The epoch whose parameters the training ended with, since it was the best on
// the validation set, is marked:
//
//	history, err := nn.Fit(ctx, model, train, config)
//	...
//	err = plot.Curves(history).SaveFile("curves.svg")
//
// A figure that is not finite leaves a gap, and is counted in a line above. Curves panics with a [*graph.Error] if the
// history or an option is nil.
func Curves(h *nn.History, options ...CurvesOption) *Figure {
	const op = "plot.Curves"
	s := newSettings(op, 640, 0)
	apply(s, options, CurvesOption.setCurves)
	if h == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *nn.History: give what nn.Fit has returned"))
	}
	loss := linePlot{yLabel: "loss", logY: s.logY, marks: s.marks}
	loss.addBoth(h, func(e nn.Epoch) (train, valid float64) { return e.TrainLoss, e.ValidLoss })
	plots := []linePlot{loss}
	metric := linePlot{yLabel: orElse(s.metric, "metric")}
	metric.addBoth(h, func(e nn.Epoch) (train, valid float64) { return e.TrainMetric, e.ValidMetric })
	if metric.hasNumbers() {
		plots = append(plots, metric)
	}
	best := bestOf(h)
	for i := range plots {
		if best >= 0 {
			plots[i].markBest(h, best, i == 0, s.digits)
		}
	}
	if len(s.rates) > 0 {
		rates := linePlot{yLabel: "learning rate"}
		rates.add("", countFrom1(len(s.rates)), s.rates)
		plots = append(plots, rates)
	}
	if s.height == 0 {
		s.height = 130 + 190*float64(len(plots))
	}
	x := nothing()
	x.add(1, float64(max(len(h.Epochs), len(s.rates), 1)))
	var panels []panel
	for i, p := range plots {
		p.x, p.wholeX, p.atZero, p.width = x, true, true, s.width
		share := 1.0
		if i == 0 {
			p.empty = "no epoch has come to its end"
		} else {
			share = 0.8
		}
		if i == len(plots)-1 {
			p.xLabel = "epoch"
		}
		panels = append(panels, panel{p.plot(), share})
	}
	f := newFigure(s, "Learning curves", describeCurves(h, best, s), panels...)
	f.notes = append(f.notes, gaps(loss.curves, s.logY)...)
	return f
}

// bestOf returns the index of the epoch that was chosen, or -1 if there is none.
func bestOf(h *nn.History) int {
	if h.Best < 0 || h.Best >= len(h.Epochs) {
		return -1
	}
	if e := h.Epochs[h.Best]; !isFinite(e.ValidLoss) && !isFinite(e.ValidMetric) {
		return -1
	}
	return h.Best
}

// validation is the name of curves of the validation set.
const validation = "validation"

// addBoth adds the curve of a figure on the training set, and that on the validation set if there is one.
func (l *linePlot) addBoth(h *nn.History, of func(e nn.Epoch) (train, valid float64)) {
	var train, valid []float64
	for _, e := range h.Epochs {
		t, v := of(e)
		train, valid = append(train, t), append(valid, v)
	}
	l.add("training", countFrom1(len(train)), train)
	if hasNumbers(valid) {
		l.add(validation, countFrom1(len(valid)), valid)
	}
}

func (l *linePlot) hasNumbers() bool {
	return slices.ContainsFunc(l.curves, func(s series) bool { return hasNumbers(s.ys) })
}

// markBest marks the epoch that was chosen. In the first plot it says so, with the loss if that is what it was chosen by, as
// far as one can see.
func (l *linePlot) markBest(h *nn.History, best int, first bool, digits int) {
	m := mark{x: float64(best + 1)}
	for _, c := range l.curves {
		if c.name == validation {
			m.dots = append(m.dots, dot{c.ys[best], c.look})
		}
	}
	if first {
		m.label = fmt.Sprintf("epoch %d chosen", best+1)
		loss := h.Epochs[best].ValidLoss
		if !slices.ContainsFunc(h.Epochs, func(e nn.Epoch) bool { return e.ValidLoss < loss }) && isFinite(loss) {
			m.label += ": validation loss " + legible.Number(loss, digits)
		}
	}
	l.marks = append(l.marks, m)
}

// countFrom1 returns 1, 2, 3, ..., n.
func countFrom1(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i + 1)
	}
	return out
}

// hasNumbers reports whether one of the numbers is not NaN.
func hasNumbers(values []float64) bool {
	for _, v := range values {
		if !math.IsNaN(v) {
			return true
		}
	}
	return false
}

// mostGaps is the number of notes on gaps that are written out.
const mostGaps = 4

// gaps returns notes on what the curves cannot show.
func gaps(curves []series, log bool) []note {
	var notes []note
	for _, c := range curves {
		odd, low, first := 0, 0, 0.0
		for i, y := range c.ys {
			switch {
			case !isFinite(y):
				odd++
				if odd == 1 {
					first = c.xs[i]
				}
			case log && y <= 0:
				low++
			}
		}
		name := c.name
		if name == "" {
			name = "curve"
		}
		if odd > 0 {
			notes = append(notes, note{text: fmt.Sprintf("%s: %s of %s values not finite, the first at %s", name, legible.Count(odd), legible.Count(len(c.ys)), legible.Number(first, 6))})
		}
		if low > 0 {
			notes = append(notes, note{text: fmt.Sprintf("%s: %s of %s values not above 0, which a logarithmic axis cannot show", name, legible.Count(low), legible.Count(len(c.ys)))})
		}
	}
	if n := len(notes) - mostGaps; n > 0 {
		notes = append(notes[:mostGaps], note{text: fmt.Sprintf("and %d more lines such as these", n)})
	}
	return notes
}

// describeCurves says in words what learning curves show.
func describeCurves(h *nn.History, best int, s *settings) string {
	n := len(h.Epochs)
	if n == 0 {
		return "Learning curves without an epoch."
	}
	number := func(v float64) string { return legible.Number(v, s.digits) }
	first, last := h.Epochs[0], h.Epochs[n-1]
	var b strings.Builder
	fmt.Fprintf(&b, "Learning curves over %s. Training loss: %s in the first, %s in the last.", count(n, "epoch"), number(first.TrainLoss), number(last.TrainLoss))
	if !math.IsNaN(last.ValidLoss) {
		fmt.Fprintf(&b, " Validation loss: %s in the first, %s in the last.", number(first.ValidLoss), number(last.ValidLoss))
	}
	if best >= 0 {
		fmt.Fprintf(&b, " Epoch %d is chosen, with validation loss %s.", best+1, number(h.Epochs[best].ValidLoss))
	}
	return b.String()
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return legible.Count(n) + " " + what + "s"
}

// A linePlot is a plot of curves with direct labels that is being put together.
type linePlot struct {
	xLabel, yLabel string
	curves         []series
	marks          []mark
	x              span      // of the horizontal axis
	shown          []float64 // what the vertical axis shows, nil for all points
	logY           bool
	wholeX         bool    // whole numbers along the horizontal axis
	atZero         bool    // the vertical axis begins at 0, if the numbers allow it
	empty          string  // what to say without data
	width          float64 // of the figure
}

// add adds a curve with the next look.
func (l *linePlot) add(name string, xs, ys []float64) {
	l.curves = append(l.curves, series{name: name, xs: xs, ys: ys, look: lookOf(len(l.curves))})
}

func (l linePlot) plot() *gonum.Plot {
	p := newPlot(l.xLabel, l.yLabel)
	p.Add(gridLines{})
	above := 0.05 + marks(l.marks).headroom()
	shown := l.shown
	if shown == nil {
		for _, c := range l.curves {
			shown = append(shown, c.ys...)
		}
	}
	y := nothing()
	for _, v := range shown {
		if !l.logY || v > 0 {
			y.add(v)
		}
	}
	switch {
	case l.logY:
		p.Y.Scale, p.Y.Tick.Marker = logScale{}, logTicks{}
		p.Y.Min, p.Y.Max = y.logAxis(above)
	case l.atZero:
		p.Y.Min, p.Y.Max = y.lossAxis(above)
	default:
		p.Y.Min, p.Y.Max = y.axis(0.05, above)
	}
	p.X.Tick.Marker = ticks{most: min(max(int(l.width/64), 3), 10), whole: l.wholeX}
	if l.wholeX && !l.x.empty() && l.x.lo == l.x.hi {
		p.X.Min, p.X.Max = l.x.lo-0.5, l.x.hi+0.5
	} else {
		p.X.Min, p.X.Max = l.x.axis(0, 0)
	}
	if y.empty() && l.empty != "" {
		p.Add(message(l.empty))
	}
	for _, c := range l.curves {
		p.Add(thinned(c))
	}
	p.Add(marks(l.marks))
	p.Add(newEndLabels(l.curves, l.width))
	return p
}
