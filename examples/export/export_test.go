package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
	"github.com/seed366ff29f/chainrule/nn"
)

// A sidecar is step.json as other programs read it.
type sidecar struct {
	Entry, StableHLO   string
	Arguments, Results []struct {
		Name, Role, DType string
		Shape             []int
		Result            *int
	}
}

// A record is losses.json.
type record struct {
	Losses, LR []float64
	Seed       int
	Model      []string
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode[T any](t *testing.T, b []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func tensors(t *testing.T, b []byte) *safetensors.File {
	t.Helper()
	f, err := safetensors.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// names returns the names of the files in a directory.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

var files = []string{"batches.safetensors", "init.safetensors", "losses.json", "step.json", "step.mlir"}

func mean(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}

// TestExports looks at the files of every kind of model, and holds that what is in them fits together.
func TestExports(t *testing.T) {
	for _, tt := range []struct {
		args    string
		example []int
	}{
		{"-model mlp -opt sgd", []int{64}},
		{"-model mlp -opt adam -widths 20-32-4 -clip 1 -type float64", []int{20}},
		{"-model cnn -opt adam", []int{1, 8, 8}},
		{"-model cnn -opt sgd -widths 3-4-4-4-5 -keep 1 -l2 0", []int{3, 8, 8}},
		{"-model gru -opt adam", []int{8, 8}},
		{"-model gru -opt sgd -widths 2-8-6-3 -lr 0.1", []int{8, 2}},
	} {
		t.Run(tt.args, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "dir")
			const batch, steps = 16, 24
			args := append([]string{"-out", dir, "-steps", fmt.Sprint(steps), "-batch", fmt.Sprint(batch)}, strings.Fields(tt.args)...)
			out := commandtest.Output(t, exporter, args...)
			commandtest.Contains(t, out, "step  1: loss ", "step 24: loss ", dir)
			if got := names(t, dir); !slices.Equal(got, files) {
				t.Fatalf("files %v, want %v", got, files)
			}

			about := decode[sidecar](t, read(t, dir, "step.json"))
			run := decode[record](t, read(t, dir, "losses.json"))
			initial, batches := tensors(t, read(t, dir, "init.safetensors")), tensors(t, read(t, dir, "batches.safetensors"))
			if about.Entry != "main" || about.StableHLO != "step.mlir" || !bytes.Contains(read(t, dir, "step.mlir"), []byte("func.func public @main(")) {
				t.Errorf("entry %q of %q is not in step.mlir", about.Entry, about.StableHLO)
			}
			if len(run.Losses) != steps || len(run.LR) != steps || run.Seed != 1 {
				t.Errorf("%d losses, %d rates and seed %d, want %d, as many, and 1", len(run.Losses), len(run.LR), run.Seed, steps)
			}
			if third := steps / 3; !(mean(run.Losses[steps-third:]) < mean(run.Losses[:third])) {
				t.Errorf("the losses do not fall: %v", run.Losses)
			}
			kept := 0
			for i, a := range about.Arguments {
				shape, file, name := a.Shape, batches, a.Name+".0"
				switch a.Role {
				case "parameter", "state":
					kept, file, name = kept+1, initial, a.Name
					if r := about.Results[*a.Result]; r.Name != a.Name || r.Role != a.Role || r.DType != a.DType || !slices.Equal(r.Shape, a.Shape) {
						t.Errorf("argument %+v is replaced by %+v", a, r)
					}
				case "batch":
					if want := slices.Concat([]int{batch}, tt.example); !slices.Equal(shape, want) {
						t.Errorf("the batch has shape %v, want %v", shape, want)
					}
				case "label":
				case "scalar":
					if want := []string{"lr", "step", "seed"}[max(i+3-len(about.Arguments), 0)]; a.Name != want || len(shape) > 0 || a.Result != nil {
						t.Errorf("argument %d is %+v, want %s", i, a, want)
					}
					continue
				}
				if found, ok := file.Find(name); !ok || !slices.Equal(found.Shape, shape) {
					t.Errorf("the file has %s of shape %v, want %v", name, found.Shape, shape)
				}
			}
			if kept != initial.Len() || batches.Len() != 2*steps {
				t.Errorf("%d tensors of parameters and state and %d of batches, want %d and %d", initial.Len(), batches.Len(), kept, 2*steps)
			}
		})
	}
}

// TestModel holds that the parameters of the file are those of a model in Go.
func TestModel(t *testing.T) {
	dir := t.TempDir()
	commandtest.Output(t, exporter, "-model", "cnn", "-widths", "1-2-10", "-steps", "1", "-batch", "2", "-out", dir)
	run := decode[record](t, read(t, dir, "losses.json"))
	s := settings{model: "cnn", kind: kinds["cnn"], sizes: []int{1, 2, 10}, keep: 0.9, dtype: tensor.Float32}
	model := s.build(newRand(1))
	before := model.Params()[0].Data.Clone()
	model.Params()[0].Data.Fill(0)
	for i, p := range model.Params() {
		if run.Model[i] != p.Name {
			t.Errorf("parameter %d is %q, want %q", i, run.Model[i], p.Name)
		}
	}
	err := nn.Load(bytes.NewReader(read(t, dir, "init.safetensors")), model, nn.AllowLeftOver())
	if err != nil || !slices.Equal(model.Params()[0].Data.Float32s(), before.Float32s()) {
		t.Errorf("error %v, or other numbers than those of the seed", err)
	}
}

// TestStepAlone holds that whoever runs the step on the files comes to the losses in Go, and to the weights of a model.
func TestStepAlone(t *testing.T) {
	for _, tt := range []struct{ model, opt string }{{"mlp", "adam"}, {"cnn", "sgd"}, {"gru", "adam"}} {
		t.Run(tt.model+"/"+tt.opt, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"-model", tt.model, "-opt", tt.opt, "-steps", "5", "-batch", "8", "-clip", "1", "-type", "float64", "-seed", "3", "-out", dir}
			commandtest.Output(t, exporter, args...)
			run := decode[record](t, read(t, dir, "losses.json"))
			initial, batches := tensors(t, read(t, dir, "init.safetensors")), tensors(t, read(t, dir, "batches.safetensors"))

			// The step for other numbers than those of the files.
			s := settings{
				model: tt.model, kind: kinds[tt.model], opt: tt.opt, batch: 8, steps: 1, seed: 4, keep: 0.9, l2: 1e-4, clip: 1,
			}
			if err := s.checkWidths(); err != nil {
				t.Fatal(err)
			}
			rng := newRand(s.seed)
			model := s.build(rng)
			p, err := s.problem(rng)
			if err != nil {
				t.Fatal(err)
			}
			step, err := s.record(model, s.optimizer(), s.batches(p)[0])
			if err != nil {
				t.Fatal(err)
			}
			runner, err := step.Runner()
			if err != nil {
				t.Fatal(err)
			}
			at := map[string]*tensor.Tensor{"seed": tensor.Of([]float64{3})}
			take := func(f *safetensors.File, name, from string, shape []int) {
				found, ok := f.Find(from)
				if !ok {
					t.Fatalf("no %q", from)
				}
				at[name] = tensor.New(tensor.Float64, shape...)
				if counts, ok := found.Ints(); ok && found.DType.IsInteger() {
					at[name].SetFlat(float64(counts[0]), 0)
				} else {
					found.CopyTo(at[name], false)
				}
			}
			for _, a := range step.Arguments {
				if a.Role == program.Parameter || a.Role == program.State {
					take(initial, a.Name, a.Name, a.Value.Dims())
				}
			}
			for k, want := range run.Losses {
				at["step"], at["lr"] = tensor.Of([]float64{float64(k)}), tensor.Of([]float64{run.LR[k]})
				var in []*tensor.Tensor
				for _, a := range step.Arguments {
					if a.Role == program.Batch || a.Role == program.Label {
						take(batches, a.Name, fmt.Sprintf("%s.%d", a.Name, k), a.Value.Dims())
					}
					in = append(in, at[a.Name])
				}
				out, err := runner.Run(in...)
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range step.Results {
					at[r.Replaces] = out[i]
				}
				if got := at[""].AtFlat(0); math.Abs(got-want) > 1e-12*math.Abs(want) {
					t.Errorf("step %d: loss %v, want %v", k, got, want)
				}
			}
			var trained []safetensors.Tensor
			for _, name := range run.Model {
				trained = append(trained, safetensors.Of(name, at[name], false))
			}
			var b bytes.Buffer
			if err := safetensors.Write(&b, trained, nil); err != nil {
				t.Fatal(err)
			}
			if err := nn.Load(&b, model, nn.AllowConversion()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSeeds holds that the step does not depend on numbers, and that a run replaces the files of another.
func TestSeeds(t *testing.T) {
	for _, model := range []string{"mlp", "cnn", "gru"} {
		dir := t.TempDir()
		var before [][]byte
		for i, seed := range []string{"1", "2"} {
			commandtest.Output(t, exporter, "-model", model, "-steps", "3", "-batch", "4", "-seed", seed, "-out", dir)
			if got := names(t, dir); !slices.Equal(got, files) {
				t.Fatalf("%s: files %v, want %v", model, got, files)
			}
			for k, name := range files {
				b := read(t, dir, name)
				if i == 0 {
					before = append(before, b)
				} else if same, want := bytes.Equal(b, before[k]), strings.HasPrefix(name, "step."); same != want {
					t.Errorf("%s: %s is the same for another seed: %v, want %v", model, name, same, want)
				}
			}
		}
	}
}

func TestStops(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	commandtest.Interrupted(t, exporter, "export: stopped in step 1 of 20, "+out+" is as it was: context canceled\n", "-out", out)
	commandtest.Full(t, exporter, "-out", out, "-steps", "1")
	usage := func(stderr string, args ...string) commandtest.Run {
		return commandtest.Run{Args: append(args, "-out", out), Status: command.Usage, Stderr: "export: " + stderr + "\n"}
	}
	commandtest.Check(t, exporter, []commandtest.Run{
		{Args: nil, Status: command.Usage, Stderr: "export: -out is missing: name a directory for the files\nsuch as -out exported\n"},
		{Args: []string{"-out", file}, Status: command.Failed, Stderr: "export: -out " + file + ": it is a file\nname a directory, which is made if it is not there\n"},
		{Args: []string{"-out", filepath.Join(file, "x")}, Status: command.Failed, Stderr: "export: -out: stat " + file},
		usage("-model \"lstm\": there is no such model\nuse mlp, cnn or gru", "-model", "lstm"),
		usage("-widths \"20-x-4\": \"x\" is no size\nwant whole numbers from 1 on with a - between, such as 64-32-10", "-widths", "20-x-4"),
		usage("-widths \"20--4\": \"\" is no size\nwant whole numbers from 1 on with a - between, such as 64-32-10", "-widths", "20--4"),
		usage("-widths \"20-0-4\": \"0\" is no size\nwant whole numbers from 1 on with a - between, such as 64-32-10", "-widths", "20-0-4"),
		usage("-widths \"20\": 1 sizes, and a mlp has 2 or more\nwant features, hidden nodes of each layer, classes, such as 64-32-10", "-widths", "20"),
		usage("-widths \"8-10\": 2 sizes, and a gru has 3 or more\nwant numbers at each time, hidden units of each layer, classes, such as 8-24-10", "-model", "gru", "-widths", "8-10"),
		usage("-widths \"20-32-1\": 1 class, which is always right\nwant 2 or more at the end", "-widths", "20-32-1"),
		usage("-widths \"1000000-1000000-4\": 1e+12 weights\nwant 5e+07 at most", "-widths", "1000000-1000000-4"),
		usage("-widths \""+strings.Repeat("2-", 40)+"2\": 41 sizes\nwant 32 at most", "-widths", strings.Repeat("2-", 40)+"2"),
		usage("-batch 0: want 1 or more", "-batch", "0"),
		usage("-batch 1: a cnn normalizes by the mean of a batch\nwant 2 or more", "-model", "cnn", "-batch", "1"),
		usage("-batch 1798: there are 1797 digits\ngive fewer, or other -widths than those of digits, for a problem that is made up", "-batch", "1798"),
		usage("-steps -1: want 1 or more", "-steps", "-1"),
		usage("-batch 64 and -steps 1000000: 4.1e+09 numbers in all batches, want 2e+08 at most\ngive fewer; whoever trains on takes the batches in turn", "-steps", "1000000"),
		usage("-seed 16777217: want a number up to 16777216, which both precisions hold", "-seed", "16777217"),
		usage("-opt \"adamw\": there is no such optimizer\nuse sgd or adam", "-opt", "adamw"),
		usage("-type \"half\": there is no such precision\nuse float32 or float64", "-type", "half"),
		usage("-keep 0: want a probability above 0, up to 1 for no dropout", "-keep", "0"),
		usage("-keep NaN: want a probability above 0, up to 1 for no dropout", "-keep", "NaN"),
		usage("-lr -1: want a finite number, 0 or more", "-lr", "-1"),
		usage("-l2 +Inf: want a finite number, 0 or more", "-l2", "inf"),
		usage("-clip NaN: want a finite number, 0 or more", "-clip", "nan"),
		{Args: []string{"-widths", "2-100000-2", "-batch", "20000", "-steps", "1", "-out", out}, Status: command.Usage, Stderr: "export: -batch 20000 and -widths 2-100000-2: ops."},
		{Args: []string{"-lr", "1e30", "-opt", "sgd", "-keep", "1", "-out", out}, Status: command.Failed, Stderr: "export: step "},
	})
	if got := names(t, dir); !slices.Equal(got, []string{"file"}) || string(read(t, dir, "file")) != "kept" {
		t.Errorf("runs that stop leave %v", got)
	}
}
