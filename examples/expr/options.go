package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

const usage = `usage: expr [flags] EXPR [name=value ...]

EXPR is a Go expression over numbers, names and functions; - reads it from
standard input, and one that begins with a minus comes after --.
A value is a number or a JSON array: x=2 'w=[[1,2],[3,4]]'

  -json          print one JSON object: value, shape, and grad by name
  -dtype TYPE    compute tensors in float64 (the default) or float32
  -check         fail if a gradient and the central differences disagree
  -hessian       also print the second derivatives, for up to 64 elements
  -explain NAME  also write the derivative by NAME out in words
  -svg FILE      also draw the graph with its gradients to FILE
  -html FILE     also write a page to FILE that steps through the graph
  -dot FILE      also write the graph to FILE for Graphviz
  -list          print the reference table of all functions
`

// options is the command line.
type options struct {
	json, check, hessian, list, help bool
	dtype                            tensor.DType
	dot, svg, html, explain          string
	expr                             string
	bindings                         []string
}

func readOptions(args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("expr", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&o.json, "json", false, "")
	f.BoolVar(&o.check, "check", false, "")
	f.BoolVar(&o.hessian, "hessian", false, "")
	f.BoolVar(&o.list, "list", false, "")
	f.StringVar(&o.dot, "dot", "", "")
	f.StringVar(&o.svg, "svg", "", "")
	f.StringVar(&o.html, "html", "", "")
	f.StringVar(&o.explain, "explain", "", "")
	dtype := f.String("dtype", "float64", "")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		o.help = true
		return o, nil
	} else if err != nil {
		return nil, fmt.Errorf("%w: -h lists the flags; an expression that begins with - comes after --", err)
	}
	switch *dtype {
	case "float64":
	case "float32":
		o.dtype = tensor.Float32
	default:
		return nil, fmt.Errorf("-dtype %s: it is float64 or float32", *dtype)
	}
	if o.dot != "" && (o.dot == o.svg || o.dot == o.html) || o.svg != "" && o.svg == o.html {
		return nil, errors.New("two flags write the same file: give -dot, -svg and -html a file each")
	}
	if o.json && o.explain != "" {
		return nil, errors.New("-explain writes words and -json an object: give one of them")
	}
	if o.list {
		return o, nil
	}
	if f.NArg() == 0 {
		return nil, errors.New("the expression is missing: give one, such as 'x*x' x=3; -h lists the flags")
	}
	o.expr, o.bindings = f.Arg(0), f.Args()[1:]
	return o, nil
}
