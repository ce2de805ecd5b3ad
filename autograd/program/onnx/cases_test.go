package onnx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
	"github.com/seed366ff29f/chainrule/ops"
)

// sizes are numbers of all sizes.
var sizes = []float64{-90, -20, -3.5, -1.2, -1, -0.8, -0.5, -0.03, -1e-5, -1e-30, 0, 1e-30, 1e-10, 1e-3, 0.2, 0.5, 0.8, 1, 2, 6, 20, 60}

// notFinite are elementwise operations that are not compared where operands are infinite or NaN, with the reason.
var notFinite = map[string]string{
	"gelu": "of -Inf it is -0, and in ONNX the product of -Inf and 0",
	"silu": "of -Inf it is -0, and in ONNX the product of -Inf and 0",
}

// A module is a function of calls of operations, none of which has to do with another, and what each is.
type module struct {
	g     *graph.Graph
	f     program.Function
	calls []string
}

func newModule(dtype tensor.DType) *module {
	return &module{g: graph.New(graph.Traced(), graph.WithDType(dtype)), f: program.Function{Name: "calls"}}
}

// add adds a call of the given operands.
func (m *module) add(t *testing.T, what string, call func(xs []graph.Value) graph.Value, operands ...*tensor.Tensor) {
	t.Helper()
	var xs []graph.Value
	for _, x := range operands {
		v := m.g.ConstTensor(x)
		m.f.Arguments = append(m.f.Arguments, program.Argument{Name: fmt.Sprintf("argument.%d", len(m.f.Arguments)), Role: program.Batch, Value: v})
		xs = append(xs, v)
	}
	var y graph.Value
	if err := graph.Try(func() { y = call(xs) }); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	m.f.Results = append(m.f.Results, program.Result{Name: fmt.Sprintf("result.%d", len(m.f.Results)), Role: program.Output, Value: y})
	m.calls = append(m.calls, what)
}

// addRow adds the calls that the tests of an operation make, and further ones.
func (m *module) addRow(t *testing.T, row *graph.Row) {
	var samples []rowtest.Sample
	switch {
	case len(row.Try) > 0:
		samples = rowtest.Samples(t, row)
	case row.Binary != nil:
		for _, text := range []string{"() ()", "(2,3) (2,3)", "(3) ()", "(2,1) (4,1,3)", "(0,3) (1)"} {
			samples = append(samples, rowtest.Parse(t, row, text, rowtest.RandomOperand))
		}
	default:
		for _, text := range []string{"()", "(2,3)", "(0)"} {
			samples = append(samples, rowtest.Parse(t, row, text, rowtest.RandomOperand))
		}
	}
	for _, s := range samples {
		m.add(t, row.Name+" "+s.Text, s.Apply, s.Operands...)
	}
	m.addGrids(t, row, "numbers of all sizes", sizes)
	if notFinite[row.Name] == "" {
		m.addGrids(t, row, "special numbers", rowtest.SpecialNumbers)
	}
	for k, c := range more {
		if c.row != row.Name {
			continue
		}
		rng := rand.New(rand.NewPCG(uint64(k), 1))
		var xs []*tensor.Tensor
		for i, shape := range c.shapes {
			xs = append(xs, rowtest.RandomOperand(rng, row, i, rowtest.Shape(t, shape)))
		}
		m.add(t, row.Name+" "+c.what, c.f, xs...)
	}
}

// addGrids adds calls of an elementwise operation with all pairs of some numbers.
func (m *module) addGrids(t *testing.T, row *graph.Row, what string, numbers []float64) {
	for _, gr := range rowtest.Grids(row, numbers) {
		var xs []*tensor.Tensor
		for _, c := range gr.Columns[:gr.Operands()] {
			pairs := len(c) / (len(rowtest.SpecialNumbers) * len(rowtest.SpecialNumbers)) // without those of cotangents
			xs = append(xs, tensor.Of(c[:pairs], pairs).To(m.g.DType()))
		}
		m.add(t, fmt.Sprint(row.Name, gr.Params, " ", what), gr.Call, xs...)
	}
}

// A rowCall is one that the calls of the rows' tests do not make: attributes that another function than the row's sets.
type rowCall struct {
	row, what string
	shapes    []string
	f         func(xs []graph.Value) graph.Value
}

