package expr_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// exact is a few roundings: the expected values below are worked out in another order than the engine's.
const exact = 1e-14

// point is what the names of the expressions in these tests stand for.
var point = []string{"x=2", "y=-3", "θ=0.5", "v=[1,2,3]", "w=[[1,2],[3,4]]", "sum=7", "inf=Inf"}

// evaluate returns the value of an expression at the point and the gradient by x.
func evaluate(t *testing.T, text string) (v, dx float64, err error) {
	t.Helper()
	e, err := expr.Parse(text)
	if err != nil {
		return 0, 0, err
	}
	g := graph.New(graph.WithMemoryLimit(1 << 20))
	in := leaves(t, g, point...)
	y, err := e.Eval(g, in)
	if err != nil {
		return 0, 0, err
	}
	return y.Item(), autograd.Backward(y).Scalar(in["x"]), nil
}

// leaves returns a leaf on g for each binding.
func leaves(t *testing.T, g *graph.Graph, bindings ...string) map[string]graph.Value {
	t.Helper()
	m := make(map[string]graph.Value)
	for _, text := range bindings {
		b, err := expr.ParseBinding(text)
		if err != nil {
			t.Fatal(err)
		}
		m[b.Name] = g.VarTensor(b.Value).Named(b.Name)
	}
	return m
}

