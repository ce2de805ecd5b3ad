package opstest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
)

// recording checks that what an operation and its rule record does not depend on the operands' numbers: the recorded
// derivatives of first and second order are the same operations, of the same shapes, whether operands are random, special
// numbers, or some of them special.
func recording(t *testing.T, s rowtest.Sample) {
	want, err := recorded(s, s.Operands)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var tries [][]*tensor.Tensor
	for _, v := range rowtest.SpecialNumbers {
		var all []*tensor.Tensor
		for _, x := range s.Operands {
			all = append(all, rowtest.Filled(v, x.Dims()...))
		}
		tries = append(tries, all, spoil(rng, s.Operands))
	}
	for _, operands := range tries {
		got, err := recorded(s, operands)
		if err != nil {
			continue // a matrix that is singular now, a label that is none
		}
		for i := range min(len(want), len(got)) {
			if want[i] != got[i] {
				t.Errorf("what is recorded depends on the operands' numbers: for %v node %d is %s, for %v %s", rowtest.Show(s.Operands), i, want[i], rowtest.Show(operands), got[i])
				return
			}
		}
		if len(want) != len(got) {
			t.Errorf("what is recorded depends on the operands' numbers: %d nodes for %v, %d for %v", len(want), rowtest.Show(s.Operands), len(got), rowtest.Show(operands))
			return
		}
	}
}

// recorded lists the nodes of the operation, of its gradients and of theirs.
func recorded(s rowtest.Sample, operands []*tensor.Tensor) (nodes []string, err error) {
	err = graph.Try(func() {
		g := graph.New()
		xs := rowtest.Variables(g, operands)
		if y := s.Apply(xs); y.WantsGrad() {
			for _, d := range autograd.Grad(rowtest.Weighted(y), xs...) {
				if d.WantsGrad() {
					autograd.Grad(rowtest.Weighted(d), xs...)
				}
			}
		}
		for v := range g.Nodes() {
			n := v.Node()
			text := fmt.Sprint(n.Op(), v.Shape())
			for i := range n.NumInputs() {
				text += fmt.Sprintf(" %%%d", n.InputNode(i).ID())
			}
			nodes = append(nodes, text)
		}
	})
	return nodes, err
}

// spoil returns the tensors with special numbers in place of a quarter of their elements.
func spoil(rng *rand.Rand, ts []*tensor.Tensor) []*tensor.Tensor {
	var out []*tensor.Tensor
	for _, x := range ts {
		x = x.Clone()
		for i := range x.Len() {
			if rng.IntN(4) == 0 {
				x.SetFlat(rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))], i)
			}
		}
		out = append(out, x)
	}
	return out
}
