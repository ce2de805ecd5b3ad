package cholesky_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/cholesky"
	"gonum.org/v1/gonum/mat"
)

// A pattern is where a matrix has entries, row by row.
type pattern struct {
	name     string
	n        int
	row, col []int
}

func (p *pattern) add(cols ...int) {
	i := 0
	if k := len(p.row); k > 0 {
		i = p.row[k-1] + 1
	}
	slices.Sort(cols)
	for _, j := range slices.Compact(cols) {
		p.row, p.col = append(p.row, i), append(p.col, j)
	}
}

// diagonal adds a row for each unknown.
func (p *pattern) diagonal() *pattern {
	for j := range p.n {
		p.add(j)
	}
	return p
}

func random(rng *rand.Rand, n, rows, most int) *pattern {
	p := &pattern{name: fmt.Sprintf("random %d × %d, %d a row", rows, n, most), n: n}
	for range rows {
		var cols []int
		for range 1 + rng.IntN(most) {
			cols = append(cols, rng.IntN(n))
		}
		p.add(cols...)
	}
	return p
}

// arrow has unknowns that only meet those of the head, which come first or last.
func arrow(n, head int, first bool) *pattern {
	p := &pattern{name: fmt.Sprintf("arrow-head %d of %d, first %t", head, n, first), n: n}
	for j := range n - head {
		cols := []int{j}
		if first {
			cols[0] += head
		}
		for h := range head {
			if first {
				cols = append(cols, h)
			} else {
				cols = append(cols, n-1-h)
			}
		}
		p.add(cols...)
	}
	return p.diagonal()
}

func band(n, width int) *pattern {
	p := &pattern{name: fmt.Sprintf("band %d of %d", width, n), n: n}
	for j := 0; j+width <= n; j++ {
		var cols []int
		for k := range width {
			cols = append(cols, j+k)
		}
		p.add(cols...)
	}
	return p.diagonal()
}

func grid(side int) *pattern {
	p := &pattern{name: fmt.Sprintf("grid %d", side), n: side * side}
	for y := range side {
		for x := range side {
			if x > 0 {
				p.add(y*side+x-1, y*side+x)
			}
			if y > 0 {
				p.add(y*side+x-side, y*side+x)
			}
		}
	}
	return p.diagonal()
}

// cube is a grid in three dimensions.
func cube(side int) *pattern {
	p := &pattern{name: fmt.Sprintf("cube %d", side), n: side * side * side}
	for i := range p.n {
		if i%side > 0 {
			p.add(i-1, i)
		}
		if i/side%side > 0 {
			p.add(i-side, i)
		}
		if i/side/side > 0 {
			p.add(i-side*side, i)
		}
	}
	return p.diagonal()
}

// edges has rows of two unknowns each, or one.
func edges(rng *rand.Rand, n, rows int) *pattern {
	p := &pattern{name: fmt.Sprintf("graph of %d with %d edges", n, rows), n: n}
	for range rows {
		p.add(rng.IntN(n), rng.IntN(n))
	}
	return p.diagonal()
}

// full has rows of all unknowns.
func full(n int) *pattern {
	p := &pattern{name: fmt.Sprintf("full %d", n), n: n}
	all := make([]int, n)
	for j := range all {
		all[j] = j
	}
	for range n {
		p.add(all...)
	}
	return p
}

// windows has rows of unknowns that follow each other, most of them at the most.
func windows(rng *rand.Rand, n, rows, most int) *pattern {
	p := &pattern{name: fmt.Sprintf("%d windows of %d", rows, n), n: n}
	for range rows {
		var cols []int
		at := rng.IntN(n - most)
		for k := range 1 + rng.IntN(most) {
			cols = append(cols, at+k)
		}
		p.add(cols...)
	}
	return p.diagonal()
}

// bundle has cameras of 6 unknowns and points of 3, of which each is seen by a few.
func bundle(rng *rand.Rand, cameras, points, seen int) *pattern {
	p := &pattern{name: fmt.Sprintf("bundle of %d cameras and %d points", cameras, points), n: 6*cameras + 3*points}
	for d := range points {
		for range seen {
			var cols []int
			c := rng.IntN(cameras)
			for k := range 6 {
				cols = append(cols, 6*c+k)
			}
			for k := range 3 {
				cols = append(cols, 6*cameras+3*d+k)
			}
			p.add(cols...)
			p.add(cols...)
		}
	}
	return p.diagonal()
}

