package autograd_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// opWrong is a cube whose rule is wrong where its operand is above 2: Check must find it.
var opWrong graph.Op

func init() {
	opWrong = graph.Register(graph.Row{
		Name: "wrong_cube", Func: wrongCube, Params: "x",
		Class: graph.Elementwise,
		Forward: func(n graph.Node) {
			for i, v := range n.In(0).Float64s() {
				n.Out().Float64s()[i] = v * v * v
			}
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			slope := ops.Where(ops.Gt(x, x.Graph().Const(2)), ops.MulScalar(x, 3), ops.MulScalar(ops.Square(x), 3))
			return ops.Chain(ct, slope)
		},
	})
}

func wrongCube(x graph.Value) graph.Value {
	c := graph.Begin(opWrong, x)
	return c.Record(c.Dims(0)...)
}

func TestCheckFindsAWrongRule(t *testing.T) {
	f := func(xs ...graph.Value) graph.Value { return ops.Sum(wrongCube(xs[1])) }
	right := tensor.Of([]float64{1, 1.5, -1, 0}, 2, 2)
	if err := autograd.Check(f, vector(9), right); err != nil {
		t.Errorf("where the rule is right: %v", err)
	}
	wrong := tensor.Of([]float64{1, 3, 5, 0}, 2, 2)
	err := autograd.Check(f, vector(9), wrong)
	var c *autograd.CheckError
	if !errors.As(err, &c) {
		t.Fatalf("got error %v, want a *CheckError", err)
	}
	if c.Input != 1 || c.Index[0] != 1 || c.Index[1] != 0 || c.Gradient != 15 || math.Abs(c.Quotient-75) > 1e-6 || c.Elements != 2 {
		t.Errorf("got %+v, want argument 1 at [1 0]: 15 against 75, 2 elements", c)
	}
	if c.Absolute != 60 && math.Abs(c.Absolute-60) > 1e-6 || math.Abs(c.Relative-0.8) > 1e-8 {
		t.Errorf("the difference is %v, %v of the size, want 60, 0.8", c.Absolute, c.Relative)
	}
	if got, want := c.Error(), "autograd.Check: the gradient by argument 1 at [1 0] is 15, central differences give 75"; !strings.HasPrefix(got, want) {
		t.Errorf("message %q, want prefix %q", got, want)
	}
}

func TestCheckReportsMistakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    func(xs ...graph.Value) graph.Value
		at   *tensor.Tensor
		want string
	}{
		{"not a scalar", func(xs ...graph.Value) graph.Value { return xs[0] }, vector(1, 2),
			"autograd.Check: the function's result has shape (2), not a scalar: reduce it with ops.Sum or ops.Mean"},
		{"nil argument", func(xs ...graph.Value) graph.Value { return xs[0] }, nil,
			"autograd.Check: argument 0 is a nil tensor: make one with tensor.New or tensor.Of"},
		{"wrong axis", func(xs ...graph.Value) graph.Value { return ops.Sum(xs[0], 5) }, vector(1),
			"ops.Sum: axis 5 of shape (1): axes run from 0 to 0, or from -1 to -1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := autograd.Check(tt.f, tt.at)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestCheckLeavesArgumentsAlone(t *testing.T) {
	x := vector(1, 2, 3)
	if err := autograd.Check(func(xs ...graph.Value) graph.Value { return ops.Sum(ops.Exp(xs[0])) }, x); err != nil {
		t.Error(err)
	}
	if x.At(0) != 1 || x.At(2) != 3 {
		t.Errorf("Check changed its argument to %v", x)
	}
}

// TestCheckOfManyElements finds one wrong element among many, by directions, and wrong ones that are many; and takes few evaluations.
func TestCheckOfManyElements(t *testing.T) {
	const n = 20000
	calls := 0
	f := func(xs ...graph.Value) graph.Value {
		calls++
		return ops.Sum(wrongCube(ops.Concat(0, xs...)))
	}
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		if testing.Short() && dtype == tensor.Float32 {
			continue
		}
		a, b := tensor.New(dtype, 100), tensor.New(dtype, n)
		for i := range n {
			b.SetFlat(math.Sin(float64(i)), i)
		}
		f := f
		if dtype == tensor.Float32 { // wrongCube knows float64 only
			f = func(xs ...graph.Value) graph.Value {
				calls++
				x := ops.Concat(0, xs...)
				right, wrong := ops.Mul(x, ops.Square(x)), ops.Mul(x, ops.StopGradient(ops.Square(x)))
				return ops.Sum(ops.Where(ops.Gt(x, x.Graph().Const(2)), wrong, right))
			}
		}
		calls = 0
		if err := autograd.Check(f, a, b); err != nil {
			t.Errorf("%v: where the rule is right: %v", dtype, err)
		}
		if calls > 400 {
			t.Errorf("%v: %d evaluations", dtype, calls)
		}
		b.SetFlat(3, 12345)
		var c *autograd.CheckError
		if err := autograd.Check(f, a, b); !errors.As(err, &c) || c.Input != 1 || len(c.Index) != 1 || c.Index[0] != 12345 {
			t.Errorf("%v: got %v, want element 12345 of argument 1", dtype, err)
		}
		b.SetFlat(0, 12345)
		if err := autograd.Check(func(xs ...graph.Value) graph.Value {
			return ops.Sum(ops.Add(ops.Sin(xs[0]), ops.MulScalar(ops.StopGradient(ops.Sum(xs[0])), 1e-3)))
		}, b); err == nil {
			t.Errorf("%v: elements that are all a little wrong: no error", dtype)
		}
	}
}
