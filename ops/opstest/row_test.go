package opstest_test

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/ops/opstest"
)

// leaky is leaky_softsign(x, a) = x/(1+|x|) for x > 0, else a·x: an operation outside of package ops, with a kink and a
// parameter.
var leaky graph.Op

// softsignRow returns the row of x/(1+|x|) under another name.
func softsignRow(name string, f any) graph.Row {
	return graph.Row{
		Name: name, Func: f, Params: "x",
		Value:  "where(isfinite(x), x/(1+abs(x)), sign(x))",
		Slopes: []string{"1/(1+abs(x))/(1+abs(x))"},
		Unary: func(x float64) (float64, float64) {
			if math.IsInf(x, 0) {
				return math.Copysign(1, x), 0
			}
			r := 1 / (1 + math.Abs(x))
			return x / (1 + math.Abs(x)), r * r
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return ops.Chain(ct, ops.Square(ops.Reciprocal(ops.AddScalar(ops.Abs(n.Input(0)), 1))))
		},
		At: graph.Specials{
			NaN:     graph.Point{Value: math.NaN(), Derivative: math.NaN()},
			Inf:     graph.Point{Value: 1, Derivative: 0},
			NegInf:  graph.Point{Value: -1, Derivative: 0},
			Zero:    graph.Point{Value: 0, Derivative: 1},
			NegZero: graph.Point{Value: math.Copysign(0, -1), Derivative: 1},
		},
	}
}

// faults are mistakes in a row, and what part of Row finds each.
var faults = []struct {
	name, found string
	spoil       func(row *graph.Row)
	op          graph.Op
}{
	{name: "none"},
	{name: "derivative", found: "gradient", spoil: func(row *graph.Row) {
		unary := row.Unary
		row.Unary = func(x float64) (float64, float64) { y, d := unary(x); return y, 1.001 * d }
	}},
	{name: "rule", found: "Backward_and_Grad", spoil: func(row *graph.Row) {
		row.VJP = func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return ops.Chain(ct, ops.Reciprocal(ops.AddScalar(ops.Abs(n.Input(0)), 1)))
		}
	}},
	{name: "rule_of_constants", found: "second_derivative", spoil: func(row *graph.Row) {
		row.VJP = func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := ops.StopGradient(n.Input(0))
			return ops.Chain(ct, ops.Square(ops.Reciprocal(ops.AddScalar(ops.Abs(x), 1))))
		}
	}},
	{name: "no_chain", found: "special_numbers", spoil: func(row *graph.Row) {
		row.VJP = func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return ops.Mul(ct, ops.Square(ops.Reciprocal(ops.AddScalar(ops.Abs(n.Input(0)), 1))))
		}
	}},
	{name: "numbers", found: "recording", spoil: func(row *graph.Row) {
		vjp := row.VJP
		row.VJP = func(n graph.Node, i int, ct graph.Value) graph.Value {
			if x := n.Input(i).Tensor(); x.Len() > 0 && x.AtFlat(0) == 0 {
				return ct // the same number
			}
			return vjp(n, i, ct)
		}
	}},
	{name: "constant_of_numbers", found: "recording", spoil: func(row *graph.Row) {
		row.VJP = func(n graph.Node, i int, ct graph.Value) graph.Value {
			return ops.Chain(ct, n.Graph().ConstTensor(ops.Square(ops.Reciprocal(ops.AddScalar(ops.Abs(n.Input(i)), 1))).Tensor()))
		}
	}},
	{name: "tangent", found: "tangent", spoil: func(row *graph.Row) {
		row.Tangent = func(_ graph.Node, _ int, t graph.Value) graph.Value { return t }
	}},
	{name: "passes", found: "passed_on", spoil: func(row *graph.Row) {
		row.Passes = func(graph.Node, int) (int, bool) { return 0, true }
	}},
	{name: "kernel", found: "scalar_and_tensor", spoil: func(row *graph.Row) {
		row.Forward = func(n graph.Node) { n.Out().Fill(0) }
	}},
	{name: "memory", found: "memory", spoil: func(row *graph.Row) {
		row.Forward = func(n graph.Node) { // right if the buffer holds zeros
			b := n.Buffer(n.Out().Len())
			for i := range b.Len() {
				y, _ := row.Unary(n.In(0).AtFlat(i))
				n.Out().SetFlat(y+b.AtFlat(i), i)
			}
			n.FreeTemp(b)
		}
	}},
	{name: "special_value", found: "special_values", spoil: func(row *graph.Row) { row.At.Inf.Value = 2 }},
	{name: "special_derivative", found: "special_values", spoil: func(row *graph.Row) { row.At.Zero.Derivative = 0 }},
	{name: "kink", found: "kinks", spoil: func(row *graph.Row) { row.Kinks = []graph.Kink{{At: 0, Chosen: 0.5}} }},
	{name: "value", found: "text", spoil: func(row *graph.Row) { row.Value = "x/(1+abs(x))" }}, // NaN for Inf
	{name: "slope", found: "text", spoil: func(row *graph.Row) { row.Slopes[0] = "1-y" }},
	{name: "slopes", found: "text", spoil: func(row *graph.Row) { row.Slopes = nil }},
	{name: "circle", found: "text", spoil: func(row *graph.Row) { row.Value = row.Name + "(x)" }},
	{name: "other_name", found: "text", spoil: func(row *graph.Row) { row.Value = "z" }},
	{name: "no_expression", found: "text", spoil: func(row *graph.Row) { row.Value = "x^2" }},
}

