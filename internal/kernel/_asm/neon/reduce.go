package main

import "fmt"

// A reduction goes through x, a whole number of strides long and not empty, with sums or their like side by side in registers: chains
// of them hide how long an addition takes.
const chains = 4

// stride returns the elements of an iteration of a reduction.
func (t target) stride() int { return chains * t.lanes() }

// reduceBegin begins the loop. The vectors from sum on, 0 or a number, are accumulators.
func (f *file) reduceBegin(sums int) {
	f.op("MOVD", "x_base+0(FP)", "R1")
	f.op("MOVD", "x_len+8(FP)", "R3")
	for i := range sums {
		f.zero(i)
	}
}

func (f *file) reduceEnd(t target, regs ...string) {
	for _, reg := range regs {
		f.op("ADD", fmt.Sprintf("$%d", chains*vectorBytes), reg)
	}
	f.op("SUBS", fmt.Sprintf("$%d", t.stride()), "R3")
	f.op("BNE", "loop")
}

// fold leaves the combination of the lanes of accumulators 0 to n-1 in the first lane of the first.
func (f *file) fold(t target, name, pair string, n int) {
	for ; n > 1; n /= 2 {
		for i := range n / 2 {
			f.vv(t, name, i, i, i+n/2)
		}
	}
	f.vv(t, pair, 0, 0, 0)
	if !t.double {
		f.vv(t, pair, 0, 0, 0)
	}
}

// sum writes Σx, or Σx·y, in double precision.
func (f *file) sum(t target, dot bool) {
	d := target{double: true}
	name, doc, signature, args := "sum"+t.suffix(), "returns the sum of x.", fmt.Sprintf("(x []%s) float64", t.goType()), 32
	if dot {
		name, doc, signature, args = "dot"+t.suffix(), "returns the sum of x[i]*y[i].", fmt.Sprintf("(x, y []%s) float64", t.goType()), 56
	}
	f.begin(name, doc, signature, 0, args)
	sums := chains
	if !t.double {
		sums *= 2
	}
	f.reduceBegin(sums)
	walked := []string{"R1"}
	if dot {
		f.op("MOVD", "y_base+24(FP)", "R2")
		walked = append(walked, "R2")
	}
	f.label("loop")
	for i := range chains {
		const x, y = 16, 20
		f.op("FMOVQ", at(i*vectorBytes, "R1"), q(x+i))
		if dot {
			f.op("FMOVQ", at(i*vectorBytes, "R2"), q(y+i))
		}
		if t.double {
			if dot {
				f.vv(d, "FMLA", i, x+i, y+i)
			} else {
				f.vv(d, "FADD", i, i, x+i)
			}
			continue
		}
		for half, widen := range []string{"FCVTL", "FCVTL2"} {
			const wideX, wideY = 24, 26
			f.widen(widen, wideX+half, x+i)
			if dot {
				f.widen(widen, wideY+half, y+i)
				f.vv(d, "FMLA", 2*i+half, wideX+half, wideY+half)
			} else {
				f.vv(d, "FADD", 2*i+half, 2*i+half, wideX+half)
			}
		}
	}
	f.reduceEnd(t, walked...)
	f.fold(d, "FADD", "FADDP", sums)
	f.op("FMOVD", "F0", fmt.Sprintf("ret+%d(FP)", args-8))
	f.op("RET")
}

// widen writes d = the lower or the upper half of x in double precision.
func (f *file) widen(name string, d, x int) {
	w := map[string]uint32{"FCVTL": 0x0e617800, "FCVTL2": 0x4e617800}[name]
	f.word(w|uint32(x)<<5|uint32(d), fmt.Sprintf("%s V%d.2D, V%d", name, d, x))
}

// extreme writes the largest element, or the largest in size, or 0 or NaN if all are finite or not. NaN stays.
func (f *file) extreme(t target, name, doc string, step func(i, x int)) {
	f.begin(name+t.suffix(), doc, fmt.Sprintf("(x []%s) %s", t.goType(), t.goType()), 0, 24+t.size())
	f.reduceBegin(chains)
	if name == "max" {
		f.op(t.scalar("FMOV"), "(R1)", "F16")
		lane, lanes := "S[0]", "S4"
		if t.double {
			lane, lanes = "D[0]", "D2"
		}
		for i := range chains {
			f.op("VDUP", "V16."+lane, fmt.Sprintf("V%d.%s", i, lanes))
		}
	}
	f.zero(31)
	f.label("loop")
	for i := range chains {
		f.op("FMOVQ", at(i*vectorBytes, "R1"), q(16+i))
		step(i, 16+i)
	}
	f.reduceEnd(t, "R1")
	if name == "finite" {
		f.fold(t, "FADD", "FADDP", chains)
	} else {
		f.fold(t, "FMAX", "FMAXP", chains)
	}
	f.op(t.scalar("FMOV"), "F0", "ret+24(FP)")
	f.op("RET")
}

func (f *file) reductions(t target) {
	f.sum(t, false)
	f.sum(t, true)
	f.extreme(t, "max", "returns the largest element of x, or NaN if there is one.", func(i, x int) { f.vv(t, "FMAX", i, i, x) })
	f.extreme(t, "maxAbs", "returns the largest absolute value in x, or NaN if there is one.", func(i, x int) {
		f.v(t, "FABS", x, x)
		f.vv(t, "FMAX", i, i, x)
	})
	f.extreme(t, "finite", "returns 0, or NaN if an element is not finite.", func(i, x int) { f.vv(t, "FMLA", i, x, 31) })
	f.expSum(t, false)
	f.expSum(t, true)
}

