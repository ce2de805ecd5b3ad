package notation_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
	"github.com/seed366ff29f/chainrule/ops"
)

// writer writes values by their names; those that have none are written out.
var writer = notation.Writer{
	Text:   func(n graph.Node) (string, bool) { return n.Name(), n.Name() != "" },
	Number: func(v float64) string { return legible.Factor(v, 6) },
}

// ways returns the ways from node n to a leaf, through values that have no name.
func ways(n graph.Node, leaf string, w notation.Way) []notation.Way {
	var out []notation.Way
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		if in.Name() == leaf {
			out = append(out, w.Through(n, i))
		} else if in.Name() == "" && in.NumInputs() > 0 && n.Wants(i) {
			out = append(out, ways(in, leaf, w.Through(n, i))...)
		}
	}
	return out
}

// TestFormulas writes values and derivatives through values without names.
func TestFormulas(t *testing.T) {
	g := graph.New()
	x, y := g.Var(2).Named("x"), g.Var(3).Named("y")
	two, one := g.Const(2), g.Const(1)
	for _, c := range []struct {
		value graph.Value
		f     string
		dx    string // one way after the other
	}{
		{ops.Add(ops.Mul(x, y), two), "x·y + 2", "y"},
		{ops.MulScalar(ops.Square(ops.Sub(y, x)), 0.5), "0.5·(y - x)²", "-(y - x)"},
		{ops.Square(ops.Sub(x, y)), "(x - y)²", "2·(x - y)"},
		{ops.Mul(two, ops.Square(ops.Sub(x, y))), "2·(x - y)²", "4·(x - y)"},
		{
			ops.Neg(ops.Add(ops.Mul(y, ops.Log(x)), ops.Mul(ops.Sub(one, y), ops.Log(ops.Sub(one, x))))),
			"-(y·ln x + (1 - y)·ln (1 - x))", "-y/x; (1 - y)/(1 - x)",
		},
		{ops.Sin(ops.Mul(x, y)), "sin (x·y)", "cos (x·y)·y"},
		{ops.Mul(ops.Sin(x), ops.Exp(y)), "(sin x)·e^y", "e^y·cos x"},
		{ops.Div(ops.Add(x, y), ops.Sub(x, y)), "(x + y) / (x - y)", "1/(x - y); -(x + y)/(x - y)²"},
		{ops.Div(y, ops.Mul(x, y)), "y / (x·y)", "-y/(x·y)²·y"},
		{ops.Exp(ops.Neg(ops.Square(x))), "e^(-x²)", "-2·e^(-x²)·x"},
		{ops.Pow(ops.Add(x, y), two), "(x + y)²", "2·(x + y)"},
		{ops.PowScalar(ops.Add(x, y), 3), "(x + y)³", "3·(x + y)²"},
		{ops.PowScalar(x, -2), "x^(-2)", "-2·x^(-3)"},
		{ops.Sqrt(ops.Add(ops.Square(x), ops.Square(y))), "√(x² + y²)", "x/√(x² + y²)"},
		{ops.ReLU(ops.Mul(x, y)), "relu(x·y)", "relu'(x·y)·y"},
		{ops.LeakyReLU(x, 0.1), "leaky_relu(x, 0.1)", "leaky_relu'(x)"},
		{ops.Clamp(ops.Mul(x, y), -1, 0.5), "clamp(x·y, -1, 0.5)", "clamp'(x·y)·y"},
		{ops.Softplus(ops.Mul(x, y)), "ln(1+e^(x·y))", "sigmoid(x·y)·y"},
		{ops.Sigmoid(ops.Sigmoid(ops.Mul(x, y))), "1/(1+e^(-sigmoid(x·y)))", "sigmoid(sigmoid(x·y))·(1-sigmoid(sigmoid(x·y)))·sigmoid(x·y)·(1-sigmoid(x·y))·y"},
		{ops.Where(ops.Gt(y, two), ops.Mul(x, y), y), "y > 2 ? x·y : y", ""},
		{ops.Maximum(ops.Mul(x, y), y), "maximum(x·y, y)", ""},
		{ops.Neg(ops.Neg(x)), "-(-x)", "1"},
		{ops.Sub(y, ops.Sub(y, x)), "y - (y - x)", "1"},
		{ops.Sub(y, ops.Neg(x)), "y - (-x)", "1"},
		{ops.Mul(ops.Neg(x), ops.Neg(y)), "(-x)·(-y)", "-(-y)"},
		{ops.AddScalar(ops.Mul(x, y), -3), "x·y - 3", "y"},
		{ops.AddScalar(ops.Neg(x), 1), "1 - x", "-1"},
		{ops.Mul(ops.AddScalar(ops.Neg(ops.Mul(x, y)), 1), y), "(1 - x·y)·y", "-y·y"},
		{ops.AddScalar(ops.Neg(x), -1), "-x - 1", "-1"},
		{ops.MulScalar(ops.Add(x, y), -0.5), "-0.5·(x + y)", "-0.5"},
		{ops.Log1p(ops.Exp(x)), "ln(1+e^x)", "e^x/(1+e^x)"},
		{ops.Abs(ops.Sub(y, x)), "|y - x|", "-sign(y - x)"},
		{ops.Square(ops.Square(x)), "(x²)²", "4·x²·x"},
		{ops.GELU(ops.Mul(x, y)), "x·y·Φ(x·y)", "(Φ(x·y) + x·y·φ(x·y))·y"},
		{ops.Polygamma(2, x), "polygamma(2, x)", "polygamma(2+1, x)"},
		{ops.Hypot(ops.Mul(x, y), y), "√((x·y)² + y²)", "x·y/√((x·y)² + y²)·y"},
	} {
		t.Run(c.f, func(t *testing.T) {
			n := c.value.Node()
			if got, _ := writer.Formula(n); got != c.f {
				t.Errorf("the value is written %s, want %s", got, c.f)
			}
			var parts []string
			for _, w := range ways(n, "x", writer.Way("")) {
				s, _, _ := w.Formula()
				parts = append(parts, s)
			}
			if got := strings.Join(parts, "; "); got != c.dx {
				t.Errorf("the derivative by x is written %s, want %s", got, c.dx)
			}
		})
	}
}

