package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// affineShapes are outer, n and inner of lines.
func affineShapes() [][3]int {
	list := [][3]int{{1, 70001, 1}, {1, 250, 530}, {2, 5, 700}, {1, 2, 8300}, {3, 70, 130}, {300, 3, 9}, {1400, 95, 1}, {64, 0, 1}}
	if testing.Short() {
		list = list[3:6]
	}
	for _, n := range []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 67, 130} {
		list = append(list, [3]int{3, n, 1}, [3]int{2, 3, n + 1}, [3]int{1, n, 5})
	}
	return list
}

func TestAffine(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testAffine[float32](t)
		testAffine[float64](t)
		testNormalizeRows[float32](t)
		testNormalizeRows[float64](t)
	})
}

// testAffine compares functions that make as many elements as they read with loops over single elements.
func testAffine[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(61, 62))
	for _, s := range affineShapes() {
		outer, n, inner := s[0], s[1], s[2]
		all, lines := outer*n*inner, outer*inner
		for _, draw := range []func(*rand.Rand, int) []T{
			func(rng *rand.Rand, n int) []T { return random[T](rng, n, 1) }, mixed[T],
		}[:min(2, 1+10_000/max(all, 1))] {
			x, w := boxOf(draw(rng, all), n%5), draw(rng, all)
			hi, lo, c, b, mean, slope := draw(rng, lines), draw(rng, lines), draw(rng, lines), draw(rng, lines), draw(rng, lines), draw(rng, lines)
			old := draw(rng, all)
			affine := func(i, at int) (value, size float64) {
				d := float64((x.s[at] - hi[i]) - lo[i])
				return d*float64(c[i]) + float64(b[i]), math.Abs(d*float64(c[i])) + math.Abs(float64(b[i]))
			}
			scaled := func(i, at int) (value, size float64) {
				v := float64((x.s[at]-hi[i])-lo[i]) * float64(c[i])
				return v, math.Abs(v)
			}
			sloped := func(i, at int) (value, size float64) {
				v, d := float64(w[at]-mean[i])*float64(c[i]), float64((x.s[at]-hi[i])-lo[i])*float64(slope[i])
				return v - d, math.Abs(v) + math.Abs(d)
			}
			for _, f := range []struct {
				name string
				run  func(dst []T)
				of   func(i, at int) (value, size float64)
				adds bool
			}{
				{"AffineLines", func(dst []T) { kernel.AffineLines(dst, x.s, hi, lo, c, b, n, inner) }, affine, false},
				{"ScaleLines", func(dst []T) { kernel.ScaleLines(dst, x.s, hi, lo, c, n, inner, true) }, scaled, false},
				{"ScaleLines added", func(dst []T) { kernel.ScaleLines(dst, x.s, hi, lo, c, n, inner, false) }, scaled, true},
				{"SlopeLines", func(dst []T) { kernel.SlopeLines(dst, w, x.s, mean, c, hi, lo, slope, n, inner, true) }, sloped, false},
				{"SlopeLines added", func(dst []T) { kernel.SlopeLines(dst, w, x.s, mean, c, hi, lo, slope, n, inner, false) }, sloped, true},
			} {
				dst := boxOf(old, n%3)
				f.run(dst.s)
				dst.check(t)
				for at, got := range dst.s {
					want, size := f.of(at/(max(n, 1)*inner)*inner+at%inner, at)
					if f.adds {
						want, size = want+float64(old[at]), size+math.Abs(float64(old[at]))
					}
					// Where numbers of a T overflow on the way, results may be infinite or not.
					if size > 1e30 && dtype[T]() == "float32" || size > 1e300 {
						continue
					}
					if g := float64(got); !(math.Abs(g-want) <= 3*eps[T]()*size+0x1p-140) && !(want != want && g != g) {
						t.Fatalf("%s/dtype=%s %v: element %d is %v, want %v", f.name, dtype[T](), s, at, got, want)
					}
				}
			}
		}
	}
}