// expSum writes Σ e^(x-m) of whole vectors, which are y too if store is set.
func (f *file) expSum(t target, store bool) {
	name, doc, signature := "expSum", "returns the sum of e^(x-m).", fmt.Sprintf("(x []%s, m %s) %s", t.goType(), t.goType(), t.goType())
	y, x, m, ret := 0, 0, 24, 24+8
	if store {
		name, doc = "expStore", "sets y to e^(x-m) and returns the sum."
		signature = fmt.Sprintf("(y, x []%s, m %s) %s", t.goType(), t.goType(), t.goType())
		x, m, ret = 24, 48, 48+8
	}
	f.begin(name+t.suffix(), doc, signature, 0, ret+t.size())
	f.op("MOVD", fmt.Sprintf("x_base+%d(FP)", x), "R1")
	f.op("MOVD", fmt.Sprintf("x_len+%d(FP)", x+8), "R3")
	if store {
		f.op("MOVD", fmt.Sprintf("y_base+%d(FP)", y), "R0")
	}
	load := "MOVWU"
	if t.double {
		load = "MOVD"
	}
	const number, sum = 1, 0
	f.op(load, fmt.Sprintf("m+%d(FP)", m), "R8")
	f.duplicate(t, "R8", number)
	f.zero(sum)
	c := newCode(t)
	of := c.value()
	c.fixed[of] = number
	e := c.exp(c.minus(c.add(false, func(f *file, d int, _ []int) { f.op("FMOVQ", "(R1)", q(d)) }), of))
	if store {
		c.effect(func(f *file, _ int, s []int) { f.op("FMOVQ", q(s[0]), "(R0)") }, e)
	}
	c.effect(func(f *file, _ int, s []int) { f.vv(t, "FADD", sum, sum, s[0]) }, e)
	const first = number + 1
	pins := c.pins(first)
	c.setConstants(f, pins)
	f.label("loop")
	c.write(f, first, pins)
	f.op("ADD", fmt.Sprintf("$%d", vectorBytes), "R1")
	if store {
		f.op("ADD", fmt.Sprintf("$%d", vectorBytes), "R0")
	}
	f.op("SUBS", fmt.Sprintf("$%d", t.lanes()), "R3")
	f.op("BNE", "loop")
	f.fold(t, "FADD", "FADDP", 1)
	f.op(t.scalar("FMOV"), "F0", fmt.Sprintf("ret+%d(FP)", ret))
	f.op("RET")
}

// rotate writes the chain of rotations of neighbouring rows, for a whole number of vectors, which is not 0: of four as long as there
// are so many.
func (f *file) rotate() {
	t := target{double: true}
	f.begin("rotate"+t.suffix(), "applies count rotations (c, s) to cols columns of rows that are ld bytes apart: the first to the first two rows.",
		"(z *float64, ld uintptr, cols int, cs *float64, count int)", 0, 40)
	z, ld, cols, cs, count := "R0", "R1", "R2", "R3", "R4"
	for i, name := range []string{"z", "ld", "cols", "cs", "count"} {
		f.op("MOVD", fmt.Sprintf("%s+%d(FP)", name, 8*i), r(i))
	}
	row, pair, left := "R5", "R6", "R7"
	for u := 4; u > 0; u -= 3 {
		label := fmt.Sprintf("strip%d", u)
		f.op("SUBS", fmt.Sprintf("$%d", u*t.lanes()), cols)
		f.op("BLT", label+"End")
		f.label(label)
		f.op("MOVD", z, row)
		f.op("MOVD", cs, pair)
		f.op("MOVD", count, left)
		for k := range u {
			f.op("FMOVQ", at(k*vectorBytes, row), q(k))
		}
		f.label(label + "Rotation")
		const c, s = 30, 31
		f.op("FLDPD.P", at(16, pair), fmt.Sprintf("(%s, %s)", q(c), q(s)))
		f.op("ADD", ld, row, "R8")
		for k := range u {
			x, y, first, second := k, 4+k, 8+k, 12+k
			f.op("FMOVQ", at(k*vectorBytes, "R8"), q(y))
			f.byLane(t, "FMUL", first, x, c)
			f.byLane(t, "FMUL", second, y, c)
			f.byLane(t, "FMLA", first, y, s)
			f.byLane(t, "FMLS", second, x, s)
			f.op("FMOVQ", q(first), at(k*vectorBytes, row))
			f.op("VMOV", fmt.Sprintf("V%d.B16", second), fmt.Sprintf("V%d.B16", x))
		}
		f.op("MOVD", "R8", row)
		f.op("SUBS", "$1", left)
		f.op("BNE", label+"Rotation")
		for k := range u {
			f.op("FMOVQ", q(k), at(k*vectorBytes, row))
		}
		f.op("ADD", fmt.Sprintf("$%d", u*vectorBytes), z)
		f.op("SUBS", fmt.Sprintf("$%d", u*t.lanes()), cols)
		f.op("BGE", label)
		f.label(label + "End")
		f.op("ADD", fmt.Sprintf("$%d", u*t.lanes()), cols)
	}
	f.op("RET")
}
