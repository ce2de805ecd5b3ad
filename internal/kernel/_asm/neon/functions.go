package main

import "math"

// This file holds the elementary functions of a vector. The polynomials are those of the kernels for amd64.

// reduceExp splits x = n·ln2 + r with |r| ≤ ln2/2. It returns r, q with e^r = 1 + r + r²q, and n as integers.
func (c *code) reduceExp(x value) (r, q, n value) {
	n = c.op1("FCVTNS", c.times(x, c.num(math.Log2E)))
	whole := c.op1("SCVTF", n)
	// ln2 in two parts, the first with so few digits that its product with n is exact.
	hi, lo := 0.693359375, -2.12194440e-4
	if c.t.double {
		hi, lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	}
	r = c.minusProduct(x, whole, c.num(hi))
	r = c.minusProduct(r, whole, c.num(lo))
	if c.t.double {
		return r, c.poly(r, 0.50000000000000107208, 0.16666666666666410231, 0.041666666666529189235, 0.0083333333334956271691,
			0.0013888888943922556532, 0.00019841269504757152103, 0.00002480149276283708382, 2.7557587350023017475e-6,
			2.763037861488818344e-7, 2.4999962752161227173e-8), n
	}
	return r, c.poly(r, 0.49999993412513363022, 0.16666520107866092621, 0.041668394211328000768, 0.0083687804085852189077,
		0.0013814466954010037915), n
}

// power returns 2^n for integers n, if that is a normal number.
func (c *code) power(n value) value {
	return c.op2("ADD", c.shift("SHL", n, c.mantissa()), c.one())
}

// exp returns e^x. Beyond the ends results overflow and underflow in the last step, as they should.
func (c *code) exp(x value) value {
	low, high := -104.5, 89.5
	if c.t.double {
		low, high = -746.5, 710.5
	}
	r, q, n := c.reduceExp(c.max(c.num(low), c.min(c.num(high), x)))
	y := c.plusProduct(c.one(), c.plusProduct(c.one(), q, r), r)
	// 2^n itself may be out of range: it is applied in two steps.
	half := c.shift("SSHR", n, 1)
	return c.times(c.times(y, c.power(half)), c.power(c.op2("SUB", n, half)))
}

// negativeAbs returns -|x|.
func (c *code) negativeAbs(x value) value { return c.or(x, c.signBit()) }

// sigmoid returns 1/(1+e^-x), as e/(1+e) with e = e^-|x| or the complement of that.
func (c *code) sigmoid(x value) value {
	e := c.exp(c.negativeAbs(x))
	return c.over(c.choose(c.op1("FCMLT0", x), e, c.one()), c.plus(e, c.one()))
}

// sigmoidSlope returns the derivative of sigmoid at x, e/(1+e)² with e = e^-|x|: no difference cancels.
func (c *code) sigmoidSlope(x value) value {
	e := c.exp(c.negativeAbs(x))
	d := c.plus(e, c.one())
	return c.over(e, c.times(d, d))
}

// tanhSlope returns the derivative of tanh at x, 4·e/(1+e)² with e = e^-2|x|.
func (c *code) tanhSlope(x value) value { return c.times(c.sigmoidSlope(c.plus(x, x)), c.num(4)) }

// tanh returns E/(E+2) with E = e^2|x| - 1, which is accurate near 0 because e^r-1 is.
func (c *code) tanh(x value) value {
	most := 20.0 // tanh of half of it is 1
	if c.t.double {
		most = 40
	}
	a := c.abs(x)
	r, q, n := c.reduceExp(c.min(c.num(most), c.plus(a, a)))
	s := c.power(n)
	e := c.plusProduct(c.minus(s, c.one()), c.plusProduct(r, c.times(r, r), q), s)
	return c.or(c.over(e, c.plus(e, c.num(2))), c.and(x, c.signBit()))
}

// softplus returns max(x, 0) + ln(1+u) with u = e^-|x|.
func (c *code) softplus(x value) value {
	u := c.exp(c.negativeAbs(x))
	// ln(1+u) is ln2 + ln(1+f) with 1+f = (1+u)/2 where u is large.
	big := c.op2("FCMGT", u, c.num(math.Sqrt2-1))
	f := c.choose(big, c.times(c.minus(u, c.one()), c.num(0.5)), u)
	return c.plus(c.log1p(f, c.and(big, c.one())), c.max(x, c.zero()))
}

// log1p returns ln(1+f) + k·ln2, for 1+f between √½ and √2.
func (c *code) log1p(f, k value) value {
	if c.t.double {
		// FreeBSD's e_log.c.
		const hi, lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
		s := c.over(f, c.plus(f, c.num(2)))
		z := c.times(s, s)
		r := c.times(z, c.poly(z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
			2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860510658591e-01))
		h := c.times(c.times(f, f), c.num(0.5))
		y := c.plusProduct(c.times(s, c.plus(r, h)), k, c.num(lo))
		return c.plusProduct(c.neg(c.minus(c.minus(h, y), f)), k, c.num(hi))
	}
	// Cephes' logf.c with other coefficients.
	z := c.times(f, f)
	y := c.times(c.times(z, f), c.poly(f, 0.33333310445328602613, -0.24999986575080859249, 0.20002226322298759899,
		-0.16669251857959427287, 0.1421866377791736001, -0.12384334728058179535, 0.11872926070457559901,
		-0.1178986603598445589, 0.069155402404124921281))
	y = c.plusProduct(y, k, c.num(-2.12194440e-4))
	y = c.minusProduct(y, z, c.num(0.5))
	return c.plusProduct(c.plus(f, y), k, c.num(0.693359375))
}

// log returns ln x.
func (c *code) log(x value) value {
	// Denormal numbers are made normal first.
	least, shift := 0x1p-126, 25
	if c.t.double {
		least, shift = 0x1p-1022, 54
	}
	tiny := c.op2("FCMGT", c.num(least), x)
	y := c.choose(tiny, c.times(x, c.num(math.Ldexp(1, shift))), x)
	// m between √½ and √2 and k with y = m·2^k.
	bias := uint64(1)<<(8*c.t.size()-2-c.mantissa()) - 1
	k := c.op1("SCVTF", c.op2("SUB", c.shift("USHR", y, c.mantissa()), c.bits(bias)))
	k = c.minus(k, c.and(tiny, c.num(float64(shift))))
	m := c.or(c.and(y, c.bits(uint64(1)<<c.mantissa()-1)), c.one())
	big := c.op2("FCMGT", m, c.num(math.Sqrt2))
	m = c.choose(big, c.times(m, c.num(0.5)), m)
	k = c.plus(k, c.and(big, c.one()))
	v := c.log1p(c.minus(m, c.one()), k)
	// Infinity and NaN stay, 0 becomes -Inf, what is below 0 NaN.
	v = c.choose(c.op2("FCMGT", c.num(math.Inf(1)), x), v, x)
	v = c.choose(c.op1("FCMEQ0", x), c.num(math.Inf(-1)), v)
	return c.choose(c.op1("FCMLT0", x), c.num(math.NaN()), v)
}
