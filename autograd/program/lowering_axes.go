package program

import (
	"github.com/seed366ff29f/chainrule/graph"
)

// reduced returns the lowering of a reduction, whose attributes are the axes.
func reduced(f func(t *tape, n graph.Node, xs []ref) ref) func(t *tape, n graph.Node) []ref {
	return func(t *tape, n graph.Node) []ref {
		groups := t.groups(n.InputNode(0), n.Ints(), size(n))
		list := make([]ref, len(groups))
		xs := t.operand(n, 0)
		for i, g := range groups {
			list[i] = f(t, n, pick(xs, g))
		}
		return list
	}
}

// groups returns the elements of a node that differ in their places along the axes only, group by group.
func (t *tape) groups(n graph.Node, axes []int, count int) [][]int32 {
	dims := n.Dims()
	strides := make([]int, len(dims)) // of the groups; 0 along the axes
	for i, k := len(dims)-1, 1; i >= 0; i-- {
		along := false
		for _, a := range axes {
			along = along || a == i
		}
		if !along {
			strides[i] = k
			k *= dims[i]
		}
	}
	groups := make([][]int32, count)
	index := make([]int, len(dims))
	for i := range size(n) {
		at := 0
		for k, s := range strides {
			at += s * index[k]
		}
		groups[at] = append(groups[at], int32(i))
		for k := len(dims) - 1; k >= 0; k-- {
			if index[k]++; index[k] < dims[k] {
				break
			}
			index[k] = 0
		}
	}
	return groups
}

func pick(xs []ref, places []int32) []ref {
	list := make([]ref, len(places))
	for i, p := range places {
		list[i] = xs[p]
	}
	return list
}

// alongAxes lowers a node of one operand that keeps the shape, by a function of what lies along the axes.
func (t *tape) alongAxes(n graph.Node, axes []int, f func(xs []ref) []ref) []ref {
	xs := t.operand(n, 0)
	if len(xs) == 0 {
		return nil
	}
	list := make([]ref, len(xs))
	groups := len(xs)
	for _, a := range axes {
		groups /= n.Dims()[a]
	}
	for _, g := range t.groups(n, axes, groups) {
		for k, y := range f(pick(xs, g)) {
			list[g[k]] = y
		}
	}
	return list
}

func axesBut(rank, axis int) []int {
	var list []int
	for i := range rank {
		if i != axis {
			list = append(list, i)
		}
	}
	return list
}
