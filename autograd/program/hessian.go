package program

import (
	"sync"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/coloring"
)

// A Hessian computes second derivatives of a number, and their products with directions, again and again, without a tape.
// [CompileHessian] makes one of a recorded graph.
//
// A Hessian is for one goroutine at a time; [Hessian.Fork] gives others their own.
type Hessian struct {
	*second
	multiplier *multiplier
	filler     *filler // once it is asked for
}

// second is what all forks of a Hessian share.
type second struct {
	l      *linear
	matrix func() *matrix
}

// CompileHessian makes a program of the second derivatives of y, which is one number, by the inputs xs. What the graph,
// y and the inputs may be is what [Compile] says; what is read after y was recorded does not matter.
//
// The gradient is recorded as by autograd.Grad, on the graph and taken away again, and the derivatives of second order
// are those of its operations. A derivative by a leaf that wants none is 0. Who needs the value and the gradient
// besides compiles y as well: a [Program] of y does not pay for what this one does.
func CompileHessian(y graph.Value, xs ...graph.Value) (*Hessian, error) {
	return compileHessian("program.CompileHessian", Config{}, y, xs)
}

// CompileHessianWith is [CompileHessian] with settings.
func CompileHessianWith(config Config, y graph.Value, xs ...graph.Value) (*Hessian, error) {
	return compileHessian("program.CompileHessianWith", config, y, xs)
}

func compileHessian(op string, config Config, y graph.Value, xs []graph.Value) (h *Hessian, err error) {
	err = graph.Try(func() {
		t, gradient, value := traceGradient(op, config, y, xs)
		s := &second{l: newLinear(t, value, len(gradient), func(t *tape, careful bool) []ref { return t.pullback(gradient, careful) })}
		s.matrix = sync.OnceValue(func() *matrix { return newHessianMatrix(t, s.l, gradient, value) })
		h = s.fork()
	})
	return h, err
}

func (s *second) fork() *Hessian { return &Hessian{second: s, multiplier: s.l.multiplier()} }

// Fork returns the same program with a workspace of its own, for another goroutine.
func (h *Hessian) Fork() *Hessian {
	h.must("program.Hessian.Fork")
	return h.fork()
}

func (h *Hessian) must(op string) {
	if h == nil || h.second == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *program.Hessian: make one with program.CompileHessian"))
	}
}

// Inputs returns the number of inputs: the elements of all the xs of [CompileHessian].
func (h *Hessian) Inputs() int {
	h.must("program.Hessian.Inputs")
	return h.l.point
}

// Product fills dst with the product of the Hessian at a point with a direction, and returns it; a nil dst is made. The
// product may take the place of the point or of the direction. Nothing is recorded, and nothing allocated but dst.
//
// The numbers are those of a second backward sweep, seeded with the direction, through the gradient that autograd.Grad
// records: an adjoint that is 0, as that of a 0 in the direction, contributes 0, and nothing goes to what was not selected.
// It panics with a [*graph.Error] if a length is not that of the inputs.
func (h *Hessian) Product(dst, at, dir []float64) []float64 {
	const op = "program.Hessian.Product"
	h.must(op)
	h.checkPoint(op, at)
	n := h.l.point
	if len(dir) != n {
		panic(graph.Errorf(op, graph.ErrShape, "the direction has %d numbers, and the program has %d inputs: give one for each", len(dir), n))
	}
	dst = room(op, dst, n)
	h.multiplier.one(dst, at, dir)
	return dst
}

// Products is [Hessian.Product] for several directions, a row of dirs each: it fills dst with a row for each. Many
// directions are multiplied side by side, as [Program.EvalBatch] evaluates points, and to the same accuracy. dst must
// not overlap with what is given.
func (h *Hessian) Products(dst, at, dirs []float64) []float64 {
	const op = "program.Hessian.Products"
	h.must(op)
	h.checkPoint(op, at)
	n := h.l.point
	if n == 0 && len(dirs) > 0 || n > 0 && len(dirs)%n != 0 {
		panic(graph.Errorf(op, graph.ErrShape, "the directions have %d numbers, and the program has %d inputs: give a row of them for each direction", len(dirs), n))
	}
	dst = room(op, dst, len(dirs))
	if len(dst) > 0 && (&dst[0] == &dirs[0] || &dst[0] == &at[0]) {
		panic(graph.Errorf(op, graph.ErrUsage, "the products would take the place of what is read again: give a slice of their own"))
	}
	h.multiplier.all(dst, at, directions{rows: dirs})
	return dst
}

