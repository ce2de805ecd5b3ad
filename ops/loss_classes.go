package ops

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// This file holds what is behind the cross-entropies of classes, and [CrossEntropyWith], which is made of one.

// PyTorch's label of rows that do not count.
const ignoredLabel = -100

// A CrossEntropyConfig says for [CrossEntropyWith] which classes are right and how much they count.
type CrossEntropyConfig struct {
	// Labels are the right classes: one for each row of the logits.
	Labels []int
	// IgnoreIndex is the label of rows that do not count, such as padding. 0 means -100, as in PyTorch; so class 0 cannot be
	// ignored by itself: give its rows the label -100.
	IgnoreIndex int
	// Weights says how much each class counts: one number for each, not negative. nil means 1 for all.
	Weights []float64
	// Smoothing, from 0 to 1, is how much of the target is taken from the labelled class and spread evenly over all classes.
	Smoothing float64
}

// CrossEntropyWith is [CrossEntropy] with weights for classes, rows that do not count, and smoothed labels, as in PyTorch.
// For weights w, K classes, smoothing s, and the sums over all rows that count, with y for a row's label, it is
//
//	Σ [(1-s)·w(y)·(lse - z(y)) + s/K·Σ w(k)·(lse - z(k))] / Σ w(y), lse = ln Σ e^z
//
// where the inner sum goes over all classes k. It is a [SoftCrossEntropy] with constant targets, exact where that is, with
// derivatives of any order.
//
// Special cases are:
//
//	no row counts, or the labels of those that do have weight 0: 0, with derivative 0; PyTorch has NaN
//	a class -Inf of weight 0 or, without smoothing, that is not the labelled one: a mask, with gradient 0
//	a row that does not count: its logits have gradient 0, whatever they are
//
// It panics with a [*graph.Error] if the number of labels or weights does not fit the logits, a label is neither a class
// nor ignored, a weight is negative or not finite, or Smoothing is outside of 0 to 1.
//
// Source: Szegedy et al. (2016), Rethinking the Inception architecture, section 7, for smoothing.
func CrossEntropyWith(logits graph.Value, config CrossEntropyConfig) graph.Value {
	const op = "ops.CrossEntropyWith"
	logits.Check(op)
	errorf := func(kind graph.Kind, format string, args ...any) *graph.Error {
		return graph.Errorf(op, kind, format, args...)
	}
	ignored := config.IgnoreIndex
	if ignored == 0 {
		ignored = ignoredLabel
	}
	dims := logits.Dims()
	rows, classes := mustLabels(errorf, dims, config.Labels, &ignored)
	weights := config.Weights
	if weights == nil {
		weights = slices.Repeat([]float64{1}, classes)
	}
	if len(weights) != classes {
		panic(errorf(graph.ErrShape, "%d weights for logits of shape %s: give one weight for each of the %d classes", len(weights), tensor.FormatShape(dims), classes))
	}
	for k, w := range weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			panic(errorf(graph.ErrValue, "the weight of class %d is %v: weights must be finite and not negative", k, w))
		}
	}
	smoothing := config.Smoothing
	if !(smoothing >= 0 && smoothing <= 1) {
		panic(errorf(graph.ErrValue, "Smoothing is %v: it must be between 0 and 1", smoothing))
	}
	var total float64
	for _, y := range config.Labels {
		if y != ignored {
			total += weights[y]
		}
	}
	t := tensor.New(logits.Graph().DType(), dims...)
	for i, y := range config.Labels {
		if y == ignored || total == 0 {
			continue
		}
		share := float64(rows) / total // the mean over the rows divides by all of them
		for k, w := range weights {
			v := smoothing / float64(classes) * w
			if k == y {
				v += (1 - smoothing) * w
			}
			t.SetFlat(share*v, i*classes+k)
		}
	}
	return SoftCrossEntropy(logits, logits.Graph().ConstTensor(t))
}

// classRows returns the rows and the classes of logits, which are a matrix or one row.
func classRows(shape []int) (rows, classes int, ok bool) {
	switch len(shape) {
	case 1:
		return 1, shape[0], true
	case 2:
		return shape[0], shape[1], true
	}
	return 0, 0, false
}

