package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// TestRotate tries rows of every length up to some vectors, with and without gaps, in both directions.
func TestRotate(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		rng := rand.New(rand.NewPCG(3, 4))
		for cols := 0; cols <= maxLength; cols++ {
			for _, count := range []int{0, 1, 2, 7} {
				for _, up := range []bool{false, true} {
					ld := cols + cols%3
					z := boxOf(random[float64](rng, count*ld+cols, 1), cols%5)
					var cs []float64
					want := append([]float64(nil), z.s...)
					for range count {
						angle := 7 * rng.Float64()
						cs = append(cs, math.Cos(angle), math.Sin(angle))
					}
					for i := range count {
						x, y := i, i+1
						if up {
							x, y = count-i, count-i-1
						}
						c, s := cs[2*i], cs[2*i+1]
						for j := range cols {
							v, w := want[x*ld+j], want[y*ld+j]
							want[x*ld+j], want[y*ld+j] = c*v+s*w, c*w-s*v
						}
					}
					kernel.Rotate(z.s, ld, cols, up, cs)
					for i, v := range z.s {
						if !(math.Abs(v-want[i]) <= 1e-14) {
							t.Fatalf("%s: element %d is %v, want %v", fmt.Sprintf("%d columns, %d rotations, up %v", cols, count, up), i, v, want[i])
						}
					}
					z.check(t)
				}
			}
		}
	})
}

// TestRotateKeepsIEEE holds that the identity keeps what it turns, and that infinities and NaNs stay in their columns.
func TestRotateKeepsIEEE(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		for cols := 1; cols < 40; cols++ {
			z := make([]float64, 3*cols)
			for i := range z {
				z[i] = float64(i)
			}
			bad := cols / 2
			z[cols+bad] = math.NaN()
			kernel.Rotate(z, cols, cols, false, []float64{1, 0, 1, 0})
			for i, v := range z {
				if i%cols == bad {
					if !math.IsNaN(v) {
						t.Errorf("%d columns: element %d is %v, want NaN", cols, i, v)
					}
				} else if v != float64(i) {
					t.Errorf("%d columns: element %d is %v", cols, i, v)
				}
			}
		}
	})
}
