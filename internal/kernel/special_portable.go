package kernel

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// portableSpecials are the special functions in Go.
var portableSpecials = [numSpecialOps]specialLoops{
	SpecialErfInv:  specialOf(erfInvOf, erfInvSlopeOf),
	SpecialSinc:    specialOf(sincOf, sincSlopeOf),
	SpecialErfcx:   specialOf(erfcxOf, erfcxSlopeOf),
	SpecialLgamma:  specialOf(lgammaOf, digammaOf),
	SpecialDigamma: {value: mapEach[float32](digammaOf)},
}

func specialOf(value, slope func(x float64) float64) specialLoops {
	return specialLoops{mapEach[float32](value), slopeOf[float32](func(a, _, _, _ float64) float64 { return slope(a) })}
}

// The functions below take numbers of single precision. Polynomials without a source named interpolate at Chebyshev's points. Each has
// an error below 1e-9, relative to its values.

// As in M. Giles, Approximating the erfinv function (2011), erfinv(x)/x and the derivative times 1-x² are polynomials in the logarithm l of
// 1-x² down to -6, which is |x| < 0.9987, and in the root of -l from there on.

func erfInvOf(x float64) float64 {
	w := (1 - x) * (1 + x)
	switch {
	case w < 0:
		return math.NaN()
	case w == 0:
		return math.Copysign(math.Inf(1), x)
	}
	l := specfun.Log(w)
	if l < -erfInvMost {
		return x * erfInvTail(math.Sqrt(-l)-erfInvMiddle)
	}
	return x * erfInvPolynomial(-1-l*(2.0/erfInvMost))
}

// erfInvSlopeOf returns the derivative √π/2·e^y².
func erfInvSlopeOf(x float64) float64 {
	w := (1 - x) * (1 + x)
	switch {
	case w < 0:
		return math.NaN()
	case w == 0:
		return math.Inf(1)
	}
	l := specfun.Log(w)
	if l < -erfInvMost {
		return erfInvSlopeTail(math.Sqrt(-l)-erfInvMiddle) / w
	}
	return math.SqrtPi / 2 * erfInvSlopePolynomial(-1-l*(2.0/erfInvMost)) / w
}

const (
	erfInvMost   = 6   // the largest -ln(1-x²) for the polynomials in it
	erfInvMiddle = 3.3 // of the roots beyond
)

func erfInvPolynomial(q float64) float64 {
	z := q * q
	even := 1.6235420064648298 + z*(-0.0516432188178369+z*(0.01580001813067452+z*(-0.0012746931653806024+z*(-0.00015409999258545045+z*(6.355190788796652e-05+z*(-7.894507673481735e-06))))))
	odd := 0.7248912056174343 + z*(-0.022576713454771826+z*(-0.003091684123897499+z*(0.0009898232195393911+z*(-0.00011788446653355697+z*(3.997532048649947e-06)))))
	return even + q*odd
}

func erfInvTail(s float64) float64 {
	z := s * s
	even := 3.134161532511198 + z*(0.0048435715431597157+z*(0.0021036279492474776+z*(0.00083165569334712376+z*(4.7732772639376385e-5+z*(-3.6900701248053897e-5)))))
	odd := 1.0057691324852036 + z*(-0.0032931939453572315+z*(-0.001417566766952625+z*(-0.0003511365433832394+z*6.4943139681911074e-5)))
	return even + s*odd
}

func erfInvSlopePolynomial(q float64) float64 {
	z := q * q
	even := 0.6093609331790916 + z*(0.10317726661307644+z*(0.014646995107431974+z*(0.0008027361538815531+z*(1.899414392403637e-05+z*(2.380134707983972e-06)))))
	odd := -0.22528425152652928 + z*(-0.042604148433278095+z*(-0.00397942906508767+z*(-0.00011439143677337595+z*(-8.47442995065685e-06))))
	return even + q*odd
}

func erfInvSlopeTail(s float64) float64 {
	z := s * s
	even := 0.30483127142903755 + z*(0.025065020074966598+z*(0.0014848919723826141+z*(-3.3739194074066815e-5+z*(-3.2354170969217059e-5))))
	odd := -0.089749357472595547 + z*(-0.006507151391583628+z*(-0.00022981682447839414+z*(5.6682647794269512e-5+z*8.8789565545948158e-6)))
	return even + s*odd
}

// Sinc and its derivative are polynomials in r² for the distance r from the nearest whole number.

// sincMost is a number beyond which those of single precision are whole and even.
const sincMost = 1 << 25

// sincParts returns the distance r of x from the nearest whole number n, the sign of (-1)ⁿ as the sign bit of a number, and
// 1 if n is 0, else 0. There are no branches, which random numbers would take at random.
func sincParts(x float64) (r float64, sign uint64, near float64) {
	n := math.RoundToEven(x)
	return x - n, uint64(int64(n)) << 63, either[float64](n == 0, 1, 0)
}

func sincOf(x float64) float64 {
	a := min(math.Abs(x), sincMost)
	r, sign, near := sincParts(a)
	// sin(πr)/(πa), without the quotient of r and a where they are equal
	q := (r + near*(1-r)) / (a + near*(1-a))
	s := math.Float64frombits(math.Float64bits(q*sinPolynomial(r*r)*(1/math.Pi)) ^ sign)
	return s + 0 // +0 at whole numbers
}

func sincSlopeOf(x float64) float64 {
	r, sign, near := sincParts(max(-sincMost, min(x, sincMost)))
	z := r * r
	if near != 0 {
		return x * sincSlopePolynomial(z)
	}
	far := (cosPolynomial(z) - r*sinPolynomial(z)*(1/math.Pi)/x) / x
	return math.Float64frombits(math.Float64bits(far) ^ sign)
}

