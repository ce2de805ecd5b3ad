package cholesky

import "slices"

// order puts n unknowns, of which cliques have some each, into an order of approximately minimum degree (Amestoy, Davis
// and Duff, 1996), and returns them in groups that are eliminated together. Those that come last, because they are in
// so many more cliques than others that looking through these again and again would take long, are not in an order yet.
// The cliques are changed.
//
// What is known of the matrix is kept as a quotient graph: eliminating an unknown makes its neighbours a clique, which
// takes the place of all cliques that had it. The degree of an unknown is bounded by the sizes of its cliques, less
// what they have in common with the last one. Unknowns that are in the same cliques become one, of more weight.
func order(n int, cliques [][]int32) (groups [][]int32, last []int32) {
	o := newOrdering(n, cliques)
	last = o.setApart()
	o.mergeAlike(slices.Clone(o.unknowns))
	for _, i := range o.unknowns {
		if o.weight[i] > 0 {
			o.degree[i] = o.firstDegree(i)
			o.enter(i)
		}
	}
	for p := o.leave(); p >= 0; p = o.leave() {
		o.eliminate(p)
		groups = append(groups, o.members(p))
	}
	return groups, last
}

// An ordering is the quotient graph, and the unknowns by their degrees.
type ordering struct {
	unknowns []int32
	left     int     // of the unknowns: the weights of all that are not eliminated
	weight   []int32 // how many unknowns this one stands for; 0 if it is eliminated, or another one stands for it
	of       [][]int32
	degree   []int32 // at least how many unknowns it is in cliques with, besides those it stands for

	cliques [][]int32 // nil for one whose place another took
	size    []int32   // the weights of a clique

	first, next, previous []int32 // lists of the unknowns of a degree; -1 ends one
	least                 int     // no unknown has a degree below

	mark    []int32 // of unknowns: mark of the clique that they were last seen in
	seen    []int32 // of cliques: like mark
	outside []int32 // of cliques that were seen: the weights that the clique at hand does not have
	stamp   int32

	buckets []int32 // of unknowns that may be alike; -1 for none
	linked  []int32
	hash    []int32
	heir    []int32 // lists of the unknowns that one stands for; -1 ends one
	sibling []int32
}

func newOrdering(n int, cliques [][]int32) *ordering {
	list := func(v int32) []int32 { return filled(n, v) }
	o := &ordering{
		left: n, weight: list(1), of: make([][]int32, n), degree: list(0),
		cliques: cliques, size: make([]int32, len(cliques)),
		first: list(-1), next: list(-1), previous: list(-1),
		mark: list(0), seen: make([]int32, len(cliques)), outside: make([]int32, len(cliques)),
		buckets: list(-1), linked: list(-1), hash: list(0), heir: list(-1), sibling: list(-1),
	}
	count := make([]int, n+1)
	for _, c := range cliques {
		for _, i := range c {
			count[i]++
		}
	}
	total := 0
	for i, k := range count {
		count[i] = total
		total += k
	}
	all := make([]int32, total)
	for i := range n {
		o.of[i] = all[count[i]:count[i]:count[i+1]]
	}
	for e, c := range cliques {
		o.size[e] = int32(len(c))
		for _, i := range c {
			o.of[i] = append(o.of[i], int32(e))
		}
	}
	for i := range n {
		o.unknowns = append(o.unknowns, int32(i))
	}
	return o
}

// setApart takes those unknowns away that come last, and returns them.
func (o *ordering) setApart() (last []int32) {
	n, total := len(o.unknowns), 0
	for _, list := range o.of {
		total += len(list)
	}
	most := max(16, 10*total/max(n, 1))
	for _, i := range o.unknowns {
		if len(o.of[i]) > most {
			last = append(last, i)
			o.weight[i] = 0
		}
	}
	if len(last) == 0 {
		return nil
	}
	o.left -= len(last)
	gone := func(i int32) bool { return o.weight[i] == 0 }
	o.unknowns = slices.DeleteFunc(o.unknowns, gone)
	for e, c := range o.cliques {
		o.cliques[e] = slices.DeleteFunc(c, gone)
		o.size[e] = int32(len(o.cliques[e]))
	}
	return last
}

// firstDegree returns the degree of an unknown at the start.
func (o *ordering) firstDegree(i int32) int32 {
	d := 0
	for _, e := range o.of[i] {
		d += int(o.size[e] - o.weight[i])
	}
	return o.atMost(i, d)
}

// atMost bounds a degree by what is left.
func (o *ordering) atMost(i int32, degree int) int32 {
	return int32(min(degree, o.left-int(o.weight[i])))
}

// enter puts an unknown into the list of its degree.
func (o *ordering) enter(i int32) {
	d := o.degree[i]
	o.next[i], o.previous[i] = o.first[d], -1
	if o.next[i] >= 0 {
		o.previous[o.next[i]] = i
	}
	o.first[d] = i
	o.least = min(o.least, int(d))
}

// remove takes an unknown out of the list of its degree.
func (o *ordering) remove(i int32) {
	if o.previous[i] >= 0 {
		o.next[o.previous[i]] = o.next[i]
	} else {
		o.first[o.degree[i]] = o.next[i]
	}
	if o.next[i] >= 0 {
		o.previous[o.next[i]] = o.previous[i]
	}
}

