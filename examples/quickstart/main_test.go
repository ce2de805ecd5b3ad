package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The README shows this program, and what it prints is what its comments say.
func TestREADME(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(source), "package main\n")
	program = "package main\n" + program
	if !strings.Contains(string(readme), "```go\n"+program+"```") {
		t.Error("README.md does not show examples/quickstart/main.go as it is: copy the program there")
	}

	var want []string
	for _, m := range regexp.MustCompile(`Println\("(.*) =".*// (.*)`).FindAllStringSubmatch(program, -1) {
		want = append(want, m[1]+" = "+m[2])
	}
	got := strings.Split(strings.TrimSpace(output(t)), "\n")
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("what the comments say and what is printed: mismatch (-want +got):\n%s", diff)
	}
}

// output runs main and returns what it writes to standard output.
func output(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func(f *os.File) { os.Stdout = f }(os.Stdout)
	os.Stdout = w
	main()
	w.Close()
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
