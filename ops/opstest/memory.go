package opstest

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
)

// memory checks that kernels set all numbers of memory that comes with undefined ones, whichever operands want a
// gradient: values and gradients are the same bits in memory that held NaNs as in new memory, which holds zeros.
func memory(t *testing.T, s rowtest.Sample) {
	const all = -1
	single := len(s.Operands) // operands that alone want a gradient
	if single == 1 || rowtest.Elementwise(s.Row) {
		single = 0
	}
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for wants := all; wants < single; wants++ {
			numbers := func(used bool) (out [][]float64) {
				g := graph.New(graph.WithDType(dtype))
				if used {
					fillPool(g)
				}
				var xs, leaves []graph.Value
				for i, x := range s.Operands {
					if wants != all && wants != i {
						xs = append(xs, g.ConstTensor(x))
						continue
					}
					xs = append(xs, g.VarTensor(x))
					leaves = append(leaves, xs[i])
				}
				y := s.Apply(xs)
				out = append(out, rowtest.Numbers(y.Tensor()))
				if y.WantsGrad() {
					grads := autograd.Backward(rowtest.Weighted(y))
					for _, x := range leaves {
						out = append(out, rowtest.Numbers(grads.Tensor(x)))
					}
				}
				return out
			}
			if diff := cmp.Diff(numbers(false), numbers(true), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("%v, gradients wanted by operand %d (-1 is all): a kernel leaves numbers of its memory as they were: mismatch of value and gradients (-new memory +used):\n%s", dtype, wants, diff)
			}
		}
	}
}

// fillPool leaves tensors of NaNs in the pool of a graph: enough of every size that sample calls take.
func fillPool(g *graph.Graph) {
	const most, each = 256, 10
	var ts []*tensor.Tensor
	for n := 1; n <= most; n += max(1, n/8) { // the size classes of the pool
		for range each {
			x := g.Temp(n)
			x.Fill(math.NaN())
			ts = append(ts, x)
		}
	}
	for _, x := range ts {
		g.FreeTemp(x)
	}
}
