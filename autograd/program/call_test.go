package program_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// derivatives returns a value, its gradients by the leaves among xs, and theirs.
func derivatives(y graph.Value, xs []graph.Value) []graph.Value {
	out := []graph.Value{y}
	if !y.WantsGrad() {
		return out
	}
	for _, d := range autograd.Grad(rowtest.Weighted(y), xs...) {
		out = append(out, d)
		if d.WantsGrad() {
			out = append(out, autograd.Grad(rowtest.Weighted(d), xs...)...)
		}
	}
	return out
}

// functionOf returns a function without roles worth speaking of.
func functionOf(xs, ys []graph.Value) *program.Function {
	f := &program.Function{Name: "f"}
	for i, x := range xs {
		f.Arguments = append(f.Arguments, program.Argument{Name: fmt.Sprint("x", i), Role: program.Batch, Value: x})
	}
	for i, y := range ys {
		f.Results = append(f.Results, program.Result{Name: fmt.Sprint("y", i), Role: program.Output, Value: y})
	}
	return f
}

// argumentsOf returns the numbers of leaves as a call takes them.
func argumentsOf(xs []graph.Value) (at []*tensor.Tensor) {
	for _, x := range xs {
		at = append(at, exactly(x))
	}
	return at
}

// exactly returns the numbers of a value in the precision in which it was computed.
func exactly(v graph.Value) *tensor.Tensor {
	if x, scalar := v.Node().Scalar(); scalar && v.Node().DType() == tensor.Float64 {
		return tensor.Of([]float64{x})
	}
	return v.Tensor()
}

// difference says where two lists of tensors differ in a bit, "" if they do not.
func difference(got, want []*tensor.Tensor) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d results, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		if diff := cmp.Diff(w.Dims(), g.Dims()); diff != "" || g.DType() != w.DType() {
			return fmt.Sprintf("result %d is %s %v, want %s %v", i, g.DType(), g.Dims(), w.DType(), w.Dims())
		}
		for k := range w.Len() {
			if !rowtest.Identical(g.AtFlat(k), w.AtFlat(k)) {
				return fmt.Sprintf("result %d, element %d is %v, want %v", i, k, g.AtFlat(k), w.AtFlat(k))
			}
		}
	}
	return ""
}

// TestCallOfEveryRow holds that a call of every operation, with its derivatives of first and second order, gives the bits
// that recording it for the same numbers gives, in both precisions.
func TestCallOfEveryRow(t *testing.T) {
	rows := 0
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		rows++
		samples := rowtest.Samples(t, row)
		for _, s := range samples[:min(len(samples), 8)] {
			rng := rand.New(rand.NewPCG(5, 6))
			tries := [][]*tensor.Tensor{rowtest.Parse(t, row, s.Text, rowtest.RandomOperand).Operands}
			for range 2 {
				tries = append(tries, rowtest.Spoil(rng, s.Operands))
			}
			var shrunk []*tensor.Tensor
			for _, x := range s.Operands {
				x = x.Clone()
				for i := range x.Len() {
					x.SetFlat(x.AtFlat(i)*(1-rng.Float64()/4), i)
				}
				shrunk = append(shrunk, x)
			}
			tries = append(tries, shrunk)
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				record := func(operands []*tensor.Tensor) (xs, ys []graph.Value, err error) {
					g := graph.New(graph.Traced(), graph.WithDType(dtype))
					err = graph.Try(func() {
						xs = rowtest.Variables(g, operands)
						ys = derivatives(s.Apply(xs), xs)
					})
					return xs, ys, err
				}
				xs, ys, err := record(s.Operands)
				if err != nil {
					t.Fatalf("%s %s: %v", row.Name, s.Text, err)
				}
				run, err := functionOf(xs, ys).Runner()
				if err != nil {
					t.Fatalf("%s %s: %v", row.Name, s.Text, err)
				}
				for _, operands := range tries {
					xs, ys, wantErr := record(operands)
					var want []*tensor.Tensor
					for _, y := range ys {
						want = append(want, exactly(y))
					}
					got, err := run.Run(argumentsOf(xs)...)
					switch {
					case (err == nil) != (wantErr == nil):
						t.Errorf("%s %s of %v: got error %v, recording it gives %v", row.Name, s.Text, rowtest.Show(operands), err, wantErr)
					case err != nil && err.Error() != wantErr.Error():
						t.Errorf("%s %s of %v: got error %v, recording it gives %v", row.Name, s.Text, rowtest.Show(operands), err, wantErr)
					case err == nil:
						if diff := difference(got, want); diff != "" {
							t.Errorf("%s %s of %s %v: %s", row.Name, s.Text, dtype, rowtest.Show(operands), diff)
						}
					}
				}
			}
		}
	}
	if rows < 150 {
		t.Errorf("only %d rows", rows)
	}
}

