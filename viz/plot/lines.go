package plot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A Line is a curve for [Lines].
type Line struct {
	Name string    // stands at the end of the curve; may be empty
	X    []float64 // nil for 1, 2, 3, ...
	Y    []float64 // numbers that are not finite leave gaps
}

// maxLines is the number of lines that are drawn at most.
const maxLines = 200

// Lines draws curves with their names at their ends: the error over updates, a metric of several runs, or anything
// else. Of more than 200 the first 200 are drawn, and a line above says so.
//
//	err := plot.Lines([]plot.Line{{Name: "E", Y: errors}}, plot.LogY(), plot.XLabel("update")).SVG(w)
//
// Lines panics with a [*graph.Error] if X and Y of a line differ in length.
func Lines(lines []Line, options ...LinesOption) *Figure {
	const op = "plot.Lines"
	s := newSettings(op, 640, 360)
	apply(s, options, LinesOption.setLines)
	l := linePlot{xLabel: "x", yLabel: "y", logY: s.logY, marks: s.marks, x: nothing(), width: s.width, empty: "no data"}
	var b strings.Builder
	fmt.Fprintf(&b, "%s.", count(len(lines), "curve"))
	var notes []note
	if n := len(lines); n > maxLines {
		lines = lines[:maxLines]
		notes = append(notes, note{text: fmt.Sprintf("%d of %s are shown", maxLines, count(n, "curve"))})
	}
	for i, line := range lines {
		if line.X != nil && len(line.X) != len(line.Y) {
			panic(graph.Errorf(op, graph.ErrShape, "line %d has %d numbers X and %d Y: give one of each for a point, or leave X out", i, len(line.X), len(line.Y)))
		}
		xs := line.X
		if xs == nil {
			xs = countFrom1(len(line.Y))
		}
		name := legible.Name(line.Name)
		l.x.add(xs...)
		l.add(name, slices.Clone(xs), slices.Clone(line.Y))
		if n := len(xs); n > 0 {
			fmt.Fprintf(&b, " %s: from %s to %s.", name, legible.Number(line.Y[0], s.digits), legible.Number(line.Y[n-1], s.digits))
		}
	}
	f := newFigure(s, "Curves", b.String(), panel{l.plot(), 1})
	f.notes = append(notes, gaps(l.curves, s.logY)...)
	return f
}
