package expr_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// reference evaluates what go/parser reads. It returns false for what is not of the language, or beyond what the
// reference knows: of calls only neg(x).
func reference(e ast.Expr, leaves map[string]float64) (float64, bool) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return reference(e.X, leaves)
	case *ast.Ident:
		v, ok := leaves[e.Name]
		return v, ok
	case *ast.BasicLit:
		if e.Kind != token.INT && e.Kind != token.FLOAT || len(e.Value) > 1 && e.Value[0] == '0' {
			return 0, false
		}
		v, err := strconv.ParseFloat(strings.ReplaceAll(e.Value, "_", ""), 64)
		return v, err == nil
	case *ast.UnaryExpr:
		v, ok := reference(e.X, leaves)
		switch e.Op {
		case token.ADD:
			return v, ok
		case token.SUB:
			return -v, ok
		}
	case *ast.BinaryExpr:
		a, okA := reference(e.X, leaves)
		b, okB := reference(e.Y, leaves)
		ok := okA && okB
		switch e.Op {
		case token.ADD:
			return a + b, ok
		case token.SUB:
			return a - b, ok
		case token.MUL:
			return a * b, ok
		case token.QUO:
			return a / b, ok
		}
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.Ident); ok && f.Name == "neg" && len(e.Args) == 1 && !e.Ellipsis.IsValid() {
			v, ok := reference(e.Args[0], leaves)
			return -v, ok
		}
	}
	return 0, false
}

// checkGrammar compares with go/parser: what is of the language is accepted and means the same, and nothing is accepted
// that is not Go.
func checkGrammar(t *testing.T, text string) {
	t.Helper()
	e, err := expr.Parse(text)
	tree, goErr := parser.ParseExpr(text)
	if goErr != nil {
		if err == nil && !strings.Contains(goErr.Error(), "exceeded max nesting depth") {
			t.Errorf("%q is accepted, go/parser says: %v", text, goErr)
		}
		return
	}
	leaves := map[string]float64{"x": 1.25, "y": -3.7, "θ": 1e-3}
	want, ok := reference(tree, leaves)
	if !ok || strings.Contains(text, "//") {
		return
	}
	if err != nil {
		t.Errorf("%q is not accepted, but is of the language: %v", text, err)
		return
	}
	g := graph.New()
	in := make(map[string]graph.Value)
	for name, v := range leaves {
		in[name] = g.Var(v)
	}
	y, err := e.Eval(g, in)
	if err != nil {
		t.Errorf("%q: %v", text, err)
		return
	}
	if got := y.Item(); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%q is %v, read by go/parser it is %v", text, got, want)
	}
}

// expressions are the seeds of the fuzz target and the cases of the comparison with go/parser.
var expressions = []string{
	"x", "x+y*θ", "(x+y)*θ", "x-y-θ", "x-(y-θ)", "x/y/θ", "x/(y*θ)", "-x*y", "-(x*y)", "- -x", "-+-x", "x - -y", "2*x+3*y-1/θ",
	"neg(x)", "neg(x,)", "neg(neg(x) - y)", "neg (x)", "-neg(-x)", "x*-y", "x+\ny", "neg(\nx,\n)", "x\n", "x /* c */ * y", "((x))",
	"1", "1_000", ".5", "1.", "1e3", "1e-3*x", "-1", "- 1 + 2", "2-x", "x-2", "\ufeffx",
	"x\n+y", "x y", "neg(x y)", "neg(,x)", "neg(x,,)", "neg()", "()", "x+", "+", "x)", "(x", "x;", "x..y", "--x", "x^2", "x[0]", "x.y", "x{}", "neg(x...)", "(neg)(x)",
	"sum(softmax(matmul(w, v), 0) * log1p(v*v))", "where(gt(x, 0), sqrt(x), x)", "sum(concat(0, v, v))", "sum(w, 0, 1)", "max(w)", "min(w, -1)",
	"sum(reshape(w, -1))", "sum(reshape(w, 1000000, 1000000))", "sum(broadcast(x, 1000000, 1000000))", "sum(pad(v, 0, 1000000000000, 0))", "sum(gather(w, 0, 1, 1))",
	"sum(slice(v, 0, -2, 3))", "logsumexp(v)", "pow(x, 3)", "pow(x, y)", "maximum(x, y)", "sum(transpose(w))", "cross_entropy(w, 0, 1)", "stop_gradient(x)", "sum(permute(w, 1, 0))",
	"softmax(v, 0)", "e + sum(e)", "sum(u*e)", "mean(e)", "prod(v)", "norm(v)", "det(w)", "sum(inv(w))", "sum(solve(w, w))", "sum(cumsum(v, 0))", "clamp(x, -1, 1)",
}

