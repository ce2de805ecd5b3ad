package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/durable"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/svg"
)

// picture writes the graph of root as an SVG file into the directory of the pictures, and says so; beside it as a DOT
// file, for those who want Graphviz to draw it. A file appears whole or not at all.
func (l *lesson) picture(name string, root graph.Value, options ...viz.Option) error {
	if err := os.MkdirAll(l.out, 0o777); err != nil {
		return err
	}
	for _, f := range []struct {
		ending string
		write  func(io.Writer, graph.Value, ...viz.Option) error
	}{{".svg", svg.Write}, {".dot", viz.DOT}} {
		err := durable.Write(filepath.Join(l.out, name+f.ending), func(w io.Writer) error { return f.write(w, root, options...) })
		if err != nil {
			return fmt.Errorf("%s: %w", name+f.ending, err)
		}
	}
	l.printf("\n  Picture: %s\n", filepath.ToSlash(filepath.Join(l.out, name+".svg")))
	return nil
}
