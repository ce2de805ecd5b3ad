package program_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestReads holds that a function is refused if numbers were read before a part of it was recorded, and only then.
func TestReads(t *testing.T) {
	here := func() string {
		_, file, line, _ := runtime.Caller(1)
		return fmt.Sprintf("%s:%d", file, line)
	}
	function := func(x, y graph.Value) *program.Function {
		return &program.Function{
			Arguments: []program.Argument{{"x", program.Batch, x}},
			Results:   []program.Result{{Name: "y", Role: program.Output, Value: y}},
		}
	}
	const why = ": a program is the same for all numbers, so choose with ops.Where, and read when everything is recorded; or set AllowReads if nothing was decided by what was read"
	g := graph.New(graph.Traced())
	for name, record := range map[string]func(x graph.Value) (y graph.Value, want string){
		"a branch": func(x graph.Value) (graph.Value, string) {
			if v, at := ops.Exp(x).Item(), here(); v > 1 {
				return ops.Sin(x), "value %2 = exp, or a gradient of it, was read at " + at + ", before %3 = sin was recorded"
			}
			return ops.Cos(x), ""
		},
		"a constant": func(x graph.Value) (graph.Value, string) {
			y := ops.Exp(x).Named("top")
			v, at := y.Tensor(), here()
			return g.ConstTensor(v), `value "top" (%2) = exp, or a gradient of it, was read at ` + at + ", before %3 was recorded"
		},
		"a derivative": func(x graph.Value) (graph.Value, string) {
			y := ops.Exp(x)
			v, at := autograd.Backward(y).Scalar(x), here()
			return ops.MulScalar(x, v), "value %2 = exp, or a gradient of it, was read at " + at + ", before %3 = mul_scalar was recorded"
		},
		"within a checkpoint": func(x graph.Value) (y graph.Value, want string) {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value {
				z := ops.Exp(xs[0])
				v, at := z.Item(), here()
				want = "value %2 = exp, or a gradient of it, was read at " + at + ", before %3 = pow_scalar was recorded"
				return ops.PowScalar(z, v)
			}, x), want
		},
		"at the end":   func(x graph.Value) (graph.Value, string) { y := ops.Sin(x); _ = y.Item(); return y, "" },
		"of a leaf":    func(x graph.Value) (graph.Value, string) { return ops.MulScalar(x, x.Item()), "" },
		"of dead code": func(x graph.Value) (graph.Value, string) { y := ops.Sin(x); ops.Exp(ops.Cos(x)).Item(); return y, "" },
		"before Rewind": func(x graph.Value) (graph.Value, string) {
			m := g.Mark()
			ops.Exp(x).Item()
			g.Rewind(m)
			return ops.Sin(x), ""
		},
		"by Backward": func(x graph.Value) (graph.Value, string) {
			y := ops.Sin(x)
			autograd.Backward(y)
			return ops.Exp(y), ""
		},
		"by Grad": func(x graph.Value) (graph.Value, string) { return autograd.Grad(ops.Sin(ops.Exp(x)), x)[0], "" },
		"before Rewind to the value": func(x graph.Value) (graph.Value, string) {
			y := ops.Exp(x)
			m := g.Mark()
			ops.Sin(x)
			_, at := y.Item(), here()
			g.Rewind(m)
			return ops.Sin(x), "value %2 = exp, or a gradient of it, was read at " + at + ", before %3 = sin was recorded"
		},
	} {
		g.Reset()
		x := g.Var(2)
		y, want := record(x)
		f := function(x, y)
		err := f.Check()
		if want == "" {
			if err != nil {
				t.Errorf("%s: got error %v", name, err)
			}
			continue
		}
		if want = "program.Function.Check: " + want + why; err == nil || !errors.Is(err, graph.ErrUsage) || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", name, err, want)
		}
		f.AllowReads = true
		if err := f.Check(); err != nil {
			t.Errorf("%s, allowed: %v", name, err)
		}
	}
	g.Reset()
	y := ops.Exp(g.Const(1))
	y.Item()
	if late := g.Var(1); function(late, late).Check() != nil {
		t.Error("an argument that was made after a read is refused")
	}
}
