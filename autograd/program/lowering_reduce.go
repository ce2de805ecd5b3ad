package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// sum returns the sum of numbers, added pairwise. It is +0 for none, and for -0 alone.
func (t *tape) sum(xs []ref) ref {
	if len(xs) == 0 {
		return t.b.constant(0)
	}
	list := append([]ref(nil), xs...)
	list[0] = t.b.add(t.b.constant(0), list[0])
	return t.pairwise(opAdd, list)
}

// pairwise combines the elements of a list, one at least, which it overwrites.
func (t *tape) pairwise(op opcode, list []ref) ref {
	for len(list) > 1 {
		k := 0
		for i := 0; i < len(list); i += 2 {
			if list[k] = list[i]; i+1 < len(list) {
				list[k] = t.b.binary(op, list[i], list[i+1])
			}
			k++
		}
		list = list[:k]
	}
	return list[0]
}

// fold combines numbers one after the other; empty is what there is without any.
func (t *tape) fold(op opcode, empty float64, xs []ref) ref {
	if len(xs) == 0 {
		return t.b.constant(empty)
	}
	y := xs[0]
	for _, x := range xs[1:] {
		y = t.b.binary(op, y, x)
	}
	return y
}

func (t *tape) mean(xs []ref) ref {
	return t.b.mul(t.sum(xs), t.b.constant(1/float64(len(xs))))
}

// centered returns numbers less their mean. Distances from the first are taken, so that those of equal numbers are exactly
// 0 and a large offset costs no digits.
func (t *tape) centered(xs []ref) []ref {
	if len(xs) == 0 {
		return nil
	}
	list := make([]ref, len(xs))
	for i, x := range xs {
		list[i] = t.b.sub(x, xs[0])
	}
	m := t.mean(list)
	for i, x := range list {
		list[i] = t.b.sub(x, m)
	}
	return list
}

// center is centered where numbers may be infinite: less an infinite mean.
func (t *tape) center(xs []ref) []ref {
	list := t.centered(xs)
	if len(xs) == 0 {
		return list
	}
	b, m := t.b, t.mean(xs)
	finite := b.unary(opIsFinite, m)
	for i, x := range list {
		list[i] = b.where(finite, x, b.sub(xs[i], m))
	}
	return list
}

func (t *tape) variance(xs []ref, k float64) ref {
	list := t.centered(xs)
	for i, x := range list {
		list[i] = t.b.unary(opSquare, x)
	}
	return t.b.div(t.sum(list), t.b.constant(k))
}

func freedom(n graph.Node, xs []ref) float64 { return max(float64(len(xs))-n.Float(0), 0) }

// length returns √Σx², which neither over- nor underflows if the root does not. It is NaN if an x is, beside infinite ones
// too.
func (t *tape) length(xs []ref) ref {
	if len(xs) == 0 {
		return t.b.constant(0)
	}
	list := make([]ref, len(xs))
	for i, x := range xs {
		list[i] = t.b.unary(opAbs, x)
	}
	y, largest := list[0], t.fold(opMaximum, 0, list)
	for _, x := range list[1:] {
		y = t.b.binary(opHypot, y, x)
	}
	return t.b.where(t.b.unary(opIsNaN, largest), largest, y)
}

func (t *tape) logSumExp(xs []ref) ref {
	b := t.b
	m := t.fold(opMaximum, math.Inf(-1), xs)
	shift := b.where(b.unary(opIsFinite, m), m, b.constant(0))
	list := make([]ref, len(xs))
	for i, x := range xs {
		list[i] = b.unary(opExp, b.sub(x, shift))
	}
	return b.add(shift, b.unary(opLog, t.sum(list)))
}

func (t *tape) softmax(xs []ref) []ref {
	b := t.b
	m := t.fold(opMaximum, math.Inf(-1), xs)
	list := make([]ref, len(xs))
	for i, x := range xs {
		list[i] = b.unary(opExp, b.sub(x, m))
	}
	s := b.unary(opReciprocal, t.sum(list))
	for i, e := range list {
		list[i] = b.mul(e, s)
	}
	return list
}

// safeSoftmax is softmax with 0 for what is -Inf, even if all are.
func (t *tape) safeSoftmax(xs []ref) []ref {
	b := t.b
	list := t.softmax(xs)
	for i, x := range xs {
		list[i] = b.where(b.binary(opEq, x, b.constant(math.Inf(-1))), b.constant(0), list[i])
	}
	return list
}

func (t *tape) logSoftmax(xs []ref) []ref {
	b := t.b
	m := t.fold(opMaximum, math.Inf(-1), xs)
	list, exps := make([]ref, len(xs)), make([]ref, len(xs))
	for i, x := range xs {
		list[i] = b.sub(x, m)
		exps[i] = b.unary(opExp, list[i])
	}
	l := b.unary(opLog, t.sum(exps))
	for i, x := range list {
		list[i] = b.sub(x, l)
	}
	return list
}

// running returns a function that combines each number with all before it.
func (t *tape) running(op opcode, first float64) func(xs []ref) []ref {
	return func(xs []ref) []ref {
		list := make([]ref, len(xs))
		y := t.b.constant(first)
		for i, x := range xs {
			y = t.b.binary(op, y, x)
			list[i] = y
		}
		return list
	}
}

// normalized lowers the operations that shift and scale what lies along the axes to mean 0, if centered says so, and mean
// square 1, and then multiply by a gain and add a bias, which have one element for each place along an axis.
func (t *tape) normalized(n graph.Node, axes []int, axis int, centered bool) []ref {
	b := t.b
	eps := b.constant(n.Float(0))
	gain := t.operand(n, 1)
	var bias []ref
	if n.NumInputs() > 2 {
		bias = t.operand(n, 2)
	}
	list := t.alongAxes(n, axes, func(xs []ref) []ref {
		if centered {
			xs = t.centered(xs)
		}
		squares := make([]ref, len(xs))
		for i, x := range xs {
			squares[i] = b.unary(opSquare, x)
		}
		s := b.unary(opReciprocal, b.unary(opSqrt, b.add(t.mean(squares), eps)))
		s = b.where(b.unary(opIsFinite, t.sum(squares)), s, b.constant(math.NaN())) // for the finite ones too
		scaled := make([]ref, len(xs))
		for i, x := range xs {
			scaled[i] = b.mul(x, s)
		}
		return scaled
	})
	block := count(n.Dims()[axis+1:])
	for i, x := range list {
		k := i / block % n.Dims()[axis]
		y := b.mul(x, gain[k])
		if bias != nil {
			y = b.add(y, bias[k])
		}
		list[i] = y
	}
	return list
}
