package xla

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
		write := func(name string, onlyXLA bool) {
			m, number := newModule(dtype), 0
			flush := func() {
				if len(m.f.Results) > 0 {
					m.write(t, dir, fmt.Sprintf("%s-%s-%02d", dtype, name, number))
				}
				m, number = newModule(dtype), number+1
			}
			for _, row := range graph.Rows() {
				if ok, _ := stablehlo.Lowers(row); !ok || !only.MatchString(row.Name) {
					continue
				}
				m.addRow(t, row, onlyXLA)
				if len(m.f.Results) > perModule {
					flush()
				}
			}
			flush()
		}
		write("all", false)
		write("xla", true)
	}
}

// A module is a function of many calls, none of which has to do with another.
type module struct {
	g       *graph.Graph
	f       program.Function
	numbers []safetensors.Tensor
	about   []about
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
	return &module{g: graph.New(graph.Traced(), graph.WithDType(dtype)), f: program.Function{Name: "main"}}
}

// addRow adds the calls of an operation. What XLA takes for all of them is the time to compile them, so there are no more
// than say something new: elementwise operations compute all numbers in one call, and special numbers among others, which
// are a question of instructions and not of their precision, are tried in one precision. They are the calls that only XLA
// takes, or all others.
func (m *module) addRow(t *testing.T, row *graph.Row, onlyXLA bool) {
	linear := slices.Contains(linearAlgebra, row.Name)
	list := slices.DeleteFunc(samples(t, row), func(s rowtest.Sample) bool { return (linear || hasEmpty(s)) != onlyXLA })
	if m.g.DType() == tensor.Float32 && linear == onlyXLA && (linear || slices.Contains(wide, row.Name)) {
		if row.Unary != nil { // scalars are float64
			list = append(list, rowtest.Parse(t, row, "(2,3)", rowtest.RandomOperand))
		}
		largest := slices.MaxFunc(list, func(a, b rowtest.Sample) int { return a.Operands[0].Len() - b.Operands[0].Len() })
		m.addSample(t, largest)
		return
	}
	for _, s := range list {
		m.addSample(t, s)
		if !rowtest.Elementwise(row) && notFinite[row.Name] == "" && m.g.DType() == tensor.Float64 {
			m.addSpoiled(t, s)
		}
	}
	if linear != onlyXLA {
		return
	}
	m.addMore(t, row)
	tried := make(map[string]bool) // by parameters, of which orders repeat
	for _, gr := range rowtest.Grids(row, rowtest.SpecialNumbers) {
		if params := fmt.Sprint(gr.Params); !tried[params] {
			tried[params] = true
			m.addGrid(t, widened(gr))
		}
	}
}

// hasEmpty reports whether an operand has no elements.
func hasEmpty(s rowtest.Sample) bool {
	return slices.ContainsFunc(s.Operands, func(x *tensor.Tensor) bool { return x.Len() == 0 })
}

// samples returns the calls that the row's tests make, but few shapes of elementwise operations, all of which broadcast
// alike. Those of one operand have all their numbers in one vector, and scalars for float64 beside float32.
func samples(t *testing.T, row *graph.Row) []rowtest.Sample {
	texts := []string{"()"}
	switch {
	case len(row.Try) > 0:
		return rowtest.Samples(t, row)
	case !rowtest.Elementwise(row): // it takes a function: the calls are in more
		return nil
	case row.Binary != nil:
		texts = []string{"() ()", "(3) ()", "(2,1) (4,1,3)"}
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
	m.addResults(t, s.Row, s.Text, y, rowtest.Weighted, xs)
}

// addGrid adds one call of many numbers, with a cotangent for each.
func (m *module) addGrid(t *testing.T, gr rowtest.Grid) {
	n := gr.Operands()
	var xs []graph.Value
	for _, c := range gr.Columns[:n+1] {
		xs = append(xs, m.argument(m.g.VarTensor(tensor.Of(c, len(c)))))
	}
	m.addResults(t, gr.Row, fmt.Sprintf("%v, many numbers", gr.Params), gr.Call(xs[:n]), func(y graph.Value) graph.Value { return ops.Sum(ops.Mul(y, xs[n])) }, xs[:n])
}

// widened returns the grid of an operation of one operand with numbers of all sizes and signs, of the row's domain and at
// its kinks besides. A parameter that is infinite or NaN meets special numbers alone: times an infinity, a number makes a
// difference that is so small that XLA takes it for 0.
func widened(gr rowtest.Grid) rowtest.Grid {
	if gr.Operands() != 1 || slices.ContainsFunc(gr.Params, func(p any) bool { c, ok := p.(float64); return ok && c-c != 0 }) {
		return gr
	}
	rng := rand.New(rand.NewPCG(1, 2))
	domain := rowtest.Domain(gr.Row, 0)
	xs, cts := gr.Columns[0], gr.Columns[1]
	add := func(x float64) { xs, cts = append(xs, x), append(cts, 0.5+rng.Float64()) }
	for _, size := range []float64{1e-30, 1e-10, 1e-5, 1e-3, 0.03, 0.2, 0.5, 0.8, 1, 1.2, 2, 3.5, 6, 10, 20, 60, 90} {
		add(size)
		add(-size)
	}
	for range 30 {
		add(domain.Lo + (domain.Hi-domain.Lo)*rng.Float64())
	}
	for _, kink := range gr.Row.Kinks {
		add(kink.At)
	}
	gr.Columns = [][]float64{xs, cts, nil} // no cotangent of the gradient
	return gr
}

// addResults adds a value and the gradient of a scalar made of it.
func (m *module) addResults(t *testing.T, row *graph.Row, call string, y graph.Value, scalar func(y graph.Value) graph.Value, xs []graph.Value) {
	m.result(t, row, call, "value", y)
	if !y.WantsGrad() {
		return
	}
	for i, d := range autograd.Grad(scalar(y), xs...) {
		m.result(t, row, call, fmt.Sprintf("gradient by operand %d", i), d)
	}
}

// argument makes an argument of a leaf.
func (m *module) argument(v graph.Value) graph.Value {
	name := fmt.Sprintf("argument.%d", len(m.f.Arguments))
	m.f.Arguments = append(m.f.Arguments, program.Argument{Name: name, Role: program.Batch, Value: v})
	m.numbers = append(m.numbers, numbers(name, v))
	return v
}

// result adds a result. A gradient that is made of an operation without a lowering is a mistake: it could not be exported.
func (m *module) result(t *testing.T, row *graph.Row, call, what string, v graph.Value) {
	one := program.Function{Name: "main", Results: []program.Result{{Name: "y", Role: program.Output, Value: v}}}
	for _, n := range one.Nodes() {
		if ok, _ := stablehlo.Lowers(n.Row()); !ok && n.NumInputs() > 0 {
			t.Errorf("%s %s: the %s needs %s, which has no lowering", row.Name, call, what, n.Row().Name)
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
