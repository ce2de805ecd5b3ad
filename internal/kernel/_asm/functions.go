package main

import "math"

// This file holds the elementary functions of a vector. Polynomials without a source named are minimax approximations, found with
// Remez's algorithm in 60 digits.

// reduceExp splits x = n·ln2 + r with |r| ≤ ln2/2. It returns r, q with e^r = 1 + r + r²q, n, and n as an integer in the low
// bits of a number.
func (t target) reduceExp(x vec) (r, q, n, bits vec) {
	r, n, bits = t.splitExp(x)
	return r, t.restExp(r), n, bits
}

// splitExp is the first part of reduceExp, restExp the second, which returns q.
func (t target) splitExp(x vec) (r, n, bits vec) {
	bits = t.set(t.num(t.magic()))
	t.addTo(bits, x, t.num(math.Log2E))
	n = t.sub(bits, t.num(t.magic()))
	// ln2 in two parts, the first with so few digits that its product with n is exact.
	hi, lo := 0.693359375, -2.12194440e-4
	if t.double {
		hi, lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	}
	r = t.copy(x)
	t.subTo(r, n, t.num(hi))
	t.subTo(r, n, t.num(lo))
	return r, n, bits
}

func (t target) restExp(r vec) (q vec) {
	if t.double {
		return t.poly(r, 0.50000000000000107208, 0.16666666666666410231, 0.041666666666529189235, 0.0083333333334956271691,
			0.0013888888943922556532, 0.00019841269504757152103, 0.00002480149276283708382, 2.7557587350023017475e-6,
			2.763037861488818344e-7, 2.4999962752161227173e-8)
	}
	return t.poly(r, 0.49999993412513363022, 0.16666520107866092621, 0.041668394211328000768, 0.0083687804085852189077,
		0.0013814466954010037915)
}

// expm1 returns p = e^r - 1 and s = 2^n for x = n·ln2 + r, where e^x is a normal number.
func (t target) expm1(x vec) (p, s vec) {
	r, q, _, bits := t.reduceExp(x)
	t.addTo(r, t.mul(r2(t, r), q), t.one())
	return r, t.power(bits)
}

// r2 returns x².
func r2(t target, x vec) vec { return t.mul(x, x) }

func (t target) one() constant { return t.num(1) }

// power returns 2^n for the integer n in the low bits, if that is a normal number.
func (t target) power(bits vec) vec {
	return t.intAdd(t.shl(bits, t.mantissa()), t.one())
}

// exp returns e^x.
func (t target) exp(x vec) vec {
	if t.wide {
		r, y, n, _ := t.reduceExp(t.clampExp(x))
		t.mulTo(y, r, t.one())
		t.mulTo(y, r, t.one())
		return t.op2("VSCALEF*", y, n)
	}
	most := 87.0 // up to here results are normal numbers
	if t.double {
		most = 708
	}
	y := t.vec()
	t.unlikely(t.cmp(geu, t.abs(x), t.num(most)), func() { t.emit("VMOVAPS", t.expAny(x), y) }, func() {
		r, q, _, bits := t.reduceExp(x)
		t.mulTo(q, r, t.one())
		t.mulTo(q, r, t.one())
		t.emit("VPADD#", t.shl(bits, t.mantissa()), q, y)
	})
	return y
}

// clampExp brings x to where before the last step of exp everything is a normal number; the scaling then overflows or underflows
// as it should.
func (t target) clampExp(x vec) vec {
	low, high := -104.5, 89.5
	if t.double {
		low, high = -746.5, 710.5
	}
	return t.max(t.set(t.num(low)), t.min(t.set(t.num(high)), x))
}

// expAny is exp of AVX2 for all arguments.
func (t target) expAny(x vec) vec {
	r, y, n, bits := t.reduceExp(t.clampExp(x))
	t.mulTo(y, r, t.one())
	t.mulTo(y, r, t.one())
	return t.scale(y, n, bits)
}