// TestCotangents writes rules of tensors, which have the cotangent in them.
func TestCotangents(t *testing.T) {
	g := graph.New()
	w, x := g.VarTensor(tensor.New(tensor.Float64, 3, 2)).Named("w"), g.VarTensor(tensor.New(tensor.Float64, 2, 1)).Named("x")
	b := g.VarTensor(tensor.New(tensor.Float64, 3, 1)).Named("b")
	z := ops.Add(ops.MatMul(w, x), b)
	for _, c := range []struct {
		value graph.Value
		leaf  string
		want  string
	}{
		{z, "w", "δ·xᵀ"},
		{z, "x", "wᵀ·δ"},
		{z, "b", "δ"},
		{ops.MatMul(ops.Transpose(w), z), "b", "w·δ"},
		{ops.MulScalar(ops.Tanh(ops.MatMul(w, x)), -2), "w", "-2·δ·(1 - (tanh (w·x))²)·xᵀ"},
	} {
		n := c.value.Node()
		all := ways(n, c.leaf, writer.Way("δ"))
		if len(all) != 1 {
			t.Fatalf("%s by %s: %d ways, want 1", n.OpName(), c.leaf, len(all))
		}
		if got, _, ok := all[0].Formula(); got != c.want || !ok {
			t.Errorf("%s by %s: got %s, %v, want %s", n.OpName(), c.leaf, got, ok, c.want)
		}
	}
	if s, _, ok := writer.Way("").Through(ops.MatMul(w, x).Node(), 0).Formula(); ok {
		t.Errorf("the derivative of a matrix product is written %s, want none", s)
	}
}

