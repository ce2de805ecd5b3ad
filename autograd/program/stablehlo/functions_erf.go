package stablehlo

import "math"

// twoOverSqrtPi is the derivative of erf at 0.
const twoOverSqrtPi = 2 / math.SqrtPi

var _ = addPrimitives(map[string]primitiveForm{
	"erf":              function1(func(e *emitter, x value) value { return e.errors(x).value("erf") }),
	"erfc":             function1(func(e *emitter, x value) value { return e.errors(x).value("erfc") }),
	"erfcx":            wide1(func(e *emitter, x value) value { return e.erfcxDerivative(0, x) }),
	"erfcx_derivative": ordered(func(e *emitter, n int, x value) value { return e.erfcxDerivative(n, x) }),
	"erfinv": wide1(func(e *emitter, x value) value {
		c := e.calculate(x.typ)
		c.give("x", x)
		c.let("p", "abs(x)")
		c.let("q", "1 - p") // exact from ½ on
		c.inverse()
		c.let("y", "where(le(p, 1), where(lt(x, 0), -y, where(eq(x, 0), x, y)), 0/0)")
		return c.value("y")
	}),
	"erfcinv": wide1(func(e *emitter, x value) value {
		c := e.calculate(x.typ)
		c.give("x", x)
		c.let("q", "minimum(x, 2-x)") // exact
		c.let("p", "1 - q")
		c.inverse()
		c.let("y", "where(ge(q, 0), where(gt(x, 1), -y, y), 0/0)")
		return c.value("y")
	}),
})

// wide1 is the form of a primitive of one operand that is computed in float64, whatever the precision of the operand.
func wide1(f func(e *emitter, x value) value) primitiveForm {
	return function1(func(e *emitter, x value) value { return e.convert(f(e, e.convert(x, f64)), x.elem) })
}

// ordered is the form of a primitive of an order, which is a constant, and an operand, computed in float64.
func ordered(f func(e *emitter, n int, x value) value) primitiveForm {
	return func(e *emitter, xs []operand) operand {
		x := xs[1].value()
		return xs[1].of(e.convert(f(e, int(xs[0].c), e.convert(x, f64)), x.elem))
	}
}

// errors calculates erf and erfc of x: rational approximations of FreeBSD's s_erf.c, which is what package math has.
func (e *emitter) errors(x value) *calculation {
	c := e.calculate(x.typ)
	c.give("x", x)
	c.let("a", "abs(x)")

	// Up to 0.84375: erf = x + x·small.
	c.let("z", "x*x")
	c.let("small", "(%s)/(%s)",
		polynomial("z", 1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02, -5.77027029648944159157e-03, -2.37630166566501626084e-05),
		polynomial("z", 1, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03, 1.32494738004321644526e-04, -3.96022827877536812320e-06))

	// Up to 1.25: erf |x| = 0.845... + middle.
	const base = 8.45062911510467529297e-01
	c.let("s", "a - 1")
	c.let("middle", "(%s)/(%s)",
		polynomial("s", -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01, 3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02, -2.16637559486879084300e-03),
		polynomial("s", 1, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02, 1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02))

	// Beyond: erfc |x| = e^(-x²-0.5625+ratio)/|x|. The square of h, x with half of its bits, is exact.
	c.let("s", "1/(a*a)")
	c.let("ratio", "where(lt(a, 2.857142857142857), (%s)/(%s), (%s)/(%s))",
		polynomial("s", -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01, -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02, -8.12874355063065934246e+01, -9.81432934416914548592e+00),
		polynomial("s", 1, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02, 6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02, 6.57024977031928170135e+00, -6.04244152148580987438e-02),
		polynomial("s", -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01, -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03, -4.83519191608651397019e+02),
		polynomial("s", 1, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03, 3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02, -2.24409524465858183362e+01))
	c.give("h", e.halfOfBits(c.value("a")))
	c.let("tail", "where(lt(a, 28), exp(-h*h - 0.5625)*exp((h-a)*(h+a) + ratio)/a, 0)")

	c.let("far", "where(lt(a, 6), 1 - tail, 1)")
	c.let("y", "where(lt(a, 1.25), %s + middle, far)", number(base))
	c.let("erf", "where(lt(a, 0.84375), x + x*small, where(ge(x, 0), y, where(lt(x, 0), -y, x)))")
	c.let("near", "where(lt(x, 0.25), 1 - (x + x*small), 0.5 - (x - 0.5 + x*small))")
	c.let("y", "where(lt(a, 1.25), where(lt(x, 0), 1 + (%s+middle), 1 - %[1]s - middle), where(lt(x, 0), 2 - tail, tail))", number(base))
	c.let("erfc", "where(lt(a, 0.84375), near, where(eq(x, x), y, x))")
	return c
}

// halfOfBits returns x with zeros in place of the second half of its bits.
func (e *emitter) halfOfBits(x value) value {
	if x.elem == f64 {
		return e.convert(e.convert(x, f32), f64)
	}
	bits := e.bits(x, i32)
	return e.bits(e.same("and", bits, e.like(-4096, bits)), f32)
}

