package stepper

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// formulas returns the formulas of a model by node: of its value, and of the derivatives by what it uses.
func formulas(m *Model) map[string]string {
	out := map[string]string{}
	for _, n := range m.nodes {
		if n.kind != operation {
			continue
		}
		s := m.filled(n.value)
		for _, l := range n.links {
			if l.flows {
				s += "; " + m.nodes[l.from].name + ": " + m.filled(l.symbol)
			}
		}
		out[n.name] = s
	}
	return out
}

func TestFormulas(t *testing.T) {
	m := New(network(networkNumbers), Config{Fold: true})
	want := map[string]string{
		"net_h1":  "w1·i1 + w2·i2 + b1; w1: i1; w2: i2; b1: 1",
		"out_h1":  "1/(1+e^(-net_h1)); net_h1: out_h1·(1-out_h1)",
		"net_h2":  "w3·i1 + w4·i2 + b1; w3: i1; w4: i2; b1: 1",
		"out_h2":  "1/(1+e^(-net_h2)); net_h2: out_h2·(1-out_h2)",
		"net_o1":  "w5·out_h1 + w6·out_h2 + b2; w5: out_h1; w6: out_h2; b2: 1; out_h1: w5; out_h2: w6",
		"out_o1":  "1/(1+e^(-net_o1)); net_o1: out_o1·(1-out_o1)",
		"net_o2":  "w7·out_h1 + w8·out_h2 + b2; w7: out_h1; w8: out_h2; b2: 1; out_h1: w7; out_h2: w8",
		"out_o2":  "1/(1+e^(-net_o2)); net_o2: out_o2·(1-out_o2)",
		"E_o1":    "0.5·(t1 - out_o1)²; out_o1: -(t1 - out_o1)",
		"E_o2":    "0.5·(t2 - out_o2)²; out_o2: -(t2 - out_o2)",
		"E_total": "E_o1 + E_o2; E_o1: 1; E_o2: 1",
	}
	if diff := cmp.Diff(want, formulas(m)); diff != "" {
		t.Errorf("formulas (-want +got):\n%s", diff)
	}
	all := formulas(New(network(networkNumbers), Config{}))
	for name, want := range map[string]string{"v15": "w1·i1; w1: i1", "net_h1": "v17 + b1; b1: 1; v17: 1", "v36": "v35²; v35: 2·v35", "E_o1": "0.5·v36; v36: 0.5"} {
		if all[name] != want {
			t.Errorf("%s = %s, want %s", name, all[name], want)
		}
	}
}

// TestTensors checks what a model has of a graph of tensors: formulas with cotangents, what was passed on, and no tape.
func TestTensors(t *testing.T) {
	g := graph.New()
	column := func(v ...float64) *tensor.Tensor { return tensor.Of(v, len(v), 1) }
	x := g.ConstTensor(column(1, 2)).Named("x")
	w := g.VarTensor(tensor.Of([]float64{0.1, 0.4, -0.3, 0.2, 0.5, -0.6}, 3, 2)).Named("w")
	b := g.VarTensor(column(0.1, 0.2, 0.3)).Named("b")
	a := ops.Sigmoid(ops.Add(ops.MatMul(w, x), b).Named("z")).Named("a")
	l := ops.Sum(ops.Mul(a, a)).Named("l")
	m := New(l, Config{Fold: true})
	terms := map[string]string{}
	for _, n := range m.nodes {
		for _, l := range n.links {
			if l.flows {
				terms[m.nodes[l.from].name] = m.filled(l.term)
				if l.passed == nil {
					t.Errorf("nothing is known of what passes from %s to %s", n.name, m.nodes[l.from].name)
				} else if d := m.grads.Tensor(m.nodes[l.from].Value()); !cmp.Equal(l.passed.Float64s(), d.Float64s()) {
					t.Errorf("from %s to %s passes %v, want all of δ, which is %v", n.name, m.nodes[l.from].name, l.passed, d)
				}
			}
		}
	}
	want := map[string]string{"w": "z·xᵀ", "b": "z", "z": "a·a·(1-a)", "a": "l·a + l·a"}
	if diff := cmp.Diff(want, terms); diff != "" {
		t.Errorf("terms, with the name of a node for its δ (-want +got):\n%s", diff)
	}
	if m.live || m.tape != nil || len(m.Rows()) > 0 || !strings.Contains(strings.Join(m.notes, " "), "no sliders: the graph has tensors") {
		t.Errorf("the page computes a graph with tensors; it says %q", m.notes)
	}
}

