package coloring_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/coloring"
)

// pattern returns the pattern of an m × n matrix with entries where is says so.
func pattern(m, n int, is func(i, j int) bool) *coloring.Pattern {
	p := &coloring.Pattern{Columns: n, Start: []int32{0}}
	for i := range m {
		for j := range n {
			if is(i, j) {
				p.Col = append(p.Col, int32(j))
			}
		}
		p.Start = append(p.Start, int32(len(p.Col)))
	}
	return p
}

// has returns where the pattern has entries.
func has(p *coloring.Pattern) func(i, j int) bool {
	return func(i, j int) bool { return slices.Contains(p.Row(i), int32(j)) }
}

// checkColors checks that all columns have a color, and every color a column.
func checkColors(t *testing.T, n int, c *coloring.Coloring) {
	t.Helper()
	if len(c.Color) != n {
		t.Fatalf("%d columns have a color, of %d", len(c.Color), n)
	}
	used := make([]bool, c.Count)
	for j, color := range c.Color {
		if color < 0 || int(color) >= c.Count {
			t.Fatalf("column %d has color %d of %d", j, color, c.Count)
		}
		used[color] = true
	}
	if slices.Contains(used, false) {
		t.Fatalf("there are %d colors, and one of them has no column: %v", c.Count, c.Color)
	}
}

// checkColumns checks the definition.
func checkColumns(t *testing.T, p *coloring.Pattern, c *coloring.Coloring) {
	t.Helper()
	checkColors(t, p.Columns, c)
	for i := range p.Rows() {
		for _, j := range p.Row(i) {
			for _, k := range p.Row(i) {
				if j != k && c.Color[j] == c.Color[k] {
					t.Fatalf("row %d has entries in columns %d and %d, which both have color %d", i, j, k, c.Color[j])
				}
			}
		}
	}
}

// checkStar checks the definition, and that all entries are found.
func checkStar(t *testing.T, p *coloring.Pattern, c *coloring.Coloring) {
	t.Helper()
	checkColors(t, p.Columns, c)
	n, color := p.Columns, c.Color
	neighbours := func(i int) (list []int) {
		for _, j := range p.Row(i) {
			if int(j) != i {
				list = append(list, int(j))
			}
		}
		return list
	}
	for a := range n {
		for _, b := range neighbours(a) {
			if color[a] == color[b] {
				t.Fatalf("neighbours %d and %d have color %d", a, b, color[a])
			}
			for _, c := range neighbours(b) {
				if c == a || color[c] != color[a] {
					continue
				}
				for _, d := range neighbours(c) {
					if d != b && color[d] == color[b] {
						t.Fatalf("path %d-%d-%d-%d has the colors %d and %d only", a, b, c, d, color[a], color[b])
					}
				}
			}
		}
	}
	// A matrix with another number in each entry, times the sums of unit vectors.
	entry := func(i, j int) int { return 1 + max(i, j)*n + min(i, j) }
	products := make([][]int, c.Count)
	for k := range products {
		products[k] = make([]int, n)
	}
	lower := 0
	for i := range n {
		for _, j := range p.Row(i) {
			products[color[j]][i] += entry(i, int(j))
			if int(j) <= i {
				lower++
			}
		}
	}
	c.Recover(p, func(i, j, row int, color int32) {
		lower--
		if got, want := products[color][row], entry(i, j); got != want {
			t.Fatalf("entry (%d, %d) is read in row %d of color %d, which has %d, want %d", i, j, row, color, got, want)
		}
	})
	if lower != 0 {
		t.Fatalf("%d entries more than were found", lower)
	}
}

func TestTransposeTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		p := pattern(rng.IntN(8), rng.IntN(8), func(int, int) bool { return rng.IntN(3) == 0 })
		q := p.Transpose()
		if q.Rows() != p.Columns || q.Columns != p.Rows() {
			t.Fatalf("the transpose of %d × %d is %d × %d", p.Rows(), p.Columns, q.Rows(), q.Columns)
		}
		if r := q.Transpose(); !slices.Equal(p.Start, r.Start) || !slices.Equal(p.Col, r.Col) {
			t.Fatalf("%v, transposed twice, is %v", p, r)
		}
	}
}

// TestKnownColors colors patterns of which the least number of colors is known.
func TestKnownColors(t *testing.T) {
	never := func(int, int) bool { return false }
	always := func(int, int) bool { return true }
	arrow := func(hub int) func(i, j int) bool {
		return func(i, j int) bool { return i == j || i == hub || j == hub }
	}
	band := func(k int) func(i, j int) bool { return func(i, j int) bool { return i-j <= k && j-i <= k } }
	for _, c := range []struct {
		name          string
		m, n          int
		is            func(i, j int) bool
		columns, star int // colors; star -1 for a matrix that is not symmetric
	}{
		{"no columns", 3, 0, never, 0, -1},
		{"no rows", 0, 3, never, 1, -1},
		{"nothing", 0, 0, never, 0, 0},
		{"empty", 4, 4, never, 1, 1},
		{"diagonal", 5, 5, band(0), 1, 1},
		{"tridiagonal", 30, 30, band(1), 3, 3},
		{"small tridiagonal", 3, 3, band(1), 3, 2}, // a star
		{"five diagonals", 30, 30, band(2), 5, -1},
		{"twenty-one diagonals", 100, 100, band(10), 21, -1},
		{"bands below", 20, 22, func(i, j int) bool { return j >= i && j <= i+2 }, 3, -1},
		{"dense", 7, 7, always, 7, 7},
		{"dense and large", 70, 70, always, 70, 70},
		{"wide", 2, 70, always, 70, -1},
		{"arrow to the first", 100, 100, arrow(0), 100, 2},
		{"arrow to the last", 100, 100, arrow(99), 100, 2},
		{"arrow to the middle", 100, 100, arrow(50), 100, 2},
		{"two arrows", 50, 50, func(i, j int) bool { return i == j || min(i, j) < 2 && max(i, j) >= 2 }, 50, 3},
		{"no diagonal", 9, 9, func(i, j int) bool { return i-j == 1 || j-i == 1 }, 2, 3},
		{"blocks", 30, 30, func(i, j int) bool { return i/3 == j/3 }, 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pattern(c.m, c.n, c.is)
			columns := coloring.Columns(p, c.n+1)
			checkColumns(t, p, columns)
			if columns.Count != c.columns {
				t.Errorf("the columns have %d colors, want %d", columns.Count, c.columns)
			}
			if c.m != c.n {
				return
			}
			star := coloring.Star(p, c.n+1)
			checkStar(t, p, star)
			if c.star >= 0 && star.Count != c.star {
				t.Errorf("the star coloring has %d colors, want %d", star.Count, c.star)
			}
			if star.Count > columns.Count && c.name != "no diagonal" {
				t.Errorf("the star coloring has %d colors, that of columns %d", star.Count, columns.Count)
			}
		})
	}
}

