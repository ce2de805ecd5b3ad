package ops_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/ops"
)

// counting returns a tensor with small integers, so that sums of products are exact in any order.
func counting(dtype tensor.DType, shape ...int) *tensor.Tensor {
	t := tensor.New(dtype, shape...)
	for i := range t.Len() {
		t.SetFlat(float64((i*5)%7)-3, i)
	}
	return t
}

// TestMatMulBroadcast compares every way in which batches broadcast with the sum of products that defines it, in value
// and both gradients.
func TestMatMulBroadcast(t *testing.T) {
	batches := [][]int{nil, {1}, {3}, {1, 1}, {2, 1}, {1, 3}, {2, 3}, {4, 1, 1}, {4, 2, 3}, {4, 1, 3}, {0}, {2, 0}}
	sizes := [][3]int{{2, 3, 4}, {1, 3, 1}, {2, 0, 3}, {0, 2, 2}, {2, 2, 0}, {1, 1, 1}}
	for _, p := range batches {
		for _, q := range batches {
			batch, ok := array.BroadcastShapes(nil, p, q)
			if !ok {
				continue
			}
			for _, s := range sizes {
				m, k, n := s[0], s[1], s[2]
				t.Run(fmt.Sprintf("%v×%v/%d,%d,%d", p, q, m, k, n), func(t *testing.T) {
					for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
						a := counting(dtype, append(append([]int{}, p...), m, k)...)
						b := counting(dtype, append(append([]int{}, q...), k, n)...)
						ct := counting(dtype, append(append([]int{}, batch...), m, n)...)
						y, da, db := matmulBySums(a, b, ct, batch)
						g := graph.New(graph.WithDType(dtype))
						x, w := g.VarTensor(a), g.VarTensor(b)
						got := ops.MatMul(x, w)
						if diff := cmp.Diff(y.Dims(), got.Dims()); diff != "" {
							t.Fatalf("shape mismatch (-want +got):\n%s", diff)
						}
						loss := ops.Sum(ops.Mul(got, g.ConstTensor(ct)))
						grads, recorded := autograd.Backward(loss), autograd.Grad(loss, x, w)
						for _, c := range []struct {
							what      string
							want, got *tensor.Tensor
						}{
							{"value", y, got.Tensor()},
							{"Backward by a", da, grads.Tensor(x)}, {"Backward by b", db, grads.Tensor(w)},
							{"Grad by a", da, recorded[0].Tensor()}, {"Grad by b", db, recorded[1].Tensor()},
						} {
							if diff := cmp.Diff(c.want.Float64s(), c.got.Float64s()); diff != "" {
								t.Errorf("%v %s: mismatch (-want +got):\n%s", dtype, c.what, diff)
							}
						}
					}
				})
			}
		}
	}
}

// matmulBySums computes a product of broadcast batches and its gradients by the definition.
func matmulBySums(a, b, ct *tensor.Tensor, batch []int) (y, da, db *tensor.Tensor) {
	m, k := a.Dims()[a.Rank()-2], a.Dims()[a.Rank()-1]
	n := b.Dims()[b.Rank()-1]
	y, da, db = tensor.New(a.DType(), ct.Dims()...), tensor.New(a.DType(), a.Dims()...), tensor.New(a.DType(), b.Dims()...)
	total := 1
	for _, d := range batch {
		total *= d
	}
	// place returns which matrix of an operand goes with matrix number l of the result.
	place := func(dims []int, l int) int {
		dims = dims[:len(dims)-2]
		at, stride := 0, 1
		for i := len(batch) - 1; i >= 0; i-- {
			index := l % batch[i]
			l /= batch[i]
			if j := i - len(batch) + len(dims); j >= 0 {
				if dims[j] > 1 {
					at += index * stride
				}
				stride *= dims[j]
			}
		}
		return at
	}
	add := func(t *tensor.Tensor, at int, v float64) { t.SetFlat(t.AtFlat(at)+v, at) }
	for l := range total {
		p, q := place(a.Dims(), l), place(b.Dims(), l)
		for i := range m {
			for j := range n {
				for h := range k {
					ai, bi, yi := (p*m+i)*k+h, (q*k+h)*n+j, (l*m+i)*n+j
					add(y, yi, a.AtFlat(ai)*b.AtFlat(bi))
					add(da, ai, ct.AtFlat(yi)*b.AtFlat(bi))
					add(db, bi, ct.AtFlat(yi)*a.AtFlat(ai))
				}
			}
		}
	}
	return y, da, db
}

// TestMatMulZeroWins holds the promise for cotangents of 0 beside infinite and undefined partners, in either operand.
func TestMatMulZeroWins(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{1, 2, inf, nan}, 2, 2))
	b := g.VarTensor(tensor.Of([]float64{1, inf, 3, nan}, 2, 2))
	y := ops.MatMul(a, b)
	// Only the element (0,0), of the finite row of a and the finite column of b, is used.
	used := ops.Sum(ops.Slice(ops.Slice(y, 0, 0, 1), 1, 0, 1))
	wantA, wantB := []float64{1, 3, 0, 0}, []float64{1, 0, 2, 0}
	grads := autograd.Backward(used)
	closeTo(t, "Backward by a", wantA, grads.Tensor(a).Float64s())
	closeTo(t, "Backward by b", wantB, grads.Tensor(b).Float64s())
	recorded := autograd.Grad(used, a, b)
	closeTo(t, "Grad by a", wantA, recorded[0].Tensor().Float64s())
	closeTo(t, "Grad by b", wantB, recorded[1].Tensor().Float64s())
	// Once more: ∂²/∂a∂b has ones where a₀ₖ meets bₖ₀, and nothing of what is not finite.
	second := autograd.Grad(ops.Sum(recorded[0]), a, b)
	closeTo(t, "second by a", make([]float64, 4), second[0].Tensor().Float64s())
	closeTo(t, "second by b", []float64{1, 0, 1, 0}, second[1].Tensor().Float64s())
}

