package main

import (
	"fmt"
	"strings"
)

// A tile is of up to gemmRows rows and gemmVectors vectors: its sums take 24 of 32 registers.
const (
	gemmRows    = 12
	gemmVectors = 2
)

func gemmName(rows, vectors int) string { return fmt.Sprintf("gemm%dx%d", rows, vectors) }

// gemmTile writes a micro-kernel: C = A·B + D for rows rows of A and vectors vectors of B, the last of which has cols elements.
//
// The numbers of A are loaded one at a time, each into a register of its own, whose first lane then is a factor of all lanes of
// B: a load that fills all lanes would take a place among the multiplications on many processors. The rows of A have a pointer
// each and share an offset. The other parameters are those of the kernels for amd64: see gemmTile in package kernel.
//
// A step has gemmRows loads of A, one of two vectors of B, and gemmRows·gemmVectors multiplications.
func (f *file) gemmTile(t target, rows, vectors int) {
	const frame = gemmRows * vectorBytes
	name, ty := gemmName(rows, vectors)+t.suffix(), t.goType()
	f.begin(name, fmt.Sprintf("multiplies tiles of %d rows and %d vectors.", rows, vectors),
		fmt.Sprintf("(a *%s, ars, acs uintptr, b *%s, ldb uintptr, groups, inner int, skip uintptr, c *%s, ldc uintptr, d *%s, ldd uintptr, cols int, relu bool, tiles int, next uintptr, copied *%s, ahead uintptr)", ty, ty, ty, ty, ty),
		frame, 144)
	row := func(i int) string { return r(i) }
	offset, acs, b, ldb, inner, groups, skip := "R12", "R13", "R14", "R15", "R16", "R17", "R19"
	f.label("tile")
	f.op("MOVD", "a+0(FP)", row(0))
	if rows > 1 {
		f.op("MOVD", "ars+8(FP)", offset)
	}
	for i := 1; i < rows; i++ {
		f.op("ADD", offset, row(i-1), row(i))
	}
	f.op("MOVD", "acs+16(FP)", acs)
	f.op("MOVD", "b+24(FP)", b)
	f.op("MOVD", "ldb+32(FP)", ldb)
	f.op("MOVD", "groups+40(FP)", groups)
	f.op("MOVD", "skip+56(FP)", skip)
	f.op("MOVD", "$0", offset)
	acc := func(i, j int) int { return i*vectors + j }
	for i := range rows * vectors {
		f.zero(i)
	}
	f.op("CBZ", groups, "done")
	f.label("group")
	f.op("MOVD", "inner+48(FP)", inner)
	const bv, av, avs = 24, 26, 6
	copied := "R20"
	load := func(i int) {
		f.op(t.scalar("FMOV"), fmt.Sprintf("(%s)(%s)", row(i), offset), q(av+i%avs))
	}
	multiply := func(name string, copies bool) {
		f.label(name)
		pair := fmt.Sprintf("(%s, %s)", q(bv), q(bv+1))
		if vectors == 2 {
			f.op("FLDPQ", "("+b+")", pair)
		} else {
			f.op("FMOVQ", "("+b+")", q(bv))
		}
		f.op("ADD", ldb, b)
		switch {
		case copies && vectors == 2:
			f.op("FSTPQ.P", pair, at(2*vectorBytes, copied))
		case copies:
			f.op("FMOVQ.P", q(bv), at(vectorBytes, copied))
		}
		for i := range min(rows, avs-1) {
			load(i)
		}
		for i := range rows {
			for j := range vectors {
				f.byLane(t, "FMLA", acc(i, j), bv+j, av+i%avs)
			}
			if next := i + avs - 1; next < rows {
				load(next)
			}
		}
		f.op("ADD", acs, offset)
		f.op("SUBS", "$1", inner)
		f.op("BNE", name)
	}
	f.op("MOVD", "copied+128(FP)", copied)
	f.op("CBNZ", copied, "copying")
	multiply("loop", false)
	f.op("ADD", skip, b)
	f.op("SUBS", "$1", groups)
	f.op("BNE", "group")
	f.op("B", "done")
	f.label("copying") // there is one group
	multiply("copy", true)
	f.label("done")

	c, ldc, d, ldd, relu, cols := "R0", "R1", "R2", "R3", "R4", "R5"
	f.op("MOVD", "c+64(FP)", c)
	f.op("MOVD", "ldc+72(FP)", ldc)
	f.op("MOVD", "d+80(FP)", d)
	f.op("MOVD", "ldd+88(FP)", ldd)
	f.op("MOVD", "cols+96(FP)", cols)
	f.op("MOVBU", "relu+104(FP)", relu)
	const zero = 31
	f.zero(zero)
	f.op("CMP", fmt.Sprintf("$%d", t.lanes()), cols)
	f.op("BNE", "part")
	f.finish(t, "", rows, vectors, vectors, acc)
	f.op("B", "next")

	// The last vector has fewer elements: those go to memory of the function first, and from there one by one.
	f.label("part")
	buffer, to, from, hasD := "R6", "R7", "R8", "R9"
	f.op("MOVD", fmt.Sprintf("$buffer-%d(SP)", frame), buffer)
	for i := range rows {
		f.op("FMOVQ", q(acc(i, vectors-1)), at(i*vectorBytes, buffer))
	}
	f.op("ADD", fmt.Sprintf("$%d", (vectors-1)*vectorBytes), c, to)
	f.op("ADD", fmt.Sprintf("$%d", (vectors-1)*vectorBytes), d, from)
	f.op("MOVD", d, hasD)
	f.finish(t, "first", rows, vectors, vectors-1, acc)
	left, count, x, y, z := "R10", "R11", "R12", "R13", "R14"
	f.op("MOVD", fmt.Sprintf("$%d", rows), left)
	f.label("row")
	f.op("MOVD", cols, count)
	f.op("MOVD", buffer, x)
	f.op("MOVD", to, y)
	f.op("MOVD", from, z)
	f.label("element")
	size := t.size()
	f.op(t.scalar("FMOV")+".P", at(size, x), "F0")
	f.op("CBZ", hasD, "noD")
	f.op(t.scalar("FMOV")+".P", at(size, z), "F1")
	f.op(t.scalar("FADD"), "F1", "F0", "F0")
	f.label("noD")
	f.op("CBZ", relu, "noReLU")
	f.op(t.scalar("FMAX"), q(zero), "F0", "F0")
	f.label("noReLU")
	f.op(t.scalar("FMOV")+".P", "F0", at(size, y))
	f.op("SUBS", "$1", count)
	f.op("BNE", "element")
	f.op("ADD", fmt.Sprintf("$%d", vectorBytes), buffer)
	f.op("ADD", ldc, to)
	f.op("ADD", ldd, from)
	f.op("SUBS", "$1", left)
	f.op("BNE", "row")

	f.label("next")
	tiles, a := "R6", "R7"
	f.op("MOVD", "tiles+112(FP)", tiles)
	f.op("SUBS", "$1", tiles)
	f.op("BEQ", "last")
	f.op("MOVD", tiles, "tiles+112(FP)")
	// Only now: behind the last tile these would point past the ends of C and D.
	f.op("MOVD", c, "c+64(FP)")
	f.op("MOVD", d, "d+80(FP)")
	f.op("MOVD", "a+0(FP)", a)
	f.op("MOVD", "next+120(FP)", tiles)
	f.op("ADD", tiles, a)
	f.op("MOVD", a, "a+0(FP)")
	f.op("B", "tile")
	f.label("last")
	f.op("RET")
}