// testNormalizeRows compares normalized rows, and their derivatives, with loops in double precision.
func testNormalizeRows[T kernel.Float](t *testing.T) {
	t.Helper()
	const e = 0.01
	offset := 1000.0
	if dtype[T]() == "float64" {
		offset = 1 // sums in double precision are what results are compared with
	}
	rng := rand.New(rand.NewPCG(63, 64))
	for _, s := range [][2]int{{3, 2}, {5, 5}, {70, 3}, {9, 17}, {4, 67}, {20, 900}, {2, 1100}, {1, 66001}} {
		rows, n := s[0], s[1]
		x, gain, bias := boxOf(random[T](rng, rows*n, 1), 1), random[T](rng, n, 1), random[T](rng, n, 1)
		for i := range x.s {
			x.s[i] += T(offset)
		}
		y, normal, scale := newBox[T](rows*n, 2), newBox[T](rows*n, 3), make([]T, rows)
		if !kernel.NormalizeRows(y.s, normal.s, scale, x.s, gain, bias, n, e, 1e-20, 1e20) {
			t.Fatalf("NormalizeRows/dtype=%s %v: rows are left out", dtype[T](), s)
		}
		y.check(t)
		normal.check(t)
		w := random[T](rng, rows*n, 1)
		for i := range w {
			if i%3 == 0 {
				w[i] = 0
			}
		}
		infinite := append([]T(nil), gain...)
		infinite[0] = T(math.Inf(1)) // where w is 0
		for i := 0; i < len(w); i += n {
			w[i] = 0
		}
		tolerance := 16 * eps[T]()
		for _, centered := range []bool{true, false} {
			for _, set := range []bool{true, false} {
				old := random[T](rng, rows*n, 1)
				dst := boxOf(old, 1)
				kernel.NormalizeRowsBackward(dst.s, w, normal.s, infinite, scale, n, centered, set)
				dst.check(t)
				for i := range rows {
					line, v := x.s[i*n:(i+1)*n], normal.s[i*n:(i+1)*n]
					hi, lo, _ := exactSum(line, ones[T](n))
					mean := (hi + lo) / float64(n)
					d, g, by64 := make([]float64, n), make([]float64, n), make([]float64, n)
					for k, xk := range line {
						d[k], by64[k] = float64(xk)-mean, float64(v[k])
						if u := float64(w[i*n+k]); u != 0 {
							g[k] = u * float64(gain[k])
						}
					}
					meanOf := func(x, y []float64) float64 {
						hi, lo, _ := exactSum(x, y)
						return (hi + lo) / float64(n)
					}
					variance, sum, product := meanOf(d, d), meanOf(g, ones[float64](n)), meanOf(g, by64)
					if !centered {
						sum = 0
					}
					by := 1 / math.Sqrt(variance+e)
					for k, xk := range line {
						want := (float64(xk) - mean) * by
						if !(math.Abs(float64(v[k])-want) <= tolerance*(1+math.Abs(want))) {
							t.Fatalf("NormalizeRows/dtype=%s %v: normal is %v, want %v", dtype[T](), s, v[k], want)
						}
						want = want*float64(gain[k]) + float64(bias[k])
						if got := float64(y.s[i*n+k]); !(math.Abs(got-want) <= tolerance*(1+math.Abs(want))) {
							t.Fatalf("NormalizeRows/dtype=%s %v: got %v, want %v", dtype[T](), s, got, want)
						}
						want = (g[k] - sum - float64(v[k])*product) * float64(scale[i])
						if !set {
							want += float64(old[i*n+k])
						}
						if got := float64(dst.s[i*n+k]); !(math.Abs(got-want) <= tolerance*(2+by*4)) {
							t.Fatalf("NormalizeRowsBackward/dtype=%s %v centered=%v set=%v: got %v, want %v", dtype[T](), s, centered, set, got, want)
						}
					}
				}
			}
		}
	}
}

