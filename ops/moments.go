package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"golang.org/x/exp/constraints"
)

var opCenter, opVariance, opStd, opVarianceDDof, opStdDDof, opNorm graph.Op

func init() {
	register(&opCenter, graph.Row{
		Name: "center", Func: Center, Params: "x, axes", Doc: "x less its mean, over everything or over the axes given, which stay", Formula: "x - Σ x / n", Derivative: "δ - 1/n",
		Class:    graph.Linear,
		Forward:  centerForward,
		Backward: centerBackward,
		VJP:      func(n graph.Node, _ int, ct graph.Value) graph.Value { return Center(ct, n.Ints()...) },
		Try:      append([]string{"(0)", "(0,3) 0", "(0,3) 1"}, reductionTries...),
		Source:   "a projection, which is its own transpose; two passes, Chan, Golub and LeVeque (1983)",
	})
	register(&opVariance, graph.Row{
		Name: "variance", Func: Variance, Params: "x, axes", Doc: "mean square distance from the mean, over everything or over the axes given", Formula: "Σ (x - x̄)² / n", Derivative: "2(x - x̄)/n",
		Forward:  func(n graph.Node) { spreads(n, float64(reducedLen(n)), false) },
		Backward: varianceBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			d := MulScalar(Center(n.Input(0), n.Ints()...), 2/float64(reducedLen(n)))
			return Chain(spread(n, ct), d)
		},
		Tangent: reducedTangent,
		Try:     reductionTries,
		Source:  "two passes, Chan, Golub and LeVeque (1983)",
	})
	register(&opStd, graph.Row{
		Name: "std", Func: Std, Params: "x, axes", Doc: "standard deviation: the root of the variance", Formula: "√(Σ (x - x̄)² / n)", Derivative: "(x - x̄)/(n·y)",
		Forward:  func(n graph.Node) { spreads(n, float64(reducedLen(n)), true) },
		Backward: stdBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			d := divOrZero(Center(n.Input(0), n.Ints()...), spread(n, n.Value()))
			return Chain(spread(n, ct), MulScalar(d, 1/float64(reducedLen(n))))
		},
		// The derivative of a standard deviation of one number is 0 wherever the kink is.
		Tangent: reducedTangent,
		Try:     []string{"(3)", "(2,3)", "(2,3) 0", "(2,3) 1", "(2,3) -1", "(2,3,4) 0 2", "(2,3,4) 1"},
		Kinks:   []graph.Kink{{At: 0, Chosen: 0, Why: "where all are equal: the smallest subgradient"}},
		Source:  "two passes, Chan, Golub and LeVeque (1983)",
	})
	register(&opVarianceDDof, graph.Row{
		Name: "variance_ddof", Func: VarianceDDof, Params: "x, ddof, axes", Doc: "variance with the divisor n - ddof: the sample variance for ddof 1", Formula: "Σ (x - x̄)² / (n - ddof)", Derivative: "2(x - x̄)/(n - ddof)",
		Forward:  func(n graph.Node) { spreads(n, freedom(n), false) },
		Backward: varianceBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(spread(n, ct), MulScalar(Center(n.Input(0), n.Ints()...), 2/freedom(n)))
		},
		Tangent: reducedTangent,
		Try:     []string{"(3) 1", "(2,3) 1", "(2,3) 1 0", "(2,3) 0 1", "(2,3) 1 -1", "(2,3,4) 2 0 2", "(2,3,4) -1 1"},
		Source:  "Bessel's correction; two passes, Chan, Golub and LeVeque (1983)",
	})
	register(&opStdDDof, graph.Row{
		Name: "std_ddof", Func: StdDDof, Params: "x, ddof, axes", Doc: "standard deviation with the divisor n - ddof: the sample's for ddof 1", Formula: "√(Σ (x - x̄)² / (n - ddof))", Derivative: "(x - x̄)/((n - ddof)·y)",
		Forward:  func(n graph.Node) { spreads(n, freedom(n), true) },
		Backward: stdBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			d := divOrZero(Center(n.Input(0), n.Ints()...), spread(n, n.Value()))
			return Chain(spread(n, ct), MulScalar(d, 1/freedom(n)))
		},
		Tangent: reducedTangent,
		Try:     []string{"(3) 1", "(2,3) 1", "(2,3) 1 0", "(2,3) 0 1", "(2,3) 1 -1", "(2,3,4) 2 0 2", "(2,3,4) -1 1"},
		Kinks:   []graph.Kink{{At: 0, Chosen: 0, Why: "where all are equal: the smallest subgradient"}},
		Source:  "Bessel's correction; two passes, Chan, Golub and LeVeque (1983)",
	})
	register(&opNorm, graph.Row{
		Name: "norm", Func: Norm, Params: "x, axes", Doc: "Euclidean length, of everything or over the axes given, without overflow", Formula: "√(Σ x²)", Derivative: "x/y",
		Forward:  func(n graph.Node) { array.Instance(n.DType(), lengths[float64], lengths[float32])(n) },
		Backward: normBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(spread(n, ct), divOrZero(n.Input(0), spread(n, n.Value())))
		},
		Tangent: reducedTangent,
		Try:     append([]string{"(0)", "(0,3) 0", "(0,3) 1"}, reductionTries...),
		Kinks:   []graph.Kink{{At: 0, Chosen: 0, Why: "the smallest subgradient"}},
		Source:  "scaled by a power of two, as LAPACK's dnrm2 scales",
	})
}

