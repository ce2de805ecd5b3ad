package durable_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/durable"
)

// content returns a function that writes a text.
func content(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// wantFiles compares a directory with names and contents.
func wantFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := want[e.Name()]; ok && w != string(text) {
			t.Errorf("%s holds %q, want %q", e.Name(), text, w)
		}
	}
	if len(names) != len(want) || slices.ContainsFunc(names, func(n string) bool { _, ok := want[n]; return !ok }) {
		t.Errorf("the directory has %q, want the names of %q", names, want)
	}
}

func writeFile(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

func mustLink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skip("no symbolic links here:", err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	for _, text := range []string{"one", "", "a longer text"} {
		if err := durable.Write(name, content(text)); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, map[string]string{"a": text})
	}
}

// A name without a directory is one in the current directory.
func TestWriteHere(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := durable.Write("a", content("text")); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string]string{"a": "text"})
}

func TestMode(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("files have no modes here")
	}
	dir := t.TempDir()
	made, err := os.Create(filepath.Join(dir, "by os.Create"))
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	info, err := made.Stat()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "a")
	check := func(want fs.FileMode) {
		t.Helper()
		if err := durable.Write(name, content("text")); err != nil {
			t.Fatal(err)
		}
		got, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got.Mode() != want {
			t.Errorf("mode %v, want %v", got.Mode(), want)
		}
	}
	check(info.Mode())
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o666, 0o777} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		check(mode)
	}
}

// While it is being written, a file that replaces one for the owner's eyes only is for the owner's eyes only.
func TestModeOnTheWay(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("files have no modes here")
	}
	name := filepath.Join(t.TempDir(), "a")
	writeFile(t, name, "old", 0o600)
	err := durable.Write(name, func(w io.Writer) error {
		info, err := os.Stat(name + durable.Suffix)
		if err == nil && info.Mode() != 0o600 {
			t.Errorf("mode %v on the way, want 0600", info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFailingWriter(t *testing.T) {
	broken := errors.New("broken")
	for _, old := range []string{"", "old"} {
		dir := t.TempDir()
		name := filepath.Join(dir, "a")
		want := map[string]string{}
		if old != "" {
			writeFile(t, name, old, 0o600)
			want["a"] = old
		}
		for what, write := range map[string]func(io.Writer) error{
			"at once":        func(io.Writer) error { return broken },
			"after a while":  func(w io.Writer) error { _, err := w.Write(make([]byte, 100000)); return errors.Join(err, broken) },
			"after the last": func(w io.Writer) error { return errors.Join(content("new")(w), broken) },
		} {
			if err := durable.Write(name, write); !errors.Is(err, broken) {
				t.Errorf("%s: got error %v, want %v", what, err, broken)
			}
			wantFiles(t, dir, want)
		}
		func() {
			defer func() { _ = recover() }()
			_ = durable.Write(name, func(w io.Writer) error { _ = content("new")(w); panic("broken") })
			t.Error("the panic is gone")
		}()
		wantFiles(t, dir, want)
	}
}

// What a run that was killed left is replaced, even if it is a link to something else.
func TestLeftOver(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	writeFile(t, name+durable.Suffix, "half of a fi", 0o400)
	if err := durable.Write(name, content("new")); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string]string{"a": "new"})

	mustLink(t, "b", name+durable.Suffix)
	writeFile(t, filepath.Join(dir, "b"), "other", 0o600)
	if err := durable.Write(name, content("newer")); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string]string{"a": "newer", "b": "other"})
}

func TestLinks(t *testing.T) {
	for _, target := range []string{"there", "not there"} {
		dir := t.TempDir()
		inner, name := filepath.Join(dir, "inner"), filepath.Join(dir, "a")
		if err := os.Mkdir(inner, 0o700); err != nil {
			t.Fatal(err)
		}
		mustLink(t, filepath.Join("inner", "b"), name)
		mustLink(t, "c", filepath.Join(inner, "b"))
		if target == "there" {
			writeFile(t, filepath.Join(inner, "c"), "old", 0o600)
		}
		if err := durable.Write(name, content("new")); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, inner, map[string]string{"b": "new", "c": "new"})
		for link, to := range map[string]string{name: filepath.Join("inner", "b"), filepath.Join(inner, "b"): "c"} {
			if got, err := os.Readlink(link); err != nil || got != to {
				t.Errorf("%s is a link to %q (%v), want %q", link, got, err, to)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	file, loop := filepath.Join(dir, "file"), filepath.Join(dir, "loop")
	writeFile(t, file, "old", 0o600)
	for what, name := range map[string]string{
		"no name": "", "a directory": dir, "no directory": filepath.Join(dir, "none", "a"), "a file for a directory": filepath.Join(file, "a"),
		"a NUL byte": "a\x00b", "too long": filepath.Join(dir, strings.Repeat("a", 1000)),
	} {
		if err := durable.Write(name, content("new")); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	wantFiles(t, dir, map[string]string{"file": "old"})
	mustLink(t, "loop", loop)
	if err := durable.Write(loop, content("new")); err == nil || !strings.Contains(err.Error(), "links") {
		t.Errorf("a loop of links: got error %v", err)
	}
}

// A file that may not be written to stays, although its directory would let it be replaced.
func TestProtected(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	writeFile(t, name, "old", 0o400)
	if f, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
		f.Close()
		t.Skip("this user may write to every file")
	}
	if err := durable.Write(name, content("new")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got error %v, want one about permission", err)
	}
	wantFiles(t, dir, map[string]string{"a": "old"})
}

// Of two that write a file, the one whose temporary file was taken away says so, and the content is the other's.
func TestTwoWriters(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	err := durable.Write(name, func(w io.Writer) error {
		if runtime.GOOS == "windows" {
			t.Skip("open files cannot be removed here")
		}
		if err := durable.Write(name, content("second")); err != nil {
			t.Error(err)
		}
		return content("first")(w)
	})
	if err == nil || !strings.Contains(err.Error(), "at the same time") {
		t.Errorf("got error %v, want one about another writer", err)
	}
	wantFiles(t, dir, map[string]string{"a": "second"})
}

func TestWriteKeeping(t *testing.T) {
	dir := t.TempDir()
	name, previous := filepath.Join(dir, "a"), filepath.Join(dir, "a.old")
	for i, want := range []map[string]string{
		{"a": "0"}, {"a": "1", "a.old": "0"}, {"a": "2", "a.old": "1"}, {"a": "3", "a.old": "2"},
	} {
		if err := durable.WriteKeeping(name, previous, content(string(rune('0'+i)))); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, want)
	}
	want := map[string]string{"a": "3", "a.old": "2"}
	broken := errors.New("broken")
	if err := durable.WriteKeeping(name, previous, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
	wantFiles(t, dir, want)
	if err := durable.WriteKeeping(name, filepath.Join(dir, "none", "b"), content("4")); err == nil {
		t.Error("no error where the old file cannot be kept")
	}
	wantFiles(t, dir, want)

	// As a program leaves it that is killed before the new file has the name.
	if err := os.Remove(previous); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(name, previous); err != nil {
		t.Skip("no hard links here:", err)
	}
	if err := durable.WriteKeeping(name, previous, content("4")); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string]string{"a": "4", "a.old": "3"})
}

// The whole of a large file arrives.
func TestLarge(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := durable.Write(name, func(w io.Writer) error { _, err := w.Write(want); return err }); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes (%v), want the %d written", len(got), err, len(want))
	}
}
