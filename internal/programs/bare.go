package programs

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// A BareTape is what a tape in Go can do at all: rows of two derivatives and two operands that are there before the first
// is written, no checks, no values kept, constants folded by the caller, a sweep that ends above the leaves. Benchmarks
// run it beside the real one, so that the ratio says what the rest costs.
type BareTape struct {
	n      uint32 // rows in use
	first  uint32 // the first row of an operation: the leaves before it are not swept
	rows   []bareRow
	adj    []float64
	leaves []BareValue
}

type bareRow struct {
	d  [2]float64
	in [2]uint32
}

// A BareValue is a number and its place on a [BareTape].
type BareValue struct {
	v  float64
	t  *BareTape
	id uint32
}

// NewBareTape returns a tape with room for a run of the program, empty.
func (p Program) NewBareTape() *BareTape {
	// Row 0 stands for absent operands; constants that start a sum or are samples are rows as well.
	n := 1 + len(p.At) + p.Operations + 2*len(networkSamples) + 2
	t := &BareTape{rows: make([]bareRow, n), adj: make([]float64, n), leaves: make([]BareValue, len(p.At))}
	t.Reset()
	return t
}

func (t *BareTape) push(v, da, db float64, a, b uint32) BareValue {
	id := t.n
	t.rows[id] = bareRow{[2]float64{da, db}, [2]uint32{a, b}}
	t.n++
	return BareValue{v, t, id}
}

// Reset empties the tape.
func (t *BareTape) Reset() { t.n, t.first = 1, 1 }

// Const returns a new value without operands.
func (t *BareTape) Const(v float64) BareValue { return t.push(v, 0, 0, 0, 0) }

// Leaves returns a leaf for each of the numbers, in a slice that the next call on the tape uses again. It is called
// once, before anything else is recorded.
func (t *BareTape) Leaves(at []float64) []BareValue {
	for i, v := range at {
		t.leaves[i] = BareValue{v, t, t.n + uint32(i)}
	}
	t.n += uint32(len(at))
	t.first = t.n
	return t.leaves
}

// Item returns the number.
func (a BareValue) Item() float64 { return a.v }

func (a BareValue) add(b BareValue) BareValue { return a.t.push(a.v+b.v, 1, 1, a.id, b.id) }
func (a BareValue) sub(b BareValue) BareValue { return a.t.push(a.v-b.v, 1, -1, a.id, b.id) }
func (a BareValue) mul(b BareValue) BareValue { return a.t.push(a.v*b.v, b.v, a.v, a.id, b.id) }
func (a BareValue) plus(c float64) BareValue  { return a.t.push(a.v+c, 1, 0, a.id, 0) }
func (a BareValue) times(c float64) BareValue { return a.t.push(a.v*c, c, 0, a.id, 0) }
func (a BareValue) from(c float64) BareValue  { return a.t.push(c-a.v, -1, 0, a.id, 0) }
func (a BareValue) div(b BareValue) BareValue {
	q := a.v / b.v
	return a.t.push(q, 1/b.v, -q/b.v, a.id, b.id)
}
func (a BareValue) sin() BareValue  { s, c := specfun.Sincos(a.v); return a.t.push(s, c, 0, a.id, 0) }
func (a BareValue) tanh() BareValue { y := math.Tanh(a.v); return a.t.push(y, 1-y*y, 0, a.id, 0) }

// Sweep computes the derivative of y by everything recorded before it; [BareTape.Gradient] reads them.
func (t *BareTape) Sweep(y BareValue) {
	root, first := int(y.id), int(t.first)
	rows, adj := t.rows[:root+1], t.adj[:root+1]
	clear(adj)
	adj[root] = 1
	for i := root; i >= first; i-- {
		w, r := adj[i], &rows[i]
		adj[r.in[0]] += w * r.d[0]
		adj[r.in[1]] += w * r.d[1]
	}
}

// Gradient sets dst to the derivatives by xs that the last [BareTape.Sweep] found.
func (t *BareTape) Gradient(dst []float64, xs []BareValue) {
	for i, x := range xs {
		dst[i] = t.adj[x.id]
	}
}

func chainBare(t *BareTape, at []float64) ([]BareValue, BareValue) {
	xs := t.Leaves(at)
	x, a := xs[0], xs[1]
	y := x
	for range chainLength {
		y = y.mul(a).add(x)
	}
	return xs, y
}

func nestedBare(t *BareTape, at []float64) ([]BareValue, BareValue) {
	xs := t.Leaves(at)
	x, a, b := xs[0], xs[1], xs[2]
	s := t.Const(0)
	for range nestedLength {
		x = x.sin().mul(a).add(b.div(x.plus(1.5)))
		s = s.add(x)
	}
	return xs, s
}

func rosenbrockBare(t *BareTape, at []float64) ([]BareValue, BareValue) {
	xs := t.Leaves(at)
	s := t.Const(0)
	for i := range len(xs) - 1 {
		t2 := xs[i+1].sub(xs[i].mul(xs[i]))
		u := xs[i].from(1)
		s = s.add(t2.mul(t2).times(100).add(u.mul(u)))
	}
	return xs, s
}

func networkBare(t *BareTape, at []float64) ([]BareValue, BareValue) {
	p := t.Leaves(at)
	loss := t.Const(0)
	var h, next [16]BareValue
	for _, s := range networkSamples {
		h[0], h[1] = t.Const(s[0]), t.Const(s[1])
		width, k := 2, 0
		for _, out := range networkWidths {
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
	squares := t.Const(0)
	for _, w := range p {
		squares = squares.add(w.mul(w))
	}
	return p, loss.times(0.01).add(squares.times(1e-4))
}

func productBare(t *BareTape, at []float64) ([]BareValue, BareValue) {
	xs := t.Leaves(at)
	y := xs[0]
	for _, x := range xs[1:] {
		y = y.mul(x)
	}
	return xs, y
}