// finish writes what follows the sums, for the first used of the vectors of every row: c and d are R0 and R2, which advance, their
// distances R1 and R3, relu R4, and V31 zeros.
func (f *file) finish(t target, name string, rows, vectors, used int, acc func(i, j int) int) {
	const x = 28
	load := func(reg string) {
		if used == 2 {
			f.op("FLDPQ", "("+reg+")", fmt.Sprintf("(%s, %s)", q(x), q(x+1)))
		} else {
			f.op("FMOVQ", "("+reg+")", q(x))
		}
	}
	f.op("CBZ", "R2", name+"noBias")
	for i := range rows {
		if used > 0 {
			load("R2")
		}
		for j := range used {
			f.vv(t, "FADD", acc(i, j), acc(i, j), x+j)
		}
		f.op("ADD", "R3", "R2")
	}
	f.label(name + "noBias")
	if used > 0 {
		f.op("CBZ", "R4", name+"store")
		for i := range rows {
			for j := range used {
				f.vv(t, "FMAX", acc(i, j), acc(i, j), 31) // NaN stays
			}
		}
		f.label(name + "store")
	}
	for i := range rows {
		switch used {
		case 2:
			f.op("FSTPQ", fmt.Sprintf("(%s, %s)", q(acc(i, 0)), q(acc(i, 1))), "(R0)")
		case 1:
			f.op("FMOVQ", q(acc(i, 0)), "(R0)")
		}
		f.op("ADD", "R1", "R0")
	}
}

