package main

import (
	"errors"
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// The work that comparing with central differences may take, in elements computed: the expression is evaluated four
// times for each element of the leaf. The first is for the table, a fraction of a second; the second for -check.
const (
	tableWork = 20_000_000
	checkWork = 2_000_000_000
)

// A check is the comparison of one gradient with central differences.
type check struct {
	done bool  // false where it would take too long
	err  error // what differs
}

// checkAll compares the gradient by every name.
func (p *problem) checkAll(asked bool) []check {
	limit := tableWork
	if asked {
		limit = checkWork
	}
	cost := p.cost()
	checks := make([]check, len(p.names))
	for i, t := range p.at {
		if t.Len() > limit/4/cost {
			continue
		}
		var outside error // a point nearby that the function does not take
		f := func(xs ...graph.Value) graph.Value {
			g := xs[0].Graph()
			leaves := make([]graph.Value, len(p.at))
			for k, t := range p.at {
				if leaves[k] = xs[0]; k != i {
					leaves[k] = g.ConstTensor(t)
				}
			}
			y, err := p.eval(g, leaves)
			var ge *graph.Error
			if errors.As(err, &ge) {
				outside = err // says it in the words of the language
				panic(ge)
			}
			return y
		}
		checks[i] = check{true, autograd.Check(f, t)}
		if outside != nil {
			checks[i].err = outside
		}
	}
	return checks
}

// cost returns the number of elements that one evaluation computes.
func (p *problem) cost() int {
	g := p.graph()
	var leaves []graph.Value
	for _, t := range p.at {
		leaves = append(leaves, g.ConstTensor(t))
	}
	if _, err := p.eval(g, leaves); err != nil {
		return tableWork
	}
	n := 1
	for v := range g.Nodes() {
		size := 1
		for _, d := range v.Dims() {
			size *= d
		}
		n += size
	}
	return n
}

// short returns a check as it stands in the table.
func (c check) short() string {
	var diff *autograd.CheckError
	switch {
	case !c.done:
		return "too large"
	case c.err == nil:
		return "ok"
	case errors.As(c.err, &diff):
		return "differs"
	}
	return "failed"
}

// explain returns what a check found, in words, or "".
func (c check) explain(p *problem, i int) string {
	var diff *autograd.CheckError
	switch {
	case !c.done:
		return fmt.Sprintf("%s: too many elements for central differences; -check allows more", p.names[i])
	case c.err == nil:
		return ""
	case errors.As(c.err, &diff):
		k := 0
		for axis, d := range p.at[i].Dims() {
			k = k*d + diff.Index[axis]
		}
		return fmt.Sprintf("%s: the gradient is %s, central differences give %s; they differ at a kink, a pole, or where the function is not smooth enough",
			element(p.names[i], p.at[i].Dims(), k), legible.Number(diff.Gradient, 10), legible.Number(diff.Quotient, 10))
	}
	return fmt.Sprintf("%s: central differences fail: %v", p.names[i], c.err)
}

// verdict returns an error if a check did not agree.
func verdict(p *problem, checks []check) error {
	for i, c := range checks {
		if s := c.explain(p, i); s != "" {
			return fmt.Errorf("-check: %s", s)
		}
	}
	return nil
}