// TestNumbers builds expressions at random and computes what is written of them: the value, and the sum of all ways to
// each leaf, must be what is on the tape.
func TestNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	unary := []func(graph.Value) graph.Value{
		func(x graph.Value) graph.Value { return ops.AddScalar(ops.Neg(x), 1) },
		ops.Neg, ops.Square, ops.Exp, ops.Sin, ops.Cos, ops.Tanh, ops.Sigmoid, ops.Softplus, ops.Abs, ops.Sinh, ops.Cosh, ops.Atan, ops.Tan,
		func(x graph.Value) graph.Value { return ops.Sqrt(ops.AddScalar(ops.Square(x), 1)) },
		func(x graph.Value) graph.Value { return ops.Log(ops.AddScalar(ops.Square(x), 1)) },
		func(x graph.Value) graph.Value { return ops.Log1p(ops.Square(x)) },
		func(x graph.Value) graph.Value { return ops.Rsqrt(ops.AddScalar(ops.Square(x), 1)) },
		func(x graph.Value) graph.Value { return ops.Reciprocal(ops.AddScalar(ops.Square(x), 1)) },
		func(x graph.Value) graph.Value { return ops.MulScalar(x, -0.5) },
		func(x graph.Value) graph.Value { return ops.MulScalar(x, 3) },
		func(x graph.Value) graph.Value { return ops.AddScalar(x, -2) },
		func(x graph.Value) graph.Value { return ops.PowScalar(x, 3) },
		func(x graph.Value) graph.Value { return ops.Mul(x, x.Graph().Const(-1.5)) },
	}
	binary := []func(a, b graph.Value) graph.Value{ops.Add, ops.Sub, ops.Mul, ops.Div, ops.Hypot}
	written := 0
	for range 3000 {
		g := graph.New()
		leaves := map[string]float64{}
		var values []graph.Value
		for k := range 3 {
			name := string(rune('p' + k))
			v := math.Round(400*(rng.Float64()-0.5))/100 + 0.005
			leaves[name] = v
			values = append(values, g.Var(v).Named(name))
		}
		y := values[0]
		for range 1 + rng.IntN(3) {
			if rng.IntN(2) == 0 {
				y = unary[rng.IntN(len(unary))](y)
			} else if other := values[rng.IntN(3)]; rng.IntN(2) == 0 {
				y = binary[rng.IntN(len(binary))](y, other)
			} else {
				y = binary[rng.IntN(len(binary))](other, y)
			}
		}
		n := y.Node()
		if n.NumInputs() == 0 || !(math.Abs(y.Item()) < 1e6) {
			continue
		}
		f, _ := writer.Formula(n)
		check(t, f, f, y.Item(), leaves)
		leaves["y"] = y.Item() // of rules that use the result
		y.Named("y")
		for name := range leaves {
			all := ways(n, name, writer.Way(""))
			if len(all) == 0 || name == "y" {
				continue
			}
			var sum []string
			for _, w := range all {
				s, _, ok := w.Formula()
				if !ok {
					t.Errorf("y = %s: no formula for ∂y/∂%s", f, name)
				}
				sum = append(sum, "("+s+")")
			}
			want := derivative(n, name)
			if math.Abs(want) < 1e6 {
				check(t, f, strings.Join(sum, " + "), want, leaves)
				written++
			}
		}
	}
	if written < 2000 {
		t.Errorf("%d derivatives were computed, want more", written)
	}
}

// derivative returns the derivative of a node by a leaf: the sum over all ways of the products of what is on the tape.
func derivative(n graph.Node, leaf string) float64 {
	var sum float64
	for i := range n.NumInputs() {
		d, _ := n.Partial(i)
		if in := n.InputNode(i); in.Name() == leaf {
			sum += d
		} else if in.NumInputs() > 0 {
			sum += d * derivative(in, leaf)
		}
	}
	return sum
}

