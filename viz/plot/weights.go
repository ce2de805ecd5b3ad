package plot

import (
	"fmt"
	"math"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/nn"
)

type weightsOption func(*settings)

func (o weightsOption) setWeights(s *settings) { o(s) }

// Values prints the numbers in the cells, where there are at most 400 and they have room; see [Digits].
func Values() WeightsOption { return weightsOption(func(s *settings) { s.values = true }) }

// maxSide is the number of cells along an axis from which several numbers share a cell.
const maxSide = 128

// Weights draws a parameter as a heat map: blue is negative, white is 0, red is positive, and the colours reach as far on
// either side.
//
//	for _, p := range nn.Weights(model.Params()...) {
//		err := plot.Weights(p).SaveFile(p.Name + ".svg")
//		...
//	}
//
// A matrix is drawn as it is, the first row at the top: for the weights of [nn.Linear] a row for each input and a column
// for each output. A vector is one row. Filters of a convolution, of shape (out, in, height, width), are drawn as small
// images, a row for each output. Of any other shape the last axis runs along the rows. Along an axis of more than 128
// numbers a cell shows the one of several that is farthest from 0.
//
// [Rows] and [Columns] label the cells of matrices and vectors of up to 128, and the images of filters. Weights panics with
// a [*graph.Error] if the parameter is nil or has no number, there is not one label for each row or column, or an option
// is nil.
func Weights(p *nn.Param, options ...WeightsOption) *Figure {
	const op = "plot.Weights"
	s := newSettings(op, 0, 0)
	apply(s, options, WeightsOption.setWeights)
	if p == nil || p.Data == nil || p.Data.Len() == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "got a parameter that is nil or has no number: give one of model.Params()"))
	}
	if s.title == "" {
		s.title = legible.Line(p.Name, maxText) + " " + tensor.FormatShape(p.Data.Dims())
	}
	data := p.Data.To(tensor.Float64).Clone() // the picture stays what it is when training goes on
	m := matrixOf(data, p.Transposed)
	if s.rows != nil || s.columns != nil {
		m.mustBeLabelled(s)
	}
	seen := nothing()
	odd := 0
	for _, v := range data.Float64s() {
		seen.add(v)
		if !isFinite(v) {
			odd++
		}
	}
	s.xLabel, s.yLabel = orElse(s.xLabel, m.xLabel), orElse(s.yLabel, m.yLabel)
	h := heatMap{rows: m.rows, columns: m.columns, at: m.at}
	limit := max(math.Abs(within(seen.lo)), math.Abs(within(seen.hi)))
	if seen.empty() {
		limit = 0
	}
	around := span{-limit, limit}
	h.color = shades(diverging, around)
	if limit == 0 {
		h.color = shades(diverging, span{-1, 1})
	}
	h.blank = m.blank
	if s.values && m.blank == nil && m.rows*m.columns <= mostRectangles {
		var all []float64
		for i := range m.rows {
			for j := range m.columns {
				all = append(all, m.at(i, j))
			}
		}
		h.text = decimals(s.digits, all...)
	}
	description := s.describeTable(fmt.Sprintf("Heat map of %s", s.title), m.rows, m.columns, seen)
	ends := legible.Number(limit, s.digits)
	notes := []note{{text: fmt.Sprintf("from -%s (blue) through 0 (white) to %[1]s (red)", ends), sample: bar(diverging), width: 80}}
	if limit == 0 {
		notes = []note{{text: "all numbers are 0"}}
		if seen.empty() {
			notes = nil
		}
	}
	if m.shared != "" {
		notes = append(notes, note{text: m.shared})
	}
	if odd > 0 {
		notes = append(notes, note{text: fmt.Sprintf("grey: %s of %s not finite", legible.Count(odd), legible.Count(p.Data.Len()))})
	}
	if s.width == 0 {
		s.width, s.height = m.size(len(notes), h.text != nil)
	}
	rows, columns := m.labels(s)
	f := newFigure(s, "Weights", description, panel{h.plot(rows, columns, s.width-90, s.height-110), 1})
	f.notes = notes
	return f
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// A matrix is how a parameter lies on the picture.
type matrix struct {
	rows, columns  int
	at             func(i, j int) float64
	blank          func(i, j int) bool // cells between images, nil for none
	xLabel, yLabel string
	everyX, everyY int    // numbers that a cell stands for along each axis, or cells from one image to the next
	firstX, firstY int    // the middle of the first image
	vector         bool   // one row, which needs no number
	shared         string // what cells of several numbers show, or nothing
}

