package pjrt_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo"
	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo/pjrt"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestMain closes the device at the end, and holds that nothing can be done with it then: a process has but one.
func TestMain(m *testing.M) {
	status := m.Run()
	if os.Getenv(pjrt.PathVariable) != "" {
		if err := closeDevice(); err != nil {
			fmt.Println(err)
			status = 1
		}
	}
	os.Exit(status)
}

func closeDevice() error {
	d, err := opened()
	if err != nil {
		return err
	}
	f := wave(tensor.Float32)
	p, err := d.Compile(f)
	if err != nil {
		return err
	}
	run, err := p.Start(nil)
	if err != nil {
		return err
	}
	for range 2 {
		if err := d.Close(); err != nil {
			return err
		}
	}
	_, compiled := d.Compile(f)
	_, called := p.Call()
	_, started := p.Start(nil)
	_, stepped := run.Step(nil)
	_, kept := run.Kept()
	for _, err := range []error{compiled, called, started, stepped, kept} {
		if !errors.Is(err, graph.ErrUsage) {
			return fmt.Errorf("on a closed device: error %v, want one of kind %q", err, graph.ErrUsage)
		}
	}
	run.Close()
	return p.Close()
}

var opened = sync.OnceValues(func() (*pjrt.Device, error) { return pjrt.Open(os.Getenv(pjrt.PathVariable)) })

