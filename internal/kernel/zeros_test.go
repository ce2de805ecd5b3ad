package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// signs are the numbers whose sums and products say which zeros, infinities and NaNs a kernel makes. All of their
// products are exact, so that it does not matter whether a sum is rounded once or twice.
var signs = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -2, 0x1p20, -0x1p20, math.Inf(1), math.Inf(-1), math.NaN()}

// TestZeros compares the zeros with their signs, the infinities and the NaNs of every elementwise kernel with those of
// Go, for all combinations of what it adds to and of its operands.
func TestZeros(t *testing.T) {
	testZeros[float32](t)
	testZeros[float64](t)
}

func testZeros[T kernel.Float](t *testing.T) {
	t.Helper()
	n := len(signs)
	var d, ct, a, b []T
	for i := range n * n * n * n {
		d, ct = append(d, T(signs[i%n])), append(ct, T(signs[i/n%n]))
		a, b = append(a, T(signs[i/n/n%n])), append(b, T(signs[i/n/n/n]))
	}
	params := [][2]T{{0.5, 1}, {1, T(signs[1])}, {-1, 0}, {-1, 2}}
	results := func(name string) map[string][]T {
		defer kernel.Use(name)()
		all := map[string][]T{}
		names, loops := kernel.Loops[T]()
		for i, f := range loops {
			for _, c := range signs {
				y := append([]T(nil), d...)
				f(y, ct, a, T(c))
				all[fmt.Sprintf("%s with %v", names[i], c)] = y
			}
		}
		for _, m := range kernel.Mappings[T]() {
			for _, p := range params {
				y := append([]T(nil), d...)
				m.Run(y, ct, a, b, p[0], p[1])
				all[fmt.Sprintf("%s, adds=%v, with %v", m.Name, m.Adds, p)] = y
			}
		}
		return all
	}
	want := results("portable")
	for _, name := range kernel.Implementations() {
		t.Run("impl="+name+"/dtype="+dtype[T](), func(t *testing.T) {
			for kernel, got := range results(name) {
				bad := 0
				for i, w := range want[kernel] {
					if g := got[i]; !alike(g, w, d[i]) {
						if bad++; bad < 5 {
							t.Errorf("%s: dst %v, ct %v, a %v, b %v: got %v, Go's kernel %v", kernel, d[i], ct[i], a[i], b[i], signed(g), signed(w))
						}
					}
				}
			}
		})
	}
}

// alike reports whether two results that were added to d are of one kind. Terms that cancel may leave something, where they
// are not rounded in the same places.
func alike[T kernel.Float](x, y, d T) bool {
	return kind(x) == kind(y) || x != y && math.Abs(float64(x)-float64(y)) <= eps[T]()*max(1, math.Abs(float64(d)))
}

// kind returns 0 for NaN, and otherwise which zero or infinity x is, or which sign it has.
func kind[T kernel.Float](x T) int {
	v, k := float64(x), 1
	switch {
	case v != v:
		return 0
	case v == 0:
		k = 2
	case math.IsInf(v, 0):
		k = 3
	}
	if math.Signbit(v) {
		return -k
	}
	return k
}

// signed returns x as text, with the sign of a zero.
func signed[T kernel.Float](x T) string {
	if x == 0 && math.Signbit(float64(x)) {
		return "-0"
	}
	return fmt.Sprint(x)
}

// A lineKernel is a function of lines of three elements, inner apart, and of numbers for them. What it makes is all that
// it sets.
type lineKernel[T kernel.Float] struct {
	name string
	run  func(dst, ct, x, y, line []T, n, inner int)
}

