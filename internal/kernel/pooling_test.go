package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestMaxPool2(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testMaxPool2[float32](t)
		testMaxPool2[float64](t)
	})
}

// testMaxPool2 compares with the definition: every length of a row up to some vectors, elements behind the last window
// or none, ties, zeros, infinities and NaN.
func testMaxPool2[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	sizes := [][3]int{{500, 1003, 150}, {256, 512, 300}} // cols, width, rows; these are spread over processors
	for cols := 1; cols <= maxLength/2; cols++ {
		for _, width := range []int{2 * cols, 2*cols + 1, 2*cols + 17} {
			sizes = append(sizes, [3]int{cols, width, 1 + cols%3})
		}
	}
	for _, s := range sizes {
		cols, width, rows := s[0], s[1], s[2]
		t.Run(fmt.Sprintf("dtype=%s/cols=%d/width=%d", dtype[T](), cols, width), func(t *testing.T) {
			n := (2*rows-1)*width + 2*cols // the last row may end with its windows
			x, ct := boxOf(mixed[T](rng, n), cols%5), boxOf(mixed[T](rng, rows*cols), 1)
			for i := range x.s {
				if rng.IntN(3) == 0 {
					x.s[i] = T(rng.IntN(3)) // ties
				}
			}
			y, dx := newBox[T](rows*cols, 2), boxOf(random[T](rng, n, 1), 3)
			wantY, wantDX, wantInto := make([]T, rows*cols), append([]T(nil), dx.s...), make([]T, n)
			for i := range wantY {
				at := 2*(i/cols)*width + 2*(i%cols)
				wantY[i] = defineMaxPool2(x.s[at:], width, ct.s[i], wantDX[at:], wantInto[at:])
			}
			kernel.MaxPool2(y.s, x.s, cols, width)
			if msg := diff(wantY, y.s); msg != "" {
				t.Fatalf("value: mismatch (-want +got):\n%s", msg)
			}
			kernel.MaxPool2Backward(dx.s, ct.s, x.s, y.s, cols, width)
			if msg := diff(wantDX, dx.s); msg != "" {
				t.Fatalf("derivative: mismatch (-want +got):\n%s", msg)
			}
			if width == 2*cols {
				for i := range dx.s {
					dx.s[i] = T(guard)
				}
				kernel.MaxPool2BackwardInto(dx.s, ct.s, x.s, y.s, cols)
				if msg := diff(wantInto, dx.s); msg != "" {
					t.Fatalf("derivative, set: mismatch (-want +got):\n%s", msg)
				}
			}
			for _, b := range []box[T]{x, ct, y, dx} {
				b.check(t)
			}
		})
	}
}

// defineMaxPool2 returns the largest element of the window that x begins with, and adds its part of the cotangent to
// both of the others.
func defineMaxPool2[T kernel.Float](x []T, width int, ct T, dx, into []T) T {
	places := []int{0, 1, width, width + 1}
	m := max(x[0], x[1], x[width], x[width+1])
	var largest []int
	for _, k := range places {
		if same(x[k], m) {
			largest = append(largest, k)
		}
	}
	for _, k := range largest {
		dx[k] += ct / T(len(largest))
		into[k] += ct / T(len(largest))
	}
	return m
}
