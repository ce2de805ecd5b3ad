package stepper

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestScopes draws graphs with scopes within and behind each other, many of them empty, and checks that each box stands in
// the innermost scope that was open when it was recorded.
func TestScopes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		g := graph.New()
		y := g.Var(1)
		open, dones := []string{""}, []func(){}
		want := map[int]string{y.ID(): ""}
		for k := range 60 {
			switch r := rng.IntN(4); {
			case r == 0:
				name := fmt.Sprint("scope ", k)
				open, dones = append(open, name), append(dones, g.Scope(name))
			case r == 1 && len(dones) > 0:
				dones[len(dones)-1]()
				open, dones = open[:len(open)-1], dones[:len(dones)-1]
			default:
				y = ops.Sin(y)
				want[y.ID()] = open[len(open)-1]
			}
		}
		m := New(y, Config{}) // some scopes are open still
		for k, b := range m.boxes {
			got := ""
			if s := m.scopeOf[k]; s >= 0 {
				got = m.scopes[s].name
			}
			if id := m.nodes[b.cells[0]].ID(); got != want[id] {
				t.Fatalf("node %d stands in scope %q, want %q", id, got, want[id])
			}
		}
	}
}
