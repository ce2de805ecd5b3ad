package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestFillRows(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	forEach(t, func(t *testing.T) {
		t.Helper()
		testFillRows[float32](t)
		testFillRows[float64](t)
	})
}

// testFillRows fills rows of every length up to some vectors, and enough for several processors, from numbers that lie
// together, apart, or are one.
func testFillRows[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 9))
	lengths := []int{0, 500, 1 << 14, 1<<15 + 7, 1<<17 + 5}
	for n := 1; n <= maxLength; n++ {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		rows := 1 + n%5
		if n == 5 || n > maxLength {
			rows = (1<<17+n)/n + 1
		}
		lds := n % 3
		src, dst := boxOf(random[T](rng, (rows-1)*lds+1, 1), 1), boxOf(random[T](rng, rows*n, 1), 2)
		want := make([]T, rows*n)
		for i := range want {
			want[i] = src.s[i/n*lds]
		}
		kernel.FillRows(dst.s, n, src.s, lds, rows)
		if msg := diff(want, dst.s); msg != "" {
			t.Fatalf("%s, %d rows of %d, numbers %d apart: mismatch (-want +got):\n%s", dtype[T](), rows, n, lds, msg)
		}
		src.check(t)
		dst.check(t)
	}
}

func TestCopyRows(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	forEach(t, func(t *testing.T) {
		t.Helper()
		testCopyRows[float32](t)
		testCopyRows[float64](t)
	})
}

// testCopyRows tries rows of every length up to some vectors, with and without gaps, those of the source overlapping
// too.
func testCopyRows[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 8))
	type size struct{ n, ldd, lds, rows int }
	sizes := []size{{0, 3, 3, 2}, {3, 3, 3, 0}, {5, 5, 5, 300}, {1500, 1500, 1501, 3}, {1024, 1024, 7, 200}}
	for _, n := range []int{1, 2, 3, 500, 1 << 14, 1<<15 + 7, 1<<17 + 5} { // enough for several processors
		rows := (1<<17+n)/n + 1
		sizes = append(sizes, size{n, n, n + 1, rows}, size{n, n + 1, n, rows})
	}
	for n := 1; n <= maxLength; n++ {
		sizes = append(sizes, size{n, n + n%3, n % 4, 1 + n%5}, size{n, n, n + 5, 3})
	}
	for _, s := range sizes {
		t.Run(fmt.Sprintf("dtype=%s/%+v", dtype[T](), s), func(t *testing.T) {
			src := boxOf(random[T](rng, max((s.rows-1)*s.lds+s.n, 0), 1), 1)
			dst := boxOf(random[T](rng, max((s.rows-1)*s.ldd+s.n, 0), 1), 2)
			want := append([]T(nil), dst.s...)
			for i := range s.rows {
				for j := range s.n {
					want[i*s.ldd+j] = src.s[i*s.lds+j]
				}
			}
			kernel.CopyRows(dst.s, s.ldd, src.s, s.lds, s.n, s.rows)
			if msg := diff(want, dst.s); msg != "" {
				t.Fatalf("mismatch (-want +got):\n%s", msg)
			}
			src.check(t)
			dst.check(t)
		})
	}
}

func TestTranspose(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testTranspose[float32](t)
		testTranspose[float64](t)
	})
}

func testTranspose[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 8))
	for _, size := range [][4]int{{3, 0, 3, 3}, {0, 3, 5, 0}, {1, 1, 1, 1}, {16, 196, 196, 16}, {32, 50, 60, 32}, {3, 5, 5, 16}, {13, 9, 11, 16}, {13, 9, 9, 13}, {20, 5000, 5000, 24}, {5, 17, 20, 7}} {
		rows, cols, lds, ldd := size[0], size[1], size[2], size[3]
		src, dst := boxOf(random[T](rng, max((rows-1)*lds+cols, 0), 1), 1), newBox[T](cols*ldd, 2)
		want := make([]T, cols*ldd)
		for i := range rows {
			for j := range cols {
				want[j*ldd+i] = src.s[i*lds+j]
			}
		}
		kernel.Transpose(dst.s, ldd, src.s, lds, rows, cols)
		if msg := diff(want, dst.s); msg != "" {
			t.Fatalf("%v: mismatch (-want +got):\n%s", size, msg)
		}
		src.check(t)
		dst.check(t)
	}
}

func TestCopy(t *testing.T) {
	testCopy[float32](t)
	testCopy[float64](t)
}

// testCopy copies slices around the lengths of pieces.
func testCopy[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{0, 1, 7, 1<<16 - 1, 1 << 16, 1<<17 + 3, 1<<21 + 1} {
		src, dst := random[T](rng, n, 1), boxOf(make([]T, n), 1)
		kernel.Copy(dst.s, src)
		if msg := diff(src, dst.s); msg != "" {
			t.Fatalf("n=%d: mismatch (-want +got):\n%s", n, msg)
		}
		dst.check(t)
	}
}

func TestTransposePart(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testTransposePart[float32](t)
		testTransposePart[float64](t)
	})
}

// testTransposePart looks at sizes around those of tiles, with and without gaps, which stay what they are.
func testTransposePart[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(11, 12))
	type size struct{ rows, cols, lds, ldd int }
	sizes := []size{{0, 3, 3, 3}, {3, 0, 3, 3}, {40, 256, 256, 256}, {256, 40, 64, 512}, {9, 2500, 2500, 9}}
	for rows := 1; rows <= 20; rows++ {
		for _, cols := range []int{1, 2, 7, 16, 33} {
			sizes = append(sizes, size{rows, cols, cols + rows%3, rows + cols%4})
		}
	}
	for _, s := range sizes {
		src := boxOf(random[T](rng, max((s.rows-1)*s.lds+s.cols, 0), 1), 1)
		dst := boxOf(random[T](rng, max((s.cols-1)*s.ldd+s.rows, 0), 1), 2)
		want := append([]T(nil), dst.s...)
		for i := range s.rows {
			for j := range s.cols {
				want[j*s.ldd+i] = src.s[i*s.lds+j]
			}
		}
		kernel.TransposePart(dst.s, s.ldd, src.s, s.lds, s.rows, s.cols)
		if msg := diff(want, dst.s); msg != "" {
			t.Fatalf("dtype=%s/%+v: mismatch (-want +got):\n%s", dtype[T](), s, msg)
		}
		src.check(t)
		dst.check(t)
	}
}
