package graph_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// mistake runs f and returns the message of the *graph.Error it panics with.
func mistake(t *testing.T, kind graph.Kind, f func()) string {
	t.Helper()
	err := graph.Try(f)
	if err == nil {
		t.Fatal("no error")
	}
	if !errors.Is(err, kind) {
		t.Errorf("error %q is of kind %q, want %q", err, errors.Unwrap(err), kind)
	}
	return err.Error()
}

func TestMessages(t *testing.T) {
	g := graph.New()
	x := g.Var(2).Named("x")
	m := g.Mark()
	w := g.VarTensor(tensor.New(tensor.Float64, 2, 3))
	rewound := ops.Square(x)
	g.Rewind(m)
	w = g.VarTensor(tensor.New(tensor.Float64, 2, 3))
	y := ops.Square(x)

	old := graph.New()
	reset := old.Var(1)
	oldMark := old.Mark()
	old.Reset()
	other := graph.New()
	foreign := other.Var(1)

	tests := []struct {
		name string
		kind graph.Kind
		f    func()
		want string
	}{
		{"zero value", graph.ErrUsage, func() { ops.Neg(graph.Value{}) },
			"ops.Neg: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"zero value second", graph.ErrUsage, func() { ops.Add(x, graph.Value{}) },
			"ops.Add: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"before Reset", graph.ErrStale, func() { ops.Sin(reset) },
			"ops.Sin: value %1 was recorded before the graph's Reset: record it again, or keep its numbers with Value.Tensor before Reset"},
		{"rewound", graph.ErrStale, func() { ops.Mul(x, rewound) },
			"ops.Mul: value %3 was taken from the tape by Rewind: record it again, or set the mark after it"},
		{"another graph", graph.ErrForeign, func() { ops.Mul(x, foreign) },
			`ops.Mul: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())`},
		{"another graph, tensors", graph.ErrForeign, func() { ops.MatMul(w, foreign) },
			`ops.MatMul: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())`},
		{"item of a tensor", graph.ErrShape, func() { w.Item() },
			"graph.Value.Item: value %2 has shape (2,3), not a single number: use Value.Tensor, or reduce it with ops.Sum or ops.Mean"},
		{"set a result", graph.ErrUsage, func() { y.Set(1) },
			"graph.Value.Set: value %3 = square is the result of an operation: only leaves can be set; set the leaves it was made of and record it again"},
		{"set a tensor to a number", graph.ErrShape, func() { w.Set(1) },
			"graph.Value.Set: leaf %2 has shape (2,3), not a scalar: use SetTensor"},
		{"set another shape", graph.ErrShape, func() { w.SetTensor(tensor.New(tensor.Float64, 3)) },
			"graph.Value.SetTensor: leaf %2 has shape (2,3), the tensor has (3): a leaf keeps its shape, make a new one with Graph.VarTensor"},
		{"nil tensor", graph.ErrUsage, func() { g.VarTensor(nil) },
			"graph.Graph.VarTensor: got a nil tensor: make one with tensor.New or tensor.Of"},
		{"bind another precision", graph.ErrDType, func() { g.Bind(tensor.New(tensor.Float32, 2)) },
			"graph.Graph.Bind: a float32 tensor cannot be bound to a float64 graph: convert a model with nn.To(model, tensor.Float64) and a tensor with t.To, or make the graph with graph.WithDType(tensor.Float32)"},
		{"mark of another graph", graph.ErrForeign, func() { g.Rewind(other.Mark()) },
			"graph.Graph.Rewind: the mark belongs to another graph: use one that this graph's Mark returned"},
		{"mark from before Reset", graph.ErrStale, func() { old.Rewind(oldMark) },
			"graph.Graph.Rewind: the mark at node %2 was taken away by an earlier Rewind or Reset: set a new one with Graph.Mark"},
		{"no such node", graph.ErrIndex, func() { g.Value(99) },
			"graph.Graph.Value: no node %99: the tape has nodes %1 to %3"},
		{"shapes", graph.ErrShape, func() { ops.Add(w, g.ConstTensor(tensor.New(tensor.Float64, 4))) },
			"ops.Add: shapes (2,3) and (4) do not broadcast: aligned at the last axis, lengths must be equal or one of them 1; reshape one with ops.Reshape or ops.Unsqueeze"},
		{"matmul", graph.ErrShape, func() {
			ops.MatMul(g.ConstTensor(tensor.New(tensor.Float64, 128, 784)), g.ConstTensor(tensor.New(tensor.Float64, 128, 10)))
		}, "ops.MatMul: inner dimensions differ: (128,784) × (128,10): did you mean ops.MatMul(ops.Transpose(a), b)?"},
		{"axis", graph.ErrAxis, func() { ops.Sum(w, -3) },
			"ops.Sum: axis -3 of shape (2,3): axes run from 0 to 1, or from -2 to -1"},
		{"too large", graph.ErrLimit, func() { ops.Broadcast(x, 1<<30, 1<<30) },
			fmt.Sprintf("ops.Broadcast: shape (1073741824,1073741824) has more elements than a tensor can hold (%d)", int64(min(1<<38, (math.MaxInt+1)/16)))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, mistake(t, tt.kind, tt.f)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStaleMethods holds that every method of a value that is no longer on the tape says so.
func TestStaleMethods(t *testing.T) {
	g := graph.New()
	x := g.Var(1)
	g.Reset()
	g.Var(2) // takes its place
	for name, call := range map[string]func(){
		"ID": func() { x.ID() }, "Name": func() { x.Name() }, "Named": func() { x.Named("x") }, "Node": func() { x.Node() },
		"Item": func() { x.Item() }, "Tensor": func() { x.Tensor() }, "Shape": func() { x.Shape() }, "Dims": func() { x.Dims() },
		"Rank": func() { x.Rank() }, "Len": func() { x.Len() }, "WantsGrad": func() { x.WantsGrad() }, "IsLeaf": func() { x.IsLeaf() }, "Inputs": func() { x.Inputs() },
		"Set": func() { x.Set(3) }, "SetTensor": func() { x.SetTensor(tensor.Of([]float64{3})) }, "Check": func() { x.Check("f") },
	} {
		if err := graph.Try(call); !errors.Is(err, graph.ErrStale) {
			t.Errorf("%s: got error %v, want one of kind %v", name, err, graph.ErrStale)
		}
	}
	if got := x.String(); x.Valid() || got != "%1 (stale)" {
		t.Errorf("valid %v, described as %s; want false and %%1 (stale)", x.Valid(), got)
	}
}

func TestMemoryLimit(t *testing.T) {
	g := graph.New(graph.WithMemoryLimit(1 << 20))
	x := g.Var(1)
	ops.Broadcast(x, 100, 1000) // 800,000 bytes
	want := "ops.Broadcast: a tensor of shape (100,1000) takes 851968 bytes and "
	if got := mistake(t, graph.ErrLimit, func() { ops.Broadcast(x, 100, 1000) }); !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want prefix %q", got, want)
	}
	g.Reset()
	ops.Broadcast(g.Var(1), 100, 1000) // the memory is free again
	for _, shape := range [][]int{{1 << 18}, {math.MaxInt32}, {math.MaxInt}, {1 << 20, 1 << 20}} {
		mistake(t, graph.ErrLimit, func() { g.Temp(shape...) })
		mistake(t, graph.ErrLimit, func() { ops.Broadcast(g.Var(1), shape...) })
	}
	mistake(t, graph.ErrLimit, func() { graph.New().Temp(1<<20, 1<<20) })
	mistake(t, graph.ErrLimit, func() { graph.New().Temp(math.MaxInt, math.MaxInt, math.MaxInt) })
	mistake(t, graph.ErrShape, func() { graph.New().Temp(2, -1) })
}

// TestMemoryIsBounded holds that shapes which change from one recording to the next leave no more memory behind than the
// limit allows, or, without one, than twice what was in use at once: here four tensors of 800,000 bytes.
func TestMemoryIsBounded(t *testing.T) {
	for _, limit := range []int{0, 4 << 20} {
		g := graph.New(graph.WithMemoryLimit(limit))
		if limit == 0 {
			limit = 8 << 20
		}
		for n := 1000; n < 100_000; n += 1000 {
			x := ops.Broadcast(g.Var(1), n)
			autograd.Backward(ops.Sum(ops.Exp(x)))
			g.Reset()
		}
		if kept := g.Trim(); kept > limit {
			t.Errorf("the graph kept %d bytes, want at most %d", kept, limit)
		}
	}
}

func TestTry(t *testing.T) {
	if err := graph.Try(func() {}); err != nil {
		t.Errorf("no panic: got %v", err)
	}
	defer func() {
		if got := recover(); got != "other" {
			t.Errorf("another panic must go on: recovered %v", got)
		}
	}()
	_ = graph.Try(func() { panic("other") })
}

func TestHandlesAcrossRewinds(t *testing.T) {
	g := graph.New()
	a := g.Var(1)
	m1 := g.Mark()
	b := g.Var(2)
	m2 := g.Mark()
	c := g.Var(3)
	c.Named("c")
	g.Rewind(m2) // c goes
	if !a.Valid() || !b.Valid() || c.Valid() {
		t.Fatalf("after Rewind(m2): a %v, b %v, c %v; want true true false", a.Valid(), b.Valid(), c.Valid())
	}
	d := g.Var(4) // takes c's place
	if c.Valid() || !d.Valid() {
		t.Errorf("c %v, d %v; want false true: they share a node number", c.Valid(), d.Valid())
	}
	if got := d.Name(); got != "" {
		t.Errorf("d has name %q, which was c's", got)
	}
	g.Rewind(m1) // b and d go
	e := g.Var(5)
	for _, tt := range []struct {
		name string
		v    graph.Value
		want bool
	}{{"a", a, true}, {"b", b, false}, {"c", c, false}, {"d", d, false}, {"e", e, true}} {
		if got := tt.v.Valid(); got != tt.want {
			t.Errorf("after Rewind(m1): %s valid is %v, want %v", tt.name, got, tt.want)
		}
	}
	if err := graph.Try(func() { g.Rewind(m2) }); err == nil {
		t.Error("m2 was rewound past: Rewind must refuse it")
	}
	// Many rewinds to one mark keep the list of those in force short and old handles good.
	m3 := g.Mark()
	for range 10000 {
		g.Var(0)
		g.Rewind(m3)
	}
	if !a.Valid() || !e.Valid() || ops.Add(a, e).Item() != 6 {
		t.Error("handles from before the mark must outlive many rewinds")
	}
	g.Reset()
	if a.Valid() || e.Valid() {
		t.Error("Reset must end all handles")
	}
}

func TestBind(t *testing.T) {
	g := graph.New()
	p := tensor.Of([]float64{1, 2}, 2)
	a, b := g.Bind(p), g.Bind(p)
	if a != b {
		t.Errorf("Bind gave %v and %v, want one value", a, b)
	}
	if c := g.BindConst(p); c == a || c.WantsGrad() {
		t.Errorf("BindConst gave %v, which wants a gradient: %v", c, c.WantsGrad())
	}
	p.SetAt(7, 1)
	if got := ops.Sum(a).Item(); got != 8 {
		t.Errorf("a bound leaf shares the tensor: sum is %v, want 8", got)
	}
	m := g.Mark()
	q := tensor.Of([]float64{5}, 1)
	first := g.Bind(q)
	g.Rewind(m)
	if second := g.Bind(q); second == first || !second.Valid() {
		t.Error("a binding that was rewound must be made anew")
	}
	s := tensor.Of([]float64{3})
	v := g.Bind(s)
	if got := ops.Mul(v, v).Item(); got != 9 {
		t.Errorf("bound scalar: got %v, want 9", got)
	}
	s.SetAt(4)
	if got := ops.Mul(v, v).Item(); got != 16 {
		t.Errorf("bound scalar after a change: got %v, want 16", got)
	}
}

func TestCopyAndShare(t *testing.T) {
	g := graph.New()
	data := tensor.Of([]float64{1, 2}, 2)
	v := g.VarTensor(data)
	data.SetAt(9, 0)
	if got := v.Tensor().At(0); got != 1 {
		t.Errorf("VarTensor must copy: element 0 is %v, want 1", got)
	}
	out := v.Tensor()
	out.SetAt(5, 0)
	if got := v.Tensor().At(0); got != 1 {
		t.Errorf("Value.Tensor must copy: element 0 is %v, want 1", got)
	}
}

func TestWalk(t *testing.T) {
	g := graph.New()
	x := g.Var(2).Named("x")
	y := ops.Mul(x, x)
	z := ops.AddScalar(y, 1)
	var got []string
	for v := range g.Nodes() {
		got = append(got, v.String())
	}
	want := []string{`"x" (%1) = 2`, "%2 = mul = 4", "%3 = add_scalar = 5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Nodes: mismatch (-want +got):\n%s", diff)
	}
	if in := y.Inputs(); !slices.Equal(in, []graph.Value{x, x}) {
		t.Errorf("Inputs of x·x: got %v", in)
	}
	if in := z.Inputs(); !slices.Equal(in, []graph.Value{y}) {
		t.Errorf("Inputs of y+1: got %v", in)
	}
	w := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6, 7, 8}, 2, 4))
	ops.Where(ops.Gt(x, z), x, z)
	ops.Sum(ops.Mul(w, x))
	var b strings.Builder
	if err := g.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	text := `%1 = leaf "x"  () 2
%2 = mul(%1, %1)  () 4
%3 = add_scalar(%2)  () 5
%4 = leaf  (2,4) [1 2 3 4 5 …]
%5 = gt(%1, %3)  () 0
%6 = where(%5, %1, %3)  () 5
%7 = mul(%4, %1)  (2,4) [2 4 6 8 10 …]
%8 = sum(%7)  () 72
`
	if diff := cmp.Diff(text, b.String()); diff != "" {
		t.Errorf("WriteText: mismatch (-want +got):\n%s", diff)
	}
}

