package scene

import (
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// The colours are those of [viz.DOT]. Text has a contrast of 4.5 or more on what it stands on.
const (
	paper      = "#ffffff"
	ink        = "#1b1b1b"
	quiet      = "#4a4a4a"
	line       = "#5a5a5a"
	sweep      = "#8f2d00" // what the backward sweep found
	sweepBand  = "#fdeee3"
	moving     = "#005a46" // what the forward sweep found
	backward   = "#8a3b7a" // the backward pass
	clusterInk = "#9a9a9a"
)

// A look is how a kind of nodes is drawn: told apart by shape and border, so that it can be when printed in grey.
type look struct {
	fill, stroke string
	width        float64
	radius       float64
	dash         [2]float64
	double       bool // two borders
	stacked      bool // sheets on top of each other
}

var looks = [...]look{
	viz.Leaf:      {fill: "#cfe2f7", stroke: "#22558a", width: 1.6},
	viz.Constant:  {fill: "#ffffff", stroke: "#444444", width: 1.6, dash: [2]float64{0.1, 4}},
	viz.Operation: {fill: "#fff9e3", stroke: "#7a6a2f", width: 1.2, radius: 9},
	viz.Root:      {fill: "#ffd98f", stroke: "#7d4e00", width: 1.4, radius: 10, double: true},
	viz.More:      {fill: "#dddddd", stroke: "#4f4f4f", width: 1.2, stacked: true},
}

var backwardLook = look{fill: "#f3e0ef", stroke: backward, width: 1.4, radius: 9, dash: [2]float64{6, 4}}

func lookOf(kind viz.Kind, isBackward bool) look {
	if isBackward && kind != viz.More {
		return backwardLook
	}
	return looks[kind]
}

const (
	doubleGap = 3.5 // between the two borders
	sheet     = 3   // by which a sheet of a stack is moved
)

// inset is the room that a look takes at the sides of a box: of the left and the lower side, and of the others.
func (l look) inset() (leftBottom, rightTop float64) {
	switch {
	case l.double:
		return doubleGap, doubleGap
	case l.stacked:
		return 0, 2 * sheet
	}
	return 0, 0
}

// frame draws an empty box of the look.
func (l look) frame(r layout.Rect) []Shape {
	box := Shape{Box: r, Radius: l.radius, Fill: l.fill, Stroke: l.stroke, Width: l.width, Dash: l.dash, Round: l.dash[0] == 0.1}
	switch {
	case l.double:
		inner := box
		inner.Box = layout.Rect{X: r.X + doubleGap, Y: r.Y + doubleGap, W: r.W - 2*doubleGap, H: r.H - 2*doubleGap}
		inner.Radius -= doubleGap
		inner.Width = 1
		return []Shape{box, inner}
	case l.stacked:
		var sheets []Shape
		for k := 2.0; k >= 0; k-- {
			s := box
			s.Box = layout.Rect{X: r.X + k*sheet, Y: r.Y + (2-k)*sheet, W: r.W - 2*sheet, H: r.H - 2*sheet}
			sheets = append(sheets, s)
		}
		return sheets
	}
	return []Shape{box}
}

// shade alternates with the depth of a box around nodes.
func shade(depth int) string {
	if depth%2 == 1 {
		return "#f6f6f6"
	}
	return "#ececec"
}
