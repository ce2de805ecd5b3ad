package array

import (
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Pairing walks two operands along the shape that they broadcast to. Neighbouring axes that both operands treat
// alike are walked as one, so that equal shapes, or a matrix and its bias, become one or two plain loops.
type Pairing struct {
	loops        int
	dims         [tensor.MaxRank]int
	stepA, stepB [tensor.MaxRank]int
}

// Pair returns the walk for operands of shapes a and b along shape out, to which both broadcast. It panics with a
// [*tensor.Error] if out has more than [tensor.MaxRank] axes.
func Pair(out, a, b []int) Pairing {
	if len(out) > tensor.MaxRank {
		panic(tensor.Errorf("array.Pair", tensor.ErrLimit, "shape %s has %d axes: at most %d are possible", tensor.FormatShape(out), len(out), tensor.MaxRank))
	}
	var p Pairing
	strideA, strideB := 1, 1
	for i := len(out) - 1; i >= 0; i-- {
		n := out[i]
		sa, sb := 0, 0
		if k := i - len(out) + len(a); k >= 0 && a[k] != 1 {
			sa, strideA = strideA, strideA*a[k]
		}
		if k := i - len(out) + len(b); k >= 0 && b[k] != 1 {
			sb, strideB = strideB, strideB*b[k]
		}
		if n == 1 {
			continue
		}
		if l := p.loops - 1; l >= 0 && sa == p.stepA[l]*p.dims[l] && sb == p.stepB[l]*p.dims[l] {
			p.dims[l] *= n
			continue
		}
		p.dims[p.loops], p.stepA[p.loops], p.stepB[p.loops] = n, sa, sb
		p.loops++
	}
	if p.loops == 0 {
		p.dims[0], p.loops = 1, 1
	}
	return p
}

// twoLoops takes the two innermost loops as one, so that a run is a number of rows of n elements: the first operand's begin
// stepA elements apart, and advance by [Run].StepA within one.
func (p *Pairing) twoLoops() (rows, n, stepA int) {
	n = p.dims[0]
	if p.loops < 2 {
		return 1, n, 0
	}
	rows, stepA = p.dims[1], p.stepA[1]
	p.dims[0] *= rows
	p.loops--
	copy(p.dims[1:p.loops], p.dims[2:])
	copy(p.stepA[1:p.loops], p.stepA[2:])
	copy(p.stepB[1:p.loops], p.stepB[2:])
	return rows, n, stepA
}

// A Repeat says that in the two innermost loops one operand has the same row of numbers in every turn of the outer one,
// or in each turn a number for the whole row, while the other operand goes on.
type Repeat struct {
	N     int  // the length of a row, or 0 if neither operand is so
	First bool // it is the first operand, else the second
	Step  int  // how far apart the numbers of the rows are; 0 if it is a row
}

// Repeat takes the two innermost loops as one if an operand repeats its numbers there, over so many rows at least. A
// [Run] is then a multiple of [Repeat].N elements long, of which that operand has only the first row, or one for each
// row. Rows with a number each are taken so only if they have at most so many elements.
//
// The zero Pairing has none.
func (p *Pairing) Repeat(rows, most int) (r Repeat) {
	if p == nil || p.loops < 2 || p.dims[0] < 1 || p.dims[1] < rows {
		return r
	}
	n := p.dims[0]
	a, b := [2]int(p.stepA[:2]), [2]int(p.stepB[:2])
	goesOn := [2]int{1, n}
	switch {
	case b == goesOn && a == [2]int{1, 0}, b == goesOn && a[0] == 0 && n <= most:
		r = Repeat{n, true, a[1]}
	case a == goesOn && b == [2]int{1, 0}, a == goesOn && b[0] == 0 && n <= most:
		r = Repeat{n, false, b[1]}
	default:
		return r
	}
	p.dims[0] *= p.dims[1]
	p.loops--
	copy(p.dims[1:p.loops], p.dims[2:])
	copy(p.stepA[1:p.loops], p.stepA[2:])
	copy(p.stepB[1:p.loops], p.stepB[2:])
	return r
}

// A Run is one innermost loop of a [Pairing]: N consecutive elements of the result from Out on, with the operands'
// first elements at A and B. StepA and StepB are 1, or 0 where the operand stays at one element.
type Run struct{ Out, A, B, N, StepA, StepB int }

// Runs yields the innermost loops in row-major order of the result.
// The zero Pairing has none.
func (p *Pairing) Runs(yield func(Run) bool) {
	if p == nil || p.loops == 0 {
		return
	}
	var index [tensor.MaxRank]int
	r := Run{N: p.dims[0], StepA: p.stepA[0], StepB: p.stepB[0]}
	for l := range p.loops {
		if p.dims[l] == 0 {
			return
		}
	}
	for {
		if !yield(r) {
			return
		}
		r.Out += r.N
		l := 1
		for ; l < p.loops; l++ {
			index[l]++
			r.A += p.stepA[l]
			r.B += p.stepB[l]
			if index[l] < p.dims[l] {
				break
			}
			r.A -= index[l] * p.stepA[l]
			r.B -= index[l] * p.stepB[l]
			index[l] = 0
		}
		if l >= p.loops {
			return
		}
	}
}