// mustLabels checks that there is one label for each row of logits, and each a class or the one that is ignored, if any.
func mustLabels(errorf func(graph.Kind, string, ...any) *graph.Error, shape, labels []int, ignored *int) (rows, classes int) {
	rows, classes, ok := classRows(shape)
	if !ok {
		panic(errorf(graph.ErrShape, "logits of shape %s: want (rows, classes) with a label for each row, or (classes) with one label", tensor.FormatShape(shape)))
	}
	if len(labels) != rows {
		panic(errorf(graph.ErrShape, "%d labels for logits of shape %s: give one label for each of the %d rows", len(labels), tensor.FormatShape(shape), rows))
	}
	if rows == 0 {
		panic(errorf(graph.ErrShape, "logits of shape %s have no row: the mean of nothing is not defined", tensor.FormatShape(shape)))
	}
	for i, label := range labels {
		if classes == 0 {
			panic(errorf(graph.ErrIndex, "row %d has label %d and the logits have no class", i, label))
		}
		if ignored != nil && label == *ignored {
			continue
		}
		if label < 0 || label >= classes {
			panic(errorf(graph.ErrIndex, "row %d has label %d and the logits have %d classes: labels run from 0 to %d", i, label, classes, classes-1))
		}
	}
	return rows, classes
}

func crossEntropies[T constraints.Float](n graph.Node) { crossEntropiesOf[T](n, n.Ints()) }

// crossEntropiesAt takes the labels from operand 1.
func crossEntropiesAt[T constraints.Float](n graph.Node) {
	_, classes, _ := classRows(n.In(0).Dims())
	wrong := func(i int, v float64) *graph.Error {
		return n.Errorf(graph.ErrIndex, "row %d has label %v and the logits have %d classes: labels are the whole numbers from 0 to %d", i, v, classes, classes-1)
	}
	withIntegers(n.In(1), 0, classes-1, wrong, func(labels []int) { crossEntropiesOf[T](n, labels) })
}

// crossEntropiesOf sets the result and leaves softmax(z) - 1(label), row by row, for the backward sweep.
func crossEntropiesOf[T constraints.Float](n graph.Node, labels []int) {
	x := n.In(0)
	k := x.Len() / len(labels)
	saved := n.Save(0, x.Dims()...)
	z, d := tensor.Data[T](x), tensor.Data[T](saved)
	kernel.SafeSoftmax(d, z, k)
	var total float64
	for i, label := range labels {
		row, p := z[i*k:i*k+k], d[i*k:i*k+k]
		top, here := kernel.Max(p), p[label]
		if top == 0 { // only -Inf
			total = math.NaN()
			continue
		}
		// The sum of the others alone keeps its digits where it is small, 1 - here would not.
		p[label] = 0
		others := kernel.Sum(p)
		p[label] = -others
		switch {
		case here == top && others <= 0.5:
			total -= math.Log1p(-float64(others))
		case here == top:
			total -= math.Log(float64(top))
		default: // here may have vanished
			total += float64(kernel.Max(row)) - float64(row[label]) - math.Log(float64(top))
		}
	}
	n.Out().SetFlat(total/float64(len(labels)), 0)
}

// crossEntropyRule returns the cotangent of logits x where here is 1 for the labelled class of each row, and 0 for the
// others. It writes the labelled class's part as minus the sum of the others, which does not cancel where its probability
// is near 1.
func crossEntropyRule(x, here, ct graph.Value) graph.Value {
	axis := x.Rank() - 1
	rows, _, _ := classRows(x.Dims())
	others := Where(here, x.Graph().Const(0), SafeSoftmax(x, axis))
	kept := append([]int{}, x.Dims()...)
	kept[axis] = 1
	d := Where(here, Neg(Reshape(Sum(others, axis), kept...)), others)
	d = Chain(ct, MulScalar(d, 1/float64(rows)))
	return Where(here, d, unmasked(x, d))
}

// softCrossEntropies sets the result and leaves softmax(z)·Σt - t, row by row, for the backward sweep.
func softCrossEntropies[T constraints.Float](n graph.Node) {
	x := n.In(0)
	rows, k, _ := classRows(x.Dims())
	saved := n.Save(0, x.Dims()...)
	z, t, d := tensor.Data[T](x), tensor.Data[T](n.In(1)), tensor.Data[T](saved)
	kernel.SafeSoftmax(d, z, k)
	scratch := n.Temp(k)
	var total float64
	for i := 0; i < len(z); i += k {
		z, t, p := z[i:i+k], t[i:i+k], d[i:i+k]
		if k >= manyClasses && kernel.AllFinite(z) && kernel.AllFinite(t) {
			total += softCrossEntropyLongRow(z, t, p, tensor.Data[T](scratch))
		} else {
			total += softCrossEntropyRow(z, t, p)
		}
	}
	n.FreeTemp(scratch)
	n.Out().SetFlat(total/float64(rows), 0)
}

