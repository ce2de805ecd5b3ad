package plot

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

type fitOption func(*settings)

func (o fitOption) setFit(s *settings) { o(s) }

// A namedModel is a model whose curve is drawn.
type namedModel struct {
	name  string
	model nn.Layer
}

// Target draws the function that the data come from, and that the model is to come close to. What f panics with, Fit
// panics with.
func Target(f func(x float64) float64) FitOption {
	if f == nil {
		panic(graph.Errorf("plot.Target", graph.ErrUsage, "got a nil function: give one such as math.Sin"))
	}
	return fitOption(func(s *settings) { s.target = f })
}

// ModelName is what stands at the end of the model's curve, such as "16 nodes", in place of "model".
func ModelName(name string) FitOption {
	name = legible.Name(name)
	return fitOption(func(s *settings) { s.modelName = name })
}

// Compare draws the curve of another model too.
func Compare(name string, model nn.Layer) FitOption {
	name = legible.Name(name)
	if model == nil {
		panic(graph.Errorf("plot.Compare", graph.ErrUsage, "got a nil model %q: give a layer such as nn.Linear(rng, 1, 1)", name))
	}
	return fitOption(func(s *settings) { s.others = append(s.others, namedModel{name, model}) })
}

// Over sets the range of x that is drawn, which is that of the data unless told otherwise.
func Over(lo, hi float64) FitOption {
	if !(hi > lo) || !isFinite(hi-lo) || math.Abs(lo) > biggest || math.Abs(hi) > biggest {
		panic(graph.Errorf("plot.Over", graph.ErrValue, "from %g to %g: want finite numbers, the lower one first", lo, hi))
	}
	return fitOption(func(s *settings) { s.over = span{lo, hi} })
}

// curvePoints is the number of places at which functions are drawn.
const curvePoints = 241

// Fit draws a model with one input and one output as a curve, with the data that it was trained on: what it has learned
// of a function.
//
//	plot.Fit(model, train, plot.Target(math.Sin), plot.Title("16 hidden nodes"))
//
// X and T of the set have a column each. The vertical axis shows the data and the target; a model's curve may leave the
// picture. Fit panics with a [*graph.Error] if the model is nil or has more than one input or output, the set has no
// example or other columns, or an option is nil.
func Fit(model nn.Layer, set *data.Set, options ...FitOption) *Figure {
	const op = "plot.Fit"
	s := newSettings(op, 560, 340)
	s.modelName = "model"
	apply(s, options, FitOption.setFit)
	if model == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil model: give a layer such as nn.Linear(rng, 1, 1)"))
	}
	xs, ts := columnOf(op, set, "X"), columnOf(op, set, "T")
	x, y := nothing(), nothing()
	x.add(xs...)
	y.add(ts...)
	if s.over != (span{}) {
		x = s.over
	}
	lo, hi := x.axis(0, 0)
	x = span{lo, hi}
	at := make([]float64, curvePoints)
	for i := range at {
		at[i] = lo + (hi-lo)*float64(i)/(curvePoints-1)
	}
	l := linePlot{xLabel: "x", yLabel: "y", logY: s.logY, marks: s.marks, x: x, width: s.width, empty: "no data"}
	dots := lookOf(0)
	dots.line, dots.text = axis, soft
	l.curves = append(l.curves, thinned(series{name: "data", xs: xs, ys: ts, look: dots, points: true}))
	if s.target != nil {
		target := series{name: "target", xs: at, look: lookOf(4)}
		for _, v := range at {
			target.ys = append(target.ys, s.target(v))
		}
		y.add(target.ys...)
		l.curves = append(l.curves, target)
	}
	description := fmt.Sprintf("A model of one input, drawn as a curve with %s", count(len(xs), "example"))
	if s.target != nil {
		description += " and the function that it is to learn"
	}
	description += "."
	lo, hi = y.axis(0, 0)
	room := span{lo - 0.5*(hi-lo), hi + 0.5*(hi-lo)}
	for i, m := range append([]namedModel{{s.modelName, model}}, s.others...) {
		curve := series{name: m.name, xs: at, ys: outputsAt(op, m, at), look: lookOf(i)}
		if i >= 4 {
			curve.look = lookOf(i + 1) // the target has that one
		}
		for _, v := range curve.ys {
			if y.empty() || v >= room.lo && v <= room.hi {
				l.shown = append(l.shown, v)
			}
		}
		l.curves = append(l.curves, curve)
		description += fmt.Sprintf(" The root mean squared error of %s on the examples is %s.", m.name, legible.Number(rmse(outputsAt(op, m, xs), ts), s.digits))
	}
	if !y.empty() {
		l.shown = append(l.shown, y.lo, y.hi)
	} else if l.shown == nil {
		l.shown = []float64{}
	}
	f := newFigure(s, "A model of one input and its data", description, panel{l.plot(), 1})
	f.notes = gaps(l.curves[1:], s.logY)
	return f
}

// columnOf returns X or T of a set that has one column of it.
func columnOf(op string, set *data.Set, which string) []float64 {
	if err := set.Check(); err != nil {
		panic(graph.Errorf(op, graph.ErrUsage, "%v", err))
	}
	t := set.X
	if which == "T" {
		t = set.T
	}
	if t == nil || t.Len() != set.Len() {
		shape := "nothing"
		if t != nil {
			shape = "shape " + tensor.FormatShape(t.Dims())
		}
		panic(graph.Errorf(op, graph.ErrShape, "the set has %s in %s for %d examples: want one number for each, of shape (%d,1)", shape, which, set.Len(), set.Len()))
	}
	out := make([]float64, t.Len())
	for i := range out {
		out[i] = t.AtFlat(i)
	}
	return out
}

// outputsAt returns what a model with one input and one output gives for each x.
func outputsAt(op string, m namedModel, xs []float64) []float64 {
	y := predict(op, m.model, tensor.Of(xs, len(xs), 1))
	if y.Len() != len(xs) {
		panic(graph.Errorf(op, graph.ErrShape, "model %q gives %d rows the shape %s: want one number for each", m.name, len(xs), tensor.FormatShape(y.Dims())))
	}
	out := make([]float64, len(xs))
	for i := range out {
		out[i] = y.AtFlat(i)
	}
	return out
}

// predict returns the outputs of a model in use. It panics if it does not take the rows.
func predict(op string, model nn.Layer, x *tensor.Tensor) *tensor.Tensor {
	y, err := nn.Predict(model, &data.Set{X: x})
	if err != nil {
		kind := graph.Kind(graph.ErrUsage)
		if known := (*graph.Error)(nil); errors.As(err, &known) {
			kind = known.Kind
		}
		panic(graph.Errorf(op, kind, "the model does not take rows of shape %s: %v", tensor.FormatShape(x.Dims()[1:]), err))
	}
	return y
}

// rmse returns the root of the mean squared difference.
func rmse(ys, ts []float64) float64 {
	var norm float64
	for i, y := range ys {
		norm = math.Hypot(norm, y-ts[i])
	}
	return norm / math.Sqrt(float64(len(ys)))
}
