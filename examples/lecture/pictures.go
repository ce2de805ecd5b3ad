package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/viz"
)

// picture writes the graph of root as a DOT file into the directory of the pictures, and says so. The file appears
// whole or not at all: it is written under another name first.
func (l *lesson) picture(name string, root graph.Value, options ...viz.Option) (err error) {
	if err := os.MkdirAll(l.out, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(l.out, "."+name+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	err = viz.DOT(f, root, options...)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	path := filepath.Join(l.out, name)
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	l.pictures++
	l.printf("\n  Picture: %s\n", filepath.ToSlash(path))
	return nil
}
