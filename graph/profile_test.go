package graph_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// exceptTime compares entries without their times, which depend on the clock.
var exceptTime = cmp.Options{cmpopts.IgnoreFields(graph.ProfileEntry{}, "Time"), cmpopts.EquateEmpty()}

// layer records a layer in a scope of its own.
func layer(name string, w, x graph.Value) graph.Value {
	defer w.Graph().Scope(name)()
	return ops.ReLU(ops.MatMul(x, w))
}

// ones returns a tensor of small numbers above 0.
func ones(shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	t.Fill(0.25)
	return t
}

func TestProfile(t *testing.T) {
	var p graph.Profile
	g := graph.New(graph.WithProfile(&p), graph.WithDType(tensor.Float32))
	if g.Profile() != &p || graph.New().Profile() != nil {
		t.Error("Profile does not return what the graph was made with")
	}
	w1, w2, input := ones(4, 5), ones(5, 3), ones(2, 4)
	for range 3 {
		g.Reset()
		x := g.BindConst(input)
		done := g.Scope("network")
		h := layer("first", g.Bind(w1), x)
		y := layer("second", g.Bind(w2), h)
		done()
		loss := ops.Mul(ops.Exp(ops.Neg(ops.Sum(y))), ops.Sum(ops.Reshape(h, 10)))
		autograd.Backward(loss, autograd.LeavesOnly())
	}
	g.Reset() // for the scalars of the last step
	first, second := []string{"network", "first"}, []string{"network", "second"}
	want := []graph.ProfileEntry{
		{Scopes: first, Op: "matmul", Count: 3, Bytes: 3 * 4 * 10},
		{Scopes: first, Op: "relu", Count: 3, Bytes: 3 * 4 * 10},
		{Scopes: second, Op: "matmul", Count: 3, Bytes: 3 * 4 * 6},
		{Scopes: second, Op: "relu", Count: 3, Bytes: 3 * 4 * 6},
		{Op: "sum", Count: 6, Bytes: 6 * 4},
		{Op: "reshape", Count: 3},
		{Op: "neg", Count: 3},
		{Op: "exp", Count: 3},
		{Op: "mul", Count: 3},
		{Op: "scalars", Backward: true, Count: 9},
		{Op: "sum", Backward: true, Count: 6, Bytes: 3 * 4 * (6 + 10)},
		{Op: "reshape", Backward: true, Count: 3, Bytes: 3 * 4 * 10},
		{Scopes: second, Op: "relu", Backward: true, Count: 3, Bytes: 3 * 4 * 6},
		{Scopes: second, Op: "matmul", Backward: true, Count: 3, Bytes: 3 * 4 * (10 + 15)},
		{Scopes: first, Op: "relu", Backward: true, Count: 3, Bytes: 3 * 4 * 10},
		{Scopes: first, Op: "matmul", Backward: true, Count: 3, Bytes: 3 * 4 * 20},
	}
	less := func(a, b graph.ProfileEntry) bool {
		return fmt.Sprint(a.Scopes, a.Op, a.Backward) < fmt.Sprint(b.Scopes, b.Op, b.Backward)
	}
	if diff := cmp.Diff(want, p.Entries(), exceptTime, cmpopts.SortSlices(less)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for _, e := range p.Entries() {
		if e.Time < 0 {
			t.Errorf("%s took %s", e.Op, e.Time)
		}
	}
	p.Reset()
	if got := p.Entries(); len(got) > 0 {
		t.Errorf("after Reset there is %v", got)
	}
}

// Operations within others are counted for themselves and their time once: all together are no more than what passed.
func TestProfileOfRules(t *testing.T) {
	var p graph.Profile
	g := graph.New(graph.WithProfile(&p))
	f := autograd.Custom("twice", func(xs ...*tensor.Tensor) *tensor.Tensor { return xs[0].Clone() }, func(_, ct graph.Value, _ ...graph.Value) []graph.Value {
		return []graph.Value{ops.MulScalar(ct, 2)}
	})
	start := time.Now()
	x := g.VarTensor(tensor.New(tensor.Float64, 1000))
	done := g.Scope("custom")
	y := f(x)
	done()
	z := autograd.Checkpoint(func(xs ...graph.Value) graph.Value {
		defer g.Scope("within")()
		return ops.Exp(xs[0])
	}, y)
	autograd.Backward(ops.Sum(z))
	whole := time.Since(start)
	var sum time.Duration
	counts := map[string]int64{}
	for _, e := range p.Entries() {
		sum += e.Time
		counts[fmt.Sprintf("%s %s %t", strings.Join(e.Scopes, "/"), e.Op, e.Backward)] += e.Count
	}
	if sum > whole {
		t.Errorf("operations took %s, all together %s", sum, whole)
	}
	want := map[string]int64{
		"custom twice false": 1, "custom twice true": 1, "custom mul_scalar true": 1, // the rule
		" checkpoint false": 1, "within exp false": 1, " checkpoint true": 1, "within exp true": 2, // computed again, and swept
		" sum false": 1, " sum true": 1,
	}
	delete(counts, " scalars true")
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// An operation whose Forward panics costs nothing, and what comes afterwards is measured as always.
func TestProfileOfAFailure(t *testing.T) {
	var p graph.Profile
	g := graph.New(graph.WithProfile(&p))
	x := g.VarTensor(tensor.New(tensor.Float64, 3))
	fails := autograd.Custom("fails", func(...*tensor.Tensor) *tensor.Tensor { panic("no") }, func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct} })
	refuses := autograd.Custom("refuses", func(xs ...*tensor.Tensor) *tensor.Tensor { return xs[0].Clone() }, func(graph.Value, graph.Value, ...graph.Value) []graph.Value { panic("no") })
	for _, f := range []func(){func() { fails(x) }, func() { autograd.Backward(ops.Sum(refuses(x))) }} {
		func() {
			defer func() { _ = recover() }()
			f()
		}()
	}
	ops.Exp(x)
	for _, e := range p.Entries() {
		if e.Op == "fails" || e.Op == "exp" && e.Backward {
			t.Errorf("there is an entry for %s, backward %t", e.Op, e.Backward)
		}
	}
}

