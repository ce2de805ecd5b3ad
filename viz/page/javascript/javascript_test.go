package javascript

import (
	"fmt"
	"go/token"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// rowNamed returns a row of package ops.
func rowNamed(t *testing.T, name string) *graph.Row {
	t.Helper()
	row, ok := ops.Lookup(name)
	if !ok {
		t.Fatalf("no operation %s", name)
	}
	return row
}

func TestSource(t *testing.T) {
	mul, relu, matmul := rowNamed(t, "mul"), rowNamed(t, "relu"), rowNamed(t, "matmul")
	source, missing := Functions([]*graph.Row{mul, matmul, relu, nil, mul, matmul})
	want := `(() => {
"use strict";

// selected returns a derivative, null where it is 0 because the operand was not selected.
function selected(d) {
  return d === 0 ? null : d;
}

return {
  "mul": (a, b) => [a * b, [b, a]],
  "relu": (x) => [x <= 0 ? 0 : x, [selected(x <= 0 ? 0 : 1)]],
};
})()`
	if diff := cmp.Diff(want, source); diff != "" {
		t.Errorf("source: mismatch (-want +got):\n%s", diff)
	}
	if len(missing) != 1 || missing[0] != matmul {
		t.Errorf("missing %v, want matmul", missing)
	}
	if source, missing = Functions(nil); len(missing) != 0 || !strings.Contains(source, "return {\n}") {
		t.Errorf("no rows: %s, missing %v", source, missing)
	}
	leaf := graph.New().Var(1).Node().Row()
	if _, missing = Functions([]*graph.Row{leaf, {}, nil, leaf}); len(missing) != 2 {
		t.Errorf("rows without a function: missing %v", missing)
	}
}

// Every special function is there when it is used, with what it needs, and only then.
func TestSpecialFunctions(t *testing.T) {
	all := library.names
	if len(all) < 25 {
		t.Fatalf("the library has %d declarations", len(all))
	}
	for _, c := range []struct{ row, has, hasNot string }{
		{"sin", "", strings.Join(all, " ")},
		{"erf", "sign twoOverSqrtPi erf erfc erfcxFraction", "erfinv lgamma zeta pow"},
		{"lgamma", "lgamma stirlingTail zetaTail zeta zetaFrom2 digamma digammaTail", "erf lbeta polygamma"},
		{"round", "round copysign", "sign pow"},
		{"floor", "", "round"},
		{"pow", "pow", "pow_log selected"},
	} {
		source, _ := Functions([]*graph.Row{rowNamed(t, c.row)})
		for _, name := range strings.Fields(c.has) {
			if !strings.Contains(source, "function "+name+"(") && !strings.Contains(source, "const "+name+" =") {
				t.Errorf("%s needs %s", c.row, name)
			}
		}
		for _, name := range strings.Fields(c.hasNot) {
			if strings.Contains(source, "function "+name+"(") || strings.Contains(source, "const "+name+" =") {
				t.Errorf("%s does not need %s", c.row, name)
			}
		}
	}
}

func TestFunctionText(t *testing.T) {
	for _, c := range []struct {
		text   string
		params []string
		want   string
	}{
		{"x", []string{"x"}, "(x) => x"},
		{"2", nil, "() => 2"},
		{"-(-x)", []string{"x"}, "(x) => -(-x)"},
		{"+x - -y", []string{"x", "y"}, "(x, y) => x - -y"},
		{"x - (y - 1) - 2", []string{"x", "y"}, "(x, y) => x - (y - 1) - 2"},
		{"x/(y*2)/(x)", []string{"x", "y"}, "(x, y) => x / (y * 2) / x"},
		{"(x + y)*(x*y)", []string{"x", "y"}, "(x, y) => (x + y) * (x * y)"},
		{"-(x + 1)*-2", []string{"x"}, "(x) => -(x + 1) * -2"},
		{"0x10 + 0b11 + 0o7 + 1_000 + 1.5e1 + .5 + 1. + 0x1p-1", nil, "() => 16 + 3 + 7 + 1000 + 15 + 0.5 + 1 + 0.5"},
		{"1e999 + 1e-999 + 1e21 + 123456789012345678901234567890", nil, "() => Infinity + 0 + 1e+21 + 1.2345678901234568e+29"},
		{"where(gt(x, 0), 1, where(x, 2, 3))", []string{"x"}, "(x) => x > 0 ? 1 : x !== 0 ? 2 : 3"},
		{"where(isnan(x), where(x, 2, 3), 1)*2", []string{"x"}, "(x) => (Number.isNaN(x) ? (x !== 0 ? 2 : 3) : 1) * 2"},
		{"where(eq(x, 0)+ne(x, 1), 1, 0)", []string{"x"}, "(x) => (x === 0 ? 1 : 0) + (x !== 1 ? 1 : 0) !== 0 ? 1 : 0"},
		{"where(ge(le(x, 0), lt(x, 1)), 1, 0)", []string{"x"}, "(x) => (x <= 0 ? 1 : 0) >= (x < 1 ? 1 : 0) ? 1 : 0"},
		{"maximum(x + 1, -x)", []string{"x"}, "(x) => Math.max(x + 1, -x)"},
		{"θ*in", []string{"θ", "in"}, "(θ, in_) => θ * in_"},
		{"in_*in*Math*erf", []string{"in_", "in", "Math", "erf"}, "(in_, in__, Math_, erf_) => in_ * in__ * Math_ * erf_"},
	} {
		got, err := Function(c.text, c.params...)
		if err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.text, got, err, c.want)
		}
	}
}

