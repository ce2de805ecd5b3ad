package cholesky

import "slices"

// A cliqueSet is cliques of several unknowns, of which none is there twice.
type cliqueSet struct {
	list   [][]int32
	last   map[uint64]int32 // by hash: the last clique that has it
	before []int32          // by clique: another with its hash; -1 for none
}

// add adds a clique, whose unknowns stand in order.
func (s *cliqueSet) add(clique []int32) {
	if len(clique) < 2 {
		return
	}
	hash := uint64(0)
	for _, i := range clique {
		hash = (hash ^ uint64(i)) * 0x9e3779b97f4a7c15
		hash ^= hash >> 29
	}
	last, known := s.last[hash]
	if !known {
		last = -1
	}
	for c := last; c >= 0; c = s.before[c] {
		if slices.Equal(s.list[c], clique) {
			return
		}
	}
	if s.last == nil {
		s.last = map[uint64]int32{}
	}
	s.last[hash] = int32(len(s.list))
	s.list, s.before = append(s.list, clique), append(s.before, last)
}

// cliquesOf returns the columns of each row that has several, those of rows that are alike once.
func cliquesOf(row, col []int) [][]int32 {
	var s cliqueSet
	all := make([]int32, len(col))
	for k, j := range col {
		all[k] = int32(j)
	}
	for from := 0; from < len(row); {
		to := from + 1
		for to < len(row) && row[to] == row[from] {
			to++
		}
		s.add(all[from:to:to])
		from = to
	}
	return s.list
}
