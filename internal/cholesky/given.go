package cholesky

import "slices"

// asGiven returns the unknowns in the order in which they are, in groups that have the same places in the factor, or
// nil if the factor then had many more numbers than the diagonal and the cliques have: one number of a clique does not
// count, and the longest makes a triangle. As many has the factor of a band, whose many cliques [order] would take long
// to look through.
func asGiven(n int, cliques [][]int32) (groups [][]int32) {
	most, longest := n, 0
	firstClique, nextClique := filled(n, -1), filled(len(cliques), -1)
	for c, clique := range cliques {
		most, longest = most+len(clique)-1, max(longest, len(clique))
		least := slices.Min(clique)
		nextClique[c], firstClique[least] = firstClique[least], int32(c)
	}
	most += longest * (longest - 1) / 2
	firstChild, nextChild := filled(n, -1), filled(n, -1)
	mark := filled(n, -1)
	places := make([][]int32, n) // by unknown: those after it that its row has numbers at
	var list []int32
	for j := range n {
		list = list[:0]
		add := func(more []int32) {
			for _, i := range more {
				if int(i) > j && mark[i] != int32(j) {
					mark[i] = int32(j)
					list = append(list, i)
				}
			}
		}
		for c := firstClique[j]; c >= 0; c = nextClique[c] {
			add(cliques[c])
		}
		for c := firstChild[j]; c >= 0; c = nextChild[c] {
			add(places[c])
		}
		if most -= 1 + len(list); most < 0 {
			return nil
		}
		if j > 0 && len(places[j-1]) == len(list)+1 && int(places[j-1][0]) == j { // it has what the one before has
			places[j] = places[j-1][1:]
			groups[len(groups)-1] = append(groups[len(groups)-1], int32(j))
		} else {
			slices.Sort(list)
			places[j] = slices.Clone(list)
			groups = append(groups, []int32{int32(j)})
		}
		if len(list) > 0 {
			parent := places[j][0]
			nextChild[j], firstChild[parent] = firstChild[parent], int32(j)
		}
	}
	return groups
}
