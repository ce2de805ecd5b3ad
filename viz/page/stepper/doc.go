// Package stepper is the core of the pages that step through a graph: which nodes are shown and how they are called, the
// formulas of their values and derivatives, the numbers, and the script and the style sheet that make a page of these.
//
//	m := stepper.New(loss, stepper.Config{Fold: true})
//	wide, narrow := m.Graphs() // what is to be laid out
//	data, err := m.Data(place(wide), place(narrow))
//
// and in a page with [Script] and [Style], chainrule.stepper(element, JSON.parse(data), options). The package lays out
// nothing but networks drawn as neurons: coordinates come from whatever Graphviz there is.
//
// # What a reader sees
//
// Forward, one step is one operation: its formula with names, with numbers, and the result, and the local derivatives
// that the tape notes beside it. Backward, from the base case ∂l/∂l = 1, one step is one node: its δ is the sum over the
// nodes that use it, of their δ times the local derivative. What arrives along each edge stands on it. Beside every δ
// stands what central differences measure.
//
// Where every operation is one of scalars and its row has an expression, the page computes everything itself: a leaf has
// a slider, and what is moved changes all numbers at once. Until then, the numbers are those of the engine, to the last
// bit. Elsewhere the steps are the same and there are no sliders; the page says why.
package stepper
