package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// lowerings are the operations on tensors that are made of elementwise instructions: for each the elements of the result.
// How derivatives flow through them follows from their VJP, see [rule].
var lowerings map[string]func(t *tape, n graph.Node) []ref

func init() { // what they call refers to the table
	lowerings = map[string]func(t *tape, n graph.Node) []ref{
		"sum":       reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.sum(xs) }),
		"mean":      reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.mean(xs) }),
		"prod":      reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.fold(opMul, 1, xs) }),
		"max":       reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.fold(opMaximum, math.Inf(-1), xs) }),
		"min":       reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.fold(opMinimum, math.Inf(1), xs) }),
		"logsumexp": reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.logSumExp(xs) }),
		"variance":  reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.variance(xs, float64(len(xs))) }),
		"std": reduced(func(t *tape, _ graph.Node, xs []ref) ref {
			return t.b.unary(opSqrt, t.variance(xs, float64(len(xs))))
		}),
		"variance_ddof": reduced(func(t *tape, n graph.Node, xs []ref) ref { return t.variance(xs, freedom(n, xs)) }),
		"std_ddof": reduced(func(t *tape, n graph.Node, xs []ref) ref {
			return t.b.unary(opSqrt, t.variance(xs, freedom(n, xs)))
		}),
		"norm":   reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.length(xs) }),
		"pnorm":  reduced(func(t *tape, n graph.Node, xs []ref) ref { return t.pLength(xs, n.Float(0)) }),
		"sum_to": func(t *tape, n graph.Node) []ref { return t.summed(n.InputNode(0), n.Dims()) },
		"center": func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints(), t.center) },

		"softmax":      func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.softmax) },
		"safe_softmax": func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.safeSoftmax) },
		"log_softmax":  func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.logSoftmax) },
		"cumsum":       func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.running(opAdd, 0)) },
		"cummax": func(t *tape, n graph.Node) []ref {
			return t.alongAxes(n, n.Ints()[:1], t.running(opMaximum, math.Inf(-1)))
		},
		"cummin": func(t *tape, n graph.Node) []ref {
			return t.alongAxes(n, n.Ints()[:1], t.running(opMinimum, math.Inf(1)))
		},
		"argmax":  reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.argMax(xs) }),
		"argmin":  reduced(func(t *tape, _ graph.Node, xs []ref) ref { return t.argMin(xs) }),
		"cumprod": func(t *tape, n graph.Node) []ref { return t.alongAxes(n, n.Ints()[:1], t.running(opMul, 1)) },

		"cross_entropy": func(t *tape, n graph.Node) []ref {
			labels := make([]ref, len(n.Ints()))
			for i, label := range n.Ints() {
				labels[i] = t.b.constant(float64(label))
			}
			return t.crossEntropy(t.rowsOf(n, 0), labels)
		},
		"cross_entropy_at":   func(t *tape, n graph.Node) []ref { return t.crossEntropy(t.rowsOf(n, 0), t.operand(n, 1)) },
		"soft_cross_entropy": lowerSoftCrossEntropy,

		"matmul": func(t *tape, n graph.Node) []ref { return t.products(n, n.Int(0)) },
		"outer":  func(t *tape, n graph.Node) []ref { return t.products(n, 0) },
		"linear": lowerLinear,
		"dot": func(t *tape, n graph.Node) []ref {
			return []ref{t.dot(t.operand(n, 0), t.operand(n, 1), opMul)}
		},
		"trace":       lowerTrace,
		"solve_lower": func(t *tape, n graph.Node) []ref { return t.systems(n, t.solveLower) },
		"solve_upper": func(t *tape, n graph.Node) []ref { return t.systems(n, t.solveUpper) },
		"cholesky":    lowerCholesky,

		"scatter":    lowerScatter,
		"scatter_at": lowerScatterAt,
		"put_along":  lowerPutAlong,
		"gather_at":  lowerGatherAt,
		"take_along": lowerTakeAlong,
		"one_hot":    lowerOneHot,

		"layer_norm": func(t *tape, n graph.Node) []ref {
			return t.normalized(n, []int{len(n.Dims()) - 1}, len(n.Dims())-1, true)
		},
		"rms_norm": func(t *tape, n graph.Node) []ref {
			return t.normalized(n, []int{len(n.Dims()) - 1}, len(n.Dims())-1, false)
		},
		"batch_norm": func(t *tape, n graph.Node) []ref { return t.normalized(n, axesBut(len(n.Dims()), 1), 1, true) },
	}
}

