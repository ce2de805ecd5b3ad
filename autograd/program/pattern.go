package program

import (
	"runtime/debug"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/coloring"
)

// maxEntries bounds the entries of a sparse matrix, and the lists that are kept while they are found. Tests change it.
var maxEntries = 1 << 27

// mostHeld returns most, or how many entries of so many bytes the limit of the Go runtime (GOMEMLIMIT) has room for if
// those are fewer.
func mostHeld(most, bytes int) int {
	return int(min(int64(most), debug.SetMemoryLimit(-1)/int64(bytes)))
}

// pattern returns where the derivatives of ys by the inputs can be other than 0, whatever the numbers, in the columns
// before the one that end returns for a row.
func (t *tape) pattern(ys []cell, end func(row int) int) *coloring.Pattern {
	f := &finder{t: t, most: mostHeld(maxEntries, entryBytes), makers: make([]int32, len(t.value)), uses: make([]int32, len(t.value)), list: make([]int32, len(t.value)), reads: make([][][]cell, len(t.rules)), seen: make([]int32, t.inputs)}
	t.makers(f.makers)
	f.count(ys)
	p := &coloring.Pattern{Columns: t.inputs, Start: make([]int32, 1, len(ys)+1)}
	for i, y := range ys {
		most := end(i)
		for _, x := range f.of(y) {
			if int(x) < most {
				p.Col = append(p.Col, x)
			}
		}
		f.room(len(p.Col))
		p.Start = append(p.Start, int32(len(p.Col)))
	}
	return p
}

// A finder finds the inputs that cells depend on. It keeps the list of each cell that several others are made of, so that
// none is looked through more than once.
type finder struct {
	t      *tape
	most   int // entries
	makers []int32
	uses   []int32    // by cell: by how many others it is read, as far as it matters
	list   []int32    // by cell: one more than the number of its list, 0 for none
	lists  [][]int32  // inputs, in rising order
	reads  [][][]cell // by rule and by element of its result: the cells that it depends on
	kept   int        // in lists

	seen  []int32 // by input: the last search that came to it
	time  int32   // searches
	stack []cell
	found []int32
}

// room panics with a [*graph.Error] if so many entries are too many.
func (f *finder) room(entries int) {
	if entries > f.most {
		panic(graph.Errorf(f.t.op, graph.ErrLimit, "the matrix has more than %d entries, or what it is made of depends on as many inputs together: differentiate fewer results at a time", f.most))
	}
}

// operands calls visit with the cells that a cell has derivatives by.
func (f *finder) operands(c cell, visit func(c cell)) {
	if int(c) < f.t.inputs || f.makers[c] == 0 {
		return
	}
	step := &f.t.steps[f.makers[c]-1]
	if step.op == 0 {
		r := &f.t.rules[step.out]
		if f.reads[step.out] == nil {
			f.reads[step.out] = f.depends(r)
		}
		for _, in := range f.reads[step.out][c-r.out[0]] {
			visit(in)
		}
		return
	}
	k := kindAt(step.op).template
	for i, in := range f.t.args[step.args:][:k.operands] {
		if f.t.wants[in] && !k.slopes[i].absent {
			visit(in)
		}
	}
}

// count counts the uses of what ys are made of, and lists the inputs of what is used several times, earlier cells first.
func (f *finder) count(ys []cell) {
	for _, y := range ys {
		if f.t.wants[y] {
			f.uses[y]++
		}
	}
	for c := len(f.t.value) - 1; c >= f.t.inputs; c-- {
		if f.uses[c] > 0 {
			f.operands(cell(c), func(in cell) { f.uses[in]++ })
		}
	}
	for c := f.t.inputs; c < len(f.t.value); c++ {
		if f.uses[c] > 1 {
			f.lists = append(f.lists, f.search(cell(c)))
			f.list[c] = int32(len(f.lists))
		}
	}
}

// of returns the inputs that a cell depends on.
func (f *finder) of(c cell) []int32 {
	if k := f.list[c]; k > 0 {
		return f.lists[k-1]
	}
	if !f.t.wants[c] {
		return nil
	}
	return f.search(c)
}

// search finds the inputs that a cell depends on, through cells that are used once. What depends on the same as one other
// cell shares its list.
func (f *finder) search(c cell) []int32 {
	f.time++
	f.found = f.found[:0]
	var only []int32 // the list that all of found is from
	ways := 0        // lists and inputs that were come to
	add := func(x int32) {
		if f.seen[x] != f.time {
			f.seen[x] = f.time
			f.found = append(f.found, x)
		}
	}
	visit := func(in cell) {
		if int(in) < f.t.inputs {
			ways++
			add(in)
			return
		}
		if k := f.list[in]; k > 0 {
			list := f.lists[k-1]
			ways++
			only = list
			for _, x := range list {
				add(x)
			}
			return
		}
		f.stack = append(f.stack, in)
	}
	if int(c) < f.t.inputs {
		visit(c)
	} else {
		f.operands(c, visit)
	}
	for len(f.stack) > 0 {
		in := f.stack[len(f.stack)-1]
		f.stack = f.stack[:len(f.stack)-1]
		f.operands(in, visit)
	}
	if ways == 1 && only != nil || len(only) > 0 && len(only) == len(f.found) {
		return only
	}
	f.kept += len(f.found)
	f.room(f.kept)
	list := slices.Clone(f.found)
	slices.Sort(list)
	return list
}

// depends returns, for each element of a rule's result, the cells that it has derivatives by.
func (f *finder) depends(r *rule) [][]cell {
	reads := make([][]cell, len(r.out))
	first := int32(len(r.inputs))
	sets := make([][]int32, r.code.first()+len(r.code.ins)) // by value: the adjoints that it depends on, in rising order
	for k := range r.out {
		sets[first+int32(k)] = []int32{int32(k)}
	}
	size := 0
	for k, in := range r.code.ins {
		var set []int32
		for _, v := range in.args[:arities[in.op]] {
			set = union(set, sets[v])
		}
		sets[r.code.first()+k] = set
		size += len(set)
		f.room(size)
	}
	for i, out := range r.code.outs {
		if f.t.wants[r.to[i]] {
			for _, k := range sets[out] {
				reads[k] = append(reads[k], r.to[i])
			}
		}
	}
	return reads
}

// union returns the union of two lists in rising order, one of them if that is it.
func union(a, b []int32) []int32 {
	switch {
	case len(b) == 0 || len(a) > 0 && &a[0] == &b[0] && len(a) == len(b):
		return a
	case len(a) == 0:
		return b
	}
	list := make([]int32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			list, a = append(list, a[0]), a[1:]
		case b[0] < a[0]:
			list, b = append(list, b[0]), b[1:]
		default:
			list, a, b = append(list, a[0]), a[1:], b[1:]
		}
	}
	return append(append(list, a...), b...)
}
