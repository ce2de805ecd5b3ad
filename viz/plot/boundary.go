package plot

import (
	"fmt"
	"slices"
	"strconv"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

type boundaryOption func(*settings)

func (o boundaryOption) setBoundary(s *settings) { o(s) }

// Threshold is the output above which a model with a single output chooses class 1: 0, for logits, unless told otherwise,
// and 0.5 for probabilities.
func Threshold(v float64) BoundaryOption {
	if !isFinite(v) {
		panic(graph.Errorf("plot.Threshold", graph.ErrValue, "threshold %g: want a finite number", v))
	}
	return boundaryOption(func(s *settings) { s.threshold = v })
}

// The size of the grid on which a model is evaluated.
const (
	boundaryColumns = 121
	boundaryRows    = 97
)

// maxClasses is the number of classes from which areas could not be told apart.
const maxClasses = 100

// Boundary draws what a classifier of two features chooses in the plane, as areas in the colours of the classes, with the
// examples of a set on it, whose classes differ by shape, too. Examples that the model gets wrong have a black outline.
//
//	plot.Boundary(model, train, plot.XLabel("petal length (cm)"), plot.YLabel("petal width (cm)"))
//
// X has two columns. The classes are the labels, or those of T: a column of 0 and 1, or a column for each class. The model
// has an output for each class, of which the largest is chosen, or a single one; see [Threshold]. It is evaluated at some
// 12,000 places. Classes have the names of the set.
//
// Boundary panics with a [*graph.Error] if the model is nil or does not take two features, the set has no example, no
// classes or other columns, there are more than 100 classes, or an option is nil.
func Boundary(model nn.Layer, set *data.Set, options ...BoundaryOption) *Figure {
	const op = "plot.Boundary"
	s := newSettings(op, 560, 420)
	apply(s, options, BoundaryOption.setBoundary)
	if model == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil model: give a layer such as nn.Linear(rng, 2, 2)"))
	}
	xs, ys, classes := pointsOf(op, set)
	a := areasOf(op, model, xs, ys, s.threshold)
	answers := choose(op, model, set.X, s.threshold).chosen

	kinds := slices.Clone(classes)
	slices.Sort(kinds)
	most := max(mostDots/len(slices.Compact(kinds)), 4)
	present := slices.Concat(classes, a.chosen)
	slices.Sort(present)
	present = slices.DeleteFunc(slices.Compact(present), func(c int) bool { return c < 0 })
	p := newPlot(orElse(s.xLabel, "feature 1"), orElse(s.yLabel, "feature 2"))
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = a.x.lo, a.x.hi, a.y.lo, a.y.hi
	p.X.Tick.Marker = ticks{most: 7}
	p.Add(a)
	var labels []series
	var outlined []gonum.Plotter
	shown, wrong := 0, 0
	for _, class := range present {
		all := series{name: "class " + strconv.Itoa(class), look: lookOf(class), points: true}
		if class < len(set.Classes) {
			all.name = legible.Line(set.Classes[class], 24)
		}
		missed := series{look: all.look, points: true, outlined: true}
		for i, c := range classes {
			if c != class {
				continue
			}
			all.xs, all.ys = append(all.xs, xs[i]), append(all.ys, ys[i])
			if answers[i] != class {
				missed.xs, missed.ys = append(missed.xs, xs[i]), append(missed.ys, ys[i])
			}
		}
		wrong += len(missed.xs)
		label := all
		label.xs, label.ys = []float64{a.x.hi}, []float64{middle(all.ys, a.y)}
		labels = append(labels, label)
		all, missed = all.thinnedTo(most), missed.thinnedTo(most/4)
		shown += len(all.xs)
		p.Add(all)
		outlined = append(outlined, missed)
	}
	p.Add(outlined...)
	p.Add(newEndLabels(labels, s.width))
	n := len(classes)
	f := newFigure(s, "Decision boundary", fmt.Sprintf("What a classifier of two features chooses in the plane, with %s of %s on it, of which it gets %s wrong.",
		count(n, "example"), count(len(present), "kind"), legible.Count(wrong)), panel{p, 1})
	f.notes = []note{{text: legible.Count(wrong) + " of " + count(n, "example") + " wrong"}}
	if wrong > 0 {
		f.notes[0].text += ", with outlines"
	}
	if shown < n {
		f.notes = append(f.notes, note{text: legible.Count(shown) + " of the examples are shown"})
	}
	if slices.Contains(a.chosen, -1) {
		f.notes = append(f.notes, note{text: "white: the model gives no number there"})
	}
	return f
}

// pointsOf returns features and class of each example of a set of two features.
func pointsOf(op string, set *data.Set) (xs, ys []float64, classes []int) {
	if err := set.Check(); err != nil {
		panic(graph.Errorf(op, graph.ErrUsage, "%v", err))
	}
	n := set.Len()
	if set.X == nil || set.X.Rank() != 2 || set.X.Dims()[1] != 2 {
		shape := "no features"
		if set.X != nil {
			shape = "features of shape " + tensor.FormatShape(set.X.Dims())
		}
		panic(graph.Errorf(op, graph.ErrShape, "the set has %s: want two for each example, of shape (%d,2)", shape, n))
	}
	for i := range n {
		xs, ys = append(xs, set.X.At(i, 0)), append(ys, set.X.At(i, 1))
	}
	switch {
	case set.Labels != nil:
		classes = set.Labels
	case set.T == nil || set.T.Len() == 0:
		panic(graph.Errorf(op, graph.ErrUsage, "the set has no classes: set its Labels, or T"))
	default:
		k := set.T.Len() / n
		for i := range n {
			row := set.T.Reshape(n, k).Float64s()[i*k : i*k+k]
			classes = append(classes, class(row, 0.5))
		}
	}
	for i, c := range classes {
		if c < 0 || c >= maxClasses {
			panic(graph.Errorf(op, graph.ErrLimit, "example %d is of class %d: want from 0 to %d, more could not be told apart", i, c, maxClasses-1))
		}
	}
	return xs, ys, classes
}

