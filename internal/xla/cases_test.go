package xla

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
	"github.com/seed366ff29f/chainrule/ops"
)

// perModule is about how many results one module has. XLA takes some tens of milliseconds for a module, and more than
// its share for a large one.
const perModule = 150

// TestCases writes every operation and its recorded gradient as modules, to CHAINRULE_XLA if that is set.
func TestCases(t *testing.T) {
	dir, only := os.Getenv("CHAINRULE_XLA"), regexp.MustCompile("^("+os.Getenv("CHAINRULE_XLA_ROWS")+")")
	if dir != "" {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		m := newModule(dtype)
		number := 0
		flush := func() {
			if len(m.f.Results) > 0 {
				m.write(t, dir, fmt.Sprintf("%s-%03d", dtype, number))
			}
			m = newModule(dtype)
			number++
		}
		for _, row := range graph.Rows() {
			if ok, _ := stablehlo.Lowers(row); !ok || !only.MatchString(row.Name) {
				continue
			}
			m.addRow(t, row)
			if len(m.f.Results) > perModule {
				flush()
			}
		}
		flush()
	}
}

// A module is a function of many calls, none of which has to do with another.
type module struct {
	g       *graph.Graph
	f       program.Function
	numbers []safetensors.Tensor
	about   []about
	without map[string]bool // operations that have no lowering, of which a gradient is made
}

// An about says what one result is.
type about struct {
	Row       string  `json:"row"`
	Call      string  `json:"call"`
	What      string  `json:"what"` // "value", or "gradient by operand 0"
	Tolerance float64 `json:"tolerance"`
	Why       string  `json:"why,omitempty"` // why the tolerance is larger than that of others
}

func newModule(dtype tensor.DType) *module {
	return &module{g: graph.New(graph.Traced(), graph.WithDType(dtype)), f: program.Function{Name: "main"}, without: map[string]bool{}}
}

// addRow adds the calls of an operation.
func (m *module) addRow(t *testing.T, row *graph.Row) {
	for _, s := range samples(t, row) {
		m.addSample(t, s)
		if !rowtest.Elementwise(row) && notFinite[row.Name] == "" {
			m.addSpoiled(s)
		}
	}
	m.addMore(t, row)
	for _, gr := range rowtest.Grids(row, rowtest.SpecialNumbers) {
		m.addGrid(gr, "special numbers")
	}
	if gr, ok := wide(row); ok {
		m.addGrid(gr, "numbers of all sizes")
	}
}

// samples returns the calls that the row's tests make, but few shapes of elementwise operations, all of which broadcast
// alike.
func samples(t *testing.T, row *graph.Row) []rowtest.Sample {
	texts := []string{"()", "(2,3)", "(0)"}
	switch {
	case len(row.Try) > 0:
		return rowtest.Samples(t, row)
	case row.Binary != nil:
		texts = []string{"() ()", "(2,3) (2,3)", "(3) ()", "(2,1) (4,1,3)", "(0,3) (1)"}
	}
	var list []rowtest.Sample
	for _, text := range texts {
		list = append(list, rowtest.Parse(t, row, text, rowtest.RandomOperand))
	}
	return list
}

// addSample adds one call.
func (m *module) addSample(t *testing.T, s rowtest.Sample) {
	var xs []graph.Value
	for _, x := range s.Operands {
		xs = append(xs, m.argument(m.g.VarTensor(x)))
	}
	var y graph.Value
	if err := graph.Try(func() { y = s.Apply(xs) }); err != nil {
		t.Fatalf("%s %s: %v", s.Row.Name, s.Text, err)
	}
	m.addResults(s.Row, s.Text, y, rowtest.Weighted, xs)
}

// addGrid adds one call of many numbers, with a cotangent for each.
func (m *module) addGrid(gr rowtest.Grid, what string) {
	n := gr.Operands()
	var xs []graph.Value
	for _, c := range gr.Columns[:n+1] {
		xs = append(xs, m.argument(m.g.VarTensor(tensor.Of(c, len(c)))))
	}
	call := fmt.Sprintf("%v, %s", gr.Params, what)
	m.addResults(gr.Row, call, gr.Call(xs[:n]), func(y graph.Value) graph.Value { return ops.Sum(ops.Mul(y, xs[n])) }, xs[:n])
}

