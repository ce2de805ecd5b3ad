package program

import (
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// Slots are used again: what a program keeps at a time does not grow with its length where it need not.
func TestSlots(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.Var(1)
	y := x
	for range 1000 {
		y = ops.AddScalar(ops.MulScalar(ops.Neg(y), 0.5), 3)
	}
	p, err := Compile(y, x)
	if err != nil {
		t.Fatal(err)
	}
	if m := p.machine; m.slots > 8 {
		t.Errorf("%d slots", m.slots)
	}
	// A product and the sum that alone uses it are one step.
	a, b, c := g.Var(1), g.Var(2), g.Var(3)
	for name, y := range map[string]graph.Value{"sum": ops.Add(ops.Mul(a, b), c), "difference": ops.Sub(ops.Mul(a, b), c), "rest": ops.Sub(c, ops.Square(a))} {
		p, err := Compile(y, a, b, c)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.machine.value; got != 1 {
			t.Errorf("%s: %d steps, want 1", name, got)
		}
	}
}
