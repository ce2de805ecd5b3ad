package main

import "math"

// This file holds the elementary functions that only mappings compute.

// functionMappings are the mappings of elementary functions.
var functionMappings = []mapping{
	{name: "Expm1", unroll: 1, uses: "a", value: map1(target.expm1Any)},
	{name: "Log1p", unroll: 1, uses: "a", value: map1(target.log1pAny)},
	{name: "Log2", unroll: 1, uses: "a", value: map1(target.log2)},
	{name: "Log10", unroll: 1, uses: "a", value: map1(target.log10)},
	{name: "Asin", unroll: 1, uses: "a", value: map1(target.asin)},
	{name: "Acos", unroll: 1, uses: "a", value: map1(target.acos)},
	{name: "Atan", unroll: 1, uses: "a", value: map1(target.atan)},
	{name: "Sinh", unroll: 1, uses: "a", value: map1(target.sinhAny)},
	{name: "Cosh", unroll: 1, uses: "a", value: map1(target.coshAny)},
	{name: "Asinh", unroll: 1, uses: "a", value: map1(target.asinh)},
	{name: "Acosh", unroll: 1, uses: "a", value: map1(target.acosh)},
	{name: "Atanh", unroll: 1, uses: "a", value: map1(target.atanh)},
	{name: "Erfc", unroll: 1, uses: "a", value: map1(target.erfc)},
	{name: "GELU", unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		phi, _ := t.normal(x)
		return t.where(t.cmp(unq, phi, t.zero()), t.mul(x, phi))
	})},
	{name: "SiLU", unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		e, num, _ := t.logistic(x)
		return t.where(t.cmp(unq, x, t.set(t.num(math.Inf(-1)))), t.div(t.mul(x, num), t.add(e, t.one())))
	})},
	{name: "ELU", unroll: 1, uses: "ap", value: func(t target, in mapInputs) vec {
		x := in.a()
		return t.blend(t.cmp(gt, x, t.zero()), x, t.mul(t.expm1Any(x), in.p))
	}},
	{name: "LogSigmoid", unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		u := t.exp(t.or(x, t.bits(t.signBit())))
		return t.sub(t.min(t.zero(), x), t.log1pOfExp(u))
	})},
	{name: "LogAddExp", unroll: 1, uses: "AB", value: map2(func(t target, x, y vec) vec {
		m := t.extreme("VMAX*", target.and, x, y)
		u := t.exp(t.or(t.sub(x, y), t.bits(t.signBit())))
		return t.blend(t.cmp(eq, t.abs(m), t.num(math.Inf(1))), m, t.add(m, t.log1pOfExp(u)))
	})},
	{name: "LogitEntropy", unroll: 1, uses: "AB", value: map2(func(t target, z, goal vec) vec {
		one := t.set(t.one())
		y := t.log1pOfExp(t.exp(t.or(z, t.bits(t.signBit()))))
		for _, part := range []struct{ weight, x vec }{{t.sub(one, goal), z}, {goal, t.neg(z)}} {
			t.addTo(y, part.weight, t.where(t.cmp(unq, part.weight, t.zero()), t.max(t.zero(), part.x)))
		}
		return y
	})},
	{name: "LogitError", unroll: 1, uses: "ABp", value: func(t target, in mapInputs) vec {
		// sigmoid(z) - t is (1-t) - sigmoid(-z) for z >= 0, in which nothing cancels.
		z, goal := in.a(), in.b()
		e := t.exp(t.or(z, t.bits(t.signBit())))
		s := t.div(e, t.add(e, t.one()))
		left := t.sub(s, goal)
		right := t.sub(t.sub(t.set(t.one()), goal), s)
		return t.mul(t.blend(t.cmp(ge, z, t.zero()), right, left), in.p)
	}},
	{name: "Logit", unroll: 1, uses: "a", value: map1(target.logit)},
	{name: "Entr", unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		y := t.mul(t.neg(x), t.log(x))
		y = t.where(t.cmp(unq, x, t.zero()), y)
		return t.blend(t.cmp(lt, x, t.zero()), t.num(math.Inf(-1)), y)
	})},
	{name: "XLogY", unroll: 1, uses: "AB", value: map2(func(t target, x, y vec) vec { return t.timesLog(x, y, t.log(y)) })},
	{name: "XLog1pY", unroll: 1, uses: "AB", value: map2(func(t target, x, y vec) vec { return t.timesLog(x, y, t.log1pAny(y)) })},
	{name: "Atan2", unroll: 1, uses: "AB", value: map2(target.atan2Any)},
	{name: "Hypot", unroll: 1, uses: "AB", value: map2(target.hypotAny)},
	{name: "Pow", unroll: 1, uses: "AB", value: map2(func(t target, x, y vec) vec { return t.powAny(x, y, false) })},
	{name: "Cube", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return t.mul(r2(t, x), x) })},
	{name: "FourthPower", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return r2(t, r2(t, x)) })},
	{name: "InverseSquare", unroll: 1, uses: "a", value: map1(func(t target, x vec) vec { return r2(t, t.div(t.set(t.one()), x)) })},
	{name: "PowHalf", unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		y := t.sqrt(t.add(x, t.zero()))
		return t.blend(t.cmp(eq, x, t.num(math.Inf(-1))), t.num(math.Inf(1)), y)
	})},

	{name: "Exp", slope: true, unroll: 1, uses: "a", value: map1(target.exp)},
	{name: "Log", slope: true, unroll: 1, uses: "A", value: map1(target.log)},
	{name: "Log1p", slope: true, unroll: 1, uses: "A", value: map1(target.log1pAny)},
	{name: "Gauss", slope: true, unroll: 1, uses: "ap", value: func(t target, in mapInputs) vec {
		most := 11.0 // beyond, it is 0
		if t.double {
			most = 28
		}
		return t.mul(t.expOfSquare(t.min(t.set(t.num(most)), t.abs(in.a())), 1), in.p)
	}},
	{name: "Asin", slope: true, unroll: 1, uses: "ap", value: func(t target, in mapInputs) vec {
		return t.div(in.p, t.sqrt(t.oneMinusSquare(in.a())))
	}},
	{name: "Atan", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		return t.div(t.set(t.one()), t.add(r2(t, x), t.one()))
	})},
	{name: "Atanh", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		d := t.oneMinusSquare(x)
		return t.blend(t.cmp(lt, d, t.zero()), t.set(t.num(math.NaN())), t.div(t.set(t.one()), d))
	})},
	{name: "Asinh", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		one := t.set(t.one())
		return t.div(one, t.hypotAny(one, x))
	})},
	{name: "Acosh", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		one := t.set(t.one())
		return t.mul(t.div(one, t.sqrt(t.sub(x, t.one()))), t.div(one, t.sqrt(t.add(x, t.one()))))
	})},
	{name: "Sinh", slope: true, unroll: 1, uses: "a", value: map1(target.sinhAny)},
	{name: "Cosh", slope: true, unroll: 1, uses: "a", value: map1(target.coshAny)},
	{name: "GELU", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		phi, e := t.normal(x)
		x = t.max(t.set(t.num(-50)), t.min(t.set(t.num(50)), x)) // beyond, e is 0
		v := t.mul(e, x)
		t.addTo(phi, v, t.num(1/math.Sqrt(2*math.Pi)))
		return phi
	})},
	{name: "SiLU", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		// s·(1 + x·(1-s)) with s = num/(1+e) and 1-s = other/(1+e)
		e, num, other := t.logistic(x)
		x = t.max(t.set(t.num(-1000)), t.min(t.set(t.num(1000)), x)) // beyond, one of the factors is 0
		r := t.div(t.set(t.one()), t.add(e, t.one()))
		v := t.mul(t.mul(x, other), r)
		return t.mul(t.mul(num, r), t.add(v, t.one()))
	})},
	{name: "ELU", slope: true, unroll: 1, uses: "ap", value: func(t target, in mapInputs) vec {
		x := in.a()
		return t.blend(t.cmp(gt, x, t.zero()), t.one(), t.mul(t.exp(x), in.p))
	}},
	{name: "Logit", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		d := t.copy(x)
		t.subTo(d, x, x)       // x - x², rounded once
		d = t.add(d, t.zero()) // a positive zero
		return t.blend(t.cmp(lt, d, t.zero()), t.num(math.NaN()), t.div(t.set(t.one()), d))
	})},
	{name: "Entr", slope: true, unroll: 1, uses: "a", value: map1(target.entrSlope)},
	{name: "LogAddExp", slope: true, unroll: 1, uses: "AB", value: map2(func(t target, x, y vec) vec {
		s := t.sigmoid(t.sub(x, y))
		return t.where(t.cmp(unq, x, t.set(t.num(math.Inf(-1)))), s) // a mask
	})},
	{name: "XLogY", slope: true, unroll: 1, uses: "ABq", value: func(t target, in mapInputs) vec {
		x, u := in.a(), t.add(in.b(), in.q)
		d := t.blend(t.cmp(lt, u, t.zero()), t.set(t.num(math.NaN())), t.div(x, u))
		return t.zeroWeight(x, u, d)
	}},
	{name: "Angle", slope: true, unroll: 1, uses: "ABp", value: func(t target, in mapInputs) vec { return t.mul(t.angleSlope(in.a(), in.b()), in.p) }},
	{name: "PowBase", slope: true, unroll: 1, uses: "ABp", passed: func(t target, ct func() vec, in mapInputs) vec {
		x, y := in.a(), in.b()
		d := t.mul(t.powAny(x, y, true), y)
		nonzero := t.cmp(unq, y, t.zero())
		d = t.where(nonzero, d)
		// A constant exponent of 0 passes nothing on.
		some := t.cmp(eq, t.blend(nonzero, t.zero(), in.p), t.zero())
		passed := t.where(some, ct())
		return t.mul(passed, t.where(t.cmp(unq, passed, t.zero()), d))
	}},
	{name: "PowExponent", slope: true, unroll: 1, uses: "AB", value: map2(func(t target, x, z vec) vec {
		// z·ln x for z = x^y, 0 where z is, and for x = 0 where y is 0, which makes z 1
		l := t.log(x)
		l = t.blend(t.cmp(lt, x, t.zero()), t.set(t.num(math.NaN())), l)
		some := t.cmp(unq, t.blend(t.cmp(eq, x, t.zero()), t.sub(z, t.one()), z), t.zero())
		v := t.mul(t.where(t.cmp(unq, z, t.zero()), l), z)
		v = t.where(some, v)
		return t.blend(t.cmp(lt, x, t.zero()), t.set(t.num(math.NaN())), v)
	})},
}

