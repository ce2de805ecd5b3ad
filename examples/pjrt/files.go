package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo/pjrt"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/durable"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
)

// The names of files, all but the last as examples/export writes them.
const (
	sidecarFile = "step.json"
	initialFile = "init.safetensors"
	batchesFile = "batches.safetensors"
	lossesFile  = "losses.json"
	trainedFile = "trained.safetensors"
)

// Files are what a directory has beside the step.
type files struct {
	dir              string
	initial, batches *safetensors.File
	number           int // of batches
	run              struct {
		Losses []float64
		LR     []float64
		Seed   uint64
		Model  []string // names of parameters that are the model's
	}
}

// readFiles reads them.
func readFiles(dir string) (*files, error) {
	f := &files{dir: dir}
	if _, err := os.Stat(filepath.Join(dir, sidecarFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no %s: write it with go run ./examples/export -out %s", dir, sidecarFile, dir)
	}
	b, err := os.ReadFile(filepath.Join(dir, lossesFile))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &f.run); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, lossesFile), err)
	}
	if len(f.run.LR) == 0 {
		return nil, fmt.Errorf("%s has no rates: export the step again", filepath.Join(dir, lossesFile))
	}
	if f.initial, err = readTensors(filepath.Join(dir, initialFile)); err != nil {
		return nil, err
	}
	if f.batches, err = readTensors(filepath.Join(dir, batchesFile)); err != nil {
		return nil, err
	}
	for name := range f.batches.Names {
		if strings.HasPrefix(name, "batch.") {
			f.number++
		}
	}
	if f.number == 0 {
		return nil, fmt.Errorf("%s has no batch.0: export the step again", filepath.Join(dir, batchesFile))
	}
	return f, nil
}

func readTensors(name string) (*safetensors.File, error) {
	r, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := safetensors.Read(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// tensorOf returns a tensor of a file in the shape and precision of an argument. Whole numbers, which counters are, become
// numbers like all others.
func tensorOf(f *safetensors.File, file, name string, p pjrt.Part) (*tensor.Tensor, error) {
	found, ok := f.Find(name)
	if !ok {
		return nil, fmt.Errorf("%s has no %q: export the step again", file, name)
	}
	t := tensor.New(p.DType, p.Shape...)
	if whole, ok := found.Ints(); ok && len(whole) == t.Len() {
		for i, v := range whole {
			t.SetFlat(float64(v), i)
		}
		return t, nil
	}
	err := graph.Try(func() { found.CopyTo(t, false) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

// writeTrained writes the model as it is now, with the losses that led to it. What was a whole number in the file of the
// beginning is one again.
func (f *files) writeTrained(trained map[string]*tensor.Tensor, losses []float64) error {
	var tensors []safetensors.Tensor
	for _, name := range f.run.Model {
		t, ok := trained[name]
		if !ok {
			continue // a parameter that is not trained
		}
		if before, _ := f.initial.Find(name); before.DType.IsInteger() {
			whole := make([]int64, t.Len())
			for i := range whole {
				whole[i] = int64(t.AtFlat(i))
			}
			tensors = append(tensors, safetensors.Int64s(name, whole, t.Dims()...))
			continue
		}
		tensors = append(tensors, safetensors.Of(name, t, false))
	}
	list, err := json.Marshal(losses)
	if err != nil {
		return fmt.Errorf("losses: %w", err)
	}
	metadata := map[string]string{"format": "pt", "step": fmt.Sprint(len(losses)), "losses": string(list)}
	return durable.Write(filepath.Join(f.dir, trainedFile), func(w io.Writer) error {
		return safetensors.Write(w, tensors, metadata)
	})
}
