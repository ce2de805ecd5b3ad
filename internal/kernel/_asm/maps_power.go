package main

import (
	"math"
)

// This file holds powers, for mappings.

// powAny returns x^y for all arguments, or x^(y-1) if less.
func (t target) powAny(x, y vec, less bool) vec {
	v := t.vec()
	hard := func() cond {
		a := t.abs(x)
		c := t.either(t.cmp(eq, a, t.zero()), t.cmp(geu, a, t.num(math.Inf(1))))
		return t.either(c, t.cmp(geu, t.abs(y), t.num(math.Inf(1))))
	}
	t.unlikely(hard(), func() {
		inf := t.num(math.Inf(1))
		known := hard()
		r := t.powOf(t.blend(known, t.one(), x), t.blend(known, t.one(), y), less)
		exponent, a, one := y, t.abs(x), t.set(t.one())
		if less {
			exponent = t.sub(y, t.one())
		}
		known = hard()
		// Of 0 and infinity, and by infinity, the power is 0 or infinity.
		w := t.blend(t.cmp(gt, a, t.one()), exponent, t.neg(exponent))
		m := t.where(t.cmp(gt, w, t.zero()), t.set(inf))
		m = t.or(m, t.oddSign(x, y, less))
		r = t.blend(known, m, r)
		unit := t.abs(exponent)
		r = t.blend(t.cmp(eq, t.blend(t.cmp(eq, a, t.one()), unit, one), inf), one, r)
		r = t.blend(t.cmp(uno, x, y), t.add(x, y), r)
		r = t.blend(t.cmp(eq, exponent, t.zero()), one, r)
		r = t.blend(t.cmp(eq, x, t.one()), one, r)
		t.emit("VMOVAPS", r, v)
	}, func() { t.emit("VMOVAPS", t.powOf(x, y, less), v) })
	return v
}

// powOf returns x^y, or x^(y-1) if less, for x that is neither 0 nor infinite nor NaN, and a finite y.
func (t target) powOf(x, y vec, less bool) vec {
	if t.double {
		exponent := y
		if less {
			exponent = t.sub(y, t.one())
		}
		return t.powSign(t.powAbs(t.abs(x), exponent), x, y, less)
	}
	v := t.inHalves(func(d target, in []vec) vec {
		if less {
			in[1] = d.sub(in[1], d.one())
		}
		return d.powLight(in[0], in[1])
	}, t.abs(x), y)
	return t.powSign(v, x, y, less)
}

// powLight returns a^y in double precision with the digits of single, where the result is not beyond 2^±1000. The logarithm to base 2 is k + s·P(s²)
// with s = (m-1)/(m+1).
func (t target) powLight(a, y vec) vec {
	m, k := t.splitNormal(a)
	s := t.div(t.sub(m, t.one()), t.add(m, t.one()))
	z := r2(t, s)
	p := t.poly(z, 2.88539008179008, 0.96179667335016931, 0.5770835832594695, 0.41167282712503125, 0.34072800815412137)
	t.mulTo(p, s, k)
	p = t.mul(p, y)
	p = t.max(t.set(t.num(-300)), t.min(t.set(t.num(300)), p))
	bits := t.add(p, t.num(t.magic()))
	r := t.sub(p, t.sub(bits, t.num(t.magic())))
	e := t.poly(r, 1.0000000005542177, 0.69314720573658127, 0.2402264689039856, 0.05550328777281711, 0.0096184889731307266,
		0.001339993124295807, 0.00015345809307471546)
	return t.intAdd(e, t.shl(bits, t.mantissa()))
}

// oddSign returns the sign of x where y, or y-1 if less, is an odd whole number, and 0 elsewhere.
func (t target) oddSign(x, y vec, less bool) vec {
	exponent := y
	if less {
		exponent = t.sub(y, t.one())
	}
	half := t.mul(exponent, t.num(0.5))
	v := t.where(t.cmp(unq, half, t.round(half, 0)), t.signOf(x))
	return t.where(t.cmp(eq, y, t.round(y, 0)), v)
}

// powSign makes v = |x|^y, or |x|^(y-1) if less, the power of x: of a negative x only whole powers exist, of which odd ones have its sign.
func (t target) powSign(v, x, y vec, less bool) vec {
	v = t.or(v, t.oddSign(x, y, less))
	none := t.blend(t.cmp(unq, y, t.round(y, 0)), t.set(t.num(math.NaN())), v)
	return t.blend(t.cmp(lt, x, t.zero()), none, v)
}
