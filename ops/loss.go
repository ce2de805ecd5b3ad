package ops

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"golang.org/x/exp/constraints"
)

var opMSE, opBCE, opBCEWithLogits, opCrossEntropy, opCrossEntropyAt, opSoftCrossEntropy graph.Op

func init() {
	pairs := []string{"() ()", "(3) (3)", "(2,3) (2,3)", "(2,3) ()", "() (2,3)", "(2,3) (3)", "(2,1) (1,3)", "(1) (1)"}
	register(&opMSE, graph.Row{
		Name: "mse", Func: MSE, Params: "y, t",
		Doc:        "mean squared error",
		Formula:    "Σ (y-t)² / n",
		Derivative: "2(y-t)/n, -2(y-t)/n",
		Forward:    pairForward(squaredErrors[float64], squaredErrors[float32]),
		Backward:   mseBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			return perPair(n, ct, MulScalar(Sub(n.Input(i), n.Input(1-i)), 2))
		},
		Tangent: scalarTangent,
		Try:     pairs,
		Source:  "Gauss (1809), least squares",
	})
	register(&opBCE, graph.Row{
		Name: "bce", Func: BCE, Params: "p, t",
		Doc:        "mean binary cross-entropy of probabilities p and targets t",
		Formula:    "-Σ [t·ln p + (1-t)·ln(1-p)] / n",
		Derivative: "((1-t)/(1-p) - t/p)/n, (ln(1-p) - ln p)/n",
		Forward:    pairForward(probabilityEntropies[float64], probabilityEntropies[float32]),
		Backward:   probabilityBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			p, t := n.Input(0), n.Input(1)
			d := Sub(Log1p(Neg(p)), Log(p))
			if i == 0 {
				// The logarithms end at 0. A weight of 0 wins over their infinite derivative there, and over NaN beyond.
				g := n.Graph()
				zero, one, nothing := g.Const(0), g.Const(1), g.Const(math.NaN())
				q := Where(Gt(p, one), nothing, oneMinus(p))
				p := Where(Lt(p, zero), nothing, AddScalar(p, 0)) // +0 for -0
				d = Sub(Chain(oneMinus(t), Reciprocal(q)), Chain(t, Reciprocal(p)))
			}
			return perPair(n, ct, d)
		},
		Domain:  []graph.Interval{{Lo: 0.25, Hi: 0.75}, {Lo: 0, Hi: 1}},
		Tangent: scalarTangent,
		Try:     pairs,
		Source:  "Shannon (1948); Good (1952) for the score",
	})
	register(&opBCEWithLogits, graph.Row{
		Name: "bce_with_logits", Func: BCEWithLogits, Params: "z, t",
		Doc:        "mean binary cross-entropy of sigmoid(z) and targets t, without overflow",
		Formula:    "Σ [(1-t)·softplus(z) + t·softplus(-z)] / n",
		Derivative: "(sigmoid(z) - t)/n, -z/n",
		Forward:    pairForward(logitEntropies[float64], logitEntropies[float32]),
		Backward:   logitBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			z, t := n.Input(0), n.Input(1)
			d := Neg(z)
			if i == 0 {
				// sigmoid(z) - t as (1-t) - sigmoid(-z) keeps its digits where the sigmoid is near 1.
				positive := Ge(z, z.Graph().Const(0))
				d = Where(positive, Sub(oneMinus(t), Sigmoid(Neg(z))), Sub(Sigmoid(z), t))
			}
			return perPair(n, ct, d)
		},
		Domain:  []graph.Interval{{Lo: -4, Hi: 4}, {Lo: 0, Hi: 1}},
		Tangent: scalarTangent,
		Try:     pairs,
		Source:  "cross-entropy of the logistic model, Cox (1958); softplus as max(z, 0) + log1p(e^-|z|)",
	})
	register(&opCrossEntropy, graph.Row{
		Name: "cross_entropy", Func: CrossEntropy, Params: "logits, labels",
		Doc:        "mean over the rows of the cross-entropy of softmax(logits) with the labelled class, without overflow",
		Formula:    "Σ [ln Σ e^z - z(label)] / rows",
		Derivative: "(softmax(z) - 1(label))/rows",
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), crossEntropies[float64], crossEntropies[float32])(n)
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			// A cotangent that is not finite must not reach what is masked: the rule selects.
			return finite(ct.AtFlat(0)) && addScaled(dst, ct.AtFlat(0)/float64(len(n.Ints())), n.Saved(0), fresh)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x, labels := n.Input(0), n.Ints()
			here := tensor.New(n.Graph().DType(), x.Dims()...)
			for i, label := range labels {
				here.SetFlat(1, i*x.Dims()[x.Rank()-1]+label)
			}
			return crossEntropyRule(x, n.Graph().ConstTensor(here), ct)
		},
		Tangent: logitsTangent,
		Try:     []string{"(3) 1", "(1,3) 0", "(2,3) 2 0", "(4,2) 1 1 0 1", "(2,1) 0 0"},
		Source:  "Bridle (1990), equation 5; shifted by the maximum, Blanchard, Higham and Higham (2021)",
	})
	register(&opCrossEntropyAt, graph.Row{
		Name: "cross_entropy_at", Func: CrossEntropyAt, Params: "logits, labels",
		Doc:        "cross_entropy with labels that are values",
		Formula:    "Σ [ln Σ e^z - z(label)] / rows",
		Derivative: "(softmax(z) - 1(label))/rows, 0",
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), crossEntropiesAt[float64], crossEntropiesAt[float32])(n)
		},
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			if i == 1 { // labels have no derivative
				if fresh {
					dst.Zero()
				}
				return true
			}
			return finite(ct.AtFlat(0)) && addScaled(dst, ct.AtFlat(0)/float64(n.In(1).Len()), n.Saved(0), fresh)
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			x := n.Input(0)
			return crossEntropyRule(x, OneHot(n.Input(1), x.Dims()[x.Rank()-1]), ct)
		},
		Tangent: logitsTangent,
		Prepare: func(i int, x graph.Value) graph.Value {
			if i == 1 {
				return Floor(x)
			}
			return x
		},
		Domain: []graph.Interval{{Lo: -2, Hi: 2}, {Lo: 0, Hi: 2}},
		Try:    []string{"(3) ()", "(1,3) (1)", "(2,3) (2)", "(4,3) (4)"},
		Source: "Bridle (1990), equation 5; shifted by the maximum, Blanchard, Higham and Higham (2021)",
	})
	register(&opSoftCrossEntropy, graph.Row{
		Name: "soft_cross_entropy", Func: SoftCrossEntropy, Params: "logits, t",
		Doc:        "mean over the rows of the cross-entropy of softmax(logits) with a target for every class, without overflow",
		Formula:    "Σ t·(ln Σ e^z - z) / rows",
		Derivative: "(softmax(z)·Σt - t)/rows, (ln Σ e^z - z)/rows",
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), softCrossEntropies[float64], softCrossEntropies[float32])(n)
		},
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			rows, _, _ := classRows(n.In(0).Dims())
			return i == 0 && finite(ct.AtFlat(0)) && addScaled(dst, ct.AtFlat(0)/float64(rows), n.Saved(0), fresh)
		},
		VJP:     softCrossEntropyVJP,
		Domain:  []graph.Interval{{Lo: -2, Hi: 2}, {Lo: 0, Hi: 1}},
		Tangent: logitsTangent,
		Try:     []string{"(3) (3)", "(1,3) (1,3)", "(2,3) (2,3)", "(4,2) (4,2)", "(2,1) (2,1)"},
		Source:  "Bridle (1990); soft targets, Hinton, Vinyals and Dean (2015); shifted by the maximum, Blanchard, Higham and Higham (2021)",
	})
}

