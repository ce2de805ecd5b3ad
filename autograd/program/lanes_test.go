package program

import (
	"math/rand/v2"
	"testing"
)

// TestFixedLanes holds that what is computed once for all blocks of lanes changes no number in any of them.
func TestFixedLanes(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	once := 0
	for _, length := range []int{2, 5, 20, 60, 200, 2000} {
		for same := range 6 {
			plain, _ := laneCodes(rng, length)
			outs := len(plain.outs)
			whole := newLaneProgram(plain, outs, false)
			split := newLaneProgramFor(plain, outs, false, same)
			if split.first != nil {
				once++
			}
			w := whole.Width()
			at := randomPoints(rng, 1, same, true)
			buffer := make([]float64, split.Size())
			split.begin(buffer, at)
			for block := range 3 {
				rows := randomPoints(rng, w, plain.inputs-same, true)
				run := func(p *laneProgram, buffer []float64) []float64 {
					slots, results := p.Slots(buffer), make([]float64, w*outs)
					p.Load(slots, same, plain.inputs-same, rows)
					p.Run(slots)
					p.Store(results, slots, plain.inputs, outs)
					return results
				}
				alone := make([]float64, whole.Size())
				whole.begin(alone, at)
				want, got := run(whole, alone), run(split, buffer)
				for i := range want {
					if !sameNumber(got[i], want[i]) {
						t.Fatalf("%d instructions, %d inputs the same, block %d: result %d is %v, want %v", length, same, block, i, got[i], want[i])
					}
				}
			}
		}
	}
	if once < 10 {
		t.Errorf("%d programs of 36 compute something once", once)
	}
}
