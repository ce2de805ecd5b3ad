package stablehlo

import (
	"fmt"
	"math"
)

var _ = addPrimitives(map[string]primitiveForm{
	"sinc_derivative": ordered(func(e *emitter, n int, x value) value { return e.sincDerivative(n, x) }),
})

// sincDerivative returns the n-th derivative of sin(πx)/(πx) by the recurrence x·f⁽ⁿ⁾ + n·f⁽ⁿ⁻¹⁾ = (sin πx)⁽ⁿ⁾/π, upwards for
// large x and downwards for small: Gautschi (1967).
func (e *emitter) sincDerivative(n int, x value) value {
	c := e.calculate(x.typ)
	c.give("x", x)
	c.let("z", "abs(x)")
	c.sincosPi("z")
	waves := [4]string{"sin", "cos", "-sin", "-cos"}
	c.let("up", "sin/z")
	for k := 1; k <= n; k++ {
		c.let("up", "(%s - %s*up)/z", waves[k%4], number(float64(k)/math.Pi))
	}
	c.let("down", "0") // what this begins with is forgotten on the way
	for k := 2*n + 30; k > n; k-- {
		c.let("down", "(%s - z*down)*%s", waves[k%4], number(math.Pi/float64(k)))
	}
	// What math.Pi lacks of π counts n-1 times.
	const lacks = 1.2246467991473532e-16 / math.Pi
	scale := number(math.Pow(math.Pi, float64(n-1)) * (1 + float64(n-1)*lacks))
	if n == 0 {
		c.let("y", "where(lt(z, 1e-8), 1 - %s*z*z, up*%s)", number(math.Pi*math.Pi/6), scale)
	} else {
		c.let("y", "where(gt(z, %s), up, down)*%s", number(float64(n+1)/math.Pi), scale)
	}
	if n%2 == 1 {
		c.let("y", "where(lt(x, 0), -y, y)")
	}
	c.let("y", "where(eq(z, 1/0), 0, y)")
	return c.value("y")
}

// sincosPi calculates sin πx and cos πx for x ≥ 0, of an argument that is reduced without rounding.
func (c *calculation) sincosPi(x string) {
	c.let("turn", "%s - 2*floor(0.5*%[1]s)", x)
	c.let("quarters", "round(2*turn)")
	c.let("r", "%s*(turn - 0.5*quarters)", number(math.Pi))
	c.let("s", "sin(r)")
	c.let("k", "cos(r)")
	quarter := func(zero, one, two, three string) string {
		return fmt.Sprintf("where(eq(quarters, 1), %s, where(eq(quarters, 2), %s, where(eq(quarters, 3), %s, %s)))", one, two, three, zero)
	}
	c.let("sin", "%s", quarter("s", "k", "0 - s", "-k"))
	c.let("cos", "%s", quarter("k", "-s", "-k", "s"))
}
