package main

import (
	"context"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// A tab is a section of the page. It is on the page if one of its parts ran.
type tab struct {
	name  string // the lecture's number
	short string // what the reader chooses
	title string
	parts string // letters
	fill  func(context.Context, *lesson, *content) error
}

// tabs stand in the lecture's order, after one that leads to them.
var tabs = []tab{
	{"12", "12 Overview", "Lecture 12: Neural networks training algorithm", "abcde", page12},
	{"12.1", "12.1 Forward", "12.1 Forward propagation", "a", page121},
	{"12.1.1", "12.1.1 Algorithm 1", "12.1.1 Mini-batch gradient descent", "bd", page1211},
	{"12.1.2", "12.1.2 Γ(H)", "12.1.2 Efficient computation of gradients", "b", page1212},
	{"12.2", "12.2 Algorithm 2", "12.2 Back propagation", "b", page122},
	{"12.2.1", "12.2.1 Example", "12.2.1 Example: the 2-2-2 network", "b", page1221},
	{"12.2.1-all", "12.2.1 all nodes", "12.2.1 The same network, every operation", "b", page1221all},
	{"12.3", "12.3 Graph", "12.3 Computational graph", "c", page123},
	{"12.4.1", "12.4.1 L2", "12.4.1 L2 regularization", "d", page1241},
	{"12.4.2", "12.4.2 Dropout", "12.4.2 Dropout regularization", "d", page1242},
	{"12.4.3", "12.4.3 Early stopping", "12.4.3 Early stopping, and Figure 12.5", "de", page1243},
}

// content is what a tab shows: a stepper, unless root is the zero Value, and the data of its prose.
type content struct {
	root                      graph.Value
	fold, neurons, depthFirst bool
	data                      any
}

// results are what the parts leave for the page; those of parts that did not run are nil.
type results struct {
	split    *split
	curve    *curve
	variants [][]score
	grid     grid
}

// tabsOf returns the tabs of some parts.
func tabsOf(chosen []part) []tab {
	var out []tab
	for _, t := range tabs {
		for _, p := range chosen {
			if strings.Contains(t.parts, p.name) {
				out = append(out, t)
				break
			}
		}
	}
	return out
}
