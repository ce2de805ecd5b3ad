package kernel

import "math"

func momentumPortable[T Float](w, g, v []T, p momentumStep[T]) {
	lr, mu, decay := p[0], p[1], p[2]
	g, v = g[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + T(decay*w[i])
		v[i] = T(mu*v[i]) + d
		w[i] -= T(lr * v[i])
	}
}

func nesterovPortable[T Float](w, g, v []T, p momentumStep[T]) {
	lr, mu, decay := p[0], p[1], p[2]
	g, v = g[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + T(decay*w[i])
		v[i] = T(mu*v[i]) + d
		w[i] -= T(lr * (d + T(mu*v[i])))
	}
}

func adamPortable[T Float](w, g, m, v []T, p adamStep[T]) {
	keep, decay, beta1, rest1, beta2, rest2, root, eps, rate := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8]
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + T(decay*w[i])
		m[i] = T(beta1*m[i]) + T(rest1*d)
		v[i] = T(beta2*v[i]) + T(rest2*T(d*d))
		w[i] = T(keep*w[i]) - T(rate*m[i])/(T(T(math.Sqrt(float64(v[i])))*root)+eps)
	}
}
