package kernel_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// few is what "a few ulp" means in the doc comments of sums.
const few = 4

// lengths returns ragged lengths, and some around those at which work is split.
func lengths() []int {
	var list []int
	for n := range maxLength + 1 {
		list = append(list, n)
	}
	return append(list, 127, 1023, 1024, 1025, 2049, 65535, 65536, 65537, 200001)
}

// exactSum returns Σ x*y as the sum of two numbers, and Σ |x*y|.
func exactSum[T kernel.Float](x, y []T) (hi, lo, size float64) {
	for i := range x {
		v, w := float64(x[i]), float64(y[i])
		p := v * w
		s := hi + p
		z := s - hi
		lo += (hi - (s - z)) + (p - z) + math.FMA(v, w, -p) // what the sum and the product have lost
		hi = s
		size += math.Abs(p)
	}
	return hi, lo, size
}

func TestSums(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testSums[float32](t)
		testSums[float64](t)
	})
}

func testSums[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(15, 16))
	for _, n := range lengths() {
		x, y := boxOf(random[T](rng, n, 1), n%5), boxOf(random[T](rng, n, 1), n%3)
		ones := make([]T, n)
		for i := range ones {
			ones[i] = 1
		}
		check := func(name string, got T, a, b []T) {
			t.Helper()
			hi, lo, size := exactSum(a, b)
			d := hi - float64(got) + lo
			if math.Abs(d) > few*eps[T]()*size {
				t.Errorf("%s/dtype=%s n=%d: got %v, differs by %g", name, dtype[T](), n, got, d)
			}
		}
		check("Sum", kernel.Sum(x.s), x.s, ones)
		check("Dot", kernel.Dot(x.s, y.s), x.s, y.s)
		if n > 0 {
			want := x.s[0]
			for _, v := range x.s {
				want = max(want, v)
			}
			if got := kernel.Max(x.s); got != want {
				t.Errorf("Max/dtype=%s n=%d: got %v, want %v", dtype[T](), n, got, want)
			}
		}
		var most T
		for _, v := range x.s {
			most = max(most, v, -v)
		}
		if got := kernel.MaxAbs(x.s); got != most {
			t.Errorf("MaxAbs/dtype=%s n=%d: got %v, want %v", dtype[T](), n, got, most)
		}
		if !kernel.AllFinite(x.s) {
			t.Errorf("AllFinite/dtype=%s n=%d: got false", dtype[T](), n)
		}
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if n == 0 {
				break
			}
			i := rng.IntN(n)
			old := x.s[i]
			x.s[i] = T(bad)
			if kernel.AllFinite(x.s) {
				t.Errorf("AllFinite/dtype=%s n=%d: got true with %v at %d", dtype[T](), n, bad, i)
			}
			if got := float64(kernel.Max(x.s)); bad != bad && got == got || bad > 0 && got != bad || bad < 0 && n > 1 && got == bad {
				t.Errorf("Max/dtype=%s n=%d: got %v with %v at %d", dtype[T](), n, got, bad, i)
			}
			if got := float64(kernel.MaxAbs(x.s)); bad != bad && got == got || bad == bad && got != math.Abs(bad) {
				t.Errorf("MaxAbs/dtype=%s n=%d: got %v with %v at %d", dtype[T](), n, got, bad, i)
			}
			x.s[i] = old
		}
	}
}

// TestSumIsAccurate adds a million numbers that do not fit: naive addition loses three digits.
func TestSumIsAccurate(t *testing.T) {
	const n = 1_000_000
	x := make([]float32, n)
	kernel.Fill(x, 0.1)
	forEach(t, func(t *testing.T) {
		t.Helper()
		want := float32(float64(float32(0.1)) * n)
		if got := kernel.Sum(x); got != want {
			t.Errorf("Sum = %v, want %v", got, want)
		}
		col := make([]float32, 1)
		kernel.AddColumnSums(col, x)
		if col[0] != want {
			t.Errorf("AddColumnSums = %v, want %v", col[0], want)
		}
	})
}

