package opstest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// primitives are the functions that Row.Value and Row.Slopes may call, as the documentation of graph.Row lists them.
// They alone name themselves.
var primitives = strings.Fields(`
	abs exp log log1p expm1 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh pow hypot
	floor ceil round trunc sign maximum minimum gt ge lt le eq ne where isnan isfinite
	erf erfc erfcx erfcx_derivative erfinv erfcinv lgamma digamma polygamma lbeta digamma_difference sinc_derivative`)

// textNumbers are the numbers that rows and their texts are compared at, besides random ones of their domains.
var textNumbers = []float64{
	0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), 0.5, -0.5, 2, -3, 1e-9, -1e-17, 20.5, -37, 700, -740,
	1e10, -1e20, 1e-300, -1e-300, 5e-324, 1e300, -1.7e308,
}

// textRoundings is how far a text's number may be from the row's, relatively, in units of 2⁻⁵²: both have a dozen
// roundings of half a unit, some of which add up.
const textRoundings = 8

// A textCall is one call of an elementwise operation: the arguments in the order of its parameters.
type textCall struct {
	row  *graph.Row
	args []any // float64 for a value or a constant number, int for an integer
}

func (c textCall) String() string { return fmt.Sprintf("%s%v", c.row.Name, c.args) }

// want returns the value and the derivatives by each operand, by the row's scalar function.
func (c textCall) want() []float64 {
	var xs []float64
	var p [2]float64
	n := 0
	params, _ := ops.Signature(c.row)
	for i, a := range c.args {
		v, isFloat := a.(float64)
		if !isFloat {
			v = float64(a.(int))
		}
		if params[i].Kind == ops.ValueArg {
			xs = append(xs, v)
		} else {
			p[n%2] = v
			n++
		}
	}
	switch {
	case c.row.Unary != nil:
		y, d := c.row.Unary(xs[0])
		return []float64{y, d}
	case c.row.UnaryParam != nil:
		y, d := c.row.UnaryParam(xs[0], p)
		return []float64{y, d}
	case c.row.Binary != nil:
		y, da, db := c.row.Binary(xs[0], xs[1])
		return []float64{y, da, db}
	}
	// No scalar function: what the graph computes.
	g := graph.New()
	var leaves []graph.Value
	args := slices.Clone(c.args)
	for i, p := range params {
		if p.Kind == ops.ValueArg {
			leaves = append(leaves, g.Var(args[i].(float64)))
			args[i] = leaves[len(leaves)-1]
		}
	}
	y := ops.Apply(c.row, args...)
	out := []float64{y.Item()}
	grads := autograd.Backward(y)
	for _, x := range leaves {
		out = append(out, grads.Scalar(x))
	}
	return out
}

// eval evaluates a text in the names of the row's parameters, and y for the value unless a parameter has that name. It
// keeps what it has parsed.
func (c textCall) eval(parsed map[string]*expr.Expr, text string, y float64) (float64, error) {
	g := graph.New()
	leaves := map[string]graph.Value{"y": g.Const(y)}
	integers := map[string]int{}
	params, _ := ops.Signature(c.row)
	for i, p := range params {
		switch v := c.args[i].(type) {
		case float64:
			leaves[p.Name] = g.Const(v)
		case int:
			leaves[p.Name] = g.Const(float64(v))
			integers[p.Name] = v
		}
	}
	text = writtenOut(text, integers)
	e := parsed[text]
	if e == nil {
		var err error
		if e, err = expr.Parse(text); err != nil {
			return 0, err
		}
		parsed[text] = e
	}
	v, err := e.Eval(g, leaves)
	if err != nil {
		return 0, err
	}
	return v.Item(), nil
}

// writtenOut returns the text with the integers among the arguments of calls written out: polygamma(n+1, x) is
// polygamma(3, x) for n = 2.
func writtenOut(text string, integers map[string]int) string {
	if len(integers) == 0 {
		return text
	}
	tree, err := parser.ParseExpr(text)
	if err != nil {
		return text // expr.Parse will say what is wrong
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.Ident)
		if !ok {
			return true
		}
		row, ok := ops.Lookup(f.Name)
		if !ok {
			return true
		}
		params, _ := ops.Signature(row)
		for i, p := range params {
			if p.Kind != ops.IntArg || i >= len(call.Args) {
				continue
			}
			if v, ok := integer(call.Args[i], integers); ok {
				call.Args[i] = &ast.BasicLit{Kind: token.INT, Value: strconv.Itoa(v)}
			}
		}
		return true
	})
	var b strings.Builder
	if err := printer.Fprint(&b, token.NewFileSet(), tree); err != nil {
		return text
	}
	return b.String()
}

