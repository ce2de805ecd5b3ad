package network

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// Extent is half the side of the square that the pictures show: the plane from -Extent to Extent in both directions.
const Extent = 3

// Data says which points there are.
type Data struct {
	Kind       string  `json:"kind"`             // one of Kinds
	Count      int     `json:"count"`            // of points, unless they are drawn
	Noise      float64 `json:"noise"`            // standard deviation that is added to each coordinate, or to the value
	Validation float64 `json:"validation"`       // share of the points that are kept for validation
	Seed       uint64  `json:"seed"`             // of the points, and of which are for validation
	Points     []Point `json:"points,omitempty"` // those that were drawn
}

// A Point is an example: a place in the plane with its class, or with a value in place of it.
type Point struct {
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	Class int     `json:"c"`
	Value float64 `json:"v,omitempty"` // what a regression is to find there
	Valid bool    `json:"valid,omitempty"`
}

// Drawn is the kind of data that people click into the picture.
const Drawn = "drawn"

// A kind makes points. It returns the i-th of n, without noise.
type kind struct {
	classes int // 0 for a regression
	point   func(rng *rand.Rand, i, n int) Point
}

var kinds = map[string]kind{
	"moons":   {2, moon},
	"circles": {2, circle},
	"xor":     {2, quadrant},
	"spiral":  {2, func(rng *rand.Rand, i, n int) Point { return arm(i, n, 2, 1.25) }},
	"arms":    {3, func(rng *rand.Rand, i, n int) Point { return arm(i, n, 3, 0.75) }},
	"waves":   {0, wave},
}

// Kinds returns the names of the kinds of data, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// moon returns a point on one of two half circles that reach into each other.
func moon(rng *rand.Rand, i, n int) Point {
	t, class := math.Pi*rng.Float64(), i%2
	x, y := math.Cos(t), math.Sin(t)
	if class == 1 {
		x, y = 1-x, 0.5-y
	}
	return Point{X: 1.6 * (x - 0.5), Y: 1.6 * (y - 0.25), Class: class}
}

// circle returns a point on one of two circles.
func circle(rng *rand.Rand, i, n int) Point {
	t, class := 2*math.Pi*rng.Float64(), i%2
	r := 2.2 - 1.3*float64(class)
	return Point{X: r * math.Cos(t), Y: r * math.Sin(t), Class: class}
}

// quadrant returns a point whose class is the exclusive or of the signs of its coordinates.
func quadrant(rng *rand.Rand, i, n int) Point {
	side := func(positive bool) float64 {
		v := 0.15 + 2.2*rng.Float64()
		if positive {
			return v
		}
		return -v
	}
	a, b := rng.IntN(2) == 1, i%2 == 1
	p := Point{X: side(a), Y: side(a != b)}
	if b {
		p.Class = 1
	}
	return p
}

// arm returns a point on one of some arms that wind about the origin.
func arm(i, n, arms int, turns float64) Point {
	class := i % arms
	r := 0.1 + 0.9*float64(i/arms+1)/float64((n+arms-1)/arms)
	t := 2 * math.Pi * (turns*r + float64(class)/float64(arms))
	return Point{X: 2.6 * r * math.Sin(t), Y: 2.6 * r * math.Cos(t), Class: class}
}

// wave returns a place, and the value of a smooth function there.
func wave(rng *rand.Rand, i, n int) Point {
	x, y := 2.8*(2*rng.Float64()-1), 2.8*(2*rng.Float64()-1)
	return Point{X: x, Y: y, Value: math.Sin(1.3*x) * math.Cos(1.3*y)}
}

// check returns a [*SettingError], or nil.
func (d *Data) check() error {
	bad := func(field, format string, args ...any) error {
		return &SettingError{field, fmt.Sprintf(format, args...)}
	}
	_, known := kinds[d.Kind]
	switch {
	case d.Kind != Drawn && !known:
		return bad("data", "there is no %q: choose %s, or one of %s", d.Kind, Drawn, strings.Join(Kinds(), ", "))
	case !(d.Validation >= 0 && d.Validation <= 0.8):
		return bad("validation", "a share of %g: choose one from 0 to 0.8", d.Validation)
	case !(d.Noise >= 0 && d.Noise <= 1):
		return bad("noise", "%g: choose a number from 0 to 1", d.Noise)
	case d.Kind != Drawn && (d.Count < 10 || d.Count > MaxPoints):
		return bad("count", "%d points: choose from 10 to %d", d.Count, MaxPoints)
	case d.Kind == Drawn && len(d.Points) < 2:
		return bad("data", "there are not enough points to learn from: choose a class and click into the picture, at least twice")
	case d.Kind == Drawn && len(d.Points) > MaxPoints:
		return bad("data", "%d points are drawn: at most %d are possible", len(d.Points), MaxPoints)
	}
	if d.Kind == Drawn {
		for i, p := range d.Points {
			if !(math.Abs(p.X) <= Extent && math.Abs(p.Y) <= Extent) {
				return bad("data", "point %d lies at (%g, %g): the picture goes from -%d to %d", i+1, p.X, p.Y, Extent, Extent)
			}
			if p.Class < 0 || p.Class >= MaxClasses {
				return bad("data", "point %d has class %d: classes go from 0 to %d", i+1, p.Class, MaxClasses-1)
			}
		}
	}
	return nil
}

// classes returns how many classes the points have, 0 for a regression.
func (d *Data) classes() int {
	if d.Kind != Drawn {
		return kinds[d.Kind].classes
	}
	n := 2
	for _, p := range d.Points {
		n = max(n, p.Class+1)
	}
	return n
}

// make returns the points, of which some are marked for validation.
func (d *Data) make() []Point {
	rng := rand.New(rand.NewPCG(d.Seed, 0))
	points := slices.Clone(d.Points)
	if k, ok := kinds[d.Kind]; ok {
		points = points[:0]
		for i := range d.Count {
			p := k.point(rng, i, d.Count)
			if k.classes == 0 {
				p.Value += d.Noise * rng.NormFloat64()
			} else {
				p.X += d.Noise * rng.NormFloat64()
				p.Y += d.Noise * rng.NormFloat64()
			}
			points = append(points, p)
		}
	}
	for i := range points {
		points[i].Valid = false
	}
	// The training set keeps two points at least.
	n := min(int(math.Round(d.Validation*float64(len(points)))), len(points)-2)
	for _, i := range rng.Perm(len(points))[:n] {
		points[i].Valid = true
	}
	return points
}

// set returns those points as a set of examples that are for validation, or those that are not; nil if there are none.
func set(points []Point, valid bool, classes int) *data.Set {
	var x, values []float64
	var labels []int
	for _, p := range points {
		if p.Valid == valid {
			x = append(x, p.X, p.Y)
			values = append(values, p.Value)
			labels = append(labels, p.Class)
		}
	}
	n := len(labels)
	if n == 0 {
		return nil
	}
	s := &data.Set{X: tensor.Of(x, n, 2)}
	switch classes {
	case 0:
		s.T = tensor.Of(values, n, 1)
	case 2:
		s.T, s.Labels = data.Binary(labels), labels
	default:
		s.Labels = labels
	}
	return s
}