// MSE returns the mean squared error Σ (y-t)² / n of n predictions y and targets t. Shapes broadcast as in NumPy. The
// mean of nothing is NaN.
//
// Derivative: 2(y-t)/n by y, -2(y-t)/n by t.
func MSE(y, t graph.Value) graph.Value { return pairLoss(opMSE, y, t) }

// BCE returns the mean binary cross-entropy -Σ [t·ln p + (1-t)·ln(1-p)] / n of n probabilities p and targets t, both
// between 0 and 1. Shapes broadcast as in NumPy. The mean of nothing is NaN. Where p is the result of a sigmoid,
// [BCEWithLogits] is more exact and does not saturate.
//
// Derivative: ((1-t)/(1-p) - t/p)/n by p, (ln(1-p) - ln p)/n by t.
//
// Special cases are, for one element:
//
//	BCE(0, 0) = BCE(1, 1) = 0, with derivative 1 and -1 by p: a weight of 0 wins
//	BCE(0, t > 0) = +Inf, with derivative -Inf by p
//	BCE(1, t < 1) = +Inf, with derivative +Inf by p
//	BCE(p, t) = NaN for p < 0 or p > 1, with derivative NaN, unless the logarithm in question has the weight 0
func BCE(p, t graph.Value) graph.Value { return pairLoss(opBCE, p, t) }

