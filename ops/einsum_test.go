package ops_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// loops is a sum of products written out: an axis length for every letter, and the letters of operands and result.
func loops(sizes map[rune]int, operands []string, out string, xs []*tensor.Tensor) *tensor.Tensor {
	shape := []int{}
	for _, l := range out {
		shape = append(shape, sizes[l])
	}
	y := tensor.New(tensor.Float64, shape...)
	var letters []rune
	for l := range sizes {
		letters = append(letters, l)
	}
	index := map[rune]int{}
	place := func(labels string) int {
		at := 0
		for _, l := range labels {
			at = at*sizes[l] + index[l]
		}
		return at
	}
	var walk func(k int)
	walk = func(k int) {
		if k < len(letters) {
			for i := range sizes[letters[k]] {
				index[letters[k]] = i
				walk(k + 1)
			}
			return
		}
		p := 1.0
		for i, labels := range operands {
			p *= xs[i].AtFlat(place(labels))
		}
		y.SetFlat(y.AtFlat(place(out))+p, place(out))
	}
	walk(0)
	return y
}

// TestEinsum compares with loops over all letters, and checks the gradient. Where spec has an ellipsis, operands and out
// are the same with letters in its place.
func TestEinsum(t *testing.T) {
	sizes := map[rune]int{'a': 2, 'b': 3, 'c': 2, 'd': 4, 'e': 2, 'i': 3, 'j': 2, 'k': 4}
	tests := []struct {
		spec     string
		operands []string
		out      string
	}{
		{"ij->ij", []string{"ij"}, "ij"},
		{"ij->ji", []string{"ij"}, "ji"},
		{"ij->", []string{"ij"}, ""},
		{"ij->j", []string{"ij"}, "j"},
		{"ii->i", []string{"ii"}, "i"},
		{"ii", []string{"ii"}, ""},
		{"iji->j", []string{"iji"}, "j"},
		{"iii->i", []string{"iii"}, "i"},
		{"ijij->ji", []string{"ijij"}, "ji"},
		{"i,i", []string{"i", "i"}, ""},
		{"i,j->ij", []string{"i", "j"}, "ij"},
		{"i,j->ji", []string{"i", "j"}, "ji"},
		{"ij,jk->ik", []string{"ij", "jk"}, "ik"},
		{" ij , jk -> ki ", []string{"ij", "jk"}, "ki"},
		{"ij,jk", []string{"ij", "jk"}, "ik"},
		{"kj,ji", []string{"kj", "ji"}, "ik"},
		{"ij,ij->ij", []string{"ij", "ij"}, "ij"},
		{"ij,ij->i", []string{"ij", "ij"}, "i"},
		{"ij,kj->", []string{"ij", "kj"}, ""},
		{"aij,ajk->aik", []string{"aij", "ajk"}, "aik"},
		{"abij,abjk->baik", []string{"abij", "abjk"}, "baik"},
		{"aij,bjk->abik", []string{"aij", "bjk"}, "abik"},
		{"ii,ij->j", []string{"ii", "ij"}, "j"},
		{"ij,jk,kd->id", []string{"ij", "jk", "kd"}, "id"},
		{"i,ij,j", []string{"i", "ij", "j"}, ""},
		{"i,i,i->i", []string{"i", "i", "i"}, "i"},
		{"a,b,c,d->dcba", []string{"a", "b", "c", "d"}, "dcba"},
		{"...ij,...jk->...ik", []string{"abij", "abjk"}, "abik"},
		{"...ij,jk->...ik", []string{"abij", "jk"}, "abik"},
		{"i...j,j->...i", []string{"iabj", "j"}, "abi"},
		{"...,...", []string{"ab", "ab"}, "ab"},
		{"...i->i", []string{"abi"}, "i"},
		{"...->...", []string{""}, ""},
		{",i->i", []string{"", "i"}, "i"},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			used := map[rune]int{}
			var xs []*tensor.Tensor
			for k, labels := range tt.operands {
				shape := []int{}
				for _, l := range labels {
					used[l] = sizes[l]
					shape = append(shape, sizes[l])
				}
				xs = append(xs, randomMatrices(uint64(k+1), shape...))
			}
			want := loops(used, tt.operands, tt.out, xs)
			y := ops.Einsum(tt.spec, variables(graph.New(), xs)...)
			if diff := cmp.Diff(want.Dims(), y.Dims(), equateEmptyShapes); diff != "" {
				t.Fatalf("shape mismatch (-want +got):\n%s", diff)
			}
			closeTo(t, "value", want.Float64s(), y.Tensor().Float64s())
			if err := autograd.Check(func(xs ...graph.Value) graph.Value { return weighted(ops.Einsum(tt.spec, xs...)) }, xs...); err != nil {
				t.Error(err)
			}
		})
	}
}