// softCrossEntropyRow returns the loss of a row of logits z with targets t, and replaces the probabilities p with the
// derivative.
func softCrossEntropyRow[T constraints.Float](z, t, p []T) float64 {
	if !slices.ContainsFunc(t, func(v T) bool { return v != 0 }) {
		clear(p)
		return 0
	}
	top := kernel.Max(z)
	if math.IsInf(float64(top), -1) {
		clear(p)
		return math.NaN()
	}
	var all, others, away float64 // Σt, the same without a class of probability > ½, Σ t·(top - z)
	big := slices.IndexFunc(p, func(v T) bool { return v > 0.5 })
	for c, v := range t {
		if v == 0 { // a weight of 0 wins over an infinite logit
			continue
		}
		all += float64(v)
		if c != big {
			others += float64(v)
		}
		away += float64(v) * (float64(top) - float64(z[c]))
	}
	rest := 0.0 // the probability of all but the big class, which keeps its digits where it is small
	logSum := -math.Log(float64(kernel.Max(p)))
	if big >= 0 {
		p[big] = 0
		rest = float64(kernel.Sum(p))
		logSum = -math.Log1p(-rest)
	}
	for c, v := range p {
		p[c] = T(weighted(all, float64(v)) - float64(t[c]))
		if t[c] == 0 && math.IsInf(float64(z[c]), -1) { // a mask, even beside a target NaN
			p[c] = 0
		}
	}
	if big >= 0 {
		p[big] = T(others - weighted(all, rest))
	}
	return weighted(all, logSum) + away
}

// manyClasses is how many classes make a kernel faster than a loop over them.
const manyClasses = 32

// softCrossEntropyLongRow is softCrossEntropyRow by kernels, for finite numbers.
func softCrossEntropyLongRow[T constraints.Float](z, t, p, scratch []T) float64 {
	if kernel.MaxAbs(t) == 0 {
		clear(p)
		return 0
	}
	kernel.AddScalar(scratch, z, -kernel.Max(z))
	away := -kernel.Dot64(t, scratch)
	most := kernel.Max(p)
	logSum, big := -math.Log(float64(most)), -1
	var rest, others float64
	if most > 0.5 {
		big = slices.Index(p, most)
		p[big] = 0
		rest = kernel.Sum64(p)
		logSum = -math.Log1p(-rest)
		others = kernel.Sum64(t[:big]) + kernel.Sum64(t[big+1:])
	}
	all := kernel.Sum64(t)
	kernel.MulScalar(p, p, T(all))
	kernel.Sub(p, p, t)
	if big >= 0 {
		p[big] = T(others - all*rest)
	}
	return all*logSum + away
}

// softCrossEntropyVJP writes the derivative by the logits so that nothing cancels where a probability is near 1.
func softCrossEntropyVJP(n graph.Node, i int, ct graph.Value) graph.Value {
	z, t := n.Input(0), n.Input(1)
	g, axis := n.Graph(), z.Rank()-1
	rows, _, _ := classRows(z.Dims())
	share := 1 / float64(rows)
	if i == 1 {
		return Chain(ct, MulScalar(LogSoftmax(z, axis), -share))
	}
	kept := append([]int{}, z.Dims()...)
	kept[axis] = 1
	sum := func(v graph.Value) graph.Value { return Reshape(Sum(v, axis), kept...) }
	zero, masked := g.Const(0), g.Const(math.Inf(-1))
	p := SafeSoftmax(z, axis)
	big := Gt(p, g.Const(0.5))
	all, others, rest := sum(t), sum(Where(big, zero, t)), sum(Where(big, zero, p))
	d := Where(big, Sub(others, Chain(all, rest)), Sub(Chain(all, p), t))
	// A target that is not 0 counts at a class -Inf too, unless all are.
	counts := Where(Ne(t, zero), Ne(Reshape(Max(z, axis), kept...), masked), Ne(z, masked))
	return Where(counts, Chain(ct, MulScalar(d, share)), zero)
}