func lineKernels[T kernel.Float]() []lineKernel[T] {
	var list []lineKernel[T]
	add := func(name string, run func(dst, ct, x, y, line []T, n, inner int)) {
		list = append(list, lineKernel[T]{name, run})
	}
	both := func(name string, run func(dst, ct, x, y, line []T, n, inner int, set bool)) {
		for _, set := range []bool{true, false} {
			add(fmt.Sprintf("%s, set=%v", name, set), func(dst, ct, x, y, line []T, n, inner int) { run(dst, ct, x, y, line, n, inner, set) })
		}
	}
	add("MaxLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.MaxLines(dst[:len(x)/n], x, n, inner) })
	add("MinLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.MinLines(dst[:len(x)/n], x, n, inner) })
	add("ProdLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.ProdLines(dst[:len(x)/n], x, n, inner) })
	add("SumLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.SumLines(dst[:len(x)/n], x, n, inner) })
	add("NormLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.NormLines(dst[:len(x)/n], x, n, inner) })
	add("SoftmaxLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.SoftmaxLines(dst, x, n, inner) })
	add("SafeSoftmaxLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.SafeSoftmaxLines(dst, x, n, inner) })
	add("LogSoftmaxLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.LogSoftmaxLines(dst, x, n, inner) })
	add("LogSumExpLines", func(dst, _, x, _, _ []T, n, inner int) { kernel.LogSumExpLines(dst[:len(x)/n], x, n, inner) })
	add("SumScan", func(dst, _, x, _, _ []T, n, inner int) { kernel.SumScan(dst, x, n, inner, false) })
	add("SumScan backwards", func(dst, _, x, _, _ []T, n, inner int) { kernel.SumScan(dst, x, n, inner, true) })
	add("ProdScan", func(dst, _, x, _, _ []T, n, inner int) { kernel.ProdScan(dst, x, n, inner, false) })
	add("AffineLines", func(dst, _, x, _, line []T, n, inner int) {
		zero := make([]T, len(line))
		kernel.AffineLines(dst, x, zero, zero, line, zero, n, inner)
	})
	both("ScaleLines", func(dst, _, x, _, line []T, n, inner int, set bool) {
		zero := make([]T, len(line))
		kernel.ScaleLines(dst, x, zero, zero, line, n, inner, set)
	})
	both("SlopeLines", func(dst, ct, x, _, line []T, n, inner int, set bool) {
		zero := make([]T, len(line))
		kernel.SlopeLines(dst, ct, x, zero, line, zero, zero, line, n, inner, set)
	})
	both("MaxLinesBackward", func(dst, ct, x, _, _ []T, n, inner int, set bool) {
		y := make([]T, len(x)/n)
		kernel.MaxLines(y, x, n, inner)
		if set {
			kernel.MaxLinesBackwardInto(dst, ct[:len(y)], x, y, n, inner)
		} else {
			kernel.MaxLinesBackward(dst, ct[:len(y)], x, y, n, inner)
		}
	})
	both("NormLinesBackward", func(dst, ct, x, _, line []T, n, inner int, set bool) {
		kernel.NormLinesBackward(dst, ct[:len(line)], x, line, n, inner, set)
	})
	both("PNormLinesBackward", func(dst, ct, x, _, line []T, n, inner int, set bool) {
		kernel.PNormLinesBackward(dst, ct[:len(line)], x, line, n, inner, 3, set)
	})
	both("ProdLinesBackward", func(dst, ct, x, _, line []T, n, inner int, set bool) {
		kernel.ProdLinesBackward(dst, ct[:len(line)], x, n, inner, set)
	})
	both("ProdScanBackward", func(dst, ct, x, _, _ []T, n, inner int, set bool) {
		kernel.ProdScanBackward(dst, ct, x, n, inner, set)
	})
	both("SoftmaxLinesBackward", func(dst, ct, x, y, _ []T, n, inner int, set bool) {
		kernel.SoftmaxLinesBackward(dst, ct, y[:len(x)], x, n, inner, set)
	})
	both("LogSoftmaxLinesBackward", func(dst, ct, x, y, _ []T, n, inner int, set bool) {
		kernel.LogSoftmaxLinesBackward(dst, ct, y[:len(x)], x, n, inner, set)
	})
	both("NormalizeRowsBackward", func(dst, ct, x, y, line []T, n, inner int, set bool) {
		if inner == 1 {
			kernel.NormalizeRowsBackward(dst, ct, x, y[:n], line, n, false, set)
		}
	})
	add("Axpy", func(dst, ct, x, _, _ []T, _, _ int) { kernel.Axpy(dst, ct[0], x) })
	add("Dot", func(dst, ct, x, _, _ []T, n, _ int) { dst[0] = kernel.Dot(ct[:n], x[:n]) })
	add("Gemm", func(dst, _, x, y, line []T, n, _ int) {
		kernel.Gemm(false, false, n, len(line), n, y, n, x, len(line), dst, len(line), false)
	})
	add("Gemm added", func(dst, _, x, y, line []T, n, _ int) {
		kernel.Gemm(true, false, n, len(line), n, y, n, x, len(line), dst, len(line), true)
	})
	add("Linear", func(dst, _, x, y, line []T, n, _ int) {
		kernel.Linear(dst, y[:n*n], x, line, n, len(line), n, true)
	})
	return list
}

// TestZerosOfLines is [TestZeros] for functions of lines, of random choices of numbers.
func TestZerosOfLines(t *testing.T) {
	testZerosOfLines[float32](t)
	testZerosOfLines[float64](t)
}

func testZerosOfLines[T kernel.Float](t *testing.T) {
	t.Helper()
	const tries = 300
	for _, f := range lineKernels[T]() {
		t.Run(f.name+"/dtype="+dtype[T](), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(71, 72))
			bad := 0
			for try := range tries {
				n, inner := 3, []int{1, 3, 5, 8, 17}[try%5]
				some := signs[:2+rng.IntN(len(signs)-1)] // often only finite ones, in few values
				draw := func(count int) []T {
					s := make([]T, count)
					for i := range s {
						s[i] = T(some[rng.IntN(len(some))])
						if math.Abs(float64(s[i])) == 0x1p20 {
							s[i] /= 0x1p11 // sums of products remain exact
						}
					}
					return s
				}
				lines := inner
				if inner == 1 {
					lines = 1 + try%19
				}
				dst, ct, x, y, line := draw(n*lines), draw(n*lines), draw(n*lines), draw(n*max(lines, n)), draw(lines)
				results := map[string][]T{}
				for _, name := range kernel.Implementations() {
					func() {
						defer kernel.Use(name)()
						results[name] = append([]T(nil), dst...)
						f.run(results[name], ct, x, y, line, n, inner)
					}()
				}
				for name, got := range results {
					for i, w := range results["portable"] {
						if g := got[i]; !alike(g, w, dst[i]) && bad < 6 {
							bad++
							t.Errorf("%s, n %d, inner %d: element %d is %v, by Go %v\nof dst %v\nct %v\nx %v\ny %v\nlines %v", name, n, inner, i, signed(g), signed(w), dst, ct, x, y, line)
						}
					}
				}
			}
		})
	}
}
