package kernel_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// generated are the files that the program in _asm writes.
var generated = []string{"kernel_amd64.s", "stubs_amd64.go", "tables_amd64.go"}

// TestGeneratedFilesAreCurrent runs the generator and compares what it writes with what is here. It needs the modules of the
// generator, so it runs only with CHAINRULE_GENERATE=1.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	if os.Getenv("CHAINRULE_GENERATE") == "" {
		t.Skip("set CHAINRULE_GENERATE=1 to run the generator")
	}
	dir := t.TempDir()
	path := func(i int) string { return filepath.Join(dir, generated[i]) }
	cmd := exec.Command("go", "run", "-C=_asm", ".", "-pkg", "kernel", "-out", path(0), "-stubs", path(1), "-tables", path(2))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	for i, name := range generated {
		want, err := os.ReadFile(path(i))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// The first line of avo's files is the command, with its paths.
		_, want, _ = bytes.Cut(want, []byte("\n"))
		_, got, _ = bytes.Cut(got, []byte("\n"))
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: run go generate ./internal/kernel", name)
		}
	}
}
