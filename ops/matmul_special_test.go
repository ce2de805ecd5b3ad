package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestMatMulWithSpecialCotangents holds both gradients of a matrix product, and the second derivatives, against sums
// element by element, with zeros, infinities and NaN among operands and cotangents.
func TestMatMulWithSpecialCotangents(t *testing.T) {
	const m, k, n = 5, 6, 4
	rng := rand.New(rand.NewPCG(7, 7))
	draw := func(rows, columns int) *tensor.Tensor {
		x := tensor.New(tensor.Float64, rows, columns)
		for i := range x.Len() {
			x.SetFlat(float64(rng.IntN(5)-2), i) // small integers: sums are exact in any order
			if rng.IntN(8) == 0 {
				x.SetFlat(specialNumbers[rng.IntN(len(specialNumbers))], i)
			}
		}
		return x
	}
	contribution := func(ct, d float64) float64 {
		if ct == 0 {
			return 0
		}
		return ct * d
	}
	for range 300 {
		a, b, ct := draw(m, k), draw(k, n), draw(m, n)
		wantA, wantB := tensor.New(tensor.Float64, m, k), tensor.New(tensor.Float64, k, n)
		for i := range m {
			for j := range n {
				for p := range k {
					wantA.SetAt(wantA.At(i, p)+contribution(ct.At(i, j), b.At(p, j)), i, p)
					wantB.SetAt(wantB.At(p, j)+contribution(ct.At(i, j), a.At(i, p)), p, j)
				}
			}
		}
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			g := graph.New(graph.WithDType(dtype))
			x, y := g.VarTensor(a), g.VarTensor(b)
			l := ops.Sum(ops.Mul(ops.MatMul(x, y), g.ConstTensor(ct)))
			back := autograd.Backward(l)
			recorded := autograd.Grad(l, x, y)
			for i, want := range []*tensor.Tensor{wantA, wantB} {
				v := []graph.Value{x, y}[i]
				for e := range want.Len() {
					if got := back.Tensor(v).AtFlat(e); !sameNumber(got, want.AtFlat(e), 0, 0) {
						t.Fatalf("%v: a %v, b %v, ct %v: Backward gives %v for element %d of operand %d, want %v", dtype, a.Summary(30, 3), b.Summary(30, 3), ct.Summary(30, 3), got, e, i, want.AtFlat(e))
					}
					if got := recorded[i].Tensor().AtFlat(e); !sameNumber(got, want.AtFlat(e), 0, 0) {
						t.Fatalf("%v: a %v, b %v, ct %v: Grad gives %v for element %d of operand %d, want %v", dtype, a.Summary(30, 3), b.Summary(30, 3), ct.Summary(30, 3), got, e, i, want.AtFlat(e))
					}
				}
			}
			// Of the gradients again, where zeros of the first cotangent go on winning.
			l2 := ops.Sum(ops.Mul(recorded[0], g.ConstTensor(draw(m, k))))
			back = autograd.Backward(l2)
			for i, d := range autograd.Grad(l2, x, y) {
				v := []graph.Value{x, y}[i]
				for e, got := range numbers(back.Tensor(v)) {
					if want := d.Tensor().AtFlat(e); !sameNumber(got, want, 0, 0) {
						t.Fatalf("%v: second derivative %d by operand %d: Backward gives %v, Grad %v", dtype, e, i, got, want)
					}
				}
			}
		}
	}
}
