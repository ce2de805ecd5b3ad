package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/kjk/lzma"
	"github.com/seed366ff29f/chainrule/internal/durable"
)

// level is how hard the packer tries. Above it little is gained.
const level = 5

// suffix is that of packed files.
const suffix = ".lzma"

// pack puts a packed file in the place of another, with the suffix. The page unpacks it, in js/lzma.js, so that no host
// has to: LZMA makes a program of Go's a third smaller than gzip does, which browsers would unpack by themselves.
//
// It takes some seconds. What was packed is kept in the user's cache, to be there the next time.
func (s site) pack(name string) error {
	content := s[name]
	delete(s, name)
	kept := newCache(name, content)
	if packed, ok := kept.read(); ok {
		s[name+suffix] = packed
		return nil
	}
	var b bytes.Buffer
	w := lzma.NewWriterSizeLevel(&b, int64(len(content)), level)
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("packing %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("packing %s: %w", name, err)
	}
	s[name+suffix] = b.Bytes()
	kept.write(b.Bytes())
	return nil
}

// A cache is where a packed file is kept: by what it was packed from.
type cache struct {
	dir    string // "" for nowhere
	prefix string
	name   string
}

func newCache(name string, content []byte) cache {
	dir, err := os.UserCacheDir()
	if err != nil {
		return cache{}
	}
	sum := sha256.Sum256(content)
	prefix := strings.ReplaceAll(name, "/", "-") + "-"
	return cache{filepath.Join(dir, "chainrule", "playground"), prefix, prefix + hex.EncodeToString(sum[:]) + suffix}
}

// read returns the packed file, if it is there.
func (c cache) read() ([]byte, bool) {
	if c.dir == "" {
		return nil, false
	}
	packed, err := os.ReadFile(filepath.Join(c.dir, c.name))
	return packed, err == nil && len(packed) > 0
}

// write keeps a packed file, in the place of those from older versions. Where that is not possible it will be packed again.
func (c cache) write(packed []byte) {
	if c.dir == "" || os.MkdirAll(c.dir, 0o700) != nil {
		return
	}
	older, err := filepath.Glob(filepath.Join(c.dir, c.prefix+"*"+suffix))
	if err != nil {
		return
	}
	for _, name := range older {
		os.Remove(name)
	}
	_ = durable.Write(filepath.Join(c.dir, c.name), func(w io.Writer) error {
		_, err := w.Write(packed)
		return err
	})
}
