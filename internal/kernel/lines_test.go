package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// lineShapes are outer, n and inner of lines.
func lineShapes() [][3]int {
	list := [][3]int{{1, 140001, 1}, {3, 1025, 1}, {1, 65537, 1}, {1, 130, 150}, {2, 70, 130}, {1, 300, 3}, {300, 3, 9}, {1400, 100, 1}, {2, 5, 700}}
	if testing.Short() {
		list = [][3]int{{1, 65537, 1}, {2, 70, 130}, {300, 3, 9}}
	}
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 67} {
		list = append(list, [3]int{3, n, 1}, [3]int{2, 3, n + 1}, [3]int{1, n, 5})
	}
	return list
}

// lineOf returns line i.
func lineOf[T kernel.Float](x []T, i, n, inner int) []T {
	line := make([]T, n)
	for k := range line {
		line[k] = x[(i/inner*n+k)*inner+i%inner]
	}
	return line
}

func TestLines(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testExtremeLines[float32](t)
		testExtremeLines[float64](t)
		testSumsOfLines[float32](t)
		testSumsOfLines[float64](t)
	})
}

func testExtremeLines[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(51, 52))
	for _, s := range lineShapes() {
		outer, n, inner := s[0], s[1], s[2]
		if n == 0 {
			continue
		}
		x := boxOf(mixed[T](rng, outer*n*inner), n%5)
		for i := range x.s { // most lines have no NaN, and many nothing but zeros for their largest or smallest
			if x.s[i] != x.s[i] && rng.IntN(20) > 0 {
				x.s[i] = 1
			}
			if i/inner%3 == 0 {
				x.s[i] = T(math.Copysign(0, float64(x.s[i])))
			}
		}
		for _, f := range []struct {
			name string
			run  func(dst, x []T, n, inner int)
			of   func(v ...T) T
		}{
			{"MaxLines", kernel.MaxLines[T], func(v ...T) T { return max(v[0], v[1]) }},
			{"MinLines", kernel.MinLines[T], func(v ...T) T { return min(v[0], v[1]) }},
		} {
			dst := newBox[T](outer*inner, n%3)
			f.run(dst.s, x.s, n, inner)
			dst.check(t)
			for i, got := range dst.s {
				line := lineOf(x.s, i, n, inner)
				want := line[0]
				for _, v := range line[1:] {
					want = f.of(want, v)
				}
				if !same(got, want) || got == 0 && math.Signbit(float64(got)) != math.Signbit(float64(want)) {
					t.Fatalf("%s/dtype=%s %v: line %d gives %v, want %v", f.name, dtype[T](), s, i, got, want)
				}
			}
		}
	}
}

