package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
)

func TestDraws(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	out := commandtest.Output(t, program, "-out", dir, "-png")
	for _, p := range pictures {
		for format, begin := range map[string]string{".svg": "<svg", ".png": "\x89PNG"} {
			file := filepath.Join(dir, p.name+format)
			commandtest.Contains(t, out, file+": "+p.about+"\n")
			content, err := os.ReadFile(file)
			if err != nil || !strings.HasPrefix(string(content), begin) {
				t.Errorf("%s begins with %.10q, %v; want %q", file, content, err, begin)
			}
			if format == ".svg" && len(content) > 40_000 {
				t.Errorf("%s has %d bytes, want at most 40,000", file, len(content))
			}
		}
	}
	again := filepath.Join(t.TempDir(), "again")
	commandtest.Output(t, program, "-out", again)
	for _, p := range pictures {
		first, err := os.ReadFile(filepath.Join(dir, p.name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(filepath.Join(again, p.name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		if string(first) != string(second) {
			t.Errorf("%s.svg is another one in a second run", p.name)
		}
	}
}

func TestStops(t *testing.T) {
	dir := t.TempDir()
	commandtest.Interrupted(t, program, "plots: curves: nn.Fit: stopped in step 1, after 0 epochs: context canceled\n", "-out", dir)
	commandtest.Full(t, program, "-out", dir)
	file := filepath.Join(dir, "curves.svg") // there is a file of this name now
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-out", ""}, Status: command.Usage, Stderr: "plots: -out is empty: name a directory\n"},
		{Args: []string{"-out", file}, Status: command.Failed, Stderr: "plots: mkdir " + file + ": not a directory\n"},
	})
}

// TestShown holds that the documentation shows each picture.
func TestShown(t *testing.T) {
	page, err := os.ReadFile("../../docs/plots.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		if !strings.Contains(string(page), "](plots/"+p.name+".svg)") {
			t.Errorf("docs/plots.md does not show %s.svg", p.name)
		}
		if _, err := os.Stat("../../docs/plots/" + p.name + ".svg"); err != nil {
			t.Errorf("%v: run go generate ./examples/plots", err)
		}
	}
}
