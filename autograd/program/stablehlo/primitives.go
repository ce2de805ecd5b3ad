package stablehlo

import "math"

// A primitiveForm writes the instructions of a primitive of row expressions.
type primitiveForm func(e *emitter, xs []operand) operand

// primitives are the forms of the primitives of row expressions, by name.
var primitives = map[string]primitiveForm{
	"add": addition,
	"sub": func(e *emitter, xs []operand) operand {
		if xs[1].is(0) {
			return xs[0]
		}
		return arithmetic("subtract", func(a, b float64) float64 { return a - b })(e, xs)
	},
	"mul":   multiplication,
	"div":   arithmetic("divide", func(a, b float64) float64 { return a / b }),
	"neg":   negative,
	"where": choice,

	"gt": comparison("GT", func(a, b float64) bool { return a > b }),
	"ge": comparison("GE", func(a, b float64) bool { return a >= b }),
	"lt": comparison("LT", func(a, b float64) bool { return a < b }),
	"le": comparison("LE", func(a, b float64) bool { return a <= b }),
	"eq": comparison("EQ", func(a, b float64) bool { return a == b }),
	"ne": comparison("NE", func(a, b float64) bool { return a != b }),
	"isnan": func(e *emitter, xs []operand) operand {
		x := xs[0].value()
		return operand{e: e, typ: xs[0].typ, truth: e.compare("NE", x, x)}
	},
	"isfinite": func(e *emitter, xs []operand) operand {
		x := xs[0].value()
		return operand{e: e, typ: xs[0].typ, truth: e.to("is_finite", x.of(i1), "", x)}
	},

	"abs":     one("abs"),
	"exp":     one("exponential"),
	"log":     one("log"),
	"log1p":   one("log_plus_one"),
	"expm1":   one("exponential_minus_one"),
	"sqrt":    one("sqrt"),
	"sin":     one("sine"),
	"cos":     one("cosine"),
	"tan":     one("tan"),
	"tanh":    one("tanh"),
	"floor":   one("floor"),
	"ceil":    one("ceil"),
	"round":   one("round_nearest_even"),
	"maximum": arithmetic("maximum", func(a, b float64) float64 { return max(a, b) }),
	"minimum": arithmetic("minimum", func(a, b float64) float64 { return min(a, b) }),
	"pow":     two("power"),
	"atan2":   two("atan2"),

	"trunc": function1(func(e *emitter, x value) value {
		return e.choose(e.compare("LT", x, e.like(0, x)), e.same("ceil", x), e.same("floor", x))
	}),
	"sign": function1(func(e *emitter, x value) value { // +0 for -0
		zero := e.like(0, x)
		return e.choose(e.compare("EQ", x, zero), zero, e.same("sign", x))
	}),
	"hypot": function2(hypot),
	"atan":  function1(func(e *emitter, x value) value { return e.same("atan2", x, e.like(1, x)) }),
	"asin":  function1(func(e *emitter, x value) value { return e.same("atan2", x, e.leg(x)) }),
	"acos":  function1(func(e *emitter, x value) value { return e.same("atan2", e.leg(x), x) }),
	"sinh":  function1(sinh),
	"cosh":  function1(cosh),
	"asinh": function1(asinh),
	"acosh": function1(acosh),
	"atanh": function1(atanh),
}

// addPrimitives adds forms of primitives. Two of one name are a mistake.
func addPrimitives(table map[string]primitiveForm) bool {
	for name, f := range table {
		if primitives[name] != nil || f == nil {
			panic("stablehlo: primitive " + name + " has two forms, or one that is nil")
		}
		primitives[name] = f
	}
	return true
}

// one is the form of a primitive that is an instruction of one operand.
func one(op string) primitiveForm {
	return function1(func(e *emitter, x value) value { return e.same(op, x) })
}

// two is the form of a primitive that is an instruction of two operands.
func two(op string) primitiveForm {
	return function2(func(e *emitter, a, b value) value { return e.same(op, a, b) })
}

// function1 is the form of a primitive of one operand, and function2 of two.
func function1(f func(e *emitter, x value) value) primitiveForm {
	return func(e *emitter, xs []operand) operand { return xs[0].of(f(e, xs[0].value())) }
}

func function2(f func(e *emitter, a, b value) value) primitiveForm {
	return func(e *emitter, xs []operand) operand { return xs[0].of(f(e, xs[0].value(), xs[1].value())) }
}

// arithmetic is the form of a primitive that is an instruction of two operands, computed here for two constants.
func arithmetic(op string, f func(a, b float64) float64) primitiveForm {
	return func(e *emitter, xs []operand) operand {
		if xs[0].constant && xs[1].constant {
			return fixed(e, xs[0].typ, f(xs[0].c, xs[1].c))
		}
		return xs[0].of(e.same(op, xs[0].value(), xs[1].value()))
	}
}

// addition writes a sum. That of two truth values is true where one of them is. A compiler takes x + 0 for x, which is
// wrong for -0.
func addition(e *emitter, xs []operand) operand {
	a, b := xs[0], xs[1]
	if a.is(0) {
		a, b = b, a
	}
	if b.is(0) && !a.constant {
		x, zero := a.value(), b.value()
		return a.of(e.choose(e.compare("EQ", x, zero), e.constant(0, a.typ), x))
	}
	if a.isTruth() && b.isTruth() {
		number := func() value { return e.same("add", a.value(), b.value()) }
		return operand{e: e, typ: a.typ, truth: e.same("or", a.truth, b.truth), written: number}
	}
	return arithmetic("add", func(a, b float64) float64 { return a + b })(e, xs)
}

