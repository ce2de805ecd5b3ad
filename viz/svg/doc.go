// Package svg draws computational graphs as SVG, without an installed Graphviz and without cgo:
//
//	grads := autograd.Backward(loss)
//	err := svg.Write(file, loss, viz.WithGradients(grads), viz.WithContributions(), viz.Legend())
//
// The options and what the picture shows are those of package viz, whose [viz.DOT] writes the same for other programs.
// Package svg/png draws it as PNG.
//
// Every text has the room that it takes in Arial, Helvetica or Liberation Sans. The drawing has a white ground of its own,
// so that it looks the same on a light page, a dark one and a slide. It has no script, no link and no style sheet.
// A program that reads it out says its title and a description; the nodes and edges have titles too, which browsers show
// beside the pointer.
//
// The first drawing of a program takes half a second longer than those after it; see package svg/graphviz.
package svg
