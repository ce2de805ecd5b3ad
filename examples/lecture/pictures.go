package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/durable"
	"github.com/seed366ff29f/chainrule/viz"
)

// picture writes the graph of root as a DOT file, which Graphviz draws, into the directory of the pictures, and says so.
// The file appears whole or not at all.
func (l *lesson) picture(name string, root graph.Value, options ...viz.Option) error {
	if err := os.MkdirAll(l.out, 0o777); err != nil {
		return err
	}
	path := filepath.Join(l.out, name+".dot")
	if err := durable.Write(path, func(w io.Writer) error { return viz.DOT(w, root, options...) }); err != nil {
		return fmt.Errorf("%s: %w", name+".dot", err)
	}
	l.printf("\n  Picture: %s\n", filepath.ToSlash(path))
	return nil
}