func init() { mappings = append(mappings, functionMappings...) }

// inHalves applies a function of vectors in double precision to the two halves of vectors in single precision.
func (t target) inHalves(f func(d target, in []vec) vec, in ...vec) vec {
	d := target{true, t.wide}
	half := func(high bool) vec {
		xs := make([]vec, len(in))
		for i, x := range in {
			xs[i] = t.half(x, high)
		}
		y := f(d, xs)
		if t.wide {
			v := ctx.YMM()
			ctx.VCVTPD2PS(y, v)
			return v
		}
		v := ctx.XMM()
		ctx.VCVTPD2PSY(y, v)
		return v
	}
	lo, hi, v := half(false), half(true), t.vec()
	if t.wide {
		ctx.VINSERTF64X4(u8(1), hi, lo.AsZ(), v)
	} else {
		ctx.VINSERTF128(u8(1), hi, lo.AsY(), v)
	}
	return v
}

// half returns half of a vector in single precision as one in double precision.
func (t target) half(x vec, high bool) vec {
	v := t.doubles().vec()
	switch {
	case t.wide && high:
		h := ctx.YMM()
		ctx.VEXTRACTF64X4(u8(1), x, h)
		ctx.VCVTPS2PD(h, v)
	case t.wide:
		ctx.VCVTPS2PD(x.AsY(), v)
	case high:
		h := ctx.XMM()
		ctx.VEXTRACTF128(u8(1), x, h)
		ctx.VCVTPS2PD(h, v)
	default:
		ctx.VCVTPS2PD(x.AsX(), v)
	}
	return v
}

