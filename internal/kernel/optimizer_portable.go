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

func adamPortable[T Float](w, g, m, v []T, p twoStep[T]) {
	keep, decay, beta1, rest1, beta2, rest2, rootScale, eps, rate := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8]
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + times(decay, w[i])
		m[i] = times(beta1, m[i]) + times(rest1, d)
		v[i] = times(beta2, v[i]) + times(rest2, times(d, d))
		by := times(root(v[i]), rootScale) + eps
		w[i] = times(keep, w[i]) - times(rate, m[i])/by
	}
}

func adagradPortable[T Float](w, g, v []T, p oneStep[T]) {
	lr, decay, eps := p[0], p[1], p[2]
	g, v = g[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + times(decay, w[i])
		v[i] += times(d, d)
		w[i] -= times(lr, d/(root(v[i])+eps))
	}
}

func rmspropPortable[T Float](w, g, v []T, p oneStep[T]) {
	lr, decay, eps, alpha, rest := p[0], p[1], p[2], p[3], p[4]
	g, v = g[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + times(decay, w[i])
		v[i] = times(alpha, v[i]) + times(rest, times(d, d))
		w[i] -= times(lr, d/(root(v[i])+eps))
	}
}

func rmspropMomentumPortable[T Float](w, g, m, v []T, p twoStep[T]) {
	lr, decay, eps, alpha, rest, mu := p[0], p[1], p[2], p[3], p[4], p[5]
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + times(decay, w[i])
		v[i] = times(alpha, v[i]) + times(rest, times(d, d))
		m[i] = times(mu, m[i]) + d/(root(v[i])+eps)
		w[i] -= times(lr, m[i])
	}
}

// rmspropCentered is RMSPropCentered of all implementations.
func rmspropCentered[T Float](w, g, m, v, u []T, p twoStep[T]) {
	lr, decay, eps, alpha, rest, mu := p[0], p[1], p[2], p[3], p[4], p[5]
	g, m, v, u = g[:len(w)], m[:len(w)], v[:len(w)], u[:len(w)]
	for i := range w {
		d := g[i] + times(decay, w[i])
		v[i] = times(alpha, v[i]) + times(rest, times(d, d))
		u[i] = times(alpha, u[i]) + times(rest, d)
		m[i] = times(mu, m[i]) + d/(root(max(v[i]-times(u[i], u[i]), 0))+eps)
		w[i] -= times(lr, m[i])
	}
}

func lionPortable[T Float](w, g, m []T, p oneStep[T]) {
	lr, keep, beta1, rest1, beta2, rest2 := p[0], p[1], p[2], p[3], p[4], p[5]
	g, m = g[:len(w)], m[:len(w)]
	for i := range w {
		var by T
		switch c := times(beta1, m[i]) + times(rest1, g[i]); {
		case c > 0:
			by = lr
		case c < 0:
			by = -lr
		}
		w[i] = times(keep, w[i]) - by
		m[i] = times(beta2, m[i]) + times(rest2, g[i])
	}
}

func root[T Float](x T) T { return T(math.Sqrt(float64(x))) }
