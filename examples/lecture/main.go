// Command lecture is a companion to a lecture on training neural networks (CS 217, Lecture 12). It goes through the
// lecture in its own order and computes every figure with this module, beside what the lecture prints:
//
//	a  12.1    the forward pass, as the pseudo-code writes it, for any number of layers
//	b  12.2.1  the 2-2-2 network by scalars: every printed figure, the chain rule in words, 10,000 updates
//	c  12.3    the two-layer network as a graph of tensors, with its δ nodes, against equations (a) to (e)
//	d  12.1.1  Algorithm 1 on real data, without and with the regularization of 12.4
//	e  12.4.3  Figure 12.5: the grid of layers and nodes
//
// Where the lecture has a slip, the text says so. It has eight; they are numbered in the order in which they come.
//
// At the end the program leaves a page, lecture-out/index.html: one file, for any browser, without a server or a network. On
// it the reader steps forward and backward through the lecture's networks and sees every value and every δ appear. It has
// a tab for each section of which a part ran, and answers four questions: why δ_h1 is a sum, why the order of the backward
// pass is right, what dropout removes, and what early stopping chose.
//
// Usage:
//
//	go run ./examples/lecture [-part a,b,c,d,e] [-seed 12] [-out lecture-out]
//
// The flags are:
//
//	-part LIST  the parts to run, such as b or a,c; all of them by default
//	-seed N     the seed of everything random; one seed always prints the same figures
//	-out DIR    where the page goes, and the graphs as pictures, each as SVG and, for Graphviz, as DOT; the directory
//	            is made if it is missing, and files of the same name in it are replaced
//
// The text goes to standard output, 80 columns wide. Long work shows its progress on standard error if that is a
// terminal. The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C), which
// keeps the text and the pictures that were finished. The page is written last: an interrupt before that leaves an earlier
// one as it was.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
