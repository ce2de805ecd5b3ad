package layout

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// answer is what this package reads of the format json0.
type answer struct {
	Box     string `json:"bb"`
	Objects []struct {
		Name   string `json:"name"`
		Box    string `json:"bb"`  // of a cluster
		Center string `json:"pos"` // of a node
	} `json:"objects"`
	Edges []struct {
		ID     string `json:"id"`
		Spline string `json:"pos"`
		Label  string `json:"lp"`
	} `json:"edges"`
}

// Read returns the layout that Graphviz answered in its format json0 to the text that [Graph.DOT] gave it. It returns an
// error if that is no answer to this graph: not JSON, a node or an edge without a place, a number that is none. It
// panics with a [*graph.Error] if the graph does not fit together.
//
// [*graph.Error]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/graph#Error
func (g *Graph) Read(json0 []byte) (*Layout, error) {
	g.check("layout.Graph.Read")
	l, err := g.read(json0)
	if err != nil {
		return nil, fmt.Errorf("layout: cannot use what Graphviz answered: %w", err)
	}
	return l, nil
}

func (g *Graph) read(json0 []byte) (*Layout, error) {
	var a answer
	if err := json.Unmarshal(json0, &a); err != nil {
		return nil, err
	}
	page, err := corners(a.Box)
	if err != nil {
		return nil, fmt.Errorf("the box around the graph: %w", err)
	}
	r := reader{
		g: g, left: page[0], top: page[3],
		l: &Layout{
			Width: page[2] - page[0], Height: page[3] - page[1],
			Nodes: make([]Rect, len(g.Nodes)), Edges: make([]Route, len(g.Edges)), Clusters: make([]Rect, len(g.Clusters)),
		},
		nodes: make([]bool, len(g.Nodes)), edges: make([]bool, len(g.Edges)), clusters: make([]bool, len(g.Clusters)),
	}
	for _, o := range a.Objects {
		if k, ok := number(o.Name, "n", len(g.Nodes)); ok {
			err = r.node(k, o.Center)
		} else if k, ok := number(o.Name, "cluster", len(g.Clusters)); ok {
			err = r.cluster(k, o.Box)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.Name, err)
		}
	}
	for _, e := range a.Edges {
		k, ok := number(e.ID, "e", len(g.Edges))
		if !ok {
			continue
		}
		if err := r.edge(k, e.Spline, e.Label); err != nil {
			return nil, fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return r.l, r.missing()
}

// number returns k for a name such as n12, if it is below the limit.
func number(name, prefix string, limit int) (k int, ok bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0, false
	}
	k, err := strconv.Atoi(digits)
	return k, err == nil && 0 <= k && k < limit && digits == strconv.Itoa(k)
}

// A reader fills in a layout and notes what it has found.
type reader struct {
	g                      *Graph
	l                      *Layout
	left, top              float64 // of the drawing, in the coordinates of Graphviz
	nodes, edges, clusters []bool
}

func (r *reader) point(x, y float64) Point { return Point{x - r.left, r.top - y} }

func (r *reader) node(k int, center string) error {
	p, ok := numbers(center, 2)
	if !ok {
		return fmt.Errorf("the place %.40q is not x,y", center)
	}
	c, s := r.point(p[0], p[1]), r.g.Nodes[k].Size
	rounding := max(1, 1e-4*max(r.l.Width, r.l.Height)) // px; Graphviz writes five digits
	at := Rect{X: c.X - s.W/2, Y: c.Y - s.H/2, W: s.W, H: s.H}
	if at.X < -rounding || at.Y < -rounding || at.X+at.W > r.l.Width+rounding || at.Y+at.H > r.l.Height+rounding {
		return fmt.Errorf("its box at %.6g,%.6g is not in the drawing of %.6g × %.6g px", at.X, at.Y, r.l.Width, r.l.Height)
	}
	r.l.Nodes[k] = at
	r.nodes[k] = true
	return nil
}

func (r *reader) cluster(k int, box string) error {
	b, err := corners(box)
	if err != nil {
		return err
	}
	c := r.point(b[0], b[3])
	r.l.Clusters[k] = Rect{X: c.X, Y: c.Y, W: b[2] - b[0], H: b[3] - b[1]}
	r.clusters[k] = true
	return nil
}

func (r *reader) edge(k int, spline, label string) error {
	e := r.g.Edges[k]
	r.edges[k] = true
	if e.Hidden {
		return nil
	}
	route := &r.l.Edges[k]
	for _, s := range strings.Fields(spline) {
		p, ok := numbers(s, 2)
		if !ok {
			return fmt.Errorf("the point %.40q of its way is not x,y", s)
		}
		route.Points = append(route.Points, r.point(p[0], p[1]))
	}
	if n := len(route.Points); n < 4 || n%3 != 1 {
		return fmt.Errorf("its way has %d points, not 4, 7, 10 or so on", n)
	}
	if e.Label == (Size{}) {
		return nil
	}
	p, ok := numbers(label, 2)
	if !ok {
		return fmt.Errorf("the place %.40q of its label is not x,y", label)
	}
	route.Label = r.point(p[0], p[1])
	return nil
}

// missing returns an error if something has no place.
func (r *reader) missing() error {
	for k, ok := range r.nodes {
		if !ok {
			return fmt.Errorf("node %d of %d has no place", k, len(r.nodes))
		}
	}
	for k, ok := range r.edges {
		if !ok {
			return fmt.Errorf("edge %d of %d has no place", k, len(r.edges))
		}
	}
	for k, at := range r.g.drawn() {
		if at == k && !r.clusters[k] {
			return fmt.Errorf("cluster %d of %d has no place", k, len(r.clusters))
		}
	}
	return nil
}

// corners reads a box: the lower left corner and the upper right one.
func corners(box string) (b [4]float64, err error) {
	p, ok := numbers(box, 4)
	if !ok {
		return b, fmt.Errorf("the box %.40q is not x,y,x,y", box)
	}
	copy(b[:], p)
	if b[2] < b[0] || b[3] < b[1] {
		return b, fmt.Errorf("the box %.40q is inside out", box)
	}
	return b, nil
}

// maxCoordinate is far outside any drawing, and small enough that sums of coordinates are exact to a fraction of a px.
const maxCoordinate = 1e9

// numbers reads n numbers of px that stand between commas.
func numbers(s string, n int) (list []float64, ok bool) {
	const longest = 200 // that Graphviz could write
	if len(s) > longest || strings.Count(s, ",") != n-1 {
		return nil, false
	}
	for _, f := range strings.Split(s, ",") {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || !(math.Abs(v) <= maxCoordinate) {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}
