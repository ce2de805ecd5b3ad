package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"golang.org/x/exp/constraints"
)

// cumProducts sets the result of CumProd, several lines at a time where they lie side by side.
func cumProducts[T constraints.Float](n graph.Node) {
	x, y := tensor.Data[T](n.In(0)), tensor.Data[T](n.Out())
	l := linesOf(n.Dims(), n.Int(0))
	if l.inner == 1 {
		productsUpTo(y, x, l.n)
		return
	}
	var products [sideBySide]float64
	for o := range l.outer {
		for from := 0; from < l.inner; from += sideBySide {
			p := products[:min(sideBySide, l.inner-from)]
			for j := range p {
				p[j] = 1
			}
			for k := range l.n {
				at := l.at(o, k, from)
				out, x := y[at:][:len(p)], x[at:][:len(p)]
				for j, v := range x {
					p[j] *= float64(v)
					out[j] = T(p[j])
				}
			}
		}
	}
}

// sideBySide is how many lines are gone through at a time.
const sideBySide = 64

// cumProdBackward is the rule of CumProd, [cumProdVJP], by the recurrence sₖ = ctₖ + xₖ₊₁·sₖ₊₁ itself: from the end of
// each line, several lines at a time. Infinite numbers are left to the rule, which has a sum in place of sₖ: infinite terms
// of different signs make it NaN.
func cumProdBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	if !allFinite(n.In(0)) || !allFinite(ct) {
		return false
	}
	f := array.Instance(n.DType(), cumProdSlopes[float64], cumProdSlopes[float32])
	if fresh {
		f(n, ct, dst)
		return true
	}
	out := n.Temp(dst.Dims()...)
	defer n.FreeTemp(out)
	f(n, ct, out)
	return addScaled(dst, 1, out, false)
}

func cumProdSlopes[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor) {
	x, w, d := tensor.Data[T](n.In(0)), tensor.Data[T](ct), tensor.Data[T](dst)
	l := linesOf(dst.Dims(), n.Int(0))
	if l.inner == 1 {
		for o := range l.outer {
			at := o * l.n
			cumProdRowSlopes(x[at:at+l.n], w[at:at+l.n], d[at:at+l.n])
		}
		return
	}
	var products, sums [sideBySide]float64
	for o := range l.outer {
		for from := 0; from < l.inner; from += sideBySide {
			size := min(sideBySide, l.inner-from)
			p, s := products[:size], sums[:size]
			for j := range p {
				p[j], s[j] = 1, 0
			}
			for k := range l.n {
				at := l.at(o, k, from)
				out, x := d[at:][:len(p)], x[at:][:len(p)]
				for j, v := range x {
					out[j] = T(p[j])
					p[j] = zeroWins(p[j], float64(v))
				}
			}
			for k := l.n - 1; k >= 0; k-- {
				at := l.at(o, k, from)
				out, x, ct := d[at:][:len(s)], x[at:][:len(s)], w[at:][:len(s)]
				for j, v := range x {
					t := s[j] + float64(ct[j])
					out[j] = timesCotangent(t, out[j])
					s[j] = zeroWins(float64(v), t)
				}
			}
		}
	}
}

// cumProdRowSlopes sets dst to the products of all elements before, times sₖ.
func cumProdRowSlopes[T constraints.Float](x, ct, dst []T) {
	ct, dst = ct[:len(x)], dst[:len(x)]
	p := 1.0
	for k, v := range x {
		dst[k] = T(p)
		p = zeroWins(p, float64(v))
	}
	s := 0.0 // xₖ₊₁·sₖ₊₁
	for k := len(x) - 1; k >= 0; k-- {
		t := s + float64(ct[k])
		dst[k] = timesCotangent(t, dst[k])
		s = zeroWins(float64(x[k]), t)
	}
}

// timesCotangent returns ct·d, and 0 where ct is 0.
func timesCotangent[T constraints.Float](ct float64, d T) T {
	if ct == 0 {
		return 0
	}
	return T(ct * float64(d))
}