// panel writes the function that copies rows of n panels, two vectors wide, to where the rows of each panel follow each other.
func (f *file) panel(t target, n int) {
	ty := t.goType()
	f.begin(fmt.Sprintf("panel%d%s", n, t.suffix()), fmt.Sprintf("copies k rows of %d panels, ldb bytes apart, panel by panel without gaps.", n),
		fmt.Sprintf("(dst, b *%s, ldb uintptr, k int)", ty), 0, 32)
	dst, b, ldb, k := "R0", "R1", "R2", "R3"
	for i, name := range []string{"dst", "b", "ldb", "k"} {
		f.op("MOVD", fmt.Sprintf("%s+%d(FP)", name, 8*i), r(i))
	}
	const width = 2 * vectorBytes
	to := []string{dst, "R4", "R5", "R6"}
	if n > 1 {
		f.op("LSL", "$5", k, "R7") // a panel has k rows of 32 bytes
		for i := 1; i < n; i++ {
			f.op("ADD", "R7", to[i-1], to[i])
		}
	}
	f.label("loop")
	for i := range n {
		pair := fmt.Sprintf("(%s, %s)", q(2*i), q(2*i+1))
		f.op("FLDPQ", at(i*width, b), pair)
	}
	f.op("ADD", ldb, b)
	for i := range n {
		pair := fmt.Sprintf("(%s, %s)", q(2*i), q(2*i+1))
		f.op("FSTPQ.P", pair, at(width, to[i]))
	}
	f.op("SUBS", "$1", k)
	f.op("BNE", "loop")
	f.op("RET")
}

// gemm writes the tiles and panels, and the tables of tiles.
func (f *file) gemm() {
	for _, t := range targets {
		for v := 1; v <= gemmVectors; v++ {
			for r := 1; r <= gemmRows; r++ {
				f.gemmTile(t, r, v)
			}
		}
		f.panel(t, 1)
		f.panel(t, 4)
	}
	f.stubs.WriteString(tileTables())
}

// tileTables returns the Go source of the tables of tiles.
func tileTables() string {
	var s strings.Builder
	for _, t := range targets {
		fmt.Fprintf(&s, "\n// gemmTiles%s[v-1][r-1] multiplies tiles of r rows and v vectors.\nvar gemmTiles%s = [][]gemmTile[%s]{\n", t.suffix(), t.suffix(), t.goType())
		for v := 1; v <= gemmVectors; v++ {
			s.WriteString("\t{\n")
			for r := 1; r <= gemmRows; r++ {
				fmt.Fprintf(&s, "\t\t%s%s,\n", gemmName(r, v), t.suffix())
			}
			s.WriteString("\t},\n")
		}
		s.WriteString("}\n")
	}
	return s.String()
}