// TestNotes checks what a page says of graphs that it shows in part, or without a backward pass.
func TestNotes(t *testing.T) {
	g := graph.New()
	x := g.Var(0.1).Named("x")
	long := x
	for k := range 1000 {
		long = ops.Sin(long)
		if k%2 == 0 {
			long.Named(fmt.Sprintf("h%d", k))
		}
	}
	nameless := x
	for range 1000 {
		nameless = ops.Sin(nameless)
	}
	custom := autograd.Custom("mine",
		func(xs ...*tensor.Tensor) *tensor.Tensor { return xs[0] },
		func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct} })
	for _, c := range []struct {
		name string
		root graph.Value
		cfg  Config
		want []string
	}{
		{"small", ops.Sin(x), Config{}, nil},
		{"constant", ops.Sin(g.Const(1)), Config{}, []string{"The result depends on constants alone, so there is no backward pass."}},
		{
			"tensor", ops.Sin(g.VarTensor(tensor.New(tensor.Float64, 2))), Config{},
			[]string{
				"The result has shape (2): only a number has derivatives δ, so there is no backward pass. Reduce it with ops.Sum or ops.Mean.",
				"The numbers are those of the program that wrote this page. There are no sliders: the graph has tensors.",
			},
		},
		{
			"long", long, Config{},
			[]string{
				"The graph has 1,001 nodes. Shown are leaves, the result, and values with a name.",
				"Of 502 nodes, the 300 nearest to the result are shown. Fold, or the graph of a smaller example, shows more at a time.",
			},
		},
		{
			"long without names", nameless.Named("y"), Config{},
			[]string{"Of 1,001 nodes, the 300 nearest to the result are shown. Fold, or the graph of a smaller example, shows more at a time."},
		},
		{
			"custom", custom(x), Config{},
			[]string{"The numbers are those of the program that wrote this page. There are no sliders: the page does not know how to compute mine."},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, New(c.root, c.cfg).notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLimit holds random graphs to the limit, and checks that what is left out of them is said where it was cut.
func TestLimit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		g := graph.New()
		values := []graph.Value{g.Var(0.1), g.Var(0.2)}
		for k := range 1 + rng.IntN(80) {
			v := ops.Tanh(ops.Add(values[rng.IntN(len(values))], values[max(0, len(values)-1-rng.IntN(4))]))
			if rng.IntN(3) == 0 {
				v.Named(fmt.Sprintf("h%d", k))
			}
			values = append(values, v)
		}
		cfg := Config{Fold: rng.IntN(2) == 0, MaxNodes: 2 + rng.IntN(30)}
		m := New(values[len(values)-1], cfg)
		if len(m.nodes) > cfg.MaxNodes {
			t.Fatalf("%d nodes, want %d at most", len(m.nodes), cfg.MaxNodes)
		}
		if last := m.nodes[len(m.nodes)-1]; last.ID() != m.root.ID() {
			t.Fatal("the root is not shown")
		}
		for _, n := range m.nodes {
			switch {
			case n.kind == given && len(n.links) > 0:
				t.Fatalf("%s is given and has links", n.name)
			case n.kind == operation && len(n.links) == 0:
				t.Fatalf("%s has no links and is not given", n.name)
			}
		}
	}
}