// middle returns the mean of those numbers that are in a span, or the middle of the span if there are none.
func middle(values []float64, within span) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if v >= within.lo && v <= within.hi {
			sum += v / float64(len(values))
			n++
		}
	}
	if n == 0 {
		return within.lo/2 + within.hi/2
	}
	return sum * float64(len(values)) / float64(n)
}

// A choice is what a classifier chooses for some points.
type choice struct {
	outputs   int
	scores    []float64 // outputs for each
	threshold float64
	chosen    []int // class of each, -1 for none
}

// choose asks a classifier.
func choose(op string, model nn.Layer, x *tensor.Tensor, threshold float64) choice {
	n := x.Dims()[0]
	y := predict(op, model, x)
	k := y.Len() / n
	if k == 0 || k > maxClasses || y.Len() != k*n {
		panic(graph.Errorf(op, graph.ErrShape, "the model gives %d rows the shape %s: want one number for each, or one for each of up to %d classes", n, tensor.FormatShape(y.Dims()), maxClasses))
	}
	c := choice{outputs: k, scores: y.To(tensor.Float64).Float64s(), threshold: threshold}
	for i := range n {
		c.chosen = append(c.chosen, class(c.scores[i*k:i*k+k], threshold))
	}
	return c
}

// class returns the class that outputs choose: the largest of several, the first one of equals, or for a single one whether
// it is above the threshold; -1 if one of them is NaN.
func class(outputs []float64, threshold float64) int {
	best := 0
	for i, v := range outputs {
		switch {
		case v != v:
			return -1
		case v > outputs[best]:
			best = i
		}
	}
	if len(outputs) == 1 && outputs[0] > threshold {
		return 1
	}
	return best
}

// lead returns by how much a class is ahead of the best other one for a point, below 0 if it is not the one that is chosen.
func (c choice) lead(point, class int) float64 {
	if c.chosen[point] < 0 {
		return -1
	}
	outputs := c.scores[point*c.outputs : (point+1)*c.outputs]
	var lead float64
	if len(outputs) == 1 {
		lead = within(outputs[0]) - within(c.threshold)
		if class == 0 {
			lead = -lead
		}
	} else {
		other := -2 * biggest
		for i, v := range outputs {
			if i != class {
				other = max(other, within(v))
			}
		}
		lead = within(outputs[class]) - other
	}
	if lead >= 0 && c.chosen[point] != class { // of two that are equal, the other one
		return -1e-300
	}
	return lead
}

// areas are what a classifier chooses in a rectangle.
type areas struct {
	choice
	x, y span
}

// areasOf asks a classifier on a grid around points.
func areasOf(op string, model nn.Layer, xs, ys []float64, threshold float64) areas {
	var a areas
	x, y := nothing(), nothing()
	for i := range xs {
		if isFinite(xs[i]) && isFinite(ys[i]) {
			x.add(xs[i])
			y.add(ys[i])
		}
	}
	a.x.lo, a.x.hi = x.axis(0.06, 0.06)
	a.y.lo, a.y.hi = y.axis(0.06, 0.06)
	at := tensor.New(tensor.Float64, boundaryColumns*boundaryRows, 2)
	for j := range boundaryRows {
		for i := range boundaryColumns {
			at.SetAt(a.x.at(float64(i)/(boundaryColumns-1)), j*boundaryColumns+i, 0)
			at.SetAt(a.y.at(float64(j)/(boundaryRows-1)), j*boundaryColumns+i, 1)
		}
	}
	a.choice = choose(op, model, at, threshold)
	return a
}

// at returns the number at a share of the way.
func (s span) at(t float64) float64 { return s.lo*(1-t) + s.hi*t }

func (a areas) Plot(c draw.Canvas, p *gonum.Plot) {
	present := slices.Clone(a.chosen)
	slices.Sort(present)
	place := func(q gridPoint) vg.Point {
		return vg.Point{X: c.X(p.X.Norm(a.x.at(q.x / (boundaryColumns - 1)))), Y: c.Y(p.Y.Norm(a.y.at(q.y / (boundaryRows - 1))))}
	}
	var lines vg.Path
	for k, class := range slices.Compact(present) {
		if class < 0 {
			continue
		}
		r := region{boundaryColumns, boundaryRows, func(i, j int) float64 { return a.lead(j*boundaryColumns+i, class) }}
		var area vg.Path
		for _, loop := range r.loops() {
			for i, q := range loop {
				if i == 0 {
					area.Move(place(q))
				} else {
					area.Line(place(q))
				}
			}
			area.Close()
			if k == 0 {
				continue // its borders are those of others
			}
			for i, q := range loop {
				next := loop[(i+1)%len(loop)]
				if r.onEdge(q, next) {
					continue
				}
				if n := len(lines); n == 0 || lines[n-1].Pos != place(q) {
					lines.Move(place(q))
				}
				lines.Line(place(next))
			}
		}
		c.SetColor(lookOf(class).area)
		c.Fill(area)
	}
	c.SetLineStyle(draw.LineStyle{Color: soft, Width: 1.2})
	c.Stroke(lines)
}