func TestFunctionErrors(t *testing.T) {
	for _, c := range []struct {
		text   string
		params []string
		want   string
	}{
		{"", nil, "the end where a number"},
		{"x +", []string{"x"}, "the end where a number"},
		{"x", nil, "x is no parameter"},
		{"x % 2", []string{"x"}, "% cannot stand behind x"},
		{"x > 2", []string{"x"}, "> cannot stand behind x"},
		{"!x", []string{"x"}, "! where a number"},
		{"&x", []string{"x"}, "& where a number"},
		{"x[0]", []string{"x"}, "[ cannot stand behind x"},
		{"x.y", []string{"x"}, ". cannot stand behind x"},
		{"func() {}", nil, "func where a number"},
		{`"a"`, nil, "where a number"},
		{"'a'", nil, "where a number"},
		{"2i", nil, "where a number"},
		{"f(x)", []string{"x"}, "f is no primitive"},
		{"x(2)", []string{"x"}, "x is no primitive"},
		{"sigmoid(x)", []string{"x"}, "sigmoid is no primitive"},
		{"constructor(x)", []string{"x"}, "constructor is no primitive"},
		{"(sin)(x)", []string{"x"}, "sin is no parameter"},
		{"sin()", nil, "sin has 1 arguments, not 0"},
		{"sin(x, x)", []string{"x"}, "sin has 1 arguments, not 2"},
		{"sin(x...)", []string{"x"}, "... where ) is wanted"},
		{"gt(x)", []string{"x"}, "gt has 2 arguments, not 1"},
		{"where(x, x)", []string{"x"}, "where has"},
		{"where(f(x), 1, 2)", []string{"x"}, "f is no primitive"},
		{"where(gt(z, 1), 1, 2)", []string{"x"}, "z is no parameter"},
		{"where(x, f(1), 2)", []string{"x"}, "f is no primitive"},
		{"where(x, 1, f(2))", []string{"x"}, "f is no primitive"},
		{"1 + f(2)", nil, "f is no primitive"},
		{"f(2) + 1", nil, "f is no primitive"},
		{"-f(2)", nil, "f is no primitive"},
		{"sin(x", []string{"x"}, "the end where ) is wanted"},
		{"(x", []string{"x"}, "the end where ) is wanted"},
		{"x)", []string{"x"}, ") cannot stand behind x"},
		{"x 2", []string{"x"}, "2 cannot stand behind x"},
		{"x; x", []string{"x"}, "; cannot stand behind x"},
		{"x\nx", []string{"x"}, "x cannot stand behind x"},
		{"0x", nil, "hexadecimal literal has no digits"},
		{"x\x00", []string{"x"}, "illegal character"},
		{"1", []string{"x", "x"}, "two parameters have the name x"},
		{strings.Repeat("sin(", 2_000), nil, "nested deeper than 1000 levels"},
		{"1", []string{"a b"}, `"a b" is not a name`},
		{"1", []string{"func"}, `"func" is not a name`},
		{"1", []string{""}, `"" is not a name`},
		{strings.Repeat("(", 2_000) + "1" + strings.Repeat(")", 2_000), nil, "nested deeper than 1000 levels"},
		{strings.Repeat("- ", 2_000) + "1", nil, "nested deeper than 1000 levels"},
		{strings.Repeat("x+", 200_000) + "x", []string{"x"}, "400001 bytes are too many for an expression, 32768 are the most"},
	} {
		_, err := Function(c.text, c.params...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: got error %.200v, want %s", c.text, err, c.want)
		}
	}
}

