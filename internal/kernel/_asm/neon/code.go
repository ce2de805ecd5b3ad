package main

import (
	"fmt"
	"math"
)

// A value is a vector that an instruction makes, once.
type value int

// none is no value.
const none value = -1

// A code is straight-line code on vectors whose registers are chosen at the end: first those of constants, which stay, as far as
// there is room, then those of values, each until its last use.
type code struct {
	t      target
	steps  []step
	values int
	consts []uint64
	of     map[uint64]value // constants
	fixed  map[value]int    // values that lie in a register of their own
}

// A step is an instruction with up to three operands.
type step struct {
	write    func(f *file, d int, s []int)
	dst      value
	from     []value
	destroys bool // the first operand is where the result comes to stand
}

func newCode(t target) *code {
	return &code{t: t, of: map[uint64]value{}, fixed: map[value]int{}}
}

func (c *code) value() value {
	c.values++
	return value(c.values - 1)
}

func (c *code) add(destroys bool, write func(f *file, d int, s []int), from ...value) value {
	d := c.value()
	c.steps = append(c.steps, step{write, d, from, destroys})
	return d
}

// effect adds an instruction without a result.
func (c *code) effect(write func(f *file, d int, s []int), from ...value) {
	c.steps = append(c.steps, step{write, none, from, false})
}

// bits returns the constant with the given bits in each lane.
func (c *code) bits(b uint64) value {
	v, ok := c.of[b]
	if !ok {
		v = c.value()
		c.of[b] = v
		c.consts = append(c.consts, b)
	}
	return v
}

// num returns the constant x, rounded to the precision.
func (c *code) num(x float64) value {
	if c.t.double {
		return c.bits(math.Float64bits(x))
	}
	return c.bits(uint64(math.Float32bits(float32(x))))
}

// setConstants writes what sets the registers of the first n constants, with R8.
func (c *code) setConstants(f *file, n int) {
	for i, b := range c.consts[:n] {
		f.constant(c.t, b, 31-i)
	}
}

func (f *file) constant(t target, bits uint64, d int) {
	if bits == 0 {
		f.zero(d)
		return
	}
	f.op("MOVD", fmt.Sprintf("$0x%x", bits), "R8")
	f.duplicate(t, "R8", d)
}

// duplicate fills all lanes of a vector from a register.
func (f *file) duplicate(t target, from string, d int) {
	lanes := "S4"
	if t.double {
		lanes = "D2"
	}
	f.op("VDUP", from, fmt.Sprintf("V%d.%s", d, lanes))
}

// pins returns how many of the constants can keep a register, if those before first are taken.
func (c *code) pins(first int) int {
	for n := len(c.consts); ; n-- {
		if c.write(new(file), first, n) {
			return n
		}
	}
}

// write writes the instructions, in the registers from first on, for so many constants that keep theirs; the others are made anew
// for each use. It reports whether there were enough registers.
func (c *code) write(f *file, first, pins int) bool {
	last := make([]int, c.values)
	for i, s := range c.steps {
		for _, v := range s.from {
			last[v] = i
		}
	}
	var free []int
	for r := 31 - pins; r >= first; r-- {
		free = append(free, r)
	}
	reg, unpinned := map[value]int{}, map[value]uint64{}
	for v, r := range c.fixed {
		reg[v] = r
	}
	stays := map[value]bool{}
	for i, b := range c.consts {
		if v := c.of[b]; i < pins {
			reg[v], stays[v] = 31-i, true
		} else {
			unpinned[v] = b
		}
	}
	for v := range c.fixed {
		stays[v] = true
	}
	for i, s := range c.steps {
		regs := make([]int, len(s.from))
		for k, v := range s.from {
			if b, ok := unpinned[v]; ok {
				if _, made := reg[v]; !made {
					if len(free) == 0 {
						return false
					}
					reg[v] = free[len(free)-1]
					free = free[:len(free)-1]
					f.constant(c.t, b, reg[v])
				}
			}
			regs[k] = reg[v]
		}
		dies := func(v value) bool {
			_, made := unpinned[v]
			return !stays[v] && (made || last[v] == i)
		}
		d := -1
		if s.destroys && dies(s.from[0]) {
			d = regs[0]
		} else if s.destroys {
			if len(free) == 0 {
				return false
			}
			d = free[len(free)-1]
			free = free[:len(free)-1]
			f.word(0x4ea01c00|uint32(regs[0])<<16|uint32(regs[0])<<5|uint32(d), fmt.Sprintf("MOV V%d.16B, V%d.16B", d, regs[0]))
		}
		for _, v := range s.from {
			if r, ok := reg[v]; ok && dies(v) {
				delete(reg, v)
				if r != d {
					free = append(free, r)
				}
			}
		}
		if s.dst != none {
			if d < 0 {
				if len(free) == 0 {
					return false
				}
				d = free[len(free)-1]
				free = free[:len(free)-1]
			}
			reg[s.dst] = d
			if last[s.dst] == 0 {
				panic("a value that no one needs")
			}
		}
		s.write(f, d, regs)
	}
	return true
}