// TestRecord holds that a function that is recorded for other values has the values, derivatives and names of
// operations of the Go function that it was recorded from.
func TestRecord(t *testing.T) {
	gofunc := func(xs []graph.Value) []graph.Value {
		x, w := xs[0], xs[1]
		g := x.Graph()
		y := ops.Where(ops.Gt(x, g.Const(0)), ops.PowScalar(x, 0), ops.Pow(x, g.Const(0)))
		y = ops.Add(ops.Mul(y, ops.Clamp(x, -3, 0)), ops.StopGradient(ops.PowLog(ops.Square(x), x, 1)))
		m := ops.MatMul(ops.Reshape(w, 2, 2), g.ConstTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2)))
		l := ops.Add(ops.Sum(ops.Tanh(ops.Mul(m, x))), ops.Mul(y, ops.Index(m, 1, 0)))
		return append([]graph.Value{l, m}, autograd.Grad(l, x, w)...)
	}
	leaves := func(g *graph.Graph, x float64) []graph.Value {
		return []graph.Value{g.Var(x), g.VarTensor(tensor.Of([]float64{1, -x, 3, .5}, 4))}
	}
	g := graph.New(graph.Traced())
	xs := leaves(g, .5)
	f := functionOf(xs, gofunc(xs))
	list := func(ys []graph.Value, xs []graph.Value) (numbers []*tensor.Tensor) {
		for _, y := range ys {
			numbers = append(numbers, exactly(y))
			grads := autograd.Backward(ops.Sum(y))
			for _, x := range xs {
				numbers = append(numbers, grads.Tensor(x))
			}
		}
		return numbers
	}
	for _, at := range []float64{-2, 0, .5, 3} {
		want := leaves(graph.New(), at)
		wantNumbers := list(gofunc(want), want)
		for name, g := range map[string]*graph.Graph{"its own graph": g, "another graph": graph.New()} {
			got := leaves(g, at)
			if diff := difference(list(f.Record(got...), got), wantNumbers); diff != "" {
				t.Errorf("on %s at %v: %s", name, at, diff)
			}
		}
	}
}

// TestRunnerOutlivesTheGraph holds that a runner needs neither the graph of its function nor the arguments of its last
// call, and that results are new tensors each time.
func TestRunnerOutlivesTheGraph(t *testing.T) {
	g := graph.New(graph.Traced())
	x, k := g.VarTensor(tensor.Of([]float64{1, 2}, 2)), g.ConstTensor(tensor.Of([]float64{10, 20}, 2))
	y := ops.Mul(ops.Reshape(x, 2), k)
	run, err := functionOf([]graph.Value{x}, []graph.Value{y, x, k}).Runner()
	if err != nil {
		t.Fatal(err)
	}
	g.Reset()
	g.VarTensor(tensor.Of([]float64{-1, -2, -3}, 3))
	at := tensor.Of([]float64{3, 4}, 2)
	first, err := run.Run(at)
	if err != nil {
		t.Fatal(err)
	}
	at.Fill(0)
	second, err := run.Run(tensor.Of([]float64{5, 6}, 2))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]float64{{30, 80}, {3, 4}, {10, 20}, {50, 120}, {5, 6}, {10, 20}}
	var got [][]float64
	for _, r := range append(first, second...) {
		got = append(got, r.Float64s())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if _, err := run.Run(nil); !errors.Is(err, graph.ErrUsage) {
		t.Errorf("Run(nil): got error %v", err)
	}
	if got, err := run.Run(tensor.Of([]float64{1, 1}, 2)); err != nil || got[0].At(1) != 20 {
		t.Errorf("after a call that failed: got %v, error %v", got, err)
	}
}

