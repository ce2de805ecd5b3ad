package autograd

import (
	"container/heap"
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// isProduct reports whether a node is a product in which a zero wins: those that the rules of operations record.
func isProduct(n graph.Node) bool {
	name := n.Row().Name
	return name == "chain" || name == "mul_zero_wins"
}

// zeroWon looks for elements of a recorded product, of those that mask marks, where a cotangent of 0 met a factor that
// is not finite, and marks those factors. It is no fault if the cotangent is 0 because something was not selected.
func (d *diagnoser) zeroWon(n graph.Node, mask *tensor.Tensor, mark func(n graph.Node, t *tensor.Tensor)) {
	for i := range 2 {
		if i == 1 && n.Row().Name == "chain" { // its zeros count on the left alone
			break
		}
		zeros, factors, bad := d.met(n, i, mask)
		if bad.count > 0 && d.madeByNumbers(n.InputNode(i), zeros) {
			other := n.InputNode(1 - i)
			f := d.finding(n, 1-i, bad, n.Dims())
			f.what = fmt.Sprintf("%s multiplied a cotangent of 0 by a derivative of %v, its operand %d, %s, and recorded 0", d.place(n, ""), bad.number, 1-i, d.label(other))
			d.suspect(f)
			if _, scalar := other.Scalar(); scalar {
				mark(other, nil)
			} else {
				mark(other, factors)
				factors = nil
			}
		}
		d.free(zeros, factors)
	}
}

func (d *diagnoser) free(ts ...*tensor.Tensor) {
	for _, t := range ts {
		if t != nil {
			d.g.FreeTemp(t)
		}
	}
}

// met returns, of the marked elements of a product, those where operand i is 0 and the other one not finite, and marks
// for the elements of both operands.
func (d *diagnoser) met(n graph.Node, i int, mask *tensor.Tensor) (zeros, factors *tensor.Tensor, bad elements) {
	a, b := n.InputNode(i).Data(), n.InputNode(1-i).Data()
	if allFinite(b) {
		return nil, nil, bad
	}
	zeros, factors = d.g.Temp(a.Dims()...), d.g.Temp(b.Dims()...)
	bad.len = n.Value().Len()
	p := array.Pair(n.Dims(), a.Dims(), b.Dims())
	for r := range p.Runs {
		for k := range r.N {
			at, to := r.A+k*r.StepA, r.B+k*r.StepB
			v := b.AtFlat(to)
			if a.AtFlat(at) != 0 || finite(v) || mask != nil && mask.AtFlat(r.Out+k) == 0 {
				continue
			}
			if bad.count == 0 {
				bad.first, bad.number = r.Out+k, v
			}
			bad.count++
			zeros.SetFlat(math.NaN(), at)
			factors.SetFlat(math.NaN(), to)
		}
	}
	return zeros, factors, bad
}

// madeByNumbers reports whether some of the marked elements of a cotangent, all 0, are so because of the numbers that
// flowed, and not because the operation that passed the cotangent on did not select something. It follows the zeros
// down to where they come from. What it cannot tell counts as made by numbers.
func (d *diagnoser) madeByNumbers(ct graph.Node, mask *tensor.Tensor) bool {
	m := newMarks(d.g)
	defer m.close()
	open, seen := &places{}, make(map[int]bool)
	mark := func(n graph.Node, t *tensor.Tensor) {
		m.put(n, t)
		if !seen[n.ID()] {
			seen[n.ID()] = true
			heap.Push(open, n.ID())
		}
	}
	if _, scalar := ct.Scalar(); scalar {
		mark(ct, nil)
	} else {
		t := d.g.Temp(mask.Dims()...)
		t.Copy(mask)
		mark(ct, t)
	}
	for open.Len() > 0 {
		n := d.g.Value(heap.Pop(open).(int)).Node()
		if d.off[n.ID()] {
			continue
		}
		if d.traced++; d.traced > traceBudget || !d.follow(m, n, mark) {
			return true
		}
		m.drop(n.ID())
	}
	for id := range seen {
		if _, scalar := d.g.Value(id).Node().Scalar(); scalar {
			d.off[id] = true
		}
	}
	return false
}

// follow marks the operands that the marked elements of n, all 0, have their zeros from. It returns false if they are 0
// because of the numbers that flowed.
func (d *diagnoser) follow(m marks, n graph.Node, mark func(n graph.Node, t *tensor.Tensor)) bool {
	row := n.Row()
	if n.Value().IsLeaf() {
		return !n.WantsGrad() // a rule's own 0
	}
	if row.Class == graph.NoGrad {
		return false
	}
	// Where a sum is 0, or what selects, all operands are that it has it from: each is followed. Of a product one is enough.
	sum := row.Class == graph.Linear || row.Name == "add" || row.Name == "sub" || len(row.Selects) > 0 && !isProduct(n)
	forget(n)
	defer forget(n)
	reached, followed := false, false
	for i := range n.NumInputs() {
		if row.Name == "chain" && i > 0 {
			break
		}
		t, some := m.below(n, i)
		if !some {
			continue
		}
		reached = true
		if in := n.InputNode(i); !allZero(in, t) {
			d.free(t)
		} else if mark(in, t); sum {
			followed = true
		} else {
			return true
		}
	}
	return followed || !reached && sum
}

// allZero reports whether all marked elements of a node are 0.
func allZero(n graph.Node, mask *tensor.Tensor) bool {
	if v, scalar := n.Scalar(); scalar {
		return v == 0
	}
	v := n.Data()
	for k := range v.Len() {
		if mask.AtFlat(k) != 0 && v.AtFlat(k) != 0 {
			return false
		}
	}
	return true
}
