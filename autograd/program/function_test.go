package program_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestFunctionCheck(t *testing.T) {
	g := graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
	x, y := g.Var(2), g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	product := ops.Mul(x, y)
	sum := ops.Sum(product)
	foreign := graph.New().Var(1)
	m := g.Mark()
	stale := ops.Exp(x)
	g.Rewind(m)

	arguments := []program.Argument{{"x", program.Scalar, x}, {"y", program.Batch, y}}
	results := []program.Result{{"product", program.Output, product, "y"}, {"sum", program.Loss, sum, ""}}
	argument := func(name string, role program.Role, v graph.Value) *program.Function {
		return &program.Function{Arguments: append(slices.Clone(arguments), program.Argument{name, role, v}), Results: results}
	}
	result := func(name string, role program.Role, v graph.Value, replaces string) *program.Function {
		return &program.Function{Arguments: arguments, Results: append(slices.Clone(results), program.Result{name, role, v, replaces})}
	}
	good := &program.Function{Name: "f", Arguments: arguments, Results: results}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	const op = "program.Function.Check: "
	for name, test := range map[string]struct {
		f    *program.Function
		kind graph.Kind
		want string
	}{
		"nil":              {nil, graph.ErrUsage, "got a nil *program.Function: make one with its arguments and results"},
		"no results":       {&program.Function{Name: "f", Arguments: arguments}, graph.ErrUsage, `function "f" has no results: give at least one`},
		"zero result":      {&program.Function{Results: []program.Result{{"y", program.Output, graph.Value{}, ""}}}, graph.ErrUsage, "result 0 is the zero graph.Value, which belongs to no graph: use a value that was recorded"},
		"zero argument":    {argument("z", program.Batch, graph.Value{}), graph.ErrUsage, "got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		"foreign argument": {argument("z", program.Batch, foreign), graph.ErrForeign, "value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		"foreign result":   {result("z", program.Output, foreign, ""), graph.ErrForeign, "value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		"stale result":     {result("z", program.Output, stale, ""), graph.ErrStale, "value %5 was taken from the tape by Rewind: record it again, or set the mark after it"},
		"no leaf":          {argument("z", program.Batch, sum), graph.ErrUsage, `argument "z" is %4 = sum, the result of an operation: an argument is a leaf, made by Graph.Var, VarTensor, Const, ConstTensor or Bind`},
		"one leaf twice":   {argument("z", program.Batch, x), graph.ErrUsage, `arguments "x" and "z" are one leaf, %1: leave one of them out, or make two leaves`},
		"no name":          {argument("", program.Batch, x), graph.ErrUsage, "argument 2 has no name: give it one"},
		"no result's name": {result("", program.Batch, x, ""), graph.ErrUsage, "result 2 has no name: give it one"},
		"not UTF-8":        {argument("z\xff", program.Batch, x), graph.ErrUsage, `argument 2 has the name "z\xff", which is not UTF-8: files that name it could not be read`},
		"argument's name":  {argument("x", program.Batch, x), graph.ErrUsage, `two arguments have the name "x": give each its own`},
		"result's name":    {result("sum", program.Output, x, ""), graph.ErrUsage, `two results have the name "sum": give each its own`},
		"argument's role":  {argument("z", "batches", x), graph.ErrUsage, `argument "z" has the unknown role "batches": use one of ["parameter" "state" "batch" "label" "scalar" "loss" "output"]`},
		"result's role":    {result("z", "", x, ""), graph.ErrUsage, `result "z" has the unknown role "": use one of ["parameter" "state" "batch" "label" "scalar" "loss" "output"]`},
		"replaces no one":  {result("z", program.Output, x, "w"), graph.ErrUsage, `result "z" replaces "w", and no argument has that name: use the name of one of the arguments`},
		"replaced twice":   {result("z", program.Output, y, "y"), graph.ErrUsage, `results "product" and "z" both replace argument "y": only one can`},
		"another shape":    {result("z", program.Output, y, "x"), graph.ErrShape, `result "z" has shape (2) and replaces argument "x" of shape (): the new value of an argument has its shape`},
		"another precision": {result("z", program.Output, sum, "x"), graph.ErrDType,
			`result "z" is float32 and replaces argument "x" of float64: a scalar made of tensors has the graph's precision, others are float64; an operation on a scalar alone, such as ops.MulScalar(v, 1), makes it one of float64`},
	} {
		err := test.f.Check()
		if err == nil || !errors.Is(err, test.kind) || err.Error() != op+test.want {
			t.Errorf("%s: got  %v\nwant %s%s", name, err, op, test.want)
		}
		if err := graph.Try(func() { test.f.Nodes() }); !errors.Is(err, test.kind) {
			t.Errorf("%s: Nodes: got error %v, want one of kind %q", name, err, test.kind)
		}
	}
	if err := result("z", program.Output, ops.MulScalar(sum, 1), "x").Check(); err != nil {
		t.Errorf("made float64 as the message says: %v", err)
	}
}

// TestUntracedFunction holds that a graph that does not note what is read is allowed where reads are.
func TestUntracedFunction(t *testing.T) {
	g := graph.New()
	x := g.Var(1)
	f := &program.Function{
		Name:      "f",
		Arguments: []program.Argument{{"x", program.Batch, x}},
		Results:   []program.Result{{Name: "y", Role: program.Output, Value: ops.Exp(x)}},
	}
	const want = `program.Function.Check: function "f" is on a graph that was not made with graph.Traced(): what was recorded may depend on numbers, and nobody knows whether the program read some; record on graph.New(graph.Traced()), or set AllowReads if what was recorded is the function`
	if err := f.Check(); !errors.Is(err, graph.ErrUsage) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	f.AllowReads = true
	if err := f.Check(); err != nil {
		t.Error(err)
	}
}

// TestFunctionNodes holds that the nodes are what the results depend on, in the order of recording.
func TestFunctionNodes(t *testing.T) {
	g := graph.New(graph.Traced())
	x, unused, y := g.Var(2), g.Var(1), g.Var(3)
	ops.Exp(ops.Add(x, unused)) // dead
	p := ops.Mul(x, y)
	dx := autograd.Grad(p, x)[0] // y times the 1 that the sweep begins with
	f := &program.Function{
		Arguments: []program.Argument{{"x", program.Scalar, x}, {"unused", program.Scalar, unused}, {"y", program.Scalar, y}},
		Results:   []program.Result{{Name: "dx", Role: program.Output, Value: dx}, {Name: "p", Role: program.Output, Value: p}},
	}
	var got []string
	for _, n := range f.Nodes() {
		got = append(got, n.Label())
	}
	want := []string{"%1", "%3", "%6 = mul", "%7", "%8 = chain"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
