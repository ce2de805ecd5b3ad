package stablehlo

import (
	"bytes"
	"errors"
	"io"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// Every row has a form, or says why not.
func TestRows(t *testing.T) {
	names := make(map[string]bool)
	for _, row := range graph.Rows() {
		names[row.Name] = true
		ok, reason := Lowers(row)
		_, given := reasons[row.Name]
		switch {
		case ok && given:
			t.Errorf("%s has a form and a reason for having none", row.Name)
		case !ok && !given:
			t.Errorf("%s has neither a form nor a reason for having none: %s", row.Name, reason)
		}
	}
	for name := range lowerings {
		if !names[name] {
			t.Errorf("there is a form for %s, which is no operation", name)
		}
	}
	for name := range reasons {
		if !names[name] {
			t.Errorf("there is a reason for %s, which is no operation", name)
		}
	}
	for name := range primitives {
		if _, ok := primitive.Arity(name); !ok {
			t.Errorf("there is a form for %s, which is no primitive", name)
		}
	}
}

// A row of another package has a form if its expression has one, and never that of a row with its name.
func TestRowsOfOthers(t *testing.T) {
	unary := func(graph.Value) graph.Value { panic("not called") }
	for _, c := range []struct {
		row  *graph.Row
		want string // the reason, "" for a form
	}{
		{&graph.Row{Name: "cube", Func: unary, Params: "x", Value: "x*x*x", Slopes: []string{"3*x*x"}}, ""},
		{&graph.Row{Name: "matmul", Func: unary, Params: "x"}, "its row says no expression and no table has it"},
		{&graph.Row{Name: "typo", Func: unary, Params: "x", Value: "cube(x)", Slopes: []string{"x"}}, `"cube(x)": cube is no primitive`},
		{&graph.Row{Name: "text", Func: func(graph.Value, string) graph.Value { panic("not called") }, Params: "x, s", Value: "x"}, " takes something else than values and numbers"},
		{graph.New().Var(1).Node().Row(), "its row says no expression and no table has it"},
		{nil, "there is no operation"},
	} {
		if ok, reason := Lowers(c.row); ok != (c.want == "") || reason != c.want {
			t.Errorf("%v: got %v, %q, want %q", c.row, ok, reason, c.want)
		}
	}
}

// function returns a function whose arguments are named a, b, ... and whose results r0, r1, ...
func function(args []graph.Value, results ...graph.Value) *program.Function {
	f := &program.Function{Name: "test"}
	for i, a := range args {
		f.Arguments = append(f.Arguments, program.Argument{Name: string(rune('a' + i)), Role: program.Batch, Value: a})
	}
	for i, r := range results {
		f.Results = append(f.Results, program.Result{Name: "r" + string(rune('0'+i)), Role: program.Output, Value: r})
	}
	return f
}

// text returns the module of a function.
func text(t *testing.T, f *program.Function, options ...Option) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, options...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	g := graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
	x := g.ConstTensor(tensor.New(tensor.Float32, 4, 3))
	w := g.VarTensor(tensor.New(tensor.Float32, 3, 2))
	b := g.VarTensor(tensor.New(tensor.Float32, 2))
	rate, unused := g.Var(0.5), g.Var(7)
	ops.Exp(unused) // no result depends on it
	y := ops.Linear(x, w, b)
	l := ops.Sum(ops.Mul(y, g.ConstTensor(tensor.Of([]float64{1, -2}, 2))))
	b2 := ops.Sub(b, ops.Mul(rate, ops.Mul(b, g.ConstTensor(tensor.Of([]float64{3, 3}, 2)))))
	f := function([]graph.Value{x, w, b, rate, unused}, l, b2, ops.Square(rate), w)
	f.Name = "a \"step\""
	f.Arguments[2].Name = "bias·\n"
	f.Results[1].Replaces = "bias·\n"
	want := `module @"a \22step\22" {
  func.func public @main(
      %arg0: tensor<4x3xf32> loc("a"),
      %arg1: tensor<3x2xf32> loc("b"),
      %arg2: tensor<2xf32> {tf.aliasing_output = 1 : i32} loc("bias\C2\B7\0A"),
      %arg3: tensor<f64> loc("d"),
      %arg4: tensor<f64> loc("e")
  ) -> (tensor<f32> {jax.result_info = "r0"}, tensor<2xf32> {jax.result_info = "r1"}, tensor<f64> {jax.result_info = "r2"}, tensor<3x2xf32> {jax.result_info = "r3"}) {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [0], precision = [HIGHEST, HIGHEST] : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
    %1 = stablehlo.broadcast_in_dim %arg2, dims = [1] : (tensor<2xf32>) -> tensor<4x2xf32>
    %2 = stablehlo.add %0, %1 : tensor<4x2xf32>
    %3 = stablehlo.constant dense<"0x0000803f000000c0"> : tensor<2xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [1] : (tensor<2xf32>) -> tensor<4x2xf32>
    %5 = stablehlo.multiply %2, %4 : tensor<4x2xf32>
    %6 = stablehlo.constant dense<0.0> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [0, 1] : (tensor<4x2xf32>, tensor<f32>) -> tensor<f32>
    %8 = stablehlo.constant dense<3.0> : tensor<2xf32>
    %9 = stablehlo.multiply %arg2, %8 : tensor<2xf32>
    %10 = stablehlo.convert %arg3 : (tensor<f64>) -> tensor<f32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [] : (tensor<f32>) -> tensor<2xf32>
    %12 = stablehlo.multiply %11, %9 : tensor<2xf32>
    %13 = stablehlo.subtract %arg2, %12 : tensor<2xf32>
    %14 = stablehlo.multiply %arg3, %arg3 : tensor<f64>
    return %7, %13, %14, %arg1 : tensor<f32>, tensor<2xf32>, tensor<f64>, tensor<3x2xf32>
  }
}
`
	if diff := cmp.Diff(want, text(t, f)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for p, want := range map[Precision]string{HighPrecision: "HIGHEST, HIGHEST", MediumPrecision: "HIGH, HIGH", DefaultPrecision: "DEFAULT, DEFAULT"} {
		if s := text(t, f, WithPrecision(p)); !strings.Contains(s, "precision = ["+want+"]") {
			t.Errorf("precision %v: got %s", p, s)
		}
	}

	const sidecar = `{
  "entry": "main",
  "stablehlo": "step.mlir",
  "arguments": [
    {"name":"a","role":"batch","shape":[4,3],"dtype":"float32","result":null},
    {"name":"b","role":"batch","shape":[3,2],"dtype":"float32","result":null},
    {"name":"bias·\n","role":"batch","shape":[2],"dtype":"float32","result":1},
    {"name":"d","role":"batch","shape":[],"dtype":"float64","result":null},
    {"name":"e","role":"batch","shape":[],"dtype":"float64","result":null}
  ],
  "results": [
    {"name":"r0","role":"output","shape":[],"dtype":"float32"},
    {"name":"r1","role":"output","shape":[2],"dtype":"float32"},
    {"name":"r2","role":"output","shape":[],"dtype":"float64"},
    {"name":"r3","role":"output","shape":[3,2],"dtype":"float32"}
  ]
}
`
	var out bytes.Buffer
	if err := WriteSidecar(&out, f, "step.mlir"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sidecar, out.String()); diff != "" {
		t.Errorf("sidecar: mismatch (-want +got):\n%s", diff)
	}
}

// Conditions stay truth values, and constants are written where they are used, in the type in which they are.
func TestElementwiseText(t *testing.T) {
	g := graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
	x := g.VarTensor(tensor.New(tensor.Float32, 2))
	tenth := g.Const(0.1)
	y := ops.Where(ops.Gt(x, tenth), ops.Add(x, g.Const(0)), tenth)
	z := ops.MulZeroWins(ops.PowLog(x, tenth, 0), ops.Mul(x, g.Const(1)))
	want := `module @"test" {
  func.func public @main(
      %arg0: tensor<2xf32> loc("a")
  ) -> (tensor<2xf32> {jax.result_info = "r0"}, tensor<2xf32> {jax.result_info = "r1"}, tensor<f64> {jax.result_info = "r2"}) {
    %0 = stablehlo.constant dense<0.1> : tensor<2xf32>
    %1 = stablehlo.compare GT, %arg0, %0, FLOAT : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
    %2 = stablehlo.convert %1 : (tensor<2xi1>) -> tensor<2xf32>
    %3 = stablehlo.constant dense<0.0> : tensor<2xf32>
    %4 = stablehlo.compare EQ, %arg0, %3, FLOAT : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
    %5 = stablehlo.select %4, %3, %arg0 : tensor<2xi1>, tensor<2xf32>
    %6 = stablehlo.select %1, %5, %0 : tensor<2xi1>, tensor<2xf32>
    %7 = stablehlo.power %arg0, %0 : tensor<2xf32>
    %8 = stablehlo.compare EQ, %7, %3, FLOAT : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
    %9 = stablehlo.compare EQ, %arg0, %3, FLOAT : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
    %10 = stablehlo.or %8, %9 : tensor<2xi1>
    %11 = stablehlo.multiply %7, %arg0 : tensor<2xf32>
    %12 = stablehlo.select %10, %3, %11 : tensor<2xi1>, tensor<2xf32>
    %13 = stablehlo.constant dense<0.1> : tensor<f64>
    return %6, %12, %13 : tensor<2xf32>, tensor<2xf32>, tensor<f64>
  }
}
`
	if diff := cmp.Diff(want, text(t, function([]graph.Value{x}, y, z, tenth))); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestNoArguments(t *testing.T) {
	g := graph.New(graph.Traced())
	f := function(nil, g.Const(math.Inf(-1)))
	f.Name = ""
	want := `module {
  func.func public @main(
  ) -> (tensor<f64> {jax.result_info = "r0"}) {
    %0 = stablehlo.constant dense<0xFFF0000000000000> : tensor<f64>
    return %0 : tensor<f64>
  }
}
`
	if diff := cmp.Diff(want, text(t, f)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	var out bytes.Buffer
	if err := WriteSidecar(&out, f, "a/b.mlir"); err != nil || !strings.Contains(out.String(), "\"arguments\": [],") {
		t.Errorf("got %s, %v", out.String(), err)
	}
}

func TestConstants(t *testing.T) {
	negZero := math.Copysign(0, -1)
	for _, c := range []struct {
		dtype tensor.DType
		data  []float64
		want  string
	}{
		{tensor.Float64, []float64{0, 0}, "dense<0.0> : tensor<2xf64>"},
		{tensor.Float64, []float64{negZero, negZero}, "dense<-0.0> : tensor<2xf64>"},
		{tensor.Float64, []float64{negZero, 0}, `dense<"0x00000000000000800000000000000000"> : tensor<2xf64>`},
		{tensor.Float64, []float64{0.1}, "dense<0.1> : tensor<1xf64>"},
		{tensor.Float32, []float64{0.1}, "dense<0.1> : tensor<1xf32>"},
		{tensor.Float64, []float64{float64(float32(0.1))}, "dense<0.10000000149011612> : tensor<1xf64>"},
		{tensor.Float64, []float64{1e300}, "dense<1.0e+300> : tensor<1xf64>"},
		{tensor.Float64, []float64{5e-324}, "dense<5.0e-324> : tensor<1xf64>"},
		{tensor.Float32, []float64{-1.5e-7}, "dense<-1.5e-07> : tensor<1xf32>"},
		{tensor.Float32, []float64{16777216}, "dense<1.6777216e+07> : tensor<1xf32>"},
		{tensor.Float64, []float64{math.NaN(), math.NaN()}, "dense<0x7FF8000000000001> : tensor<2xf64>"},
		{tensor.Float32, []float64{math.Inf(1)}, "dense<0x7F800000> : tensor<1xf32>"},
		{tensor.Float32, []float64{math.Inf(-1)}, "dense<0xFF800000> : tensor<1xf32>"},
		{tensor.Float32, []float64{1, math.Inf(1), negZero}, `dense<"0x0000803f0000807f00000080"> : tensor<3xf32>`},
		{tensor.Float32, nil, "dense<> : tensor<0xf32>"},
	} {
		g := graph.New(graph.Traced(), graph.WithDType(c.dtype))
		x := g.ConstTensor(tensor.Of(c.data, len(c.data)))
		if s := text(t, function(nil, x)); !strings.Contains(s, "stablehlo.constant "+c.want+"\n") {
			t.Errorf("%v: got %s, want %s", c.data, s, c.want)
		}
	}
}

// The numbers that arguments had do not show.
func TestSameText(t *testing.T) {
	var texts []string
	for _, v := range []float64{0.5, 0, math.Copysign(0, -1), math.NaN(), math.Inf(-1)} {
		g := graph.New(graph.Traced())
		a, b := g.VarTensor(rowtest.Filled(v, 4, 3)), g.Var(v)
		y := ops.Sum(ops.Pow(ops.Maximum(ops.Softmax(a, 1), b), ops.Log1p(a)))
		texts = append(texts, text(t, function([]graph.Value{a, b}, append(autograd.Grad(y, a, b), y)...)))
	}
	if same := slices.Compact(texts); len(same) != 1 {
		t.Errorf("%d texts, want one", len(same))
	}
}

// Every operation's module names each value once, before it is used, and nothing that is not there.
func TestModules(t *testing.T) {
	if testing.Short() {
		t.Skip("the modules of all rows")
	}
	for _, row := range graph.Rows() {
		if ok, _ := Lowers(row); !ok {
			continue
		}
		if _, ok := ops.Signature(row); !ok {
			continue
		}
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			g := graph.New(graph.Traced(), graph.WithDType(dtype))
			f := &program.Function{Name: row.Name}
			for _, s := range rowtest.Samples(t, row) {
				y := s.Apply(rowtest.Variables(g, s.Operands))
				f.Results = append(f.Results, program.Result{Name: s.Text, Role: program.Output, Value: y})
			}
			var b bytes.Buffer
			if err := Write(&b, f); err != nil {
				t.Errorf("%s: %v", row.Name, err)
			}
			wellFormed(t, row.Name, b.String())
		}
	}
}

var (
	defined = regexp.MustCompile(`^\s*(%\w+)(:\d+)? = |(%arg\d+): |\^bb0\(|(%\w+): tensor`)
	used    = regexp.MustCompile(`%\w+`)
)

// wellFormed checks the names of values in a module.
func wellFormed(t *testing.T, name, module string) {
	t.Helper()
	known := make(map[string]bool)
	for _, line := range strings.Split(module, "\n") {
		var names []string
		for _, m := range defined.FindAllStringSubmatch(line, -1) {
			names = append(names, m[1]+m[3]+m[4])
		}
		for _, v := range used.FindAllString(line, -1) {
			if !known[v] && !slices.Contains(names, v) {
				t.Errorf("%s: %s is used before it is there: %s", name, v, line)
			}
		}
		for _, v := range names {
			if v != "" && known[v] {
				t.Errorf("%s: %s is there twice: %s", name, v, line)
			}
			known[v] = true
		}
	}
}

func TestErrors(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.Var(1)
	twice := autograd.Custom("twice", func(xs ...*tensor.Tensor) *tensor.Tensor { return tensor.Of([]float64{2}) },
		func(y, ct graph.Value, xs ...graph.Value) []graph.Value { return []graph.Value{ct} })
	plain := graph.New()
	kept := function(nil, autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Exp(xs[0]) }, plain.Var(1)))
	kept.AllowReads = true
	good := function([]graph.Value{x}, ops.Exp(x))
	for name, c := range map[string]struct {
		f       *program.Function
		options []Option
		want    string
	}{
		"nil":         {nil, nil, "program.Function.Check: got a nil *program.Function: make one with its arguments and results"},
		"no function": {&program.Function{}, nil, "program.Function.Check: function \"\" has no results: give at least one"},
		"custom":      {function(nil, twice(x)), nil, "autograd.Custom: %3 = twice has no form in StableHLO: it is code in Go, which a module cannot call"},
		"checkpoint":  {kept, nil, "autograd.Checkpoint: %2 = checkpoint has no form in StableHLO: it keeps nothing of what it computed: record it on a graph made with graph.Traced, which does"},
		"nil option":  {good, []Option{nil}, "stablehlo.Write: got a nil Option: leave it out"},
	} {
		var b bytes.Buffer
		err := Write(&b, c.f, c.options...)
		var e *graph.Error
		if !errors.As(err, &e) || e.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
		if b.Len() > 0 {
			t.Errorf("%s: %d bytes were written before the error", name, b.Len())
		}
	}
	// Only the last of very many operations has no form.
	y := x
	for range 2000 {
		y = ops.Sin(y)
	}
	var long bytes.Buffer
	if err := Write(&long, function([]graph.Value{x}, twice(y))); err == nil || long.Len() > 0 {
		t.Errorf("%d bytes were written before the error %v", long.Len(), err)
	}
	for name, f := range map[string]func(){
		"stablehlo.Write":        func() { Write(nil, good) },
		"stablehlo.WriteSidecar": func() { WriteSidecar(nil, good, "step.mlir") },
	} {
		if err := graph.Try(f); err == nil || err.Error() != name+": got a nil io.Writer: give one such as an *os.File" {
			t.Errorf("%s without a writer: %v", name, err)
		}
	}
	if err := graph.Try(func() { WithPrecision(3) }); err == nil || err.Error() != "stablehlo.WithPrecision: precision 3: use HighPrecision, MediumPrecision or DefaultPrecision" {
		t.Errorf("got %v", err)
	}
	if s := Precision(3).String(); s != "Precision(3)" {
		t.Errorf("got %s", s)
	}
	var b bytes.Buffer
	if err := WriteSidecar(&b, nil, "x"); err == nil {
		t.Error("the sidecar of nothing")
	}
	if err := WriteSidecar(&b, good, ""); err == nil || err.Error() != "stablehlo.WriteSidecar: the module's file has no name: give the name under which it stands beside the sidecar" {
		t.Errorf("got %v", err)
	}
}

