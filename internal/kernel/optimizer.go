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
	if raceEnabled {
		touch(w)
		touch(v)
		observe(g)
	}
	k := kernelsOf[T]()
	f := k.momentum
	if nesterov {
		f = k.nesterov
	}
	p := momentumStep[T]{lr, mu, weightDecay}
	if len(w) >= minParallel && workers.acquire() {
		j := &jobsOf[T]().step
		*j = stepJob[T]{w: w, g: g, v: v, momentum: f, momentumStep: p}
		j.run()
		return
	}
	for lo := 0; lo < len(w); lo += piece {
		hi := min(lo+piece, len(w))
		f(w[lo:hi], g[lo:hi], v[lo:hi], p)
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
	if raceEnabled {
		touch(w)
		touch(m)
		touch(v)
		observe(g)
	}
	f := kernelsOf[T]().adam
	p := newAdamStep(lr, beta1, beta2, eps, weightDecay, decoupled, step)
	if len(w) >= minParallel && workers.acquire() {
		j := &jobsOf[T]().step
		*j = stepJob[T]{w: w, g: g, m: m, v: v, adam: f, adamStep: p}
		j.run()
		return
	}
	for lo := 0; lo < len(w); lo += piece {
		hi := min(lo+piece, len(w))
		f(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], p)
	}
}

// A stepJob is a step of an optimizer that is spread over processors.
type stepJob[T Float] struct {
	w, g, m, v []T

	momentum     momentumFunc[T] // or nil
	momentumStep momentumStep[T]
	adam         adamFunc[T]
	adamStep     adamStep[T]
}

// run does the step and gives back the pool, which the caller has acquired.
func (j *stepJob[T]) run() {
	workers.run(j, (len(j.w)+part-1)/part, len(j.w) >= rousePieces*piece/2)
	*j = stepJob[T]{}
	workers.release()
}

func (j *stepJob[T]) chunk(i int) {
	lo, hi := i*part, min((i+1)*part, len(j.w))
	if j.momentum != nil {
		j.momentum(j.w[lo:hi], j.g[lo:hi], j.v[lo:hi], j.momentumStep)
		return
	}
	j.adam(j.w[lo:hi], j.g[lo:hi], j.m[lo:hi], j.v[lo:hi], j.adamStep)
}

// A momentumStep holds the learning rate, the momentum and the weight decay.
type momentumStep[T Float] = [3]T

// A momentumFunc is SGDMomentum without or with nesterov.
type momentumFunc[T Float] func(w, g, v []T, p momentumStep[T])

// An adamStep holds the numbers that are the same for all elements in one step of Adam:
//
//	keep          factor of w before the step: 1 - lr*weightDecay if decoupled, else 1
//	decay         factor of w in the gradient
//	beta1, rest1  beta1 and 1-beta1
//	beta2, rest2  beta2 and 1-beta2
//	root          1/√(1-beta2^step)
//	eps
//	rate          lr/(1-beta1^step)
type adamStep[T Float] = [9]T

// An adamFunc is Adam.
type adamFunc[T Float] func(w, g, m, v []T, p adamStep[T])

func newAdamStep[T Float](lr, beta1, beta2, eps, weightDecay T, decoupled bool, step int) adamStep[T] {
	keep, decay := T(1), weightDecay
	if decoupled {
		keep, decay = T(1-float64(lr)*float64(weightDecay)), 0
	}
	return adamStep[T]{
		keep, decay,
		beta1, T(1 - float64(beta1)),
		beta2, T(1 - float64(beta2)),
		T(1 / math.Sqrt(1-math.Pow(float64(beta2), float64(step)))),
		eps,
		T(float64(lr) / (1 - math.Pow(float64(beta1), float64(step)))),
	}
}
