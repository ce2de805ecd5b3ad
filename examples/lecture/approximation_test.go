package main

import (
	"bytes"
	"testing"
)

// More hidden nodes come nearer to the curve, and of networks of one size some miss what others find.
func TestApproximation(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 150 networks")
	}
	for seed := range uint64(3) {
		l := newLesson(t, &bytes.Buffer{}, 12+seed, 1)
		a, err := l.approximate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range a.best {
			if i > 0 && f.distance >= a.best[i-1].distance {
				t.Errorf("seed %d: distance %.4f with %d nodes, want below the %.4f with fewer", l.seed, f.distance, f.nodes, a.best[i-1].distance)
			}
		}
		if last := a.best[len(a.best)-1]; last.distance > 0.03 {
			t.Errorf("seed %d: distance %.4f with %d nodes, want below 0.03", l.seed, last.distance, last.nodes)
		}
		if hit := a.hit(); hit.nodes != a.miss.nodes || a.miss.distance < 1.5*hit.distance {
			t.Errorf("seed %d: distances %.4f and %.4f of two runs with %d nodes, want one far above the other", l.seed, hit.distance, a.miss.distance, hit.nodes)
		}
	}
}