// hubs make a ring, and each has leaves that meet no other.
func hubs(hubs, leaves int) *pattern {
	p := &pattern{name: fmt.Sprintf("%d hubs of %d leaves", hubs, leaves), n: hubs + hubs*leaves}
	for h := range hubs {
		p.add(h, (h+1)%hubs)
		for l := range leaves {
			p.add(h, hubs+h*leaves+l)
		}
	}
	return p.diagonal()
}

// apart puts patterns side by side, their unknowns shuffled.
func apart(rng *rand.Rand, list ...*pattern) *pattern {
	p := &pattern{name: "apart:"}
	for _, q := range list {
		p.name += " " + q.name
		for from := 0; from < len(q.row); {
			var cols []int
			i := q.row[from]
			for ; from < len(q.row) && q.row[from] == i; from++ {
				cols = append(cols, p.n+q.col[from])
			}
			p.add(cols...)
		}
		p.n += q.n
	}
	return shuffled(rng, p)
}

func shuffled(rng *rand.Rand, p *pattern) *pattern {
	to := rng.Perm(p.n)
	q := &pattern{name: p.name + ", shuffled", n: p.n}
	for from := 0; from < len(p.row); {
		var cols []int
		i := p.row[from]
		for ; from < len(p.row) && p.row[from] == i; from++ {
			cols = append(cols, to[p.col[from]])
		}
		q.add(cols...)
	}
	return q
}

// patterns are small enough for a dense matrix.
func patterns() []*pattern {
	rng := rand.New(rand.NewPCG(1, 2))
	list := []*pattern{
		{name: "nothing"}, {name: "no entries", n: 5},
		(&pattern{name: "one", n: 1}).diagonal(), (&pattern{name: "diagonal", n: 40}).diagonal(),
		arrow(60, 1, true), arrow(60, 1, false), arrow(400, 2, true), arrow(400, 2, false), arrow(30, 20, true),
		band(70, 2), band(70, 5), band(50, 50), grid(9), grid(15), bundle(rng, 8, 40, 4), bundle(rng, 3, 30, 3), bundle(rng, 30, 60, 2), hubs(6, 50),
		apart(rng, grid(5), band(20, 3), arrow(30, 1, true), &pattern{name: "nothing", n: 7}),
		shuffled(rng, band(120, 4)), shuffled(rng, band(120, 80)), shuffled(rng, grid(12)), shuffled(rng, cube(5)),
		shuffled(rng, windows(rng, 120, 200, 90)), edges(rng, 150, 300), full(40), shuffled(rng, hubs(1, 100)),
	}
	for _, n := range []int{2, 3, 10, 50, 150} {
		for _, most := range []int{1, 2, 3, 6} {
			for _, rows := range []int{1, n / 2, n, 3 * n} {
				list = append(list, random(rng, n, rows, most))
			}
		}
	}
	return list
}

// normal returns JᵀJ + d·I.
func normal(p *pattern, values []float64, d float64) *mat.SymDense {
	a := mat.NewSymDense(p.n, nil)
	for from := 0; from < len(p.row); {
		to := from
		for ; to < len(p.row) && p.row[to] == p.row[from]; to++ {
			for k := from; k <= to; k++ {
				a.SetSym(p.col[k], p.col[to], a.At(p.col[k], p.col[to])+values[k]*values[to])
			}
		}
		from = to
	}
	for j := range p.n {
		a.SetSym(j, j, a.At(j, j)+d)
	}
	return a
}

const most = 1 << 24

// TestSolve holds solutions against those by gonum's dense factor, for several matrices of each pattern, and that what is
// not positive definite is found not to be.
func TestSolve(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range patterns() {
		f, numbers := cholesky.Analyze(p.n, p.row, p.col, most)
		if f == nil {
			t.Fatalf("%s: %d numbers", p.name, numbers)
		}
		if full := p.n * (p.n + 1) / 2; f.Len() > full || f.Len() < p.n || f.Len() > numbers {
			t.Errorf("%s: %d numbers of %d × %[3]d, kept in %d", p.name, f.Len(), p.n, numbers)
		}
		values, b := make([]float64, len(p.row)), make([]float64, p.n)
		for _, d := range []float64{1, 1e-3, 0, -0.5, math.NaN(), math.Inf(1)} {
			for k := range values {
				values[k] = rng.NormFloat64()
			}
			for j := range b {
				b[j] = rng.NormFloat64()
			}
			got := f.Factorize(values, d)
			if p.n == 0 {
				continue
			}
			var dense mat.Cholesky
			want := d-d == 0 && dense.Factorize(normal(p, values, d))
			if want && dense.Cond() > 1e12 {
				continue // rounding decides, for both
			}
			if got != want && d != 0 {
				t.Errorf("%s, d = %v: positive definite %t, want %t", p.name, d, got, want)
			}
			if !got || !want {
				continue
			}
			var x mat.VecDense
			if err := dense.SolveVecTo(&x, mat.NewVecDense(p.n, b)); err != nil {
				t.Fatal(err)
			}
			solved := slices.Clone(b)
			f.Solve(solved)
			var diff mat.VecDense
			diff.SubVec(mat.NewVecDense(p.n, solved), &x)
			if e := mat.Norm(&diff, 2); !(e <= 1e-14*dense.Cond()*mat.Norm(&x, 2)) {
				t.Errorf("%s, d = %v: a solution that is %g off %g, condition %g", p.name, d, e, mat.Norm(&x, 2), dense.Cond())
			}
		}
	}
}

