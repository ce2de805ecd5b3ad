package plot

import (
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// areaOf returns the area at the left of an outline.
func areaOf(loops [][]gridPoint) float64 {
	var area float64
	for _, loop := range loops {
		for i, p := range loop {
			q := loop[(i+1)%len(loop)]
			area += (p.x*q.y - q.x*p.y) / 2
		}
	}
	return area
}

func TestRegion(t *testing.T) {
	disc := func(x, y, r float64) func(i, j int) float64 {
		return func(i, j int) float64 { return r - math.Hypot(float64(i)-x, float64(j)-y) }
	}
	ring := func(i, j int) float64 { return 5 - math.Abs(math.Hypot(float64(i)-20, float64(j)-15)-8) }
	for _, c := range []struct {
		name  string
		at    func(i, j int) float64
		loops int
		area  float64
	}{
		{"everywhere", func(i, j int) float64 { return 1 }, 1, 40 * 30},
		{"at zero everywhere", func(i, j int) float64 { return 0 }, 1, 40 * 30},
		{"infinite", func(i, j int) float64 { return math.Inf(1) }, 1, 40 * 30},
		{"nowhere", func(i, j int) float64 { return -1 }, 0, 0},
		{"NaN", func(i, j int) float64 { return math.NaN() }, 0, 0},
		{"a half", func(i, j int) float64 { return float64(i) - 12.25 }, 1, (40 - 12.25) * 30},
		{"a disc", disc(20, 15, 10), 1, 100 * math.Pi},
		{"a quarter of one", disc(0, 0, 20), 1, 100 * math.Pi},
		{"all but a disc", func(i, j int) float64 { return -disc(20, 15, 10)(i, j) }, 2, 40*30 - 100*math.Pi},
		{"a ring", ring, 2, (13*13 - 3*3) * math.Pi},
		{"two discs", func(i, j int) float64 { return max(disc(10, 15, 5)(i, j), disc(30, 15, 5)(i, j)) }, 2, 50 * math.Pi},
		{"of one sign and infinite", func(i, j int) float64 { return math.Inf(2*i - 41) }, 1, 19.5 * 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := region{41, 31, c.at}
			loops := r.loops()
			if len(loops) != c.loops {
				t.Errorf("%d loops, want %d", len(loops), c.loops)
			}
			if got := areaOf(loops); math.Abs(got-c.area) > 0.02*c.area { // polygons for circles
				t.Errorf("area %g, want %g", got, c.area)
			}
			if c.area == 40*30 && len(loops[0]) != 4 {
				t.Errorf("the outline of all has %d corners: %v", len(loops[0]), loops[0])
			}
		})
	}
}

// TestRegionsMeet draws noise: a region and the rest must fill the grid.
func TestRegionsMeet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		columns, rows := 2+rng.IntN(8), 2+rng.IntN(8)
		values := make([]float64, columns*rows)
		for i := range values {
			values[i] = rng.NormFloat64()
		}
		at := func(i, j int) float64 { return values[j*columns+i] }
		inside := areaOf(region{columns, rows, at}.loops())
		outside := areaOf(region{columns, rows, func(i, j int) float64 { return -at(i, j) }}.loops())
		if all := float64((columns - 1) * (rows - 1)); inside < 0 || outside < 0 || math.Abs(inside+outside-all) > 1e-3*all {
			t.Fatalf("%d × %d: areas of %g and %g, want a sum of %g", columns, rows, inside, outside, all)
		}
	}
}

func TestSpread(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		n := rng.IntN(12)
		want := make([]float64, n)
		for i := range want {
			want[i] = 100 * rng.Float64()
			if i > 0 {
				want[i] = max(want[i-1], want[i]*rng.Float64())
			}
		}
		gap := 15 * rng.Float64()
		got := spread(want, gap, 0, 100)
		if n > 1 {
			gap = min(gap, 100/float64(n-1))
		}
		for i, y := range got {
			if y < -1e-9 || y > 100+1e-9 || i > 0 && y-got[i-1] < gap-1e-9 {
				t.Fatalf("spread(%v, %g) = %v", want, gap, got)
			}
		}
		apart := true
		for i := range want {
			apart = apart && want[i] <= 100 && (i == 0 || want[i]-want[i-1] >= gap)
		}
		if apart {
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-9 {
					t.Fatalf("spread(%v, %g) = %v, want no change", want, gap, got)
				}
			}
		}
	}
}

