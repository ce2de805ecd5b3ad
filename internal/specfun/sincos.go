package specfun

import "math"

// Sincos returns sin x and cos x, x in radians, with an error below 1 ulp up to |x| = 2⁴⁹. [math.Sincos], which serves what
// is larger, has a small absolute error, but next to multiples of π/2 that are not 0 it has fewer correct digits.
//
// Special cases are:
//
//	Sincos(±0) = ±0, 1
//	Sincos(±Inf) = NaN, NaN
//	Sincos(NaN) = NaN, NaN
//
// The polynomials are those of FreeBSD's k_sin.c and k_cos.c, added up in pairs so that few sums wait for each other; the
// reduction is Cody and Waite's (1980) with fused multiply-adds.
func Sincos(x float64) (sin, cos float64) {
	if a := math.Abs(x); a < 0x1p-27 {
		return x, 1
	} else if !(a < 0x1p49) {
		return math.Sincos(x)
	}
	n, r, lo := reduceAngle(x)
	z := float64(r * r)
	sin, cos = sinOf(r, lo, z), cosOf(r, lo, z)
	switch n & 3 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}

// reduceAngle returns x = n·π/2 + r + lo with π/2 in three parts. The lowest bits of n are right, lo is what r has lost.
func reduceAngle(x float64) (n uint64, r, lo float64) {
	// A number of the size of magic has no digits behind the point: adding it rounds, and leaves n in the lowest bits.
	const c1, c2, c3, magic = 1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33, 3 << 51
	t := math.FMA(x, 2/math.Pi, magic)
	m := t - magic
	r1 := math.FMA(-m, c1, x) // exact; what the others lose is kept in lo
	w := float64(m * c2)
	r = r1 - w
	return math.Float64bits(t), r, (r1 - r) - w - math.FMA(m, c3, math.FMA(m, c2, -w))
}

// sinOf returns sin(r+lo) for |r| ≤ π/4 and z = r².
func sinOf(r, lo, z float64) float64 {
	p := polynomial5(z, float64(z*z),
		-1.66666666666666324348e-01, 8.33333333332248946124e-03,
		-1.98412698298579493134e-04, 2.75573137070700676789e-06,
		-2.50507602534068634195e-08, 1.58969099521155010221e-10)
	return r + math.FMA(float64(z*r), p, float64(lo*(1-float64(0.5*z))))
}

// cosOf returns cos(r+lo) for |r| ≤ π/4 and z = r².
func cosOf(r, lo, z float64) float64 {
	z2 := float64(z * z)
	p := polynomial5(z, z2,
		4.16666666666666019037e-02, -1.38888888888741095749e-03,
		2.48015872894767294178e-05, -2.75573143513906633035e-07,
		2.08757232129817482790e-09, -1.13596475577881948265e-11)
	u := 1 - float64(0.5*z) // close to cos r
	return u + math.FMA(z2, p, ((1-u)-float64(0.5*z))-float64(r*lo))
}

// polynomial5 returns a0 + a1·z + ... + a5·z⁵ for z2 = z².
func polynomial5(z, z2, a0, a1, a2, a3, a4, a5 float64) float64 {
	return math.FMA(z2, math.FMA(z2, math.FMA(z, a5, a4), math.FMA(z, a3, a2)), math.FMA(z, a1, a0))
}

// Sin returns sin x as [Sincos] does.
func Sin(x float64) float64 {
	if a := math.Abs(x); a < 0x1p-27 {
		return x
	} else if !(a < 0x1p49) {
		return math.Sin(x)
	}
	n, r, lo := reduceAngle(x)
	var y float64
	if n&1 == 0 {
		y = sinOf(r, lo, float64(r*r))
	} else {
		y = cosOf(r, lo, float64(r*r))
	}
	if n&2 != 0 {
		return -y
	}
	return y
}

// Cos returns cos x as [Sincos] does.
func Cos(x float64) float64 {
	if a := math.Abs(x); a < 0x1p-27 {
		return 1
	} else if !(a < 0x1p49) {
		return math.Cos(x)
	}
	n, r, lo := reduceAngle(x)
	var y float64
	if n&1 == 0 {
		y = cosOf(r, lo, float64(r*r))
	} else {
		y = sinOf(r, lo, float64(r*r))
	}
	if (n+1)&2 != 0 {
		return -y
	}
	return y
}

// Tan returns tan x = sin x/cos x with the precision of [Sincos]: [math.Tan] has fewer correct digits next to multiples of
// π/2.
//
// Special cases are:
//
//	Tan(±0) = ±0
//	Tan(±Inf) = NaN
//	Tan(NaN) = NaN
func Tan(x float64) float64 {
	s, c := Sincos(x)
	return s / c
}
