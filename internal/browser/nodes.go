package browser

import (
	"encoding/json"
	"testing"
)

// A Node is what a page says of a node at the present step: its value and its adjoint, each empty while it is unknown.
type Node struct{ Value, Delta string }

// Values returns the numbers of the node's value.
func (n Node) Values(t testing.TB) []float64 { t.Helper(); return parse(t, n.Value) }

// Deltas returns the numbers of the node's adjoint.
func (n Node) Deltas(t testing.TB) []float64 { t.Helper(); return parse(t, n.Delta) }

// Nodes returns what the page shows of each node, by name. Where several visible elements stand for one node, as in a
// picture and in a table, they must say the same.
func (b *Tab) Nodes() map[string]Node {
	b.t.Helper()
	var shown []struct{ Name, Value, Delta string }
	b.Into(&shown, `[...document.querySelectorAll("[data-node]")].filter(e => e.checkVisibility()).map(e => (
		{name: e.dataset.node, value: e.dataset.value ?? "missing", delta: e.dataset.delta ?? "missing"}))`)
	nodes := map[string]Node{}
	for _, s := range shown {
		if n, ok := nodes[s.Name]; ok && n != (Node{s.Value, s.Delta}) {
			b.t.Fatalf("node %q is shown as %+v and as %+v", s.Name, n, s)
		}
		nodes[s.Name] = Node{s.Value, s.Delta}
	}
	return nodes
}

// Step returns the present step, counted from 0, and the number of steps.
func (b *Tab) Step() (step, steps int) {
	b.t.Helper()
	var s struct{ Step, Steps string }
	b.Into(&s, `({step: document.body.dataset.step ?? "", steps: document.body.dataset.steps ?? ""})`)
	at, of := parse(b.t, s.Step), parse(b.t, s.Steps)
	if len(at) != 1 || len(of) != 1 || at[0] != float64(int(at[0])) || of[0] != float64(int(of[0])) {
		b.t.Fatalf("the body has data-step=%q and data-steps=%q, want two whole numbers", s.Step, s.Steps)
	}
	return int(at[0]), int(of[0])
}

// Set moves each of the sliders that CSS selectors name to a number, as if a person had dragged it: the page hears it. A
// slider moves in steps: it goes to the nearest.
func (b *Tab) Set(sliders map[string]float64) {
	b.t.Helper()
	numbers, err := json.Marshal(sliders) // in the order of the selectors
	if err != nil {
		b.t.Fatal(err)
	}
	b.Run(`for (const [selector, number] of Object.entries(` + string(numbers) + `)) {
		` + find + `(selector, e => {
			e.value = number;
			e.dispatchEvent(new Event("input", {bubbles: true}));
			e.dispatchEvent(new Event("change", {bubbles: true}));
		});
	}`)
}