// TestNormalizeRareRows checks rows whose variance has no root of full precision, and rows whose cotangents are all 0.
func TestNormalizeRareRows(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		x := []float32{1, 2, 3, 1, 1, 1, float32(math.NaN()), 1, 2}
		one, zero := []float32{1, 1, 1}, []float32{0, 0, 0}
		var y, normal, dst [9]float32
		var scale [3]float32
		if kernel.NormalizeRows(y[:], normal[:], scale[:], x, one, zero, 3, 0, 1e-20, 1e20) {
			t.Error("NormalizeRows reports that all rows are done")
		}
		if scale[0] != scale[0] || scale[1] == scale[1] || scale[2] == scale[2] {
			t.Errorf("NormalizeRows: scale = %v", scale)
		}
		nan, inf := float32(math.NaN()), float32(math.Inf(1))
		normal = [9]float32{nan, nan, nan, inf, 1, 2, 1, 2, 3}
		w := []float32{0, 0, 0, 0, 0, 0, 0, 1, 0}
		for _, set := range []bool{true, false} {
			dst = [9]float32{5, 5, 5, 5, 5, 5, 5, 5, 5}
			kernel.NormalizeRowsBackward(dst[:], w, normal[:], one, []float32{nan, inf, 1}, 3, true, set)
			want := float32(5)
			if set {
				want = 0
			}
			for i, v := range dst[:6] {
				if v != want {
					t.Errorf("NormalizeRowsBackward, set=%v: element %d of a row without a cotangent is %v, want %v", set, i, v, want)
				}
			}
		}
	})
}

func TestMeanLines(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testMeanLines[float32](t)
		testMeanLines[float64](t)
		x := []float32{1, 2, float32(math.Inf(1)), 2, math.MaxFloat32, math.MaxFloat32}
		var hi, lo [3]float32
		if kernel.MeanLines(hi[:], lo[:], x, 2, 1) {
			t.Error("MeanLines reports that all means are finite")
		}
		if hi[0] != 1.5 || hi[2] != math.MaxFloat32 {
			t.Errorf("MeanLines = %v", hi)
		}
	})
}

func testMeanLines[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(65, 66))
	for _, s := range affineShapes() {
		outer, n, inner := s[0], s[1], s[2]
		if n < 2 {
			continue
		}
		x := random[T](rng, outer*n*inner, 1)
		for i := range x {
			x[i] += 1000
		}
		hi, lo := newBox[T](outer*inner, 1), newBox[T](outer*inner, 2)
		if !kernel.MeanLines(hi.s, lo.s, x, n, inner) {
			t.Fatalf("MeanLines/dtype=%s %v: not all are finite", dtype[T](), s)
		}
		hi.check(t)
		lo.check(t)
		for i := range hi.s {
			sum, rest, size := exactSum(lineOf(x, i, n, inner), ones[T](n))
			got, want := float64(hi.s[i])+float64(lo.s[i]), (sum+rest)/float64(n)
			if !(math.Abs(got-want) <= 0x1p-46*size/float64(n)) {
				t.Fatalf("MeanLines/dtype=%s %v: line %d has mean %v, want %v", dtype[T](), s, i, got, want)
			}
		}
	}
}

// BenchmarkAffine measures the last pass of normalizations.
func BenchmarkAffine(b *testing.B) {
	const m = 1000
	rng := rand.New(rand.NewPCG(1, 2))
	x, dst := random[float32](rng, m*m, 1), make([]float32, m*m)
	for _, s := range []struct {
		name     string
		n, inner int
	}{{"rows", m, 1}, {"columns", m, m}, {"middle", 100, 100}} {
		c := random[float32](rng, m*m/s.n, 1)
		b.Run("affine/"+s.name, func(b *testing.B) {
			for b.Loop() {
				kernel.AffineLines(dst, x, c, c, c, c, s.n, s.inner)
			}
		})
		b.Run("slope/"+s.name, func(b *testing.B) {
			for b.Loop() {
				kernel.SlopeLines(dst, x, x, c, c, c, c, c, s.n, s.inner, true)
			}
		})
	}
}
