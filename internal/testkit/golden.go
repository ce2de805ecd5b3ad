// Package testkit has what the tests of several packages share.
package testkit

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the files that tests compare with anew")

// Golden compares a text with the content of a file, line by line, after writing it there if the flag -update says so.
func Golden(t *testing.T, file, got string) {
	t.Helper()
	want := Content(t, file, got)
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s: mismatch (-want +got); if the new text is right, go test -update writes it:\n%s", file, diff)
	}
}

// Content returns the content of a file, for tests that compare in their own way, after writing the text got there if the
// flag -update says so.
func Content(t *testing.T, file, got string) string {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: go test -update writes it", err)
	}
	return string(want)
}
