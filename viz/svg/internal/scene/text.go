package scene

import (
	"unicode"

	"github.com/seed366ff29f/chainrule/viz/layout"
)

// A Text is a line of text. Its pieces stand behind each other.
type Text struct {
	At     layout.Point // on the base line: where it begins, or its middle
	Middle bool
	Spans  []Span
}

// A Span is a piece of text. Spaces in it are kept.
type Span struct {
	Text  string
	Size  float64 // of the font in px
	Bold  bool
	Color string // #rrggbb
}

// Width returns the width of a line of text in px.
func (t Text) Width() float64 {
	w := 0.0
	for _, s := range t.Spans {
		w += layout.TextWidth(s.Text, s.Size, s.Bold)
	}
	return w
}

func (t Text) largest() float64 {
	size := 0.0
	for _, s := range t.Spans {
		size = max(size, s.Size)
	}
	return size
}

// Strange reports whether the text has characters whose width differs much from font to font, of scripts that join
// letters and of pictographs. Such a line should be set to [Text.Width].
func (t Text) Strange() bool {
	for _, s := range t.Spans {
		for _, r := range s.Text {
			joining := r < 0x2000 && !unicode.In(r, unicode.Mn, unicode.Lm)
			if (joining || r > 0xd7ff) && !layout.Measured(string(r)) {
				return true
			}
		}
	}
	return false
}

// ground is what a line of text stands on where lines may cross it, which show through only faintly.
func (t Text) ground(fill string) Shape {
	w, size := t.Width(), t.largest()
	left := t.At.X
	if t.Middle {
		left -= w / 2
	}
	return Shape{Box: layout.Rect{X: left - 1, Y: t.At.Y - 0.85*size, W: w + 2, H: 1.1 * size}, Fill: fill, Faint: true}
}
