package program

import "math"

// simplify returns a value that is that of op and does not need a new instruction of this kind, or none. Each case is
// exact for all operands, infinities, NaN and the signs of zeros included, but for the one that says otherwise.
func (b *builder) simplify(op opcode, x, y, z ref) ref {
	switch op {
	case opAdd:
		return b.simplifyAdd(x, y)
	case opSub:
		return b.simplifySub(x, y)
	case opMul:
		return b.simplifyMul(x, y)
	case opDiv:
		return b.simplifyDiv(x, y)
	case opNeg:
		if v, ok := b.operand(opNeg, x); ok {
			return v
		}
		if in, ok := b.made(x); ok && in.op == opMul && in.args[0] < 0 { // constants come first
			return b.mul(b.constant(-b.number(in.args[0])), in.args[1])
		}
	case opReciprocal:
		if v, ok := b.operand(opNeg, x); ok {
			return b.unary(opNeg, b.unary(opReciprocal, v))
		}
	case opAbs, opSquare, opCosh, opCos:
		if v, ok := b.operand(opNeg, x); ok {
			return b.unary(op, v)
		}
		if v, ok := b.operand(opAbs, x); ok {
			return b.unary(op, v)
		}
	case opMaximum, opMinimum:
		if x == y {
			return x
		}
	case opPow:
		return b.simplifyPow(x, y)
	case opWhere:
		return b.simplifyWhere(x, y, z)
	case opChain:
		return b.simplifyChain(x, y)
	case opSelect:
		return b.simplifySelect(x, y)
	}
	return none
}

func (b *builder) simplifyAdd(x, y ref) ref {
	if y < 0 {
		x, y = y, x
	}
	if x < 0 && b.number(x) == 0 && (b.is(x, math.Copysign(0, -1)) || b.neverNegativeZero(y)) {
		return y
	}
	if v, ok := b.operand(opNeg, y); ok {
		return b.sub(x, v)
	}
	if v, ok := b.operand(opNeg, x); ok {
		return b.sub(y, v)
	}
	return none
}

func (b *builder) simplifySub(x, y ref) ref {
	switch {
	case b.is(y, 0):
		return x
	case b.is(y, math.Copysign(0, -1)):
		return b.add(x, b.constant(0))
	case b.is(x, math.Copysign(0, -1)):
		return b.unary(opNeg, y)
	}
	if v, ok := b.operand(opNeg, y); ok {
		return b.add(x, v)
	}
	return none
}

func (b *builder) simplifyMul(x, y ref) ref {
	if y < 0 {
		x, y = y, x
	}
	if x == y {
		return b.unary(opSquare, x)
	}
	v, negative := b.operand(opNeg, y)
	if x < 0 {
		switch f := b.number(x); {
		case f == 1:
			return y
		case f == -1:
			return b.unary(opNeg, y)
		case negative:
			return b.mul(b.constant(-f), v)
		}
		return none
	}
	if negative {
		return b.unary(opNeg, b.mul(x, v))
	}
	if v, ok := b.operand(opNeg, x); ok {
		return b.unary(opNeg, b.mul(v, y))
	}
	return none
}

func (b *builder) simplifyDiv(x, y ref) ref {
	switch {
	case b.is(x, 1):
		return b.unary(opReciprocal, y)
	case b.is(x, -1):
		return b.unary(opNeg, b.unary(opReciprocal, y))
	}
	if y < 0 { // by a power of two is as exact as with its reciprocal, if that is a normal number
		v := b.number(y)
		if f, e := math.Frexp(v); math.Abs(f) == 0.5 && e > -1000 && e < 1000 {
			return b.mul(b.constant(1/v), x)
		}
		return none
	}
	if v, ok := b.operand(opNeg, y); ok {
		return b.unary(opNeg, b.div(x, v))
	}
	if v, ok := b.operand(opNeg, x); ok {
		return b.unary(opNeg, b.div(v, y))
	}
	return none
}

// simplifyPow writes small whole powers as products, as math.Pow computes them: it rounds alike, but once more where the
// result is below the normal numbers.
func (b *builder) simplifyPow(x, y ref) ref {
	switch {
	case b.is(y, 0):
		return b.constant(1)
	case b.is(y, 1):
		return x
	case b.is(y, 2):
		return b.unary(opSquare, x)
	case b.is(y, 3):
		return b.mul(x, b.unary(opSquare, x))
	case b.is(y, 4):
		return b.unary(opSquare, b.unary(opSquare, x))
	case b.is(y, -1):
		return b.unary(opReciprocal, x)
	}
	return none
}

// simplifyWhere knows the products in which zeros win.
func (b *builder) simplifyWhere(c, x, y ref) ref {
	switch {
	case c < 0 && b.number(c) != 0, x == y:
		return x
	case c < 0:
		return y
	}
	if !b.is(x, 0) || y < 0 || b.values[y].op != opMul {
		return none
	}
	product := &b.values[y]
	p, q := product.args[0], product.args[1]
	if v, ok := b.isZero(c); ok {
		switch v {
		case p:
			return b.binary(opChain, p, q)
		case q:
			return b.binary(opChain, q, p)
		}
	}
	if either, ok := b.made(c); ok && either.op == opAdd {
		u, first := b.isZero(either.args[0])
		v, second := b.isZero(either.args[1])
		if first && second && (u == p && v == q || u == q && v == p) {
			return b.binary(opSelect, p, q)
		}
	}
	return none
}

// isZero returns what c compares with 0, and whether it is such a comparison.
func (b *builder) isZero(c ref) (ref, bool) {
	in, ok := b.made(c)
	if !ok || in.op != opEq || in.args[0] >= 0 || b.number(in.args[0]) != 0 {
		return 0, false
	}
	return in.args[1], true
}

func (b *builder) simplifyChain(w, d ref) ref {
	switch {
	case w < 0 && b.number(w) == 0:
		return b.constant(0)
	case w < 0:
		return b.mul(w, d)
	case b.is(d, 1):
		return b.add(w, b.constant(0))
	case b.is(d, -1):
		return b.sub(b.constant(0), w)
	}
	return none
}

func (b *builder) simplifySelect(x, y ref) ref {
	if y < 0 {
		x, y = y, x
	}
	switch {
	case x < 0 && b.number(x) == 0:
		return b.constant(0)
	case x < 0:
		return b.binary(opChain, y, x)
	}
	return none
}
