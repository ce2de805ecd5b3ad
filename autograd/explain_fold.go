package autograd

import (
	"container/heap"
	"slices"
)

// foldBudget limits the arcs that folding looks at. A node without a name can lie below many with one.
const foldBudget = 1 << 20

// fold makes the values with names the ends of factors, and y and x. If no value between them has a name, or folding
// would cost too much, every node is one.
func (e *explainer) fold() {
	last := len(e.nodes) - 1
	key := make([]int32, len(e.nodes))
	var keys []int32
	for k := range e.nodes {
		key[k] = -1
		if k == 0 || k == last || e.node(k).Name() != "" {
			key[k] = int32(len(keys))
			keys = append(keys, int32(k))
		}
	}
	if len(keys) == 2 || len(keys) == len(e.nodes) {
		return
	}
	adj := make([]float64, len(e.nodes))
	seen := make([]bool, len(e.nodes))
	budget := foldBudget
	folded := make([][]arc, len(keys))
	var buf []arc
	for k := 1; k < len(keys); k++ {
		open := &places{int(keys[k])}
		adj[keys[k]] = 1
		for open.Len() > 0 {
			p := heap.Pop(open).(int)
			w := adj[p]
			adj[p], seen[p] = 0, false
			if j := key[p]; j >= 0 && int(j) != k {
				folded[k] = append(folded[k], arc{int(j), w})
				continue
			}
			buf = e.arcs(buf[:0], p)
			if budget -= len(buf); budget < 0 {
				return
			}
			for _, a := range buf {
				adj[a.to] += contribution(w, a.d)
				if !seen[a.to] {
					seen[a.to] = true
					heap.Push(open, a.to)
				}
			}
		}
	}
	e.keys, e.key, e.folded = keys, key, folded
}

// places is a heap with the highest place on top.
type places []int

func (p places) Len() int           { return len(p) }
func (p places) Less(i, j int) bool { return p[i] > p[j] }
func (p places) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *places) Push(x any)        { *p = append(*p, x.(int)) }
func (p *places) Pop() any {
	k := len(*p) - 1
	x := (*p)[k]
	*p = (*p)[:k]
	return x
}

// numKeys returns the number of keys.
func (e *explainer) numKeys() int {
	if e.folded == nil {
		return len(e.nodes)
	}
	return len(e.keys)
}

// keyPlace returns the place of key k.
func (e *explainer) keyPlace(k int) int {
	if e.folded == nil {
		return k
	}
	return int(e.keys[k])
}

// down appends what leads from key k to lower keys.
func (e *explainer) down(dst []arc, k int) []arc {
	if e.folded == nil {
		return e.arcs(dst, k)
	}
	return append(dst, e.folded[k]...)
}

// derivative returns the derivative of key from by key to, through the nodes that are folded between them.
func (e *explainer) derivative(from, to int) float64 {
	for _, a := range e.down(nil, from) {
		if a.to == to {
			return a.d
		}
	}
	return 0
}

// between returns the places of the nodes that are folded into the factor from one key to another, with both, from the
// upper one down, and the number of paths through them.
func (e *explainer) between(from, to int) (steps []int, paths int) {
	top, bottom := e.keyPlace(from), e.keyPlace(to)
	if e.folded == nil {
		return []int{top, bottom}, 1
	}
	// Below the upper key: the nodes that it reaches without passing another key.
	below := map[int]bool{top: true}
	queue := []int{top}
	var buf []arc
	for i := 0; i < len(queue); i++ {
		if p := queue[i]; p != top && e.key[p] >= 0 {
			continue
		}
		buf = e.arcs(buf[:0], queue[i])
		for _, a := range buf {
			if !below[a.to] {
				below[a.to] = true
				queue = append(queue, a.to)
			}
		}
	}
	// Of these, the ones that lead to the lower key.
	slices.Sort(queue)
	count := map[int]int{bottom: 1}
	steps = []int{bottom}
	for _, p := range queue {
		if p <= bottom || p != top && e.key[p] >= 0 {
			continue
		}
		n := 0
		buf = e.arcs(buf[:0], p)
		for _, a := range buf {
			n = saturated(n, count[a.to])
		}
		if n > 0 {
			count[p] = n
			steps = append(steps, p)
		}
	}
	slices.Reverse(steps)
	return steps, count[top]
}
