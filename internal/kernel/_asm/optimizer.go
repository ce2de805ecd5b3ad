package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// optimizers writes the steps of optimizers that have a state.
func (t target) optimizers() {
	t.momentum("momentum", false)
	t.momentum("nesterov", true)
	t.adam()
	t.adagrad()
	t.rmsprop()
	t.rmspropMomentum()
	t.lion()
}

// stateful begins a function of slices w, g, and those of the state. p holds the numbers of the step.
func (t target) stateful(name, state string, numbers int, doc string) (at func(name string) operand.Mem, p func(i int) vec, n, i reg.GPPhysical) {
	ty := t.goType()
	t.function(name, fmt.Sprintf("func(w, g, %s []%s, p [%d]%s)", state, ty, numbers, ty), name+t.suffix()+doc)
	bases := map[string]reg.GPPhysical{"w": reg.RDI, "g": reg.RSI, "v": reg.RBX, "m": reg.R9}
	n, i = reg.RDX, reg.R8
	ctx.Load(ctx.Param("w").Len(), n)
	for _, s := range []string{"w", "g", "m", "v"} {
		if s != "m" || state == "m, v" {
			ctx.Load(ctx.Param(s).Base(), bases[s])
		}
	}
	ctx.XORQ(i, i)
	at = func(name string) operand.Mem {
		return operand.Mem{Base: bases[name], Index: i, Scale: uint8(t.size())}
	}
	p = func(i int) vec {
		b, err := ctx.Param("p").Index(i).Resolve()
		if err != nil {
			panic(err)
		}
		return t.broadcast(b.Addr)
	}
	return at, p, n, i
}

// momentum writes SGDMomentum. The numbers of the step are the learning rate, the momentum and the weight decay.
func (t target) momentum(name string, nesterov bool) {
	at, p, n, i := t.stateful(name, "v", 3, " takes a step of gradient descent with momentum.")
	lr, mu, decay := p(0), p(1), p(2)
	t.loop(1, n, i, func(_ int, k mask) {
		w, d, v := t.load(at("w"), k), t.load(at("g"), k), t.load(at("v"), k)
		t.addTo(d, w, decay)
		t.mulTo(v, mu, d)
		t.store(v, at("v"), k)
		if nesterov {
			t.addTo(d, v, mu)
			t.subTo(w, d, lr)
		} else {
			t.subTo(w, v, lr)
		}
		t.store(w, at("w"), k)
	})
	t.end()
}

// adam writes Adam. The numbers of the step are those of the Go type twoStep.
func (t target) adam() {
	at, p, n, i := t.stateful("adam", "m, v", 9, " takes a step of Adam.")
	keep, decay, beta1, rest1, beta2, rest2, root, eps, rate := p(0), p(1), p(2), p(3), p(4), p(5), p(6), p(7), p(8)
	t.loop(1, n, i, func(_ int, k mask) {
		w, d := t.load(at("w"), k), t.load(at("g"), k)
		t.addTo(d, w, decay)
		m := t.mul(t.load(at("m"), k), beta1)
		t.addTo(m, d, rest1)
		t.store(m, at("m"), k)
		v := t.mul(t.load(at("v"), k), beta2)
		t.addTo(v, t.mul(d, d), rest2)
		t.store(v, at("v"), k)
		s := t.vec()
		t.emit("VSQRT*", v, s)
		t.mulTo(s, root, eps)
		t.emit("VMUL*", rate, m, m)
		t.emit("VDIV*", s, m, m)
		t.emit("VFMSUB213*", m, keep, w)
		t.store(w, at("w"), k)
	})
	t.end()
}

// adagrad writes Adagrad. The numbers of the step, here and below, are those of the Go types oneStep and twoStep.
func (t target) adagrad() {
	at, p, n, i := t.stateful("adagrad", "v", 6, " takes a step of Adagrad.")
	lr, decay, eps := p(0), p(1), p(2)
	t.loop(1, n, i, func(_ int, k mask) {
		w, d, v := t.load(at("w"), k), t.load(at("g"), k), t.load(at("v"), k)
		t.addTo(d, w, decay)
		t.addTo(v, d, d)
		t.store(v, at("v"), k)
		t.subTo(w, t.overRoot(d, v, eps), lr)
		t.store(w, at("w"), k)
	})
	t.end()
}

// overRoot returns d / (√v + eps).
func (t target) overRoot(d, v, eps vec) vec {
	s := t.vec()
	t.emit("VSQRT*", v, s)
	return t.div(d, t.add(s, eps))
}

// rmsprop writes RMSProp.
func (t target) rmsprop() {
	at, p, n, i := t.stateful("rmsprop", "v", 6, " takes a step of RMSProp.")
	lr, decay, eps, alpha, rest := p(0), p(1), p(2), p(3), p(4)
	t.loop(1, n, i, func(_ int, k mask) {
		w, d := t.load(at("w"), k), t.load(at("g"), k)
		t.addTo(d, w, decay)
		v := t.mul(t.load(at("v"), k), alpha)
		t.addTo(v, t.mul(d, d), rest)
		t.store(v, at("v"), k)
		t.subTo(w, t.overRoot(d, v, eps), lr)
		t.store(w, at("w"), k)
	})
	t.end()
}

// rmspropMomentum writes RMSPropMomentum.
func (t target) rmspropMomentum() {
	at, p, n, i := t.stateful("rmspropMomentum", "m, v", 9, " takes a step of RMSProp with momentum.")
	lr, decay, eps, alpha, rest, mu := p(0), p(1), p(2), p(3), p(4), p(5)
	t.loop(1, n, i, func(_ int, k mask) {
		w, d := t.load(at("w"), k), t.load(at("g"), k)
		t.addTo(d, w, decay)
		v := t.mul(t.load(at("v"), k), alpha)
		t.addTo(v, t.mul(d, d), rest)
		t.store(v, at("v"), k)
		m := t.load(at("m"), k)
		t.mulTo(m, mu, t.overRoot(d, v, eps))
		t.store(m, at("m"), k)
		t.subTo(w, m, lr)
		t.store(w, at("w"), k)
	})
	t.end()
}

// lion writes Lion, whose moment m is called v here.
func (t target) lion() {
	at, p, n, i := t.stateful("lion", "v", 6, " takes a step of Lion.")
	lr, keep, beta1, rest1, beta2, rest2 := p(0), p(1), p(2), p(3), p(4), p(5)
	t.loop(1, n, i, func(_ int, k mask) {
		w, g, m := t.load(at("w"), k), t.load(at("g"), k), t.load(at("v"), k)
		c := t.mul(m, beta1)
		t.addTo(c, g, rest1)
		by := t.where(t.cmp(unq, c, t.zero()), t.or(lr, t.signOf(c)))
		t.emit("VFMSUB132*", keep, by, w)
		t.store(w, at("w"), k)
		m = t.mul(m, beta2)
		t.addTo(m, g, rest2)
		t.store(m, at("v"), k)
	})
	t.end()
}
