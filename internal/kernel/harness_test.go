package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// guard stands before and after the slices that a kernel gets; it must not change.
const (
	guard  = -12345.678
	guards = 19 // how many follow a slice: more than a vector of any kind
)

// forEach runs f once for every implementation.
func forEach(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	for _, name := range kernel.Implementations() {
		t.Run("impl="+name, func(t *testing.T) {
			defer kernel.Use(name)()
			f(t)
		})
	}
}

// dtype returns the name of T.
func dtype[T kernel.Float]() string {
	var z T
	return fmt.Sprintf("%T", z)
}

// eps returns the distance from 1 to the next larger number.
func eps[T kernel.Float]() float64 {
	if dtype[T]() == "float32" {
		return 0x1p-23
	}
	return 0x1p-52
}

// A box is a slice inside a larger one, off elements from the beginning, with guards around it.
type box[T kernel.Float] struct {
	all []T
	s   []T
}

func newBox[T kernel.Float](n, off int) box[T] {
	all := make([]T, n+off+guards)
	for i := range all {
		all[i] = guard
	}
	return box[T]{all, all[off : off+n : off+n]}
}

// boxOf returns a box that holds a copy of s.
func boxOf[T kernel.Float](s []T, off int) box[T] {
	b := newBox[T](len(s), off)
	copy(b.s, s)
	return b
}

// check fails the test if a guard has changed.
func (b box[T]) check(t *testing.T) {
	t.Helper()
	off := len(b.all) - len(b.s) - guards
	for i, v := range b.all {
		if (i < off || i >= off+len(b.s)) && v != T(guard) {
			t.Fatalf("guard at %d is %v", i-off, v)
		}
	}
}

// random returns n numbers between -scale and scale.
func random[T kernel.Float](rng *rand.Rand, n int, scale float64) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(scale * (2*rng.Float64() - 1))
	}
	return s
}

// special are the numbers at which kernels go wrong.
func special[T kernel.Float]() []T {
	x := []float64{
		0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 2, -3, 1e-3, 100, -100, 1e20, -1e20,
		math.Inf(1), math.Inf(-1), math.NaN(),
	}
	if dtype[T]() == "float32" {
		x = append(x, math.SmallestNonzeroFloat32, -1e-40, math.MaxFloat32, -math.MaxFloat32, 0x1p-126, 88.7, 89, -87.5, -103, -104.5)
	} else {
		x = append(x, math.SmallestNonzeroFloat64, -1e-310, math.MaxFloat64, -math.MaxFloat64, 0x1p-1022, 709.7, 710, -708.5, -745, -746)
	}
	s := make([]T, len(x))
	for i, v := range x {
		s[i] = T(v)
	}
	return s
}

// mixed returns n numbers, one in four of them special.
func mixed[T kernel.Float](rng *rand.Rand, n int) []T {
	s := random[T](rng, n, 3)
	sp := special[T]()
	for i := range s {
		if rng.IntN(4) == 0 {
			s[i] = sp[rng.IntN(len(sp))]
		}
	}
	return s
}

// same reports whether two numbers are equal, or both NaN.
func same[T kernel.Float](x, y T) bool {
	return x == y || math.IsNaN(float64(x)) && math.IsNaN(float64(y))
}

// diff compares exactly, except that all NaNs are equal, and 0 and -0.
func diff[T kernel.Float](want, got []T) string {
	if slices.EqualFunc(want, got, same) {
		return "" // package cmp is slow
	}
	return cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty())
}

// near compares numbers that may differ by tol of the corresponding size.
func near[T kernel.Float](want []float64, got []T, size []float64, tol float64) string {
	for i, w := range want {
		g := float64(got[i])
		switch {
		case math.IsNaN(w) || math.IsInf(w, 0) || math.IsInf(float64(T(w)), 0):
			if g != float64(T(w)) && !(math.IsNaN(w) && math.IsNaN(g)) {
				return fmt.Sprintf("at %d: got %v, want %v", i, g, w)
			}
		case !(math.Abs(g-w) <= tol*size[i]):
			return fmt.Sprintf("at %d: got %v, want %v, differs by %g, may by %g", i, g, w, math.Abs(g-w), tol*size[i])
		}
	}
	return ""
}