// meanOf returns the mean of x. Numbers are taken as distances from the first, so that a constant has exactly itself
// for mean, and a large offset costs no digits.
func meanOf[T constraints.Float](x []T) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	first, n := float64(x[0]), float64(len(x))
	if d := distances(x, first); finite(d) {
		return first + d/n
	}
	// Numbers so large that their sum is not one, or infinite ones.
	return pairwise(x, func(v float64) float64 { return v * 0x1p-64 }) / n * 0x1p64
}

// distances returns Σ (x - m), added pairwise: pairwise without a call for each number.
func distances[T constraints.Float](x []T, m float64) float64 {
	if len(x) > 128 {
		h := len(x) / 2
		return distances(x[:h], m) + distances(x[h:], m)
	}
	var s0, s1 float64
	for ; len(x) >= 2; x = x[2:] {
		s0 += float64(x[0]) - m
		s1 += float64(x[1]) - m
	}
	for _, v := range x {
		s0 += float64(v) - m
	}
	return s0 + s1
}

// squaredDistances returns Σ (x - m)², added in the same way.
func squaredDistances[T constraints.Float](x []T, m float64) float64 {
	if len(x) > 128 {
		h := len(x) / 2
		return squaredDistances(x[:h], m) + squaredDistances(x[h:], m)
	}
	var s0, s1 float64
	for ; len(x) >= 2; x = x[2:] {
		d0, d1 := float64(x[0])-m, float64(x[1])-m
		s0 += float64(d0 * d0) // not fused, so that results are the same everywhere
		s1 += float64(d1 * d1)
	}
	for _, v := range x {
		d := float64(v) - m
		s0 += float64(d * d)
	}
	return s0 + s1
}

// pairwise returns the sum of f over x, added pairwise.
func pairwise[T constraints.Float](x []T, f func(float64) float64) float64 {
	if len(x) > 128 {
		h := len(x) / 2
		return pairwise(x[:h], f) + pairwise(x[h:], f)
	}
	s := 0.0
	for _, v := range x {
		s += f(float64(v))
	}
	return s
}

func centerRows[T constraints.Float](dst, x []T, k int) {
	for i := 0; i < len(x); i += k {
		row := x[i : i+k]
		m := meanOf(row)
		rest := distances(row, m) / float64(k) // what the rounding of m has lost
		if !finite(rest) {
			rest = 0 // the distances are so large that it does not matter, or there are none
		}
		for j, v := range row {
			dst[i+j] = T(float64(v) - m - rest)
		}
	}
}

func meanRow[T constraints.Float](x []T) T { return T(meanOf(x)) }

// length returns the root of the sum of squares.
func length[T constraints.Float](x []T) float64 {
	s, exp := squares(x, 0, false)
	return math.Ldexp(math.Sqrt(s), exp)
}

// variance returns the sum of the squared distances from the mean, divided by k.
func variance[T constraints.Float](x []T, k float64) float64 {
	s, exp := squares(x, meanOf(x), true)
	return math.Ldexp(s/k, 2*exp)
}

// deviation returns the root of the variance.
func deviation[T constraints.Float](x []T, k float64) float64 {
	s, exp := squares(x, meanOf(x), true)
	return math.Ldexp(math.Sqrt(s/k), exp)
}

// squares returns Σ (x-m)²·4⁻ᵉ with an exponent e for which neither squares nor sum overflow or vanish. If m is the mean of
// x, what the rounding of m adds to the sum is taken away.
func squares[T constraints.Float](x []T, m float64, mean bool) (s float64, e int) {
	var rest float64 // 0 but for the rounding of m
	if s = squaredDistances(x, m); 0x1p-800 < s && s < 0x1p1000 {
		if mean {
			rest = distances(x, m)
		}
	} else {
		e = 600
		d := func(v float64) float64 { return v*0x1p-600 - m*0x1p-600 } // the distance could overflow
		if s < 1 {
			e = -600
			d = func(v float64) float64 { return (v - m) * 0x1p600 }
		}
		s = pairwise(x, func(v float64) float64 { return d(v) * d(v) })
		if mean {
			rest = pairwise(x, d)
		}
	}
	if mean {
		s = max(s-rest*rest/float64(len(x)), 0)
	}
	return s, e
}

