package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
	"github.com/seed366ff29f/chainrule/nn"
)

// runDigits runs the program with files in a directory.
func runDigits(ctx context.Context, dir string, stderr io.Writer, args ...string) (status int, stdout string) {
	var out bytes.Buffer
	args = append([]string{"-file", filepath.Join(dir, "digits.safetensors"), "-checkpoint", filepath.Join(dir, "digits.ckpt")}, args...)
	status = program().Status(ctx, args, &out, stderr)
	return status, out.String()
}

// names returns what is in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

var meanAccuracy = regexp.MustCompile(`Test accuracy: (?:mean )?([0-9.]+)`)

// accuracyIn returns the mean accuracy that the program has printed.
func accuracyIn(t *testing.T, stdout string) float64 {
	t.Helper()
	m := meanAccuracy.FindStringSubmatch(stdout)
	if m == nil {
		t.Fatalf("no accuracy in:\n%s", stdout)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestReaches runs the program as a user does, with its defaults.
func TestReaches(t *testing.T) {
	if testing.Short() {
		t.Skip("trains five networks of each kind")
	}
	for _, tt := range []struct {
		model string
		least float64
	}{{"conv", 0.985}, {"dense", 0.975}} {
		t.Run(tt.model, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var stderr bytes.Buffer
			status, stdout := runDigits(t.Context(), dir, &stderr, "-model", tt.model)
			if status != command.OK {
				t.Fatalf("status %d, standard error:\n%s", status, &stderr)
			}
			if got := accuracyIn(t, stdout); got < tt.least {
				t.Errorf("mean accuracy %.4f, want at least %.3f:\n%s", got, tt.least, stdout)
			}
			if !strings.Contains(stderr.String(), "seed 5  epoch") || strings.Contains(stderr.String(), "\r") {
				t.Errorf("standard error is %q, want lines about each seed", stderr.String())
			}
			if diff := cmp.Diff([]string{"digits.safetensors"}, names(t, dir)); diff != "" {
				t.Errorf("files: mismatch (-want +got)\n%s", diff)
			}
			checkEnlarged(t, filepath.Join(dir, "digits.safetensors"))
			checkPyTorch(t, filepath.Join(dir, "digits.safetensors"), stdout)
		})
	}
}

// checkEnlarged draws test rows as large images, which the network must read too.
func checkEnlarged(t *testing.T, file string) {
	t.Helper()
	set, err := digits()
	if err != nil {
		t.Fatal(err)
	}
	model, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	right, n := 0, 0
	for i := 0; i < set.Len(); i += 25 {
		p, err := (&picture{side, side, set.Rows(i).X.Float64s()}).enlarged(13, 40, 9).fit()
		if err != nil {
			t.Fatal(err)
		}
		y, err := classify(model, p)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if y[set.Labels[i]] > 0.5 {
			right++
		}
	}
	if right*10 < n*9 {
		t.Errorf("%d of %d test rows are right when they are enlarged and brought down again, want nine in ten", right, n)
	}
}

// checkPyTorch holds that PyTorch, where it is there, gives the same results with the file.
func checkPyTorch(t *testing.T, file, stdout string) {
	t.Helper()
	python := os.Getenv("TORCH_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import numpy, safetensors.torch").Run(); err != nil {
		t.Logf("not held against PyTorch: %s has no NumPy, PyTorch and safetensors; TORCH_PYTHON may name one that has", python)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "digits.py", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	ours := regexp.MustCompile(`(?m)^accuracy +([0-9.]+)`).FindStringSubmatch(stdout)
	if ours == nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "right: "+ours[1]) {
		t.Errorf("PyTorch says %q, the program %q", out, ours)
	}
}

// trained returns a directory with a network that was trained for a moment.
var trained = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "digits")
	if err != nil {
		return "", err
	}
	var stderr bytes.Buffer
	status, stdout := runDigits(context.Background(), dir, &stderr, "-model", "dense", "-seeds", "2", "-epochs", "3", "-curves", filepath.Join(dir, "curves.svg"))
	if status != command.OK {
		return "", fmt.Errorf("status %d: %s", status, &stderr)
	}
	if m := meanAccuracy.FindStringSubmatch(stdout); m == nil || m[1] < "0.85" {
		return "", fmt.Errorf("accuracy %q after three epochs, want 0.85 at least", m)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if dir, err := trained(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(status)
}

func trainedDir(t *testing.T) string {
	t.Helper()
	dir, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A run that was interrupted goes on with the same result to the last bit.
func TestInterrupt(t *testing.T) {
	for _, model := range []string{"dense", "conv"} {
		args := []string{"-model", model, "-seeds", "2", "-epochs", "2", "-seed", "7"}
		whole, dir := t.TempDir(), t.TempDir()
		status, want := runDigits(t.Context(), whole, io.Discard, args...)
		if status != command.OK {
			t.Fatalf("status %d", status)
		}

		ctx, cancel := context.WithCancel(t.Context())
		stderr := &commandtest.Canceller{Cancel: cancel}
		if status, _ := runDigits(ctx, dir, stderr, args...); status != command.Interrupted {
			t.Fatalf("status %d, want that of an interrupt; standard error:\n%s", status, stderr)
		}
		left := filepath.Join(dir, "digits.ckpt."+model+"-7")
		if !strings.Contains(stderr.String(), "The same command goes on from "+left) {
			t.Errorf("standard error %q, want what to do", stderr.String())
		}
		if _, err := os.Stat(left); err != nil {
			t.Error(err)
		}
		status, got := runDigits(t.Context(), dir, io.Discard, args...)
		if status != command.OK {
			t.Fatalf("status %d", status)
		}
		if diff := cmp.Diff(strings.ReplaceAll(want, whole, dir), got); diff != "" {
			t.Errorf("what is printed: mismatch (-undisturbed +resumed)\n%s", diff)
		}
		a, err := os.ReadFile(filepath.Join(whole, "digits.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "digits.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: the resumed run leaves another network", model)
		}
		if diff := cmp.Diff([]string{"digits.safetensors"}, names(t, dir)); diff != "" {
			t.Errorf("files: mismatch (-want +got)\n%s", diff)
		}
	}
}

func TestCurves(t *testing.T) {
	dir, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	commandtest.Picture(t, filepath.Join(dir, "curves.svg"), "Digits, network dense, seed", "chosen: validation loss", "accuracy")
}

func TestUse(t *testing.T) {
	dir := trainedDir(t)
	status, stdout := runDigits(t.Context(), dir, io.Discard, "-row", "10")
	if status != command.OK || !strings.Contains(stdout, "Row 10, a test row, is a 0.\nThe network says 0, with probability 0.") {
		t.Errorf("status %d, standard output\n%s\nwant a 0", status, stdout)
	}
	for row, want := range map[string]string{"11": "Row 11, a validation row, is a 1.", "12": "Row 12, a training row, is a 2."} {
		if _, stdout := runDigits(t.Context(), dir, io.Discard, "-row", row); !strings.Contains(stdout, want) {
			t.Errorf("row %s: standard output\n%s\nwant %s", row, stdout, want)
		}
	}
	// The same image in every format of 8×8 pixels.
	set, err := digits()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range encodings(t, set.Rows(10).X.Float64s()) {
		file := filepath.Join(t.TempDir(), "image")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		status, got := runDigits(t.Context(), dir, io.Discard, "-classify", file)
		if status != command.OK || !strings.Contains(got, "\nThe network says 0, ") {
			t.Errorf("%s: status %d, standard output\n%s\nwant a 0", name, status, got)
		}
	}
}

func TestErrors(t *testing.T) {
	dir := trainedDir(t)
	write := func(name, content string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	network, err := os.ReadFile(filepath.Join(dir, "digits.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := nn.SaveFile(other, nn.Linear(rand.New(rand.NewPCG(1, 2)), 2, 3)); err != nil {
		t.Fatal(err)
	}
	half := write("half", string(network[:len(network)/2]))
	empty := write("empty", "")
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no such network", []string{"-model", "deep"}, command.Usage, `digits: -model "deep": there is no such network; there are conv, dense`},
		{"no seeds", []string{"-seeds", "0"}, command.Usage, "digits: -seeds 0: want 1 or more"},
		{"negative epochs", []string{"-epochs", "-1"}, command.Usage, "digits: -epochs -1: want 1 or more, or 0 for as many as are usual"},
		{"no file", []string{"-file", ""}, command.Usage, "digits: -file is empty: name a file"},
		{"no picture", []string{"-curves", "curves.gif"}, command.Usage, `digits: -curves "curves.gif": want a name that ends in .svg or .png`},
		{"no directory", []string{"-file", filepath.Join(dir, "none", "x")}, command.Failed, "digits: -file: stat " + filepath.Join(dir, "none") + ": "},
		{"file as directory", []string{"-file", filepath.Join(empty, "x")}, command.Failed, "digits: -file: " + empty + " is no directory"},
		{"both", []string{"-classify", "x", "-row", "3"}, command.Usage, "digits: -classify and -row are both there: leave one out"},
		{"row", []string{"-row", "1797"}, command.Usage, "digits: -row 1797: want from 0 to 1796"},
		{"negative row", []string{"-row", "-2"}, command.Usage, "digits: -row -2: want from 0 to 1796"},
		{"no image", []string{"-classify", filepath.Join(dir, "none.png")}, command.Failed, "digits: open " + filepath.Join(dir, "none.png") + ": "},
		{"a directory", []string{"-classify", dir}, command.Failed, "digits: read " + dir + ": "},
		{"nothing trained", []string{"-row", "3", "-file", filepath.Join(dir, "none")}, command.Failed, "digits: there is no network in " + filepath.Join(dir, "none") + ": train one first with go run ./examples/digits, or say where it is by -file"},
		{"another model", []string{"-row", "3", "-file", other}, command.Failed, "digits: " + other + " holds a network that is none of this program's: train one with go run ./examples/digits"},
		{"half a network", []string{"-row", "3", "-file", half}, command.Failed, "digits: nn.LoadFile: " + half + ": "},
		{"not a network", []string{"-row", "3", "-file", empty}, command.Failed, "digits: nn.LoadFile: " + empty + ": "},
		{"argument", []string{"file.png"}, command.Usage, `digits: takes flags only, got "file.png": run with -h to see them`},
	} {
		var stderr bytes.Buffer
		status, stdout := runDigits(t.Context(), dir, &stderr, tt.args...)
		if status != tt.status || stdout != "" || !strings.HasPrefix(stderr.String(), tt.want) {
			t.Errorf("%s: status %d, standard output %q, standard error %q\nwant %d, nothing, and %q", tt.name, status, stdout, stderr.String(), tt.status, tt.want)
		}
	}
}

// A checkpoint that is damaged, or that of another training, is not taken, and stays as it was.
func TestCheckpointErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "digits.ckpt.dense-1")
	if err := os.WriteFile(file, []byte("no checkpoint"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	status, _ := runDigits(t.Context(), dir, &stderr, "-model", "dense", "-seeds", "1", "-epochs", "1")
	if status != command.Failed || !strings.Contains(stderr.String(), "digits: seed 1: nn.Fit: ") || !strings.Contains(stderr.String(), file) {
		t.Errorf("status %d, standard error %q, want 1 and the file's name", status, stderr.String())
	}
	if diff := cmp.Diff([]string{"digits.ckpt.dense-1"}, names(t, dir)); diff != "" {
		t.Errorf("files: mismatch (-want +got)\n%s", diff)
	}
}
