package onnx

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

var _ = addOperators(map[string]operatorForm{
	"Abs": operator1(ops.Abs), "Neg": operator1(ops.Neg), "Exp": operator1(ops.Exp), "Log": operator1(ops.Log), "Sqrt": operator1(ops.Sqrt),
	"Sin": operator1(ops.Sin), "Cos": operator1(ops.Cos), "Tan": operator1(ops.Tan),
	"Asin": operator1(ops.Asin), "Acos": operator1(ops.Acos), "Atan": operator1(ops.Atan),
	"Sinh": operator1(ops.Sinh), "Cosh": operator1(ops.Cosh), "Tanh": operator1(ops.Tanh),
	"Asinh": operator1(ops.Asinh), "Acosh": operator1(ops.Acosh), "Atanh": operator1(ops.Atanh),
	"Floor": operator1(ops.Floor), "Ceil": operator1(ops.Ceil), "Round": operator1(ops.Round), "Sign": operator1(ops.Sign),
	"Erf": operator1(ops.Erf), "Reciprocal": operator1(ops.Reciprocal),
	"Sigmoid": operator1(ops.Sigmoid), "Relu": operator1(ops.ReLU), "Softplus": operator1(ops.Softplus),
	"Gelu": {1, 1, []string{"approximate"}, func(c *call) []imported {
		if a := c.text("approximate", "none"); a != "none" {
			c.fail("approximate is %q: the exact function is read, none", a)
		}
		return operator1(ops.GELU).record(c)
	}},
	"LeakyRelu": withAlphaOf(0.01, ops.LeakyReLU),
	"Elu":       withAlphaOf(1, ops.ELU),
	"Clip": {3, 3, nil, func(c *call) []imported {
		x, lo, hi := c.x(0), c.fixed(1), c.fixed(2)
		c.pay(x.Dims(), 0)
		return out(c.in[0].elem, ops.Clamp(x, lo, hi))
	}},

	"Add": operator2(ops.Add), "Sub": operator2(ops.Sub), "Mul": operator2(ops.Mul), "Div": operator2(ops.Div), "Pow": operator2(ops.Pow),
	"Max": operator2(ops.Maximum), "Min": operator2(ops.Minimum),

	"Greater": relation(ops.Gt), "GreaterOrEqual": relation(ops.Ge), "Less": relation(ops.Lt), "LessOrEqual": relation(ops.Le), "Equal": relation(ops.Eq),
	"IsNaN": {1, 1, nil, func(c *call) []imported {
		x := c.x(0)
		c.pay(x.Dims(), 0)
		return out(boolean, ops.IsNaN(x))
	}},
	"And": logical(ops.Mul), "Or": logical(ops.Maximum),
	"Not": {1, 1, nil, func(c *call) []imported {
		x := c.truth(0)
		c.pay(x.Dims(), 0)
		return out(boolean, ops.Eq(x, c.im.g.Const(0)))
	}},
	"Where": {3, 3, nil, func(c *call) []imported {
		condition, a, b := c.truth(0), c.x(1), c.x(2)
		if c.in[1].elem != c.in[2].elem {
			c.fail("it chooses between %s and %s, which must be one type", c.in[1].elem, c.in[2].elem)
		}
		c.broadcast(condition, a, b)
		return out(c.in[1].elem, ops.Where(condition, a, b))
	}},
	"Identity": {1, 1, nil, func(c *call) []imported { return []imported{c.in[0]} }},
	"Cast":     {1, 1, []string{"to"}, cast},
})

// operator1 is an operator of one operand.
func operator1(f func(x graph.Value) graph.Value) operatorForm {
	return operatorForm{1, 1, nil, func(c *call) []imported {
		x := c.x(0)
		c.pay(x.Dims(), 0)
		return out(c.in[0].elem, f(x))
	}}
}

// withAlphaOf is an operator of one operand with an attribute alpha.
func withAlphaOf(alpha float64, f func(x graph.Value, a float64) graph.Value) operatorForm {
	return operatorForm{1, 1, []string{"alpha"}, func(c *call) []imported {
		x := c.x(0)
		c.pay(x.Dims(), 0)
		return out(c.in[0].elem, f(x, c.float("alpha", alpha)))
	}}
}

// operator2 is one of two operands that broadcast.
func operator2(f func(a, b graph.Value) graph.Value) operatorForm {
	return operatorForm{2, 2, nil, func(c *call) []imported {
		xs := c.same()
		c.broadcast(xs...)
		return out(c.in[0].elem, f(xs[0], xs[1]))
	}}
}

// relation is a comparison.
func relation(f func(a, b graph.Value) graph.Value) operatorForm {
	return operatorForm{2, 2, nil, func(c *call) []imported {
		xs := c.same()
		c.broadcast(xs...)
		return out(boolean, f(xs[0], xs[1]))
	}}
}

// logical is an operator of two truth values.
func logical(f func(a, b graph.Value) graph.Value) operatorForm {
	return operatorForm{2, 2, nil, func(c *call) []imported {
		a, b := c.truth(0), c.truth(1)
		c.broadcast(a, b)
		return out(boolean, f(a, b))
	}}
}

// cast changes the type. All numbers of the graph have one, so that only what becomes an integer or a truth value changes.
func cast(c *call) []imported {
	x, to := c.in[0], elem(c.int("to", 0))
	if to == i32 {
		to = i64
	}
	v, err := c.im.number(x)
	c.check(err)
	switch {
	case to == boolean && x.elem != boolean:
		c.pay(x.dims, 0)
		v = ops.Ne(v, c.im.g.Const(0))
	case to == i64 && x.elem.float():
		c.pay(x.dims, 0)
		v = ops.Trunc(v)
	case to == i64 && x.v.Graph() == nil:
		return []imported{{elem: to, dims: x.dims, ints: x.ints, fixed: x.fixed}}
	case to != i64 && to != boolean && !to.float():
		c.fail("its attribute to is type %d, which is not read", to)
	}
	return out(to, v)
}
