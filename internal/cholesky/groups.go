package cholesky

import "slices"

// groupsOf returns n unknowns in an order for which the factor has few numbers, in groups that have the same places
// there. It also returns how many numbers it has found on the way, and no groups if they are more than most.
//
// Those that [order] leaves for the end are put into an order like all: what the others leave of the matrix are cliques
// again. So cameras, whose points are gone, are ordered by which of them see the same points.
func groupsOf(n int, cliques [][]int32, most int) (groups [][]int32, numbers int) {
	if groups = asGiven(n, cliques); groups != nil {
		return groups, 0
	}
	groups, last := order(n, cliques)
	if len(last) == 0 {
		return groups, 0
	}
	f := newFactor(n, append(groups[:len(groups):len(groups)], last))
	numbers = f.fill(len(groups), cliques, most)
	if numbers > most {
		return nil, numbers
	}
	rest, more := groupsOf(len(last), f.left(int32(len(groups)), cliques), most-numbers)
	for _, group := range rest {
		for k, i := range group {
			group[k] = last[i]
		}
	}
	return append(groups, rest...), numbers + more
}

// left returns the cliques of the unknowns of the last panel, counted from its first, when all others are eliminated.
func (f *Factor) left(last int32, cliques [][]int32) [][]int32 {
	var s cliqueSet
	first := int32(f.panels[last].first)
	for _, p := range f.panels[:last] {
		if rest := p.places[p.width:]; len(rest) > 0 && rest[0] >= first {
			clique := make([]int32, len(rest))
			for k, place := range rest {
				clique[k] = place - first
			}
			s.add(clique)
		}
	}
	for _, c := range cliques {
		if f.firstOf(c) == last {
			clique := make([]int32, len(c))
			for k, i := range c {
				clique[k] = f.place[i] - first
			}
			slices.Sort(clique)
			s.add(clique)
		}
	}
	return s.list
}
