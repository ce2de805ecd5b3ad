package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo/pjrt"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

const steps = 6

// exported returns a new directory with what examples/export writes for a model.
func exported(t *testing.T, model, widths string) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("go", "run", "-C", filepath.Join("..", ".."), "./examples/export", "-model", model, "-widths", widths,
		"-batch", "8", "-steps", fmt.Sprint(steps), "-out", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func needPlugin(t *testing.T) {
	t.Helper()
	if os.Getenv(pjrt.PathVariable) == "" {
		t.Skipf("%s names no plugin of PJRT", pjrt.PathVariable)
	}
}

// change replaces a text in a file of a directory.
func change(t *testing.T, dir, name, from, to string) {
	t.Helper()
	name = filepath.Join(dir, name)
	b, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(b), from) {
		t.Fatalf("%s has no %q, %v", name, from, err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(b), from, to, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestTrain holds that the device comes to the losses of Go, and that the weights go back to a model.
func TestTrain(t *testing.T) {
	needPlugin(t)
	dir := exported(t, "cnn", "1-2-10")
	out := commandtest.Output(t, trainer, dir)
	commandtest.Contains(t, out, "Compiled in ", "step 1 of 6: loss ", "step 6 of 6: loss ", "6 losses, from ", "; the largest difference from Go's is ")

	model := nn.Sequential(
		nn.Conv2D(rand.New(rand.NewPCG(1, 2)), 1, 2, 3, nn.Padding(1), nn.NoBias()), nn.BatchNorm(2), nn.ReLU(), nn.MaxPool2D(2),
		nn.Flatten(), nn.Dropout(nn.KeepProb(0.9)), nn.Linear(rand.New(rand.NewPCG(1, 2)), 32, 10))
	nn.To(model, tensor.Float32)
	if err := nn.LoadFile(filepath.Join(dir, trainedFile), model); err != nil {
		t.Error(err)
	}
	for _, p := range model.Params() {
		if p.Kind == nn.Counter && p.Data.AtFlat(0) != steps {
			t.Errorf("%s is %v, want %d", p.Name, p.Data, steps)
		}
	}
	f, err := readTensors(filepath.Join(dir, trainedFile))
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	if err := json.Unmarshal([]byte(f.Metadata["losses"]), &losses); err != nil || len(losses) != steps || f.Metadata["step"] != "6" {
		t.Errorf("the file says %q", f.Metadata)
	}
}

// TestSteps holds that other numbers of steps are compared as far as there are losses, and how a run ends early.
func TestSteps(t *testing.T) {
	needPlugin(t)
	dir := exported(t, "mlp", "64-4-10")
	commandtest.Contains(t, commandtest.Output(t, trainer, "-steps", "2", dir), "step 2 of 2: loss ", "\n2 losses, from ")
	commandtest.Contains(t, commandtest.Output(t, trainer, "-steps", "8", dir), "step 8 of 8: loss ", "\n6 losses, from ")
	commandtest.Interrupted(t, trainer, "pjrt: stopped in step 1 of 6", dir)
	commandtest.Full(t, trainer, dir)

	change(t, dir, lossesFile, `"losses": [`, `"losses": [9,`)
	commandtest.Check(t, trainer, []commandtest.Run{{Args: []string{dir}, Status: command.Failed, Stderr: "more than 1e-06"}})
}

// TestFiles holds that what is wrong with files is said before the device is asked for.
func TestFiles(t *testing.T) {
	good := exported(t, "mlp", "64-4-10")
	empty := t.TempDir()
	broken := func(change func(dir string)) string {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
			t.Fatal(err)
		}
		change(dir)
		return dir
	}
	remove := func(name string) func(dir string) {
		return func(dir string) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill := func(name, text string) func(dir string) {
		return func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	failed := func(stderr string, args ...string) commandtest.Run {
		return commandtest.Run{Args: args, Status: command.Failed, Stderr: stderr}
	}
	commandtest.Check(t, trainer, []commandtest.Run{
		{Args: nil, Status: command.Usage, Stderr: "pjrt: 0 arguments after the flags: want one, the directory that examples/export wrote\n"},
		{Args: []string{good, "-steps", "3"}, Status: command.Usage, Stderr: "3 arguments after the flags"},
		{Args: []string{"-steps", "-1", good}, Status: command.Usage, Stderr: "pjrt: -steps -1: want 1 or more"},
		failed("has no step.json: write it with go run ./examples/export -out "+empty, empty),
		failed("losses.json", broken(remove(lossesFile))),
		failed("losses.json", broken(fill(lossesFile, "["))),
		failed("has no rates", broken(fill(lossesFile, "{}"))),
		failed("init.safetensors", broken(remove(initialFile))),
		failed("init.safetensors: the file is empty", broken(fill(initialFile, ""))),
		failed("batches.safetensors", broken(remove(batchesFile))),
		failed("has no batch.0", broken(fill(batchesFile, "\x02\x00\x00\x00\x00\x00\x00\x00{}"))),
		failed("no path to a plugin: set PJRT_PLUGIN_LIBRARY_PATH", "-plugin", "", good),
		failed("no plugin in ", "-plugin", empty, good),
	})
}

// TestMismatch holds that files which do not belong together are refused.
func TestMismatch(t *testing.T) {
	needPlugin(t)
	dir := exported(t, "mlp", "64-4-10")
	change(t, dir, sidecarFile, `"name":"lr"`, `"name":"rate"`)
	commandtest.Check(t, trainer, []commandtest.Run{{Args: []string{dir}, Status: command.Failed, Stderr: `step 1: the step takes "rate", which is in no file`}})
	change(t, dir, sidecarFile, `"name":"0.weight"`, `"name":"0.w"`)
	commandtest.Check(t, trainer, []commandtest.Run{{Args: []string{dir}, Status: command.Failed, Stderr: `init.safetensors has no "0.w"`}})
}
