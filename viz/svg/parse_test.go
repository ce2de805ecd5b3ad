package svg_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/viz/layout"
)

// An element is an element of a drawing.
type element struct {
	name       string
	attributes map[string]string
	text       string // of the element and of those in it
	within     []*element
}

// parse reads a drawing, and reports what is in it that should not be in any.
func parse(t *testing.T, drawing string) *element {
	t.Helper()
	known := map[string]string{ // attributes by element
		"svg": "xmlns width height viewBox role space font-family", "title": "", "desc": "", "g": "class",
		"rect":  "x y width height rx fill fill-opacity stroke stroke-width stroke-dasharray stroke-linecap",
		"path":  "d fill fill-opacity stroke stroke-width stroke-dasharray stroke-linecap",
		"text":  "x y text-anchor textLength lengthAdjust font-size font-weight fill",
		"tspan": "font-size font-weight fill",
	}
	value := regexp.MustCompile(`^[-a-zA-Z0-9#., /:]*$`)
	d := xml.NewDecoder(strings.NewReader(drawing))
	d.Strict = true
	top := &element{}
	open := []*element{top}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the drawing is not XML: %v", err)
		}
		at := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attributes: map[string]string{}}
			allowed, ok := known[e.name]
			if !ok {
				t.Errorf("there is an element %s", e.name)
			}
			for _, a := range token.Attr {
				if _, twice := e.attributes[a.Name.Local]; twice || !slices.Contains(strings.Fields(allowed), a.Name.Local) || !value.MatchString(a.Value) {
					t.Errorf("<%s> has the attribute %s=%q", e.name, a.Name.Local, a.Value)
				}
				e.attributes[a.Name.Local] = a.Value
			}
			at.within = append(at.within, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
			if at.name == "tspan" {
				open[len(open)-1].text += at.text
			}
		case xml.CharData:
			at.text += string(token)
		default:
			t.Errorf("there is a %T in the drawing", token)
		}
	}
	if len(top.within) != 1 || top.within[0].name != "svg" {
		t.Fatalf("the drawing is not one element svg")
	}
	return top.within[0]
}

// all returns the elements in e with the given name and class, "" for any.
func (e *element) all(name, class string) (found []*element) {
	for _, in := range e.within {
		if in.name == name && (class == "" || in.attributes["class"] == class) {
			found = append(found, in)
		}
		found = append(found, in.all(name, class)...)
	}
	return found
}

// number returns an attribute that is a number.
func (e *element) number(t *testing.T, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(e.attributes[name], 64)
	if err != nil {
		t.Fatalf("<%s> has %s=%q", e.name, name, e.attributes[name])
	}
	return v
}

func (e *element) box(t *testing.T) layout.Rect {
	t.Helper()
	return layout.Rect{X: e.number(t, "x"), Y: e.number(t, "y"), W: e.number(t, "width"), H: e.number(t, "height")}
}

// extent returns the room that a line of text takes.
func (e *element) extent(t *testing.T) layout.Rect {
	t.Helper()
	spans := e.within
	if len(spans) == 0 {
		spans = []*element{e}
	}
	w, size := 0.0, 0.0
	for _, s := range spans {
		n := s.number(t, "font-size")
		w += layout.TextWidth(s.text, n, s.attributes["font-weight"] == "bold")
		size = max(size, n)
	}
	x, y := e.number(t, "x"), e.number(t, "y")
	if e.attributes["text-anchor"] == "middle" {
		x -= w / 2
	}
	return layout.Rect{X: x, Y: y - 0.8*size, W: w, H: size}
}

func inside(outer, inner layout.Rect) error {
	const rounding = 0.02
	if inner.X < outer.X-rounding || inner.Y < outer.Y-rounding || inner.X+inner.W > outer.X+outer.W+rounding || inner.Y+inner.H > outer.Y+outer.H+rounding {
		return fmt.Errorf("%+.1f is not inside %+.1f", inner, outer)
	}
	return nil
}
