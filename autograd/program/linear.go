package program

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// derive compiles values of a tape whose instructions from a number on may multiply without regard to zeros, with more
// inputs than the tape has; outs computes them.
func (t *tape) derive(more, from int, outs func(t *tape, careful bool) []ref) *compiled {
	form := func(careful bool) *code {
		u := t.onto(more, !careful, from)
		defer u.b.release()
		return u.b.finish(outs(u, careful), 0)
	}
	c := &compiled{op: t.op, code: form(false), recompile: func() *code { return form(true) }}
	c.assemble(true)
	return c
}

// A linear is a program of a point and a direction that computes the product of a matrix of derivatives at the point
// with the direction. All forks share it.
type linear struct {
	*compiled
	point, direction int
	plain, careful   func() *laneProgram
	many             func() *laneProgram // plain for many directions: what depends on the point alone is computed once
}

// newLinear returns the program of the products that outs computes; the direction's elements are the inputs behind those of
// the tape.
func newLinear(t *tape, from, direction int, outs func(t *tape, careful bool) []ref) *linear {
	l := &linear{compiled: t.derive(direction, from, outs), point: t.inputs, direction: direction}
	l.plain = sync.OnceValue(func() *laneProgram { return newLaneProgram(l.code, len(l.code.outs), false) })
	l.many = sync.OnceValue(func() *laneProgram { return newLaneProgramFor(l.code, len(l.code.outs), false, t.inputs) })
	l.careful = sync.OnceValue(func() *laneProgram {
		l.carefully()
		return newLaneProgram(l.carefulCode, len(l.carefulCode.outs), false)
	})
	return l
}

// pullback returns the products of the transpose of the derivatives of ys by the inputs with a direction.
func (t *tape) pullback(ys []cell, careful bool) []ref {
	s := t.newSweep(t.b, careful)
	for i, y := range ys {
		s.seed(y, ref(t.inputs+i))
	}
	s.run()
	outs := slices.Repeat([]ref{t.b.constant(0)}, t.inputs)
	s.take(func(x cell, v ref) { outs[x] = v })
	return outs
}

// pushforward returns the products of the derivatives of ys by the inputs with a direction.
func (t *tape) pushforward(ys []cell, careful bool) []ref {
	p := t.newPusher(t.b, careful)
	seeds := make([]ref, t.inputs)
	for i := range seeds {
		seeds[i] = ref(t.inputs + i)
	}
	p.push(seeds)
	outs := make([]ref, len(ys))
	for i, y := range ys {
		if outs[i] = p.tangent[y]; outs[i] == none {
			outs[i] = t.b.constant(0)
		}
	}
	return outs
}

// A multiplier is what one goroutine needs for products.
type multiplier struct {
	*Program
	l *linear

	// Of a call with several directions.
	p            *laneProgram
	at, products []float64
	directions
	count, chunk int
	again        []bool // of each block of lanes: a product is NaN
	onlyAgain    bool   // only those blocks, and only directions whose product is NaN

	dir []float64 // room for one
}

// Directions are a row each, or, if there are no rows, those that are 1 at all elements of one color, from a color on.
type directions struct {
	rows   []float64
	colors []int32 // by element
	from   int
}

// row returns direction i, which has so many elements, in the room that is given if it is no row.
func (d *directions) row(i int, room []float64) []float64 {
	n := len(room)
	if d.colors == nil {
		return d.rows[i*n : (i+1)*n]
	}
	for j, c := range d.colors {
		room[j] = 0
		if int(c) == d.from+i {
			room[j] = 1
		}
	}
	return room
}

// load puts the directions from one to another in the slots from first on, one in each lane.
func (d *directions) load(p *laneProgram, slots []float64, first, size, from, to int) {
	if d.colors == nil {
		p.Load(slots, first, size, d.rows[from*size:to*size])
		return
	}
	w := p.Width()
	slots = slots[first*w : (first+size)*w]
	clear(slots)
	for j, c := range d.colors {
		if i := int(c) - d.from; i >= from && i < to {
			slots[j*w+i-from] = 1
		}
	}
}

func (l *linear) multiplier() *multiplier { return &multiplier{Program: l.fork(), l: l} }