// sinPolynomial returns sin(πr)/r for z = r² up to ¼.
func sinPolynomial(z float64) float64 {
	u := (z - 0.125) * (1 / 0.125)
	return 2.534324262661598 + u*(-0.5697036803087363+u*(0.03645310559709847+u*(-0.0010924319966715932+u*(1.8956829152338005e-05+u*(-2.1448933131210143e-07+u*(1.707046832686272e-09))))))
}

// cosPolynomial returns cos(πr) for z = r² up to ¼.
func cosPolynomial(z float64) float64 {
	u := (z - 0.12495) * (1 / 0.12495)
	return 0.4442148946373833 + u*(-0.4974590876442823+u*(0.055888653332524+u*(-0.0023830740046918717+u*(5.354036892234405e-05+u*(-7.429620761332804e-07+u*(7.0023689473964744e-09+u*(-4.774917943369012e-11)))))))
}

// sincSlopePolynomial returns the derivative of sinc at x, divided by x, for z = x² up to ¼.
func sincSlopePolynomial(z float64) float64 {
	u := (z - 0.125) * (1 / 0.125)
	return -2.9014770181953544 + u*(0.37130828459721305+u*(-0.01669113155187873+u*(0.000386185351494846+u*(-5.4614768913604086e-06+u*(5.2164326646344936e-08+u*(-3.592643094832467e-10))))))
}

// For a ≥ 0, erfcx a is P(q)/(1+2a) and its derivative -R(q)/(1+2a)² with polynomials P and R in q = (a-4)/(a+4). For negative numbers the
// reflection 2·e^x² - erfcx(-x) serves.

func erfcxOf(x float64) float64 {
	a := math.Abs(x)
	p := erfcxPolynomial(erfcxArgument(a)) / (1 + 2*a)
	if x < 0 {
		return 2*specfun.Exp(x*x) - p
	}
	return p
}

// erfcxSlopeOf takes 2x·erfcx(x) - 2/√π for negative numbers, where nothing cancels.
func erfcxSlopeOf(x float64) float64 {
	if x < 0 {
		return 2*x*erfcxOf(x) - 2/math.SqrtPi
	}
	b := 1 + 2*x
	return -erfcxSlopePolynomial(erfcxArgument(x)) / (b * b)
}

// erfcxArgument returns q for a ≥ 0, Inf included.
func erfcxArgument(a float64) float64 {
	a = min(a, 1e30)
	return (a - 4) / (a + 4)
}

func erfcxPolynomial(q float64) float64 {
	z := q * q
	even := 1.2329951186255526 + z*(0.015379652097866325+z*(-0.10103906580556925+z*(-0.06633036913040936+z*(-0.016197712227840357+z*(-0.0007578514116024651+z*(0.00015078653883168926+z*(-1.1433794171278303e-05+z*(4.586549430991918e-07))))))))
	odd := -0.13962111671571456 + z*(0.0680970482454417+z*(0.09373291969276316+z*(0.037166976951262753+z*(0.005033799256631894+z*(-0.0002028233117425415+z*(-2.034612380602921e-05+z*(3.1255594048176344e-06)))))))
	return even + q*odd
}

func erfcxSlopePolynomial(q float64) float64 {
	z := q * q
	even := 2.623063993696738 + z*(-0.3135469030350857+z*(-0.6516097264144759+z*(-0.11476791805755278+z*(0.11190252763562998+z*(0.03871276520870267+z*(-0.0008668837044538932+z*(-0.00036829550482259566+z*(4.919092432090401e-05))))))))
	odd := -0.3487517309876493 + z*(0.6688571288677424+z*(0.3987243808272999+z*(-0.06307312546878527+z*(-0.0834845300675267+z*(-0.009590720516159053+z*(0.0016122213271783975+z*(-0.00010404049477601393)))))))
	return even + q*odd
}

// The gamma function and its like are computed for x > 0 from z = x+6, where Stirling's series has few terms, and the six steps back
// from there:
//
//	x(x+1)⋯(x+5) = t(t+4)(t+6) with t = x(x+5)
//
// Elsewhere, and near their roots, functions with the full digits of double precision serve.

// nearGammaRoot is how near to a root that is: there the digits would not do.
const nearGammaRoot = 1.0 / 256

func lgammaOf(x float64) float64 {
	if !(x > 0 && x <= math.MaxFloat32) || math.Abs(x-1) < nearGammaRoot || math.Abs(x-2) < nearGammaRoot {
		return specfun.Lgamma(x)
	}
	t, z := x*(x+5), x+6
	r := 1 / z
	w := r * r
	tail := r * (1./12 - w*(1./360-w*(1./1260-w*(1./1680-w*(1./1188-w*(691./360360-w*(1./156)))))))
	return (z-0.5)*specfun.Log(z) - z + 0.91893853320467274178 + tail - specfun.Log(t*(t+4)*(t+6))
}

func digammaOf(x float64) float64 {
	if !(x > 0 && x <= math.MaxFloat32) || math.Abs(x-1.4616321449683623) < nearGammaRoot {
		return specfun.Digamma(x)
	}
	t := x * (x + 5)
	back := (2*x + 5) * (24 + t*(20+3*t)) / (t * (t + 4) * (t + 6))
	r := 1 / (x + 6)
	w := r * r
	tail := w * (1./12 - w*(1./120-w*(1./252-w*(1./240-w*(1./132-w*(691./32760-w*(1./12)))))))
	return specfun.Log(x+6) - 0.5*r - tail - back
}
