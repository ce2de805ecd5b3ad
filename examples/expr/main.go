// Command expr evaluates an expression and differentiates it by every name in it:
//
//	go run ./examples/expr 'sum(softmax(matmul(w, x), 0) * log1p(x*x))' 'w=[[1,2],[3,4]]' 'x=[0.5,-1]'
//
// Usage:
//
//	expr [flags] EXPR [name=value ...]
//	expr -list
//
// EXPR is one of Go's expressions: calls, + - * /, signs, parentheses, numbers and names. Everything else is a call,
// such as pow(x, 3); -list prints the functions. EXPR is read from standard input if it is given as -, and comes after
// -- if it begins with a minus.
//
// A value is a number (2, 1e-3, Inf, -Inf, NaN) or a JSON array of numbers and the strings "NaN", "+Inf" and "-Inf".
// The result must be a scalar. Every name that has a value gets a gradient, 0 if EXPR does not use it.
//
// The output is a table: the value, each gradient, and whether central differences agree with it. The flags are:
//
//	-json          print one JSON object: value, shape, and grad by name; every number reads back to the same bits
//	-dtype TYPE    compute tensors in float64 (the default) or float32
//	-check         fail if a gradient and the central differences disagree
//	-hessian       also print the matrix of second derivatives, for up to 64 elements
//	-explain NAME  also write the derivative by NAME out in words, as the chain rule goes
//	-svg FILE      also draw the graph with its gradients to FILE
//	-html FILE     also write a page to FILE that steps through the graph, forward and backward
//	-dot FILE      also write the graph with its gradients to FILE, in the language of Graphviz
//	-list          print the reference table of all functions
//
// A mistake is one line on standard error, with the place in EXPR, and exit status 1; then nothing else is written. A
// file that would be replaced is kept.
package main

import (
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
