package main

import "math"

// This file holds the table of elementary functions that only mappings compute. The functions themselves are in files
// by kind.

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
		some := t.cmp(geu, x, t.set(t.num(-745.14)))                 // below, s is 0 in double precision too
		x = t.max(t.set(t.num(-1000)), t.min(t.set(t.num(1000)), x)) // beyond, one of the factors is 0
		r := t.div(t.set(t.one()), t.add(e, t.one()))
		v := t.mul(t.mul(x, other), r)
		return t.where(some, t.mul(t.mul(num, r), t.add(v, t.one())))
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
	{name: "Angle", slope: true, unroll: 1, uses: "ABp", value: func(t target, in mapInputs) vec { return t.angleSlope(in.a(), in.b(), in.p) }},
	{name: "PowBase", slope: true, unroll: 1, uses: "ABp", passed: func(t target, ct func() vec, in mapInputs) vec {
		x, y := in.a(), in.b()
		d := t.mul(t.powAny(x, y, true), y)
		nonzero := t.cmp(unq, y, t.zero())
		d = t.where(nonzero, d)
		// A constant exponent of 0 passes nothing on.
		some := t.cmp(eq, t.blend(nonzero, t.zero(), in.p), t.zero())
		passed := t.where(some, ct())
		return t.where(t.cmp(unq, passed, t.zero()), t.mul(passed, d))
	}},
	{name: "PowExponent", slope: true, unroll: 1, uses: "AB", value: map2(func(t target, x, z vec) vec {
		// z·ln x for z = x^y, 0 where z is, and for x = 0 where y is 0, which makes z 1
		l := t.log(x)
		l = t.blend(t.cmp(lt, x, t.zero()), t.set(t.num(math.NaN())), l)
		some := t.cmp(unq, t.blend(t.cmp(eq, x, t.zero()), t.sub(z, t.one()), z), t.zero())
		v := t.where(some, t.where(t.cmp(unq, z, t.zero()), t.mul(l, z)))
		return t.blend(t.cmp(lt, x, t.zero()), t.set(t.num(math.NaN())), v)
	})},
}

func init() { mappings = append(mappings, functionMappings...) }

// inHalves applies a function of vectors in double precision to the two halves of vectors in single precision.
func (t target) inHalves(f func(d target, in []vec) vec, in ...vec) vec {
	d := target{double: true, wide: t.wide}
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