// BCEWithLogits returns the mean binary cross-entropy of n probabilities sigmoid(z) and targets t between 0 and 1. It
// does not overflow, and is exact where the loss is small. Shapes broadcast as in NumPy. The mean of nothing is NaN.
//
// Derivative: (sigmoid(z) - t)/n by z, -z/n by t, the difference without cancellation where t is 0 or 1.
//
// Special cases are, for one element:
//
//	BCEWithLogits(+Inf, 1) = BCEWithLogits(-Inf, 0) = 0, with derivative 0 by z
//	BCEWithLogits(+Inf, t < 1) = BCEWithLogits(-Inf, t > 0) = +Inf
func BCEWithLogits(z, t graph.Value) graph.Value { return pairLoss(opBCEWithLogits, z, t) }

// CrossEntropy returns the mean over the rows of logits of ln Σ e^z - z(label): the cross-entropy of the probabilities
// softmax(z) with the labelled class. The logits have shape (rows, classes), with one label for each row, or (classes)
// with one label. It does not overflow, and is exact where the loss is small. It panics with a [*graph.Error] if there
// is no row, or a label is not one of the classes 0 to classes-1.
//
// Derivative: (softmax(z) - 1)/rows for the labelled class and softmax(z)/rows for the others, the difference without
// cancellation.
//
// Special cases are, for one row:
//
//	a class -Inf that is not the labelled one is a mask: it is as though it were not there, and its gradient is 0
//	the labelled class -Inf beside a finite logit gives +Inf, with derivative -1/rows by the labelled class
//	only logits -Inf give NaN, with derivative 0
//	a logit +Inf gives NaN, with derivative NaN
func CrossEntropy(logits graph.Value, labels ...int) graph.Value {
	c := graph.Begin(opCrossEntropy, logits)
	mustLabels(c.Errorf, c.Dims(0), labels, nil)
	return c.Ints(labels...).Record()
}

// CrossEntropyAt is [CrossEntropy] with labels that are values: whole numbers from 0 to classes-1, of shape (rows) for
// logits of shape (rows, classes), and a scalar for logits of shape (classes). Value and derivative are the same, to the
// bit; no gradient flows to the labels.
//
// It panics with a [*graph.Error] if the shapes do not fit, there is no row or no class, or a number is no label. What is
// recorded does not depend on the labels: in a program that is made of it and runs elsewhere, such as in XLA, nobody
// checks them, and one that is out of range gives any result.
func CrossEntropyAt(logits, labels graph.Value) graph.Value {
	c := graph.Begin(opCrossEntropyAt, logits, labels)
	z, t := c.Dims(0), c.Dims(1)
	rows, classes, ok := classRows(z)
	switch {
	case !ok || !slices.Equal(z[:len(z)-1], t):
		panic(c.Errorf(graph.ErrShape, "logits of shape %s, labels of shape %s: want (rows, classes) and (rows), or (classes) and a scalar", tensor.FormatShape(z), tensor.FormatShape(t)))
	case rows == 0 || classes == 0:
		panic(c.Errorf(graph.ErrShape, "logits of shape %s: want at least one row and one class", tensor.FormatShape(z)))
	}
	mustHoldIndices(c, logits.Graph(), classes)
	return c.Record()
}

// SoftCrossEntropy returns the mean over the rows of logits of Σ t·(ln Σ e^z - z): the cross-entropy of the probabilities
// softmax(z) with targets t for all classes, such as the probabilities of another network. Logits and targets have one
// shape, (rows, classes) or (classes). Targets should not be negative; their sum need not be 1, and a row of zeros does
// not contribute. It does not overflow, and is exact where the loss is small. See [CrossEntropyWith] for labels.
//
// Derivative: (softmax(z)·Σt - t)/rows by the logits, without cancellation where a probability is near 1;
// (ln Σ e^z - z)/rows by the targets.
//
// Special cases are, for one row:
//
//	a class -Inf with target 0 is a mask: it is as though it were not there, and its gradient is 0
//	a class -Inf with a positive target gives +Inf, with derivative -t/rows by that class
//	only logits -Inf give NaN, with derivative 0
//	a logit +Inf gives NaN, with derivative NaN
//	only targets 0 give 0, with derivative 0, whatever the logits
//
// It panics with a [*graph.Error] if the shapes differ, or there is no row or no class.
func SoftCrossEntropy(logits, t graph.Value) graph.Value {
	c := graph.Begin(opSoftCrossEntropy, logits, t)
	z := c.Dims(0)
	if !slices.Equal(z, c.Dims(1)) {
		panic(c.Errorf(graph.ErrShape, "logits of shape %s, targets of shape %s: give one target for each logit", tensor.FormatShape(z), tensor.FormatShape(c.Dims(1))))
	}
	if rows, classes, ok := classRows(z); !ok || rows == 0 || classes == 0 {
		panic(c.Errorf(graph.ErrShape, "logits of shape %s: want (rows, classes) or (classes), at least one of each", tensor.FormatShape(z)))
	}
	return c.Record()
}