// TestLimitOfEdges holds graphs with edges that lead far to what Graphviz places in a short time.
func TestLimitOfEdges(t *testing.T) {
	g := graph.New()
	w, h := g.Var(0.5).Named("w"), g.Var(0.1)
	for range 140 {
		h = ops.Tanh(ops.Mul(w, h))
	}
	for _, cfg := range []Config{{}, {Neurons: true}} {
		m := New(h, cfg)
		wide, narrow := m.Graphs()
		if got := wide.Effort() + narrow.Effort(); got > layout.MaxEffort {
			t.Errorf("%+v: the layouts have %d places, want %d at most", cfg, got, layout.MaxEffort)
		}
		want := []string{fmt.Sprintf("Of 282 nodes, the %d nearest to the result are shown. Fold, or the graph of a smaller example, shows more at a time.", len(m.nodes))}
		if diff := cmp.Diff(want, m.notes); diff != "" || len(m.nodes) < 50 {
			t.Errorf("%+v: %d nodes, notes (-want +got):\n%s", cfg, len(m.nodes), diff)
		}
	}
}

// hostile are names that try to get out of where they are written.
var hostile = []string{
	"</script><script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "a' onload='alert(1)", "<!--", "]]>", "\u2028\u2029", "a\nb\r\tc\x00", "\u202etxt.exe",
	"\xff\xfe", "{0}", "{d1}", "{999}", "{99999999999999999999}", "{x}", "}{", "$&$1", "\\u003c", "__proto__", "constructor", "v1", "", " ", strings.Repeat("long", 250_000), "%41", "&lt;b&gt;", "`${alert(1)}`",
}

// TestHostileNames checks that the data of a page are inert, short and whole whatever the names.
func TestHostileNames(t *testing.T) {
	for _, a := range hostile {
		g := graph.New()
		done := g.Scope(a)
		x, y := g.Var(2).Named(a), g.Var(3).Named(a)
		z := ops.Mul(x, ops.Add(x, y)).Named(a)
		done()
		for _, cfg := range []Config{{}, {Fold: true, Neurons: true}} {
			m := New(z, cfg)
			data := dataOfModel(t, m)
			if strings.ContainsAny(string(data), "<>&\u2028\u2029\x00") || !utf8.Valid(data) || !json.Valid(data) {
				t.Errorf("%.40q: the data are not inert: %s", a, data)
			}
			if len(data) > 5000 {
				t.Errorf("%.40q: the data have %d bytes", a, len(data))
			}
			seen := map[string]bool{}
			for _, n := range m.nodes {
				if n.name == "" || seen[n.name] {
					t.Errorf("%.40q: %q names two nodes or none", a, n.name)
				}
				seen[n.name] = true
			}
			var b strings.Builder
			if err := m.Fallback(&b); err != nil {
				t.Fatal(err)
			}
			if s := b.String(); strings.Contains(s, "<script") || strings.Contains(s, "<img") || strings.ContainsRune(s, '\u202e') {
				t.Errorf("%.40q: the table is %.200s", a, s)
			}
		}
	}
}

// TestManyUses checks that what lies between many uses of a node and the root is folded without a formula for each use.
func TestManyUses(t *testing.T) {
	g := graph.New()
	x := g.Var(0.5).Named("x")
	uses := make([]graph.Value, 3*wayBudget)
	for k := range uses {
		uses[k] = ops.Sin(x)
	}
	l := New(ops.Sum(ops.Stack(0, uses...)), Config{Fold: true}).nodes[1].links
	if len(l) != 1 || l[0].symbol != "" || l[0].term != "" {
		t.Errorf("the links are %+v, want one without a formula", l)
	}
}

