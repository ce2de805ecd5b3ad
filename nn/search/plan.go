package search

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// A Plan says which points a search tries. [Grid] and [Random] make one.
type Plan struct {
	kind string
	axes []*axis
	n    int
}

// Grid returns the plan of all combinations of the settings' values, in the order in which nested loops would visit
// them: the last setting changes fastest. Points are made as they are tried, so that a grid may be larger than the
// memory; without settings it has one point.
//
// It panics with a [*graph.Error] if two settings have one name, one has values that cannot be listed, as [Uniform]
// does, or there are more points than an int can count.
func Grid(settings ...Axis) *Plan {
	const op = "search.Grid"
	axes := axesOf(op, settings)
	n := uint64(1)
	for _, a := range axes {
		if a.nth == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "setting %q has no list of values: use search.Choice(%q, ...) with some of them, or search.Random", a.name, a.name))
		}
		over, product := bits.Mul64(n, a.count)
		if over != 0 || product > math.MaxInt {
			panic(graph.Errorf(op, graph.ErrUsage, "%d settings have more than %d combinations: leave values out, or use search.Random", len(axes), math.MaxInt))
		}
		n = product
	}
	return &Plan{"grid", axes, int(n)}
}

// Random returns the plan of n points, for each of which the settings are drawn by themselves. The seed of the search
// alone decides which: point i is the same for every n above i, so that a search that did not find enough can go on
// with a larger n. In as many trials as a grid's, points at random try more values of the settings that matter.
//
// It panics with a [*graph.Error] if n is negative or two settings have one name.
//
// Source: Bergstra and Bengio, Random search for hyper-parameter optimization (2012).
func Random(n int, settings ...Axis) *Plan {
	const op = "search.Random"
	if n < 0 {
		panic(graph.Errorf(op, graph.ErrValue, "%d points: want 0 or more", n))
	}
	return &Plan{"random", axesOf(op, settings), n}
}

func axesOf(op string, settings []Axis) []*axis {
	axes := make([]*axis, 0, len(settings))
	names := map[string]bool{}
	for i, s := range settings {
		if s == nil || s.axis() == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "setting %d is nil or zero: make it with search.Choice or its like, or leave it out", i+1))
		}
		a := s.axis()
		if names[a.name] {
			panic(graph.Errorf(op, graph.ErrUsage, "two settings are called %q: give each a name of its own", a.name))
		}
		names[a.name] = true
		axes = append(axes, a)
	}
	return axes
}

// Len returns the number of points.
func (p *Plan) Len() int {
	p.mustBeMade("search.Plan.Len")
	return p.n
}

func (p *Plan) mustBeMade(op string) {
	if p == nil || p.axes == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *search.Plan: make one with search.Grid or search.Random"))
	}
}

// point returns point number i in a search with the given seed.
func (p *Plan) point(seed uint64, i int) Point {
	out := Point{p.axes, make([]any, len(p.axes)), make([]string, len(p.axes))}
	if p.kind == "grid" {
		rest := uint64(i)
		for k := len(p.axes) - 1; k >= 0; k-- {
			a := p.axes[k]
			out.values[k], out.labels[k] = a.nth(rest % a.count)
			rest /= a.count
		}
		return out
	}
	rng := rand.New(source(seed, forPoints, i, 0))
	for k, a := range p.axes {
		out.values[k], out.labels[k] = a.draw(rng)
	}
	return out
}

// What random numbers are for, so that none are used twice.
const (
	forPoints = iota
	forRuns
)

// source returns the random numbers for a purpose in a trial and run of a search.
func source(seed uint64, purpose, trial, run int) *rand.ChaCha8 {
	var key [32]byte
	for i, v := range []uint64{seed, uint64(purpose), uint64(trial), uint64(run)} {
		binary.LittleEndian.PutUint64(key[8*i:], v)
	}
	return rand.NewChaCha8(key)
}

// A Point is a value for each setting of a search.
type Point struct {
	axes   []*axis
	values []any
	labels []string
}

// String returns the names and values, such as "nodes=8 rate=0.013".
func (p Point) String() string {
	var b strings.Builder
	for i, a := range p.axes {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.name)
		b.WriteByte('=')
		b.WriteString(p.short(i))
	}
	return b.String()
}

// Chosen is what settings have values in: a [*Run] or a [*Trial].
type Chosen interface{ point() *Point }

// pointOf returns a point, and panics if there is none.
func pointOf(op string, c Chosen) *Point {
	if c != nil {
		if p := c.point(); p != nil && p.axes != nil {
			return p
		}
	}
	panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero run or trial: give the *search.Run of an objective, or a *search.Trial of a table"))
}