// freedom returns the degrees of freedom n - ddof of a variance or standard deviation of n elements, at least 0.
func freedom(n graph.Node) float64 { return max(float64(reducedLen(n))-n.Float(0), 0) }

// Center returns x less its mean, taken over everything or over the axes given. The result has the shape of x. The
// center of equal numbers is exactly 0, and a large offset costs no digits.
//
// Derivative: Center is its own transpose: the cotangent, centered.
func Center(x graph.Value, axes ...int) graph.Value {
	c := graph.Begin(opCenter, x)
	var list, out [tensor.MaxRank]int
	nlist, _ := reducedAxes(c, axes, true, &list, &out)
	return c.Ints(list[:nlist]...).Record(c.Dims(0)...)
}

// Variance returns the mean square distance from the mean, over everything or over the axes given, which disappear. It
// divides by n, not n-1. A large offset costs no digits, and the variance over- or underflows only if the result does. The
// variance of nothing is NaN.
//
// Derivative: 2(x - x̄)/n for the mean x̄ of n elements.
//
// Special cases are:
//
//	Variance of equal numbers = 0, with derivative 0, exactly
//	Variance of (1e200, -1e200) = +Inf, with derivative (1e200, -1e200)
func Variance(x graph.Value, axes ...int) graph.Value { return reduction(opVariance, x, axes, true) }

// Std returns the standard deviation: the root of [Variance], over everything or over the axes given, which disappear.
// It divides by n, not n-1, and neither overflows nor underflows on the way. The standard deviation of nothing is NaN.
//
// Derivative: (x - x̄)/(n·y) for the mean x̄ of n elements and the result y.
//
// Special cases are:
//
//	Std of equal numbers = 0, with derivative 0, exactly: also of (0.1, 0.1, 0.1)
func Std(x graph.Value, axes ...int) graph.Value { return reduction(opStd, x, axes, true) }

// VarianceDDof returns the variance with the divisor n - ddof in place of n, over everything or over the axes given,
// which disappear: for ddof 1 the sample variance, an unbiased estimate, for ddof 0 [Variance]. The divisor is at least
// 0, as in NumPy.
//
// Derivative: 2(x - x̄)/(n - ddof) for the mean x̄ of n elements.
//
// Special cases are:
//
//	VarianceDDof of equal numbers = 0, with derivative 0, exactly, for n > ddof
//	VarianceDDof of n ≤ ddof elements = NaN if they are equal, with derivative NaN, such as of one for ddof 1
//	VarianceDDof of n ≤ ddof elements = +Inf if they are not equal
func VarianceDDof(x graph.Value, ddof int, axes ...int) graph.Value {
	return ddofReduction(opVarianceDDof, x, ddof, axes)
}

// StdDDof returns the root of [VarianceDDof], over everything or over the axes given, which disappear: for ddof 1 the
// standard deviation of a sample, for ddof 0 [Std]. It neither overflows nor underflows on the way.
//
// Derivative: (x - x̄)/((n - ddof)·y) for the mean x̄ of n elements and the result y.
//
// Special cases are:
//
//	StdDDof of equal numbers = 0, with derivative 0, exactly, for n > ddof
//	StdDDof of n ≤ ddof elements = NaN if they are equal, else +Inf, with derivative NaN
func StdDDof(x graph.Value, ddof int, axes ...int) graph.Value {
	return ddofReduction(opStdDDof, x, ddof, axes)
}

// ddofReduction records a reduction whose attribute is ddof, besides the axes.
func ddofReduction(op graph.Op, x graph.Value, ddof int, axes []int) graph.Value {
	c := graph.Begin(op, x)
	var list, out [tensor.MaxRank]int
	nlist, nout := reducedAxes(c, axes, true, &list, &out)
	return c.Ints(list[:nlist]...).Floats(float64(ddof), 0).Record(out[:nout]...)
}

// Norm returns the Euclidean length √Σx² of everything, or over the axes given, which disappear. It neither overflows
// nor underflows on the way. The norm of nothing is 0.
//
// Derivative: x/y for the result y.
//
// Special cases are:
//
//	Norm(0) = 0, with derivative 0
//	Norm with an infinite element = +Inf, with derivative NaN by that element and 0 by finite ones
//	Norm of (1.5e308, 1.5e308) = +Inf, with derivative 0: its result is no number
func Norm(x graph.Value, axes ...int) graph.Value { return reduction(opNorm, x, axes, true) }
