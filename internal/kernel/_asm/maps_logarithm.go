package main

import (
	"math"
)

// This file holds logarithms, and what is made of them, for mappings.

// log1pOfExp returns ln(1+u) for u from 0 to 1.
func (t target) log1pOfExp(u vec) vec {
	// ln(1+u) is ln2 + ln(1+f) with 1+f = (1+u)/2 where u is large.
	big := t.cmp(gt, u, t.num(math.Sqrt2-1))
	f := t.blend(big, t.mul(t.sub(u, t.one()), t.num(0.5)), u)
	return t.log1p(f, t.where(big, t.set(t.one())))
}

// logOr1p returns ln(1+w) where near holds, and ln q elsewhere.
func (t target) logOr1p(near cond, w, q vec) vec {
	one := t.set(t.one())
	u := t.add(w, t.one())
	lost := t.sub(t.op2("VMIN*", one, w), t.sub(u, t.op2("VMAX*", one, w)))
	lost = t.where(near, t.div(lost, u))
	u = t.blend(near, u, q)
	m, k := t.split(u)
	y := t.add(t.log1p(t.sub(m, t.one()), k), lost)
	y = t.blend(t.cmp(geu, u, t.num(math.Inf(1))), u, y)
	y = t.blend(t.cmp(eq, u, t.zero()), t.num(math.Inf(-1)), y)
	return t.blend(t.cmp(lt, u, t.zero()), t.num(math.NaN()), y)
}

// lnQuotient returns ln(x/y) of normal numbers above 0 in double precision, as 2·artanh of the quotient of x-y and x+y, both brought to
// the same magnitude.
func (t target) lnQuotient(x, y vec) vec {
	m, k := t.fraction(x)
	n, l := t.fraction(y)
	k = t.sub(k, l)
	one := t.set(t.one())
	big := t.cmp(gt, m, t.mul(n, t.num(math.Sqrt2)))
	small := t.cmp(lt, m, t.mul(n, t.num(math.Sqrt2/2)))
	k = t.sub(t.add(k, t.where(big, one)), t.where(small, one))
	m = t.blend(big, t.mul(m, t.num(0.5)), t.blend(small, t.add(m, m), m))
	s := t.div(t.sub(m, n), t.add(m, n))
	v := t.logSeries(s)
	t.addTo(v, k, t.num(math.Ln2))
	return v
}

// logSeries returns 2·artanh s for |s| up to 0.1716 in double precision: FreeBSD's e_log.c.
func (t target) logSeries(s vec) vec {
	z := r2(t, s)
	r := t.mul(z, t.poly(z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
		2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860510658591e-01))
	return t.mul(s, t.add(r, t.num(2)))
}

// logit returns ln(x/(1-x)).
func (t target) logit(x vec) vec {
	if !t.double { // rounded once
		y := t.inHalves(func(d target, in []vec) vec { return d.lnQuotient(in[0], d.sub(d.set(d.one()), in[0])) }, x)
		y = t.blend(t.cmp(eq, x, t.zero()), t.set(t.num(math.Inf(-1))), y)
		y = t.blend(t.cmp(eq, x, t.one()), t.set(t.num(math.Inf(1))), y)
		return t.blend(t.either(t.cmp(nge, x, t.zero()), t.cmp(nle, x, t.one())), t.set(t.num(math.NaN())), y)
	}
	// Near ½ it is ln(1+w), in which nothing cancels.
	rest := t.sub(t.set(t.one()), x)
	near := t.cmp(le, t.abs(t.sub(x, t.num(0.5))), t.num(0.25))
	w := t.div(t.sub(t.add(x, x), t.one()), rest)
	return t.logOr1p(near, w, t.div(x, rest))
}

// entrSlope returns -ln x - 1.
func (t target) entrSlope(x vec) vec {
	if !t.double { // rounded once
		return t.inHalves(func(d target, in []vec) vec { return d.sub(d.neg(d.log(in[0])), d.one()) }, x)
	}
	// Near its root 1/e it is taken by the distance from there: c is 1/e as a number, and rest is 1 + ln c.
	const c, rest = 0.36787944117144233, 3.3784855259134225e-17
	d := t.sub(x, t.num(c))
	near := t.cmp(lt, t.abs(d), t.num(0.15))
	l := t.logOr1p(near, t.div(d, t.set(t.num(c))), x)
	return t.sub(t.neg(l), t.blend(near, t.num(rest), t.set(t.one())))
}

