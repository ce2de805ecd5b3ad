package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo"
	"github.com/seed366ff29f/chainrule/internal/durable"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
	"github.com/seed366ff29f/chainrule/nn"
)

// An export is what goes to the directory.
type export struct {
	dir             string
	model           nn.Layer
	module, sidecar bytes.Buffer
	initial         []safetensors.Tensor // parameters and state before the first step
	batches         []pair
	seed            uint64

	losses, rates []float64
}

// The names of files.
const (
	moduleFile  = "step.mlir"
	sidecarFile = "step.json"
)

// take writes the step down, and notes parameters and state as they are. A counter is an integer, as in nn.Save.
func (e *export) take(step *program.Function) error {
	if err := stablehlo.Write(&e.module, step); err != nil {
		return err
	}
	if err := stablehlo.WriteSidecar(&e.sidecar, step, moduleFile); err != nil {
		return err
	}
	counters := map[string]bool{}
	for _, p := range e.model.Params() {
		counters[p.Name] = p.Kind == nn.Counter
	}
	for _, a := range step.Arguments {
		switch {
		case a.Role != program.Parameter && a.Role != program.State:
		case counters[a.Name]:
			e.initial = append(e.initial, safetensors.Int64s(a.Name, []int64{int64(a.Value.Item())}))
		default:
			e.initial = append(e.initial, safetensors.Of(a.Name, a.Value.Tensor(), false))
		}
	}
	return nil
}

// write writes all files, each whole or not at all. Whoever finds step.json finds the others.
func (e *export) write() error {
	if err := os.MkdirAll(e.dir, 0o777); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(e.dir, sidecarFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(w io.Writer) error
	}{
		{moduleFile, whole(&e.module)},
		{"init.safetensors", func(w io.Writer) error { return safetensors.Write(w, e.initial, map[string]string{"format": "pt"}) }},
		{"batches.safetensors", e.writeBatches},
		{"losses.json", e.writeLosses},
		{sidecarFile, whole(&e.sidecar)},
	} {
		if err := durable.Write(filepath.Join(e.dir, f.name), f.write); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// whole returns the function that writes what a buffer holds.
func whole(b *bytes.Buffer) func(w io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	}
}

func (e *export) writeBatches(w io.Writer) error {
	var tensors []safetensors.Tensor
	for k, b := range e.batches {
		tensors = append(tensors,
			safetensors.Of(fmt.Sprintf("batch.%d", k), b.batch, false),
			safetensors.Of(fmt.Sprintf("label.%d", k), b.label, false))
	}
	return safetensors.Write(w, tensors, nil)
}

// writeLosses writes what the run in Go came to, and which arguments are the model's.
func (e *export) writeLosses(w io.Writer) error {
	names := []string{}
	for _, p := range e.model.Params() {
		names = append(names, p.Name)
	}
	b, err := json.MarshalIndent(struct {
		Losses []float64 `json:"losses"`
		LR     []float64 `json:"lr"`
		Seed   uint64    `json:"seed"`
		Model  []string  `json:"model"`
	}{e.losses, e.rates, e.seed, names}, "", "\t")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}