func TestMatMulMisuse(t *testing.T) {
	call := func(xs []graph.Value) graph.Value { return ops.MatMul(xs[0], xs[1]) }
	testMisuse(t, []misuse{
		{"a transposed", [][]int{{128, 784}, {128, 10}}, call,
			"ops.MatMul: inner dimensions differ: (128,784) × (128,10): did you mean ops.MatMul(ops.Transpose(a), b)?"},
		{"b transposed", [][]int{{128, 784}, {10, 784}}, call,
			"ops.MatMul: inner dimensions differ: (128,784) × (10,784): did you mean ops.MatMul(a, ops.Transpose(b))?"},
		{"no way", [][]int{{2, 3}, {4, 5}}, call,
			"ops.MatMul: inner dimensions differ: (2,3) × (4,5): the last axis of a must be as long as the second last of b"},
		{"vector", [][]int{{2, 3}, {4}}, call,
			"ops.MatMul: inner dimensions differ: (2,3) × (4): the last axis of a must be as long as the only one of b"},
		{"scalar", [][]int{{}, {4}}, call,
			"ops.MatMul: shapes () × (4): a scalar has no matrix product; use ops.Mul"},
		{"batches", [][]int{{2, 3, 4}, {5, 4, 6}}, call,
			"ops.MatMul: batch axes differ: (2,3,4) × (5,4,6): before the last two axes, lengths must be equal or one of them 1"},
	})
}

// TestMatMulAllocates holds that a product and its sweep allocate nothing in steady state, with finite operands.
func TestMatMulAllocates(t *testing.T) {
	g := graph.New()
	a, b := counting(tensor.Float64, 3, 8, 16), counting(tensor.Float64, 16, 4)
	steadyState(t, func() graph.Value {
		g.Reset()
		return ops.Sum(ops.MatMul(g.Bind(a), g.Bind(b)))
	})
}

// steadyState reports allocations of recording a loss and sweeping it, once buffers are there.
func steadyState(t *testing.T, loss func() graph.Value) {
	t.Helper()
	step := func() { autograd.Backward(loss()) }
	for range 3 {
		step()
	}
	if n := testing.AllocsPerRun(20, step); n > 0 {
		t.Errorf("%v allocations a step, want 0", n)
	}
}

func BenchmarkMatMul(b *testing.B) {
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		for _, s := range [][3]int{{32, 16, 16}, {128, 512, 512}, {512, 512, 512}, {512, 512, 1}} {
			x, w := counting(dtype, s[0], s[1]), counting(dtype, s[1], s[2])
			g := graph.New(graph.WithDType(dtype))
			forward := func() graph.Value {
				g.Reset()
				return ops.Sum(ops.MatMul(g.Bind(x), g.Bind(w)))
			}
			work := float64(2 * s[0] * s[1] * s[2])
			benchmarkPasses(b, fmt.Sprintf("dtype=%v/m=%d/k=%d/n=%d", dtype, s[0], s[1], s[2]), work, forward)
		}
	}
}

// benchmarkPasses measures recording a loss, and recording it and sweeping it. work is the floating point operations of
// the forward pass; the sweep takes twice as many.
func benchmarkPasses(b *testing.B, name string, work float64, forward func() graph.Value) {
	b.Run("pass=forward/"+name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			forward()
		}
		b.ReportMetric(work*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
	})
	b.Run("pass=both/"+name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			autograd.Backward(forward())
		}
		b.ReportMetric(3*work*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
	})
}

func TestProductZeroWinsWhereTheResultIsSmall(t *testing.T) {
	// The weights have more elements than the gradient of x, so the product is judged by its result.
	w := tensor.New(tensor.Float64, 2, 9)
	w.Fill(1)
	w.SetAt(math.Inf(1), 0, 3)
	w.SetAt(math.NaN(), 1, 4)
	for _, c := range []struct {
		name string
		ct   []float64
		want []float64
	}{
		{"zeros hide what is not finite", []float64{1, 1, 1, 0, 0, 1, 1, 1, 1}, []float64{7, 7}},
		{"an infinity counts", []float64{1, 1, 1, 1, 0, 1, 1, 1, 1}, []float64{math.Inf(1), 8}},
		{"NaN counts", []float64{0, 0, 0, 0, 1, 0, 0, 0, 0}, []float64{1, math.NaN()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, f := range map[string]func(g *graph.Graph, x graph.Value) graph.Value{
				"matmul": func(g *graph.Graph, x graph.Value) graph.Value { return ops.MatMul(x, g.ConstTensor(w)) },
				"linear": func(g *graph.Graph, x graph.Value) graph.Value {
					return ops.Linear(x, g.ConstTensor(w), g.ConstTensor(tensor.New(tensor.Float64, 9)))
				},
			} {
				g := graph.New()
				x := g.VarTensor(tensor.Of([]float64{1, 1}, 1, 2))
				got := autograd.Backward(f(g, x), autograd.WithSeed(tensor.Of(c.ct, 1, 9))).Tensor(x).Float64s()
				if diff := cmp.Diff(c.want, got, cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}
