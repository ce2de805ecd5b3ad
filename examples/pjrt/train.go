package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo/pjrt"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// tolerance is how far losses may be from those of Go, relative to the larger of 1 and the loss.
const tolerance = 1e-6

// Settings are the flags and the directory.
type settings struct {
	dir, plugin string
	steps       int
}

func trainer() *command.Program {
	var s settings
	return &command.Program{
		Name: "pjrt",
		About: `pjrt trains an exported step on the device of a PJRT plugin.

  go run ./examples/export -out DIR                   in the root of the repository, writes the step
  PJRT_PLUGIN_LIBRARY_PATH=PLUGIN go run . DIR        here, trains with it
`,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&s.plugin, "plugin", os.Getenv(pjrt.PathVariable), "the `path` of the plugin, a file or a directory; that in "+pjrt.PathVariable+" unless given")
			f.IntVar(&s.steps, "steps", 0, "the `number` of steps to train; 0 for as many as the run in Go")
		},
		Args: func(args []string) error {
			if len(args) != 1 {
				return command.Usagef("%d arguments after the flags: want one, the directory that examples/export wrote", len(args))
			}
			s.dir = args[0]
			return nil
		},
		Run: func(ctx context.Context, stdout, _ io.Writer) error {
			if s.steps < 0 {
				return command.Usagef("-steps %d: want 1 or more, or 0 for as many as the run in Go", s.steps)
			}
			return s.run(ctx, stdout)
		},
	}
}

// run compiles the step, trains, and compares.
func (s *settings) run(ctx context.Context, stdout io.Writer) error {
	files, err := readFiles(s.dir)
	if err != nil {
		return err
	}
	device, err := pjrt.Open(s.plugin)
	if err != nil {
		return err
	}
	defer device.Close()
	out := &command.Output{W: stdout}
	out.Printf("On %s.\n", device)
	began := time.Now()
	step, err := device.Load(filepath.Join(s.dir, sidecarFile))
	if err != nil {
		return err
	}
	defer step.Close()
	out.Printf("Compiled in %.1f s.\n", time.Since(began).Seconds())

	steps := s.steps
	if steps == 0 {
		steps = len(files.run.Losses)
	}
	t, err := start(step, files)
	if err != nil {
		return err
	}
	defer t.run.Close()
	for k := range steps {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped in step %d of %d: %w", k+1, steps, err)
		}
		loss, err := t.step(k)
		if err != nil {
			return fmt.Errorf("step %d: %w", k+1, err)
		}
		out.Printf("step %d of %d: loss %.9g\n", k+1, steps, loss)
		if out.Err != nil {
			return out.Err
		}
	}
	trained, err := t.run.Kept()
	if err != nil {
		return err
	}
	if err := files.writeTrained(trained, t.losses); err != nil {
		return err
	}
	out.Printf("%.3g ms for a step, the median of %d.\n", t.median().Seconds()*1e3, steps)
	return compare(out, t.losses, files.run.Losses)
}

// A training is under way.
type training struct {
	files     *files
	arguments []pjrt.Argument
	first     map[string]*tensor.Tensor // parameters and state as they were before the first step
	run       *pjrt.Run

	losses []float64
	times  []time.Duration
}

// start takes parameters and state to the device.
func start(step *pjrt.Program, f *files) (*training, error) {
	t := &training{files: f, arguments: step.Arguments(), first: make(map[string]*tensor.Tensor)}
	for _, a := range t.arguments {
		if a.Role != program.Parameter && a.Role != program.State {
			continue
		}
		v, err := tensorOf(f.initial, initialFile, a.Name, a.Part)
		if err != nil {
			return nil, err
		}
		t.first[a.Name] = v
	}
	var err error
	t.run, err = step.Start(t.first)
	return t, err
}

// step takes a step, number k from 0 on, and returns the loss.
func (t *training) step(k int) (float64, error) {
	given := make(map[string]*tensor.Tensor)
	for _, a := range t.arguments {
		if a.Result >= 0 {
			continue // it is on the device
		}
		v, err := t.argument(a, k)
		if err != nil {
			return 0, err
		}
		given[a.Name] = v
	}
	began := time.Now()
	results, err := t.run.Step(given)
	t.times = append(t.times, time.Since(began))
	if err != nil {
		return 0, err
	}
	loss, ok := results["loss"]
	if !ok {
		return 0, fmt.Errorf("the step has no result \"loss\"")
	}
	v := loss.AtFlat(0)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("the loss is %g: export the step with a smaller -lr", v)
	}
	t.losses = append(t.losses, v)
	return v, nil
}

// argument returns what goes into step k for an argument.
func (t *training) argument(a pjrt.Argument, k int) (*tensor.Tensor, error) {
	run := t.files.run
	switch {
	case t.first[a.Name] != nil:
		return t.first[a.Name], nil
	case a.Role == program.Batch || a.Role == program.Label:
		return tensorOf(t.files.batches, batchesFile, fmt.Sprintf("%s.%d", a.Name, k%t.files.number), a.Part)
	case a.Name == "lr":
		return scalar(run.LR[min(k, len(run.LR)-1)]), nil
	case a.Name == "step":
		return scalar(float64(k)), nil
	case a.Name == "seed":
		return scalar(float64(run.Seed)), nil
	}
	return nil, fmt.Errorf("the step takes %q, which is in no file: export it again with examples/export", a.Name)
}

func scalar(v float64) *tensor.Tensor { return tensor.Of([]float64{v}) }

// median returns the time that half of the steps took at most.
func (t *training) median() time.Duration {
	if len(t.times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.times))
	return sorted[len(sorted)/2]
}

// compare prints how far losses are from those of Go, as many as there are of both, and returns an error unless that is
// close.
func compare(out *command.Output, got, want []float64) error {
	n := min(len(got), len(want))
	worst := 0.0
	for k, v := range got[:n] {
		worst = max(worst, math.Abs(v-want[k])/max(1, math.Abs(want[k])))
	}
	if n == 0 {
		out.Printf("0 losses to compare.\n")
		return out.Err
	}
	text := fmt.Sprintf("%d losses, from %.6g to %.6g; the largest difference from Go's is %.2g", n, got[0], got[len(got)-1], worst)
	if worst > tolerance {
		return fmt.Errorf("%s, more than %g", text, tolerance)
	}
	out.Printf("%s\n", text)
	return out.Err
}
