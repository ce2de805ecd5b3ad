package main

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/nn"
)

// trainedTolerance is how far a weight may be from that of Go, relative to the larger of 1 and the weight, after 20 steps in
// float32. Sums in another order differ in the last bits, and Adam divides a gradient by its size, so that a small one keeps
// the error of the large ones that it is the difference of: up to 1e-5 was seen. One step of Adam moves a weight by up to
// the rate, 0.005 and more: a step too few, or weights in another's place, are far outside.
const trainedTolerance = 1e-4

// TestTrained holds the weights that examples/distributed trained against those of the same training in Go. The variable
// CHAINRULE_TRAINED names directories, with the separator of PATH between them; the last part of each is its -model, and
// all other flags are the defaults. internal/xla/check.sh makes them.
func TestTrained(t *testing.T) {
	dirs := filepath.SplitList(os.Getenv("CHAINRULE_TRAINED"))
	if len(dirs) == 0 {
		t.Skip("CHAINRULE_TRAINED names no directories")
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			s := settings{model: filepath.Base(dir), batch: 64, steps: 20, seed: 1, opt: "adam", keep: 0.9, l2: 1e-4, typ: "float32", out: dir}
			if err := s.check(); err != nil {
				t.Fatal(err)
			}
			want, err := s.train(t.Context(), &command.Output{W: io.Discard})
			if err != nil {
				t.Fatal(err)
			}
			got := s.build(newRand(2))
			// A layer counts its batches in whole numbers, which are numbers like all others in the step.
			if err := nn.LoadFile(filepath.Join(dir, "trained.safetensors"), got, nn.AllowConversion()); err != nil {
				t.Fatal(err)
			}
			params := got.Params()
			for i, p := range want.model.Params() {
				for k := range p.Data.Len() {
					g, w := params[i].Data.AtFlat(k), p.Data.AtFlat(k)
					if !(math.Abs(g-w) <= trainedTolerance*max(1, math.Abs(w))) {
						t.Errorf("%s: element %d is %v, want %v", p.Name, k, g, w)
						break
					}
				}
			}
		})
	}
}
