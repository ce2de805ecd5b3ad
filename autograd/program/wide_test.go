package program

import (
	"math"
	"math/rand/v2"
	"testing"
)

// codeOfVectors returns a code of some vectors of n numbers, element by element or vector by vector, with numbers here
// and there that are of no vector, and sums of what was computed before.
func codeOfVectors(rng *rand.Rand, n int) *code {
	ops := []opcode{opAdd, opSub, opMul, opDiv, opNeg, opAbs, opSquare, opSqrt, opReciprocal, opMaximum, opWhere, opChain, opSelect, opGt, opLe}
	b := newBuilder("", 2*n)
	vector := func(first ref) []ref {
		v := make([]ref, n)
		for i := range v {
			v[i] = first + ref(i)
		}
		return v
	}
	vectors := [][]ref{vector(0), vector(ref(n))}
	for range 4 {
		c := b.constant(float64(rng.IntN(5)) - 2)
		same := make([]ref, n)
		for i := range same {
			same[i] = c
		}
		vectors = append(vectors, same)
	}
	var results []ref
	for range 6 {
		of := func() []ref { return vectors[rng.IntN(len(vectors))] }
		rounds := 1 + rng.IntN(3)
		var chosen []opcode
		var operands [][3][]ref
		var shifts [][3]int
		for range rounds {
			chosen = append(chosen, ops[rng.IntN(len(ops))])
			operands = append(operands, [3][]ref{of(), of(), of()})
			shifts = append(shifts, [3]int{rng.IntN(2), rng.IntN(2), rng.IntN(n)})
		}
		news := make([][]ref, rounds)
		for i := range n {
			for r, op := range chosen {
				at := func(k int) ref { return operands[r][k][(i+shifts[r][k])%n] }
				news[r] = append(news[r], b.emit(op, at(0), at(1), at(2)))
			}
		}
		vectors = append(vectors, news...)
		if rng.IntN(2) == 0 {
			sum := b.constant(0)
			for _, v := range news[0] {
				sum = b.add(sum, v)
			}
			results = append(results, sum)
			vectors[2] = append([]ref{sum}, vectors[2][1:]...)
		}
	}
	for _, v := range vectors[2:] {
		results = append(results, v...)
	}
	return b.finish(results, rng.IntN(b.count()+1))
}

// TestWideMachines compares what machines compute that run spans with what those compute that run steps.
func TestWideMachines(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 5e-324, -1}
	wide := 0
	for range 200 {
		n := 1 + rng.IntN(80)
		c := codeOfVectors(rng, n)
		w := c.wide()
		if w == nil {
			continue
		}
		wide++
		m := c.machine("")
		a, b := m.workspace(), w.workspace()
		for range 3 {
			for i := range c.inputs {
				v := rng.NormFloat64()
				if rng.IntN(8) == 0 {
					v = special[rng.IntN(len(special))]
				}
				a[i], b[i] = v, v
			}
			compare := func(end int) {
				t.Helper()
				for i, v := range c.outs {
					x, y := a[m.outs[i]], b[w.outs[i]]
					if int(v) < end && math.Float64bits(x) != math.Float64bits(y) && (x == x || y == y) {
						t.Fatalf("result %d of %d is %v step by step and %v span by span", i, len(c.outs), x, y)
					}
				}
			}
			m.runValue(a)
			w.runValue(b)
			compare(c.first() + c.value)
			m.run(a)
			w.run(b)
			compare(c.first() + len(c.ins))
		}
	}
	if wide < 50 {
		t.Errorf("%d codes of 200 run span by span", wide)
	}
}

// TestNarrowMachines holds that a code whose instructions wait for each other runs step by step.
func TestNarrowMachines(t *testing.T) {
	b := newBuilder("", 1)
	v := ref(0)
	for k := range 1000 {
		v = b.emit([]opcode{opSin, opExp, opTanh}[k%3], v, 0, 0)
	}
	if b.finish([]ref{v}, 0).wide() != nil {
		t.Error("a chain of operations runs span by span")
	}
}