// logLimits makes y, computed for positive numbers, the logarithm of all: infinity and NaN stay, 0 becomes -Inf, what is below 0 NaN.
func (t target) logLimits(x, y vec) vec {
	y = t.blend(t.cmp(geu, x, t.num(math.Inf(1))), x, y)
	y = t.blend(t.cmp(eq, x, t.zero()), t.set(t.num(math.Inf(-1))), y)
	return t.blend(t.cmp(lt, x, t.zero()), t.set(t.num(math.NaN())), y)
}

// log2 returns log₂ x, exact for powers of 2.
func (t target) log2(x vec) vec {
	if t.double {
		// FreeBSD's e_log2.c, in which 1/ln2 and ln m have two parts each.
		m, k := t.split(x)
		hi, lo := t.logParts(t.sub(m, t.one()))
		const ivhi, ivlo = 1.44269504072144627571e+00, 1.67517131648865118353e-10
		high := t.mul(hi, t.num(ivhi))
		low := t.mul(t.add(lo, hi), t.num(ivlo))
		t.addTo(low, lo, t.num(ivhi))
		w := t.add(k, high)
		low = t.add(low, t.add(t.sub(k, w), high))
		return t.logLimits(x, t.add(low, w))
	}
	m, k := t.split(x)
	t.addTo(k, t.log1p(t.sub(m, t.one()), t.zero()), t.num(math.Log2E))
	return t.logLimits(x, k)
}

// log10 returns log₁₀ x, exact for powers of 10.
func (t target) log10(x vec) vec {
	if !t.double { // rounded once
		y := t.inHalves(func(d target, in []vec) vec {
			m, k := d.splitNormal(in[0])
			y := d.mul(d.log1p(d.sub(m, d.one()), d.zero()), d.num(math.Log10E))
			d.addTo(y, k, d.num(math.Log10E*math.Ln2))
			return y
		}, x)
		return t.logLimits(x, y)
	}
	// FreeBSD's e_log10.c.
	m, k := t.split(x)
	hi, lo := t.logParts(t.sub(m, t.one()))
	const ivhi, ivlo = 4.34294481878168880939e-01, 2.50829467116452752298e-11
	const log2hi, log2lo = 3.01029995663611771306e-01, 3.69423907715893078616e-13
	high := t.mul(hi, t.num(ivhi))
	big := t.mul(k, t.num(log2hi))
	low := t.mul(k, t.num(log2lo))
	t.addTo(low, t.add(lo, hi), t.num(ivlo))
	t.addTo(low, lo, t.num(ivhi))
	w := t.add(big, high)
	low = t.add(low, t.add(t.sub(big, w), high))
	return t.logLimits(x, t.add(low, w))
}

// logParts returns ln(1+f) in two parts, the first with half of the digits.
func (t target) logParts(f vec) (hi, lo vec) {
	s := t.div(f, t.add(f, t.num(2)))
	z := r2(t, s)
	r := t.mul(z, t.poly(z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
		2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860510658591e-01))
	h := t.mul(r2(t, f), t.num(0.5))
	r = t.mul(s, t.add(r, h))
	hi = t.and(t.sub(f, h), t.bits(0xffffffff00000000))
	return hi, t.add(t.sub(t.sub(f, hi), h), r)
}

// fraction returns m from 1 up to 2 and k with x = m·2^k, for a normal number x > 0.
func (t target) fraction(x vec) (m, k vec) {
	if t.wide {
		m, k = t.vec(), t.vec()
		t.emit("VGETMANT*", u8(0), x, m)
		t.emit("VGETEXP*", x, k)
		return m, k
	}
	unit := math.Ldexp(1, t.mantissa())
	bias := float64(int(1)<<(8*t.size()-2-t.mantissa()) - 1)
	k = t.sub(t.or(t.shr(x, t.mantissa()), t.num(unit)), t.num(unit+bias))
	return t.or(t.and(x, t.bits(uint64(1)<<t.mantissa()-1)), t.one()), k
}

// splitNormal is split for normal numbers.
func (t target) splitNormal(x vec) (m, k vec) {
	if t.wide {
		return t.split(x)
	}
	m, k = t.fraction(x)
	big := t.cmp(gt, m, t.num(math.Sqrt2))
	return t.blend(big, t.mul(m, t.num(0.5)), m), t.add(k, t.where(big, t.set(t.one())))
}

// timesLog returns x·l for the logarithm l of y, 0 where x is 0 unless y is NaN.
func (t target) timesLog(x, y, l vec) vec { return t.zeroWeight(x, y, t.mul(x, l)) }

// zeroWeight returns v, and 0 where the weight x is 0 and y is not NaN.
func (t target) zeroWeight(x, y, v vec) vec {
	return t.where(t.either(t.cmp(unq, x, t.zero()), t.cmp(uno, y, y)), v)
}
