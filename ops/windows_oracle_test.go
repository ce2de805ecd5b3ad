package ops_test

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A windowsCase is a convolution or a pooling with its derivatives by an independent program; testdata/windows/generate.py
// says what they are.
type windowsCase struct {
	Op                              string
	Size, Stride, Padding, Dilation []int
	Groups                          int
	Operands, V, Grad, Hessian      []json.RawMessage
	Ct, Y                           json.RawMessage
}

// call makes the call of the case.
func (c *windowsCase) call(t *testing.T, xs []graph.Value) graph.Value {
	switch c.Op {
	case "conv1d":
		return ops.Conv1DWith(xs[0], xs[1], ops.Conv1DConfig{Stride: c.Stride[0], Padding: c.Padding[0], Dilation: c.Dilation[0], Groups: c.Groups})
	case "conv2d":
		return ops.Conv2DWith(xs[0], xs[1], ops.Conv2DConfig{Stride: [2]int(c.Stride), Padding: [2]int(c.Padding), Dilation: [2]int(c.Dilation), Groups: c.Groups})
	}
	config := ops.PoolConfig{Size: [2]int(c.Size), Stride: [2]int(c.Stride), Padding: [2]int(c.Padding)}
	switch c.Op {
	case "max_pool2d":
		return ops.MaxPool2DWith(xs[0], config)
	case "avg_pool2d":
		return ops.AvgPool2DWith(xs[0], config)
	case "avg_pool2d inside":
		config.ExcludePadding = true
		return ops.AvgPool2DWith(xs[0], config)
	}
	t.Fatalf("there is no operation %s", c.Op)
	return graph.Value{}
}

// TestWindowsOracle compares convolutions and pooling, their gradients by both ways of differentiating and their second
// derivatives with those of an independent program.
func TestWindowsOracle(t *testing.T) {
	data, err := os.ReadFile("testdata/windows/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []windowsCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 25 {
		t.Fatalf("%d cases, want 25 or more", len(cases))
	}
	for i, c := range cases {
		t.Run(c.Op+"/"+strconv.Itoa(i), func(t *testing.T) {
			g := graph.New()
			var xs []graph.Value
			for _, raw := range c.Operands {
				xs = append(xs, g.VarTensor(oracleTensor(t, raw)))
			}
			same := func(what string, want json.RawMessage, got *tensor.Tensor) {
				t.Helper()
				if diff := cmp.Diff(oracleTensor(t, want).Float64s(), got.Float64s(), cmpopts.EquateApprox(1e-13, 1e-13)); diff != "" {
					t.Errorf("%s: mismatch (-want +got):\n%s", what, diff)
				}
			}
			y := c.call(t, xs)
			same("value", c.Y, y.Tensor())
			loss := ops.Sum(ops.Mul(g.ConstTensor(oracleTensor(t, c.Ct)), ops.Square(y)))
			numeric, recorded := autograd.Backward(loss), autograd.Grad(loss, xs...)
			along := g.Const(0)
			for k, x := range xs {
				same("Backward by operand "+strconv.Itoa(k), c.Grad[k], numeric.Tensor(x))
				same("Grad by operand "+strconv.Itoa(k), c.Grad[k], recorded[k].Tensor())
				along = ops.Add(along, ops.Sum(ops.Mul(recorded[k], g.ConstTensor(oracleTensor(t, c.V[k])))))
			}
			numeric, recorded = autograd.Backward(along), autograd.Grad(along, xs...)
			for k, x := range xs {
				same("Backward of Grad by operand "+strconv.Itoa(k), c.Hessian[k], numeric.Tensor(x))
				same("Grad of Grad by operand "+strconv.Itoa(k), c.Hessian[k], recorded[k].Tensor())
			}
		})
	}
}
