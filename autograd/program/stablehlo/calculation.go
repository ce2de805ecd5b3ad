package stablehlo

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/seed366ff29f/chainrule/internal/primitive"
)

// A calculation writes a function of tensors of one type step by step, in the language of graph.Row's Value: every step
// gives a name to an expression in the names before it.
type calculation struct {
	e     *emitter
	typ   typ
	named map[string]operand
}

// calculate begins a calculation.
func (e *emitter) calculate(t typ) *calculation {
	return &calculation{e, t, make(map[string]operand)}
}

// give gives a name to a value.
func (c *calculation) give(name string, v value) {
	c.named[name] = operand{e: c.e, typ: c.typ, number: v}
}

// let gives a name to an expression, in which verbs stand for args as in Sprintf. The name may be one that is used already.
func (c *calculation) let(name, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	term, err := primitive.Parse(text, slices.Collect(maps.Keys(c.named))...)
	if err != nil {
		panic(fmt.Sprintf("stablehlo: %v", err))
	}
	c.named[name] = c.e.write(term, c.typ, c.named)
	if v := c.named[name]; !v.constant && v.truth.name == "" {
		c.named[name] = v.of(v.value()) // written once
	}
}

// value returns what has a name.
func (c *calculation) value(name string) value { return c.named[name].value() }

// polynomial returns the expression of a polynomial in x with the given coefficients, that of the lowest power first.
func polynomial(x string, coefficients ...float64) string {
	text := ""
	for i := len(coefficients) - 1; i >= 0; i-- {
		if a := number(coefficients[i]); text == "" {
			text = a
		} else {
			text = a + " + " + x + "*(" + text + ")"
		}
	}
	return text
}

// number writes a number in expressions, which have no name for infinities.
func number(x float64) string {
	switch {
	case x > math.MaxFloat64:
		return "(1/0)"
	case x < -math.MaxFloat64:
		return "(-1/0)"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
