package ops

import "math"

// Inverses of distributions in single precision. As in M. Giles, Approximating the erfinv function (2011), erfinv(x)/x
// and the derivative times 1-x² are polynomials in the logarithm of 1-x², which interpolate at Chebyshev's points.

// erfInvMost is the largest -ln(1-x²) that they serve.
const erfInvMost = 6

func oneMinusSquares(dst []float64, x []float32) {
	for i, v := range x[:len(dst)] {
		x := float64(v)
		dst[i] = (1 - x) * (1 + x)
	}
}

func erfInvSingle(y, x []float32, logs []float64) {
	x, logs = x[:len(y)], logs[:len(y)]
	for i, l := range logs {
		x := float64(x[i])
		v := x * erfInvPolynomial(-1-l*(2.0/erfInvMost))
		if !(l >= -erfInvMost) {
			v = erfInv(x)
		}
		y[i] = float32(v)
	}
}

func erfInvSlopeSingle(d, x, _ []float32, logs []float64) {
	x, logs = x[:len(d)], logs[:len(d)]
	for i, l := range logs {
		x := float64(x[i])
		v := 0.5 * sqrtPi * erfInvSlopePolynomial(-1-l*(2.0/erfInvMost)) / ((1 - x) * (1 + x))
		if !(l >= -erfInvMost) {
			v = erfInvSlope(erfInv(x), 1-math.Abs(x))
		}
		d[i] = float32(v)
	}
}

// erfInvPolynomial has an error of 4e-10.
func erfInvPolynomial(q float64) float64 {
	z := q * q
	even := 1.6235420064648298 + z*(-0.0516432188178369+z*(0.01580001813067452+z*(-0.0012746931653806024+z*(-0.00015409999258545045+z*(6.355190788796652e-05+z*(-7.894507673481735e-06))))))
	odd := 0.7248912056174343 + z*(-0.022576713454771826+z*(-0.003091684123897499+z*(0.0009898232195393911+z*(-0.00011788446653355697+z*(3.997532048649947e-06)))))
	return even + q*odd
}

// erfInvSlopePolynomial has an error of 5e-10.
func erfInvSlopePolynomial(q float64) float64 {
	z := q * q
	even := 0.6093609331790916 + z*(0.10317726661307644+z*(0.014646995107431974+z*(0.0008027361538815531+z*(1.899414392403637e-05+z*(2.380134707983972e-06)))))
	odd := -0.22528425152652928 + z*(-0.042604148433278095+z*(-0.00397942906508767+z*(-0.00011439143677337595+z*(-8.47442995065685e-06))))
	return even + q*odd
}

func odds(dst []float64, x []float32) {
	for i, v := range x[:len(dst)] {
		dst[i] = float64(v) / (1 - float64(v)) // negative where x is no probability
	}
}

// logitSingle takes the logarithm of the odds near ½ too: double precision has digits enough.
func logitSingle(y, _ []float32, logs []float64) {
	for i, l := range logs[:len(y)] {
		y[i] = float32(l)
	}
}

func logitSlopeSingle(d, x, _ []float32, _ []float64) {
	for i, v := range x[:len(d)] {
		p := float64(v) * (1 - float64(v))
		if p < 0 {
			p = math.NaN()
		}
		d[i] = float32(1 / (p + 0)) // +Inf at -0 too
	}
}

func logitSlopeOf(x float64) float64 {
	if x < 0 || x > 1 {
		return math.NaN()
	}
	return 1 / (x*(1-x) + 0)
}
