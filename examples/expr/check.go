package main

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/examples/internal/problem"
)

// The work that comparing with central differences may take, in elements computed. The first is for the table, a
// fraction of a second; the second for -check.
const (
	tableWork = 20_000_000
	checkWork = 2_000_000_000
)

// checkAll compares the gradient by every name.
func checkAll(p *problem.Problem, asked bool) []problem.Check {
	if asked {
		return p.CheckAll(checkWork)
	}
	return p.CheckAll(tableWork)
}

// explainCheck returns what a check found, in words, or "".
func explainCheck(c problem.Check, p *problem.Problem, i int) string {
	if !c.Done {
		return fmt.Sprintf("%s: too many elements for central differences; -check allows more", p.Names[i])
	}
	return c.Explain(p, i)
}

// verdict returns an error if a check did not agree.
func verdict(p *problem.Problem, checks []problem.Check) error {
	for i, c := range checks {
		if s := explainCheck(c, p, i); s != "" {
			return fmt.Errorf("-check: %s", s)
		}
	}
	return nil
}