// integer returns the value of a sum of integers and of names of integers.
func integer(e ast.Expr, integers map[string]int) (int, bool) {
	switch e := e.(type) {
	case *ast.Ident:
		v, ok := integers[e.Name]
		return v, ok
	case *ast.BasicLit:
		v, err := strconv.Atoi(e.Value)
		return v, err == nil
	case *ast.BinaryExpr:
		a, okA := integer(e.X, integers)
		b, okB := integer(e.Y, integers)
		return a + b, okA && okB && e.Op == token.ADD
	}
	return 0, false
}

// textCalls returns calls of an elementwise row: all combinations of textNumbers (of the first of them where there are
// many), and random ones of its domain.
func textCalls(row *graph.Row) []textCall {
	params, _ := ops.Signature(row)
	rng := rand.New(rand.NewPCG(7, 11))
	constants := [][]float64{{0.5, 2}, {0, 1}, {1, -1}, {2, 3}, {-1, 0.5}, {-2, math.NaN()}}
	var operands []int
	for i, p := range params {
		if p.Kind == ops.ValueArg {
			operands = append(operands, i)
		}
	}
	if len(operands) == len(params) {
		constants = constants[:1]
	}
	numbers := textNumbers
	if len(params) > 2 && len(operands) > 1 { // where and pow_log
		numbers = numbers[:9]
	}
	var calls []textCall
	for k, c := range constants {
		args := make([]any, len(params))
		n := 0
		for i, p := range params {
			switch p.Kind {
			case ops.IntArg:
				args[i] = k % 4
			case ops.FloatArg:
				args[i] = c[n%2]
				n++
			}
		}
		total := 1
		for range operands {
			total *= len(numbers)
		}
		for j := range total {
			a := slices.Clone(args)
			for _, i := range operands {
				a[i] = numbers[j%len(numbers)]
				j /= len(numbers)
			}
			calls = append(calls, textCall{row, a})
		}
		for range 50 {
			a := slices.Clone(args)
			for j, i := range operands {
				domain := rowtest.Domain(row, j)
				a[i] = domain.Lo + (domain.Hi-domain.Lo)*rng.Float64()
			}
			calls = append(calls, textCall{row, a})
		}
	}
	return calls
}

// sameText reports whether two numbers are of one kind, NaN, infinite or 0 of either sign, and agree to some roundings.
// A denormal number has lost digits, and some processors' exp returns 0 for it.
func sameText(want, got float64) bool {
	const least = 0x1p-1022
	switch {
	case want != want:
		return got != got
	case want == got, math.Abs(want) < least && math.Abs(got) < least:
		return true
	case math.IsInf(got, 0) || math.IsInf(want, 0):
		return false
	}
	return math.Abs(got-want) <= textRoundings*0x1p-52*math.Abs(want)
}

// text checks Value and Slopes, where a row has them.
func text(t *testing.T, row *graph.Row) {
	if row.Value == "" && len(row.Slopes) == 0 {
		return
	}
	params, ok := ops.Signature(row)
	if !ok {
		t.Fatalf("row %q has a Value, but %s takes something else than values, integers and numbers", row.Name, row.GoName())
	}
	operands := 0
	for _, p := range params {
		if p.Kind == ops.ValueArg && row.Class != graph.NoGrad {
			operands++
		}
	}
	if len(row.Slopes) != operands {
		t.Fatalf("row %q has %d Slopes, want %d, one for each operand", row.Name, len(row.Slopes), operands)
	}
	texts := append([]string{row.Value}, row.Slopes...)
	for k, text := range texts {
		primitive(t, row, text, k > 0)
	}
	parsed := map[string]*expr.Expr{}
	for _, c := range textCalls(row) {
		want := c.want()
		for k, text := range texts {
			got, err := c.eval(parsed, text, want[0])
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if !sameText(want[k], got) {
				t.Fatalf("%v: %q gives %v, the row %v", c, text, got, want[k])
			}
		}
	}
}

// primitive checks that a text ends in primitives, and that it knows no names but those of the parameters and, if it is
// a slope, y.
func primitive(t *testing.T, row *graph.Row, text string, slope bool) {
	t.Helper()
	tree, err := parser.ParseExpr(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	names := strings.Split(row.Params, ", ")
	if slope {
		names = append(names, "y")
	}
	functions := map[*ast.Ident]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok {
				functions[f] = true
				if !slices.Contains(primitives, f.Name) {
					t.Errorf("%q calls %s, which is no primitive", text, f.Name)
				}
			}
		case *ast.Ident:
			if !functions[n] && !slices.Contains(names, n.Name) {
				t.Errorf("%q has the name %s, which is no parameter of %s", text, n.Name, ops.Usage(row))
			}
		}
		return true
	})
}
