package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed366ff29f/chainrule/internal/durable"
)

// A site is the contents of files by their paths, with slashes.
type site map[string][]byte

// checkDirectory returns an error unless there is a directory of the given name, or can be one.
func checkDirectory(name string) error {
	switch info, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("-out: %w", err)
	case !info.IsDir():
		return fmt.Errorf("-out: %s is a file: name a directory", name)
	}
	return nil
}

// write writes the files into a directory, which it makes if there is none. Other files there stay.
func (s site) write(dir string) error {
	for _, path := range slices.Sorted(maps.Keys(s)) {
		name := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("-out: %w", err)
		}
		err := durable.Write(name, func(w io.Writer) error {
			_, err := w.Write(s[path])
			return err
		})
		if err != nil {
			return fmt.Errorf("-out: %w", err)
		}
	}
	return nil
}