// oneMinusSquare returns (1-x)(1+x), in which near ±1 nothing cancels.
func (t target) oneMinusSquare(x vec) vec {
	one := t.set(t.one())
	return t.mul(t.sub(one, x), t.add(one, x))
}

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

// normal returns Φ(x) of the normal distribution, and e^(-x²/2). On the left, and for the complement on the right, Φ is e^(-a²/2)·P
// with a = |x| and a polynomial P of (a-k)/(a+k), in double precision that of erfcx. The error of the square is made up for.
func (t target) normal(x vec) (phi, e vec) {
	if !t.double {
		a := t.min(t.set(t.num(15)), t.abs(x))
		e = t.expOfSquare(a, 0.5)
		r := t.div(t.set(t.one()), t.add(a, t.num(3.5)))
		q := t.mul(t.sub(a, t.num(3.5)), r)
		tail := t.poly(q, 0.74441607413985971, -0.56556174510332938, 0.31542504875554474, -0.11605304077363945, 0.017406378033885505,
			0.0064931156986566693, -0.0031753092606913951, -0.00049494271726080098, 0.00042189602232949601, 0.00011068799562784444)
		tail = t.mul(tail, t.mul(r, e))
		return t.blend(t.topBit(x), tail, t.sub(t.set(t.one()), tail)), e
	}
	u := t.mul(x, t.num(math.Sqrt2/2))
	a := t.min(t.set(t.num(28)), t.abs(u))
	e = t.expOfSquare(a, 1)
	tail := t.mul(t.mul(t.erfcx(a), t.num(0.5)), e)
	phi = t.blend(t.topBit(x), tail, t.sub(t.set(t.one()), tail))
	// Near 0 it is taken from erf.
	small := t.fma(t.erfSmall(u), t.num(0.5), t.set(t.num(0.5)))
	return t.blend(t.cmp(lt, t.abs(u), t.num(erfcBorder)), small, phi), e
}

