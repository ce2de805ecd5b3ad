package program_test

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// Programs agree with what records and sweeps, bit for bit in their values.
func TestPrograms(t *testing.T) {
	for _, p := range programs.All() {
		if p.Operations > 1_000_000 || testing.Short() && p.Operations > 300_000 {
			continue
		}
		g := graph.New(graph.Traced())
		xs, y := p.Tape(g, nil, p.At)
		want := autograd.Backward(y).Scalars(nil, xs)
		c, err := program.CompileWith(allowReads, y, xs...)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		grad := make([]float64, len(xs))
		if v := c.Eval(p.At, grad); v != y.Item() {
			t.Errorf("%s: value %v, want %v", p.Name, v, y.Item())
		}
		for i, d := range grad {
			if !(math.Abs(d-want[i]) <= 1e-13*math.Abs(want[i])) {
				t.Errorf("%s: derivative %d is %v, want %v", p.Name, i, d, want[i])
				break
			}
		}
		if v := c.Eval(p.At, nil); v != y.Item() {
			t.Errorf("%s: value alone %v, want %v", p.Name, v, y.Item())
		}
	}
}