func testSumsOfLines[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(53, 54))
	for _, s := range lineShapes() {
		outer, n, inner := s[0], s[1], s[2]
		const offset = 100
		x, w := boxOf(random[T](rng, outer*n*inner, 1), n%5), boxOf(random[T](rng, outer*n*inner, 1), n%3)
		for i := range x.s {
			x.s[i] += offset * T(i%2)
		}
		lines := outer * inner
		a, b, c := newBox[T](lines, 1), newBox[T](lines, 2), newBox[T](lines, 3)
		check := func(name string, got T, want, size float64) {
			t.Helper()
			a.check(t)
			b.check(t)
			c.check(t)
			if !(math.Abs(float64(got)-want) <= few*eps[T]()*size) {
				t.Fatalf("%s/dtype=%s %v: got %v, want %v", name, dtype[T](), s, got, want)
			}
		}
		kernel.ProdLines(a.s, w.s, n, inner)
		for i, got := range a.s {
			want := 1.0
			for _, v := range lineOf(w.s, i, n, inner) {
				want *= float64(v)
			}
			check("ProdLines", got, want, 0.5*float64(n+1)*math.Abs(want)+0x1p-120)
		}
		kernel.SumLines(a.s, x.s, n, inner)
		for i, got := range a.s {
			hi, lo, size := exactSum(lineOf(x.s, i, n, inner), ones[T](n))
			check("SumLines", got, hi+lo, size)
		}
		kernel.Fill(a.s, offset)
		kernel.AddSumLines(a.s, x.s, n, inner)
		for i, got := range a.s {
			hi, lo, size := exactSum(lineOf(x.s, i, n, inner), ones[T](n))
			check("AddSumLines", got, offset+hi+lo, offset+size)
		}
		if n == 0 {
			continue
		}
		if plain := kernel.NormLines(a.s, x.s, n, inner); !plain {
			t.Fatalf("NormLines/dtype=%s %v: not plain", dtype[T](), s)
		}
		for i, got := range a.s {
			line := lineOf(x.s, i, n, inner)
			hi, lo, _ := exactSum(line, line)
			check("NormLines", got, math.Sqrt(hi+lo), math.Sqrt(hi))
		}
		plain := kernel.VarianceLines(a.s, b.s, c.s, x.s, n, inner, float64(n), false)
		for i, got := range a.s {
			line := lineOf(x.s, i, n, inner)
			hi, lo, size := exactSum(line, ones[T](n))
			mean := (hi + lo) / float64(n)
			if got := float64(b.s[i]) + float64(c.s[i]); math.Abs(got-mean) > 0x1p-45*size/float64(n) {
				t.Fatalf("VarianceLines/dtype=%s %v: mean %v, want %v", dtype[T](), s, got, mean)
			}
			d := make([]float64, n)
			for k, v := range line {
				d[k] = float64(v) - mean
			}
			hi, lo, _ = exactSum(d, d)
			if want := (hi + lo) / float64(n); got == got {
				check("VarianceLines", got, want, want+0x1p-90*offset)
			} else if plain || dtype[T]() == "float32" || want > 1e-200 {
				t.Fatalf("VarianceLines/dtype=%s %v: got %v, want %v", dtype[T](), s, got, want)
			}
		}
		hi, lo := b.s, c.s
		sums, products := newBox[T](lines, 1), newBox[T](lines, 2)
		kernel.ProductLines(sums.s, products.s, hi, lo, w.s, x.s, n, inner)
		sums.check(t)
		products.check(t)
		for i := range lines {
			v, d := make([]float64, n), make([]float64, n)
			weights := lineOf(w.s, i, n, inner)
			for k, e := range lineOf(x.s, i, n, inner) {
				v[k], d[k] = float64(weights[k]), float64(e)-(float64(hi[i])+float64(lo[i]))
			}
			sum, lost, size := exactSum(v, ones[float64](n))
			check("ProductLines", sums.s[i], sum+lost, size)
			sum, lost, size = exactSum(v, d)
			check("ProductLines", products.s[i], sum+lost, size)
		}
	}
}

// TestRareLines checks that lines are marked whose squares overflow or vanish in double precision.
func TestRareLines(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		x := []float64{1, 2, 1e200, 2, 1e-200, 2e-200}
		var dst, hi, lo [3]float64
		if plain := kernel.NormLines(dst[:], x, 2, 1); plain || dst[0] == dst[0] == (dst[0] != math.Sqrt(5)) || dst[1] == dst[1] || dst[2] == dst[2] {
			t.Errorf("NormLines = %v, %v", dst, plain)
		}
		if plain := kernel.VarianceLines(dst[:], hi[:], lo[:], x, 2, 1, 2, true); plain || dst[0] != 0.5 || dst[1] == dst[1] || dst[2] == dst[2] {
			t.Errorf("VarianceLines = %v, %v", dst, plain)
		}
		inf := float32(math.Inf(1))
		var dst32 [3]float32
		if plain := kernel.NormLines(dst32[:], []float32{3e38, 3e38, 1e-45, 0, 1, inf}, 2, 1); plain || dst32[0] != inf || dst32[1] != 1e-45 || dst32[2] == dst32[2] {
			t.Errorf("NormLines = %v, %v", dst32, plain)
		}
	})
}

// ones returns n ones.
func ones[T kernel.Float](n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

// BenchmarkLines reduces rows and columns of a matrix.
func BenchmarkLines(b *testing.B) {
	const m = 1000
	x := random[float32](rand.New(rand.NewPCG(1, 2)), m*m, 1)
	dst, hi, lo := make([]float32, m), make([]float32, m), make([]float32, m)
	for _, inner := range []int{1, m} {
		name := map[bool]string{true: "rows", false: "columns"}[inner == 1]
		for _, f := range []struct {
			name string
			run  func(dst, x []float32, n, inner int)
		}{
			{"max", kernel.MaxLines[float32]}, {"prod", kernel.ProdLines[float32]}, {"sum", kernel.SumLines[float32]},
			{"norm", func(dst, x []float32, n, inner int) { kernel.NormLines(dst, x, n, inner) }},
			{"variance", func(dst, x []float32, n, inner int) { kernel.VarianceLines(dst, hi, lo, x, n, inner, m, false) }},
		} {
			b.Run(f.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					f.run(dst, x, m, inner)
				}
			})
		}
	}
	b.Run("max/short", func(b *testing.B) {
		dst := make([]float32, m*m/10)
		for b.Loop() {
			kernel.MaxLines(dst, x, 10, 1)
		}
	})
	b.Run("sum", func(b *testing.B) {
		for b.Loop() {
			kernel.Sum(x)
		}
	})
}
