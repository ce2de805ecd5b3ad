package plot

import (
	"math"
	"reflect"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// settings are what options set.
type settings struct {
	op                 string // that the options were given to
	title, description string
	width, height      float64
	scheme             Scheme
	xLabel, yLabel     string
	logY               bool
	marks              []mark
	metric             string
	target             func(float64) float64
	modelName          string
	others             []namedModel
	over               span
	threshold          float64
	values             bool
	rates              []float64
	rows, columns      []string
	cells              []cellMark
	digits             int
}

// An Option fits every picture: [Title], [Describe], [Size], [Colors], [XLabel] and [YLabel]. The order of options does
// not matter.
type Option func(*settings)

// A CurvesOption is an option of [Curves].
type CurvesOption interface{ setCurves(*settings) }

// A LinesOption is an option of [Lines].
type LinesOption interface{ setLines(*settings) }

// A FitOption is an option of [Fit].
type FitOption interface{ setFit(*settings) }

// A BoundaryOption is an option of [Boundary].
type BoundaryOption interface{ setBoundary(*settings) }

// A WeightsOption is an option of [Weights].
type WeightsOption interface{ setWeights(*settings) }

// A GridOption is an option of [Grid].
type GridOption interface{ setGrid(*settings) }

func (o Option) setCurves(s *settings)   { o.set(s) }
func (o Option) setLines(s *settings)    { o.set(s) }
func (o Option) setFit(s *settings)      { o.set(s) }
func (o Option) setBoundary(s *settings) { o.set(s) }
func (o Option) setWeights(s *settings)  { o.set(s) }
func (o Option) setGrid(s *settings)     { o.set(s) }

// set is for the methods above: apply has asked whether the option is nil.
func (o Option) set(s *settings) { o(s) }

// newSettings returns the settings of a call before its options.
func newSettings(op string, width, height float64) *settings {
	return &settings{op: op, width: width, height: height, digits: 3}
}

// apply sets the options of a call, of which none may be nil.
func apply[T any](s *settings, options []T, set func(T, *settings)) {
	for i, o := range options {
		if v := reflect.ValueOf(o); !v.IsValid() || v.IsNil() { // all are functions
			panic(graph.Errorf(s.op, graph.ErrUsage, "option %d is nil: leave it out", i+1))
		}
		set(o, s)
	}
}

// maxText is the number of characters of titles and labels.
const maxText = 120

// Title puts a line of text above the picture. Screen readers read it first.
func Title(text string) Option {
	text = legible.Line(text, maxText)
	return func(s *settings) { s.title = text }
}

// Describe sets what screen readers read in place of the picture, which otherwise is its data in short.
func Describe(text string) Option {
	text = legible.Line(text, 1000)
	return func(s *settings) { s.description = text }
}

// The sizes that a picture may have, in px.
const (
	minSize = 100
	maxSize = 4000
)

// Size sets width and height of the picture in px, from 100 to 4000. Text keeps its size.
func Size(width, height float64) Option {
	if !(width >= minSize && width <= maxSize && height >= minSize && height <= maxSize) {
		panic(graph.Errorf("plot.Size", graph.ErrValue, "%g × %g px: want from %d to %d each", width, height, minSize, maxSize))
	}
	width, height = math.Round(width), math.Round(height)
	return func(s *settings) { s.width, s.height = width, height }
}

// XLabel names what the horizontal axis shows, with its unit: "petal length (cm)".
func XLabel(text string) Option {
	text = legible.Line(text, maxText)
	return func(s *settings) { s.xLabel = text }
}

// YLabel names what the vertical axis shows, of the uppermost plot if there are several.
func YLabel(text string) Option {
	text = legible.Line(text, maxText)
	return func(s *settings) { s.yLabel = text }
}

// A LineOption is an option of [Curves], [Lines] and [Fit].
type LineOption func(*settings)

func (o LineOption) setCurves(s *settings) { Option(o).set(s) }
func (o LineOption) setLines(s *settings)  { Option(o).set(s) }
func (o LineOption) setFit(s *settings)    { Option(o).set(s) }

// LogY gives the vertical axis, of the losses if there are several, a logarithmic scale. Numbers that are not above 0
// have no place there, and leave a gap.
func LogY() LineOption { return func(s *settings) { s.logY = true } }

// Mark draws a vertical line at x with a label.
func Mark(x float64, label string) LineOption {
	label = legible.Name(label)
	if !isFinite(x) {
		panic(graph.Errorf("plot.Mark", graph.ErrValue, "%q at %g: want a finite number", label, x))
	}
	return func(s *settings) { s.marks = append(s.marks, mark{x: x, label: label}) }
}