// full is a writer that takes some bytes and then fails.
type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return f.left, errFull
	}
	f.left -= len(p)
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.ConstTensor(tensor.New(tensor.Float64, 1<<15))
	x.SetTensor(tensor.Of(slices.Insert(make([]float64, 1<<15-1), 0, 1), 1<<15)) // not all equal
	f := function(nil, x)
	for _, room := range []int{0, 1 << 17} {
		if err := Write(&full{room}, f); !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: got error %v, want %v", room, err, errFull)
		}
	}
	if err := WriteSidecar(&full{0}, f, "x"); !errors.Is(err, errFull) {
		t.Errorf("sidecar: got error %v, want %v", err, errFull)
	}
}

// A long function is written as it goes: what an operation takes does not depend on how many there are.
func TestLongFunction(t *testing.T) {
	bytesFor := func(n int) uint64 {
		g := graph.New(graph.Traced())
		x := g.Var(1)
		y := x
		for range n {
			y = ops.Mul(ops.Sin(y), x)
		}
		f := function([]graph.Value{x}, y)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := Write(io.Discard, f); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	bytesFor(1) // what is allocated once
	if few, many := bytesFor(1_000), bytesFor(20_000); many > 30*few {
		t.Errorf("%d bytes for 1,000 operations, %d for 20,000", few, many)
	}
}