// op2 returns the result of an instruction of two vectors.
func (c *code) op2(name string, x, y value) value {
	return c.add(false, func(f *file, d int, s []int) { f.vv(c.t, name, d, s[0], s[1]) }, x, y)
}

// op1 returns the result of an instruction of one vector.
func (c *code) op1(name string, x value) value {
	return c.add(false, func(f *file, d int, s []int) { f.v(c.t, name, d, s[0]) }, x)
}

// bitwise are the instructions that know no lanes.
var bitwise = map[string]uint32{"AND": 0x4e201c00, "BIC": 0x4e601c00, "ORR": 0x4ea01c00, "EOR": 0x6e201c00, "BSL": 0x6e601c00}

func (c *code) bitOp(destroys bool, name string, from ...value) value {
	w := bitwise[name]
	if w == 0 {
		panic("no instruction " + name)
	}
	return c.add(destroys, func(f *file, d int, s []int) {
		x, y := s[len(s)-2], s[len(s)-1]
		f.word(w|uint32(y)<<16|uint32(x)<<5|uint32(d), fmt.Sprintf("%s V%d.16B, V%d.16B, V%d.16B", name, d, x, y))
	}, from...)
}

// shift returns x with its lanes shifted as integers by n bits: SHL, USHR or SSHR.
func (c *code) shift(name string, x value, n int) value {
	size := 8 * c.t.size()
	w := map[string]uint32{"SHL": 0x4f005400, "USHR": 0x6f000400, "SSHR": 0x4f000400}[name]
	field := 2*size - n
	if name == "SHL" {
		field = size + n
	}
	return c.add(false, func(f *file, d int, s []int) {
		a := c.t.arrangement()
		f.word(w|uint32(field)<<16|uint32(s[0])<<5|uint32(d), fmt.Sprintf("%s V%d.%s, V%d.%s, #%d", name, d, a, s[0], a, n))
	}, x)
}

func (c *code) plus(x, y value) value  { return c.op2("FADD", x, y) }
func (c *code) minus(x, y value) value { return c.op2("FSUB", x, y) }
func (c *code) times(x, y value) value { return c.op2("FMUL", x, y) }
func (c *code) over(x, y value) value  { return c.op2("FDIV", x, y) }
func (c *code) max(x, y value) value   { return c.op2("FMAX", x, y) }
func (c *code) min(x, y value) value   { return c.op2("FMIN", x, y) }
func (c *code) abs(x value) value      { return c.op1("FABS", x) }
func (c *code) neg(x value) value      { return c.op1("FNEG", x) }
func (c *code) and(x, y value) value   { return c.bitOp(false, "AND", x, y) }
func (c *code) or(x, y value) value    { return c.bitOp(false, "ORR", x, y) }
func (c *code) zero() value            { return c.bits(0) }
func (c *code) one() value             { return c.num(1) }

// without returns x where mask is 0, and 0 where it is ones.
func (c *code) without(x, mask value) value { return c.bitOp(false, "BIC", x, mask) }

// choose returns x where mask is ones, and y where it is 0.
func (c *code) choose(mask, x, y value) value { return c.bitOp(true, "BSL", mask, x, y) }

// plusProduct returns z + x·y, minusProduct z - x·y, rounded once.
func (c *code) plusProduct(z, x, y value) value  { return c.fused("FMLA", z, x, y) }
func (c *code) minusProduct(z, x, y value) value { return c.fused("FMLS", z, x, y) }

func (c *code) fused(name string, z, x, y value) value {
	return c.add(true, func(f *file, d int, s []int) { f.vv(c.t, name, d, s[1], s[2]) }, z, x, y)
}

// poly returns the polynomial of x with the given coefficients, that of the lowest power first.
func (c *code) poly(x value, coefficients ...float64) value {
	v := c.num(coefficients[len(coefficients)-1])
	for i := len(coefficients) - 2; i >= 0; i-- {
		v = c.plusProduct(c.num(coefficients[i]), v, x)
	}
	return v
}

// signBit is the number whose only bit is the sign.
func (c *code) signBit() value { return c.bits(1 << (8*c.t.size() - 1)) }

// mantissa returns the number of bits that are stored of the fraction of a number.
func (c *code) mantissa() int {
	if c.t.double {
		return 52
	}
	return 23
}
