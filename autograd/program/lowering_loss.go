package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/array"
)

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