// TestRandomPatterns checks the definitions on patterns of all densities.
func TestRandomPatterns(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 5, 20, 80} {
		for _, density := range []float64{0.02, 0.1, 0.3, 0.9} {
			t.Run(fmt.Sprintf("%d/%v", n, density), func(t *testing.T) {
				for range 10 {
					p := pattern(1+rng.IntN(n), n, func(int, int) bool { return rng.Float64() < density })
					checkColumns(t, p, coloring.Columns(p, n))
					rows := p.Transpose()
					checkColumns(t, rows, coloring.Columns(rows, p.Rows()))
					half := pattern(n, n, func(i, j int) bool { return j <= i && rng.Float64() < density })
					lower := has(half)
					whole := pattern(n, n, func(i, j int) bool { return lower(max(i, j), min(i, j)) })
					checkStar(t, whole, coloring.Star(whole, n))
				}
			})
		}
	}
}

// A coloring that needs more than it may is given up.
func TestMostColors(t *testing.T) {
	dense := pattern(9, 9, func(int, int) bool { return true })
	ring := pattern(9, 9, func(i, j int) bool { return (i-j+9)%9 <= 1 || (j-i+9)%9 <= 1 })
	for _, c := range []struct {
		name string
		got  *coloring.Coloring
	}{
		{"columns of a dense matrix", coloring.Columns(dense, 8)},
		{"star of a dense matrix", coloring.Star(dense, 8)},
		{"columns of a ring", coloring.Columns(ring, 2)},
		{"star of a ring", coloring.Star(ring, 2)},
		{"no colors", coloring.Columns(pattern(0, 1, nil), 0)},
	} {
		if c.got != nil {
			t.Errorf("%s: got %d colors", c.name, c.got.Count)
		}
	}
	if c := coloring.Each(3); c.Count != 3 || !slices.Equal(c.Color, []int32{0, 1, 2}) {
		t.Errorf("Each(3) is %v", c)
	}
}

// FuzzColors colors what bytes say.
func FuzzColors(f *testing.F) {
	f.Add(uint8(3), []byte{1, 2, 3})
	f.Add(uint8(9), []byte("0123456789abcdef"))
	f.Add(uint8(12), []byte("\xff\x00\xff\x00\x10\x20\x30\x40\x50\x60\x70\x80"))
	f.Fuzz(func(t *testing.T, size uint8, data []byte) {
		n := int(size) % 13
		bit := func(k int) bool { return k/8 < len(data) && data[k/8]>>(k%8)&1 != 0 }
		p := pattern(max(len(data)%13, 1), n, func(i, j int) bool { return bit(i*n + j) })
		checkColumns(t, p, coloring.Columns(p, n+1))
		whole := pattern(n, n, func(i, j int) bool { return bit(max(i, j)*n + min(i, j)) })
		checkStar(t, whole, coloring.Star(whole, n+1))
	})
}

// BenchmarkColors colors matrices of some entries in each of many rows: the time for each entry does not depend on their
// number.
func BenchmarkColors(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		band := &coloring.Pattern{Columns: n, Start: []int32{0}}
		arrow := &coloring.Pattern{Columns: n, Start: []int32{0}}
		for i := range n {
			for j := max(i-2, 0); j <= min(i+2, n-1); j++ {
				band.Col = append(band.Col, int32(j))
			}
			switch {
			case i == 0:
				for j := range n {
					arrow.Col = append(arrow.Col, int32(j))
				}
			default:
				arrow.Col = append(arrow.Col, 0, int32(i))
			}
			band.Start = append(band.Start, int32(len(band.Col)))
			arrow.Start = append(arrow.Start, int32(len(arrow.Col)))
		}
		for _, c := range []struct {
			name string
			p    *coloring.Pattern
			f    func(p *coloring.Pattern) int
		}{
			{"columns/band", band, func(p *coloring.Pattern) int { return coloring.Columns(p, 64).Count }},
			{"star/band", band, func(p *coloring.Pattern) int { return coloring.Star(p, 64).Count }},
			{"star/arrow", arrow, func(p *coloring.Pattern) int { return coloring.Star(p, 64).Count }},
		} {
			b.Run(fmt.Sprintf("%s/n=%d", c.name, n), func(b *testing.B) {
				colors := 0
				for b.Loop() {
					colors = c.f(c.p)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(c.p.Col)), "ns/entry")
				b.ReportMetric(float64(colors), "colors")
			})
		}
	}
}
