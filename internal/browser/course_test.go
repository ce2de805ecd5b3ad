package browser_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/browser"
)

// A course is what a stepper has to show of a graph of scalars, found from the recording alone: values become known one
// by one in the order of the tape, then adjoints in the reverse order.
type course struct {
	known []string // leaves: known before the first step
	steps []stop
	value map[string]float64
	delta map[string]float64
}

// A stop is a step: the node whose value, or whose adjoint, becomes known at it.
type stop struct {
	node  string
	delta bool
}

// courseOf returns the course of a graph. With fold only nodes with names are shown.
func courseOf(root graph.Value, fold bool) course {
	c := course{value: map[string]float64{}, delta: map[string]float64{}}
	grads := autograd.Backward(root)
	var back []stop
	for id := range root.Graph().Ancestors(graph.AllEdges, root).All {
		v := root.Graph().Value(id)
		name := v.Name()
		if name == "" {
			if fold {
				continue
			}
			name = "v" + strconv.Itoa(id)
		}
		c.value[name] = v.Item()
		if v.Node().NumInputs() > 0 {
			c.steps = append(c.steps, stop{node: name})
		} else {
			c.known = append(c.known, name)
		}
		if v.WantsGrad() {
			c.delta[name] = grads.Scalar(v)
			back = append(back, stop{name, true})
		}
	}
	slices.Reverse(back)
	c.steps = append(c.steps, back...)
	return c
}

// check holds what the page shows at a step against the course: all that is known by then, with its number, and nothing
// else.
func (c course) check(t *testing.T, b *browser.Tab, step int) {
	t.Helper()
	if at, of := b.Step(); at != step || of != len(c.steps) {
		t.Errorf("the page is at step %d of %d, want %d of %d", at, of, step, len(c.steps))
	}
	value, delta := map[string]bool{}, map[string]bool{}
	for _, name := range c.known {
		value[name] = true
	}
	for _, s := range c.steps[:step+1] {
		if s.delta {
			delta[s.node] = true
		} else {
			value[s.node] = true
		}
	}
	nodes := b.Nodes()
	for name := range nodes {
		if _, ok := c.value[name]; !ok {
			t.Errorf("step %d: there is a node %q", step, name)
		}
	}
	for name := range c.value {
		n, ok := nodes[name]
		if !ok {
			t.Errorf("step %d: there is no node %q", step, name)
			continue
		}
		if err := shows(n.Value, value[name], c.value[name]); err != nil {
			t.Errorf("step %d: the value of %s: %v", step, name, err)
		}
		if err := shows(n.Delta, delta[name], c.delta[name]); err != nil {
			t.Errorf("step %d: the δ of %s: %v", step, name, err)
		}
	}
}

// shows says how a text differs from a number that is known, or from nothing.
func shows(text string, known bool, want float64) error {
	if !known {
		if text != "" {
			return fmt.Errorf("it shows %q before it is known", text)
		}
		return nil
	}
	got, err := strconv.ParseFloat(text, 64)
	if err != nil || !close(got, want) {
		return fmt.Errorf("it shows %q, want %v", text, want)
	}
	return nil
}