// expOfSquare returns e^-ca² with what the square loses made up for, for a that is not so large that it is 0 for long; c is a power of 2.
func (t target) expOfSquare(a vec, c float64) vec {
	h := t.mul(a, t.num(-c))
	z := t.mul(h, a)
	t.emit("VFMSUB213*", z, a, h) // what z is less than -ca²
	e := t.expBounded(z)
	t.mulTo(h, e, e)
	return h
}

// expBounded is exp for arguments that are not far beyond those where the result overflows or underflows.
func (t target) expBounded(x vec) vec {
	if !t.wide {
		return t.exp(x)
	}
	r, y, n, _ := t.reduceExp(x)
	t.mulTo(y, r, t.one())
	t.mulTo(y, r, t.one())
	return t.op2("VSCALEF*", y, n)
}

// logistic returns e = e^-|x|, and what sigmoid(x) and its complement are the quotients of by 1+e.
func (t target) logistic(x vec) (e, num, other vec) {
	one := t.set(t.one())
	e = t.exp(t.or(x, t.bits(t.signBit())))
	num = t.blend(t.topBit(x), e, one)
	other = t.blend(t.topBit(x), one, e)
	return e, num, other
}

// timesLog returns x·l for the logarithm l of y, 0 where x is 0 unless y is NaN.
func (t target) timesLog(x, y, l vec) vec { return t.zeroWeight(x, y, t.mul(x, l)) }

// zeroWeight returns v, and 0 where the weight x is 0 and y is not NaN.
func (t target) zeroWeight(x, y, v vec) vec {
	return t.where(t.either(t.cmp(unq, x, t.zero()), t.cmp(uno, y, y)), v)
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
		// Of two that are infinite, or 0, only the signs count. Large ones are scaled, so that their sum does not overflow, and denormal ones, which
		// have few digits.
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

// angleSlope returns x/r² with r² = x²+y², 0 where r is 0 or infinite.
func (t target) angleSlope(x, y vec) vec {
	least, most := 0x1p-40, 0x1p40
	if t.double {
		least, most = 0x1p-400, 0x1p400
	}
	simple := func() vec {
		z := r2(t, y)
		t.addTo(z, x, x)
		return t.div(x, z)
	}
	larger := func() vec { return t.op2("VMAX*", t.abs(x), t.abs(y)) }
	v := t.vec()
	t.unlikely(t.special(larger(), least, most), func() {
		r := t.hypot([]vec{x, y})
		far := t.div(t.div(x, r), r)
		far = t.where(t.cmp(unq, r, t.zero()), far)
		far = t.where(t.cmp(unq, r, t.set(t.num(math.Inf(1)))), far)
		far = t.blend(t.cmp(uno, r, r), r, far)
		t.emit("VMOVAPS", t.blend(t.special(larger(), least, most), far, simple()), v)
	}, func() { t.emit("VMOVAPS", simple(), v) })
	return v
}

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
