package kernel

import (
	"fmt"
	"math"
)

// SGD takes a step of gradient descent: w[i] -= lr * g[i].
func SGD[T Float](w, g []T, lr T) {
	mustMatch("SGD", "g", len(g), len(w))
	apply(opSGD, w, g, nil, lr)
}

// SGDMomentum takes a step of gradient descent with momentum, as PyTorch's torch.optim.SGD defines it:
//
//	d = g[i] + weightDecay*w[i]
//	v[i] = mu*v[i] + d
//	w[i] -= lr * v[i]              without nesterov
//	w[i] -= lr * (d + mu*v[i])     with nesterov
//
// v is the velocity, zero before the first step. g is only read. weightDecay is the factor of w in the gradient, so it is twice
// the λ of a penalty λ·Σw².
func SGDMomentum[T Float](w, g, v []T, lr, mu, weightDecay T, nesterov bool) {
	mustMatch("SGDMomentum", "g", len(g), len(w))
	mustMatch("SGDMomentum", "v", len(v), len(w))
	momentumPortable(w, g, v, lr, mu, weightDecay, nesterov)
}

func momentumPortable[T Float](w, g, v []T, lr, mu, weightDecay T, nesterov bool) {
	g, v = g[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + T(weightDecay*w[i])
		v[i] = T(mu*v[i]) + d
		if nesterov {
			d += T(mu * v[i])
		} else {
			d = v[i]
		}
		w[i] -= T(lr * d)
	}
}

// Adam takes step number step (1 for the first) of Adam (Kingma and Ba, 2015, arXiv:1412.6980, algorithm 1) as PyTorch's
// torch.optim.Adam and AdamW define it:
//
//	d = g[i] + weightDecay*w[i]                 with decoupled: d = g[i], and first w[i] -= lr*weightDecay*w[i]
//	m[i] = beta1*m[i] + (1-beta1)*d
//	v[i] = beta2*v[i] + (1-beta2)*d²
//	w[i] -= lr/(1-beta1^step) * m[i] / (√v[i]/√(1-beta2^step) + eps)
//
// m and v are zero before the first step. g is only read. decoupled is the weight decay of AdamW (Loshchilov and Hutter, 2019,
// arXiv:1711.05101).
func Adam[T Float](w, g, m, v []T, lr, beta1, beta2, eps, weightDecay T, decoupled bool, step int) {
	mustMatch("Adam", "g", len(g), len(w))
	mustMatch("Adam", "m", len(m), len(w))
	mustMatch("Adam", "v", len(v), len(w))
	if step < 1 {
		panic(fmt.Sprintf("kernel: Adam: step is %d, want 1 for the first step", step))
	}
	p := newAdamStep(lr, beta1, beta2, eps, weightDecay, decoupled, step)
	adamPortable(w, g, m, v, &p)
}

// An adamStep holds the numbers that are the same for all elements in one step of Adam.
type adamStep[T Float] struct {
	keep         T // factor of w before the step: 1 - lr*weightDecay if decoupled, else 1
	decay        T // factor of w in the gradient
	beta1, rest1 T // beta1 and 1-beta1
	beta2, rest2 T // beta2 and 1-beta2
	root         T // 1/√(1-beta2^step)
	eps          T
	rate         T // lr/(1-beta1^step)
}

func newAdamStep[T Float](lr, beta1, beta2, eps, weightDecay T, decoupled bool, step int) adamStep[T] {
	p := adamStep[T]{
		keep:  1,
		decay: weightDecay,
		beta1: beta1, rest1: T(1 - float64(beta1)),
		beta2: beta2, rest2: T(1 - float64(beta2)),
		root: T(1 / math.Sqrt(1-math.Pow(float64(beta2), float64(step)))),
		eps:  eps,
		rate: T(float64(lr) / (1 - math.Pow(float64(beta1), float64(step)))),
	}
	if decoupled {
		p.keep, p.decay = T(1-float64(lr)*float64(weightDecay)), 0
	}
	return p
}

func adamPortable[T Float](w, g, m, v []T, p *adamStep[T]) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + T(p.decay*w[i])
		m[i] = T(p.beta1*m[i]) + T(p.rest1*d)
		v[i] = T(p.beta2*v[i]) + T(p.rest2*T(d*d))
		root := T(T(math.Sqrt(float64(v[i])))*p.root) + p.eps
		w[i] = T(p.keep*w[i]) - T(p.rate*m[i])/root
	}
}
