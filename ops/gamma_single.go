package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// The gamma function and its like in single precision. For x > 0 they are computed in double precision, some digits short
// of it, from z = x+6, where Stirling's series has few terms, and the six steps back from there:
//
//	x(x+1)⋯(x+5) = t(t+4)(t+6) with t = x(x+5)
//
// Elsewhere, and near their roots, the scalar functions are called.

// gammaBlock is how many elements are gone through at a time.
const gammaBlock = 256

// nearGammaRoot is how near to a root the scalar functions are called: there the digits of double precision would not do.
const nearGammaRoot = 1.0 / 256

// positiveSingle reports whether x is above 0 and finite.
func positiveSingle(x float32) bool { return x > 0 && x <= math.MaxFloat32 }

func lgammaSingle(x float32) bool {
	return positiveSingle(x) && math.Abs(float64(x)-1) > nearGammaRoot && math.Abs(float64(x)-2) > nearGammaRoot
}

func digammaSingle(x float32) bool {
	return positiveSingle(x) && math.Abs(float64(x)-1.4616321449683623) > nearGammaRoot
}

// lgammaForward keeps room for the logarithms of a block, for the backward sweep too.
func lgammaForward(n graph.Node) {
	if n.DType() != tensor.Float32 {
		eachValue[float64](n, lgammaValue)
		return
	}
	x, y := n.In(0).Float32s(), n.Out().Float32s()
	logs := n.SaveFloat64(0, 2*gammaBlock).Float64s()
	for len(x) > 0 {
		size := min(len(x), gammaBlock)
		far, product := logs[:size], logs[gammaBlock:][:size]
		for i, v := range x[:size] {
			if !positiveSingle(v) {
				v = 1
			}
			x := float64(v)
			t := x * (x + 5)
			far[i], product[i] = x+6, t*(t+4)*(t+6)
		}
		kernel.Log(far, far)
		kernel.Log(product, product)
		for i, v := range x[:size] {
			if !lgammaSingle(v) {
				y[i] = float32(specfun.Lgamma(float64(v)))
				continue
			}
			z := float64(v) + 6
			r := 1 / z
			w := r * r
			tail := r * (1./12 - w*(1./360-w*(1./1260-w*(1./1680-w*(1./1188-w*(691./360360-w*(1./156)))))))
			y[i] = float32((z-0.5)*far[i] - z + 0.91893853320467274178 + tail - product[i])
		}
		x, y = x[size:], y[size:]
	}
}

func lgammaValue(x, _ float64) float64 { return specfun.Lgamma(x) }

// digammas calls f for the elements of a node's operand in single precision, with digamma. Logs is room for a block.
func digammas(n graph.Node, logs []float64, f func(i int, y float64)) {
	x := n.In(0).Float32s()
	for from := 0; from < len(x); from += gammaBlock {
		x := x[from:min(from+gammaBlock, len(x))]
		logs := logs[:len(x)]
		for i, v := range x {
			if !positiveSingle(v) {
				v = 1
			}
			logs[i] = float64(v) + 6
		}
		kernel.Log(logs, logs)
		for i, v := range x {
			if !digammaSingle(v) {
				f(from+i, specfun.Digamma(float64(v)))
				continue
			}
			x := float64(v)
			t := x * (x + 5)
			back := (2*x + 5) * (24 + t*(20+3*t)) / (t * (t + 4) * (t + 6))
			r := 1 / (x + 6)
			w := r * r
			tail := w * (1./12 - w*(1./120-w*(1./252-w*(1./240-w*(1./132-w*(691./32760-w*(1./12)))))))
			f(from+i, logs[i]-0.5*r-tail-back)
		}
	}
}

func digammaForward(n graph.Node) {
	if n.DType() != tensor.Float32 {
		eachValue[float64](n, func(x, _ float64) float64 { return specfun.Digamma(x) })
		return
	}
	y := n.Out().Float32s()
	digammas(n, n.SaveFloat64(0, gammaBlock).Float64s(), func(i int, v float64) { y[i] = float32(v) })
}

// lgammaBackward adds ct·digamma(x).
func lgammaBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	if n.DType() != tensor.Float32 {
		addEachSlope[float64](n, ct, dst, fresh, func(x, _ float64) float64 { return specfun.Digamma(x) })
		return true
	}
	w, d := ct.Float32s(), dst.Float32s()
	digammas(n, n.Saved(0).Float64s(), func(i int, slope float64) {
		part := float32(specfun.Chain(float64(w[i]), slope))
		if !fresh {
			part += d[i]
		}
		d[i] = part
	})
	return true
}

// trigammaSingle returns polygamma(1, x) for a number in single precision.
func trigammaSingle(v float32) float64 {
	if !positiveSingle(v) {
		return polygamma(1, float64(v))
	}
	x := float64(v)
	h, t := 2*x+5, x*(x+5)
	// The sum of 1/a² and 1/b² is (h² - 2ab)/(ab)² with h = a+b, which is the same for the first and the last, the second
	// and the last but one, and those between them.
	u, v4, v6 := 1/t, 1/(t+4), 1/(t+6)
	back := h*h*(u*u+v4*v4+v6*v6) - 2*(u+v4+v6)
	r := 1 / (x + 6)
	w := r * r
	return back + r + w*(0.5+r*(1./6-w*(1./30-w*(1./42-w*(1./30-w*(5./66-w*(691./2730)))))))
}
