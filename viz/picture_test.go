package viz_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

// randomGraph records n operations on scalars, with scopes opened and closed at random, and returns the last value.
func randomGraph(rng *rand.Rand, n int) graph.Value {
	g := graph.New()
	values := []graph.Value{g.Var(0.1).Named("x"), g.Const(0.2)}
	var open []func()
	for k := range n {
		switch rng.IntN(8) {
		case 0:
			open = append(open, g.Scope(fmt.Sprintf("scope %d", k)))
		case 1:
			if len(open) > 0 {
				open[len(open)-1]()
				open = open[:len(open)-1]
			}
		}
		a := values[max(0, len(values)-1-rng.IntN(6))]
		b := values[rng.IntN(len(values))]
		v := ops.Tanh(ops.Add(a, b))
		if rng.IntN(3) == 0 {
			v.Named(fmt.Sprintf("h%d", k))
		}
		values = append(values, v)
	}
	return values[len(values)-1]
}

// ancestorCount returns the number of nodes that v depends on, with v.
func ancestorCount(v graph.Value) int {
	seen := map[int]bool{v.ID(): true}
	for stack := []graph.Value{v}; len(stack) > 0; {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, in := range u.Inputs() {
			if !seen[in.ID()] {
				seen[in.ID()] = true
				stack = append(stack, in)
			}
		}
	}
	return len(seen)
}

// TestLimits checks, for random graphs and limits, that a picture holds to the limit, counts what it leaves out, and
// has no cycle.
func TestLimits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		y := randomGraph(rng, 1+rng.IntN(120))
		limit := 2 + rng.IntN(60)
		p := viz.NewPicture(y, viz.MaxNodes(limit))
		total, rests := 0, 0
		rootShown := false
		for k, n := range p.Nodes {
			if want := fmt.Sprintf("n%d", k); n.ID != want {
				t.Fatalf("node %d has the id %s, want %s", k, n.ID, want)
			}
			total += max(n.Hidden, 1)
			rootShown = rootShown || n.Kind == viz.Root
			if n.Kind == viz.More && n.Hidden < 1 || n.Kind != viz.More && n.Hidden != 0 {
				t.Fatalf("a node of kind %d hides %d", n.Kind, n.Hidden)
			}
			if n.Kind == viz.More && n.Name == "" {
				rests++
			}
		}
		if want := ancestorCount(y); total != want {
			t.Fatalf("limit %d: the picture stands for %d nodes, want %d", limit, total, want)
		}
		if len(p.Nodes) > limit || rests > 1 || !rootShown {
			t.Fatalf("limit %d: %d nodes, %d of them for the rest; root shown: %v", limit, len(p.Nodes), rests, rootShown)
		}
		checkAcyclic(t, p)
		for _, c := range p.Clusters {
			if c.Parent >= len(p.Clusters) {
				t.Fatalf("cluster %s is in cluster %d of %d", c.ID, c.Parent, len(p.Clusters))
			}
		}
	}
}