// The derivative by each operand of an operation with three of them, where one value is several of its operands.
func TestPartial(t *testing.T) {
	g := graph.New()
	x, y := g.Var(2), g.Var(3)
	for _, tt := range []struct {
		name string
		v    graph.Value
		want []float64
	}{
		{"x·y", ops.Mul(x, y), []float64{3, 2}},
		{"x·x", ops.Mul(x, x), []float64{2, 2}},
		{"where(x, x, y)", ops.Where(x, x, y), []float64{0, 1, 0}},
		{"where(x, y, x)", ops.Where(x, y, x), []float64{0, 1, 0}},
		{"where(x, x, x)", ops.Where(x, x, x), []float64{0, 1, 0}},
		{"where(0, x, x)", ops.Where(g.Const(0), x, x), []float64{0, 0, 1}},
		{"clamp(x, 0, 5)", ops.Clamp(x, 0, 5), []float64{1}},
	} {
		var got []float64
		for i := range tt.v.Node().NumInputs() {
			d, ok := tt.v.Node().Partial(i)
			if !ok {
				t.Errorf("%s: no derivative by operand %d", tt.name, i)
			}
			got = append(got, d)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestScopes(t *testing.T) {
	g := graph.New()
	x := g.Var(1)
	outer := g.Scope("network")
	inner := g.Scope("layer 1")
	y := ops.Neg(x)
	inner()
	ops.Neg(y)
	outer()
	ops.Neg(y)
	want := []graph.ScopeInfo{
		{Name: "network", Parent: -1, First: 2, End: 4},
		{Name: "layer 1", Parent: 0, First: 2, End: 3},
	}
	if diff := cmp.Diff(want, g.Scopes()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	late := g.Scope("late")
	g.Reset()
	late() // ends nothing: its scope is gone
	if got := g.Scopes(); len(got) != 0 {
		t.Errorf("after Reset: got scopes %v", got)
	}

	m := g.Mark()
	gone := g.Scope("gone")
	g.Rewind(m)
	kept := g.Scope("kept") // takes its place
	g.Var(1)
	gone() // ends nothing
	g.Var(2)
	kept()
	g.Var(3)
	want = []graph.ScopeInfo{{Name: "kept", Parent: -1, First: 1, End: 3}}
	if diff := cmp.Diff(want, g.Scopes()); diff != "" {
		t.Errorf("after Rewind: mismatch (-want +got):\n%s", diff)
	}

	g.Reset()
	loop := g.Scope("loop") // has no node yet at the mark
	m = g.Mark()
	for range 2 {
		g.Rewind(m)
		step := g.Scope("step")
		g.Scratch(func() {
			defer g.Scope("scratch")()
			g.Var(1)
		})
		g.Var(2)
		step()
	}
	loop()
	want = []graph.ScopeInfo{{Name: "loop", Parent: -1, First: 1, End: 2}, {Name: "step", Parent: 0, First: 1, End: 2}}
	if diff := cmp.Diff(want, g.Scopes()); diff != "" {
		t.Errorf("a scope that is empty at the mark: mismatch (-want +got):\n%s", diff)
	}
}

// A failed operation leaves nothing behind: neither nodes nor attributes that a later operation could take for its own.
func TestFailedOperationLeavesNoTrace(t *testing.T) {
	g := graph.New()
	x := g.Var(3)
	w := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3))
	for range 3 {
		before := g.Len()
		if err := graph.Try(func() { ops.Gather(w, 0, 1, 0, 7) }); err == nil {
			t.Fatal("index 7 must be refused")
		}
		if g.Len() != before {
			t.Errorf("Len is %d after a failed operation, was %d", g.Len(), before)
		}
		y := ops.Mul(x, x) // a scalar node takes the number that the failed one would have had
		s := ops.Sum(ops.Gather(w, 1, 2, 0))
		if y.Item() != 9 || s.Item() != 3+1+6+4 {
			t.Errorf("got %v and %v, want 9 and 14", y.Item(), s.Item())
		}
	}
}

func TestVars(t *testing.T) {
	g := graph.New()
	xs := g.Vars([]float64{1, 2, 3})
	if len(xs) != 3 || xs[2].Item() != 3 || !xs[0].WantsGrad() || !xs[0].IsLeaf() {
		t.Errorf("got %v", xs)
	}
}

func TestResetKeepsMemory(t *testing.T) {
	g := graph.New()
	t1 := tensor.New(tensor.Float64, 10, 10)
	step := func() {
		g.Reset()
		w := g.Bind(t1)
		x := g.Var(2)
		for range 3000 {
			x = ops.Add(ops.Mul(x, x), ops.Sum(ops.Mul(w, x)))
		}
	}
	step()
	if n := testing.AllocsPerRun(5, step); n != 0 {
		t.Errorf("%v allocations in a recording like the one before, want 0", n)
	}
}

func TestTrim(t *testing.T) {
	g := graph.New()
	ops.Broadcast(g.Var(1), 100, 100)
	if n := g.Trim(); n != 0 {
		t.Errorf("Trim gave up %d bytes of tensors in use", n)
	}
	g.Reset()
	if n := g.Trim(); n < 80_000 {
		t.Errorf("Trim gave up %d bytes, want the 80,000 of a tensor that is gone", n)
	}
	if n := g.Trim(); n != 0 {
		t.Errorf("Trim gave up %d bytes again", n)
	}
}

func TestLeavesAtTheBeginning(t *testing.T) {
	g := graph.New()
	check := func(when string, want int) {
		t.Helper()
		if got := g.LeafEnd(); got != want {
			t.Errorf("%s: the first result is %d, want %d", when, got, want)
		}
	}
	check("of an empty graph", 1)
	xs := g.Vars(make([]float64, 2000))
	check("of leaves alone", 2001)
	mark := g.Mark()
	ops.Add(xs[0], xs[1999])
	check("with a result", 2001)
	g.Const(1)
	check("with a leaf behind it", 2001)
	g.Rewind(mark)
	g.Var(1)
	check("after a Rewind to the leaves", 2002)
	g.Reset()
	check("after a Reset", 1)
}

func TestLen(t *testing.T) {
	g := graph.New()
	for _, c := range []struct {
		x    graph.Value
		want int
	}{
		{g.Var(3), 1},
		{g.VarTensor(tensor.New(tensor.Float64)), 1},
		{g.VarTensor(tensor.New(tensor.Float32, 2, 3)), 6},
		{g.VarTensor(tensor.New(tensor.Float64, 2, 0)), 0},
		{ops.Sum(g.VarTensor(tensor.New(tensor.Float64, 4))), 1},
	} {
		if got := c.x.Len(); got != c.want {
			t.Errorf("%v has length %d, want %d", c.x, got, c.want)
		}
	}
}

func TestNumericAttributesOfScalars(t *testing.T) {
	g := graph.New()
	x, y := g.Var(3), g.Var(5)
	for _, c := range []struct {
		name  string
		v     graph.Value
		first float64
	}{
		{"a leaf", x, 0},
		{"one operand", ops.Exp(x), 0},
		{"two operands", ops.Mul(x, y), 0}, // not 3, the derivative by y
		{"a parameter", ops.LeakyReLU(x, 0.25), 0.25},
		{"two parameters", ops.Clamp(x, -1, 2), -1},
	} {
		if got := c.v.Node().Float(0); got != c.first {
			t.Errorf("%s: numeric attribute 0 is %g, want %g", c.name, got, c.first)
		}
	}
}
