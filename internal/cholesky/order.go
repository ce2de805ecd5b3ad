package cholesky

import (
	"math"
	"slices"
)

// order puts n unknowns, of which cliques have some each, into an order of approximately minimum degree (Amestoy, Davis
// and Duff, 1996), and returns them in groups that are eliminated together. Those that come last, because they are in
// so many more cliques than others that looking through these again and again would take long, are not in an order yet.
//
// What is known of the matrix is kept as a quotient graph (quotient.go): eliminating an unknown makes its neighbours a
// clique, which takes the place of all cliques that had it. The degree of an unknown is bounded by the sizes of its
// cliques, less what they have in common with the last one. Unknowns that have the same neighbours become one, of more
// weight.
func order(n int, cliques [][]int32) (groups [][]int32, last []int32) {
	o, last := newOrdering(n, cliques)
	for p := o.leave(); p >= 0; p = o.leave() {
		o.eliminate(p)
		groups = append(groups, o.standsFor(p))
	}
	return groups, last
}

// An ordering is the quotient graph, and the unknowns by their degrees.
type ordering struct {
	quotient
	left   int     // the weights of all unknowns that are not eliminated
	weight []int32 // how many unknowns this one stands for, negative in the clique at hand; 0 if it is eliminated, or another one stands for it
	degree []int32 // how many unknowns it meets at most, besides those it stands for

	first, next, previous []int32 // lists of the unknowns of a degree; -1 ends one
	least                 int     // no unknown has a degree below

	latest int32 // the clique that seen is about, or -1

	hash    []uint32 // of the neighbours
	buckets []int32  // of unknowns that may be alike, by hash, linked by next; -1 for none
	heir    []int32  // lists of the unknowns that one stands for; -1 ends one
	sibling []int32
}

// newOrdering returns the ordering at its start, and the unknowns that are not in it because they come last.
func newOrdering(n int, cliques [][]int32) (o *ordering, last []int32) {
	list := func(v int32) []int32 { return filled(n, v) }
	o = &ordering{
		left: n, weight: list(1), degree: list(0),
		first: list(-1), next: list(-1), previous: list(-1),
		latest: -1, hash: make([]uint32, n), buckets: list(-1), heir: list(-1), sibling: list(-1),
	}
	last = apart(n, cliques)
	for _, i := range last {
		o.weight[i] = 0
	}
	o.left -= len(last)
	o.quotient = newQuotient(cliques, o.weight)
	unknowns := make([]int32, 0, o.left)
	for i, w := range o.weight {
		if w != 0 {
			unknowns = append(unknowns, int32(i))
		}
	}
	for _, i := range unknowns {
		for _, node := range o.neighboursOf(i) {
			o.hash[i] += hashOf(node)
		}
		if o.length[i] > 0 && o.length[i] == o.inCliques[i] { // those who have the same cliques meet, others need not
			o.enterBucket(i)
		}
	}
	o.mergeAlike(unknowns)
	for _, i := range unknowns {
		if w := o.weight[i]; w > 0 {
			d := int64(o.length[i] - o.inCliques[i])
			for _, c := range o.cliquesOf(i) {
				d += int64(o.size[c] - w)
			}
			o.degree[i] = o.atMost(w, d)
			o.enter(i)
		}
	}
	return o, last
}

// apart returns the unknowns that come last.
func apart(n int, cliques [][]int32) (last []int32) {
	count, total := make([]int32, n), 0
	for _, c := range cliques {
		total += len(c)
		for _, i := range c {
			count[i]++
		}
	}
	most := max(16, 10*total/max(n, 1))
	for i, k := range count {
		if int(k) > most {
			last = append(last, int32(i))
		}
	}
	return last
}

