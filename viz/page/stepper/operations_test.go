package stepper

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
)

// A movable is a graph whose leaves x0, x1, ... are moved. The last one is a constant.
type movable struct {
	name   string
	leaves int
	record func(x []graph.Value) graph.Value
	draw   func(rng *rand.Rand, k int) float64 // a number for leaf k
	row    bool                                // one operation between others
}

// at records the graph with numbers on its leaves.
func (mv movable) at(numbers []float64) graph.Value {
	g := graph.New()
	x := make([]graph.Value, mv.leaves)
	for k := range x {
		leaf := g.Var
		if k == len(x)-1 {
			leaf = g.Const
		}
		x[k] = leaf(numbers[k]).Named("x" + strconv.Itoa(k))
	}
	return mv.record(x)
}

// specials are numbers that leaves are moved to besides random ones.
var specials = []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), 0.5, 2, -1e300, 1e300}

// some draws numbers from -2 to 2, and one in four from the special ones.
func some(rng *rand.Rand, _ int) float64 {
	if rng.IntN(4) == 0 {
		return specials[rng.IntN(len(specials))]
	}
	return 4*rng.Float64() - 2
}

// movables are branches that are not taken, random graphs, and every operation on scalars.
func movables(t *testing.T) []movable {
	list := []movable{
		{"a root that is a leaf", 2, func(x []graph.Value) graph.Value { return x[0] }, some, false},
		{"√ behind where", 3, func(x []graph.Value) graph.Value {
			positive := ops.Gt(x[0], x[0].Graph().Const(0))
			return ops.Mul(ops.Where(positive, ops.Sqrt(x[0]), x[0]), ops.Add(x[1], x[2]))
		}, some, false},
		{"√ of where", 3, func(x []graph.Value) graph.Value {
			zero := x[0].Graph().Const(0)
			return ops.Sub(ops.Sqrt(ops.Where(ops.Gt(x[0], zero), x[0], zero)), ops.Mul(x[1], x[2]))
		}, some, false},
		{"log of relu", 3, func(x []graph.Value) graph.Value {
			return ops.Maximum(ops.Log(ops.ReLU(ops.Mul(x[0], x[1]))), ops.Mul(x[1], x[2]))
		}, some, false},
		{"reciprocal of clamp", 3, func(x []graph.Value) graph.Value {
			return ops.Add(ops.Reciprocal(ops.Clamp(x[0], -1, 1)), ops.Div(x[1], ops.Sub(x[0], x[2])))
		}, some, false},
		{"powers", 3, func(x []graph.Value) graph.Value {
			return ops.Add(ops.Pow(ops.Sqrt(x[0]), x[2]), ops.Mul(ops.PowScalar(ops.Log(x[1]), 0), ops.Pow(x[1], x[0])))
		}, some, false},
		{"0 times infinity", 3, func(x []graph.Value) graph.Value {
			return ops.Mul(ops.Mul(ops.Floor(x[0]), ops.Sqrt(ops.Sub(x[1], x[1]))), ops.Minimum(x[0], ops.Sign(x[2])))
		}, some, false},
		{"a gradient on the tape", 3, func(x []graph.Value) graph.Value {
			y := ops.Mul(ops.ReLU(x[0]), ops.Sin(ops.Mul(x[0], x[1])))
			return ops.Add(autograd.Grad(y, x[0])[0], ops.Chain(x[1], ops.Log(x[2])))
		}, some, false},
		{"used directly and through others", 2, func(x []graph.Value) graph.Value {
			return ops.Mul(x[0], ops.Sin(ops.Mul(x[0], x[1])))
		}, some, false},
	}
	for seed := range uint64(10) {
		list = append(list, movable{"random", 5, func(x []graph.Value) graph.Value { return random(seed, x) }, some, false})
	}
	for _, row := range graph.Rows() {
		if mv, ok := ofRow(row); ok {
			list = append(list, mv)
		}
	}
	if len(list) < 100 {
		t.Errorf("%d graphs are moved, want one for every operation on scalars and more", len(list))
	}
	return list
}

// random applies operations to values before them, and adds up those that are not used. It names every third.
func random(seed uint64, x []graph.Value) graph.Value {
	rng := rand.New(rand.NewPCG(seed, 2))
	zero := x[0].Graph().Const(0)
	list, used := slices.Clone(x), make([]bool, len(x))
	take := func() graph.Value {
		i := rng.IntN(len(list))
		used[i] = true
		return list[i]
	}
	kinds := []func() graph.Value{
		func() graph.Value { return ops.Add(take(), take()) },
		func() graph.Value { return ops.Tanh(ops.Mul(take(), take())) },
		func() graph.Value { return ops.Sigmoid(take()) },
		func() graph.Value { return ops.ReLU(take()) },
		func() graph.Value { return ops.Where(ops.Gt(take(), zero), take(), take()) },
		func() graph.Value { return ops.Maximum(take(), take()) },
		func() graph.Value { return ops.Clamp(take(), -0.5, 0.75) },
		func() graph.Value { return ops.Cos(ops.Atan(take())) },
		func() graph.Value { return ops.Where(ops.Le(take(), take()), ops.Atan(take()), take()) },
		func() graph.Value { return ops.Softplus(ops.MulScalar(take(), 0.5)) },
	}
	for k := range 30 {
		y := kinds[rng.IntN(len(kinds))]()
		if k%3 == 0 {
			y = y.Named("y" + strconv.Itoa(k))
		}
		list, used = append(list, y), append(used, false)
	}
	sum := zero
	for i, y := range list {
		if !used[i] {
			sum = ops.Add(sum, y)
		}
	}
	return sum
}

// ofRow returns a graph with an operation between others, on a branch that may not be taken; false if the operation does
// not take scalars.
func ofRow(row *graph.Row) (movable, bool) {
	params, ok := ops.Signature(row)
	if _, missing := javascript.Functions([]*graph.Row{row}); !ok || len(missing) > 0 {
		return movable{}, false
	}
	record := func(x []graph.Value) graph.Value {
		var args []any
		operands := 0
		for _, p := range params {
			switch {
			case p.Variadic:
			case p.Kind == ops.ValueArg:
				args = append(args, x[operands])
				operands++
			case p.Kind == ops.IntArg:
				args = append(args, 2)
			default:
				args = append(args, 0.5+float64(len(args)))
			}
		}
		y := ops.Apply(row, args...)
		positive := ops.Gt(x[3], y.Graph().Const(0))
		return ops.Mul(ops.Where(positive, y, ops.Square(x[0])), ops.Add(x[1], x[3]))
	}
	draw := func(rng *rand.Rand, k int) float64 {
		if rng.IntN(3) == 0 {
			return some(rng, k)
		}
		domain := rowtest.Domain(row, k)
		return domain.Lo + (domain.Hi-domain.Lo)*rng.Float64()
	}
	return movable{row.Name, 4, record, draw, true}, true
}

// TestEveryOperation moves the leaves of graphs with every operation on scalars, and of graphs where numbers end, and holds
// values, local derivatives, δ, and what arrives at a node, against what Go records for the same leaves.
func TestEveryOperation(t *testing.T) {
	const settings = 100
	list := movables(t)
	for _, cfg := range []Config{{}, {Fold: true}} {
		var models []*Model
		var moves [][]map[int]string
		points := make([][][]float64, len(list))
		for k, mv := range list {
			rng := rand.New(rand.NewPCG(uint64(k), 1))
			count := settings
			if mv.row { // there are many of them
				count = settings / 4
			}
			for range count {
				at := make([]float64, mv.leaves)
				for i := range at {
					at[i] = mv.draw(rng, i)
				}
				points[k] = append(points[k], at)
			}
			first := points[k][0]
			m := New(mv.at(first), cfg)
			var list []map[int]string
			for _, at := range points[k][1:] {
				list = append(list, moveOf(m, at))
			}
			// Back to the start, and one leaf moved from there.
			last := slices.Clone(first)
			last[0] = points[k][1][0]
			points[k] = append(points[k], first, last)
			list = append(list, map[int]string{}, moveOf(m, last[:1]))
			models, moves = append(models, m), append(moves, list)
		}
		for k, dumps := range runAll(t, models, moves) {
			faults := 0
			for s, d := range dumps {
				root := list[k].at(points[k][s])
				found := faultsOf(models[k], root, d)
				if s%10 == 0 {
					found = append(found, slopeFaults(New(root, cfg), d)...)
				}
				for _, fault := range found {
					if faults++; faults <= 3 {
						t.Errorf("%s, fold %v, setting %d, %v: %s", list[k].name, cfg.Fold, s, points[k][s], fault)
					}
				}
			}
		}
	}
}

// moveOf moves the leaves of a model, from x0 on, as far as there are any.
func moveOf(m *Model, at []float64) map[int]string {
	move := map[int]string{}
	for i, v := range at {
		if k := slices.IndexFunc(m.nodes, func(n node) bool { return n.name == "x"+strconv.Itoa(i) }); k >= 0 {
			text := strconv.FormatFloat(v, 'g', -1, 64)
			if math.IsInf(v, 0) {
				text = map[bool]string{true: "Infinity", false: "-Infinity"}[v > 0]
			}
			move[k] = text
		}
	}
	return move
}

// A comparer collects where the script has other numbers than Go, or not NaN, an infinity or 0 where Go has them.
type comparer struct{ faults []string }

func (c *comparer) compare(what, text string, want float64) {
	got, err := strconv.ParseFloat(text, 64)
	ok := got == want || want != want && got != got
	if finite := want-want == 0 && got-got == 0; finite && (want == 0) == (got == 0) {
		ok = math.Abs(got-want) <= 1e-12*math.Abs(want)+1e-14
	}
	if err != nil || !ok {
		c.faults = append(c.faults, fmt.Sprintf("%s is %s, want %v", what, text, want))
	}
}

// faultsOf compares values, δ and what arrives at the nodes of a model with the same graph, recorded anew.
func faultsOf(m *Model, root graph.Value, d dump) []string {
	var c comparer
	grads := autograd.Backward(root)
	for k, n := range m.nodes {
		v := root.Graph().Value(n.ID())
		c.compare(n.name, d.Values[k], v.Item())
		if grads.Reaches(v) {
			c.compare("δ of "+n.name, d.Deltas[k], grads.Scalar(v))
			c.compare("what arrives at "+n.name, d.Arrived[k], grads.Scalar(v))
		} else if d.Deltas[k] != "" {
			c.faults = append(c.faults, n.name+" has a δ of "+d.Deltas[k]+", want none")
		}
	}
	return c.faults
}

// slopeFaults compares local derivatives.
func slopeFaults(m *Model, d dump) []string {
	var c comparer
	for k, n := range m.nodes {
		for j, l := range n.links {
			if l.flows && l.known && n.sweep {
				c.compare("∂"+n.name+"/∂"+m.nodes[l.from].name, d.Slopes[k][j], l.d)
			}
		}
	}
	return c.faults
}
