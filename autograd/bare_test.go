package autograd_test

import (
	"math"
	"testing"
)

// A bareTape is what a tape in Go can do at all: rows of two derivatives and two operands, no checks, no values kept,
// constants folded by the caller. The benchmarks run it beside the real one, so that the ratio says what the rest costs.
type bareTape struct {
	rows []bareRow
	adj  []float64
}

type bareRow struct {
	d  [2]float64
	in [2]uint32
}

type bare struct {
	v  float64
	t  *bareTape
	id uint32
}

func (t *bareTape) push(v, da, db float64, a, b uint32) bare {
	id := uint32(len(t.rows))
	t.rows = append(t.rows, bareRow{[2]float64{da, db}, [2]uint32{a, b}})
	return bare{v, t, id}
}

func (t *bareTape) reset()              { t.rows = append(t.rows[:0], bareRow{}) }
func (t *bareTape) leaf(v float64) bare { return t.push(v, 0, 0, 0, 0) }

func (a bare) add(b bare) bare        { return a.t.push(a.v+b.v, 1, 1, a.id, b.id) }
func (a bare) sub(b bare) bare        { return a.t.push(a.v-b.v, 1, -1, a.id, b.id) }
func (a bare) mul(b bare) bare        { return a.t.push(a.v*b.v, b.v, a.v, a.id, b.id) }
func (a bare) plus(c float64) bare    { return a.t.push(a.v+c, 1, 0, a.id, 0) }
func (a bare) times(c float64) bare   { return a.t.push(a.v*c, c, 0, a.id, 0) }
func (a bare) from(c float64) bare    { return a.t.push(c-a.v, -1, 0, a.id, 0) }
func (a bare) div(b bare) bare        { q := a.v / b.v; return a.t.push(q, 1/b.v, -q/b.v, a.id, b.id) }
func (a bare) sin() bare              { s, c := math.Sincos(a.v); return a.t.push(s, c, 0, a.id, 0) }
func (a bare) tanh() bare             { y := math.Tanh(a.v); return a.t.push(y, 1-y*y, 0, a.id, 0) }
func (t *bareTape) gradient(y bare)   { t.sweep(int(y.id)) }
func (t *bareTape) of(x bare) float64 { return t.adj[x.id] }

func (t *bareTape) sweep(root int) {
	if cap(t.adj) <= root {
		t.adj = make([]float64, root+1)
	}
	t.adj = t.adj[:root+1]
	clear(t.adj)
	t.adj[root] = 1
	rows, adj := t.rows, t.adj
	for i := root; i > 0; i-- {
		w, r := adj[i], &rows[i]
		adj[r.in[0]] += w * r.d[0]
		adj[r.in[1]] += w * r.d[1]
	}
}

// barePrograms are the programs of this package's benchmarks on the bare tape.
var barePrograms = map[string]func(t *bareTape) (xs []bare, y bare){
	"chain": func(t *bareTape) ([]bare, bare) {
		x, a := t.leaf(0.3), t.leaf(0.8)
		y := x
		for range 100_000 {
			y = y.mul(a).add(x)
		}
		return []bare{x, a}, y
	},
	"nested": func(t *bareTape) ([]bare, bare) {
		x, a, b := t.leaf(0.3), t.leaf(0.8), t.leaf(0.5)
		leaves := []bare{x, a, b}
		s := t.leaf(0)
		for range 1_000_000 {
			x = x.sin().mul(a).add(b.div(x.plus(1.5)))
			s = s.add(x)
		}
		return leaves, s
	},
	"rosenbrock": func(t *bareTape) ([]bare, bare) {
		xs := bareLeaves(t, rosenbrockPoint(100_000))
		s := t.leaf(0)
		for i := range len(xs) - 1 {
			t2 := xs[i+1].sub(xs[i].mul(xs[i]))
			u := xs[i].from(1)
			s = s.add(t2.mul(t2).times(100).add(u.mul(u)))
		}
		return xs, s
	},
	"network": func(t *bareTape) ([]bare, bare) {
		n := bareNetwork
		p := bareLeaves(t, n.params)
		loss := t.leaf(0)
		var h, next [16]bare
		for _, s := range n.samples {
			h[0], h[1] = t.leaf(s[0]), t.leaf(s[1])
			width, k := 2, 0
			for _, out := range []int{16, 16, 1} {
				for j := range out {
					acc := p[k+width]
					for i := range width {
						acc = acc.add(p[k+i].mul(h[i]))
					}
					k += width + 1
					if out > 1 {
						acc = acc.tanh()
					}
					next[j] = acc
				}
				h, width = next, out
			}
			if m := h[0].times(-s[2]).plus(1); m.v > 0 {
				loss = loss.add(m)
			}
		}
		squares := t.leaf(0)
		for _, w := range p {
			squares = squares.add(w.mul(w))
		}
		return p, loss.times(0.01).add(squares.times(1e-4))
	},
	"product": func(t *bareTape) ([]bare, bare) {
		xs := bareLeaves(t, bareProductPoint)
		y := xs[0]
		for _, x := range xs[1:] {
			y = y.mul(x)
		}
		return xs, y
	},
}

var (
	bareNetwork      = newNetwork()
	bareProductPoint = productPoint(100_000)
)

func bareLeaves(t *bareTape, at []float64) []bare {
	xs := make([]bare, len(at))
	for i, v := range at {
		xs[i] = t.leaf(v)
	}
	return xs
}

// The bare tape computes the same, or its times would mean nothing.
func TestBareTape(t *testing.T) {
	tape := &bareTape{}
	for _, p := range programs {
		if testing.Short() && p.operations > 1_000_000 {
			continue
		}
		tape.reset()
		xs, y := barePrograms[p.name](tape)
		tape.gradient(y)
		got := tape.of(xs[0])
		want, value := firstGradient(p.record())
		if math.Abs(got-want) > 1e-9*math.Abs(want) || math.Abs(y.v-value) > 1e-9*math.Abs(value) {
			t.Errorf("%s: value %v and gradient %v, the engine has %v and %v", p.name, y.v, got, value, want)
		}
	}
}
