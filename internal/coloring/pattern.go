package coloring

// A Pattern says where a sparse matrix has entries: row i has them in the columns Col[Start[i]:Start[i+1]], each once, in
// rising order.
type Pattern struct {
	Columns int
	Start   []int32 // one more than rows; none for no rows
	Col     []int32
}

// Rows returns the number of rows.
func (p *Pattern) Rows() int { return max(len(p.Start)-1, 0) }

// Row returns the columns of the entries of row i.
func (p *Pattern) Row(i int) []int32 { return p.Col[p.Start[i]:p.Start[i+1]] }

// Transpose returns the pattern of the transpose.
func (p *Pattern) Transpose() *Pattern {
	t := &Pattern{Columns: p.Rows(), Start: make([]int32, p.Columns+1), Col: make([]int32, len(p.Col))}
	for _, j := range p.Col {
		t.Start[j+1]++
	}
	for j := range p.Columns {
		t.Start[j+1] += t.Start[j]
	}
	next := append([]int32(nil), t.Start...)
	for i := range p.Rows() {
		for _, j := range p.Row(i) {
			t.Col[next[j]] = int32(i)
			next[j]++
		}
	}
	return t
}

// largestFirst returns the rows in the order of how many entries they have, most first; those that have as many stay in
// their order.
func (p *Pattern) largestFirst() []int32 {
	most := 0
	for i := range p.Rows() {
		most = max(most, len(p.Row(i)))
	}
	next := make([]int32, most+2)
	for i := range p.Rows() {
		next[most-len(p.Row(i))+1]++
	}
	for k := range most + 1 {
		next[k+1] += next[k]
	}
	order := make([]int32, p.Rows())
	for i := range p.Rows() {
		k := most - len(p.Row(i))
		order[next[k]] = int32(i)
		next[k]++
	}
	return order
}
