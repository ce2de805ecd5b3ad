package plot

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A TableOption is an option of [Grid] and [Weights].
type TableOption func(*settings)

func (o TableOption) setGrid(s *settings)    { Option(o).set(s) }
func (o TableOption) setWeights(s *settings) { Option(o).set(s) }

// Rows labels the rows, from the top; [YLabel] says what they are.
func Rows(labels ...string) TableOption {
	labels = legibleNames(labels)
	return func(s *settings) { s.rows = labels }
}

// Columns labels the columns, from the left; [XLabel] says what they are.
func Columns(labels ...string) TableOption {
	labels = legibleNames(labels)
	return func(s *settings) { s.columns = labels }
}

func legibleNames(labels []string) []string {
	out := make([]string, len(labels))
	for i, l := range labels {
		out[i] = legible.Line(l, 24)
	}
	return out
}

// Digits sets how many significant digits the greatest number in the cells has, from 1 to 17; 3 unless told otherwise.
func Digits(n int) TableOption {
	if n < 1 || n > 17 {
		panic(graph.Errorf("plot.Digits", graph.ErrValue, "%d digits: want from 1 to 17", n))
	}
	return func(s *settings) { s.digits = n }
}

type gridOption func(*settings)

func (o gridOption) setGrid(s *settings) { o(s) }

// MarkCell frames a cell, counted from 0, and says why in a line above the grid, such as "chosen by validation". The
// frames of further marks differ in their dashes.
func MarkCell(row, column int, label string) GridOption {
	label = legible.Line(label, maxText)
	return gridOption(func(s *settings) { s.cells = append(s.cells, cellMark{row: row, column: column, label: label}) })
}

var frames = [...][]vg.Length{nil, {5, 3}, {2, 2}, {9, 2, 2, 2}}

// maxCells is how many cells a grid may have along an axis.
const maxCells = 64

// Grid draws a table of numbers as a heat map, each number printed in its cell, the first row at the top. It is for the
// results of a search over two settings, such as the lecture's Figure 12.5, layers × nodes:
//
//	plot.Grid(errors, plot.YLabel("hidden layers"), plot.Rows("1", "2", "3"),
//		plot.XLabel("nodes per layer"), plot.Columns("2", "4", "8", "16"),
//		plot.MarkCell(1, 2, "chosen by validation"), plot.MarkCell(0, 3, "chosen by test"))
//
// The darker a cell, the higher its number. A number that is not finite is printed on grey.
//
// Grid panics with a [*graph.Error] if there is no number, rows differ in length, there are more than 64 rows or
// columns, there is not one label for each, or a marked cell is not there.
func Grid(values [][]float64, options ...GridOption) *Figure {
	const op = "plot.Grid"
	s := newSettings(op, 640, 0)
	apply(s, options, GridOption.setGrid)
	if len(values) == 0 || len(values[0]) == 0 {
		panic(graph.Errorf(op, graph.ErrShape, "%d rows without a number: give one or more of each", len(values)))
	}
	rows, columns := len(values), len(values[0])
	if rows > maxCells || columns > maxCells {
		panic(graph.Errorf(op, graph.ErrLimit, "%d × %d cells: want at most %d × %d, leave some out", rows, columns, maxCells, maxCells))
	}
	var all []float64
	seen := nothing()
	for i, row := range values {
		if len(row) != columns {
			panic(graph.Errorf(op, graph.ErrShape, "row %d has %d numbers, row 0 has %d: want the same for each", i, len(row), columns))
		}
		all = append(all, row...)
		seen.add(row...)
	}
	s.labels(rows, columns)
	text := decimals(s.digits, all...)
	h := heatMap{
		rows: rows, columns: columns, marks: s.frames(rows, columns), text: text,
		at:    func(i, j int) float64 { return all[i*columns+j] },
		color: shades(sequential, seen),
	}
	notes := []note{{text: "the darker, the higher", sample: bar(sequential)}}
	if seen.lo == seen.hi || seen.empty() {
		notes = nil
	}
	description := s.describeTable("Heat map", rows, columns, seen)
	for _, m := range h.marks {
		short := fmt.Sprintf("%s: %s", m.label, text(h.at(m.row, m.column)))
		line := short
		if r, c := s.place("row", s.yLabel, s.rows, m.row), s.place("column", s.xLabel, s.columns, m.column); r+c != "" {
			line += " at " + strings.Trim(r+", "+c, ", ")
		}
		description += " " + line + "."
		notes = append(notes, note{text: line, short: short, sample: func(c draw.Canvas) {
			cellMark{dashes: m.dashes}.frame(c, c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
		}})
	}
	if s.height == 0 {
		s.height = min(max(90+float64(noteHeight*len(notes))+44*float64(rows), 160), 1200)
	}
	p := h.plot(s.rows, s.columns, s.width-100, s.height-100)
	f := newFigure(s, "Heat map", description, panel{p, 1})
	f.notes = notes
	return f
}

// labels numbers rows and columns that have no labels, from 0 on, and panics unless there is one for each otherwise.
func (s *settings) labels(rows, columns int) {
	for _, axis := range []struct {
		labels *[]string
		n      int
		option string
	}{{&s.rows, rows, "Rows"}, {&s.columns, columns, "Columns"}} {
		if *axis.labels == nil {
			for i := range axis.n {
				*axis.labels = append(*axis.labels, strconv.Itoa(i))
			}
		}
		if len(*axis.labels) != axis.n {
			panic(graph.Errorf(s.op, graph.ErrShape, "%d labels from plot.%s for %d of them: give one for each", len(*axis.labels), axis.option, axis.n))
		}
	}
}

// frames returns the marks, one within the other where they are at one cell.
func (s *settings) frames(rows, columns int) []cellMark {
	marks := s.cells
	for k := range marks {
		m := &marks[k]
		if m.row < 0 || m.row >= rows || m.column < 0 || m.column >= columns {
			panic(graph.Errorf(s.op, graph.ErrIndex, "mark %q at row %d, column %d of %d × %d cells: they are counted from 0", m.label, m.row, m.column, rows, columns))
		}
		m.dashes = frames[k%len(frames)]
		for _, earlier := range marks[:k] {
			if earlier.row == m.row && earlier.column == m.column {
				m.inset += frameWidth + 2
			}
		}
	}
	return marks
}

// place names a row or column: "hidden layers 2".
func (s *settings) place(what, axis string, labels []string, i int) string {
	if axis != "" {
		what = axis
	}
	return what + " " + labels[i]
}

func (s *settings) describeTable(what string, rows, columns int, seen span) string {
	text := fmt.Sprintf("%s of %s and %s", what, count(rows, "row"), count(columns, "column"))
	if s.yLabel != "" && s.xLabel != "" {
		text += fmt.Sprintf(" (%s by %s)", s.yLabel, s.xLabel)
	}
	if seen.empty() {
		return text + ", without a finite number."
	}
	return text + fmt.Sprintf(", with numbers from %s to %s.", legible.Number(seen.lo, s.digits), legible.Number(seen.hi, s.digits))
}

// shades returns the colours for numbers of a span. Numbers above 0 that differ much in size are told apart by their
// logarithms.
func shades(stops []color.RGBA, seen span) func(v float64) color.RGBA {
	scale := within
	if seen.lo > 0 && seen.hi > 4*seen.lo {
		scale = math.Log
	}
	lo, hi := scale(seen.lo), scale(seen.hi)
	return func(v float64) color.RGBA {
		switch {
		case !isFinite(v):
			return absent
		case lo == hi:
			return colorAt(stops, 0.25)
		}
		return colorAt(stops, (scale(v)-lo)/(hi-lo))
	}
}
