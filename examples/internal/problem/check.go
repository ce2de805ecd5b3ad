package problem

import (
	"errors"
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A Check is the comparison of one gradient with central differences.
type Check struct {
	Done bool  // false where it would take too long
	Err  error // what differs
}

// CheckAll compares the gradient by every name with central differences, unless that takes more than a limit: of the
// elements that are computed, as the expression is evaluated four times for each element of the leaf.
func (p *Problem) CheckAll(limit int) []Check {
	cost := p.cost(limit)
	checks := make([]Check, len(p.Names))
	for i, t := range p.At {
		if t.Len() > limit/4/cost {
			continue
		}
		var outside error // a point nearby that the function does not take
		f := func(xs ...graph.Value) graph.Value {
			g := xs[0].Graph()
			leaves := make([]graph.Value, len(p.At))
			for k, t := range p.At {
				if leaves[k] = xs[0]; k != i {
					leaves[k] = g.ConstTensor(t)
				}
			}
			y, err := p.Eval(g, leaves)
			var ge *graph.Error
			if errors.As(err, &ge) {
				outside = err // says it in the words of the language
				panic(ge)
			}
			return y
		}
		checks[i] = Check{true, autograd.Check(f, t)}
		if outside != nil {
			checks[i].Err = outside
		}
	}
	return checks
}

// cost returns the number of elements that one evaluation computes, the limit if it fails.
func (p *Problem) cost(limit int) int {
	g := p.graph()
	var leaves []graph.Value
	for _, t := range p.At {
		leaves = append(leaves, g.ConstTensor(t))
	}
	if _, err := p.Eval(g, leaves); err != nil {
		return limit
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

// Short returns a check as it stands in the table.
func (c Check) Short() string {
	var diff *autograd.CheckError
	switch {
	case !c.Done:
		return "too large"
	case c.Err == nil:
		return "ok"
	case errors.As(c.Err, &diff):
		return "differs"
	}
	return "failed"
}

// Explain returns what a check of the i-th name found, in words, or "" if it agrees or was not made.
func (c Check) Explain(p *Problem, i int) string {
	var diff *autograd.CheckError
	switch {
	case !c.Done || c.Err == nil:
		return ""
	case errors.As(c.Err, &diff) && diff.Index == nil && len(p.At[i].Dims()) > 0: // no single element
		return fmt.Sprintf("%s: the derivative as all its elements move is %s, central differences give %s; they differ at a kink, a pole, or where the function is not smooth enough",
			p.Names[i], legible.Number(diff.Gradient, 10), legible.Number(diff.Quotient, 10))
	case errors.As(c.Err, &diff):
		k := 0
		for axis, d := range p.At[i].Dims() {
			k = k*d + diff.Index[axis]
		}
		return fmt.Sprintf("%s: the gradient is %s, central differences give %s; they differ at a kink, a pole, or where the function is not smooth enough",
			Element(p.Names[i], p.At[i].Dims(), k), legible.Number(diff.Gradient, 10), legible.Number(diff.Quotient, 10))
	}
	return fmt.Sprintf("%s: central differences fail: %v", p.Names[i], c.Err)
}
