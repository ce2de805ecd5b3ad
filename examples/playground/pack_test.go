package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unpacker reads packed files and writes them unpacked, each beside it with .out, or .err with what is wrong.
const unpacker = `
import { readFileSync, writeFileSync } from "node:fs";
const { unlzma } = await import(process.argv[2]);
for (const name of process.argv.slice(3)) {
  try { writeFileSync(name + ".out", unlzma(readFileSync(name))); }
  catch (err) { writeFileSync(name + ".err", err.message); }
}
`

// unpack unpacks files in the way the page does.
func unpack(t *testing.T, names ...string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node is not installed")
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"unpacker.mjs": []byte(unpacker), "lzma.mjs": mustRead(t, filepath.Join("web", "js", "lzma.js"))} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{filepath.Join(dir, "unpacker.mjs"), "file://" + filepath.ToSlash(filepath.Join(dir, "lzma.mjs"))}, names...)
	if out, err := exec.Command(node, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// noCache keeps a test out of the cache of whoever runs it.
func noCache(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, dir)
	}
	return dir
}

// What the server packs is what the page unpacks.
func TestPack(t *testing.T) {
	noCache(t)
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	code := mustRead(t, program)
	dir := t.TempDir()
	var names []string
	contents := map[string][]byte{
		"empty": {}, "byte": {7}, "run": make([]byte, 300_000), "noise": noise, "text": mustRead(t, filepath.Join("web", "index.html")),
		"code": code[:min(len(code), 1_000_000)], "far": append(bytes.Clone(noise), noise...),
		"letters": []byte(strings.Repeat("abracadabra, ", 5000)),
	}
	for name, content := range contents {
		s := site{name: bytes.Clone(content)}
		if err := s.pack(name); err != nil {
			t.Fatal(err)
		}
		if _, ok := s[name]; ok || len(s) != 1 {
			t.Errorf("%s: the file is still there", name)
		}
		file := filepath.Join(dir, name)
		names = append(names, file)
		if err := os.WriteFile(file, s[name+suffix], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unpack(t, names...)
	for name, want := range contents {
		if got := mustRead(t, filepath.Join(dir, name+".out")); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes come back as %d others", name, len(want), len(got))
		}
	}
}

// A file that is not whole is an error, and neither an endless loop nor a page without memory.
func TestDamaged(t *testing.T) {
	noCache(t)
	s := site{"text": mustRead(t, filepath.Join("web", "style.css"))}
	if err := s.pack("text"); err != nil {
		t.Fatal(err)
	}
	packed := s["text"+suffix]
	large := bytes.Clone(packed)
	large[11] = 0xff
	dir := t.TempDir()
	var names []string
	for name, content := range map[string][]byte{"short": packed[:len(packed)/2], "header": packed[:14], "properties": append([]byte{255}, packed[1:]...), "large": large} {
		file := filepath.Join(dir, name)
		names = append(names, file)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unpack(t, names...)
	for _, name := range names {
		if message := mustRead(t, name+".err"); len(message) == 0 {
			t.Errorf("%s: no message", name)
		}
	}
}

// What was packed is taken from the cache the next time, and an older version makes room.
func TestCache(t *testing.T) {
	dir := noCache(t)
	for _, content := range []string{"one", "two", "two"} {
		s := site{"a/b": []byte(content)}
		if err := s.pack("a/b"); err != nil {
			t.Fatal(err)
		}
	}
	var kept []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			kept = append(kept, path)
		}
		return err
	})
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v is kept, %v", kept, err)
	}
	if err := os.WriteFile(kept[0], []byte("from the cache"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := site{"a/b": []byte("two")}
	if err := s.pack("a/b"); err != nil || string(s["a/b"+suffix]) != "from the cache" {
		t.Errorf("%q, %v", s["a/b"+suffix], err)
	}
}
