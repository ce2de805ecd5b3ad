package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// This file holds arithmetic on vectors. Functions that return a register leave their operands alone; those that end in To
// change the first. Where a doc comment allows it, an operand may be a [constant].

// A vec is a vector register.
type vec = reg.VecVirtual

// op2 returns name(x, y); y may be a constant.
func (t target) op2(name string, x vec, y operand.Op) vec {
	v := t.vec()
	t.emit(name, y, x, v)
	return v
}

// Each of these takes a constant as y.

func (t target) add(x vec, y operand.Op) vec { return t.op2("VADD*", x, y) }
func (t target) sub(x vec, y operand.Op) vec { return t.op2("VSUB*", x, y) }
func (t target) mul(x vec, y operand.Op) vec { return t.op2("VMUL*", x, y) }
func (t target) div(x vec, y operand.Op) vec { return t.op2("VDIV*", x, y) }
func (t target) and(x vec, y operand.Op) vec { return t.op2("VAND*", x, y) }
func (t target) or(x vec, y operand.Op) vec  { return t.op2("VOR*", x, y) }
func (t target) xor(x vec, y operand.Op) vec { return t.op2("VXOR*", x, y) }

// intAdd treats lanes as integers.
func (t target) intAdd(x vec, y operand.Op) vec { return t.op2("VPADD#", x, y) }

// shl and shr shift the bits of each lane.
func (t target) shl(x vec, n int) vec { return t.op2("VPSLL#", x, operand.U8(n)) }
func (t target) shr(x vec, n int) vec { return t.op2("VPSRL#", x, operand.U8(n)) }

// min and max return y where y is NaN, and x's bound otherwise: x is the bound.
func (t target) min(bound, y vec) vec { return t.op2("VMIN*", bound, y) }
func (t target) max(bound, y vec) vec { return t.op2("VMAX*", bound, y) }

// copy returns a copy of x.
func (t target) copy(x vec) vec {
	v := t.vec()
	t.emit("VMOVAPS", x, v)
	return v
}

// addTo adds x*y to acc, subTo subtracts it; y may be a constant.
func (t target) addTo(acc, x vec, y operand.Op) { t.emit("VFMADD231*", y, x, acc) }
func (t target) subTo(acc, x vec, y operand.Op) { t.emit("VFNMADD231*", y, x, acc) }

// mulTo sets acc = acc*x + y; y may be a constant.
func (t target) mulTo(acc, x vec, y operand.Op) { t.emit("VFMADD213*", y, x, acc) }

// fma returns x*y + z; y may be a constant.
func (t target) fma(x vec, y operand.Op, z vec) vec {
	v := t.copy(z)
	t.addTo(v, x, y)
	return v
}

// poly returns the polynomial of x with the given coefficients, that of the lowest power first.
func (t target) poly(x vec, c ...float64) vec {
	v := t.set(t.num(c[len(c)-1]))
	for i := len(c) - 2; i >= 0; i-- {
		t.mulTo(v, x, t.num(c[i]))
	}
	return v
}

// u8 is a small integer in an instruction.
func u8(n int) operand.Op { return operand.U8(n) }

// abs returns |x|, neg returns -x, signOf the sign bit of x.
func (t target) abs(x vec) vec    { return t.and(x, t.bits(t.signBit()-1)) }
func (t target) neg(x vec) vec    { return t.xor(x, t.bits(t.signBit())) }
func (t target) signOf(x vec) vec { return t.and(x, t.bits(t.signBit())) }

func (t target) signBit() uint64 {
	if t.double {
		return 1 << 63
	}
	return 1 << 31
}

// mantissa returns the number of bits that are stored of the fraction of a number.
func (t target) mantissa() int {
	if t.double {
		return 52
	}
	return 23
}

// magic is 1.5 times the power of 2 at which numbers are spaced by 1: added to a number, it rounds it to an integer and leaves
// that integer in the lowest bits.
func (t target) magic() float64 { return 1.5 * float64(uint64(1)<<t.mantissa()) }

// Predicates of comparisons.
const (
	eq  = 0
	lt  = 17
	unq = 4 // unequal or unordered
	gt  = 30
	ge  = 29
	nle = 22 // greater, or not comparable: a NaN
	uno = 3  // unordered
	nge = 25 // less, or not comparable
	geu = 21 // greater, equal or unordered
	le  = 18
	leu = 26 // less, equal or unordered
)

// A cond is a condition for each lane: an opmask register in AVX-512, lanes of ones and zeros in AVX2.
type cond struct{ operand.Op }

// cmp compares; y may be a constant.
func (t target) cmp(predicate int, x vec, y operand.Op) cond {
	if t.wide {
		k := ctx.K()
		t.emit("VCMP*", operand.U8(predicate), y, x, k)
		return cond{k}
	}
	v := t.vec()
	t.emit("VCMP*", operand.U8(predicate), y, x, v)
	return cond{v}
}

// topBit is the condition that the highest bit of a lane is set.
func (t target) topBit(x vec) cond {
	if !t.wide {
		return cond{x}
	}
	k := ctx.K()
	t.emit("VPMOV#2M", x, k)
	return cond{k}
}

// blend returns yes where c holds and no elsewhere; yes may be a constant.
func (t target) blend(c cond, yes operand.Op, no vec) vec {
	v := t.vec()
	if t.wide {
		plain, broadcast := x86.VBLENDMPS, x86.VBLENDMPS_BCST
		if t.double {
			plain, broadcast = x86.VBLENDMPD, x86.VBLENDMPD_BCST
		}
		write := plain
		if k, ok := yes.(constant); ok {
			if r := k.register(); r != nil {
				yes = r
			} else {
				yes, write = k.Mem, broadcast
			}
		}
		i, err := write(yes, no, c.Op, v)
		overwrite(i, err, yes, no, c.Op)
	} else {
		t.emit("VBLENDV*", c.Op, yes, no, v)
	}
	return v
}

// where returns x where c holds and 0 elsewhere.
func (t target) where(c cond, x vec) vec {
	v := t.vec()
	if t.wide {
		t.emit("VMOVA*_Z", x, c.Op, v)
		return v
	}
	t.emit("VAND*", x, c.Op, v)
	return v
}
