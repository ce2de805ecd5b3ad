package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// What of the elements of a line comes first: in all of it, and among the first ones. Lines that lie side by side are gone
// through together, in the order in which they lie in memory.
//
// An order is that of the numbers times its sign, in which larger ones come first. Few elements come before all until
// then, so that the comparison which most of them fail stands first.

// leads reports whether v comes before m, both times the sign of the order, given that v ≤ m does not hold: v is larger,
// or one of them is NaN.
func leads[T constraints.Float](nanFirst bool, v, m T) bool {
	if nanFirst {
		return m == m
	}
	return v == v
}

// firstInOrder sets the node's result to the index of the element of each line that comes first.
func firstInOrder(n graph.Node, by order) {
	array.Instance(n.DType(), firstInOrderOf[float64], firstInOrderOf[float32])(n, by)
}

func firstInOrderOf[T constraints.Float](n graph.Node, by order) {
	x, out := tensor.Data[T](n.In(0)), tensor.Data[T](n.Out())
	l := linesOf(n.In(0).Dims(), n.Int(0))
	sign := T(by.sign)
	if l.inner == 1 {
		for o := range l.outer {
			row := x[o*l.n:][:l.n]
			index, best := 0, sign*row[0]
			for k, v := range row {
				if v *= sign; !(v <= best) && leads(by.nanFirst, v, best) {
					index, best = k, v
				}
			}
			out[o] = T(index)
		}
		return
	}
	scratch := n.Temp(l.inner)
	for o := range l.outer {
		index, best := out[o*l.inner:][:l.inner], tensor.Data[T](scratch)[:l.inner]
		clear(index)
		for j, v := range x[l.at(o, 0, 0):][:l.inner] {
			best[j] = sign * v
		}
		for k := 1; k < l.n; k++ {
			for j, v := range x[l.at(o, k, 0):][:len(best)] {
				if v *= sign; !(v <= best[j]) && leads(by.nanFirst, v, best[j]) {
					best[j], index[j] = v, T(k)
				}
			}
		}
	}
	n.FreeTemp(scratch)
}

// leaders sets every element of the node's result to the element of its operand that comes first among the one there and
// those before it in its line.
func leaders[T constraints.Float](n graph.Node, by order) {
	x, out := tensor.Data[T](n.In(0)), tensor.Data[T](n.Out())
	l := linesOf(n.In(0).Dims(), n.Int(0))
	sign := T(by.sign)
	for o := range l.outer {
		if l.inner == 1 && l.n > 0 {
			row := x[o*l.n:][:l.n]
			best, line := row[0], out[o*l.n:][:l.n]
			for k, v := range row {
				if !(sign*v <= sign*best) && leads(by.nanFirst, v, best) {
					best = v
				}
				line[k] = best
			}
			continue
		}
		for k := range l.n {
			now := out[l.at(o, k, 0):][:l.inner]
			if k == 0 {
				copy(now, x[l.at(o, 0, 0):])
				continue
			}
			copy(now, out[l.at(o, k-1, 0):])
			for j, v := range x[l.at(o, k, 0):][:len(now)] {
				if !(sign*v <= sign*now[j]) && leads(by.nanFirst, v, now[j]) {
					now[j] = v
				}
			}
		}
	}
}

// addToLeaders adds to the element of dst that comes first in its line so far, by the node's operand, what ct has from
// there to the next one that does.
func addToLeaders[T constraints.Float](n graph.Node, by order, ct, dst *tensor.Tensor) {
	x, w, d := tensor.Data[T](n.In(0)), tensor.Data[T](ct), tensor.Data[T](dst)
	l := linesOf(dst.Dims(), n.Int(0))
	sign := T(by.sign)
	if l.inner == 1 {
		for o := range l.outer {
			addToLeadersOfRow(x[o*l.n:][:l.n], w[o*l.n:][:l.n], d[o*l.n:][:l.n], sign, by.nanFirst)
		}
		return
	}
	scratch := n.Temp(3 * l.inner)
	s := tensor.Data[T](scratch)
	best, index, lost := s[:l.inner], s[l.inner:][:l.inner], s[2*l.inner:][:l.inner]
	for o := range l.outer {
		clear(index)
		clear(lost)
		line := d[o*l.n*l.inner:][:l.n*l.inner]
		for k := range l.n {
			if k == 0 {
				copy(best, x[l.at(o, 0, 0):])
			}
			ct := w[l.at(o, k, 0):][:len(best)]
			for j, v := range x[l.at(o, k, 0):][:len(best)] {
				if !(sign*v <= sign*best[j]) && leads(by.nanFirst, v, best[j]) {
					best[j], index[j], lost[j] = v, T(k), 0
				}
				there := &line[int(index[j])*l.inner+j]
				*there, lost[j] = kernel.AddCompensated(*there, ct[j], lost[j])
			}
		}
	}
	n.FreeTemp(scratch)
}

func addToLeadersOfRow[T constraints.Float](x, ct, dst []T, sign T, nanFirst bool) {
	leader, sum := 0, 0.0
	ct = ct[:len(x)]
	for k, v := range x {
		if best := x[leader]; !(sign*v <= sign*best) && leads(nanFirst, v, best) {
			dst[leader] += T(sum)
			leader, sum = k, 0
		}
		sum += float64(ct[k])
	}
	if len(x) > 0 {
		dst[leader] += T(sum)
	}
}
