package main

import (
	"math"
)

// This file holds exponentials of the normal and the logistic distribution, for mappings.

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
