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
	k := kernelsOf[T]()
	f := k.momentum
	if nesterov {
		f = k.nesterov
	}
	(&stepJob[T]{w: w, g: g, v: v, momentum: f, momentumStep: momentumStep[T]{lr, mu, weightDecay}}).take()
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
// arXiv:1711.05101). weights is [AdamWeights](beta1, beta2, step), which many arrays have in common.
func Adam[T Float](w, g, m, v []T, lr, beta1, beta2, eps, weightDecay T, decoupled bool, weights [2]float64) {
	mustMatch("Adam", "g", len(g), len(w))
	mustMatch("Adam", "m", len(m), len(w))
	mustMatch("Adam", "v", len(v), len(w))
	(&stepJob[T]{w: w, g: g, m: m, v: v, two: kernelsOf[T]().adam, twoStep: newAdamStep(lr, beta1, beta2, eps, weightDecay, decoupled, weights)}).take()
}

// AdamWeights returns 1-beta1^step and 1-beta2^step, which the moments of [Adam] are divided by.
func AdamWeights[T Float](beta1, beta2 T, step int) [2]float64 {
	if step < 1 {
		panic(fmt.Sprintf("kernel: AdamWeights: step is %d, want 1 for the first step", step))
	}
	return [2]float64{1 - math.Pow(float64(beta1), float64(step)), 1 - math.Pow(float64(beta2), float64(step))}
}

// Adagrad takes a step of Adagrad (Duchi, Hazan and Singer, 2011) as PyTorch's torch.optim.Adagrad defines it:
//
//	d = g[i] + weightDecay*w[i]
//	v[i] += d²
//	w[i] -= lr * d / (√v[i] + eps)
//
// v is zero before the first step. g is only read.
func Adagrad[T Float](w, g, v []T, lr, eps, weightDecay T) {
	mustMatch("Adagrad", "g", len(g), len(w))
	mustMatch("Adagrad", "v", len(v), len(w))
	(&stepJob[T]{w: w, g: g, v: v, one: kernelsOf[T]().adagrad, oneStep: oneStep[T]{lr, weightDecay, eps}}).take()
}

// RMSProp takes a step of RMSProp (Hinton, 2012, lecture 6e) as PyTorch's torch.optim.RMSprop defines it without
// momentum:
//
//	d = g[i] + weightDecay*w[i]
//	v[i] = alpha*v[i] + (1-alpha)*d²
//	w[i] -= lr * d / (√v[i] + eps)
//
// v is zero before the first step. g is only read.
func RMSProp[T Float](w, g, v []T, lr, alpha, eps, weightDecay T) {
	mustMatch("RMSProp", "g", len(g), len(w))
	mustMatch("RMSProp", "v", len(v), len(w))
	(&stepJob[T]{w: w, g: g, v: v, one: kernelsOf[T]().rmsprop, oneStep: oneStep[T]{lr, weightDecay, eps, alpha, T(1 - float64(alpha))}}).take()
}

// RMSPropMomentum takes a step of [RMSProp] whose last line is
//
//	m[i] = mu*m[i] + d / (√v[i] + eps)
//	w[i] -= lr * m[i]
//
// m is zero before the first step.
func RMSPropMomentum[T Float](w, g, m, v []T, lr, mu, alpha, eps, weightDecay T) {
	mustMatch("RMSPropMomentum", "g", len(g), len(w))
	mustMatch("RMSPropMomentum", "m", len(m), len(w))
	mustMatch("RMSPropMomentum", "v", len(v), len(w))
	(&stepJob[T]{w: w, g: g, m: m, v: v, two: kernelsOf[T]().rmspropMomentum, twoStep: twoStep[T]{lr, weightDecay, eps, alpha, T(1 - float64(alpha)), mu}}).take()
}

// RMSPropCentered takes a step of [RMSPropMomentum] with the mean of d, so that v[i] - u[i]² is its variance:
//
//	u[i] = alpha*u[i] + (1-alpha)*d
//	m[i] = mu*m[i] + d / (√max(v[i]-u[i]², 0) + eps)
//	w[i] -= lr * m[i]
//
// u is zero before the first step.
func RMSPropCentered[T Float](w, g, m, v, u []T, lr, mu, alpha, eps, weightDecay T) {
	mustMatch("RMSPropCentered", "g", len(g), len(w))
	mustMatch("RMSPropCentered", "m", len(m), len(w))
	mustMatch("RMSPropCentered", "v", len(v), len(w))
	mustMatch("RMSPropCentered", "u", len(u), len(w))
	(&stepJob[T]{w: w, g: g, m: m, v: v, u: u, twoStep: twoStep[T]{lr, weightDecay, eps, alpha, T(1 - float64(alpha)), mu}}).take()
}