// erfcxDerivative returns the n-th derivative of e^x²·erfc x: upwards by the recurrence of the repeated integrals of erfc,
// DLMF 7.18.7, and where that would cancel by the continued fraction of Gautschi (1970).
func (e *emitter) erfcxDerivative(n int, x value) value {
	c := e.errors(x)
	c.give("h", e.halfOfBits(x))
	c.let("e", "where(lt(abs(h), 1/0), exp(h*h)*exp((x-h)*(x+h)), 1/0)*erfc")
	c.let("before", "0")
	for k := 1; k <= n; k++ {
		rest := number(twoOverSqrtPi)
		if k > 1 {
			rest = number(float64(2*(k-1))) + "*before"
		}
		c.let("next", "%s - 2*x*e", rest)
		c.named["before"], c.named["e"] = c.named["e"], c.named["next"]
	}
	least, steps := 2.0, 3*n+70
	if n > 0 {
		least, steps = 0.5, 3*n+820
	}
	c.let("from", "maximum(x, %v)", least)
	c.give("fraction", e.erfcxFraction(n, steps, c.value("from")))
	c.let("e", "where(ge(x, %v), where(eq(x, 1/0), 0, fraction), e)", least)
	if n%2 == 1 {
		c.let("e", "-e")
	}
	return c.value("e")
}

// erfcxFraction returns the n-th derivative without its sign by so many steps of the continued fraction.
func (e *emitter) erfcxFraction(n, steps int, x value) value {
	c := e.calculate(x.typ)
	c.give("x", x)
	c.let("r", "1/(x + sqrt(x*x + %d))", 2*(steps+1))
	step := func(k value, r value) value { // ½/(x + (k+1)·r)
		c := e.calculate(x.typ)
		c.give("x", x)
		c.give("r", r)
		c.give("k", k)
		c.let("r", "0.5/(x + (k+1)*r)")
		return c.value("r")
	}
	// The steps down to n, of which nothing is kept, are a loop.
	count := typ{elem: x.elem}
	k, r := e.constant(float64(steps), count), c.value("r")
	types := []typ{count, x.typ}
	last := e.constant(float64(n), count)
	going := e.region(func(args []value) []value { return []value{e.compare("GT", args[0], last)} }, types...)
	one := e.constant(1, count)
	loop := e.region(func(args []value) []value {
		return []value{e.same("subtract", args[0], one), step(e.stretch(args[0], x.dims), args[1])}
	}, types...)
	c.give("r", e.generic("stablehlo.while", "", []region{going, loop}, []value{k, r}, types...)[1])
	c.let("y", "%s", number(twoOverSqrtPi))
	for k := n; k >= 0; k-- {
		c.let("r", "0.5/(x + %d*r)", k+1)
		if k > 0 {
			c.let("y", "y*(%d*r)", 2*k)
		} else {
			c.let("y", "y*r")
		}
	}
	return c.value("y")
}

// inverse calculates the y ≥ 0 for which erf y = p and erfc y = q, by Wichura (1988), AS 241, as package math has it, and a
// step of Newton's.
func (c *calculation) inverse() {
	c.let("r", "0.180625 - 0.25*p*p")
	c.let("near", "p*(%s)/(%s)",
		polynomial("r", 1.1975323115670912564578e0, 4.7072688112383978012285e1, 6.9706266534389598238465e2, 4.8548868893843886794648e3, 1.6235862515167575384252e4, 2.3782041382114385731252e4, 1.1819493347062294404278e4, 8.8709406962545514830200e2),
		polynomial("r", 1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3))
	c.let("root", "sqrt(%s - log(q))", number(math.Ln2))
	c.let("r", "root - 1.6")
	c.let("middle", "(%s)/(%s)",
		polynomial("r", 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
		polynomial("r", 1.4142135623730950488016887e0, 2.9036514445419946173133295e0, 2.3707661626024532365971225e0, 9.7547832001787427186894837e-1, 2.0945065210512749128288442e-1, 2.1494160384252876777097297e-2, 7.7441459065157709165577218e-4, 1.4859850019840355905497876e-9))
	c.let("r", "root - 5")
	c.let("far", "(%s)/(%s)",
		polynomial("r", 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
		polynomial("r", 1.414213562373095048801689e0, 8.482908416595164588112026e-1, 1.936480946950659106176712e-1, 2.103693768272068968719679e-2, 1.112800997078859844711555e-3, 2.611088405080593625138020e-5, 2.010321207683943062279931e-7, 2.891024605872965461538222e-15))
	c.let("y", "where(le(p, 0.85), near, where(le(root, 5), middle, far))")
	at := c.e.errors(c.value("y"))
	c.give("erf", at.value("erf"))
	c.give("erfc", at.value("erfc"))
	c.let("wrong", "where(le(p, 0.5), erf - p, where(ge(q, 1e-290), q - erfc, 0))")
	c.let("y", "y - wrong*%s*exp(y*y)", number(1/twoOverSqrtPi))
	c.let("y", "where(eq(q, 0), 1/0, where(lt(p, 1e-9), p*%s, y))", number(1/twoOverSqrtPi))
}