func TestValue(t *testing.T) {
	for _, test := range []struct {
		text  string
		v, dx float64
	}{
		{"x", 2, 1},
		{"3", 3, 0},
		{"-3", -3, 0},
		{"x + 2*y", -4, 1},
		{"2 + x", 4, 1},
		{"2*x", 4, 2},
		{"x*2", 4, 2},
		{"2 - x", 0, -1},
		{"x - 2", 0, 1},
		{"x/4", 0.5, 0.25},
		{"8/x", 4, -2},
		{"2*3*x", 12, 6},
		{"2 - 3 - 4", -5, 0},
		{"24/4/3", 2, 0},
		{"2 + 3*4", 14, 0},
		{"x*x*x", 8, 12},
		{"-x*y", 6, 3},
		{"-(-x)", 2, 1},
		{"- - -x", -2, -1},
		{"x - - + y", -1, 1},
		{"+x", 2, 1},
		{"(((x)))", 2, 1},
		{"x - (y - x)", 7, 2},
		{"(x + y) * (x - y)", -5, 4},
		{"pow(x, 3)", 8, 12},
		{"pow(x, y)", 0.125, -0.1875},
		{"pow(3, x)", 9, 9 * math.Log(3)},
		{"sum(v)", 6, 0},
		{"sum(v, 0)", 6, 0},
		{"sum(v, -1)", 6, 0},
		{"sum(v, - 1,)", 6, 0},
		{"sum(v, (0))", 6, 0},
		{"sum(v * x)", 12, 6},
		{"sum(w, 0, 1)", 10, 0},
		{"sum(sum(w, 1) * x)", 20, 10},
		{"sum + 1", 8, 0},
		{"sum(matmul(w, w))", 54, 0},
		{"sum(reshape(w, -1) * x)", 20, 10},
		{"sum(slice(v, 0, 1, 3)) * x", 10, 5},
		{"sum(gather(v, 0, 2, 2, -1))", 9, 0},
		{"where(gt(x, 0), x, y)", 2, 1},
		{"maximum(x, 2)", 2, 0.5},
		{"sin(θ*0) + x", 2, 1},
		{"add_scalar(x, 1/2 - -(3*1))", 5.5, 1},
		{"x /* a remark */ + 1", 3, 1},
		{"x +\n\t1 // the end\n", 3, 1},
		{"sum(v,\n0)\n", 6, 0},
		{"0x10 + 0b11 + 0o7 + 1_000 + 1.5e1 + .5 + 1. + 0x1p-1", 1043, 0},
		{"123456789012345678901234567890 * 0 + x", 2, 1},
		{"1e-400 + x", 2, 1},
		{"0 * sqrt(x - 2)", 0, 0},
		{"1/inf + x", 2, 1},
	} {
		t.Run(test.text, func(t *testing.T) {
			v, dx, err := evaluate(t, test.text)
			if err != nil {
				t.Fatal(err)
			}
			want, got := []float64{test.v, test.dx}, []float64{v, dx}
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(exact, 0)); diff != "" {
				t.Errorf("value and derivative by x: mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// Numbers go into operations that take one, where there is such an operation: no node for the constant.
func TestNodes(t *testing.T) {
	for _, test := range []struct {
		text string
		want int // nodes besides the leaf
	}{
		{"x", 0},
		{"x + 2", 1},
		{"2 + x", 1},
		{"x - 2", 1},
		{"2 - x", 2},
		{"2*x", 1},
		{"x*-2", 1},
		{"-2", 1},
		{"pow(x, 3)", 1},
		{"pow(3, x)", 2},
		{"x/2", 2},
	} {
		e, err := expr.Parse(test.text)
		if err != nil {
			t.Fatal(err)
		}
		g := graph.New()
		x := g.Var(2)
		if _, err := e.Eval(g, map[string]graph.Value{"x": x}); err != nil {
			t.Fatal(err)
		}
		if got := g.Len() - 1; got != test.want {
			t.Errorf("%s records %d nodes, want %d", test.text, got, test.want)
		}
	}
}

func TestNames(t *testing.T) {
	e, err := expr.Parse("sum(b*a) + a - Φ*sum")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.String(); got != "sum(b*a) + a - Φ*sum" {
		t.Errorf("the text has become %q", got)
	}
	if diff := cmp.Diff([]string{"b", "a", "Φ", "sum"}, e.Names()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestBinding(t *testing.T) {
	for _, test := range []struct{ text, name, want string }{
		{"x=2", "x", "2"},
		{" x = -1e-3 ", "x", "-0.001"},
		{"θ_1=Inf", "θ_1", "+Inf"},
		{"x=-Inf", "x", "-Inf"},
		{"x=NaN", "x", "NaN"},
		{"x=-0.0", "x", "-0"},
		{"x=1e-400", "x", "0"},
		{"w=[[1,2],[3,4]]", "w", "[[1 2] [3 4]]"},
		{"w=[ [ -0 , 1e3 ] ]\n", "w", "[[-0 1000]]"},
		{`w=["NaN","+Inf","-Inf","Inf"]`, "w", "[NaN +Inf -Inf +Inf]"},
		{"w=" + strings.Repeat("[", 16) + "1" + strings.Repeat("]", 16), "w", strings.Repeat("[", 16) + "1" + strings.Repeat("]", 16)},
	} {
		b, err := expr.ParseBinding(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if diff := cmp.Diff([]string{test.name, test.want}, []string{b.Name, b.Value.String()}); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", test.text, diff)
		}
	}
}

// An expression of any depth and length has an answer: neither parsing nor evaluation recurses.
func TestNesting(t *testing.T) {
	const n = 200_000
	r := strings.Repeat
	for _, test := range []struct {
		name, text string
		v, dx      float64
	}{
		{"parentheses", r("(", n) + "x" + r(")", n), 2, 1},
		{"calls", r("neg(", n) + "x" + r(")", n), 2, 1},
		{"signs", r("-+", n) + "x", 2, 1},
		{"product", "x" + r("*1", n), 2, 1},
		{"sum", "x" + r("+x", n), 2 * (n + 1), n + 1},
		{"right", r("x-(", n) + "x" + r(")", n), 2, 1},
		{"arguments", "sum(gather(v, 0" + r(", 1", n) + "))", 2 * n, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := expr.Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			g := graph.New()
			in := leaves(t, g, point...)
			y, err := e.Eval(g, in)
			if err != nil {
				t.Fatal(err)
			}
			if v, dx := y.Item(), autograd.Backward(y).Scalar(in["x"]); v != test.v || dx != test.dx {
				t.Errorf("value %v and derivative %v, want %v and %v", v, dx, test.v, test.dx)
			}
		})
	}
}

func TestEvalMisuse(t *testing.T) {
	e, err := expr.Parse("x + y")
	if err != nil {
		t.Fatal(err)
	}
	g, other := graph.New(), graph.New()
	for _, test := range []struct {
		name   string
		e      *expr.Expr
		g      *graph.Graph
		leaves map[string]graph.Value
		want   string
	}{
		{"missing", e, g, nil, "column 1: x has no value: bind it with x=2 or x=[1, 2]"},
		{"foreign", e, g, map[string]graph.Value{"x": g.Var(1), "y": other.Var(1)}, "column 5: expr.Expr.Eval: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"no graph", e, nil, nil, "expr.Expr.Eval: got a nil graph: make one with graph.New"},
		{"zero", new(expr.Expr), g, nil, "expr.Expr.Eval: the expression is the zero Expr: get one from expr.Parse"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.e.Eval(test.g, test.leaves)
			wantError(t, test.want, err)
		})
	}
}

// What an operation reports can be told by its kind.
func TestErrorKind(t *testing.T) {
	_, _, err := evaluate(t, "sum(matmul(w, v))")
	var at *expr.Error
	if !errors.Is(err, graph.ErrShape) || !errors.As(err, &at) || at.Line != 1 || at.Column != 5 {
		t.Errorf("got %#v, want a graph.ErrShape at line 1, column 5", err)
	}
}

func wantError(t *testing.T, want string, err error) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
