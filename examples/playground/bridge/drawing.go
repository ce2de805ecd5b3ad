package bridge

import (
	"errors"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// A drawing is a stepper that Graphviz has not laid out yet.
type drawing struct {
	model        *stepper.Model
	wide, narrow *layout.Graph
}

// A sketch is what the page needs for a stepper: its data, or two graphs that Graphviz is to lay out before the page
// calls "place" with the answers and the number.
type sketch struct {
	Data   raw    `json:"data,omitempty"`
	Number int    `json:"number"`
	Wide   string `json:"wide"`
	Narrow string `json:"narrow"`
}

// newDrawing begins a drawing. There is one at a time: a number says which.
func (b *Bridge) newDrawing(root graph.Value, c stepper.Config) sketch {
	d := drawing{model: stepper.New(root, c)}
	d.wide, d.narrow = d.model.Graphs()
	b.drawing = &d
	b.drawings++
	return sketch{Number: b.drawings, Wide: string(d.wide.DOT()), Narrow: string(d.narrow.DOT())}
}

// place takes what Graphviz has answered, and gives the data of the stepper.
func (b *Bridge) place(arg []byte) (any, []byte, error) {
	var answers sketch
	if err := read(arg, &answers); err != nil {
		return nil, nil, err
	}
	d := b.drawing
	if d == nil || answers.Number != b.drawings {
		return nil, nil, errors.New("another graph is being drawn by now: draw this one again")
	}
	wide, err := d.wide.Read([]byte(answers.Wide))
	if err != nil {
		return nil, nil, err
	}
	narrow, err := d.narrow.Read([]byte(answers.Narrow))
	if err != nil {
		return nil, nil, err
	}
	data, err := d.model.Data(wide, narrow)
	return raw(data), nil, err
}