func init() {
	leaky = graph.Register(graph.Row{
		Name: "leaky_softsign", Func: LeakySoftsign, Params: "x, a",
		Value:  "where(gt(x, 0), x/(1+x), a*x)",
		Slopes: []string{"where(gt(x, 0), 1/(1+x)/(1+x), a)"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			if x > 0 {
				return x / (1 + x), 1 / (1 + x) / (1 + x)
			}
			return p[0] * x, p[0]
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x, zero := n.Input(0), n.Graph().Const(0)
			right := ops.Chain(ct, ops.Square(ops.Reciprocal(ops.AddScalar(ops.Abs(x), 1))))
			return ops.Where(ops.Gt(x, zero), right, ops.Chain(ct, n.Graph().Const(n.Float(0))))
		},
		Kinks: []graph.Kink{{At: 0, Chosen: 0.25, Why: "the slope on the left"}},
		Try:   []string{"() 0.25", "(2,3) 0.5"},
	})
	for i := range faults {
		f := &faults[i]
		row := softsignRow("softsign_"+f.name, func(x graph.Value) graph.Value { return graph.Unary(f.op, x) })
		if f.spoil != nil {
			f.spoil(&row)
		}
		f.op = graph.Register(row)
	}
}

// LeakySoftsign returns x/(1+x) for x > 0, else a·x, element by element.
func LeakySoftsign(x graph.Value, a float64) graph.Value { return graph.UnaryParam(leaky, x, a) }

func TestRow(t *testing.T) { opstest.Row(t, leaky.Row()) }

// faultsWanted is the variable of the environment for which TestRowWithFault runs on faulty rows, and fails.
const faultsWanted = "CHAINRULE_FAULTY_ROWS"

func TestRowWithFault(t *testing.T) {
	if os.Getenv(faultsWanted) == "" {
		t.Skip("TestRowFindsFaults runs it")
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) { opstest.Row(t, f.op.Row()) })
	}
}

// TestRowFindsFaults checks that each mistake in a row is found, by the part of Row that is there for it.
func TestRowFindsFaults(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(program, "-test.run=^TestRowWithFault$")
	run.Env = append(os.Environ(), faultsWanted+"=1")
	out, err := run.CombinedOutput()
	if err == nil {
		t.Fatal("rows with faults pass")
	}
	for _, f := range faults {
		failed := "--- FAIL: TestRowWithFault/" + f.name
		switch {
		case f.found == "" && strings.Contains(string(out), failed+" "):
			t.Errorf("the row without a fault fails:\n%s", out)
		case f.found != "" && !strings.Contains(string(out), failed+"/"+f.found):
			t.Errorf("fault %s is not found by %s", f.name, f.found)
		}
	}
}
