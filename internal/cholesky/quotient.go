package cholesky

// A quotient is a quotient graph. Its nodes are n unknowns and, from n on, cliques of them; an unknown that is eliminated
// becomes a clique of the same number. The neighbours of an unknown are the cliques that it is in, and the unknowns
// that it meets without being in a clique with them: cliques of two are kept so.
type quotient struct {
	at     []int   // by node: where its list begins, in neighbours of an unknown, in members of a clique
	length []int32 // of the list
	size   []int32 // of a clique: the weights of its unknowns

	neighbours []int32 // of the unknowns, of each first the cliques; they only become fewer
	inCliques  []int32 // by unknown: how many of them are cliques

	members []int32 // of the cliques, with gaps
	laid    []int32 // the cliques in the order in which members has them, with some that are gone

	// By node: 0 for a clique that another took the place of; else, from stamp on, stamp and the weights that the clique at
	// hand does not have, where that was found out. It serves to mark the neighbours of an unknown, too.
	seen  []int32
	stamp int32
}

// newQuotient returns the graph of cliques among those of the unknowns whose weight is not 0.
func newQuotient(cliques [][]int32, weight []int32) quotient {
	n, total := len(weight), 0
	for _, c := range cliques {
		total += len(c)
	}
	nodes := n + len(cliques)
	q := quotient{
		at: make([]int, nodes), length: make([]int32, nodes), size: make([]int32, nodes),
		inCliques: make([]int32, n), members: make([]int32, 0, total+max(n, total/2)), laid: make([]int32, 0, nodes),
		seen: filled(nodes, 1), stamp: 2,
	}
	var pairs []int32
	for k, c := range cliques {
		from := len(q.members)
		for _, i := range c {
			if weight[i] != 0 {
				q.members = append(q.members, i)
			}
		}
		list := q.members[from:]
		if len(list) < 3 {
			if len(list) == 2 {
				pairs = append(pairs, list...)
			}
			q.members = q.members[:from]
			continue
		}
		for _, i := range list {
			q.inCliques[i]++
		}
		node := int32(n + k)
		q.at[node], q.length[node], q.size[node] = from, int32(len(list)), int32(len(list))
		q.laid = append(q.laid, node)
	}
	copy(q.length, q.inCliques)
	for _, i := range pairs {
		q.length[i]++
	}
	all := 0
	for i, k := range q.length[:n] {
		q.at[i] = all
		all += int(k)
	}
	q.neighbours = make([]int32, all)
	next := append([]int(nil), q.at[:n]...)
	add := func(i, node int32) {
		q.neighbours[next[i]] = node
		next[i]++
	}
	for _, c := range q.laid {
		for _, i := range q.membersOf(c) {
			add(i, c)
		}
	}
	for k := 0; k < len(pairs); k += 2 {
		add(pairs[k], pairs[k+1])
		add(pairs[k+1], pairs[k])
	}
	return q
}

// neighboursOf returns the neighbours of an unknown.
func (q *quotient) neighboursOf(i int32) []int32 { return q.neighbours[q.at[i]:][:q.length[i]] }

// cliquesOf returns the cliques that an unknown is in.
func (q *quotient) cliquesOf(i int32) []int32 { return q.neighbours[q.at[i]:][:q.inCliques[i]] }

// membersOf returns the unknowns of a clique.
func (q *quotient) membersOf(c int32) []int32 { return q.members[q.at[c]:][:q.length[c]] }

// reserve makes room for so many members of a new clique.
func (q *quotient) reserve(more int) {
	if cap(q.members)-len(q.members) >= more {
		return
	}
	kept, laid := q.members[:0], q.laid[:0]
	for _, c := range q.laid {
		if q.seen[c] != 0 {
			from := len(kept)
			kept = append(kept, q.membersOf(c)...)
			q.at[c] = from
			laid = append(laid, c)
		}
	}
	q.members, q.laid = kept, laid
}

// become makes unknown p a clique of the last members, of such a size together.
func (q *quotient) become(p int32, members int, size int32) {
	q.at[p], q.length[p], q.size[p] = len(q.members)-members, int32(members), size
	q.seen[p] = 0
	if members > 0 {
		q.seen[p] = 1
		q.laid = append(q.laid, p)
	}
}
