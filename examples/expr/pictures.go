package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/seed366ff29f/chainrule/internal/durable"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/page"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
	"github.com/seed366ff29f/chainrule/viz/svg"
)

// A picture is a file that a flag asks for.
type picture struct {
	flag, file string
	draw       func(w io.Writer) error
	drawn      bytes.Buffer
}

// pictures returns the files that the flags ask for.
func (s solution) pictures(o *options) []*picture {
	title, sweep := s.Expr.String(), viz.WithGradients(s.Sweep)
	var asked []*picture
	for _, p := range []*picture{
		{flag: "-dot", file: o.dot, draw: func(w io.Writer) error { return viz.DOT(w, s.Y, sweep) }},
		{flag: "-svg", file: o.svg, draw: func(w io.Writer) error {
			return svg.Write(w, s.Y, sweep, viz.WithContributions(), viz.Legend(), viz.Title(title))
		}},
		{flag: "-html", file: o.html, draw: func(w io.Writer) error {
			return page.Write(w, page.Lesson{Title: title, Root: s.Y, Stepper: stepper.Config{Gradients: &s.Sweep}})
		}},
	} {
		if p.file != "" {
			asked = append(asked, p)
		}
	}
	return asked
}

// writePictures draws all that was asked for, and then writes the files. Each is replaced only when it is whole, so that a
// failure leaves the old one; what is no regular file, such as a device, is written to.
func (s solution) writePictures(o *options) error {
	asked := s.pictures(o)
	for _, p := range asked {
		if err := p.draw(&p.drawn); err != nil {
			return fmt.Errorf("%s: %w", p.flag, err)
		}
	}
	for _, p := range asked {
		err := durable.Write(p.file, func(w io.Writer) error {
			_, err := w.Write(p.drawn.Bytes())
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", p.flag, err)
		}
	}
	return nil
}