// pairLoss records the mean of a function of two operands, broadcast.
func pairLoss(op graph.Op, y, t graph.Value) graph.Value {
	c := graph.Begin(op, y, t)
	var buf [tensor.MaxRank]int
	c.Broadcast(buf[:0], c.Dims(0), c.Dims(1))
	return c.Record()
}

// pairDims appends to dst the shape that the two operands of a node broadcast to.
func pairDims(n graph.Node, dst []int) []int {
	dst, _ = array.BroadcastShapes(dst, n.In(0).Dims(), n.In(1).Dims())
	return dst
}

// perPair returns ct·d/n for the derivative d of the n terms of a mean over pairs, in the shape of the pairs.
func perPair(n graph.Node, ct, d graph.Value) graph.Value {
	var buf [tensor.MaxRank]int
	dims := pairDims(n, buf[:0])
	if !slices.Equal(d.Dims(), dims) {
		d = Broadcast(d, dims...)
	}
	return Chain(ct, MulScalar(d, 1/float64(n.Saved(0).Len())))
}

// pairForward makes the Forward of a mean over pairs of elements from a function that fills terms, of the shape that
// the operands broadcast to, and returns their sum. The terms stay for the backward sweep.
func pairForward(f64 func(n graph.Node, terms *tensor.Tensor) float64, f32 func(n graph.Node, terms *tensor.Tensor) float64) func(graph.Node) {
	return func(n graph.Node) {
		var buf [tensor.MaxRank]int
		terms := n.Save(0, pairDims(n, buf[:0])...)
		f := f64
		if terms.DType() == tensor.Float32 {
			f = f32
		}
		n.Out().SetFlat(f(n, terms)/float64(terms.Len()), 0)
	}
}

// differences fills terms with the differences y - t and returns them.
func differences[T constraints.Float](n graph.Node, terms *tensor.Tensor) []T {
	d, y, t := tensor.Data[T](terms), tensor.Data[T](n.In(0)), tensor.Data[T](n.In(1))
	if len(y) == len(d) && len(t) == len(d) {
		kernel.Sub(d, y, t)
		return d
	}
	p := array.Pair(terms.Dims(), n.In(0).Dims(), n.In(1).Dims())
	for r := range p.Runs {
		for i := range r.N {
			d[r.Out+i] = y[r.A+i*r.StepA] - t[r.B+i*r.StepB]
		}
	}
	return d
}

// squaredErrors fills terms with the differences y - t and returns the sum of their squares.
func squaredErrors[T constraints.Float](n graph.Node, terms *tensor.Tensor) float64 {
	d := differences[T](n, terms)
	return float64(kernel.Dot(d, d))
}

func mseBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	d := n.Saved(0)
	return dst.Len() == d.Len() && addScaled(dst, mseSlope(n, i, ct), d, fresh)
}

// mseSlope returns what the difference y - t is multiplied with to give the cotangent of operand i.
func mseSlope(n graph.Node, i int, ct *tensor.Tensor) float64 {
	return float64(1-2*i) * 2 * ct.AtFlat(0) / float64(n.Saved(0).Len())
}

// entropies fills terms with a function of the pairs and returns their sum.
func entropies[T constraints.Float](n graph.Node, terms *tensor.Tensor, f func(x, t float64) float64) float64 {
	d, x, t := tensor.Data[T](terms), tensor.Data[T](n.In(0)), tensor.Data[T](n.In(1))
	p := array.Pair(terms.Dims(), n.In(0).Dims(), n.In(1).Dims())
	for r := range p.Runs {
		for i := range r.N {
			d[r.Out+i] = T(f(float64(x[r.A+i*r.StepA]), float64(t[r.B+i*r.StepB])))
		}
	}
	return float64(kernel.Sum(d))
}

// weighted returns w·x, where a weight of 0 wins over an infinite x.
func weighted(w, x float64) float64 {
	if w == 0 {
		return 0
	}
	return w * x
}

func bceOf(p, t float64) float64 { return -weighted(t, specfun.Log(p)) - weighted(1-t, math.Log1p(-p)) }
