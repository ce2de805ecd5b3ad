package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// Indices that are constants place elements. Those that depend on the inputs choose among all elements along an axis, which
// a program of few elements can afford; an index that is out of range gives NaN, or goes nowhere.

// points returns a condition: whether an index points to element k of n. A negative one counts from the end.
func (t *tape) points(index ref, k, n int) ref {
	b := t.b
	return b.add(b.binary(opEq, index, b.constant(float64(k))), b.binary(opEq, index, b.constant(float64(k-n))))
}

// pointed returns the element of n that a constant index points to, and whether it points to one.
func pointed(index float64, n int) (k int, ok bool) {
	if index != math.Trunc(index) {
		return 0, false
	}
	if index < 0 {
		index += float64(n)
	}
	if !(index >= 0 && index < float64(n)) {
		return 0, false
	}
	return int(index), true
}

// take returns the element of a line that an index points to.
func (t *tape) take(line []ref, index ref) ref {
	y := t.b.constant(math.NaN())
	if index < 0 {
		if k, ok := pointed(t.b.number(index), len(line)); ok {
			return line[k]
		}
		return y
	}
	for k := len(line) - 1; k >= 0; k-- {
		y = t.b.where(t.points(index, k, len(line)), line[k], y)
	}
	return y
}

// put adds up a line of n sums: each of the elements goes to the sum that its index points to.
func (t *tape) put(xs, index []ref, n int) []ref {
	parts := make([][]ref, n)
	for i, x := range xs {
		if index[i] < 0 {
			if k, ok := pointed(t.b.number(index[i]), n); ok {
				parts[k] = append(parts[k], x)
			}
			continue
		}
		for k := range parts {
			parts[k] = append(parts[k], t.b.where(t.points(index[i], k, n), x, t.b.constant(0)))
		}
	}
	sums := make([]ref, n)
	for k, p := range parts {
		sums[k] = t.sum(p)
	}
	return sums
}

// A line is what lies along an axis of a shape: n elements from first on, a block apart.
type line struct{ first, block, n int }

func (l line) place(k int) int { return l.first + k*l.block }

func (l line) of(xs []ref) []ref {
	list := make([]ref, l.n)
	for k := range list {
		list[k] = xs[l.place(k)]
	}
	return list
}

// lines returns the lines of a shape along an axis, in order.
func lines(dims []int, axis int) []line {
	outer, block := count(dims[:axis]), count(dims[axis+1:])
	var list []line
	for o := range outer {
		for i := range block {
			list = append(list, line{o*dims[axis]*block + i, block, dims[axis]})
		}
	}
	return list
}

// count returns the number of elements of a shape.
func count(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func lowerScatter(t *tape, n graph.Node) []ref {
	var index []ref
	for _, k := range n.Ints()[2:] {
		index = append(index, t.b.constant(float64(k)))
	}
	xs, list := t.operand(n, 0), make([]ref, size(n))
	to := lines(n.Dims(), n.Int(0))
	for i, l := range lines(n.InputNode(0).Dims(), n.Int(0)) {
		for k, v := range t.put(l.of(xs), index, to[i].n) {
			list[to[i].place(k)] = v
		}
	}
	return list
}

func lowerPutAlong(t *tape, n graph.Node) []ref {
	xs, index, list := t.operand(n, 0), t.operand(n, 1), make([]ref, size(n))
	to := lines(n.Dims(), n.Int(0))
	for i, l := range lines(n.InputNode(0).Dims(), n.Int(0)) {
		for k, v := range t.put(l.of(xs), l.of(index), to[i].n) {
			list[to[i].place(k)] = v
		}
	}
	return list
}

func lowerTakeAlong(t *tape, n graph.Node) []ref {
	xs, index, list := t.operand(n, 0), t.operand(n, 1), make([]ref, size(n))
	from := lines(n.InputNode(0).Dims(), n.Int(0))
	for i, l := range lines(n.Dims(), n.Int(0)) {
		for k := range l.n {
			list[l.place(k)] = t.take(from[i].of(xs), index[l.place(k)])
		}
	}
	return list
}

// lowerGatherAt takes elements along an axis that gives way to the axes of the indices.
func lowerGatherAt(t *tape, n graph.Node) []ref {
	dims := n.InputNode(0).Dims()
	axis := n.Int(0)
	xs, index, list := t.operand(n, 0), t.operand(n, 1), make([]ref, size(n))
	block := count(dims[axis+1:])
	for i, l := range lines(dims, axis) {
		for k, v := range index {
			list[(i/block*len(index)+k)*block+i%block] = t.take(l.of(xs), v)
		}
	}
	return list
}

// lowerScatterAt is the transpose of lowerGatherAt.
func lowerScatterAt(t *tape, n graph.Node) []ref {
	axis := n.Int(0)
	xs, index, list := t.operand(n, 0), t.operand(n, 1), make([]ref, size(n))
	block := count(n.Dims()[axis+1:])
	for i, l := range lines(n.Dims(), axis) {
		own := make([]ref, len(index))
		for k := range own {
			own[k] = xs[(i/block*len(index)+k)*block+i%block]
		}
		for k, v := range t.put(own, index, l.n) {
			list[l.place(k)] = v
		}
	}
	return list
}

func lowerOneHot(t *tape, n graph.Node) []ref {
	var list []ref
	for _, x := range t.operand(n, 0) {
		for k := range n.Int(0) {
			list = append(list, t.b.binary(opEq, x, t.b.constant(float64(k))))
		}
	}
	return list
}
