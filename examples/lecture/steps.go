package main

import (
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
)

// A walk is the steps of a stepper, as package stepper promises them: forward one for each operation that is shown, in the
// order of the tape, then backward one for each node that gets a δ, in the opposite order.
type walk struct{ forward, backward []string }

// walkOf returns the steps of the stepper of root. If it folds, operations without a name are not shown.
func walkOf(root graph.Value, fold bool) *walk {
	w := &walk{}
	grads := autograd.Backward(root)
	for id := range root.Graph().Ancestors(graph.AllEdges, root).All {
		v := root.Graph().Value(id)
		n := v.Node()
		if fold && v.Name() == "" && v != root && (n.NumInputs() > 0 || !n.WantsGrad()) {
			continue
		}
		if n.NumInputs() > 0 {
			w.forward = append(w.forward, v.Name())
		}
		if grads.Reaches(v) {
			w.backward = append(w.backward, v.Name())
		}
	}
	slices.Reverse(w.backward)
	return w
}

// The phases of a walk.
const (
	forwards  = "="
	backwards = "δ"
)

// step returns the number of the step in which a node gets its value or its δ, counted from 0.
func (w *walk) step(phase, name string) (int, bool) {
	list, before := w.forward, 0
	if phase == backwards {
		list, before = w.backward, len(w.forward)
	}
	i := slices.Index(list, name)
	return before + i, i >= 0
}