// matrixOf lays a tensor out, which has inputs along its first axis and outputs along its second one if it is transposed in
// files.
func matrixOf(t *tensor.Tensor, transposed bool) *matrix {
	dims := t.Dims()
	m := &matrix{rows: 1, columns: 1, everyX: 1, everyY: 1}
	if len(dims) == 4 && m.tile(t) {
		return m
	}
	if n := len(dims); n > 0 {
		m.columns = dims[n-1]
		m.rows = t.Len() / m.columns
	}
	switch n := len(dims); {
	case n == 2 && transposed: // as nn.Linear has them
		m.xLabel, m.yLabel = "output", "input"
	case n == 2:
		m.xLabel, m.yLabel = "column", "row"
	case n == 1:
		m.xLabel, m.vector = "index", true
	case n > 2:
		m.xLabel, m.yLabel = "last axis", "the axes before it"
	}
	columns := m.columns
	m.at = func(i, j int) float64 { return t.AtFlat(i*columns + j) }
	m.share()
	return m
}

// mostTiled is the number of cells up to which filters are laid out as images, which keeps files small.
const mostTiled = 30_000

// tile lays filters out as images with a blank line between them, and reports whether they have room.
func (m *matrix) tile(t *tensor.Tensor) bool {
	d := t.Dims()
	rows, columns := d[0]*(d[2]+1)-1, d[1]*(d[3]+1)-1
	if rows > 2*maxSide || columns > 2*maxSide || rows*columns > mostTiled {
		return false
	}
	m.rows, m.columns, m.xLabel, m.yLabel = rows, columns, "input channel", "output channel"
	m.everyX, m.everyY, m.firstX, m.firstY = d[3]+1, d[2]+1, d[3]/2, d[2]/2
	m.blank = func(i, j int) bool { return i%(d[2]+1) == d[2] || j%(d[3]+1) == d[3] }
	m.at = func(i, j int) float64 {
		if m.blank(i, j) {
			return 0
		}
		return t.At(i/(d[2]+1), j/(d[3]+1), i%(d[2]+1), j%(d[3]+1))
	}
	return true
}

// share lets cells stand for several numbers where there are too many of them.
func (m *matrix) share() {
	rows, columns, at := m.rows, m.columns, m.at
	m.everyY, m.everyX = (rows+maxSide-1)/maxSide, (columns+maxSide-1)/maxSide
	if m.everyX == 1 && m.everyY == 1 {
		return
	}
	m.rows, m.columns = (rows+m.everyY-1)/m.everyY, (columns+m.everyX-1)/m.everyX
	cells := make([]float64, m.rows*m.columns)
	for i := range rows {
		for j := range columns {
			cell := &cells[i/m.everyY*m.columns+j/m.everyX]
			if v := at(i, j); !isFinite(v) || isFinite(*cell) && math.Abs(v) > math.Abs(*cell) {
				*cell = v
			}
		}
	}
	m.at = func(i, j int) float64 { return cells[i*m.columns+j] }
	m.shared = fmt.Sprintf("each cell: of %d × %d numbers the one farthest from 0", m.everyY, m.everyX)
}

// mustBeLabelled panics unless the labels of the options fit.
func (m *matrix) mustBeLabelled(s *settings) {
	switch {
	case m.shared != "":
		panic(graph.Errorf(s.op, graph.ErrUsage, "labels for cells that stand for several numbers: leave plot.Rows and plot.Columns out"))
	case m.blank != nil:
		s.labels((m.rows+1)/m.everyY, (m.columns+1)/m.everyX)
	default:
		s.labels(m.rows, m.columns)
	}
}

// labels returns what stands beside rows and columns, "" for nothing: labels of the options, or numbers from 0 on, for each
// cell or for the middle of each image.
func (m *matrix) labels(s *settings) (rows, columns []string) {
	each := func(labels []string, n, every, first int) []string {
		out := make([]string, n)
		for i := range out {
			k := i
			if m.blank != nil {
				if i%every != first {
					continue
				}
				k = i / every
			}
			switch {
			case labels != nil:
				out[i] = labels[k]
			case m.blank != nil:
				out[i] = strconv.Itoa(k)
			default:
				out[i] = strconv.Itoa(i * every)
			}
		}
		return out
	}
	if m.vector && s.rows == nil {
		s.rows = []string{""}
	}
	return each(s.rows, m.rows, m.everyY, m.firstY), each(s.columns, m.columns, m.everyX, m.firstX)
}

// size returns a size in which cells are squares, as far as possible.
func (m *matrix) size(notes int, printed bool) (width, height float64) {
	cell := 36.0
	if printed {
		cell = 52
	}
	cell = min(cell, 540/float64(m.columns), 540/float64(m.rows))
	cell = max(cell, 2)
	width = min(max(80+cell*float64(m.columns), 420), 4000)
	height = min(max(96+float64(notes*noteHeight)+cell*float64(m.rows), 150), 4000)
	return math.Round(width), math.Round(height)
}
