package kernel_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// alongSizes are outer, n, m and inner: lines that lie together and side by side, more than a chunk has, and enough of them for
// several processors.
var alongSizes = [][4]int{
	{0, 3, 2, 1}, {2, 0, 0, 3}, {2, 3, 0, 1}, {1, 1, 1, 1}, {3, 5, 4, 1}, {2, 5, 4, 3}, {2, 300, 500, 1}, {1, 40, 900, 5},
	{1, 1 << 15, 1 << 15, 1}, {400, 50, 100, 1}, {1, 70, 60, 600}, {3, 20, 40, 300}, {900, 3, 7, 4},
}

// alongIndices returns m·inner·outer indices into lines of n elements, a third of them negative, some of them many times.
func alongIndices[T kernel.Float](rng *rand.Rand, count, n int) []T {
	s := make([]T, count)
	for i := range s {
		k := rng.IntN(n)
		if rng.IntN(3) == 0 {
			k = rng.IntN(min(n, 2)) // often the first ones
		}
		if rng.IntN(3) == 0 {
			k -= n
		}
		s[i] = T(k)
	}
	return s
}

// fromFront returns the index v into n elements, counted from 0 up.
func fromFront[T kernel.Float](v T, n int) int {
	if v < 0 {
		return int(v) + n
	}
	return int(v)
}

func TestAlong(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	testAlong[float32](t)
	testAlong[float64](t)
}

func testAlong[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(95, 96))
	for _, size := range alongSizes {
		outer, n, m, inner := size[0], size[1], size[2], size[3]
		count := outer * m * inner
		index := alongIndices[T](rng, count, max(n, 1))
		whole, part := random[T](rng, outer*n*inner, 1), random[T](rng, count, 1)
		place := func(i int) int { // of the element of whole that belongs to element i of part
			return (i/(m*inner)*n+fromFront(index[i], n))*inner + i%inner
		}

		for _, add := range []bool{false, true} {
			got, want := boxOf(part, 1), slices.Clone(part)
			for i := range want {
				if !add {
					want[i] = 0
				}
				want[i] += whole[place(i)]
			}
			if i := kernel.TakeAlong(got.s, index, whole, n, m, inner, add); i >= 0 {
				t.Fatalf("TakeAlong %v: index %d, %v, is said to be none", size, i, index[i])
			}
			got.check(t)
			if msg := diff(want, got.s); msg != "" {
				t.Fatalf("TakeAlong dtype=%s %v add=%v mismatch (-want +got):\n%s", dtype[T](), size, add, msg)
			}
		}

		for _, set := range []bool{false, true} {
			got := boxOf(whole, 3)
			want, sizes := make([]float64, len(whole)), make([]float64, len(whole))
			for i := range want {
				if !set {
					want[i], sizes[i] = float64(whole[i]), math.Abs(float64(whole[i]))
				}
			}
			for i, v := range part {
				want[place(i)] += float64(v)
				sizes[place(i)] += math.Abs(float64(v))
			}
			if i := kernel.PutAlong(got.s, index, part, n, m, inner, set); i >= 0 {
				t.Fatalf("PutAlong %v: index %d, %v, is said to be none", size, i, index[i])
			}
			got.check(t)
			tol := 1.1e-6 // 17 additions and what compensation leaves
			if dtype[T]() == "float64" {
				tol = float64(m+1) * 0x1p-53
			}
			if msg := near(want, got.s, sizes, tol); msg != "" {
				t.Fatalf("PutAlong dtype=%s %v set=%v: %s", dtype[T](), size, set, msg)
			}
		}
	}
}

func TestPutDistinctAlong(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	testPutDistinctAlong[float32](t)
	testPutDistinctAlong[float64](t)
}

func testPutDistinctAlong[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(99, 100))
	for _, size := range [][4]int{{3, 5, 5, 1}, {2, 5, 4, 3}, {400, 50, 50, 1}, {1, 70, 60, 600}} {
		outer, n, m, inner := size[0], size[1], size[2], size[3]
		whole, part := random[T](rng, outer*n*inner, 1), random[T](rng, outer*m*inner, 1)
		index := make([]T, len(part))
		for _, set := range []bool{false, true} {
			got, want := boxOf(whole, 2), slices.Clone(whole)
			if set {
				clear(want)
			}
			for line := range outer * inner {
				o, c := line/inner, line%inner
				for k, i := range rng.Perm(n)[:m] {
					at := (o*m+k)*inner + c
					index[at] = T(i)
					want[(o*n+i)*inner+c] += part[at]
				}
			}
			if i := kernel.PutDistinctAlong(got.s, index, part, n, m, inner, set); i >= 0 {
				t.Fatalf("%v: index %d, %v, is said to be none", size, i, index[i])
			}
			got.check(t)
			if msg := diff(want, got.s); msg != "" {
				t.Fatalf("dtype=%s %v set=%v mismatch (-want +got):\n%s", dtype[T](), size, set, msg)
			}
		}
	}
}

// TestPutAlongOften adds a million equal numbers up in one place.
func TestPutAlongOften(t *testing.T) {
	const m = 1 << 20
	part := make([]float32, m)
	for i := range part {
		part[i] = 0.1
	}
	for _, inner := range []int{1, 2} {
		whole := make([]float32, 3*inner)
		kernel.PutAlong(whole, make([]float32, m), part, 3, m/inner, inner, true)
		want := float64(float32(0.1)) * m / float64(inner)
		if got := float64(whole[0]); math.Abs(got-want) > 1e-6*want {
			t.Errorf("inner %d: the sum is %v, want %v", inner, got, want)
		}
	}
}

// TestAlongWrong looks for the first index that is none, also where several processors meet one each.
func TestAlongWrong(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	testAlongWrong[float32](t)
	testAlongWrong[float64](t)
}

func testAlongWrong[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(97, 98))
	for _, size := range [][4]int{{3, 5, 4, 1}, {2, 5, 4, 3}, {400, 50, 100, 1}, {1, 70, 60, 600}} {
		outer, n, m, inner := size[0], size[1], size[2], size[3]
		count := outer * m * inner
		for _, bad := range []float64{float64(n), float64(-n - 1), 0.5, -0.5, 1e30, -1e30, 0x1p23, 0x1p31, -0x1p31, 0x1p63, -0x1p63, math.NaN(), math.Inf(1), math.Inf(-1), 1e-40} {
			index := alongIndices[T](rng, count, n)
			want := count
			for range 3 {
				i := rng.IntN(count)
				index[i] = T(bad)
				want = min(want, i)
			}
			whole, part := make([]T, outer*n*inner), make([]T, count)
			if got := kernel.TakeAlong(part, index, whole, n, m, inner, false); got != want {
				t.Errorf("TakeAlong dtype=%s %v %v: got %d, want %d", dtype[T](), size, bad, got, want)
			}
			if got := kernel.PutAlong(whole, index, part, n, m, inner, true); got != want {
				t.Errorf("PutAlong dtype=%s %v %v: got %d, want %d", dtype[T](), size, bad, got, want)
			}
		}
	}
	for _, inner := range []int{1, 2} {
		if got := kernel.TakeAlong(make([]T, 2*inner), make([]T, 2*inner), nil, 0, 2, inner, false); got != 0 {
			t.Errorf("lines without elements, inner %d: got %d, want 0", inner, got)
		}
	}
}