// TestColumnSumsOfLargeMatrices is about those large enough for several processors, and for several blocks on one.
func TestColumnSumsOfLargeMatrices(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 26))
	for _, size := range [][2]int{{1001, 150}, {130, 1100}} {
		m, n := size[0], size[1]
		x := newMatrix[float32](rng, m, n, 0, 1)
		want := make([]float32, n)
		for i := range m {
			for j := range n {
				want[j] += x.s[i*n+j]
			}
		}
		forEach(t, func(t *testing.T) {
			t.Helper()
			for _, processors := range []int{1, 2} {
				old := runtime.GOMAXPROCS(processors)
				got := newBox[float32](n, 3)
				clear(got.s)
				kernel.AddColumnSums(got.s, x.s)
				runtime.GOMAXPROCS(old)
				if msg := diff(want, got.s); msg != "" {
					t.Errorf("%d×%d on %d processors: mismatch (-want +got):\n%s", m, n, processors, msg)
				}
				got.check(t)
			}
		})
	}
}

func TestColumnSums(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testColumnSums[float32](t)
		testColumnSums[float64](t)
	})
}

func testColumnSums[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(17, 18))
	for n := range maxLength + 1 {
		for _, m := range []int{0, 1, 2, 7, 200} {
			x := newMatrix[T](rng, m, n, 0, n%5)
			cols := newMatrix[T](rng, 1, n, 0, 2)
			want := append([]T(nil), cols.s...)
			for i := range m {
				for j := range n {
					want[j] += x.s[i*n+j]
				}
			}
			kernel.AddColumnSums(cols.s, x.s)
			if msg := diff(want, cols.s); msg != "" {
				t.Fatalf("AddColumnSums/dtype=%s %dx%d mismatch (-want +got):\n%s", dtype[T](), m, n, msg)
			}
			cols.check(t)
		}
	}
}

func TestAddOverAxes(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testOverAxes[float32](t)
		testOverAxes[float64](t)
	})
}

// testOverAxes compares sums over every other axis, from the first or the second on, with exact ones.
func testOverAxes[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(27, 28))
	for _, dims := range [][]int{
		{7}, {3, 2}, {2, 3}, {70, 5}, {5, 200}, {1, 1, 1}, {3, 2, 70}, {2, 3, 1000}, {70, 3, 4}, {130, 9, 3}, {3, 130, 9}, {1500, 3, 5},
		{2, 3, 5, 7}, {9, 8, 7, 6}, {3, 2, 3, 900}, {65, 2, 2, 65}, {200, 2, 80, 3}, {2, 2, 2, 2, 2, 2, 2}, {3, 2, 4, 2, 30, 2, 5}, {64, 64, 8, 64},
		{3, 50000}, {65, 3, 700}, // cut into pieces
		{2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 2},
	} {
		for first := range 2 {
			if len(dims) == first {
				continue
			}
			steps, n, m := make([]int, len(dims)), 1, 1
			for l, d := range dims {
				if l%2 != first {
					steps[l] = m
					m *= d
				}
				n *= d
			}
			x, dst := boxOf(random[T](rng, n, 1), n%5), boxOf(random[T](rng, m, 1), n%3)
			parts := make([][]T, m)
			for i, v := range dst.s {
				parts[i] = []T{v}
			}
			for i, v := range x.s {
				to, rest := 0, i
				for l, d := range dims {
					to += rest % d * steps[l]
					rest /= d
				}
				parts[to] = append(parts[to], v)
			}
			kernel.AddOverAxes(dst.s, x.s, dims, steps)
			for i, got := range dst.s {
				ones := make([]T, len(parts[i]))
				kernel.Fill(ones, 1)
				hi, lo, size := exactSum(parts[i], ones)
				if d := hi - float64(got) + lo; math.Abs(d) > few*eps[T]()*size {
					t.Errorf("AddOverAxes/dtype=%s dims=%v steps=%v: element %d is %v, differs by %g", dtype[T](), dims, steps, i, got, d)
				}
			}
			dst.check(t)
		}
	}
}

// TestAddOverAxesOnSeveralProcessors checks that a sum of few parts, which is cut into pieces, is the same on any
// number of processors, to the bit.
func TestAddOverAxesOnSeveralProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	x := random[float32](rand.New(rand.NewPCG(29, 30)), 1500*3*90, 1)
	sums := func() []float32 {
		dst := make([]float32, 3)
		kernel.AddOverAxes(dst, x, []int{1500, 3, 90}, []int{0, 1, 0})
		return dst
	}
	one := sums()
	runtime.GOMAXPROCS(4)
	for range 20 {
		if msg := diff(one, sums()); msg != "" {
			t.Fatalf("mismatch (-one processor +four):\n%s", msg)
		}
	}
}
