package program

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSpans compares what spans compute with what steps do, for every opcode and for operands that are the same for
// all: alike bit for bit but for functions, which may differ by some units in the last place.
func TestSpans(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 2, math.Inf(1), math.Inf(-1), math.NaN(), 5e-324, 1e300, -1e-300}
	const n = 45
	for op := opInvalid + 1; op < numOpcodes; op++ {
		units := 0.0
		switch op {
		case opExp, opLog, opTanh, opSin, opCos, opErf, opExpm1, opLog1p, opAsin, opAcos, opAtan, opSinh, opCosh, opAsinh, opAcosh, opAtanh, opErfc, opAtan2, opHypot:
			units = 4
		case opPow:
			units = 100
		}
		for same := range 8 {
			steps := make([]step, n)
			for k := range steps {
				w := step{uint32(op) | uint32(3*n+k)<<8}
				for a := range int(arities[op]) {
					w[1+a] = uint32(a * n)
					if same>>a&1 == 0 {
						w[1+a] += uint32(k)
					}
				}
				steps[k] = w
			}
			if got := regular(steps); got != n {
				t.Fatalf("%s: %d steps of %d are regular", operations[op].name, got, n)
			}
			s := newSpan(steps)
			for range 4 {
				slots := make([]float64, 4*n)
				for i := range slots[:3*n] {
					slots[i] = 3 * rng.NormFloat64()
					if rng.IntN(3) == 0 {
						slots[i] = special[rng.IntN(len(special))]
					}
				}
				if !s.run(slots) {
					continue
				}
				for k, w := range steps {
					got, want := slots[3*n+k], operations[op].f(slots[w[1]], slots[w[2]], slots[w[3]])
					switch {
					case got != got && want != want, math.Float64bits(got) == math.Float64bits(want):
					case units > 0 && want != 0 && !math.IsInf(want, 0) && math.Abs(got-want) <= units*math.Abs(want)*0x1p-52:
					default:
						t.Fatalf("%s of %v, %v, %v is %v, want %v", operations[op].name, slots[w[1]], slots[w[2]], slots[w[3]], got, want)
					}
				}
			}
		}
	}
}
