package program_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

var allowReads = program.Config{AllowReads: true}

func TestCompileErrors(t *testing.T) {
	g, other := graph.New(graph.Traced()), graph.New(graph.Traced())
	x, w := g.Var(2), g.VarTensor(tensor.New(tensor.Float64, 2, 2))
	gone := graph.New(graph.Traced())
	stale := gone.Var(1)
	gone.Reset()
	plain := graph.New()
	read := graph.New(graph.Traced())
	a := read.Var(1)
	b := ops.Exp(a)
	_ = b.Item()
	c := ops.Mul(b, a)
	changes := graph.New(graph.Traced())
	u, v := changes.Var(1), changes.Var(2)
	square := ops.Square(v)
	mixed, fresh := ops.Mul(u, square), ops.Mul(u, v)
	v.Set(3)
	double := autograd.Custom("double", func(xs ...*tensor.Tensor) *tensor.Tensor { return xs[0].Clone() },
		func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct} })
	for _, c := range []struct {
		name string
		y    graph.Value
		xs   []graph.Value
		kind graph.Kind
		want string
	}{
		{"not traced", plain.Var(1), nil, graph.ErrUsage, "program.Compile: the graph was not made with graph.Traced(): what it records may depend on numbers, and its tape is no program; record on graph.New(graph.Traced())"},
		{"zero result", graph.Value{}, nil, graph.ErrUsage, "program.Compile: got the zero graph.Value"},
		{"zero input", x, []graph.Value{{}}, graph.ErrUsage, "program.Compile: got the zero graph.Value"},
		{"stale", stale, nil, graph.ErrStale, "program.Compile: value %1 was recorded before the graph's Reset"},
		{"foreign", x, []graph.Value{other.Var(1)}, graph.ErrForeign, "belongs to another graph"},
		{"no elements", g.VarTensor(tensor.New(tensor.Float64, 0, 2)), nil, graph.ErrShape, "has shape (0,2), which has no elements"},
		{"no leaf", ops.Exp(ops.Neg(x)), []graph.Value{x, ops.Neg(x)}, graph.ErrUsage, "input 1 is"},
		{"twice", x, []graph.Value{x, w, x}, graph.ErrUsage, "inputs 0 and 2 are one leaf"},
		{"sort", ops.Sum(ops.Sort(w, 0)), []graph.Value{w}, graph.ErrUsage, "= sort cannot be part of a program: the order of what it moves depends on the numbers"},
		{"custom", double(x), []graph.Value{x}, graph.ErrUsage, "= double cannot be part of a program: what it computes is a function in Go"},
		{"changed", mixed, []graph.Value{u}, graph.ErrChanged, "leaf %2 was changed after %3 = square had used it, which is a constant of the program: record it again, or make the leaf an input"},
		{"read", c, []graph.Value{a}, graph.ErrUsage, "or set AllowReads"},
	} {
		p, err := program.Compile(c.y, c.xs...)
		if err == nil || p != nil || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %s", c.name, p, err, c.want)
		}
	}
	if _, err := program.CompileWith(allowReads, c, a); err != nil {
		t.Errorf("reads that are allowed: %v", err)
	}
	if _, err := program.Compile(b, a); err != nil {
		t.Errorf("a read at the end: %v", err)
	}
	// A constant has the number that it has now, an input any.
	for _, c := range []struct {
		y    graph.Value
		xs   []graph.Value
		want float64
	}{{fresh, []graph.Value{u}, 15}, {mixed, []graph.Value{u, v}, 45}} {
		p, err := program.Compile(c.y, c.xs...)
		if err != nil {
			t.Error(err)
		} else if got := p.Eval([]float64{5, 3}[:len(c.xs)], nil); got != c.want {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
	// What does not depend on the inputs is a constant, whatever made it.
	p, err := program.Compile(ops.Add(x, ops.Sum(ops.Sort(w, 0))), x)
	if err != nil || p.Eval([]float64{3}, nil) != 3 {
		t.Errorf("a constant sort: %v", err)
	}
}

// So many results that their Jacobian would not fit, or not be made in a minute, are refused too.
func TestTooManyResults(t *testing.T) {
	g := graph.New(graph.Traced())
	w := g.VarTensor(tensor.New(tensor.Float64, 100_000))
	_, err := program.Compile(ops.Square(w), w)
	if !errors.Is(err, graph.ErrLimit) || !strings.Contains(err.Error(), "= square has 100000 elements, whose derivatives take a sweep each: use program.CompileJacobian if most of them are 0, or compile fewer at a time, or their sum") {
		t.Error(err)
	}
}

// A program that would be too long is refused before it is made.
func TestTooLong(t *testing.T) {
	defer program.SetLimit(1000)()
	g := graph.New(graph.Traced())
	w := g.VarTensor(tensor.New(tensor.Float64, 30, 30))
	for name, y := range map[string]graph.Value{"matmul": ops.Sum(ops.MatMul(w, w)), "square": ops.Sum(ops.Square(w)), "softmax": ops.Softmax(w, 0)} {
		_, err := program.Compile(y, w)
		if !errors.Is(err, graph.ErrLimit) || !strings.Contains(err.Error(), "program.Compile: the program needs more than 1000 instructions") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMisuse(t *testing.T) {
	g := graph.New(graph.Traced())
	x, w := g.Var(2), g.VarTensor(tensor.New(tensor.Float64, 3))
	p, err := program.Compile(ops.Mul(x, ops.Sum(w)), x, w)
	if err != nil {
		t.Fatal(err)
	}
	several, err := program.Compile(ops.Mul(x, w), x, w)
	if err != nil {
		t.Fatal(err)
	}
	four, two := make([]float64, 4), make([]float64, 2)
	for _, c := range []struct {
		name string
		f    func()
		want string
	}{
		{"writer", func() { p.WriteText(nil) }, "program.Program.WriteText: got a nil io.Writer: give one such as os.Stdout"},
		{"point", func() { p.Eval(two, nil) }, "program.Program.Eval: the point has 2 numbers, and the program has 4 inputs: give one for each"},
		{"gradient", func() { p.Eval(four, two) }, "program.Program.Eval: the gradient has room for 2 derivatives, and the program has 4 inputs: give one for each, or nil"},
		{"empty gradient", func() { p.Eval(four, []float64{}) }, "program.Program.Eval: the gradient has room for 0 derivatives"},
		{"several", func() { several.Eval(four, nil) }, "program.Program.Eval: the program has 3 results: use Program.Jacobian, or compile one number"},
		{"several at once", func() { several.EvalBatch(four, nil, nil) }, "program.Program.EvalBatch: the program has 3 results"},
		{"Jacobian of a point", func() { several.Jacobian(two, two, nil) }, "program.Program.Jacobian: the point has 2 numbers, and the program has 4 inputs: give one for each"},
		{"results", func() { several.Jacobian(four, two, nil) }, "program.Program.Jacobian: ys has room for 2 results, and the program has 3: give one for each"},
		{"Jacobian", func() { several.Jacobian(four, make([]float64, 3), four) }, "program.Program.Jacobian: the Jacobian has room for 4 derivatives, and the program has 3 results and 4 inputs: give 12, a row for each result, or nil"},
	} {
		if err := graph.Try(c.f); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// Every method of no program says so.
func TestNoProgram(t *testing.T) {
	for _, p := range []*program.Program{nil, new(program.Program)} {
		v := reflect.ValueOf(p)
		for i := range v.NumMethod() {
			name, m := v.Type().Method(i).Name, v.Method(i)
			args := make([]reflect.Value, m.Type().NumIn())
			for k := range args {
				args[k] = reflect.Zero(m.Type().In(k))
			}
			want := "program.Program." + name + ": got a nil or zero *program.Program: make one with program.Compile"
			if err := graph.Try(func() { m.Call(args) }); err == nil || err.Error() != want {
				t.Errorf("%s of %+v: %v, want %s", name, p, err, want)
			}
		}
	}
}