// device returns the device of all tests, and skips the test if no plugin is named.
func device(t *testing.T) *pjrt.Device {
	t.Helper()
	if os.Getenv(pjrt.PathVariable) == "" {
		t.Skipf("%s names no plugin of PJRT", pjrt.PathVariable)
	}
	d, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func compile(t *testing.T, f *program.Function) *pjrt.Program {
	t.Helper()
	p, err := device(t).Compile(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// tolerances are how far results may be from those of Go on a graph of a precision, relative to the larger of 1 and the
// number: what package stablehlo promises.
var tolerances = map[tensor.DType]float64{tensor.Float32: 1e-6, tensor.Float64: 1e-12}

// near fails the test unless two tensors are the same but for a tolerance.
func near(t *testing.T, name string, got, want *tensor.Tensor, tolerance float64) {
	t.Helper()
	if got.DType() != want.DType() || !slices.Equal(got.Dims(), want.Dims()) {
		t.Errorf("%s: %s of shape %v, want %s of shape %v", name, got.DType(), got.Dims(), want.DType(), want.Dims())
		return
	}
	for i := range want.Len() {
		if g, w := got.AtFlat(i), want.AtFlat(i); !(math.Abs(g-w) <= tolerance*max(1, math.Abs(w))) {
			t.Errorf("%s: element %d is %v, want %v", name, i, g, w)
			return
		}
	}
}

func draw(rng *rand.Rand, dtype tensor.DType, shape ...int) *tensor.Tensor {
	t := tensor.New(dtype, shape...)
	for i := range t.Len() {
		t.SetFlat(rng.NormFloat64(), i)
	}
	return t
}

// wave is the mean of sin(x·w)·s with its gradients, for arguments of several ranks and a scalar.
func wave(dtype tensor.DType) *program.Function {
	g := graph.New(graph.Traced(), graph.WithDType(dtype))
	x, w, s := g.VarTensor(tensor.New(dtype, 3, 4)), g.VarTensor(tensor.New(dtype, 4, 5)), g.Var(2)
	y := ops.Mul(ops.Sin(ops.MatMul(x, w)), s)
	mean := ops.Mean(y)
	grads := autograd.Grad(mean, x, w, s)
	f := &program.Function{
		Name: "wave",
		Arguments: []program.Argument{
			{Name: "x", Role: program.Batch, Value: x}, {Name: "w", Role: program.Parameter, Value: w}, {Name: "s", Role: program.Scalar, Value: s},
		},
		Results: []program.Result{{Name: "y", Role: program.Output, Value: y}, {Name: "mean", Role: program.Loss, Value: mean}},
	}
	for i, a := range f.Arguments {
		f.Results = append(f.Results, program.Result{Name: "d" + a.Name, Role: program.Output, Value: grads[i]})
	}
	return f
}

// TestCall holds that the device computes what Function.Call does, in both precisions.
func TestCall(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		t.Run(dtype.String(), func(t *testing.T) {
			f := wave(dtype)
			p := compile(t, f)
			rng := rand.New(rand.NewPCG(1, 2))
			for range 2 {
				args := []*tensor.Tensor{draw(rng, dtype, 3, 4), draw(rng, dtype, 4, 5), draw(rng, tensor.Float64)}
				want, err := f.Call(args...)
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.Call(args...)
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range p.Results() {
					near(t, r.Name, got[i], want[i], tolerances[dtype])
				}
			}
		})
	}
}

// TestCallMany holds that functions with hundreds of arguments run, with empty ones, and with none.
func TestCallMany(t *testing.T) {
	g := graph.New(graph.Traced())
	f := &program.Function{Name: "many"}
	sum := g.Const(1)
	var args []*tensor.Tensor
	for i := range 300 {
		x := g.Var(0)
		sum = ops.Add(sum, x)
		f.Arguments = append(f.Arguments, program.Argument{Name: fmt.Sprint("x", i), Role: program.Scalar, Value: x})
		args = append(args, tensor.Of([]float64{float64(i)}))
	}
	f.Results = []program.Result{{Name: "sum", Role: program.Output, Value: sum}}
	got, err := compile(t, f).Call(args...)
	if err != nil || got[0].AtFlat(0) != 1+300*299/2 {
		t.Errorf("%v, %v; want %d", got, err, 1+300*299/2)
	}

	x := g.VarTensor(tensor.New(tensor.Float64, 0, 3))
	empty := &program.Function{
		Name:      "empty",
		Arguments: []program.Argument{{Name: "x", Role: program.Batch, Value: x}},
		Results:   []program.Result{{Name: "y", Role: program.Output, Value: ops.Exp(x)}, {Name: "sum", Role: program.Output, Value: ops.Sum(x)}},
	}
	got, err = compile(t, empty).Call(tensor.New(tensor.Float64, 0, 3))
	if err != nil || got[0].Len() != 0 || got[1].AtFlat(0) != 0 {
		t.Errorf("%v, %v; want nothing and 0", got, err)
	}

	none := &program.Function{Name: "none", Results: []program.Result{{Name: "c", Role: program.Output, Value: g.ConstTensor(tensor.Of([]float64{1, 2, 3}, 3))}}}
	got, err = compile(t, none).Call()
	if err != nil || !slices.Equal(got[0].Float64s(), []float64{1, 2, 3}) {
		t.Errorf("%v, %v; want [1 2 3]", got, err)
	}
}

// TestRandomUniform holds that the device draws the same bits.
func TestRandomUniform(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		g := graph.New(graph.Traced(), graph.WithDType(dtype))
		seed, step := g.Var(0), g.Var(0)
		f := &program.Function{
			Name:      "random",
			Arguments: []program.Argument{{Name: "seed", Role: program.Scalar, Value: seed}, {Name: "step", Role: program.Scalar, Value: step}},
			Results:   []program.Result{{Name: "u", Role: program.Output, Value: ops.RandomUniform(seed, step, 3, 100, 7)}},
		}
		p := compile(t, f)
		for _, at := range [][2]float64{{0, 0}, {1, 2}, {1 << 24, 1<<24 - 1}} {
			args := []*tensor.Tensor{tensor.Of([]float64{at[0]}), tensor.Of([]float64{at[1]})}
			want, err := f.Call(args...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Call(args...)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want[0].Len() {
				if got[0].AtFlat(i) != want[0].AtFlat(i) {
					t.Fatalf("%s, %v: element %d is %v, want %v", dtype, at, i, got[0].AtFlat(i), want[0].AtFlat(i))
				}
			}
		}
	}
}

// training returns a step of a small network.
func training(t *testing.T, dtype tensor.DType) *program.Function {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	model := nn.Sequential(nn.Linear(rng, 6, 8), nn.Tanh(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(rng, 8, 3))
	nn.To(model, dtype)
	g := graph.New(graph.Traced(), graph.WithDType(dtype))
	f, err := nn.RecordStep(g, model, tensor.New(dtype, 16, 6), tensor.New(dtype, 16), nn.StepConfig{
		Loss: nn.CrossEntropyAt, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.01}), L2: 1e-3, ClipNorm: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// initial returns what stays on the device, as it is on the graph.
func initial(f *program.Function) map[string]*tensor.Tensor {
	kept := make(map[string]*tensor.Tensor)
	for _, a := range f.Arguments {
		if a.Role == program.Parameter || a.Role == program.State {
			kept[a.Name] = a.Value.Tensor().Clone()
		}
	}
	return kept
}

// batch returns what goes into step k.
func batch(dtype tensor.DType, k int) map[string]*tensor.Tensor {
	rng := rand.New(rand.NewPCG(uint64(k), 5))
	label := tensor.New(dtype, 16)
	for i := range label.Len() {
		label.SetFlat(float64(rng.IntN(3)), i)
	}
	return map[string]*tensor.Tensor{
		"batch": draw(rng, dtype, 16, 6), "label": label, "lr": tensor.Of([]float64{0.01}),
		"step": tensor.Of([]float64{float64(k)}), "seed": tensor.Of([]float64{7}),
	}
}

// TestRun holds that steps with parameters and state on the device come to what steps of Function.Call do.
func TestRun(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		t.Run(dtype.String(), func(t *testing.T) {
			f := training(t, dtype)
			p := compile(t, f)
			want := initial(f)
			run, err := p.Start(want)
			if err != nil {
				t.Fatal(err)
			}
			defer run.Close()
			for k := range 5 {
				given := batch(dtype, k)
				all := maps.Clone(want)
				maps.Copy(all, given)
				var args []*tensor.Tensor
				for _, a := range f.Arguments {
					args = append(args, all[a.Name])
				}
				results, err := f.Call(args...)
				if err != nil {
					t.Fatal(err)
				}
				got, err := run.Step(given)
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range f.Results {
					if r.Replaces != "" {
						want[r.Replaces] = results[i]
					} else {
						near(t, fmt.Sprintf("step %d: %s", k, r.Name), got[r.Name], results[i], tolerances[dtype])
						delete(got, r.Name)
					}
				}
				if len(got) > 0 {
					t.Errorf("results besides: %v", got)
				}
			}
			kept, err := run.Kept()
			if err != nil || len(kept) != len(want) {
				t.Fatalf("%d tensors, %v; want %d", len(kept), err, len(want))
			}
			for name := range want {
				near(t, name, kept[name], want[name], tolerances[dtype])
			}
		})
	}
}

// TestTwoRuns holds that runs of one program do not touch each other, nor what they began with.
func TestTwoRuns(t *testing.T) {
	f := training(t, tensor.Float64)
	p := compile(t, f)
	first := initial(f)
	var losses [2][]float64
	var runs [2]*pjrt.Run
	for i := range runs {
		var err error
		if runs[i], err = p.Start(first); err != nil {
			t.Fatal(err)
		}
		defer runs[i].Close()
	}
	for k := range 3 {
		for i, run := range runs {
			results, err := run.Step(batch(tensor.Float64, k))
			if err != nil {
				t.Fatal(err)
			}
			losses[i] = append(losses[i], results["loss"].AtFlat(0))
		}
	}
	if !slices.Equal(losses[0], losses[1]) {
		t.Errorf("losses %v and %v, want the same", losses[0], losses[1])
	}
	for name, want := range initial(f) {
		if !slices.Equal(first[name].Float64s(), want.Float64s()) {
			t.Errorf("%s has changed on this side", name)
		}
	}
}

// TestLoad holds that a program comes from files, and what is wrong with files.
func TestLoad(t *testing.T) {
	d := device(t)
	f := wave(tensor.Float32)
	var module, sidecar bytes.Buffer
	if err := errors.Join(stablehlo.Write(&module, f), stablehlo.WriteSidecar(&sidecar, f, "f.mlir")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, module, sidecar, want string }{
		{"good", module.String(), sidecar.String(), ""},
		{"no module", "", sidecar.String(), "f.mlir"},
		{"no text", "x", sidecar.String(), "pjrt.Device.Load: "},
		{"half of a module", module.String()[:module.Len()/2], sidecar.String(), "pjrt.Device.Load: "},
		{"unknown operation", strings.Replace(module.String(), "stablehlo.sine", "stablehlo.sinus", 1), sidecar.String(), "sinus"},
		{"another sidecar", module.String(), strings.Replace(sidecar.String(), `    {"name":"y"`, `    {"name":"z","role":"output","shape":[],"dtype":"float32"},`+"\n"+`    {"name":"y"`, 1), "the module has 5 results, its sidecar 6"},
		{"no sidecar", module.String(), "", "step.json"},
		{"no JSON", module.String(), "}", "step.json: invalid character"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"f.mlir": tt.module, "step.json": tt.sidecar} {
				if text == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			p, err := d.Load(filepath.Join(dir, "step.json"))
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if a, r := p.Arguments(), p.Results(); len(a) != 3 || len(r) != 5 || a[1].Name != "w" || a[1].Result != -1 || r[1].Role != program.Loss {
				t.Errorf("%v, %v", a, r)
			}
		})
	}
}

// TestMisuse holds that mistakes are errors that say what to do, and that a run goes on after them.
func TestMisuse(t *testing.T) {
	d := device(t)
	f := training(t, tensor.Float32)
	p := compile(t, f)
	run, err := p.Start(initial(f))
	if err != nil {
		t.Fatal(err)
	}
	closed, err := d.Compile(wave(tensor.Float32))
	if err != nil {
		t.Fatal(err)
	}
	orphan, err := closed.Start(nil)
	if err != nil {
		t.Fatal(err)
	}
	over, err := p.Start(initial(f))
	if err != nil {
		t.Fatal(err)
	}
	over.Close()
	over.Close()
	for range 2 {
		if err := closed.Close(); err != nil {
			t.Fatal(err)
		}
	}
	change := func(m map[string]*tensor.Tensor, name string, v *tensor.Tensor) map[string]*tensor.Tensor {
		m[name] = v
		return m
	}
	without := func(m map[string]*tensor.Tensor, name string) map[string]*tensor.Tensor {
		delete(m, name)
		return m
	}
	given := func() map[string]*tensor.Tensor { return batch(tensor.Float32, 0) }
	step := func(r *pjrt.Run, m map[string]*tensor.Tensor) func() error {
		return func() error { _, err := r.Step(m); return err }
	}
	start := func(p *pjrt.Program, m map[string]*tensor.Tensor) func() error {
		return func() error { _, err := p.Start(m); return err }
	}
	for _, tt := range []struct {
		name string
		do   func() error
		kind graph.Kind
		want string
	}{
		{"nothing", step(run, nil), graph.ErrUsage, `pjrt.Run.Step: no tensor for argument "batch": give one for each argument that no result replaces`},
		{"one missing", step(run, without(given(), "lr")), graph.ErrUsage, `no tensor for argument "lr"`},
		{"one nil", step(run, change(given(), "lr", nil)), graph.ErrUsage, `argument "lr" is nil or the zero tensor.Tensor`},
		{"zero tensor", step(run, change(given(), "label", new(tensor.Tensor))), graph.ErrUsage, `argument "label" is nil or the zero tensor.Tensor`},
		{"shape", step(run, change(given(), "batch", tensor.New(tensor.Float32, 8, 6))), graph.ErrShape, `argument "batch" has shape (8,6), the program's has (16,6)`},
		{"precision", step(run, change(given(), "batch", tensor.New(tensor.Float64, 16, 6))), graph.ErrDType, `argument "batch" is float64, the program's is float32`},
		{"unknown", step(run, change(given(), "rate", tensor.Of([]float64{1}))), graph.ErrUsage, `the program has no argument "rate"`},
		{"on the device", step(run, change(given(), "0.bias", tensor.New(tensor.Float32, 8))), graph.ErrUsage, `argument "0.bias" stays on the device: give it to Program.Start`},
		{"run over", step(over, given()), graph.ErrUsage, "the run is nil or over"},
		{"run of a closed program", step(orphan, given()), graph.ErrUsage, "the run is nil or over"},
		{"no run", step(nil, given()), graph.ErrUsage, "the run is nil or over"},
		{"kept of none", func() error { _, err := (*pjrt.Run)(nil).Kept(); return err }, graph.ErrUsage, "pjrt.Run.Kept: the run is nil or over"},
		{"start without", start(p, nil), graph.ErrUsage, `pjrt.Program.Start: no tensor for argument "0.weight", which stays on the device`},
		{"start, shape", start(p, change(initial(f), "3.weight", tensor.New(tensor.Float32, 8, 3))), graph.ErrShape, `argument "3.weight" has shape (8,3), the program's has (3,8)`},
		{"start, closed", start(closed, initial(f)), graph.ErrUsage, "the program is nil or closed"},
		{"start, no program", start(nil, nil), graph.ErrUsage, "the program is nil or closed"},
		{"call, number", func() error { _, err := p.Call(); return err }, graph.ErrUsage, "0 arguments for a program of "},
		{"call, closed", func() error { _, err := closed.Call(); return err }, graph.ErrUsage, "the program is nil or closed"},
		{"close of none", func() error { return (*pjrt.Program)(nil).Close() }, graph.ErrUsage, "the program is nil or closed"},
		{"no device", func() error { _, err := (*pjrt.Device)(nil).Compile(f); return err }, graph.ErrUsage, "the device is nil or closed"},
		{"load, no device", func() error { _, err := (*pjrt.Device)(nil).Load("x"); return err }, graph.ErrUsage, "the device is nil or closed"},
		{"close of no device", func() error { return (*pjrt.Device)(nil).Close() }, graph.ErrUsage, "the device is nil or closed"},
		{"no function", func() error { _, err := d.Compile(nil); return err }, graph.ErrUsage, ""},
		{"empty function", func() error { _, err := d.Compile(&program.Function{Name: "f"}); return err }, graph.ErrUsage, ""},
	} {
		if err := tt.do(); !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q (%v)", tt.name, err, tt.want, tt.kind)
		}
	}
	if _, err := run.Step(given()); err != nil {
		t.Errorf("the run does not go on after mistakes: %v", err)
	}
	run.Close()
}
