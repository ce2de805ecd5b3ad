package autograd_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// passing are operations on vectors of 12 elements that hand cotangents on, among some that do not. All map small whole
// numbers to such numbers, so that sums are exact in whatever order they are made.
var passing = []func(a, b graph.Value) graph.Value{
	ops.Add, ops.Add, ops.Sub,
	func(a, _ graph.Value) graph.Value { return ops.Add(a, a) },
	func(a, _ graph.Value) graph.Value { return ops.ReLU(a) },
	func(a, _ graph.Value) graph.Value { return ops.Neg(a) },
	func(a, _ graph.Value) graph.Value { return ops.AddScalar(a, 1) },
	func(a, b graph.Value) graph.Value {
		return ops.Reshape(ops.Add(ops.Reshape(a, 3, 4), ops.Reshape(b, 3, 4)), 12)
	},
	func(a, b graph.Value) graph.Value {
		return ops.Squeeze(ops.Sub(ops.Unsqueeze(a, 0), b), 0) // b is stretched to as many elements as it has
	},
	func(a, b graph.Value) graph.Value {
		return ops.Concat(0, ops.Slice(a, 0, 3, 12), ops.Slice(b, 0, 0, 3))
	},
	func(a, b graph.Value) graph.Value { return ops.Slice(ops.Reshape(ops.Stack(0, a, b), 24), 0, 6, 18) },
	func(a, b graph.Value) graph.Value {
		return ops.Add(ops.Slice(ops.Pad(a, 0, 2, 1), 0, 1, 13), ops.SumTo(ops.Broadcast(b, 1, 12), 12))
	},
	func(a, b graph.Value) graph.Value {
		return ops.Reshape(ops.Add(ops.Reshape(a, 3, 4), ops.Sum(ops.Reshape(b, 3, 4), 0)), 12)
	},
	func(a, b graph.Value) graph.Value {
		return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Add(ops.ReLU(xs[0]), ops.Add(xs[1], xs[0])) }, a, b)
	},
	func(a, b graph.Value) graph.Value {
		return autograd.Custom("sum", func(xs ...*tensor.Tensor) *tensor.Tensor {
			for i := range xs[0].Len() {
				xs[0].SetFlat(xs[0].AtFlat(i)+xs[1].AtFlat(i), i)
			}
			return xs[0]
		}, func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct, ct} })(a, b)
	},
}

// TestPassedOn holds sweeps in which adjoints share their numbers against recorded ones, in which nothing is shared: the
// adjoints of all values, whatever else uses them, those of the leaves alone, from a seed that must stay as it is, and again
// while the first results are in use.
func TestPassedOn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	small := func(dtype tensor.DType) *tensor.Tensor {
		x := tensor.New(dtype, 12)
		for i := range x.Len() {
			x.SetFlat(float64(rng.IntN(9)-4), i)
		}
		return x
	}
	for k := range 150 {
		dtype := tensor.DType(k % 2)
		g := graph.New(graph.WithDType(dtype))
		seed := small(dtype)
		given := seed.Clone()
		values, constant := []graph.Value{g.Bind(small(dtype)), g.VarTensor(small(dtype))}, g.BindConst(small(dtype))
		program := ""
		for range 2 + rng.IntN(9) {
			op, a, b := rng.IntN(len(passing)), rng.IntN(len(values)), rng.IntN(len(values)+1)
			program += fmt.Sprint(op, a, b, "; ")
			values = append(values, passing[op](values[a], append(values, constant)[b]))
		}
		y := values[len(values)-1]
		loss := ops.Sum(ops.Mul(y, g.ConstTensor(seed)))
		same := func(what string, want [][]float64, grads autograd.Gradients, values []graph.Value) {
			t.Helper()
			for i, v := range values {
				if diff := cmp.Diff(want[i], grads.Tensor(v).Float64s()); diff != "" {
					t.Fatalf("program %s %v, %s: mismatch of the adjoint of %v (-recorded +swept):\n%s", program, dtype, what, v.Node().Label(), diff)
				}
			}
		}
		var want [][]float64
		m := g.Mark()
		for _, d := range autograd.Grad(loss, values...) {
			want = append(want, d.Tensor().Float64s())
		}
		g.Rewind(m)
		first, seeded := autograd.Backward(loss), autograd.Backward(y, autograd.WithSeed(seed))
		for range 10 { // the last ones by pages
			leaves := autograd.Backward(y, autograd.WithSeed(seed), autograd.LeavesOnly())
			same("leaves from a seed", want, leaves, values[:2])
			leaves.Release()
			again := autograd.Backward(loss)
			same("again", want, again, values)
			again.Release()
			leaves = autograd.Backward(loss, autograd.LeavesOnly())
			same("leaves", want, leaves, values[:2])
			leaves.Release()
		}
		same("at first", want, first, values)
		same("from a seed", want, seeded, values)
		if diff := cmp.Diff(given.Float64s(), seed.Float64s()); diff != "" {
			t.Fatalf("program %s: the seed has changed:\n%s", program, diff)
		}
	}
}

// TestPassedOnAllocatesNothing repeats a sweep in which adjoints share their numbers: what is lent comes back.
func TestPassedOnAllocatesNothing(t *testing.T) {
	for name, options := range map[string][]autograd.Option{"all": nil, "leaves": {autograd.LeavesOnly()}} {
		g := graph.New()
		x := g.Bind(vector(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
		m := g.Mark()
		seed := vector(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
		step := func() {
			g.Rewind(m)
			y := x
			for range 5 {
				h := ops.Reshape(ops.Tanh(ops.Reshape(y, 3, 4)), 12)
				y = ops.Add(y, ops.Add(h, ops.AddScalar(y, 1)))
			}
			autograd.Backward(y, options...).Release()
		}
		options = append(options, autograd.WithSeed(seed))
		step()
		if n := testing.AllocsPerRun(10, step); n != 0 {
			t.Errorf("%s: %v allocations in steady state", name, n)
		}
	}
}