// multiplication writes a product. That of two truth values is one.
func multiplication(e *emitter, xs []operand) operand {
	a, b := xs[0], xs[1]
	switch {
	case a.is(1):
		return b
	case b.is(1):
		return a
	case a.isTruth() && b.isTruth():
		return operand{e: e, typ: a.typ, truth: e.same("and", a.truth, b.truth)}
	}
	return arithmetic("multiply", func(a, b float64) float64 { return a * b })(e, xs)
}

func negative(e *emitter, xs []operand) operand {
	if xs[0].constant {
		return fixed(e, xs[0].typ, -xs[0].c)
	}
	return xs[0].of(e.same("negate", xs[0].value()))
}

// choice writes where.
func choice(e *emitter, xs []operand) operand {
	if condition := xs[0]; condition.constant {
		if condition.c != 0 {
			return xs[1]
		}
		return xs[2]
	}
	return xs[0].of(e.choose(xs[0].holds(), xs[1].value(), xs[2].value()))
}

// comparison is the form of a relation.
func comparison(relation string, f func(a, b float64) bool) primitiveForm {
	return func(e *emitter, xs []operand) operand {
		if xs[0].constant && xs[1].constant {
			c := 0.0
			if f(xs[0].c, xs[1].c) {
				c = 1
			}
			return fixed(e, xs[0].typ, c)
		}
		return operand{e: e, typ: xs[0].typ, truth: e.compare(relation, xs[0].value(), xs[1].value())}
	}
}

// hypot is the length of (a, b), scaled by the longer leg. It is infinite if a leg is, even if the other is NaN.
func hypot(e *emitter, a, b value) value {
	a, b = e.same("abs", a), e.same("abs", b)
	zero, one, inf := e.like(0, a), e.like(1, a), e.like(math.Inf(1), a)
	long, short := e.same("maximum", a, b), e.same("minimum", a, b)
	q := e.same("divide", short, e.choose(e.compare("EQ", long, zero), one, long))
	y := e.same("multiply", long, e.same("sqrt", e.same("add", one, e.same("multiply", q, q))))
	infinite := e.same("or", e.compare("EQ", a, inf), e.compare("EQ", b, inf))
	return e.choose(infinite, inf, y)
}

// leg returns √((1-x)(1+x)).
func (e *emitter) leg(x value) value {
	one := e.like(1, x)
	return e.same("sqrt", e.same("multiply", e.same("subtract", one, x), e.same("add", one, x)))
}

// sinh is (m + m/(m+1))/2 with m = e^|x| - 1, which keeps the digits near 0, with the sign of x. Where that overflows it is
// e^(|x|/2)·e^(|x|/2)/2.
func sinh(e *emitter, x value) value {
	a, half, one := e.same("abs", x), e.like(0.5, x), e.like(1, x)
	m := e.same("exponential_minus_one", a)
	small := e.same("multiply", half, e.same("add", m, e.same("divide", m, e.same("add", m, one))))
	y := e.choose(e.compare("GT", a, e.like(20, x)), e.halfExponential(a), small)
	return e.withSign(y, x)
}

// cosh is (e^|x| + e^-|x|)/2, without overflow on the way.
func cosh(e *emitter, x value) value {
	a, half := e.same("abs", x), e.like(0.5, x)
	small := e.same("multiply", half, e.same("add", e.same("exponential", a), e.same("exponential", e.same("negate", a))))
	return e.choose(e.compare("GT", a, e.like(20, x)), e.halfExponential(a), small)
}

// halfExponential returns eˣ/2, which is finite a little beyond where eˣ is.
func (e *emitter) halfExponential(x value) value {
	half := e.like(0.5, x)
	root := e.same("exponential", e.same("multiply", half, x))
	return e.same("multiply", e.same("multiply", half, root), root)
}

// withSign returns y ≥ 0 with the sign of x, and x where x is 0.
func (e *emitter) withSign(y, x value) value {
	zero := e.like(0, x)
	y = e.choose(e.compare("LT", x, zero), e.same("negate", y), y)
	return e.choose(e.compare("EQ", x, zero), x, y)
}

// asinh is log1p(a + a²/(1+√(1+a²))) with a = |x|, with the sign of x, and ln a + ln 2 where a² would overflow.
func asinh(e *emitter, x value) value {
	a, one := e.same("abs", x), e.like(1, x)
	square := e.same("multiply", a, a)
	root := e.same("sqrt", e.same("add", one, square))
	small := e.same("log_plus_one", e.same("add", a, e.same("divide", square, e.same("add", one, root))))
	large := e.same("add", e.same("log", a), e.like(math.Ln2, x))
	y := e.choose(e.compare("GT", a, e.like(1<<28, x)), large, small)
	return e.withSign(y, x)
}

// acosh is log1p(t + √(2t + t²)) with t = x - 1, and ln x + ln 2 where x² would overflow.
func acosh(e *emitter, x value) value {
	t := e.same("subtract", x, e.like(1, x))
	root := e.same("sqrt", e.same("add", e.same("multiply", e.like(2, x), t), e.same("multiply", t, t)))
	small := e.same("log_plus_one", e.same("add", t, root))
	large := e.same("add", e.same("log", x), e.like(math.Ln2, x))
	return e.choose(e.compare("GT", e.same("abs", x), e.like(1<<28, x)), large, small)
}

// atanh is log1p(2a/(1-a))/2 with a = |x|, with the sign of x.
func atanh(e *emitter, x value) value {
	a, one := e.same("abs", x), e.like(1, x)
	q := e.same("divide", e.same("add", a, a), e.same("subtract", one, a))
	return e.withSign(e.same("multiply", e.like(0.5, x), e.same("log_plus_one", q)), x)
}