// scale returns y·2^n for AVX2.
func (t target) scale(y, n, bits vec) vec {
	// 2^n itself may be out of range, so it is applied in two steps, first one that is closer to 1.
	half := 64
	if t.double {
		half = 512
	}
	small := cond{n} // its sign
	closer := t.blend(small, t.num(math.Ldexp(1, half)), t.set(t.num(math.Ldexp(1, -half))))
	rest := t.blend(small, t.num(math.Ldexp(1, -half)), t.set(t.num(math.Ldexp(1, half))))
	return t.mul(t.mul(y, t.intAdd(t.shl(bits, t.mantissa()), closer)), rest)
}

// sigmoid returns 1/(1+e^-x), as e/(1+e) with e = e^-|x| or the complement of that.
func (t target) sigmoid(x vec) vec {
	e := t.exp(t.or(x, t.bits(t.signBit())))
	num := t.blend(t.topBit(x), e, t.set(t.one()))
	return t.div(num, t.add(e, t.one()))
}

// sigmoidSlope returns the derivative of sigmoid at x, e/(1+e)² with e = e^-|x|: no difference cancels.
func (t target) sigmoidSlope(x vec) vec {
	e := t.exp(t.or(x, t.bits(t.signBit())))
	return t.div(e, r2(t, t.add(e, t.one())))
}

// tanhSlope returns the derivative of tanh at x, 4·e/(1+e)² with e = e^-2|x|.
func (t target) tanhSlope(x vec) vec { return t.mul(t.sigmoidSlope(t.add(x, x)), t.num(4)) }

// tanh returns E/(E+2) with E = e^2|x| - 1, which is accurate near 0 because e^r-1 is.
func (t target) tanh(x vec) vec {
	most := 20.0 // tanh of half of it is 1
	if t.double {
		most = 40
	}
	a := t.abs(x)
	em1, s := t.expm1(t.min(t.set(t.num(most)), t.add(a, a)))
	e := t.fma(em1, s, t.sub(s, t.one()))
	return t.or(t.div(e, t.add(e, t.num(2))), t.signOf(x))
}

// softplus returns max(x, 0) + ln(1+u) with u = e^-|x|.
func (t target) softplus(x vec) vec {
	u := t.exp(t.or(x, t.bits(t.signBit())))
	return t.add(t.log1pOfExp(u), t.max(t.zero(), x))
}

// log1p returns ln(1+f) + k·ln2, for 1+f between √½ and √2.
func (t target) log1p(f, k vec) vec {
	if t.double {
		// FreeBSD's e_log.c.
		const hi, lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
		s := t.div(f, t.add(f, t.num(2)))
		z := r2(t, s)
		r := t.mul(z, t.poly(z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
			2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860510658591e-01))
		h := t.mul(r2(t, f), t.num(0.5))
		y := t.mul(s, t.add(r, h))
		t.addTo(y, k, t.num(lo))
		y = t.sub(t.sub(h, y), f)
		return t.op2sub(k, hi, y)
	}
	// Cephes' logf.c with other coefficients.
	z := r2(t, f)
	y := t.mul(t.mul(z, f), t.poly(f, 0.33333310445328602613, -0.24999986575080859249, 0.20002226322298759899,
		-0.16669251857959427287, 0.1421866377791736001, -0.12384334728058179535, 0.11872926070457559901,
		-0.1178986603598445589, 0.069155402404124921281))
	t.addTo(y, k, t.num(-2.12194440e-4))
	t.subTo(y, z, t.num(0.5))
	y = t.add(f, y)
	t.addTo(y, k, t.num(0.693359375))
	return y
}

// op2sub returns x*c - y.
func (t target) op2sub(x vec, c float64, y vec) vec {
	v := t.neg(y)
	t.addTo(v, x, t.num(c))
	return v
}