// reasons say why the other operations of package ops cannot be part of a program.
var reasons = func() map[string]string {
	const (
		steps = "its algorithm chooses the steps by the numbers"
		order = "the order of what it moves depends on the numbers"
		large = "a program has an instruction for every number, and layers of networks have too many"
	)
	list := map[string]string{"random_uniform": "its generator works on whole numbers of 32 bits"}
	for reason, names := range map[string][]string{
		steps: {"det", "logdet", "cofactor", "solve", "inv", "eigh", "svd", "qr"},
		order: {"sort", "argsort", "topk", "argtopk", "search_sorted"},
		large: {
			"conv1d", "conv1d_bias", "conv1d_input", "conv1d_weight", "conv2d", "conv2d_bias", "conv2d_input", "conv2d_weight",
			"max_pool2d", "max_pool2d_input", "max_pool2d_select", "avg_pool2d", "avg_pool2d_input", "gru", "lstm",
		},
	} {
		for _, name := range names {
			list[name] = reason
		}
	}
	return list
}()

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

// dot returns Σ a·b, from +0 on, with product for the products.
func (t *tape) dot(a, b []ref, product opcode) ref {
	s := t.b.constant(0)
	for i := range a {
		s = t.b.add(s, t.b.binary(product, a[i], b[i]))
	}
	return s
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

// reduced returns the lowering of a reduction, whose attributes are the axes.
func reduced(f func(t *tape, n graph.Node, xs []ref) ref) func(t *tape, n graph.Node) []ref {
	return func(t *tape, n graph.Node) []ref {
		groups := t.groups(n.InputNode(0), n.Ints(), size(n))
		list := make([]ref, len(groups))
		xs := t.operand(n, 0)
		for i, g := range groups {
			list[i] = f(t, n, pick(xs, g))
		}
		return list
	}
}

// groups returns the elements of a node that differ in their places along the axes only, group by group.
func (t *tape) groups(n graph.Node, axes []int, count int) [][]int32 {
	dims := n.Dims()
	strides := make([]int, len(dims)) // of the groups; 0 along the axes
	for i, k := len(dims)-1, 1; i >= 0; i-- {
		along := false
		for _, a := range axes {
			along = along || a == i
		}
		if !along {
			strides[i] = k
			k *= dims[i]
		}
	}
	groups := make([][]int32, count)
	index := make([]int, len(dims))
	for i := range size(n) {
		at := 0
		for k, s := range strides {
			at += s * index[k]
		}
		groups[at] = append(groups[at], int32(i))
		for k := len(dims) - 1; k >= 0; k-- {
			if index[k]++; index[k] < dims[k] {
				break
			}
			index[k] = 0
		}
	}
	return groups
}

func pick(xs []ref, places []int32) []ref {
	list := make([]ref, len(places))
	for i, p := range places {
		list[i] = xs[p]
	}
	return list
}

// alongAxes lowers a node of one operand that keeps the shape, by a function of what lies along the axes.
func (t *tape) alongAxes(n graph.Node, axes []int, f func(xs []ref) []ref) []ref {
	xs := t.operand(n, 0)
	if len(xs) == 0 {
		return nil
	}
	list := make([]ref, len(xs))
	groups := len(xs)
	for _, a := range axes {
		groups /= n.Dims()[a]
	}
	for _, g := range t.groups(n, axes, groups) {
		for k, y := range f(pick(xs, g)) {
			list[g[k]] = y
		}
	}
	return list
}

func axesBut(rank, axis int) []int {
	var list []int
	for i := range rank {
		if i != axis {
			list = append(list, i)
		}
	}
	return list
}

// lowerMean lowers a loss that is the mean of an expression.
func lowerMean(t *tape, n graph.Node) []ref {
	k := t.kindOf(n)
	a, b := n.InputNode(0).Dims(), n.InputNode(1).Dims()
	shape, _ := array.BroadcastShapes(nil, a, b)
	places := [2][]int32{stretched(a, shape), stretched(b, shape)}
	operands := [2][]ref{t.operand(n, 0), t.operand(n, 1)}
	t.constants = k.constants(t.constants[:0], n)
	list := make([]ref, count(shape))
	for e := range list {
		vs := t.places[:0]
		for i, p := range places {
			at := e
			if p != nil {
				at = int(p[e])
			}
			vs = append(vs, operands[i][at])
		}
		for _, v := range t.constants {
			vs = append(vs, t.b.constant(v))
		}
		list[e] = k.template.value.evaluate(t.b, vs)
		t.places = vs
	}
	return []ref{t.b.div(t.sum(list), t.b.constant(float64(len(list))))}
}

// rowsOf returns the elements of a node's operand, a matrix or a vector, row by row.
func (t *tape) rowsOf(n graph.Node, i int) [][]ref {
	xs, dims := t.operand(n, i), n.InputNode(i).Dims()
	k := dims[len(dims)-1]
	var rows [][]ref
	for ; len(xs) > 0; xs = xs[k:] {
		rows = append(rows, xs[:k])
	}
	return rows
}

// crossEntropy is the mean of ln Σ e^(z-z(label)) over the rows. Where the label has the largest logit, the sum of the
// others alone keeps its digits.
func (t *tape) crossEntropy(rows [][]ref, labels []ref) []ref {
	b := t.b
	losses := make([]ref, len(rows))
	for i, z := range rows {
		m := t.fold(opMaximum, math.Inf(-1), z)
		others, all := make([]ref, len(z)), make([]ref, len(z))
		for k, x := range z {
			all[k] = b.unary(opExp, b.sub(x, m))
			others[k] = b.where(t.points(labels[i], k, len(z)), b.constant(0), all[k])
		}
		here := t.take(z, labels[i])
		away := b.add(b.sub(m, here), b.unary(opLog, t.sum(all)))
		// NaN if the largest is infinite.
		losses[i] = b.where(b.binary(opEq, here, m), b.add(b.unary(opLog1p, t.sum(others)), b.sub(m, m)), away)
	}
	return []ref{t.mean(losses)}
}

// lowerSoftCrossEntropy is the mean of Σ t·(ln Σ e^z - z) over the rows, as Σt·ln Σ e^(z-m) + Σ t·(m-z) for the largest
// logit m; a target of 0 wins over an infinite logit.
func lowerSoftCrossEntropy(t *tape, n graph.Node) []ref {
	b, rows, targets := t.b, t.rowsOf(n, 0), t.rowsOf(n, 1)
	losses := make([]ref, len(rows))
	for i, z := range rows {
		m := t.fold(opMaximum, math.Inf(-1), z)
		exps, away := make([]ref, len(z)), make([]ref, len(z))
		for k, x := range z {
			exps[k] = b.unary(opExp, b.sub(x, m))
			away[k] = b.binary(opChain, targets[i][k], b.sub(m, x))
		}
		losses[i] = b.add(b.binary(opChain, t.sum(targets[i]), b.unary(opLog, t.sum(exps))), t.sum(away))
	}
	return []ref{t.mean(losses)}
}

// products lowers a product of matrices, or of batches of them. The attribute of ops.MatMul says which of the operands are
// cotangents, whose zeros win: 1 the left one, 2 the right one.
func (t *tape) products(n graph.Node, cotangents int) []ref {
	b := t.b
	x, y, out := n.InputNode(0).Dims(), n.InputNode(1).Dims(), n.Dims()
	rows, inner, columns := x[len(x)-2], x[len(x)-1], y[len(y)-1]
	xs, ys := t.operand(n, 0), t.operand(n, 1)
	batch := out[:len(out)-2]
	xAt, yAt := stretched(x[:len(x)-2], batch), stretched(y[:len(y)-2], batch)
	list := make([]ref, size(n))
	for i := range list {
		m, r, c := i/(rows*columns), i/columns%rows, i%columns
		xm, ym := m, m
		if xAt != nil {
			xm = int(xAt[m])
		}
		if yAt != nil {
			ym = int(yAt[m])
		}
		s := b.constant(0)
		for k := range inner {
			p, q := xs[(xm*rows+r)*inner+k], ys[(ym*inner+k)*columns+c]
			s = b.add(s, t.product(cotangents, p, q))
		}
		list[i] = s
	}
	return list
}

func (t *tape) product(cotangents int, p, q ref) ref {
	switch cotangents {
	case 1:
		return t.b.binary(opChain, p, q)
	case 2:
		return t.b.binary(opChain, q, p)
	case 3:
		return t.b.binary(opSelect, p, q)
	}
	return t.b.mul(p, q)
}

func lowerLinear(t *tape, n graph.Node) []ref {
	w := n.InputNode(1).Dims()
	xs, ws, bias := t.operand(n, 0), t.operand(n, 1), t.operand(n, 2)
	list := make([]ref, size(n))
	for i := range list {
		r, c := i/w[1], i%w[1]
		s := t.b.constant(0)
		for k := range w[0] {
			s = t.b.add(s, t.b.mul(xs[r*w[0]+k], ws[k*w[1]+c]))
		}
		list[i] = t.b.add(s, bias[c])
	}
	return list
}

func lowerTrace(t *tape, n graph.Node) []ref {
	dims, xs := n.InputNode(0).Dims(), t.operand(n, 0)
	rows, columns := dims[len(dims)-2], dims[len(dims)-1]
	list := make([]ref, size(n))
	for m := range list {
		var diagonal []ref
		for i := range min(rows, columns) {
			diagonal = append(diagonal, xs[(m*rows+i)*columns+i])
		}
		list[m] = t.sum(diagonal)
	}
	return list
}

// normalized lowers the operations that shift and scale what lies along the axes to mean 0, if centered says so, and mean
// square 1, and then multiply by a gain and add a bias, which have one element for each place along an axis.
func (t *tape) normalized(n graph.Node, axes []int, axis int, centered bool) []ref {
	b := t.b
	eps := b.constant(n.Float(0))
	gain := t.operand(n, 1)
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
		if n.NumInputs() > 2 {
			y = b.add(y, t.operand(n, 2)[k])
		}
		list[i] = y
	}
	return list
}