var equateEmptyShapes = cmp.Transformer("shape", func(s []int) string { return tensor.FormatShape(s) })

func TestEinsumBroadcastsEllipsis(t *testing.T) {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{1, 2, 3}, 3, 1, 1))
	b := g.VarTensor(tensor.Of([]float64{10, 20, 30, 40}, 2, 2))
	y := ops.Einsum("...i,...i->...i", ops.Broadcast(a, 3, 1, 2), b)
	if diff := cmp.Diff([]int{3, 2, 2}, y.Shape()); diff != "" {
		t.Fatalf("shape mismatch (-want +got):\n%s", diff)
	}
	closeTo(t, "value", ops.Mul(a, b).Tensor().Float64s(), y.Tensor().Float64s())
	closeTo(t, "gradient", []float64{100, 100, 100}, autograd.Backward(ops.Sum(y)).Tensor(a).Float64s())
}

func TestEinsumMisuse(t *testing.T) {
	call := func(spec string) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.Einsum(spec, xs...) }
	}
	testMisuse(t, []misuse{
		{"no operands", nil, call("i"), `ops.Einsum: "i": no operands: give one for each term`},
		{"terms", [][]int{{2}}, call("i,j"), `ops.Einsum: "i,j" has 2 terms for 1 operands: give one for each, with commas between them`},
		{"rank", [][]int{{2, 3}}, call("i"), `ops.Einsum: "i": term "i" has 1 letters, operand 0 has shape (2,3): give one for each axis`},
		{"rank with an ellipsis", [][]int{{2}}, call("i...j"), `ops.Einsum: "i...j": term "i...j" has 2 letters, operand 0 has shape (2): give one for each axis`},
		{"character", [][]int{{2}}, call("1->1"), `ops.Einsum: "1->1": '1' in term "1" is neither a letter nor one ellipsis: axes are a to z and A to Z`},
		{"two ellipses", [][]int{{2, 2, 2, 2}}, call("......"), `ops.Einsum: "......": '.' in term "......" is neither a letter nor one ellipsis: axes are a to z and A to Z`},
		{"two arrows", [][]int{{2}}, call("i->i->i"), `ops.Einsum: "i->i->i": '-' in term "i->i" is neither a letter nor one ellipsis: axes are a to z and A to Z`},
		{"letter", [][]int{{2}}, call("é"), `ops.Einsum: "é": term "é" has 2 letters, operand 0 has shape (2): give one for each axis`},
		{"lengths", [][]int{{2, 3}, {4, 5}}, call("ij,jk"), `ops.Einsum: "ij,jk": axis 0 of operand 1 (4,5) has length 4, but "j" has length 3 elsewhere`},
		{"letters do not broadcast", [][]int{{2}, {1}}, call("i,i"), `ops.Einsum: "i,i": axis 0 of operand 1 (1) has length 1, but "i" has length 2 elsewhere`},
		{"ellipsis", [][]int{{2}, {3}}, call("...,..."), `ops.Einsum: "...,...": axis 0 of operand 1 (3) has length 3, but the ellipsis has length 2 elsewhere`},
		{"result twice", [][]int{{2}}, call("i->ii"), `ops.Einsum: "i->ii": 'i' stands twice in the result: give every letter once`},
		{"result from nowhere", [][]int{{2}}, call("i->j"), `ops.Einsum: "i->j": 'j' of the result stands in no operand`},
	})
}