// split returns m between √½ and √2 and k with x = m·2^k, for positive x.
func (t target) split(x vec) (m, k vec) {
	if t.wide {
		m, k = t.vec(), t.vec()
		t.emit("VGETMANT*", u8(0), x, m)
		t.emit("VGETEXP*", x, k)
	} else {
		// Denormal numbers are made normal first.
		least, shift := 0x1p-126, 25
		if t.double {
			least, shift = 0x1p-1022, 54
		}
		tiny := t.cmp(lt, x, t.num(least))
		y := t.blend(tiny, t.mul(x, t.num(math.Ldexp(1, shift))), x)
		// The exponent becomes a number with the help of one whose lowest bit is worth 1.
		unit := math.Ldexp(1, t.mantissa())
		bias := float64(int(1)<<(8*t.size()-2-t.mantissa()) - 1)
		k = t.sub(t.or(t.shr(y, t.mantissa()), t.num(unit)), t.num(unit+bias))
		k = t.sub(k, t.where(tiny, t.set(t.num(float64(shift)))))
		m = t.or(t.and(y, t.bits(uint64(1)<<t.mantissa()-1)), t.one())
	}
	big := t.cmp(gt, m, t.num(math.Sqrt2))
	return t.blend(big, t.mul(m, t.num(0.5)), m), t.add(k, t.where(big, t.set(t.one())))
}

// log returns ln x.
func (t target) log(x vec) vec {
	m, k := t.split(x)
	y := t.log1p(t.sub(m, t.one()), k)
	// Infinity and NaN stay, 0 becomes -Inf, what is below 0 NaN.
	y = t.blend(t.cmp(geu, x, t.num(math.Inf(1))), x, y)
	y = t.blend(t.cmp(eq, x, t.zero()), t.set(t.num(math.Inf(-1))), y)
	return t.blend(t.cmp(lt, x, t.zero()), t.set(t.num(math.NaN())), y)
}

// nothing returns a number whose square is nothing beside it.
func (t target) nothing() float64 {
	if t.double {
		return 0x1p-54
	}
	return 0x1p-26
}

// log1pAny returns ln(1+x). With u = 1+x rounded and c = 1+x-u exactly, it is ln u + c/u.
func (t target) log1pAny(x vec) vec {
	one := t.set(t.one())
	u := t.add(x, t.one())
	large, small := t.op2("VMAX*", one, x), t.op2("VMIN*", one, x)
	c := t.div(t.sub(small, t.sub(u, large)), u)
	m, k := t.split(u)
	y := t.add(t.log1p(t.sub(m, t.one()), k), c)
	y = t.blend(t.cmp(lt, t.abs(x), t.num(t.nothing())), x, y) // for the sign of zeros
	// Infinity and NaN stay, -1 becomes -Inf, what is below NaN.
	y = t.blend(t.cmp(geu, x, t.num(math.Inf(1))), x, y)
	y = t.blend(t.cmp(eq, x, t.num(-1)), t.set(t.num(math.Inf(-1))), y)
	return t.blend(t.cmp(lt, x, t.num(-1)), t.set(t.num(math.NaN())), y)
}

// expm1Any returns e^x - 1 for all arguments, as twice p·s + (s - ½) with s = 2^(n-1), which does not overflow too early.
func (t target) expm1Any(x vec) vec {
	// At the lower bound e^x is nothing beside 1. At the upper one s is still finite, and twice the sum is not.
	low, high := -18.0, 89.0
	if t.double {
		low, high = -40, 710
	}
	b := t.max(t.set(t.num(low)), t.min(t.set(t.num(high)), x))
	r, q, _, bits := t.reduceExp(b)
	t.addTo(r, r2(t, r), q)
	s := t.intAdd(t.shl(bits, t.mantissa()), t.num(0.5))
	y := t.fma(r, s, t.sub(s, t.num(0.5)))
	y = t.add(y, y)
	return t.blend(t.cmp(lt, t.abs(x), t.num(t.nothing())), x, y)
}

// pow returns x^y, for x that is neither 0 nor infinite nor NaN and y below 2^52, as e^(y·ln|x|). The logarithm and the product have two parts each.
func (t target) pow(x, y vec) vec { return t.powSign(t.powAbs(t.abs(x), y), x, y, false) }

