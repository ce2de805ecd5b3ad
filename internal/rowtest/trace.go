package rowtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Trace lists what a graph has recorded, one text a node, in everything that makes it a program: operation, operands,
// shape, precision, attributes, whether a gradient flows, and the numbers of leaves other than the arguments, as bits. Two
// traces of one function are equal if what is recorded does not depend on the arguments' numbers.
func Trace(g *graph.Graph, arguments ...graph.Value) []string {
	var isArgument graph.NodeSet
	for _, x := range arguments {
		isArgument.Add(x.ID())
	}
	var nodes []string
	var b []byte
	number := func(v float64) { b = strconv.AppendUint(append(b, ' '), math.Float64bits(v), 16) }
	for v := range g.Nodes() {
		n := v.Node()
		b = fmt.Appendf(b[:0], "%%%d = %s", v.ID(), n.OpName())
		for i := range n.NumInputs() {
			b = strconv.AppendInt(append(b, " %"...), int64(n.InputNode(i).ID()), 10)
		}
		b = fmt.Append(b, " ", n.Dims(), " ", n.DType(), " ints ", n.Ints(), " floats")
		number(n.Float(0))
		number(n.Float(1))
		b = strconv.AppendBool(append(b, " grad "...), n.WantsGrad())
		if aux := n.Aux(); aux != nil {
			b = fmt.Appendf(b, " %T", aux)
		}
		if v.IsLeaf() && !isArgument.Has(v.ID()) {
			b = append(b, " numbers"...)
			for i, t := 0, n.Data(); i < t.Len(); i++ {
				number(t.AtFlat(i))
			}
		}
		nodes = append(nodes, string(b))
	}
	return nodes
}

// all stands for all operands, where others are chosen by number.
const all = -1

// SameTraces checks that what a function and its derivatives record on a graph made with graph.Traced does not depend on
// the operands' numbers: the traces of the function, of its gradients and of theirs are equal whether operands are the
// given ones, others, special numbers, or some of them special, and whichever of them wants a gradient. Numbers that the
// function refuses are passed over. In short tests it is held for a few numbers only.
func SameTraces(t testing.TB, f func(xs ...graph.Value) graph.Value, operands ...*tensor.Tensor) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	tries := [][]*tensor.Tensor{another(rng, operands), another(rng, operands)}
	for _, v := range SpecialNumbers {
		var filled []*tensor.Tensor
		for _, x := range operands {
			filled = append(filled, Filled(v, x.Dims()...))
		}
		tries = append(tries, filled, Spoil(rng, operands))
	}
	single := len(operands) // operands that alone want a gradient
	if single == 1 || testing.Short() {
		single = 0
	}
	if testing.Short() {
		tries = tries[1:4]
	}
	for wants := all; wants < single; wants++ {
		want, err := traceOf(f, operands, wants)
		if err != nil {
			t.Fatal(err)
		}
		if wants != all { // which numbers they are hardly matters here
			tries = tries[:4]
		}
		for _, others := range tries {
			got, err := traceOf(f, others, wants)
			if err != nil {
				continue // a matrix that is singular now, a label that is none
			}
			k := 0
			for k < min(len(want), len(got)) && want[k] == got[k] {
				k++
			}
			if k < len(want) || k < len(got) {
				t.Errorf("what is recorded depends on the operands' numbers: with gradients wanted by operand %d (-1 is all), node %d is\n\t%s for %v,\n\t%s for %v",
					wants, k+1, append(want, "none")[k], Show(operands), append(got, "none")[k], Show(others))
				return
			}
		}
	}
}

// traceOf returns the trace of a function, of its gradients by the operands that want one, and of theirs.
func traceOf(f func(xs ...graph.Value) graph.Value, operands []*tensor.Tensor, wants int) (nodes []string, err error) {
	err = graph.Try(func() {
		g := graph.New(graph.Traced())
		var xs, leaves []graph.Value
		for i, x := range operands {
			if wants != all && wants != i {
				xs = append(xs, g.ConstTensor(x))
				continue
			}
			xs = append(xs, g.VarTensor(x))
			leaves = append(leaves, xs[i])
		}
		if y := f(xs...); y.WantsGrad() {
			for _, d := range autograd.Grad(Weighted(y), leaves...) {
				if d.WantsGrad() {
					autograd.Grad(Weighted(d), leaves...)
				}
			}
		}
		nodes = Trace(g, xs...)
	})
	return nodes, err
}

// another returns tensors of other numbers: the given ones, exchanged and up to a quarter smaller.
func another(rng *rand.Rand, ts []*tensor.Tensor) []*tensor.Tensor {
	var out []*tensor.Tensor
	for _, x := range ts {
		x = x.Clone()
		for i := range x.Len() {
			k := rng.IntN(i + 1)
			a, b := x.AtFlat(i), x.AtFlat(k)
			x.SetFlat(b*(1-rng.Float64()/4), i)
			if k != i {
				x.SetFlat(a, k)
			}
		}
		out = append(out, x)
	}
	return out
}

// Spoil returns the tensors with special numbers in place of a quarter of their elements.
func Spoil(rng *rand.Rand, ts []*tensor.Tensor) []*tensor.Tensor {
	var out []*tensor.Tensor
	for _, x := range ts {
		x = x.Clone()
		for i := range x.Len() {
			if rng.IntN(4) == 0 {
				x.SetFlat(SpecialNumbers[rng.IntN(len(SpecialNumbers))], i)
			}
		}
		out = append(out, x)
	}
	return out
}