// Scopes without end do not take memory without end.
func TestProfileIsBounded(t *testing.T) {
	var p graph.Profile
	g := graph.New(graph.WithProfile(&p))
	x := g.VarTensor(tensor.New(tensor.Float64, 3))
	const many = 5000
	for i := range many {
		done := g.Scope(fmt.Sprint("step ", i))
		ops.Exp(x)
		done()
	}
	entries := p.Entries()
	total := int64(0)
	for _, e := range entries {
		total += e.Count
	}
	last := entries[len(entries)-1]
	if len(entries) > 1001 || total != many || last.Scopes[0] != "other scopes" {
		t.Errorf("%d entries for %d operations, the last one in %q; want 1000 at most, %d, and other scopes", len(entries), total, last.Scopes, many)
	}
}

func TestProfileAllocatesNothing(t *testing.T) {
	var p graph.Profile
	g := graph.New(graph.WithProfile(&p))
	w, x := tensor.New(tensor.Float64, 4, 4), tensor.New(tensor.Float64, 2, 4)
	step := func() {
		g.Reset()
		y := layer("layer", g.Bind(w), g.BindConst(x))
		autograd.Backward(ops.Sum(y), autograd.LeavesOnly())
	}
	for range 5 {
		step()
	}
	if n := testing.AllocsPerRun(50, step); n > 0 {
		t.Errorf("a step with a profile makes %v allocations", n)
	}
}

// Graphs in several goroutines may share a profile.
func TestProfileSideBySide(t *testing.T) {
	var p graph.Profile
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			g := graph.New(graph.WithProfile(&p))
			for range 50 {
				g.Reset()
				layer("layer", g.VarTensor(tensor.New(tensor.Float64, 4, 4)), g.ConstTensor(tensor.New(tensor.Float64, 2, 4)))
			}
			p.Measure("data").Done(100)
		})
	}
	wg.Wait()
	want := []graph.ProfileEntry{
		{Scopes: []string{"layer"}, Op: "matmul", Count: 200, Bytes: 200 * 64},
		{Scopes: []string{"layer"}, Op: "relu", Count: 200, Bytes: 200 * 64},
		{Op: "data", Count: 4, Bytes: 400},
	}
	if diff := cmp.Diff(want, p.Entries(), exceptTime, cmpopts.SortSlices(func(a, b graph.ProfileEntry) bool { return a.Op < b.Op })); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestProfileTable(t *testing.T) {
	var p graph.Profile
	var b bytes.Buffer
	table := func() string {
		t.Helper()
		b.Reset()
		if err := p.WriteTable(&b); err != nil {
			t.Fatal(err)
		}
		// Times and their shares are another matter each time.
		return regexp.MustCompile(`(?m)^ *[\d.]+ ms +[\d.]+% *`).ReplaceAllString(b.String(), "")
	}
	if got, want := table(), "time  share  count  bytes"; strings.Contains(got, want) {
		t.Errorf("the table of nothing is %q", got)
	}
	g := graph.New(graph.WithProfile(&p))
	done := g.Scope("a")
	ops.Exp(layer("b", g.VarTensor(tensor.New(tensor.Float64, 2, 2)), g.ConstTensor(tensor.New(tensor.Float64, 2, 2))))
	done()
	lines := strings.Split(table(), "\n")
	for _, want := range []string{"1     32    matmul", "1     32    relu", "1     32    exp", "3     96    all", "3     96    a", "2     64    a / b"} {
		if !containsLine(lines, want) {
			t.Errorf("no line %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if err := p.WriteTable(failing{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a writer that fails: got error %v", err)
	}
}

func containsLine(lines []string, want string) bool {
	for _, l := range lines {
		if strings.Join(strings.Fields(l), " ") == strings.Join(strings.Fields(want), " ") {
			return true
		}
	}
	return false
}

// failing is a writer that cannot write.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }
