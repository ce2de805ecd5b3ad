package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A recurrent operation is called on the operands x, the states, the weights and the biases.
var recurrent = map[string]struct {
	gates, states int
	apply         func(xs []graph.Value) graph.Value // results as one value
	plain         func(xs []graph.Value) graph.Value // the same, step by step
}{
	"gru": {3, 1, func(v []graph.Value) graph.Value { return ops.GRU(v[0], v[1], v[2], v[3], v[4], v[5]) }, plainGRU},
	"lstm": {4, 2, func(v []graph.Value) graph.Value {
		y, c := ops.LSTM(v[0], v[1], v[2], v[3], v[4], v[5], v[6])
		return ops.Concat(1, y, ops.Unsqueeze(c, 1))
	}, plainLSTM},
}

func gateOf(v graph.Value, units, k int) graph.Value { return ops.Slice(v, -1, k*units, (k+1)*units) }

func plainGRU(v []graph.Value) graph.Value {
	h, n := v[1], v[1].Dims()[1]
	var steps []graph.Value
	for _, x := range ops.Unstack(v[0], 1) {
		a, b := ops.Add(ops.MatMul(x, v[2]), v[4]), ops.Add(ops.MatMul(h, v[3]), v[5])
		r := ops.Sigmoid(ops.Add(gateOf(a, n, 0), gateOf(b, n, 0)))
		z := ops.Sigmoid(ops.Add(gateOf(a, n, 1), gateOf(b, n, 1)))
		c := ops.Tanh(ops.Add(gateOf(a, n, 2), ops.Mul(r, gateOf(b, n, 2))))
		h = ops.Add(ops.Mul(ops.AddScalar(ops.Neg(z), 1), c), ops.Mul(z, h))
		steps = append(steps, h)
	}
	return ops.Stack(1, steps...)
}

func plainLSTM(v []graph.Value) graph.Value {
	h, c, n := v[1], v[2], v[1].Dims()[1]
	var steps []graph.Value
	for _, x := range ops.Unstack(v[0], 1) {
		a := ops.Add(ops.Add(ops.MatMul(x, v[3]), v[5]), ops.Add(ops.MatMul(h, v[4]), v[6]))
		c = ops.Add(ops.Mul(ops.Sigmoid(gateOf(a, n, 1)), c), ops.Mul(ops.Sigmoid(gateOf(a, n, 0)), ops.Tanh(gateOf(a, n, 2))))
		h = ops.Mul(ops.Sigmoid(gateOf(a, n, 3)), ops.Tanh(c))
		steps = append(steps, h)
	}
	return ops.Stack(1, append(steps, c)...)
}

// recurrentOperands returns random operands, small enough that gates are neither open nor shut.
func recurrentOperands(rng *rand.Rand, gates, states, rows, time, in, units int) []*tensor.Tensor {
	shapes := [][]int{{rows, time, in}}
	for range states {
		shapes = append(shapes, []int{rows, units})
	}
	shapes = append(shapes, []int{in, gates * units}, []int{units, gates * units}, []int{gates * units}, []int{gates * units})
	var ts []*tensor.Tensor
	for _, shape := range shapes {
		x := tensor.New(tensor.Float64, shape...)
		for i := range x.Len() {
			x.SetFlat(rng.NormFloat64()*0.4, i)
		}
		ts = append(ts, x)
	}
	return ts
}

// TestRecurrentStepByStep compares operations and their gradients with the same made of small ones, for sizes of one
// block of times and of several.
func TestRecurrentStepByStep(t *testing.T) {
	for name, op := range recurrent {
		for _, size := range [][4]int{{2, 3, 4, 5}, {1, 9, 2, 3}, {7, 1, 3, 1}, {3, 2, 1, 17}, {100, 7, 2, 3}, {300, 3, 1, 2}} {
			rng := rand.New(rand.NewPCG(1, 2))
			operands := recurrentOperands(rng, op.gates, op.states, size[0], size[1], size[2], size[3])
			run := func(f func([]graph.Value) graph.Value) [][]float64 {
				g := graph.New()
				xs := variables(g, operands)
				y := f(xs)
				grads := autograd.Backward(weighted(ops.Square(y)))
				out := [][]float64{numbers(y.Tensor())}
				for _, x := range xs {
					out = append(out, numbers(grads.Tensor(x)))
				}
				return out
			}
			// Gates are differentiated by their values, and up to 300·3 products add up in another order.
			if diff := cmp.Diff(run(op.plain), run(op.apply), cmpopts.EquateApprox(1e-11, 1e-11)); diff != "" {
				t.Errorf("%s, rows, time, in and units %v: mismatch (-step by step +got):\n%s", name, size, diff)
			}
		}
	}
}

// TestRecurrentSweeps runs several sweeps over one recording: what one has left must not get into another, and operands
// that want no gradient must not matter to the others.
func TestRecurrentSweeps(t *testing.T) {
	for name, op := range recurrent {
		rng := rand.New(rand.NewPCG(3, 4))
		operands := recurrentOperands(rng, op.gates, op.states, 2, 3, 2, 3)
		seeds := make([]*tensor.Tensor, 2)
		for k := range seeds {
			seeds[k] = tensor.New(tensor.Float64, 2, 3+op.states-1, 3)
			for i := range seeds[k].Len() {
				seeds[k].SetFlat(rng.NormFloat64(), i)
			}
		}
		alone := func(seed *tensor.Tensor, i int) []float64 { // the gradient by operand i, if only that one wants any
			g := graph.New()
			var xs []graph.Value
			for k, x := range operands {
				if k == i {
					xs = append(xs, g.VarTensor(x))
				} else {
					xs = append(xs, g.ConstTensor(x))
				}
			}
			return numbers(autograd.Backward(op.apply(xs), autograd.WithSeed(seed)).Tensor(xs[i]))
		}
		g := graph.New()
		xs := variables(g, operands)
		y := op.apply(xs)
		node := y
		for node.Node().Row().Common == nil {
			node = node.Inputs()[0]
		}
		first, second := autograd.Backward(y, autograd.WithSeed(seeds[0])), autograd.Backward(y, autograd.WithSeed(seeds[1]))
		for i := len(xs) - 1; i >= 0; i-- { // not in the order of a sweep
			for k, grads := range []autograd.Gradients{first, second} {
				want := alone(seeds[k], i)
				if diff := cmp.Diff(want, numbers(grads.Tensor(xs[i]))); diff != "" {
					t.Errorf("%s: sweep %d, operand %d: mismatch (-alone +got):\n%s", name, k, i, diff)
				}
				if diff := cmp.Diff(want, numbers(grads.Contribution(node, i))); diff != "" {
					t.Errorf("%s: sweep %d, contribution to operand %d: mismatch (-alone +got):\n%s", name, k, i, diff)
				}
			}
		}
	}
}

func TestRecurrentMisuse(t *testing.T) {
	const want = "do not fit: for n units they must be (rows,time,in), "
	testMisuse(t, []misuse{
		{"gru with the weights of lstm", [][]int{{2, 3, 4}, {2, 5}, {4, 20}, {5, 20}, {20}, {20}}, func(v []graph.Value) graph.Value { return ops.GRU(v[0], v[1], v[2], v[3], v[4], v[5]) },
			"ops.GRU: x (2,3,4), state (2,5), weights (4,20) and (5,20), biases (20) and (20) " + want + "(rows,n), (in,3n), (n,3n) and twice (3n)"},
		{"gru without an axis for time", [][]int{{2, 4}, {2, 5}, {4, 15}, {5, 15}, {15}, {15}}, func(v []graph.Value) graph.Value { return ops.GRU(v[0], v[1], v[2], v[3], v[4], v[5]) },
			"ops.GRU: x (2,4), state (2,5), weights (4,15) and (5,15), biases (15) and (15) " + want + "(rows,n), (in,3n), (n,3n) and twice (3n)"},
		{"gru of scalars", [][]int{{}, {}, {}, {}, {}, {}}, func(v []graph.Value) graph.Value { return ops.GRU(v[0], v[1], v[2], v[3], v[4], v[5]) },
			"ops.GRU: x (), state (), weights () and (), biases () and () " + want + "(rows,n), (in,3n), (n,3n) and twice (3n)"},
		{"lstm with contents of other rows", [][]int{{2, 3, 4}, {2, 5}, {3, 5}, {4, 20}, {5, 20}, {20}, {20}}, func(v []graph.Value) graph.Value {
			y, _ := ops.LSTM(v[0], v[1], v[2], v[3], v[4], v[5], v[6])
			return y
		},
			"ops.LSTM: x (2,3,4), state (2,5) and (3,5), weights (4,20) and (5,20), biases (20) and (20) " + want + "twice (rows,n), (in,4n), (n,4n) and twice (4n)"},
	})
}
