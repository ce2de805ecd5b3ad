package main

import (
	"math"
)

// This file holds hyperbolic functions and their inverses, for mappings.

// sinhAny is sinh for all arguments, coshAny is cosh.
func (t target) sinhAny(x vec) vec {
	return t.hyperbolic(x, target.sinh, func(t target, y, x vec) vec { return t.or(y, t.signOf(x)) })
}

func (t target) coshAny(x vec) vec {
	return t.hyperbolic(x, target.cosh, func(_ target, y, _ vec) vec { return y })
}

// hyperbolic returns f(x), and for large x, where eˣ may overflow, half the square of e^|x/2| with the sign that f has.
func (t target) hyperbolic(x vec, f func(t target, x vec) vec, sign func(t target, y, x vec) vec) vec {
	if !t.double {
		most := t.set(t.num(100))
		bounded := t.max(t.neg(most), t.min(most, x))
		return t.inHalves(func(d target, in []vec) vec { return f(d, in[0]) }, bounded)
	}
	y := t.vec()
	large := t.cmp(gt, t.abs(x), t.num(709))
	t.unlikely(large, func() {
		large := t.cmp(gt, t.abs(x), t.num(709))
		h := t.exp(t.min(t.set(t.num(400)), t.mul(t.abs(x), t.num(0.5))))
		far := sign(t, t.mul(t.mul(h, t.num(0.5)), h), x)
		near := f(t, t.where(t.cmp(le, t.abs(x), t.num(709)), x))
		near = t.blend(t.cmp(uno, x, x), x, near)
		t.emit("VMOVAPS", t.blend(large, far, near), y)
	}, func() { t.emit("VMOVAPS", f(t, x), y) })
	return y
}

// asinh returns ±ln(1+w) with w = a + a²/(1+√(a²+1)), a = |x|, and for very large numbers ln 2a.
func (t target) asinh(x vec) vec {
	near := func(t target, a vec) vec {
		z := r2(t, a)
		root := t.add(t.sqrt(t.add(z, t.one())), t.one())
		return t.log1pAny(t.add(a, t.div(z, root)))
	}
	return t.or(t.inverseHyperbolic(t.abs(x), near), t.signOf(x))
}

// acosh returns ln(1+w) with w = u + √u·√(u+2), u = x-1.
func (t target) acosh(x vec) vec {
	near := func(t target, x vec) vec {
		u := t.sub(x, t.one())
		return t.log1pAny(t.add(u, t.mul(t.sqrt(u), t.sqrt(t.add(u, t.num(2)))))) // NaN for a negative u
	}
	return t.inverseHyperbolic(x, near)
}

// inverseHyperbolic returns f(x) where x² does not overflow, ln 2x beyond.
func (t target) inverseHyperbolic(x vec, f func(t target, x vec) vec) vec {
	if !t.double {
		y := t.inHalves(func(d target, in []vec) vec { return f(d, in[0]) }, x)
		return t.blend(t.cmp(eq, x, t.num(math.Inf(1))), x, y)
	}
	const most = 0x1p500
	y := t.vec()
	t.unlikely(t.cmp(gt, x, t.num(most)), func() {
		far := t.add(t.log(x), t.num(math.Ln2))
		t.emit("VMOVAPS", t.blend(t.cmp(gt, x, t.num(most)), far, f(t, x)), y)
	}, func() { t.emit("VMOVAPS", f(t, x), y) })
	return y
}

// atanh returns ½·ln(1+w) with w = 2a/(1-a), a = |x|.
func (t target) atanh(x vec) vec {
	a := t.abs(x)
	w := t.div(t.add(a, a), t.sub(t.set(t.one()), a))
	return t.or(t.mul(t.log1pAny(w), t.num(0.5)), t.signOf(x))
}
