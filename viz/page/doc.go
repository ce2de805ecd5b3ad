// Package page writes pages on which a reader steps forward and backward through a recorded graph and sees every number
// appear: the values from the first operation to the last, and then the derivatives δ from the last node back to the
// first.
//
//	g := graph.New()
//	x := g.Var(2).Named("x")
//	y := ops.Mul(x, x).Named("y")
//	err := page.Write(file, page.Lesson{Title: "A square", Root: y})
//
// A page is one file. It needs no server and no network, and opens from a disk. What a reader can do on it, package
// stepper says.
//
// A [Lesson] with tabs shows several graphs, each with text and figures around it. The place is in the address: #step=12
// is the thirteenth step, #tab=12.2.1&step=12 that of a tab.
//
// # For tests, and for others who read a page
//
// The element of every node has the attributes data-node, its name, and data-value and data-delta, which hold value and
// δ as they stand at the present step: exactly, and empty while they are not known. The elements of a tensor follow each
// other row by row with spaces between them, if it has at most 64. The body has data-step, counted from 0, and
// data-steps.
package page
