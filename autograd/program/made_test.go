package program_test

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/autograd/program/internal/made"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/internal/testkit"
)

//go:generate go test -run TestMade -update .

// madeSource are the functions of package made, by the programs that they come from.
var madeSource = map[string]struct {
	name string
	f    func(x, grad []float64) float64
}{
	"network222":   {"Network222", made.Network222},
	"blackscholes": {"BlackScholes", made.BlackScholes},
	"bundle":       {"Bundle", made.Bundle},
	"mixture":      {"Mixture", made.Mixture},
}

func compileSmall(t testing.TB, p programs.Program) *program.Program {
	xs, y := p.Tape(graph.New(graph.Traced()), nil, p.At)
	c, err := program.Compile(y, xs...)
	if err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
	return c
}

// The files of package made are what WriteGo writes.
func TestMade(t *testing.T) {
	for _, p := range programs.Small() {
		var b bytes.Buffer
		if err := compileSmall(t, p).WriteGo(&b, "made", madeSource[p.Name].name); err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		testkit.Golden(t, filepath.Join("internal", "made", p.Name+".go"), b.String())
	}
}

// TestMadeWithoutRotation holds the gradient of an observation by a camera that is not turned, as every form computes it:
// there x goes to x + r × x, and so the derivative by number k of r is that by x, times what number k of the axes and
// x make.
func TestMadeWithoutRotation(t *testing.T) {
	p, _ := programs.ByName("bundle")
	at := slices.Clone(p.At)
	clear(at[:3])
	tape := func(at, grad []float64) float64 {
		xs, y := p.Tape(graph.New(), nil, at)
		autograd.Backward(y).Scalars(grad, xs)
		return y.Item()
	}
	for _, form := range []struct {
		name string
		f    func(at, grad []float64) float64
	}{{"by hand", p.Derivative}, {"tape", tape}, {"compiled", compileSmall(t, p).Eval}, {"source", made.Bundle}} {
		grad := make([]float64, len(at))
		if got, want := form.f(at, grad), p.Plain(at); !(math.Abs(got-want) <= 1e-14*want) {
			t.Errorf("%s: %v, want %v", form.name, got, want)
		}
		x, by := [3]float64{at[11] - at[3], at[12] - at[4], at[13] - at[5]}, grad[11:14]
		for k := range x {
			next, after := (k+1)%3, (k+2)%3
			want := by[after]*x[next] - by[next]*x[after]
			if !(math.Abs(grad[k]-want) <= 1e-14*max(1, math.Abs(want))) {
				t.Errorf("%s: the derivative by number %d of the rotation is %v, want %v", form.name, k, grad[k], want)
			}
		}
	}
}

// BenchmarkSource compares the source that WriteGo writes with the function written by hand, and with its derivative.
func BenchmarkSource(b *testing.B) {
	for _, p := range programs.Small() {
		source, c := madeSource[p.Name].f, compileSmall(b, p)
		grad := make([]float64, len(p.At))
		for _, form := range []struct {
			name string
			run  func()
		}{
			{"what=value/form=plain", func() { p.Plain(p.At) }},
			{"what=value/form=source", func() { source(p.At, nil) }},
			{"what=value/form=eval", func() { c.Eval(p.At, nil) }},
			{"what=gradient/form=hand", func() { p.Derivative(p.At, grad) }},
			{"what=gradient/form=source", func() { source(p.At, grad) }},
			{"what=gradient/form=eval", func() { c.Eval(p.At, grad) }},
		} {
			b.Run("program="+p.Name+"/"+form.name, func(b *testing.B) {
				for b.Loop() {
					form.run()
				}
			})
		}
	}
}