// TestFactor holds that factors are of what they are made from: that the order is one of all unknowns, and Uᵀ·U the matrix.
func TestFactor(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, p := range patterns() {
		if p.n == 0 {
			continue
		}
		f, _ := cholesky.Analyze(p.n, p.row, p.col, most)
		values := make([]float64, len(p.row))
		for k := range values {
			values[k] = rng.NormFloat64()
		}
		if !f.Factorize(values, 1) {
			t.Errorf("%s: not positive definite", p.name)
			continue
		}
		unknowns, numbers := f.Dense()
		sorted := slices.Sorted(slices.Values(unknowns))
		for i, j := range sorted {
			if i != int(j) || len(sorted) != p.n {
				t.Fatalf("%s: %d of %d unknowns, number %d of them %d", p.name, len(sorted), p.n, i, j)
			}
		}
		u, want := mat.NewDense(p.n, p.n, numbers), normal(p, values, 1)
		var product mat.Dense
		product.Mul(u.T(), u)
		size := mat.Norm(u, 2)
		for i := range p.n {
			for j := range p.n {
				got, want := product.At(i, j), want.At(int(unknowns[i]), int(unknowns[j]))
				if !(math.Abs(got-want) <= 1e-14*size*size) {
					t.Fatalf("%s: element %d, %d is %v, want %v", p.name, i, j, got, want)
				}
			}
		}
	}
}

// TestIndefinite holds that a single wrong pivot is found wherever it is.
func TestIndefinite(t *testing.T) {
	p := grid(6)
	f, _ := cholesky.Analyze(p.n, p.row, p.col, most)
	values := make([]float64, len(p.row))
	for bad := range values {
		for k := range values {
			values[k] = 1
		}
		if !f.Factorize(values, 0) {
			t.Fatal("not positive definite")
		}
		for _, v := range []float64{math.NaN(), math.Inf(-1), 1e200} {
			values[bad] = v
			if f.Factorize(values, 0) {
				t.Errorf("with %v at entry %d: positive definite", v, bad)
			}
		}
	}
	if !f.Factorize(slices.Repeat([]float64{1}, len(values)), 0) {
		t.Error("not positive definite any more")
	}
}

// TestNumbers holds that factors are as small as they can be, or nearly, for patterns of which that is known.
func TestNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	tests := []struct {
		p    *pattern
		most int
	}{
		{(&pattern{name: "diagonal", n: 1000}).diagonal(), 1000},
		{&pattern{name: "no entries", n: 100_000}, 100_000},
		{arrow(1000, 1, true), 2 * 1000},
		{arrow(1000, 1, false), 2 * 1000},
		{arrow(1000, 3, true), 4 * 1000},
		{shuffled(rng, band(1000, 2)), 2 * 1000},
		{shuffled(rng, band(1000, 4)), 6 * 1000},
		{shuffled(rng, band(3000, 200)), 205 * 3000},
		{shuffled(rng, windows(rng, 3000, 3000, 200)), 600_000}, // the matrix has 530,000
		{shuffled(rng, cube(12)), 130_000},                      // a band of 144 has 144 · 1728
		{apart(rng, band(500, 2), arrow(500, 1, true)), 2 * 1000},
		{shuffled(rng, grid(32)), 20 * 1024},               // a band of 32 has 32 · 1024
		{shuffled(rng, hubs(200, 100)), 2*200*100 + 4*200}, // of which the hubs would be a matrix without zeros of 200²
		{bundle(rng, 20, 500, 4), 120*120 + 500*3*(3+4*6)},
	}
	for _, test := range tests {
		if f, numbers := cholesky.Analyze(test.p.n, test.p.row, test.p.col, most); f == nil || numbers > test.most {
			t.Errorf("%s: %d numbers, want %d at most", test.p.name, numbers, test.most)
		}
	}
}

