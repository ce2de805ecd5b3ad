package main

import (
	"math"
)

// This file holds inverse trigonometric functions and the angle and length of a point, for mappings.

// halfPi returns π/2 in two parts.
func (t target) halfPi() (hi, lo float64) {
	if t.double {
		return math.Pi / 2, 6.123233995736766e-17
	}
	return float64(float32(math.Pi / 2)), -4.371139000186241e-8
}

// asinRest returns r with arcsin s = s + s·r up to ½, for z = s².
func (t target) asinRest(z vec) vec {
	if t.double { // FreeBSD's e_asin.c
		p := t.mul(z, t.poly(z, 1.66666666666666657415e-01, -3.25565818622400915405e-01, 2.01212532134862925881e-01,
			-4.00555345006794114027e-02, 7.91534994289814532176e-04, 3.47933107596021167570e-05))
		q := t.poly(z, 1, -2.40339491173441421878e+00, 2.02094576023350569471e+00, -6.88283971605453293030e-01, 7.70381505559019352791e-02)
		return t.div(p, q)
	}
	return t.mul(z, t.poly(z, 1.6666752422e-1, 7.4953002686e-2, 4.5470025998e-2, 2.4181311049e-2, 4.2163199048e-2)) // Cephes' asinf.c
}

// asinParts returns s, arcsin s = s + rest, and where |x| > ½: there s is √((1-|x|)/2), elsewhere |x|.
func (t target) asinParts(x vec) (s, rest vec, big cond) {
	a := t.abs(x)
	big = t.cmp(gt, a, t.num(0.5))
	z := t.blend(big, t.mul(t.sub(t.set(t.one()), a), t.num(0.5)), r2(t, a))
	s = t.blend(big, t.sqrt(z), a)
	return s, t.mul(s, t.asinRest(z)), big
}

// asin returns the arc sine: beyond ½ it is π/2 less twice that of s.
func (t target) asin(x vec) vec {
	s, rest, big := t.asinParts(x)
	hi, lo := t.halfPi()
	far := t.sub(t.set(t.num(hi)), t.add(s, s))
	far = t.sub(far, t.sub(t.add(rest, rest), t.set(t.num(lo))))
	return t.or(t.blend(big, far, t.add(s, rest)), t.signOf(x))
}

// acos returns the arc cosine.
func (t target) acos(x vec) vec {
	s, rest, big := t.asinParts(x)
	hi, lo := t.halfPi()
	// Near 0 it is π/2 less the arc sine, beyond ½ twice that of s, below -½ π less that.
	sign := t.signOf(x)
	near := t.sub(t.set(t.num(hi)), t.xor(s, sign))
	near = t.sub(near, t.sub(t.xor(rest, sign), t.set(t.num(lo))))
	twice, rest2 := t.add(s, s), t.add(rest, rest)
	left := t.sub(t.set(t.num(2*hi)), twice)
	left = t.sub(left, t.sub(rest2, t.set(t.num(2*lo))))
	far := t.blend(t.topBit(x), left, t.add(twice, rest2))
	return t.blend(big, far, near)
}

// atan2Any is atan2 for all arguments.
func (t target) atan2Any(y, x vec) vec {
	least, most, up := 0x1p-126, 0x1p126, 0x1p30
	if t.double {
		least, most, up = 0x1p-1022, 0x1p1022, 0x1p100
	}
	v := t.vec()
	hard := func() cond { return t.either(t.special(y, least, most), t.special(x, least, most)) }
	t.unlikely(hard(), func() {
		a, b := t.abs(y), t.abs(x)
		// Of two that are infinite, or 0, only the signs count. Large ones are scaled, so that their sum does not
		// overflow, and denormal ones, which have few digits.
		inf, one := t.num(math.Inf(1)), t.set(t.one())
		both := t.cmp(eq, t.min(a, b), inf)
		a, b = t.blend(both, one, a), t.blend(both, one, b)
		b = t.blend(t.cmp(eq, t.or(a, b), t.zero()), one, b)
		scale := t.blend(t.either(t.cmp(ge, a, t.num(most)), t.cmp(ge, b, t.num(most))), t.num(0.25), one)
		scale = t.blend(t.cmp(lt, t.max(a, b), t.num(0x1p10*least)), t.num(up), scale)
		r := t.angleOf(t.atanOf(t.mul(a, scale), t.mul(b, scale)), y, x)
		t.emit("VMOVAPS", t.blend(t.cmp(uno, x, y), t.add(x, y), r), v)
	}, func() { t.emit("VMOVAPS", t.atan2(y, x), v) })
	return v
}

// hypotAny returns √(x²+y²), whose squares need no scaling where the larger one is not very large or small.
func (t target) hypotAny(x, y vec) vec {
	least, most := 0x1p-40, 0x1p40
	if t.double {
		least, most = 0x1p-400, 0x1p400
	}
	simple := func() vec {
		z := r2(t, y)
		t.addTo(z, x, x)
		return t.sqrt(z)
	}
	larger := func() vec { return t.op2("VMAX*", t.abs(x), t.abs(y)) }
	v := t.vec()
	t.unlikely(t.special(larger(), least, most), func() {
		far := t.hypot([]vec{x, y})
		t.emit("VMOVAPS", t.blend(t.special(larger(), least, most), far, simple()), v)
	}, func() { t.emit("VMOVAPS", simple(), v) })
	return v
}

// angleSlope returns p·x/r² with r² = x²+y², 0 where r is 0 or infinite.
func (t target) angleSlope(x, y, p vec) vec {
	least, most := 0x1p-40, 0x1p40
	if t.double {
		least, most = 0x1p-400, 0x1p400
	}
	simple := func() vec {
		z := r2(t, y)
		t.addTo(z, x, x)
		return t.mul(t.div(x, z), p)
	}
	larger := func() vec { return t.op2("VMAX*", t.abs(x), t.abs(y)) }
	v := t.vec()
	t.unlikely(t.special(larger(), least, most), func() {
		r := t.hypot([]vec{x, y})
		far := t.mul(t.div(t.div(x, r), r), p)
		far = t.where(t.cmp(unq, r, t.zero()), far)
		far = t.where(t.cmp(unq, r, t.set(t.num(math.Inf(1)))), far)
		far = t.blend(t.cmp(uno, r, r), r, far)
		t.emit("VMOVAPS", t.blend(t.special(larger(), least, most), far, simple()), v)
	}, func() { t.emit("VMOVAPS", simple(), v) })
	return v
}