// checkAcyclic checks that no edges, together with the order in time, lead in a circle.
func checkAcyclic(t *testing.T, p *viz.Picture) {
	t.Helper()
	waits := make([]int, len(p.Nodes))
	next := make([][]int, len(p.Nodes))
	add := func(from, to int) {
		waits[to]++
		next[from] = append(next[from], to)
	}
	for _, e := range p.Edges {
		add(e.From, e.To)
	}
	for _, o := range p.Order {
		add(o.First, o.Second)
	}
	var ready []int
	for k, w := range waits {
		if w == 0 {
			ready = append(ready, k)
		}
	}
	done := 0
	for ; len(ready) > 0; done++ {
		k := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		for _, to := range next[k] {
			if waits[to]--; waits[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	if done != len(p.Nodes) {
		t.Fatalf("the picture has a cycle: %d of %d nodes can be ordered\n%+v", done, len(p.Nodes), p.Edges)
	}
}

// TestOrder checks which nodes stand before which for no other reason than that their scopes follow each other.
func TestOrder(t *testing.T) {
	g := graph.New()
	x, w := g.Var(1).Named("x"), g.Var(2).Named("w")
	scope := func(name string, in graph.Value, result string) graph.Value {
		defer g.Scope(name)()
		c := g.Const(3).Named("input of " + result)
		return ops.Add(ops.Mul(in, w), c).Named(result)
	}
	chain := func(names ...string) graph.Value {
		h := x
		for k, name := range names {
			h = scope(name, h, fmt.Sprintf("h%d", k+1))
		}
		return h
	}
	inside := func() graph.Value {
		defer g.Scope("network")()
		return chain("step 1", "step 2")
	}
	between := func() graph.Value {
		h1 := scope("step 1", x, "h1")
		l1 := scope("loss 1", h1, "l1")
		h2 := scope("step 2", h1, "h2")
		return ops.Add(l1, scope("loss 2", h2, "l2")).Named("l")
	}
	for _, c := range []struct {
		name    string
		root    graph.Value
		options []viz.Option
		want    []string
	}{
		{"steps", chain("step 1", "step 2", "step 3"), []viz.Option{viz.FoldUnnamed()},
			[]string{"h1 before input of h2", "h2 before input of h3"}},
		{"names without numbers", chain("cell", "cell"), []viz.Option{viz.FoldUnnamed()}, []string{"h1 before input of h2"}},
		{"inside another scope", inside(), []viz.Option{viz.FoldUnnamed()}, []string{"h1 before input of h2"}},
		{"all nodes", chain("step 1", "step 2"), nil, []string{"h1 before input of h2"}},
		{"an edge is enough", chain("step 1", "step 2"), []viz.Option{viz.FoldUnnamed(), viz.HideConstants()}, nil},
		{"other names", chain("hidden layer", "output layer"), []viz.Option{viz.FoldUnnamed()}, []string{"h1 before input of h2"}},
		{"others between them", between(), []viz.Option{viz.FoldUnnamed()}, []string{"h1 before input of h2", "h1 before input of l1", "h2 before input of l2"}},
		{"beside each other", ops.Add(scope("head 1", x, "h1"), scope("head 2", x, "h2")), nil, nil},
		{"a step between them is missing", ops.Add(scope("step 1", x, "h1"), scope("step 3", scope("step 2", x, "h2"), "h3")), []viz.Option{viz.FoldUnnamed()},
			[]string{"h2 before input of h3"}},
		{"part of the graph as one node", chain("step 1", "step 2", "step 3"), []viz.Option{viz.MaxNodes(4)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := viz.NewPicture(c.root, c.options...)
			var got []string
			for _, o := range p.Order {
				got = append(got, p.Nodes[o.First].Label+" before "+p.Nodes[o.Second].Label)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOrderOfWideSteps checks that steps with many ends and many beginnings get no more pairs than they have nodes.
func TestOrderOfWideSteps(t *testing.T) {
	const width = 40
	g := graph.New()
	xs := make([]graph.Value, width)
	for k := range xs {
		xs[k] = g.Var(float64(k))
	}
	for step := range 2 {
		done := g.Scope(fmt.Sprintf("step %d", step))
		for k, x := range xs {
			xs[k] = ops.Tanh(x)
		}
		done()
	}
	y := ops.Sum(ops.Stack(0, xs...))
	p := viz.NewPicture(y, viz.MaxNodes(1000))
	if got, want := len(p.Order), 2*width-3; got != want {
		t.Errorf("%d pairs, want %d", got, want)
	}
	checkAcyclic(t, p)
}

// TestFoldedDerivatives checks the derivatives along folded edges: the chain rule over the picture must give the
// gradient of the leaf.
func TestFoldedDerivatives(t *testing.T) {
	const tolerance = 1e-12 // relative; the picture shows 17 digits and adds in another order than the sweep
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		y := randomGraph(rng, 1+rng.IntN(60))
		grads := autograd.Backward(y)
		p := viz.NewPicture(y, viz.FoldUnnamed(), viz.Precision(17), viz.MaxNodes(1000))
		adj := make([]float64, len(p.Nodes))
		adj[len(adj)-1] = 1
		for k := len(p.Edges) - 1; k >= 0; k-- { // edges stand in the order of the nodes they lead to
			e := p.Edges[k]
			var d float64
			if e.Derivative != "" {
				if _, err := fmt.Sscan(e.Derivative, &d); err != nil {
					t.Fatal(err)
				}
			}
			adj[e.From] += adj[e.To] * d
		}
		x := y.Graph().Value(1)
		want := grads.Scalar(x)
		got := 0.0
		for k, n := range p.Nodes {
			if n.Name == "x" {
				got = adj[k]
			}
		}
		if diff := got - want; diff > tolerance*max(want, -want) || -diff > tolerance*max(want, -want) {
			t.Fatalf("the edges give ∂y/∂x = %g, want %g", got, want)
		}
	}
}

func TestDeepScopes(t *testing.T) {
	g := graph.New()
	x := g.Var(1).Named("x")
	const depth = 3000
	done := make([]func(), depth)
	for k := range done {
		done[k] = g.Scope("scope")
		x = ops.Sin(x)
	}
	for k := range done {
		done[depth-1-k]()
	}
	var b bytes.Buffer
	if err := viz.DOT(&b, x, viz.MaxNodes(10*depth)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "subgraph"); got != depth {
		t.Errorf("%d boxes, want %d", got, depth)
	}
	check(t, b.String())
}

func TestDOTLeavesTheTapeAlone(t *testing.T) {
	l, deltas := twoLayers()
	grads := autograd.Backward(l)
	n := l.Graph().Len()
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := viz.DOT(b, l, viz.WithGradients(grads), viz.WithContributions(), viz.WithBackward(deltas...)); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.Graph().Len(); got != n {
		t.Errorf("the tape has %d nodes afterwards, want %d as before", got, n)
	}
	if diff := cmp.Diff(first.String(), second.String()); diff != "" {
		t.Errorf("the second picture differs:\n%s", diff)
	}
}

// TestGradientsWithoutTensors draws a sweep that gave the adjoints of tensors back.
func TestGradientsWithoutTensors(t *testing.T) {
	l, _ := twoLayers()
	p := viz.NewPicture(l, viz.WithGradients(autograd.Backward(l, autograd.LeavesOnly())), viz.WithContributions())
	got := make(map[string]string)
	for _, n := range p.Nodes {
		got[n.Name] = n.Adjoint
	}
	for name, want := range map[string]string{"z(1)": "δ = not kept", "w(2)": "δ = [-0.2284 -0.1898 -0.1425]"} {
		if got[name] != want {
			t.Errorf("%s has %q, want %q", name, got[name], want)
		}
	}
}

// TestGradientsThatAreZero draws tensors to which the sweep passed nothing, with adjoints that it gave back and without.
func TestGradientsThatAreZero(t *testing.T) {
	g := graph.New()
	w := g.VarTensor(tensor.Of([]float64{1, 2}, 2)).Named("w")
	s := ops.Sin(w).Named("s")
	l := ops.Mul(ops.Sum(s), g.Var(0)).Named("l")
	for _, options := range [][]autograd.Option{nil, {autograd.LeavesOnly()}} {
		for _, n := range viz.NewPicture(l, viz.WithGradients(autograd.Backward(l, options...)), viz.WithContributions()).Nodes {
			if want := "δ = 0"; (n.Name == "w" || n.Name == "s") && n.Adjoint != want {
				t.Errorf("%s has %q, want %q", n.Name, n.Adjoint, want)
			}
		}
	}
}

// TestFormulas checks how operations without names are written in the node that they are folded into.
func TestFormulas(t *testing.T) {
	g := graph.New()
	x, y := g.Var(0.3).Named("x"), g.Var(0.4).Named("y")
	for _, c := range []struct {
		value graph.Value
		want  string
	}{
		{ops.Mul(ops.AddScalar(x, -0.5), y), "(x - 0.5)·y"},
		{ops.Mul(ops.AddScalar(ops.Neg(x), 1), y), "(1 - x)·y"},
		{ops.Log(ops.AddScalar(ops.Neg(ops.Mul(x, y)), 1)), "log(1 - x·y)"},
		{ops.Log(ops.AddScalar(ops.Neg(ops.Add(x, y)), 1)), "log(1 - (x + y))"},
		{ops.Log(ops.AddScalar(ops.Neg(x), -1)), "log(-x - 1)"},
		{ops.Log(ops.AddScalar(ops.Sub(x, y), 2)), "log(x - y + 2)"},
		{ops.Sub(y, ops.AddScalar(x, 1)), "y - (x + 1)"},
		{ops.Polygamma(2, ops.MulScalar(x, 2)), "polygamma(2, 2·x)"},
		{ops.Clamp(ops.MulScalar(x, 2), -1, 0.5), "clamp(2·x, -1, 0.5)"},
	} {
		nodes := viz.NewPicture(c.value, viz.FoldUnnamed()).Nodes
		if got := nodes[len(nodes)-1].Formula; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// TestLabels holds that values are called in pictures what explanations call them.
func TestLabels(t *testing.T) {
	for name, names := range map[string][]string{
		"no names":             {"", "", ""},
		"names":                {"h", "", "k"},
		"a name twice":         {"h", "", "h"},
		"a name like a number": {"v1", "", ""},
		"hostile":              {"\u202e<b>", "", strings.Repeat("n", 100)},
	} {
		t.Run(name, func(t *testing.T) {
			g := graph.New()
			x := g.Var(0.5).Named("x")
			y := x
			for _, name := range names {
				y = ops.Exp(ops.Sin(y).Named(name))
			}
			var explained strings.Builder
			if err := autograd.Explain(&explained, y, x); err != nil {
				t.Fatal(err)
			}
			for _, n := range viz.NewPicture(y).Nodes {
				if !strings.Contains(explained.String(), "∂"+n.Label+"/∂") && !strings.Contains(explained.String(), "/∂"+n.Label+" ") {
					t.Errorf("the explanation has no derivative of or by %q:\n%s", n.Label, explained.String())
				}
			}
		})
	}
}

// TestTensorsInFull checks up to what size the elements of a tensor are written out, and in which lines.
func TestTensorsInFull(t *testing.T) {
	g := graph.New()
	numbers := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = 0.12345 + float64(k)
		}
		return v
	}
	for _, c := range []struct {
		shape []int
		want  []string
	}{
		{[]int{3}, []string{"(3) [0.1235 1.123 2.123]"}},
		{[]int{2, 2}, []string{"(2,2) [[0.1235 1.123] [2.123 3.123]]"}},
		{[]int{2, 3}, []string{"(2,3)", "[[0.1235 1.123 2.123] [3.123 4.123 5.123]]"}},
		{[]int{3, 4}, []string{"(3,4)", "[[0.1235 1.123 2.123 3.123]", "[4.123 5.123 6.123 7.123]", "[8.123 9.123 10.12 11.12]]"}},
		{[]int{12}, []string{"(12)", "[0.1235 1.123 2.123 3.123 4.123 5.123", "6.123 7.123 8.123 9.123 10.12 11.12]"}},
		{[]int{1, 12}, []string{"(1,12)", "[[0.1235 1.123 2.123 3.123 4.123 5.123", "6.123 7.123 8.123 9.123 10.12 11.12]]"}},
		{[]int{13}, []string{"(13) 0.1235 to 12.12, mean 6.123"}},
		{[]int{0, 4}, []string{"(0,4) []"}},
	} {
		n := 1
		for _, d := range c.shape {
			n *= d
		}
		var got []string
		for _, l := range viz.NewPicture(g.VarTensor(tensor.Of(numbers(n), c.shape...)).Named("w")).Nodes[0].Lines()[1:] {
			got = append(got, l.String())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("shape %v: mismatch (-want +got):\n%s", c.shape, diff)
		}
	}
}

// TestOperands checks which operand an edge says it is.
func TestOperands(t *testing.T) {
	g := graph.New()
	x, y := g.Var(0.3).Named("x"), g.Var(0.4).Named("y")
	v := g.VarTensor(tensor.Of([]float64{1, 2}, 2)).Named("v")
	many := make([]graph.Value, 23)
	for k := range many {
		many[k] = v
	}
	for _, c := range []struct {
		value graph.Value
		want  []string // the first ones
	}{
		{ops.Add(x, y), []string{"", ""}},
		{ops.Mul(x, y), []string{"", ""}},
		{ops.Maximum(x, y), []string{"", ""}},
		{ops.Sin(x), []string{""}},
		{ops.Sub(x, y), []string{"1st operand", "2nd operand"}},
		{ops.Sub(x, x), []string{"1st operand", "2nd operand"}},
		{ops.Pow(x, y), []string{"1st operand", "2nd operand"}},
		{ops.Where(x, y, y), []string{"cond", "2nd operand", "3rd operand"}},
		{ops.Concat(0, v), []string{""}},
		{ops.Concat(0, many...), []string{
			"1st operand", "2nd operand", "3rd operand", "4th operand", "5th operand", "6th operand", "7th operand", "8th operand",
			"9th operand", "10th operand", "11th operand", "12th operand", "13th operand", "14th operand", "15th operand", "16th operand",
			"17th operand", "18th operand", "19th operand", "20th operand", "21st operand", "22nd operand", "23rd operand",
		}},
	} {
		var got []string
		for _, e := range viz.NewPicture(c.value).Edges {
			got = append(got, e.Operand)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", c.value.Node().OpName(), diff)
		}
	}
}

// TestCustomOperation holds that an operation of the program's own is drawn with its name.
func TestCustomOperation(t *testing.T) {
	g := graph.New()
	op := autograd.Custom("solve_it",
		func(xs ...*tensor.Tensor) *tensor.Tensor { return xs[0] },
		func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct, {}} })
	y := op(g.Var(2).Named("x"), g.Const(3))
	for want, options := range map[string][]viz.Option{"solve_it": nil, "solve_it(x, 3)": {viz.HideConstants()}} {
		nodes := viz.NewPicture(y, options...).Nodes
		if last := nodes[len(nodes)-1]; last.Op+last.Formula != want {
			t.Errorf("got operation %q and formula %q, want %q", last.Op, last.Formula, want)
		}
	}
}

// failAfter is a writer that fails after n bytes.
type failAfter struct{ n int }

var errFull = errors.New("disk full")

func (w *failAfter) Write(p []byte) (int, error) {
	if len(p) > w.n {
		return w.n, errFull
	}
	w.n -= len(p)
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	for _, n := range []int{0, 1, 4095, 5000} {
		if err := viz.DOT(&failAfter{n}, lecture()); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: got %v, want %v", n, err, errFull)
		}
	}
}

func TestMisuse(t *testing.T) {
	g := graph.New()
	x := g.Var(1)
	other := graph.New().Var(1)
	draw := func(options ...viz.Option) func() {
		return func() { _ = viz.DOT(io.Discard, x, options...) }
	}
	for _, c := range []struct {
		name string
		call func()
		want string
	}{
		{"zero value", func() { _ = viz.DOT(io.Discard, graph.Value{}) },
			"viz.DOT: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"picture of a zero value", func() { viz.NewPicture(graph.Value{}) },
			"viz.NewPicture: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"another graph", draw(viz.Roots(other)),
			"viz.DOT: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"backward of another graph", draw(viz.WithBackward(other)),
			"viz.DOT: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"gradients of another graph", draw(viz.WithGradients(autograd.Backward(other))),
			"viz.DOT: the gradients are of another graph: use autograd.Backward on a value of this one"},
		{"contributions alone", draw(viz.WithContributions()),
			"viz.DOT: viz.WithContributions without gradients: add viz.WithGradients(autograd.Backward(loss))"},
		{"shapes with gradients", draw(viz.WithGradients(autograd.Backward(x)), viz.ShapesOnly()),
			"viz.DOT: viz.ShapesOnly with gradients, which are numbers: leave out viz.WithGradients, or use viz.HideValues"},
		{"nil option", draw(viz.Legend(), nil), "viz.DOT: option 2 is nil: leave it out"},
		{"nil writer", func() { _ = viz.DOT(nil, x) }, "viz.DOT: got a nil io.Writer: pass where to write, such as os.Stdout"},
		{"picture to a nil writer", func() { _ = viz.NewPicture(x).DOT(nil) },
			"viz.Picture.DOT: got a nil io.Writer: pass where to write, such as os.Stdout"},
		{"no nodes", draw(viz.MaxNodes(0)), "viz.DOT: a picture of at most 0 nodes: give viz.MaxNodes 2 or more"},
		{"no digits", draw(viz.Precision(0)), "viz.DOT: a precision of 0 digits: give viz.Precision 1 to 17"},
		{"no such direction", draw(viz.Direction(7)),
			"viz.DOT: no direction 7: use viz.LeftToRight, viz.TopToBottom, viz.RightToLeft or viz.BottomToTop"},
		{"zero gradients", draw(viz.WithGradients(autograd.Gradients{})),
			"autograd.Gradients.Graph: got the zero Gradients: get one from autograd.Backward"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := graph.Try(c.call)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLargeTape draws the end of a tape with two million nodes, and a picture around an operation with many operands.
func TestLargeTape(t *testing.T) {
	g := graph.New()
	x := g.Var(0.3).Named("x")
	y := x
	for range 1_000_000 {
		y = ops.AddScalar(ops.MulScalar(y, 0.99), 0.1)
	}
	p := viz.NewPicture(y, viz.MaxNodes(10))
	if got, want := p.Nodes[0].Hidden, 2_000_001-9; got != want {
		t.Errorf("the rest stands for %d nodes, want %d", got, want)
	}
	p = viz.NewPicture(g.Value(500_000), viz.FoldUnnamed())
	if got := len(p.Nodes); got != 2 { // x and the root, and one edge over everything between
		t.Errorf("folded: %d nodes, want 2", got)
	}
	all := make([]graph.Value, 50_000)
	for k := range all {
		all[k] = ops.Broadcast(g.Var(1), 1)
	}
	p = viz.NewPicture(ops.Concat(0, all...))
	if got := len(p.Nodes); got != viz.DefaultMaxNodes {
		t.Errorf("%d nodes, want %d", got, viz.DefaultMaxNodes)
	}
	if got := tensor.FormatShape(ops.Concat(0, all...).Dims()); got != "(50000)" {
		t.Errorf("shape %s", got)
	}
}

// TestManyContributions draws what an operation with many operands passes to each of them. It takes the time of the
// operands, and not the square of it, as it would if every edge looked at the whole adjoint of the result.
func TestManyContributions(t *testing.T) {
	const n = 50_000
	g := graph.New()
	xs := g.Vars(make([]float64, n))
	y := ops.Sum(ops.Stack(0, xs...))
	p := viz.NewPicture(y, viz.MaxNodes(2*n), viz.WithGradients(autograd.Backward(y)), viz.WithContributions())
	if got, want := len(p.Edges), n+1; got != want {
		t.Fatalf("%d edges, want %d", got, want)
	}
	for _, e := range p.Edges[:n] {
		if want := "→ 1"; e.Contribution != want {
			t.Fatalf("an edge has contribution %q, want %q", e.Contribution, want)
		}
	}
}