// leave takes an unknown of the least degree out of the lists, and returns -1 if there is none.
func (o *ordering) leave() int32 {
	for ; o.least < len(o.first); o.least++ {
		if i := o.first[o.least]; i >= 0 {
			o.remove(i)
			return i
		}
	}
	return -1
}

// eliminate makes the neighbours of p a clique.
func (o *ordering) eliminate(p int32) {
	clique, size := o.neighbours(p)
	e := int32(len(o.cliques))
	o.cliques, o.size = append(o.cliques, nil), append(o.size, 0)
	o.seen, o.outside = append(o.seen, 0), append(o.outside, 0)
	for _, i := range clique {
		o.remove(i)
		o.measure(i)
	}
	kept := clique[:0]
	for _, i := range clique {
		// Of the other cliques of i, those go whose unknowns are all in the new one.
		sum := 0
		list := slices.DeleteFunc(o.of[i], func(c int32) bool {
			if o.cliques[c] != nil && o.outside[c] == 0 {
				o.cliques[c] = nil
			}
			if o.cliques[c] == nil {
				return true
			}
			sum += int(o.outside[c])
			return false
		})
		if len(list) == 0 { // it has no other neighbours than p has: it is eliminated with it
			size -= int(o.weight[i])
			o.inherit(p, i)
			continue
		}
		o.of[i] = append(list, e)
		o.degree[i] = o.atMost(i, min(sum, int(o.degree[i])))
		kept = append(kept, i)
	}
	o.left -= int(o.weight[p])
	o.weight[p], o.of[p] = 0, nil
	o.mergeAlike(kept)
	kept = slices.DeleteFunc(kept, func(i int32) bool { return o.weight[i] == 0 })
	for _, i := range kept {
		// The degree is what was known of it, or the sum of what the other cliques have besides, and the new one.
		o.degree[i] = o.atMost(i, int(o.degree[i])+size-int(o.weight[i]))
		o.enter(i)
	}
	if len(kept) > 0 {
		o.cliques[e], o.size[e] = slices.Clip(kept), int32(size)
	}
}

// neighbours returns the unknowns that are in a clique with p, and their weight. The cliques are gone then.
func (o *ordering) neighbours(p int32) (list []int32, weight int) {
	o.stamp++
	o.mark[p] = o.stamp
	for _, c := range o.of[p] {
		for _, i := range o.cliques[c] {
			if o.weight[i] > 0 && o.mark[i] != o.stamp {
				o.mark[i] = o.stamp
				list = append(list, i)
				weight += int(o.weight[i])
			}
		}
		o.cliques[c] = nil
	}
	return list, weight
}

// measure takes unknown i, which is in the clique at hand, off the others that it is in.
func (o *ordering) measure(i int32) {
	for _, c := range o.of[i] {
		if o.seen[c] != o.stamp {
			o.seen[c], o.outside[c] = o.stamp, o.size[c]
		}
		o.outside[c] -= o.weight[i]
	}
}

// mergeAlike lets one unknown stand for all of a list that are in the same cliques.
func (o *ordering) mergeAlike(list []int32) {
	n := uint32(len(o.buckets))
	for _, i := range list {
		if len(o.of[i]) == 0 {
			continue // it has no neighbours, those that are in no clique either are none
		}
		h := uint32(len(o.of[i]))
		for _, c := range o.of[i] {
			h += uint32(c) * 2654435761
		}
		b := int32(h % n)
		o.hash[i] = b
		o.linked[i], o.buckets[b] = o.buckets[b], i
	}
	for _, i := range list {
		if len(o.of[i]) == 0 {
			continue
		}
		b := o.hash[i]
		for j := o.buckets[b]; j >= 0; j = o.linked[j] {
			o.mergeInto(j, o.linked[j])
		}
		o.buckets[b] = -1
	}
}

// mergeInto lets j stand for all unknowns of a list that are in the same cliques.
func (o *ordering) mergeInto(j, list int32) {
	if o.weight[j] == 0 {
		return
	}
	marked := false
	for k := list; k >= 0; k = o.linked[k] {
		if o.weight[k] == 0 || len(o.of[k]) != len(o.of[j]) {
			continue
		}
		if !marked {
			o.stamp++
			for _, c := range o.of[j] {
				o.seen[c] = o.stamp
			}
			marked = true
		}
		if !slices.ContainsFunc(o.of[k], func(c int32) bool { return o.seen[c] != o.stamp }) {
			o.inherit(j, k)
		}
	}
}

// inherit lets j stand for k.
func (o *ordering) inherit(j, k int32) {
	o.weight[j] += o.weight[k]
	o.weight[k], o.of[k] = 0, nil
	o.sibling[k], o.heir[j] = o.heir[j], k
}

// members returns the unknowns that one stands for, itself among them.
func (o *ordering) members(p int32) []int32 {
	list := []int32{p}
	for k := 0; k < len(list); k++ {
		for i := o.heir[list[k]]; i >= 0; i = o.sibling[i] {
			list = append(list, i)
		}
	}
	return list
}