// one fills dst with the product for one direction.
func (m *multiplier) one(dst, at, dir []float64) {
	copy(m.slots, at)
	copy(m.slots[len(at):], dir)
	m.compute(dst)
}

// Costs of an instruction, in nanoseconds.
const (
	costAlone = 1.6 // in a machine that runs step by step
	costWide  = 0.2 // in one that runs spans
	costFar   = 2   // in one that runs spans, beyond what the processor's caches hold
	costLanes = 7.5 // for all lanes, however many directions there are
	lanes     = 64
	near      = 1 << 17 // so many instructions may have their values in the caches
)

// cost returns about how long a program takes, in nanoseconds.
func (c *compiled) cost() float64 {
	n := float64(len(c.code.ins))
	switch {
	case c.machine.spans == nil:
		return costAlone * n
	case n > near:
		return costFar * n
	}
	return costWide * n
}

// within returns how many instructions a program may have that takes so long, in nanoseconds.
func within(cost float64) int {
	if cost < costFar*near {
		return int(min(cost/costWide, near))
	}
	return int(min(cost/costFar, math.MaxInt32))
}

// costOf returns about how long the products with so many directions take, in nanoseconds, and whether they are found
// side by side, in lanes.
func (l *linear) costOf(directions int) (cost float64, inLanes bool) {
	each := l.cost() * float64(directions)
	blocks := costLanes * float64(len(l.code.ins)) * float64((directions+lanes-1)/lanes)
	if blocks < each && l.live <= mostLaneSlots {
		return blocks, true
	}
	return each, false
}

// all fills products with a row for each direction. They are found side by side; the point is the same for all lanes.
func (m *multiplier) all(products, at []float64, d directions) {
	l := m.l
	outs := len(l.code.outs)
	if outs == 0 || l.direction == 0 {
		clear(products)
		return
	}
	count := len(products) / outs
	if _, inLanes := l.costOf(count); !inLanes {
		if m.dir == nil {
			m.dir = make([]float64, l.direction)
		}
		for i := range count {
			m.one(products[i*outs:(i+1)*outs], at, d.row(i, m.dir))
		}
		return
	}
	m.p, m.at, m.directions, m.products, m.count = l.plain(), at, d, products, count
	if count > m.p.Width() {
		m.p = l.many()
	}
	m.again = append(m.again[:0], make([]bool, (count+m.p.Width()-1)/m.p.Width())...)
	m.share()
	if slices.Contains(m.again, true) {
		m.p, m.onlyAgain = l.careful(), true
		m.share()
	}
	m.p, m.at, m.directions, m.products, m.onlyAgain = nil, nil, directions{}, nil, false
}

func (m *multiplier) share() {
	w := m.p.Width()
	m.chunk = max(1, batchWork/(w*(m.p.Steps()+m.l.direction+m.p.results)))
	if m.p.first != nil { // each chunk computes it
		blocks, processors := (m.count+w-1)/w, runtime.GOMAXPROCS(0)
		m.chunk = max(m.chunk, (blocks+processors-1)/processors)
	}
	m.chunk *= w
	const multiplications = 8 // see batch.run
	kernel.Share[float64](m, (m.count+m.chunk-1)/m.chunk, m.p.Size(), multiplications*m.count*m.p.Steps())
}

// Chunk finds some products.
func (m *multiplier) Chunk(i int, buffer []float64) {
	slots := m.p.Slots(buffer)
	m.p.begin(buffer, m.at)
	n, k, outs, w := m.l.point, m.l.direction, m.p.results, m.p.Width()
	end := min(m.count, (i+1)*m.chunk)
	for from := i * m.chunk; from < end; from += w {
		to := min(from+w, end)
		if m.onlyAgain && !m.again[from/w] {
			continue
		}
		m.load(m.p, slots, n, k, from, to)
		m.p.Run(slots)
		if !m.onlyAgain {
			m.again[from/w] = m.p.Store(m.products[from*outs:to*outs], slots, n+k, outs)
			continue
		}
		result := slots[(n+k)*w:]
		for i := from; i < to; i++ {
			row := m.products[i*outs : (i+1)*outs]
			if !slices.ContainsFunc(row, math.IsNaN) {
				continue
			}
			for c := range row {
				row[c] = result[c*w+i-from] + 0
			}
		}
	}
}