// Rows that say nothing that can be read are missing, and names are inert.
func TestOddRows(t *testing.T) {
	unary := func(graph.Value) graph.Value { panic("not called") }
	for _, row := range []*graph.Row{
		{Name: "no_value", Func: unary, Params: "x"},
		{Name: "no_slope", Func: unary, Params: "x", Value: "x"},
		{Name: "wrong_value", Func: unary, Params: "x", Value: "z", Slopes: []string{"1"}},
		{Name: "wrong_slope", Func: unary, Params: "x", Value: "x", Slopes: []string{"alert(1)"}},
		{Name: "no_name", Func: unary, Params: "", Value: "1", Slopes: []string{"1"}},
		{Name: "script", Func: unary, Params: "x=alert(1)", Value: "1", Slopes: []string{"1"}},
		{Name: "text", Func: func(graph.Value, string) graph.Value { panic("not called") }, Params: "x, s", Value: "x", Slopes: []string{"1"}},
		{Name: "sum", Func: unary, Params: "x"}, // of another package
	} {
		if source, missing := Functions([]*graph.Row{row}); len(missing) != 1 || missing[0] != row || strings.Contains(source, row.Name) {
			t.Errorf("%s is not missing: %s", row.Name, source)
		}
	}
	name := "</script><!--\"\\\n\u2028"
	source, missing := Functions([]*graph.Row{{Name: name, Func: unary, Params: "x", Value: "x", Slopes: []string{"1"}}})
	if len(missing) != 0 || strings.ContainsAny(source, "\u2028") || strings.Contains(source, "</") || strings.Contains(source, "<!") {
		t.Errorf("the name is not inert: %s", source)
	}
	got := run(t, source, []call{{Name: name, Args: []number64{3}}})
	if got[0].Results[0] != 3 {
		t.Errorf("got %v", got)
	}
}

// Names of Go that JavaScript has other uses for are names of parameters like others.
func TestReservedNames(t *testing.T) {
	var object strings.Builder
	var calls []call
	for _, name := range append(append([]string{"y", "x_"}, reserved...), library.names...) {
		if token.IsKeyword(name) {
			continue
		}
		source, err := Function(name+" + 1", name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		fmt.Fprintf(&object, "%s: (x) => [(%s)(x), []],\n", name, source)
		calls = append(calls, call{Name: name, Args: []number64{2}})
	}
	for _, got := range run(t, "{"+object.String()+"}", calls) {
		if got.Results[0] != 3 {
			t.Errorf("%s + 1 is %v for 2, want 3", got.Name, got.Results[0])
		}
	}
}

func TestConstants(t *testing.T) {
	g := graph.New()
	x, c := g.Var(2), g.Const(3)
	tensor := ops.Sum(x) // a tensor of shape ()
	for _, test := range []struct {
		y    graph.Value
		want []float64
	}{
		{x, nil},
		{ops.Sin(x), nil},
		{ops.Mul(x, c), nil},
		{ops.AddScalar(x, 7), []float64{7}},
		{ops.AddScalar(tensor, 7), []float64{7}},
		{ops.Clamp(x, -1, 5), []float64{-1, 5}},
		{ops.Clamp(tensor, -1, 5), []float64{-1, 5}},
		{ops.Polygamma(2, x), []float64{2}},
		{ops.Polygamma(2, tensor), []float64{2}},
		{ops.PowLog(x, c, 2), []float64{2}},
		{ops.PowLog(tensor, c, 2), []float64{2}},
		{ops.Huber(x, c, 1.5), []float64{1.5}},
		{ops.Sum(x), nil},
		{ops.Pow(x, x), []float64{0}},
		{ops.Pow(x, c), []float64{1}},
		{ops.Pow(tensor, c), []float64{1}},
		{ops.Where(c, x, x), nil},
	} {
		if diff := cmp.Diff(test.want, Constants(test.y.Node())); diff != "" {
			t.Errorf("%v: mismatch (-want +got):\n%s", test.y, diff)
		}
	}
	if err := graph.Try(func() { Constants(graph.Node{}) }); err == nil {
		t.Error("no error for the zero Node")
	}
}
