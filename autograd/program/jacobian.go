package program

import (
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/coloring"
)

// A Jacobian computes the sparse Jacobian of a function of many variables with many results, again and again, without a
// tape. [CompileJacobian] makes one of a recorded graph.
//
// A Jacobian is for one goroutine at a time; [Jacobian.Fork] gives others their own.
type Jacobian struct {
	*jacobian
	values *Program
	filler *filler
}

// jacobian is what all forks of a Jacobian share.
type jacobian struct {
	matrix *matrix
	values *compiled // the results; nil if the entries have them
}

// CompileJacobian makes a program of the derivatives of the elements of y by the inputs xs that can be other than 0.
// What the graph, y and the inputs may be is what [Compile] says, which finds all derivatives, those that are 0 too: it
// is for functions of few variables and results. A list of scalars is made one result by ops.Stack.
func CompileJacobian(y graph.Value, xs ...graph.Value) (*Jacobian, error) {
	return compileJacobian("program.CompileJacobian", Config{}, y, xs)
}

// CompileJacobianWith is [CompileJacobian] with settings.
func CompileJacobianWith(config Config, y graph.Value, xs ...graph.Value) (*Jacobian, error) {
	return compileJacobian("program.CompileJacobianWith", config, y, xs)
}

func compileJacobian(op string, config Config, y graph.Value, xs []graph.Value) (j *Jacobian, err error) {
	err = graph.Try(func() {
		t := trace(op, config, y, xs)
		ys := slices.Clone(t.cells(y.Node()))
		t.forget(t.b.count())
		j = newJacobian(t, ys).fork()
	})
	return j, err
}

// newJacobian returns the way to the entries that takes less time.
func newJacobian(t *tape, ys []cell) *jacobian {
	p := t.pattern(ys, func(int) int { return t.inputs })
	m := &matrix{rows: len(ys), columns: t.inputs, row: make([]int, 0, len(p.Col)), col: make([]int, 0, len(p.Col))}
	for i := range ys {
		for _, c := range p.Row(i) {
			m.row, m.col = append(m.row, i), append(m.col, int(c))
		}
	}
	all := len(t.past.ins)
	results := func(t *tape) []ref {
		outs := make([]ref, len(ys), len(ys)+len(p.Col))
		for i, y := range ys {
			outs[i] = t.value[y]
		}
		return outs
	}
	colors, forward := t.colors(p)
	var l *linear
	if forward {
		l = newLinear(t, all, t.inputs, func(t *tape, careful bool) []ref { return t.pushforward(ys, careful) })
	} else {
		l = newLinear(t, all, len(ys), func(t *tape, careful bool) []ref { return t.pullback(ys, careful) })
	}
	cost, _ := l.costOf(colors.Count)
	m.entries = t.entriesWithin(cost, all, len(ys), func(t *tape, most int, careful bool) []ref {
		if forward {
			return t.columnEntries(results(t), ys, p, colors, most, careful)
		}
		return t.rowEntries(results(t), ys, p, most, careful)
	})
	if m.entries != nil {
		return &jacobian{matrix: m}
	}
	aims := make([]aim, len(p.Col))
	for k := range aims {
		row, col := int32(m.row[k]), int32(m.col[k])
		if forward {
			aims[k] = aim{colors.Color[col], row}
		} else {
			aims[k] = aim{colors.Color[row], col}
		}
	}
	m.groups = newGroups(l, colors, aims)
	return &jacobian{m, t.derive(0, all, func(t *tape, _ bool) []ref { return results(t) })}
}

// colors returns colors of the columns, for forward sweeps, or of the rows, for backward ones, whichever are fewer.
func (t *tape) colors(p *coloring.Pattern) (colors *coloring.Coloring, forward bool) {
	rows := coloring.Columns(p.Transpose(), mostColors)
	if rows == nil {
		rows = coloring.Each(p.Rows())
	}
	if !t.pushes() {
		return rows, false
	}
	columns := coloring.Columns(p, mostColors)
	if columns == nil {
		columns = coloring.Each(p.Columns)
	}
	if columns.Count < rows.Count {
		return columns, true
	}
	return rows, false
}

func (j *jacobian) fork() *Jacobian {
	c := &Jacobian{jacobian: j, filler: j.matrix.filler()}
	if j.values != nil {
		c.values = j.values.fork()
	}
	return c
}

// Fork returns the same program with a workspace of its own, for another goroutine.
func (j *Jacobian) Fork() *Jacobian {
	j.must("program.Jacobian.Fork")
	return j.fork()
}

func (j *Jacobian) must(op string) {
	if j == nil || j.jacobian == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *program.Jacobian: make one with program.CompileJacobian"))
	}
}

// Inputs returns the number of inputs: the elements of all the xs of [CompileJacobian].
func (j *Jacobian) Inputs() int {
	j.must("program.Jacobian.Inputs")
	return j.matrix.columns
}

// Results returns the number of results: the elements of the y of [CompileJacobian].
func (j *Jacobian) Results() int {
	j.must("program.Jacobian.Results")
	return j.matrix.rows
}

// Sparse fills ys, unless it is nil, with the results at a point, and returns the Jacobian there, as
// autograd.SparseJacobian does: the entries are those for which yᵢ is made of xⱼ by operations that pass a derivative
// on, whatever the numbers. Of operations on tensors it leaves out more: what no element of the result depends on.
//
// The matrix is made if dst is nil; else it takes the place of what dst holds, in the same memory if that is enough,
// and only the numbers are written if dst is what the last call has returned: do not change its rows and columns.
// Nothing is recorded, and nothing allocated once dst is there.
//
// Where many entries have much in common, they are read off products with directions that are 1 in several places.
// These are colored so that no product mixes two entries: one that is infinite or NaN does not change another.
// Derivatives are those of a backward sweep or of a forward sweep, whichever takes less: an adjoint, or a tangent, that
// is 0 contributes 0, and nothing is passed on of what was not selected. It panics with a [*graph.Error] if a length is
// not right.
func (j *Jacobian) Sparse(dst *autograd.Sparse, ys, at []float64) *autograd.Sparse {
	const op = "program.Jacobian.Sparse"
	j.must(op)
	checkPoint(op, at, j.matrix.columns)
	if ys != nil && len(ys) != j.matrix.rows {
		panic(graph.Errorf(op, graph.ErrShape, "ys has room for %d results, and the program has %d: give one for each, or nil", len(ys), j.matrix.rows))
	}
	dst = j.filler.sparse(dst, at)
	if ys == nil {
		return dst
	}
	p := j.filler.entries
	if j.values != nil {
		p = j.values
		copy(p.slots, at)
		p.machine.run(p.slots)
	}
	for i := range ys {
		ys[i] = p.slots[p.machine.outs[i]]
	}
	return dst
}