// TestTicks asks for ticks on ranges of all sizes.
func TestTicks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		lo := (rng.Float64() - 0.5) * math.Pow(10, float64(rng.IntN(600)-300))
		hi := lo + rng.Float64()*math.Pow(10, float64(rng.IntN(600)-300))
		var s span
		s.lo, s.hi = lo, hi
		lo, hi = s.axis(0.05, 0.05)
		labels := map[string]bool{}
		marks := ticks{}.Ticks(lo, hi)
		for i, m := range marks {
			if m.Value < lo || m.Value > hi || i > 0 && m.Value <= marks[i-1].Value || labels[m.Label] || m.Label == "" {
				t.Fatalf("ticks from %g to %g: %v", lo, hi, marks)
			}
			labels[m.Label] = true
		}
		if len(marks) < 2 || len(marks) > 8 {
			t.Fatalf("%d ticks from %g to %g: %v", len(marks), lo, hi, marks)
		}
		if lo, hi = s.logAxis(0.05); lo <= 0 {
			continue
		}
		if s.lo <= 0 {
			continue
		}
		marks = logTicks{}.Ticks(lo, hi)
		if len(marks) < 1 || len(marks) > 13 {
			t.Fatalf("%d logarithmic ticks from %g to %g: %v", len(marks), lo, hi, marks)
		}
	}
	for _, c := range []struct{ lo, hi float64 }{{1, 1}, {2, 1}, {math.NaN(), 1}, {math.Inf(-1), math.Inf(1)}, {-math.MaxFloat64, math.MaxFloat64}} {
		ticks{}.Ticks(c.lo, c.hi) // ends
		logTicks{}.Ticks(c.lo, c.hi)
	}
	ticks{whole: true}.Ticks(0, 1e300)
	logTicks{}.Ticks(5e-324, math.MaxFloat64)
}

// TestThinned holds that no peak is lost, and that gaps stay.
func TestThinned(t *testing.T) {
	const n = 50_000
	s := series{}
	for i := range n {
		s.xs, s.ys = append(s.xs, float64(i)), append(s.ys, math.Sin(float64(i)/3000))
	}
	s.ys[12_345], s.ys[23_456], s.ys[34_567] = 7, -7, math.NaN()
	got := thinned(s)
	if len(got.xs) > mostPoints || len(got.xs) != len(got.ys) {
		t.Fatalf("%d and %d numbers, want at most %d", len(got.xs), len(got.ys), mostPoints)
	}
	seen := map[float64]bool{}
	for i, x := range got.xs {
		seen[x] = true
		if y := s.ys[int(x)]; y != got.ys[i] && y == y {
			t.Errorf("y is %g at %g, want %g", got.ys[i], x, y)
		}
		if i > 0 && x <= got.xs[i-1] {
			t.Errorf("x = %g comes after %g", x, got.xs[i-1])
		}
	}
	for _, x := range []float64{0, 12_345, 23_456, 34_567, n - 1} {
		if !seen[x] {
			t.Errorf("the point at %g is lost", x)
		}
	}
	if short := thinned(series{xs: s.xs[:100], ys: s.ys[:100]}); len(short.xs) != 100 {
		t.Errorf("%d of 100 points are left", len(short.xs))
	}
}

// TestContrast holds colours to what WCAG 2 asks for: 4.5 for text and 3 for lines and points, on the ground, light or
// dark, and for points on the areas of their class too.
func TestContrast(t *testing.T) {
	white := rgb(0xffffff)
	if c := contrast(white, rgb(0)); math.Abs(c-21) > 1e-9 {
		t.Errorf("white on black has a contrast of %g, want 21", c)
	}
	for _, of := range []func(tone) color.RGBA{func(t tone) color.RGBA { return t.light }, func(t tone) color.RGBA { return t.dark }} {
		ground := of(ground)
		for i, l := range looks {
			if c := contrast(of(l.text), ground); c < 4.5 {
				t.Errorf("text of look %d: contrast %.2f on %v", i, c, ground)
			}
			if c := contrast(of(l.line), ground); c < 3 {
				t.Errorf("line of look %d: contrast %.2f on %v", i, c, ground)
			}
			if c := contrast(of(l.line), of(l.area)); c < 2.5 {
				t.Errorf("line of look %d: contrast %.2f on its area %v", i, c, of(l.area))
			}
		}
		if contrast(of(ink), ground) < 7 || contrast(of(soft), ground) < 4.5 || contrast(of(axis), ground) < 3 {
			t.Errorf("text or axes are too faint on %v", ground)
		}
	}
	for _, stops := range [][]color.RGBA{sequential, diverging} {
		for k := range levels {
			of := colorAt(stops, float64(k)/(levels-1))
			if c := contrast(inkOn(of), of); c < 4.5 {
				t.Errorf("numbers on %v: contrast %.2f", of, c)
			}
		}
	}
}