// powAbs is pow for positive a.
func (t target) powAbs(a, y vec) vec {
	m, k := t.split(a)
	f := t.sub(m, t.one())
	// ln m = 2s + s·R(s²) with s = f/(2+f), FreeBSD's e_log.c; s is a quotient and what is left of it. m+1 is 2+f, rounded, and w
	// what that lost.
	d := t.add(f, t.num(2))
	w := t.sub(f, t.sub(d, t.num(2)))
	s := t.div(f, d)
	rest := t.copy(f)
	t.subTo(rest, s, d)
	t.subTo(rest, s, w)
	rest = t.div(rest, d)
	z := r2(t, s)
	r := t.mul(z, t.poly(z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
		2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860510658591e-01))
	const hi, lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	s2 := t.add(s, s)
	big := t.mul(k, t.num(hi)) // exact
	head := t.add(big, s2)     // |big| is 0 or more than |s2|
	tail := t.sub(s2, t.sub(head, big))
	t.addTo(tail, s, r)
	t.addTo(tail, rest, t.num(2))
	t.addTo(tail, k, t.num(lo))
	ln := t.add(head, tail)
	tail = t.sub(tail, t.sub(ln, head))
	// The product, and e to its power.
	p := t.mul(y, ln)
	low := t.neg(p)
	t.addTo(low, y, ln)
	t.addTo(low, y, tail)
	low = t.where(t.cmp(lt, t.abs(p), t.num(750)), low) // beyond, the result is 0 or infinite
	e, n, bits := t.splitExp(t.clampExp(p))
	e = t.add(e, low)
	v := t.restExp(e)
	t.mulTo(v, e, t.one())
	t.mulTo(v, e, t.one())
	if t.wide {
		return t.op2("VSCALEF*", v, n)
	}
	return t.scale(v, n, bits)
}

// atan returns the arc tangent, by the addition theorem for 0, π/4 or π/2 and a polynomial up to tan π/8.
func (t target) atan(x vec) vec { return t.or(t.atanOf(t.abs(x), t.set(t.one())), t.signOf(x)) }

// atanOf returns the arc tangent of a/b, for a and b that are not negative.
func (t target) atanOf(a, b vec) vec {
	middle := t.cmp(gt, a, t.mul(b, t.num(math.Sqrt2-1)))
	large := t.cmp(gt, a, t.mul(b, t.num(math.Sqrt2+1)))
	num := t.blend(large, t.neg(b), t.blend(middle, t.sub(a, b), a))
	den := t.blend(large, a, t.blend(middle, t.add(a, b), b))
	base := t.where(middle, t.set(t.num(math.Pi/4)))
	base = t.blend(large, t.num(math.Pi/2), base)
	hi, lo := t.halfPi()
	low := t.mul(base, t.num(lo/hi))
	u := t.div(num, den)
	z := r2(t, u)
	if !t.double { // Cephes' atanf.c
		t.addTo(low, t.mul(z, u), t.poly(z, -3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2))
		return t.add(base, t.add(u, low))
	}
	p := t.poly(z, -0.33333333333333198973, 0.1999999999995404089, -0.14285714280244157783, 0.11111110785910481028,
		-0.090908978296497720198, 0.076920615118856708771, -0.066631189154996712006, 0.058479979297277306586,
		-0.050397947425002070763, 0.038077001023392652095, -0.017920802900948266444)
	t.addTo(low, t.mul(z, u), p)
	return t.add(base, t.add(u, low))
}

// atan2 returns the angle of the point (x, y), neither of which is NaN, denormal, or so large that their sum overflows.
func (t target) atan2(y, x vec) vec {
	return t.angleOf(t.atanOf(t.abs(y), t.abs(x)), y, x)
}

// angleOf returns the angle of (x, y) for that of (|x|, |y|).
func (t target) angleOf(r, y, x vec) vec {
	hi, lo := t.halfPi()
	left := t.sub(t.set(t.num(2*hi)), t.sub(r, t.num(2*lo)))
	return t.or(t.blend(t.topBit(x), left, r), t.signOf(y))
}