// Sparse returns the Hessian at a point, as autograd.SparseHessian does: the entries are those for which ∂y/∂xᵢ is made of
// xⱼ, whatever the numbers, both halves of the matrix are there, and both have the same numbers. Of operations on tensors
// it leaves out more: what no element of the result depends on.
//
// The matrix is made if dst is nil; else it takes the place of what dst holds, in the same memory if that is enough,
// and only the numbers are written if dst is what the last call has returned: do not change its rows and columns. The
// first call finds where the entries are, which takes the time of compiling. After that nothing is recorded, and
// nothing allocated.
//
// Where many entries have much in common, they are read off products with directions that are 1 in several places. The
// columns of a direction are colored so that no two of them meet in a number that is read: an entry that is infinite or
// NaN does not change another. Where what is multiplied on the way is infinite or NaN, the halves of a Hessian need not
// be equal, since they meet different zeros: then the entry is that of one of them.
//
// It panics with a [*graph.Error] if a length is not that of the inputs, or there are too many entries to hold.
func (h *Hessian) Sparse(dst *autograd.Sparse, at []float64) *autograd.Sparse {
	const op = "program.Hessian.Sparse"
	h.must(op)
	h.checkPoint(op, at)
	return h.entries().sparse(dst, at)
}

// Dense fills dst with the Hessian at a point, row by row, and returns it; a nil dst is made. It is symmetric bit for
// bit. The numbers are those of [Hessian.Sparse], and 0 where there is no entry.
func (h *Hessian) Dense(dst, at []float64) []float64 {
	const op = "program.Hessian.Dense"
	h.must(op)
	h.checkPoint(op, at)
	n := h.l.point
	if n > mostHeld(maxEntries, 8)/max(n, 1) {
		panic(graph.Errorf(op, graph.ErrLimit, "a matrix of %d × %[1]d elements takes %.3g bytes: use Hessian.Sparse, or Hessian.Product", n, 8*float64(n)*float64(n)))
	}
	dst = room(op, dst, n*n)
	h.entries().dense(dst, at)
	return dst
}

// entries returns what computes the matrix.
func (h *Hessian) entries() *filler {
	if h.filler == nil {
		h.filler = h.matrix().filler()
	}
	return h.filler
}

func (h *Hessian) checkPoint(op string, at []float64) { checkPoint(op, at, h.l.point) }

// newHessianMatrix returns the way to the entries of the Hessian that takes less time.
func newHessianMatrix(t *tape, l *linear, gradient []cell, value int) *matrix {
	half := t.pattern(gradient, func(row int) int { return row + 1 })
	m := &matrix{rows: t.inputs, columns: t.inputs}
	whole := m.mirror(half)
	colors := coloring.Each(t.inputs)
	if len(whole.Col) < t.inputs*t.inputs {
		if c := coloring.Star(whole, mostColors); c != nil && c.Count < t.inputs {
			colors = c
		}
	}
	cost, _ := l.costOf(colors.Count)
	if m.entries = t.entriesWithin(cost, value, 0, func(t *tape, most int, careful bool) []ref {
		return t.rowEntries(nil, gradient, half, most, careful)
	}); m.entries != nil {
		return m
	}
	aims := make([]aim, 0, len(half.Col))
	colors.Recover(whole, func(_, _, row int, color int32) { aims = append(aims, aim{color, int32(row)}) })
	m.groups = newGroups(l, colors, aims)
	return m
}

// mirror returns the pattern of a symmetric matrix whose lower half is given, and sets where its entries are.
func (m *matrix) mirror(half *coloring.Pattern) *coloring.Pattern {
	n := m.rows
	whole := &coloring.Pattern{Columns: n, Start: make([]int32, n+1)}
	for i := range n {
		for _, j := range half.Row(i) {
			whole.Start[i+1]++
			if int(j) != i {
				whole.Start[j+1]++
			}
		}
	}
	for i := range n {
		whole.Start[i+1] += whole.Start[i]
	}
	size := int(whole.Start[n])
	whole.Col, m.source, m.row, m.col = make([]int32, size), make([]int32, size), make([]int, size), make([]int, size)
	next := append([]int32(nil), whole.Start...)
	put := func(i, j, from int) {
		k := next[i]
		next[i]++
		whole.Col[k], m.source[k], m.row[k], m.col[k] = int32(j), int32(from), i, j
	}
	// The lower half goes first, row by row, and then what mirrors it: in each row, columns come in order.
	for i := range n {
		for k, j := range half.Row(i) {
			put(i, int(j), int(half.Start[i])+k)
		}
	}
	for i := range n {
		for k, j := range half.Row(i) {
			if int(j) != i {
				put(int(j), i, int(half.Start[i])+k)
			}
		}
	}
	return whole
}