// check computes a formula and compares the result. Numbers in formulas have six digits.
func check(t *testing.T, of, formula string, want float64, leaves map[string]float64) {
	t.Helper()
	if strings.Contains(formula, "…") {
		return // it is nested too deep to be written
	}
	r := reader{text: []rune(formula), names: leaves}
	got, err := r.read()
	if err != nil || !(math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))) {
		t.Errorf("y = %s: %s is %v (%v), want %v, at %v", of, formula, got, err, want, leaves)
	}
}

// A reader computes a formula as it is written by hand: products bind tighter than sums, powers tighter than products, a
// minus sign in front less tight than products, and a function without parentheses takes the power that follows.
type reader struct {
	text  []rune
	at    int
	names map[string]float64
}

type unreadable string

func (r *reader) read() (v float64, err error) {
	defer func() {
		if e, ok := recover().(unreadable); ok {
			err = fmt.Errorf("at %d: %s", r.at, string(e))
		}
	}()
	v = r.sum()
	if r.peek() != 0 {
		panic(unreadable("text is left"))
	}
	return v, nil
}

func (r *reader) peek() rune {
	for r.at < len(r.text) && r.text[r.at] == ' ' {
		r.at++
	}
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *reader) take(c rune) bool {
	if r.peek() == c {
		r.at++
		return true
	}
	return false
}

func (r *reader) sum() float64 {
	v := 0.0
	if r.take('-') {
		v = -r.product()
	} else {
		v = r.product()
	}
	for {
		switch {
		case r.take('+'):
			v += r.product()
		case r.take('-'):
			v -= r.product()
		default:
			return v
		}
	}
}

func (r *reader) product() float64 {
	v := r.power()
	for {
		switch {
		case r.take('·'):
			v *= r.power()
		case r.take('/'):
			v /= r.power()
		case r.peek() == '√':
			v *= r.power()
		default:
			return v
		}
	}
}

func (r *reader) power() float64 {
	if r.take('√') {
		return math.Sqrt(r.power())
	}
	v := r.atom()
	for {
		switch {
		case r.take('²'):
			v *= v
		case r.take('³'):
			v *= v * v
		case r.take('^'):
			negative := r.take('-')
			e := r.power()
			if negative {
				e = -e
			}
			v = math.Pow(v, e)
		default:
			return v
		}
	}
}

var functions = map[string]func(float64) float64{
	"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "sinh": math.Sinh, "cosh": math.Cosh, "tanh": math.Tanh, "ln": math.Log, "arctan": math.Atan,
	"sigmoid":  func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	"softplus": func(x float64) float64 { return math.Log1p(math.Exp(x)) },
	"sign":     func(x float64) float64 { return math.Copysign(1, x) },
}

func (r *reader) atom() float64 {
	switch c := r.peek(); {
	case r.take('('):
		v := r.sum()
		if !r.take(')') {
			panic(unreadable("no )"))
		}
		return v
	case r.take('|'):
		v := r.sum()
		if !r.take('|') {
			panic(unreadable("no |"))
		}
		return math.Abs(v)
	case unicode.IsDigit(c):
		start := r.at
		for r.at < len(r.text) && (unicode.IsDigit(r.text[r.at]) || r.text[r.at] == '.') {
			r.at++
		}
		v, err := strconv.ParseFloat(string(r.text[start:r.at]), 64)
		if err != nil {
			panic(unreadable(err.Error()))
		}
		return v
	case unicode.IsLetter(c):
		start := r.at
		for r.at < len(r.text) && unicode.IsLetter(r.text[r.at]) && !strings.ContainsRune("ˣʸ", r.text[r.at]) {
			r.at++
		}
		word := string(r.text[start:r.at])
		if word == "e" {
			return math.E
		}
		if v, ok := r.names[word]; ok {
			return v
		}
		if f, ok := functions[word]; ok {
			if r.take('²') { // tan² x
				v := f(r.power())
				return v * v
			}
			if r.at < len(r.text) && r.text[r.at] == '(' { // a call: sigmoid(x)² is a square
				return f(r.atom())
			}
			return f(r.power())
		}
		panic(unreadable("the word " + word))
	}
	panic(unreadable("no number"))
}
