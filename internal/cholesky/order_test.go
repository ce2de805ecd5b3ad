package cholesky

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A problem is cliques of n unknowns.
type problem struct {
	name    string
	n       int
	cliques [][]int32
}

// problems are of many kinds, and small, their unknowns shuffled.
func problems() []problem {
	rng := rand.New(rand.NewPCG(11, 12))
	list := []problem{{"nothing", 0, nil}, {"no cliques", 7, nil}, {"one", 1, nil}}
	add := func(name string, n int, clique func(k int) []int32, count int) {
		to := rng.Perm(n)
		p := problem{name: fmt.Sprintf("%s of %d", name, n), n: n}
		var s cliqueSet
		for k := range count {
			var c []int32
			for _, i := range clique(k) {
				c = append(c, int32(to[i]))
			}
			slices.Sort(c)
			s.add(slices.Compact(c))
		}
		p.cliques = s.list
		list = append(list, p)
	}
	some := func(n, count int) (c []int32) {
		for range count {
			c = append(c, int32(rng.IntN(n)))
		}
		return c
	}
	from := func(first, end int) (c []int32) {
		for i := first; i < end; i++ {
			c = append(c, int32(i))
		}
		return c
	}
	for _, width := range []int{2, 3, 10, 80, 150} { // the last are in more cliques than are looked through each time
		add(fmt.Sprintf("a band of %d", width), 400, func(k int) []int32 { return from(k, k+width) }, 400-width+1)
	}
	add("windows", 300, func(int) []int32 { at := rng.IntN(200); return from(at, at+1+rng.IntN(100)) }, 400)
	add("wide windows", 300, func(int) []int32 { at := rng.IntN(100); return from(at, at+100+rng.IntN(100)) }, 200)
	add("a grid", 225, func(k int) []int32 { return []int32{int32(k / 2), int32((k/2 + 1 + 14*(k%2)) % 225)} }, 450)
	add("squares", 225, func(k int) []int32 { return []int32{int32(k), int32(k + 1), int32(k + 15), int32(k + 16)} }, 209)
	add("disks", 400, func(k int) (c []int32) {
		for i := range 400 {
			if x, y := i%20-k%20, i/20-k/20; x*x+y*y <= 30 {
				c = append(c, int32(i))
			}
		}
		return c
	}, 400)
	add("a star", 200, func(k int) []int32 { return []int32{0, int32(k + 1)} }, 199)
	add("a star of threes", 201, func(k int) []int32 { return []int32{0, int32(2*k + 1), int32(2*k + 2)} }, 100)
	add("all pairs", 40, func(k int) []int32 { return []int32{int32(k / 40), int32(k % 40)} }, 1600)
	add("one clique", 60, func(int) []int32 { return from(0, 60) }, 1)
	add("pairs apart", 60, func(k int) []int32 { return from(2*k, 2*k+2) }, 30)
	for _, n := range []int{20, 100, 250} {
		add("a graph", n, func(int) []int32 { return some(n, 2) }, 3*n)
		add("few large cliques", n, func(int) []int32 { return some(n, 1+n/4) }, 10)
		add("many large cliques", n, func(int) []int32 { return some(n, 1+n/3) }, n)
		add("cliques of all sizes", n, func(int) []int32 { return some(n, 1+rng.IntN(8)) }, n)
	}
	return list
}

// TestOrderIsPermutation holds that each unknown is in one group, or comes last.
func TestOrderIsPermutation(t *testing.T) {
	for _, p := range problems() {
		groups, last := order(p.n, p.cliques)
		all := append(slices.Concat(groups...), last...)
		slices.Sort(all)
		for i, j := range all {
			if i != int(j) || len(all) != p.n {
				t.Errorf("%s: %d unknowns, number %d of them %d", p.name, len(all), i, j)
				break
			}
		}
	}
}

// TestDegrees holds degrees against those of the graph itself, in which the neighbours of what is eliminated are connected
// one by one: none is too small, and unknowns that are eliminated with one meet no others than that does.
func TestDegrees(t *testing.T) {
	for _, p := range problems() {
		meets := make([][]bool, p.n)
		for i := range meets {
			meets[i] = make([]bool, p.n)
		}
		o, last := newOrdering(p.n, p.cliques)
		connect := func(list []int32) {
			for _, i := range list {
				for _, j := range list {
					meets[i][j] = true
				}
			}
		}
		for _, c := range p.cliques {
			connect(c)
		}
		for _, i := range last {
			for j := range meets {
				meets[i][j], meets[j][i] = false, false
			}
		}
		for i := o.leave(); i >= 0; i = o.leave() {
			bound, before := int(o.degree[i]), o.standsFor(i)
			o.eliminate(i)
			group := o.standsFor(i)
			for _, j := range group {
				if j != i && !meets[i][j] {
					t.Errorf("%s: %d is eliminated with %d and does not meet it", p.name, j, i)
				}
			}
			var rest []int32
			for j, m := range meets[i] {
				if m && !slices.Contains(group, int32(j)) {
					rest = append(rest, int32(j))
				}
			}
			if degree := len(rest) + len(group) - len(before); bound < degree {
				t.Errorf("%s: unknown %d has degree %d at most, is %d", p.name, i, bound, degree)
			}
			all := append(rest, group...)
			connect(all) // what i meets
			for _, j := range group {
				for k, m := range meets[j] {
					if m && !slices.Contains(all, int32(k)) {
						t.Fatalf("%s: %d is eliminated with %d, which does not meet %d", p.name, j, i, k)
					}
				}
			}
			for _, j := range group {
				for k := range meets {
					meets[j][k], meets[k][j] = false, false
				}
			}
		}
	}
}

// TestRestamp holds that the order is the same where stamps come to their end again and again.
func TestRestamp(t *testing.T) {
	for _, p := range problems() {
		want, _ := order(p.n, p.cliques)
		o, _ := newOrdering(p.n, p.cliques)
		for k := 0; ; k++ {
			i := o.leave()
			if i < 0 {
				break
			}
			if o.latest < 0 || !slices.Contains(o.cliquesOf(i), o.latest) { // else what is seen stays
				o.stamp = max(o.stamp, math.MaxInt32-3*int32(p.n)-2)
			}
			o.eliminate(i)
			if got := o.standsFor(i); !slices.Equal(got, want[k]) {
				t.Fatalf("%s: group %d is %d, want %d", p.name, k, got, want[k])
			}
		}
	}
}
