package onnx

import "math"

// A primitiveForm adds the nodes of a primitive of row expressions.
type primitiveForm func(e *emitter, xs []operand) operand

// primitives are the forms of the primitives of row expressions, by name. Special functions that are not here have none.
var primitives = map[string]primitiveForm{
	"add": addition,
	"sub": func(e *emitter, xs []operand) operand {
		if xs[1].is(0) {
			return xs[0]
		}
		return arithmetic("Sub", func(a, b float64) float64 { return a - b })(e, xs)
	},
	"mul":   multiplication,
	"div":   arithmetic("Div", func(a, b float64) float64 { return a / b }),
	"neg":   negative,
	"where": choice,

	"gt": comparison("Greater", func(a, b float64) bool { return a > b }),
	"ge": comparison("GreaterOrEqual", func(a, b float64) bool { return a >= b }),
	"lt": comparison("Less", func(a, b float64) bool { return a < b }),
	"le": comparison("LessOrEqual", func(a, b float64) bool { return a <= b }),
	"eq": comparison("Equal", func(a, b float64) bool { return a == b }),
	"ne": func(e *emitter, xs []operand) operand {
		x := comparison("Equal", func(a, b float64) bool { return a == b })(e, xs)
		if x.constant {
			return fixed(e, x.elem, 1-x.c)
		}
		return operand{e: e, elem: x.elem, truth: e.not(x.truth)}
	},
	"isnan": func(e *emitter, xs []operand) operand {
		return operand{e: e, elem: xs[0].elem, truth: e.isNaN(xs[0].value())}
	},
	"isfinite": func(e *emitter, xs []operand) operand {
		return operand{e: e, elem: xs[0].elem, truth: e.isFinite(xs[0].value())}
	},

	"abs": one("Abs"), "exp": one("Exp"), "log": one("Log"), "sqrt": one("Sqrt"),
	"sin": one("Sin"), "cos": one("Cos"), "tan": one("Tan"), "asin": one("Asin"), "acos": one("Acos"), "atan": one("Atan"),
	"sinh": one("Sinh"), "cosh": one("Cosh"), "tanh": one("Tanh"), "asinh": one("Asinh"), "acosh": one("Acosh"), "atanh": one("Atanh"),
	"floor": one("Floor"), "ceil": one("Ceil"), "round": one("Round"), "sign": one("Sign"), "erf": one("Erf"),

	"maximum": arithmetic("Max", func(a, b float64) float64 { return max(a, b) }),
	"minimum": arithmetic("Min", func(a, b float64) float64 { return min(a, b) }),
	"pow":     two("Pow"),

	"erfc": function1(func(e *emitter, x value) value { // of large x too it has no more digits than 1 has
		return e.same("Sub", e.like(1, x), e.same("Erf", x))
	}),
	"trunc": function1(func(e *emitter, x value) value {
		return e.choose(e.compare("Less", x, e.like(0, x)), e.same("Ceil", x), e.same("Floor", x))
	}),
	"log1p": function1(log1p),
	"expm1": function1(expm1),
	"hypot": function2(hypot),
	"atan2": function2(atan2),
}

// one is the form of a primitive that is an operator of one operand.
func one(operator string) primitiveForm {
	return function1(func(e *emitter, x value) value { return e.same(operator, x) })
}

// two is the form of a primitive that is an operator of two operands.
func two(operator string) primitiveForm {
	return function2(func(e *emitter, a, b value) value { return e.same(operator, a, b) })
}

// function1 is the form of a primitive of one operand, and function2 of two.
func function1(f func(e *emitter, x value) value) primitiveForm {
	return func(e *emitter, xs []operand) operand { return xs[0].of(f(e, xs[0].value())) }
}

func function2(f func(e *emitter, a, b value) value) primitiveForm {
	return func(e *emitter, xs []operand) operand { return xs[0].of(f(e, xs[0].value(), xs[1].value())) }
}

// arithmetic is the form of a primitive that is an operator of two operands, computed here for two constants.
func arithmetic(operator string, f func(a, b float64) float64) primitiveForm {
	return func(e *emitter, xs []operand) operand {
		if xs[0].constant && xs[1].constant {
			return fixed(e, xs[0].elem, f(xs[0].c, xs[1].c))
		}
		return xs[0].of(e.same(operator, xs[0].value(), xs[1].value()))
	}
}

// addition adds. The sum of two truth values is true where one of them is.
func addition(e *emitter, xs []operand) operand {
	a, b := xs[0], xs[1]
	if a.isTruth() && b.isTruth() {
		number := func() value { return e.same("Add", a.value(), b.value()) }
		return operand{e: e, elem: a.elem, truth: e.same("Or", a.truth, b.truth), written: number}
	}
	return arithmetic("Add", func(a, b float64) float64 { return a + b })(e, xs)
}