// atMost bounds the degree of an unknown of weight w by what is left.
func (o *ordering) atMost(w int32, degree int64) int32 {
	return int32(min(degree, int64(o.left-int(w))))
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

// eliminate makes the neighbours of p a clique, p.
func (o *ordering) eliminate(p int32) {
	clique, known := o.meet(p)
	if known == 0 {
		o.restamp()
	}
	for _, i := range clique[known:] {
		o.measure(i)
	}
	size := int32(0)
	for _, i := range clique {
		size -= o.weight[i]
		o.remove(i)
	}
	most := int64(o.left) + int64(o.weight[p]-size)
	for _, i := range clique {
		all := o.prune(i, p, most)
		if o.length[i] == 1 { // it has no other neighbours than p has: it is eliminated with it
			size += o.weight[i]
			o.inherit(p, i)
		} else if all {
			o.enterBucket(i)
		}
	}
	o.left += int(o.weight[p])
	o.weight[p] = 0
	o.latest = p
	o.mergeAlike(clique)
	kept := clique[:0]
	for _, i := range clique {
		if o.weight[i] == 0 {
			continue
		}
		// The degree is what was known of it, or the sum of what the other cliques have besides, and the new one.
		w := -o.weight[i]
		o.weight[i] = w
		o.degree[i] = o.atMost(w, int64(o.degree[i])+int64(size-w))
		o.enter(i)
		kept = append(kept, i)
	}
	o.members = o.members[:len(o.members)-len(clique)+len(kept)]
	o.become(p, len(kept), size)
}

// meet appends the unknowns that p meets to the members, and returns them. Their weights and that of p are negative then,
// and the cliques of p gone. If the latest clique is one of these, its members come first, known of them: what seen has
// is right for these already.
func (o *ordering) meet(p int32) (clique []int32, known int) {
	most := int(o.length[p])
	for _, c := range o.cliquesOf(p) {
		most += int(o.length[c])
	}
	o.reserve(min(most, o.left))
	from := len(o.members)
	o.weight[p] = -o.weight[p]
	add := func(list []int32) {
		for _, i := range list {
			if w := o.weight[i]; w > 0 {
				o.weight[i] = -w
				o.members = append(o.members, i)
			}
		}
	}
	if o.latest >= 0 && slices.Contains(o.cliquesOf(p), o.latest) {
		add(o.membersOf(o.latest))
		known = len(o.members) - from
	}
	for _, c := range o.cliquesOf(p) {
		if o.seen[c] != 0 {
			add(o.membersOf(c))
			o.seen[c] = 0
		}
	}
	add(o.neighboursOf(p)[o.inCliques[p]:])
	return o.members[from:], known
}

// measure takes unknown i, which is in the clique at hand, off the others that it is in. Those go that have no others then.
func (o *ordering) measure(i int32) {
	seen, stamp, w := o.seen, o.stamp, o.weight[i]
	for _, c := range o.cliquesOf(i) {
		s := seen[c]
		if s == 0 {
			continue
		}
		if s < stamp {
			s = stamp + o.size[c]
		}
		if s += w; s == stamp {
			s = 0
		}
		seen[c] = s
	}
}

// long is how many cliques an unknown has to be in more than for [ordering.prune] to stop early.
const long = 64

// prune puts clique p in place of those neighbours of i that are in it: unknowns, and cliques whose unknowns are. It bounds
// the degree of i by the weights of the others. It stops where there are many, and the sum is as large as the degree, or
// most, already: then it has not seen all.
func (o *ordering) prune(i, p int32, most int64) (all bool) {
	list, seen, stamp := o.neighboursOf(i), o.seen, o.stamp
	cliques := list[:o.inCliques[i]]
	hash, sum, stop := o.hash[i]+hashOf(p), int64(0), int64(math.MaxInt64)
	all = true
	for k := 0; ; {
		var more int
		more, sum = outside(cliques[k:], seen, stamp, sum, stop)
		if k += more; k == len(cliques) {
			break
		}
		c := cliques[k]
		if seen[c] > stamp {
			all = false
			break
		}
		hash -= hashOf(c)
		cliques[k] = cliques[len(cliques)-1]
		cliques = cliques[:len(cliques)-1]
		if n := len(cliques); n > long {
			if k == 0 && (seen[cliques[n-1]]-stamp)/2 > seen[cliques[1]]-stamp {
				slices.Reverse(cliques) // those with many others come first: the sum is large soon
			}
			stop = min(most, int64(o.degree[i])) // there is room for p now
		}
	}
	others := list[o.inCliques[i]:]
	kept := others[:0]
	for _, j := range others {
		if w := o.weight[j]; w > 0 {
			sum += int64(w)
			kept = append(kept, j)
		} else {
			hash -= hashOf(j)
		}
	}
	// There is room for one more, as something of i's was p or in its place.
	k := len(cliques)
	copy(list[k+1:], kept)
	list[k] = p
	if k > long {
		list[0], list[k] = list[k], list[0] // it is gone first
	}
	o.inCliques[i], o.length[i], o.hash[i] = int32(k+1), int32(k+1+len(kept)), hash
	o.degree[i] = int32(min(sum, int64(o.degree[i])))
	return all
}

// outside adds to a sum what cliques have outside the one at hand, up to one that has nothing or with which the sum is as
// large as stop, and returns how many come before that. It is where the time goes: inlined, it has no registers left.
//
//go:noinline
func outside(cliques, seen []int32, stamp int32, sum, stop int64) (before int, total int64) {
	for k, c := range cliques {
		more := seen[c] - stamp
		if more <= 0 {
			return k, sum
		}
		sum += int64(more)
		if sum >= stop {
			return k, sum
		}
	}
	return len(cliques), sum
}

// restamp makes all that seen has less than stamp.
func (o *ordering) restamp() {
	n := len(o.weight)
	if int(o.stamp) < math.MaxInt32-2*n-1 {
		o.stamp += int32(n) + 1
		return
	}
	for c, s := range o.seen {
		o.seen[c] = min(s, 1)
	}
	o.stamp = 2
}

// hashOf returns the hash of a node; that of several is the sum.
func hashOf(node int32) uint32 { return (uint32(node) + 1) * 2654435761 }

// bucket returns the place in buckets for a hash.
func (o *ordering) bucket(hash uint32) int {
	return int(uint64(hash) * uint64(len(o.buckets)) >> 32)
}

// enterBucket puts an unknown with those that may be alike.
func (o *ordering) enterBucket(i int32) {
	b := o.bucket(o.hash[i])
	o.next[i], o.buckets[b] = o.buckets[b], i
}

// mergeAlike lets one unknown stand for all in a bucket that have the same neighbours, and empties the buckets.
func (o *ordering) mergeAlike(list []int32) {
	for _, i := range list {
		if o.weight[i] == 0 {
			continue
		}
		b := o.bucket(o.hash[i])
		for j := o.buckets[b]; j >= 0; j = o.next[j] {
			o.mergeInto(j, o.next[j])
		}
		o.buckets[b] = -1
	}
}

// mergeInto lets j stand for all unknowns of a list that have the same neighbours.
func (o *ordering) mergeInto(j, list int32) {
	if o.weight[j] == 0 {
		return
	}
	marked := false
	for k := list; k >= 0; k = o.next[k] {
		if o.weight[k] == 0 || o.hash[k] != o.hash[j] || o.length[k] != o.length[j] || o.inCliques[k] != o.inCliques[j] {
			continue
		}
		if !marked {
			o.restamp()
			o.latest = -1
			for _, c := range o.neighboursOf(j) {
				o.seen[c] = o.stamp
			}
			marked = true
		}
		if !slices.ContainsFunc(o.neighboursOf(k), func(c int32) bool { return o.seen[c] != o.stamp }) {
			o.inherit(j, k)
		}
	}
}

// inherit lets j stand for k.
func (o *ordering) inherit(j, k int32) {
	o.weight[j] += o.weight[k]
	o.weight[k] = 0
	o.sibling[k], o.heir[j] = o.heir[j], k
}

// standsFor returns the unknowns that one stands for, itself among them.
func (o *ordering) standsFor(p int32) []int32 {
	list := []int32{p}
	for k := 0; k < len(list); k++ {
		for i := o.heir[list[k]]; i >= 0; i = o.sibling[i] {
			list = append(list, i)
		}
	}
	return list
}
