package programs_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// forms run a program in each of its forms. The plain one has no gradient.
var forms = []struct {
	name string
	has  func(p programs.Program) bool
	run  func(p programs.Program) (value float64, gradient []float64)
}{
	{"tape", func(p programs.Program) bool { return p.Tape != nil }, func(p programs.Program) (float64, []float64) {
		xs, y := p.Tape(graph.New(), nil, p.At)
		return y.Item(), autograd.Backward(y).Scalars(nil, xs)
	}},
	{"bare", func(p programs.Program) bool { return p.Bare != nil }, func(p programs.Program) (float64, []float64) {
		t := p.NewBareTape()
		xs, y := p.Bare(t, p.At)
		t.Sweep(y)
		gradient := make([]float64, len(xs))
		t.Gradient(gradient, xs)
		return y.Item(), gradient
	}},
	{"plain", func(p programs.Program) bool { return p.Plain != nil }, func(p programs.Program) (float64, []float64) {
		return p.Plain(p.At), nil
	}},
	{"derivative", func(p programs.Program) bool { return p.Derivative != nil }, func(p programs.Program) (float64, []float64) {
		gradient := make([]float64, len(p.At))
		for i := range gradient {
			gradient[i] = math.NaN() // it is set, not added to
		}
		return p.Derivative(p.At, gradient), gradient
	}},
}

// every returns the programs of all lists.
func every() []programs.Program {
	return slices.Concat(programs.All(), programs.Small(), programs.ADBench())
}

func TestPrograms(t *testing.T) {
	want := map[string]int{} // forms
	for _, p := range every() {
		want[p.Name] = 3
	}
	for _, p := range programs.ADBench() {
		want[p.Name] = 2
	}
	for _, p := range every() {
		n := 0
		for _, f := range forms {
			if !f.has(p) {
				continue
			}
			n++
			t.Run(p.Name+"/"+f.name, func(t *testing.T) {
				if testing.Short() && p.Operations > 1_000_000 {
					t.Skip("a long program")
				}
				at := slices.Clone(p.At)
				value, gradient := f.run(p)
				if !(math.Abs(value-p.Value) <= p.Error*math.Abs(p.Value)) {
					t.Errorf("value %v, want %v", value, p.Value)
				}
				if !slices.Equal(at, p.At) {
					t.Errorf("the program changed its point")
				}
				if gradient == nil {
					return
				}
				if len(gradient) != len(p.At) {
					t.Fatalf("%d derivatives, want %d", len(gradient), len(p.At))
				}
				got := map[int]float64{}
				for i := range p.Gradient {
					got[i] = gradient[i]
				}
				if diff := cmp.Diff(p.Gradient, got, cmpopts.EquateApprox(p.Error, 0)); diff != "" {
					t.Errorf("gradient mismatch (-want +got):\n%s", diff)
				}
			})
		}
		if n != want[p.Name] {
			t.Errorf("%s has %d forms, want %d", p.Name, n, want[p.Name])
		}
	}
}

// The whole gradient, not only the leaves whose derivative is written down.
func TestFormsAgree(t *testing.T) {
	for _, p := range programs.All() {
		t.Run(p.Name, func(t *testing.T) {
			if testing.Short() && p.Operations > 1_000_000 {
				t.Skip("a long program")
			}
			_, want := forms[0].run(p)
			_, got := forms[1].run(p)
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(p.Error, 0)); diff != "" {
				t.Errorf("bare tape: mismatch (-graph +bare):\n%s", diff)
			}
		})
	}
}

// A derivative written by hand is one for every point, not only for the one whose numbers are known.
func TestSmallFormsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range programs.Small() {
		for range 20 {
			at := slices.Clone(p.At)
			for i := range at {
				at[i] *= 0.8 + 0.4*rng.Float64()
			}
			xs, y := p.Tape(graph.New(), nil, at)
			want := append(autograd.Backward(y).Scalars(nil, xs), y.Item())
			got := make([]float64, len(at))
			got = append(got, p.Derivative(at, got))
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-11, 1e-13)); diff != "" {
				t.Errorf("%s at %v: mismatch (-tape +derivative):\n%s", p.Name, at, diff)
			}
			if plain := p.Plain(at); !(math.Abs(plain-y.Item()) <= 1e-12*math.Abs(plain)) {
				t.Errorf("%s at %v: the plain function returns %v, the tape %v", p.Name, at, plain, y.Item())
			}
		}
	}
}

// The number of operations divides the times of every tape: what the graph records must be at least that.
func TestOperations(t *testing.T) {
	for _, p := range every() {
		if testing.Short() && p.Operations > 1_000_000 {
			continue
		}
		g := graph.New()
		xs, _ := p.Tape(g, nil, p.At)
		recorded := g.Len() - len(xs)
		// Constants are nodes too, and network leaves out the hinges that are not active.
		if recorded < p.Operations*99/100 || recorded > p.Operations*115/100 {
			t.Errorf("%s: the graph recorded %d operations, the program says %d", p.Name, recorded, p.Operations)
		}
	}
}

func TestByName(t *testing.T) {
	if p, ok := programs.ByName("bundle"); !ok || p.Name != "bundle" {
		t.Errorf("ByName(bundle) = %q, %v", p.Name, ok)
	}
	if p, ok := programs.ByName("nested"); !ok || p.Name != "nested" {
		t.Errorf("ByName(nested) = %q, %v", p.Name, ok)
	}
	if p, ok := programs.ByName("ba-49"); !ok || p.Name != "ba-49" {
		t.Errorf("ByName(ba-49) = %q, %v", p.Name, ok)
	}
	if _, ok := programs.ByName("none"); ok {
		t.Error("ByName(none) found a program")
	}
}
