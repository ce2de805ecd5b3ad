package stepper

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
)

// harness runs the states of steppers in Node: what each has at first, and after each of a list of moves of leaves. A move
// without leaves goes back to the start.
const harness = `
const text = (v) => (v === null ? "" : Object.is(v, -0) ? "-0" : String(v));
const arrived = (s, k) => (k === s.root ? s.delta[k] : s.users[k].reduce((w, l) => w + s.contribution(l, s.delta[l.by]), 0));
const dump = (s) => ({
  Values: s.value.map(text),
  Deltas: s.delta.map(text),
  Slopes: s.nodes.map((n) => n.l.map((l) => (l.w ? text(l.now) : ""))),
  Arrived: s.nodes.map((n, k) => (n.w ? text(arrived(s, k)) : "")),
  Measured: s.nodes.map((n, k) => (n.w ? text(s.measure(k)) : "")),
  Steps: s.steps.map((t) => (t.forward ? "" : "δ") + s.name(t.node)),
});
const inputs = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
const out = inputs.map((input) => {
  const s = new chainrule.State(input.Data, operations);
  return [{}, ...input.Moves].map((move) => {
    if (Object.keys(move).length === 0) s.restore();
    for (const [k, v] of Object.entries(move)) s.move(Number(k), Number(v));
    return dump(s);
  });
});
process.stdout.write(JSON.stringify(out));
`

// A dump is what the state of a stepper holds, by node: numbers as JavaScript writes them, "" for none.
type dump struct {
	Values, Deltas []string
	Slopes         [][]string // by link
	Arrived        []string   // what is passed on to the node, added up
	Measured       []string
	Steps          []string
}

// blank returns a layout in which everything is in one place.
func blank(g *layout.Graph) *layout.Layout {
	return &layout.Layout{Nodes: make([]layout.Rect, len(g.Nodes)), Edges: make([]layout.Route, len(g.Edges)), Clusters: make([]layout.Rect, len(g.Clusters))}
}

// dataOfModel returns the model's data with a blank layout.
func dataOfModel(t *testing.T, m *Model) []byte {
	t.Helper()
	wide, narrow := m.Graphs()
	data, err := m.Data(blank(wide), blank(narrow))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// run returns what the script of a model holds before, and after each move, which gives leaves new numbers by the index of
// their node.
func run(t *testing.T, m *Model, moves []map[int]string) []dump {
	t.Helper()
	return runAll(t, []*Model{m}, [][]map[int]string{moves})[0]
}

// runAll is run for several models at once.
func runAll(t *testing.T, models []*Model, moves [][]map[int]string) [][]dump {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node is not installed: the script does not run")
	}
	type input struct {
		Data  json.RawMessage
		Moves []map[int]string
	}
	var rows []*graph.Row
	var inputs []input
	for k, m := range models {
		rows = append(rows, m.Rows()...)
		inputs = append(inputs, input{dataOfModel(t, m), moves[k]})
	}
	operations, missing := javascript.Functions(rows)
	if len(missing) > 0 {
		t.Fatalf("no function for %s", missing[0].Name)
	}
	text, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script, data := filepath.Join(dir, "script.js"), filepath.Join(dir, "data.json")
	if err := os.WriteFile(script, []byte(Script()+"const operations = "+operations+";\n"+harness), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(data, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(node, script, data)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("node: %v\n%s", err, &stderr)
	}
	var out [][]dump
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	for k, dumps := range out {
		if len(dumps) != len(moves[k])+1 {
			t.Fatalf("%d results of %d moves", len(dumps), len(moves[k]))
		}
	}
	return out
}

// A recorder records a graph for the numbers of its leaves, and returns its root.
type recorder func(at []float64) graph.Value

var recorders = map[string]struct {
	record recorder
	at     []float64
}{
	"neuron":  {func(at []float64) graph.Value { return neuron(at) }, []float64{0.4, 0.5, 0.1, 1}},
	"network": {func(at []float64) graph.Value { return network(at) }, networkNumbers},
	"a used twice, and twice again": {func(at []float64) graph.Value {
		a := graph.New().Var(at[0]).Named("a")
		b := ops.Add(a, a).Named("b")
		return ops.Add(b, b).Named("c")
	}, []float64{3}},
	"through folded nodes, in several ways": {func(at []float64) graph.Value {
		g := graph.New()
		x, y := g.Var(at[0]).Named("x"), g.Var(at[1]).Named("y")
		u := ops.Mul(ops.Sin(x), ops.Add(x, ops.MulScalar(y, 3))).Named("u")
		return ops.Add(ops.Mul(ops.Exp(u), ops.Tanh(x)), ops.Div(u, ops.AddScalar(ops.Square(y), 1))).Named("z")
	}, []float64{0.3, -0.7}},
	"a branch that is not taken": {func(at []float64) graph.Value {
		g := graph.New()
		x := g.Var(at[0]).Named("x")
		r := ops.Sqrt(x).Named("r")
		return ops.Where(ops.Gt(x, g.Const(0)).Named("positive"), r, x).Named("y")
	}, []float64{-1}},
	"a root of a branch that is not taken": {func(at []float64) graph.Value {
		g := graph.New()
		x := g.Var(at[0]).Named("x")
		w := ops.Where(ops.Gt(x, g.Const(0)), ops.Log(x), g.Const(0)).Named("w")
		return ops.Sqrt(w).Named("y")
	}, []float64{-1}},
	"a δ of 0 before an infinite slope": {func(at []float64) graph.Value {
		x := graph.New().Var(at[0]).Named("x")
		return ops.Square(ops.Sqrt(x).Named("r")).Named("y")
	}, []float64{0}},
	"kinks": {func(at []float64) graph.Value {
		g := graph.New()
		x, y := g.Var(at[0]).Named("x"), g.Var(at[1]).Named("y")
		return ops.Mul(ops.ReLU(x).Named("a"), ops.Maximum(x, ops.Abs(y)).Named("b")).Named("z")
	}, []float64{0, 0}},
	"powers": {func(at []float64) graph.Value {
		g := graph.New()
		x, y := g.Var(at[0]).Named("x"), g.Var(at[1]).Named("y")
		return ops.Add(ops.Pow(x, y).Named("p"), ops.Mul(ops.PowScalar(x, 3), ops.Pow(x, g.Const(0)))).Named("z")
	}, []float64{2, 3}},
	"dropout": {func(at []float64) graph.Value {
		g := graph.New()
		x, w, keep := g.Var(at[0]).Named("x"), g.Var(at[1]).Named("w"), g.Const(at[2]).Named("keep")
		h := ops.Mul(ops.Sigmoid(ops.Mul(w, x).Named("net")).Named("h"), keep).Named("kept")
		return ops.Square(h).Named("l")
	}, []float64{0.5, 2, 0}},
}

func neuron(at []float64) graph.Value {
	g := graph.New()
	w, x, b, t := g.Var(at[0]).Named("w"), g.Const(at[1]).Named("x"), g.Var(at[2]).Named("b"), g.Const(at[3]).Named("t")
	out := ops.Sigmoid(ops.Add(ops.Mul(w, x), b).Named("net")).Named("out")
	return ops.MulScalar(ops.Square(ops.Sub(t, out)), 0.5).Named("E")
}

// networkNumbers are i1, i2, t1, t2, w1 to w8, b1 and b2 of the lecture.
var networkNumbers = []float64{0.05, 0.1, 0.01, 0.99, 0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55, 0.35, 0.6}

// network records the lecture's network of two inputs, two hidden nodes and two outputs.
func network(at []float64) graph.Value {
	g := graph.New()
	var v []graph.Value
	for k, x := range at {
		name := [...]string{"i1", "i2", "t1", "t2", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "b1", "b2"}[k]
		if k < 4 {
			v = append(v, g.Const(x).Named(name))
		} else {
			v = append(v, g.Var(x).Named(name))
		}
	}
	unit := func(name string, w1, x1, w2, x2, b graph.Value) graph.Value {
		net := ops.Add(ops.Add(ops.Mul(w1, x1), ops.Mul(w2, x2)), b).Named("net_" + name)
		return ops.Sigmoid(net).Named("out_" + name)
	}
	h1, h2 := unit("h1", v[4], v[0], v[5], v[1], v[12]), unit("h2", v[6], v[0], v[7], v[1], v[12])
	o1, o2 := unit("o1", v[8], h1, v[9], h2, v[13]), unit("o2", v[10], h1, v[11], h2, v[13])
	half := func(name string, t, o graph.Value) graph.Value {
		return ops.MulScalar(ops.Square(ops.Sub(t, o)), 0.5).Named(name)
	}
	return ops.Add(half("E_o1", v[2], o1), half("E_o2", v[3], o2)).Named("E_total")
}

// TestScript moves the leaves of graphs in the script and compares all numbers with what Go records for the same leaves.
func TestScript(t *testing.T) {
	for name, r := range recorders {
		for _, fold := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", folded"}[fold], func(t *testing.T) {
				rng := rand.New(rand.NewPCG(7, 11))
				cfg := Config{Fold: fold}
				first := New(r.record(r.at), cfg)
				points := [][]float64{r.at}
				var moves []map[int]string
				for k := range 12 {
					at, move := append([]float64(nil), r.at...), map[int]string{}
					for i, n := range leavesOf(first) {
						if at[i] = 2 * rng.NormFloat64(); k%4 == 0 {
							at[i] = [...]float64{0, 1, -1}[rng.IntN(3)]
						}
						move[n] = strconv.FormatFloat(at[i], 'g', -1, 64)
					}
					if k == 11 {
						at, move = r.at, map[int]string{}
					}
					points, moves = append(points, at), append(moves, move)
				}
				for k, d := range run(t, first, moves) {
					// What stands on the page before a leaf is moved, and after a reset, is Go's to the last bit.
					compare(t, points[k], New(r.record(points[k]), cfg), d, k == 0 || k == len(moves))
				}
			})
		}
	}
}