func conv2d(what string, config ops.Conv2DConfig, shapes ...string) rowCall {
	return rowCall{"conv2d", what, shapes, func(xs []graph.Value) graph.Value {
		if len(xs) > 2 {
			config.Bias = xs[2]
		}
		return ops.Conv2DWith(xs[0], xs[1], config)
	}}
}

func pool(row, what string, f func(x graph.Value, config ops.PoolConfig) graph.Value, config ops.PoolConfig, shape string) rowCall {
	return rowCall{row, what, []string{shape}, func(xs []graph.Value) graph.Value { return f(xs[0], config) }}
}

var more = []rowCall{
	conv2d("groups", ops.Conv2DConfig{Groups: 2}, "(2,4,3,3)", "(6,2,2,2)"),
	conv2d("depthwise, with bias", ops.Conv2DConfig{Groups: 3, Padding: [2]int{1, 1}}, "(2,3,3,3)", "(6,1,3,3)", "(6)"),
	conv2d("all unlike", ops.Conv2DConfig{Stride: [2]int{2, 1}, Padding: [2]int{1, 2}, Dilation: [2]int{1, 2}, Groups: 2}, "(1,2,6,5)", "(2,1,3,2)"),
	{"conv1d", "all unlike", []string{"(2,4,9)", "(4,2,2)", "(4)"}, func(xs []graph.Value) graph.Value {
		return ops.Conv1DWith(xs[0], xs[1], ops.Conv1DConfig{Stride: 2, Padding: 1, Dilation: 3, Groups: 2, Bias: xs[2]})
	}},
	pool("max_pool2d", "padding", ops.MaxPool2DWith, ops.PoolConfig{Size: [2]int{2, 3}, Padding: [2]int{1, 1}}, "(2,5,7)"),
	pool("max_pool2d", "many axes, unlike strides", ops.MaxPool2DWith, ops.PoolConfig{Size: [2]int{1, 2}, Stride: [2]int{2, 3}}, "(2,2,2,5,7)"),
	pool("avg_pool2d", "padding", ops.AvgPool2DWith, ops.PoolConfig{Size: [2]int{2, 3}, Padding: [2]int{1, 1}}, "(2,5,7)"),
	pool("avg_pool2d", "padding left out of the mean", ops.AvgPool2DWith, ops.PoolConfig{Size: [2]int{3, 2}, Stride: [2]int{2, 1}, Padding: [2]int{1, 1}, ExcludePadding: true}, "(2,5,4)"),
}

// TestRowModels writes every operation that has a form, and leaves the files in CHAINRULE_ONNX for check.py.
func TestRowModels(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		for _, row := range graph.Rows() {
			if ok, _ := Lowers(row); !ok {
				continue
			}
			m := newModule(dtype)
			m.addRow(t, row)
			name := "row-" + row.Name + "-" + dtype.String()
			leave(t, name, &m.f, m.calls)
			if dtype == tensor.Float64 {
				leave(t, name+"-as-float32", &m.f, m.calls, WithFloat32())
			}
		}
	}
}

// leave writes a model, and if CHAINRULE_ONNX names a directory puts it there, with the numbers of the inputs and what
// this engine has for the outputs.
func leave(t *testing.T, name string, f *program.Function, about []string, options ...Option) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, options...); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	dir := os.Getenv("CHAINRULE_ONNX")
	if dir == "" {
		return
	}
	var numbers []safetensors.Tensor
	add := func(name string, v graph.Value) {
		n := v.Node()
		data := n.Data()
		if x, ok := n.Scalar(); ok {
			data = tensor.Of([]float64{x}).To(n.DType())
		}
		if len(options) > 0 {
			data = data.To(tensor.Float32)
		}
		numbers = append(numbers, safetensors.Of(name, data, false))
	}
	for _, a := range f.Arguments {
		if a.Role != program.Parameter && a.Role != program.State {
			add("input "+a.Name, a.Value)
		}
	}
	for _, r := range f.Results {
		add("output "+r.Name, r.Value)
	}
	var st bytes.Buffer
	if err := safetensors.Write(&st, numbers, nil); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(about)
	if err != nil {
		t.Fatal(err)
	}
	for suffix, content := range map[string][]byte{".onnx": b.Bytes(), ".safetensors": st.Bytes(), ".json": list} {
		if err := os.WriteFile(filepath.Join(dir, name+suffix), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