// TestCallOfGoFunctions holds that a custom operation calls its function for the numbers of a call, and that a checkpoint,
// which cannot, is refused by name, but recorded on a traced graph.
func TestCallOfGoFunctions(t *testing.T) {
	cube := autograd.Custom("cube", func(xs ...*tensor.Tensor) *tensor.Tensor {
		y := xs[0].Clone()
		for i := range y.Len() {
			y.SetFlat(y.AtFlat(i)*y.AtFlat(i)*y.AtFlat(i), i)
		}
		return y
	}, func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
		return []graph.Value{ops.Mul(ct, ops.MulScalar(ops.Square(xs[0]), 3))}
	})
	through := func(xs ...graph.Value) graph.Value { return ops.Sum(cube(cube(xs[0]))) }
	for name, f := range map[string]func(x graph.Value) graph.Value{
		"custom":     func(x graph.Value) graph.Value { return through(x) },
		"checkpoint": func(x graph.Value) graph.Value { return autograd.Checkpoint(through, x) },
		"loop": func(x graph.Value) graph.Value {
			return ops.Sum(autograd.Loop(2, func(_ int, s graph.Value) graph.Value { return cube(s) }, x))
		},
	} {
		g := graph.New(graph.Traced())
		x := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
		y := f(x)
		got, err := functionOf([]graph.Value{x}, append(autograd.Grad(y, x), y)).Call(tensor.Of([]float64{-1, .5}, 2))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := []*tensor.Tensor{tensor.Of([]float64{9, 9. / 256}, 2), tensor.Of([]float64{-1 + 1./512})}
		if diff := difference(got, want); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	g := graph.New()
	x := g.Var(1)
	f := functionOf([]graph.Value{x}, []graph.Value{autograd.Checkpoint(through, x)})
	f.AllowReads = true
	_, err := f.Call(tensor.Of([]float64{1}))
	const want = "program.Function.Call: %2 = checkpoint holds a Go function that cannot be called for other numbers: record it on a graph made with graph.New(graph.Traced()), which records what is in it"
	if err == nil || err.Error() != want {
		t.Errorf("checkpoint on an untraced graph: got  %v\nwant %s", err, want)
	}
}

func TestCallMisuse(t *testing.T) {
	g := graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
	x, w := g.Var(1), g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	f := functionOf([]graph.Value{x, w}, []graph.Value{ops.Mul(x, w)})
	one, two := tensor.Of([]float32{1}), tensor.Of([]float32{1, 2}, 2)
	for _, test := range []struct {
		name string
		at   []*tensor.Tensor
		kind graph.Kind
		want string
	}{
		{"one missing", []*tensor.Tensor{one}, graph.ErrUsage, "1 arguments for a function of 2: give one for each, in their order"},
		{"nil", []*tensor.Tensor{one, nil}, graph.ErrUsage, `argument "x1" is nil or the zero tensor.Tensor: make one with tensor.New or tensor.Of`},
		{"zero", []*tensor.Tensor{{}, two}, graph.ErrUsage, `argument "x0" is nil or the zero tensor.Tensor: make one with tensor.New or tensor.Of`},
		{"shape", []*tensor.Tensor{one, one}, graph.ErrShape, `argument "x1" has shape (), the function's has (2): a function is recorded for one shape of each argument; record it again for others`},
		{"precision", []*tensor.Tensor{one, two.To(tensor.Float64)}, graph.ErrDType, `argument "x1" is float64, the function's is float32: convert it with its method To`},
	} {
		if _, err := f.Call(test.at...); !errors.Is(err, test.kind) || err.Error() != "program.Function.Call: "+test.want {
			t.Errorf("%s: got  %v\nwant program.Function.Call: %s", test.name, err, test.want)
		}
	}
	if _, err := f.Call(one.To(tensor.Float64), two); err != nil {
		t.Errorf("a float64 scalar: %v", err)
	}
	for name, call := range map[string]func() error{
		"Call":              func() error { _, err := (*program.Function)(nil).Call(); return err },
		"Runner":            func() error { _, err := (&program.Function{}).Runner(); return err },
		"Run of nil":        func() error { _, err := (*program.Runner)(nil).Run(); return err },
		"Run of zero":       func() error { _, err := new(program.Runner).Run(); return err },
		"Record of nil":     func() error { return graph.Try(func() { (*program.Function)(nil).Record() }) },
		"Record too few":    func() error { return graph.Try(func() { f.Record(x) }) },
		"Record zero":       func() error { return graph.Try(func() { f.Record(graph.Value{}, w) }) },
		"Record shape":      func() error { return graph.Try(func() { f.Record(w, w) }) },
		"Record foreign":    func() error { return graph.Try(func() { f.Record(x, graph.New().VarTensor(two)) }) },
		"Record precision":  func() error { g := graph.New(); return graph.Try(func() { f.Record(g.Var(1), g.VarTensor(two)) }) },
		"Record of nothing": func() error { return graph.Try(func() { functionOf(nil, []graph.Value{w}).Record() }) },
	} {
		var e *graph.Error
		if err := call(); !errors.As(err, &e) {
			t.Errorf("%s: got error %v, want a *graph.Error", name, err)
		}
	}
}
