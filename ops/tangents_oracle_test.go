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

// A tangentsCase is an operation with derivatives in a direction by an independent program; testdata/tangents/generate.py
// says what they are.
type tangentsCase struct {
	Op                   string
	Axis                 int
	Operands, V, Hessian []json.RawMessage
	Ct, Y, DY            json.RawMessage
}

// call returns the results of the case, flattened one behind the other.
func (c *tangentsCase) call(t *testing.T, xs []graph.Value) graph.Value {
	var ys []graph.Value
	switch c.Op {
	case "eigh":
		w, v := ops.Eigh(xs[0])
		ys = []graph.Value{w, v}
	case "svd":
		u, s, vt := ops.SVD(xs[0])
		ys = []graph.Value{u, s, vt}
	case "qr":
		q, r := ops.QR(xs[0])
		ys = []graph.Value{q, r}
	case "cholesky":
		ys = []graph.Value{ops.Cholesky(xs[0])}
	case "det":
		ys = []graph.Value{ops.Det(xs[0])}
	case "inv":
		ys = []graph.Value{ops.Inv(xs[0])}
	case "solve":
		ys = []graph.Value{ops.Solve(xs[0], xs[1])}
	case "cumprod":
		ys = []graph.Value{ops.CumProd(xs[0], c.Axis)}
	case "gru":
		ys = []graph.Value{ops.GRU(xs[0], xs[1], xs[2], xs[3], xs[4], xs[5])}
	case "lstm":
		y, cells := ops.LSTM(xs[0], xs[1], xs[2], xs[3], xs[4], xs[5], xs[6])
		ys = []graph.Value{y, cells}
	default:
		t.Fatalf("there is no operation %s", c.Op)
	}
	for i, y := range ys {
		ys[i] = ops.Reshape(y, y.Len())
	}
	return ops.Concat(0, ys...)
}

// TestTangentsOracle compares forward sweeps, through the operations and through their recorded gradients, with the
// derivatives of an independent program.
func TestTangentsOracle(t *testing.T) {
	data, err := os.ReadFile("testdata/tangents/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []tangentsCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 20 {
		t.Fatalf("%d cases, want 20 or more", len(cases))
	}
	for i, c := range cases {
		t.Run(c.Op+"/"+strconv.Itoa(i), func(t *testing.T) {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				g := graph.New(graph.WithDType(dtype))
				var xs []graph.Value
				var v []*tensor.Tensor
				for k, raw := range c.Operands {
					xs = append(xs, g.VarTensor(oracleTensor(t, raw)))
					v = append(v, oracleTensor(t, c.V[k]))
				}
				same := func(what string, want json.RawMessage, got *tensor.Tensor) {
					t.Helper()
					// Some hundred roundings, and the condition of the matrices and of what is between their values.
					tolerance := map[tensor.DType]float64{tensor.Float64: 1e-12, tensor.Float32: 1e-4}[dtype]
					if diff := cmp.Diff(oracleTensor(t, want).Float64s(), got.To(tensor.Float64).Float64s(), cmpopts.EquateApprox(tolerance, tolerance)); diff != "" {
						t.Errorf("%v: %s: mismatch (-want +got):\n%s", dtype, what, diff)
					}
				}
				y := c.call(t, xs)
				same("value", c.Y, y.Tensor())
				same("Forward", c.DY, autograd.Forward(y, xs, v))
				if dtype == tensor.Float32 {
					continue
				}
				loss := ops.Sum(ops.Mul(g.ConstTensor(oracleTensor(t, c.Ct)), ops.Square(y)))
				for k, d := range autograd.Grad(loss, xs...) {
					same("Forward of Grad by operand "+strconv.Itoa(k), c.Hessian[k], autograd.Forward(d, xs, v))
				}
			}
		})
	}
}