// sinh returns (t + t/(t+1))/2 with t = e^|x| - 1, which must not overflow.
func (t target) sinh(x vec) vec {
	e := t.expm1Any(t.abs(x))
	return t.or(t.mul(t.add(e, t.div(e, t.add(e, t.one()))), t.num(0.5)), t.signOf(x))
}

// cosh returns (e + 1/e)/2 with e = e^|x|, which must not overflow.
func (t target) cosh(x vec) vec {
	e := t.exp(t.abs(x))
	return t.mul(t.add(e, t.div(t.set(t.one()), e)), t.num(0.5))
}

// erfc returns the complementary error function: 1 - erf near 0, e^-a²·P/(1+2a) from ½ on, with a polynomial P in (a-4)/(a+4), and
// 2 minus that for negative arguments. The error of a² is made up for.
func (t target) erfc(x vec) vec {
	most := 10.5
	if t.double {
		most = 28
	}
	a := t.min(t.set(t.num(most)), t.abs(x))
	y := t.mul(t.expOfSquare(a, 1), t.erfcx(a))
	y = t.blend(t.topBit(x), t.sub(t.set(t.num(2)), y), y)
	small := t.sub(t.set(t.one()), t.erfSmall(x))
	return t.blend(t.cmp(lt, a, t.num(erfcBorder)), small, y)
}

// erfcBorder is where erfc is better taken from erf.
const erfcBorder = 0.46875

// erfSmall returns erf x up to 1, or 0.9 in single precision.
func (t target) erfSmall(x vec) vec {
	z := r2(t, x)
	var p vec
	if t.double {
		p = t.poly(z, 0.12837916709551256679, -0.37612638903183546584, 0.11283791670945251782, -0.026866170643276034607,
			0.0052239776074222880537, -0.00085483259896532831953, 0.00012055295319521353642, -0.000014924744649931631109,
			1.6447517567641666294e-6, -1.6209175426580396243e-7, 1.3722975493826881672e-8, -7.8011895575674616624e-10)
	} else { // the coefficients are those of N. Juffa's erff (2015)
		p = t.poly(z, 1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4)
	}
	t.mulTo(p, x, x)
	return p
}

// erfcx returns e^a²·erfc a for a ≥ 0: P/(1+2a) with a polynomial P in (a-4)/(a+4), in single precision P/(a+3) in (a-3)/(a+3).
func (t target) erfcx(a vec) vec {
	if !t.double {
		r := t.div(t.set(t.one()), t.add(a, t.num(3)))
		q := t.mul(t.sub(a, t.num(3)), r)
		return t.mul(r, t.poly(q, 1.0740069078366478, -0.88339448777142784, 0.59022829220069965, -0.310465970685861, 0.11952917259483292,
			-0.026840061340148272, -0.0012270458877505145, 0.0030805779581045803, -0.00048199465785559508, -0.00032471943882123155))
	}
	q := t.div(t.sub(a, t.num(4)), t.add(a, t.num(4)))
	p := t.poly(q, 1.232995118625552533, -0.13962111684056157323, 0.015379652102610976124, 0.068097054254575651748, -0.10103906603576208714,
		0.093732835002654659592, -0.066330365825170057693, 0.037167515464574115245, -0.016197733900980306788, 0.0050319706596962015403,
		-0.00075777438038384851324, -0.00019926054580185316985, 0.00015062632917644858103, -0.000024385488921111328998, -0.000011234464551122589074,
		5.6785549432459129357e-6, 3.1444498577530932753e-7, -7.8132168047824331297e-7, 5.444693133423350418e-8, 7.3967813136482041681e-8,
		-7.7169132457140282716e-9)
	return t.div(p, t.fma(a, t.num(2), t.set(t.one())))
}