// Lion takes a step of Lion (Chen et al., 2023, arXiv:2302.06675, algorithm 2):
//
//	c = beta1*m[i] + (1-beta1)*g[i]
//	m[i] = beta2*m[i] + (1-beta2)*g[i]
//	w[i] -= lr * (sign(c) + weightDecay*w[i])
//
// where sign(0) is 0. m is zero before the first step. g is only read.
func Lion[T Float](w, g, m []T, lr, beta1, beta2, weightDecay T) {
	mustMatch("Lion", "g", len(g), len(w))
	mustMatch("Lion", "m", len(m), len(w))
	(&stepJob[T]{w: w, g: g, v: m, one: kernelsOf[T]().lion, oneStep: oneStep[T]{
		lr, T(1 - float64(lr)*float64(weightDecay)),
		beta1, T(1 - float64(beta1)),
		beta2, T(1 - float64(beta2)),
	}}).take()
}

// A stepJob is a step of an optimizer, which may be spread over processors. One of the functions is set, or none for
// rmspropCentered.
type stepJob[T Float] struct {
	w, g, m, v, u []T // u, and m, may be nil

	momentum     momentumFunc[T]
	momentumStep momentumStep[T]
	one          oneFunc[T]
	oneStep      oneStep[T]
	two          twoFunc[T]
	twoStep      twoStep[T]
}

// take takes the step.
func (j *stepJob[T]) take() {
	if raceEnabled {
		for _, s := range [][]T{j.w, j.m, j.v, j.u} {
			touch(s)
		}
		observe(j.g)
	}
	if len(j.w) >= minParallelStep && workers.acquire() {
		shared := &jobsOf[T]().step
		*shared = *j
		workers.run(shared, (len(j.w)+part-1)/part, len(j.w) >= rousePieces*piece/2)
		*shared = stepJob[T]{}
		workers.release()
		return
	}
	for lo := 0; lo < len(j.w); lo += piece {
		j.over(lo, min(lo+piece, len(j.w)))
	}
}

func (j *stepJob[T]) chunk(i int) { j.over(i*part, min((i+1)*part, len(j.w))) }

// over takes the step on the numbers from lo to hi.
func (j *stepJob[T]) over(lo, hi int) {
	w, g, v := j.w[lo:hi], j.g[lo:hi], j.v[lo:hi]
	switch {
	case j.momentum != nil:
		j.momentum(w, g, v, j.momentumStep)
	case j.one != nil:
		j.one(w, g, v, j.oneStep)
	case j.two != nil:
		j.two(w, g, j.m[lo:hi], v, j.twoStep)
	default:
		rmspropCentered(w, g, j.m[lo:hi], v, j.u[lo:hi], j.twoStep)
	}
}

// A momentumStep holds the learning rate, the momentum and the weight decay.
type momentumStep[T Float] = [3]T

// A momentumFunc is SGDMomentum without or with nesterov.
type momentumFunc[T Float] func(w, g, v []T, p momentumStep[T])

// A oneStep holds the numbers that are the same for all elements in one step with one moment:
//
//	Adagrad     lr, weightDecay, eps
//	RMSProp     lr, weightDecay, eps, alpha, 1-alpha
//	Lion        lr, 1-lr*weightDecay, beta1, 1-beta1, beta2, 1-beta2
type oneStep[T Float] = [6]T

// A oneFunc is Adagrad, RMSProp or Lion.
type oneFunc[T Float] func(w, g, v []T, p oneStep[T])

// A twoStep holds the numbers that are the same for all elements in one step with two moments. RMSPropMomentum has lr,
// weightDecay, eps, alpha, 1-alpha and mu. Adam has
//
//	keep          factor of w before the step: 1 - lr*weightDecay if decoupled, else 1
//	decay         factor of w in the gradient
//	beta1, rest1  beta1 and 1-beta1
//	beta2, rest2  beta2 and 1-beta2
//	root          1/√(1-beta2^step)
//	eps
//	rate          lr/(1-beta1^step)
type twoStep[T Float] = [9]T

// A twoFunc is Adam or RMSPropMomentum.
type twoFunc[T Float] func(w, g, m, v []T, p twoStep[T])

func newAdamStep[T Float](lr, beta1, beta2, eps, weightDecay T, decoupled bool, weights [2]float64) twoStep[T] {
	keep, decay := T(1), weightDecay
	if decoupled {
		keep, decay = T(1-float64(lr)*float64(weightDecay)), 0
	}
	return twoStep[T]{
		keep, decay,
		beta1, T(1 - float64(beta1)),
		beta2, T(1 - float64(beta2)),
		T(1 / math.Sqrt(weights[1])),
		eps,
		T(float64(lr) / weights[0]),
	}
}