// multiplication multiplies. The product of two truth values is one.
func multiplication(e *emitter, xs []operand) operand {
	a, b := xs[0], xs[1]
	switch {
	case a.is(1):
		return b
	case b.is(1):
		return a
	case a.isTruth() && b.isTruth():
		return operand{e: e, elem: a.elem, truth: e.same("And", a.truth, b.truth)}
	}
	return arithmetic("Mul", func(a, b float64) float64 { return a * b })(e, xs)
}

func negative(e *emitter, xs []operand) operand {
	if xs[0].constant {
		return fixed(e, xs[0].elem, -xs[0].c)
	}
	return xs[0].of(e.same("Neg", xs[0].value()))
}

// choice is where.
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
func comparison(operator string, f func(a, b float64) bool) primitiveForm {
	return func(e *emitter, xs []operand) operand {
		if xs[0].constant && xs[1].constant {
			c := 0.0
			if f(xs[0].c, xs[1].c) {
				c = 1
			}
			return fixed(e, xs[0].elem, c)
		}
		return operand{e: e, elem: xs[0].elem, truth: e.compare(operator, xs[0].value(), xs[1].value())}
	}
}

// isNaN returns where x is NaN.
func (e *emitter) isNaN(x value) value {
	return e.to("IsNaN", value{elem: boolean, dims: x.dims}, []value{x})
}

// isFinite returns where x is neither infinite nor NaN.
func (e *emitter) isFinite(x value) value {
	return e.compare("Less", e.same("Abs", x), e.like(math.Inf(1), x))
}

// log1p is ln u · x/(u-1) with u = 1+x, in which the rounding of u cancels, and x where u is 1 or x infinite. Source:
// Goldberg, What every computer scientist should know about floating-point arithmetic (1991), theorem 4.
func log1p(e *emitter, x value) value {
	one := e.like(1, x)
	u := e.same("Add", one, x)
	d := e.same("Sub", u, one)
	y := e.same("Mul", e.same("Log", u), e.same("Div", x, d))
	kept := e.same("Or", e.compare("Equal", u, one), e.compare("Equal", x, e.like(math.Inf(1), x)))
	return e.choose(kept, x, y)
}

// expm1 is (u-1)·x/ln u with u = eˣ, and x where u is 1, and u-1 where x is far from 0. Source: Kahan, in Higham, Accuracy
// and stability of numerical algorithms (2002), section 1.14.1.
func expm1(e *emitter, x value) value {
	one := e.like(1, x)
	u := e.same("Exp", x)
	d := e.same("Sub", u, one)
	y := e.same("Mul", d, e.same("Div", x, e.same("Log", u)))
	y = e.choose(e.compare("Greater", e.same("Abs", x), one), d, y)
	return e.choose(e.compare("Equal", u, one), x, y)
}

// hypot is the length of (a, b), scaled by the longer leg. It is infinite if a leg is, even if the other is NaN.
func hypot(e *emitter, a, b value) value {
	a, b = e.same("Abs", a), e.same("Abs", b)
	zero, one, inf := e.like(0, a), e.like(1, a), e.like(math.Inf(1), a)
	long, short := e.same("Max", a, b), e.same("Min", a, b)
	q := e.same("Div", short, e.choose(e.compare("Equal", long, zero), one, long))
	y := e.same("Mul", long, e.same("Sqrt", e.same("Add", one, e.same("Mul", q, q))))
	infinite := e.same("Or", e.compare("Equal", a, inf), e.compare("Equal", b, inf))
	return e.choose(infinite, inf, y)
}

// atan2 is the angle of (x, y): that of the absolute values, at most 45° and then reflected.
func atan2(e *emitter, y, x value) value {
	zero, one := e.like(0, x), e.like(1, x)
	a, b := e.same("Abs", x), e.same("Abs", y)
	long, short := e.same("Max", a, b), e.same("Min", a, b)
	equal := e.compare("Equal", short, long) // both may be 0 or infinite
	q := e.same("Div", short, e.choose(equal, one, long))
	angle := e.same("Atan", e.choose(e.same("And", equal, e.compare("Greater", long, zero)), one, q))
	angle = e.choose(e.compare("Greater", b, a), e.same("Sub", e.like(math.Pi/2, x), angle), angle)
	angle = e.choose(e.isNegative(x), e.same("Sub", e.like(math.Pi, x), angle), angle)
	angle = e.choose(e.isNegative(y), e.same("Neg", angle), angle)
	nan := e.same("Or", e.isNaN(x), e.isNaN(y))
	return e.choose(nan, e.like(math.NaN(), x), angle)
}

// isNegative returns where x has the sign of -0.
func (e *emitter) isNegative(x value) value {
	zero := e.like(0, x)
	return e.same("Or", e.compare("Less", x, zero), e.compare("Less", e.same("Reciprocal", x), zero))
}