// TestTooLarge holds that a factor is refused before there is one.
func TestTooLarge(t *testing.T) {
	all := &pattern{name: "all in one row", n: 100_000}
	row := make([]int, all.n)
	for j := range row {
		row[j] = j
	}
	all.add(row...)
	for _, p := range []*pattern{all, arrow(2000, 1000, true), band(5000, 100), random(rand.New(rand.NewPCG(7, 8)), 2000, 8000, 4)} {
		if f, numbers := cholesky.Analyze(p.n, p.row, p.col, 1<<18); f != nil || numbers <= 1<<18 {
			t.Errorf("%s: %d numbers", p.name, numbers)
		}
	}
	p := grid(10)
	_, numbers := cholesky.Analyze(p.n, p.row, p.col, most)
	if f, _ := cholesky.Analyze(p.n, p.row, p.col, numbers); f == nil {
		t.Errorf("%d numbers, where so many are allowed", numbers)
	}
	if f, _ := cholesky.Analyze(p.n, p.row, p.col, numbers-1); f != nil {
		t.Errorf("%d numbers, where one less is allowed", numbers)
	}
}

// TestLarge solves equations of 10⁵ unknowns whose solution is known.
func TestLarge(t *testing.T) {
	const n = 100_000
	rng := rand.New(rand.NewPCG(9, 10))
	for _, p := range []*pattern{arrow(n, 1, true), shuffled(rng, band(n, 3))} {
		f, numbers := cholesky.Analyze(p.n, p.row, p.col, most)
		if f == nil {
			t.Errorf("%s: %d numbers", p.name, numbers)
			continue
		}
		values, want, y, b := make([]float64, len(p.row)), make([]float64, n), make([]float64, len(p.row)), make([]float64, n)
		for k := range values {
			values[k] = rng.NormFloat64()
		}
		for j := range want {
			want[j] = rng.NormFloat64()
		}
		for k, v := range values { // b = JᵀJ·want + want
			y[p.row[k]] += v * want[p.col[k]]
		}
		copy(b, want)
		for k, v := range values {
			b[p.col[k]] += v * y[p.row[k]]
		}
		if !f.Factorize(values, 1) {
			t.Errorf("%s: not positive definite", p.name)
			continue
		}
		f.Solve(b)
		for j := range want {
			if math.Abs(b[j]-want[j]) > 1e-8 {
				t.Errorf("%s: number %d is %v, want %v", p.name, j, b[j], want[j])
				break
			}
		}
	}
}

// TestFits holds that a factor is told from one for another pattern.
func TestFits(t *testing.T) {
	p := &pattern{n: 4}
	p.add(0, 1)
	p.add(1, 2, 3)
	p.add(3)
	f, _ := cholesky.Analyze(p.n, p.row, p.col, most)
	if !f.Fits(4, p.row, p.col) || !f.Fits(4, []int{5, 5, 7, 7, 7, 9}, p.col) { // empty rows do not matter
		t.Error("it does not fit its own pattern")
	}
	for _, other := range []struct {
		n        int
		row, col []int
	}{
		{5, p.row, p.col},
		{4, p.row[:5], p.col[:5]},
		{4, p.row, []int{0, 2, 1, 2, 3, 3}},
		{4, []int{0, 0, 1, 1, 2, 2}, p.col},
		{4, []int{0, 1, 1, 1, 1, 2}, p.col},
		{4, []int{0, 0, 1, 1, 1, 1}, p.col},
	} {
		if f.Fits(other.n, other.row, other.col) {
			t.Errorf("it fits %d columns, rows %v, columns %v", other.n, other.row, other.col)
		}
	}
	alike := &pattern{n: 3}
	alike.add(0, 1)
	alike.add(0, 1)
	alike.add(2)
	f, _ = cholesky.Analyze(alike.n, alike.row, alike.col, most)
	if !f.Fits(3, alike.row, alike.col) || f.Fits(3, []int{0, 0, 1, 2, 3}, alike.col) || f.Fits(3, []int{0, 0, 1, 1, 1}, alike.col) {
		t.Error("rows that are alike are not told from others")
	}
}
