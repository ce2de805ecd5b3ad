package kernel

import "math"

func momentumPortable[T Float](w, g, v []T, p momentumStep[T]) {
	lr, mu, decay := p[0], p[1], p[2]
	g, v = g[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + times(decay, w[i])
		v[i] = times(mu, v[i]) + d
		w[i] -= times(lr, v[i])
	}
}

func nesterovPortable[T Float](w, g, v []T, p momentumStep[T]) {
	lr, mu, decay := p[0], p[1], p[2]
	g, v = g[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + times(decay, w[i])
		v[i] = times(mu, v[i]) + d
		w[i] -= times(lr, d+times(mu, v[i]))
	}
}

func adamPortable[T Float](w, g, m, v []T, p adamStep[T]) {
	keep, decay, beta1, rest1, beta2, rest2, rootScale, eps, rate := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8]
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + times(decay, w[i])
		m[i] = times(beta1, m[i]) + times(rest1, d)
		v[i] = times(beta2, v[i]) + times(rest2, times(d, d))
		root := times(T(math.Sqrt(float64(v[i]))), rootScale) + eps
		w[i] = times(keep, w[i]) - times(rate, m[i])/root
	}
}