func TestGrammar(t *testing.T) {
	for _, text := range expressions {
		checkGrammar(t, text)
	}
	// go/parser stops at 100,000 operands in a row; the answer up to there is the same.
	long := strings.Repeat("x-y*", 40_000) + "θ"
	checkGrammar(t, long)
}

// FuzzExpr checks that an expression has either an error on one line, with its place, or a value and gradients, and
// that it is read as go/parser reads it.
func FuzzExpr(f *testing.F) {
	for _, text := range expressions {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		checkGrammar(t, text)
		e, err := expr.Parse(text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		g := graph.New(graph.WithMemoryLimit(1 << 20))
		in := map[string]graph.Value{
			"x": g.Var(1.25), "y": g.Var(-3.7), "θ": g.Var(1e-3),
			"v": g.VarTensor(tensor.Of([]float64{0.5, -1}, 2)),
			"w": g.VarTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2)),
			"u": g.VarTensor(tensor.Of([]float64{math.NaN(), math.Inf(1), 0}, 3, 1)),
			"e": g.VarTensor(tensor.New(tensor.Float64, 2, 0)),
		}
		y, err := e.Eval(g, in)
		if err != nil {
			checkError(t, text, err)
			return
		}
		if y.Rank() > 0 {
			return
		}
		err = graph.Try(func() {
			grads := autograd.Backward(y)
			for _, x := range in {
				grads.Tensor(x)
				autograd.Grad(y, x)
			}
		})
		if err != nil && !errors.Is(err, graph.ErrLimit) && !errors.Is(err, graph.ErrValue) {
			t.Errorf("%q has a value but no gradient: %v", text, err)
		}
	})
}

// FuzzBinding checks that a binding has either an error on one line, with its place, or a name and a value that the
// value's JSON gives again.
func FuzzBinding(f *testing.F) {
	for _, text := range append(point, "x", "=", "x=", "x=[1,[2]]", "x=[[1],[2,3]]", `x=[1,"NaN"]`, "x=[1,NaN]", "x=[[]]", "x=[1,2", "x=[1]]", "x={}", "x=[01]", "var=1", "2=1") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := expr.ParseBinding(text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		if !token.IsIdentifier(b.Name) || b.Value.Len() == 0 {
			t.Fatalf("%q binds %q to %v", text, b.Name, b.Value)
		}
		again := strings.NewReplacer(" ", ",", "NaN", `"NaN"`, "+Inf", `"+Inf"`, "-Inf", `"-Inf"`).Replace(b.Value.String())
		if b.Value.Rank() == 0 {
			again = strings.Trim(again, `"`)
		}
		c, err := expr.ParseBinding(b.Name + "=" + again)
		if err != nil && b.Value.Len() <= 1000 {
			t.Fatalf("%q is %v, but %q: %v", text, b.Value, again, err)
		}
		if err == nil && c.Value.String() != b.Value.String() {
			t.Errorf("%q is %v, and read again %v", text, b.Value, c.Value)
		}
	})
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var at *expr.Error
	if !errors.As(err, &at) {
		t.Fatalf("%q: got a %T, want an *expr.Error: %v", text, err, err)
	}
	if at.Line < 1 || at.Column < 1 || at.Line > 1+strings.Count(text, "\n") || strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("%q: want one line with a place inside the text, got %q", text, err)
	}
}