// erf returns the error function: a polynomial up to 1, beyond it 1 - e^P with another one.
func (t target) erf(x vec) vec {
	a := t.abs(x)
	var p vec
	var border, most float64
	if t.double {
		border, most = 1, 6
		p = t.poly(t.min(t.set(t.num(most)), a), -2.3415501986626494556e-8, 1.128379470754664885, 0.63661791229410865434,
			0.10277976386232359784, -0.019147888772085619155, -0.0001695944255386940275, 0.001633387279063904759,
			-0.00051063422268243371678, -0.000055582922101809831355, 0.00013265552835795304784, -0.0000763584538970504563,
			0.000029294047761282148113, -8.5482852128235815209e-6, 1.9721398315855835416e-6, -3.6283365711039263567e-7,
			5.2857784761543247814e-8, -5.9772799063984715759e-9, 5.0645221636067093172e-10, -3.0259510843695745604e-11,
			1.1365249322591307632e-12, -2.0171930460559334551e-14)
	} else {
		// The coefficients are those of N. Juffa's erff (2015).
		border, most = 0.927734375, 4
		b := t.min(t.set(t.num(most)), a)
		p = t.poly(b, 1.28717512e-1, 6.34846687e-1, 1.06777877e-1, -2.42546219e-2, 3.88396438e-3, -3.83197126e-4, 1.72853470e-5)
		t.mulTo(p, b, b)
	}
	em1, s := t.expm1(t.neg(p))
	large := t.sub(t.set(t.one()), t.fma(em1, s, s))
	large = t.or(large, t.signOf(x))
	return t.blend(t.cmp(gt, a, t.num(border)), large, t.erfSmall(x))
}

// sinMost is the largest argument that sin and cos reduce; larger ones are left to the caller.
func (t target) sinMost() float64 {
	if t.double {
		return 1e9
	}
	return 1e5
}

// sin returns the sine of x, or the cosine if shift is 1.
func (t target) sin(x vec, shift uint64) vec {
	// x = n·π/2 + r + lo with π/2 in three parts. The first subtraction is exact; what the others lose is kept in lo.
	bits := t.set(t.num(t.magic()))
	t.addTo(bits, x, t.num(2/math.Pi))
	n := t.sub(bits, t.num(t.magic()))
	c := [3]float64{1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15}
	if t.double {
		c = [3]float64{1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33}
	}
	r1 := t.copy(x)
	t.subTo(r1, n, t.num(c[0]))
	w := t.mul(n, t.num(c[1]))
	r := t.sub(r1, w)
	lo := t.sub(t.sub(r1, r), w)
	t.addTo(lo, n, t.num(-c[2]))
	e := t.neg(w)
	t.addTo(e, n, t.num(c[1]))
	lo = t.sub(lo, e)

	z := r2(t, r)
	h := t.mul(z, t.num(0.5))
	w = t.sub(t.set(t.one()), h) // close to cos r
	var ps, pc vec
	if t.double {
		// FreeBSD's k_sin.c and k_cos.c.
		ps = t.poly(z, -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
			2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10)
		pc = t.poly(z, 4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
			-2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11)
	} else {
		ps = t.poly(z, -0.16666654225563937129, 0.0083321314975109638631, -0.0001951083917283433047)
		pc = t.poly(z, 0.041666645652934938078, -0.0013887306045419670685, 0.000024431205175598453423)
	}
	sin := t.mul(lo, w)
	t.addTo(sin, t.mul(z, r), ps)
	sin = t.add(r, sin)
	cos := t.sub(t.sub(t.set(t.one()), w), h)
	t.subTo(cos, r, lo)
	t.addTo(cos, r2(t, z), pc)
	cos = t.add(w, cos)

	if shift != 0 {
		bits = t.intAdd(bits, t.bits(shift))
	}
	y := t.blend(t.topBit(t.shl(bits, 8*t.size()-1)), cos, sin)
	y = t.xor(y, t.signOf(t.shl(bits, 8*t.size()-2)))
	if shift == 0 { // for the sign of zeros
		y = t.blend(t.cmp(lt, t.abs(x), t.num(0x1p-40)), x, y)
	}
	return y
}