func TestMisuse(t *testing.T) {
	g, other := graph.New(), graph.New()
	x := g.Var(1).Named("x")
	y := ops.Sin(x).Named("y")
	foreign, inner := autograd.Backward(ops.Sin(other.Var(1))), autograd.Backward(ops.Sin(y))
	gone := graph.New()
	stale := gone.Var(1)
	gone.Reset()
	for _, c := range []struct {
		name string
		f    func()
		want string
	}{
		{"few nodes", func() { New(y, Config{MaxNodes: 1}) }, "stepper.New: a stepper of at most 1 nodes: give MaxNodes 2 or more, or 0 for 300"},
		{"negative", func() { New(y, Config{MaxNodes: -3}) }, "stepper.New: a stepper of at most -3 nodes: give MaxNodes 2 or more, or 0 for 300"},
		{"gradients of another graph", func() { New(y, Config{Gradients: &foreign}) }, "stepper.New: the gradients are of another graph: use autograd.Backward on the root"},
		{"gradients of another value", func() { New(y, Config{Gradients: &inner}) }, `stepper.New: the gradients are those of %3 = sin, not of the root "y" (%2) = sin: use autograd.Backward on the root`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := graph.Try(c.f); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	for name, f := range map[string]func(){
		"stale": func() { New(stale, Config{}) }, "zero": func() { New(graph.Value{}, Config{}) },
		"beyond is foreign": func() { New(y, Config{Beyond: []graph.Value{other.Value(1)}}) },
	} {
		if err := graph.Try(f); err == nil || !strings.HasPrefix(err.Error(), "stepper.New: ") {
			t.Errorf("%s: got %v, want an error of stepper.New", name, err)
		}
	}
	for name, f := range map[string]func(m *Model){
		"Graphs": func(m *Model) { m.Graphs() }, "Data": func(m *Model) { _, _ = m.Data(nil, nil) }, "Rows": func(m *Model) { m.Rows() },
		"Fallback": func(m *Model) { _ = m.Fallback(io.Discard) },
	} {
		for _, m := range []*Model{nil, {}} {
			if err := graph.Try(func() { f(m) }); err == nil || !strings.HasPrefix(err.Error(), "stepper.Model."+name+": got a nil or zero *stepper.Model") {
				t.Errorf("%s: got %v, want an error that says what m is", name, err)
			}
		}
	}
	m := New(y, Config{})
	if err := graph.Try(func() { _ = m.Fallback(nil) }); err == nil || !strings.HasPrefix(err.Error(), "stepper.Model.Fallback: got a nil io.Writer") {
		t.Errorf("Fallback(nil): got %v", err)
	}
	wide, _ := m.Graphs()
	for name, l := range map[string]*layout.Layout{"nil": nil, "another": {}, "more nodes": blank(&layout.Graph{Nodes: make([]layout.Node, 5)})} {
		if _, err := m.Data(blank(wide), l); err == nil || !strings.Contains(err.Error(), "lay out what Model.Graphs returns") {
			t.Errorf("%s: got %v, want an error", name, err)
		}
	}
}

// TestBeyond shows recorded derivatives beside what they are of.
func TestBeyond(t *testing.T) {
	g := graph.New()
	x := g.Var(2).Named("x")
	y := ops.Square(ops.Sin(x).Named("s")).Named("y")
	dx := autograd.Grad(y, x)[0].Named("δx")
	m := New(y, Config{Fold: true, Beyond: []graph.Value{dx}})
	var names []string
	for _, n := range m.nodes {
		name := n.name
		if n.sweep {
			name += " δ"
		}
		if !m.of.Has(n.ID()) {
			name += " beyond"
		}
		names = append(names, name)
	}
	want := []string{"x δ", "s δ", "y δ", "δx beyond"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	d := run(t, m, []map[int]string{{0: "0.5"}})[1]
	if len(d.Steps) != 6 || d.Deltas[0] == "" || d.Values[3] != d.Deltas[0] {
		t.Errorf("steps %q, δ of x is %s, its node has %s; want both the same", d.Steps, d.Deltas[0], d.Values[3])
	}
}
