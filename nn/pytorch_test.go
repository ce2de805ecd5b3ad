package nn_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
	"github.com/seed366ff29f/chainrule/nn"
)

// pytorch lists the models of testdata/pytorch, which its script has made with PyTorch, as they are here.
var pytorch = map[string]func() nn.Layer{
	"linear": func() nn.Layer { return nn.Linear(newRand(1), 5, 3) },
	"conv2d": func() nn.Layer {
		return nn.Conv2D(newRand(1), 4, 6, 3, nn.Stride(2), nn.Padding(1), nn.ChannelGroups(2))
	},
	"gru":         func() nn.Layer { return nn.GRU(newRand(1), 3, 4, nn.Layers(2)) },
	"lstm":        func() nn.Layer { return nn.LSTM(newRand(1), 3, 4, nn.Layers(2)) },
	"attention":   func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 8, 2) },
	"causal":      func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 8, 2, nn.Causal()) },
	"batchnorm2d": func() nn.Layer { return nn.BatchNorm(3) },
	"layernorm":   func() nn.Layer { return nn.LayerNorm(6) },
	"embedding":   func() nn.Layer { return nn.Embedding(newRand(1), 7, 4) },
	"network": func() nn.Layer {
		return nn.Sequential(nn.Conv2D(newRand(1), 1, 4, 3), nn.BatchNorm(4), nn.ReLU(), nn.MaxPool2D(2), nn.Flatten(), nn.Linear(newRand(2), 36, 3))
	},
}

// precisions lists those of the files, and how close to PyTorch results must come.
var precisions = map[string]struct {
	dtype     tensor.DType
	tolerance float64
}{"f32": {tensor.Float32, 1e-5}, "f64": {tensor.Float64, 1e-12}}

// numbersIn returns the numbers of a tensor of a file, integers too.
func numbersIn(x safetensors.Tensor, dtype tensor.DType) *tensor.Tensor {
	t := tensor.New(dtype, x.Shape...)
	if !x.DType.IsInteger() {
		x.CopyTo(t, false)
		return t
	}
	ints, _ := x.Ints()
	for i, v := range ints {
		t.SetFlat(float64(v), i)
	}
	return t
}

// pass returns what a model makes of an input.
func pass(model nn.Layer, p nn.Pass, x *tensor.Tensor) *tensor.Tensor {
	g := graph.New(graph.WithDType(x.DType()))
	return model.Forward(p, g.ConstTensor(x)).Tensor()
}

func readPasses(t *testing.T) *safetensors.File {
	t.Helper()
	b, err := os.ReadFile("testdata/pytorch/passes.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFromPyTorch loads models of PyTorch: they give the results that PyTorch's give, and are saved as they were, byte
// for byte.
func TestFromPyTorch(t *testing.T) {
	passes := readPasses(t)
	for name := range passes.Names {
		if name, _, _ := strings.Cut(name, "."); pytorch[name] == nil {
			t.Errorf("no layer for the model %q of PyTorch", name)
		}
	}
	for name, build := range pytorch {
		for suffix, precision := range precisions {
			t.Run(name+"."+suffix, func(t *testing.T) {
				file := filepath.Join("testdata", "pytorch", name+"."+suffix+".safetensors")
				model := build()
				nn.To(model, precision.dtype)
				if err := nn.LoadFile(file, model); err != nil {
					t.Fatal(err)
				}
				x, _ := passes.Find(name + "." + suffix + ".x")
				y, _ := passes.Find(name + "." + suffix + ".y")
				want := numbersIn(y, precision.dtype)
				got := pass(model, nn.Eval(), numbersIn(x, precision.dtype))
				if diff := cmp.Diff(want.Shape(), got.Shape()); diff != "" {
					t.Fatalf("shape (-want +got):\n%s", diff)
				}
				for i, v := range got.Float64s() {
					if w := want.AtFlat(i); !(math.Abs(v-w) <= precision.tolerance) {
						t.Errorf("number %d of the result is %v, want %v", i, v, w)
					}
				}
				before, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got := mustSave(t, model); !bytes.Equal(got, before) {
					t.Errorf("saved again it is\n%q\nwant\n%q", got, before)
				}
			})
		}
	}
}

// TestFromHalf loads a linear layer with weights in half precision and biases in bfloat16, both made from those of
// another file.
func TestFromHalf(t *testing.T) {
	half, whole := pytorch["linear"](), pytorch["linear"]()
	if err := nn.LoadFile("testdata/pytorch/half.safetensors", half, nn.AllowConversion()); err != nil {
		t.Fatal(err)
	}
	if err := nn.LoadFile("testdata/pytorch/linear.f64.safetensors", whole); err != nil {
		t.Fatal(err)
	}
	for i, p := range half.Params() {
		digits := map[string]float64{"weight": 0x1p-11, "bias": 0x1p-8}[p.Name]
		for k, v := range p.Data.Float64s() {
			if w := whole.Params()[i].Data.AtFlat(k); math.Abs(v-w) > digits*math.Abs(w) || v == w {
				t.Errorf("%s: number %d is %v, want %v to its first digits", p.Name, k, v, w)
			}
		}
	}
	if err := nn.LoadFile("testdata/pytorch/half.safetensors", half); err == nil {
		t.Error("no error without nn.AllowConversion")
	}
}

// withTorch returns a Python that has PyTorch and safetensors: that of the variable TORCH_PYTHON, or python3. It skips
// the test if there is none.
func withTorch(t *testing.T) string {
	t.Helper()
	python := os.Getenv("TORCH_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import safetensors.torch").Run(); err != nil {
		t.Skipf("needs PyTorch and safetensors, which %s has not; TORCH_PYTHON may name one that has: %v", python, err)
	}
	return python
}

// TestToPyTorch writes models that PyTorch loads, with strict=True, and gives the same results.
func TestToPyTorch(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PyTorch")
	}
	python := withTorch(t)
	dir, passes := t.TempDir(), readPasses(t)
	var names []string
	var written []safetensors.Tensor
	for name, build := range pytorch {
		for suffix, precision := range precisions {
			name := name + "." + suffix
			names = append(names, name)
			model := build()
			nn.To(model, precision.dtype)
			x, _ := passes.Find(name + ".x")
			in := numbersIn(x, precision.dtype)
			pass(model, nn.Train(newRand(1)), in) // so that averages and counters are not what they begin as
			if err := nn.SaveFile(filepath.Join(dir, name+".safetensors"), model); err != nil {
				t.Fatal(err)
			}
			written = append(written, x, safetensors.Of(name+".y", pass(model, nn.Eval(), in), false))
		}
	}
	var b bytes.Buffer
	if err := safetensors.Write(&b, written, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "passes.safetensors"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	check := exec.CommandContext(ctx, python, append([]string{"testdata/pytorch/check.py", dir}, names...)...)
	check.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := check.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	t.Logf("%s", bytes.TrimSpace(out))
}
