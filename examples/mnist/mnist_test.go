package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
	"github.com/seed366ff29f/chainrule/examples/internal/datasets"
)

// idx returns an IDX file of bytes.
func idx(content []byte, shape ...int) []byte {
	out := []byte{0, 0, 8, byte(len(shape))}
	for _, n := range shape {
		out = binary.BigEndian.AppendUint32(out, uint32(n))
	}
	return append(out, content...)
}

// write writes a file, packed if its name says so.
func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if strings.HasSuffix(name, ".gz") {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		content = b.Bytes()
	}
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// makeSet writes a small set into a directory: the digits of 8×8 pixels with each pixel as 3×3, as the files of MNIST.
func makeSet(t *testing.T, dir string, train, test int) {
	t.Helper()
	set, err := datasets.Digits()
	if err != nil {
		t.Fatal(err)
	}
	part := func(name, suffix string, from, n int) {
		images, labels := make([]byte, n*side*side), make([]byte, n)
		for i := range n {
			labels[i] = byte(set.Labels[from+i])
			for y := range 24 {
				for x := range 24 {
					images[i*side*side+(y+2)*side+x+2] = byte(set.X.At(from+i, y/3*8+x/3) * 255 / 16)
				}
			}
		}
		write(t, dir, name+"-images-idx3-ubyte"+suffix, idx(images, n, side, side))
		write(t, dir, name+"-labels-idx1-ubyte"+suffix, idx(labels, n))
	}
	part("train", ".gz", 0, train)
	part("t10k", "", train, test)
}

func runMNIST(ctx context.Context, dir string, stderr io.Writer, args ...string) (status int, stdout string) {
	var out bytes.Buffer
	args = append([]string{"-dir", dir, "-file", filepath.Join(dir, "out", "x.safetensors"), "-checkpoint", filepath.Join(dir, "out", "x.ckpt")}, args...)
	status = program().Status(ctx, args, &out, stderr)
	return status, out.String()
}

func left(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestTrains trains on a small set, and again with an interruption.
func TestTrains(t *testing.T) {
	dir := t.TempDir()
	makeSet(t, dir, 480, 120)
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o777); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	args := []string{"-seeds", "1", "-epochs", "8"}
	status, stdout := runMNIST(t.Context(), dir, &stderr, args...)
	if status != command.OK {
		t.Fatalf("status %d, standard error:\n%s", status, &stderr)
	}
	commandtest.Least(t, stdout, `Test accuracy: ([0-9.]+) in 1 run`, 0.75)
	commandtest.Contains(t, stdout, "440 for training, 40 for validation, 120 for testing")
	if diff := cmp.Diff([]string{"x.safetensors"}, left(t, dir)); diff != "" {
		t.Errorf("files: mismatch (-want +got)\n%s", diff)
	}
	file := filepath.Join(dir, "out", "x.safetensors")
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	interrupted := &commandtest.Canceller{Cancel: cancel}
	status, _ = runMNIST(ctx, dir, interrupted, args...)
	if hint := "The same command goes on from " + filepath.Join(dir, "out", "x.ckpt.1"); status != command.Interrupted || !strings.Contains(interrupted.String(), hint) {
		t.Fatalf("status %d, standard error %q, want 130 and %q", status, interrupted, hint)
	}
	status, again := runMNIST(t.Context(), dir, io.Discard, args...)
	if diff := cmp.Diff(stdout, again); status != command.OK || diff != "" {
		t.Errorf("status %d, what is printed: mismatch (-undisturbed +resumed)\n%s", status, diff)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the resumed run leaves another network (%v)", err)
	}
}

// With -profile it says what the operations cost, in a table and for go tool pprof.
func TestProfile(t *testing.T) {
	dir := t.TempDir()
	makeSet(t, dir, 120, 24)
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o777); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "out", "x.pb.gz")
	var stderr bytes.Buffer
	if status, _ := runMNIST(t.Context(), dir, &stderr, "-seeds", "1", "-epochs", "1", "-profile", name); status != command.OK {
		t.Fatalf("status %d, standard error:\n%s", status, &stderr)
	}
	for _, want := range []string{"conv2d_bias backward", "nn.Adam.Apply", "relu"} {
		commandtest.Contains(t, stderr.String(), want)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := gzip.NewReader(f); err != nil {
		t.Errorf("%s is no profile: %v", name, err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o777); err != nil {
		t.Fatal(err)
	}
	labels := make([]byte, 24)
	small, wrong, few := t.TempDir(), t.TempDir(), t.TempDir()
	for _, name := range []string{"train", "t10k"} {
		write(t, small, name+"-images-idx3-ubyte", idx(make([]byte, 24*64), 24, 8, 8))
		write(t, small, name+"-labels-idx1-ubyte", idx(labels, 24))
		write(t, wrong, name+"-images-idx3-ubyte.gz", idx(make([]byte, 24*side*side), 24, side, side))
		write(t, wrong, name+"-labels-idx1-ubyte", idx(append(make([]byte, 23), 10), 24))
		write(t, few, name+"-images-idx3-ubyte", idx(make([]byte, 2*side*side), 2, side, side))
		write(t, few, name+"-labels-idx1-ubyte", idx(labels[:2], 2))
	}
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   []string
	}{
		{"no files", nil, command.Failed, []string{"mnist: data.MNIST: ", "train-images", "Put the files", "-dir", "https://"}},
		{"no directory", []string{"-dir", filepath.Join(dir, "none")}, command.Failed, []string{"Put the files"}},
		{"small images", []string{"-dir", small}, command.Failed, []string{"the images for train in " + small + " have 8×8 pixels: want 28×28"}},
		{"class", []string{"-dir", wrong}, command.Failed, []string{"image 23 for train in " + wrong + " has class 10: want from 0 to 9"}},
		{"few images", []string{"-dir", few}, command.Failed, []string{"2 training and 2 test images in " + few + " are too few"}},
		{"no seeds", []string{"-seeds", "0"}, command.Usage, []string{"mnist: -seeds 0: want 1 or more"}},
		{"no epochs", []string{"-epochs", "-3"}, command.Usage, []string{"mnist: -epochs -3: want 1 or more"}},
		{"no workers", []string{"-workers", "0"}, command.Usage, []string{"mnist: -workers 0: want 1 or more"}},
		{"no place for the network", []string{"-file", filepath.Join(dir, "none", "x")}, command.Failed, []string{"mnist: -file: "}},
		{"no place for the profile", []string{"-profile", filepath.Join(dir, "none", "x")}, command.Failed, []string{"mnist: -profile: "}},
	} {
		var stderr bytes.Buffer
		status, stdout := runMNIST(t.Context(), dir, &stderr, tt.args...)
		if status != tt.status || stdout != "" {
			t.Errorf("%s: status %d, standard output %q, want %d and nothing", tt.name, status, stdout, tt.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: standard error %q, want %q", tt.name, stderr.String(), want)
			}
		}
	}
}