// wide returns a grid of numbers of all sizes and signs, for operations of one operand.
func wide(row *graph.Row) (gr rowtest.Grid, ok bool) {
	if row.Unary == nil {
		return gr, false
	}
	rng := rand.New(rand.NewPCG(1, 2))
	domain := rowtest.Domain(row, 0)
	var xs, cts, unused []float64
	add := func(x float64) {
		xs, cts, unused = append(xs, x), append(cts, 0.5+rng.Float64()), append(unused, 0)
	}
	for _, size := range []float64{1e-30, 1e-10, 1e-5, 1e-3, 0.03, 0.2, 0.5, 0.8, 1, 1.2, 2, 3.5, 6, 10, 20, 60, 90} {
		add(size)
		add(-size)
	}
	for range 30 {
		add(domain.Lo + (domain.Hi-domain.Lo)*rng.Float64())
	}
	for _, kink := range row.Kinks {
		add(kink.At)
	}
	return rowtest.Grid{Row: row, Params: []any{rowtest.Operand(0)}, Columns: [][]float64{xs, cts, unused}}, true
}

// addResults adds a value and the gradient of a scalar made of it.
func (m *module) addResults(row *graph.Row, call string, y graph.Value, scalar func(y graph.Value) graph.Value, xs []graph.Value) {
	m.result(row, call, "value", y)
	if !y.WantsGrad() {
		return
	}
	for i, d := range autograd.Grad(scalar(y), xs...) {
		m.result(row, call, fmt.Sprintf("gradient by operand %d", i), d)
	}
}

// argument makes an argument of a leaf.
func (m *module) argument(v graph.Value) graph.Value {
	name := fmt.Sprintf("argument.%d", len(m.f.Arguments))
	m.f.Arguments = append(m.f.Arguments, program.Argument{Name: name, Role: program.Batch, Value: v})
	m.numbers = append(m.numbers, numbers(name, v))
	return v
}

// result adds a result, unless it is made by an operation that has no lowering.
func (m *module) result(row *graph.Row, call, what string, v graph.Value) {
	one := program.Function{Name: "main", Results: []program.Result{{Name: "y", Role: program.Output, Value: v}}}
	for _, n := range one.Nodes() {
		if ok, _ := stablehlo.Lowers(n.Row()); !ok && n.NumInputs() > 0 {
			m.without[n.Row().Name] = true
			return
		}
	}
	a := about{Row: row.Name, Call: call, What: what}
	a.Tolerance, a.Why = tolerance(row, v.Node().DType())
	name := fmt.Sprintf("result.%d", len(m.f.Results))
	m.f.Results = append(m.f.Results, program.Result{Name: name, Role: program.Output, Value: v})
	m.numbers = append(m.numbers, numbers(name, v))
	m.about = append(m.about, a)
}

// numbers returns the numbers of a value, in its precision: float64 for scalars that come from no tensor, on every graph.
func numbers(name string, v graph.Value) safetensors.Tensor {
	n := v.Node()
	if x, ok := n.Scalar(); ok && n.DType() == tensor.Float64 {
		return safetensors.Of(name, tensor.Of([]float64{x}), false)
	}
	return safetensors.Of(name, n.Data(), false)
}

// write writes the files of a module, nowhere if dir is "".
func (m *module) write(t *testing.T, dir, name string) {
	t.Helper()
	var text bytes.Buffer
	if err := stablehlo.Write(&text, &m.f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if dir == "" {
		return
	}
	var numbers bytes.Buffer
	if err := safetensors.Write(&numbers, m.numbers, nil); err != nil {
		t.Fatal(err)
	}
	list, err := json.MarshalIndent(m.about, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	for suffix, content := range map[string][]byte{".mlir": text.Bytes(), ".safetensors": numbers.Bytes(), ".json": list} {
		if err := os.WriteFile(filepath.Join(dir, name+suffix), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
