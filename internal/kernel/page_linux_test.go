package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// pages hands out slices that end where memory ends: the page after each may not be touched.
type pages struct {
	t    *testing.T
	maps [][]byte
	used int
}

const pageBytes = 1 << 16 // of each slice at most

func newPages(t *testing.T, n int) *pages {
	t.Helper()
	p := &pages{t: t}
	size := unix.Getpagesize()
	for range n {
		m, err := unix.Mmap(-1, 0, pageBytes+size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			t.Skipf("mmap: %v", err)
		}
		if err := unix.Mprotect(m[pageBytes:], unix.PROT_NONE); err != nil {
			t.Fatalf("mprotect: %v", err)
		}
		p.maps = append(p.maps, m)
		t.Cleanup(func() { _ = unix.Munmap(m) })
	}
	return p
}

// slice returns n elements before a protected page, filled with ones.
func slice[T kernel.Float](p *pages, n int) []T {
	m := p.maps[p.used%len(p.maps)]
	p.used++
	if n == 0 {
		return nil
	}
	var z T
	size := int(unsafe.Sizeof(z))
	s := unsafe.Slice((*T)(unsafe.Pointer(&m[pageBytes-n*size])), n)
	for i := range s {
		s[i] = 1
	}
	return s
}

// TestProtectedPage runs every kernel on slices that end at the end of memory. It passes if it does not crash, and
// checks some results.
func TestProtectedPage(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testProtectedPage[float32](t)
		testProtectedPage[float64](t)
	})
}

func testProtectedPage[T kernel.Float](t *testing.T) {
	t.Helper()
	p := newPages(t, 4)
	s := func(n int) []T { return slice[T](p, n) }
	list := append(exactKernels[T](), accumulating[T]()...)
	for _, f := range functions[T]() {
		list = append(list, exact[T]{name: f.name, run: func(dst, x, _ []T) { f.run(dst, x) }})
	}
	for n := 1; n <= maxLength; n++ {
		for _, k := range list {
			k.run(s(n), s(n), s(n))
		}
		for _, sum := range []T{kernel.Sum(s(n)), kernel.Dot(s(n), s(n)), kernel.Max(s(n)) * T(n), kernel.MaxAbs(s(n)) * T(n)} {
			if sum != T(n) {
				t.Fatalf("dtype=%s: sum of %d ones is %v", dtype[T](), n, sum)
			}
		}
		if !kernel.AllFinite(s(n)) {
			t.Fatalf("dtype=%s: %d ones are not finite", dtype[T](), n)
		}
		kernel.Softmax(s(3*n), s(3*n), n)
		kernel.SafeSoftmax(s(3*n), s(3*n), n)
		kernel.LogSoftmax(s(3*n), s(3*n), n)
		for _, backward := range softmaxBackwards[T]() {
			backward.run(s(3*n), s(3*n), s(3*n), s(3*n), n)
		}
		kernel.LogSumExp(s(3), s(3*n), n)
		kernel.AddColumnSums(s(n), s(5*n))
		for _, l := range [][3]int{{3, n, 1}, {n, 5, n}} { // lines, elements, side by side
			m := l[0] * l[1]
			kernel.MaxLines(s(l[0]), s(m), l[1], l[2])
			kernel.MinLines(s(l[0]), s(m), l[1], l[2])
			kernel.ProdLines(s(l[0]), s(m), l[1], l[2])
			kernel.SumLines(s(l[0]), s(m), l[1], l[2])
			kernel.AddSumLines(s(l[0]), s(m), l[1], l[2])
			kernel.NormLines(s(l[0]), s(m), l[1], l[2])
			kernel.VarianceLines(s(l[0]), s(l[0]), s(l[0]), s(m), l[1], l[2], 2, true)
			kernel.ProductLines(s(l[0]), s(l[0]), s(l[0]), s(l[0]), s(m), s(m), l[1], l[2])
			kernel.MaxLinesBackward(s(m), s(l[0]), s(m), s(l[0]), l[1], l[2])
		}
		kernel.SGDMomentum(s(n), s(n), s(n), 1, 1, 1, n%2 == 0)
		kernel.Adam(s(n), s(n), s(n), s(n), 1, 0.5, 0.5, 1, 1, n%2 == 0, [2]float64{0.5, 0.5})
		kernel.Adagrad(s(n), s(n), s(n), 1, 1, 1)
		kernel.RMSProp(s(n), s(n), s(n), 1, 0.5, 1, 1)
		kernel.RMSPropMomentum(s(n), s(n), s(n), s(n), 1, 0.5, 0.5, 1, 1)
		kernel.RMSPropCentered(s(n), s(n), s(n), s(n), s(n), 1, 0.5, 0.5, 1, 1)
		kernel.Lion(s(n), s(n), s(n), 1, 0.5, 0.5, 1)
	}
}

func TestProtectedPageGemm(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testProtectedPageGemm[float32](t)
		testProtectedPageGemm[float64](t)
	})
}

func testProtectedPageGemm[T kernel.Float](t *testing.T) {
	t.Helper()
	p := newPages(t, 4)
	rng := rand.New(rand.NewPCG(23, 24))
	step := 1
	if testing.Short() {
		step = 4
	}
	for m := 1; m <= 34; m += step {
		for n := 1; n <= 34; n++ {
			k := 1 + rng.IntN(40)
			for form := range 4 {
				a, b, c := slice[T](p, m*k), slice[T](p, k*n), slice[T](p, m*n)
				s := shape{m, n, k, form&1 != 0, form&2 != 0}
				sa, sb := s.operands()
				kernel.Gemm(s.transA, s.transB, m, n, k, a, sa[1], b, sb[1], c, n, m%2 == 0)
				want := T(k)
				if m%2 == 0 {
					want++
				}
				for i, v := range c {
					if v != want {
						t.Fatalf("%s/dtype=%s: c[%d] = %v, want %v", fmt.Sprint(s), dtype[T](), i, v, want)
					}
				}
			}
			kernel.Linear(slice[T](p, m*n), slice[T](p, m*k), slice[T](p, k*n), slice[T](p, n), m, n, k, true)
		}
	}
}