// leavesOf returns the indices of the leaves that have names, in the order of the tape.
func leavesOf(m *Model) []int {
	var out []int
	for k, n := range m.nodes {
		if n.NumInputs() == 0 && n.Name() != "" {
			out = append(out, k)
		}
	}
	return out
}

// compare holds what the script has against the model of the same graph.
func compare(t *testing.T, at []float64, m *Model, d dump, bits bool) {
	t.Helper()
	same := func(what, text string, want float64) {
		t.Helper()
		got, err := strconv.ParseFloat(text, 64)
		const rounding = 1e-13 // of a few functions, each within some units in the last place
		near := math.Abs(got-want) <= rounding*math.Max(1, math.Abs(want))
		if err != nil || got != want && !(got != got && want != want) && (bits || !near) {
			t.Errorf("at %v: %s is %s, want %v", at, what, text, want)
		}
	}
	for k, n := range m.nodes {
		v, _ := n.Scalar()
		same(n.name, d.Values[k], v)
		if n.sweep {
			same("δ of "+n.name, d.Deltas[k], m.grads.Scalar(n.Value()))
		} else if d.Deltas[k] != "" {
			t.Errorf("at %v: %s has δ = %s, want none", at, n.name, d.Deltas[k])
		}
		for j, l := range n.links {
			if l.flows && n.sweep {
				same("∂"+n.name+"/∂"+m.nodes[l.from].name, d.Slopes[k][j], l.d)
			} else if d.Slopes[k][j] != "" {
				t.Errorf("at %v: the link from %s to %s has a derivative", at, m.nodes[l.from].name, n.name)
			}
		}
	}
}

// TestMeasured holds what differences measure of every node against its δ, where the graph is smooth.
func TestMeasured(t *testing.T) {
	for _, name := range []string{"neuron", "network", "a used twice, and twice again", "through folded nodes, in several ways", "dropout"} {
		for _, fold := range []bool{false, true} {
			r := recorders[name]
			m := New(r.record(r.at), Config{Fold: fold})
			d := run(t, m, []map[int]string{})[0]
			for k, n := range m.nodes {
				if !n.sweep {
					continue
				}
				want := m.grads.Scalar(n.Value())
				got, err := strconv.ParseFloat(d.Measured[k], 64)
				if err != nil || math.Abs(got-want) > 1e-8*math.Max(1, math.Abs(want)) {
					t.Errorf("%s: differences measure %s for %s, want %v", name, d.Measured[k], n.name, want)
				}
			}
		}
	}
}

// TestSteps holds the order of the steps: operations in the order of the tape, then δ in the reverse order.
func TestSteps(t *testing.T) {
	m := New(network(networkNumbers), Config{Fold: true})
	var want []string
	for _, n := range m.nodes {
		if n.NumInputs() > 0 {
			want = append(want, n.name)
		}
	}
	for k := len(m.nodes) - 1; k >= 0; k-- {
		if m.nodes[k].WantsGrad() {
			want = append(want, "δ"+m.nodes[k].name)
		}
	}
	got := run(t, m, []map[int]string{})[0].Steps
	if len(got) != 32 || len(want) != 32 {
		t.Fatalf("%d steps, want %d, 11 forward and 21 backward", len(got), len(want))
	}
	for k := range want {
		if got[k] != want[k] {
			t.Errorf("step %d is %s, want %s", k, got[k], want[k])
		}
	}
}
